//! What must hold for journals and readings, against real files.

mod backups;
mod moves;
mod paper;
mod readings;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use chrono::TimeDelta;

use super::*;
use crate::domain::Service;
use crate::domain::sample::{at, orders};
use crate::evidence;
use crate::runbook::sample::{OPENED, author, opening};
use crate::runbook::{Conclusion, RunResult, StepKind, replay};

fn drill(token: &str) -> Opening {
    let mut opening = opening(RunKind::Drill);
    opening.run = format!("drill-orders-db-20261120-{token}");
    opening
}

fn note(text: &str) -> Event {
    Event::Noted { text: text.to_owned() }
}

fn closed() -> Event {
    Event::Closed {
        conclusion: Conclusion {
            result: RunResult::NotVerified,
            reasons: vec!["no check".to_owned()],
            failed: None,
            missed: Vec::new(),
            achieved_rto_s: None,
            achieved_rto_is: None,
            achieved_rpo_s: None,
            achieved_rpo_is: None,
            restore_s: None,
            paused_s: 0,
            proven_at: None,
        },
    }
}

/// Opens a run and writes `count` notes.
fn written(ledger: &dyn Ledger, token: &str, count: usize) -> Lease {
    let (mut lease, _) = ledger.create(drill(token), at(OPENED), &author()).unwrap();
    for number in 0..count {
        ledger.append(&mut lease, at(OPENED), &author(), note(&format!("note {number}"))).unwrap();
    }
    lease
}

#[test]
fn s25_nothing_is_written_to_a_journal_that_was_taken_away_while_it_was_open_and_it_tells_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = SqliteLedger::open(folder.path()).unwrap();
    let (mut lease, _) = ledger.create(drill("aaaaaa"), at(OPENED), &author()).unwrap();
    let run = lease.run().to_owned();
    let (journal, away) = (folder.path().join("journal.db"), folder.path().join("away.db"));
    fs::rename(&journal, &away).unwrap();
    for replaced in [false, true] {
        if replaced {
            fs::write(&journal, "").unwrap();
        }
        let says = |error: LedgerError| error.to_string().contains("moved, removed or replaced");
        assert!(says(ledger.append(&mut lease, at(OPENED), &author(), note("lost")).unwrap_err()));
        assert!(says(ledger.runs().unwrap_err()) && says(ledger.lines(&run).unwrap_err()));
        assert!(says(ledger.create(drill("bbbbbb"), at(OPENED), &author()).unwrap_err()));
    }
    fs::rename(&away, &journal).unwrap();
    ledger.append(&mut lease, at(OPENED), &author(), note("kept")).unwrap();
    assert_eq!(ledger.lines(&run).unwrap().len(), 2, "nothing of what was refused is there");
}

#[test]
fn s31_what_was_written_is_read_back_and_its_chain_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = SqliteLedger::open(folder.path()).unwrap();
    let paper = PaperLedger::default();
    for ledger in [&sqlite as &dyn Ledger, &paper] {
        let lease = written(ledger, "aaaaaa", 3);
        let records = ledger.load(lease.run()).unwrap();
        assert_eq!(records.iter().map(|record| record.seq).collect::<Vec<_>>(), [1, 2, 3, 4]);
        assert_eq!(replay(&records).unwrap().notes.len(), 3);
        let verified = ledger.verify(lease.run()).unwrap();
        assert_eq!((verified.events, verified.broken), (4, None));
        assert_eq!(verified.head.as_deref(), Some(lease.head()));
    }
}

#[test]
fn s31_anyone_can_check_the_chain_with_common_tools() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = SqliteLedger::open(folder.path()).unwrap();
    let lease = written(&ledger, "aaaaaa", 2);
    let file = folder.path().join("run.jsonl");
    fs::write(&file, ledger.lines(lease.run()).unwrap().join("\n") + "\n").unwrap();
    let records = ledger.load(lease.run()).unwrap();
    let report = evidence::markdown(&evidence::report(&records, None).unwrap());
    let told = report.lines().find(|line| line.contains("sha256sum")).unwrap();
    let script = told.split('`').find(|code| code.starts_with("sed")).unwrap();
    let script = script.replace("Np", "2p").replace("FILE", "\"$0\"");
    let ran = std::process::Command::new("sh").args(["-c", &script]).arg(&file).output().unwrap();
    let hash = String::from_utf8(ran.stdout).unwrap();
    let third = &records[2];
    assert_eq!(hash.split_whitespace().next(), third.prev.as_deref());
}

