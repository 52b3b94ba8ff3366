//! Checks of a restored service: run one against the fork's endpoint, judge what it gave.
//! What could not run is never a pass (R33). Nothing here can change the fork: SQL runs read-only.

mod bounded;
mod command;
mod expect;
mod http;
mod place;
mod psql;
#[cfg(test)]
mod sample;
mod sql;

use std::time::{Duration, Instant};

use crate::domain::{Check, CheckKind, CheckResult, CheckState, Promise};
use crate::provider::Endpoint;

/// What is checked: the fork, and what was promised of it.
#[derive(Debug)]
pub struct Subject<'a> {
    /// The fork's name.
    pub name: &'a str,
    /// How to reach it.
    pub endpoint: &'a Endpoint,
    /// What it was promised to hold.
    pub promise: Promise,
}

/// Why a check gave no value.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Trouble {
    /// It ran, and that it ended like this is itself a failure.
    Failed(String),
    /// It could not run: not verified.
    CouldNotRun(String),
}

/// The most that is read of one answer, bytes.
const ANSWER_LIMIT: usize = 64 * 1024;

/// Runs one check within `limit` of real time.
pub async fn run(check: &Check, subject: &Subject<'_>, limit: Duration) -> CheckResult {
    let begun = Instant::now();
    let value = tokio::time::timeout(limit, fetch(check, subject, limit)).await.unwrap_or_else(|_| {
        Err(Trouble::CouldNotRun(format!("no answer within {}", humantime::format_duration(limit))))
    });
    let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    result(check, value, subject.promise, took_ms)
}

async fn fetch(check: &Check, subject: &Subject<'_>, limit: Duration) -> Result<String, Trouble> {
    match &check.kind {
        CheckKind::Sql { query } => sql::value(query, subject.endpoint, limit).await,
        CheckKind::Command { argv } => command::value(argv, subject, limit).await,
        CheckKind::Http { url, pointer } => http::value(url, pointer.as_deref(), subject, limit).await,
    }
}

fn result(check: &Check, value: Result<String, Trouble>, promise: Promise, took_ms: u64) -> CheckResult {
    let (state, text, newest_row, value) = match value {
        Err(Trouble::CouldNotRun(why)) => {
            (CheckState::CouldNotRun, format!("could not run: {why}"), None, None)
        }
        Err(Trouble::Failed(why)) => (CheckState::Failed, why, None, None),
        Ok(value) => {
            let value = value.trim();
            let judgement = expect::judge(value, check.expect.as_ref(), promise);
            (judgement.state, judgement.text, judgement.newest_row, Some(shown(value)))
        }
    };
    let had_expectation = check.expect.is_some();
    CheckResult { name: check.name.clone(), state, value, text, newest_row, had_expectation, took_ms }
}

/// What people may read of a value: its first line, cut to what a report can show. What a restored row
/// holds must not steer a terminal.
fn shown(value: &str) -> String {
    const MOST: usize = 120;
    let line = value.lines().next().unwrap_or_default();
    let mut letters = line.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c });
    let mut shown: String = letters.by_ref().take(MOST).collect();
    if letters.next().is_some() {
        shown.push('…');
    }
    shown
}
