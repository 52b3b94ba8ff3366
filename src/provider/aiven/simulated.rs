//! Catalog and forker against the simulator: whole ways, not single answers.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{AivenCatalog, AivenForker, AivenRegionSetter, Gate, Settings, Wanted, testkit};
use crate::clock::Clock;
use crate::domain::fork::CopiedTo;
use crate::domain::{
    CopyPart, Outcome, Points, RegionChange, Role, SetOutcome, Sign, SourceReport, Target, Timestamp,
};
use crate::provider::arming::{self, Credential, arm};
use crate::provider::{
    Armed, Catalog as _, ForkPoint, ForkRequest, Forker as _, Found, ProgressState, ReadinessState,
    RegionSetter as _, Removal, StartOutcome,
};
use crate::simulator::scenario::{self, Scenario};
use crate::simulator::{Running, Simulator};

mod engines;

const SOON: Duration = Duration::from_secs(10);

struct Lab {
    running: Running,
    clock: Clock,
    settings: Settings,
}

impl Lab {
    /// A scenario, so long after its start, at this speed.
    fn new(mut scenario: Scenario, after: Duration, speed: f64) -> Self {
        let start: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        scenario.start = Some(start);
        let clock = Clock::starting_at(start + after, speed);
        let any = (Ipv4Addr::LOCALHOST, 0).into();
        let running = Simulator::start(&scenario, clock, any, testkit::token()).unwrap();
        let table = format!(
            "project = '{}'\ntoken = {{ env = 'T' }}\nurl = '{}'\ntimeout = '10s'\n",
            running.project,
            running.url()
        );
        Self { running, clock, settings: toml::from_str(&table).unwrap() }
    }

    fn embedded(name: &str, after: Duration, speed: f64) -> Self {
        Self::new(scenario::load(name).unwrap(), after, speed)
    }

    fn catalog(&self) -> AivenCatalog {
        let (settings, gate) = (self.settings.clone(), Arc::<Gate>::default());
        AivenCatalog::new("sim", settings, Wanted::All, testkit::token(), gate, self.clock).unwrap()
    }

    fn armed(&self) -> Armed {
        arm(arming::Request {
            source: "sim",
            flag: true,
            read_only: false,
            allowed: true,
            credential: Ok(Credential::Token(testkit::token())),
            loopback: self.settings.is_loopback(),
            clock: self.clock,
        })
        .unwrap()
    }

    fn forker(&self) -> AivenForker {
        AivenForker::new(self.armed(), self.settings.clone(), Arc::default(), self.clock).unwrap()
    }

    async fn request(&self, target: Target, name: &str) -> ForkRequest {
        let catalog = self.catalog();
        let point = catalog.resolve("orders-db", Role::Secondary, &target).await.unwrap();
        let region = copy(&catalog.read(SOON).await, "orders-db", Role::Secondary).region.clone();
        request(point, region, name)
    }

    async fn page(&self, path: &str) -> Value {
        let client = reqwest::Client::builder().tls_certs_only([]).build().unwrap();
        let answer = client.get(format!("{}{path}", self.running.url())).send().await.unwrap();
        answer.json().await.unwrap()
    }

