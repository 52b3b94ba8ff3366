//! What is checked in a restored service: config says it, a run's event 1 keeps it, `validate` runs it.

use serde::{Deserialize, Serialize};

use super::Timestamp;

/// One check of a fork, and what it must give.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// Name, unique in the service (`sql-1` if the config gives none).
    pub name: String,
    /// What is done.
    pub kind: CheckKind,
    /// What must come out; without one the check can be run but proves nothing (S24).
    pub expect: Option<Expectation>,
}

/// What a check does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CheckKind {
    /// Runs a query whose first column of the first row is the result.
    Sql {
        /// The query.
        query: String,
    },
    /// Runs a command; its standard output, trimmed, is the result; a non-zero exit fails it.
    Command {
        /// Argument list; `{host}`, `{port}` and `{name}` stand for the fork's.
        argv: Vec<String>,
    },
    /// Gets a page of the fork; its body, trimmed, is the result; a status of 400 or more fails it.
    Http {
        /// Address; `{host}`, `{port}`, `{name}` and `{base}` stand for the fork's.
        url: String,
        /// JSON pointer into the body (`/newest_row`), when the result is a part of it.
        pointer: Option<String>,
    },
}

/// What a check's result must be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "expect", content = "value", rename_all = "snake_case")]
pub enum Expectation {
    /// The result is the instant of the newest row: it gives the achieved recovery point (S23), and
    /// must not be older than the promised point minus the RPO.
    NewestRow,
    /// The result is a number not below this.
    AtLeast(f64),
    /// The result is a number not above this.
    AtMost(f64),
    /// The result is exactly this text.
    Equals(String),
    /// The result holds this text.
    Contains(String),
}

/// What one run of a check gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckResult {
    /// The check's name.
    pub name: String,
    /// How it came out.
    pub state: CheckState,
    /// What was read, cut to a line; `None` when it could not run.
    pub value: Option<String>,
    /// The fact in a sentence: what was read, what was expected, or why it could not run.
    pub text: String,
    /// The newest row proven in the restored data, when the check reads one (S23).
    pub newest_row: Option<Timestamp>,
    /// Whether it had an expectation; without one it proves nothing (S24).
    pub had_expectation: bool,
    /// How long it took, milliseconds of real time.
    pub took_ms: u64,
}

impl CheckResult {
    /// What it gave, by its name, which is told once.
    pub fn told(&self) -> String {
        let Self { name, text, .. } = self;
        if text.starts_with(name.as_str()) { text.clone() } else { format!("{name}: {text}") }
    }
}

/// How a check came out. Could-not-run is never a pass (R33).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    /// It ran and gave what was expected, or had no expectation.
    Passed,
    /// It ran and gave something else.
    Failed,
    /// It could not run: not verified.
    CouldNotRun,
}

#[cfg(test)]
mod tests {
    use crate::runbook::sample::passed;

    #[test]
    fn a_check_tells_its_name_once() {
        for (name, told) in
            [("newest-row", "newest-row: newest row 12:00:19Z"), ("newest row", "newest row 12:00:19Z")]
        {
            assert_eq!(passed(name, None).told(), told);
        }
    }
}
