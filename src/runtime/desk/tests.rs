//! The runs that were driven from the dashboard: leaving them, and reading them afterwards.

use super::sample::{answer, desk, hang, once_late};
use super::*;
use crate::domain::sample::at;
use crate::ledger::chain;
use crate::ledger::settings::Settings;
use crate::runbook::sample::{Journal, OPENED, World, author as anna, opening, until, willing};
use crate::runbook::{Event, RunKind, StepKind};
use crate::runtime::put_down::put_down;

#[tokio::test]
async fn s25_what_could_not_be_written_is_told_when_the_dashboard_is_left() {
    let state = Journal::open(opening(RunKind::Incident)).state;
    let run = state.id().to_owned();
    let (commands, mut asked) = mpsc::channel(1);
    let driven = Driven { commands, state: watch::channel(Arc::new(state)).1, lines: Lines::default() };
    let mut drivers = Drivers::new();
    let id = run.clone();
    drivers.spawn(async move {
        asked.recv().await;
        let error = Box::new(LedgerError::Store("disk full".to_owned()));
        (id, Err(DriveError::Unwritten { what: "cut over confirmed".to_owned(), error }))
    });
    let left = leave([(run, driven)].into(), drivers, Some(&crate::tui::tests::again("lifeboat"))).await;
    let lost =
        left.lines.iter().any(|line| line.contains("disk full") && line.contains("cut over confirmed"));
    assert!(lost, "{left:?}");
}

#[tokio::test]
async fn s31_a_run_that_was_driven_here_is_shown_with_what_others_wrote_since() {
    let folder = tempfile::tempdir().unwrap();
    let (desk, _told) = desk(folder.path());
    let ledger = desk.ledger.clone().unwrap();
    let run = ledger.create(opening(RunKind::Drill), at(OPENED), &anna()).unwrap().0.run().to_owned();
    let begun = ledger.lines(&run).unwrap();
    let shown = async |driven: &BTreeMap<_, _>, kept: &[String]| {
        let kept = [(run.clone(), Lines::from(kept.to_vec()))].into();
        match desk.journal(run.clone(), driven, &kept).await {
            Ok(Message::Journal { lines, .. }) => lines,
            other => panic!("{other:?}"),
        }
    };
    let command = Command::Abort { typed: "orders-db".to_owned(), reason: "lost".to_owned() };
    put_down(&*ledger, &run, command, at(OPENED), &anna()).unwrap();
    let ended = ledger.lines(&run).unwrap();
    assert!(ended.len() > begun.len());
    let nobody = BTreeMap::new();
    assert_eq!(shown(&nobody, &begun).await, ended, "ended in a shell");

    // It went on where this ledger does not see it.
    let went_on = [&begun[..], &["elsewhere".to_owned()]].concat();
    assert_eq!(shown(&nobody, &went_on).await, went_on);
    let state = Arc::new(Journal::open(opening(RunKind::Drill)).state);
    let (commands, state) = (mpsc::channel(1).0, watch::channel(state).1);
    let driven = Driven { commands, state, lines: begun.clone().into() };
    assert_eq!(shown(&[(run.clone(), driven)].into(), &[]).await, begun, "its driver knows it best");
}

#[tokio::test(start_paused = true)]
async fn s25_a_report_is_made_without_what_a_disk_that_hangs_does_not_tell() {
    let folder = tempfile::tempdir().unwrap();
    let (desk, _told) = desk(folder.path());
    let journal = until(opening(RunKind::Incident), StepKind::Protect, &mut World::default());
    let run = journal.state.id().to_owned();
    let lines: Vec<String> = journal.records.iter().map(|record| chain::line(record).unwrap()).collect();
    let (commands, state) = (mpsc::channel(1).0, watch::channel(Arc::new(journal.state)).1);
    let driven = [(run.clone(), Driven { commands, state, lines: lines.into() })].into();
    let pipe = folder.path().join("journal.db-journal");
    hang(&pipe);
    let told = once_late(desk.report(run, &driven, &BTreeMap::new())).await;
    answer(&pipe);
    let Some(Ok(Message::Report { text, .. })) = told else { panic!("{told:?}") };
    let unknown = text.lines().find(|line| line.contains("changed beside this run is not known: ")).unwrap();
    assert!(unknown.contains("does not answer"), "{unknown}");
}

/// What the dashboard is told by one look at the journals, in a word each.
async fn news(elsewhere: &mut Elsewhere, desk: &Desk, told: &mut mpsc::Receiver<Message>) -> Vec<String> {
    let mut looks = Looks::new(None);
    looks.begin(desk, elsewhere.followed());
    let found = looks.ended().await.found.unwrap();
    elsewhere.take(desk, found.runs, looks.as_of(), |_| false).await;
    heard(told)
}

/// What the dashboard was told, in a word each.
fn heard(told: &mut mpsc::Receiver<Message>) -> Vec<String> {
    let mut news = Vec::new();
    while let Ok(message) = told.try_recv() {
        news.push(match message {
            Message::Runs(runs) => format!("{} listed", runs.len()),
            Message::Run { state, .. } if state.is_over() => "its end".to_owned(),
            Message::Run { .. } => "a run".to_owned(),
            Message::RunsUnread(unread) => unread.why,
            other => panic!("{other:?}"),
        });
    }
    news
}

