use std::sync::Arc;

use serde_json::{Value, json};

use super::super::testkit::{Reply, Seen, Server, TOKEN, fixture, ok, token};
use super::super::{AivenCatalog, Wanted};
use super::*;
use crate::clock::Clock;
use crate::domain::fleet::{Binding, Fleet};
use crate::domain::fork::CopiedTo;
use crate::domain::{RegionEffect, RegionRules, RegionStage, Role, Service, SetOutcome, Timestamp, sample};
use crate::provider::arming::{self, Credential, arm};
use crate::provider::{Catalog as _, ReadinessState, RegionSetter as _};

const NOW: &str = "2026-05-14T10:00:00Z";
const WEST3: &str = "google-europe-west3";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn clock() -> Clock {
    Clock::starting_at(at(NOW), 0.0)
}

fn setter(server: &Server) -> AivenRegionSetter {
    let armed = arm(arming::Request {
        source: "aiven-demo",
        flag: true,
        read_only: false,
        allowed: true,
        credential: Ok(Credential::Token(token())),
        loopback: true,
        clock: clock(),
    });
    AivenRegionSetter::new(armed.unwrap(), server.settings(""), Arc::default(), clock()).unwrap()
}

fn catalog(server: &Server) -> AivenCatalog {
    AivenCatalog::new("aiven-demo", server.settings(""), Wanted::All, token(), Arc::default(), clock())
        .unwrap()
}

fn change(from: Option<&str>, to: Option<&str>) -> RegionChange {
    let owned = |region: Option<&str>| region.map(str::to_owned);
    RegionChange { remote: "pg-orders".to_owned(), from: owned(from), to: owned(to), last_changed: None }
}

/// `pg-orders` as recorded, with copies to these regions, and what else `edit` does to it.
fn service(regions: &Value, edit: impl Fn(&mut Value)) -> String {
    let mut body: Value = serde_json::from_str(fixture!("service-get-pg-btar.json")).unwrap();
    body["service"]["user_config"]["additional_backup_regions"] = regions.clone();
    edit(&mut body["service"]);
    body.to_string()
}

/// The project: the service, its backups, and `put` for the change.
async fn project(service: String, backups: &'static str, put: Reply) -> Server {
    Server::start(move |seen: &Seen| {
        match (seen.method.as_str(), seen.path.trim_start_matches("/v1/project/rescue-demo/")) {
            ("PUT", "service/pg-orders") => put.clone(),
            ("GET", "service/pg-orders") => ok(&service),
            ("GET", "service/pg-orders/backups") => ok(backups),
            ("GET", "service") => ok(&listed(&service)),
            ("GET", "clouds") => ok(fixture!("clouds.json")),
            ("GET", "events") => ok(fixture!("events.json")),
            other => panic!("{other:?}"),
        }
    })
    .await
}

/// The list of a project with this one service.
fn listed(service: &str) -> String {
    let service: Value = serde_json::from_str(service).unwrap();
    json!({ "services": [service["service"]] }).to_string()
}

fn state(items: &[ReadinessItem], check: &str) -> (ReadinessState, String) {
    let item = items.iter().find(|item| item.check == check).unwrap_or_else(|| panic!("{check}: {items:?}"));
    (item.state, item.text.clone())
}

