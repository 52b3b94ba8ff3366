//! Scenario files: which services there are, what happens to them and when, and what the tool must
//! then say. TOML, strict: anything unknown is an error with its line and what is allowed.
//!
//! ```toml
//! about = "the primary region goes dark"
//! seed = 7                       # the same seed gives the same backups, sizes and times
//! start = 2026-11-20T12:00:00Z   # the instant of `at = "0s"`; absent = when the simulator starts
//! latency = "20ms"               # each answer takes so long at least; absent = none
//! quota = 40                     # the project holds no more services; absent = far more than there are
//! many = { services = 1000, backups = 60 } # so many more services, made from the seed
//!
//! [[service]]
//! name = "orders-db"
//! engine = "pg"                  # every type of the provider, see [`Kind`]
//! plan = "business-8"
//! region = "aws-eu-west-1"
//! backups_in = "aws-eu-north-1"  # its own backups lie elsewhere since a migration; absent = in `region`
//! secondary = "aws-eu-central-1" # absent = no copy elsewhere
//! secondary_for = "2h"           # copied there since so long before the start; absent = always
//! backup_every = "24h"           # absent = as usual for the engine
//! full_every = "7d"              # mysql: increments between full backups; absent = all are full
//! retention_days = 14            # absent = as usual for engine and plan
//! log_every = "1m"               # pg and mysql: a piece of log is closed each so long
//! copy_delay = "2m"              # until it has arrived in the secondary region
//! size = "12GiB"
//! tier = 1
//! owner = "team-payments"
//! powered_off = "3d"             # switched off since so long before the start
//! integrations = ["boards"]      # other services it works with
//! sso = true                     # opensearch: people sign in by another system
//! in_vpc = true                  # it lies in the [[vpc]] of its region
//! persistence = false            # in-memory stores: nothing on disk, so no backups
//!
//! [[vpc]]
//! region = "aws-eu-west-1"
//! cidr = "10.20.0.0/24"
//!
//! [[event]]
//! at = "5m"
//! do = "region_down"
//! on = "aws-eu-west-1"
//!
//! [[fault]]
//! path = "/v1/project/*/service/orders-db/backups"
//! at = "5m"
//! lasts = "10m"                  # or `times = 2`, or both
//! status = 503                   # or html, delay, truncate, reset, endless
//!
//! [[expect]]
//! at = "30m"
//! service = "orders-db"
//! verdict = "warning"
//! ```

mod census;
mod fault;
mod kind;
mod many;
mod parse;
mod raw;
mod units;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::time::Duration;

use crate::domain::{Rule, Timestamp, Verdict};

pub use census::Census;
pub use fault::{Effect, Fault};
pub(in crate::simulator) use kind::ForkBy;
pub use kind::Kind;
pub(in crate::simulator) use units::{days, hours, is_service_name};

/// Two regions over time: services, what happens, what is expected.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Its name: that of the embedded one, or the path it was read from.
    pub name: String,
    /// What it shows, in a sentence.
    pub about: String,
    /// The same seed gives the same world.
    pub seed: u64,
    /// The provider's project that holds the services.
    pub project: String,
    /// The instant of `at = "0s"`; `None` = when the simulator starts.
    pub start: Option<Timestamp>,
    /// Every answer takes at least this much real time.
    pub latency: Duration,
    /// The most services that the project may hold; `None` = far more than there are.
    pub quota: Option<usize>,
    /// The project's private networks.
    pub vpcs: Vec<VpcSpec>,
    /// The services there are from the beginning.
    pub services: Vec<ServiceSpec>,
    /// What happens, earliest first.
    pub events: Vec<Event>,
    /// Which requests go wrong.
    pub faults: Vec<Fault>,
    /// What must then be said of a service.
    pub expects: Vec<Expect>,
}

/// A private network of the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VpcSpec {
    /// The cloud region it lies in.
    pub region: String,
    /// Its addresses.
    pub cidr: String,
}

