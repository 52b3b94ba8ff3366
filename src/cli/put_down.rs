//! What is only written of a run: neither its source nor arming is needed, so that whatever became of
//! them, no run stands in an incident's way (S25, S30).

use std::path::Path;
use std::sync::Arc;

use crate::clock::Clock;
use crate::domain::Timestamp;
use crate::domain::open_run::keeps_journals;
use crate::ledger::{Disk, Ledger, LedgerError, RunSummary};
use crate::runbook::{Author, Command, RunState};
use crate::runtime::author::author;
use crate::runtime::driver::DriveError;
use crate::runtime::put_down::put_down;

use super::again::Again;
use super::args::{AbortArgs, OutputForm};
use super::follow::say_over;
use super::make_way;
use super::next::Next;
use super::runs::{Done, cannot_drive, find, not_confirmed};
use super::session::PATIENCE;
use super::{Exit, Global, Out, event_line};

/// `runs abort`: ends a run that nobody drives. Done once that is written: how the run ended is not how this did.
pub(super) fn abort(
    global: &Global,
    clock: Clock,
    ledger: &Arc<dyn Ledger>,
    args: AbortArgs,
    out: &mut Out,
) -> Done {
    let run = find(&**ledger, &args.run)?;
    if let Some(exit) = not_confirmed(&**ledger, &run, &args.confirm, out)? {
        return Ok(exit);
    }
    make_way::until_left(&**ledger, &run)?;
    let command = Command::Abort { typed: args.confirm, reason: args.reason };
    let written = write(global, clock, ledger, &run, command, &author(None), out)?;
    Ok(written.map_or_else(|refused| refused, |_| Exit::Done))
}

/// Whether what is said of a run can be written as it stands: of one that is over.
pub(super) fn is_enough(ledger: &dyn Ledger, run: &str, said: &Command) -> Result<bool, LedgerError> {
    let runs = if said.is_only_written() { ledger.runs()? } else { Vec::new() };
    Ok(runs.iter().any(|summary| summary.run == run && summary.closed_at.is_some()))
}

/// Writes it, and says what the run is then: with its exit code, or with why nothing was written.
pub(super) fn write(
    global: &Global,
    clock: Clock,
    ledger: &Arc<dyn Ledger>,
    run: &str,
    said: Command,
    author: &Author,
    out: &mut Out,
) -> Result<Result<Exit, Exit>, LedgerError> {
    if global.read_only {
        out.error("--read-only is given and overrides everything: nothing is written", &[]);
        return Ok(Err(Exit::Refused));
    }
    let before = ledger.lines(run)?.len();
    // What is here of a run that went on without a journal does not know what became of its fork.
    let is_lost =
        |summary: &RunSummary| summary.moved_to.as_ref().is_some_and(|place| !keeps_journals(place));
    let is_whole = !ledger.runs()?.iter().any(|summary| summary.run == run && is_lost(summary));
    let state = match in_time(ledger, run, said, clock.now(), author) {
        Ok(Ok(state)) => state,
        Ok(Err(error)) => return Ok(Err(cannot_drive(&error, &Again::of(global), out))),
        Err(silent) => {
            out.error(
                &silent.of_a_write(),
                &["look after that disk, then see by `runs show` what is written"],
            );
            return Ok(Err(Exit::Unsure));
        }
    };
    for line in ledger.lines(run)?.iter().skip(before) {
        event_line::print(line, global.output, out);
    }
    let next = Next::of(Again::of(global).for_run(&state.opening.config_files()), run);
    if is_whole && global.output != Some(OutputForm::Json) {
        let removes = next.clean_up(&state.opening.member.service);
        for line in left_lines(&state, &removes) {
            out.line(&line);
        }
    }
    Ok(Ok(say_over(&state, global.output, &next, out)))
}

/// Writes it, where its disk answers in time.
fn in_time(
    ledger: &Arc<dyn Ledger>,
    run: &str,
    said: Command,
    now: Timestamp,
    author: &Author,
) -> Result<Result<RunState, DriveError>, LedgerError> {
    let (ledger, run, author) = (Arc::clone(ledger), run.to_owned(), author.clone());
    let disk = Disk::of(ledger.folder().unwrap_or(Path::new("the journal")));
    disk.within(PATIENCE, move || put_down(&*ledger, &run, said, now, &author))
}

/// What it left, and the command that removes it: what was never seen is not said to be kept.
fn left_lines(state: &RunState, removes: &str) -> impl Iterator<Item = String> {
    let kept = state.names_left(true).map(|names| format!("kept: {names}; to remove it: {removes}"));
    let unseen = state
        .names_left(false)
        .map(|names| format!("may exist, never seen: {names}; to look for it and remove it: {removes}"));
    kept.into_iter().chain(unseen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runbook::sample::{Trouble, World, opening, until};
    use crate::runbook::{ForkStanding, RunKind, StepKind};

    #[test]
    fn s20_a_fork_that_was_never_seen_is_not_said_to_be_kept() {
        for (trouble, wanted) in [
            (Trouble::CallLost, "may exist, never seen: NAME; to look for it and remove it: CLEAN-UP"),
            (Trouble::AnswerLost, "kept: NAME; to remove it: CLEAN-UP"),
        ] {
            let mut world = World::default();
            world.troubles.push_back(trouble);
            let mut journal = until(opening(RunKind::Drill), StepKind::Fork, &mut world);
            journal.drive(&mut world, |state| {
                let typed = state.opening.member.service.clone();
                let is_known = matches!(state.attempt.fork, ForkStanding::Absent | ForkStanding::Mine);
                is_known.then(|| Command::Abort { typed, reason: "enough".to_owned() })
            });
            let wanted = wanted.replace("NAME", &journal.state.attempt.name);
            assert_eq!(left_lines(&journal.state, "CLEAN-UP").collect::<Vec<_>>(), [wanted]);
        }
    }
}
