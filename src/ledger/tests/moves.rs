//! Journals that go on in another folder (S25).

use std::os::unix::fs::MetadataExt;
use std::os::unix::process::ExitStatusExt;

use super::*;
use crate::runbook::JournalPlace;
use crate::runbook::opening::STATE_FOLDER;

#[test]
fn s25_a_folder_that_a_journal_left_says_where_it_went_and_lets_nobody_go_on_with_its_beginning() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let old = SqliteLedger::open(here.path()).unwrap();
    let lease = written(&old, "aaaaaa", 1);
    let run = lease.run().to_owned();
    let new = SqliteLedger::open(there.path()).unwrap();
    let mut moved = new.adopt(&old.lines(&run).unwrap()).unwrap();
    let place = there.path().display().to_string();
    old.leave_mark(&run, &place).unwrap();
    drop(lease);
    assert_eq!(old.runs().unwrap()[0].moved_to.as_deref(), Some(place.as_str()));
    let refused = old.lease(&run).unwrap_err();
    assert!(matches!(&refused, LedgerError::Moved { to, .. } if *to == place), "{refused}");
    assert!(refused.to_string().contains(&place), "{refused}");

    // While it is open there, it is open here; once it ended there, it is taken back.
    drop(old);
    assert_eq!(SqliteLedger::open(here.path()).unwrap().runs().unwrap()[0].closed_at, None);
    new.append(&mut moved, at(OPENED), &author(), closed()).unwrap();
    drop(moved);
    let back = SqliteLedger::open(here.path()).unwrap();
    let summary = back.runs().unwrap().remove(0);
    assert_eq!((summary.standing, &summary.moved_to), (Standing::Closed, &None));
    assert_eq!(summary.result(), Some(RunResult::NotVerified));
    assert_eq!(back.lines(&run).unwrap(), new.lines(&run).unwrap());
    written(&back, "bbbbbb", 0);
}

/// A full disk takes what goes over what is there, and nothing else.
#[test]
fn s25_a_mark_takes_no_room_that_was_not_kept_for_it_when_the_run_began() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let old = SqliteLedger::open(here.path()).unwrap();
    let mut lease = written(&old, "aaaaaa", 0);
    let run = lease.run().to_owned();
    let runs = here.path().join("runs");
    let room = fs::metadata(runs.join(format!("{run}.moved-new"))).unwrap();
    assert!(room.blocks() > 0, "it is on the disk");
    assert_eq!(old.runs().unwrap()[0].moved_to, None);
    let place = there.path().display().to_string();
    old.leave_mark(&run, &place).unwrap();
    let mark = fs::metadata(moved::path(&runs, &run)).unwrap();
    assert_eq!((mark.ino(), mark.len(), mark.blocks()), (room.ino(), room.len(), room.blocks()));
    assert_eq!(old.runs().unwrap()[0].moved_to, Some(place));

    let back = SqliteLedger::open(there.path()).unwrap();
    drop(back.adopt(&old.lines(&run).unwrap()).unwrap());
    let kept = || fs::read_dir(there.path().join("runs")).unwrap().count();
    assert_eq!(kept(), 2, "its lock and its room");
    old.append(&mut lease, at(OPENED), &author(), closed()).unwrap();
    back.adopt(&old.lines(&run).unwrap()).unwrap();
    assert_eq!(kept(), 1, "what is over goes nowhere");
}

/// A run whose journal went on from the first folder in the second, and the first is told so.
fn gone_on(here: &Path, there: &Path) -> (SqliteLedger, SqliteLedger, Lease) {
    let old = SqliteLedger::open(here).unwrap();
    let run = written(&old, "aaaaaa", 1).run().to_owned();
    let new = SqliteLedger::open(there).unwrap();
    let moved = new.adopt(&old.lines(&run).unwrap()).unwrap();
    old.leave_mark(&run, &there.display().to_string()).unwrap();
    (old, new, moved)
}

#[test]
fn s25_a_run_that_ended_elsewhere_blocks_no_other_in_a_folder_that_stayed_open() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (old, new, mut moved) = gone_on(here.path(), there.path());
    let run = moved.run().to_owned();
    let blocked = old.create(drill("bbbbbb"), at(OPENED), &author()).unwrap_err();
    assert!(matches!(&blocked, LedgerError::Moved { unread: None, .. }), "{blocked}");
    new.append(&mut moved, at(OPENED), &author(), closed()).unwrap();
    written(&old, "bbbbbb", 0);
    assert_eq!(old.lines(&run).unwrap(), new.lines(&run).unwrap());
}