#[tokio::test]
async fn every_rule_is_checked_before_a_change_and_without_arming() {
    use ReadinessState::{Fail, NotVerified, Pass, Warn};
    let off = || service(&json!([]), |_| {});
    let kind = |word: &'static str| service(&json!([]), move |service| service["service_type"] = json!(word));
    let to = |region| change(None, Some(region));
    let recent = |hours| RegionChange {
        last_changed: Some(at(NOW) - chrono::TimeDelta::hours(hours)),
        ..change(Some(WEST3), Some("google-us-east4"))
    };
    let on = || service(&json!([WEST3]), |_| {});
    for (service, change, check, wanted, says) in [
        (off(), to(WEST3), "type_has_it", Pass, "pg"),
        (off(), to(WEST3), "region_known", Pass, WEST3),
        (off(), to(WEST3), "same_provider", Pass, "google"),
        (off(), to(WEST3), "other_region", Pass, "another region"),
        (off(), to(WEST3), "one_region", Pass, "one is possible"),
        (off(), to(WEST3), "once_in_24_h", Pass, "last 24 h"),
        (off(), to(WEST3), "first_copy", Warn, "03:30 UTC"),
        (off(), to(WEST3), "may_change", NotVerified, "account"),
        (off(), to("google-mars1"), "region_known", Fail, "no region google-mars1"),
        (off(), to("aws-eu-central-1"), "same_provider", Fail, "copies stay with one"),
        (off(), to("google-europe-west1"), "other_region", Fail, "dies with them"),
        (off(), change(Some(WEST3), Some("google-us-east4")), "as_decided", Fail, "look again"),
        (on(), change(Some(WEST3), Some(WEST3)), "as_decided", Fail, "already"),
        (on(), change(Some(WEST3), Some("google-us-east4")), "one_region", Warn, "not documented"),
        (on(), recent(23), "once_in_24_h", Fail, "2026-05-14T11:00:00Z"),
        (on(), recent(24), "once_in_24_h", Pass, ""),
        (on(), change(Some(WEST3), None), "no_copy_left", Warn, "so is the data"),
        (kind("valkey"), to(WEST3), "type_has_it", Warn, "disagree"),
        (kind("clickhouse"), to(WEST3), "type_has_it", Fail, "deprecated"),
        (kind("cassandra"), to(WEST3), "type_has_it", Fail, "does not copy"),
        (kind("kafka"), to(WEST3), "type_has_it", Fail, "no longer offers"),
        (kind("thing"), to(WEST3), "type_has_it", NotVerified, "not documented"),
        (kind("opensearch"), to(WEST3), "first_copy", Warn, "older ones are not copied"),
        (
            service(&json!(null), |one| one["state"] = json!("POWEROFF")),
            to(WEST3),
            "service",
            Warn,
            "powered on",
        ),
    ] {
        let server = project(service, fixture!("backups-pg-btar.json"), Reply::Hang).await;
        let (found, text) = state(&catalog(&server).check_region(&change).await.items, check);
        assert_eq!(found, wanted, "{check} {change:?}: {text}");
        assert!(text.contains(says), "{check}: {text}");
        assert!(server.seen().iter().all(|seen| seen.method == "GET"));
    }
}

/// One rule says what is at fault: what is of no cloud is not said to be of another one.
#[tokio::test]
async fn of_a_region_that_is_none_nothing_more_is_said() {
    let server = project(service(&json!([]), |_| {}), fixture!("backups-pg-btar.json"), Reply::Hang).await;
    let RegionRules { items, others } = catalog(&server).check_region(&change(None, Some("Frankfurt"))).await;
    let failing: Vec<_> = items.iter().filter(|item| item.state == ReadinessState::Fail).collect();
    assert_eq!(failing.len(), 1, "{items:?}");
    assert!(items.iter().all(|item| item.check != "same_provider" && item.check != "other_region"));
    let others = others.unwrap();
    assert_eq!(others.are, "others of its regions of google", "of the same cloud only");
    assert_eq!(others.names, ["google-europe-west3", "google-us-east4"], "the likeliest first");
}

