//! Drives one run: commands, answers and time go into the machine, its events into the journal, and
//! only then its effects into the world.
//!
//! ```text
//!   commands ─┐
//!   answers  ─┼─> decide ─> append (durable) ─> apply ─> publish ─> effects ─> executor ─┐
//!   time     ─┘                                                                          │
//!      ^─────────────────────────────────────────────────────────────────────────────────┘
//! ```

use std::path::PathBuf;
use std::sync::Arc;

use chrono::SubsecRound;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use super::executor::{Outcome, World};
use super::in_time::in_time;
use super::places::Place;
use crate::clock::Clock;
use crate::domain::Timestamp;
use crate::ledger::{Ledger, LedgerError};
use crate::provider::{ForkPoint, PointRefused, ReadinessItem};
use crate::runbook::{
    Answer, Author, Call, Command, Draft, Event, Input, Need, Opening, Record, Refused, ReplayError,
    RunState, is_removing, need, replay, would_take,
};
use drive::Driver;
pub use pen::Lines;
use pen::Pen;

mod drive;
mod pen;

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
    /// Whether events may be written to this terminal when there is no other place for them (S25).
    pub terminal: bool,
}

/// Why a run cannot be driven.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DriveError {
    /// Its journal cannot be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Its first line could not be written, or was not in time: nothing was done, and it may begin elsewhere.
    #[error("{why}")]
    NotBegun {
        /// When it was to begin.
        at: Timestamp,
        /// Why.
        why: LedgerError,
    },
    /// It was left while its journal could not be written.
    #[error("{}: {what}", unwritten(error))]
    Unwritten {
        /// The name of the event that was not written.
        what: String,
        /// Why.
        error: Box<LedgerError>,
    },
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

impl DriveError {
    fn not_begun(self, at: Timestamp) -> Self {
        match self {
            Self::Ledger(why) if why.may_pass() => Self::NotBegun { at, why },
            other => other,
        }
    }
}

/// A run that is being driven. Dropping every handle leaves the run; long work goes on.
#[derive(Debug)]
pub struct RunHandle {
    /// What is known of it, after every event and every look.
    pub state: watch::Receiver<Arc<RunState>>,
    /// Takes commands.
    pub commands: mpsc::Sender<Asked>,
    /// Its journal, line by line, wherever it is kept.
    pub lines: Lines,
    driver: JoinHandle<Result<(), DriveError>>,
}

/// How a command was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// It is written where the journal is kept.
    Written,
    /// It is not on disk yet, because its journal cannot be written: nothing follows from it until it is
    /// (S25). Says so in a sentence.
    Held(String),
}

/// A command, and where to say whether it was taken.
#[derive(Debug)]
pub struct Asked {
    command: Command,
    reply: oneshot::Sender<Result<Taken, Refused>>,
}

impl Asked {
    /// A command, and what will hold the answer. A command nobody waits for may drop it: a refusal
    /// also stands in [`crate::runbook::Live::refused`].
    pub fn new(command: Command) -> (Self, oneshot::Receiver<Result<Taken, Refused>>) {
        let (reply, answer) = oneshot::channel();
        (Self { command, reply }, answer)
    }
}

impl RunHandle {
    /// The run as it is now.
    pub fn now(&self) -> Arc<RunState> {
        Arc::clone(&self.state.borrow())
    }