/// What its disk did not answer was written late, and anew elsewhere.
#[test]
fn s25_of_a_journal_that_does_not_fit_what_is_here_that_is_told_by_who_is_to_end_it() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let old = SqliteLedger::open(here.path()).unwrap();
    let mut lease = written(&old, "aaaaaa", 1);
    let run = lease.run().to_owned();
    let new = SqliteLedger::open(there.path()).unwrap();
    let mut moved = new.adopt(&old.lines(&run).unwrap()).unwrap();
    old.append(&mut lease, at(OPENED), &author(), note("late")).unwrap();
    drop(lease);
    old.leave_mark(&run, &there.path().display().to_string()).unwrap();
    new.append(&mut moved, at(OPENED), &author(), closed()).unwrap();
    let refused = old.lease_to_end(&run).unwrap_err();
    let LedgerError::Moved { unread: Some(why), .. } = refused else { panic!("{refused}") };
    assert!(why.contains("is not as it was left"), "{why}");
}

/// A hard mount whose server is gone, as a named pipe that nobody writes to.
#[test]
fn s25_a_place_that_hangs_holds_up_no_start() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let old = SqliteLedger::open(here.path()).unwrap();
    let run = written(&old, "aaaaaa", 1).run().to_owned();
    let pipe = there.path().join("journal.db");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR).unwrap();
    let place = there.path().display().to_string();
    old.leave_mark(&run, &place).unwrap();
    drop(old);
    let (opened, ended) = std::sync::mpsc::channel();
    let folder = here.path().to_owned();
    std::thread::spawn(move || opened.send(SqliteLedger::open(&folder)).unwrap());
    let again = ended.recv_timeout(Duration::from_secs(60)).expect("it hangs").unwrap();
    assert_eq!(again.runs().unwrap()[0].moved_to, Some(place));
    // Lets the thread that waits for it end.
    drop(fs::OpenOptions::new().read(true).write(true).open(&pipe).unwrap());
}

#[test]
fn s25_a_journal_may_come_back_to_its_beginning() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (old, new, mut moved) = gone_on(here.path(), there.path());
    let run = moved.run().to_owned();
    new.append(&mut moved, at(OPENED), &author(), note("there")).unwrap();
    let back = old.adopt(&new.lines(&run).unwrap()).unwrap();
    assert_eq!(back.head(), moved.head());
    drop(back);
    assert!(old.lease(&run).is_ok(), "the mark is gone");
}

#[test]
fn s25_a_journal_that_cannot_come_in_leaves_everything_as_it_was() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let old = SqliteLedger::open(here.path()).unwrap();
    let run = written(&old, "aaaaaa", 1).run().to_owned();
    let lines = old.lines(&run).unwrap();
    let new = SqliteLedger::open(there.path()).unwrap();
    // A mark that cannot be read.
    let mark = moved::path(&there.path().join("runs"), &run);
    fs::create_dir_all(mark.join("kept")).unwrap();
    assert!(new.adopt(&lines).is_err());
    assert!(new.runs().unwrap().is_empty(), "the run is open in one place");
    fs::remove_dir_all(&mark).unwrap();

    let mut lease = new.adopt(&lines).unwrap();
    new.append(&mut lease, at(OPENED), &author(), note("there")).unwrap();
    let place = there.path().display().to_string();
    old.leave_mark(&run, &place).unwrap();
    let full = "CREATE TABLE room (id INTEGER PRIMARY KEY) STRICT;
        CREATE TABLE wants (id INTEGER REFERENCES room DEFERRABLE INITIALLY DEFERRED) STRICT;
        CREATE TRIGGER full AFTER INSERT ON events BEGIN INSERT INTO wants VALUES (1); END;";
    let raw = rusqlite::Connection::open(here.path().join("journal.db")).unwrap();
    raw.execute_batch(full).unwrap();
    assert!(old.adopt(&new.lines(&run).unwrap()).is_err(), "it is refused when it is to be kept");
    assert_eq!(old.lines(&run).unwrap(), lines);
    assert_eq!(old.runs().unwrap()[0].moved_to, Some(place), "and says where it went");
}

/// Takes the run of another folder back in a process of its own, which dies at `point`.
fn dies_taking_back(point: &str, here: &Path, there: &Path) {
    let this = "ledger::tests::moves::s25_a_kill_while_a_journal_comes_back_leaves_it_in_one_place";
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", this])
        .env("LIFEBOAT_CRASH", point)
        .env(FOLDERS, std::env::join_paths([here, there]).unwrap())
        .output()
        .unwrap();
    assert_eq!(child.status.signal(), Some(9), "{child:?}");
}

/// Tells a process of its own which journal it takes back, and from where.
const FOLDERS: &str = "LIFEBOAT_TEST_FOLDERS";