/// One service of a scenario.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of the file by its own name")]
pub struct ServiceSpec {
    /// Name, unique in the scenario.
    pub name: String,
    /// Type.
    pub kind: Kind,
    /// The provider's plan (`business-8`).
    pub plan: String,
    /// The cloud region it runs in.
    pub region: String,
    /// The cloud region that holds its own backups: another one after a migration.
    pub backups_in: String,
    /// The cloud region its backups are copied to.
    pub secondary: Option<String>,
    /// Since how long before the start they are copied there; `None` = as long as the service exists.
    pub secondary_for: Option<Duration>,
    /// A backup each so long.
    pub backup_every: Duration,
    /// MySQL: a full backup each so long, those between are increments; `None` = all are full.
    pub full_every: Option<Duration>,
    /// A piece of log each so long.
    pub log_every: Duration,
    /// Until something has arrived in the secondary region.
    pub copy_delay: Duration,
    /// Size of its data, bytes.
    pub size: u64,
    /// Version of the engine.
    pub version: Option<String>,
    /// How long backups are kept.
    pub retention: Duration,
    /// The tag `tier`.
    pub tier: Option<u8>,
    /// The tag `owner`.
    pub owner: Option<String>,
    /// Switched off since so long before the start.
    pub powered_off: Option<Duration>,
    /// Names of services that it is integrated with.
    pub integrations: Vec<String>,
    /// Whether people sign in to it by another system.
    pub sso: bool,
    /// Whether it lies in the private network of its region.
    pub in_vpc: bool,
    /// Whether an in-memory store writes its data to disk, without which it has no backups.
    pub persistence: bool,
    /// Whether a port shows that it lives; among very many services none does.
    pub probed: bool,
}

/// Something that happens at an instant.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Time since the scenario's start.
    pub at: Duration,
    /// What happens.
    pub action: Action,
}

/// What can happen.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// All in this region stops: services, their backups, their log, copying from and to it.
    RegionDown(String),
    /// The region is back.
    RegionUp(String),
    /// From now on, what this service writes needs `by` longer to arrive in the other region.
    Lag {
        /// The service.
        service: String,
        /// In addition to its `copy_delay`; zero ends an earlier lag.
        by: Duration,
    },
    /// Copying to the other region is paused.
    PauseCopy {
        /// The service.
        service: String,
        /// The provider's words; empty = none.
        reason: String,
    },
    /// Copying goes on.
    ResumeCopy(String),
    /// The token is refused (401).
    ExpireToken,
    /// The token is accepted again.
    RenewToken,
    /// The token may list services but not see `/backups` (403).
    NarrowToken,
    /// The token may see everything again.
    WidenToken,
    /// The next creations take place, but the connection is cut before the answer.
    LoseAnswer {
        /// How many.
        times: u32,
    },
    /// The next forks of this service stop on their way.
    StickFork {
        /// The service forked from.
        service: String,
        /// How far they come, 0 to 1 of the base backup.
        share: f64,
        /// How many.
        times: u32,
    },
    /// The next creations find that somebody else has just taken the name (409).
    TakeName {
        /// How many.
        times: u32,
    },
    /// The next forks of this service begin their base backup again on their way.
    RestartFork {
        /// The service forked from.
        service: String,
        /// How far they come before, 0 to 1 of the base backup.
        share: f64,
        /// How many.
        times: u32,
    },
    /// From now on forks of this service take their own first backup later than usual.
    LateBackup {
        /// The service forked from.
        service: String,
        /// How much later.
        by: Duration,
    },
    /// From now on the newest points of this service are shown, but a fork from them is refused.
    RefuseNewest {
        /// The service forked from.
        service: String,
        /// How far before the end of its range the points lie that are taken.
        by: Duration,
    },
    /// Every request is refused with 429.
    RateLimit {
        /// For so long.
        lasts: Duration,
        /// Whether the header `Retry-After` says until when; the message always does.
        retry_after: bool,
    },
    /// The provider's API takes connections and cuts them.
    ApiDown,
    /// The API answers again.
    ApiUp,
    /// The API's clock, as its `Date` header shows it, runs ahead by this many seconds (negative: behind).
    SkewClock {
        /// Seconds ahead.
        seconds: i64,
    },
}

