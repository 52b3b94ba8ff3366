//! Writes the journal of one run, event by event, and takes it elsewhere when it cannot be written
//! where it is (S25).

use std::sync::{Arc, Mutex, PoisonError};

use super::{DriveError, Setup, blocking};
use crate::domain::Timestamp;
use crate::ledger::{Lease, Ledger, LedgerError, chain};
use crate::runbook::{Author, Event, Record};

/// The stored lines of a run that is driven here. They outlive the place they are kept in.
#[derive(Debug, Clone, Default)]
pub struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    /// Those behind the first `count`.
    pub fn after(&self, count: u64) -> Vec<String> {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        lines.get(count..).unwrap_or_default().to_vec()
    }

    fn push(&self, line: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }
}

impl From<Vec<String>> for Lines {
    fn from(lines: Vec<String>) -> Self {
        Self(Arc::new(Mutex::new(lines)))
    }
}

/// Writes to one run.
#[derive(Debug)]
pub(super) struct Pen {
    ledger: Arc<dyn Ledger>,
    author: Author,
    lease: Option<Lease>,
    lines: Lines,
    left: Option<Left>,
}

/// The place that could not be written. Its lock is held on: nobody may go on there with what is only
/// the beginning, as long as no mark says so.
#[derive(Debug)]
struct Left {
    ledger: Arc<dyn Ledger>,
    to: String,
    held: Option<Lease>,
    marked: bool,
}

impl Pen {
    pub(super) async fn new(setup: &Setup, lease: Lease) -> Result<Self, DriveError> {
        let (ledger, run) = (Arc::clone(&setup.ledger), lease.run().to_owned());
        let lines = blocking(move || ledger.lines(&run)).await?;
        Ok(Self {
            ledger: Arc::clone(&setup.ledger),
            author: setup.author.clone(),
            lease: Some(lease),
            lines: lines.into(),
            left: None,
        })
    }

    pub(super) fn lines(&self) -> Lines {
        self.lines.clone()
    }

    /// Hash of the last line.
    pub(super) fn head(&self) -> Option<String> {
        self.lease.as_ref().map(|lease| lease.head().to_owned())
    }

    /// Writes one event durably, and only then returns.
    pub(super) async fn write(&mut self, at: Timestamp, event: Event) -> Result<Record, DriveError> {
        let lost = || DriveError::Lost("its journal was given away".to_owned());
        let mut lease = self.lease.take().ok_or_else(lost)?;
        let (ledger, author) = (Arc::clone(&self.ledger), self.author.clone());
        let (lease, written) = blocking(move || {
            let written = ledger.append(&mut lease, at, &author, event);
            Ok((lease, written))
        })
        .await?;
        self.lease = Some(lease);
        let record = written?;
        self.written(&record).await?;
        Ok(record)
    }

    async fn written(&mut self, record: &Record) -> Result<(), DriveError> {
        self.lines.push(chain::line(record).map_err(|error| LedgerError::Store(error.to_string()))?);
        self.mark().await
    }

    /// The place before may be writable again by now: it is told where its run went, as often as it takes.
    async fn mark(&mut self) -> Result<(), DriveError> {
        let run = self.lease.as_ref().map(|lease| lease.run().to_owned());
        let (Some(left), Some(run)) = (self.left.as_mut().filter(|left| !left.marked), run) else {
            return Ok(());
        };
        let (ledger, to) = (Arc::clone(&left.ledger), left.to.clone());
        left.marked = blocking(move || Ok(ledger.leave_mark(&run, &to).is_ok())).await?;
        Ok(())
    }

    /// The folder that it writes to, if what it writes is kept in one.
    pub(super) fn folder(&self) -> Option<String> {
        self.ledger.folder().map(|folder| folder.display().to_string())
    }

    /// Goes on in another ledger, `to`, which takes in all lines until now, and `moved` as the next.
    pub(super) async fn move_to(
        &mut self,
        ledger: Arc<dyn Ledger>,
        to: String,
        at: Timestamp,
        moved: Event,
    ) -> Result<Record, DriveError> {
        // It may come back to where it was.
        drop(self.left.as_mut().and_then(|left| left.held.take()));
        let (taker, lines, author) = (Arc::clone(&ledger), self.lines.after(0), self.author.clone());
        let (lease, record) = blocking(move || taker.take_in(lines, at, &author, moved)).await?;
        let before = std::mem::replace(&mut self.ledger, ledger);
        let held = self.lease.replace(lease);
        self.left = Some(Left { ledger: before, to, held, marked: false });
        self.written(&record).await?;
        Ok(record)
    }
}
