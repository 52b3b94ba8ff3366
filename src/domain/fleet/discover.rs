//! Services that a source lists and no config names (S33).

use std::collections::BTreeMap;

use super::super::{Origin, Policy, Service, ServiceFacts, ServiceId};
use super::Fleet;

/// A source whose every service becomes a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Discovery {
    /// The source.
    pub source: String,
    /// The tag that holds a service's tier.
    pub tier_from_tag: Option<String>,
    /// The tag that holds a service's owner.
    pub owner_from_tag: Option<String>,
    /// Whether its services keep their own names on the board; else they are `source/name`.
    pub short_names: bool,
    /// The objectives of each tier.
    pub tiers: BTreeMap<u8, Policy>,
    /// Who answers for the services of a tier that name no owner.
    pub owners: BTreeMap<u8, String>,
}

impl Discovery {
    /// Takes what the tags of a service say where the config says nothing of it: always as they are now, so
    /// that one that was changed or taken away counts no more (S33).
    pub(super) fn take_tags(&self, service: &mut Service, facts: &ServiceFacts) {
        let origin = |tagged: bool| if tagged { Origin::Tag } else { Origin::None };
        if service.policy_from != Origin::Given {
            let tagged = self.policy(facts);
            service.policy_from = origin(tagged.is_some());
            service.policy = tagged.unwrap_or_default();
        }
        if service.owner_from != Origin::Given {
            let tagged = self.owner(facts);
            service.owner_from = origin(tagged.is_some());
            let of_tier = || self.owners.get(&service.policy.tier?).map(String::as_str);
            service.owner = tagged.or_else(of_tier).map(str::to_owned);
        }
    }

    fn owner<'a>(&self, facts: &'a ServiceFacts) -> Option<&'a str> {
        let tag = facts.tags.get(self.owner_from_tag.as_ref()?)?.trim();
        (!tag.is_empty()).then_some(tag)
    }

    /// The objectives a service's tag asks for, none where the config promises nothing for that tier; `None` without
    /// a tag that names one.
    fn policy(&self, facts: &ServiceFacts) -> Option<Policy> {
        let tier = facts.tags.get(self.tier_from_tag.as_ref()?)?.trim().parse().ok()?;
        let promised = self.tiers.get(&tier).cloned();
        Some(promised.unwrap_or_else(|| Policy { tier: Some(tier), ..Policy::default() }))
    }
}

impl Fleet {
    /// The name on the board of a service that no binding names, `None` when its source is not discovered.
    /// The config alone decides, so that it is the same after every start, in whatever order sources
    /// answer: `source/name`, or of the one source with short names the name itself, except where the config
    /// gives that to another service (S33).
    pub(super) fn discovered_id(&self, source: &str, remote: &str) -> Option<ServiceId> {
        let discovery = self.discoveries.iter().find(|discovery| discovery.source == source)?;
        let mut id = if discovery.short_names { remote.to_owned() } else { format!("{source}/{remote}") };
        while self.named.contains(&id) {
            id = format!("{source}/{id}");
        }
        Some(id)
    }

    /// The row of a service that no binding names: an existing one, or a new one when the source's
    /// services are to be discovered.
    pub(super) fn discovered_row(&mut self, source: &str, remote: &str) -> Option<ServiceId> {
        if let Some(id) = self.discovered.get(source).and_then(|rows| rows.get(remote)) {
            return Some(id.clone());
        }
        let id = self.discovered_id(source, remote)?;
        self.discovered.entry(source.to_owned()).or_default().insert(remote.to_owned(), id.clone());
        self.services.insert(id.clone(), Service::unread(id.clone(), remote));
        Some(id)
    }

    /// Takes away the row of what turned out to be no service of its own. The name of the row, if there was one.
    pub(super) fn drop_discovered(&mut self, source: &str, remote: &str) -> Option<ServiceId> {
        let id = self.discovered.get_mut(source)?.remove(remote)?;
        self.services.remove(&id);
        self.away.remove(&id);
        Some(id)
    }
}
