//! Where the sources of a config read from: what was last known of a place is never shown as what is
//! known of another one that goes by the same name (S29).

use std::collections::BTreeMap;

use crate::domain::{CopyState, Role, Service};
use crate::runbook::hex_sha256;

/// What each source's name stands for: its place, as a short hash.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places(BTreeMap<String, String>);

impl Places {
    /// The places of sources, each told apart by a text that holds no secret.
    pub fn new(sources: impl IntoIterator<Item = (String, String)>) -> Self {
        let short = |text: String| hex_sha256(text.as_bytes()).chars().take(16).collect();
        Self(sources.into_iter().map(|(name, place)| (name, short(place))).collect())
    }

    /// The place of one source; empty when it is not known.
    pub fn source(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// Where the copies of a service are read from.
    pub fn of(&self, service: &Service) -> String {
        let place = |role| service.copy(role).map_or("-", |copy| self.source(&copy.source));
        format!("{} {} {}", place(Role::Primary), place(Role::Secondary), service.remote)
    }

    /// Whether what [`Places::of`] gave is still one that this config reads from.
    pub(super) fn has(&self, place: &str) -> bool {
        let mut sources = place.split(' ').take(2);
        sources.all(|source| source == "-" || self.0.values().any(|known| known == source))
    }

    /// The sources of a service's copies, each with its place, to be kept with what is known of them.
    pub(super) fn named_by(&self, service: &Service) -> Self {
        let copies = [&service.primary, &service.secondary].into_iter().flatten();
        Self(copies.map(|copy| (copy.source.clone(), self.source(&copy.source).to_owned())).collect())
    }

    /// What is known of a service without what was read at another place, `then` being the places it was
    /// read at. `None` when nothing is left.
    pub(super) fn still(&self, mut known: Service, then: &Self) -> Option<Service> {
        let moved = |copy: &CopyState| self.source(&copy.source) != then.source(&copy.source);
        let had = known.primary.is_some() || known.secondary.is_some();
        if known.primary.as_ref().is_some_and(moved) {
            (known.primary, known.facts) = (None, None);
        }
        if known.secondary.as_ref().is_some_and(moved) {
            known.secondary = None;
        }
        let has = known.primary.is_some() || known.secondary.is_some();
        (has || !had).then_some(known)
    }

    pub(super) fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(&self.0)
    }

    pub(super) fn from_json(text: &str) -> Self {
        // What cannot be read names no place: then nothing of it is taken for known.
        Self(serde_json::from_str(text).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Readings;
    use super::*;
    use crate::domain::sample::{facts, now, orders};

    fn places(west: &str, east: &str) -> Places {
        Places::new([("west".to_owned(), west.to_owned()), ("east".to_owned(), east.to_owned())])
    }

    #[test]
    fn s29_what_was_read_of_another_project_is_not_shown_as_this_one() {
        let folder = tempfile::tempdir().unwrap();
        let known = Service { facts: Some(facts().into()), ..orders() };
        let kept = Readings::open(folder.path()).knowing(places("prod", "dr"));
        kept.save([&known], now()).unwrap();
        let load = |places| Readings::open(folder.path()).knowing(places).load().unwrap();
        assert_eq!(load(places("prod", "dr")), std::slice::from_ref(&known));
        let moved = load(places("prod", "another"));
        assert_eq!((moved[0].primary.is_some(), &moved[0].secondary), (true, &None));
        let moved = load(places("another", "dr"));
        assert_eq!((&moved[0].primary, &moved[0].facts), (&None, &None), "facts are of where it runs");
        assert!(moved[0].secondary.is_some());
        assert_eq!(load(places("another", "one")), []);
        assert_eq!(load(Places::default()), [], "a source that is gone is no place");
    }
}
