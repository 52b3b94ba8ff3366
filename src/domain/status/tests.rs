use serde_json::{Value, json};

use super::super::fleet::Carried;
use super::super::sample::*;
use super::super::{Attempt, CopyState, Fleet, Liveness, OpenRun, Outcome, Verdict, assess, words};
use super::*;

fn doc(service: &Service) -> StatusDoc {
    let known = assess(service, now(), &minutes(1).into());
    StatusDoc::new(now(), [(service, &known)])
}

fn written(service: &Service) -> Value {
    serde_json::to_value(doc(service)).unwrap()
}

fn has(object: &Value, wanted: &Value) {
    for (field, value) in wanted.as_object().unwrap() {
        assert_eq!(&object[field], value, "{field}");
    }
}

#[test]
fn a_healthy_service_is_written_as_promised() {
    let mut service = orders();
    service.facts = Some(facts().into());
    service.restore_history_s = vec![1620, 2040];
    let doc = written(&service);
    assert_eq!(doc["as_of"], "2026-11-20T12:04:31Z");
    let written = &doc["services"][0];
    has(
        written,
        &json!({
            "service": "orders-db", "engine": "pg", "tier": 1, "secondary_reason": null,
            "primary_liveness": "not_probed", "loss_basis": "now", "loss_instant": null,
            "loss_s": 252, "loss_at_most_s": 252, "loss_is": "exact", "replication_lag_s": 231, "backup_lag_s": 0,
            "rpo_s": 900, "rto_s": 3600, "rpo_compliance": "compliant", "restore_s": [1620, 2040],
            "last_proven": null, "verdict": "ok", "findings": []
        }),
    );
    has(
        &written["secondary"],
        &json!({
            "copy": "east", "region": "region of east", "outcome": "ok", "error": null,
            "as_of": "2026-11-20T12:04:31Z", "stale": false, "recovery_points": 1,
            "oldest_restorable": "2026-11-07T02:31:40Z", "newest_restorable": "2026-11-20T12:00:19Z",
            "log_replicated": "yes"
        }),
    );
    has(
        &written["secondary"]["windows"][0],
        &json!({
            "from": "2026-11-07T02:31:40Z", "to": "2026-11-20T12:00:19Z", "to_is": "exact",
            "grade": "claimed", "reason": "last log"
        }),
    );
}

#[test]
fn s3_unknown_is_null_and_none_is_empty() {
    let mut service = orders();
    let unread = CopyState::unread("east", "east", None);
    service.secondary = Some(unread);
    let doc = written(&service);
    has(
        &doc["services"][0],
        &json!({"loss_s": null, "loss_is": null, "replication_lag_s": null, "verdict": "unknown", "rpo_compliance": "unknown"}),
    );
    has(
        &doc["services"][0]["secondary"],
        &json!({
            "outcome": "never_read", "as_of": null, "recovery_points": null, "windows": null,
            "oldest_restorable": null, "newest_restorable": null, "log_replicated": "unknown"
        }),
    );
    service.secondary = Some(copy("east", snapshots(&[])));
    let doc = written(&service);
    has(&doc["services"][0]["secondary"], &json!({"recovery_points": 0, "windows": []}));
    assert_eq!(doc["services"][0]["findings"][0]["rule"], "never_backed_up");
    service.secondary = None;
    assert_eq!(written(&service)["services"][0]["secondary"], Value::Null);
}

#[test]
fn s13_edges_and_losses_never_look_better_than_they_are() {
    let mut service = orders();
    let windows = service.secondary.as_mut().unwrap().last_good.as_mut().unwrap().windows.as_mut().unwrap();
    windows[0].from.at = at("2026-11-07T02:31:39.0000001Z");
    windows[0].to.at = at("2026-11-20T12:00:18.9999999Z");
    let doc = written(&service);
    has(
        &doc["services"][0]["secondary"],
        &json!({
            "oldest_restorable": "2026-11-07T02:31:39.000001Z", "newest_restorable": "2026-11-20T12:00:18.999999Z"
        }),
    );
    assert_eq!(doc["services"][0]["loss_s"], 253, "252.0000001 s");
}

#[test]
fn s2_s10_an_answer_older_than_two_probes_says_nothing_of_now_and_a_silence_lasts() {
    for (seen, word) in [
        ("2026-11-20T12:04:31Z", "answers"),
        ("2026-11-20T12:04:11Z", "answers"),
        ("2026-11-20T12:04:10Z", "not_known"),
        ("2026-11-19T12:04:31Z", "not_known"),
    ] {
        let service = Service { liveness: Liveness::Answers { at: at(seen) }, ..orders() };
        has(
            &written(&service)["services"][0],
            &json!({ "primary_liveness": word, "primary_liveness_at": seen, "primary_liveness_seen_at": seen }),
        );
    }
    let since = "2026-11-20T11:04:31Z";
    for (seen, word) in [("2026-11-20T12:04:11Z", "silent"), (since, "silent")] {
        let liveness = Liveness::silent(at(since), None).looked(false, at(seen));
        let silent = Service { liveness, primary: None, secondary: None, ..orders() };
        has(
            &written(&silent)["services"][0],
            &json!({ "primary_liveness": word, "primary_liveness_at": since, "primary_liveness_seen_at": seen }),
        );
    }
}