    /// Asks until the fork is restored.
    async fn restored(&self, forker: &AivenForker, request: &ForkRequest) -> Vec<String> {
        let (begun, mut phases) = (Instant::now(), Vec::new());
        loop {
            let progress = forker.progress(request).await;
            if phases.last() != Some(&progress.phase) {
                phases.push(progress.phase.clone());
            }
            match progress.state {
                ProgressState::Restored { .. } => return phases,
                ProgressState::Working => {}
                other => panic!("{other:?}"),
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "{phases:?} {}", progress.text);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

fn request(point: ForkPoint, region: Option<String>, name: &str) -> ForkRequest {
    ForkRequest {
        run: "drill-orders-db-20261120-k3q7wd".to_owned(),
        attempt: 1,
        drill: true,
        remote: "orders-db".to_owned(),
        name: name.to_owned(),
        region,
        point,
        host: None,
    }
}

fn copy<'a>(report: &'a SourceReport, service: &str, role: Role) -> &'a CopyPart {
    let part = report.services.iter().find(|part| part.remote == service).unwrap();
    part.copies.iter().find(|copy| copy.role == role).unwrap()
}

fn newest(report: &SourceReport, service: &str, role: Role) -> Timestamp {
    copy(report, service, role).reading.as_ref().unwrap().windows.as_ref().unwrap()[0].to.at
}

#[tokio::test]
async fn a_calm_afternoon_is_read_whole() {
    let lab = Lab::embedded("calm", Duration::from_secs(60), 0.0);
    let report = lab.catalog().read(SOON).await;
    assert_eq!((report.outcome, report.skew_s, report.complete), (Outcome::Ok, Some(0), true), "{report:?}");
    assert!(report.services.len() >= 8);
    let now = lab.clock.now();
    assert_eq!(newest(&report, "orders-db", Role::Primary), now, "the open end is now");
    let there = newest(&report, "orders-db", Role::Secondary);
    let behind = (now - there).num_seconds();
    assert!((60..=600).contains(&behind), "three minutes of copying and one of log: {behind}");
    let alone = report.services.iter().find(|part| part.remote == "reports").unwrap();
    assert_eq!(
        alone.facts.as_ref().unwrap().no_secondary_because.as_deref(),
        Some("backup to another region is off")
    );
}

#[tokio::test]
async fn a_drill_is_made_watched_reached_and_removed() {
    let lab = Lab::embedded("calm", Duration::from_secs(600), 1200.0);
    let forker = lab.forker();
    let request = lab.request(Target::Newest, "drill-orders-db-k3q7wd").await;
    let failed: Vec<_> =
        forker.check(&request).await.into_iter().filter(|item| item.state == ReadinessState::Fail).collect();
    assert!(failed.is_empty(), "{failed:?}");
    assert_eq!(forker.find(&request).await, Found::Absent);
    let outcome = forker.start(&request).await;
    assert!(matches!(outcome, StartOutcome::Accepted { .. }), "{outcome:?}");
    assert_eq!(forker.find(&request).await, Found::Mine);

    let phases = lab.restored(&forker, &request).await;
    assert!(phases.contains(&"base backup".to_owned()) && phases.last().unwrap() == "restored", "{phases:?}");
    let endpoint = forker.endpoint(&request).await.unwrap();
    assert_eq!(endpoint.http_base.as_deref(), Some(lab.running.url().as_str()));
    let data = lab.page(&format!("/_sim/data/{}", request.name)).await;
    let row: Timestamp = data["newest_row"].as_str().unwrap().parse().unwrap();
    let short = request.point.promised - row;
    assert!((0..300).contains(&short.num_seconds()), "promised {}, got {row}", request.point.promised);

    let report = lab.catalog().read(SOON).await;
    let fork = report.services.iter().find(|part| part.remote == request.name).unwrap();
    assert_eq!(fork.ours.as_deref(), Some(request.run.as_str()));
    assert_eq!(fork.facts.as_ref().unwrap().region, request.region, "it lies where the copy lies (R26)");

    assert!(matches!(forker.remove(&request).await, Removal::Proven { .. }));
    assert_eq!(forker.find(&request).await, Found::Absent);
}

/// Running is not protected: its own first backup comes by itself, a copy elsewhere once its region is set.
#[tokio::test]
async fn r35_a_fork_is_protected_once_its_own_region_holds_a_copy() {
    let lab = Lab::embedded("calm", Duration::from_secs(600), 6_000.0);
    let forker = lab.forker();
    let request = lab.request(Target::Newest, "orders-db-k3q7wd").await;
    assert!(matches!(forker.start(&request).await, StartOutcome::Accepted { .. }));
    lab.restored(&forker, &request).await;
    let seen = forker.protection(&request).await;
    assert_eq!((&seen.copying, seen.secondary_copy), (&CopiedTo::Nowhere, Some(false)), "{seen:?}");
    assert!(seen.needs_person, "no waiting brings a copy: {seen:?}");
    let setter =
        AivenRegionSetter::new(lab.armed(), lab.settings.clone(), Arc::default(), lab.clock).unwrap();
    let to = Some("aws-eu-north-1".to_owned());
    let change = RegionChange { remote: request.name.clone(), from: None, to, last_changed: None };
    let set = setter.set(&change).await;
    assert!(matches!(set, SetOutcome::Accepted { .. }), "{set:?}");
    let begun = Instant::now();
    loop {
        let seen = forker.protection(&request).await;
        assert_eq!(seen.copying, CopiedTo::Region("aws-eu-north-1".to_owned()), "{seen:?}");
        if seen.is_whole() {
            break;
        }
        assert!(!seen.needs_person, "it comes by itself: {seen:?}");
        assert!(begun.elapsed() < Duration::from_secs(60), "{seen:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn s20_after_a_lost_answer_the_fork_is_found_and_not_made_twice() {
    let lab = Lab::embedded("lost-answer", Duration::from_secs(600), 0.0);
    let forker = lab.forker();
    let request = lab.request(Target::Newest, "drill-orders-db-k3q7wd").await;
    let outcome = forker.start(&request).await;
    assert!(matches!(outcome, StartOutcome::Unknown { .. }), "{outcome:?}");
    assert_eq!(forker.find(&request).await, Found::Mine);
    assert!(
        matches!(forker.start(&request).await, StartOutcome::Accepted { .. }),
        "read back, not made again"
    );
    let services = lab.catalog().read(SOON).await.services;
    assert_eq!(services.iter().filter(|part| part.ours.is_some()).count(), 1);
}

#[tokio::test]
async fn with_the_primary_region_down_the_copy_there_is_read_and_forked() {
    let lab = Lab::embedded("region-down", Duration::from_secs(1200), 1200.0);
    let report = lab.catalog().read(SOON).await;
    assert_eq!(report.outcome, Outcome::Ok, "{:?}", report.error);
    let down = lab.running.zero() + Duration::from_secs(300);
    let there = newest(&report, "orders-db", Role::Secondary);
    assert!(there <= down && (down - there).num_seconds() <= 600, "{there}");
    let forker = lab.forker();
    let request = lab.request(Target::Newest, "orders-db-k3q7wd").await;
    assert!(matches!(forker.start(&request).await, StartOutcome::Accepted { .. }));
    lab.restored(&forker, &request).await;
}

#[tokio::test]
async fn a_stuck_fork_keeps_working_and_never_looks_restored() {
    let lab = Lab::embedded("stuck-fork", Duration::from_secs(600), 1200.0);
    let forker = lab.forker();
    let request = lab.request(Target::Newest, "drill-orders-db-k3q7wd").await;
    assert!(matches!(forker.start(&request).await, StartOutcome::Accepted { .. }));
    let until = lab.clock.now() + Duration::from_secs(3600);
    let mut seen = None;
    while lab.clock.now() < until {
        let progress = forker.progress(&request).await;
        assert_eq!(progress.state, ProgressState::Working, "{}", progress.text);
        seen = progress.done.or(seen);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(seen.is_some(), "it had begun");
}

#[tokio::test]
async fn a_limited_source_says_so_and_when_to_come_back() {
    let lab = Lab::embedded("rate-limited", Duration::from_secs(240), 0.0);
    let report = lab.catalog().read(SOON).await;
    assert_eq!((report.outcome, report.retry_after), (Outcome::RateLimited, Some(Duration::from_secs(240))));
    let fast = Lab::embedded("rate-limited", Duration::from_secs(240), 20.0);
    let wait = fast.catalog().read(SOON).await.retry_after.unwrap();
    assert!(wait <= Duration::from_secs(12), "S17: whoever is asked to wait does so in real time: {wait:?}");
    let silent = Lab::embedded("rate-limited", Duration::from_secs(1260), 0.0);
    let report = silent.catalog().read(SOON).await;
    assert_eq!(report.retry_after, Some(Duration::from_secs(60)), "from the words: {report:?}");
}

#[tokio::test]
async fn events_of_the_world_become_outcomes_and_signs() {
    let with = |event: &str| {
        let calm =
            include_str!("../../../tests/scenarios/lost-answer.toml").split("[[event]]").next().unwrap();
        Lab::new(
            scenario::from_text("test", &format!("{calm}\n[[event]]\nat = \"0s\"\n{event}")).unwrap(),
            Duration::from_secs(90_000),
            0.0,
        )
    };
    let expired = with("do = \"expire_token\"").catalog().read(SOON).await;
    assert_eq!(expired.outcome, Outcome::Denied);
    let down = with("do = \"api_down\"").catalog().read(SOON).await;
    assert_eq!(down.outcome, Outcome::Unreachable, "{:?}", down.error);
    let skewed = with("do = \"skew_clock\"\nseconds = 3600").catalog().read(SOON).await;
    assert_eq!(skewed.skew_s, Some(-3600));
    let narrow = with("do = \"narrow_token\"").catalog().read(SOON).await;
    let reading = copy(&narrow, "orders-db", Role::Secondary).reading.clone().unwrap();
    assert!(matches!(&reading.signs[..], [Sign::WindowsNotVisible { .. }]), "{reading:?}");
    let paused = with("do = \"pause_copy\"\non = \"orders-db\"").catalog().read(SOON).await;
    let reading = copy(&paused, "orders-db", Role::Secondary).reading.clone().unwrap();
    assert!(matches!(&reading.signs[..], [Sign::CopyPaused { .. }]), "{:?}", reading.signs);
}

#[tokio::test]
async fn s7_a_pause_takes_no_snapshot_back_that_has_arrived() {
    let newest_at = async |minutes: u64| {
        let lab = Lab::embedded("paused-copy", Duration::from_secs(minutes * 60), 0.0);
        let report = lab.catalog().read(SOON).await;
        let there = copy(&report, "search", Role::Secondary).reading.clone().unwrap();
        there.points.iter().flat_map(Points::usable).map(|point| point.at).max().unwrap()
    };
    let before = newest_at(1).await;
    for minutes in [3, 30, 59] {
        assert_eq!(newest_at(minutes).await, before, "{minutes} minutes: it is paused from the second on");
    }
    assert!(newest_at(90).await > before, "an hour later it catches up");
}

#[tokio::test]
async fn a_foreign_service_of_our_name_is_left_alone() {
    let lab = Lab::embedded("calm", Duration::from_secs(600), 0.0);
    let forker = lab.forker();
    let request = lab.request(Target::Oldest, "ledger").await;
    let outcome = forker.start(&request).await;
    assert!(matches!(&outcome, StartOutcome::NameTaken { .. }), "{outcome:?}");
    assert!(matches!(forker.remove(&request).await, Removal::Foreign { .. }));
    assert!(lab.catalog().read(SOON).await.services.iter().any(|part| part.remote == "ledger"));
}
