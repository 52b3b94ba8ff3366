//! A key as the dashboard knows it: no terminal library, so that the pure core can speak of keys.

use std::fmt;

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

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self {
            Self::Char(' ') => "space",
            Self::Char(char) => return write!(f, "{char}"),
            Self::Ctrl(char) => return write!(f, "ctrl-{char}"),
            Self::Enter => "enter",
            Self::Esc => "esc",
            Self::Tab => "tab",
            Self::BackTab => "shift-tab",
            Self::Backspace => "backspace",
            Self::Delete => "del",
            Self::Up => "up",
            Self::Down => "down",
            Self::Left => "left",
            Self::Right => "right",
            Self::Home => "home",
            Self::End => "end",
            Self::PageUp => "pgup",
            Self::PageDown => "pgdn",
        };
        f.write_str(word)
    }
}
