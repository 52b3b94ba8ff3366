//! Writes the journal of one run, event by event, and takes it elsewhere when it cannot be written
//! where it is (S25).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;

use super::{DriveError, Setup, asked, folder_of};
use crate::domain::Timestamp;
use crate::ledger::{Lease, Ledger, LedgerError, chain};
use crate::runbook::{Author, Event, Record};
use crate::runtime::in_time::LATE;

/// So long the place before may take to be told where its run went: nothing waits for it.
const TOLD_WITHIN: Duration = Duration::from_secs(1);

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
    /// The write that its disk did not answer in time: what becomes of it is known once it does.
    writing: Option<JoinHandle<(Lease, Result<Record, LedgerError>)>>,
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
    /// It is being told so, and did not answer in time.
    marking: Option<JoinHandle<bool>>,
}

impl Pen {
    pub(super) async fn new(setup: &Setup, lease: Lease) -> Result<Self, DriveError> {
        let run = lease.run().to_owned();
        let lines = asked(&setup.ledger, move |ledger| ledger.lines(&run)).await?;
        Ok(Self {
            ledger: Arc::clone(&setup.ledger),
            author: setup.author.clone(),
            lease: Some(lease),
            writing: None,
            lines: lines.into(),
            left: None,
        })
    }

    /// That of a run whose first line could not be written: it can only be moved.
    pub(super) fn unbegun(setup: &Setup, opened: &Record) -> Result<Self, DriveError> {
        let line = chain::line(opened).map_err(|error| LedgerError::Store(error.to_string()))?;
        Ok(Self {
            ledger: Arc::clone(&setup.ledger),
            author: setup.author.clone(),
            lease: None,
            writing: None,
            lines: vec![line].into(),
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

    /// Writes one event durably, and only then returns. Who writes again what a disk did not answer, and nothing else
    /// may be written before, hears what became of it.
    pub(super) async fn write(&mut self, at: Timestamp, event: Event) -> Result<Record, DriveError> {
        let (wait, mut writing) = match (self.writing.take(), self.lease.take()) {
            (Some(writing), _) => (Duration::ZERO, writing),
            (None, Some(mut lease)) => {
                let (ledger, author) = (Arc::clone(&self.ledger), self.author.clone());
                let append = move || {
                    let written = ledger.append(&mut lease, at, &author, event);
                    (lease, written)
                };
                (LATE, spawn_blocking(append))
            }
            (None, None) => return Err(DriveError::Lost("its journal was given away".to_owned())),
        };
        let Ok(ended) = timeout(wait, &mut writing).await else {
            self.writing = Some(writing);
            return Err(LedgerError::Silent { folder: folder_of(&*self.ledger), limit: LATE }.into());
        };
        let (lease, written) = ended.map_err(|error| DriveError::Lost(error.to_string()))?;
        self.lease = Some(lease);
        let record = written?;
        self.written(&record).await?;
        Ok(record)
    }

    async fn written(&mut self, record: &Record) -> Result<(), DriveError> {
        self.lines.push(chain::line(record).map_err(|error| LedgerError::Store(error.to_string()))?);
        self.mark().await;
        Ok(())
    }

    /// The place before may be writable again by now: it is told where its run went, as often as it takes.
    pub(super) async fn mark(&mut self) {
        let run = self.lease.as_ref().map(|lease| lease.run().to_owned());
        let (Some(left), Some(run)) = (self.left.as_mut().filter(|left| !left.marked), run) else {
            return;
        };
        let wait = if left.marking.is_some() { Duration::ZERO } else { TOLD_WITHIN };
        let (ledger, to) = (Arc::clone(&left.ledger), left.to.clone());
        let marking = move || spawn_blocking(move || ledger.leave_mark(&run, &to).is_ok());
        if let Ok(marked) = timeout(wait, left.marking.get_or_insert_with(marking)).await {
            (left.marked, left.marking) = (marked.unwrap_or_default(), None);
        }
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
        let (lines, author) = (self.lines.after(0), self.author.clone());
        let (lease, record) = asked(&ledger, move |ledger| ledger.take_in(lines, at, &author, moved)).await?;
        // What the place before did not answer is written anew here, whatever becomes of it there.
        self.writing = None;
        let before = std::mem::replace(&mut self.ledger, ledger);
        let held = self.lease.replace(lease);
        self.left = Some(Left { ledger: before, to, held, marked: false, marking: None });
        self.written(&record).await?;
        Ok(record)
    }
}
