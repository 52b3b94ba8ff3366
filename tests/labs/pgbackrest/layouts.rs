//! Other layouts than the plain one: tablespaces, other codecs, a copy made by storage.

use std::fs;
use std::path::Path;

use chrono::TimeDelta;
use lifeboat::domain::{Edge, Outcome, Target};
use lifeboat::provider::Removal;

use super::{LIMIT, Region, busy_lab, commits, copy, holds, reconfigure, request};
use crate::support::{BackupKind, Lab, LabOptions, needs, run, wait_until};

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
    let labels: Vec<_> = reading.points.iter().flatten().map(|point| point.name.to_string()).collect();
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
    let missing = copy(&region.read()).reading.as_ref().expect("a reading").points.clone().expect("points");
    let last = missing.iter().next_back().expect("a backup");
    assert!(!last.usability.is_usable(), "its log is not there: {last:?}");
    let point = region.resolve(&Target::Newest).expect("what came before still stands");
    assert_eq!(point.promised, newest);
}

#[test]
fn log_and_backups_are_read_whatever_packs_them() {
    needs!(PostgreSql, PgBackRest);
    let lab = busy_lab();
    for (packed_by, suffix) in [("bz2", Some("bz2")), ("none", None), ("zst", Some("zst"))] {
        reconfigure(&lab, |text| {
            let others = text.split_inclusive('\n').filter(|line| !line.starts_with("compress-type"));
            let text: String = others.collect();
            text.replace("[global]\n", &format!("[global]\ncompress-type={packed_by}\n"))
        });
        let before = lab.segments(2).len();
        lab.wal(1);
        wait_until("the next segment in repository 2", LIMIT, || lab.segments(2).len() > before);
        let last = lab.segments(2).pop().expect("a segment");
        assert_eq!(last.extension().and_then(|suffix| suffix.to_str()), suffix, "{}", last.display());
        let report = Region::of(&lab).read();
        assert_eq!(report.outcome, Outcome::Ok, "{report:?}");
        let reading = copy(&report).reading.as_ref().expect("a reading");
        let newest = commits(&lab).last().expect("rows").1;
        assert_eq!(reading.log.last_commit, Some(newest), "{packed_by}: {reading:?}");
        assert!(reading.signs.is_empty(), "no gap where the suffix changes: {:?}", reading.signs);
    }
    lab.backup(2, BackupKind::Full);
    let before = lab.segments(2).len();
    lab.wal(1);
    wait_until("the last segment in repository 2", LIMIT, || lab.segments(2).len() > before);
    let rows = commits(&lab);
    lab.region_down();
    let region = Region::of(&lab);
    let point = region.resolve(&Target::Newest).expect("newest");
    assert_eq!((point.promised, point.promised_is), (rows.last().expect("rows").1, Edge::Exact));
    holds(&lab, &region, "zst", point, &rows);
}
