//! What is made of spoiled answers to single looks: plans, regions, events, a fork, a lag report.

use serde_json::{Value, json};

use super::super::progress;
use super::super::region::judge;
use super::super::schedule;
use super::super::testkit::fixture;
use super::super::wire::{self, BadJson, Clouds, Events, Plans, Report, Service, ServiceAnswer};
use super::spoil::{self, Spoiled};
use crate::domain::fork::{ProgressState, ReadinessState};
use crate::domain::{LagPoint, RegionChange, Timestamp};
use crate::provider::ReadinessItem;

const NOW: &str = "2026-05-12T10:00:00Z";

pub(super) fn body(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

pub(super) fn decode<T: serde::de::DeserializeOwned>(body: &Value) -> Result<T, BadJson> {
    wire::decode(body.to_string().as_bytes())
}

pub(super) fn service(text: &str) -> Service {
    wire::decode::<ServiceAnswer>(text.as_bytes()).unwrap().service
}

/// Spoils an answer in every way and tells all faults that are found.
#[track_caller]
pub(super) fn spoil(text: &str, fault: impl Fn(&Spoiled) -> Option<String>) {
    let all = body(text);
    let faults: Vec<String> = spoil::each(&all)
        .filter_map(|spoiled| Some(format!("{} {}: {}", spoiled.place, spoiled.how, fault(&spoiled)?)))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn s3_a_spoiled_plan_gives_its_schedule_or_the_documented_one_that_says_so() {
    for (text, kind, name) in [
        (fixture!("plans-pg.json"), "service-get-pg-btar.json", "business-8"),
        (fixture!("plans-opensearch.json"), "service-get-opensearch-btar.json", "business-8"),
    ] {
        let service = service(match kind {
            "service-get-pg-btar.json" => fixture!("service-get-pg-btar.json"),
            _ => fixture!("service-get-opensearch-btar.json"),
        });
        let said = |plans: &Plans| {
            let config = plans.plan(name).and_then(|plan| plan.backup_config.clone());
            schedule::of(&service, None, config.as_ref()).unwrap().in_words()
        };
        let intact = said(&decode(&body(text)).unwrap());
        spoil(text, |spoiled| {
            let words = said(&decode::<Plans>(&spoiled.body).ok()?);
            let is_true = words.contains("(by the documentation") || is_less(&words, &intact);
            (!is_true).then(|| format!("{words} instead of {intact}"))
        });
    }
}

/// Whether a schedule is told as another one, but perhaps not how long backups are kept.
fn is_less(words: &str, whole: &str) -> bool {
    let tiers = |words: &str| words.split(", ").map(str::to_owned).collect::<Vec<_>>();
    let (told, whole) = (tiers(words), tiers(whole));
    told.len() == whole.len()
        && told.iter().zip(&whole).all(|(told, whole)| {
            let (every, plan) =
                (whole.split(" kept ").next().unwrap(), whole.find(" (").map(|at| &whole[at..]));
            told == whole || *told == format!("{every}{}", plan.unwrap_or_default())
        })
}

#[test]
fn s3_a_spoiled_plan_is_not_taken_for_one_that_cannot_be_had() {
    let text = fixture!("plans-pg.json");
    let regions: Vec<String> =
        body(text)["service_plans"][0]["regions"].as_object().unwrap().keys().cloned().collect();
    let plan = body(text)["service_plans"][0]["service_plan"].as_str().unwrap().to_owned();
    spoil(text, |spoiled| {
        let plans = decode::<Plans>(&spoiled.body).ok()?;
        let is_taken_off = spoiled.how == "dropped" && !spoiled.place.ends_with("service_plan");
        let another_name = spoiled.place.ends_with("service_plan") && spoiled.how.starts_with("huge");
        let offered = regions.iter().all(|region| plans.offers(&plan, region) != Some(false));
        (!offered && !is_taken_off && !another_name).then(|| "it is said that it cannot be had".to_owned())
    });
}

fn rules(clouds: &Value, events: &Value) -> Option<Vec<ReadinessItem>> {
    let service = service(fixture!("service-get-pg-btar.json"));
    let change = RegionChange {
        remote: "pg-orders".to_owned(),
        from: Some("google-europe-west3".to_owned()),
        to: Some("google-us-east4".to_owned()),
        last_changed: None,
    };
    let (clouds, events) = (decode::<Clouds>(clouds).ok()?, decode::<Events>(events).ok()?);
    Some(judge(&change, &service, NOW.parse().unwrap(), clouds, events))
}

fn state(items: &[ReadinessItem], check: &str) -> ReadinessState {
    items.iter().find(|item| item.check == check).unwrap().state
}

#[test]
fn s3_spoiled_regions_break_no_rule_of_a_change() {
    let text = fixture!("clouds.json");
    let events = json!({"events": []});
    spoil(text, |spoiled| {
        let is_taken_off = spoiled.how == "dropped" && spoiled.place.split('/').count() == 3;
        let items = rules(&spoiled.body, &events).filter(|_| !is_taken_off)?;
        let broken = items.iter().find(|item| item.state == ReadinessState::Fail)?;
        Some(format!("{}: {}", broken.check, broken.text))
    });
}

#[test]
fn s3_a_spoiled_event_is_not_taken_for_none() {
    let clouds = body(fixture!("clouds.json"));
    let update = json!({"events": [{
        "actor": "anna@example.com", "event_desc": "changed", "event_type": "service_update", "id": "e1",
        "service_name": "pg-orders", "time": "2026-05-12T08:00:00Z",
    }]});
    let text = update.to_string();
    assert_eq!(state(&rules(&clouds, &update).unwrap(), "once_in_24_h"), ReadinessState::Warn);
    spoil(&text, |spoiled| {
        let says_another = ["service_name huge", "event_type huge", "time date"];
        let place = spoiled.place.rsplit('/').next().unwrap_or_default();
        let says_another =
            says_another.iter().any(|other| format!("{place} {}", spoiled.how).starts_with(other));
        let is_taken_off = spoiled.place == "/events/0" && spoiled.how == "dropped";
        let items = rules(&clouds, &spoiled.body).filter(|_| !says_another && !is_taken_off)?;
        let passes = state(&items, "once_in_24_h") == ReadinessState::Pass;
        passes.then(|| "nobody is said to have changed it".to_owned())
    });
}

#[test]
fn r35_a_spoiled_fork_is_neither_restored_nor_protected() {
    for text in [
        fixture!("fork-1-created.json"),
        fixture!("fork-4-syncing-basebackup.json"),
        fixture!("fork-7-running-first-backup-pending.json"),
        fixture!("fork-8-running.json"),
        fixture!("fork-mysql-incremental-chain.json"),
        fixture!("service-get-pg-btar.json"),
        fixture!("service-get-poweroff.json"),
    ] {
        let intact = service(text);
        let (far, shield) = (progress::of(&intact), progress::protection(&intact, None));
        spoil(text, |spoiled| {
            // A node that is not listed is not there.
            if spoiled.how == "dropped" && spoiled.place.starts_with("/service/node_states/") {
                return None;
            }
            let service = decode::<ServiceAnswer>(&spoiled.body).ok()?.service;
            let (now, shielded) = (progress::of(&service), progress::protection(&service, None));
            if matches!(now.state, ProgressState::Restored { .. }) && now.state != far.state {
                return Some("it is called restored".to_owned());
            }
            if shielded.own_backup == Some(true) && shield.own_backup != Some(true) {
                return Some("it is said to have a backup".to_owned());
            }
            if shielded.secondary_copy == Some(true) && shield.secondary_copy != Some(true) {
                return Some("it is said to have a copy".to_owned());
            }
            (now.text.len() > 500 || now.whereabouts().len() > 800)
                .then(|| "a text without bounds".to_owned())
        });
    }
}

#[test]
fn s8_a_spoiled_lag_report_draws_no_point_that_was_not_told() {
    let text = fixture!("btar-report.json");
    let now: Timestamp = NOW.parse().unwrap();
    let points = |body: &Value| -> Option<Vec<LagPoint>> {
        let charted = decode::<Report>(body).ok()?.charted(now);
        Some(charted.series.into_iter().flat_map(|line| line.points).collect())
    };
    let intact = points(&body(text)).unwrap();
    spoil(text, |spoiled| {
        let told = points(&spoiled.body)?;
        let is_told = |point: &LagPoint| {
            intact.iter().any(|whole| {
                whole.at == point.at
                    && (point.value.is_none() || whole.value.is_none_or(|value| point.value == Some(value)))
            })
        };
        let strange = told.into_iter().find(|point| !is_told(point))?;
        Some(format!("{strange:?}"))
    });
}