#[test]
fn s25_a_kill_while_a_journal_comes_back_leaves_it_in_one_place() {
    if let Some(folders) = std::env::var_os(FOLDERS) {
        let folders: Vec<_> = std::env::split_paths(&folders).collect();
        let there = SqliteLedger::open_to_read(&folders[1]).unwrap();
        let run = there.runs().unwrap().remove(0).run;
        SqliteLedger::open(&folders[0]).unwrap().adopt(&there.lines(&run).unwrap()).unwrap();
        panic!("it outlived its kill");
    }
    for is_here in [false, true] {
        let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let old = SqliteLedger::open(here.path()).unwrap();
        let run = written(&old, "aaaaaa", 1).run().to_owned();
        let beginning = old.lines(&run).unwrap();
        let new = SqliteLedger::open(there.path()).unwrap();
        let mut moved = new.adopt(&beginning).unwrap();
        let place = there.path().display().to_string();
        old.leave_mark(&run, &place).unwrap();
        new.append(&mut moved, at(OPENED), &author(), note("there")).unwrap();
        let whole = new.lines(&run).unwrap();
        let side = if is_here { "after" } else { "before" };
        dies_taking_back(&format!("{side}:{}", whole.len()), here.path(), there.path());
        let lines = old.lines(&run).unwrap();
        let moved_to = old.runs().unwrap().remove(0).moved_to;
        if is_here {
            assert_eq!((moved_to, lines), (None, whole));
            assert!(old.lease(&run).is_ok(), "it goes on here");
        } else {
            assert_eq!((moved_to, lines), (Some(place), beginning));
            assert!(matches!(old.lease(&run), Err(LedgerError::Moved { .. })), "it goes on there");
        }
        drop(old.adopt(&new.lines(&run).unwrap()).unwrap());
        assert!(old.lease(&run).is_ok() && !moved::path(&here.path().join("runs"), &run).exists());
    }
}

/// A run of one note in one folder goes on in another, and whoever moved it dies before it can tell.
fn moved_without_a_mark(here: &Path, there: &Path) -> String {
    let old = SqliteLedger::open(here).unwrap();
    let run = written(&old, "aaaaaa", 1).run().to_owned();
    let to = JournalPlace::OtherFolder { path: there.display().to_string() };
    let from = old.folder().map(|folder| folder.display().to_string());
    let moved = Event::JournalMoved { from, to, why: "disk full".to_owned() };
    let lines = old.lines(&run).unwrap();
    SqliteLedger::open(there).unwrap().take_in(lines, at(OPENED), &author(), moved).unwrap();
    run
}

#[test]
fn s25_a_folder_that_could_not_be_told_is_told_at_the_next_open_of_the_other() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let run = moved_without_a_mark(here.path(), there.path());
    let old = SqliteLedger::open(here.path()).unwrap();
    let new = SqliteLedger::open(there.path()).unwrap();
    let place = there.path().display().to_string();
    assert_eq!(old.runs().unwrap()[0].moved_to.as_deref(), Some(place.as_str()));
    assert!(matches!(old.lease(&run), Err(LedgerError::Moved { .. })));
    let mut lease = new.lease(&run).unwrap();
    new.append(&mut lease, at(OPENED), &author(), closed()).unwrap();
    drop(lease);
    let back = SqliteLedger::open(here.path()).unwrap();
    assert_eq!(back.runs().unwrap()[0].standing, Standing::Closed, "taken back");
    drop(SqliteLedger::open(there.path()).unwrap());
    assert!(!moved::path(&here.path().join("runs"), &run).exists(), "what is whole here went nowhere");
}

#[test]
fn s25_a_folder_is_only_told_of_a_journal_of_which_it_has_the_beginning_and_nobody_drives() {
    let moved_to =
        |folder: &Path| SqliteLedger::open_to_read(folder).unwrap().runs().unwrap()[0].moved_to.clone();
    // Came back without a word to where it had been meanwhile.
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let run = moved_without_a_mark(here.path(), there.path());
    let (old, new) = (SqliteLedger::open(here.path()).unwrap(), there.path());
    let lines = SqliteLedger::open_to_read(new).unwrap().lines(&run).unwrap();
    let to = JournalPlace::OtherFolder { path: here.path().display().to_string() };
    let from = Some(new.display().to_string());
    let moved = Event::JournalMoved { from, to, why: "disk full".to_owned() };
    drop(old.take_in(lines, at(OPENED), &author(), moved).unwrap());
    drop(SqliteLedger::open(new).unwrap());
    assert_eq!(moved_to(here.path()), None, "the newest is here");
    drop(SqliteLedger::open(here.path()).unwrap());
    assert_eq!(moved_to(new), Some(here.path().display().to_string()));

    // Another journal of that name; and one that is driven on.
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let run = moved_without_a_mark(here.path(), there.path());
    let old = SqliteLedger::open(here.path()).unwrap();
    let mut driven = old.lease(&run).unwrap();
    drop(SqliteLedger::open(there.path()).unwrap());
    assert_eq!(moved_to(here.path()), None, "whoever drives it tells");
    old.append(&mut driven, at(OPENED), &author(), note("on its own")).unwrap();
    drop(driven);
    drop(SqliteLedger::open(there.path()).unwrap());
    assert_eq!(moved_to(here.path()), None, "two stories of one run are for a person");
}

