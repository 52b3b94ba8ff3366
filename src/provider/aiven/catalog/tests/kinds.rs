//! Every kind of service: what is on the board for it.

use super::*;
use crate::domain::{Points, Reading, ServiceFacts};
use crate::provider::aiven::kinds::{self, Copying};

/// The recorded list with one service made into another kind, as a project that answers `plans`.
async fn project_of(kind: &str, plan: &str, plans: Reply, edit: impl Fn(&mut Value)) -> SourceReport {
    let mut list: Value = serde_json::from_str(fixture!("service-list.json")).unwrap();
    let mut service = list["services"][5].take();
    service["service_name"] = json!("it");
    service["service_type"] = json!(kind);
    service["plan"] = json!(plan);
    edit(&mut service);
    let backups = json!({"backups": service["backups"]}).to_string();
    let list = json!({"services": [service]}).to_string();
    read(
        move |request| match request.path.rsplit('/').next() {
            Some("service") => ok(&list),
            Some("backups") => ok(&backups),
            Some("plans") => plans.clone(),
            other => panic!("{other:?}"),
        },
        Wanted::All,
    )
    .await
}

fn denied() -> Reply {
    Reply::Body(403, fixture!("error-403-authentication-failed.json").to_owned())
}

fn facts(report: &SourceReport) -> &ServiceFacts {
    report.services[0].facts.as_ref().unwrap()
}

/// What is shown of the terms, each line as `label: text`.
fn terms(report: &SourceReport) -> String {
    let lines = facts(report).terms.in_words();
    lines.iter().fold(String::new(), |all, (label, text)| all + label + ": " + text + "\n")
}

fn ability(report: &SourceReport) -> Ability {
    report.services[0].copies[0].reading.as_ref().unwrap().ability
}

const TO_AN_INSTANT: &str = "forks: to an instant\n";
const BY_NAME: &str = "forks: to a backup by name, not to an instant between two\n";
const NO_FORKS: &str = "forks: none: the provider makes no forks of this kind of service\n";
const NOTHING_TO_FORK: &str = "forks: none: this kind of service has no backups to fork from\n";

#[tokio::test]
async fn every_kind_is_on_the_board_with_what_is_known_of_it() {
    use Ability::{ByDesignNone, Pitr, Snapshots};
    for (kind, plan, can, no_copy, schedule, forks) in [
        ("pg", "business-8", Pitr, "is off", "each 1d kept 14d", TO_AN_INSTANT),
        ("mysql", "startup-4", Pitr, "is off", "each 1d kept 2d", TO_AN_INSTANT),
        ("opensearch", "premium-8", Snapshots, "is off", "each 1h kept 1d, each 1d kept 30d", BY_NAME),
        ("valkey", "business-4", Snapshots, "not certain", "each 12h kept 3d", BY_NAME),
        ("grafana", "startup-1", Snapshots, "not certain", "each 1h kept 1d", BY_NAME),
        ("redis", "startup-4", Snapshots, "does not copy", "each 12h kept 1d", NO_FORKS),
        ("clickhouse", "business-16", Snapshots, "no longer offers", "each 1d kept 14d", BY_NAME),
        ("dragonfly", "startup-4", Snapshots, "does not copy", "each 12h kept 1d", BY_NAME),
        ("cassandra", "startup-4", Snapshots, "does not copy", "each 1d kept 1d", NO_FORKS),
        ("flink", "business-4", Snapshots, "no longer offers", "each 1h kept 2h", NO_FORKS),
        ("m3db", "premium-4", Snapshots, "does not copy", "each 1d kept 13d", NO_FORKS),
        ("kafka", "business-4", ByDesignNone, "no backups by design", "", NOTHING_TO_FORK),
        ("kafka_connect", "business-4", ByDesignNone, "no backups by design", "", NOTHING_TO_FORK),
        ("kafka_mirrormaker", "business-4", ByDesignNone, "no backups by design", "", NOTHING_TO_FORK),
        ("m3aggregator", "business-4", ByDesignNone, "no backups by design", "", NOTHING_TO_FORK),
        ("m3coordinator", "business-4", ByDesignNone, "no backups by design", "", NOTHING_TO_FORK),
    ] {
        let report = project_of(kind, plan, denied(), |_| {}).await;
        assert_eq!(
            (report.outcome, report.error.as_deref()),
            (Outcome::Ok, None),
            "{kind}: plans are refused"
        );
        assert_eq!(ability(&report), can, "{kind}");
        let why = facts(&report).no_secondary_because.as_deref().unwrap();
        assert!(why.contains(no_copy), "{kind}: {why}");
        let shown = terms(&report);
        if schedule.is_empty() {
            assert!(!shown.contains("backups: each") && !shown.contains("deletion: "), "{kind}: {shown}");
        } else {
            let said = format!("backups: {schedule} (by the documentation, not by its plan)\n");
            assert!(shown.starts_with(&said) && shown.contains("deletion: "), "{kind}: {shown}");
        }
        assert!(shown.contains(forks), "{kind}: {shown}");
        if let Copying::Not(why) = kinds::of(kind).copying {
            assert!(shown.contains(&format!("copied to: nowhere: {why}\n")), "one sentence, {kind}: {shown}");
        }
    }
}

