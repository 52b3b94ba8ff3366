//! When waiting alone brings a run nowhere: what it waits for cannot be seen.

use chrono::TimeDelta;

use super::decide::limit;
use super::{Asked, Attempt, ForkStanding, RunState, StepKind, latest_progress};
use crate::domain::Timestamp;
use crate::domain::fork::{ProgressState, Removal};

/// After so long a removal of a run that is over, and so has no step and no limit, is no longer waited for.
const REMOVAL_WITHIN: TimeDelta = TimeDelta::minutes(30);

/// Why the last look at what the run waits for failed, once its step is over its limit. Whoever watches may
/// wait on; where nobody does, such a run would hold its service's one place for ever (S26, S30).
pub fn unseen(state: &RunState, now: Timestamp) -> Option<String> {
    let removal = state.attempts().find_map(removal);
    if state.is_over() {
        return removal.filter(|(at, _)| now - *at >= REMOVAL_WITHIN).map(|(_, why)| why);
    }
    let step = state.current_step().filter(|step| step.late)?;
    match step.step.kind {
        StepKind::Readiness | StepKind::ChoosePoint => state.unread().map(|trouble| trouble.why.clone()),
        StepKind::Fork | StepKind::Wait => fork(state),
        StepKind::CleanUp => removal.map(|(_, why)| why),
        _ => None,
    }
}

/// Why nothing at all is known of the copy whose point is to be chosen: it cannot be read, and never was. Where
/// nobody watches there is nothing to wait for.
pub fn nothing_known(state: &RunState) -> Option<String> {
    let copy = state.opening.before.service.copy(state.opening.member.role);
    let was_read = copy.is_some_and(|copy| copy.last_good.is_some()) || !state.found.is_empty();
    let trouble = state.unread().filter(|_| !was_read)?;
    Some(trouble.why.clone())
}

/// Until when the step that reads the copy may wait for it, by its plan.
pub fn waits_until(state: &RunState) -> Option<Timestamp> {
    let step = state.current_step()?;
    let limit = TimeDelta::from_std(limit(state, step)?).ok()?;
    step.started?.checked_add_signed(limit)
}

fn fork(state: &RunState) -> Option<String> {
    match (&state.attempt.fork, latest_progress(state)) {
        (ForkStanding::Asked(Asked { cannot_tell, .. }), _) => cannot_tell.clone(),
        (ForkStanding::Mine, Some((_, progress))) => match &progress.state {
            ProgressState::CannotTell { why } => Some(why.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// Since when a removal cannot be seen, and why.
fn removal(attempt: &Attempt) -> Option<(Timestamp, String)> {
    match &attempt.removal {
        Some((at, Some(Removal::CannotTell { why }))) => Some((*at, format!("{}: {why}", attempt.name))),
        _ => None,
    }
}
