//! What a copy's last good reading says, put next to its last attempt (S2..S4).

use super::assessment::CopyFacts;
use super::target::check::{newest, oldest};
use super::{Ability, CopyState, Outcome, Reading, Replicated, Service, StaleAfter, Timestamp};

/// The facts of one copy at `now`.
pub(super) fn copy_facts(state: &CopyState, now: Timestamp, stale_after: &StaleAfter) -> CopyFacts {
    let reading = state.last_good.as_deref();
    CopyFacts {
        copy: state.copy.clone(),
        region: state.region.clone(),
        attempt: state.attempt.clone(),
        as_of: state.as_of(),
        log_seen_at: reading.and_then(|reading| reading.log.seen_at),
        stale: state.is_stale(now, stale_after),
        recovery_points: reading.and_then(usable_count),
        windows: reading.and_then(|reading| reading.windows.clone()),
        oldest: reading.and_then(oldest).map(|reach| reach.at),
        newest: reading.and_then(newest).map(|reach| reach.at),
        newest_backup: reading.and_then(newest_backup),
        log_replicated: reading.map_or(Replicated::Unknown, |reading| reading.log.replicated),
    }
}

/// Turns "not found, and never seen" into "known to be none", when two copies say so and neither was ever
/// seen to hold anything. While the other copy has data, or there is no other, the same answer means *gone or
/// out of reach*, which is unknown: a provider cannot tell the two apart (S3).
pub(super) fn settle_never_made(service: &Service, facts: [&mut Option<CopyFacts>; 2]) {
    let states = [&service.primary, &service.secondary];
    let not_seen =
        |state: &CopyState| state.last_good.is_none() && state.attempt.outcome == Outcome::NotFound;
    let never_made = states.into_iter().all(|state| state.as_ref().is_some_and(not_seen));
    if !never_made {
        return;
    }
    for facts in facts.into_iter().flatten() {
        facts.recovery_points = Some(0);
        facts.windows = Some(Vec::new().into());
    }
}

/// Whether a service has no backups by design.
pub(super) fn is_exempt(service: &Service) -> bool {
    let copies = [&service.primary, &service.secondary];
    copies.into_iter().any(|copy| ability(copy.as_ref()) == Some(Ability::ByDesignNone))
}

/// What this copy can be restored to, when it was ever read.
pub(super) fn ability(state: Option<&CopyState>) -> Option<Ability> {
    Some(state?.last_good.as_ref()?.ability)
}

fn usable_count(reading: &Reading) -> Option<usize> {
    Some(reading.points.as_ref()?.usable_count())
}

fn newest_backup(reading: &Reading) -> Option<Timestamp> {
    Some(reading.points.as_ref()?.newest_usable()?.at)
}
