//! The judgement of one service at one instant: everything that `status`, the board and a run's
//! first event say of it. Made by a pure function from a [`Service`](super::Service) and *now*.

mod finding;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use finding::{Finding, Level, Rule, Verdict};

use super::words::seconds_up;
use super::{Attempt, Bounds, Edge, Grade, Ground, Replicated, Role, ServiceId, Shared, Timestamp, Window};

/// What is known of one service now, and how bad it is. `None` = unknown (S3).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assessment {
    /// The service.
    pub service: ServiceId,
    /// The copy in the primary region.
    pub primary: Option<CopyFacts>,
    /// The copy in the other region.
    pub secondary: Option<CopyFacts>,
    /// Why there is no secondary copy.
    pub secondary_reason: Option<String>,
    /// What would be, or was, lost.
    pub loss: Loss,
    /// How far the secondary's log trails the primary's; `None` unless both are known (S8).
    pub replication_lag: Option<Duration>,
    /// How far the newest usable backup there trails the newest here (S8).
    pub backup_lag: Option<Duration>,
    /// How far the secondary trails in pieces: log segments, or snapshots (S6, S7).
    pub trailing: Option<Trailing>,
    /// Whether the primary wrote anything since both copies ended at the same log segment (S6).
    pub idle: Idle,
    /// Loss against the RPO, graded.
    pub compliance: Compliance,
    /// How long a restore takes, shortest and longest, and whether that is a guess (S35).
    pub restore: Option<RestoreEstimate>,
    /// The worst of the findings.
    pub verdict: Verdict,
    /// Named findings, worst first (S15).
    pub findings: Vec<Finding>,
}

/// What is known of one copy now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CopyFacts {
    /// How the copy is named to a person.
    pub copy: String,
    /// The region it lies in.
    pub region: Option<String>,
    /// The last attempt to read it.
    pub attempt: Attempt,
    /// When the facts below were true.
    pub as_of: Option<Timestamp>,
    /// When how far it reaches was seen, where the last look could not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_seen_at: Option<Timestamp>,
    /// Whether they are older than two poll intervals (S2).
    pub stale: bool,
    /// Usable recovery points of the present history.
    pub recovery_points: Option<usize>,
    /// Restore windows.
    pub windows: Option<Shared<Vec<Window>>>,
    /// The earliest instant that can be restored.
    pub oldest: Option<Timestamp>,
    /// The latest instant that can be restored.
    pub newest: Option<Timestamp>,
    /// When the newest usable backup ended.
    pub newest_backup: Option<Timestamp>,
    /// Whether log arrives in this copy.
    pub log_replicated: Replicated,
}

impl Assessment {
    /// Whether it has no backups by design: then no loss of it is judged, which is not to be unknown.
    pub const fn is_exempt(&self) -> bool {
        matches!(self.verdict, Verdict::Exempt)
    }

    /// Whether it is known that nothing can be restored there: there is no copy, or none holds anything.
    pub fn has_nothing_there(&self) -> bool {
        self.findings.iter().any(|finding| match finding.rule {
            Rule::NoSecondary => true,
            Rule::NeverBackedUp => finding.level == Level::Critical,
            _ => false,
        })
    }

    /// Whether its clients may use a fork, which is not known.
    pub fn may_have_been_left(&self) -> bool {
        let is_that =
            |finding: &Finding| finding.rule == Rule::ClientsMoved && finding.level == Level::Unknown;
        self.findings.iter().any(is_that)
    }

    /// Between which amounts its loss lies. Where it is known that nothing can be restored there all is lost: no less
    /// than what the copy here spans.
    pub fn loss_bounds(&self) -> Bounds {
        let spans = self.primary.as_ref().and_then(|here| (here.newest? - here.oldest?).to_std().ok());
        match self.loss.amount {
            None if self.has_nothing_there() => {
                Bounds { least: spans.filter(|span| !span.is_zero()), most: None }
            }
            _ => self.loss.bounds(),
        }
    }
}

impl CopyFacts {
    /// Whether the facts may be judged as of now: the last attempt brought some and they are not stale.
    pub const fn is_current(&self) -> bool {
        self.attempt.outcome.has_facts() && !self.stale
    }

    /// Whether how far it reaches may be judged as of now: its log, too, was seen by the last look.
    pub const fn is_reach_current(&self) -> bool {
        self.is_current() && self.log_seen_at.is_none()
    }

    /// When how far it reaches was seen.
    pub fn reach_as_of(&self) -> Option<Timestamp> {
        self.log_seen_at.or(self.as_of)
    }

    /// Whether what can be restored is snapshots alone, no instant between two.
    pub fn has_snapshots(&self) -> bool {
        self.newest.is_some() && self.windows.as_ref().is_none_or(|windows| windows.is_empty())
    }

    /// What `newest` says about the data behind it; exact for snapshots.
    pub fn newest_is(&self) -> Edge {
        self.windows.as_ref().and_then(|windows| windows.last()).map_or(Edge::Exact, |last| last.to_is)
    }

    /// Whether the provider leaves the end of the newest window open, which claims all until it was read.
    pub fn is_open(&self) -> bool {
        let last = self.windows.as_ref().and_then(|windows| windows.last());
        last.is_some_and(|last| last.to.grade == Grade::Claimed && last.to_is == Edge::AtMost)
    }

