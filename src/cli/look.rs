//! How the dashboard looks and what its keys are, from flags, config, environment and config folders.

use crate::config::{Config, ConfigError, Mistakes, Themes, user_keys};
use crate::tui::app::themes::{ThemeLine, ThemeList};
use crate::tui::draw::Look;
use crate::tui::glyphs::Glyphs;
use crate::tui::keymap::KeyMap;
use crate::tui::theme::{Palette, Theme};

/// All of it.
#[derive(Debug)]
pub(super) struct Looks {
    pub(super) look: Look,
    /// The themes of the list, in its order.
    pub(super) themes: Vec<Theme>,
    pub(super) list: ThemeList,
    pub(super) keys: KeyMap,
    /// What the person should know of the theme in force.
    pub(super) notice: Option<String>,
    /// What cannot be used of it, so that the usual is.
    pub(super) left_out: Vec<ConfigError>,
}

impl Looks {
    /// What is in force for a config. A theme or a key map that cannot be used stops nobody: the usual one is taken,
    /// and the person is told.
    pub(super) fn of(config: &Config) -> Self {
        let found = Themes::find(&env);
        let mut left_out = Vec::new();
        let keys = user_keys(&env).unwrap_or_else(|error| {
            left_out.push(error);
            KeyMap::default()
        });
        let mut wanted: &str = config.theme.as_deref().unwrap_or(Theme::USUAL);
        let usable = found.usable(wanted).map(|(named, theme)| (theme.clone(), named.warnings.clone()));
        let (theme, warnings) = usable.unwrap_or_else(|mistakes| {
            left_out.push(ConfigError::Wrong(mistakes));
            let usual = found.all().iter().find_map(|named| Some((named, named.theme.as_ref().ok()?)));
            wanted = usual.map_or(Theme::USUAL, |(named, _)| &named.name);
            (usual.map(|(_, theme)| theme.clone()).unwrap_or_default(), Mistakes::default())
        });
        let notice = notice(config, &left_out, &warnings);
        let palette = config.palette.unwrap_or_else(|| Palette::from_env(env));
        let mut list = ThemeList { palette: palette.word(), ..ThemeList::default() };
        let mut themes = Vec::new();
        for named in found.all() {
            match &named.theme {
                Ok(theme) => {
                    if named.name == wanted {
                        list.chosen = themes.len();
                    }
                    list.lines.push(ThemeLine {
                        name: named.name.clone(),
                        about: theme.about().to_owned(),
                        file: named.file.as_ref().map(|file| file.display().to_string()),
                    });
                    themes.push(theme.clone());
                }
                Err(mistakes) => list.unusable.push(format!("{}: {}", named.name, mistakes.one_line())),
            }
        }
        let look = Look { theme, palette, glyphs: Glyphs::from_env(env) };
        Self { look, themes, list, keys, notice, left_out }
    }
}

/// What is left out before what can hardly be seen.
fn notice(config: &Config, left_out: &[ConfigError], warnings: &Mistakes) -> Option<String> {
    if !config.left_out.is_empty() {
        return Some(format!("{}: the usual one is used", config.left_out.one_line()));
    }
    if let Some(error) = left_out.first() {
        return Some(format!("{}: the usual one is used", error.one_line()));
    }
    (!warnings.is_empty()).then(|| format!("{} (`lifeboat themes` says more)", warnings.one_line()))
}

/// The environment of this process.
pub(super) fn env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
