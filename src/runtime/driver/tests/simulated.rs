//! Whole drills and incidents over the simulated provider, killed at every event of their journal.

use std::net::Ipv4Addr;

use futures_util::StreamExt;
use futures_util::stream;
use serde_json::{Value, json};

use chrono::TimeDelta;

use super::durable::Failing;
use super::*;
use crate::domain::{CheckKind, Expectation};
use crate::evidence::{Content, Report, report};
use crate::provider::aiven::{AivenCatalog, AivenForker, Gate, Settings, Wanted};
use crate::provider::arming::{self, Credential, arm};
use crate::runbook::{ForkStanding, Need, need};
use crate::runtime::executor::RealChecks;
use crate::secret::SecretString;
use crate::simulator::{Running, Simulator, scenario};

/// As fast as the simulated restore can still be watched.
const FAST: f64 = 1_200.0;
/// Slow enough that what is refused for two minutes is asked for within them, however busy the host is.
const WATCHED: f64 = 100.0;
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
        Self::start_at(name, FAST)
    }

    fn start_at(name: &str, speed: f64) -> Self {
        let mut scenario = scenario::load(name).unwrap();
        let zero = at("2026-11-20T12:00:00Z");
        scenario.start = Some(zero);
        let clock = Clock::starting_at(zero + TimeDelta::minutes(10), speed);
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

    fn opening(&self, kind: RunKind) -> Opening {
        let mut opening = patient(kind);
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

    /// Services with the mark of a run that a look from outside finds.
    async fn forks(&self, wanted: &str) -> Vec<String> {
        let report = self.setup(Arc::new(PaperLedger::default())).world.catalog.read(PATIENCE).await;
        let ours = report.services.into_iter().filter(|part| part.ours.as_deref() == Some(wanted));
        ours.map(|part| part.remote).collect()
    }
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().tls_certs_only([]).build().unwrap()
}

/// How often the simulator was asked to make a service.
async fn creates(lab: &Lab) -> u64 {
    let answer = client().get(format!("{}/_sim/requests", lab.running.url())).send().await.unwrap();
    let counted: Value = answer.json().await.unwrap();
    let is_create = |request: &&Value| {
        request["method"] == "POST" && request["path"].as_str().is_some_and(|path| path.ends_with("/service"))
    };
    let creates = counted["requests"].as_array().unwrap().iter().filter(is_create);
    creates.map(|request| request["count"].as_u64().unwrap()).sum()
}

/// Whoever runs the service has the new primary copied elsewhere: without that an incident is not over.
async fn copied_elsewhere(services: String, client: reqwest::Client) {
    let sent = |request: reqwest::RequestBuilder| request.bearer_auth("demo-token").send();
    loop {
        let listed: Value = sent(client.get(&services)).await.unwrap().json().await.unwrap();
        let forks = listed["services"].as_array().unwrap().iter();
        let mut forks = forks.filter(|one| one["user_config"]["service_to_fork_from"].is_string());
        if let Some(name) = forks.find_map(|fork| fork["service_name"].as_str()) {
            let settings = json!({ "user_config": { "additional_backup_regions": ["aws-eu-north-1"] } });
            let answer = sent(client.put(format!("{services}/{name}")).json(&settings)).await.unwrap();
            assert_eq!(answer.status(), 200);
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Drives a run whose process ends after `last` events, if it has so many; then somebody comes back.
async fn driven(kind: RunKind, name: &str, last: u64) -> (Report, u64, bool) {
    let lab = Lab::start(name);
    let paper = Arc::new(PaperLedger::default());
    let dying = Arc::new(Failing::dies(&paper, last));
    let opening = lab.opening(kind);
    let run = opening.run.clone();
    let services = format!("{}/v1/project/{}/service", lab.running.url(), lab.running.project);
    let somebody = (kind == RunKind::Incident).then(|| tokio::spawn(copied_elsewhere(services, client())));
    let died = match open(lab.setup(dying), opening, Vec::new()).await {
        Ok(handle) => to_the_end(handle).await.is_err(),
        Err(_) => true,
    };
    if died {
        let setup = lab.setup(Arc::<PaperLedger>::clone(&paper));
        to_the_end(resume(setup, &run, Vec::new()).await.unwrap()).await.unwrap();
    }
    if let Some(somebody) = somebody {
        somebody.await.unwrap();
    }
    let records = paper.load(&run).unwrap();
    let state = replay(&records).unwrap();
    let what = format!("{kind:?} {name} after {last}");
    assert_eq!(result(&state), Some(RunResult::Passed), "{what}: {:?}", state.closed);
    assert_replays(&*paper, &state);
    assert_eq!(state.attempt.number, 1, "{what}");
    assert_eq!(creates(&lab).await, 1, "{what}: one fork an attempt (S20)");
    let left = lab.forks(&run).await;
    match kind {
        RunKind::Drill => assert_eq!(left, Vec::<String>::new(), "{what}: cleaned up"),
        RunKind::Incident => assert_eq!(left.len(), 1, "{what}: the new primary stays: {left:?}"),
    }
    (report(&records, None).unwrap(), records.len() as u64, died)
}

/// What two reports of the same run must have in common: everything but times and deviations.
fn essence(report: &Report) -> (String, Vec<String>, Vec<(&'static str, bool)>) {
    let fields = report.fields.iter().filter(|field| field.id != "EV14");
    let fields = fields.map(|field| (field.id, matches!(field.content, Content::Present { .. })));
    (report.result.clone(), report.reasons.clone(), fields.collect())
}

/// Kills a run at each of its events in turn; at least so many are reached.
async fn killed_at_every_event(kind: RunKind, name: &str, reached: usize) {
    let (whole, events, died) = Box::pin(driven(kind, name, u64::MAX)).await;
    assert!(!died, "{kind:?} {name}");
    let killed =
        stream::iter(1..events).map(|last| async move { (last, Box::pin(driven(kind, name, last)).await) });
    let reports = killed.buffer_unordered(ABREAST).collect::<Vec<_>>().await;
    let died = reports.iter().filter(|(_, (_, _, died))| *died).count();
    // A faster run puts progress down less often, so the last few may not be reached.
    assert!(died >= reached, "{kind:?} {name}: only {died} of {events} were killed");
    for (last, (report, _, _)) in &reports {
        assert_eq!(essence(report), essence(&whole), "{kind:?} {name} killed after {last}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r24_a_simulated_drill_killed_at_every_event_ends_with_the_same_report() {
    for name in ["calm", "lost-answer"] {
        killed_at_every_event(RunKind::Drill, name, 20).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r24_a_simulated_incident_killed_at_every_event_ends_with_the_same_report() {
    for name in ["region-down", "lost-answer"] {
        killed_at_every_event(RunKind::Incident, name, 25).await;
    }
}

/// Opens a new attempt where a fork was not made: at the point that is proposed, if one is.
fn stubborn(state: &RunState) -> Option<Command> {
    if need(state) != Some(Need::FailedStep) {
        return willing(state);
    }
    let target = match &state.attempt.fork {
        ForkStanding::Refused { propose, .. } => propose.map(Target::At),
        _ => None,
    };
    Some(Command::NewAttempt { reason: "the fork was not made".to_owned(), target })
}

/// A drill of a scenario with that person, as it stands at its end.
async fn stubbornly(lab: Lab, name: &str) -> (Lab, Arc<RunState>) {
    let paper = Arc::new(PaperLedger::default());
    let handle = open(lab.setup(paper), lab.opening(RunKind::Drill), Vec::new()).await.unwrap();
    let state = to_the_end_with(handle, stubborn).await.unwrap();
    assert_eq!(lab.forks(state.id()).await, Vec::<String>::new(), "{name}: cleaned up");
    (lab, state)
}

#[tokio::test(flavor = "multi_thread")]
async fn s19_a_name_that_somebody_else_took_is_left_alone_and_another_attempt_works() {
    let (lab, state) = Box::pin(stubbornly(Lab::start("foreign-name"), "foreign-name")).await;
    assert_eq!((state.attempt.number, creates(&lab).await), (2, 2), "{:?}", state.closed);
    let first = state.attempts().find(|attempt| attempt.number == 1).unwrap();
    let ForkStanding::Foreign(what) = &first.fork else { panic!("{:?}", first.fork) };
    assert!(what.contains("without our mark"), "{what}");
    assert_eq!(first.point, state.attempt.point, "no other point was asked for");
    let name = &first.request.as_ref().unwrap().name;
    let seen = lab.setup(Arc::new(PaperLedger::default())).world.catalog.read(PATIENCE).await;
    assert!(
        seen.services.iter().any(|part| part.remote == *name && part.ours.is_none()),
        "it is still there"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn s11_a_refused_point_is_followed_by_an_earlier_one_that_a_person_takes() {
    let (_, state) = Box::pin(stubbornly(Lab::start_at("refused-target", WATCHED), "refused-target")).await;
    assert!(state.attempt.number > 1, "{:?}", state.closed);
    let newest = |number| {
        let attempt = state.attempts().find(|one| one.number == number).unwrap();
        attempt.point.as_ref().unwrap().promised
    };
    assert!(newest(2) < newest(1), "each is earlier than the one refused");
    assert_eq!(result(&state), Some(RunResult::Passed), "{:?}", state.closed);
}

/// Slow enough that a second which the provider asks for ends before the run gives up.
const LIMITED: f64 = 20.0;

#[tokio::test(flavor = "multi_thread")]
async fn s20_a_fork_that_a_limit_refused_is_asked_for_again_after_it_by_an_intent_of_its_own() {
    let lab = Lab::start_at("rate-limited", LIMITED);
    let paper = Arc::new(PaperLedger::default());
    let setup = lab.setup(Arc::<PaperLedger>::clone(&paper));
    let mut handle = open(setup, lab.opening(RunKind::Drill), Vec::new()).await.unwrap();
    let over = |state: &Arc<RunState>| state.current == Some(StepKind::Wait) || need(state).is_some();
    let state = tokio::time::timeout(PATIENCE, handle.state.wait_for(over)).await.unwrap().unwrap().clone();
    assert_eq!((state.current, need(&state)), (Some(StepKind::Wait), None), "{:?}", state.attempt.fork);
    assert_eq!((creates(&lab).await, lab.forks(state.id()).await.len()), (2, 1), "calls and forks");
    let records = paper.load(state.id()).unwrap();
    let asking = records.iter().filter_map(|record| match &record.event {
        Event::ForkIntended { why, .. } => Some((record.at, format!("{why:?}"))),
        Event::ForkAnswered { outcome: StartOutcome::NotTaken { again_at, .. }, .. } => {
            Some((*again_at, "to wait".to_owned()))
        }
        _ => None,
    });
    let (at, what): (Vec<Timestamp>, Vec<String>) = asking.unzip();
    assert_eq!(what, ["First", "to wait", "NotTaken"]);
    assert!(at.is_sorted() && at[1] > at[0], "not before its time: {at:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_that_begins_again_is_waited_for_and_proven() {
    let (report, _, died) = Box::pin(driven(RunKind::Drill, "falling-progress", u64::MAX)).await;
    assert!(!died);
    assert_eq!(report.result, "passed");
}
