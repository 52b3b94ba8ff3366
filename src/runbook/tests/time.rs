//! What the passing of time makes true, and what is measured by it (S23, S31, R43).

use chrono::TimeDelta;

use super::support::{drill, incident, until, wants};
use crate::domain::Liveness;
use crate::domain::fork::{Progress, ProgressState};
use crate::domain::sample::at;
use crate::runbook::sample::Trouble as Ending;
use crate::runbook::sample::{Journal, OPENED, World, author, declaration, passed, progress, willing};
use crate::runbook::*;

#[test]
fn s23_the_incidents_clock_runs_from_down_since_to_cut_over_and_pauses_count() {
    let mut world = World::default();
    let mut journal = until(incident(), StepKind::CutOver, &mut world);
    journal.command(Command::Pause).unwrap();
    journal.later(600);
    assert_eq!(clocks(&journal.state, journal.now).paused.as_secs(), 600);
    journal.command(Command::Unpause).unwrap();
    journal.command(Command::Fence { how: "firewall".to_owned() }).unwrap();
    journal.command(Command::CutOverDone { text: "DNS".to_owned() }).unwrap();
    let usable = journal.now;
    journal.later(3600);
    let clocks = clocks(&journal.state, journal.now);
    assert_eq!(clocks.usable, Some(usable));
    assert_eq!(clocks.recovery_time, (usable - at("2026-11-20T12:01:00Z")).to_std().ok());
    assert_eq!(clocks.paused.as_secs(), 600, "counted, and shown apart");
}

#[test]
fn s23_of_a_pause_only_what_lies_within_the_recovery_time_is_counted_in_it() {
    let table = [
        (drill(), StepKind::ChoosePoint, 0, "nothing is lost yet"),
        (drill(), StepKind::Validate, 600, "within"),
        (drill(), StepKind::CleanUp, 0, "validated before"),
        (incident(), StepKind::ChoosePoint, 600, "within"),
        (incident(), StepKind::CutOver, 240, "clients are moved while it is paused"),
        (incident(), StepKind::Protect, 0, "clients were moved before"),
    ];
    for (opening, step, within, why) in table {
        let mut world = World::default();
        let mut journal = until(opening, step, &mut world);
        journal.command(Command::Pause).unwrap();
        journal.later(240);
        if step == StepKind::CutOver {
            journal.command(Command::Fence { how: "firewall".to_owned() }).unwrap();
            journal.command(Command::CutOverDone { text: "DNS".to_owned() }).unwrap();
        }
        journal.later(360);
        journal.command(Command::Unpause).unwrap();
        journal.drive(&mut world, willing);
        assert_eq!(clocks(&journal.state, journal.now).paused.as_secs(), within, "{step:?}: {why}");
        assert_eq!(journal.state.closed.unwrap().1.paused_s, within, "{step:?}: {why}");
    }
}

#[test]
fn s23_a_drill_is_usable_when_validated() {
    let mut journal = Journal::open(drill());
    journal.drive(&mut World::default(), willing);
    let clocks = clocks(&journal.state, journal.now);
    assert_eq!(clocks.usable, journal.state.validated_at);
    assert_eq!(clocks.down_since, journal.state.simulated_loss);
}

#[test]
fn a_paused_run_begins_nothing_and_goes_on_looking() {
    let mut world = World::default();
    let mut journal = until(drill(), StepKind::Wait, &mut world);
    journal.command(Command::Pause).unwrap();
    assert!(wants(&journal, "poll_progress"), "the restore outlives us, so it is watched (S21)");
    let restored = ProgressState::Restored { newest_commit: None };
    journal.answer(Answer::Progress(1, progress("up", restored)));
    assert_eq!(journal.state.current, Some(StepKind::Wait));
    assert!(!wants(&journal, "run_checks"));
    journal.command(Command::Unpause).unwrap();
    assert_eq!(journal.state.current, Some(StepKind::Validate));
}

#[test]
fn s31_progress_is_put_down_on_a_change_of_phase_and_once_a_minute() {
    let mut journal = until(drill(), StepKind::Wait, &mut World::default());
    let before = journal.records.len();
    for _ in 0..24 {
        journal.later(5);
        journal.answer(Answer::Progress(1, progress("base backup", ProgressState::Working)));
    }
    assert_eq!(journal.records.len() - before, 2, "two minutes");
    journal.answer(Answer::Progress(1, progress("replay", ProgressState::Working)));
    assert_eq!(journal.records.len() - before, 3);
}

