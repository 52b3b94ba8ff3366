//! What a run needs of a person before it can go on.

use super::StepKind;
use super::{ForkStanding, RunState, StepStatus};
use crate::domain::CheckState;
use crate::domain::fork::CopiedTo;

/// What only a person can give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Need {
    /// Recovery is not declared.
    Declaration,
    /// The journal cannot be written where it is: another place, or a while (S25).
    Journal,
    /// A clock is off by more than five minutes: whose, and does the run go on (S25).
    ClockSkew,
    /// The point was refused: another one.
    OtherPoint,
    /// The point is shown and waits for the typed name.
    ConfirmPoint,
    /// The fork was looked for and is absent: ask again, or open a new attempt (S20).
    AbsentDecision,
    /// A step failed: retry, skip, new attempt or abort.
    FailedStep,
    /// The owner's word on the restored data.
    OwnersWord,
    /// The old primary is not fenced: fence it, or override in writing.
    Fence,
    /// The cut-over is a person's work: say when it is done.
    CutOver,
    /// Something that protects the restored service does not come by itself: look after it, or skip.
    Protection,
    /// Removing the forks waits for the typed name.
    ConfirmCleanUp,
    /// The run is paused.
    Unpause,
}

/// What the run needs of a person now, if anything.
pub fn need(state: &RunState) -> Option<Need> {
    if state.live.journal_lost.is_some() {
        return Some(Need::Journal);
    }
    if state.is_over() {
        return None;
    }
    if state.is_paused() {
        return Some(Need::Unpause);
    }
    let step = state.current_step()?;
    if matches!(step.status, StepStatus::Failed(_)) {
        return Some(Need::FailedStep);
    }
    let attempt = &state.attempt;
    match step.step.kind {
        StepKind::Declare => state.declaration.is_none().then_some(Need::Declaration),
        StepKind::Readiness => {
            (state.readiness.is_some() && state.waits_for_skew()).then_some(Need::ClockSkew)
        }
        StepKind::ChoosePoint if attempt.refused.is_some() => Some(Need::OtherPoint),
        StepKind::ChoosePoint if attempt.point.is_some() && attempt.confirmed_at.is_none() => {
            Some(Need::ConfirmPoint)
        }
        StepKind::Fork | StepKind::Wait if attempt.fork == ForkStanding::Absent => Some(Need::AbsentDecision),
        StepKind::Validate => waits_for_owner(state).then_some(Need::OwnersWord),
        StepKind::CutOver if !state.fence.lets_cut_over() => Some(Need::Fence),
        StepKind::CutOver => state.cut_over_at.is_none().then_some(Need::CutOver),
        StepKind::Protect => waits_for_protection(state).then_some(Need::Protection),
        StepKind::CleanUp => waits_for_clean_up(state).then_some(Need::ConfirmCleanUp),
        StepKind::ChoosePoint | StepKind::Fork | StepKind::Wait | StepKind::Close => None,
    }
}

/// Whether the checks are through and the owner has not spoken.
pub(super) fn waits_for_owner(state: &RunState) -> bool {
    let passed =
        |checks: &[crate::domain::CheckResult]| checks.iter().all(|check| check.state == CheckState::Passed);
    state.owners_word.is_none() && state.checks.as_deref().is_some_and(passed)
}

/// Whether the fork in use is copied nowhere: whoever is armed may set the region of its backups.
pub fn wants_region(state: &RunState) -> bool {
    let seen = state.protection.as_ref();
    need(state) == Some(Need::Protection) && seen.is_some_and(|seen| seen.copying == CopiedTo::Nowhere)
}

/// Whether the fork lacks backups of its own that no waiting brings.
fn waits_for_protection(state: &RunState) -> bool {
    state.protection.as_ref().is_some_and(|seen| seen.needs_person && !seen.is_whole())
}

/// Whether a fork is left that nobody agreed to remove.
pub(super) fn waits_for_clean_up(state: &RunState) -> bool {
    state.attempts().any(|attempt| attempt.may_exist() && !state.clean_up.contains(&attempt.number))
}
