//! What a state folder tells of services and runs, read in one go: on a thread of its own, since its disk may hang.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use super::of_runs::OfRuns;
use crate::domain::Service;
use crate::ledger::{Ledger, LedgerError, Readings, SqliteLedger, StateFolder, settings};

/// All of it. Last-known facts that cannot be read are no reason to stop: they are read again from their sources.
#[derive(Debug)]
pub(super) struct Kept {
    /// The services as they were last known.
    pub(super) services: Vec<Service>,
    /// What the journals tell.
    pub(super) of_runs: OfRuns,
}

impl Kept {
    /// The disk of the state folder tells nothing.
    pub(super) fn unread(silent: &LedgerError) -> Self {
        Self { services: Vec::new(), of_runs: OfRuns::unread(silent) }
    }
}

/// Who reads a state folder, on whatever thread.
#[derive(Debug, Clone)]
pub(super) struct Reader {
    folder: PathBuf,
    readings: Arc<Readings>,
    runs: Result<Arc<dyn Ledger>, LedgerError>,
}

impl Reader {
    pub(super) fn of(folder: PathBuf, state: &StateFolder) -> Self {
        Self { folder, readings: Arc::clone(&state.readings), runs: state.runs.clone() }
    }

    /// Reads everything; what runs that are over left behind until `end`.
    pub(super) fn read(&self, end: Option<Instant>) -> Kept {
        Kept { services: self.readings.load().unwrap_or_default(), of_runs: self.of_runs(end) }
    }

    /// Reads what the journals tell.
    pub(super) fn of_runs(&self, end: Option<Instant>) -> OfRuns {
        OfRuns::read(self.runs_to_read(), settings::open_changes(&self.folder), end)
    }

    /// The journals, at least to be read when they cannot be written.
    pub(super) fn runs_to_read(&self) -> Result<Arc<dyn Ledger>, LedgerError> {
        self.runs.clone().or_else(|error| {
            if matches!(error, LedgerError::Silent { .. }) {
                return Err(error);
            }
            let to_read = SqliteLedger::open_to_read(&self.folder);
            let ledger = to_read.map(|ledger| -> Arc<dyn Ledger> { Arc::new(ledger) });
            ledger.map_err(|unread| if unread.is_of_none() { unread } else { error })
        })
    }
}
