//! Writes a person's word into the journal of a run that nobody drives, under the run's lock. No call is
//! made, so neither its source nor arming is needed: whatever became of them, a run can be ended (S25, S30).

use super::driver::DriveError;
use crate::domain::Timestamp;
use crate::domain::open_run::without_journal;
use crate::ledger::{Lease, Ledger, LedgerError};
use crate::runbook::{self, Author, Command, RunState, replay};

/// Writes a command that is only written, with whatever goes with it; gives the run as it is then. Blocks.
///
/// # Errors
/// [`LedgerError::Live`] when a process drives the run; when its journal cannot be read or written; when
/// the command makes no sense.
pub fn put_down(
    ledger: &dyn Ledger,
    run: &str,
    command: Command,
    at: Timestamp,
    author: &Author,
) -> Result<RunState, DriveError> {
    let (mut lease, command) = lease(ledger, run, command)?;
    let mut state = replay(&ledger.load(run)?)?;
    for event in runbook::put_down(&state, &command, at)? {
        let record = ledger.append(&mut lease, at, author, event)?;
        state.apply(&record);
    }
    state.live.head = Some(lease.head().to_owned());
    Ok(state)
}

/// The right to write the command. Of a run that went on without a journal only the beginning is here: it can
/// be ended, which says so.
fn lease(ledger: &dyn Ledger, run: &str, command: Command) -> Result<(Lease, Command), LedgerError> {
    match (ledger.lease(run), command) {
        (Err(LedgerError::WithoutJournal { to, .. }), Command::Abort { typed, reason }) => {
            let (lease, went_on) = (ledger.lease_to_end(run)?, without_journal(&to));
            let says_so = reason.is_empty() || reason.contains(&went_on);
            let reason = if says_so { reason } else { format!("{reason}; {went_on}") };
            Ok((lease, Command::Abort { typed, reason }))
        }
        (lease, command) => Ok((lease?, command)),
    }
}
