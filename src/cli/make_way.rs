//! A drill in the way of an incident: there is one run of a service at a time, and an incident comes first (S30).
//! The commands that make way, to be pasted one after the other.

use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::ledger::{Ledger, LedgerError, Standing};
use crate::process::shell_line;
use crate::runbook::{RunKind, replay};
use crate::runtime::driver::DriveError;

use super::again::Again;
use super::next::Next;
use super::{Exit, Out};

/// A process that was told to end has said so in the journal of its run by then, real time.
const SAYS_SO_WITHIN: Duration = Duration::from_secs(3);
/// And has ended by then: a call that changes something is waited for.
const LEAVES_WITHIN: Duration = Duration::from_secs(25);
/// Between two looks at it.
const LOOK: Duration = Duration::from_millis(50);

/// Says how the drill makes way that an incident was refused for; `None` where something else stands in its way.
pub(super) fn refused(
    error: &DriveError,
    ledger: &dyn Ledger,
    again: &Again,
    words: &[String],
    out: &mut Out,
) -> Option<Exit> {
    let DriveError::Ledger(LedgerError::OpenRun { run, service, live, .. }) = error else { return None };
    let runs = ledger.runs().unwrap_or_default();
    runs.iter().find(|summary| summary.run == *run && summary.kind == RunKind::Drill)?;
    let driver = ledger.driver_of(run).filter(|_| *live);
    let unknown = (*live && driver.is_none()).then_some("first interrupt the process that drives it: ctrl-c");
    out.error(&error.to_string(), unknown.as_slice());
    let interrupt = driver.map(|process| format!("kill -INT {process}"));
    let end = Next::of(again.clone(), run).abort_because("incident", service);
    for command in interrupt.into_iter().chain([end, shell_line(words)]) {
        out.problem(&format!("  next: {command}"));
    }
    Some(Exit::Failed)
}

/// Waits for the end of a process that was told to leave a run: what is pasted behind that comes too early.
pub(super) fn until_left(ledger: &dyn Ledger, run: &str) -> Result<(), LedgerError> {
    let began = Instant::now();
    loop {
        let is_live = |standing| standing == Standing::Live;
        let runs = ledger.runs()?;
        if !runs.iter().any(|summary| summary.run == run && is_live(summary.standing)) {
            return Ok(());
        }
        let is_leaving = replay(&ledger.load(run)?).is_ok_and(|state| state.is_left());
        if began.elapsed() >= if is_leaving { LEAVES_WITHIN } else { SAYS_SO_WITHIN } {
            return Ok(());
        }
        sleep(LOOK);
    }
}
