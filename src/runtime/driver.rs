//! Drives one run: commands, answers and time go into the machine, its events into the journal, and
//! only then its effects into the world.
//!
//! ```text
//!   commands ─┐
//!   answers  ─┼─> decide ─> append (durable) ─> apply ─> publish ─> effects ─> executor ─┐
//!   time     ─┘                                                                          │
//!      ^─────────────────────────────────────────────────────────────────────────────────┘
//! ```

use std::sync::Arc;
use std::time::Duration;

use chrono::{SubsecRound, TimeDelta};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};

use super::executor::{Outcome, World};
use super::schedule::Schedule;
use crate::clock::Clock;
use crate::domain::Timestamp;
use crate::ledger::{Lease, Ledger, LedgerError};
use crate::provider::{ForkPoint, PointRefused, ProgressState, ReadinessItem, StartOutcome};
use crate::runbook::{
    Answer, Author, Call, Command, Draft, Event, Input, Key, Need, Opening, Refused, ReplayError, RunState,
    decide, effects, need, replay,
};

/// How often the machine is told that time passes, on the run's clock.
const TICK: TimeDelta = TimeDelta::seconds(5);
/// Commands that may wait to be taken.
const QUEUE: usize = 16;
/// How long leaving a run waits for a call that changes something, real time. After that its outcome
/// is unknown, and whoever comes back looks.
const LEAVE_WITHIN: Duration = Duration::from_secs(20);

/// What drives a run.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Where it is kept.
    pub ledger: Arc<dyn Ledger>,
    /// What its calls go to.
    pub world: World,
    /// The one clock (S17).
    pub clock: Clock,
    /// Who drives it.
    pub author: Author,
    /// How many times in a row a fork must be seen as restored before it counts: providers that say
    /// so too early need more than one.
    pub restored_in_a_row: u32,
}

/// Why a run cannot be driven.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DriveError {
    /// Its journal cannot be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Its journal makes no run.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// A command that was to be its first was refused.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The driver itself ended unexpectedly.
    #[error("the driver of the run ended: {0}")]
    Lost(String),
}

/// A run that is being driven. Dropping every handle leaves the run; long work goes on.
#[derive(Debug)]
pub struct RunHandle {
    /// What is known of it, after every event and every look.
    pub state: watch::Receiver<Arc<RunState>>,
    /// Takes commands.
    pub commands: mpsc::Sender<Asked>,
    driver: JoinHandle<Result<(), DriveError>>,
}

/// A command, and where to say whether it was taken.
#[derive(Debug)]
pub struct Asked {
    command: Command,
    reply: oneshot::Sender<Result<(), Refused>>,
}

impl Asked {
    /// A command, and what will hold the answer. A command nobody waits for may drop it: a refusal
    /// also stands in [`crate::runbook::Live::refused`].
    pub fn new(command: Command) -> (Self, oneshot::Receiver<Result<(), Refused>>) {
        let (reply, answer) = oneshot::channel();
        (Self { command, reply }, answer)
    }
}

impl RunHandle {
    /// The run as it is now.
    pub fn now(&self) -> Arc<RunState> {
        Arc::clone(&self.state.borrow())
    }

    /// Asks for something and waits whether it is taken.
    ///
    /// # Errors
    /// Why it is not taken.
    pub async fn ask(&self, command: Command) -> Result<(), Refused> {
        let gone = || Refused("the run is no longer driven from here".to_owned());
        let (asked, answer) = Asked::new(command);
        self.commands.send(asked).await.map_err(|_| gone())?;
        answer.await.unwrap_or_else(|_| Err(gone()))
    }

    /// Waits until the run is over, is left, or needs a person.
    pub async fn until_needed(&mut self) -> (Arc<RunState>, Option<Need>) {
        let ready = |state: &Arc<RunState>| state.is_over() || state.is_left() || need(state).is_some();
        // An error means that the driver is gone; what it last knew still stands.
        self.state.wait_for(ready).await.map(drop).ok();
        let state = self.now();
        let need = need(&state);
        (state, need)
    }

