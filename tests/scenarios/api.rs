//! A simulator, and a plain HTTP client of it.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use chrono::{DateTime, Utc};
use lifeboat::clock::Clock;
use lifeboat::secret::SecretString;
use lifeboat::simulator::scenario::{self, Scenario};
use lifeboat::simulator::{Running, Simulator};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

pub(crate) const TOKEN: &str = "correct-horse";
pub(crate) const START: &str = "2026-11-20T12:00:00Z";

pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

/// A scenario whose clock stands still at so long after its start.
pub(crate) fn still(scenario: Scenario, after: Duration) -> Api {
    moving(scenario, after, 0.0)
}

pub(crate) fn moving(mut scenario: Scenario, after: Duration, speed: f64) -> Api {
    scenario.start = Some(at(START));
    let clock = Clock::starting_at(at(START) + after, speed);
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let running = Simulator::start(&scenario, clock, any, SecretString::from(TOKEN)).expect("a simulator");
    Api { running, client: reqwest::Client::new() }
}

pub(crate) fn embedded(name: &str) -> Scenario {
    scenario::load(name).expect("an embedded scenario")
}

pub(crate) fn text(text: &str) -> Scenario {
    scenario::from_text("test", text).expect("a scenario")
}

pub(crate) struct Api {
    pub(crate) running: Running,
    pub(crate) client: reqwest::Client,
}

impl Api {
    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.running.url()))
            .header("authorization", format!("aivenv1 {TOKEN}"))
            .timeout(Duration::from_secs(20))
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let mut request = self.request(method, path);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.expect("an answer");
        (response.status(), response.json().await.expect("JSON"))
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let (status, body) = self.send(Method::GET, path, None).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    pub(crate) async fn service(&self, name: &str) -> Value {
        self.get(&format!("/v1/project/demo/service/{name}")).await["service"].take()
    }

    pub(crate) async fn backups(&self, name: &str) -> Value {
        self.get(&format!("/v1/project/demo/service/{name}/backups")).await
    }

    pub(crate) async fn fork(
        &self,
        name: &str,
        source: &str,
        cloud: &str,
        target: Option<&str>,
    ) -> (StatusCode, Value) {
        let body = json!({
            "service_name": name, "service_type": "pg", "plan": "business-8", "cloud": cloud,
            "project_vpc_id": null, "tags": { "lifeboat_run": "drill-1" }, "copy_tags": true,
            "user_config": { "service_to_fork_from": source, "recovery_target_time": target },
        });
        self.send(Method::POST, "/v1/project/demo/service", Some(body)).await
    }
}

pub(crate) fn time(value: &Value) -> DateTime<Utc> {
    at(value.as_str().unwrap_or_else(|| panic!("an instant instead of {value}")))
}