#[test]
fn s22_an_answer_that_may_be_a_forks_is_not_said_to_be_the_primarys() {
    let answered = "2026-11-20T12:04:31Z";
    for (from, word) in [("2026-11-20T12:04:00Z", "not_known"), ("2026-11-20T12:05:00Z", "answers")] {
        let heard =
            crate::domain::Heard { either_from: Some(at(from)), ..heard_word(at("2026-11-20T12:03:00Z")) };
        let liveness = Liveness::Answers { at: at(answered) };
        let service = Service { liveness, heard: Some(Box::new(heard)), ..orders() };
        has(&written(&service)["services"][0], &json!({ "primary_liveness": word }));
    }
}

#[test]
fn s5_a_silent_primary_shows_its_range() {
    let mut service = orders();
    let here = service.primary.as_mut().unwrap().last_good.as_mut().unwrap();
    here.windows.as_mut().unwrap()[0].to.at = at("2026-11-20T12:00:19Z");
    service.liveness =
        Liveness::silent(at("2026-11-20T12:04:10Z"), Some(at("2026-11-20T12:04:00Z"))).looked(false, now());
    has(
        &written(&service)["services"][0],
        &json!({
            "primary_liveness": "silent", "primary_liveness_at": "2026-11-20T12:04:10Z",
            "loss_basis": "loss_instant", "loss_instant": "2026-11-20T12:04:00Z",
            "loss_instant_latest": "2026-11-20T12:04:10Z", "loss_s": 221, "loss_at_most_s": 231, "loss_is": "at_least"
        }),
    );
}

#[test]
fn s3_a_bound_of_an_unread_copy_says_so() {
    let mut service = orders();
    service.secondary.as_mut().unwrap().attempt =
        Attempt { at: Some(now()), outcome: Outcome::TimedOut, error: Some("no answer in 10s".to_owned()) };
    let doc = written(&service);
    has(
        &doc["services"][0],
        &json!({"loss_s": 252, "loss_at_most_s": 252, "loss_is": "at_most", "loss_if_copy_intact": true, "verdict": "unknown"}),
    );
    has(&doc["services"][0]["secondary"], &json!({"outcome": "timed_out", "error": "no answer in 10s"}));
}

#[test]
fn what_is_written_can_be_read_back() {
    let mut service = orders();
    service.skew_s = Some(120);
    let before = doc(&service).to_travel("watch-1", [&service]);
    let text = serde_json::to_string(&before).unwrap();
    assert_eq!(serde_json::from_str::<StatusDoc>(&text).unwrap(), before);
    let plain = serde_json::to_string(&doc(&service)).unwrap();
    assert!(!plain.contains("known"), "readings are written only to travel");
    assert_eq!(serde_json::from_str::<StatusDoc>(&plain).unwrap().into_services().count(), 0);
}

#[test]
fn s37_imported_facts_are_shown_and_never_fresh() {
    let travelled = doc(&orders()).to_travel("watch-1", [&orders()]);
    let mut empty = orders();
    empty.primary = Some(CopyState::unread("west", "west", None));
    empty.secondary = Some(CopyState::unread("east", "east", None));
    let mut fleet = Fleet::new([empty]);
    let written_at = travelled.as_of.at();
    for service in travelled.into_services() {
        fleet.recall(service, Some(Carried { host: "watch-1", at: written_at, now: now() }));
    }
    let service = &fleet.services["orders-db"];
    let known = assess(service, now(), &minutes(60).into());
    let there = known.secondary.as_ref().unwrap();
    assert_eq!(there.newest, Some(at("2026-11-20T12:00:19Z")));
    assert!(there.stale && !there.is_current());
    let shown = serde_json::to_value(StatusDoc::new(now(), [(service, &known)])).unwrap();
    assert_eq!(
        shown["services"][0]["secondary"]["imported_from"],
        json!(["watch-1", "2026-11-20T12:04:31Z"])
    );
    assert_eq!(shown["services"][0]["verdict"], "unknown");
}

#[test]
fn s3_a_service_whose_past_incidents_were_not_all_read_is_not_judged_as_if_it_was_in_use() {
    let told = |open_runs: Option<Vec<OpenRun>>, is_unread: bool| {
        let clients_unread = is_unread.then(|| "inc-1 was not read in time".to_owned());
        let service = Service { open_runs, clients_unread, ..orders() };
        let known = assess(&service, now(), &minutes(1).into());
        let doc = doc(&service).with_forks_left(None, Some(3));
        let written = serde_json::to_value(doc).unwrap();
        assert_eq!(written["runs_unread"], 3);
        (known.verdict, words::state(&service, &known), written["services"][0]["clients_unread"] == true)
    };
    assert_eq!(told(Some(Vec::new()), true), (Verdict::Unknown, "MOVED?", true));
    assert_eq!(told(Some(Vec::new()), false), (Verdict::Ok, "unproven", false));
    assert_eq!(told(None, true), (Verdict::Unknown, "MOVED?", true), "no journal could be read");
}
