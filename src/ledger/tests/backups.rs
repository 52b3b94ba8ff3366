//! Backups as they are kept: written when they change, once where both copies hold the same, read as they were.

use super::*;
use crate::domain::sample::point;
use crate::domain::{Points, Reading, RecoveryPoint};

#[test]
fn s2_backups_are_written_when_they_change_and_known_as_they_were_last_read() {
    fn there(service: &mut Service) -> &mut Reading {
        service.secondary.as_mut().unwrap().last_good.as_mut().unwrap()
    }
    let folder = tempfile::tempdir().unwrap();
    let readings = Readings::open(folder.path());
    let raw = rusqlite::Connection::open(folder.path().join("readings.db")).unwrap();
    let written = || -> i64 { raw.query_row("SELECT sum(mark) FROM backups", [], |row| row.get(0)).unwrap() };
    let mut service = orders();
    readings.save([&service], at(OPENED)).unwrap();
    let first = written();
    raw.execute_batch(
        "CREATE TRIGGER no_more BEFORE UPDATE ON backups BEGIN SELECT RAISE(ABORT, 'twice'); END",
    )
    .unwrap();
    there(&mut service).as_of += TimeDelta::minutes(1);
    let later = at(OPENED) + TimeDelta::minutes(2);
    readings.save([&service], later).unwrap();
    assert_eq!((written(), readings.load().unwrap()), (first, vec![service.clone()]));
    raw.execute_batch("DROP TRIGGER no_more").unwrap();
    let fewer: Points = there(&mut service).points.iter().flatten().skip(1).map(Into::into).collect();
    for points in [Some(fewer), Some(Points::default()), None] {
        there(&mut service).points = points;
        readings.save([&service], later).unwrap();
        assert_eq!(readings.load().unwrap(), std::slice::from_ref(&service), "none is not unknown (S3)");
    }
}

#[test]
fn s2_backups_that_an_earlier_version_wrote_are_read_and_written_in_the_new_form_once() {
    let folder = tempfile::tempdir().unwrap();
    let readings = Readings::open(folder.path());
    readings.save([&orders()], at(OPENED)).unwrap();
    let raw = rusqlite::Connection::open(folder.path().join("readings.db")).unwrap();
    let points = orders().secondary.unwrap().last_good.unwrap().points.clone();
    let before = serde_json::to_string(&points).unwrap();
    raw.execute("UPDATE backups SET mark = 1, list = ?1 WHERE role = 'secondary'", [&before]).unwrap();
    let list = || -> String {
        raw.query_row("SELECT list FROM backups WHERE role = 'secondary'", [], |row| row.get(0)).unwrap()
    };
    assert_eq!(readings.load().unwrap(), [orders()]);
    readings.save([&orders()], at(OPENED)).unwrap();
    assert!(list().len() < before.len() && list().starts_with('{'), "{}", list());
    for broken in
        ["[]]", "{}", "", "{\"names\":\"abc\",\"lengths\":[9],\"at\":[0],\"sizes\":[1],\"kinds\":[]}"]
    {
        raw.execute("UPDATE backups SET list = ?1 WHERE role = 'secondary'", [broken]).unwrap();
        let known = readings.load().unwrap().remove(0);
        assert_eq!(known.secondary.unwrap().last_good.unwrap().points, None, "not known (S3)");
    }
}

#[test]
fn s2_a_copy_of_the_same_backups_is_kept_as_a_part_of_them_and_follows_them() {
    let folder = tempfile::tempdir().unwrap();
    let readings = Readings::open(folder.path());
    let raw = rusqlite::Connection::open(folder.path().join("readings.db")).unwrap();
    let list = || -> String {
        raw.query_row("SELECT list FROM backups WHERE role = 'secondary'", [], |row| row.get(0)).unwrap()
    };
    let all: Vec<RecoveryPoint> =
        (1..=9).map(|day| point(&format!("base-{day}"), &format!("2026-11-0{day}T02:31:40Z"))).collect();
    let mut service = orders();
    // The newest is still on its way; then the oldest expires here first; then there; then nothing is alike.
    for (here, there, part) in
        [(0..9, 0..8, true), (1..9, 1..8, true), (2..9, 1..8, false), (0..2, 7..9, false)]
    {
        let of = |days: std::ops::Range<usize>| Some(Points::from(all[days].to_vec()));
        service.primary.as_mut().unwrap().last_good.as_mut().unwrap().points = of(here);
        service.secondary.as_mut().unwrap().last_good.as_mut().unwrap().points = of(there);
        readings.save([&service], at(OPENED)).unwrap();
        assert_eq!(readings.load().unwrap(), std::slice::from_ref(&service));
        assert_eq!(list().contains("\"from\""), part, "{}", list());
    }
    raw.execute("UPDATE backups SET list = '{\"from\":1,\"to\":3}' WHERE role = 'secondary'", []).unwrap();
    let known = readings.load().unwrap().remove(0);
    assert_eq!(
        known.secondary.unwrap().last_good.unwrap().points,
        None,
        "more than there are: not known (S3)"
    );
}
