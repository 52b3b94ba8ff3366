//! What the catalog says of a pair, and forks that hold exactly what was promised.

use std::fs;

use chrono::TimeDelta;
use lifeboat::domain::{Edge, Outcome, Sign, SourceReport, Target};
use lifeboat::provider::{NoPoint, PointHow};

use super::{LIMIT, Region, busy_lab, commits, copy, holds, whole_to};
use crate::operator::Operator;
use crate::support::{Lab, LabOptions, needs, run, wait_until};

#[test]
fn forks_hold_to_the_row_what_was_promised() {
    needs!(PostgreSql, PgBackRest);
    let lab = busy_lab();
    let region = Region::of(&lab);
    let rows = commits(&lab);
    let newest = rows.last().expect("rows").1;

    let report = region.read();
    let reading = whole_to(&report, newest);
    let window = reading.windows.iter().flatten().last().expect("a window");
    assert_eq!(reading.log.last_commit, Some(newest));

    // Log without a commit, as an idle primary writes it: the last commit stays what it was.
    for name in ["a", "b", "c"] {
        lab.sql(&format!("select pg_create_restore_point('{name}'), pg_switch_wal()"));
    }
    let fresh = Region::of(&lab);
    wait_until("the idle segments in repository 2", LIMIT, || {
        let report = fresh.read();
        let log = copy(&report).reading.as_ref().map(|reading| reading.log.clone()).expect("a reading");
        let end = log.end.map(|end| end.segment);
        assert_eq!(log.last_commit, Some(newest), "{report:?}\n{:?}", fresh.resolve(&Target::Newest));
        end >= reading.log.end.as_ref().map(|end| end.segment + 3)
    });

    lab.region_down();
    let again = region.read();
    assert_eq!(again.outcome, Outcome::Ok, "repository 2 stands without region A: {again:?}");

    // The instant in the middle of the idle gap: between the commits that lie farthest from each other.
    let pairs = rows.windows(2).filter(|pair| pair[0].1 > window.from.at);
    let idle = pairs.max_by_key(|pair| pair[1].1 - pair[0].1).expect("an idle gap");
    let idle_middle = idle[0].1 + (idle[1].1 - idle[0].1) / 2;
    let cases = [
        ("newest", Target::Newest, newest),
        ("just-before", Target::At(newest - TimeDelta::microseconds(1)), rows[rows.len() - 2].1),
        ("idle", Target::At(idle_middle), idle[0].1),
    ];
    for (name, target, promise) in cases {
        let point = region.resolve(&target).unwrap_or_else(|refused| panic!("{name}: {refused:?}"));
        assert_eq!((point.promised, point.promised_is), (promise, Edge::Exact), "{name}: {point:?}");
        holds(&lab, &region, name, point, &rows);
    }
    let oldest = region.resolve(&Target::Oldest).expect("the oldest point");
    assert_eq!(oldest.how, PointHow::Immediate);
    holds(&lab, &region, "oldest", oldest.clone(), &rows);
    let label = oldest.backup.clone().expect("a label");
    let by_name = region.resolve(&Target::Backup(label)).expect("a backup by its name");
    assert_eq!((by_name.how, by_name.promised), (oldest.how, oldest.promised));
}

