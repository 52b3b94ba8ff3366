//! `report`: what a run can show, from its journal alone.

use crate::evidence;

use super::args::{OutputForm, RunArg};
use super::session::Session;
use super::{Exit, Global, Out, runs};

pub(super) fn run(global: &Global, args: &RunArg, out: &mut Out) -> Exit {
    let session = match Session::open(global, out) {
        Ok(session) => session,
        Err(exit) => return exit,
    };
    let ledger = match &session.state.runs {
        Ok(ledger) => ledger,
        Err(error) => return runs::ledger_error(error, out),
    };
    let records = runs::find(&**ledger, &args.run).and_then(|run| {
        let head = ledger.verify(&run)?.head;
        Ok((ledger.load(&run)?, head))
    });
    let (records, head) = match records {
        Ok(found) => found,
        Err(error) => return runs::ledger_error(&error, out),
    };
    let report = match evidence::report(&records, head) {
        Ok(report) => report,
        Err(error) => {
            out.error(&error.to_string(), &[]);
            return Exit::Failed;
        }
    };
    match global.output {
        Some(OutputForm::Json) => match serde_json::to_string_pretty(&report) {
            Ok(json) => out.line(&json),
            Err(error) => {
                out.error(&format!("the report cannot be written as JSON: {error}"), &[]);
                return Exit::Failed;
            }
        },
        Some(OutputForm::Table) => return super::wrong_form("report", "md or json", out),
        Some(OutputForm::Md) | None => out.line(&evidence::markdown(&report)),
    }
    Exit::Done
}
