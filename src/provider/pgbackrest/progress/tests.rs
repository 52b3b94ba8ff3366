//! Every phase of a fork, and what it holds at its end.

use super::*;
use crate::domain::{Edge, Role, Target};

fn point() -> ForkPoint {
    ForkPoint {
        target: Target::Newest,
        role: Role::Secondary,
        promised: "2026-11-20T10:01:46.336621Z".parse().unwrap(),
        promised_is: Edge::Exact,
        commit: None,
        backup: Some("20261120-100056F".to_owned()),
        log_from: None,
        size_bytes: Some(1000),
        how: PointHow::Immediate,
        note: None,
        last_known: None,
    }
}

fn report(phase: Phase, alive: bool) -> Report {
    let mark = Mark {
        run: "drill-a".to_owned(),
        attempt: 1,
        port: Some(1),
        pid: Some(2),
        started_at: None,
        phase,
        exit: Some(75),
        newest_commit: Some("2026-11-20T10:01:46.336621Z".parse().unwrap()),
        replayed_to: None,
    };
    Report { whose: "mine".to_owned(), mark: Some(mark), alive, ..Report::default() }
}

#[test]
fn every_phase_has_its_state() {
    let state = |report: &Report| of(report, &point()).state;
    for phase in [Phase::Claimed, Phase::Restore, Phase::Start, Phase::Replay] {
        assert_eq!(state(&report(phase, true)), ProgressState::Working, "{phase:?}");
        assert!(
            matches!(state(&report(phase, false)), ProgressState::Failed { can_resume: true, .. }),
            "{phase:?}"
        );
    }
    assert!(matches!(state(&Report::default()), ProgressState::CannotTell { .. }));
    let expired = Report {
        restore_log: "ERROR: [075]: backup set x is not valid".to_owned(),
        ..report(Phase::RestoreFailed, false)
    };
    assert!(
        matches!(state(&expired), ProgressState::Failed { can_resume: false, why } if why.contains("expired"))
    );
    assert!(matches!(state(&report(Phase::StartFailed, false)), ProgressState::Failed { .. }));
}

#[test]
fn bytes_count_while_files_are_restored() {
    let now = of(&Report { bytes: Some(250), ..report(Phase::Restore, true) }, &point());
    assert_eq!((now.done, now.total, now.unit.as_deref()), (Some(250), Some(1000), Some("bytes")));
}

#[test]
fn s3_a_replay_counts_by_its_place_in_the_log_or_not_at_all() {
    let replay = |sql: &str| of(&Report { sql: sql.to_owned(), ..report(Phase::Replay, true) }, &point());
    let first = replay("t|0/9000118|2026-11-20T10:01:44Z|off");
    assert_eq!((first.done, first.total), (Some(0x900_0118), None), "{first:?}");
    assert!(replay("t|0/9000140||off").done > first.done);
    let silent = replay("psql: error: connection to server failed: FATAL:  role \"dba\" does not exist");
    assert_eq!((silent.done, &silent.state), (None, &ProgressState::Working));
    assert!(silent.text.contains("role \"dba\" does not exist"), "{}", silent.text);
}

#[test]
fn s3_what_is_left_of_a_replay_is_reckoned_from_what_is_done_or_unknown() {
    let to = PointHow::Lsn { lsn: "0/10000000".to_owned(), timeline: 1 };
    let far = ForkPoint { how: to, log_from: Some("0/6000000".to_owned()), ..point() };
    let replay = |lsn: &str, phase_s| {
        let sql = format!("t|{lsn}||off");
        of(&Report { phase_s, sql, ..report(Phase::Replay, true) }, &far)
    };
    // 10 of 160 MiB in 8 s.
    let early = replay("0/6A00000", Some(8));
    assert_eq!((early.done, early.total, early.left_s), (Some(10 << 20), Some(160 << 20), Some(120)));
    assert!(early.text.starts_with("replayed 10.0 MiB of 160.0 MiB of log"), "{}", early.text);
    for (lsn, phase_s) in
        [("0/6100000", Some(60)), ("0/6A00000", Some(4)), ("0/6A00000", None), ("0/10000000", Some(60))]
    {
        assert_eq!(replay(lsn, phase_s).left_s, None, "{lsn} {phase_s:?}");
    }
    // While files are restored nobody knows how long the replay takes.
    let files = of(&Report { bytes: Some(900), ..report(Phase::Restore, true) }, &far);
    assert_eq!((files.left_s, files.unit.as_deref()), (None, Some("file bytes")));
    assert!(files.text.ends_with("then replays 160.0 MiB of log"), "{}", files.text);
}

