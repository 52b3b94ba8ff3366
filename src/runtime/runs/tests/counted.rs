//! How many journals a look reads: as many as are open, or left something behind.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::domain::Timestamp;
use crate::ledger::{Lease, SqliteLedger};
use crate::runbook::{Author, Event, Opening, Record};

/// Journals of a folder, and how many of them were read.
#[derive(Debug)]
struct Counting {
    journals: SqliteLedger,
    read: AtomicUsize,
    /// Which of them, in turn.
    order: Mutex<Vec<String>>,
}

impl Counting {
    fn of(journals: SqliteLedger) -> Self {
        Self { journals, read: AtomicUsize::new(0), order: Mutex::default() }
    }

    /// What a process that has read nothing yet is told, and how many journals it reads for that.
    fn look(&self) -> (Vec<RunLine>, usize) {
        self.read.store(0, Ordering::SeqCst);
        let lines = RunBook::default().look(self).unwrap();
        (lines, self.read.load(Ordering::SeqCst))
    }
}

impl Ledger for Counting {
    fn create(
        &self,
        opening: Opening,
        at: Timestamp,
        author: &Author,
    ) -> Result<(Lease, Record), LedgerError> {
        self.journals.create(opening, at, author)
    }

    fn lease(&self, run: &str) -> Result<Lease, LedgerError> {
        self.journals.lease(run)
    }

    fn append(
        &self,
        lease: &mut Lease,
        at: Timestamp,
        author: &Author,
        event: Event,
    ) -> Result<Record, LedgerError> {
        self.journals.append(lease, at, author, event)
    }

    fn adopt(&self, lines: &[String]) -> Result<Lease, LedgerError> {
        self.journals.adopt(lines)
    }

    fn leave_mark(&self, run: &str, to: &str) -> Result<(), LedgerError> {
        self.journals.leave_mark(run, to)
    }

    fn lines(&self, run: &str) -> Result<Vec<String>, LedgerError> {
        self.read.fetch_add(1, Ordering::SeqCst);
        self.order.lock().unwrap().push(run.to_owned());
        self.journals.lines(run)
    }

    fn runs(&self) -> Result<Vec<RunSummary>, LedgerError> {
        self.journals.runs()
    }

    fn settle(&self, runs: &[(String, Settled)]) -> Result<(), LedgerError> {
        self.journals.settle(runs)
    }
}

fn incident(token: &str, service: &str) -> Opening {
    let mut incident = opening(RunKind::Incident);
    (incident.run, incident.token) = (format!("inc-{service}-20261120-{token}"), token.to_owned());
    incident.member.service = service.to_owned();
    incident
}

/// Removes what a run that is over left behind.
fn cleaned(mut journal: Journal) -> Journal {
    let typed = journal.state.opening.member.service.clone();
    journal.command(Command::CleanUp { typed }).unwrap();
    for effect in effects(&journal.state) {
        let answer = World::default().answer(&effect.call, journal.now);
        journal.answer(answer);
    }
    journal
}

/// An incident that moved clients to its fork.
fn cut_over(token: &str) -> Journal {
    let mut journal = Journal::open(incident(token, "orders-db"));
    journal.drive(&mut World::default(), willing);
    journal
}

/// A folder of three incidents that left nothing, of which one moved clients that have gone on since, of one that
/// clients use, and of one that is open; the id of the first.
fn folder_of_incidents(folder: &Path) -> String {
    let mut used = cut_over("aaaaaa");
    used.command(Command::ClientsLeft { text: "moved back".to_owned() }).unwrap();
    let used = cleaned(used);
    let over = [
        cleaned(aborted(incident("bbbbbb", "orders-db"))),
        cleaned(aborted(incident("cccccc", "orders-db"))),
        cut_over("dddddd"),
    ];
    let ledger = SqliteLedger::open(folder).unwrap();
    kept(&ledger, &used, used.records.len());
    for journal in &over {
        kept(&ledger, journal, journal.records.len());
    }
    kept(&ledger, &cut_over("eeeeee"), 5);
    used.state.id().to_owned()
}

/// Of how many it is not known what they left.
fn unread(lines: &[RunLine]) -> usize {
    lines.iter().filter(|line| line.unread.is_some()).count()
}

/// What a board is told of the runs.
fn told(lines: &[RunLine]) -> impl PartialEq + std::fmt::Debug {
    let known = lines.iter().map(|line| line.known.as_ref().unwrap());
    let known: Vec<_> = known.map(|known| (known.last_at, known.proven_at, known.cut_over_at)).collect();
    let clients: Vec<_> = runs::clients_on(lines).into_values().collect();
    (known, clients, runs::left_behind(lines))
}

#[test]
fn s34_a_look_reads_the_journals_of_what_is_open_or_left_something_and_no_other_twice() {
    let folder = tempfile::tempdir().unwrap();
    let first = folder_of_incidents(folder.path());
    let ledger = Counting::of(SqliteLedger::open(folder.path()).unwrap());
    let (lines, read) = ledger.look();
    assert_eq!(read, 5, "of none it is known yet");
    let (again, read) = ledger.look();
    assert_eq!(read, 2, "the open one, and the one that clients use");
    assert_eq!(told(&again), told(&lines));

    let mut lease = ledger.lease(&first).unwrap();
    let noted = Event::Noted { text: "the bill came".to_owned() };
    ledger.append(&mut lease, lines[0].opened_at, &author(), noted).unwrap();
    assert_eq!(ledger.look().1, 3, "its journal has grown");
    assert_eq!(ledger.look().1, 2);
}

