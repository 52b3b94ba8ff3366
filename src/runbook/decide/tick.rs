//! What the passing of time makes true: a step is late, a restore stands still.

use std::time::Duration;

use chrono::TimeDelta;

use crate::domain::{Timestamp, words};
use crate::runbook::{Event, StepKind};
use crate::runbook::{ForkStanding, RunState, StepState, StepStatus};

/// After so long without a byte a restore counts as stuck, where its bytes are counted.
pub(in crate::runbook) const STUCK_AFTER: TimeDelta = TimeDelta::minutes(5);

pub(super) fn on_tick(state: &RunState, now: Timestamp) -> Vec<Event> {
    if state.is_over() || state.is_left() {
        return Vec::new();
    }
    late(state, now).into_iter().chain(stuck(state)).collect()
}

fn late(state: &RunState, now: Timestamp) -> Option<Event> {
    let step = state.current_step()?;
    if step.late || step.status != StepStatus::Running {
        return None;
    }
    let limit = limit(state, step)?;
    let took = (now - step.started?).to_std().ok()?;
    (took > limit).then_some(Event::StepLate { step: step.step.kind, limit_s: limit.as_secs() })
}

/// How long a step may take: its plan says so; a restore also by own history, as far as that is shown, never by a
/// guess (S35).
pub(in crate::runbook) fn limit(state: &RunState, step: &StepState) -> Option<Duration> {
    let planned = step.step.limit_s.map(Duration::from_secs);
    let usual = state.opening.before.assessment.restore.as_ref();
    let usual = usual.filter(|usual| !usual.is_guess()).map(|usual| words::as_shown(usual.longest));
    match (step.step.kind, usual) {
        (StepKind::Wait, Some(usual)) => Some(planned.map_or(usual, |planned| planned.min(usual))),
        _ => planned,
    }
}

/// Only who counts can see that nothing moves: of a phase without a counter, or while nobody looks,
/// it is not known (S3).
fn stuck(state: &RunState) -> Option<Event> {
    let attempt = &state.attempt;
    if state.current != Some(StepKind::Wait)
        || state.stuck_since.is_some()
        || attempt.fork != ForkStanding::Mine
    {
        return None;
    }
    let since = attempt.moved_at?;
    let (seen_at, progress) = attempt.progress.as_ref()?;
    (progress.done.is_some() && *seen_at - since >= STUCK_AFTER).then_some(Event::Stuck { since })
}