#[tokio::test]
async fn what_cannot_be_read_is_not_verified_and_a_recent_change_by_others_is_said() {
    let refused = || Reply::Body(403, fixture!("error-403-authentication-failed.json").to_owned());
    let body = service(&json!([]), |_| {});
    let server = Server::start(
        move |seen: &Seen| {
            if seen.path.ends_with("/service/pg-orders") { ok(&body) } else { refused() }
        },
    )
    .await;
    let items = catalog(&server).check_region(&change(None, Some(WEST3))).await.items;
    for check in ["region_known", "once_in_24_h"] {
        assert_eq!(state(&items, check).0, ReadinessState::NotVerified);
    }
    assert_eq!(state(&items, "same_provider").0, ReadinessState::Pass, "by the names of the regions");
    let events = json!({"events": [
        {"service_name": "pg-orders", "event_type": "service_update", "actor": "kim", "time": "2026-05-14T09:00:00Z"},
        {"service_name": null, "event_type": null, "time": null}, {},
    ]});
    let body = service(&json!([]), |_| {});
    let server = Server::start(move |seen: &Seen| match seen.path.rsplit('/').next() {
        Some("events") => ok(&events.to_string()),
        Some("clouds") => ok(r#"{"clouds": null}"#),
        _ => ok(&body),
    })
    .await;
    let items = catalog(&server).check_region(&change(None, Some(WEST3))).await.items;
    let (found, text) = state(&items, "once_in_24_h");
    assert!(found == ReadinessState::Warn && text.contains("kim") && text.contains("09:00:00Z"), "{text}");
    assert_eq!(state(&items, "region_known").0, ReadinessState::NotVerified);
    let gone = Server::start(|_| Reply::Body(404, fixture!("error-404-service.json").to_owned())).await;
    let items = catalog(&gone).check_region(&change(None, Some(WEST3))).await.items;
    assert_eq!((items.len(), state(&items, "service").0), (1, ReadinessState::Fail));
}

async fn set(service: String, change: &RegionChange, put: Reply) -> (SetOutcome, Vec<Seen>) {
    let server = project(service, fixture!("backups-pg-btar.json"), put).await;
    let outcome = setter(&server).set(change).await;
    (outcome, server.calls("PUT"))
}

#[tokio::test]
async fn a_change_says_the_region_and_nothing_else() {
    let on = service(&json!([WEST3]), |_| {});
    let (outcome, sent) = set(service(&json!([]), |_| {}), &change(None, Some(WEST3)), ok(&on)).await;
    assert!(matches!(&outcome, SetOutcome::Accepted { response } if response.contains(WEST3)), "{outcome:?}");
    let documented: Value = serde_json::from_str(fixture!("btar-enable-request.json")).unwrap();
    assert_eq!((sent.len(), &sent[0].body), (1, &documented));
    let off = service(&json!([]), |_| {});
    let (outcome, sent) = set(on, &change(Some(WEST3), None), ok(&off)).await;
    assert!(matches!(outcome, SetOutcome::Accepted { .. }));
    let documented: Value = serde_json::from_str(fixture!("btar-disable-request.json")).unwrap();
    assert_eq!(sent[0].body, documented);
}

#[tokio::test]
async fn a_broken_rule_is_refused_without_a_call() {
    for wrong in [change(None, Some("aws-eu-central-1")), change(Some("google-us-east4"), Some(WEST3))] {
        let (outcome, sent) = set(service(&json!([]), |_| {}), &wrong, Reply::Hang).await;
        let refused = matches!(&outcome, SetOutcome::Refused { why } if why.contains("nothing was sent"));
        assert!(refused && sent.is_empty(), "{outcome:?}");
    }
    let server = Server::start(|_| Reply::Body(500, String::new())).await;
    let outcome = setter(&server).set(&change(None, Some(WEST3))).await;
    assert!(matches!(&outcome, SetOutcome::Refused { why } if why.contains("cannot be read")), "{outcome:?}");
    assert!(server.calls("PUT").is_empty());
}

#[tokio::test]
async fn a_refusal_is_in_the_providers_words_and_a_lost_answer_is_unknown() {
    let off = || service(&json!([]), |_| {});
    let words = r#"{"message": "Feature not enabled", "errors": [{"status": 403, "error_code": "feature_not_enabled"}]}"#;
    for (status, body) in [(403, words), (400, r#"{"message": "Feature not enabled"}"#)] {
        let (outcome, _) = set(off(), &change(None, Some(WEST3)), Reply::Body(status, body.to_owned())).await;
        assert!(
            matches!(&outcome, SetOutcome::Refused { why } if why.contains("Feature not enabled")),
            "{outcome:?}"
        );
    }
    for reply in [
        Reply::Hang,
        Reply::Reset(""),
        Reply::Body(500, String::new()),
        Reply::Body(408, fixture!("error-408-proxy.html").to_owned()),
        ok("{}"),
        ok(&off()),
    ] {
        let shown = format!("{reply:?}");
        let (outcome, sent) = set(off(), &change(None, Some(WEST3)), reply).await;
        assert!(matches!(outcome, SetOutcome::Unknown { .. }), "{shown:.80}: {outcome:?}");
        assert_eq!(sent.len(), 1, "{shown:.80}");
    }
}

async fn read_back(regions: Value, backups: &'static str, change: &RegionChange) -> RegionEffect {
    let server = project(service(&regions, |_| {}), backups, Reply::Hang).await;
    let effect = setter(&server).read_back(change).await;
    assert!(server.calls("PUT").is_empty());
    effect
}

#[tokio::test]
async fn an_effect_is_followed_until_a_first_copy_can_be_restored() {
    let wanted = change(None, Some(WEST3));
    let not_set = read_back(json!([]), fixture!("backups-pg-btar.json"), &wanted).await;
    assert_eq!((not_set.stage, not_set.text.as_str()), (RegionStage::NotSet, "copies go nowhere"));
    for nothing in [fixture!("backups-empty.json"), fixture!("backups-pg-no-btar.json")] {
        let waiting = read_back(json!([WEST3]), nothing, &wanted).await;
        assert_eq!(
            (waiting.stage, waiting.first_copy),
            (RegionStage::WaitingForCopy, None),
            "{}",
            waiting.text
        );
    }
    let done = read_back(json!([WEST3]), fixture!("backups-pg-btar.json"), &wanted).await;
    assert_eq!((done.stage, done.first_copy), (RegionStage::Done, Some(at("2026-05-09T03:30:11.204518Z"))));
    let snapshots = read_back(json!([WEST3]), fixture!("backups-opensearch-btar.json"), &wanted).await;
    assert_eq!(snapshots.first_copy, Some(at("2026-05-12T06:00:04.118006Z")), "{}", snapshots.text);
    let off = read_back(json!(null), fixture!("backups-pg-btar.json"), &change(Some(WEST3), None)).await;
    assert_eq!(off.stage, RegionStage::Done);
    let silent = Server::start(|_| Reply::Reset("")).await;
    assert_eq!(setter(&silent).read_back(&wanted).await.stage, RegionStage::CannotTell);
}

#[tokio::test]
async fn s36_the_calls_can_be_copied_before_they_are_made() {
    let server = Server::start(|_| Reply::Hang).await;
    let calls = catalog(&server).preview_region(&change(None, Some(WEST3)));
    assert!(server.seen().is_empty());
    let base = &server.address;
    assert_eq!(
        calls[0].command,
        format!(
            "curl -fsS -X PUT -H \"Authorization: aivenv1 $AIVEN_TOKEN\" -H 'Content-Type: application/json' -d \
             '{{\"user_config\":{{\"additional_backup_regions\":[\"{WEST3}\"]}}}}' \
             {base}/v1/project/rescue-demo/service/pg-orders"
        )
    );
    assert!(
        calls[1].command.ends_with("-c 'additional_backup_regions=[\"google-europe-west3\"]'"),
        "{}",
        calls[1].command
    );
    assert_eq!(calls.iter().map(|call| call.mutating).collect::<Vec<_>>(), [true, true, false, false]);
    assert!(!format!("{calls:?}").contains(TOKEN));
    let off = catalog(&server).preview_region(&change(Some(WEST3), None));
    let whats: Vec<&str> = off.iter().map(|call| call.what.as_str()).collect();
    assert_eq!(whats.last(), Some(&"read the setting back"), "no first copy is awaited: {whats:?}");
}

/// The board's row of `pg-orders`, as read.
async fn row(server: &Server) -> Service {
    let id = "pg-orders";
    let mut fleet = Fleet::default();
    fleet.services.insert(
        id.to_owned(),
        Service {
            id: id.to_owned(),
            remote: id.to_owned(),
            facts: None,
            primary: None,
            secondary: None,
            ..sample::orders()
        },
    );
    let bind = |role| Binding {
        source: "aiven-demo".to_owned(),
        remote: id.to_owned(),
        service: id.to_owned(),
        role,
    };
    let report = catalog(server).read(std::time::Duration::from_secs(2)).await;
    fleet.apply(&report, &[bind(Role::Primary), bind(Role::Secondary)]);
    fleet.services.remove(id).unwrap()
}

#[tokio::test]
async fn r21_what_was_left_behind_is_not_what_copying_is_set_to() {
    let server = project(service(&json!([]), |_| {}), fixture!("backups-pg-btar.json"), ok("{}")).await;
    let row = row(&server).await;
    let left = row.secondary.as_ref().and_then(|copy| copy.region.as_deref());
    assert_eq!((row.copied_to(), left), (CopiedTo::Nowhere, Some(WEST3)), "switched off, and copies left");
    let said = row.copied_to_in_words();
    assert_eq!(said, "backups are copied nowhere; earlier copies may lie in google-europe-west3");
    assert_eq!(row.copied_to_age(at(NOW) + chrono::TimeDelta::minutes(3)), "read 3m ago");
    let on = RegionChange { from: None, ..change(None, Some(WEST3)) };
    let (decided, _) = state(&catalog(&server).check_region(&on).await.items, "as_decided");
    assert_eq!(decided, ReadinessState::Pass, "it can be switched on again");
}

#[tokio::test]
async fn s3_a_setting_that_is_not_shown_is_not_known_and_not_off() {
    let hidden = service(&json!([WEST3]), |service| {
        service.as_object_mut().unwrap().remove("user_config");
    });
    for wanted in [change(Some(WEST3), None), change(None, Some(WEST3))] {
        let (outcome, sent) = set(hidden.clone(), &wanted, ok(&hidden)).await;
        assert!(matches!(&outcome, SetOutcome::Unknown { why } if why.contains("not shown")), "{outcome:?}");
        assert_eq!(sent.len(), 1);
        let server = project(hidden.clone(), fixture!("backups-pg-btar.json"), Reply::Hang).await;
        let effect = setter(&server).read_back(&wanted).await;
        assert_eq!(effect.stage, RegionStage::CannotTell, "{}", effect.text);
    }
    let server = project(hidden, fixture!("backups-pg-btar.json"), ok("{}")).await;
    let row = row(&server).await;
    assert_eq!(row.copied_to(), CopiedTo::NotShown);
    assert!(row.copied_to_in_words().starts_with("where backups are copied to is not known"));
    let (decided, text) =
        state(&catalog(&server).check_region(&change(None, Some(WEST3))).await.items, "as_decided");
    assert_eq!(decided, ReadinessState::NotVerified, "{text}");
}
