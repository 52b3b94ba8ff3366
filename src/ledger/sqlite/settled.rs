//! Which runs are settled, beside their rows: a version of lifeboat that does not know of it opens these journals
//! still, and writes to them, which tells by their length.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, Transaction, params};

use crate::ledger::Settled;

/// What settles a run. Whoever changes that counts on: what was found by another rule is found anew.
const RULE: i64 = 1;

pub(super) const TABLE: &str = "
CREATE TABLE IF NOT EXISTS settled (
    run TEXT PRIMARY KEY REFERENCES runs (run),
    rule INTEGER NOT NULL,
    events INTEGER NOT NULL,
    last_at TEXT NOT NULL,
    proven_at TEXT,
    cut_over_at TEXT
) STRICT;
";

/// Every run that is settled by our rule. Journals that nobody wrote to since have no such table.
pub(super) fn all(connection: &Connection) -> rusqlite::Result<BTreeMap<String, Settled>> {
    let is_there = "SELECT count(*) > 0 FROM sqlite_schema WHERE type = 'table' AND name = 'settled'";
    if !connection.query_row(is_there, [], |row| row.get(0))? {
        return Ok(BTreeMap::new());
    }
    let mut statement = connection
        .prepare_cached("SELECT run, events, last_at, proven_at, cut_over_at FROM settled WHERE rule = ?1")?;
    statement.query_map([RULE], |row| Ok((row.get(0)?, settled(row)?)))?.collect()
}

fn settled(row: &Row<'_>) -> rusqlite::Result<Settled> {
    let events: i64 = row.get(1)?;
    Ok(Settled {
        events: events.cast_unsigned(),
        last_at: row.get(2)?,
        proven_at: row.get(3)?,
        cut_over_at: row.get(4)?,
    })
}

pub(super) fn write(transaction: &Transaction<'_>, run: &str, settled: &Settled) -> rusqlite::Result<usize> {
    let Settled { events, last_at, proven_at, cut_over_at } = settled;
    transaction.execute(
        "INSERT OR REPLACE INTO settled (run, rule, events, last_at, proven_at, cut_over_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![run, RULE, events.cast_signed(), last_at, proven_at, cut_over_at],
    )
}