#[test]
fn s31_a_changed_line_is_named() {
    let ledger = PaperLedger::default();
    let lease = written(&ledger, "aaaaaa", 3);
    let whole = ledger.lines(lease.run()).unwrap();
    let broken_at = |change: fn(&mut Vec<String>)| {
        let mut lines = whole.clone();
        change(&mut lines);
        chain::verify(&lines).broken.map(|broken| broken.line)
    };
    assert_eq!(broken_at(|_| {}), None);
    // A change inside a line breaks the link from the next one.
    assert_eq!(broken_at(|lines| lines[1] = lines[1].replace("note 0", "note 9")), Some(3));
    assert_eq!(broken_at(|lines| drop(lines.remove(1))), Some(2));
    assert_eq!(broken_at(|lines| lines.swap(1, 2)), Some(2));
    assert_eq!(broken_at(|lines| lines[2] = "{}".to_owned()), Some(3));
    assert_eq!(broken_at(|lines| lines[0] = lines[0].replace("fork-to-secondary", "other")), Some(1));
    assert_eq!(broken_at(Vec::clear), Some(1));
}

#[test]
fn s30_one_open_run_a_service_and_the_refusal_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = SqliteLedger::open(folder.path()).unwrap();
    let mut first = written(&ledger, "aaaaaa", 0);
    let kept = || fs::read_dir(folder.path().join("runs")).unwrap().count();
    let before = kept();
    // Another process has its own connection.
    let other = SqliteLedger::open(folder.path()).unwrap();
    let refused = other.create(drill("bbbbbb"), at(OPENED), &author()).unwrap_err();
    assert_eq!(
        refused,
        LedgerError::OpenRun {
            service: "orders-db".to_owned(),
            run: first.run().to_owned(),
            opened_at: at(OPENED),
            live: true
        }
    );
    assert_eq!(kept(), before, "what was refused leaves nothing");
    ledger.append(&mut first, at(OPENED), &author(), closed()).unwrap();
    other.create(drill("bbbbbb"), at(OPENED), &author()).unwrap();
    let runs = ledger.runs().unwrap();
    assert_eq!(runs.len(), 2);
    assert!(runs.iter().any(|run| { run.result() == Some(RunResult::NotVerified) }));
}

#[test]
fn s30_a_run_is_live_while_its_lock_is_held_and_interrupted_after() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = SqliteLedger::open(folder.path()).unwrap();
    let lease = written(&ledger, "aaaaaa", 1);
    let run = lease.run().to_owned();
    let other = SqliteLedger::open(folder.path()).unwrap();
    assert_eq!(other.runs().unwrap()[0].standing, Standing::Live);
    assert_eq!(other.lease(&run).unwrap_err(), LedgerError::Live { run: run.clone() });
    drop(lease);
    // What another test starts holds the lock, too, from its fork to its exec.
    let until = Instant::now() + Duration::from_secs(10);
    while other.runs().unwrap()[0].standing == Standing::Live && Instant::now() < until {
        std::thread::yield_now();
    }
    assert_eq!(other.runs().unwrap()[0].standing, Standing::Interrupted);
    let mut taken = other.lease(&run).unwrap();
    assert_eq!(other.append(&mut taken, at(OPENED), &author(), note("back")).unwrap().seq, 3);
}

#[test]
fn s30_the_kernel_frees_the_lock_of_a_process_that_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let lock = folder.path().join("a.lock");
    fs::write(&lock, "").unwrap();
    let mut holder = std::process::Command::new("flock")
        .args(["-o".as_ref(), "-x".as_ref(), lock.as_os_str(), "-c".as_ref(), "echo held; exec cat".as_ref()])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = [0; 4];
    std::io::Read::read_exact(holder.stdout.as_mut().unwrap(), &mut said).unwrap();
    assert!(lock::is_held(&lock));
    assert!(lock::take(&lock).unwrap().is_none());
    holder.kill().unwrap();
    holder.wait().unwrap();
    assert!(!lock::is_held(&lock));
    assert!(lock::take(&lock).unwrap().is_some());
}