#[tokio::test]
async fn a_plan_says_the_schedule_and_what_an_unknown_kind_can_do() {
    let plans = |config: &Value| {
        ok(&json!({"service_plans": [{"service_plan": "p-1", "backup_config": config}, {}]}).to_string())
    };
    let basic = json!({"interval": 6, "max_count": 5, "recovery_mode": "basic"});
    let pitr = json!({"interval": 24, "max_count": 2, "recovery_mode": "pitr"});
    for (kind, config, can, said) in [
        ("pg", json!({"interval": 24, "max_count": 8}), Ability::Pitr, "each 1d kept 7d (plan p-1)"),
        ("thing", basic, Ability::Snapshots, "each 6h kept 1d (plan p-1)"),
        ("thing", pitr, Ability::Pitr, "each 1d kept 1d (plan p-1)"),
        ("thing", json!({"max_count": 0}), Ability::ByDesignNone, "no backups that could outlive"),
        ("thing", json!(null), Ability::Unread, "power: "),
        ("pg", json!({"max_count": 0}), Ability::Pitr, "none (plan p-1)"),
    ] {
        let report = project_of(kind, "p-1", plans(&config), |service| service["backups"] = json!([])).await;
        assert_eq!(ability(&report), can, "{kind} {config}");
        assert!(terms(&report).contains(said), "{kind} {config}: {}", terms(&report));
    }
    let shown = project_of("thing", "p-1", denied(), |_| {}).await;
    assert_eq!(ability(&shown), Ability::Snapshots, "as its backups show");
}

