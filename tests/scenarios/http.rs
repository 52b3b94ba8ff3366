//! The simulator's answers over real HTTP.

use std::time::Duration;

use lifeboat::clock::Clock;
use lifeboat::secret::SecretString;
use lifeboat::simulator::Simulator;
use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{Api, START, TOKEN, at, embedded, moving, still, time};

#[tokio::test]
async fn calm_is_alive_from_the_start() {
    let api = still(embedded("calm"), Duration::ZERO);
    let list = api.get("/v1/project/demo/service").await;
    let services = list["services"].as_array().unwrap();
    assert!(services.len() >= 8, "{}", services.len());
    for service in services {
        let is_off = service["service_name"] == "tickets";
        assert_eq!(service["state"], if is_off { "POWEROFF" } else { "RUNNING" }, "{service:#}");
        assert!(service["node_states"].as_array().unwrap().iter().all(|node| node["state"] == "running"));
    }
    let page = api.backups("orders-db").await;
    let backups = page["backups"].as_array().unwrap();
    assert!((14..=15).contains(&backups.len()), "14 days of daily backups, not {}", backups.len());
    assert_eq!(page["pitr"]["primary_region"]["pitr_range_end"], Value::Null, "null means now");
    let there = &page["pitr"]["additional_regions"][0];
    assert_eq!(there["cloud"], "aws-eu-central-1");
    let behind = at(START) - time(&there["pitr_range_end"]);
    assert!((180..=240).contains(&behind.num_seconds()), "delay 3 m and log each 1 m, not {behind}");
    assert_eq!(there["pitr_range_start"], backups[0]["backup_time"]);
    assert!(api.backups("search").await.get("pitr").is_none(), "snapshots have no ranges");
    assert_eq!(api.backups("events").await, json!({ "backups": [] }));
    assert_eq!(api.backups("reports").await["pitr"]["additional_regions"], json!([]));
}

#[tokio::test]
async fn the_date_is_that_of_the_one_clock() {
    let api = still(embedded("calm"), Duration::ZERO);
    let response = api.request(Method::GET, "/v1/project").send().await.unwrap();
    assert_eq!(response.headers()["date"], "Fri, 20 Nov 2026 12:00:00 GMT");
}

#[tokio::test]
async fn a_wrong_token_project_or_service_is_refused_in_the_providers_words() {
    let api = still(embedded("calm"), Duration::ZERO);
    let url = format!("{}/v1/project/demo/service", api.running.url());
    for (token, message) in [(None, "Missing (expired) db token"), (Some("aivenv1 no"), "Invalid token")] {
        let mut request = api.client.get(&url);
        if let Some(token) = token {
            request = request.header("authorization", token);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 401);
        assert_eq!(response.json::<Value>().await.unwrap()["message"], message);
    }
    let bearer =
        api.client.get(&url).header("authorization", format!("Bearer {TOKEN}")).send().await.unwrap();
    assert_eq!(bearer.status(), 200);
    for path in ["/v1/project/other/service", "/v1/project/demo/service/nobody", "/v1/nonsense"] {
        assert_eq!(api.send(Method::GET, path, None).await.0, 404, "{path}");
    }
    let (status, body) = api.send(Method::DELETE, "/v1/project/demo/service/ledger", None).await;
    assert_eq!((status.as_u16(), body["errors"][0]["status"].as_u64()), (403, Some(403)), "{body}");
}

