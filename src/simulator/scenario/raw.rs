//! The tables of a scenario file as they are written, each value with its place where a mistake in it
//! can be found later than by its type.

use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use super::Kind;
use super::units::{Interval, backup_interval, duration, log_interval, optional_duration, optional_size};
use crate::domain::{Rule, Verdict};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) about: String,
    pub(super) seed: u64,
    #[serde(default = "default_project")]
    pub(super) project: String,
    pub(super) start: Option<Spanned<toml::value::Datetime>>,
    #[serde(default, deserialize_with = "optional_duration")]
    pub(super) latency: Option<Duration>,
    pub(super) quota: Option<usize>,
    pub(super) many: Option<RawMany>,
    #[serde(default)]
    pub(super) vpc: Vec<RawVpc>,
    #[serde(default)]
    pub(super) service: Vec<RawService>,
    #[serde(default)]
    pub(super) event: Vec<RawEvent>,
    #[serde(default)]
    pub(super) fault: Vec<RawFault>,
    #[serde(default)]
    pub(super) expect: Vec<RawExpect>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMany {
    pub(super) services: Spanned<u32>,
    pub(super) backups: Spanned<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawVpc {
    pub(super) region: Spanned<String>,
    #[serde(default = "default_cidr")]
    pub(super) cidr: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawService {
    pub(super) name: Spanned<String>,
    pub(super) engine: Kind,
    pub(super) plan: Spanned<String>,
    pub(super) region: Spanned<String>,
    pub(super) backups_in: Option<Spanned<String>>,
    pub(super) secondary: Option<Spanned<String>>,
    #[serde(default, deserialize_with = "optional_duration")]
    pub(super) secondary_for: Option<Duration>,
    #[serde(default, deserialize_with = "backup_interval")]
    pub(super) backup_every: Option<Duration>,
    pub(super) full_every: Option<Spanned<Interval>>,
    #[serde(default, deserialize_with = "log_interval")]
    pub(super) log_every: Option<Duration>,
    #[serde(default, deserialize_with = "optional_duration")]
    pub(super) copy_delay: Option<Duration>,
    #[serde(default, deserialize_with = "optional_size")]
    pub(super) size: Option<u64>,
    pub(super) version: Option<String>,
    pub(super) retention_days: Option<Spanned<u32>>,
    pub(super) tier: Option<u8>,
    pub(super) owner: Option<String>,
    #[serde(default, deserialize_with = "optional_duration")]
    pub(super) powered_off: Option<Duration>,
    #[serde(default)]
    pub(super) integrations: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) sso: bool,
    pub(super) in_vpc: Option<Spanned<bool>>,
    pub(super) persistence: Option<Spanned<bool>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawEvent {
    #[serde(deserialize_with = "duration")]
    pub(super) at: Duration,
    #[serde(rename = "do")]
    pub(super) what: Spanned<Verb>,
    pub(super) on: Option<Spanned<String>>,
    #[serde(default, deserialize_with = "optional_duration")]
    pub(super) by: Option<Duration>,
    #[serde(default, deserialize_with = "optional_duration")]
    pub(super) lasts: Option<Duration>,
    pub(super) reason: Option<String>,
    pub(super) share: Option<Spanned<f64>>,
    pub(super) times: Option<u32>,
    pub(super) retry_after: Option<bool>,
    pub(super) seconds: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verb {
    RegionDown,
    RegionUp,
    Lag,
    PauseCopy,
    ResumeCopy,
    ExpireToken,
    RenewToken,
    NarrowToken,
    WidenToken,
    LoseAnswer,
    StickFork,
    TakeName,
    RestartFork,
    LateBackup,
    RefuseNewest,
    RateLimit,
    ApiDown,
    ApiUp,
    SkewClock,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFault {
    pub(super) path: Spanned<String>,
    pub(super) method: Option<String>,
    #[serde(default, deserialize_with = "optional_duration")]
    pub(super) at: Option<Duration>,
    #[serde(default, deserialize_with = "optional_duration")]
    pub(super) lasts: Option<Duration>,
    pub(super) status: Option<Spanned<u16>>,
    pub(super) message: Option<String>,
    pub(super) retry_after: Option<u64>,
    #[serde(default, deserialize_with = "optional_duration")]
    pub(super) delay: Option<Duration>,
    pub(super) truncate: Option<usize>,
    #[serde(default)]
    pub(super) reset: bool,
    #[serde(default)]
    pub(super) html: bool,
    #[serde(default)]
    pub(super) endless: bool,
    pub(super) times: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawExpect {
    #[serde(deserialize_with = "duration")]
    pub(super) at: Duration,
    pub(super) service: Spanned<String>,
    pub(super) verdict: Verdict,
    pub(super) rule: Option<Rule>,
}

fn default_project() -> String {
    "demo".to_owned()
}

fn default_cidr() -> String {
    "10.20.0.0/24".to_owned()
}
