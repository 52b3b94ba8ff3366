//! Services that a source lists and no config names (S33).

use std::collections::BTreeMap;

use super::super::{Liveness, Policy, Service, ServiceFacts};
use super::Fleet;

/// A source whose every service becomes a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Discovery {
    /// The source.
    pub source: String,
    /// The tag that holds a service's tier.
    pub tier_from_tag: Option<String>,
    /// The objectives of each tier.
    pub tiers: BTreeMap<u8, Policy>,
}

impl Discovery {
    /// The objectives a service's tag asks for; `None` without a tag that names a known tier.
    pub(super) fn policy(&self, facts: &ServiceFacts) -> Option<&Policy> {
        let tag = facts.tags.get(self.tier_from_tag.as_ref()?)?;
        self.tiers.get(&tag.trim().parse().ok()?)
    }
}

impl Fleet {
    /// The row of a service that no binding names: an existing one, or a new one when the source's
    /// services are to be discovered. A name that is taken becomes `source/name`.
    pub(super) fn discovered_row(&mut self, source: &str, remote: &str) -> Option<String> {
        if let Some(id) = self.discovered.get(source).and_then(|rows| rows.get(remote)) {
            return Some(id.clone());
        }
        self.discoveries.iter().find(|discovery| discovery.source == source)?;
        let taken = self.services.contains_key(remote);
        let id = if taken { format!("{source}/{remote}") } else { remote.to_owned() };
        self.discovered.entry(source.to_owned()).or_default().insert(remote.to_owned(), id.clone());
        self.services.insert(id.clone(), new_row(id.clone(), remote));
        Some(id)
    }
}

fn new_row(id: String, remote: &str) -> Service {
    Service {
        id,
        remote: remote.to_owned(),
        facts: None,
        owner: None,
        policy: Policy::default(),
        primary: None,
        secondary: None,
        liveness: Liveness::NotProbed,
        heard: None,
        last_proven: None,
        restore_history_s: Vec::new(),
        gone_since: None,
        skew_s: None,
        open_runs: None,
    }
}
