//! What a point that was chosen to lie before the newest gives up, and what of the rest is judged (S14).

use std::time::Duration;

use super::{Lost, between, promised, whole_until};
use crate::domain::fork::ForkPoint;
use crate::domain::{CopyFacts, Edge, Role, Target, Timestamp};
use crate::runbook::RunState;

/// Whether the point was chosen to lie before one that was there to be chosen (S14).
#[derive(Debug, Clone, Copy)]
pub(super) enum Rewind {
    /// Nothing was given up by choice.
    None,
    /// From this point, the newest that was there.
    From(Timestamp),
    /// It is not known what was there.
    Unknown,
}

impl Rewind {
    /// What is given up by restoring no more than was promised.
    pub(super) fn gives_up(self, promised: Option<Timestamp>) -> Option<Duration> {
        if let Self::From(there) = self { between(promised, Some(there)) } else { None }
    }

    /// From when to when nothing was written after the newest that was there (S6).
    pub(super) fn idle(self, state: &RunState) -> Option<(Timestamp, Timestamp)> {
        let Self::From(there) = self else { return None };
        let until = whole_until(state, there);
        (until > there && state.left_for().is_none()).then_some((there, until))
    }
}

/// What a copy took in after the loss that a drill simulates was not there to be chosen: it says nothing
/// of what the copy held at the loss (S23).
pub(super) fn rewind(state: &RunState, loss_instant: Option<Timestamp>) -> Rewind {
    if state.attempt.target == Target::Newest {
        return Rewind::None;
    }
    let at_the_loss = |there: &Timestamp| !state.is_drill() || loss_instant.is_none_or(|loss| *there <= loss);
    match newest_there(state).filter(at_the_loss).max().map(|there| not_refused(state, there)) {
        Some(there) if promised(state).is_none_or(|promised| promised < there) => Rewind::From(there),
        None if newest_there(state).next().is_none() => Rewind::Unknown,
        _ => Rewind::None,
    }
}

/// The newest that the copy held, each time that it was looked at: what arrived until a point was agreed to
/// was there to be chosen.
fn newest_there(state: &RunState) -> impl Iterator<Item = Timestamp> {
    let opened = copy_as_opened(state).and_then(|copy| copy.newest);
    opened.into_iter().chain(state.attempts().filter_map(|attempt| attempt.newest_there))
}

/// What of it could be had: where its provider refused the newest, no more than it proposed, and so on from there. What
/// came later was not refused.
fn not_refused(state: &RunState, there: Timestamp) -> Timestamp {
    state.attempts().fold(there, |there, attempt| {
        let is_newest = |point: &ForkPoint| attempt.newest_there.max(Some(point.promised)) >= Some(there);
        let refused = attempt.point.as_ref().is_some_and(is_newest);
        attempt.proposed().filter(|_| refused).map_or(there, |proposed| there.min(proposed))
    })
}

/// What such an instant says of the data behind it: each look is of one copy, and by one way of looking.
pub(super) fn newest_there_is(state: &RunState) -> Edge {
    copy_as_opened(state).map_or(Edge::Exact, CopyFacts::newest_is)
}

/// The copy that is restored from, as it was when the run began.
fn copy_as_opened(state: &RunState) -> Option<&CopyFacts> {
    let assessment = &state.opening.before.assessment;
    match state.opening.member.role {
        Role::Primary => assessment.primary.as_ref(),
        Role::Secondary => assessment.secondary.as_ref(),
    }
}

/// From when, and how much: what the copy lacked at the loss, and what the point promised and did not hold.
pub(super) fn judged_rewind(
    state: &RunState,
    there: Timestamp,
    loss_instant: Option<Timestamp>,
    newest: Option<Timestamp>,
) -> (Option<Timestamp>, Option<Lost>) {
    let there = whole_until(state, there);
    let (Some(lost), Some(missing)) =
        (Lost::between(state, Some(there), loss_instant), between(newest, promised(state)))
    else {
        return (None, None);
    };
    (missing.is_zero().then_some(there), Some(lost.and(missing)))
}
