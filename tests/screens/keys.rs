//! Any key: those of the table more often than others.

use lifeboat::tui::keymap::{Key, TABLE};
use proptest::prelude::*;

pub(crate) fn any_key() -> impl Strategy<Value = Key> {
    let of_table: Vec<Key> = TABLE.iter().flat_map(|row| row.keys.iter()).copied().collect();
    let mut keys = vec![Key::Enter, Key::Esc, Key::Tab, Key::BackTab, Key::Backspace, Key::Delete];
    keys.extend(of_table);
    prop_oneof![3 => proptest::sample::select(keys), 1 => any::<char>().prop_map(Key::Char)]
}
