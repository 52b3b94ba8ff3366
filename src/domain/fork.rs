//! The words of forking: what is asked for, what came back. A run's journal is written in them; the
//! providers' forkers speak them.

mod progress;
mod protection;

use std::time::Duration;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

pub use progress::{Address, Progress, ProgressState};
pub use protection::{CopiedTo, Protection};

pub use super::target::PointRefused;
use super::{Edge, Role, Target, Timestamp, words};

/// A point that a copy can be restored to, resolved by its provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForkPoint {
    /// What was asked for.
    pub target: Target,
    /// Which copy it is restored from.
    pub role: Role,
    /// The newest data the restored service is promised to hold.
    pub promised: Timestamp,
    /// What `promised` says about that data.
    pub promised_is: Edge,
    /// Where in the log the newest promised commit begins (`0/7008F28`), where that was looked up: what
    /// the restored service is held against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The backup it starts from, where known.
    pub backup: Option<String>,
    /// Where in the log that backup ends (`0/6000050`), where known: from there to the point is replayed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_from: Option<String>,
    /// Size of that backup when restored, bytes.
    pub size_bytes: Option<u64>,
    /// How the provider is told.
    pub how: PointHow,
    /// Anything the person should know of this point (`5s margin before the window's end`).
    pub note: Option<String>,
    /// When the readings were made that it rests on, where its copy could not be read when it was chosen (S2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_known: Option<Timestamp>,
}

impl ForkPoint {
    /// Its instant in full: with what that says of the newest data, and how old the knowledge of it is.
    pub fn words(&self) -> String {
        let at = words::edge(&words::instant(self.promised), self.promised_is);
        self.last_known
            .map_or_else(|| at.clone(), |as_of| format!("{at}, as last known at {}", words::instant(as_of)))
    }
}

/// How a provider is told which point to restore.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum PointHow {
    /// Up to an instant.
    Time {
        /// The instant, exactly as sent.
        at: Timestamp,
    },
    /// Up to a place in the log, inclusive.
    Lsn {
        /// The place (`0/41000148`).
        lsn: String,
        /// The timeline it lies on.
        timeline: u32,
    },
    /// Up to a transaction, inclusive.
    Xid {
        /// The transaction id.
        xid: u64,
        /// The timeline it lies on.
        timeline: u32,
    },
    /// As early as the backup is consistent.
    Immediate,
    /// A backup or snapshot by its name.
    Name {
        /// The name.
        name: String,
    },
}

/// Why there is no point.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoPoint {
    /// The copy was read, and cannot be restored to what was asked for.
    #[error(transparent)]
    Refused(#[from] PointRefused),
    /// The source cannot be read at this moment, so nothing is known of the point. To be asked again.
    #[error("{why}")]
    CannotTell {
        /// Why not, and what a person can do where only that helps.
        why: String,
        /// The source asked to be left alone for so long.
        again_in: Option<Duration>,
    },
}

#[cfg(test)]
impl NoPoint {
    /// The refusal, in a test that is about one.
    pub(crate) fn refused(self) -> PointRefused {
        match self {
            Self::Refused(refused) => refused,
            Self::CannotTell { why, .. } => panic!("no refusal: {why}"),
        }
    }
}

/// One fork to be made: one attempt of one run. Everything needed to make, find and remove it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForkRequest {
    /// The run it belongs to; our mark (S19).
    pub run: String,
    /// Attempt, from 1.
    pub attempt: u32,
    /// Whether it is a drill: closed to everyone but this host, cleaned up at the end.
    pub drill: bool,
    /// The source service's name at the provider.
    pub remote: String,
    /// The fork's name, unique.
    pub name: String,
    /// Region of the copy, where the fork is made (R26).
    pub region: Option<String>,
    /// The point.
    pub point: ForkPoint,
    /// The host that took it, or before it answered the one that was found ready, where forks of one name may
    /// be on several: on another the fork is neither made nor looked for (R34).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
}

impl ForkRequest {
    /// What removes its fork, to follow what a call of that does: an incident never does by itself (S22).
    pub const fn removed_by(&self) -> &'static str {
        if self.drill { "" } else { ", only by a clean-up" }
    }
}

