//! A repository 2 in an object store: read and forked like any other, and what is said when the store fails.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use lifeboat::domain::{Edge, Target};
use serde_json::Value;

use super::{Region, busy, commits, holds, whole_to};
use crate::operator::{Operator, text};
use crate::support::{Lab, LabOptions, S3, needs};

/// A store that fails costs a poll no more: about four times the two seconds that pgBackRest waits for it.
const IN_TIME: Duration = Duration::from_secs(20);

#[test]
fn forks_from_an_encrypted_object_store_hold_what_was_promised() {
    needs!(PostgreSql, PgBackRest, S3);
    let s3 = S3::up();
    let lab = busy(Lab::with_repo2(LabOptions { rows: 200, async_archive: false }, s3.repo2()));
    let region = Region::of(&lab);
    let rows = commits(&lab);
    let newest = rows.last().expect("rows").1;
    let report = region.read();
    whole_to(&report, newest);

    lab.region_down();
    for (name, target, promise) in [
        ("newest", Target::Newest, newest),
        ("just-before", Target::At(newest - TimeDelta::microseconds(1)), rows[rows.len() - 2].1),
    ] {
        let point = region.resolve(&target).unwrap_or_else(|refused| panic!("{name}: {refused:?}"));
        assert_eq!((point.promised, point.promised_is), (promise, Edge::Exact), "{name}: {point:?}");
        holds(&lab, &region, name, point, &rows);
    }
}

/// What is said of the pair: the outcome of repository 2 is this one, and all the rest is as it always is.
fn told(operator: &Operator<'_>, outcome: &str) -> Value {
    let code = if outcome == "ok" { 0 } else { 3 };
    let began = Instant::now();
    let ran = operator.lifeboat(code, &["--output", "json", "status"]);
    assert!(began.elapsed() < IN_TIME, "{outcome} took {:?}: {ran:#?}", began.elapsed());
    for secret in [S3::SECRET, S3::PASSPHRASE] {
        assert!(!ran.stdout.contains(secret) && !ran.stderr.contains(secret), "{ran:#?}");
    }
    let status: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let service = status.pointer("/services/0").expect("a service").clone();
    assert_eq!(text(&service, "/secondary/outcome"), outcome, "{service:#}");
    assert_eq!(text(&service, "/primary/outcome"), "ok", "{service:#}");
    service
}

#[test]
fn a_store_that_fails_is_named_in_time_and_the_other_copy_is_still_told() {
    needs!(PostgreSql, PgBackRest, S3);
    let mut s3 = S3::up();
    let lab = Lab::with_repo2(LabOptions { rows: 200, async_archive: true }, s3.repo2());
    let home = tempfile::tempdir().expect("a home");
    let operator = Operator::of(&lab, home.path());
    let oldest = text(&told(&operator, "ok"), "/secondary/oldest_restorable");

    s3.deny();
    let denied = told(&operator, "denied");
    // S2: what was read last stands, with its age.
    assert_eq!(text(&denied, "/secondary/oldest_restorable"), oldest, "{denied:#}");
    s3.allow();
    told(&operator, "ok");
    s3.hang();
    let hanging = told(&operator, "timed_out");
    assert_eq!(text(&hanging, "/secondary/oldest_restorable"), oldest, "{hanging:#}");
    s3.go_on();
    told(&operator, "ok");
    s3.lose_bucket();
    let lost = told(&operator, "not_found");
    assert_eq!(text(&lost, "/secondary/oldest_restorable"), oldest, "never none: {lost:#}");
    s3.stop();
    told(&operator, "unreachable");
}
