//! `report`: what a run can show, from its journal and from that of the region changes beside it.

use std::io;
use std::path::Path;

use crate::evidence;
use crate::ledger::LedgerError;
use crate::regular_file;
use crate::runtime::report;

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
        Err(error) => from_file(&args.run).map(|lines| (lines, None)).map_err(|_| error),
    };
    let (lines, run) = match found {
        Ok(found) => found,
        Err(error) => return runs::ledger_error(&error, &Again::of(global), out),
    };
    let report = match report::of(&args.run, &lines, &journals.folder) {
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
    match &report.broken {
        Some(broken) => {
            out.error(broken, &[]);
            Exit::Failed
        }
        None => Exit::Done,
    }
}

/// The lines of a journal: of a file where a path is given, else of a run of the state folder, which is named.
fn lines(journals: &Journals, named: &str) -> Result<(Vec<String>, Option<String>), LedgerError> {
    if named.contains('/') {
        return match from_file(named) {
            Ok(lines) => Ok((lines, None)),
            Err(error) => Err(LedgerError::folder(Path::new(named), &error)),
        };
    }
    let ledger = journals.ledger.as_ref().map_err(Clone::clone)?;
    let run = runs::find(&**ledger, named)?;
    Ok((ledger.lines(&run)?, Some(run)))
}

/// The lines of a journal that is a file: the second file of a run without a journal (S25), or what
/// `runs show RUN --output json` printed.
fn from_file(path: &str) -> io::Result<Vec<String>> {
    Ok(regular_file::read_text(Path::new(path), LARGEST)?.lines().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::Cli;
    use crate::ledger::chain;
    use crate::runbook::sample::{Journal, opening};
    use crate::runbook::{Event, RunKind};

    #[test]
    fn s31_the_report_of_a_journal_that_is_broken_is_printed_and_fails() {
        let folder = tempfile::tempdir().unwrap();
        let there = folder.path().display().to_string();
        let path = format!("{there}/journal");
        let report = |opening: &crate::runbook::Record| {
            std::fs::write(&path, chain::line(opening).unwrap()).unwrap();
            let cli = Cli::try_parse_from(["lifeboat", "--state-dir", &there, "report", &path]).unwrap();
            run(&cli.global, &RunArg { run: path.clone() }, &mut Out::unread())
        };
        let mut opening = Journal::open(opening(RunKind::Drill)).records.remove(0);
        assert_eq!(report(&opening), Exit::Done);
        let Event::Opened(opened) = &mut opening.event else { panic!("{opening:?}") };
        opened.plan_sha256 = "0".repeat(64);
        assert_eq!(report(&opening), Exit::Failed);
    }

    #[test]
    fn a_journal_is_read_from_no_pipe_that_nobody_writes_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RUSR).unwrap();
        let error = from_file(path.to_str().unwrap()).unwrap_err();
        assert_eq!(error.to_string(), "it is no regular file");
    }
}
