//! The report of the lines of a journal, which says whether they are whole (S31).

use std::path::Path;

use super::beside;
use crate::evidence::{self, Report};
use crate::ledger::{LedgerError, chain};
use crate::runbook::{ReplayError, RunState, replay};

/// Why lines give no report.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoReport {
    /// A line is no event of a run.
    #[error(transparent)]
    Unread(#[from] LedgerError),
    /// They tell of no run.
    #[error(transparent)]
    NoRun(#[from] ReplayError),
}

/// The report of a run by the lines of its journal, and by what the state folder's journal of region changes says of
/// its forks.
///
/// # Errors
/// Lines that cannot be read. Those whose chain is broken can be, and the report says where.
pub(crate) fn of(run: &str, lines: &[String], folder: &Path) -> Result<Report, NoReport> {
    made(run, lines, |report, state| beside::with_regions(report, state, folder))
}

/// The same where the state folder does not tell of its forks, and why.
///
/// # Errors
/// As [`of`].
pub(crate) fn without_regions(run: &str, lines: &[String], why: &LedgerError) -> Result<Report, NoReport> {
    made(run, lines, |report, state| beside::without_regions(report, state, why))
}

fn made(
    run: &str,
    lines: &[String],
    tell_regions: impl FnOnce(Report, &RunState) -> Report,
) -> Result<Report, NoReport> {
    let broken = |broken| LedgerError::Broken { run: run.to_owned(), broken };
    let records = chain::read(lines).map_err(broken)?;
    let verified = chain::verify(lines);
    let state = replay(&records)?;
    let report = tell_regions(evidence::report_of(&state, &records, verified.head), &state);
    Ok(match verified.broken {
        Some(broken) => report.broken_at(broken.line, &broken.why),
        None => report,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::markdown;
    use crate::runbook::RunKind;
    use crate::runbook::sample::{Journal, World, opening, willing};

    #[test]
    fn s31_a_report_says_where_its_journal_is_broken_and_names_no_hash_of_its_last_line() {
        let mut journal = Journal::open(opening(RunKind::Drill));
        journal.drive(&mut World::default(), willing);
        let lines: Vec<String> = journal.records.iter().map(|record| chain::line(record).unwrap()).collect();
        let nowhere = Path::new("/nowhere");
        let opening = of("r", &lines[..1], nowhere).unwrap();
        assert_eq!((opening.head, opening.broken), (Some(chain::hash(&lines[0])), None));

        let report = of("r", &lines, nowhere).unwrap().rechecked_by("lifeboat runs verify r");
        assert_eq!(report.head, None);
        let shown = markdown(&report);
        let page_one = shown.split("## EV").next().unwrap();
        let broken = "the journal is BROKEN at line 2: it does not hold the hash of the line before it";
        assert!(page_one.contains(broken), "{page_one}");
        let field = shown.split("## ").find(|field| field.starts_with("EV33")).unwrap();
        assert!(field.contains(broken) && field.contains("re-check: `lifeboat runs verify r`"), "{field}");
        assert!(!shown.contains("last line's SHA-256"), "{field}");
    }
}