    /// Waits until the driver has ended: after the end of the run, or after it was left.
    ///
    /// # Errors
    /// When the journal could no longer be written: nothing was done after that.
    pub async fn ended(self) -> Result<Arc<RunState>, DriveError> {
        self.driver.await.map_err(|error| DriveError::Lost(error.to_string()))??;
        let state = Arc::clone(&self.state.borrow());
        Ok(state)
    }
}

/// Opens a run and drives it; the commands are taken first, in their order.
///
/// # Errors
/// When its journal cannot be begun: [`LedgerError::OpenRun`] names the run that stands in the way.
pub async fn open(setup: Setup, opening: Opening, first: Vec<Command>) -> Result<RunHandle, DriveError> {
    let (ledger, author, now) = (Arc::clone(&setup.ledger), setup.author.clone(), now(setup.clock));
    let (lease, record) = blocking(move || ledger.create(opening, now, &author)).await?;
    let state = RunState::open(&record)?;
    Driver::begin(setup, lease, state, Input::Tick, first).await
}

/// Takes a run up again and drives it; the commands are taken first. A run that is over only takes
/// notes and clean-up.
///
/// # Errors
/// [`LedgerError::Live`] when another process drives it; when its journal cannot be read or written.
pub async fn resume(setup: Setup, run: &str, first: Vec<Command>) -> Result<RunHandle, DriveError> {
    let (ledger, run) = (Arc::clone(&setup.ledger), run.to_owned());
    let (lease, records) = blocking(move || {
        let lease = ledger.lease(&run)?;
        let records = ledger.load(&run)?;
        Ok((lease, records))
    })
    .await?;
    let state = replay(&records)?;
    let input = if state.is_over() && !state.is_left() { Input::Tick } else { Input::Resumed };
    Driver::begin(setup, lease, state, input, first).await
}

/// What a run would do, without doing it (R31).
#[derive(Debug, Clone, PartialEq)]
pub struct DryRun {
    /// What readiness finds.
    pub readiness: Vec<ReadinessItem>,
    /// The point, with the exact calls that would be made; or why not.
    pub point: Result<(ForkPoint, Vec<crate::provider::CallPreview>), PointRefused>,
    /// The fork's name.
    pub fork: String,
}

/// Readiness, point and calls of a run that is not opened. Reads only, and needs no arming.
///
/// # Errors
/// When the copy does not answer.
pub async fn dry_run(world: &World, opening: &Opening) -> Result<DryRun, String> {
    let draft = Draft::first(opening);
    let fork = draft.name.clone();
    let readiness = match world.carry_out(opening, Call::CheckReadiness(draft.clone())).await {
        Outcome::Answer(Answer::Readiness(items)) => items,
        _ => Vec::new(),
    };
    match world.carry_out(opening, Call::ResolvePoint(draft)).await {
        Outcome::Answer(Answer::Point(point)) => Ok(DryRun { readiness, point, fork }),
        Outcome::Trouble(why) => Err(why),
        other => Err(format!("no point was given: {other:?}")),
    }
}

struct Driver {
    setup: Setup,
    lease: Option<Lease>,
    state: RunState,
    published: watch::Sender<Arc<RunState>>,
    commands: mpsc::Receiver<Asked>,
    running: JoinSet<(Key, Outcome)>,
    schedule: Schedule,
    restored_seen: u32,
    probes: u32,
}

impl Driver {
    async fn begin(
        setup: Setup,
        lease: Lease,
        mut state: RunState,
        input: Input,
        first: Vec<Command>,
    ) -> Result<RunHandle, DriveError> {
        state.live.head = Some(lease.head().to_owned());
        let (published, watched) = watch::channel(Arc::new(state.clone()));
        let (sender, commands) = mpsc::channel(QUEUE);
        let mut driver = Self {
            setup,
            lease: Some(lease),
            state,
            published,
            commands,
            running: JoinSet::new(),
            schedule: Schedule::default(),
            restored_seen: 0,
            probes: 0,
        };
        driver.input(&input).await?;
        for command in first {
            driver.command(command).await??;
        }
        Ok(RunHandle { state: watched, commands: sender, driver: tokio::spawn(driver.drive()) })
    }