#[tokio::test]
async fn a_fork_there_takes_only_points_of_the_copy_there() {
    let api = still(embedded("calm"), Duration::ZERO);
    let range = api.backups("orders-db").await["pitr"]["additional_regions"][0].take();
    let newest = range["pitr_range_end"].as_str().unwrap();
    let (there, here) = ("aws-eu-central-1", "aws-eu-west-1");

    let (status, body) = api.fork("f-late", "orders-db", there, Some("2026-11-20T11:59:59Z")).await;
    assert_eq!(status, 400, "{body}");
    assert!(body["message"].as_str().unwrap().contains(newest), "names the range: {body}");
    assert_eq!(api.fork("f-early", "orders-db", there, Some("2026-11-01T00:00:00Z")).await.0, 400);
    assert_eq!(api.fork("f-here", "orders-db", here, Some("2026-11-20T11:59:59Z")).await.0, 200);
    assert_eq!(api.fork("f-none", "nobody", there, None).await.0, 404);
    assert_eq!(api.fork("F_bad", "orders-db", there, None).await.0, 400);

    let (status, body) = api.fork("f-there", "orders-db", there, Some(newest)).await;
    assert_eq!(status, 200, "{body}");
    let fork = &body["service"];
    assert_eq!(fork["state"], "REBUILDING");
    assert_eq!(fork["cloud_name"], there);
    assert_eq!(fork["tags"], json!({ "lifeboat_run": "drill-1", "owner": "team-orders", "tier": "1" }));
    assert_eq!(fork["user_config"]["service_to_fork_from"], "orders-db");
    assert_eq!(fork["user_config"]["recovery_target_time"], newest);
    assert_eq!(fork["project_vpc_id"], Value::Null);

    let (status, body) = api.fork("f-there", "orders-db", there, Some(newest)).await;
    assert_eq!(
        (status.as_u16(), &body["message"]),
        (409, &json!("Service name is already in use in this project"))
    );
    let counted = api.get("/_sim/requests").await;
    assert_eq!(counted["mutating"], 7, "{counted}");
    assert_eq!(
        counted["requests"],
        json!([{ "method": "POST", "path": "/v1/project/demo/service", "count": 7 }])
    );
}

/// A simulator that begins at any odd instant still takes the points that it shows.
#[tokio::test]
async fn the_oldest_point_shown_can_be_restored() {
    let clock = Clock::starting_at(at(START) + chrono::TimeDelta::nanoseconds(987_654_321), 1.0);
    let mut scenario = embedded("calm");
    scenario.start = None;
    let any = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let running = Simulator::start(&scenario, clock, any, SecretString::from(TOKEN)).expect("a simulator");
    let api = Api { running, client: reqwest::Client::new() };
    let page = api.backups("orders-db").await;
    let oldest = page["pitr"]["additional_regions"][0]["pitr_range_start"].as_str().unwrap();
    assert_eq!(oldest, page["backups"][0]["backup_time"]);
    let (status, body) = api.fork("f", "orders-db", "aws-eu-central-1", Some(oldest)).await;
    assert_eq!(status, 200, "{body}");
}

#[tokio::test]
async fn a_fork_goes_through_its_phases_and_then_holds_what_was_promised() {
    let api = moving(embedded("calm"), Duration::ZERO, 250.0);
    let target = "2026-11-20T11:30:00.123456+00:00";
    let (status, body) = api.fork("f", "orders-db", "aws-eu-central-1", Some(target)).await;
    assert_eq!(status, 200, "{body}");
    let mut seen = Vec::new();
    let end = std::time::Instant::now() + Duration::from_secs(30);
    let fork = loop {
        assert!(std::time::Instant::now() < end, "not running in time: {seen:?}");
        let service = api.service("f").await;
        let state = service["node_states"][0]["state"].as_str().unwrap_or("no node").to_owned();
        if seen.last() != Some(&state) {
            seen.push(state);
        }
        if service["state"] == "RUNNING" && service["backups"] != json!([]) {
            break service;
        }
    };
    assert_eq!(seen.last().unwrap(), "running");
    assert!(seen.contains(&"syncing_data".to_owned()), "{seen:?}");
    assert_eq!(fork["backups"][0]["storage_location"], "aws-eu-central-1");
    let data = api.get("/_sim/data/f").await;
    let newest = time(&data["newest_row"]);
    assert!(newest <= at(target) && at(target) - newest < chrono::TimeDelta::seconds(3), "{data}");

    assert_eq!(api.send(Method::DELETE, "/v1/project/demo/service/f", None).await.0, 200);
    assert_eq!(api.send(Method::GET, "/v1/project/demo/service/f", None).await.0, 404);
}

