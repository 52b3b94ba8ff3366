//! Nothing is done whose intent is not durable; a journal that cannot be written holds a run (S25).

use std::sync::atomic::AtomicU64;
use std::sync::mpsc::Receiver;

use super::*;
use crate::runbook::{JournalPlace, WITHOUT_JOURNAL};

/// A journal that can no longer be written once it has so many events.
#[derive(Debug)]
pub(super) struct Failing {
    inner: Arc<PaperLedger>,
    last: AtomicU64,
    error: LedgerError,
    /// What is asked next hangs until the other end is dropped.
    pub(super) hangs: Mutex<Option<Receiver<()>>>,
}

impl Failing {
    /// As if the process had died.
    pub(super) fn dies(inner: &Arc<PaperLedger>, last: u64) -> Self {
        let error = LedgerError::Changed { run: "as if the process had died".to_owned() };
        Self { inner: Arc::clone(inner), last: last.into(), error, hangs: Mutex::default() }
    }

    pub(super) fn is_full(last: u64) -> Self {
        let inner = Arc::new(PaperLedger::default());
        let error = LedgerError::Store("disk full".to_owned());
        Self { inner, last: last.into(), error, hangs: Mutex::default() }
    }

    fn answer(&self) {
        let hangs = self.hangs.lock().unwrap().take();
        hangs.map(|hangs| hangs.recv());
    }

    fn gets_room(&self) {
        self.last.store(u64::MAX, Ordering::SeqCst);
    }

    fn fills_up(&self) {
        self.last.store(0, Ordering::SeqCst);
    }
}

impl Ledger for Failing {
    fn create(
        &self,
        opening: Opening,
        at: Timestamp,
        author: &Author,
    ) -> Result<(Lease, Record), LedgerError> {
        self.answer();
        self.inner.create(opening, at, author)
    }

    fn lease(&self, run: &str) -> Result<Lease, LedgerError> {
        self.answer();
        self.inner.lease(run)
    }

    fn append(
        &self,
        lease: &mut Lease,
        at: Timestamp,
        author: &Author,
        event: Event,
    ) -> Result<Record, LedgerError> {
        self.answer();
        if self.inner.lines(lease.run())?.len() as u64 >= self.last.load(Ordering::SeqCst) {
            return Err(self.error.clone());
        }
        self.inner.append(lease, at, author, event)
    }

    fn adopt(&self, lines: &[String]) -> Result<Lease, LedgerError> {
        self.inner.adopt(lines)
    }

    fn leave_mark(&self, run: &str, to: &str) -> Result<(), LedgerError> {
        self.inner.leave_mark(run, to)
    }

    fn lines(&self, run: &str) -> Result<Vec<String>, LedgerError> {
        self.inner.lines(run)
    }

    fn runs(&self) -> Result<Vec<RunSummary>, LedgerError> {
        self.inner.runs()
    }
}

/// Drives until the journal dies after `last` events; then somebody comes back.
async fn dies_and_comes_back(kind: RunKind, last: u64) -> bool {
    let provider = Arc::new(Provider::default());
    let paper = Arc::new(PaperLedger::default());
    let dying = Arc::new(Failing::dies(&paper, last));
    let opening = patient(kind);
    let run = opening.run.clone();
    let died = match open(setup(dying, &provider), opening, Vec::new()).await {
        Ok(handle) => to_the_end(handle).await.is_err(),
        Err(_) => true,
    };
    if died {
        let lines = paper.lines(&run).unwrap().len() as u64;
        assert_eq!(lines, last, "nothing is written after the first failure");
        let back =
            resume(setup(Arc::<PaperLedger>::clone(&paper), &provider), &run, Vec::new()).await.unwrap();
        let state = to_the_end(back).await.unwrap();
        assert_eq!(result(&state), Some(RunResult::Passed), "{kind:?} after {last}: {:?}", state.closed);
        assert_replays(&*paper, &state);
    }
    let fake = provider.fake();
    assert_eq!(fake.made.get(&1), Some(&1), "{kind:?} after {last}: one fork an attempt (S20)");
    assert_eq!(fake.made.len(), 1, "{kind:?} after {last}");
    died
}

