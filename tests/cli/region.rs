//! Where backups are copied to: an armed, typed and journaled action over the simulator.

use std::path::Path;

use lifeboat::domain::RegionChange;
use lifeboat::ledger::settings::{SettingEvent, Settings};
use lifeboat::runtime::author::author;

use crate::incident::moved;
use crate::simulated::{Simulated, service};

#[test]
fn r21_a_change_of_region_is_checked_shown_typed_and_journaled_and_followed_to_its_first_copy() {
    let sim = Simulated::at_speed("calm", 6_000);
    let shown = sim.run(&["region", "orders-db"]);
    assert!(
        shown.code == 0 && shown.stdout.contains("backups are copied to aws-eu-central-1 (read "),
        "{shown:?}"
    );
    let json = sim.run(&["region", "orders-db", "--output", "json"]);
    assert!(json.code == 64 && json.stdout.is_empty(), "it has one form of output: {json:?}");
    let dry = sim.run(&["region", "orders-db", "--to", "aws-eu-north-1"]);
    assert_eq!(dry.code, 3, "{dry:?}");
    assert!(dry.stdout.contains("rule   pass") && dry.stdout.contains("would call"), "{dry:?}");
    assert!(dry.stderr.contains("--confirm orders-db") && !dry.stdout.contains("demo-token"), "{dry:?}");
    let mistyped =
        sim.run(&["--arm", "region", "orders-db", "--to", "aws-eu-north-1", "--confirm", "orders"]);
    assert_eq!(mistyped.code, 64, "{mistyped:?}");
    let unarmed = sim.run(&["region", "orders-db", "--to", "aws-eu-north-1", "--confirm", "orders-db"]);
    assert_eq!(unarmed.code, 77, "{unarmed:?}");
    let broken =
        sim.run(&["--arm", "region", "orders-db", "--to", "google-europe-west1", "--confirm", "orders-db"]);
    assert!(broken.code == 2 && broken.stdout.contains("rule   FAIL"), "another cloud: {broken:?}");
    assert!(!broken.stdout.contains("would call") && !broken.stdout.contains("curl"), "{broken:?}");
    let none = sim.run(&["region", "orders-db", "--to", "stockholm"]);
    assert!(
        none.stdout
            .contains("no region stockholm; others of its regions of aws: aws-eu-north-1, aws-eu-central-1"),
        "{none:?}"
    );
    assert_eq!(none.stdout.matches("FAIL").count(), 1, "{none:?}");
    assert_eq!(sim.mutating_requests(), 0);

    let args = ["--arm", "region", "orders-db", "--to", "aws-eu-north-1", "--confirm", "orders-db"];
    let changed = sim.run(&args);
    assert_eq!(changed.code, 0, "{changed:?}");
    for said in ["change aws-eu-central-1 -> aws-eu-north-1", "accepted: ", "called  "] {
        assert!(changed.stdout.contains(said), "{said}: {changed:?}");
    }
    assert_eq!(sim.mutating_requests(), 1);
    let now = sim.run(&["region", "orders-db"]);
    assert!(
        now.stdout.contains("copied to aws-eu-north-1 (read ") && now.stdout.contains("asked by "),
        "{now:?}"
    );
    let again = sim.run(&["--arm", "region", "orders-db", "--follow"]);
    assert_eq!(again.code, 0, "the first copy is there: {again:?}");
    let looked = sim.run(&["region", "orders-db", "--follow"]);
    assert!(
        looked.code == 0 && looked.stdout.contains("restorable from"),
        "looking needs no arming: {looked:?}"
    );
    let called: Vec<&str> = changed.stdout.lines().filter(|line| line.starts_with("called  ")).collect();
    assert_eq!(called.len(), 1, "what was sent, and no other way to send it: {changed:?}");
    assert!(changed.stdout.contains("or by hand  the same with"), "{changed:?}");
    assert_eq!(sim.mutating_requests(), 1, "looking changes nothing");
}

