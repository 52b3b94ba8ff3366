//! Real captures of pgBackRest, replayed through `status`.

use serde_json::Value;

use crate::support::Lifeboat;

/// What is true of one repository in one capture, as `status` must say it: outcome, usable backups,
/// stop of the oldest and of the newest.
type Truth = (&'static str, Option<u64>, Option<&'static str>, Option<&'static str>);

const LOST: Truth = ("not_found", None, None, None);

/// Capture, stanza, when it was taken, and what is true of repo1 and of repo2.
const CAPTURES: &[(&str, &str, &str, Truth, Truth)] = &[
    (
        "01-healthy",
        "main",
        "08:32:13",
        ("partial", Some(3), Some("08:31:33"), Some("08:32:10")),
        ("partial", Some(3), Some("08:31:41"), Some("08:32:13")),
    ),
    (
        "02-repo2-backup-behind",
        "main",
        "08:35:00",
        ("partial", Some(4), Some("08:31:33"), Some("08:34:59")),
        ("partial", Some(4), Some("08:31:41"), Some("08:34:35")),
    ),
    (
        "03-repo2-wal-lag",
        "main",
        "08:39:39",
        ("partial", Some(6), Some("08:31:33"), Some("08:39:37")),
        ("partial", Some(4), Some("08:31:41"), Some("08:34:35")),
    ),
    (
        "04-repo2-permission-denied",
        "main",
        "08:35:00",
        ("partial", Some(4), Some("08:31:33"), Some("08:34:59")),
        ("denied", None, None, None),
    ),
    (
        "05-repo2-s3-down",
        "shop",
        "08:52:48",
        ("partial", Some(1), Some("08:48:36"), Some("08:48:36")),
        ("unreachable", None, None, None),
    ),
    // In no repository: never made, or neither is mounted. In 10 one is lost, and says the same.
    (
        "06-stanza-missing",
        "main",
        "08:31:00",
        ("not_found", None, None, None),
        ("not_found", None, None, None),
    ),
    (
        "07-backup-in-progress",
        "main",
        "08:32:55",
        ("partial", Some(3), Some("08:31:33"), Some("08:32:10")),
        ("partial", Some(3), Some("08:31:41"), Some("08:32:13")),
    ),
    (
        "08-expired-on-repo1",
        "main",
        "08:40:58",
        ("partial", Some(4), Some("08:34:59"), Some("08:40:31")),
        ("partial", Some(5), Some("08:31:41"), Some("08:40:42")),
    ),
    (
        "09-two-stanzas",
        "main",
        "08:51:13",
        ("partial", Some(4), Some("08:34:59"), Some("08:40:31")),
        ("partial", Some(5), Some("08:31:41"), Some("08:40:42")),
    ),
    (
        "09-two-stanzas",
        "orders",
        "08:51:13",
        ("partial", Some(1), Some("08:51:13"), Some("08:51:13")),
        ("partial", Some(0), None, None),
    ),
    ("10-region-down", "main", "08:51:28", LOST, ("partial", Some(5), Some("08:31:41"), Some("08:40:42"))),
    ("10-region-down", "orders", "08:51:28", LOST, ("partial", Some(1), Some("08:51:20"), Some("08:51:20"))),
    (
        "11-wal-gap",
        "main",
        "08:40:10",
        ("ok", Some(6), Some("08:31:33"), Some("08:39:37")),
        ("ok", Some(4), Some("08:31:41"), Some("08:34:35")),
    ),
    (
        "12-s3-encrypted",
        "shop",
        "08:48:51",
        ("partial", Some(1), Some("08:48:36"), Some("08:48:36")),
        ("ok", Some(2), Some("08:48:39"), Some("08:48:45")),
    ),
    (
        "13-new-stanza-no-wal-yet",
        "empty",
        "09:04:00",
        ("ok", Some(0), None, None),
        ("error", None, None, None),
    ),
];

#[test]
fn every_pgbackrest_capture_is_told_as_it_is() {
    for (capture, stanza, taken, primary, secondary) in CAPTURES {
        let (doc, code) = replayed(capture, stanza, taken);
        let service = &doc["services"][0];
        for (role, truth) in [("primary", primary), ("secondary", secondary)] {
            let copy = &service[role];
            let (outcome, backups, oldest, newest) = truth;
            let at = |clock: Option<&str>| clock.map(|clock| format!("2026-11-20T{clock}Z"));
            let what = format!("{capture} {stanza} {role}: {copy:#}");
            assert_eq!(copy["outcome"], *outcome, "{what}");
            assert_eq!(copy["recovery_points"].as_u64(), *backups, "{what}");
            assert_eq!(copy["oldest_restorable"].as_str(), at(*oldest).as_deref(), "{what}");
            assert_eq!(copy["newest_backup"].as_str(), at(*newest).as_deref(), "{what}");
        }
        let outcomes = [primary.0, secondary.0];
        let expected = if outcomes == ["ok"; 2] {
            0
        } else if outcomes.iter().any(|outcome| matches!(*outcome, "ok" | "partial")) {
            3
        } else {
            69
        };
        assert_eq!(code, expected, "{capture} {stanza}");
    }
}

/// `status --output json` over both repositories of a capture, at the instant it was taken.
fn replayed(capture: &str, stanza: &str, taken: &str) -> (Value, i32) {
    let lifeboat = Lifeboat::new();
    let config = lifeboat.replay(capture, stanza);
    let clock = format!("2026-11-20T{taken}Z,0");
    let run = lifeboat.run(&["status", "--output", "json", "--config", &config, "--clock", &clock]);
    (
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{capture}: {error}: {run:?}")),
        run.code,
    )
}

#[test]
fn log_behind_a_gap_is_stored_but_promised_to_nobody() {
    let (doc, _) = replayed("11-wal-gap", "main", "08:40:10");
    let service = &doc["services"][0];
    assert_eq!(service["primary"]["newest_restorable"], "2026-11-20T08:39:38Z");
    assert_eq!(service["secondary"]["newest_restorable"], "2026-11-20T08:39:23Z");
    let window = &service["secondary"]["windows"][0];
    assert_eq!(window["to_is"], "at_most", "a store time");
    assert!(window["reason"].as_str().unwrap().contains("000000010000000000000041"), "{window:#}");
    assert_eq!(service["replication_lag_s"], 15);
    assert_eq!((service["loss_s"].as_u64(), service["loss_is"].as_str()), (Some(47), Some("at_least")));
}

#[test]
fn the_table_says_the_same_to_people() {
    let lifeboat = Lifeboat::new();
    let config = lifeboat.replay("11-wal-gap", "main");
    let run = lifeboat.run(&["status", "--config", &config, "--clock", "2026-11-20T08:40:10Z,0"]);
    assert_eq!(run.code, 0, "{run:?}");
    insta::assert_snapshot!(run.stdout);
}

#[test]
fn the_table_keeps_what_does_not_answer_and_says_why() {
    let lifeboat = Lifeboat::new();
    let config = lifeboat.replay("10-region-down", "orders");
    let run = lifeboat.run(&["status", "--config", &config, "--clock", "2026-11-20T08:51:28Z,0"]);
    assert_eq!(run.code, 3, "{run:?}");
    insta::assert_snapshot!(format!("{}---- standard error\n{}", run.stdout, run.stderr));
}

#[test]
fn check_is_one_line_with_numbers() {
    let lifeboat = Lifeboat::new();
    let config = lifeboat.replay("11-wal-gap", "main");
    let check = |more: &[&str]| {
        let run = lifeboat
            .run(&[&["check", "--config", &config, "--clock", "2026-11-20T08:40:10Z,0"], more].concat());
        assert_eq!(run.stdout.lines().count(), 1, "{run:?}");
        (run.code, run.stdout.trim_end().to_owned())
    };
    insta::assert_snapshot!(check(&[]).1);
    assert_eq!(
        check(&["no-such-service"]),
        (3, "LIFEBOAT UNKNOWN - there is no service no-such-service".to_owned())
    );
    assert_eq!(check(&["--no-such-flag"]).0, 3);
    let no_config = Lifeboat::new().run(&["check"]);
    assert_eq!((no_config.code, no_config.stdout.lines().count()), (3, 1), "{no_config:?}");
}

#[test]
fn s4_a_gap_is_confirmed_by_two_looks_of_two_processes() {
    let lifeboat = Lifeboat::new();
    let config = lifeboat.replay("11-wal-gap", "main");
    let holes = || {
        let args = ["--config", &config, "--clock", "2026-11-20T08:40:10Z", "--output", "json", "status"];
        let doc: Value = serde_json::from_str(&lifeboat.run(&args).stdout).unwrap();
        let findings = doc["services"][0]["findings"].as_array().unwrap().clone();
        findings.iter().filter(|finding| finding["rule"] == "hole_ends_window").count()
    };
    assert_eq!((holes(), holes()), (0, 2), "one of each copy");
}
