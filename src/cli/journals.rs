//! The journals of a state folder, to be looked at or ended. Where the folder itself is named they need no config:
//! an auditor has only the folder, and a config that is wrong leaves no run open.

use std::path::PathBuf;
use std::sync::Arc;

use crate::clock::Clock;
use crate::ledger::{Ledger, LedgerError, SqliteLedger};

use super::session::Session;
use super::{Exit, Global, Out};

/// The journals, and the clock in force.
pub(super) struct Journals {
    pub(super) folder: PathBuf,
    pub(super) clock: Clock,
    pub(super) ledger: Result<Arc<dyn Ledger>, LedgerError>,
}

impl Journals {
    /// To be written, as nothing but they are: the folder that is named counts, whatever the config says. None is
    /// made here.
    pub(super) fn open_to_write(global: &Global, out: &mut Out) -> Result<Self, Exit> {
        let Some(folder) = global.named_state_dir() else {
            let session = Session::open(global, out)?;
            let folder = session.config.state_dir.clone();
            return Ok(Self { folder, clock: session.clock, ledger: session.state.runs });
        };
        let there = SqliteLedger::open_to_read(&folder);
        let ledger = there
            .and_then(|_| SqliteLedger::open(&folder))
            .map(|ledger| -> Arc<dyn Ledger> { Arc::new(ledger) });
        let clock = global.clock.unwrap_or_else(Clock::system);
        Ok(Self { folder, clock, ledger })
    }

    /// Those of the folder that this start names, else those of the config.
    pub(super) fn open(global: &Global, out: &mut Out) -> Result<Self, Exit> {
        if let Some(folder) = global.named_state_dir().filter(|_| global.config.is_empty()) {
            let ledger =
                SqliteLedger::open_to_read(&folder).map(|ledger| -> Arc<dyn Ledger> { Arc::new(ledger) });
            let clock = global.clock.unwrap_or_else(Clock::system);
            return Ok(Self { folder, clock, ledger });
        }
        let session = Session::open(global, out)?;
        Ok(Self {
            folder: session.config.state_dir.clone(),
            clock: session.clock,
            ledger: session.runs_to_read(),
        })
    }
}