#[tokio::test]
async fn the_report_of_the_lag_is_a_chart_whose_first_row_repeats_its_columns() {
    let api = still(embedded("lag-breach"), Duration::from_secs(40 * 60));
    let path = "/v1/project/demo/service/ledger/backup_to_another_region/report";
    let (status, report) = api.send(Method::POST, path, Some(json!({ "period": "hour" }))).await;
    assert_eq!(status, 200, "{report}");
    let data = &report["metrics"]["replication_lag"]["data"];
    let rows = data["rows"].as_array().unwrap();
    assert_eq!(rows[0], data["cols"]);
    assert_eq!(rows.last().unwrap()[0], "Date(2026,10,20,12,40,0)", "November is month 10 there");
    let lags: Vec<f64> = rows[1..].iter().map(|row| row[1].as_f64().unwrap()).collect();
    assert!((120.0..180.0).contains(&lags[0]) && *lags.last().unwrap() > 2000.0, "{lags:?}");
    for (period, count, seconds) in [
        ("hour", 121, 30),
        ("day", 289, 300),
        ("week", 337, 1800),
        ("month", 241, 10_800),
        ("year", 366, 86_400),
    ] {
        let (_, report) = api.send(Method::POST, path, Some(json!({ "period": period }))).await;
        let rows = report["metrics"]["replication_lag"]["data"]["rows"].as_array().unwrap().clone();
        assert_eq!(rows.len(), count + 1, "{period}: each {seconds} s, and the columns once more");
    }
    assert_eq!(api.send(Method::POST, path, Some(json!({ "period": "century" }))).await.0, 400);
    let (_, none) = api.send(Method::POST, &path.replace("ledger", "nobody"), None).await;
    assert_eq!(none["errors"][0]["error_code"], "service_does_not_exist");
    assert_eq!(api.get("/_sim/requests").await["mutating"], 0, "it only reads");
}

#[tokio::test]
async fn tags_are_changed_one_by_one_or_as_a_whole() {
    let api = still(embedded("calm"), Duration::ZERO);
    let path = "/v1/project/demo/service/sessions/tags";
    let tags = json!({ "tags": { "lifeboat_run": "drill-1", "owner": null } });
    assert_eq!(api.send(Method::PATCH, path, Some(tags)).await.0, 200);
    assert_eq!(api.get(path).await, json!({ "tags": { "lifeboat_run": "drill-1", "tier": "2" } }));
    assert_eq!(api.service("sessions").await["tags"]["lifeboat_run"], "drill-1");
    assert_eq!(api.send(Method::PUT, path, Some(json!({ "tags": {} }))).await.0, 200);
    assert_eq!(api.get(path).await, json!({ "tags": {} }));
    assert_eq!(api.get("/_sim/requests").await["mutating"], 2);
    assert_eq!(api.send(Method::PATCH, path, Some(json!({ "tags": { "a": 1 } }))).await.0, 400);
}

#[tokio::test]
async fn a_body_that_is_no_json_is_refused() {
    let api = still(embedded("calm"), Duration::ZERO);
    for body in ["", "{", "[]", r#"{"service_name": 5}"#] {
        let answer = api.request(Method::POST, "/v1/project/demo/service").body(body).send().await.unwrap();
        assert_eq!(answer.status(), 400, "{body}");
    }
}

#[tokio::test]
async fn regions_are_listed_for_anybody_with_a_project_or_without() {
    let api = still(embedded("calm"), Duration::ZERO);
    let ours = api.get("/v1/project/demo/clouds").await;
    for path in ["/v1/clouds", "/v1/project//clouds"] {
        let answer = api.client.get(format!("{}{path}", api.running.url())).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(answer.json::<Value>().await.unwrap(), ours, "{path}");
    }
}