/// One exact call that would be or was made, to be copied and run by hand (S36).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallPreview {
    /// What it does, in a few words.
    pub what: String,
    /// The command line, secrets as variables.
    pub command: String,
    /// Whether it changes anything.
    pub mutating: bool,
    /// Whether it is another way to make the call before it, to be run by hand: never made besides.
    #[serde(default, skip_serializing_if = "is_false")]
    pub alternative: bool,
    /// What is to be known of the fork that it makes, if it makes one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub makes: Option<Made>,
}

/// For what is left out where it is the usual.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// What is to be known of a fork by the way it is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// Who can reach it over the network, in a few words.
    pub access: String,
    /// Whether backups of it may be left when it is gone.
    pub leaves_backups: bool,
}

/// One thing checked before a fork.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadinessItem {
    /// What was checked, as a stable word (`disk_space`).
    pub check: String,
    /// What came out.
    pub state: ReadinessState,
    /// The fact, in a sentence.
    pub text: String,
    /// The host that a fork would be made on, where it was seen and forks of one name may be on several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
}

/// What came out of a readiness check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadinessState {
    /// As it should be.
    Pass,
    /// Would make the fork fail.
    Fail,
    /// Worth knowing, no obstacle.
    Warn,
    /// Could not be checked; never shown as pass.
    NotVerified,
}

impl ReadinessState {
    /// The words a person reads.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "FAIL",
            Self::Warn => "warn",
            Self::NotVerified => "not verified",
        }
    }
}

/// The longest asking for a fork may take: one call in real time, then its outcome is unknown; several of which none
/// was taken by the run's clock, then that is a refusal.
pub const START_WITHIN: Duration = Duration::from_secs(2 * 60);

/// How asking for a fork ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum StartOutcome {
    /// The provider took it.
    Accepted {
        /// What identifies the answer (a request id, a process id on a host).
        response: String,
        /// The host that took it, where forks of one name may be on several.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        host: Option<String>,
    },
    /// The provider did not take it, for certain: nothing was made.
    Refused {
        /// The provider's words and ours.
        why: String,
        /// The next earlier point to propose, never sent by itself (S11).
        propose: Option<Timestamp>,
    },
    /// Nothing was asked for or taken yet, for certain: the same call may be made again.
    NotTaken {
        /// The provider's words and ours.
        why: String,
        /// From when on.
        again_at: Timestamp,
    },
    /// Something that is not ours has its name, so nothing was made: another name is wanted, not another point.
    NameTaken {
        /// What has it.
        what: String,
    },
    /// A call was sent and no answer was seen: OUTCOME UNKNOWN (S20).
    Unknown {
        /// What happened instead of an answer.
        why: String,
    },
}

/// Whose a fork of our name is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "found", rename_all = "snake_case")]
pub enum Found {
    /// It carries our mark of this run and attempt.
    Mine,
    /// It exists without our mark: never adopted, never deleted.
    Foreign {
        /// What it is.
        what: String,
    },
    /// It does not exist.
    Absent,
    /// The provider cannot be asked.
    CannotTell {
        /// Why not.
        why: String,
    },
}

/// Whether looks that did not find a fork, oldest first, prove that there is none: at least three of
/// them over 30 s (S20). One look may come before the provider shows what it was asked for.
pub fn proves_absence(looks: &[Timestamp]) -> bool {
    const SPAN: TimeDelta = TimeDelta::seconds(30);
    match (looks.first(), looks.last()) {
        (Some(&first), Some(&last)) => looks.len() >= 3 && last - first >= SPAN,
        _ => false,
    }
}

/// How a removal ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "removal", rename_all = "snake_case")]
pub enum Removal {
    /// Gone, and a listing shows it.
    Proven {
        /// What the listing said.
        proof: String,
    },
    /// The request was taken; a listing still shows it.
    Pending {
        /// What the listing said.
        why: String,
    },
    /// It exists without our mark: left alone.
    Foreign {
        /// What it is.
        what: String,
    },
    /// Whether it is there, or goes, cannot be told now. To be asked again.
    CannotTell {
        /// Why not.
        why: String,
    },
    /// Refused or failed.
    Failed {
        /// The provider's words and ours.
        why: String,
    },
}