/// Two processes never write of one change: who comes later only looks.
#[test]
fn s30_a_change_that_another_process_follows_is_only_looked_at() {
    let sim = Simulated::at_speed("calm", 600);
    let state = std::path::PathBuf::from(sim.lifeboat.file("here", "")).with_file_name("shared");
    let held = Settings::open(&state).unwrap().hold("orders-db").unwrap().unwrap();
    let folder = state.to_str().unwrap();
    let args = ["--state-dir", folder, "region", "orders-db"];
    let set = ["--to", "aws-eu-north-1", "--confirm", "orders-db"];
    let refused = sim.run(&[&["--arm"], &args[..], &set[..]].concat());
    assert_eq!(refused.code, 3, "{refused:?}");
    assert!(refused.stderr.contains("another process follows"), "{refused:?}");
    assert_eq!(sim.mutating_requests(), 0);
    drop(held);
    let changed = sim.run(&[&["--arm"], &args[..], &set[..]].concat());
    assert_eq!(changed.code, 0, "{changed:?}");
    let shown = sim.run(&args);
    assert!(!shown.stdout.contains("under way"), "its first copy is there: {shown:?}");
}

/// Whoever asked for it is gone: no look at the board is without it.
#[test]
fn s30_a_change_that_nobody_follows_is_told_as_a_run_is_that_was_left() {
    let sim = Simulated::start("calm");
    let state = std::path::PathBuf::from(sim.lifeboat.file("here", "")).with_file_name("left");
    let folder = state.to_str().unwrap();
    left(&state, "orders-db");
    let held = Settings::open(&state).unwrap().hold("orders-db").unwrap().unwrap();
    let told = || {
        let shown = sim.run(&["--state-dir", folder, "status", "orders-db", "--output", "json"]);
        let doc: serde_json::Value =
            serde_json::from_str(&shown.stdout).unwrap_or_else(|error| panic!("{error}: {shown:?}"));
        let orders = service(&doc, "orders-db").clone();
        let mut findings = orders["findings"].as_array().unwrap().iter();
        let left = findings.find(|found| found["rule"] == "region_change_left");
        (orders["region_change"].clone(), left.map(|found| found["text"].clone()))
    };
    let (open, text) = told();
    assert_eq!((&open["followed"], &open["to"]), (&true.into(), &"aws-eu-north-1".into()), "{open:#}");
    assert_eq!(text, None, "a process follows it");
    drop(held);
    let (open, text) = told();
    assert_eq!((&open["followed"], &open["since"]), (&false.into(), &"2026-11-20T10:00:00Z".into()));
    assert!(text.unwrap().as_str().unwrap().contains("asked for, no answer is known"), "{open:#}");
    let check = sim.run(&["--state-dir", folder, "check", "orders-db"]);
    assert!(check.code == 1 && check.stdout.contains("nobody follows it"), "{check:?}");
}

/// A change of a service's region that was asked for, and that nobody follows.
fn left(state: &Path, service: &str) {
    let mut held = Settings::open(state).unwrap().hold(service).unwrap().unwrap();
    let change = RegionChange {
        remote: service.to_owned(),
        from: Some("aws-eu-central-1".to_owned()),
        to: Some("aws-eu-north-1".to_owned()),
        last_changed: None,
    };
    let (typed, source) = (service.to_owned(), Some("sim".to_owned()));
    let intended = SettingEvent::Intended { change, calls: Vec::new(), typed, source };
    held.append("2026-11-20T10:00:00Z".parse().unwrap(), &author(None), intended).unwrap();
}

/// Nothing is known of it before: neither the config nor the last readings name it.
#[test]
fn s30_a_change_that_was_left_is_told_of_a_service_that_the_look_discovers() {
    let sim = Simulated::start("calm");
    let state = sim.lifeboat.folder().join("state");
    left(&state, "ledger");
    let folder = state.to_str().unwrap();
    let shown = sim.run(&["--state-dir", folder, "status", "ledger", "--output", "json"]);
    let doc: serde_json::Value =
        serde_json::from_str(&shown.stdout).unwrap_or_else(|error| panic!("{error}: {shown:?}"));
    let ledger = service(&doc, "ledger");
    assert_eq!(ledger["region_change"]["followed"], false, "{ledger:#}");
    let mut findings = ledger["findings"].as_array().unwrap().iter();
    assert!(findings.any(|found| found["rule"] == "region_change_left"), "{ledger:#}");
}

