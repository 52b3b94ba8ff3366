//! Catalogs and forkers out of a config. Reading needs no arming; a forker is built only from the
//! [`Armed`](crate::provider::Armed) that [`arm`] gives, per source (S18).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::unusable::Unusable;
use crate::clock::Clock;
use crate::config::{Config, SourceConfig, SourceSettings};
use crate::domain::Role;
use crate::process;
use crate::provider::aiven::{AivenCatalog, AivenForker, AivenRegionSetter, Gate, Wanted};
use crate::provider::arming::{Credential, Request, arm};
use crate::provider::pgbackrest::{PgBackRestCatalog, PgBackRestForker};
use crate::provider::{Armed, Catalog, Forker, Refusal, RegionSetter};
use crate::runbook::hex_sha256;
use crate::secret::{SecretError, SecretRef};

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
    /// read; the others go on. Its token is read then, too, within the limit of that reading.
    pub fn build(config: Arc<Config>, clock: Clock) -> Self {
        process::withhold(config.secret_variables());
        let mut sources = Self { config, clock, catalogs: BTreeMap::new(), gates: BTreeMap::new() };
        let config = Arc::clone(&sources.config);
        for (name, source) in &config.sources {
            let gate = Arc::new(Gate::default());
            let catalog = sources.catalog(name, &source.settings, &gate);
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

    fn catalog(&self, name: &str, settings: &SourceSettings, gate: &Arc<Gate>) -> Arc<dyn Catalog> {
        match settings {
            SourceSettings::PgBackRest(settings) => {
                Arc::new(PgBackRestCatalog::new(name, settings.clone(), self.roles(name), self.clock))
            }
            SourceSettings::Aiven(settings) => {
                let (wanted, token) = (self.wanted(name), settings.token.clone());
                match AivenCatalog::new(name, settings.clone(), wanted, token, Arc::clone(gate), self.clock) {
                    Ok(catalog) => Arc::new(catalog.naming(self.named(name))),
                    Err(why) => Arc::new(Unusable::new(name, why, self.clock)),
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
                let forker =
                    PgBackRestForker::new(source, settings.clone(), armed, self.clock).map_err(refused)?;
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
        let asked = flags.arm && !flags.read_only && self.config.arming_allowed;
        let credential =
            if asked { credential(source, &named.settings).await } else { seen(source, &named.settings) };
        let armed = arm(Request {
            source,
            flag: flags.arm,
            read_only: flags.read_only,
            allowed: self.config.arming_allowed,
            credential,
            loopback: is_loopback(&named.settings),
            clock: self.clock,
        })?;
        Ok((armed, &named.settings))
    }

    /// What the polls of each source are shared by (S29): all that a report of it depends on.
    pub fn shared_keys(&self) -> BTreeMap<String, String> {
        let key = |name: &String, source: &SourceConfig| {
            let (wanted, named) = (self.wanted(name), self.named(name));
            let all = format!("{:?} {wanted:?} {named:?} {:?}", source.settings, self.roles(name));
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

/// The sources of secondary copies: what a fork is made from. Of a service that is discovered it is the one that
/// lists it.
pub fn secondary_sources(config: &Config) -> BTreeSet<String> {
    let named = config.services.values().filter_map(|service| service.copy(Role::Secondary));
    named.map(|copy| copy.source.clone()).chain(config.discover.keys().cloned()).collect()
}

fn refusal(source: &str, why: String) -> Refusal {
    Refusal { source_name: source.to_owned(), missing: vec![why] }
}

/// What a source acts with, or what is missing for it on this host.
async fn credential(source: &str, settings: &SourceSettings) -> Result<Credential, String> {
    match acting(source, settings)? {
        Acting::OnForkHost => Ok(Credential::ForkHost),
        Acting::By(token) => token.resolve().await.map(Credential::Token).map_err(|error| no_token(&error)),
    }
}

/// What can be seen to be missing by who may not act: nobody runs the command of an acting token, or
/// has it in memory, who cannot use it.
fn seen(source: &str, settings: &SourceSettings) -> Result<Credential, String> {
    match acting(source, settings)? {
        Acting::OnForkHost => Ok(Credential::NotFetched),
        Acting::By(token) => token.absent().map_or(Ok(Credential::NotFetched), |error| Err(no_token(&error))),
    }
}

/// How the config says that a source acts.
enum Acting<'a> {
    OnForkHost,
    By(&'a SecretRef),
}

fn acting<'a>(source: &str, settings: &'a SourceSettings) -> Result<Acting<'a>, String> {
    match settings {
        SourceSettings::PgBackRest(settings) => match settings.fork {
            Some(_) => Ok(Acting::OnForkHost),
            None => Err(format!("the config has no [sources.{source}.fork]")),
        },
        SourceSettings::Aiven(settings) => match &settings.acting_token {
            Some(token) => Ok(Acting::By(token)),
            None => Err(format!("the config has no `acting_token` in [sources.{source}]")),
        },
    }
}

fn no_token(error: &SecretError) -> String {
    format!("no acting token: {error}")
}

/// Whether all that a source does stays on this host (S17).
fn is_loopback(settings: &SourceSettings) -> bool {
    match settings {
        SourceSettings::PgBackRest(settings) => settings.is_local(),
        SourceSettings::Aiven(settings) => settings.is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::config::{Overrides, from_texts};
    use crate::domain::Outcome;

    fn sources(tokens: &str) -> Sources {
        let text = format!(
            "fleet = 'f'\nstate_dir = '/nowhere'\n[arming]\nallow = true\n[discover.prod]\n[sources.prod]\n\
             kind = 'aiven'\nproject = 'p'\nurl = 'http://127.0.0.1:9'\n{tokens}\n"
        );
        let files = [("a.toml".to_owned(), text)];
        let config = from_texts(&files, &Overrides::default(), &|_| None).unwrap().config;
        Sources::build(Arc::new(config), Clock::system())
    }

    #[test]
    fn s29_who_reads_other_copies_of_a_source_shares_no_polls_of_it() {
        let key = |named: &str| sources(&format!("token = {{ env = 'T' }}\n{named}")).shared_keys();
        let naming = |remote: &str| key(&format!("[services.new]\nsource = 'prod'\nservice = '{remote}'"));
        // A fork of ours is read where it is named, beside those that are discovered.
        assert_ne!(key(""), naming("orders-db-k3q7wd"));
        assert_ne!(naming("orders-db-k3q7wd"), naming("orders-db-wsom2s"));
        assert_eq!(naming("orders-db-k3q7wd"), naming("orders-db-k3q7wd"));
    }

    #[tokio::test]
    async fn s18_the_acting_token_is_fetched_only_by_who_may_act() {
        let folder = tempfile::tempdir().unwrap();
        let mark = folder.path().join("fetched");
        let sources = sources(&format!(
            "token = {{ env = 'T' }}\nacting_token = {{ command = ['sh', '-c', 'echo t | tee {}'] }}",
            mark.display()
        ));
        for (arm, read_only) in [(false, false), (false, true), (true, true), (true, false)] {
            let armed = sources.forker("prod", ArmFlags { arm, read_only }).await;
            assert_eq!((armed.is_ok(), mark.exists()), (arm && !read_only, arm && !read_only), "{armed:?}");
        }
    }

    #[tokio::test]
    async fn s18_what_is_missing_is_named_without_fetching() {
        for (acting, says) in [
            ("", "the config has no `acting_token` in [sources.prod]"),
            ("acting_token = { env = 'LIFEBOAT_TEST_NOT_SET' }", "$LIFEBOAT_TEST_NOT_SET: it is not set"),
            ("acting_token = { file = '/nonexistent/t' }", "file /nonexistent/t: No such file"),
        ] {
            let refusal = sources(&format!("token = {{ env = 'T' }}\n{acting}"));
            let refusal = refusal.forker("prod", ArmFlags::default()).await.unwrap_err().to_string();
            assert!(refusal.contains("--arm is not given") && refusal.contains(says), "{refusal}");
        }
    }

    /// A vault that is down at the start is asked again; one that is slow holds up nobody else (S34).
    #[tokio::test]
    async fn s34_a_token_that_could_not_be_had_is_asked_for_again_within_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let vault = folder.path().join("token");
        let file = sources(&format!("token = {{ file = '{}' }}", vault.display()));
        let read = async || file.of("prod").unwrap().read(Duration::from_secs(5)).await;
        let report = read().await;
        assert_eq!(report.outcome, Outcome::Denied, "{report:?}");
        assert!(report.error.is_some_and(|error| error.starts_with("no token: file ")));
        std::fs::write(&vault, "t\n").unwrap();
        assert_eq!(read().await.outcome, Outcome::Unreachable, "it has its token, and nobody listens there");
        let begun = std::time::Instant::now();
        let slow = sources("token = { command = ['sleep', '60'] }");
        let report = slow.of("prod").unwrap().read(Duration::from_millis(300)).await;
        assert!(begun.elapsed() < Duration::from_secs(8), "{report:?}");
        assert!(report.error.is_some_and(|error| error.contains("no token: no answer within")));
    }
}