#[test]
fn s29_a_journal_is_only_ever_added_to() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = SqliteLedger::open(folder.path()).unwrap();
    drop(written(&ledger, "aaaaaa", 1));
    let raw = rusqlite::Connection::open(folder.path().join("journal.db")).unwrap();
    assert!(raw.execute("UPDATE events SET line = '{}'", []).is_err());
    assert!(raw.execute("DELETE FROM events", []).is_err());
    let mode: String = raw.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
}

#[test]
fn a_journal_that_something_else_wrote_to_is_not_written_to() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = SqliteLedger::open(folder.path()).unwrap();
    let mut lease = written(&ledger, "aaaaaa", 1);
    let raw = rusqlite::Connection::open(folder.path().join("journal.db")).unwrap();
    raw.execute("INSERT INTO events (run, seq, line) VALUES (?1, 3, '{}')", [lease.run()]).unwrap();
    let refused = ledger.append(&mut lease, at(OPENED), &author(), note("on")).unwrap_err();
    assert_eq!(refused, LedgerError::Changed { run: lease.run().to_owned() });
    assert_eq!(ledger.verify(lease.run()).unwrap().broken.unwrap().line, 3);
}

#[test]
fn s29_files_are_readable_by_the_group_and_by_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let lease = written(&SqliteLedger::open(&state).unwrap(), "aaaaaa", 0);
    Readings::open(&state).save([&orders()], at(OPENED)).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&state) & 0o027, 0);
    for name in ["journal.db", "readings.db"] {
        assert_eq!(mode(&state.join(name)), 0o640, "{name}");
    }
    assert_eq!(mode(&state.join("runs").join(format!("{}.lock", lease.run()))) & 0o037, 0);
}

#[test]
fn a_journal_at_rest_can_be_read_without_writing() {
    let folder = tempfile::tempdir().unwrap();
    drop(written(&SqliteLedger::open(folder.path()).unwrap(), "aaaaaa", 2));
    let reader = SqliteLedger::open_to_read(folder.path()).unwrap();
    let run = reader.runs().unwrap().remove(0);
    assert_eq!(reader.load(&run.run).unwrap().len(), 3);
    assert!(reader.create(drill("bbbbbb"), at(OPENED), &author()).is_err());
    assert!(SqliteLedger::open_to_read(&folder.path().join("nothing")).is_err());
}

#[test]
fn a_runs_name_never_becomes_another_path() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = SqliteLedger::open(folder.path()).unwrap();
    for name in ["../journal", "", "a/b", "A"] {
        assert_eq!(ledger.lease(name).unwrap_err(), LedgerError::NoSuchRun { run: name.to_owned() });
        assert!(ledger.lines(name).is_err());
    }
}

#[test]
fn a_newer_format_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    drop(SqliteLedger::open(folder.path()).unwrap());
    let raw = rusqlite::Connection::open(folder.path().join("journal.db")).unwrap();
    raw.pragma_update(None, "user_version", 7).unwrap();
    assert!(matches!(SqliteLedger::open(folder.path()), Err(LedgerError::Newer { found: 7, .. })));
}

#[test]
fn s29_a_folder_that_cannot_be_written_leaves_readings_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    // A file where the folder should be stops root, too.
    let taken = folder.path().join("state");
    fs::write(&taken, "").unwrap();
    let state = StateFolder::open(&taken, Places::default());
    assert!(matches!(state.runs, Err(LedgerError::Folder { .. })));
    assert!(state.readings.not_saved().is_some());
    state.readings.save([&orders()], at(OPENED)).unwrap();
    assert_eq!(state.readings.load().unwrap(), [orders()]);
}

#[test]
fn s2_last_known_readings_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let mut other = orders();
    other.id = "sessions".to_owned();
    Readings::open(folder.path()).save([&orders(), &other], at(OPENED)).unwrap();
    let readings = Readings::open(folder.path());
    assert_eq!(readings.not_saved(), None);
    assert_eq!(readings.load().unwrap(), [orders(), other.clone()]);
    other.last_proven = Some(at(OPENED) + TimeDelta::hours(1));
    readings.save([&other], at(OPENED)).unwrap();
    assert_eq!(Readings::open(folder.path()).load().unwrap(), [orders(), other]);
}

