//! What is only written of a run that nobody drives (S25, S30).

use super::support::{drill, incident, until};
use crate::runbook::sample::{Journal, World, author};
use crate::runbook::*;

fn abort() -> Command {
    Command::Abort { typed: "orders-db".to_owned(), reason: "the region is lost".to_owned() }
}

fn note() -> Command {
    Command::Note { text: "seen".to_owned() }
}

/// The journal after a command that was only written, and the names of what it brought.
fn written(journal: &Journal, command: &Command) -> (Journal, Vec<String>) {
    let mut after = journal.clone();
    let events = put_down(&journal.state, command, journal.now).unwrap();
    for event in &events {
        let (seq, at) = (after.state.last_seq + 1, journal.now);
        let record = Record { seq, at, author: author(), prev: None, event: event.clone() };
        after.state.apply(&record);
        after.records.push(record);
    }
    let name = |event: &Event| serde_json::to_value(event).unwrap()["is"].as_str().unwrap().to_owned();
    (after, events.iter().map(name).collect())
}

#[test]
fn s25_a_run_that_nobody_drives_ends_wherever_it_stands_without_a_call() {
    for step in [StepKind::Declare, StepKind::ChoosePoint, StepKind::Fork, StepKind::Wait, StepKind::CutOver]
    {
        for left in [false, true] {
            let mut journal = until(incident(), step, &mut World::default());
            if left {
                journal.command(Command::Detach { why: "asked".to_owned() }).unwrap();
            }
            journal.later(3600);
            let (ended, events) = written(&journal, &abort());
            assert_eq!(events, ["resumed", "aborted", "closed"], "{step:?}: nothing is intended");
            assert!(ended.state.is_over() && effects(&ended.state).is_empty(), "{step:?}");
            assert_eq!(replay(&ended.records).unwrap(), ended.state);
            assert!(put_down(&ended.state, &abort(), ended.now).is_err(), "it is over");
        }
    }
}

#[test]
fn s30_a_note_takes_up_nothing() {
    let mut journal = until(drill(), StepKind::Wait, &mut World::default());
    journal.later(3600);
    // Nobody left it in order: since when it stands still is told from its last event.
    let last = journal.state.last_at;
    let (noted, events) = written(&journal, &note());
    assert_eq!(events, ["resumed", "detached", "noted"]);
    assert!(noted.state.is_left() && effects(&noted.state).is_empty());
    assert_eq!(noted.state.gaps.first(), Some(&(last, Some(journal.now))));
    let (again, events) = written(&noted, &note());
    assert_eq!(events, ["noted"], "it was left already");
    assert_eq!(again.state.gaps, noted.state.gaps);
    let (over, _) = written(&journal, &abort());
    assert_eq!(written(&over, &note()).1, ["noted"]);
}

#[test]
fn s30_what_calls_follow_from_needs_a_driver() {
    let journal = until(drill(), StepKind::Wait, &mut World::default());
    for command in [Command::Retry, Command::Unpause, Command::CleanUp { typed: "orders-db".to_owned() }] {
        let refused = put_down(&journal.state, &command, journal.now).unwrap_err();
        assert!(refused.to_string().contains("take it up first"), "{refused}");
    }
}
