//! The report of a run: a pure function of its journal, and of what was asked for beside it, so that anyone with the
//! journals gets the same report. Every field of the evidence checklist (EV..) is present or shown as a gap (R37).

mod beside;
mod deviations;
mod fields;
mod first_page;
mod gaps;
mod markdown;

use serde::Serialize;

use crate::runbook::{Conclusion, Record, ReplayError, RunKind, RunState, replay};

pub use beside::RegionAsked;
pub use deviations::Deviation;
pub use first_page::{Judgement, Objective};
pub use markdown::markdown;

/// Everything a run can show an auditor.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The run's id.
    pub run: String,
    /// Drill or incident.
    pub kind: RunKind,
    /// The service.
    pub service: String,
    /// `passed`, `objective missed`, `failed`, `not verified`, or `open`.
    pub result: String,
    /// The result with the objectives that were missed, in words.
    pub headline: String,
    /// Why it is no pass, each a sentence.
    pub reasons: Vec<String>,
    /// Objectives and what was achieved (EV27).
    pub objectives: Vec<Objective>,
    /// What a reader must know before believing the result (S24).
    pub caveats: Vec<String>,
    /// Skips, overrides, retries, pauses, unknown outcomes (EV14).
    pub deviations: Vec<Deviation>,
    /// The evidence, field by field.
    pub fields: Vec<Field>,
    /// Number of events in the journal.
    pub events: u64,
    /// SHA-256 of the journal's last line; `None` = not known, or the journal is broken.
    pub head: Option<String>,
    /// Where the journal's chain is broken, and why: nothing from there on is as it was written (S31).
    pub broken: Option<String>,
}

/// One field of the evidence checklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Field {
    /// Its stable id (`EV11`).
    pub id: &'static str,
    /// What it is.
    pub title: &'static str,
    /// What the run can show.
    #[serde(flatten)]
    pub content: Content,
}

/// What a run can show for a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Content {
    /// It is there.
    Present {
        /// Sentences or `key: value` lines.
        lines: Vec<String>,
        /// Rows under a header, where a table says it better.
        #[serde(skip_serializing_if = "Option::is_none")]
        table: Option<Table>,
    },
    /// It is not there, and why.
    Gap {
        /// Why not.
        why: String,
    },
}

/// A table of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Table {
    /// Column titles.
    pub header: Vec<&'static str>,
    /// Rows, each as long as the header.
    pub rows: Vec<Vec<String>>,
}

impl Report {
    /// The same of a journal whose chain is broken there: what its last line's hash would be says nothing.
    #[must_use]
    pub fn broken_at(mut self, line: u64, why: &str) -> Self {
        let broken = format!(
            "the journal is BROKEN at line {line}: {why}; from there on this report is no evidence of what was done"
        );
        for field in self.fields.iter_mut().filter(|field| field.id == fields::JOURNAL) {
            field.content = Content::gap(broken.clone());
        }
        self.head = None;
        self.broken = Some(broken);
        self
    }

    /// The same with the whole command that re-checks its journal where it is kept.
    #[must_use]
    pub fn rechecked_by(mut self, command: &str) -> Self {
        for field in self.fields.iter_mut().filter(|field| field.id == fields::JOURNAL) {
            let by = format!("re-check: `{command}`");
            match &mut field.content {
                Content::Present { lines, .. } => lines.push(by),
                Content::Gap { why } => *why = format!("{why}; {by}"),
            }
        }
        self
    }
}

impl Content {
    /// Lines that are there; none is a gap with this reason.
    fn lines_or(lines: Vec<String>, why: &str) -> Self {
        if lines.is_empty() { Self::gap(why) } else { Self::Present { lines, table: None } }
    }

    /// A gap.
    fn gap(why: impl Into<String>) -> Self {
        Self::Gap { why: why.into() }
    }

    /// A table that is there; without rows it is a gap with this reason.
    fn table_or(header: Vec<&'static str>, rows: Vec<Vec<String>>, why: &str) -> Self {
        if rows.is_empty() {
            Self::gap(why)
        } else {
            Self::Present { lines: Vec::new(), table: Some(Table { header, rows }) }
        }
    }
}

/// Makes the report of a journal.
///
/// # Errors
/// When the journal is empty or does not begin with its opening.
pub fn report(records: &[Record], head: Option<String>) -> Result<Report, ReplayError> {
    Ok(report_of(&replay(records)?, records, head))
}

/// The same of a journal that was replayed already.
pub fn report_of(state: &RunState, records: &[Record], head: Option<String>) -> Report {
    let conclusion = state.closed.as_ref().map(|(_, conclusion)| conclusion);
    Report {
        run: state.id().to_owned(),
        kind: state.kind(),
        service: state.opening.member.service.clone(),
        result: conclusion.map_or("open", |conclusion| conclusion.result.as_str()).to_owned(),
        headline: conclusion.map_or_else(|| "open".to_owned(), Conclusion::headline),
        reasons: conclusion.map(|conclusion| conclusion.reasons.clone()).unwrap_or_default(),
        objectives: first_page::objectives(state),
        caveats: first_page::caveats(state),
        deviations: deviations::of(state, records),
        fields: fields::all(state, records, head.as_deref()),
        events: state.last_seq,
        head,
        broken: None,
    }
}

#[cfg(test)]
mod tests;
