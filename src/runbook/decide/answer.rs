//! What the world's answers mean. What somebody else made true is never refused, only put down.

use chrono::TimeDelta;

use crate::domain::fork::{
    Found, PointRefused, Progress, ProgressState, Removal, START_WITHIN, StartOutcome,
};
use crate::domain::target::newest_before;
use crate::domain::{Timestamp, words};
use crate::runbook::{Answer, Event, StepKind};
use crate::runbook::{Attempt, ForkStanding, RunState};

/// How often progress without a change of phase is put down (S31).
const PROGRESS_NOTED_EVERY: TimeDelta = TimeDelta::minutes(1);

pub(super) fn on_answer(state: &RunState, answer: &Answer, now: Timestamp) -> Vec<Event> {
    let event = match answer {
        Answer::Readiness(items) => (state.current == Some(StepKind::Readiness) && state.readiness.is_none())
            .then(|| Event::ReadinessChecked { items: items.clone() }),
        Answer::Point(resolved) => point(state, resolved),
        Answer::Started(attempt, outcome) => started(state, *attempt, outcome),
        Answer::Found(attempt, found) => found_fork(state, *attempt, found),
        Answer::Progress(attempt, progress) => watched(state, *attempt, progress, now),
        Answer::Checks(attempt, results) => (state.current == Some(StepKind::Validate)
            && *attempt == state.attempt.number
            && state.checks.is_none())
        .then(|| Event::ChecksRun { attempt: *attempt, results: results.clone() }),
        // A run that is over has concluded what was lost.
        Answer::Primary { .. } | Answer::PrimaryOutOfSight { .. } if state.is_over() => None,
        Answer::Primary { answers, calls, text, last_answer } => {
            probed_again(state, *answers, now).then(|| Event::PrimarySeen {
                answers: *answers,
                calls: *calls,
                text: text.clone(),
                last_answer: last_answer.filter(|_| !answers),
            })
        }
        Answer::PrimaryOutOfSight { why, .. } => {
            state.fence.is_out_of_sight(now).then(|| Event::PrimaryOutOfSight { why: why.clone() })
        }
        Answer::Removed(attempt, removal) => removed(state, *attempt, removal),
        Answer::Protection(protection) => (state.current == Some(StepKind::Protect)
            && (state.protection_unseen != protection.unseen()
                || state.protection != Some(protection.after(state.protection.as_ref()))))
        .then(|| Event::ProtectionSeen { protection: protection.clone(), seen_at: None }),
    };
    event.into_iter().collect()
}

fn of_number(state: &RunState, number: u32) -> Option<&Attempt> {
    state.attempts().find(|attempt| attempt.number == number)
}

/// What is not taken is asked for again, but not for ever.
fn started(state: &RunState, number: u32, outcome: &StartOutcome) -> Option<Event> {
    let attempt = of_number(state, number).filter(|one| matches!(one.fork, ForkStanding::Asked(_)))?;
    let waits_to = |at: Timestamp| (at - attempt.asked_at.unwrap_or(at)).to_std().unwrap_or_default();
    let outcome = match outcome {
        StartOutcome::NotTaken { why, again_at } if waits_to(*again_at) > START_WITHIN => {
            StartOutcome::Refused { why: why.clone(), propose: None }
        }
        outcome => outcome.clone(),
    };
    Some(Event::ForkAnswered { attempt: number, outcome })
}

fn point(
    state: &RunState,
    resolved: &Result<(crate::domain::fork::ForkPoint, Vec<crate::domain::fork::CallPreview>), PointRefused>,
) -> Option<Event> {
    let attempt = &state.attempt;
    if state.current != Some(StepKind::ChoosePoint) || attempt.point.is_some() {
        return None;
    }
    let (point, calls) = match resolved {
        Ok(resolved) => resolved,
        Err(refused) => return Some(Event::PointRefused { refused: refused.clone() }),
    };
    Some(match too_late(state, point.promised) {
        Some(refused) => Event::PointRefused { refused },
        None => Event::PointResolved { point: point.clone(), calls: calls.clone() },
    })
}

/// A point must lie before the bad moment (S14), and in a drill's further attempt before the loss that the
/// drill already simulates (S23): data written after it would be proof of nothing. What lies before, by the
/// copy as it was when the run began, is proposed (S11).
fn too_late(state: &RunState, promised: Timestamp) -> Option<PointRefused> {
    let bad = state.opening.member.bad_moment.filter(|bad| promised >= *bad);
    let loss = state
        .simulated_loss
        .or(state.opening.simulated_loss)
        .filter(|loss| state.is_drill() && promised > *loss);
    let (reason, before) = match (bad, loss) {
        (Some(bad), _) => {
            let (promised, bad_moment) = words::two_instants(promised, bad);
            (format!("{promised} is not before the bad moment {bad_moment}"), bad)
        }
        (None, Some(loss)) => {
            let (promised, lost_at) = words::two_instants(promised, loss);
            (format!("{promised} is later than the simulated loss at {lost_at}"), loss)
        }
        (None, None) => return None,
    };
    let service = &state.opening.before.service;
    let there = service.copy(state.opening.member.role).and_then(|copy| copy.last_good.as_ref());
    let earlier = there.and_then(|reading| newest_before(reading, before));
    Some(PointRefused { reason, earlier, later: None })
}

fn found_fork(state: &RunState, number: u32, found: &Found) -> Option<Event> {
    let attempt = of_number(state, number)?;
    let news = match (&attempt.fork, found) {
        (ForkStanding::Asked(asked), Found::CannotTell { why }) => asked.cannot_tell.as_ref() != Some(why),
        // A look that began before the call had an answer says nothing of the call.
        (ForkStanding::Asked(asked), _) => asked.accepted.is_some() || asked.unknown.is_some(),
        (ForkStanding::Absent, Found::Mine | Found::Foreign { .. }) => true,
        _ => false,
    };
    news.then(|| Event::ForkSeen { attempt: number, found: found.clone() })
}

fn watched(state: &RunState, number: u32, progress: &Progress, now: Timestamp) -> Option<Event> {
    let attempt = of_number(state, number)?;
    if number != state.attempt.number || attempt.fork != ForkStanding::Mine {
        return None;
    }
    let due = match &attempt.progress {
        None => true,
        Some((at, before)) => {
            before.phase != progress.phase
                || kind(&before.state) != kind(&progress.state)
                || now - *at >= PROGRESS_NOTED_EVERY
        }
    };
    due.then(|| Event::Progressed { attempt: number, progress: progress.clone() })
}

const fn kind(state: &ProgressState) -> u8 {
    match state {
        ProgressState::Working => 0,
        ProgressState::Restored { .. } => 1,
        ProgressState::Failed { .. } => 2,
        ProgressState::CannotTell { .. } => 3,
    }
}

fn probed_again(state: &RunState, answers: bool, now: Timestamp) -> bool {
    match state.fence.primary {
        None => true,
        Some((at, before)) => before != answers || now - at >= PROGRESS_NOTED_EVERY,
    }
}

fn removed(state: &RunState, number: u32, removal: &Removal) -> Option<Event> {
    let attempt = of_number(state, number)?;
    let before = attempt.removal.as_ref()?.1.as_ref();
    let settled = matches!(before, Some(Removal::Proven { .. } | Removal::Foreign { .. }));
    (!settled && before != Some(removal))
        .then(|| Event::RemovalAnswered { attempt: number, removal: removal.clone() })
}
