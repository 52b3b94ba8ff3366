//! What a config says, after all layers and checks.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::{Mistakes, SourceSettings};
use crate::domain::{Check, Policy, Role};
use crate::poll::Pace;
use crate::runbook::RtoFrom;
use crate::tui::theme::Palette;

/// The whole config.
#[derive(Debug, Clone)]
pub struct Config {
    /// Name of the fleet, shown in the header.
    pub fleet: String,
    /// Where the ledger lies.
    pub state_dir: PathBuf,
    /// Theme by name, when one was chosen.
    pub theme: Option<String>,
    /// How many colours are shown, whatever the terminal says of itself.
    pub palette: Option<Palette>,
    /// Whether wheel and click are listened to.
    pub mouse: bool,
    /// Whether a person may act from this host, as the config says; the flag and the credential
    /// must come together with it (S18).
    pub arming_allowed: bool,
    /// From which instant the recovery time runs (S23).
    pub rto_from: RtoFrom,
    /// The criteria by which an incident is declared: id and words (R29).
    pub criteria: BTreeMap<String, String>,
    /// Objectives by tier.
    pub tiers: BTreeMap<u8, Tier>,
    /// Where readings come from.
    pub sources: BTreeMap<String, SourceConfig>,
    /// Services named in the config.
    pub services: BTreeMap<String, ServiceConfig>,
    /// Sources whose whole list of services is shown.
    pub discover: BTreeMap<String, Discover>,
    /// What is wrong in how it is to look, and is left out: colours stop nobody.
    pub left_out: Mistakes,
}

/// What is said of a config with which there is nothing to see.
pub const NOTHING_WATCHED: &str =
    "no services: name them under [services], or let a source list them by [discover.SOURCE]";

impl Config {
    /// Whether it names no service and lets no source list any.
    pub fn watches_nothing(&self) -> bool {
        self.services.is_empty() && self.discover.is_empty()
    }
}

/// What is promised for the services of a tier.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// Largest tolerated loss of data.
    #[serde(default, deserialize_with = "super::duration::optional")]
    pub rpo: Option<Duration>,
    /// Longest tolerated time without the service.
    #[serde(default, deserialize_with = "super::duration::optional")]
    pub rto: Option<Duration>,
    /// A restore is to be proven each so long.
    #[serde(default, deserialize_with = "super::duration::optional")]
    pub drill_every: Option<Duration>,
    /// Who answers for services that name no owner of their own.
    #[serde(default)]
    pub owner: Option<String>,
}

/// One place that readings come from.
#[derive(Debug, Clone)]
pub struct SourceConfig {
    /// How often it is read; `None` = as the kind of source is used to.
    pub poll_every: Option<Duration>,
    /// The settings of its kind.
    pub settings: SourceSettings,
}

impl SourceConfig {
    /// How often and how long it is asked.
    pub fn pace(&self) -> Pace {
        let usual = Pace::default();
        Pace { interval: self.poll_every.unwrap_or(usual.interval), ..usual }
    }
}

/// One service.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ServiceConfig {
    /// Its tier.
    pub tier: Option<u8>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Where its primary listens, to see whether it is alive (S10).
    pub probe: Option<Probe>,
    /// The copy in the region where backups are first written.
    pub primary: Option<CopyConfig>,
    /// The copy in the other region.
    pub secondary: Option<CopyConfig>,
    /// What a fork of it must answer.
    pub checks: Vec<Check>,
}

impl ServiceConfig {
    /// The copy in a role.
    pub const fn copy(&self, role: Role) -> Option<&CopyConfig> {
        match role {
            Role::Primary => self.primary.as_ref(),
            Role::Secondary => self.secondary.as_ref(),
        }
    }
}

/// Where one copy of a service is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyConfig {
    /// The source.
    pub source: String,
    /// The service's name there; `None` when the source holds only one or names it itself.
    pub remote: Option<String>,
    /// The region the copy lies in, where the source does not say.
    pub region: Option<String>,
}

/// Where a primary listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
}

impl std::fmt::Display for Probe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.host.contains(':') {
            return write!(f, "tcp://[{}]:{}", self.host, self.port);
        }
        write!(f, "tcp://{}:{}", self.host, self.port)
    }
}

/// How the services of a source are taken up without being named one by one (S33).
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Discover {
    /// The tag whose value is the tier.
    #[serde(default)]
    pub tier_from_tag: Option<String>,
    /// The tag whose value is the owner.
    #[serde(default)]
    pub owner_from_tag: Option<String>,
    /// Whether its services keep their own names beside other discovered sources.
    #[serde(default)]
    pub short_names: bool,
}

impl Config {
    /// The objectives of a tier.
    pub fn policy(&self, tier: Option<u8>) -> Policy {
        let promised = tier.and_then(|tier| self.tiers.get(&tier)).cloned().unwrap_or_default();
        Policy { tier, rpo: promised.rpo, rto: promised.rto, drill_every: promised.drill_every }
    }

    /// The environment variables that hold secrets.
    pub fn secret_variables(&self) -> Vec<String> {
        let secrets = self.sources.values().flat_map(|source| source.settings.secrets());
        secrets.filter_map(|secret| secret.variable().map(str::to_owned)).collect()
    }

    /// Who answers for a service of the config.
    pub fn owner(&self, service: &ServiceConfig) -> Option<String> {
        let of_tier = || self.tiers.get(&service.tier?)?.owner.clone();
        service.owner.clone().or_else(of_tier)
    }
}
