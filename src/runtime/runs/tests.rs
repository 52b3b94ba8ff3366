mod counted;
mod moved;

use super::*;
use crate::domain::fork::Protection;
use crate::domain::sample::orders;
use crate::ledger::PaperLedger;
use crate::runbook::sample::{Journal, World, author, opening, until, willing};
use crate::runbook::{Answer, Command, StepKind, effects};

/// The journal of a run that went its whole way, up to so many events.
fn kept(ledger: &dyn Ledger, journal: &Journal, events: usize) {
    let mut lease = None;
    for record in journal.records.iter().take(events) {
        lease = Some(match (&record.event, lease.take()) {
            (crate::runbook::Event::Opened(opening), _) => {
                ledger.create((**opening).clone(), record.at, &author()).unwrap().0
            }
            (event, Some(mut lease)) => {
                ledger.append(&mut lease, record.at, &author(), event.clone()).unwrap();
                lease
            }
            (_, None) => panic!("a journal begins with its opening"),
        });
    }
}

#[test]
fn s30_a_service_is_told_of_its_open_run_and_of_its_proof_whoever_drives_it() {
    let mut whole = Journal::open(opening(RunKind::Incident));
    whole.drive(&mut World::default(), willing);
    let all = whole.records.len();
    for (events, open, proven, clients) in
        [(5, true, false, false), (all - 4, true, true, true), (all, false, true, true)]
    {
        let ledger = PaperLedger::default();
        kept(&ledger, &whole, events);
        let mut book = RunBook::default();
        let lines = book.look(&ledger).unwrap();
        assert_eq!(book.look(&ledger).unwrap(), lines, "the same, without reading it again");
        let mut service = orders();
        tell(Ok(&lines), [&mut service]);
        assert_eq!(service.open_runs.as_ref().map(Vec::len), Some(usize::from(open)), "{events}");
        assert_eq!(service.last_proven.is_some(), proven, "{events}");
        assert_eq!(lines[0].known.as_ref().unwrap().moved.is_some(), clients, "{events}");
        tell(Err("it is gone"), [&mut service]);
        assert_eq!(service.open_runs, None, "not known is not none (S3)");
        assert_eq!(service.clients_unread.as_deref(), Some("it is gone"));
        assert_eq!(service.clients_moved, None);
    }
    let mut drill = Journal::open(opening(RunKind::Drill));
    drill.drive(&mut World::default(), willing);
    let ledger = PaperLedger::default();
    kept(&ledger, &drill, drill.records.len());
    let lines = RunBook::default().look(&ledger).unwrap();
    let mut service = orders();
    tell(Ok(&lines), [&mut service]);
    assert!(service.last_proven.is_some(), "a drill that ended elsewhere counts at once");
}

#[test]
fn s24_a_service_is_told_of_its_last_drill_that_failed() {
    let mut drill = Journal::open(opening(RunKind::Drill));
    drill.drive(&mut World::default(), willing);
    let ledger = PaperLedger::default();
    kept(&ledger, &drill, drill.records.len());
    let passed = RunBook::default().look(&ledger).unwrap().remove(0);
    let ended = |run: &str, kind, hours, result| {
        let mut conclusion = passed.conclusion.clone().unwrap();
        (conclusion.result, conclusion.reasons, conclusion.failed) = (result, vec![run.to_owned()], None);
        let closed_at = passed.closed_at.map(|at| at + chrono::TimeDelta::hours(hours));
        RunLine { run: run.to_owned(), kind, closed_at, conclusion: Some(conclusion), ..passed.clone() }
    };
    let lines = [
        ended("last", RunKind::Drill, 2, RunResult::Failed),
        ended("first", RunKind::Drill, 1, RunResult::Failed),
        ended("ended by a person: enough", RunKind::Drill, 3, RunResult::Failed),
        ended("not verified", RunKind::Drill, 3, RunResult::NotVerified),
        ended("incident", RunKind::Incident, 4, RunResult::Failed),
    ];
    let mut service = orders();
    tell(Ok(&lines), [&mut service]);
    let told = service.failed_drill.unwrap();
    assert_eq!((told.run.as_str(), told.why.as_str(), Some(told.at)), ("last", "last", lines[0].closed_at));
}

