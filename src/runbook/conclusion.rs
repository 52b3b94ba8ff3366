//! The result of a run (S24) and its exit code.

use serde::{Deserialize, Serialize};

use super::built_in;
use crate::domain::{LossIs, Timestamp};

/// What the reason of a run begins with that a person ended.
pub(super) const ENDED: &str = "ended by a person: ";
/// What stands behind the title of a step that was skipped, before why.
pub(super) const SKIPPED: &str = " was skipped: ";

/// How a run as a whole came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunResult {
    /// Everything that had to be shown was shown.
    Passed,
    /// It went to its end, but an objective was missed.
    ObjectiveMissed,
    /// Something failed, or a person ended it.
    Failed,
    /// It went to its end, but not everything could be verified.
    NotVerified,
}

impl RunResult {
    /// The words a person reads.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::ObjectiveMissed => "objective missed",
            Self::Failed => "failed",
            Self::NotVerified => "not verified",
        }
    }

    /// The exit code of a command that drove the run to this end.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Passed => 0,
            Self::ObjectiveMissed => 1,
            Self::Failed => 2,
            Self::NotVerified => 3,
        }
    }
}

/// A result with every reason for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conclusion {
    /// The result.
    pub result: RunResult,
    /// Why it is no pass, each a sentence; empty for a pass.
    pub reasons: Vec<String>,
    /// How many of them say that something failed, or that a person ended it: these come first. `None` in journals that
    /// do not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<usize>,
    /// The objectives that were shown to be missed, whatever else could not be verified; empty in journals that do
    /// not say it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missed: Vec<String>,
    /// Achieved recovery time, seconds, rounded up; `None` when the end was not reached, unless the objective was missed
    /// by then.
    pub achieved_rto_s: Option<u64>,
    /// What that says of the true one; `None` when there is none, and in journals that do not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub achieved_rto_is: Option<LossIs>,
    /// Achieved recovery point: loss instant minus the newest proven row, seconds, rounded up.
    pub achieved_rpo_s: Option<u64>,
    /// What that says of the true one; `None` when there is none, and in journals that do not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub achieved_rpo_is: Option<LossIs>,
    /// How long the restore took, from the asking to accepting writes, seconds; `None` when it did not
    /// get there, or nobody watched it get there.
    pub restore_s: Option<u64>,
    /// How long of the recovery time the run was paused, seconds; in earlier journals how long in all.
    pub paused_s: u64,
    /// When the restored data was checked and found as expected, whatever else kept the run from a pass;
    /// `None` when it was not, and in journals that do not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proven_at: Option<Timestamp>,
}

/// Whether a reason says that a step was skipped: journals that do not say how many reasons are failures have these
/// among them.
fn is_skip(reason: &str) -> bool {
    built_in().steps.iter().any(|step| {
        let behind = reason.strip_prefix(step.kind.title());
        behind.is_some_and(|behind| behind.starts_with(SKIPPED))
    })
}

impl Conclusion {
    /// The result in words, with the objectives that were missed: that not all was verified hides none of them.
    pub fn headline(&self) -> String {
        let (result, missed) = (self.result.as_str(), self.missed.join(" and "));
        match self.result {
            _ if missed.is_empty() => result.to_owned(),
            RunResult::ObjectiveMissed => format!("{result}: {missed}"),
            _ => format!("{result}, {missed} missed"),
        }
    }

    /// The first reason why it failed by itself: that a person ended it says nothing against what it restores.
    pub fn failure(&self) -> Option<&String> {
        let failed = if self.result == RunResult::Failed { self.failed.unwrap_or(usize::MAX) } else { 0 };
        let is_of_it = |reason: &&String| !(reason.starts_with(ENDED) || is_skip(reason));
        self.reasons.iter().take(failed).find(is_of_it)
    }

    /// How long its restore took, where that tells of the next one (S35): the run did not fail, or its data was found
    /// as expected before it did.
    pub fn restore_that_counts(&self) -> Option<u64> {
        self.restore_s.filter(|_| self.result != RunResult::Failed || self.proven_at.is_some())
    }

    /// When a run that closed at `closed_at` proved its service's copy. An objective may have been missed
    /// and a step skipped: the data was there and was checked.
    pub fn proven(&self, closed_at: Timestamp) -> Option<Timestamp> {
        let shown = matches!(self.result, RunResult::Passed | RunResult::ObjectiveMissed);
        self.proven_at.or(shown.then_some(closed_at))
    }
}
