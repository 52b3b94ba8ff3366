//! Other layouts than the plain one: tablespaces, other codecs, a copy made by storage, rival timelines.

use std::fs;
use std::path::Path;

use chrono::{TimeDelta, Utc};
use lifeboat::domain::{Edge, Outcome, Sign, Target};
use lifeboat::provider::Removal;
use serde_json::Value;

use super::{LIMIT, Region, busy_lab, commits, copy, holds, request};
use crate::operator::{Operator, ROWS, text};
use crate::support::{BackupKind, Lab, LabOptions, needs, run, wait_until};

/// Changes the lab's pgBackRest configuration, for every call from now on.
fn reconfigure(lab: &Lab, change: impl Fn(&str) -> String) {
    let text = fs::read_to_string(lab.config()).expect("the configuration");
    fs::write(lab.config(), change(&text)).expect("the configuration");
}

#[test]
fn a_tablespace_and_log_packed_by_lz4_are_restored_beside_the_fork() {
    needs!(PostgreSql, PgBackRest);
    let lab = Lab::with(LabOptions { rows: 100, async_archive: false });
    reconfigure(&lab, |text| text.replace("[global]\n", "[global]\ncompress-type=lz4\n"));
    let space = lab.path().join("region-a/space");
    run(lab.command("mkdir").arg(&space), LIMIT).expect_ok();
    lab.sql(&format!("create tablespace apart location '{}'", space.display()));
    lab.sql("create table elsewhere tablespace apart as select generate_series(1, 500) as id");
    lab.backup(2, BackupKind::Full);
    lab.sql("insert into elsewhere values (501)");
    lab.wal(2);
    assert!(lab.segments(2).iter().any(|segment| segment.extension().is_some_and(|codec| codec == "lz4")));
    lab.region_down();

    let region = Region::of(&lab);
    let point = region.resolve(&Target::Newest).expect("newest");
    let request = request("drill-space", point);
    region.restored(&request);
    assert_eq!(region.sql(&lab, &request, "select count(*), max(id) from elsewhere"), "501|501");
    let location = "select pg_tablespace_location(oid) from pg_tablespace where spcname = 'apart'";
    let place = region.sql(&lab, &request, location);
    let beside = region.forks.join("drill-space.lifeboat/tablespaces");
    assert!(place.starts_with(&beside.display().to_string()), "{place}: never where the original has it");
    let removal = region.remove(&request);
    assert!(matches!(removal, Removal::Proven { .. }), "{removal:?}");
    assert!(!beside.exists() && space.exists());
}

#[test]
fn a_copy_made_by_storage_is_read_as_far_as_it_came() {
    needs!(PostgreSql, PgBackRest);
    let lab = busy_lab();
    // From now on nothing is pushed to repository 2: it is a copy of repository 1, made now and then.
    let (one, two) = (lab.path().join("region-a/repo"), lab.path().join("region-b/repo"));
    reconfigure(&lab, |text| text.split_inclusive('\n').filter(|line| !line.starts_with("repo2")).collect());
    run(lab.command("rm").arg("-rf").arg(&two), LIMIT).expect_ok();
    run(lab.command("cp").arg("-a").arg(&one).arg(&two), LIMIT).expect_ok();
    let copied = commits(&lab);
    lab.wal(2);
    lab.backup(1, BackupKind::Full);

    let region = Region::of(&lab);
    let report = region.read();
    assert_eq!(report.outcome, Outcome::Ok, "{report:?}");
    let reading = copy(&report).reading.as_ref().expect("a reading");
    let labels: Vec<_> = reading.points.iter().flatten().map(|point| point.name.clone()).collect();
    let newest = copied.last().expect("rows").1;
    assert_eq!(reading.log.last_commit, Some(newest), "the copy lags");
    let held: Vec<String> = fs::read_dir(one.join("backup").join(Lab::STANZA))
        .expect("backups of repository 1")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    assert!(!labels.is_empty() && labels.iter().all(|label| held.contains(label)), "{labels:?} {held:?}");

    let point = region.resolve(&Target::Newest).expect("newest");
    assert_eq!((point.promised, point.promised_is), (newest, Edge::Exact));
    let after = region.resolve(&Target::At(newest + TimeDelta::microseconds(1))).expect_err("not copied yet");
    assert!(after.reason.contains("after the end of the log"), "{after:?}");
    lab.region_down();
    holds(&lab, &region, "copied", point, &copied);

    // The next copy stopped half-way: what describes the backups came, a backup's files did not.
    let info = |root: &Path| root.join("backup").join(Lab::STANZA).join("backup.info");
    let hidden = lab.path().join("region-a/repo.hidden");
    run(lab.command("cp").arg(info(&hidden)).arg(info(&two)), LIMIT).expect_ok();
    let region = Region::of(&lab);
    let missing = copy(&region.read()).reading.clone().expect("a reading").points.expect("points");
    let last = missing.last().expect("a backup");
    assert!(!last.usability.is_usable(), "its log is not there: {last:?}");
    let point = region.resolve(&Target::Newest).expect("what came before still stands");
    assert_eq!(point.promised, newest);
}

