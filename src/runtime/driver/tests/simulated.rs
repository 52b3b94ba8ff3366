//! Whole drills over the simulated provider, killed at every event of their journal.

use std::net::Ipv4Addr;

use futures_util::StreamExt;
use futures_util::stream;
use serde_json::Value;

use chrono::TimeDelta;

use super::durable::Failing;
use super::*;
use crate::domain::{CheckKind, Expectation};
use crate::evidence::{Content, Report, report};
use crate::provider::aiven::{AivenCatalog, AivenForker, Gate, Settings, Wanted};
use crate::provider::arming::{self, Credential, arm};
use crate::runtime::executor::RealChecks;
use crate::secret::SecretString;
use crate::simulator::{Running, Simulator, scenario};

/// As fast as the simulated restore can still be watched.
const FAST: f64 = 1_200.0;
/// Simulated drills that run side by side.
const ABREAST: usize = 8;

fn token() -> SecretString {
    SecretString::from("demo-token".to_owned())
}

/// A simulator of its own, ten minutes into its scenario.
struct Lab {
    running: Running,
    clock: Clock,
    settings: Settings,
}

impl Lab {
    fn start(name: &str) -> Self {
        let mut scenario = scenario::load(name).unwrap();
        let zero = at("2026-11-20T12:00:00Z");
        scenario.start = Some(zero);
        let clock = Clock::starting_at(zero + TimeDelta::minutes(10), FAST);
        let any = (Ipv4Addr::LOCALHOST, 0).into();
        let running = Simulator::start(&scenario, clock, any, token()).unwrap();
        let table = format!(
            "project = '{}'\ntoken = {{ env = 'T' }}\nurl = '{}'\ntimeout = '10s'\n",
            running.project,
            running.url()
        );
        Self { running, clock, settings: toml::from_str(&table).unwrap() }
    }

    fn setup(&self, ledger: Arc<dyn Ledger>) -> Setup {
        let gate = Arc::<Gate>::default();
        let settings = || self.settings.clone();
        let armed = arm(arming::Request {
            source: "sim",
            flag: true,
            read_only: false,
            allowed: true,
            credential: Ok(Credential::Token(token())),
            loopback: true,
            clock: self.clock,
        })
        .unwrap();
        let catalog =
            AivenCatalog::new("sim", settings(), Wanted::All, token(), Arc::clone(&gate), self.clock)
                .unwrap();
        let forker = AivenForker::new(armed, settings(), gate, self.clock).unwrap();
        Setup {
            ledger,
            world: World {
                catalog: Arc::new(catalog),
                forker: Some(Arc::new(forker)),
                checks: Arc::new(RealChecks),
            },
            clock: self.clock,
            author: author(),
            restored_in_a_row: 1,
            terminal: false,
        }
    }

    fn opening(&self) -> Opening {
        let mut opening = patient(RunKind::Drill);
        opening.member.remote = "orders-db".to_owned();
        opening.member.region = Some("aws-eu-central-1".to_owned());
        let data = |pointer: &str| CheckKind::Http {
            url: format!("{}/_sim/data/{{name}}", self.running.url()),
            pointer: Some(pointer.to_owned()),
        };
        let check = |name: &str, kind, expect| Check { name: name.to_owned(), kind, expect: Some(expect) };
        opening.member.checks = vec![
            check("newest row", data("/newest_row"), Expectation::NewestRow),
            check("rows", data("/rows"), Expectation::AtLeast(1.0)),
        ];
        opening
    }

    /// Services with our mark that a look from outside finds.
    async fn forks(&self) -> Vec<String> {
        let wanted = self.opening().run;
        let report = self.setup(Arc::new(PaperLedger::default())).world.catalog.read(PATIENCE).await;
        let ours = report.services.into_iter().filter(|part| part.ours.as_deref() == Some(&*wanted));
        ours.map(|part| part.remote).collect()
    }
}

/// How often the simulator was asked to make a service.
async fn creates(lab: &Lab) -> u64 {
    let client = reqwest::Client::builder().tls_certs_only([]).build().unwrap();
    let answer = client.get(format!("{}/_sim/requests", lab.running.url())).send().await.unwrap();
    let counted: Value = answer.json().await.unwrap();
    let is_create = |request: &&Value| {
        request["method"] == "POST" && request["path"].as_str().is_some_and(|path| path.ends_with("/service"))
    };
    let creates = counted["requests"].as_array().unwrap().iter().filter(is_create);
    creates.map(|request| request["count"].as_u64().unwrap()).sum()
}

/// Drives a drill whose process ends after `last` events, if it has so many; then somebody comes back.
async fn drilled(name: &str, last: u64) -> (Report, u64, bool) {
    let lab = Lab::start(name);
    let paper = Arc::new(PaperLedger::default());
    let dying = Arc::new(Failing::dies(&paper, last));
    let opening = lab.opening();
    let run = opening.run.clone();
    let died = match open(lab.setup(dying), opening, Vec::new()).await {
        Ok(handle) => to_the_end(handle).await.is_err(),
        Err(_) => true,
    };
    if died {
        let setup = lab.setup(Arc::<PaperLedger>::clone(&paper));
        to_the_end(resume(setup, &run, Vec::new()).await.unwrap()).await.unwrap();
    }
    let records = paper.load(&run).unwrap();
    let state = replay(&records).unwrap();
    assert_eq!(result(&state), Some(RunResult::Passed), "{name} after {last}: {:?}", state.closed);
    assert_replays(&*paper, &state);
    assert_eq!(state.attempt.number, 1, "{name} after {last}");
    assert_eq!(creates(&lab).await, 1, "{name} after {last}: one fork an attempt (S20)");
    assert_eq!(lab.forks().await, Vec::<String>::new(), "{name} after {last}: cleaned up");
    (report(&records, None).unwrap(), records.len() as u64, died)
}

/// What two reports of the same drill must have in common: everything but times and deviations.
fn essence(report: &Report) -> (String, Vec<String>, Vec<(&'static str, bool)>) {
    let fields = report.fields.iter().filter(|field| field.id != "EV14");
    let fields = fields.map(|field| (field.id, matches!(field.content, Content::Present { .. })));
    (report.result.clone(), report.reasons.clone(), fields.collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn r24_a_simulated_drill_killed_at_every_event_ends_with_the_same_report() {
    for name in ["calm", "lost-answer"] {
        let (whole, events, died) = Box::pin(drilled(name, u64::MAX)).await;
        assert!(!died && events > 20, "{name}: {events}");
        let killed =
            stream::iter(1..events).map(|last| async move { (last, Box::pin(drilled(name, last)).await) });
        let reports = killed.buffer_unordered(ABREAST).collect::<Vec<_>>().await;
        let died = reports.iter().filter(|(_, (_, _, died))| *died).count();
        // A faster drill puts progress down less often, so the last few may not be reached.
        assert!(died >= 20, "{name}: only {died} of {events} were killed");
        for (last, (report, _, _)) in &reports {
            assert_eq!(essence(report), essence(&whole), "{name} killed after {last}");
        }
    }
}
