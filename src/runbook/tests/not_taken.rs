//! A fork that its provider does not take yet (S20).

use chrono::TimeDelta;

use super::support::{drill, until, wants};
use crate::domain::fork::{Found, StartOutcome};
use crate::domain::words;
use crate::runbook::sample::{Journal, World, willing};
use crate::runbook::*;

/// The answer that asks to wait so long.
fn not_taken(journal: &Journal, seconds: i64) -> Answer {
    let again_at = journal.now + TimeDelta::seconds(seconds);
    Answer::Started(1, StartOutcome::NotTaken { why: "too many requests".to_owned(), again_at })
}

fn ticked(journal: &mut Journal, after: i64) -> bool {
    journal.later(after);
    journal.input(&Input::Tick).unwrap();
    wants(journal, "start_fork")
}

#[test]
fn s20_what_was_not_taken_is_asked_for_again_in_its_time_and_by_an_intent_of_its_own() {
    let mut world = World::default();
    let mut journal = until(drill(), StepKind::Fork, &mut world);
    let answer = not_taken(&journal, 30);
    journal.answer(answer);
    assert_eq!((need(&journal.state), journal.state.attempt.may_exist()), (None, false));
    let row = rows(&journal.state, journal.now).into_iter().find(|row| row.kind == Some(StepKind::Fork));
    let again = words::instant(journal.now + TimeDelta::seconds(30));
    let told = format!("not taken yet: too many requests; to be asked for again, not before {again}");
    assert_eq!(row.unwrap().result, told, "nor is it known to a journal whether anybody does");
    let now = now_line(&journal.state, journal.now);
    assert!(now.ends_with(&format!("asked for again, not before {again}.")), "{now}");

    let mut paused = journal.clone();
    paused.command(Command::Pause).unwrap();
    assert!(!ticked(&mut paused, 60), "nothing is begun in a pause");
    let mut back = Journal::revive(journal.records.clone(), journal.now);
    for journal in [&mut back, &mut journal] {
        assert!(!ticked(journal, 29));
        assert!(ticked(journal, 1));
        let last = &journal.records.last().unwrap().event;
        assert!(matches!(last, Event::ForkIntended { why: Sending::NotTaken, .. }), "{last:?}");
    }
    let killed = Journal::revive(journal.records.clone(), journal.now);
    assert!(
        !wants(&killed, "start_fork") && killed.state.attempt.may_exist(),
        "that call may have been made"
    );
    journal.drive(&mut world, willing);
    assert_eq!(journal.state.closed.unwrap().1.result, RunResult::Passed);
}

#[test]
fn s20_what_is_not_taken_for_two_minutes_is_refused_and_whoever_comes_back_has_two_more() {
    let mut journal = until(drill(), StepKind::Fork, &mut World::default());
    let refused = |journal: &Journal| matches!(journal.state.attempt.fork, ForkStanding::Refused { .. });
    for _ in 0..4 {
        let answer = not_taken(&journal, 25);
        journal.answer(answer);
        assert!(!refused(&journal) && ticked(&mut journal, 25));
    }
    let mut back = journal.clone();
    let last = back.records.pop().unwrap();
    assert!(matches!(last.event, Event::ForkIntended { .. }), "{last:?}");
    let mut back = Journal::revive(back.records, journal.now);
    let answer = not_taken(&journal, 25);
    back.answer(answer.clone());
    journal.answer(answer);
    assert_eq!((refused(&back), refused(&journal)), (false, true));
    assert_eq!(need(&journal.state), Some(Need::FailedStep));
    journal.command(Command::Retry).unwrap();
    let answer = not_taken(&journal, 25);
    journal.answer(answer);
    assert!(!refused(&journal), "a person asks anew");
}

#[test]
fn s25_no_clock_that_is_set_back_holds_up_a_fork_that_was_not_taken() {
    let mut journal = until(drill(), StepKind::Fork, &mut World::default());
    let answer = not_taken(&journal, 30);
    journal.answer(answer);
    assert!(!ticked(&mut journal.clone(), -60), "it waits no longer than it might");
    assert!(ticked(&mut journal, -3600));
}

#[test]
fn s20_a_person_hurries_what_was_not_taken_by_an_intent_of_its_own() {
    let mut journal = until(drill(), StepKind::Fork, &mut World::default());
    assert!(journal.command(Command::Retry).is_err(), "the first call is under way");
    let answer = not_taken(&journal, 30);
    journal.answer(answer);
    let mut paused = journal.clone();
    paused.command(Command::Pause).unwrap();
    assert!(paused.command(Command::Retry).is_err(), "nothing is begun in a pause");
    journal.command(Command::Retry).unwrap();
    let last = &journal.records.last().unwrap().event;
    assert!(matches!(last, Event::ForkIntended { why: Sending::NotTaken, .. }), "{last:?}");
    assert!(wants(&journal, "start_fork") && journal.command(Command::Retry).is_err(), "once");
}

#[test]
fn s20_a_pause_takes_nothing_from_the_two_minutes() {
    let mut journal = until(drill(), StepKind::Fork, &mut World::default());
    let answer = not_taken(&journal, 30);
    journal.answer(answer);
    journal.command(Command::Pause).unwrap();
    assert!(!ticked(&mut journal, 180));
    journal.command(Command::Unpause).unwrap();
    assert!(wants(&journal, "start_fork"));
    let answer = not_taken(&journal, 30);
    journal.answer(answer);
    let fork = &journal.state.attempt.fork;
    assert!(matches!(fork, ForkStanding::NotTaken { .. }), "{fork:?}");
}

#[test]
fn s20_what_an_earlier_call_may_have_made_is_left_behind_unseen() {
    let mut journal = until(drill(), StepKind::Fork, &mut World::default());
    journal.answer(Answer::Started(1, StartOutcome::Unknown { why: "timed out".to_owned() }));
    for _ in 0..3 {
        journal.later(15);
        journal.answer(Answer::Found(1, Found::Absent));
    }
    journal.command(Command::RetryAbsent).unwrap();
    let answer = not_taken(&journal, 30);
    journal.answer(answer);
    let typed = journal.state.opening.member.service.clone();
    journal.command(Command::Abort { typed, reason: "by hand".to_owned() }).unwrap();
    let left = journal.state.left_behind();
    assert_eq!(left.iter().map(|left| left.was_seen).collect::<Vec<_>>(), [false]);
}
