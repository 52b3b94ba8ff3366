//! Pressing keys in a model, as a person would.

use lifeboat::domain::Timestamp;
use lifeboat::tui::app::{Effect, Message, Model, update};
use lifeboat::tui::keymap::Key;

use crate::sample;

/// Presses keys at one instant: a character each, `\r` is Enter.
pub(crate) fn press_at(model: &mut Model, now: Timestamp, keys: &str) -> Vec<Effect> {
    let key = |char| if char == '\r' { Key::Enter } else { Key::Char(char) };
    keys.chars().flat_map(|char| update(model, Message::Key(key(char)), now)).collect()
}

/// The same at the sample's now.
pub(crate) fn press(model: &mut Model, keys: &str) -> Vec<Effect> {
    press_at(model, sample::now(), keys)
}
