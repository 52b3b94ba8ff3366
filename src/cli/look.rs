//! How the dashboard looks and what its keys are, from flags, config, environment and config folders.

use crate::config::{Config, ConfigError, Mistakes, Themes, user_keys};
use crate::domain::words::count;
use crate::tui::app::keys::naming;
use crate::tui::app::themes::{ThemeLine, ThemeList};
use crate::tui::draw::Look;
use crate::tui::glyphs::Glyphs;
use crate::tui::keymap::{Action, Context, KeyMap};
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
        let notice = notice(config, &left_out, &warnings, &keys);
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
        let wrong = config.left_out.each_line().chain(left_out.iter().map(ConfigError::one_line));
        list.unusable.splice(0..0, wrong);
        let look = Look { theme, palette, glyphs: Glyphs::from_env(env) };
        Self { look, themes, list, keys, notice, left_out }
    }
}

/// What is left out before what can hardly be seen. There is room for one: of several, how many and where they are.
fn notice(config: &Config, left_out: &[ConfigError], warnings: &Mistakes, keys: &KeyMap) -> Option<String> {
    let wrong = config.left_out.each_line().chain(left_out.iter().map(ConfigError::one_line));
    let wrong: Vec<String> = wrong.collect();
    match wrong.as_slice() {
        [] => {}
        [one] => return Some(format!("{one}: the usual one is used")),
        [first, ..] => {
            let key = keys.key_of(Context::Everywhere, Action::Themes);
            let all = naming(key, |key| format!("; {key} lists them"));
            return Some(format!(
                "{} cannot be used, the usual ones are{all}: {first}",
                count(wrong.len(), "setting")
            ));
        }
    }
    (!warnings.is_empty()).then(|| format!("{} (`lifeboat themes` says more)", warnings.one_line()))
}

/// The environment of this process.
pub(super) fn env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Overrides, from_texts};

    #[test]
    fn s25_of_several_mistakes_it_is_said_how_many_and_where_all_are() {
        let looks = |palette: Option<&str>| {
            let over = Overrides {
                state_dir: Some("/nowhere".into()),
                theme: Some("nosuch".to_owned()),
                palette: palette.map(str::to_owned),
                mouse: false,
            };
            let config = from_texts(&[], &over, &|_| None).unwrap().config;
            let (said, all) =
                (config.left_out.each_line().collect::<Vec<_>>(), Looks::of(&config).list.unusable);
            assert_eq!(all[..said.len()], said);
            notice(&config, &[], &Mistakes::default(), &KeyMap::default()).unwrap()
        };
        assert_eq!(looks(None), "--theme: no theme is called `nosuch`: the usual one is used");
        let several = looks(Some("512"));
        let first = "2 settings cannot be used, the usual ones are; T lists them: --theme: no theme";
        assert!(several.starts_with(first), "{several}");
    }
}
