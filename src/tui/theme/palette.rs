//! How many colours a terminal shows, by its environment. The terminal itself is asked nothing: an
//! answer that never comes would hold the first frame.

use std::str::FromStr;

use serde::Deserialize;

/// How many colours the terminal shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Palette {
    /// None: bold, dim and reverse only.
    None,
    /// The eight of 1979.
    #[serde(rename = "8")]
    Eight,
    /// Those and their bright variants.
    #[serde(rename = "16")]
    Sixteen,
    /// The table of 256.
    #[serde(rename = "256")]
    Rich,
    /// 16 million.
    True,
}

/// Terminals that show 16 million colours without saying so in `COLORTERM`.
const TRUE: [&str; 5] = ["direct", "kitty", "alacritty", "foot", "ghostty"];
/// Terminals that show the bright variants, too.
const SIXTEEN: [&str; 6] = ["16color", "xterm", "rxvt", "screen", "tmux", "konsole"];
/// Terminals that show none.
const NONE: [&str; 3] = ["dumb", "vt1", "vt2"];

impl Palette {
    /// Every level, fewest colours first.
    pub const ALL: [Self; 5] = [Self::None, Self::Eight, Self::Sixteen, Self::Rich, Self::True];

    /// The word for it, as flag and config have it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Eight => "8",
            Self::Sixteen => "16",
            Self::Rich => "256",
            Self::True => "true",
        }
    }

    /// By the environment: `NO_COLOR`, `CLICOLOR_FORCE`, `CLICOLOR`, `COLORTERM`, `TERM`, in this order.
    pub fn from_env(var: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name| var(name).filter(|value| !value.is_empty());
        let forced = set("CLICOLOR_FORCE").is_some_and(|value| value != "0");
        if set("NO_COLOR").is_some() || (!forced && set("CLICOLOR").as_deref() == Some("0")) {
            return Self::None;
        }
        let shown = Self::of_terminal(set("COLORTERM").as_deref(), &set("TERM").unwrap_or_default());
        if forced && shown == Self::None { Self::Sixteen } else { shown }
    }

    fn of_terminal(colorterm: Option<&str>, term: &str) -> Self {
        let is = |words: &[&str]| words.iter().any(|word| term.contains(word));
        if term.is_empty() || term.ends_with("-m") || is(&NONE) {
            Self::None
        } else if matches!(colorterm, Some("truecolor" | "24bit")) || is(&TRUE) {
            Self::True
        } else if colorterm.is_some() || term.contains("256color") {
            Self::Rich
        } else if is(&SIXTEEN) {
            Self::Sixteen
        } else {
            Self::Eight
        }
    }
}

impl FromStr for Palette {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|palette| palette.word() == text);
        known.ok_or_else(|| "write none, 8, 16, 256 or true".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_environment_decides() {
        let palette = |pairs: &[(&str, &str)]| {
            let pairs: BTreeMap<_, _> = pairs.iter().copied().collect();
            Palette::from_env(|name| pairs.get(name).map(|value| (*value).to_owned()))
        };
        for (pairs, wanted) in [
            (&[("TERM", "xterm-256color")][..], Palette::Rich),
            (&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")], Palette::True),
            (&[("TERM", "xterm"), ("COLORTERM", "24bit")], Palette::True),
            (&[("TERM", "xterm"), ("COLORTERM", "yes")], Palette::Rich),
            (&[("TERM", "xterm-kitty")], Palette::True),
            (&[("TERM", "xterm-direct")], Palette::True),
            (&[("TERM", "xterm")], Palette::Sixteen),
            (&[("TERM", "screen")], Palette::Sixteen),
            (&[("TERM", "linux")], Palette::Eight),
            (&[("TERM", "vt220")], Palette::None),
            (&[("TERM", "xterm-256color"), ("NO_COLOR", "1")], Palette::None),
            (&[("TERM", "xterm-256color"), ("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], Palette::None),
            (&[("TERM", "xterm-256color"), ("NO_COLOR", "")], Palette::Rich),
            (&[("TERM", "xterm-256color"), ("CLICOLOR", "0")], Palette::None),
            (&[("TERM", "xterm-256color"), ("CLICOLOR", "0"), ("CLICOLOR_FORCE", "1")], Palette::Rich),
            (&[("TERM", "dumb"), ("CLICOLOR_FORCE", "1")], Palette::Sixteen),
            (&[("TERM", "dumb"), ("CLICOLOR_FORCE", "0")], Palette::None),
            (&[("TERM", "dumb")], Palette::None),
            (&[], Palette::None),
        ] {
            assert_eq!(palette(pairs), wanted, "{pairs:?}");
        }
    }

    #[test]
    fn every_level_has_a_word() {
        for palette in Palette::ALL {
            assert_eq!(palette.word().parse(), Ok(palette));
        }
        assert!("mauve".parse::<Palette>().unwrap_err().contains("256"));
    }
}
