//! An incident of a service that was switched off before (S23).

use chrono::TimeDelta;

use super::support::incident;
use crate::domain::sample::at;
use crate::domain::{Life, Liveness, LossIs, Power};
use crate::runbook::sample::{Journal, OPENED, World, declaration, willing};
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

#[test]
fn s5_s23_what_was_off_before_is_neither_down_nor_lost_once_its_source_says_so_of_a_time_when_nobody_could_ask()
 {
    let (begun, by) = (at(OPENED), at("2026-11-20T09:00:05Z"));
    for (told, is_off) in [
        (Power::Off { by: Some(by) }, true),
        (Power::Off { by: Some(begun + TimeDelta::seconds(1)) }, false),
        (Power::Off { by: None }, false),
        (Power::On, false),
    ] {
        let mut opening = incident();
        let service = &mut opening.before.service;
        service.liveness = Liveness::silent(at("2026-11-20T09:00:10Z"), Some(at("2026-11-20T09:00:00Z")));
        // What it wrote says nothing here.
        (service.primary, service.secondary) = (None, None);
        let mut journal = Journal::open(opening);
        journal.input(&Input::Tick).unwrap();
        journal.command(Command::Declare(Declaration { down_since: None, ..declaration() })).unwrap();
        let silent = Answer::Primary { answers: false, calls: 1, text: String::new(), last_answer: None };
        journal.answer(silent.clone());
        let read = |state: &RunState| {
            let clocks = clocks(state, at("2026-11-20T12:20:00Z"));
            (clocks.down_since, clocks.detected, clocks.loss_ground)
        };
        let before = read(&journal.state);
        assert!(before.0.is_some() && before.2.is_some(), "{before:?}");
        let board = || Command::SeeLife { life: Life::default(), power: told };
        let news = journal.command(board()).unwrap();
        let settles = is_off || told == Power::On;
        assert_eq!(news, settles.then_some(Event::PowerSeen { power: told }).into_iter().collect::<Vec<_>>());
        assert!(journal.command(board()).unwrap().is_empty(), "it is told once");
        journal.later(60);
        journal.answer(silent);
        let after = if is_off { (None, None, None) } else { before };
        assert_eq!(read(&journal.state), after, "{told:?}");
        assert_eq!(journal.state.heard().unwrap().on_at.is_none(), is_off, "{told:?}");
        let kept: Vec<Record> = journal
            .records
            .iter()
            .map(|record| serde_json::from_str(&serde_json::to_string(record).unwrap()).unwrap())
            .collect();
        assert_eq!(replay(&kept).unwrap(), journal.state, "{told:?}");
        // A word on when its name was moved takes every look in anew.
        let mut moved = journal.state.clone();
        moved.fence.moved_name(journal.now, "anna".to_owned());
        assert_eq!(read(&moved), after, "{told:?}");
        let answer = Answer::Primary { answers: true, calls: 1, text: String::new(), last_answer: None };
        journal.later(60);
        journal.answer(answer);
        assert!(journal.command(board()).unwrap().is_empty(), "{told:?}: it is up, so it is told late");
    }
}