#[test]
fn s3_changes_that_cannot_be_read_are_told_and_change_no_verdict() {
    let sim = Simulated::start("calm");
    let state = sim.lifeboat.folder().join("state");
    let folder = state.to_str().unwrap();
    let before = sim.run(&["--state-dir", folder, "check", "ledger"]);
    left(&state, "ledger");
    let spoil = "INSERT INTO settings (seq, service, line) VALUES (2, 'ledger', 'of a later version')";
    rusqlite::Connection::open(state.join("journal.db")).unwrap().execute_batch(spoil).unwrap();
    for words in [&["check", "ledger"][..], &["status", "ledger", "--output", "json"]] {
        let run = sim.run(&[&["--state-dir", folder], words].concat());
        let told = "which changes of where backups are copied to are under way is not known: ";
        assert_eq!((run.stderr.matches(told).count(), run.code), (1, before.code), "{before:?} {run:?}");
    }
    assert!(!before.stderr.contains("under way"), "none is kept: {before:?}");
}

#[test]
fn s3_of_a_fork_whose_run_cannot_be_read_it_is_said_that_the_lost_region_is_not_known() {
    let sim = Simulated::at_speed("calm", 600);
    moved(&sim, "its region is set next");
    let (doc, _) = sim.status(&["orders-db"]);
    let fork = service(&doc, "orders-db")["clients_on"]["fork"].as_str().unwrap().to_owned();
    let wrong = || sim.run(&["region", &fork, "--to", "stockholm"]);
    let unknown = format!("where the primary lies that {fork} took the place of is not known: no journal ");
    assert!(!wrong().stderr.contains(&unknown));
    let journal = sim.lifeboat.folder().join(".local/state/lifeboat/journal.db");
    let unread = "ALTER TABLE runs RENAME COLUMN kind TO of_a_later_version";
    rusqlite::Connection::open(journal).unwrap().execute_batch(unread).unwrap();
    let told = wrong();
    assert!(told.code == 2 && told.stderr.contains(&unknown), "{told:?}");
}

#[test]
fn s25_nothing_is_changed_that_cannot_be_written_down() {
    let sim = Simulated::at_speed("calm", 600);
    let nowhere = format!("{}/state", sim.lifeboat.file("a-file", ""));
    let args = ["--arm", "--state-dir", &nowhere, "region", "orders-db", "--off", "--confirm", "orders-db"];
    let run = sim.run(&args);
    assert_eq!(run.code, 2, "{run:?}");
    assert_eq!(sim.mutating_requests(), 0);
}

/// A state folder whose disk is full for such lines of the journal of changes.
fn full(sim: &Simulated, when: &str) -> String {
    let state = std::path::PathBuf::from(sim.lifeboat.file("here", "")).with_file_name("full");
    drop(Settings::open(&state).unwrap());
    let full = format!(
        "CREATE TRIGGER full BEFORE INSERT ON settings {when} BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
    );
    rusqlite::Connection::open(state.join("journal.db")).unwrap().execute_batch(&full).unwrap();
    state.to_str().unwrap().to_owned()
}

/// The disk is full when a change is asked for.
#[test]
fn s20_a_change_that_cannot_be_written_down_is_not_sent_and_says_so() {
    let sim = Simulated::at_speed("calm", 600);
    let folder = full(&sim, "");
    let args = ["--arm", "--state-dir", &folder, "region", "orders-db", "--off"];
    let run = sim.run(&[&args[..], &["--confirm", "orders-db"]].concat());
    assert_eq!((run.code, sim.mutating_requests()), (2, 0), "{run:?}");
    assert!(run.stderr.contains("the disk is full") && run.stderr.contains("nothing was sent"), "{run:?}");
}

/// The disk fills up between what is asked for and the answer.
#[test]
fn s20_an_answer_that_cannot_be_written_down_is_told() {
    let sim = Simulated::at_speed("calm", 600);
    let folder = full(&sim, r#"WHEN NEW.line LIKE '%"is":"answered"%'"#);
    let args = ["--arm", "--state-dir", &folder, "region", "orders-db", "--to", "aws-eu-north-1"];
    let run = sim.run(&[&args[..], &["--confirm", "orders-db"]].concat());
    assert_eq!((run.code, sim.mutating_requests()), (3, 1), "{run:?}");
    for said in ["sent and accepted: ", "could not be written down: ", "the disk is full", "--follow"] {
        assert!(run.stderr.contains(said), "{said}: {run:?}");
    }
    assert!(run.stdout.contains("called  "), "{run:?}");
}
