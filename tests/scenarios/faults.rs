//! What goes wrong on purpose: lost answers, dark regions, limits, broken bodies, refused tokens.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use lifeboat::clock::Clock;
use lifeboat::secret::SecretString;
use lifeboat::simulator::{Simulator, scenario};
use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{TOKEN, at, embedded, moving, still, text, time};

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
    let end = Instant::now() + Duration::from_secs(20);
    while tokio::net::TcpStream::connect(probe).await.is_ok() {
        assert!(Instant::now() < end, "the port stays open");
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
    let end = Instant::now() + Duration::from_secs(20);
    while let Err(error) = start() {
        assert!(Instant::now() < end, "{error}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let elsewhere = SocketAddr::from(([192, 0, 2, 1], 0));
    let refused = Simulator::start(&embedded("calm"), Clock::system(), elsewhere, SecretString::from(TOKEN));
    assert_eq!(refused.unwrap_err().kind(), std::io::ErrorKind::InvalidInput);
}

#[tokio::test]
async fn an_api_that_is_down_cuts_every_connection_and_comes_back() {
    let scenario = || {
        text(
            r#"
            about = "the API goes away"
            seed = 1
            [[event]]
            at = "1m"
            do = "api_down"
            [[event]]
            at = "2m"
            do = "api_up"
            "#,
        )
    };
    for (seconds, answers) in [(0, true), (60, false), (119, false), (120, true)] {
        let api = still(scenario(), Duration::from_secs(seconds));
        let answer = api.request(Method::GET, "/v1/project").send().await;
        assert_eq!(answer.is_ok(), answers, "after {seconds} s: {answer:?}");
    }
}

#[tokio::test]
async fn very_many_services_are_listed_after_the_latency_that_was_asked_for() {
    let many = "about = 'many'\nseed = 1\nlatency = '150ms'\nmany = { services = 300, backups = 20 }\n";
    let api = still(text(many), Duration::ZERO);
    let begun = Instant::now();
    let list = api.get("/v1/project/demo/service").await;
    assert!(begun.elapsed() >= Duration::from_millis(150), "{:?}", begun.elapsed());
    let services = list["services"].as_array().unwrap();
    assert_eq!(services.len(), 300);
    assert!(services.iter().all(|one| one["backups"].as_array().unwrap().len().abs_diff(20) <= 1));
    let page = api.backups("svc-00300").await;
    assert_eq!(page["pitr"]["additional_regions"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_delay_is_in_real_time_and_a_skewed_clock_shows_in_the_date() {
    let api = still(
        text(
            r#"
            about = "slow and skewed"
            seed = 1
            [[event]]
            at = "0s"
            do = "skew_clock"
            seconds = 90
            [[fault]]
            path = "*/project"
            method = "GET"
            delay = "250ms"
            "#,
        ),
        Duration::ZERO,
    );
    let begun = Instant::now();
    let answer = api.request(Method::GET, "/v1/project").send().await.unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(250), "{:?}", begun.elapsed());
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["date"]),
        (200, &"Fri, 20 Nov 2026 12:01:30 GMT".parse().unwrap())
    );
}