#[tokio::test]
async fn plans_that_answer_badly_cost_no_reading() {
    for reply in [Reply::Reset(""), ok("<html>"), ok(r#"{"service_plans": 7}"#), ok("{}"), denied()] {
        let shown = format!("{reply:?}");
        let report = project_of("redis", "startup-4", reply, |_| {}).await;
        assert_eq!((report.outcome, report.error.clone()), (Outcome::Ok, None), "{shown:.60}");
        assert!(terms(&report).contains("by the documentation"), "{shown:.60}");
    }
}

#[tokio::test]
async fn power_protection_and_persistence_are_said() {
    let report = project_of("pg", "startup-4", denied(), |service| {
        service["state"] = json!("POWEROFF");
        service["termination_protection"] = json!(true);
        service["user_config"] =
            json!({"backup_hour": 4, "backup_minute": 5, "additional_backup_regions": []});
    })
    .await;
    let shown = terms(&report);
    for line in [
        "backups: each 1d kept 2d, at 04:05 UTC (by the documentation, not by its plan)\n",
        "copied to: nowhere\n",
        "power: off: no new backup is made while it is off",
        "deletion: refused while it is protected; its backups stay for 30 days",
    ] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    assert_eq!(facts(&report).terms.powered_off, Some(true));
    let report = project_of("valkey", "startup-4", denied(), |service| {
        service["user_config"] = json!({"valkey_persistence": "off"});
        service["backups"] = json!([]);
        service["state"] = json!(null);
        service["termination_protection"] = json!(null);
    })
    .await;
    let reading = report.services[0].copies[0].reading.as_ref().unwrap();
    assert_eq!(reading.points, Some(Points::default()));
    assert_eq!(reading.signs, [Sign::PersistenceOff]);
    assert_eq!((facts(&report).terms.powered_off, facts(&report).terms.termination_protected), (None, None));
}

#[tokio::test]
async fn s9_a_narrow_token_sees_snapshots_in_the_list() {
    let answer = |request: &Request| {
        if request.path.ends_with("/os-logs/backups") { denied() } else { project(request) }
    };
    let report = read(answer, only("os-logs")).await;
    let there = copy(&report, "os-logs", Role::Secondary);
    assert_eq!((there.outcome, there.error.as_deref()), (Outcome::Ok, None));
    let reading = there.reading.as_ref().unwrap();
    assert_eq!((reading.points.as_ref().unwrap().len(), reading.signs.len()), (5, 0));
    let mut list: Value = serde_json::from_str(fixture!("service-list.json")).unwrap();
    list["services"][2]["backups"] = json!(null);
    let list = list.to_string();
    let answer =
        move |request: &Request| if request.path.ends_with("/service") { ok(&list) } else { denied() };
    let report = read(answer, only("os-logs")).await;
    let there = copy(&report, "os-logs", Role::Secondary);
    assert_eq!(there.outcome, Outcome::Partial);
    assert!(there.error.as_deref().unwrap().contains("not visible"), "{there:?}");
    assert_eq!(there.reading.as_ref().unwrap().points, None, "unknown, not none (S3)");
}

#[tokio::test]
async fn s9_a_list_without_any_copy_does_not_prove_that_there_is_none() {
    for (hidden, points) in [(true, None), (false, Some(Points::default()))] {
        let mut list: Value = serde_json::from_str(fixture!("service-list.json")).unwrap();
        for backup in list["services"][2]["backups"].as_array_mut().unwrap() {
            backup.as_object_mut().unwrap().remove("additional_regions");
        }
        let whole = json!({ "backups": list["services"][2]["backups"] }).to_string();
        let list = list.to_string();
        let answer = move |request: &Request| match request.path.as_str() {
            path if path.ends_with("/service") => ok(&list),
            path if path.ends_with("/os-logs/backups") && !hidden => ok(&whole),
            _ => denied(),
        };
        let report = read(answer, only("os-logs")).await;
        let there = copy(&report, "os-logs", Role::Secondary);
        assert_eq!(there.reading.as_ref().unwrap().points, points, "hidden: {hidden}");
        assert_eq!(there.error.is_some(), hidden, "{there:?}");
    }
}

#[tokio::test]
async fn s15_a_service_that_is_off_was_switched_off_by_its_last_change() {
    for (state, off_by) in [("POWEROFF", Some("2026-05-01T10:00:00Z".parse().unwrap())), ("RUNNING", None)] {
        let report = project_of("pg", "startup-4", denied(), |service| {
            service["state"] = json!(state);
            service["update_time"] = json!("2026-05-01T10:00:00Z");
        })
        .await;
        assert_eq!(facts(&report).terms.off_by, off_by, "{state}");
    }
}

/// A service whose `/backups` are a recorded answer changed by `edit`.
async fn edited(service: &'static str, recorded: &str, edit: impl Fn(&mut Value)) -> SourceReport {
    let mut body: Value = serde_json::from_str(recorded).unwrap();
    edit(&mut body["backups"]);
    let body = body.to_string();
    let answer = move |request: &Request| {
        if request.path.ends_with(&format!("/{service}/backups")) { ok(&body) } else { project(request) }
    };
    read(answer, only(service)).await
}

/// Which backups of the recorded chain of one full and two incremental ones can be restored there.
async fn chain(edit: impl Fn(&mut Value)) -> Points {
    let report = edited("mysql-shop", fixture!("backups-mysql-btar.json"), edit).await;
    copy(&report, "mysql-shop", Role::Secondary).reading.as_ref().unwrap().points.clone().unwrap()
}

#[tokio::test]
async fn an_increment_is_worth_nothing_without_what_it_builds_on() {
    let usable = |points: &Points| points.iter().map(|point| point.usability.is_usable()).collect::<Vec<_>>();
    assert_eq!(usable(&chain(|_| {}).await), [true, true, true]);
    let no_full = chain(|backups| backups[0]["additional_regions"] = json!([])).await;
    assert_eq!(usable(&no_full), [false, false]);
    assert!(
        format!("{no_full:?}").contains("full backup mysql-20260510t041502z it builds on"),
        "{no_full:?}"
    );
    let no_middle = chain(|backups| backups[1]["additional_regions"] = json!(null)).await;
    assert_eq!(usable(&no_middle), [true, false]);
    assert!(
        format!("{no_middle:?}").contains("increment mysql-20260511t041503z it builds on"),
        "{no_middle:?}"
    );
    let pruned = chain(|backups| drop(backups.as_array_mut().unwrap().remove(0))).await;
    assert_eq!(usable(&pruned), [false, false]);
    let full_again = chain(|backups| {
        backups[1]["additional_regions"] = json!([]);
        backups[2]["incremental"] = json!(false);
    });
    assert_eq!(usable(&full_again.await), [true, true]);
    let not_said = chain(|backups| backups[0]["incremental"] = json!(null)).await;
    assert_eq!(usable(&not_said), [true, true, true]);
}

#[tokio::test]
async fn s7_snapshots_from_before_copying_was_switched_on_are_only_here() {
    let report = edited("os-logs", fixture!("backups-opensearch-btar.json"), |backups| {
        backups[0]["additional_regions"] = json!([]);
        backups[1]["additional_regions"] = json!([]);
    })
    .await;
    let read = |role| copy(&report, "os-logs", role).reading.as_deref().unwrap();
    let (here, there) = (read(Role::Primary), read(Role::Secondary));
    let names = |reading: &Reading| {
        reading.points.iter().flatten().map(|point| point.name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(names(here)[2..], names(there)[..], "paired by name");
    let [Sign::Note { text }] = &there.signs[..] else { panic!("{:?}", there.signs) };
    assert!(text.starts_with("2 older snapshots are not in google-europe-west3"), "{text}");
    assert!(here.signs.is_empty());
}

#[tokio::test]
async fn s1_plans_that_hang_or_ask_for_quiet_cost_no_backups() {
    let quiet = Reply::Body(429, fixture!("error-429-rate-limit.json").to_owned());
    for (reply, waits) in [(Reply::Hang, false), (quiet, true)] {
        let shown = format!("{reply:?}");
        let server =
            Server::start(
                move |request: &Request| {
                    if request.path.ends_with("/plans") { reply.clone() } else { project(request) }
                },
            )
            .await;
        let report = catalog(&server, Wanted::All).read(Duration::from_secs(2)).await;
        assert_eq!((report.outcome, report.error.as_deref()), (Outcome::Ok, None), "{shown:.60}");
        assert_eq!(report.retry_after.is_some(), waits, "{shown:.60}");
        assert!(report.took < Duration::from_secs(2), "{shown:.60}: {:?}", report.took);
    }
}
