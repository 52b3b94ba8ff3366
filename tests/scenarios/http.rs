//! The simulator's answers over real HTTP.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use chrono::{DateTime, Utc};
use lifeboat::clock::Clock;
use lifeboat::secret::SecretString;
use lifeboat::simulator::scenario::{self, Scenario};
use lifeboat::simulator::{Running, Simulator};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const TOKEN: &str = "correct-horse";
const START: &str = "2026-11-20T12:00:00Z";

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

/// A scenario whose clock stands still at so long after its start.
fn still(scenario: Scenario, after: Duration) -> Api {
    moving(scenario, after, 0.0)
}

fn moving(mut scenario: Scenario, after: Duration, speed: f64) -> Api {
    scenario.start = Some(at(START));
    let clock = Clock::starting_at(at(START) + after, speed);
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let running = Simulator::start(&scenario, clock, any, SecretString::from(TOKEN)).expect("a simulator");
    Api { running, client: reqwest::Client::new() }
}

fn embedded(name: &str) -> Scenario {
    scenario::load(name).expect("an embedded scenario")
}

fn text(text: &str) -> Scenario {
    scenario::from_text("test", text).expect("a scenario")
}

struct Api {
    running: Running,
    client: reqwest::Client,
}

impl Api {
    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.running.url()))
            .header("authorization", format!("aivenv1 {TOKEN}"))
            .timeout(Duration::from_secs(20))
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let mut request = self.request(method, path);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.expect("an answer");
        (response.status(), response.json().await.expect("JSON"))
    }

    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.send(Method::GET, path, None).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    async fn service(&self, name: &str) -> Value {
        self.get(&format!("/v1/project/demo/service/{name}")).await["service"].take()
    }

    async fn backups(&self, name: &str) -> Value {
        self.get(&format!("/v1/project/demo/service/{name}/backups")).await
    }

    async fn fork(&self, name: &str, source: &str, cloud: &str, target: Option<&str>) -> (StatusCode, Value) {
        let body = json!({
            "service_name": name, "service_type": "pg", "plan": "business-8", "cloud": cloud,
            "project_vpc_id": null, "tags": { "lifeboat_run": "drill-1" }, "copy_tags": true,
            "user_config": { "service_to_fork_from": source, "recovery_target_time": target },
        });
        self.send(Method::POST, "/v1/project/demo/service", Some(body)).await
    }
}

fn time(value: &Value) -> DateTime<Utc> {
    at(value.as_str().unwrap_or_else(|| panic!("an instant instead of {value}")))
}

