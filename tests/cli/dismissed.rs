//! Services that a person dismissed on the dashboard of the same state folder.

use crate::simulated::Simulated;

/// Writes what a dashboard keeps when these services were dismissed.
fn dismissed(sim: &Simulated, folder: &str, services: &[&str]) {
    let alert = r#"[{"rule":"gone","copy":null,"since":"2026-11-20T12:00:00Z","seen":null,"muted":null,"dismissed":["anna@jump2","2026-11-20T12:04:31Z"]}]"#;
    let all: Vec<String> = services.iter().map(|service| format!("\"{service}\":{alert}")).collect();
    sim.lifeboat.file(&format!("{folder}/alerts.json"), &format!("{{{}}}", all.join(",")));
}

#[test]
fn s33_what_was_dismissed_is_shown_nowhere_until_it_is_listed_again() {
    let sim = Simulated::start("calm");
    let text = std::fs::read_to_string(&sim.config).unwrap();
    std::fs::write(&sim.config, format!("{text}[services.retired]\nsource = 'sim'\ntier = 1\n")).unwrap();
    let state = sim.lifeboat.folder().join("state");
    // Another host saw it listed once, as this service is.
    let known = sim.lifeboat.folder().join("known.json");
    sim.run(&["status", "orders-db", "--write", known.to_str().unwrap()]);
    let seen = std::fs::read_to_string(&known).unwrap().replace("orders-db", "retired");
    std::fs::write(&known, seen).unwrap();
    let common = ["--state-dir", state.to_str().unwrap(), "--last-known", known.to_str().unwrap()];
    let with = |args: &[&str]| sim.run(&[&common, args].concat());
    let before = with(&["status", "retired"]);
    assert!(before.stdout.contains("gone from its provider's list"), "{before:?}");

    dismissed(&sim, "state", &["retired", "orders-db"]);
    let status = with(&["status"]);
    assert!(!status.stdout.contains("retired") && status.stdout.contains("orders-db"), "{status:?}");
    assert!(status.stderr.contains("retired is not shown: anna@jump2 dismissed it"), "{status:?}");
    assert!(!status.stderr.contains("orders-db is not shown"), "it is listed: {status:?}");
    let kept = std::fs::read_to_string(state.join("alerts.json")).unwrap();
    assert_eq!(kept.matches("anna@jump2").count(), 1, "only what is gone stays dismissed: {kept}");

    let check = with(&["check"]);
    assert!(!check.stdout.contains("retired"), "{check:?}");
    let named = with(&["check", "retired"]);
    assert!(named.code == 3 && named.stdout.contains("anna@jump2 dismissed it as gone"), "{named:?}");
    let named = with(&["status", "retired"]);
    assert!(named.code == 64 && named.stderr.contains("dismissed it as gone"), "{named:?}");
    let drill = with(&["drill", "retired", "--dry-run"]);
    assert!(!drill.stderr.contains("there is no service"), "one may still have to restore it: {drill:?}");
}
