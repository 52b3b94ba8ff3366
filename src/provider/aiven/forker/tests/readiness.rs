//! What is checked before a fork.

use super::*;
use crate::provider::ReadinessState;

/// A project before a fork: what each look is answered.
struct Before {
    list: String,
    plans: Reply,
    backups: Reply,
    vpcs: Reply,
    price: Reply,
    more: &'static str,
}

impl Before {
    /// As recorded, with everything to be seen but a price of its own.
    fn recorded() -> Self {
        Self {
            list: fixture!("service-list.json").to_owned(),
            plans: ok(fixture!("plans-pg.json")),
            backups: ok(fixture!("backups-pg-btar.json")),
            vpcs: ok(fixture!("vpcs-empty.json")),
            price: not_there(),
            more: "",
        }
    }

    /// With the source changed.
    fn source(edit: impl Fn(&mut Value)) -> Self {
        let mut list: Value = serde_json::from_str(fixture!("service-list.json")).unwrap();
        edit(&mut list["services"][0]);
        Self { list: list.to_string(), ..Self::recorded() }
    }

    async fn items(self, request: ForkRequest) -> Vec<ReadinessItem> {
        let Self { list, plans, backups, vpcs, price, more } = self;
        let server = Server::start(move |request: &Request| match request.path.rsplit('/').next() {
            Some("service") => ok(&list),
            Some("plans") => plans.clone(),
            Some("backups") => backups.clone(),
            Some("vpcs") => vpcs.clone(),
            Some(_) if request.path.contains("/pricing/service-types/") => price.clone(),
            other => panic!("{other:?}"),
        })
        .await;
        let items = forker_with(server.settings(more)).check(&request).await;
        assert!(server.seen().iter().all(|seen| seen.method == "GET"), "a check changes nothing");
        items
    }
}

async fn readiness(plans: Reply, backups: Reply, request: ForkRequest) -> Vec<ReadinessItem> {
    Before { plans, backups, ..Before::recorded() }.items(request).await
}

fn text<'a>(items: &'a [ReadinessItem], check: &str) -> &'a str {
    &items.iter().find(|item| item.check == check).unwrap_or_else(|| panic!("{check}: {items:?}")).text
}

fn state(items: &[ReadinessItem], check: &str) -> ReadinessState {
    items.iter().find(|item| item.check == check).unwrap_or_else(|| panic!("{check}: {items:?}")).state
}