#[test]
fn r43_a_late_or_stuck_restore_is_said_once() {
    let mut journal = until(drill(), StepKind::Wait, &mut World::default());
    for _ in 0..40 {
        journal.later(60);
        journal.answer(Answer::Progress(1, counted(250)));
        journal.input(&Input::Tick).unwrap();
    }
    let count = |wanted: fn(&Event) -> bool| journal.records.iter().filter(|r| wanted(&r.event)).count();
    assert_eq!(count(|event| matches!(event, Event::Stuck { .. })), 1);
    let limits: Vec<u64> = journal
        .records
        .iter()
        .filter_map(|record| match record.event {
            Event::StepLate { step: StepKind::Wait, limit_s } => Some(limit_s),
            _ => None,
        })
        .collect();
    assert_eq!(limits, [26 * 60], "later than is usual");
    assert!(if_stuck(&journal.state, journal.now).unwrap().contains("nothing moved"));
    assert!(rows(&journal.state, journal.now).iter().any(|row| row.title == "wait" && row.late));
}

/// A restore that counts what it did.
fn counted(done: u64) -> Progress {
    Progress { done: Some(done), ..progress("base backup", ProgressState::Working) }
}

#[test]
fn s3_what_is_not_counted_or_not_looked_at_is_never_said_to_stand_still() {
    let of = |shown: fn(u64) -> Option<Progress>| {
        let mut journal = until(drill(), StepKind::Wait, &mut World::default());
        journal.answer(Answer::Progress(1, counted(1)));
        for minute in 0..40 {
            journal.later(60);
            if let Some(progress) = shown(minute) {
                journal.answer(Answer::Progress(1, progress));
            }
            journal.input(&Input::Tick).unwrap();
        }
        journal.state.stuck_since
    };
    let cannot_tell = |_| Some(progress("unknown", ProgressState::CannotTell { why: "ssh".to_owned() }));
    assert_eq!(of(|_| Some(progress("replay", ProgressState::Working))), None, "no counter");
    assert_eq!(of(cannot_tell), None, "nobody can look");
    assert_eq!(of(|_| None), None, "nobody looked");
    assert_eq!(of(|minute| Some(counted(minute + 2))), None, "it moves");
    assert!(of(|_| Some(counted(1))).is_some());
}

#[test]
fn s35_only_own_history_says_late_and_a_guess_says_longer_than_guessed() {
    let mut guessed = drill();
    guessed.before.assessment.restore.as_mut().unwrap().runs = 0;
    let mut journal = until(guessed, StepKind::Wait, &mut World::default());
    for _ in 0..40 {
        journal.later(60);
        journal.input(&Input::Tick).unwrap();
    }
    assert!(!journal.records.iter().any(|record| matches!(record.event, Event::StepLate { .. })));
    let wait = rows(&journal.state, journal.now).into_iter().find(|row| row.title == "wait").unwrap();
    assert!(!wait.late && wait.result.ends_with("longer than guessed"), "{wait:?}");
    let progress = progress("base backup", ProgressState::Working);
    journal.answer(Answer::Progress(1, progress));
    let line = now_line(&journal.state, journal.now);
    assert!(line.contains("how long that takes is not known"), "a guess leaves the replay out: {line}");
}

#[test]
fn a_step_row_for_every_step_and_the_fence() {
    let journal = until(incident(), StepKind::Wait, &mut World::default());
    let titles: Vec<&str> = rows(&journal.state, journal.now).iter().map(|row| row.title).collect();
    assert_eq!(
        titles.join(", "),
        "declare, readiness, choose point, fork, wait, validate, cut over, fence, protect, close"
    );
    let fence = rows(&journal.state, journal.now).into_iter().find(|row| row.title == "fence").unwrap();
    assert_eq!(fence.state, RowState::Open);
    assert!(fence.result.contains("silent"), "{}", fence.result);
}

#[test]
fn s31_a_journal_without_its_opening_is_refused() {
    assert_eq!(replay(&[]), Err(ReplayError::Empty));
    let noted = Record {
        seq: 1,
        at: at(OPENED),
        author: author(),
        prev: None,
        event: Event::Noted { text: "hello".to_owned() },
    };
    assert_eq!(replay(&[noted]), Err(ReplayError::NoOpening));
}