#[tokio::test]
async fn s3_a_journal_that_was_taken_away_from_whoever_has_it_open_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (desk, mut told) = desk(folder.path());
    let mut elsewhere = Elsewhere::default();
    let mut look = async || news(&mut elsewhere, &desk, &mut told).await;
    assert_eq!(look().await, ["0 listed"]);
    std::fs::remove_file(folder.path().join("journal.db")).unwrap();
    look().await;
    let unread = look().await;
    assert!(unread.len() == 1 && unread[0].contains("moved, removed or replaced"), "{unread:?}");
}

#[tokio::test]
async fn s3_journals_that_cannot_be_read_any_more_are_told_and_told_again_once_they_can_be() {
    let folder = tempfile::tempdir().unwrap();
    let (mut desk, mut told) = desk(folder.path());
    let ledger = desk.ledger.clone().unwrap();
    drop(ledger.create(opening(RunKind::Drill), at(OPENED), &anna()).unwrap());
    drop(ledger);
    // Who may not write opens them anew at each look.
    desk.ledger = Err("read-only".to_owned());
    let mut elsewhere = Elsewhere::default();
    let mut look = async || news(&mut elsewhere, &desk, &mut told).await;
    assert_eq!(look().await, ["1 listed", "a run"]);
    let (journal, kept) = (folder.path().join("journal.db"), folder.path().join("kept"));
    std::fs::rename(&journal, &kept).unwrap();
    assert_eq!(look().await, [""; 0], "one look may fail");
    let unread = look().await;
    assert!(unread.len() == 1 && unread[0].starts_with("no journal could be read: "), "{unread:?}");
    assert_eq!(look().await, [""; 0], "that is no news");
    std::fs::rename(&kept, &journal).unwrap();
    assert_eq!(look().await, ["1 listed"]);
    std::fs::remove_dir_all(folder.path()).unwrap();
    look().await;
    assert_eq!(look().await.len(), 1, "a folder that is gone does not say that there was none");
}

#[tokio::test]
async fn s3_region_changes_that_cannot_be_read_are_told_until_they_can_be() {
    let folder = tempfile::tempdir().unwrap();
    let (desk, mut told) = desk(folder.path());
    drop(Settings::open(folder.path()).unwrap());
    let raw = rusqlite::Connection::open(folder.path().join("journal.db")).unwrap();
    let (mut looks, mut copying) = (Looks::new(None), Copying::default());
    let mut look = async || {
        looks.begin(&desk, Vec::new());
        let found = looks.ended().await.found.unwrap();
        desk.take_changes(found.changes, found.changes_unread, &mut copying).await;
        told.try_recv().ok()
    };
    assert!(look().await.is_none(), "there are none, and that is known");
    let spoil = "INSERT INTO settings (seq, service, line) VALUES (1, 'ledger', 'of a later version')";
    raw.execute_batch(spoil).unwrap();
    assert!(matches!(look().await, Some(Message::RegionsUnread(Some(_)))));
    assert!(look().await.is_none(), "that is no news");
    raw.execute_batch("DROP TRIGGER settings_are_kept; DELETE FROM settings").unwrap();
    assert!(matches!(look().await, Some(Message::RegionsUnread(None))));
}

#[tokio::test]
async fn s3_journals_that_do_not_answer_are_told_as_those_that_cannot_be_read_and_told_again_once_they_do() {
    let folder = tempfile::tempdir().unwrap();
    let (desk, mut told) = desk(folder.path());
    drop(desk.ledger.as_ref().unwrap().create(opening(RunKind::Drill), at(OPENED), &anna()).unwrap());
    let mut elsewhere = Elsewhere::default();
    assert_eq!(news(&mut elsewhere, &desk, &mut told).await, ["1 listed", "a run"]);
    elsewhere.miss_late(&desk, None).await;
    let unread = heard(&mut told);
    assert!(unread.len() == 1 && unread[0].contains(" does not answer: "), "{unread:?}");
    elsewhere.miss_late(&desk, None).await;
    assert_eq!(heard(&mut told), [""; 0], "that is no news");
    let other = LedgerError::Store("it is lost".to_owned());
    elsewhere.take(&desk, Err(other), None, |_| false).await;
    assert!(heard(&mut told)[0].ends_with("it is lost"), "it answered, and is read no more for that");
    assert_eq!(news(&mut elsewhere, &desk, &mut told).await, ["1 listed"]);
}

#[tokio::test]
async fn s25_the_end_of_a_run_whose_journal_goes_on_elsewhere_is_told() {
    let (folder, place) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (desk, mut told) = desk(folder.path());
    let mut whole = Journal::open(opening(RunKind::Incident));
    whole.drive(&mut World::default(), willing);
    let (first, rest) = whole.records.split_first().unwrap();
    let Event::Opened(opening) = &first.event else { panic!("{first:?}") };
    let begin = |ledger: &dyn Ledger| ledger.create((**opening).clone(), first.at, &anna()).unwrap().0;
    let here = desk.ledger.clone().unwrap();
    drop(begin(&*here));
    here.leave_mark(whole.state.id(), &place.path().display().to_string()).unwrap();
    let there = SqliteLedger::open(place.path()).unwrap();
    let mut lease = begin(&there);
    let mut go_on = |records: &[crate::runbook::Record]| {
        for record in records {
            there.append(&mut lease, record.at, &anna(), record.event.clone()).unwrap();
        }
    };
    let (open, end) = rest.split_at(rest.len() - 4);
    go_on(open);
    let mut elsewhere = Elsewhere::default();
    let mut look = async || news(&mut elsewhere, &desk, &mut told).await;
    assert_eq!(look().await, ["1 listed", "a run"]);
    go_on(end);
    assert_eq!(look().await, ["1 listed", "its end"]);
    assert_eq!(look().await, [""; 0], "it is told once");
}