#[tokio::test]
async fn calm_is_alive_from_the_start() {
    let api = still(embedded("calm"), Duration::ZERO);
    let list = api.get("/v1/project/demo/service").await;
    let services = list["services"].as_array().unwrap();
    assert!(services.len() >= 8, "{}", services.len());
    for service in services {
        assert_eq!(service["state"], "RUNNING");
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

#[tokio::test]
async fn a_fork_goes_through_its_phases_and_then_holds_what_was_promised() {
    let api = moving(embedded("calm"), Duration::ZERO, 2000.0);
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
async fn a_lost_answer_leaves_the_service_behind() {
    let api = still(embedded("lost-answer"), Duration::from_secs(60));
    let body = json!({ "service_name": "f", "service_type": "pg", "plan": "business-8" });
    let path = "/v1/project/demo/service";
    let lost = api.request(Method::POST, path).json(&body).send().await;
    assert!(lost.is_err(), "an answer instead of none: {lost:?}");
    assert_eq!(api.service("f").await["service_name"], "f");
    assert_eq!(api.send(Method::POST, path, Some(body)).await.0, 409, "the second answer arrives");
}

#[tokio::test]
async fn a_region_that_is_down_is_silent_and_its_range_stands_still() {
    let after = |minutes| still(embedded("region-down"), Duration::from_mins(minutes));
    let alive = after(4);
    let probe = alive.running.probe("orders-db").expect("a port");
    tokio::net::TcpStream::connect(probe).await.expect("an open port");
    drop(alive);

    let down = after(30);
    let page = down.backups("orders-db").await;
    assert_eq!(time(&page["pitr"]["primary_region"]["pitr_range_end"]), at("2026-11-20T12:05:00Z"));
    let there = time(&page["pitr"]["additional_regions"][0]["pitr_range_end"]);
    assert!(there < at("2026-11-20T12:02:00Z") && there > at("2026-11-20T12:00:00Z"), "{there}");
    assert_eq!(down.service("orders-db").await["state"], "REBUILDING");
    assert_eq!(down.service("inventory").await["state"], "RUNNING", "it lives in the other region");
    let data = down.request(Method::GET, "/_sim/data/orders-db").send().await;
    assert!(data.is_err(), "an answer from a dark region: {data:?}");
    let probe = down.running.probe("orders-db").expect("a port");
    assert!(tokio::net::TcpStream::connect(probe).await.is_err(), "an open port in a dark region");

    assert_eq!(down.fork("f", "orders-db", "aws-eu-west-1", None).await.0, 503);
    let newest = there.to_rfc3339();
    assert_eq!(down.fork("f", "orders-db", "aws-eu-central-1", Some(&newest)).await.0, 200);
}

#[tokio::test]
async fn a_port_closes_when_its_region_goes_down() {
    let mut scenario = embedded("region-down");
    scenario.events[0].at = Duration::from_secs(60);
    let api = moving(scenario, Duration::ZERO, 60.0);
    let probe = api.running.probe("orders-db").expect("a port");
    tokio::net::TcpStream::connect(probe).await.expect("an open port");
    let end = std::time::Instant::now() + Duration::from_secs(20);
    while tokio::net::TcpStream::connect(probe).await.is_ok() {
        assert!(std::time::Instant::now() < end, "the port stays open");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn limits_and_faults_look_like_the_providers() {
    let limited = still(embedded("rate-limited"), Duration::from_mins(4));
    let answer = limited.request(Method::GET, "/v1/project").send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].to_str().unwrap()), (429, "240"));
    let bare = still(embedded("rate-limited"), Duration::from_mins(21));
    let answer = bare.request(Method::GET, "/v1/project").send().await.unwrap();
    assert!(answer.headers().get("retry-after").is_none());
    let message = answer.json::<Value>().await.unwrap()["message"].as_str().unwrap().to_owned();
    assert!(message.ends_with("try again in 60s"), "{message}");

    let api = still(
        text(
            r#"
            about = "faults"
            seed = 1
            [[fault]]
            path = "/v1/project"
            status = 503
            times = 1
            [[fault]]
            path = "/v1/project"
            html = true
            times = 1
            [[fault]]
            path = "/v1/project"
            truncate = 20
            times = 1
            [[fault]]
            path = "/v1/project"
            reset = true
            times = 1
            [[fault]]
            path = "/v1/project"
            endless = true
            times = 1
            "#,
        ),
        Duration::ZERO,
    );
    let next = || api.request(Method::GET, "/v1/project").send();
    assert_eq!(next().await.unwrap().status(), 503);
    let html = next().await.unwrap();
    assert_eq!(
        (html.status().as_u16(), html.headers()["content-type"].to_str().unwrap()),
        (408, "text/html")
    );
    assert!(html.text().await.unwrap().starts_with("<html>"));
    assert!(next().await.unwrap().bytes().await.is_err(), "a body cut short");
    assert!(next().await.is_err(), "a cut connection");
    let mut endless = next().await.unwrap();
    let mut bytes = 0;
    while bytes < 1_000_000 {
        bytes += endless.chunk().await.unwrap().expect("more").len();
    }
    assert_eq!(next().await.unwrap().status(), 200, "each fault was for one request");
}

#[tokio::test]
async fn an_expired_or_narrow_token_shows_as_401_or_403() {
    let api = still(
        text(
            r#"
            about = "tokens"
            seed = 1
            [[service]]
            name = "orders-db"
            engine = "pg"
            plan = "business-8"
            region = "aws-eu-west-1"
            secondary = "aws-eu-central-1"
            [[event]]
            at = "1m"
            do = "narrow_token"
            [[event]]
            at = "2m"
            do = "widen_token"
            "#,
        ),
        Duration::from_secs(90),
    );
    let (status, body) = api.send(Method::GET, "/v1/project/demo/service/orders-db/backups", None).await;
    assert_eq!((status.as_u16(), &body["errors"][0]["error_code"]), (403, &json!("permission_denied")));
    assert!(!api.service("orders-db").await["backups"].as_array().unwrap().is_empty());

    let mut scenario = embedded("calm");
    scenario.events.push(scenario::Event { at: Duration::ZERO, action: scenario::Action::ExpireToken });
    let expired = still(scenario, Duration::ZERO);
    assert_eq!(expired.send(Method::GET, "/v1/project", None).await.0, 401);
    assert_eq!(expired.send(Method::GET, "/v1/clouds", None).await.0, 200, "needs no token");
}

#[tokio::test]
async fn a_second_simulator_cannot_take_the_address_and_a_dropped_one_frees_it() {
    let api = still(embedded("calm"), Duration::ZERO);
    let addr = api.running.addr;
    let start = || {
        let clock = Clock::system();
        Simulator::start(&embedded("calm"), clock, addr, SecretString::from(TOKEN))
    };
    assert_eq!(start().unwrap_err().kind(), std::io::ErrorKind::AddrInUse);
    drop(api);
    let end = std::time::Instant::now() + Duration::from_secs(20);
    while let Err(error) = start() {
        assert!(std::time::Instant::now() < end, "{error}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let elsewhere = SocketAddr::from(([192, 0, 2, 1], 0));
    let refused = Simulator::start(&embedded("calm"), Clock::system(), elsewhere, SecretString::from(TOKEN));
    assert_eq!(refused.unwrap_err().kind(), std::io::ErrorKind::InvalidInput);
}
