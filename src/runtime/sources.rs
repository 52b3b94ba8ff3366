//! Catalogs and forkers out of a config. Reading needs no arming; a forker is built only from the
//! [`Armed`](crate::provider::Armed) that [`arm`] gives, per source (S18).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::unusable::Unusable;
use crate::clock::Clock;
use crate::config::{Config, SourceConfig, SourceSettings};
use crate::domain::{Outcome, Role};
use crate::provider::aiven::{AivenCatalog, AivenForker, AivenRegionSetter, Gate, Wanted};
use crate::provider::arming::{Credential, Request, arm};
use crate::provider::pgbackrest::{PgBackRestCatalog, PgBackRestForker};
use crate::provider::{Armed, Catalog, Forker, Refusal, RegionSetter};
use crate::runbook::hex_sha256;
use crate::secret::SecretRef;

/// Whether acting was asked for at this start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ArmFlags {
    /// `--arm`.
    pub arm: bool,
    /// `--read-only`: overrides everything.
    pub read_only: bool,
}

/// All sources of a config, ready to be read; each call of a source passes its gate and is counted there.
#[derive(Debug)]
pub struct Sources {
    config: Arc<Config>,
    clock: Clock,
    catalogs: BTreeMap<String, Arc<dyn Catalog>>,
    gates: BTreeMap<String, Arc<Gate>>,
}

impl Sources {
    /// Builds a catalog for every source. One that cannot be used from this host says why when it is
    /// read; the others go on.
    pub async fn build(config: Arc<Config>, clock: Clock) -> Self {
        let mut sources = Self { config, clock, catalogs: BTreeMap::new(), gates: BTreeMap::new() };
        let config = Arc::clone(&sources.config);
        for (name, source) in &config.sources {
            let gate = Arc::new(Gate::default());
            let catalog = sources.catalog(name, &source.settings, &gate).await;
            sources.gates.insert(name.clone(), gate);
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
                    Ok(catalog) => Arc::new(catalog.naming(self.named(name))),
                    Err(why) => unusable(Outcome::Error, why),
                }
            }
        }
    }

    /// Arms one source, or says everything that is missing on this host.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn forker(&self, source: &str, flags: ArmFlags) -> Result<Box<dyn Forker>, Refusal> {
        let refused = |why: String| refusal(source, why);
        let (armed, settings) = self.armed(source, flags).await?;
        match settings {
            SourceSettings::PgBackRest(settings) => {
                let forker = PgBackRestForker::new(source, settings.clone(), armed).map_err(refused)?;
                Ok(Box::new(forker))
            }
            SourceSettings::Aiven(settings) => {
                let gate = self.gates.get(source).cloned().unwrap_or_default();
                let forker = AivenForker::new(armed, settings.clone(), gate, self.clock).map_err(refused)?;
                Ok(Box::new(forker))
            }
        }
    }

    /// Arms one source for changing the region that backups are copied to, or says what is missing.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn region_setter(
        &self,
        source: &str,
        flags: ArmFlags,
    ) -> Result<Box<dyn RegionSetter>, Refusal> {
        let (armed, settings) = self.armed(source, flags).await?;
        match settings {
            SourceSettings::PgBackRest(_) => Err(refusal(
                source,
                "pgBackRest has no region to set: its copies are its repositories".to_owned(),
            )),
            SourceSettings::Aiven(settings) => {
                let gate = self.gates.get(source).cloned().unwrap_or_default();
                let setter = AivenRegionSetter::new(armed, settings.clone(), gate, self.clock);
                Ok(Box::new(setter.map_err(|why| refusal(source, why))?))
            }
        }
    }

    async fn armed(&self, source: &str, flags: ArmFlags) -> Result<(Armed, &SourceSettings), Refusal> {
        let Some(named) = self.config.sources.get(source) else {
            return Err(refusal(source, "there is no such source".to_owned()));
        };
        let armed = arm(Request {
            source,
            flag: flags.arm,
            read_only: flags.read_only,
            allowed: self.config.arming_allowed,
            credential: credential(source, &named.settings).await,
            loopback: is_loopback(&named.settings),
            clock: self.clock,
        })?;
        Ok((armed, &named.settings))
    }

    /// What the polls of each source are shared by (S29): all that a report of it depends on.
    pub fn shared_keys(&self) -> BTreeMap<String, String> {
        let key = |name: &String, source: &SourceConfig| {
            let all = format!("{:?} {:?} {:?}", source.settings, self.wanted(name), self.roles(name));
            format!("{name} {}", hex_sha256(all.as_bytes()))
        };
        self.config.sources.iter().map(|(name, source)| (name.clone(), key(name, source))).collect()
    }

    /// How many times in a row a fork of this source must be seen as restored before it counts: a
    /// provider that is asked over the network may say so a moment too early.
    pub fn restored_in_a_row(&self, source: &str) -> u32 {
        match self.config.sources.get(source).map(|source| &source.settings) {
            Some(SourceSettings::Aiven(_)) => 2,
            Some(SourceSettings::PgBackRest(_)) | None => 1,
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
        Wanted::Only(self.named(source))
    }

    /// The services of a source that the config names, by their names there.
    fn named(&self, source: &str) -> BTreeSet<String> {
        let bindings = self.config.board().bindings;
        bindings
            .into_iter()
            .filter(|binding| binding.source == source)
            .map(|binding| binding.remote)
            .collect()
    }
}

fn refusal(source: &str, why: String) -> Refusal {
    Refusal { source_name: source.to_owned(), missing: vec![why] }
}

/// What a source acts with, or what is missing for it on this host.
async fn credential(source: &str, settings: &SourceSettings) -> Result<Credential, String> {
    match settings {
        SourceSettings::PgBackRest(settings) if settings.fork.is_some() => Ok(Credential::ForkHost),
        SourceSettings::PgBackRest(_) => Err(format!("the config has no [sources.{source}.fork]")),
        SourceSettings::Aiven(settings) => acting_token(source, settings.acting_token.as_ref()).await,
    }
}

async fn acting_token(source: &str, token: Option<&SecretRef>) -> Result<Credential, String> {
    let Some(token) = token else {
        return Err(format!("the config has no `acting_token` in [sources.{source}]"));
    };
    token.resolve().await.map(Credential::Token).map_err(|error| format!("no acting token: {error}"))
}

/// Whether all that a source does stays on this host (S17).
fn is_loopback(settings: &SourceSettings) -> bool {
    match settings {
        SourceSettings::PgBackRest(settings) => settings.is_local(),
        SourceSettings::Aiven(settings) => settings.is_loopback(),
    }
}
