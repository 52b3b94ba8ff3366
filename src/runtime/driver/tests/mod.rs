//! Runs driven against a provider in memory, with a real journal and a fast clock.

mod durable;
mod hanging;
mod moved;
mod simulated;
mod steer;
mod unread;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};

use super::*;
use crate::domain::fork::CopiedTo;
use crate::domain::sample::{at, report};
use crate::domain::{Check, CheckResult, Reading, Role, SourceReport, Target};
use crate::ledger::{Lease, PaperLedger, RunSummary, SqliteLedger, chain};
use crate::provider::{
    CallPreview, Catalog, Endpoint, ForkRequest, Forker, Found, NoPoint, Progress, ProgressState, Protection,
    REMOVE_LIMIT, Removal, StartOutcome,
};
use crate::runbook::sample::{
    OPENED, Trouble, World as Fake, author, declaration, fork_point, opening, passed, progress, willing,
};
use crate::runbook::{Event, Record, RunKind, RunResult, StepKind};
use crate::runtime::executor::Checks;
use crate::validate::Subject;

/// As fast as a clock may be before pauses fall below what a loop waits at least.
const SPEED: f64 = 500.0;
/// No test waits longer than this.
const PATIENCE: Duration = Duration::from_secs(60);

/// A provider in memory.
#[derive(Debug, Default)]
struct Provider {
    fake: Mutex<Fake>,
    /// The next start takes this long, real time.
    slow_start: Mutex<Option<Duration>>,
    /// The next removal takes this long, real time.
    slow_removal: Mutex<Option<Duration>>,
    /// How the next looks for a point end, instead of with one.
    no_points: Mutex<VecDeque<NoPoint>>,
    /// Whether a point can be told by what was known before.
    repeats: AtomicBool,
    /// How often readiness was checked.
    checked: AtomicUsize,
    panics: AtomicBool,
    /// How often a restored fork was looked at.
    restored: AtomicUsize,
    /// What a look at its own backups shows, instead of both.
    backups: Mutex<Option<Protection>>,
    /// How often they were looked at.
    backups_seen: AtomicUsize,
}

impl Provider {
    fn fake(&self) -> MutexGuard<'_, Fake> {
        self.fake.lock().unwrap()
    }

    fn with_trouble(trouble: Trouble) -> Self {
        let provider = Self::default();
        provider.fake().troubles.push_back(trouble);
        provider
    }
}

impl Catalog for Provider {
    fn source(&self) -> &'static str {
        "pg-east"
    }

    fn read(&self, _: Duration) -> BoxFuture<'_, SourceReport> {
        Box::pin(async { report("pg-east", Vec::new()) })
    }

    fn resolve<'a>(
        &'a self,
        _: &'a str,
        _: Role,
        target: &'a Target,
    ) -> BoxFuture<'a, Result<ForkPoint, NoPoint>> {
        Box::pin(async move {
            let no_point = self.no_points.lock().unwrap().pop_front();
            let point = || ForkPoint { target: target.clone(), ..fork_point("2026-11-20T12:00:19Z") };
            no_point.map_or_else(|| Ok(point()), Err)
        })
    }

    fn resolve_by(&self, _: &str, _: &Reading, _: Role, target: &Target) -> Option<ForkPoint> {
        let repeats = self.repeats.load(Ordering::SeqCst);
        repeats.then(|| ForkPoint { target: target.clone(), ..fork_point("2026-11-20T11:58:00Z") })
    }

    fn fork_checks(&self, _: bool) -> Vec<&'static str> {
        vec!["disk_space", "port"]
    }

    fn preview(&self, request: &ForkRequest) -> Vec<CallPreview> {
        let command = format!("fork {} as {}", request.remote, request.name);
        vec![CallPreview {
            what: "fork".to_owned(),
            command,
            mutating: true,
            alternative: false,
            makes: None,
        }]
    }
}

impl Forker for Provider {
    fn check<'a>(&'a self, _: &'a ForkRequest) -> BoxFuture<'a, Vec<ReadinessItem>> {
        self.checked.fetch_add(1, Ordering::SeqCst);
        Box::pin(async { Vec::new() })
    }

    fn start<'a>(&'a self, request: &'a ForkRequest) -> BoxFuture<'a, StartOutcome> {
        Box::pin(async move {
            let slow = self.slow_start.lock().unwrap().take();
            if let Some(slow) = slow {
                tokio::time::sleep(slow).await;
            }
            let outcome = self.fake().start(request);
            assert!(!self.panics.swap(false, Ordering::SeqCst), "a bug of the provider's code");
            outcome
        })
    }