#[test]
fn a_server_that_never_lets_us_in_is_not_waited_for() {
    let sql = "psql: error: connection to server failed: FATAL:  database \"ops\" does not exist".to_owned();
    let refused = of(&Report { sql, ..report(Phase::Barred, false) }, &point());
    assert!(
        matches!(&refused.state, ProgressState::Failed { can_resume: true, why }
            if why.contains("database \"ops\" does not exist") && why.contains("`fork` table")),
        "{refused:?}"
    );
}

#[test]
fn a_fork_whose_server_is_gone_is_not_called_restored() {
    let silent = of(&report(Phase::Done, false), &point());
    assert!(matches!(silent.state, ProgressState::Failed { can_resume: false, .. }), "{silent:?}");
}

/// A promoted fork: where its replay ended, and the time of the last transaction replayed.
fn promoted(replayed_to: Option<&str>, last: Option<&str>) -> Report {
    let mut report = report(Phase::Done, false);
    let mark = report.mark.as_mut().unwrap();
    mark.replayed_to = replayed_to.map(str::to_owned);
    mark.newest_commit = last.map(|at| at.parse().unwrap());
    Report { sql: "f|||off".to_owned(), ..report }
}

#[test]
fn a_fork_is_held_against_its_promise_by_places_in_the_log() {
    let commit = Some("0/9000118".to_owned());
    let lsn = PointHow::Lsn { lsn: "0/9000140".to_owned(), timeline: 1 };
    let xid = PointHow::Xid { xid: 728, timeline: 1 };
    let time = PointHow::Time { at: "2026-11-20T10:01:47Z".parse().unwrap() };
    let (promised, earlier) = (Some("2026-11-20T10:01:46.336621Z"), Some("2026-11-20T10:01:46.336Z"));
    // How it was restored, where the replay ended, its last transaction, whether it holds the promise.
    let table = [
        (&lsn, Some("0/9000168"), promised, true),
        (&lsn, Some("0/9000140"), promised, false),
        (&lsn, Some("0/9000118"), earlier, false),
        (&xid, Some("0/9000140"), promised, true),
        (&xid, Some("0/9000118"), earlier, false),
        // A transaction given up after the commit may carry an earlier time.
        (&time, Some("0/9000168"), earlier, true),
        // Without an order in time, a later transaction may lie before the commit.
        (&time, Some("0/90000F0"), Some("2026-11-20T10:01:46.4Z"), false),
        (&time, Some("0/90000F0"), None, false),
        // The commit was in the backup already.
        (&PointHow::Immediate, Some("0/9000140"), None, true),
        (&PointHow::Immediate, Some("0/9000028"), None, false),
    ];
    for (how, replayed_to, last, whole) in table {
        let point = ForkPoint { how: how.clone(), commit: commit.clone(), ..point() };
        let found = of(&promoted(replayed_to, last), &point);
        match found.state {
            ProgressState::Restored { .. } => assert!(whole, "{how:?} {replayed_to:?}"),
            ProgressState::Failed { why, can_resume: false } => {
                assert!(!whole, "{how:?} {replayed_to:?}");
                let words = "promised was everything to 2026-11-20T10:01:46.336621Z (commit at 0/9000118)";
                assert!(why.contains("holds less") && why.contains(words), "{why}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn without_places_times_are_compared_and_nothing_is_claimed() {
    let bare = |is, last| {
        let point = ForkPoint { promised_is: is, ..point() };
        of(&promoted(None, last), &point)
    };
    let (good, short) = (Some("2026-11-20T10:01:46.336621Z"), Some("2026-11-20T10:01:46.336620Z"));
    assert!(bare(Edge::Exact, good).text.starts_with("restored, with transactions to"));
    for is in [Edge::Exact, Edge::AtLeast] {
        assert!(matches!(bare(is, short).state, ProgressState::Failed { .. }), "{is:?}");
        assert!(bare(is, None).text.contains("could not be compared"), "{is:?}");
    }
    assert!(
        matches!(bare(Edge::AtMost, short).state, ProgressState::Restored { .. }),
        "nothing sure was promised"
    );
}
