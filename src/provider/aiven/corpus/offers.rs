//! What readiness makes of spoiled plans and prices: the fork's plan, disk and price are as they were told, or are
//! not verified.

use serde_json::{Value, json};

use super::super::failure::Failure;
use super::super::readiness::{self, Facts};
use super::super::testkit::{fixture, request, settings};
use super::super::wire::{Plans, Price, Service, Vpcs};
use super::looks::{body, decode, service, spoil};
use super::spoil::Spoiled;
use crate::provider::{ReadinessItem, ReadinessState};

/// What the fork costs is told apart from its plan.
const PRICE: &str = r#"{"base_price_usd": "0.5300", "extra_disk_price_per_gb_usd": "0.0002"}"#;

/// What is said of plan, disk and price, where the fork takes the plan of its source, or one of its own.
fn told(plans: &Plans, price: Option<&str>, more: &str) -> [ReadinessItem; 3] {
    let source: Service = service(fixture!("service-get-pg-btar.json"));
    let (settings, mut request) = (settings("https://api.example", more), request());
    request.point.size_bytes = Some(79 << 30);
    let (vpcs, unread) = (Vpcs::default(), Failure::no_token("refused".to_owned()));
    let items = readiness::items(&Facts {
        settings: &settings,
        request: &request,
        listed: Ok(&[]),
        source: Some(&source),
        plans: Ok(plans),
        vpcs: Ok(&vpcs),
        price,
        backups: Err(&unread),
    });
    ["plan_in_region", "disk", "price"]
        .map(|check| items.iter().find(|item| item.check == check).unwrap().clone())
}

/// Neither is claimed what was not told, nor is a text without bounds shown.
fn fault(intact: &ReadinessItem, known: &ReadinessItem) -> Option<String> {
    // The disk of the plan itself is enough where the largest is not told.
    let is_open =
        known.state == ReadinessState::NotVerified || known.text.ends_with("no more than its plan has");
    if known.text.len() > 500 {
        return Some("a text without bounds".to_owned());
    }
    (known != intact && !is_open).then(|| format!("{} {}: {}", known.check, known.state.as_str(), known.text))
}

/// A plan, or its region, that is not listed cannot be had; a name that is another one is another plan.
fn says_another(spoiled: &Spoiled) -> bool {
    let is_a_name = spoiled.place.ends_with("service_plan");
    (spoiled.how == "dropped" && !is_a_name) || (is_a_name && spoiled.how.starts_with("huge"))
}

#[test]
fn s3_a_spoiled_list_of_plans_promises_no_disk_and_no_price() {
    for more in ["", "fork_plan = 'business-8'"] {
        let intact = told(&decode(&body(fixture!("plans-pg.json"))).unwrap(), None, more);
        for item in &intact {
            assert_eq!(item.state, ReadinessState::Pass, "{item:?}");
        }
        spoil(fixture!("plans-pg.json"), |spoiled| {
            let known = told(&decode(&spoiled.body).ok()?, None, more);
            let [plan, rest @ ..] = [0, 1, 2].map(|at| fault(&intact[at], &known[at]));
            plan.filter(|_| !says_another(spoiled)).or_else(|| rest.into_iter().flatten().next())
        });
    }
}

#[test]
fn s3_a_spoiled_price_is_not_told() {
    // The list of plans has none.
    let mut plans = body(fixture!("plans-pg.json"));
    for plan in plans["service_plans"].as_array_mut().unwrap() {
        for offer in plan["regions"].as_object_mut().unwrap().values_mut() {
            offer.as_object_mut().unwrap().remove("price_usd");
        }
    }
    let plans: Plans = decode(&plans).unwrap();
    let of = |answer: &Value| {
        let price = decode::<Price>(answer).ok().and_then(Price::credible);
        let [_, _, price] = told(&plans, price.as_deref(), "");
        price
    };
    let intact = of(&body(PRICE));
    assert!(intact.state == ReadinessState::Pass && intact.text.starts_with("0.5300 USD"), "{intact:?}");
    spoil(PRICE, |spoiled| fault(&intact, &of(&spoiled.body)));
    for price in ["-0.53", "NaN", "inf", "1e9", "+0.53", "0,53", "0x1", ".", "0.5.3", "99999999"] {
        let known = of(&json!({ "base_price_usd": price }));
        assert_eq!(known.state, ReadinessState::NotVerified, "{known:?}");
    }
}
