//! How the dashboard looks and what its keys are, from flags, config, environment and config folders.

use crate::config::{Config, ConfigError, Themes, user_keys};
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
}

impl Looks {
    /// What is in force for a config.
    ///
    /// # Errors
    /// A theme that is chosen and cannot be used, a key map with mistakes.
    pub(super) fn of(config: &Config) -> Result<Self, ConfigError> {
        let keys = user_keys(&env)?;
        let found = Themes::find(&env);
        let wanted = config.theme.as_deref().unwrap_or(Theme::USUAL);
        let (chosen, theme) = found.usable(wanted).map_err(ConfigError::Wrong)?;
        let notice = (!chosen.warnings.is_empty())
            .then(|| format!("{} (`lifeboat themes` says more)", chosen.warnings.one_line()));
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
        let look = Look { theme: theme.clone(), palette, glyphs: Glyphs::from_env(env) };
        Ok(Self { look, themes, list, keys, notice })
    }
}

/// The environment of this process.
pub(super) fn env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
