//! What is checked before a fork.

use super::*;
use crate::provider::ReadinessState;

/// The project before a fork, with plans answered by `plans` and backups by `backups`.
async fn readiness(plans: Reply, backups: Reply, request: ForkRequest) -> Vec<ReadinessItem> {
    let server = Server::start(move |request: &Request| match request.path.rsplit('/').next() {
        Some("service") => ok(fixture!("service-list.json")),
        Some("plans") => plans.clone(),
        Some("backups") => backups.clone(),
        other => panic!("{other:?}"),
    })
    .await;
    let items = forker(&server).check(&request).await;
    assert!(server.seen().iter().all(|seen| seen.method == "GET"), "a check changes nothing");
    items
}

fn state(items: &[ReadinessItem], check: &str) -> ReadinessState {
    items.iter().find(|item| item.check == check).unwrap_or_else(|| panic!("{check}: {items:?}")).state
}

#[tokio::test]
async fn readiness_passes_what_it_saw_and_nothing_else() {
    let (plans, backups) = (ok(fixture!("plans-pg.json")), ok(fixture!("backups-pg-btar.json")));
    let items = readiness(plans, backups, request()).await;
    for check in ["token", "source_exists", "name_free", "plan_in_region", "point_in_copy", "network"] {
        assert_eq!(state(&items, check), ReadinessState::Pass, "{check}");
    }
    assert_eq!(state(&items, "may_create"), ReadinessState::NotVerified);
    assert_eq!(state(&items, "fork_access"), ReadinessState::NotVerified);
}

#[tokio::test]
async fn readiness_fails_what_would_fail() {
    let plans = || ok(fixture!("plans-pg.json"));
    let backups = || ok(fixture!("backups-pg-btar-newest-not-copied.json"));
    assert_eq!(state(&readiness(plans(), backups(), request()).await, "point_in_copy"), ReadinessState::Fail);
    let taken = ForkRequest { name: "mysql-shop".to_owned(), ..request() };
    assert_eq!(state(&readiness(plans(), backups(), taken).await, "name_free"), ReadinessState::Fail);
    let badly_named = ForkRequest { name: "Orders".to_owned(), ..request() };
    assert_eq!(state(&readiness(plans(), backups(), badly_named).await, "name_free"), ReadinessState::Fail);
    let elsewhere = ForkRequest { region: Some("google-mars1".to_owned()), ..request() };
    let items = readiness(plans(), backups(), elsewhere).await;
    assert_eq!(state(&items, "plan_in_region"), ReadinessState::Fail);
    let unknown = ForkRequest { remote: "nobody".to_owned(), ..request() };
    assert_eq!(state(&readiness(plans(), backups(), unknown).await, "source_exists"), ReadinessState::Fail);
}

#[tokio::test]
async fn readiness_that_may_not_look_is_not_verified() {
    let denied = || refusal(403, fixture!("error-403-authentication-failed.json"));
    let items = readiness(denied(), denied(), request()).await;
    for check in ["plan_in_region", "point_in_copy"] {
        assert_eq!(state(&items, check), ReadinessState::NotVerified, "{check}");
    }
    let server = Server::start(move |_| denied()).await;
    let items = forker(&server).check(&request()).await;
    assert_eq!(state(&items, "token"), ReadinessState::Fail);
    assert_eq!(state(&items, "source_exists"), ReadinessState::NotVerified);
}
