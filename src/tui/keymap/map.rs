//! The keys in force: the table, with what the user's own map says laid over it.

use std::borrow::Cow;

use super::{Action, Binding, Context, Key, TABLE};

/// Interrupts everything, always: no map takes it away.
const ALWAYS_QUITS: Key = Key::Ctrl('c');

/// Closes what lies over a screen where a map gives it no other meaning: nobody is caught in a box.
const CLOSES: Key = Key::Esc;

/// Every key of the dashboard, as it is in force.
#[derive(Debug, Clone)]
pub struct KeyMap(Vec<Binding>);

/// A key that would do two things in one context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Twice {
    /// Where.
    pub context: Context,
    /// The key.
    pub key: Key,
    /// What it does, and what else.
    pub actions: [Action; 2],
}

impl Default for KeyMap {
    fn default() -> Self {
        Self(TABLE.to_vec())
    }
}

impl KeyMap {
    /// Every row, in the order of the table.
    pub fn rows(&self) -> &[Binding] {
        &self.0
    }

    /// The rows of a context.
    pub fn of(&self, context: Context) -> impl Iterator<Item = &Binding> {
        self.0.iter().filter(move |binding| binding.context == context)
    }

    /// What a key does in a context.
    pub fn action(&self, context: Context, key: Key) -> Option<Action> {
        let find = |context| self.of(context).find(|binding| binding.keys.contains(&key));
        let found = find(context).or_else(|| find(Context::Everywhere)).map(|binding| binding.action);
        found.or_else(|| (context == Context::Overlay && key == CLOSES).then_some(Action::Back))
    }

    /// The keys that do something in a context, the one to name first. A key that means something else
    /// there is none of them.
    pub fn keys_of(&self, context: Context, action: Action) -> impl Iterator<Item = Key> {
        let rows = self.of(context).chain(self.of(Context::Everywhere));
        let keys = rows.filter(move |row| row.action == action).flat_map(|row| row.keys.iter().copied());
        let keys = keys.chain(std::iter::once(CLOSES));
        keys.filter(move |key| self.action(context, *key) == Some(action))
    }

    /// The key to name where something is spoken of; `None` = no key does it in this context.
    pub fn key_of(&self, context: Context, action: Action) -> Option<Key> {
        self.keys_of(context, action).next()
    }

    /// What a footer shows in a context, each with its key: first what is its own, then what works
    /// everywhere. What no key does is not shown.
    pub fn footer(&self, context: Context) -> impl Iterator<Item = (Action, Key, &'static str)> {
        let rows = self.of(context).chain(self.of(Context::Everywhere));
        rows.filter_map(move |row| Some((row.action, self.key_of(context, row.action)?, row.footer?)))
    }

    /// Gives an action of a context other keys, or none. Leaving keeps its Ctrl-C.
    pub fn assign(&mut self, context: Context, action: Action, mut keys: Vec<Key>) {
        if action == Action::Quit && !keys.contains(&ALWAYS_QUITS) {
            keys.push(ALWAYS_QUITS);
        }
        let row = |binding: &&mut Binding| binding.context == context && binding.action == action;
        if let Some(binding) = self.0.iter_mut().find(row) {
            binding.keys = Cow::Owned(keys);
        }
    }

    /// Keys that would do two things in one context. Ctrl-C belongs to leaving in every one.
    pub fn twice(&self) -> Vec<Twice> {
        let mut twice = Vec::new();
        for (index, one) in self.0.iter().enumerate() {
            let others = self.0.iter().skip(index + 1).filter(|other| other.context == one.context);
            let shared = others.flat_map(|other| other.keys.iter().map(move |key| (*key, other.action)));
            for (key, other) in shared.filter(|(key, _)| one.keys.contains(key)) {
                twice.push(Twice { context: one.context, key, actions: [one.action, other] });
            }
            if one.action != Action::Quit && one.keys.contains(&ALWAYS_QUITS) {
                let actions = [one.action, Action::Quit];
                twice.push(Twice { context: one.context, key: ALWAYS_QUITS, actions });
            }
        }
        twice
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_goes_before_everywhere() {
        let keys = KeyMap::default();
        assert_eq!(keys.action(Context::Run, Key::Char('r')), Some(Action::Retry));
        assert_eq!(keys.action(Context::Fleet, Key::Char('?')), Some(Action::Help));
        assert_eq!(keys.action(Context::Fleet, Key::Char('b')), None);
    }

    #[test]
    fn an_assigned_key_replaces_the_usual_one_everywhere_it_is_shown() {
        let mut keys = KeyMap::default();
        keys.assign(Context::Fleet, Action::Sort, vec![Key::Char('o')]);
        assert_eq!(keys.action(Context::Fleet, Key::Char('o')), Some(Action::Sort));
        assert_eq!(keys.action(Context::Fleet, Key::Char('s')), None);
        assert!(keys.footer(Context::Fleet).any(|shown| shown == (Action::Sort, Key::Char('o'), "sort")));
        assert_eq!(keys.twice(), []);
    }

    #[test]
    fn a_key_that_means_something_else_here_is_not_named() {
        let mut keys = KeyMap::default();
        assert_eq!(keys.key_of(Context::Fleet, Action::Explain), Some(Key::Char('x')));
        assert_eq!(keys.key_of(Context::Sources, Action::Drill), None, "there it begins nothing");
        keys.assign(Context::Fleet, Action::Sort, vec![Key::Char('x')]);
        assert_eq!(keys.key_of(Context::Fleet, Action::Explain), None);
        assert!(keys.footer(Context::Fleet).all(|(action, ..)| action != Action::Explain));
        assert_eq!(keys.key_of(Context::Service, Action::Explain), Some(Key::Char('x')));
    }

    #[test]
    fn one_can_always_close_what_lies_over_a_screen() {
        let mut keys = KeyMap::default();
        keys.assign(Context::Overlay, Action::Back, Vec::new());
        keys.assign(Context::Everywhere, Action::Back, Vec::new());
        assert_eq!(keys.action(Context::Overlay, Key::Esc), Some(Action::Back));
        assert_eq!(keys.key_of(Context::Overlay, Action::Back), Some(Key::Esc));
        assert_eq!(keys.action(Context::Fleet, Key::Esc), None);
        assert_eq!(keys.key_of(Context::Fleet, Action::Back), None);
    }

    #[test]
    fn one_can_always_leave() {
        let mut keys = KeyMap::default();
        keys.assign(Context::Everywhere, Action::Quit, Vec::new());
        assert_eq!(keys.action(Context::Fleet, Key::Ctrl('c')), Some(Action::Quit));
        keys.assign(Context::Fleet, Action::Sort, vec![Key::Ctrl('c')]);
        assert_eq!(keys.twice().len(), 1);
    }

    #[test]
    fn a_key_for_two_things_is_found_in_one_context_only() {
        let mut keys = KeyMap::default();
        keys.assign(Context::Fleet, Action::Sort, vec![Key::Char('d'), Key::Char('?')]);
        let twice = keys.twice();
        assert_eq!(twice.len(), 1, "what works everywhere may mean something else here: {twice:?}");
        assert_eq!((twice[0].key, twice[0].context), (Key::Char('d'), Context::Fleet));
    }
}
