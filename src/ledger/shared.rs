//! Watchers of one state folder share one set of polls (S29): whoever holds a source's lock polls it;
//! the others read what it learned. The kernel frees the lock when its holder ends, however it ends.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OptionalExtension, params};

use super::{LedgerError, Readings, files, lock};
use crate::domain::SourceReport;
use crate::runbook::hex_sha256;

pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS polls (
    source TEXT PRIMARY KEY,
    given INTEGER NOT NULL DEFAULT 0,
    wanted INTEGER NOT NULL DEFAULT 0,
    report TEXT
) STRICT;
";

/// A report is only written down while somebody asked for it within this time.
const WANTED_FOR: Duration = Duration::from_secs(300);
/// Asking for reports is written down again after this time.
const ASKED_AGAIN: Duration = Duration::from_secs(60);

/// A report that another process shares.
#[derive(Debug, Clone, PartialEq)]
pub struct Given {
    /// When it was shared, milliseconds of real time: names it.
    pub stamp: i64,
    /// How long ago that was.
    pub age: Duration,
    /// The report.
    pub report: SourceReport,
}

/// The polls of one state folder, as one of its watchers sees them. Every method is short and may block.
#[derive(Debug)]
pub struct SharedPolls {
    folder: PathBuf,
    readings: Arc<Readings>,
    held: Mutex<BTreeMap<String, lock::Lock>>,
}

impl SharedPolls {
    /// The polls of a state folder; `None` when it cannot be written: then everybody polls alone.
    pub fn open(folder: &Path, readings: &Arc<Readings>) -> Option<Self> {
        let folder = folder.join("polls");
        let usable = readings.not_saved().is_none() && files::make_folder(&folder).is_ok();
        usable.then(|| Self { folder, readings: Arc::clone(readings), held: Mutex::default() })
    }

    /// Whether this process is the one that polls a source; if nobody does, it is from now on. A source
    /// goes by a key that names all that a report of it depends on.
    pub fn hold(&self, key: &str) -> bool {
        let mut held = self.held();
        if held.contains_key(key) {
            return true;
        }
        let name: String = hex_sha256(key.as_bytes()).chars().take(16).collect();
        let path = self.folder.join(format!("{name}.lock"));
        // A lock that cannot be made is nobody's: whoever asks polls.
        match lock::try_take(&path) {
            Ok(Some(lock)) => drop(held.insert(key.to_owned(), lock)),
            Ok(None) => return false,
            Err(_) => {}
        }
        true
    }

    /// Shares a report, while anybody wants it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn give(&self, key: &str, report: &SourceReport) -> Result<(), LedgerError> {
        let now = real_ms();
        self.readings.with_disk(|connection| {
            let wanted: Option<i64> = connection
                .query_row("SELECT wanted FROM polls WHERE source = ?1", [key], |row| row.get(0))
                .optional()?;
            if wanted.is_none_or(|wanted| since(wanted, now) > WANTED_FOR) {
                return Ok(());
            }
            let text =
                serde_json::to_string(report).map_err(|error| LedgerError::Store(error.to_string()))?;
            connection.execute(
                "UPDATE polls SET given = max(?2, given + 1), report = ?3 WHERE source = ?1",
                params![key, now, text],
            )?;
            Ok(())
        })
    }

    /// The last report that was shared, if it is newer than the one named, and says that it is wanted.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub fn take(&self, key: &str, newer_than: i64) -> Result<Option<Given>, LedgerError> {
        let now = real_ms();
        self.readings.with_disk(|connection| {
            let row: Option<(i64, i64)> = connection
                .query_row("SELECT given, wanted FROM polls WHERE source = ?1", [key], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })
                .optional()?;
            if row.is_none_or(|(_, wanted)| since(wanted, now) > ASKED_AGAIN) {
                connection.execute(
                    "INSERT INTO polls (source, wanted) VALUES (?1, ?2)
                     ON CONFLICT (source) DO UPDATE SET wanted = excluded.wanted",
                    params![key, now],
                )?;
            }
            let Some((stamp, _)) = row.filter(|(given, _)| *given > newer_than) else { return Ok(None) };
            let text: Option<String> =
                connection
                    .query_row("SELECT report FROM polls WHERE source = ?1", [key], |row| row.get(0))?;
            // What another version wrote is no report: then one polls oneself.
            let report = text.and_then(|text| serde_json::from_str(&text).ok());
            Ok(report.map(|report| Given { stamp, age: since(stamp, now), report }))
        })
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<String, lock::Lock>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the table, in a file that may be older than it.
pub(super) fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(SCHEMA)
}

/// How long ago; a stamp of the future is older than anything: the clock was set back.
fn since(stamp: i64, now: i64) -> Duration {
    u64::try_from(now - stamp).map_or(Duration::MAX, Duration::from_millis)
}

/// Real time, which all processes of a host share.
fn real_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}
