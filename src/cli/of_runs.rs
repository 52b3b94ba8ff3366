//! What the journals tell of the services on a board.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use crate::domain::{Fleet, OpenChange, ServiceId, open_change};
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
    /// The changes of where backups are copied to that are not over, or why they could not be read.
    changes: Result<Vec<OpenChange>, String>,
}

impl OfRuns {
    /// Reads them; what runs that are over left behind until `end`.
    pub(crate) fn read(
        ledger: Result<Arc<dyn Ledger>, LedgerError>,
        changes: Result<Vec<OpenChange>, LedgerError>,
        end: Option<Instant>,
    ) -> Self {
        let mut book = RunBook::default();
        let read = ledger.and_then(|ledger| Ok((history(&*ledger)?, book.look_until(&*ledger, end)?)));
        let changes = match changes {
            Err(none) if none.is_of_none() => Ok(Vec::new()),
            changes => changes.map_err(|error| error.to_string()),
        };
        match read {
            Ok((past, lines)) => {
                Self { past, lines: Ok(lines), open: book.open().map(Arc::clone).collect(), changes }
            }
            Err(none) if none.is_of_none() => Self { lines: Ok(Vec::new()), changes, ..Self::unread(&none) },
            Err(error) => Self { changes, ..Self::unread(&error) },
        }
    }

    /// None could be read.
    pub(crate) fn unread(why: &LedgerError) -> Self {
        let changes = Err(why.to_string());
        Self { past: BTreeMap::new(), lines: Err(why.of_all_runs()), open: Vec::new(), changes }
    }

    /// That the changes of where backups are copied to could not be read, in words. That no journal could be is told
    /// already.
    pub(crate) fn changes_unread(&self) -> Option<String> {
        let why = self.changes.as_ref().err().filter(|_| self.lines.is_ok())?;
        Some(format!("which changes of where backups are copied to are under way is not known: {why}"))
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
        open_change::tell(self.changes.as_deref().unwrap_or_default(), fleet.services.values_mut());
    }
}
