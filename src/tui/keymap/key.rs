//! A key as the dashboard knows it: no terminal library, so that the pure core can speak of keys.

use std::fmt;
use std::str::FromStr;

/// One key press.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Key {
    /// A character, upper or lower case as typed.
    Char(char),
    /// A character with Ctrl held.
    Ctrl(char),
    /// Return.
    Enter,
    /// Escape.
    Esc,
    /// Tabulator.
    Tab,
    /// Tabulator with Shift held.
    BackTab,
    /// The key that deletes to the left.
    Backspace,
    /// The key that deletes to the right.
    Delete,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// Start of the line or list.
    Home,
    /// End of the line or list.
    End,
    /// One page up.
    PageUp,
    /// One page down.
    PageDown,
}

/// The keys that have a name.
const NAMED: [(Key, &str); 15] = [
    (Key::Char(' '), "space"),
    (Key::Enter, "enter"),
    (Key::Esc, "esc"),
    (Key::Tab, "tab"),
    (Key::BackTab, "shift-tab"),
    (Key::Backspace, "backspace"),
    (Key::Delete, "del"),
    (Key::Up, "up"),
    (Key::Down, "down"),
    (Key::Left, "left"),
    (Key::Right, "right"),
    (Key::Home, "home"),
    (Key::End, "end"),
    (Key::PageUp, "pgup"),
    (Key::PageDown, "pgdn"),
];

impl Key {
    /// The names of keys that are no characters.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMED.into_iter().map(|(_, name)| name)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((_, name)) = NAMED.iter().find(|(key, _)| key == self) {
            return f.write_str(name);
        }
        match self {
            Self::Char(char) => write!(f, "{char}"),
            Self::Ctrl(char) => write!(f, "ctrl-{char}"),
            _ => Ok(()),
        }
    }
}

/// A text that names no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoKey;

impl FromStr for Key {
    type Err = NoKey;

    /// A character, `ctrl-` and a letter, or a name.
    fn from_str(text: &str) -> Result<Self, NoKey> {
        if let Some((key, _)) = NAMED.into_iter().find(|(_, name)| *name == text) {
            return Ok(key);
        }
        let (text, with_ctrl) = text.strip_prefix("ctrl-").map_or((text, false), |rest| (rest, true));
        let mut chars = text.chars();
        let (Some(char), None) = (chars.next(), chars.next()) else { return Err(NoKey) };
        match (with_ctrl, char) {
            // These are what a terminal sends for tab and enter.
            (true, 'i' | 'j' | 'm' | 'h') => Err(NoKey),
            (true, 'a'..='z') => Ok(Self::Ctrl(char)),
            (false, _) if !char.is_control() => Ok(Self::Char(char)),
            _ => Err(NoKey),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_written_as_it_is_read() {
        for text in ["a", "A", "?", "space", "ctrl-f", "enter", "shift-tab", "pgdn", "é"] {
            assert_eq!(text.parse::<Key>().unwrap().to_string(), text);
        }
        for text in ["", "ab", "ctrl-", "ctrl-I", "ctrl-m", "F1", "\u{1}"] {
            assert_eq!(text.parse::<Key>(), Err(NoKey), "{text:?}");
        }
    }
}