#[test]
fn s29_damage_where_nobody_reads_is_found_by_a_check_and_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("readings.db");
    Readings::open(folder.path()).save([&orders()], at(OPENED)).unwrap();
    let (page, size): (i64, i64) = {
        let raw = rusqlite::Connection::open(&path).unwrap();
        let root = "SELECT rootpage, (SELECT page_size FROM pragma_page_size) FROM sqlite_schema WHERE name = 'samples'";
        raw.query_row(root, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
    };
    let mut bytes = fs::read(&path).unwrap();
    let [from, to] = [page - 1, page].map(|page| usize::try_from(page * size).unwrap());
    bytes[from..to].fill(0x5a);
    fs::write(&path, bytes).unwrap();
    let readings = Readings::open(folder.path());
    assert_eq!(readings.load().unwrap(), [orders()], "what is whole is shown");
    readings.check().unwrap();
    assert_eq!(readings.load().unwrap(), []);
    readings.save([&orders()], at(OPENED)).unwrap();
    readings.check().unwrap();
    assert_eq!(Readings::open(folder.path()).load().unwrap(), [orders()], "what is whole stays");
}

#[test]
fn s29_damaged_readings_are_made_anew_and_the_journal_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    drop(written(&SqliteLedger::open(folder.path()).unwrap(), "aaaaaa", 1));
    Readings::open(folder.path()).save([&orders()], at(OPENED)).unwrap();
    let path = folder.path().join("readings.db");
    for damage in [b"this is no database, it never was one, and it will not be one".to_vec(), {
        let mut bytes = fs::read(&path).unwrap();
        let end = bytes.len().min(9000);
        bytes[2000..end].fill(0x5a);
        bytes
    }] {
        fs::remove_file(folder.path().join("readings.db-wal")).ok();
        fs::remove_file(folder.path().join("readings.db-shm")).ok();
        fs::write(&path, damage).unwrap();
        let readings = Readings::open(folder.path());
        assert_eq!(readings.not_saved(), None);
        assert_eq!(readings.load().unwrap(), []);
        readings.save([&orders()], at(OPENED)).unwrap();
    }
    assert_eq!(SqliteLedger::open(folder.path()).unwrap().runs().unwrap().len(), 1);
}

#[test]
fn s35_closed_runs_tell_how_long_a_restore_takes_and_when_one_was_proven() {
    let ledger = PaperLedger::default();
    let table = [
        (RunResult::Passed, Some(1620)),
        (RunResult::ObjectiveMissed, Some(2040)),
        (RunResult::NotVerified, Some(1500)),
        // What was found wrong tells of no other restore (S24).
        (RunResult::Failed, Some(600)),
    ];
    for (number, (result, restore_s)) in (0..).zip(table) {
        let (mut lease, _) = ledger.create(drill(&format!("aaaaa{number}")), at(OPENED), &author()).unwrap();
        let Event::Closed { mut conclusion } = closed() else { unreachable!() };
        (conclusion.result, conclusion.restore_s) = (result, restore_s);
        let ends = at(OPENED) + TimeDelta::days(number);
        ledger.append(&mut lease, ends, &author(), Event::Closed { conclusion }).unwrap();
    }
    // No pass, but its data was checked: it counts from then, however much later it closed.
    let proven = at(OPENED) + TimeDelta::hours(30);
    let (mut lease, _) = ledger.create(drill("aaaaa9"), at(OPENED), &author()).unwrap();
    let Event::Closed { mut conclusion } = closed() else { unreachable!() };
    conclusion.proven_at = Some(proven);
    ledger
        .append(&mut lease, at(OPENED) + TimeDelta::days(9), &author(), Event::Closed { conclusion })
        .unwrap();
    // An open run says nothing yet.
    ledger.create(drill("bbbbbb"), at(OPENED), &author()).unwrap();
    let known = history(&ledger).unwrap();
    let mut service = orders();
    known["orders-db"].tell(&mut service);
    assert_eq!(service.restore_history_s, [1500, 2040, 1620]);
    assert_eq!(service.last_proven, Some(proven));
}
