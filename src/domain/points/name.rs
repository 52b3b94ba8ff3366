//! Names of backups. Those of one list mostly begin and end alike: what they share is held once.

use std::fmt::{self, Debug, Display, Formatter};
use std::hash::{Hash, Hasher};

use serde::{Serialize, Serializer};

use super::{index, place};

/// The provider's own name or label of a backup, as its list holds it.
#[derive(Clone, Copy, Default)]
pub struct Name<'a> {
    /// What all names of the list begin with.
    first: &'a str,
    own: &'a str,
    /// What all of them end with.
    last: &'a str,
}

impl<'a> Name<'a> {
    /// Its parts, one after the other.
    pub(super) const fn parts(self) -> [&'a str; 3] {
        [self.first, self.own, self.last]
    }

    fn bytes(self) -> impl Iterator<Item = u8> + use<'a> {
        self.parts().into_iter().flat_map(str::bytes)
    }

    /// How many bytes it has.
    pub(super) const fn len(self) -> usize {
        self.first.len() + self.own.len() + self.last.len()
    }
}

impl<'a> From<&'a str> for Name<'a> {
    fn from(own: &'a str) -> Self {
        Self { own, ..Self::default() }
    }
}

/// However it is cut into parts.
impl PartialEq for Name<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts() || (self.len() == other.len() && self.bytes().eq(other.bytes()))
    }
}

impl Eq for Name<'_> {}

impl PartialEq<str> for Name<'_> {
    fn eq(&self, other: &str) -> bool {
        *self == Name::from(other)
    }
}

impl PartialEq<&str> for Name<'_> {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl PartialEq<String> for Name<'_> {
    fn eq(&self, other: &String) -> bool {
        *self == **other
    }
}

/// As its text is.
impl Hash for Name<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bytes().chain([u8::MAX]).for_each(|byte| state.write_u8(byte));
    }
}

impl Display for Name<'_> {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        self.parts().into_iter().try_for_each(|part| to.write_str(part))
    }
}

/// As its text is.
impl Debug for Name<'_> {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        Debug::fmt(&self.to_string(), to)
    }
}

impl Serialize for Name<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The names of a list; those that are alike are held alike.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Names {
    /// What all begin with, what all end with, then what each has of its own.
    text: Box<str>,
    first_to: u32,
    last_to: u32,
}

impl Names {
    /// Takes in names, and tells where in the text each ends: it begins where the one before does.
    pub(super) fn new<'a>(names: impl Iterator<Item = &'a str> + Clone) -> (Self, Vec<u32>) {
        let (first, last) = shared(names.clone());
        let own = |name: &'a str| name.get(first.len()..name.len() - last.len()).unwrap_or_default();
        let mut text = [first, last].concat();
        text.reserve_exact(names.clone().map(|name| own(name).len()).sum());
        let (first_to, last_to) = (place(first.len()), place(text.len()));
        let end = |name| {
            text.push_str(own(name));
            place(text.len())
        };
        let ends = names.map(end).collect();
        (Self { text: text.into(), first_to, last_to }, ends)
    }

    #[cfg(test)]
    pub(super) const fn bytes_held(&self) -> usize {
        self.text.len()
    }

    /// The one that ends here, after the one that ends there; `None` = it is the first.
    pub(super) fn get(&self, before: Option<u32>, end: u32) -> Name<'_> {
        let part = |from: u32, to: u32| self.text.get(index(from)..index(to)).unwrap_or_default();
        Name {
            first: part(0, self.first_to),
            own: part(before.unwrap_or(self.last_to), end),
            last: part(self.first_to, self.last_to),
        }
    }
}

/// What all begin with, and what the rest of all ends with.
fn shared<'a>(mut names: impl Iterator<Item = &'a str> + Clone) -> (&'a str, &'a str) {
    let Some(one) = names.next() else { return ("", "") };
    let first = names.clone().fold(one.len(), |first, name| match (one.get(..first), name.get(..first)) {
        // Most begin as those before them.
        (Some(one), Some(name)) if one == name => first,
        _ => one.bytes().take(first).zip(name.bytes()).take_while(|(one, other)| one == other).count(),
    });
    // As much of it as are whole characters.
    let first = (0..=first).rev().find_map(|to| one.get(..to)).unwrap_or_default();
    let rest = |name: &'a str| name.get(first.len()..).unwrap_or_default();
    let last = rest(one);
    let length = names.fold(last.len(), |length, name| {
        let name = rest(name);
        let ends_as = last.get(last.len() - length..).is_some_and(|end| name.ends_with(end));
        let (one, name) = (last.bytes().rev().take(length), name.bytes().rev());
        if ends_as { length } else { one.zip(name).take_while(|(one, other)| one == other).count() }
    });
    (first, (last.len() - length..=last.len()).find_map(|from| last.get(from..)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::hash::DefaultHasher;

    use proptest::prelude::*;

    use super::*;

    fn hash(of: impl Hash) -> u64 {
        let mut hasher = DefaultHasher::new();
        of.hash(&mut hasher);
        hasher.finish()
    }

    proptest! {
        #[test]
        fn a_name_is_its_text_whatever_others_it_is_held_with(
            names in prop::collection::vec("[ab\"é]{0,6}", 0..6)
        ) {
            let (held, ends) = Names::new(names.iter().map(String::as_str));
            let mut before = None;
            for (text, end) in names.iter().zip(ends) {
                let name = held.get(before, end);
                prop_assert_eq!(name, text.as_str());
                prop_assert_eq!(name, Name::from(text.as_str()));
                prop_assert_eq!(name.to_string(), text.as_str());
                prop_assert_eq!(format!("{name:?}"), format!("{text:?}"));
                prop_assert_eq!(serde_json::to_string(&name).unwrap(), serde_json::to_string(text).unwrap());
                prop_assert_eq!(hash(name), hash(text.as_str()));
                let others = [format!("{text}a"), format!("b{text}")];
                prop_assert!(others.iter().all(|other| name != *other));
                before = Some(end);
            }
        }
    }

    #[test]
    fn what_names_share_is_held_once() {
        let names = ["2026-11-20_02-31.pghoard", "2026-11-21_02-31.pghoard", "2026-11-21_08-31.pghoard"];
        let (held, _) = Names::new(names.into_iter());
        assert_eq!(&*held.text, "2026-11-2-31.pghoard0_021_021_08");
        assert_eq!(&*Names::new(["alone"].into_iter()).0.text, "alone");
    }
}
