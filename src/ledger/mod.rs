//! What outlives a process: the journals of runs, and the last-known readings (S29).
//!
//! | file | what it is | may be deleted |
//! |---|---|---|
//! | `journal.db` | every run, event by event; WAL, synchronous FULL | never |
//! | `readings.db` | last good readings and attempts; rebuilt when damaged | yes |
//! | `readings.db.lock` | held while that is opened or made anew; freed by the kernel | yes |
//! | `runs/RUN.lock` | held by the process that drives the run; freed by the kernel | yes |
//! | `runs/RUN.moved-new` | room for the next, while the run is open: a full disk has none | yes |
//! | `runs/RUN.moved` | the run's journal could not be written here: where it goes on | when that place is lost |

mod backups;
pub mod chain;
pub mod crash;
pub mod disk;
pub mod error;
pub(crate) mod files;
pub mod history;
mod lease;
pub mod lock;
mod moved;
mod newest;
pub mod paper;
pub mod places;
pub mod readings;
pub mod samples;
pub mod settings;
pub mod settled;
pub mod shared;
pub mod sqlite;
pub mod travel;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub use chain::{Broken, Verified};
pub use disk::Disk;
pub use error::LedgerError;
pub use history::{History, history};
pub use lease::Lease;
pub use paper::{PaperLedger, Sheet};
pub use places::Places;
pub use readings::Readings;
pub use settled::Settled;
pub use shared::{Given, SharedPolls};
pub use sqlite::{Came, SqliteLedger};
pub use travel::{LastKnown, TravelError};

use crate::domain::Timestamp;
use crate::runbook::{Author, Conclusion, Event, Opening, Record, RunKind, RunResult};

/// Where runs are kept. Every method is short and may block: not to be called from an async task.
pub trait Ledger: Send + Sync + std::fmt::Debug {
    /// Opens a run: writes event 1 and takes the run's lock.
    ///
    /// # Errors
    /// [`LedgerError::OpenRun`] names the run of this service that is still open (S30).
    fn create(
        &self,
        opening: Opening,
        at: Timestamp,
        author: &Author,
    ) -> Result<(Lease, Record), LedgerError>;

    /// Takes the lock of an existing run, so that it can be written to.
    ///
    /// # Errors
    /// [`LedgerError::Live`] when another process holds it, [`LedgerError::NoSuchRun`],
    /// [`LedgerError::Moved`] and [`LedgerError::WithoutJournal`] when it does not go on here,
    /// [`LedgerError::Parted`] when it goes on elsewhere, too.
    fn lease(&self, run: &str) -> Result<Lease, LedgerError>;

    /// The same only to end the run: also where it went on without a journal, to which nobody comes back. One that went
    /// on in another folder and ended there is taken back as it ended.
    ///
    /// # Errors
    /// As [`Ledger::lease`]; [`LedgerError::Moved`] as long as it is not known to be over there.
    fn lease_to_end(&self, run: &str) -> Result<Lease, LedgerError> {
        self.lease(run)
    }

    /// Whence a run came here, if it did from another folder: it may have gone on there, too.
    ///
    /// # Errors
    /// As [`Ledger::lines`].
    fn came_from(&self, _run: &str) -> Result<Option<Came>, LedgerError> {
        Ok(None)
    }

    /// The process that drives a run, where that can be told.
    fn driver_of(&self, _run: &str) -> Option<u32> {
        None
    }

    /// Writes one event durably, and only then returns.
    ///
    /// # Errors
    /// When it is not certain that the event is written; the caller must stop acting.
    fn append(
        &self,
        lease: &mut Lease,
        at: Timestamp,
        author: &Author,
        event: Event,
    ) -> Result<Record, LedgerError>;

    /// Takes in the lines of a run as they are, all or none, and its lock.
    ///
    /// # Errors
    /// As [`Ledger::create`]; [`LedgerError::Changed`] when another journal of this run is here.
    fn adopt(&self, lines: &[String]) -> Result<Lease, LedgerError>;

    /// Takes in a run whose journal can no longer be written where it was (S25), with the event that says so:
    /// what is here always tells where it came from.
    ///
    /// # Errors
    /// As [`Ledger::adopt`].
    fn take_in(
        &self,
        mut lines: Vec<String>,
        at: Timestamp,
        author: &Author,
        moved: Event,
    ) -> Result<(Lease, Record), LedgerError> {
        let entry = lease::Entry::behind(&lines, at, author, moved)?;
        lines.push(entry.line);
        Ok((self.adopt(&lines)?, entry.record))
    }