#[test]
fn s3_incidents_are_read_before_drills_and_whose_clients_are_not_known_is_told_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Counting::of(SqliteLedger::open(folder.path()).unwrap());
    let mut drill = opening(RunKind::Drill);
    drill.member.service = "ledger".to_owned();
    for (journal, later) in [(cut_over("aaaaaa"), 0), (aborted(drill), 3600)] {
        let mut lease = None;
        for record in &journal.records {
            let at = record.at + chrono::TimeDelta::seconds(later);
            match (&record.event, &mut lease) {
                (Event::Opened(opening), none) => {
                    *none = Some(ledger.create((**opening).clone(), at, &author()).unwrap().0);
                }
                (event, Some(lease)) => {
                    ledger.append(lease, at, &author(), event.clone()).unwrap();
                }
                (_, None) => panic!("a journal begins with its opening"),
            }
        }
    }
    let late = RunBook::default().look_until(&ledger, Some(Instant::now())).unwrap();
    assert_eq!(late[0].kind, RunKind::Drill, "the newest first");
    assert_eq!(unread(&late), 2);
    let why = format!("{} was not read in time; the next look goes on from there", late[1].run);
    assert_eq!(runs::clients_unread(&late), [("orders-db", why)].into(), "a drill moves nobody");
    ledger.look();
    let order = ledger.order.lock().unwrap().clone();
    assert_eq!(order, [late[1].run.clone(), late[0].run.clone()]);
}

#[test]
fn s29_journals_of_an_earlier_version_are_read_and_kept_only_by_who_may_write() {
    let folder = tempfile::tempdir().unwrap();
    folder_of_incidents(folder.path());
    let raw = rusqlite::Connection::open(folder.path().join("journal.db")).unwrap();
    raw.execute_batch("DROP TABLE settled").unwrap();
    let reader = Counting::of(SqliteLedger::open_to_read(folder.path()).unwrap());
    assert_eq!((reader.look().1, reader.look().1), (5, 5), "nothing is written");
    let writer = Counting::of(SqliteLedger::open(folder.path()).unwrap());
    assert_eq!((writer.look().1, writer.look().1), (5, 2));
    assert_eq!(reader.look().1, 2, "who only reads has it from who writes");
    raw.execute_batch("UPDATE settled SET rule = 0").unwrap();
    assert_eq!(reader.look().1, 5, "what another rule found counts for nothing");
}

#[test]
fn s34_when_its_time_is_over_a_look_says_how_many_runs_it_did_not_read() {
    let folder = tempfile::tempdir().unwrap();
    folder_of_incidents(folder.path());
    let ledger = Counting::of(SqliteLedger::open(folder.path()).unwrap());
    let late = RunBook::default().look_until(&ledger, Some(Instant::now())).unwrap();
    assert_eq!((unread(&late), ledger.read.load(Ordering::SeqCst)), (4, 1), "what is open is read");
    ledger.look();
    let late = RunBook::default().look_until(&ledger, Some(Instant::now())).unwrap();
    assert_eq!(unread(&late), 1, "the rest is known");
}

#[test]
fn s3_a_past_incident_whose_journal_cannot_be_read_may_have_moved_clients_unless_a_later_one_did() {
    let (folder, token) = (tempfile::tempdir().unwrap(), "aaaaaa");
    let ledger = SqliteLedger::open(folder.path()).unwrap();
    let broken = cut_over(token);
    kept(&ledger, &broken, broken.records.len());
    let raw = rusqlite::Connection::open(folder.path().join("journal.db")).unwrap();
    raw.execute_batch("DROP TRIGGER events_stay; UPDATE events SET line = '{}' WHERE seq = 4").unwrap();
    let mut book = RunBook::default();
    for _ in 1..=2 {
        let lines = book.look(&ledger).unwrap();
        assert_eq!(unread(&lines), 1);
        let mut service = orders();
        tell(Ok(&lines), [&mut service]);
        let known = crate::domain::assess(&service, broken.now, &crate::domain::sample::STALE);
        let mut findings = known.findings.iter();
        let found = findings.find(|finding| finding.rule == crate::domain::Rule::ClientsMoved).unwrap();
        assert_eq!((found.level, service.clients_moved), (crate::domain::Verdict::Unknown, None));
        assert!(found.text.contains(&format!("the journal of {} is broken at line 4", broken.state.id())));
    }
    let mut later = Journal::open(incident("bbbbbb", "orders-db"));
    later.later(7200);
    later.drive(&mut World::default(), willing);
    kept(&ledger, &later, later.records.len());
    let lines = book.look(&ledger).unwrap();
    assert_eq!((unread(&lines), runs::clients_unread(&lines)), (1, BTreeMap::new()));
}
