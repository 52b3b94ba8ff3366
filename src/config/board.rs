//! The services of a config as the domain wants them: nothing read yet, everything bound.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Config, CopyConfig, Probe, ServiceConfig};
use crate::domain::fleet::{Binding, Discovery};
use crate::domain::fork::Address;
use crate::domain::{CopyState, Fleet, Named, Origin, Policy, Role, Service, Tie};

/// The services of a config, and which source's names stand for which of their copies.
#[derive(Debug, Clone)]
pub struct Board {
    /// The services, nothing read yet.
    pub fleet: Fleet,
    /// What the sources' names stand for.
    pub bindings: Vec<Binding>,
}

impl Config {
    /// The services of this config, nothing read yet.
    pub fn board(&self) -> Board {
        let realms = self.sources.iter().map(|(name, source)| (name.clone(), source.settings.realm()));
        let realms = Arc::new(realms.collect());
        let services: Vec<Service> =
            self.services.iter().map(|(id, service)| self.service(id, service, &realms)).collect();
        let bindings = self.services.iter().flat_map(|(id, service)| self.bindings(id, service)).collect();
        let tiers: BTreeMap<u8, Policy> =
            self.tiers.keys().map(|tier| (*tier, self.policy(Some(*tier)))).collect();
        let owners: BTreeMap<u8, String> =
            self.tiers.iter().filter_map(|(tier, of)| Some((*tier, of.owner.clone()?))).collect();
        let discoveries = self.discover.iter().map(|(source, discover)| Discovery {
            source: source.clone(),
            tier_from_tag: discover.tier_from_tag.clone(),
            owner_from_tag: discover.owner_from_tag.clone(),
            short_names: discover.short_names || self.discover.len() == 1,
            tiers: tiers.clone(),
            owners: owners.clone(),
        });
        Board { fleet: Fleet::new(services).discovering(discoveries.collect()), bindings }
    }

    fn service(&self, id: &str, service: &ServiceConfig, realms: &Arc<BTreeMap<String, String>>) -> Service {
        let copy = |role| {
            let copy: &CopyConfig = service.copy(role)?;
            let unread = CopyState::unread(copy.source.clone(), copy.source.clone(), copy.region.clone());
            Some(CopyState { remote: Some(self.remote(id, copy).into()), ..unread })
        };
        let anywhere = service.secondary.as_ref().or(service.primary.as_ref());
        let remote = anywhere.map_or_else(|| id.to_owned(), |copy| self.remote(id, copy));
        Service {
            owner: self.owner(service),
            owner_from: given(service.owner.is_some()),
            policy: self.policy(service.tier),
            policy_from: given(service.tier.is_some()),
            primary: copy(Role::Primary),
            secondary: copy(Role::Secondary),
            named: Some(Box::new(self.named(id, service, realms))),
            ..Service::unread(id, remote)
        }
    }

    fn named(&self, id: &str, service: &ServiceConfig, realms: &Arc<BTreeMap<String, String>>) -> Named {
        let address = |probe: &Probe| Address { host: probe.host.clone(), port: probe.port, database: None };
        let tie =
            |binding: Binding| Tie { role: binding.role, source: binding.source, remote: binding.remote };
        Named {
            probe: service.probe.as_ref().map(address),
            copies: self.bindings(id, service).map(tie).collect(),
            realms: Arc::clone(realms),
        }
    }

    fn bindings<'a>(&'a self, id: &'a str, service: &'a ServiceConfig) -> impl Iterator<Item = Binding> + 'a {
        [Role::Primary, Role::Secondary].into_iter().filter_map(move |role| {
            let copy = service.copy(role)?;
            Some(Binding {
                service: id.to_owned(),
                role,
                source: copy.source.clone(),
                remote: self.remote(id, copy),
            })
        })
    }

    /// The service's name at the source of a copy.
    fn remote(&self, id: &str, copy: &CopyConfig) -> String {
        let named = copy.remote.as_deref();
        self.sources
            .get(&copy.source)
            .map_or_else(|| named.unwrap_or(id), |source| source.settings.remote(id, named))
            .to_owned()
    }
}

const fn given(is_given: bool) -> Origin {
    if is_given { Origin::Given } else { Origin::None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{EXAMPLE, Overrides, from_texts};

    #[test]
    fn the_example_binds_both_copies_of_its_service() {
        let env = |name: &str| (name == "HOME").then(|| "/home/me".to_owned());
        let texts = [("example.toml".to_owned(), EXAMPLE.to_owned())];
        let config = from_texts(&texts, &Overrides::default(), &env).unwrap().config;
        let board = config.board();
        let service = &board.fleet.services["orders"];
        assert_eq!(service.remote, "orders");
        assert_eq!(service.owner.as_deref(), Some("team-payments"), "of its tier");
        assert_eq!(service.policy.rpo, Some(std::time::Duration::from_mins(15)));
        assert_eq!(service.secondary.as_ref().unwrap().region.as_deref(), Some("dc-east"));
        let bound: Vec<_> =
            board.bindings.iter().map(|b| (b.role, b.source.as_str(), b.remote.as_str())).collect();
        assert_eq!(bound, [(Role::Primary, "pg-west", "orders"), (Role::Secondary, "pg-east", "orders")]);
        assert_eq!(config.state_dir, std::path::PathBuf::from("/home/me/.local/state/lifeboat"));
    }
}