    fn find<'a>(&'a self, request: &'a ForkRequest) -> BoxFuture<'a, Found> {
        Box::pin(async move { self.fake().find(request) })
    }

    fn progress<'a>(&'a self, _: &'a ForkRequest) -> BoxFuture<'a, Progress> {
        Box::pin(async move {
            let looks = {
                let mut fake = self.fake();
                fake.looks += 1;
                fake.looks
            };
            if looks <= 2 {
                return progress("base backup", ProgressState::Working);
            }
            self.restored.fetch_add(1, Ordering::SeqCst);
            progress("up", ProgressState::Restored { newest_commit: Some(at("2026-11-20T12:00:19Z")) })
        })
    }

    fn endpoint<'a>(&'a self, _: &'a ForkRequest) -> BoxFuture<'a, Result<Endpoint, String>> {
        Box::pin(async { Ok(Endpoint::here(5432)) })
    }

    fn protection<'a>(&'a self, _: &'a ForkRequest) -> BoxFuture<'a, Protection> {
        let both = || Protection {
            own_backup: Some(true),
            secondary_copy: Some(true),
            needs_person: false,
            copying: CopiedTo::NotShown,
            shielded: None,
            text: "both".to_owned(),
        };
        self.backups_seen.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move { self.backups.lock().unwrap().clone().unwrap_or_else(both) })
    }

    fn remove<'a>(&'a self, request: &'a ForkRequest) -> BoxFuture<'a, Removal> {
        Box::pin(async move {
            let slow = self.slow_removal.lock().unwrap().take();
            if let Some(slow) = slow {
                tokio::time::sleep(slow).await;
            }
            self.fake().remove(request)
        })
    }
}

#[derive(Debug)]
struct Passing;

impl Checks for Passing {
    fn run<'a>(&'a self, check: &'a Check, subject: &'a Subject<'a>) -> BoxFuture<'a, CheckResult> {
        Box::pin(async move { passed(&check.name, Some(subject.promise.newest)) })
    }
}

fn setup(ledger: Arc<dyn Ledger>, provider: &Arc<Provider>) -> Setup {
    Setup {
        ledger,
        world: World {
            catalog: Arc::<Provider>::clone(provider),
            forker: Some(Arc::<Provider>::clone(provider)),
            checks: Arc::new(Passing),
        },
        clock: Clock::starting_at(at(OPENED), SPEED),
        author: author(),
        restored_in_a_row: 1,
        terminal: false,
    }
}

/// Refuses connections where a primary answered. Nobody else gets its port for as long as this is held.
fn shut(primary: tokio::net::TcpListener) -> tokio::net::TcpSocket {
    let address = primary.local_addr().unwrap();
    drop(primary);
    let held = tokio::net::TcpSocket::new_v4().unwrap();
    held.set_reuseaddr(true).unwrap();
    held.bind(address).unwrap();
    held
}

/// A fast clock makes objectives meaningless here: a slow machine must not miss them.
fn patient(kind: RunKind) -> Opening {
    let mut opening = opening(kind);
    let ages = Duration::from_secs(1_000 * 86_400);
    (opening.objectives.rpo, opening.objectives.rto) = (Some(ages), Some(ages));
    opening.member.probe = None;
    opening
}

/// Does what the run asks for until it is over, or until its driver ends.
async fn to_the_end(handle: RunHandle) -> Result<Arc<RunState>, DriveError> {
    to_the_end_with(handle, willing).await
}

/// The same, with another person.
async fn to_the_end_with(
    mut handle: RunHandle,
    person: fn(&RunState) -> Option<Command>,
) -> Result<Arc<RunState>, DriveError> {
    let whole = async {
        loop {
            let (state, need) = handle.until_needed().await;
            if state.is_over() || need.is_none() || handle.driver.is_finished() {
                return handle.ended().await;
            }
            answer_with(&mut handle, person(&state)).await;
        }
    };
    tokio::time::timeout(PATIENCE, whole).await.expect("the run ends in time")
}

/// Gives what the run asks for. What was asked may have been settled meanwhile, or wait for its journal.
async fn answer(handle: &mut RunHandle, state: &RunState) {
    answer_with(handle, willing(state)).await;
}

