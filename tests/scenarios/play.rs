//! Each scenario's expectations, played through the real catalog and the real judgement.
//!
//! Time goes in steps: at each one a simulator whose clock stands still is read, as a poller would, and
//! the fleet keeps what it learned. So every run sees the same instants, however busy the machine is.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use lifeboat::clock::Clock;
use lifeboat::config::SourceSettings;
use lifeboat::domain::{Assessment, Fleet, Verdict, assess};
use lifeboat::provider::Catalog as _;
use lifeboat::provider::aiven::{AivenCatalog, Gate, Wanted};
use lifeboat::runtime::demo::{SOURCE, demo_config};
use lifeboat::runtime::probe::{observe, probe};
use lifeboat::secret::SecretString;
use lifeboat::simulator::Simulator;
use lifeboat::simulator::scenario::{self, Scenario};

const START: &str = "2026-11-20T12:00:00Z";
/// Between two polls.
const STEP: Duration = Duration::from_secs(120);
const STALE_AFTER: Duration = Duration::from_secs(240);
/// Of real time; nothing here should come near it.
const LIMIT: Duration = Duration::from_secs(20);
/// Of real time; a port on this host answers or refuses at once.
const PROBE_LIMIT: Duration = Duration::from_millis(60);

/// Reads the scenario at one instant into the fleet; the first time makes the fleet.
async fn look(scenario: &Scenario, now: DateTime<Utc>, known: Option<Fleet>) -> Fleet {
    let clock = Clock::starting_at(now, 0.0);
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let running = Simulator::start(scenario, clock, any, SecretString::from("token")).expect("a simulator");
    let config = demo_config(&running, Path::new("/nowhere")).expect("a config");
    let SourceSettings::Aiven(settings) = &config.sources[SOURCE].settings else {
        panic!("the demo's source is {:?}", config.sources[SOURCE])
    };
    let token = settings.token.resolve().await.expect("the token");
    let catalog =
        AivenCatalog::new(SOURCE, settings.clone(), Wanted::All, token, Arc::new(Gate::default()), clock)
            .expect("a catalog");
    let report = catalog.read(LIMIT).await;
    let board = config.board();
    let mut fleet = known.unwrap_or(board.fleet);
    fleet.apply(&report, &board.bindings);
    let probes = config.services.iter().map(|(name, service)| async move {
        let address = service.probe.as_ref().expect("every service has a probe");
        (name, probe(&address.to_string(), PROBE_LIMIT).await)
    });
    for (name, probed) in join_all(probes).await {
        let before = fleet.services[name].liveness;
        fleet.set_liveness(name, observe(before, &probed, now));
    }
    fleet
}

/// Plays a scenario and gives the judgement of every service at each instant asked for.
async fn play(
    mut scenario: Scenario,
    asked: &BTreeSet<Duration>,
) -> BTreeMap<(Duration, String), Assessment> {
    let zero: DateTime<Utc> = START.parse().expect("an instant");
    scenario.start = Some(zero);
    let end = asked.last().copied().unwrap_or_default();
    let mut steps: BTreeSet<Duration> = asked.clone();
    steps.extend((0..).map(|step| STEP * step).take_while(|at| *at <= end));
    let mut judged = BTreeMap::new();
    let mut fleet = None;
    for at in steps {
        let now = zero + at;
        let read = look(&scenario, now, fleet.take()).await;
        if asked.contains(&at) {
            for (name, service) in &read.services {
                judged.insert((at, name.clone()), assess(service, now, STALE_AFTER));
            }
        }
        fleet = Some(read);
    }
    judged
}

async fn keeps_its_expectations(name: &str) {
    let scenario = scenario::load(name).expect("an embedded scenario");
    let expects = scenario.expects.clone();
    assert!(!expects.is_empty(), "{name} expects nothing");
    let asked = expects.iter().map(|expect| expect.at).collect();
    let judged = play(scenario, &asked).await;
    let mut wrong = Vec::new();
    for expect in &expects {
        let assessment = &judged[&(expect.at, expect.service.clone())];
        let rule =
            expect.rule.is_none_or(|rule| assessment.findings.iter().any(|finding| finding.rule == rule));
        if assessment.verdict != expect.verdict || !rule {
            wrong.push(format!(
                "{name} at {}: {expect:?}\n  but {:?}, loss {:?}, {:#?}",
                humantime::format_duration(expect.at),
                assessment.verdict,
                assessment.loss,
                assessment.findings
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn calm() {
    keeps_its_expectations("calm").await;
}

#[tokio::test]
async fn region_down() {
    keeps_its_expectations("region-down").await;
}

#[tokio::test]
async fn lag_breach() {
    keeps_its_expectations("lag-breach").await;
}

#[tokio::test]
async fn lost_answer() {
    keeps_its_expectations("lost-answer").await;
}

#[tokio::test]
async fn stuck_fork() {
    keeps_its_expectations("stuck-fork").await;
}

#[tokio::test]
async fn rate_limited() {
    keeps_its_expectations("rate-limited").await;
}

#[tokio::test]
async fn no_scenario_ever_shows_more_than_there_is() {
    for name in scenario::names() {
        let scenario = scenario::load(name).expect("an embedded scenario");
        let asked: BTreeSet<Duration> = [0, 7, 20].map(|minutes| Duration::from_secs(minutes * 60)).into();
        for ((at, service), assessment) in play(scenario, &asked).await {
            let place = format!("{name} {service} at {at:?}: {assessment:?}");
            let newest =
                |copy: &Option<lifeboat::domain::CopyFacts>| copy.as_ref().and_then(|copy| copy.newest);
            if let (Some(here), Some(there)) = (newest(&assessment.primary), newest(&assessment.secondary)) {
                assert!(there <= here, "{place}");
            }
            assert!(newest(&assessment.secondary).is_some() || assessment.verdict != Verdict::Ok, "{place}");
        }
    }
}
