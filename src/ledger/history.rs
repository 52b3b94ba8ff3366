//! What past runs say of a service: how long its restores took (S35), when one last succeeded.

use std::collections::BTreeMap;

use super::{Ledger, LedgerError, RunSummary};
use crate::domain::{RESTORES_COUNTED, Service, ServiceId, Timestamp};

/// What past runs of one service say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// How long restores took, seconds, newest first.
    pub restore_s: Vec<u64>,
    /// When a run last showed its data restored and checked.
    pub last_proven: Option<Timestamp>,
}

/// The history of every service that has closed runs.
///
/// # Errors
/// When the ledger cannot be read.
pub fn history(ledger: &dyn Ledger) -> Result<BTreeMap<ServiceId, History>, LedgerError> {
    let mut runs = ledger.runs()?;
    runs.sort_by_key(|run| std::cmp::Reverse(run.closed_at));
    let mut known: BTreeMap<ServiceId, History> = BTreeMap::new();
    for run in &runs {
        if let Some(closed_at) = run.closed_at {
            known.entry(run.service.clone()).or_default().add(run, closed_at);
        }
    }
    Ok(known)
}

impl History {
    fn add(&mut self, run: &RunSummary, closed_at: Timestamp) {
        let Some(conclusion) = &run.conclusion else { return };
        if self.restore_s.len() < RESTORES_COUNTED {
            self.restore_s.extend(conclusion.restore_that_counts());
        }
        self.last_proven = self.last_proven.max(conclusion.proven(closed_at));
    }

    /// Puts what is known into a service.
    pub fn tell(&self, service: &mut Service) {
        service.restore_history_s.clone_from(&self.restore_s);
        service.last_proven = service.last_proven.max(self.last_proven);
    }
}
