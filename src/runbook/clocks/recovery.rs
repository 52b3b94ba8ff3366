//! From when the recovery time of a run is counted, and how well that is known (S23).

use crate::domain::{LossIs, Timestamp};
use crate::runbook::{Outage, RtoFrom, RunState};

/// From when: the earlier end of the outage that counts, else the declaration.
pub(super) fn counted_from(
    state: &RunState,
    counted: Option<&Outage>,
    declared: Option<Timestamp>,
) -> Option<Timestamp> {
    match counted {
        Some(outage) => Some(outage.earliest.unwrap_or(outage.latest)),
        // A drill simulates its loss: before that there is nothing to recover from.
        None if state.is_drill() && state.opening.rto_from == RtoFrom::DownSince => None,
        None => declared,
    }
}

/// What the time that is counted is of the true one.
pub(super) fn recovery_is(state: &RunState, counted: Option<&Outage>, is_cut_short: bool) -> LossIs {
    match counted {
        _ if is_cut_short => LossIs::AtLeast,
        Some(outage) => outage.is(),
        // It was down before that was declared, and nobody knows since when.
        None if state.opening.rto_from == RtoFrom::DownSince && !state.is_drill() => LossIs::AtLeast,
        None => LossIs::Exact,
    }
}