    /// Whether the last look, not long ago, showed that nothing can be restored from this copy: a run from it can
    /// go nowhere.
    pub fn is_empty_now(&self) -> bool {
        self.is_empty() && self.is_reach_current()
    }

    /// Whether it is known that nothing can be restored from this copy.
    pub fn is_empty(&self) -> bool {
        self.recovery_points == Some(0) && self.windows.as_ref().is_some_and(|windows| windows.is_empty())
    }
}

/// What would be lost if the primary stopped now, or what was lost when it stopped (S5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    /// From which instant it is counted.
    pub basis: LossBasis,
    /// The loss as it is judged: of a range of loss instants counted to the later end. `None` unknown. Rounded up to
    /// whole seconds when shown.
    pub amount: Option<Duration>,
    /// What the amount says.
    pub is: LossIs,
    /// The least it can be, when the loss instant is a range: counted to its earlier end.
    #[serde(default)]
    pub at_least: Option<Duration>,
    /// Whether it holds only if an unread copy is intact (`<= 26m if the copy is intact`, S3).
    pub if_copy_intact: bool,
    /// On what the loss instant rests; `None` while the loss is counted to now.
    #[serde(default)]
    pub ground: Option<Ground>,
}

/// From which instant a loss is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "basis", rename_all = "snake_case")]
pub enum LossBasis {
    /// From now: *if the primary stops now*.
    Now,
    /// From the loss instant: fixed, never growing.
    LossInstant {
        /// The last proof of life; earliest when uncertain.
        at: Timestamp,
        /// The latest it can have been, when uncertain.
        latest: Option<Timestamp>,
    },
    /// From when clients were moved to a fork: when that stopped is not known, so that no less is lost.
    Moved {
        /// When.
        at: Timestamp,
    },
}

impl LossBasis {
    /// The instant to which an amount is counted that says this of the true one; `None` = now. Of a range the later
    /// end bounds it from above, the earlier one from below.
    pub const fn counted_to(self, is: LossIs) -> Option<Timestamp> {
        match (self, is) {
            (Self::Now, _) => None,
            (
                Self::LossInstant { latest: Some(latest), .. },
                LossIs::Exact | LossIs::AtMost | LossIs::About,
            ) => Some(latest),
            (Self::LossInstant { at, .. } | Self::Moved { at }, _) => Some(at),
        }
    }
}

/// What an amount of loss says about the true one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LossIs {
    /// It is this.
    Exact,
    /// It is this or more.
    AtLeast,
    /// It is this or less.
    AtMost,
    /// It is near this, and may be more or less: both ends are uncertain.
    About,
}

impl LossIs {
    /// Whether no more than the amount is lost: only then can it be within an objective.
    pub const fn bounds_from_above(self) -> bool {
        matches!(self, Self::Exact | Self::AtMost)
    }

    /// What it says if more may be lost than is counted.
    #[must_use]
    pub const fn or_more_if(self, more: bool) -> Self {
        match self {
            _ if !more => self,
            Self::Exact | Self::AtLeast => Self::AtLeast,
            Self::AtMost | Self::About => Self::About,
        }
    }
}

/// How many pieces the secondary lacks that the primary has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "unit", content = "count", rename_all = "snake_case")]
pub enum Trailing {
    /// Log segments of the same history and timeline.
    Segments(u64),
    /// Snapshots newer than the newest one there.
    Snapshots(u64),
}

/// Whether a primary without new log is idle or stalled (S6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "idle", rename_all = "snake_case")]
pub enum Idle {
    /// Nothing was written since, proven.
    Proven {
        /// The last commit.
        last_commit: Timestamp,
    },
    /// Nothing is known to lie beyond what the copy there holds: both end at the same segment, or the log there was
    /// complete once. Idleness cannot be proven.
    Possible {
        /// Nothing new since.
        since: Timestamp,
    },
    /// The copies end apart, or it does not apply.
    No,
}

/// Loss against the RPO: up to 1x, 2x, 4x, above.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compliance {
    /// Within the RPO.
    Compliant,
    /// Up to twice the RPO.
    Exceeded,
    /// Up to four times the RPO.
    SeverelyExceeded,
    /// More than four times the RPO.
    CriticallyExceeded,
    /// The loss or the RPO is not known.
    Unknown,
    /// No loss is judged: there are no backups by design.
    Exempt,
}

/// How long a restore takes (S35).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreEstimate {
    /// Shortest.
    pub shortest: Duration,
    /// Longest.
    pub longest: Duration,
    /// Own closed runs it rests on; 0 = a guess from the size.
    pub runs: usize,
    /// How it was worked out, for the person.
    pub basis: String,
}

impl RestoreEstimate {
    /// Whether it is guessed from the size: then it is of copying alone, and what is replayed comes on top.
    pub const fn is_guess(&self) -> bool {
        self.runs == 0
    }

    /// What a restore takes at least. Of a guess that is what copying does at its fastest: of a minute or more in whole
    /// seconds, for less than one is nothing beside the size that it is guessed from. Whoever shows less of it than
    /// seconds rounds it down (S35: 79 GiB take 9-27m).
    pub fn at_least(&self) -> Duration {
        const MINUTE: Duration = Duration::from_secs(60);
        if self.shortest < MINUTE { self.shortest } else { Duration::from_secs(seconds_up(self.shortest)) }
    }
}