/// What must be said of a service at an instant.
#[derive(Debug, Clone, PartialEq)]
pub struct Expect {
    /// Time since the scenario's start.
    pub at: Duration,
    /// The service.
    pub service: String,
    /// Its verdict.
    pub verdict: Verdict,
    /// A rule that must be among its findings.
    pub rule: Option<Rule>,
}

/// Why a scenario cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// There is neither an embedded scenario nor a file of this name.
    #[error("no scenario '{name}': neither a file nor one of {}", names().collect::<Vec<_>>().join(", "))]
    NotFound {
        /// What was asked for.
        name: String,
    },
    /// The file cannot be read.
    #[error("{path}: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why not.
        source: std::io::Error,
    },
    /// The file says something that is not allowed.
    #[error("{origin}:{line}: {message}")]
    Invalid {
        /// File or embedded name.
        origin: String,
        /// Line, from 1.
        line: usize,
        /// What is wrong and what is allowed.
        message: String,
    },
}

/// The largest scenario file that is read, bytes.
const LARGEST: u64 = 1 << 20;

const EMBEDDED: [(&str, &str); 16] = [
    ("calm", include_str!("../../../tests/scenarios/calm.toml")),
    ("region-down", include_str!("../../../tests/scenarios/region-down.toml")),
    ("lag-breach", include_str!("../../../tests/scenarios/lag-breach.toml")),
    ("lost-answer", include_str!("../../../tests/scenarios/lost-answer.toml")),
    ("stuck-fork", include_str!("../../../tests/scenarios/stuck-fork.toml")),
    ("rate-limited", include_str!("../../../tests/scenarios/rate-limited.toml")),
    ("paused-copy", include_str!("../../../tests/scenarios/paused-copy.toml")),
    ("never-arrives", include_str!("../../../tests/scenarios/never-arrives.toml")),
    ("expired-token", include_str!("../../../tests/scenarios/expired-token.toml")),
    ("old-primary-returns", include_str!("../../../tests/scenarios/old-primary-returns.toml")),
    ("late-protection", include_str!("../../../tests/scenarios/late-protection.toml")),
    ("slow-answers", include_str!("../../../tests/scenarios/slow-answers.toml")),
    ("clock-skew", include_str!("../../../tests/scenarios/clock-skew.toml")),
    ("foreign-name", include_str!("../../../tests/scenarios/foreign-name.toml")),
    ("refused-target", include_str!("../../../tests/scenarios/refused-target.toml")),
    ("falling-progress", include_str!("../../../tests/scenarios/falling-progress.toml")),
];

/// The names of the scenarios that are part of the program.
pub fn names() -> impl Iterator<Item = &'static str> {
    EMBEDDED.iter().map(|(name, _)| *name)
}

/// The scenario of this name, or else the file at this path.
///
/// # Errors
/// [`ScenarioError`]: no such scenario, unreadable, or with a mistake at a line.
pub fn load(name: &str) -> Result<Scenario, ScenarioError> {
    if let Some((name, text)) = EMBEDDED.iter().find(|(known, _)| *known == name) {
        return parse::scenario(name, text);
    }
    let path = Path::new(name);
    if !path.exists() {
        return Err(ScenarioError::NotFound { name: name.to_owned() });
    }
    let unreadable = |source| ScenarioError::Unreadable { path: name.to_owned(), source };
    let size = path.metadata().map_err(unreadable)?.len();
    if size > LARGEST {
        return Err(unreadable(std::io::Error::other(format!("larger than {LARGEST} bytes"))));
    }
    parse::scenario(name, &std::fs::read_to_string(path).map_err(unreadable)?)
}

/// Reads a scenario from text; `origin` is what its errors name.
///
/// # Errors
/// [`ScenarioError::Invalid`] with the line.
pub fn from_text(origin: &str, text: &str) -> Result<Scenario, ScenarioError> {
    parse::scenario(origin, text)
}