#[test]
fn what_cannot_be_reached_is_refused_before_anything_runs() {
    needs!(PostgreSql, PgBackRest);
    let lab = busy_lab();
    let region = Region::of(&lab);
    let newest = commits(&lab).last().expect("rows").1;
    let after = region.resolve(&Target::At(newest + TimeDelta::seconds(1))).expect_err("after the end");
    assert!(after.reason.contains("after the end of the log"), "{after:?}");
    let earlier = after.earlier.expect("a nearer instant");
    assert!(region.resolve(&Target::At(earlier)).is_ok(), "what is proposed is accepted");

    let oldest = region.resolve(&Target::Oldest).expect("the oldest point").promised;
    let before = region.resolve(&Target::At(oldest - TimeDelta::hours(1))).expect_err("before the oldest");
    assert!(before.reason.contains("before the oldest"), "{before:?}");
    assert!(region.resolve(&Target::At(before.later.expect("a nearer instant"))).is_ok());
    let unknown = region.resolve(&Target::Backup("20200101-000000F".to_owned())).expect_err("no such backup");
    assert!(unknown.reason.contains("not in repo2"), "{unknown:?}");

    // A hole: two segments in the middle of the newest stretch are lost in repository 2.
    lab.wal(4);
    let beyond = commits(&lab).last().expect("rows").1;
    for segment in lab.segments(2).iter().rev().skip(1).take(2) {
        fs::remove_file(segment).expect("a segment to lose");
    }
    let hole = region.resolve(&Target::At(beyond - TimeDelta::microseconds(1))).expect_err("in the hole");
    assert!(hole.reason.contains("hole of the log"), "{hole:?}");
    let gaps = |report: &SourceReport| -> Vec<(u64, bool, bool)> {
        let signs = &copy(report).reading.as_ref().expect("a reading").signs;
        let gap = |sign: &Sign| match sign {
            Sign::LogGap { count, ends_window, confirmed, .. } => Some((*count, *ends_window, *confirmed)),
            _ => None,
        };
        signs.iter().filter_map(gap).collect()
    };
    assert_eq!(gaps(&region.read()), [(2, true, false)]);
    assert_eq!(gaps(&region.read()), [(2, true, true)]);
    let reachable = region.resolve(&Target::Newest).expect("what is before the hole");
    assert!(reachable.promised < beyond, "{reachable:?}");
}

#[test]
fn a_lost_repository_is_unknown_and_not_empty() {
    needs!(PostgreSql, PgBackRest);
    let lab = Lab::with(LabOptions { rows: 10, async_archive: false });
    let region = Region::of(&lab);
    assert_eq!(region.read().outcome, Outcome::Ok);
    lab.repo2_down();
    let gone = region.read();
    assert_eq!(gone.outcome, Outcome::NotFound, "{gone:?}");
    assert_eq!(copy(&gone).reading, None);
    let point = region.ask(&Target::Newest);
    assert!(matches!(point, Err(NoPoint::CannotTell { .. })), "nothing is known of a point: {point:?}");
}

#[test]
fn a_failover_is_followed_onto_the_new_timeline() {
    needs!(PostgreSql, PgBackRest);
    let lab = busy_lab();
    let data = lab.path().join("region-a/pg");
    let pg_ctl = |words: &[&str]| {
        let mut command = lab.command(lab.pg_bin().join("pg_ctl"));
        command.arg("-D").arg(&data).args(["-w", "-l"]).arg(lab.path().join("log/primary.log"));
        run(command.args(words), LIMIT).expect_ok();
    };
    pg_ctl(&["-m", "fast", "stop"]);
    run(lab.command("touch").arg(data.join("standby.signal")), LIMIT).expect_ok();
    pg_ctl(&["start"]);
    pg_ctl(&["promote"]);
    lab.wal(3);
    let region = Region::of(&lab);
    let rows = commits(&lab);
    wait_until("the last segment in repository 2", LIMIT, || {
        let report = region.read();
        let last = copy(&report).reading.as_ref().and_then(|reading| reading.log.last_commit);
        last == rows.last().map(|(_, at)| *at)
    });
    let report = region.read();
    let reading = copy(&report).reading.as_ref().expect("a reading");
    assert_eq!(reading.log.end.as_ref().map(|end| end.timeline), Some(2), "{reading:?}");
    assert!(reading.signs.is_empty(), "a failover is neither a hole nor a rival: {:?}", reading.signs);

    let home = tempfile::tempdir().expect("a home");
    let status = Operator::of(&lab, home.path()).json(0, &["status"]);
    let findings = status.pointer("/services/0/findings").expect("findings").to_string();
    assert!(!findings.contains("two_timelines"), "one server, promoted once: {findings}");
    assert_eq!(status.pointer("/services/0/trailing/count"), Some(&0.into()), "{status:#}");

    let newest = rows.last().expect("rows").1;
    let point = region.resolve(&Target::Newest).expect("newest");
    assert!(matches!(point.how, PointHow::Lsn { timeline: 2, .. }), "{point:?}");
    assert_eq!((point.promised, point.promised_is), (newest, Edge::Exact));
    holds(&lab, &region, "newest", point, &rows);
    let point = region.resolve(&Target::At(newest - TimeDelta::microseconds(1))).expect("just before");
    holds(&lab, &region, "just-before", point, &rows);
}
