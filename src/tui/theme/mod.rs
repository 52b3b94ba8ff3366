//! Colours by meaning: a theme file names a style for each [`Role`]; how much of it is used depends
//! on what the terminal can show. State is never colour alone: a glyph and a word stand beside it.

mod colour;
mod contrast;
mod palette;

use std::collections::BTreeMap;

use ratatui::style::{Modifier, Style};
use serde::Deserialize;

use colour::{Levels, Named, Rgb, hex};
pub use contrast::{Faint, LEAST};
pub use palette::Palette;

/// The built-in themes by name, the one that is used unless another is chosen first.
const BUILT_IN: [(&str, &str); 5] = [
    ("dark", include_str!("../../../themes/dark.toml")),
    ("light", include_str!("../../../themes/light.toml")),
    ("high-contrast", include_str!("../../../themes/high-contrast.toml")),
    ("colour-blind", include_str!("../../../themes/colour-blind.toml")),
    ("monochrome", include_str!("../../../themes/monochrome.toml")),
];

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

impl Role {
    /// Every role.
    pub const ALL: [Self; 17] = [
        Self::Text,
        Self::Muted,
        Self::Rule,
        Self::Heading,
        Self::Title,
        Self::Accent,
        Self::Ok,
        Self::Warning,
        Self::Critical,
        Self::Unknown,
        Self::Exempt,
        Self::Key,
        Self::ReadOnly,
        Self::Armed,
        Self::Drill,
        Self::Incident,
        Self::Demo,
    ];

    /// Its key in a theme file.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Muted => "muted",
            Self::Rule => "rule",
            Self::Heading => "heading",
            Self::Title => "title",
            Self::Accent => "accent",
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Critical => "critical",
            Self::Unknown => "unknown",
            Self::Exempt => "exempt",
            Self::Key => "key",
            Self::ReadOnly => "read_only",
            Self::Armed => "armed",
            Self::Drill => "drill",
            Self::Incident => "incident",
            Self::Demo => "demo",
        }
    }
}

/// A colour at each level, and the weight of the text.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of the file")]
struct RoleStyle {
    #[serde(default, deserialize_with = "hex")]
    hex: Option<Rgb>,
    c256: Option<u8>,
    c16: Option<Named>,
    #[serde(default)]
    bold: bool,
    #[serde(default)]
    dim: bool,
    #[serde(default)]
    underline: bool,
    #[serde(default)]
    reverse: bool,
}

/// What is behind the text: what the colours were chosen for, and painted only where the theme says so.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Background {
    #[serde(default, deserialize_with = "hex")]
    hex: Option<Rgb>,
    c256: Option<u8>,
    c16: Option<Named>,
    #[serde(default)]
    paint: bool,
}

impl Background {
    const fn levels(&self) -> Levels {
        Levels { hex: self.hex, c256: self.c256, c16: self.c16 }
    }
}

/// A theme: a style for each role.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Theme {
    /// One line for the list of themes.
    #[serde(default)]
    about: String,
    background: Background,
    roles: BTreeMap<Role, RoleStyle>,
}

/// Why a theme cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ThemeError {
    /// No built-in theme has this name.
    #[error("no theme is called `{0}`")]
    NotFound(String),
    /// The file is not a theme.
    #[error("the theme cannot be read: {0}")]
    Malformed(#[from] toml::de::Error),
}

impl Theme {
    /// The one that is used unless another is chosen.
    pub const USUAL: &'static str = "dark";

    /// The names of the built-in themes.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.into_iter().map(|(name, _)| name)
    }

    /// A built-in theme.
    ///
    /// # Errors
    /// [`ThemeError::NotFound`] for a name that is not one of [`Theme::names`].
    pub fn built_in(name: &str) -> Result<Self, ThemeError> {
        let text = BUILT_IN.into_iter().find(|(known, _)| *known == name).map(|(_, text)| text);
        Self::parse(text.ok_or_else(|| ThemeError::NotFound(name.to_owned()))?)
    }

    /// A theme from the text of its file.
    ///
    /// # Errors
    /// [`ThemeError::Malformed`] with the place in the text.
    pub fn parse(text: &str) -> Result<Self, ThemeError> {
        Ok(toml::from_str(text)?)
    }

    /// One line about it; may be empty.
    pub fn about(&self) -> &str {
        &self.about
    }

    /// What every cell has before anything is written on it.
    pub fn ground(&self, palette: Palette) -> Style {
        if !self.background.paint {
            return Style::new();
        }
        let mut ground = self.style(Role::Text, palette);
        ground.bg = self.background.levels().shown(palette);
        ground
    }

    /// The style of a role, as far as the palette goes.
    pub fn style(&self, role: Role, palette: Palette) -> Style {
        let Some(wanted) = self.roles.get(&role) else { return Style::new() };
        let mut style = Style::new();
        style.fg = Levels { hex: wanted.hex, c256: wanted.c256, c16: wanted.c16 }.shown(palette);
        let modifiers = [
            (wanted.bold, Modifier::BOLD),
            (wanted.dim, Modifier::DIM),
            (wanted.underline, Modifier::UNDERLINED),
            (wanted.reverse, Modifier::REVERSED),
        ];
        for (_, modifier) in modifiers.into_iter().filter(|(on, _)| *on) {
            style = style.add_modifier(modifier);
        }
        style
    }
}

#[cfg(test)]
mod tests;
