//! Rival timelines: servers that both take themselves for the primary.

use std::fs;
use std::path::Path;

use chrono::{TimeDelta, Utc};
use lifeboat::domain::{Edge, Sign, Target};
use serde_json::Value;

use super::{LIMIT, Region, busy_lab, commits, copy, holds, reconfigure};
use crate::operator::{Operator, ROWS, text};
use crate::support::{Lab, needs, run, wait_until};

fn pg_ctl(lab: &Lab, data: &Path, words: &[&str]) {
    let mut command = lab.command(lab.pg_bin().join("pg_ctl"));
    command.arg("-D").arg(data).args(["-w", "-l"]).arg(lab.path().join("log/rival.log"));
    run(command.args(words), LIMIT).expect_ok();
}

/// Starts a stopped server as a standby and promotes it, to timeline 2.
fn promote(lab: &Lab, data: &Path) {
    run(lab.command("touch").arg(data.join("standby.signal")), LIMIT).expect_ok();
    pg_ctl(lab, data, &["start"]);
    pg_ctl(lab, data, &["promote"]);
}

/// A copy of the stopped primary in region B, promoted with its archiving left on: it pushes its timeline 2
/// into repository 2, which is all that it knows.
fn promote_rival(lab: &Lab, primary: &Path, rival: &Path) {
    run(lab.command("cp").arg("-a").arg(primary).arg(rival), LIMIT).expect_ok();
    let push = format!(
        "pgbackrest --config={} --stanza={} --pg1-path={} --log-level-file=off archive-push %p",
        lab.path().join("region-b.conf").display(),
        Lab::STANZA,
        rival.display(),
    );
    let auto = rival.join("postgresql.auto.conf");
    let text = fs::read_to_string(&auto).expect("settings");
    let settings = format!("{text}port = {}\narchive_command = '{push}'\n", lab.fork_port());
    fs::write(&auto, settings).expect("settings");
    promote(lab, rival);
    lab.fork_sql("insert into heartbeat(note) values ('rival')");
    lab.fork_sql("select pg_switch_wal()");
}

/// How many segments of a timeline are in a repository.
fn stored(lab: &Lab, repo: u8, timeline: u32) -> usize {
    let of = format!("{timeline:08X}");
    let names = lab.segments(repo);
    let names = names.iter().filter_map(|path| path.file_name());
    names.filter(|name| name.to_string_lossy().starts_with(&of)).count()
}

fn service(operator: &Operator<'_>) -> Value {
    operator.json(0, &["status"]).pointer("/services/0").cloned().expect("orders")
}

fn rules(service: &Value) -> Vec<String> {
    let findings = service.get("findings").and_then(Value::as_array).expect("findings");
    findings.iter().map(|finding| text(finding, "/rule")).collect()
}

#[test]
fn s6_two_timelines_that_both_receive_log_are_named_and_the_backups_own_is_kept() {
    needs!(PostgreSql, PgBackRest);
    let lab = busy_lab();
    let home = tempfile::tempdir().expect("a home");
    let operator = Operator::of(&lab, home.path());
    let region = Region::of(&lab);
    let (data, rival) = (lab.path().join("region-a/pg"), lab.path().join("rival"));

    pg_ctl(&lab, &data, &["-m", "fast", "stop"]);
    promote_rival(&lab, &data, &rival);
    wait_until("the rival's log in repository 2", LIMIT, || stored(&lab, 2, 2) > 0);
    // Repository 1 ends on timeline 1 and repository 2 on timeline 2: nothing is measured across them.
    let across = service(&operator);
    for lag in ["replication_lag_s", "trailing"] {
        assert_eq!(across.get(lag), Some(&Value::Null), "{across:#}");
    }
    assert!(!rules(&across).contains(&"two_timelines".to_owned()), "one of them is at rest: {across:#}");

    // Stored times are whole seconds.
    let began = Utc::now();
    wait_until("a later second", LIMIT, || Utc::now() - began > TimeDelta::milliseconds(1100));
    let before = stored(&lab, 2, 1);
    pg_ctl(&lab, &data, &["start"]);
    lab.wal(2);
    wait_until("the primary's log in repository 2", LIMIT, || stored(&lab, 2, 1) >= before + 2);
    let rows = commits(&lab);
    let report = region.read();
    let reading = copy(&report).reading.as_ref().expect("a reading");
    assert!(reading.signs.contains(&Sign::TwoTimelines { timelines: vec![1, 2] }), "{:?}", reading.signs);
    assert_eq!(reading.log.end.as_ref().map(|end| end.timeline), Some(1));
    let both = service(&operator);
    assert!(rules(&both).contains(&"two_timelines".to_owned()), "{both:#}");
    assert_eq!(both.pointer("/trailing/count"), Some(&Value::from(0)), "both on timeline 1: {both:#}");

    let newest = rows.last().expect("rows").1;
    let point = region.resolve(&Target::Newest).expect("newest");
    assert_eq!((point.promised, point.promised_is), (newest, Edge::Exact), "the rival's row is not in it");
    pg_ctl(&lab, &rival, &["-m", "fast", "stop"]);
    holds(&lab, &region, "own", point, &rows);
    let id = operator.drill("newest");
    assert_eq!(operator.rows_read(&id), lab.sql(ROWS), "what the primary has, and nothing of its rival");
}

#[test]
fn s6_two_promoted_servers_that_archive_into_one_repository_each_are_named() {
    needs!(PostgreSql, PgBackRest);
    let lab = busy_lab();
    let home = tempfile::tempdir().expect("a home");
    let operator = Operator::of(&lab, home.path());
    let (data, rival) = (lab.path().join("region-a/pg"), lab.path().join("rival"));
    pg_ctl(&lab, &data, &["-m", "fast", "stop"]);
    promote_rival(&lab, &data, &rival);
    // Region A is cut off: its server, promoted too, knows repository 1 alone.
    reconfigure(&lab, |text| text.split_inclusive('\n').filter(|line| !line.starts_with("repo2")).collect());
    promote(&lab, &data);
    let pushed = |lab: &Lab| (stored(lab, 1, 2), stored(lab, 2, 2));
    lab.wal(1);
    wait_until("as much of timeline 2 in both repositories", LIMIT, || {
        let (here, there) = pushed(&lab);
        if here < there {
            lab.wal(1);
        } else if there < here {
            lab.fork_sql("insert into heartbeat(note) values ('rival')");
            lab.fork_sql("select pg_switch_wal()");
        }
        here == there && here > 0
    });
    let names = |repo: u8| -> Vec<String> {
        let paths = lab.segments(repo);
        paths
            .iter()
            .map(|path| path.file_name().expect("a name").to_string_lossy()[..24].to_owned())
            .collect()
    };
    assert_eq!(names(1).last(), names(2).last(), "by their names the two end alike");

    let split = service(&operator);
    assert!(rules(&split).contains(&"two_timelines".to_owned()), "{split:#}");
    let findings = split.get("findings").and_then(Value::as_array).expect("findings");
    let found = findings.iter().find(|finding| text(finding, "/rule") == "two_timelines").expect("it");
    for words in ["timeline 2", "pg-west repo1", "pg-east repo2", "parted"] {
        assert!(text(found, "/text").contains(words), "no {words} in {found:#}");
    }
    for lag in ["replication_lag_s", "trailing"] {
        assert_eq!(split.get(lag), Some(&Value::Null), "nothing is measured between the two: {split:#}");
    }
    assert_eq!(split.get("idle_proven"), Some(&Value::Bool(false)), "{split:#}");
    pg_ctl(&lab, &rival, &["-m", "fast", "stop"]);
}