#[test]
fn s25_a_folder_learns_of_an_incident_that_was_begun_in_another_because_it_could_not_be_written() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (new, place) = (SqliteLedger::open(there.path()).unwrap(), there.path().display().to_string());
    let mut begun = opening(RunKind::Incident);
    begun.journal = JournalPlace::OtherFolder { path: place.clone() };
    begun.config.insert(STATE_FOLDER.to_owned(), here.path().display().to_string());
    let (mut lease, _) = new.create(begun, at(OPENED), &author()).unwrap();
    let run = lease.run().to_owned();
    let old = SqliteLedger::open(here.path()).unwrap();
    assert_eq!(old.runs().unwrap(), [], "it was not told yet");
    drop(SqliteLedger::open(there.path()).unwrap());
    assert_eq!(old.runs().unwrap()[0].moved_to.as_deref(), Some(place.as_str()));
    assert!(matches!(old.lease(&run), Err(LedgerError::Moved { .. })));
    let second = old.create(drill("bbbbbb"), at(OPENED), &author());
    assert!(matches!(second, Err(LedgerError::Moved { .. })), "{second:?}");
    new.append(&mut lease, at(OPENED), &author(), closed()).unwrap();
    let back = SqliteLedger::open(here.path()).unwrap();
    assert_eq!(back.lines(&run).unwrap(), new.lines(&run).unwrap(), "taken back as it ended");
}

#[test]
fn s25_a_run_that_went_on_where_it_came_from_too_is_gone_on_with_in_one_place_by_a_persons_choice() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let run = moved_without_a_mark(here.path(), there.path());
    let old = SqliteLedger::open(here.path()).unwrap();
    let mut on_its_own = old.lease(&run).unwrap();
    old.append(&mut on_its_own, at(OPENED), &author(), note("on its own")).unwrap();
    drop(on_its_own);
    let new = SqliteLedger::open(there.path()).unwrap();
    let Err(LedgerError::Parted { from, mark, .. }) = new.lease(&run) else { panic!("it goes on twice") };
    assert_eq!(from, here.path());
    assert!(old.lease(&run).is_ok() && new.lease_to_end(&run).is_ok(), "either may end");
    fs::write(mark, there.path().display().to_string()).unwrap();
    assert!(new.lease(&run).is_ok());
    assert!(matches!(old.lease(&run), Err(LedgerError::Moved { .. })));

    // What its disk wrote late came here anew: nobody went on there.
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let run = moved_without_a_mark(here.path(), there.path());
    let old = SqliteLedger::open(here.path()).unwrap();
    let mut hangs = old.lease(&run).unwrap();
    let new = SqliteLedger::open(there.path()).unwrap();
    for (ledger, lease) in [(&old, &mut hangs), (&new, &mut new.lease(&run).unwrap())] {
        ledger.append(lease, at(OPENED), &author(), note("late")).unwrap();
    }
    drop(hangs);
    assert!(new.lease(&run).is_ok());
    drop(SqliteLedger::open(there.path()).unwrap());
    assert!(matches!(old.lease(&run), Err(LedgerError::Moved { .. })));
}

#[test]
fn s25_a_move_that_says_not_whence_is_still_read_and_moves_are_found_without_reading_journals() {
    let old =
        "{\"is\":\"journal_moved\",\"to\":{\"kept\":\"other_folder\",\"path\":\"/srv/b\"},\"why\":\"full\"}";
    let event: Event = serde_json::from_str(old).unwrap();
    assert!(matches!(&event, Event::JournalMoved { from: None, .. }), "{event:?}");
    assert_eq!(serde_json::to_string(&event).unwrap(), old, "its chain stays whole");
    let folder = tempfile::tempdir().unwrap();
    let ledger = SqliteLedger::open(folder.path()).unwrap();
    let mut lease = written(&ledger, "aaaaaa", 0);
    ledger.append(&mut lease, at(OPENED), &author(), event).unwrap();
    ledger.append(&mut lease, at(OPENED), &author(), note(old)).unwrap();
    drop(SqliteLedger::open(folder.path()).unwrap());
    let raw = rusqlite::Connection::open(folder.path().join("journal.db")).unwrap();
    let query = sqlite::MOVED_RUNS;
    let found: Vec<String> =
        raw.prepare(query).unwrap().query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert_eq!(found, [lease.run()]);
    let plan: String = raw.query_row(&format!("EXPLAIN QUERY PLAN {query}"), [], |row| row.get(3)).unwrap();
    assert!(plan.contains("INDEX moves"), "{plan}");
}
