//! The keys that sentences name: those in force where they are read, never the usual ones.

use super::model::Model;
use crate::tui::keymap::{Action, Context, Key};

impl Model {
    /// The key that does something on the screen that is shown; `None` = no key does it there.
    pub fn key(&self, action: Action) -> Option<Key> {
        self.setup.keys.key_of(self.screen_context(), action)
    }

    /// The key that closes what lies over the screen.
    pub fn closing_key(&self) -> Option<Key> {
        self.setup.keys.key_of(Context::Overlay, Action::Back)
    }
}

/// A part of a sentence that names a key, or nothing where there is none to name.
pub fn naming(key: Option<Key>, part: impl FnOnce(Key) -> String) -> String {
    key.map(part).unwrap_or_default()
}

/// `r: retry, s: skip`: what can be chosen on the screen that is shown. A choice that the user's map gives
/// no key is named all the same, for one must know that it is there.
pub fn choices(model: &Model, choices: &[(Action, &str)]) -> String {
    let one = |(action, does): &(Action, &str)| match model.key(*action) {
        Some(key) => format!("{key}: {does}"),
        None => format!("no key: {does}"),
    };
    choices.iter().map(one).collect::<Vec<_>>().join(", ")
}
