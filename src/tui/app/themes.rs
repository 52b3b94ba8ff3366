//! Choosing a theme: moving over the list shows each at once, leaving it brings the old one back.

use super::effect::Effect;
use super::model::Model;
use super::overlay::Overlay;

/// A theme that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThemeLine {
    /// Its name.
    pub name: String,
    /// One line about it; may be empty.
    pub about: String,
    /// Its file; `None` = built in.
    pub file: Option<String>,
}

/// Every theme that can be chosen, and what the terminal shows of them.
#[derive(Debug, Clone, Default)]
pub struct ThemeList {
    /// The themes.
    pub lines: Vec<ThemeLine>,
    /// The place of the one that is shown first.
    pub chosen: usize,
    /// How many colours are shown: `none`, `8`, `16`, `256` or `true`.
    pub palette: &'static str,
    /// Themes that cannot be chosen: the file and the first mistake in it.
    pub unusable: Vec<String>,
}

/// Opens the list.
pub(super) fn open(model: &mut Model) {
    model.overlay = Some(Overlay::Themes { selected: model.theme, before: model.theme });
}

/// Moves over the list by lines, and shows what is selected then.
pub(super) fn step(model: &mut Model, by: isize) -> Vec<Effect> {
    let Some(Overlay::Themes { selected, .. }) = &mut model.overlay else { return Vec::new() };
    let last = model.setup.themes.lines.len().saturating_sub(1);
    *selected = selected.saturating_add_signed(by).min(last);
    let selected = *selected;
    show(model, selected)
}

/// Shows a theme.
pub(super) fn show(model: &mut Model, index: usize) -> Vec<Effect> {
    if index == model.theme || index >= model.setup.themes.lines.len() {
        return Vec::new();
    }
    model.theme = index;
    vec![Effect::Theme(index)]
}

/// Keeps the theme that is shown, and says how it stays.
pub(super) fn keep(model: &mut Model) {
    if let Some(line) = model.setup.themes.lines.get(model.theme) {
        model.notice = Some(format!("theme {0}; to keep it, write theme = \"{0}\" in the config", line.name));
    }
}
