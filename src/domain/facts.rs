//! What a copy's last good reading says, put next to its last attempt (S2..S4).

use super::assessment::CopyFacts;
use super::target::check::{newest, oldest};
use super::{Ability, CopyState, Reading, Replicated, Service, StaleAfter, Timestamp};

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