    /// The folder that journals are kept in; `None` where they do not outlive this process.
    fn folder(&self) -> Option<&Path> {
        None
    }

    /// Says here that the journal of a run goes on elsewhere, so that nobody goes on with its beginning.
    ///
    /// # Errors
    /// When that cannot be written.
    fn leave_mark(&self, run: &str, to: &str) -> Result<(), LedgerError>;

    /// The stored lines of a run, without newlines, oldest first.
    ///
    /// # Errors
    /// [`LedgerError::NoSuchRun`], or when the store cannot be read.
    fn lines(&self, run: &str) -> Result<Vec<String>, LedgerError>;

    /// Every run, newest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn runs(&self) -> Result<Vec<RunSummary>, LedgerError>;

    /// Keeps what was found of runs that are over and left nothing behind: what is open decides then how much is
    /// read. Where nothing outlives this process there is nothing to keep.
    ///
    /// # Errors
    /// When it cannot be written; it is found anew then.
    fn settle(&self, _runs: &[(String, Settled)]) -> Result<(), LedgerError> {
        Ok(())
    }

    /// The events of a run, oldest first.
    ///
    /// # Errors
    /// As [`Ledger::lines`], and [`LedgerError::Broken`] when a line is no event.
    fn load(&self, run: &str) -> Result<Vec<Record>, LedgerError> {
        let lines = self.lines(run)?;
        chain::read(&lines).map_err(|broken| LedgerError::Broken { run: run.to_owned(), broken })
    }

    /// Re-checks a run's hash chain and names the first broken line.
    ///
    /// # Errors
    /// As [`Ledger::lines`]; a broken chain is no error but a finding.
    fn verify(&self, run: &str) -> Result<Verified, LedgerError> {
        Ok(chain::verify(&self.lines(run)?))
    }
}

/// One line of `runs list`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RunSummary {
    /// The run's id.
    pub run: String,
    /// The service.
    pub service: String,
    /// Drill or incident.
    pub kind: RunKind,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// How it ended.
    pub conclusion: Option<Conclusion>,
    /// Whether somebody drives it.
    pub standing: Standing,
    /// How many events its journal has here.
    pub events: u64,
    /// Where its journal goes on, when it could no longer be written here (S25).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved_to: Option<String>,
    /// Another folder in which it went on, too, where that was looked for: two stories are told of it (S25).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parted_from: Option<String>,
    /// What is still to be known of it, where it is over and left nothing behind.
    #[serde(skip)]
    pub settled: Option<Settled>,
}

impl RunSummary {
    /// How it ended; `None` while it is open.
    pub fn result(&self) -> Option<RunResult> {
        self.conclusion.as_ref().map(|conclusion| conclusion.result)
    }
}

/// Whether somebody drives a run (S30).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// A process holds its lock: shown live, cannot be steered from here.
    Live,
    /// Open, and nobody holds its lock: can be resumed.
    Interrupted,
    /// Over.
    Closed,
}

/// What a state folder offers.
#[derive(Debug)]
pub struct StateFolder {
    /// Journals; the error says why there are none, and that blocks drills, never incidents (S25).
    pub runs: Result<Arc<dyn Ledger>, LedgerError>,
    /// Last-known readings; in memory when the folder cannot be written.
    pub readings: Arc<Readings>,
}

impl StateFolder {
    /// Opens a state folder, making it when it is not there; `places` says what the names of sources
    /// stand for. Never fails as a whole.
    pub fn open(folder: &Path, places: Places) -> Self {
        let runs = SqliteLedger::open(folder).map(|ledger| -> Arc<dyn Ledger> { Arc::new(ledger) });
        Self { runs, readings: Arc::new(Readings::open(folder).knowing(places)) }
    }

    /// The same where its disk answers in time; else nothing is kept, and why is said.
    pub fn open_on(disk: &Disk, folder: &Path, places: Places, limit: Duration) -> Self {
        let (path, named) = (folder.to_owned(), places.clone());
        disk.within(limit, move || Self::open(&path, named)).unwrap_or_else(|why| Self {
            runs: Err(why.clone()),
            readings: Arc::new(Readings::in_memory(folder, why).knowing(places)),
        })
    }
}