#[test]
fn s2_what_a_run_saw_of_its_forks_backups_is_so_only_as_long_as_it_looks() {
    let mut world = World::default();
    let mut journal = until(opening(RunKind::Incident), StepKind::Protect, &mut world);
    let seen = Protection {
        own_backup: Some(true),
        secondary_copy: None,
        needs_person: false,
        copying: crate::domain::fork::CopiedTo::NotShown,
        shielded: None,
        text: "its own first backup".to_owned(),
    };
    journal.later(60);
    let seen_at = journal.now;
    journal.answer(Answer::Protection(seen.clone()));
    journal.later(60);
    journal.answer(Answer::Protection(Protection::cannot_tell("timed out".to_owned())));
    let ledger = PaperLedger::default();
    kept(&ledger, &journal, journal.records.len());
    let mut lines = RunBook::default().look(&ledger).unwrap();
    let told = |lines: &[RunLine]| {
        let moved = runs::clients_on(lines).into_values().next().unwrap();
        (moved.protection_at, moved.is_looked_after)
    };
    for (standing, looks) in
        [(runs::Standing::Elsewhere, true), (runs::Standing::Here, true), (runs::Standing::Nobody, false)]
    {
        lines[0].standing = standing;
        assert_eq!(told(&lines), (Some(seen_at), looks), "a look that saw nothing makes it no newer");
    }
    lines[0].standing = runs::Standing::Here;
    let words = |lines: &[RunLine]| {
        let moved = runs::clients_on(lines).into_values().next().unwrap();
        let on = crate::domain::status::StatusFork::from(&moved);
        (on.own_backup, on.protection_stale, moved.watch(None, seen_at + chrono::TimeDelta::hours(3)))
    };
    let (own_backup, is_stale, text) = words(&lines);
    assert_eq!((own_backup, is_stale), (Some(true), true), "it was so then");
    let at = crate::domain::words::newest(seen_at, seen_at);
    let says = format!(
        "; its run looks on, and last saw at {at}, 3h ago: its own first backup; the last look saw nothing of it: timed \
         out"
    );
    assert!(text.ends_with(&says), "{text}");
    // A look that sees it again says that it is so now.
    journal.later(60);
    journal.answer(Answer::Protection(seen));
    let ledger = PaperLedger::default();
    kept(&ledger, &journal, journal.records.len());
    let mut again = RunBook::default().look(&ledger).unwrap();
    again[0].standing = runs::Standing::Here;
    let (own_backup, is_stale, text) = words(&again);
    assert_eq!((own_backup, is_stale), (Some(true), false));
    assert!(text.ends_with(" sees: its own first backup"), "{text}");
    lines[0].known.as_mut().unwrap().step = None;
    assert!(!told(&lines).1, "it is past its looks");
}

/// A run driven by a willing person until it waits for its restore, and then ended by them.
fn aborted(opening: crate::runbook::Opening) -> Journal {
    let mut world = World::default();
    let mut journal = until(opening, StepKind::Wait, &mut world);
    let typed = journal.state.opening.member.service.clone();
    journal.command(Command::Abort { typed, reason: "enough".to_owned() }).unwrap();
    journal.drive(&mut world, |_| None);
    journal
}

/// What is left behind of these runs.
fn left(journals: &[&Journal]) -> Vec<(String, bool)> {
    let ledger = PaperLedger::default();
    for journal in journals {
        kept(&ledger, journal, journal.records.len());
    }
    let mut book = RunBook::default();
    let lines = book.look(&ledger).unwrap();
    assert_eq!(book.look(&ledger).unwrap(), lines, "the same, without reading it again");
    runs::left_behind(&lines).into_iter().map(|left| (left.fork, left.had_clients)).collect()
}

#[test]
fn s33_every_fork_that_may_exist_is_named_with_its_source() {
    let mut journal = Journal::open(opening(RunKind::Drill));
    journal.drive(&mut World::default(), willing);
    let (fork, source) = (&journal.state.attempt.name, &journal.state.opening.member.source);
    let made = |events: usize| {
        let ledger = PaperLedger::default();
        kept(&ledger, &journal, events);
        let lines = RunBook::default().look(&ledger).unwrap();
        let one = runs::made(&lines).next();
        one.map(|(source, fork, run)| (source.to_owned(), fork.to_owned(), run.to_owned()))
    };
    let all = journal.records.len();
    let named = (1..=all).map(made).collect::<Vec<_>>();
    let wanted = Some((source.clone(), fork.clone(), journal.state.id().to_owned()));
    assert!(named.contains(&wanted), "{named:?}");
    assert_eq!((&named[0], &named[all - 1]), (&None, &None), "not yet, and not any more");
}

#[test]
fn s20_what_runs_left_behind_is_known_until_it_is_shown_to_be_gone() {
    let drilled = |kind| {
        let mut journal = Journal::open(opening(kind));
        journal.drive(&mut World::default(), willing);
        journal
    };
    let (mut drill, incident) = (aborted(opening(RunKind::Drill)), drilled(RunKind::Incident));
    let fork = drill.state.attempt.name.clone();
    assert_eq!(left(&[&drill]), [(fork, false)]);
    assert_eq!(left(&[&drilled(RunKind::Drill)]), [], "it cleaned up");
    assert_eq!(left(&[&incident]), [], "clients use it");
    // A later incident of the same service moved them on.
    let mut again = opening(RunKind::Incident);
    (again.run, again.token) = ("inc-orders-db-20261120-wsom2s".to_owned(), "wsom2s".to_owned());
    let mut later = Journal::open(again);
    later.later(3600);
    later.drive(&mut World::default(), willing);
    let was_used = incident.state.attempt.name.clone();
    assert_eq!(left(&[&incident, &later]), [(was_used, true)]);
    let typed = "orders-db".to_owned();
    drill.command(Command::CleanUp { typed }).unwrap();
    for effect in effects(&drill.state) {
        let answer = World::default().answer(&effect.call, drill.now);
        drill.answer(answer);
    }
    assert_eq!(left(&[&drill]), [], "a listing proved that it is gone");
}
