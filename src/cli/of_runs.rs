//! What the journals tell of the services on a board.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use crate::domain::{Fleet, ServiceId};
use crate::ledger::{History, Ledger, LedgerError, history};
use crate::runbook::RunState;
use crate::runtime::runs::{self, RunBook};
use crate::tui::app::runs::{RunLine, made};

/// What they tell, as far as they can be read.
#[derive(Debug)]
pub(crate) struct OfRuns {
    /// What past runs say.
    past: BTreeMap<ServiceId, History>,
    /// Every run, or why none could be read.
    pub(crate) lines: Result<Vec<RunLine>, String>,
    /// Those that are open.
    pub(crate) open: Vec<Arc<RunState>>,
}

impl OfRuns {
    /// Reads them; what runs that are over left behind until `end`.
    pub(crate) fn read(ledger: Result<Arc<dyn Ledger>, LedgerError>, end: Option<Instant>) -> Self {
        let mut book = RunBook::default();
        let read = ledger.and_then(|ledger| Ok((history(&*ledger)?, book.look_until(&*ledger, end)?)));
        match read {
            Ok((past, lines)) => Self { past, lines: Ok(lines), open: book.open().map(Arc::clone).collect() },
            Err(none) if none.is_of_none() => Self { lines: Ok(Vec::new()), ..Self::unread(&none) },
            Err(error) => Self::unread(&error),
        }
    }

    /// None could be read.
    pub(crate) fn unread(why: &LedgerError) -> Self {
        Self { past: BTreeMap::new(), lines: Err(why.of_all_runs()), open: Vec::new() }
    }

    /// Tells it to every service that is on the board by now, also to one that was just discovered.
    pub(crate) fn tell(&self, fleet: &mut Fleet) {
        for (id, past) in &self.past {
            if let Some(service) = fleet.services.get_mut(id) {
                past.tell(service);
            }
        }
        let lines = self.lines.as_deref().map_err(String::as_str);
        runs::tell(lines, fleet.services.values_mut());
        fleet.tell_made(made(lines.unwrap_or_default()));
        // Whatever this host's probe saw: an open run and the board count to the same instant.
        for run in &self.open {
            fleet.hear(&run.opening.member.service, run.heard());
        }
    }
}
