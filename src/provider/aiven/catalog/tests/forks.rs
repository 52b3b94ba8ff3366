//! Services with our mark: forks, until the config names one (S33).

use super::*;

/// The project, with `mysql-shop` as the fork of a run.
fn with_a_fork() -> impl Fn(&Request) -> Reply {
    let marked = |service: &mut Value| {
        service["tags"] = json!({"lifeboat_run": "drill-orders-1", "lifeboat_attempt": "1", "odd": null});
    };
    let mut list: Value = serde_json::from_str(fixture!("service-list.json")).unwrap();
    marked(&mut list["services"][1]);
    let one = json!({ "service": list["services"][1] }).to_string();
    let list = list.to_string();
    move |request: &Request| match request.path.trim_start_matches("/v1/project/rescue-demo/service") {
        "" => ok(&list),
        "/mysql-shop" => ok(&one),
        _ => project(request),
    }
}

#[tokio::test]
async fn s33_our_forks_are_told_by_their_tag() {
    let report = read(with_a_fork(), only("pg-orders")).await;
    let ours: Vec<(&str, Option<&str>)> =
        report.services.iter().map(|part| (part.remote.as_str(), part.ours.as_deref())).collect();
    assert_eq!(ours, [("mysql-shop", Some("drill-orders-1")), ("pg-orders", None)]);
    assert!(report.services[0].copies.is_empty());
}

#[tokio::test]
async fn s33_a_fork_that_the_config_names_is_read_as_the_service_that_it_is_by_now() {
    for (wanted, beside) in [(only("mysql-shop"), None), (Wanted::All, Some("mysql-shop"))] {
        let server = Server::start(with_a_fork()).await;
        let catalog = catalog(&server, wanted).naming(beside.map(str::to_owned).into_iter().collect());
        let report = catalog.read(SOON).await;
        assert_eq!(report.outcome, Outcome::Ok, "{report:?}");
        for role in [Role::Primary, Role::Secondary] {
            let windows = copy(&report, "mysql-shop", role).reading.as_ref().unwrap().windows.clone();
            assert_eq!(windows.unwrap().len(), 1, "{role:?}");
        }
        let point = catalog.resolve("mysql-shop", Role::Secondary, &Target::Newest).await.unwrap();
        assert_eq!(point.promised, at("2026-05-12T09:43:55Z"));
    }
    let server = Server::start(with_a_fork()).await;
    let refused = catalog(&server, Wanted::All).resolve("mysql-shop", Role::Secondary, &Target::Newest).await;
    assert!(refused.unwrap_err().refused().reason.contains("no such copy"), "that of its run");
}