async fn answer_with(handle: &mut RunHandle, command: Option<Command>) {
    let taken = match command {
        Some(command) => handle.ask(command).await.is_ok(),
        None => false,
    };
    if !taken {
        handle.state.changed().await.ok();
    }
}

fn result(state: &RunState) -> Option<RunResult> {
    state.closed.as_ref().map(|(_, conclusion)| conclusion.result)
}

/// Nothing but the journal may be needed to know a run.
fn assert_replays(ledger: &dyn Ledger, state: &RunState) {
    let mut replayed = replay(&ledger.load(state.id()).unwrap()).unwrap();
    replayed.live = state.live.clone();
    assert_eq!(&replayed, state);
    assert_eq!(ledger.verify(state.id()).unwrap().broken, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drill_and_an_incident_go_their_whole_way() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Arc::new(SqliteLedger::open(folder.path()).unwrap());
    for kind in [RunKind::Drill, RunKind::Incident] {
        let provider = Arc::new(Provider::default());
        let setup = setup(Arc::<SqliteLedger>::clone(&ledger), &provider);
        let state = to_the_end(open(setup, patient(kind), Vec::new()).await.unwrap()).await.unwrap();
        assert_eq!(result(&state), Some(RunResult::Passed), "{:?}", state.closed);
        assert_replays(&*ledger, &state);
        let left = usize::from(kind == RunKind::Incident);
        assert_eq!(provider.fake().forks.len(), left, "a drill leaves nothing, an incident its fork");
        assert!(state.attempt.calls.iter().any(|call| call.command.contains(&state.attempt.name)), "S36");
        let lines = ledger.lines(state.id()).unwrap();
        assert_eq!(state.live.head, lines.last().map(|line| chain::hash(line)), "S31: the head is shown");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s20_lost_answers_and_failing_code_never_make_two_forks() {
    for trouble in [Some(Trouble::AnswerLost), Some(Trouble::CallLost), Some(Trouble::Refused), None] {
        let provider = Arc::new(trouble.map_or_else(Provider::default, Provider::with_trouble));
        // Without another trouble, the provider's own code fails after the fork was made.
        provider.panics.store(trouble.is_none(), Ordering::SeqCst);
        let setup = setup(Arc::new(PaperLedger::default()), &provider);
        let state =
            to_the_end(open(setup, patient(RunKind::Drill), Vec::new()).await.unwrap()).await.unwrap();
        assert_eq!(result(&state), Some(RunResult::Passed), "{trouble:?}: {:?}", state.closed);
        assert_eq!(provider.fake().made.get(&1), Some(&1), "{trouble:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_counts_as_restored_once_it_was_seen_often_enough() {
    let provider = Arc::new(Provider::default());
    let mut setup = setup(Arc::new(PaperLedger::default()), &provider);
    setup.restored_in_a_row = 3;
    let state = to_the_end(open(setup, patient(RunKind::Drill), Vec::new()).await.unwrap()).await.unwrap();
    assert_eq!(result(&state), Some(RunResult::Passed));
    assert_eq!(provider.restored.load(Ordering::SeqCst), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn r31_a_dry_run_shows_the_calls_and_makes_none() {
    let provider = Arc::new(Provider::default());
    let unarmed = World { forker: None, ..setup(Arc::new(PaperLedger::default()), &provider).world };
    let dry = dry_run(&unarmed, &opening(RunKind::Drill)).await.unwrap();
    assert_eq!(dry.fork, "drill-orders-db-k3q7wd");
    assert!(dry.point.unwrap().1.iter().any(|call| call.mutating));
    let named: Vec<&str> = dry.readiness.iter().map(|item| item.check.as_str()).collect();
    assert!(named.ends_with(&["disk_space", "port"]), "the checks of a run: {named:?}");
    assert_eq!(dry.readiness.last().unwrap().text, "not checked in a dry run");
    assert!(provider.fake().starts.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unarmed_driver_refuses_to_fork() {
    let provider = Arc::new(Provider::default());
    let mut setup = setup(Arc::new(PaperLedger::default()), &provider);
    setup.world.forker = None;
    let mut handle = open(setup, patient(RunKind::Drill), Vec::new()).await.unwrap();
    let (state, need) = tokio::time::timeout(PATIENCE, handle.until_needed()).await.unwrap();
    assert_eq!((state.current, need), (Some(StepKind::Fork), Some(Need::FailedStep)));
    assert!(provider.fake().starts.is_empty());
}
