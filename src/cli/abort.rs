//! `runs abort`: ends a run that nobody drives, by its journal alone. Neither its source nor arming is
//! needed, so that whatever became of them, no run stands in an incident's way (S25, S30).

use crate::ledger::Ledger;
use crate::runbook::Command;
use crate::runtime::author::author;
use crate::runtime::put_down::put_down;

use super::again::Again;
use super::args::AbortArgs;
use super::follow::say_over;
use super::next::Next;
use super::runs::{Done, cannot_drive, find, not_confirmed};
use super::session::Session;
use super::{Exit, Global, Out, event_line};

pub(super) fn abort(
    global: &Global,
    session: &Session,
    ledger: &dyn Ledger,
    args: AbortArgs,
    out: &mut Out,
) -> Done {
    let run = find(ledger, &args.run)?;
    if let Some(exit) = not_confirmed(ledger, &run, &args.confirm, out)? {
        return Ok(exit);
    }
    if global.read_only {
        out.error("--read-only is given and overrides everything: nothing is written", &[]);
        return Ok(Exit::Refused);
    }
    let before = ledger.lines(&run)?.len();
    let command = Command::Abort { typed: args.confirm, reason: args.reason };
    let ended = match put_down(ledger, &run, command, session.clock.now(), &author(None)) {
        Ok(ended) => ended,
        Err(error) => return Ok(cannot_drive(&error, &Again::of(global), out)),
    };
    for line in ledger.lines(&run)?.iter().skip(before) {
        event_line::print(line, global.output, out);
    }
    let next = Next::of(Again::of(global), &run);
    Ok(say_over(&ended, global.output, &next, out))
}