    async fn drive(mut self) -> Result<(), DriveError> {
        let ended = self.turn().await;
        if let Err(error) = &ended {
            self.state.live.trouble = Some(format!("nothing more is done: {error}"));
            self.publish();
        }
        ended
    }

    async fn turn(&mut self) -> Result<(), DriveError> {
        let mut tick = self.now() + TICK;
        let mut watched = true;
        loop {
            self.start_what_is_due();
            if self.is_done() {
                return self.leave().await;
            }
            let wake = self.schedule.next_due().map_or(tick, |due| due.min(tick));
            let wait = self.setup.clock.real((wake - self.now()).to_std().unwrap_or_default());
            tokio::select! {
                Some(ended) = self.running.join_next_with_id() => self.ended(ended).await?,
                asked = self.commands.recv(), if watched => {
                    watched = asked.is_some();
                    self.asked(asked).await?;
                }
                () = tokio::time::sleep(wait) => {}
            }
            if self.now() >= tick {
                tick = self.now() + TICK;
                self.input(&Input::Tick).await?;
            }
        }
    }

    /// Takes a command; when nobody can give one any more, the run is left.
    async fn asked(&mut self, asked: Option<Asked>) -> Result<(), DriveError> {
        let Some(Asked { command, reply }) = asked else {
            let left = Command::Detach { why: "nobody watches it any more".to_owned() };
            return self.command(left).await.map(drop);
        };
        let taken = self.command(command).await?;
        // Whoever asked may have gone meanwhile.
        reply.send(taken).ok();
        Ok(())
    }

    fn now(&self) -> Timestamp {
        now(self.setup.clock)
    }

    fn is_done(&self) -> bool {
        self.state.is_left()
            || (self.state.is_over() && effects(&self.state).is_empty() && !self.schedule.is_acting())
    }

    /// A call that changes something is waited for a moment, so that its answer is not lost.
    async fn leave(&mut self) -> Result<(), DriveError> {
        let deadline = tokio::time::Instant::now() + LEAVE_WITHIN;
        while self.schedule.is_acting() {
            match tokio::time::timeout_at(deadline, self.running.join_next_with_id()).await {
                Ok(Some(ended)) => self.ended(ended).await?,
                Ok(None) | Err(_) => break,
            }
        }
        Ok(())
    }

    fn start_what_is_due(&mut self) {
        let now = self.now();
        for call in self.schedule.due(effects(&self.state), now) {
            let (world, opening, key) =
                (self.setup.world.clone(), Arc::clone(&self.state.opening), call.key());
            let started =
                self.running.spawn(async move { (key, Box::pin(world.carry_out(&opening, call)).await) });
            self.schedule.started(key, started.id());
        }
    }

    async fn ended(
        &mut self,
        ended: Result<(tokio::task::Id, (Key, Outcome)), tokio::task::JoinError>,
    ) -> Result<(), DriveError> {
        let (id, outcome) = match ended {
            Ok((id, (_, outcome))) => (id, Some(outcome)),
            // A provider that panics has not answered.
            Err(error) => (error.id(), None),
        };
        let Some(call) = self.schedule.ended(id) else { return Ok(()) };
        let outcome = outcome.unwrap_or_else(|| no_answer(&call));
        let wanted = call.mutates() || effects(&self.state).iter().any(|effect| effect.call == call);
        let shaky = !matches!(outcome, Outcome::Answer(_));
        let mut news = false;
        match outcome {
            Outcome::Answer(answer) | Outcome::Shaky(answer) if wanted => {
                self.state.live.trouble = None;
                if let Some(answer) = self.looked(answer) {
                    news = self.input(&Input::Answer(answer)).await?;
                }
            }
            Outcome::Trouble(why) if wanted => self.state.live.trouble = Some(why),
            // Nobody waits for it any more.
            Outcome::Answer(_) | Outcome::Shaky(_) | Outcome::Trouble(_) => {}
        }
        let now = self.now();
        self.schedule.rest(&call, shaky, news, &effects(&self.state), now);
        self.publish();
        Ok(())
    }