    /// Asks for something and waits whether, and how, it is taken.
    ///
    /// # Errors
    /// Why it is not taken.
    pub async fn ask(&self, command: Command) -> Result<Taken, Refused> {
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
/// When its journal cannot be begun: [`LedgerError::OpenRun`] names the run that stands in the way,
/// [`DriveError::NotBegun`] says when it was to begin.
pub async fn open(setup: Setup, opening: Opening, first: Vec<Command>) -> Result<RunHandle, DriveError> {
    let at = now(setup.clock);
    let (pen, record) = Box::pin(begun(&setup, opening, at)).await.map_err(|error| error.not_begun(at))?;
    Box::pin(Driver::begin(setup, pen, RunState::open(&record)?, Input::Tick, first)).await
}

async fn begun(setup: &Setup, opening: Opening, at: Timestamp) -> Result<(Pen, Record), DriveError> {
    let author = setup.author.clone();
    let (lease, record) = asked(&setup.ledger, move |ledger| ledger.create(opening, at, &author)).await?;
    Ok((Pen::new(setup, lease).await?, record))
}

/// A run that is to begin elsewhere.
#[derive(Debug, Clone)]
pub struct Unbegun {
    /// The journals that it was to be kept in, whose disk may still write its first line.
    pub ledger: Arc<dyn Ledger>,
    /// What it was to begin with.
    pub opening: Opening,
    /// When it was to begin.
    pub at: Timestamp,
    /// Why it did not.
    pub why: LedgerError,
}

/// Begins a run elsewhere, and drives it, as one whose journal moved: what its disk may still write is its beginning
/// then, and no run of its own (S25, S30).
///
/// # Errors
/// As [`open`].
pub async fn open_elsewhere(
    setup: Setup,
    unbegun: Unbegun,
    place: Place,
    first: Vec<Command>,
) -> Result<RunHandle, DriveError> {
    let (Unbegun { ledger, opening, at, why }, (elsewhere, to)) = (unbegun, place);
    let setup = Setup { ledger, ..setup };
    let event = Event::Opened(Box::new(opening));
    let opened = Record { seq: 1, at, author: setup.author.clone(), prev: None, event };
    let (mut pen, mut state) = (Pen::unbegun(&setup, &opened)?, RunState::open(&opened)?);
    let moved = Event::JournalMoved { from: pen.folder(), to: to.clone(), why: why.to_string() };
    let moved = pen.move_to(elsewhere, to.mark(), now(setup.clock), moved).await;
    state.apply(&moved.map_err(|error| error.not_begun(at))?);
    Box::pin(Driver::begin(setup, pen, state, Input::Tick, first)).await
}

/// Takes a run up again and drives it; the commands are taken first. A run that is over only takes
/// notes and clean-up: nothing else adds a line to what may be filed already.
///
/// # Errors
/// [`LedgerError::Live`] when another process drives it; when its journal cannot be read or written;
/// [`DriveError::Refused`] when it is over and there is nothing to do.
pub async fn resume(setup: Setup, run: &str, first: Vec<Command>) -> Result<RunHandle, DriveError> {
    let run = run.to_owned();
    let (lease, records) = asked(&setup.ledger, move |ledger| {
        let lease = ledger.lease(&run)?;
        let records = ledger.load(&run)?;
        Ok((lease, records))
    })
    .await?;
    let state = replay(&records)?;
    if state.is_over() {
        would_take(&state, &first, now(setup.clock))?;
        if first.is_empty() && !is_removing(&state) {
            return Err(Refused("the run is over, and nothing of it is under way".to_owned()).into());
        }
    }
    let input = if state.is_over() && !state.is_left() { Input::Tick } else { Input::Resumed };
    let pen = Pen::new(&setup, lease).await?;
    Driver::begin(setup, pen, state, input, first).await
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
    /// Why the copy could not be read, where the point is only as last known.
    pub unread: Option<String>,
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
        Outcome::Answer(Answer::Point(point)) => Ok(DryRun { readiness, point, fork, unread: None }),
        Outcome::Trouble { why, known: Some(known), .. } => {
            Ok(DryRun { readiness, point: Ok(*known), fork, unread: Some(why) })
        }
        Outcome::Trouble { why, known: None, .. } => Err(why),
        other => Err(format!("no point was given: {other:?}")),
    }
}

fn unwritten(error: &LedgerError) -> String {
    match error {
        LedgerError::Silent { .. } => format!("{error}; whether this is written is not known before it does"),
        error => format!("{error}; lost with it, as if it had not been said"),
    }
}

/// The present instant, as fine as a journal keeps it.
fn now(clock: Clock) -> Timestamp {
    clock.now().trunc_subsecs(6)
}

/// Asks a ledger something, for no longer than its disk may take.
async fn asked<T: Send + 'static>(
    ledger: &Arc<dyn Ledger>,
    ask: impl FnOnce(&dyn Ledger) -> Result<T, LedgerError> + Send + 'static,
) -> Result<T, DriveError> {
    let (ledger, folder) = (Arc::clone(ledger), folder_of(&**ledger));
    in_time(&folder, move || ask(&*ledger)).await.flatten().map_err(DriveError::Ledger)
}

/// What is named where a ledger does not answer.
fn folder_of(ledger: &dyn Ledger) -> PathBuf {
    ledger.folder().unwrap_or("the journal's second file".as_ref()).to_owned()
}

#[cfg(test)]
mod tests;
