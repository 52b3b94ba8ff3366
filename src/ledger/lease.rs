//! The right to write to one run, and an event on its way into a journal.

use super::{LedgerError, chain, lock};
use crate::domain::Timestamp;
use crate::runbook::{Author, Event, Opening, Record};

/// The right to write to one run, until dropped.
#[derive(Debug)]
pub struct Lease {
    run: String,
    pub(super) seq: u64,
    head: String,
    /// Freed by the kernel when this process ends, however it ends (S30).
    _lock: Option<lock::Lock>,
}

impl Lease {
    /// The right to write behind these lines.
    pub(super) fn behind(run: &str, lines: &[String], lock: Option<lock::Lock>) -> Self {
        let head = lines.last().map(|line| chain::hash(line)).unwrap_or_default();
        Self { run: run.to_owned(), seq: lines.len() as u64, head, _lock: lock }
    }

    /// The run.
    pub fn run(&self) -> &str {
        &self.run
    }

    /// Hash of the last line.
    pub fn head(&self) -> &str {
        &self.head
    }

    /// The next event as it will be stored.
    pub(super) fn next(&self, at: Timestamp, author: &Author, event: Event) -> Result<Entry, LedgerError> {
        Entry::new(self.seq + 1, Some(self.head.clone()), at, author, event)
    }

    /// An event of this run was stored.
    pub(super) fn stored(&mut self, entry: &Entry) {
        (self.seq, self.head) = (entry.record.seq, chain::hash(&entry.line));
    }
}

/// An event, and the line that stores it.
pub(super) struct Entry {
    pub(super) record: Record,
    pub(super) line: String,
}

impl Entry {
    /// Event 1 of a run.
    pub(super) fn first(opening: Opening, at: Timestamp, author: &Author) -> Result<Self, LedgerError> {
        Self::new(1, None, at, author, Event::Opened(Box::new(opening)))
    }

    /// The event behind these lines.
    pub(super) fn behind(
        lines: &[String],
        at: Timestamp,
        author: &Author,
        event: Event,
    ) -> Result<Self, LedgerError> {
        Self::new(lines.len() as u64 + 1, lines.last().map(|line| chain::hash(line)), at, author, event)
    }

    fn new(
        seq: u64,
        prev: Option<String>,
        at: Timestamp,
        author: &Author,
        event: Event,
    ) -> Result<Self, LedgerError> {
        let record = Record { seq, at, author: author.clone(), prev, event };
        let line = chain::line(&record).map_err(|error| LedgerError::Store(error.to_string()))?;
        Ok(Self { record, line })
    }
}

/// A run that comes whole from another journal.
pub(super) struct Moved {
    pub(super) run: String,
    pub(super) opening: Box<Opening>,
    pub(super) opened_at: Timestamp,
}

impl Moved {
    /// What these lines say of their run.
    pub(super) fn read(lines: &[String]) -> Result<Self, LedgerError> {
        let broken = |broken| LedgerError::Broken { run: "the run to be moved".to_owned(), broken };
        let first = lines.first().map(std::slice::from_ref).unwrap_or_default();
        let record = chain::read(first).map_err(broken)?.into_iter().next();
        match record {
            Some(Record { at, event: Event::Opened(opening), .. }) => {
                Ok(Self { run: opening.run.clone(), opening, opened_at: at })
            }
            _ => {
                Err(LedgerError::Store("the journal to be moved does not begin with its opening".to_owned()))
            }
        }
    }
}