    /// Takes in what is shown but not put down, and holds back what is not yet sure.
    fn looked(&mut self, answer: Answer) -> Option<Answer> {
        match answer {
            Answer::Progress(attempt, progress) => {
                let restored = matches!(progress.state, ProgressState::Restored { .. });
                self.restored_seen = if restored { self.restored_seen + 1 } else { 0 };
                self.state.live.progress = Some((self.now(), progress.clone()));
                let sure = !restored || self.restored_seen >= self.setup.restored_in_a_row.max(1);
                sure.then_some(Answer::Progress(attempt, progress))
            }
            Answer::Primary { answers, calls, text } => {
                self.probes = self.probes.saturating_add(calls);
                Some(Answer::Primary { answers, calls: self.probes, text })
            }
            other => Some(other),
        }
    }

    /// The outer error ends the drive; the inner one is told to whoever asked.
    async fn command(&mut self, command: Command) -> Result<Result<(), Refused>, DriveError> {
        match decide(&self.state, &Input::Command(command), self.now()) {
            Ok(events) => {
                self.state.live.refused = None;
                self.write(events).await?;
                Ok(Ok(()))
            }
            Err(refused) => {
                self.state.live.refused = Some((self.now(), refused.0.clone()));
                self.publish();
                Ok(Err(refused))
            }
        }
    }

    /// Says whether anything happened.
    async fn input(&mut self, input: &Input) -> Result<bool, DriveError> {
        // Only commands are refused.
        let events = decide(&self.state, input, self.now()).unwrap_or_default();
        let happened = !events.is_empty();
        self.write(events).await?;
        Ok(happened)
    }

    /// Writes events durably, one by one, before anything follows from them.
    async fn write(&mut self, events: Vec<Event>) -> Result<(), DriveError> {
        for event in events {
            let lost = || DriveError::Lost("its journal was given away".to_owned());
            let mut lease = self.lease.take().ok_or_else(lost)?;
            let (ledger, author, now) =
                (Arc::clone(&self.setup.ledger), self.setup.author.clone(), self.now());
            let (lease, record) = blocking(move || {
                let record = ledger.append(&mut lease, now, &author, event)?;
                Ok((lease, record))
            })
            .await?;
            self.state.apply(&record);
            self.state.live.head = Some(lease.head().to_owned());
            self.lease = Some(lease);
            if matches!(record.event, Event::PrimarySeen { .. }) {
                self.probes = 0;
            }
        }
        // Only now: halfway through, a run may seem to need what the next event brings.
        self.publish();
        Ok(())
    }

    fn publish(&self) {
        self.published.send_replace(Arc::new(self.state.clone()));
    }
}

/// What a call without any answer means.
fn no_answer(call: &Call) -> Outcome {
    let why = "the provider's code failed".to_owned();
    match call {
        Call::StartFork(request) => {
            Outcome::Answer(Answer::Started(request.attempt, StartOutcome::Unknown { why }))
        }
        _ => Outcome::Trouble(why),
    }
}

/// The present instant, as fine as a journal keeps it.
fn now(clock: Clock) -> Timestamp {
    clock.now().trunc_subsecs(6)
}

/// Runs short blocking work away from the async threads.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, LedgerError> + Send + 'static,
) -> Result<T, DriveError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| DriveError::Lost(error.to_string()))?
        .map_err(DriveError::Ledger)
}

#[cfg(test)]
mod tests;