#[tokio::test(flavor = "multi_thread")]
async fn r24_a_run_whose_process_ends_at_any_event_is_resumed_to_the_same_result() {
    for kind in [RunKind::Drill, RunKind::Incident] {
        let died = join_all((1..=30).map(|last| dies_and_comes_back(kind, last))).await;
        let died = died.into_iter().filter(|&died| died).count();
        assert!(died >= 18, "a whole run has more events than {died}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s20_no_call_is_made_whose_intent_is_not_durable() {
    let provider = Arc::new(Provider::default());
    let paper = Arc::new(PaperLedger::default());
    let whole = setup(Arc::<PaperLedger>::clone(&paper), &provider);
    to_the_end(open(whole, patient(RunKind::Drill), Vec::new()).await.unwrap()).await.unwrap();
    let records = paper.load(&patient(RunKind::Drill).run).unwrap();
    let intent =
        records.iter().find(|record| matches!(record.event, Event::ForkIntended { .. })).unwrap().seq;

    let untouched = Arc::new(Provider::default());
    let full = Arc::new(Failing::is_full(intent - 1));
    let handle = open(setup(full, &untouched), patient(RunKind::Drill), Vec::new()).await.unwrap();
    let held = until_held(&handle).await;
    assert!(held.live.journal_lost.as_deref().is_some_and(|why| why.contains("disk full")), "it is told");
    assert!(untouched.fake().starts.is_empty());
    handle.ask(Command::Detach { why: "asked".to_owned() }).await.unwrap();
    let ended = handle.ended().await.unwrap_err();
    assert!(
        matches!(&ended, DriveError::Unwritten { what, .. } if what == "fork intended"),
        "what is lost is named: {ended}"
    );
    assert!(untouched.fake().starts.is_empty());
}

/// The run once it stands still because its journal cannot be written.
pub(super) async fn until_held(handle: &RunHandle) -> Arc<RunState> {
    let mut state = handle.state.clone();
    let held = state.wait_for(|state| need(state) == Some(Need::Journal));
    let held = tokio::time::timeout(PATIENCE, held).await.expect("it is held in time").unwrap();
    Arc::clone(&held)
}

#[tokio::test(flavor = "multi_thread")]
async fn s25_a_drill_stands_still_until_its_journal_can_be_written_again() {
    let provider = Arc::new(Provider::default());
    let full = Arc::new(Failing::is_full(9));
    let setup = setup(Arc::<Failing>::clone(&full), &provider);
    let setup_clock = setup.clock;
    let handle = open(setup, patient(RunKind::Drill), Vec::new()).await.unwrap();
    let held = until_held(&handle).await;
    let held_at = setup_clock.now();
    let sentence = crate::runbook::now_line(&held, held.last_at);
    assert!(sentence.contains("not written yet: "), "{sentence}");
    assert!(sentence.starts_with("The journal cannot be written: ") && sentence.contains("stands still"));
    let elsewhere = Command::MoveJournal { to: JournalPlace::WithoutJournal { file: None } };
    assert!(handle.ask(elsewhere).await.unwrap_err().0.contains("a drill waits"));
    assert!(handle.ask(Command::Pause).await.unwrap_err().0.contains("cannot be written"));
    full.gets_room();
    let state = to_the_end(handle).await.unwrap();
    assert_eq!(result(&state), Some(RunResult::Passed), "{:?}", state.closed);
    assert_replays(&*full, &state);
    let late = full.load(state.id()).unwrap().remove(9);
    assert!(late.at < held_at, "the time at which it happened: {late:?}, held at {held_at}");
    assert_eq!(provider.fake().made.get(&1), Some(&1));
}

#[tokio::test(flavor = "multi_thread")]
async fn s25_an_incident_goes_on_in_another_folder_with_its_whole_journal() {
    let folder = tempfile::tempdir().unwrap();
    // Held before its fork is asked for, and while its answers come.
    for last in [7, 10, 14] {
        let provider = Arc::new(Provider::default());
        let setup = setup(Arc::new(Failing::is_full(last)), &provider);
        let handle = open(setup, patient(RunKind::Incident), vec![Command::Declare(declaration())]).await;
        let handle = settled(handle.unwrap()).await;
        until_held(&handle).await;
        let relative = JournalPlace::OtherFolder { path: "elsewhere".to_owned() };
        assert!(handle.ask(Command::MoveJournal { to: relative }).await.is_err());
        let path = folder.path().join(last.to_string()).display().to_string();
        let to = JournalPlace::OtherFolder { path: path.clone() };
        handle.ask(Command::MoveJournal { to: to.clone() }).await.unwrap();
        let lines = handle.lines.clone();
        let watched = handle.state.clone();
        let ended = tokio::time::timeout(PATIENCE / 2, to_the_end(handle)).await;
        let state = ended.unwrap_or_else(|_| panic!("{last}: {:?}", watched.borrow())).unwrap();
        assert_eq!(result(&state), Some(RunResult::Passed), "{:?}", state.closed);
        assert_eq!(state.journal, to);
        let moved = SqliteLedger::open(std::path::Path::new(&path)).unwrap();
        assert_replays(&moved, &state);
        assert_eq!(moved.lines(state.id()).unwrap(), lines.after(0), "whole, from its first line on");
        assert_eq!(provider.fake().made.get(&1), Some(&1), "one fork an attempt");
    }
}

/// Answers what the run asks until the journal is what it asks for.
async fn settled(handle: RunHandle) -> RunHandle {
    settled_at(handle, Need::Journal).await
}

/// Whoever is told so looks once, and leaves what is held up still.
#[tokio::test]
async fn s25_a_journal_that_moved_is_not_called_lost_any_more_by_the_time_that_is_told() {
    for last in [1, 3, 7] {
        let (full, there) = (Arc::new(Failing::is_full(last)), tempfile::tempdir().unwrap());
        let setup = setup(full, &Arc::new(Provider::default()));
        let first = vec![Command::Declare(declaration())];
        let handle = settled(open(setup, patient(RunKind::Incident), first).await.unwrap()).await;
        let to = JournalPlace::OtherFolder { path: there.path().display().to_string() };
        assert_eq!(handle.ask(Command::MoveJournal { to: to.clone() }).await, Ok(Taken::Written));
        let state = handle.now();
        assert_eq!((&state.journal, &state.live.journal_lost), (&to, &None), "{last}");
        assert!(state.declaration.is_some(), "{last}: what was said first is written by then");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s25_an_incident_goes_on_without_a_journal_by_the_typed_words_and_its_report_says_so() {
    let provider = Arc::new(Provider::default());
    let setup = setup(Arc::new(Failing::is_full(10)), &provider);
    let opened = open(setup, patient(RunKind::Incident), vec![Command::Declare(declaration())]).await;
    let handle = settled(opened.unwrap()).await;
    until_held(&handle).await;
    let without = Command::MoveJournal { to: JournalPlace::WithoutJournal { file: None } };
    handle.ask(without).await.unwrap();
    let lines = handle.lines.clone();
    let state = to_the_end(handle).await.unwrap();
    assert_eq!(result(&state), Some(RunResult::Passed), "{:?}", state.closed);
    let JournalPlace::WithoutJournal { file: Some(file) } = &state.journal else {
        panic!("{:?}", state.journal)
    };
    let copied: Vec<String> = std::fs::read_to_string(file).unwrap().lines().map(str::to_owned).collect();
    std::fs::remove_file(file).unwrap();
    assert_eq!(copied, lines.after(0), "the second file has every event");
    let report = crate::evidence::report(&chain::read(&copied).unwrap(), None).unwrap();
    assert!(report.caveats.iter().any(|caveat| caveat.starts_with(WITHOUT_JOURNAL)), "{:?}", report.caveats);
    assert!(report.deviations.iter().any(|deviation| deviation.kind == "journal"));
}

#[tokio::test(flavor = "multi_thread")]
async fn s25_trouble_in_the_very_first_events_hands_the_run_over_at_once() {
    let folder = tempfile::tempdir().unwrap();
    for last in [1, 2, 3] {
        let provider = Arc::new(Provider::default());
        let full = Arc::new(Failing::is_full(last));
        let opening = patient(RunKind::Incident);
        let first = vec![Command::Declare(declaration())];
        let handle = open(setup(Arc::<Failing>::clone(&full), &provider), opening, first).await.unwrap();
        until_held(&handle).await;
        let path = folder.path().join(last.to_string()).display().to_string();
        handle
            .ask(Command::MoveJournal { to: JournalPlace::OtherFolder { path: path.clone() } })
            .await
            .unwrap();
        let state = to_the_end(handle).await.unwrap();
        assert_eq!(result(&state), Some(RunResult::Passed), "{last}: {:?}", state.closed);
        assert!(state.declaration.is_some(), "what was said first is not lost");
        assert_replays(&SqliteLedger::open(std::path::Path::new(&path)).unwrap(), &state);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s25_the_folder_that_was_left_is_told_where_the_journal_went_as_soon_as_it_can_be() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let provider = Arc::new(Provider::default());
    let old = Arc::new(SqliteLedger::open(here.path()).unwrap());
    let setup = setup(Arc::<SqliteLedger>::clone(&old), &provider);
    let handle = open(setup, patient(RunKind::Incident), vec![Command::Declare(declaration())]).await;
    let handle = settled_at(handle.unwrap(), Need::ConfirmPoint).await;
    let blocked = full(here.path());
    let run = handle.now().id().to_owned();
    handle.ask(willing(&handle.now()).unwrap()).await.unwrap();
    until_held(&handle).await;
    let path = there.path().display().to_string();
    handle.ask(Command::MoveJournal { to: JournalPlace::OtherFolder { path: path.clone() } }).await.unwrap();
    let summary = old.runs().unwrap().remove(0);
    assert_eq!(summary.moved_to.as_deref(), Some(path.as_str()));
    assert!(matches!(old.lease(&run), Err(LedgerError::Live { .. })), "held on while it is driven here");
    to_the_end(handle).await.unwrap();
    assert!(matches!(old.lease(&run), Err(LedgerError::Moved { .. })));
    blocked.execute_batch("DROP TRIGGER full").unwrap();
    let back = SqliteLedger::open(here.path()).unwrap();
    assert_eq!(back.runs().unwrap()[0].standing, crate::ledger::Standing::Closed, "taken back once it ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn s25_whoever_says_what_cannot_be_written_hears_so_and_nothing_follows_from_it_until_it_is() {
    let provider = Arc::new(Provider::default());
    let filling = Arc::new(Failing::is_full(u64::MAX));
    let setup = setup(Arc::<Failing>::clone(&filling), &provider);
    let handle = open(setup, patient(RunKind::Incident), vec![Command::Declare(declaration())]).await;
    let handle = settled_at(handle.unwrap(), Need::ConfirmPoint).await;
    assert_eq!(handle.ask(Command::Note { text: "INC-4711".to_owned() }).await, Ok(Taken::Written));
    filling.fills_up();
    let confirm = willing(&handle.now()).unwrap();
    let Taken::Held(held) = handle.ask(confirm).await.unwrap() else { panic!("it is not on disk") };
    assert!(held.starts_with("held, not yet on disk: point confirmed"), "{held}");
    assert!(held.ends_with("disk full"), "{held}");
    let state = handle.now();
    assert_eq!(need(&state), Some(Need::Journal), "known by the time it is told");
    assert_eq!((state.attempt.sent, provider.fake().starts.len()), (0, 0));
    filling.gets_room();
    let state = to_the_end(handle).await.unwrap();
    assert_eq!(result(&state), Some(RunResult::Passed), "{:?}", state.closed);
    assert_eq!(provider.fake().made.get(&1), Some(&1));
}

#[tokio::test(flavor = "multi_thread")]
async fn s22_a_fence_that_was_not_decided_on_because_a_look_could_not_be_written_is_not_taken_later() {
    let primary = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let filling = Arc::new(Failing::is_full(u64::MAX));
    let setup = setup(Arc::<Failing>::clone(&filling), &Arc::new(Provider::default()));
    let mut opening = patient(RunKind::Incident);
    opening.member.probe = Some(format!("tcp://{}", primary.local_addr().unwrap()));
    let mut handle = open(setup, opening, vec![Command::Declare(declaration())]).await.unwrap();
    let alive = |state: &Arc<RunState>| state.fence.is_alive();
    tokio::time::timeout(PATIENCE, handle.state.wait_for(alive)).await.unwrap().unwrap();
    let _held = shut(primary);
    filling.fills_up();
    let refused = handle.ask(Command::Fence { how: "pg_ctl stop".to_owned() }).await.unwrap_err();
    assert!(refused.0.contains("cannot be written"), "{refused}");
    filling.gets_room();
    let room = handle.state.wait_for(|state| state.live.journal_lost.is_none());
    tokio::time::timeout(PATIENCE, room).await.unwrap().unwrap();
    handle.ask(Command::Note { text: "behind it".to_owned() }).await.unwrap();
    assert_eq!(handle.now().fence.fenced, None, "whoever heard no says it again");
}

#[tokio::test(flavor = "multi_thread")]
async fn s25_everything_that_is_lost_with_a_run_that_is_left_unwritten_is_told() {
    let full = Arc::new(Failing::is_full(1));
    let setup = setup(full, &Arc::new(Provider::default()));
    let note = |text: &str| Command::Note { text: text.to_owned() };
    let first = vec![Command::Declare(declaration()), note("a"), note("b")];
    let handle = open(setup, patient(RunKind::Incident), first).await.unwrap();
    let held = until_held(&handle).await;
    assert!(held.live.journal_lost.as_deref().is_some_and(|why| why.contains("3 commands behind it")));
    let left = handle.ask(Command::Detach { why: "asked".to_owned() }).await.unwrap();
    assert!(matches!(left, Taken::Held(_)), "the journal does not say that it was left: {left:?}");
    let lost = handle.ended().await.unwrap_err().to_string();
    assert!(lost.contains("as if it had not been said") && lost.contains("3 commands behind it"), "{lost}");
}

#[tokio::test(flavor = "multi_thread")]
async fn s25_a_journal_that_moves_says_where_it_was_with_its_first_line_elsewhere() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let old = Arc::new(SqliteLedger::open(here.path()).unwrap());
    let setup = setup(Arc::<SqliteLedger>::clone(&old), &Arc::new(Provider::default()));
    let handle = open(setup, patient(RunKind::Incident), vec![Command::Declare(declaration())]).await;
    let handle = settled_at(handle.unwrap(), Need::ConfirmPoint).await;
    let blocked = full(here.path());
    handle.ask(willing(&handle.now()).unwrap()).await.unwrap();
    let path = there.path().display().to_string();
    handle.ask(Command::MoveJournal { to: JournalPlace::OtherFolder { path } }).await.unwrap();
    let state = to_the_end(handle).await.unwrap();
    drop(blocked);
    let before = old.lines(state.id()).unwrap().len();
    let records = SqliteLedger::open(there.path()).unwrap().load(state.id()).unwrap();
    let Event::JournalMoved { from, .. } = &records[before].event else { panic!("{:?}", records[before]) };
    assert_eq!(from.as_deref(), here.path().to_str());
    let report = crate::evidence::report(&records, None).unwrap();
    let deviation = report.deviations.iter().find(|deviation| deviation.kind == "journal").unwrap();
    assert!(deviation.text.contains(here.path().to_str().unwrap()), "{}", deviation.text);
}

/// The file is there and cannot be written: as on a full or failing disk.
pub(super) fn full(folder: &std::path::Path) -> rusqlite::Connection {
    let journal = rusqlite::Connection::open(folder.join("journal.db")).unwrap();
    let refuse = "CREATE TRIGGER full BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'full'); END";
    journal.execute_batch(refuse).unwrap();
    journal
}

/// Answers what the run asks until it asks for this.
pub(super) async fn settled_at(mut handle: RunHandle, wanted: Need) -> RunHandle {
    while let (state, Some(need)) = handle.until_needed().await
        && need != wanted
    {
        answer(&mut handle, &state).await;
    }
    handle
}