fn pg_ctl(lab: &Lab, data: &Path, words: &[&str]) {
    let mut command = lab.command(lab.pg_bin().join("pg_ctl"));
    command.arg("-D").arg(data).args(["-w", "-l"]).arg(lab.path().join("log/rival.log"));
    run(command.args(words), LIMIT).expect_ok();
}

/// A copy of the stopped primary in region B, promoted with its archiving left on: it pushes its timeline 2
/// into repository 2, which is all that it knows.
fn promote_rival(lab: &Lab, primary: &Path, rival: &Path) {
    run(lab.command("cp").arg("-a").arg(primary).arg(rival), LIMIT).expect_ok();
    run(lab.command("touch").arg(rival.join("standby.signal")), LIMIT).expect_ok();
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
    pg_ctl(lab, rival, &["start"]);
    pg_ctl(lab, rival, &["promote"]);
    lab.fork_sql("insert into heartbeat(note) values ('rival')");
    lab.fork_sql("select pg_switch_wal()");
}

/// How many segments of a timeline are in repository 2.
fn stored(lab: &Lab, timeline: u32) -> usize {
    let of = format!("{timeline:08X}");
    let names = lab.segments(2);
    let names = names.iter().filter_map(|path| path.file_name());
    names.filter(|name| name.to_string_lossy().starts_with(&of)).count()
}

#[test]
fn s6_two_timelines_that_both_receive_log_are_named_and_the_backups_own_is_kept() {
    needs!(PostgreSql, PgBackRest);
    let lab = busy_lab();
    let home = tempfile::tempdir().expect("a home");
    let operator = Operator::of(&lab, home.path());
    let region = Region::of(&lab);
    let service =
        |code: i32| operator.json(code, &["status"]).pointer("/services/0").cloned().expect("orders");
    let rules = |service: &Value| -> Vec<String> {
        let findings = service.get("findings").and_then(Value::as_array).expect("findings");
        findings.iter().map(|finding| text(finding, "/rule")).collect()
    };
    let (data, rival) = (lab.path().join("region-a/pg"), lab.path().join("rival"));

    pg_ctl(&lab, &data, &["-m", "fast", "stop"]);
    promote_rival(&lab, &data, &rival);
    wait_until("the rival's log in repository 2", LIMIT, || stored(&lab, 2) > 0);
    // Repository 1 ends on timeline 1 and repository 2 on timeline 2: nothing is measured across them.
    let across = service(0);
    for lag in ["replication_lag_s", "trailing"] {
        assert_eq!(across.get(lag), Some(&Value::Null), "{across:#}");
    }
    assert!(!rules(&across).contains(&"two_timelines".to_owned()), "one of them is at rest: {across:#}");

    // Stored times are whole seconds.
    let began = Utc::now();
    wait_until("a later second", LIMIT, || Utc::now() - began > TimeDelta::milliseconds(1100));
    let before = stored(&lab, 1);
    pg_ctl(&lab, &data, &["start"]);
    lab.wal(2);
    wait_until("the primary's log in repository 2", LIMIT, || stored(&lab, 1) >= before + 2);
    let rows = commits(&lab);
    let report = region.read();
    let reading = copy(&report).reading.as_ref().expect("a reading");
    assert!(reading.signs.contains(&Sign::TwoTimelines { timelines: vec![1, 2] }), "{:?}", reading.signs);
    assert_eq!(reading.log.end.as_ref().map(|end| end.timeline), Some(1));
    let both = service(0);
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
