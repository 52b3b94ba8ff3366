//! Catalogs out of a config.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::unusable::Unusable;
use crate::clock::Clock;
use crate::config::{Config, SourceSettings};
use crate::domain::{Outcome, Role};
use crate::provider::Catalog;
use crate::provider::aiven::{AivenCatalog, Gate, Wanted};
use crate::provider::pgbackrest::PgBackRestCatalog;

/// All sources of a config, ready to be read; each call of a source passes its gate and is counted there.
#[derive(Debug)]
pub struct Sources {
    config: Arc<Config>,
    clock: Clock,
    catalogs: BTreeMap<String, Arc<dyn Catalog>>,
}

impl Sources {
    /// Builds a catalog for every source. One that cannot be used from this host says why when it is
    /// read; the others go on.
    pub async fn build(config: Arc<Config>, clock: Clock) -> Self {
        let mut sources = Self { config, clock, catalogs: BTreeMap::new() };
        let config = Arc::clone(&sources.config);
        for (name, source) in &config.sources {
            let gate = Arc::new(Gate::default());
            let catalog = sources.catalog(name, &source.settings, &gate).await;
            sources.catalogs.insert(name.clone(), catalog);
        }
        sources
    }

    /// Every catalog, in the order of the sources' names.
    pub fn catalogs(&self) -> Vec<Arc<dyn Catalog>> {
        self.catalogs.values().cloned().collect()
    }

    /// One catalog.
    pub fn of(&self, source: &str) -> Option<Arc<dyn Catalog>> {
        self.catalogs.get(source).cloned()
    }

    async fn catalog(&self, name: &str, settings: &SourceSettings, gate: &Arc<Gate>) -> Arc<dyn Catalog> {
        match settings {
            SourceSettings::PgBackRest(settings) => {
                Arc::new(PgBackRestCatalog::new(name, settings.clone(), self.roles(name), self.clock))
            }
            SourceSettings::Aiven(settings) => {
                let unusable = |outcome, why| -> Arc<dyn Catalog> {
                    Arc::new(Unusable::new(name, outcome, why, self.clock))
                };
                let token = match settings.token.resolve().await {
                    Ok(token) => token,
                    Err(error) => return unusable(Outcome::Denied, format!("no token: {error}")),
                };
                let wanted = self.wanted(name);
                match AivenCatalog::new(name, settings.clone(), wanted, token, Arc::clone(gate), self.clock) {
                    Ok(catalog) => Arc::new(catalog),
                    Err(why) => unusable(Outcome::Error, why),
                }
            }
        }
    }

    /// The roles in which services name a source.
    fn roles(&self, source: &str) -> Vec<Role> {
        let named = |role| {
            let mut services = self.config.services.values();
            services.any(|service| service.copy(role).is_some_and(|copy| copy.source == source))
        };
        [Role::Primary, Role::Secondary].into_iter().filter(|role| named(*role)).collect()
    }

    /// The services of a source that are read: all when they are discovered, else those that are named.
    fn wanted(&self, source: &str) -> Wanted {
        if self.config.discover.contains_key(source) {
            return Wanted::All;
        }
        let bindings = self.config.board().bindings;
        let named = bindings.into_iter().filter(|binding| binding.source == source);
        Wanted::Only(named.map(|binding| binding.remote).collect::<BTreeSet<_>>())
    }
}
