//! Runs whose journals go on in another folder (S25).

use std::sync::mpsc;

use super::*;
use crate::domain::sample::STALE;
use crate::domain::{Rule, Verdict, assess};
use crate::ledger::SqliteLedger;
use crate::runbook::{Event, JournalPlace};

#[test]
fn s25_a_journal_that_goes_on_elsewhere_is_read_there_and_its_beginning_steers_nothing() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut whole = Journal::open(opening(RunKind::Incident));
    whole.drive(&mut World::default(), willing);
    let (run, is_cut_over) = (whole.state.id().to_owned(), whole.records.len() - 4);
    let old = SqliteLedger::open(here.path()).unwrap();
    kept(&old, &whole, 5);
    let new = SqliteLedger::open(there.path()).unwrap();
    kept(&new, &whole, is_cut_over);
    drop(new);
    old.leave_mark(&run, &there.path().display().to_string()).unwrap();
    let mut book = RunBook::default();
    let told = |book: &mut RunBook| {
        let lines = book.look(&old).unwrap();
        let mut service = orders();
        tell(Ok(&lines), [&mut service]);
        let seq = book.open().next().map(|state| state.last_seq);
        (lines[0].clone(), service, seq)
    };

    let (line, service, seq) = told(&mut book);
    assert_eq!((seq, &line.unread), (Some(is_cut_over as u64), &None), "the newest is there");
    assert!(line.moved_to.is_some() && service.clients_moved.is_some(), "{line:?}");

    std::fs::rename(there.path().join("journal.db"), there.path().join("kept")).unwrap();
    let (line, service, seq) = told(&mut book);
    assert_eq!(seq, None, "what its beginning heard of the primary is not the newest");
    assert!(line.is_beginning() && line.known.is_some(), "{line:?}");
    let why = service.clients_unread.clone().unwrap();
    assert!(why.starts_with(&format!("the journal of {run} goes on in ")), "{why}");
    assert_eq!(assess(&service, whole.now, &STALE).verdict, Verdict::Unknown, "it may have moved clients");

    std::fs::rename(there.path().join("kept"), there.path().join("journal.db")).unwrap();
    assert_eq!(told(&mut book).2, Some(is_cut_over as u64));
    old.leave_mark(&run, "no journal: not even a second file").unwrap();
    let (_, service, seq) = told(&mut book);
    let why = format!("{run} went on without journal: not even a second file");
    assert_eq!((seq, service.clients_unread), (None, Some(why)));
}

#[test]
fn s25_a_folder_that_was_slow_once_is_read_again_once_it_has_answered() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let whole = Journal::open(opening(RunKind::Incident));
    let old = SqliteLedger::open(here.path()).unwrap();
    kept(&old, &whole, 1);
    kept(&SqliteLedger::open(there.path()).unwrap(), &whole, 1);
    let place = there.path().display().to_string();
    old.leave_mark(whole.state.id(), &place).unwrap();
    let (disk, (goes_on, held)) = (Disk::of(there.path()), mpsc::channel::<()>());
    assert!(disk.within(Duration::from_millis(1), move || held.recv().is_ok()).is_err());
    let mut book = RunBook::default();
    book.places.insert(place.into(), disk);
    let mut unread = || book.look(&old).unwrap().remove(0).unread;
    let why = unread().unwrap();
    assert!(why.contains("does not answer"), "{why}");
    assert_eq!(unread(), Some(why), "no second one waits for it");
    drop(goes_on);
    let end = Instant::now() + Duration::from_secs(20);
    while let Some(why) = unread() {
        assert!(Instant::now() < end, "{why}");
    }
}

#[test]
fn s20_what_a_run_left_behind_that_ended_elsewhere_is_told() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let ended = aborted(opening(RunKind::Incident));
    let old = SqliteLedger::open(here.path()).unwrap();
    kept(&old, &ended, 1);
    kept(&SqliteLedger::open(there.path()).unwrap(), &ended, ended.records.len());
    old.leave_mark(ended.state.id(), &there.path().display().to_string()).unwrap();
    let lines = RunBook::default().look(&old).unwrap();
    let told: Vec<String> = runs::left_behind(&lines).into_iter().map(|left| left.fork).collect();
    assert_eq!(told, [ended.state.attempt.name]);
    assert_eq!((lines[0].standing, lines[0].open_run()), (runs::Standing::Over, None), "and nothing is open");
}

#[test]
fn s25_a_run_that_went_on_where_it_came_from_too_is_called_parted_until_a_person_chose() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut whole = Journal::open(opening(RunKind::Incident));
    whole.drive(&mut World::default(), willing);
    let run = whole.state.id().to_owned();
    let old = SqliteLedger::open(here.path()).unwrap();
    kept(&old, &whole, 5);
    let [from, path] = [&here, &there].map(|folder| folder.path().display().to_string());
    let to = JournalPlace::OtherFolder { path: path.clone() };
    let moved = Event::JournalMoved { from: Some(from.clone()), to, why: "disk full".to_owned() };
    let new = SqliteLedger::open(there.path()).unwrap();
    drop(new.take_in(old.lines(&run).unwrap(), whole.now, &author(), moved).unwrap());
    let told = |ledger: &SqliteLedger| {
        let lines = RunBook::default().look(ledger).unwrap();
        let mut service = orders();
        tell(Ok(&lines), [&mut service]);
        let open = service.open_runs.as_ref().unwrap()[0].standing();
        let known = assess(&service, whole.now, &STALE);
        let left = known.findings.into_iter().find(|found| found.rule == Rule::RunInterrupted).unwrap();
        (lines[0].parted_from.clone(), open, left.text)
    };
    assert_eq!(told(&new).0, None, "what is there is its beginning");

    let mut lease = old.lease(&run).unwrap();
    let note = Event::Noted { text: "on its own".to_owned() };
    old.append(&mut lease, whole.now, &author(), note).unwrap();
    drop(lease);
    let (parted_from, standing, text) = told(&new);
    assert_eq!((parted_from, standing), (Some(from.clone()), "parted"));
    assert!(text.contains(&format!("went on in {from}, too: two stories")), "{text}");
    assert!(!text.contains("resume it"), "{text}");
    assert_eq!(told(&old).1, "interrupted", "whence it came nobody knows where it went");

    old.leave_mark(&run, &path).unwrap();
    assert_eq!((told(&new).1, told(&old).1), ("interrupted", "moved"), "a person chose");
}
