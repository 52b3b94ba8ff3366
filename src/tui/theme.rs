//! Colours by meaning: a theme file names a style for each [`Role`]; how much of it is used depends
//! on what the terminal can show. State is never colour alone: a glyph and a word stand beside it.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

const DARK: &str = include_str!("../../themes/dark.toml");

/// What a piece of text means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Ordinary text.
    Text,
    /// Labels, units, what one reads second.
    Muted,
    /// Lines between parts.
    Rule,
    /// Heads of columns.
    Heading,
    /// Names.
    Title,
    /// The selection and the cursor: the one accent.
    Accent,
    /// As it should be.
    Ok,
    /// Look at it.
    Warning,
    /// Act.
    Critical,
    /// Not known.
    Unknown,
    /// No backups by design.
    Exempt,
    /// A key in the footer.
    Key,
    /// The badge of a dashboard that cannot act.
    ReadOnly,
    /// The badge of one that can.
    Armed,
    /// The badge of a drill.
    Drill,
    /// The badge of an incident.
    Incident,
    /// The badge of the demo.
    Demo,
}

/// How many colours the terminal shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Palette {
    /// None: bold, dim and reverse only (`NO_COLOR`, a dumb terminal).
    None,
    /// 8 or 16.
    Plain,
    /// 256 or more.
    Rich,
}

impl Palette {
    /// By the environment: `NO_COLOR`, `COLORTERM`, `TERM`. Asks the terminal nothing.
    pub fn from_env(var: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name| var(name).filter(|value| !value.is_empty());
        let term = set("TERM").unwrap_or_default();
        if set("NO_COLOR").is_some() || term.is_empty() || term == "dumb" || term.ends_with("-m") {
            Self::None
        } else if set("COLORTERM").is_some() || term.contains("256color") || term.contains("direct") {
            Self::Rich
        } else {
            Self::Plain
        }
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleStyle {
    rich: Option<Color>,
    plain: Option<Color>,
    #[serde(default)]
    bold: bool,
    #[serde(default)]
    dim: bool,
    #[serde(default)]
    reverse: bool,
}

/// A theme: a style for each role.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Theme {
    roles: BTreeMap<Role, RoleStyle>,
}

/// Why a theme cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ThemeError {
    /// No built-in theme has this name.
    #[error("no theme is called `{0}`; there is: dark")]
    NotFound(String),
    /// The file is not a theme.
    #[error("the theme cannot be read: {0}")]
    Malformed(#[from] toml::de::Error),
}

impl Theme {
    /// The names of the built-in themes.
    pub const NAMES: [&'static str; 1] = ["dark"];

    /// A built-in theme.
    ///
    /// # Errors
    /// [`ThemeError::NotFound`] for a name that is not one of [`Theme::NAMES`].
    pub fn built_in(name: &str) -> Result<Self, ThemeError> {
        match name {
            "dark" => Self::parse(DARK),
            other => Err(ThemeError::NotFound(other.to_owned())),
        }
    }

    /// A theme from the text of its file.
    ///
    /// # Errors
    /// [`ThemeError::Malformed`] with the place in the text.
    pub fn parse(text: &str) -> Result<Self, ThemeError> {
        Ok(toml::from_str(text)?)
    }

    /// The style of a role, as far as the palette goes.
    pub fn style(&self, role: Role, palette: Palette) -> Style {
        let Some(wanted) = self.roles.get(&role) else { return Style::new() };
        let colour = match palette {
            Palette::None => None,
            Palette::Plain => wanted.plain,
            Palette::Rich => wanted.rich.or(wanted.plain),
        };
        let mut style = Style::new();
        style.fg = colour;
        for (on, modifier) in
            [(wanted.bold, Modifier::BOLD), (wanted.dim, Modifier::DIM), (wanted.reverse, Modifier::REVERSED)]
        {
            if on {
                style = style.add_modifier(modifier);
            }
        }
        style
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_theme_can_be_read() {
        for name in Theme::NAMES {
            let theme = Theme::built_in(name).unwrap();
            assert_ne!(theme.style(Role::Critical, Palette::Rich), Style::new());
        }
        assert!(Theme::built_in("drak").unwrap_err().to_string().contains("dark"));
    }

    #[test]
    fn an_unknown_role_or_key_is_an_error() {
        assert!(Theme::parse("[roles]\nnonsense = {}").is_err());
        assert!(Theme::parse("[roles]\nok = { blink = true }").is_err());
    }

    #[test]
    fn no_colour_keeps_only_weight() {
        let theme = Theme::built_in("dark").unwrap();
        let style = theme.style(Role::Armed, Palette::None);
        assert_eq!(style.fg, None);
        assert!(style.add_modifier.contains(Modifier::REVERSED));
    }

    #[test]
    fn the_environment_decides_the_palette() {
        let palette = |pairs: &[(&str, &str)]| {
            let pairs: BTreeMap<_, _> =
                pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            Palette::from_env(|name| pairs.get(name).cloned())
        };
        assert_eq!(palette(&[("TERM", "xterm-256color")]), Palette::Rich);
        assert_eq!(palette(&[("TERM", "xterm"), ("COLORTERM", "truecolor")]), Palette::Rich);
        assert_eq!(palette(&[("TERM", "linux")]), Palette::Plain);
        assert_eq!(palette(&[("TERM", "xterm-256color"), ("NO_COLOR", "1")]), Palette::None);
        assert_eq!(palette(&[("TERM", "xterm-256color"), ("NO_COLOR", "")]), Palette::Rich);
        assert_eq!(palette(&[("TERM", "dumb")]), Palette::None);
        assert_eq!(palette(&[]), Palette::None);
    }
}
