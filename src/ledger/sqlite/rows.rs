//! What a journal's tables hold, and how it is written and read.

use rusqlite::{Connection, Row, Transaction, params};

use crate::domain::Timestamp;
use crate::ledger::{LedgerError, RunSummary, Standing, chain};
use crate::runbook::{Conclusion, Event, RunKind};

pub(super) const SCHEMA: &str = "
CREATE TABLE runs (
    run TEXT PRIMARY KEY,
    service TEXT NOT NULL,
    kind TEXT NOT NULL,
    opened_at TEXT NOT NULL,
    closed_at TEXT,
    conclusion TEXT
) STRICT;
CREATE UNIQUE INDEX one_open_run_a_service ON runs (service) WHERE closed_at IS NULL;
CREATE TABLE events (
    run TEXT NOT NULL REFERENCES runs (run),
    seq INTEGER NOT NULL,
    line TEXT NOT NULL,
    PRIMARY KEY (run, seq)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER events_stay BEFORE UPDATE ON events
    BEGIN SELECT RAISE(ABORT, 'a journal is never changed'); END;
CREATE TRIGGER events_are_kept BEFORE DELETE ON events
    BEGIN SELECT RAISE(ABORT, 'a journal is never changed'); END;
PRAGMA user_version = 1;
";

pub(super) fn insert_run(
    transaction: &Transaction<'_>,
    run: &str,
    service: &str,
    kind: RunKind,
    at: Timestamp,
) -> rusqlite::Result<usize> {
    transaction.execute(
        "INSERT INTO runs (run, service, kind, opened_at) VALUES (?1, ?2, ?3, ?4)",
        params![run, service, kind.as_str(), at],
    )
}

pub(super) fn close_run(
    transaction: &Transaction<'_>,
    run: &str,
    at: Timestamp,
    conclusion: &Conclusion,
) -> Result<(), LedgerError> {
    let conclusion =
        serde_json::to_string(conclusion).map_err(|error| LedgerError::Store(error.to_string()))?;
    transaction.execute(
        "UPDATE runs SET closed_at = ?2, conclusion = ?3 WHERE run = ?1",
        params![run, at, conclusion],
    )?;
    Ok(())
}

/// When and how these lines say that their run ended.
pub(super) fn ends(lines: &[String]) -> Option<(Timestamp, Conclusion)> {
    let records = chain::read(lines).ok()?;
    records.into_iter().rev().find_map(|record| match record.event {
        Event::Closed { conclusion } => Some((record.at, conclusion)),
        _ => None,
    })
}

pub(super) fn insert_line(
    transaction: &Transaction<'_>,
    run: &str,
    seq: u64,
    line: &str,
) -> rusqlite::Result<usize> {
    transaction.execute(
        "INSERT INTO events (run, seq, line) VALUES (?1, ?2, ?3)",
        params![run, seq.cast_signed(), line],
    )
}

pub(super) fn lines_of(connection: &Connection, run: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare_cached("SELECT line FROM events WHERE run = ?1 ORDER BY seq")?;
    statement.query_map([run], |row| row.get(0))?.collect()
}

/// How many lines of a run are here.
pub(super) fn count(connection: &Connection, run: &str) -> rusqlite::Result<u64> {
    let count = "SELECT count(*) FROM events WHERE run = ?1";
    connection.query_row(count, [run], |row| row.get(0)).map(i64::cast_unsigned)
}

/// Every run, newest first, as far as the database knows it.
pub(super) fn summaries(connection: &Connection) -> Result<Vec<RunSummary>, LedgerError> {
    let mut statement = connection.prepare_cached(
        "SELECT run, service, kind, opened_at, closed_at, conclusion,
            (SELECT max(seq) FROM events WHERE events.run = runs.run)
         FROM runs ORDER BY opened_at DESC, run",
    )?;
    let mut rows = statement.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(summary(row)?);
    }
    Ok(all)
}

fn summary(row: &Row<'_>) -> Result<RunSummary, LedgerError> {
    let bad = |error: serde_json::Error| LedgerError::Store(error.to_string());
    let (kind, conclusion): (String, Option<String>) = (row.get(2)?, row.get(5)?);
    let closed_at: Option<Timestamp> = row.get(4)?;
    let events: Option<i64> = row.get(6)?;
    Ok(RunSummary {
        run: row.get(0)?,
        service: row.get(1)?,
        kind: serde_json::from_value(serde_json::Value::String(kind)).map_err(bad)?,
        opened_at: row.get(3)?,
        closed_at,
        conclusion: conclusion.map(|text| serde_json::from_str(&text)).transpose().map_err(bad)?,
        standing: if closed_at.is_some() { Standing::Closed } else { Standing::Interrupted },
        events: events.and_then(|events| u64::try_from(events).ok()).unwrap_or_default(),
        moved_to: None,
        parted_from: None,
        settled: None,
    })
}