#[tokio::test]
async fn readiness_passes_what_it_saw_and_nothing_else() {
    let (plans, backups) = (ok(fixture!("plans-pg.json")), ok(fixture!("backups-pg-btar.json")));
    let items = readiness(plans, backups, request()).await;
    let named: Vec<&str> = items.iter().map(|item| item.check.as_str()).collect();
    assert_eq!(named, super::super::super::readiness::names(request().drill), "what a dry run lists (R31)");
    for check in [
        "token",
        "source_exists",
        "name_free",
        "kind_forks",
        "plan_in_region",
        "disk",
        "point_in_copy",
        "network",
        "termination_protection",
        "integrations",
        "price",
    ] {
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
    let incident = ForkRequest { drill: false, ..request() };
    for (asked, said) in [(request(), "is not known"), (incident, "goes into the PUBLIC network")] {
        let items = forker(&server).check(&asked).await;
        assert_eq!(state(&items, "network"), ReadinessState::NotVerified);
        assert!(text(&items, "network").contains(said), "{items:?}");
    }
}

#[tokio::test]
async fn s3_an_entry_of_the_list_that_cannot_be_read_is_no_service_that_is_missing() {
    use ReadinessState::{Fail, NotVerified, Pass};
    let list =
        |services: Value| Before { list: json!({ "services": services }).to_string(), ..Before::recorded() };
    let (other, broken) =
        (json!({"service_name": "other"}), json!({"service_name": "pg-orders", "backups": 7}));
    for (services, source, free, says) in [
        (json!([other, broken]), NotVerified, Pass, "is in the list and cannot be read: "),
        (
            json!([other, {"service_name": 7}]),
            NotVerified,
            NotVerified,
            "unless it is the one whose name cannot be read",
        ),
        (json!([{}, null]), NotVerified, NotVerified, "unless it is one of the 2 whose names cannot be read"),
        (json!([other, {"service_name": "third", "backups": 7}]), Fail, Pass, "pg-orders is not in the list"),
        (json!([]), Fail, Pass, "pg-orders is not in the list"),
    ] {
        let items = list(services).items(request()).await;
        assert_eq!((state(&items, "source_exists"), state(&items, "name_free")), (source, free), "{items:?}");
        assert!(text(&items, "source_exists").contains(says), "{}", text(&items, "source_exists"));
        let failing: Vec<&str> =
            items.iter().filter(|item| item.state == Fail).map(|item| item.check.as_str()).collect();
        assert!(failing.is_empty() || failing == ["source_exists"], "{failing:?}");
    }
}

#[tokio::test]
async fn a_vpc_is_checked_against_the_region_of_the_copy() {
    let vpcs = |cloud: &str, state: &str| {
        ok(&json!({"vpcs": [{"project_vpc_id": "v7", "cloud_name": cloud, "state": state}, {}]}).to_string())
    };
    let there = "google-europe-west3";
    let denied = || refusal(403, fixture!("error-403-authentication-failed.json"));
    let configured = "project_vpc_id = 'v7'";
    for (more, vpcs, wanted, says) in [
        (configured, vpcs(there, "ACTIVE"), ReadinessState::Pass, "goes into VPC v7 of google-europe-west3"),
        (
            configured,
            vpcs("google-us-east4", "ACTIVE"),
            ReadinessState::Fail,
            "lies in google-us-east4, the fork in",
        ),
        (configured, vpcs(there, "DELETING"), ReadinessState::Fail, "is DELETING, not active"),
        (configured, ok(r#"{"vpcs": []}"#), ReadinessState::Fail, "has no VPC v7"),
        (configured, ok(r#"{"vpcs": null}"#), ReadinessState::NotVerified, "shows no VPCs"),
        (configured, denied(), ReadinessState::NotVerified, "cannot be read with the acting token"),
        (configured, ok("<html>"), ReadinessState::NotVerified, "web page"),
        ("project_vpc_id = 'v8'", vpcs(there, "ACTIVE"), ReadinessState::Fail, "to v7 or \"public\""),
        (
            "project_vpc_id = 'public'",
            vpcs(there, "ACTIVE"),
            ReadinessState::Warn,
            "has VPC v7 there, which is not used",
        ),
        (
            "",
            vpcs("google-us-east4", "ACTIVE"),
            ReadinessState::Pass,
            "(`project_vpc_id` null), as the source is",
        ),
        ("", denied(), ReadinessState::Pass, "public network"),
    ] {
        let items = Before { vpcs, more, ..Before::recorded() }.items(request()).await;
        assert_eq!(state(&items, "network"), wanted, "{more}: {}", text(&items, "network"));
        assert!(text(&items, "network").contains(says), "{more}: {}", text(&items, "network"));
    }
    let in_vpc = Before::source(|source| source["project_vpc_id"] = json!("v1")).items(request()).await;
    assert_eq!(state(&in_vpc, "network"), ReadinessState::Fail);
    let not_said = || Before::source(|source| drop(source.as_object_mut().unwrap().remove("project_vpc_id")));
    let incident = ForkRequest { drill: false, ..request() };
    for (request, wanted, says) in [
        (request(), ReadinessState::Fail, "set `project_vpc_id`"),
        (incident, ReadinessState::Warn, "goes into the PUBLIC network"),
    ] {
        let items = not_said().items(request).await;
        assert_eq!(state(&items, "network"), wanted);
        assert!(text(&items, "network").contains(says), "{}", text(&items, "network"));
    }
}

#[tokio::test]
async fn what_a_fork_costs_and_holds_is_told_where_the_provider_tells_it() {
    use ReadinessState::{Fail, NotVerified, Pass};
    let plans = |offer: Value| {
        let regions = json!({ "google-europe-west3": offer });
        ok(&json!({"service_plans": [{"service_plan": "business-8", "regions": regions}]}).to_string())
    };
    let small = json!({"disk_space_mb": 81920, "disk_space_cap_mb": 163_840});
    for (plans, price, disk, cost, says) in [
        (
            plans(json!({"disk_space_cap_mb": 716_800})),
            r#"{"base_price_usd": "1.25"}"#,
            Pass,
            Pass,
            "1.25 USD an hour",
        ),
        (plans(small), r#"{"base_price_usd": null}"#, Fail, NotVerified, "is not told"),
        (
            plans(json!({"price_usd": "0.5300", "disk_space_mb": "much"})),
            "{}",
            NotVerified,
            NotVerified,
            "not told",
        ),
        // The disk of the plan itself is not the largest it can have.
        (
            plans(json!({"disk_space_mb": 81920})),
            "{}",
            NotVerified,
            NotVerified,
            "the most there is not told",
        ),
        (plans(json!({"price_usd": 0.53})), "{}", NotVerified, NotVerified, "not told"),
        (plans(json!({"price_usd": "a lot"})), r#"{"price_usd": "0.5"}"#, NotVerified, Pass, "0.5 USD"),
        (plans(json!(null)), "[]", NotVerified, NotVerified, "not told"),
    ] {
        let shown = format!("{plans:?} {price}");
        let items = Before { plans, price: ok(price), ..Before::recorded() }.items(request()).await;
        assert_eq!((state(&items, "disk"), state(&items, "price")), (disk, cost), "{shown}: {items:?}");
        assert!(
            text(&items, "price").contains(says) || text(&items, "disk").contains(says),
            "{shown}: {items:?}"
        );
    }
    let other_plan = |plan: &'static str| Before { more: plan, ..Before::recorded() };
    let mut sized = request();
    sized.point.size_bytes = Some(79 << 30);
    let items = other_plan("fork_plan = 'startup-4'").items(sized.clone()).await;
    assert_eq!(state(&items, "disk"), Pass, "{}", text(&items, "disk"));
    sized.point.size_bytes = Some(81 << 30);
    let items = other_plan("fork_plan = 'startup-4'").items(sized).await;
    assert_eq!(state(&items, "disk"), Fail, "{}", text(&items, "disk"));
    assert!(text(&items, "price").starts_with("0.136000 USD"));
}

#[tokio::test]
async fn what_will_not_come_along_is_said() {
    use ReadinessState::{Fail, NotVerified, Pass, Warn};
    let incident = || ForkRequest { drill: false, ..request() };
    let connected = |source: &mut Value| {
        source["service_integrations"] = json!([{"integration_type": "logs"}, {"integration_type": "metrics"}, {"integration_type": null}]);
        source["termination_protection"] = json!(true);
    };
    let items = Before::source(connected).items(incident()).await;
    assert_eq!((state(&items, "integrations"), state(&items, "termination_protection")), (Warn, Warn));
    assert!(text(&items, "integrations").contains("3 integrations of the source (logs, metrics)"));
    let told = text(&items, "termination_protection");
    assert!(
        told.starts_with("protect the fork before clients use it"),
        "a narrow screen cuts the rest: {told}"
    );
    let command = format!("service update {NAME} --project rescue-demo --enable-termination-protection");
    assert!(told.ends_with(&command), "{told}");
    let drill = Before::source(connected).items(request()).await;
    assert_eq!(state(&drill, "termination_protection"), Pass);
    let silent = Before::source(|source| {
        source["service_integrations"] = json!(null);
        source["termination_protection"] = json!(null);
    });
    let items = silent.items(incident()).await;
    assert_eq!(
        (state(&items, "integrations"), state(&items, "termination_protection")),
        (NotVerified, NotVerified)
    );

    let mut by_name = request();
    by_name.point.how = PointHow::Name { name: "backup-1".to_owned() };
    let kind = |word: &'static str| Before::source(move |source| source["service_type"] = json!(word));
    for (word, request, wanted) in [
        ("pg", request(), Pass),
        ("pg", by_name.clone(), Fail),
        ("opensearch", by_name.clone(), Pass),
        ("opensearch", request(), Fail),
        ("clickhouse", by_name.clone(), Pass),
        ("cassandra", by_name.clone(), Fail),
        ("kafka", by_name.clone(), Fail),
        ("thing", by_name.clone(), NotVerified),
    ] {
        let items = kind(word).items(request).await;
        assert_eq!(state(&items, "kind_forks"), wanted, "{word}: {}", text(&items, "kind_forks"));
        assert_eq!(items.iter().any(|item| item.check == "single_sign_on"), word == "opensearch");
    }
    let hobbyist = Before::source(|source| source["plan"] = json!("hobbyist")).items(request()).await;
    assert_eq!(state(&hobbyist, "kind_forks"), Fail);
    let off = Before::source(|source| source["state"] = json!("POWEROFF")).items(request()).await;
    assert_eq!(state(&off, "kind_forks"), NotVerified);
    let signed_on = Before::source(|source| {
        source["service_type"] = json!("opensearch");
        source["user_config"] =
            json!({"saml": {"enabled": true}, "openid": {"enabled": false, "client_secret": "x"}});
    });
    let items = signed_on.items(by_name).await;
    assert_eq!(state(&items, "single_sign_on"), Warn);
    assert!(text(&items, "single_sign_on").contains("(SAML)"), "{}", text(&items, "single_sign_on"));
}