#[test]
fn s23_a_row_dated_after_its_point_was_confirmed_proves_nothing() {
    let mut world = World::default();
    let mut journal = until(drill(), StepKind::Validate, &mut world);
    let late = journal.state.attempt.confirmed_at.unwrap() + TimeDelta::hours(1);
    journal.answer(Answer::Checks(1, vec![passed("newest-row", Some(late))]));
    let clocks = clocks(&journal.state, journal.now);
    assert_eq!(
        clocks.newest_proven,
        Some(at("2026-11-20T12:00:19Z")),
        "what the provider found still counts"
    );
    assert!(clocks.achieved_rpo.is_some_and(|loss| loss.as_secs() >= 252), "{clocks:?}");
}

#[test]
fn s5_a_loss_instant_that_is_a_range_is_never_counted_to_its_earlier_end() {
    for (stated, wanted) in [
        (None, "2026-11-20T12:06:00Z"),
        (Some("2026-11-20T12:05:00Z"), "2026-11-20T12:05:00Z"),
        // Data that was written later contradicts it.
        (Some("2026-11-20T11:00:00Z"), "2026-11-20T12:06:00Z"),
    ] {
        let mut opening = incident();
        opening.before.service.liveness =
            Liveness::silent(at("2026-11-20T12:06:00Z"), Some(at("2026-11-20T12:04:20Z")));
        let mut journal = Journal::open(opening);
        journal.now = at("2026-11-20T12:07:00Z");
        journal.input(&Input::Tick).unwrap();
        let declaration = Declaration { down_since: stated.map(at), ..declaration() };
        journal.command(Command::Declare(declaration)).unwrap();
        let clocks = clocks(&journal.state, journal.now);
        assert_eq!(clocks.loss_instant, Some(at(wanted)), "{stated:?}");
        let range = wanted.ends_with("06:00Z").then(|| at("2026-11-20T12:04:20Z"));
        assert_eq!(clocks.loss_earliest, range, "{stated:?}");
    }
}

/// Stands where a fork can be asked for once more: by a retry, a retry of what is absent, a new attempt.
fn to_be_asked_again(ending: Ending) -> Journal {
    let mut world = World { troubles: [ending].into(), ..World::default() };
    let mut journal = until(drill(), StepKind::Fork, &mut world);
    while need(&journal.state).is_none() {
        for effect in effects(&journal.state) {
            let answer = world.answer(&effect.call, journal.now);
            journal.answer(answer);
        }
        journal.later(15);
    }
    journal
}

#[test]
fn s20_a_paused_run_takes_no_intent_whose_call_would_not_be_made() {
    let new_attempt = || Command::NewAttempt { reason: "stuck".to_owned(), target: None };
    let table = [
        (Ending::Refused, Command::Retry),
        (Ending::CallLost, Command::RetryAbsent),
        (Ending::Refused, new_attempt()),
        (Ending::CallLost, new_attempt()),
    ];
    for (ending, command) in table {
        let mut journal = to_be_asked_again(ending);
        journal.command(Command::Pause).unwrap();
        let refused = journal.command(command.clone()).unwrap_err().to_string();
        assert!(refused.contains("the run is paused"), "{refused}");
        // Whoever comes back finds no outcome that nobody knows.
        let mut back = Journal::revive(journal.records.clone(), journal.now);
        assert!(!matches!(&back.state.attempt.fork, ForkStanding::Asked(asked) if asked.unknown.is_some()));
        back.command(Command::Unpause).unwrap();
        back.command(command).unwrap();
    }
}

#[test]
fn s35_nothing_is_late_before_what_is_shown_as_usual() {
    let mut opening = drill();
    let restore = opening.before.assessment.restore.as_mut().unwrap();
    (restore.shortest, restore.longest) =
        (std::time::Duration::from_secs(5), std::time::Duration::from_secs(6));
    let mut journal = until(opening, StepKind::Wait, &mut World::default());
    let started = journal.state.step(StepKind::Wait).unwrap().started.unwrap();
    let shown = |journal: &Journal| {
        rows(&journal.state, journal.now).into_iter().find(|row| row.kind == Some(StepKind::Wait)).unwrap()
    };
    for (after, late) in [(30, false), (60, false), (61, true)] {
        journal.now = started + TimeDelta::seconds(after);
        journal.input(&Input::Tick).unwrap();
        let row = shown(&journal);
        assert_eq!((row.late, row.usual.as_deref()), (late, Some("~1m")), "{after} s");
        assert_eq!(row.limit.map(|limit| limit.as_secs()), Some(60), "what is shown as usual");
    }
}
