//! What the config says of where a service is: another matter than what was read there.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::fork::Address;
use super::{ClientsMoved, Role};

/// Where a service of the config is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    /// Where its primary is probed.
    pub probe: Option<Address>,
    /// Where its copies are read.
    pub copies: Vec<Tie>,
    /// What each source of the config reads of: within one of these a name stands for one service, whichever source
    /// reads it.
    pub realms: Arc<BTreeMap<String, String>>,
}

/// Where one copy of a service is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tie {
    /// Which copy.
    pub role: Role,
    /// The source.
    pub source: String,
    /// The service's name there.
    pub remote: String,
}

impl Named {
    /// In which roles the fork that clients use is read here.
    pub(super) fn roles_of(&self, moved: &ClientsMoved) -> impl Iterator<Item = Role> {
        let realm = self.realms.get(&moved.source);
        let is_there = move |source: &str| {
            source == moved.source || (realm.is_some() && self.realms.get(source) == realm)
        };
        let copies = self.copies.iter();
        copies.filter(move |tie| tie.remote == moved.fork && is_there(&tie.source)).map(|tie| tie.role)
    }

    /// Whether its primary is probed where clients reach that fork.
    pub(super) fn probes(&self, moved: &ClientsMoved) -> bool {
        let both = self.probe.as_ref().zip(moved.address.as_ref());
        both.is_some_and(|(probe, fork)| {
            probe.port == fork.port && probe.host.eq_ignore_ascii_case(&fork.host)
        })
    }
}
