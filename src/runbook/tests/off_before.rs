//! An incident of a service that was switched off before (S23).

use super::support::incident;
use crate::domain::sample::at;
use crate::domain::{Liveness, LossIs};
use crate::runbook::sample::{Journal, World, declaration, willing};
use crate::runbook::*;

#[test]
fn s23_the_recovery_of_what_was_off_before_is_counted_from_the_last_word_of_that_and_takes_no_longer() {
    let (off_until, fell_silent) = (at("2026-11-20T12:04:00Z"), at("2026-11-20T09:00:10Z"));
    // When the last look before the incident met silence.
    for (seen, is_seen) in [("2026-11-20T12:04:40Z", true), ("2026-11-20T12:03:50Z", false)] {
        let mut opening = incident();
        let service = &mut opening.before.service;
        service.liveness = Liveness::Silent {
            since: fell_silent,
            last_alive: Some(at("2026-11-20T09:00:00Z")),
            watched_from: fell_silent,
            seen_at: at(seen),
            off_until: Some(off_until),
        };
        // What it wrote says nothing here.
        (service.primary, service.secondary) = (None, None);
        let mut journal = Journal::open(opening);
        journal.input(&Input::Tick).unwrap();
        journal.command(Command::Declare(Declaration { down_since: None, ..declaration() })).unwrap();
        journal.drive(&mut World::default(), willing);
        let (ended, conclusion) = journal.state.closed.clone().unwrap();
        let clocks = clocks(&journal.state, ended);
        let latest = Some(at(seen)).filter(|_| is_seen);
        assert_eq!((clocks.down_since, clocks.detected), (latest, latest));
        assert_eq!(clocks.down_earliest, latest.map(|_| off_until));
        let is = if is_seen { LossIs::AtMost } else { LossIs::AtLeast };
        assert_eq!(clocks.recovery_is, is, "nobody saw it down");
        let unmet = conclusion.reasons.iter().any(|reason| reason.starts_with("RTO not shown"));
        assert_eq!(unmet, !is_seen, "{:?}", conclusion.reasons);
        let shown = crate::evidence::markdown(&crate::evidence::report(&journal.records, None).unwrap());
        let said = "between 2026-11-20 12:04:00Z and 2026-11-20 12:04:40Z (last known to be switched off, and a later \
                    silence of the probe)";
        assert_eq!(shown.contains(said), is_seen, "{shown}");
    }
}
