//! `report`: what a run can show, from its journal alone.

use std::fs::File;
use std::io::Read;

use crate::evidence;
use crate::ledger::{LedgerError, chain};

use super::again::Again;
use super::args::{OutputForm, RunArg};
use super::journals::Journals;
use super::{Exit, Global, Out, runs};

/// No journal is larger than this many bytes.
const LARGEST: u64 = 256 << 20;

pub(super) fn run(global: &Global, args: &RunArg, out: &mut Out) -> Exit {
    let journals = match Journals::open(global, out) {
        Ok(journals) => journals,
        Err(exit) => return exit,
    };
    let found = match lines(&journals, &args.run) {
        Ok(found) => Ok(found),
        Err(several @ LedgerError::SeveralRuns { .. }) => Err(several),
        // No run of that name, or a folder that tells of none: what was written to a file beside this is not taken
        // for the journal of a run.
        Err(error) => from_file(&args.run).map(|lines| (lines, None)).ok_or(error),
    }
    .and_then(|(lines, run)| {
        let broken = |broken| LedgerError::Broken { run: args.run.clone(), broken };
        Ok((chain::read(&lines).map_err(broken)?, chain::verify(&lines).head, run))
    });
    let (records, head, run) = match found {
        Ok(found) => found,
        Err(error) => return runs::ledger_error(&error, &Again::of(global), out),
    };
    let report = match evidence::report(&records, head) {
        Ok(report) => match run {
            Some(run) => report.rechecked_by(&Again::of(global).look(&["runs", "verify", &run])),
            None => report,
        },
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

/// The lines of a journal: of a file where a path is given, else of a run of the state folder, which is named.
fn lines(journals: &Journals, named: &str) -> Result<(Vec<String>, Option<String>), LedgerError> {
    if let Some(lines) = from_file(named).filter(|_| named.contains('/')) {
        return Ok((lines, None));
    }
    let ledger = journals.ledger.as_ref().map_err(Clone::clone)?;
    let run = runs::find(&**ledger, named)?;
    Ok((ledger.lines(&run)?, Some(run)))
}

/// The lines of a journal that is a file: the second file of a run without a journal (S25), or what
/// `runs show RUN --output json` printed.
fn from_file(path: &str) -> Option<Vec<String>> {
    let mut text = String::new();
    File::open(path).ok()?.take(LARGEST).read_to_string(&mut text).ok()?;
    Some(text.lines().map(str::to_owned).collect())
}
