//! What a run wants of the world now. Follows from the state alone.

use std::time::Duration;

use super::{Asked, Attempt, ForkStanding, RunState, StepStatus};
use super::{Call, Draft, Effect, StepKind};
use crate::domain::PROBE_EVERY;
use crate::domain::fork::{ForkRequest, Removal};

/// How often a restore is looked at.
const PROGRESS_EVERY: Duration = Duration::from_secs(5);
/// How often a fork is looked for by name: three times fill the 30 s of S20.
const FIND_EVERY: Duration = Duration::from_secs(15);
/// How often, once a person has to decide: it may still turn up.
const FIND_LATE_EVERY: Duration = Duration::from_secs(60);
/// How often the old primary is probed in a drill, which only has to say whether it was reachable.
const DRILL_PROBE_EVERY: Duration = Duration::from_secs(60);
/// How often a removal under way is looked at.
const REMOVAL_EVERY: Duration = Duration::from_secs(10);
/// How often the fork's own backups are looked for.
const PROTECTION_EVERY: Duration = Duration::from_secs(60);

/// Everything that is wanted now. A call that is wanted once and under way is not started again;
/// see [`Call::key`].
pub fn effects(state: &RunState) -> Vec<Effect> {
    if state.is_left() {
        return Vec::new();
    }
    let mut wanted = Vec::new();
    if !state.is_over() {
        wanted.extend(probe(state));
        wanted.extend(step(state));
        if state.is_paused() {
            // Looking goes on; nothing is begun.
            wanted.retain(|effect| is_a_look(&effect.call));
        }
    }
    if !state.is_paused() {
        wanted.extend(removals(state));
    }
    wanted
}

/// Whether a removal was asked for that no listing has proven yet, whoever drives the run.
pub fn is_removing(state: &RunState) -> bool {
    removals(state).next().is_some()
}

const fn is_a_look(call: &Call) -> bool {
    matches!(
        call,
        Call::FindFork(_) | Call::PollProgress(_) | Call::ProbePrimary(_) | Call::PollProtection(_)
    )
}

fn probe(state: &RunState) -> Option<Effect> {
    state.declaration.as_ref()?;
    let address = state.opening.member.probe.clone()?;
    let every = if state.is_drill() { DRILL_PROBE_EVERY } else { PROBE_EVERY };
    Some(Effect { call: Call::ProbePrimary(address), every: Some(every) })
}

fn step(state: &RunState) -> Option<Effect> {
    let step = state.current_step()?;
    if step.status != StepStatus::Running {
        return None;
    }
    let attempt = &state.attempt;
    let once = |call| Some(Effect { call, every: None });
    match step.step.kind {
        StepKind::Readiness if state.readiness.is_none() => {
            let draft = draft(state);
            // What is to be checked is the point that stands, which may not be found anew.
            let again = attempt.point.clone().or(draft.again);
            once(Call::CheckReadiness(Draft { again, ..draft }))
        }
        StepKind::ChoosePoint if attempt.point.is_none() && attempt.refused.is_none() => {
            once(Call::ResolvePoint(draft(state)))
        }
        StepKind::Fork | StepKind::Wait => fork(attempt, attempt.request.clone()?),
        StepKind::Validate if state.checks.is_none() => once(Call::RunChecks {
            request: attempt.request.clone()?,
            checks: state.opening.member.checks.clone(),
            promise: state.promise()?,
        }),
        StepKind::Protect => Some(Effect {
            call: Call::PollProtection(attempt.request.clone()?),
            every: Some(PROTECTION_EVERY),
        }),
        _ => None,
    }
}

/// The next call about the fork of the present attempt.
fn fork(attempt: &Attempt, request: ForkRequest) -> Option<Effect> {
    let (call, every) = match &attempt.fork {
        ForkStanding::Asked(Asked { accepted: None, unknown: None, .. }) => (Call::StartFork(request), None),
        ForkStanding::Asked(_) => (Call::FindFork(request), Some(FIND_EVERY)),
        ForkStanding::Absent => (Call::FindFork(request), Some(FIND_LATE_EVERY)),
        ForkStanding::Mine | ForkStanding::Restored(_) => (Call::PollProgress(request), Some(PROGRESS_EVERY)),
        ForkStanding::NotAsked
        | ForkStanding::NotTaken { .. }
        | ForkStanding::Refused { .. }
        | ForkStanding::Foreign(_)
        | ForkStanding::Failed { .. } => return None,
    };
    Some(Effect { call, every })
}

/// Removals that were agreed to and are not over. Never of a fork that is not ours.
fn removals(state: &RunState) -> impl Iterator<Item = Effect> {
    let agreed = |attempt: &&Attempt| attempt.may_exist() && state.clean_up.contains(&attempt.number);
    state.attempts().filter(agreed).filter_map(|attempt| {
        let every = match &attempt.removal {
            Some((_, None)) => None,
            Some((_, Some(Removal::Pending { .. } | Removal::CannotTell { .. }))) => Some(REMOVAL_EVERY),
            _ => return None,
        };
        Some(Effect { call: Call::RemoveFork(attempt.request.clone()?), every })
    })
}

/// The request of the present attempt, for want of its point.
fn draft(state: &RunState) -> Draft {
    let attempt = &state.attempt;
    let draft = Draft::of(&state.opening, attempt.number, attempt.name.clone(), attempt.target.clone());
    Draft { again: attempt.again.clone(), found: state.found(&attempt.target).cloned(), ..draft }
}
