//! What was changed at providers outside of runs, in `journal.db`: a hash chain of its own, each line
//! durable before anything follows from it (R22, S31).

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use serde::{Deserialize, Serialize};

use super::sqlite::{self, SqliteLedger};
use super::{Broken, LedgerError, Verified, chain};
use crate::domain::fork::CallPreview;
use crate::domain::region::{RegionChange, RegionEffect, SetOutcome};
use crate::domain::{ServiceId, Timestamp};
use crate::runbook::Author;

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS settings (seq INTEGER PRIMARY KEY, service TEXT NOT NULL, line TEXT NOT NULL) STRICT;
CREATE TRIGGER IF NOT EXISTS settings_stay BEFORE UPDATE ON settings
    BEGIN SELECT RAISE(ABORT, 'a journal is never changed'); END;
CREATE TRIGGER IF NOT EXISTS settings_are_kept BEFORE DELETE ON settings
    BEGIN SELECT RAISE(ABORT, 'a journal is never changed'); END;
";

/// One fact of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum SettingEvent {
    /// A change will be asked for: written before the call.
    Intended {
        /// The change.
        change: RegionChange,
        /// The exact calls, secrets as variables.
        calls: Vec<CallPreview>,
        /// What was typed to agree.
        typed: String,
    },
    /// What the provider answered.
    Answered {
        /// The answer.
        outcome: SetOutcome,
    },
    /// What came of it, as read back.
    Seen {
        /// How far it is.
        effect: RegionEffect,
    },
}

/// One stored line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingRecord {
    /// Its place among all changes, from 1.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub author: Author,
    /// The service.
    pub service: ServiceId,
    /// SHA-256 of the line before; `None` for the first.
    pub prev: Option<String>,
    /// What.
    pub event: SettingEvent,
}

/// The journal of changes of a state folder.
#[derive(Debug)]
pub struct Settings {
    connection: Connection,
}

impl Settings {
    /// Opens it to read and write.
    ///
    /// # Errors
    /// When the folder cannot be written: then nothing may be changed.
    pub fn open(folder: &Path) -> Result<Self, LedgerError> {
        // Makes the folder and the file, and refuses those of a newer version.
        drop(SqliteLedger::open(folder)?);
        let path = folder.join("journal.db");
        let failed = |error: rusqlite::Error| LedgerError::folder(&path, &error);
        let connection = Connection::open(&path).map_err(failed)?;
        sqlite::prepare(&connection).map_err(failed)?;
        connection.execute_batch(SCHEMA)?;
        Ok(Self { connection })
    }

    /// Writes one fact durably, and only then returns.
    ///
    /// # Errors
    /// When it is not certain that it is written; the caller must not act.
    pub fn append(
        &mut self,
        at: Timestamp,
        author: &Author,
        service: &str,
        event: SettingEvent,
    ) -> Result<SettingRecord, LedgerError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let last: Option<(u64, String)> = transaction
            .query_row("SELECT seq, line FROM settings ORDER BY seq DESC LIMIT 1", [], |row| {
                Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get(1)?))
            })
            .optional()?;
        let (seq, prev) = last.map_or((1, None), |(seq, line)| (seq + 1, Some(chain::hash(&line))));
        let (author, service) = (author.clone(), service.to_owned());
        let record = SettingRecord { seq, at, author, service, prev, event };
        let line = serde_json::to_string(&record).map_err(|error| LedgerError::Store(error.to_string()))?;
        transaction.execute(
            "INSERT INTO settings (seq, service, line) VALUES (?1, ?2, ?3)",
            params![seq.cast_signed(), record.service, line],
        )?;
        transaction.commit()?;
        Ok(record)
    }

    /// What was changed of a service, oldest first.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of(&self, service: &str) -> Result<Vec<SettingRecord>, LedgerError> {
        let mut statement =
            self.connection.prepare("SELECT line FROM settings WHERE service = ?1 ORDER BY seq")?;
        let lines = statement.query_map([service], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
        let read = |line: &String| serde_json::from_str(line);
        lines
            .iter()
            .map(read)
            .collect::<Result<_, _>>()
            .map_err(|error| LedgerError::Store(error.to_string()))
    }
}

/// Re-checks the chain of all changes of a state folder, without writing; `None` = there are none.
///
/// # Errors
/// When they cannot be read; a broken chain is no error but a finding.
pub fn verify(folder: &Path) -> Result<Option<Verified>, LedgerError> {
    let connection = sqlite::connect_to_read(folder)?;
    let has_any = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'settings'";
    if connection.query_row(has_any, [], |row| row.get::<_, i64>(0))? == 0 {
        return Ok(None);
    }
    let mut statement = connection.prepare("SELECT line FROM settings ORDER BY seq")?;
    let lines = statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
    Ok((!lines.is_empty()).then(|| verified(&lines)))
}

fn verified(lines: &[String]) -> Verified {
    let mut verified = Verified { events: 0, head: None, broken: None };
    for (number, line) in (1..).zip(lines) {
        let why = match serde_json::from_str::<SettingRecord>(line) {
            Err(error) => format!("it is no change of a setting: {error}"),
            Ok(record) if record.seq != number => format!("it calls itself change {}", record.seq),
            Ok(record) if record.prev != verified.head => {
                "it does not hold the hash of the line before it".to_owned()
            }
            Ok(_) => {
                verified.events = number;
                verified.head = Some(chain::hash(line));
                continue;
            }
        };
        verified.broken = Some(Broken { line: number, why });
        break;
    }
    verified
}

/// The change that was last asked for, and when it was taken, if it was or may have been.
pub fn last_change(records: &[SettingRecord]) -> (Option<&RegionChange>, Option<Timestamp>) {
    let (mut change, mut taken) = (None, None);
    for record in records {
        match &record.event {
            SettingEvent::Intended { change: intended, .. } => change = Some(intended),
            SettingEvent::Answered { outcome: SetOutcome::Accepted { .. } | SetOutcome::Unknown { .. } } => {
                taken = Some(record.at);
            }
            SettingEvent::Answered { .. } | SettingEvent::Seen { .. } => {}
        }
    }
    (change, taken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::at;
    use crate::runbook::sample::author;

    #[test]
    fn s31_changes_are_a_chain_that_is_never_changed() {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = Settings::open(folder.path()).unwrap();
        let now = at("2026-11-20T12:00:00Z");
        let change = RegionChange {
            remote: "orders-db".to_owned(),
            from: None,
            to: Some("aws-eu-central-1".to_owned()),
            last_changed: None,
        };
        let intended = SettingEvent::Intended {
            change: change.clone(),
            calls: Vec::new(),
            typed: "orders-db".to_owned(),
        };
        let first = settings.append(now, &author(), "orders-db", intended).unwrap();
        let outcome = SetOutcome::Accepted { response: "HTTP 200".to_owned() };
        let answered = SettingEvent::Answered { outcome };
        let second = settings.append(now, &author(), "orders-db", answered.clone()).unwrap();
        let line = serde_json::to_string(&first).unwrap();
        assert_eq!((first.prev, second.prev), (None, Some(chain::hash(&line))));
        let other = settings.append(now, &author(), "ledger", answered).unwrap();
        assert_eq!(other.seq, 3);
        let reopened = Settings::open(folder.path()).unwrap();
        let kept = reopened.of("orders-db").unwrap();
        assert_eq!(kept.len(), 2);
        assert_eq!(last_change(&kept), (Some(&change), Some(now)));
        assert!(reopened.connection.execute("DELETE FROM settings", []).is_err());
        let whole = verify(folder.path()).unwrap().unwrap();
        assert_eq!((whole.events, whole.broken), (3, None));
        // Who takes the guards away is found out.
        let tampered = "DROP TRIGGER settings_stay;
            UPDATE settings SET line = replace(line, 'orders-db', 'ledger') WHERE seq = 2";
        reopened.connection.execute_batch(tampered).unwrap();
        let broken = verify(folder.path()).unwrap().unwrap();
        let why = broken.broken.unwrap();
        assert_eq!((broken.events, why.line), (2, 3), "{why:?}");
        assert!(why.why.contains("hash"), "{why:?}");
    }

    #[test]
    fn s31_where_nothing_was_changed_there_is_nothing_to_verify() {
        let folder = tempfile::tempdir().unwrap();
        drop(SqliteLedger::open(folder.path()).unwrap());
        assert_eq!(verify(folder.path()), Ok(None));
        drop(Settings::open(folder.path()).unwrap());
        assert_eq!(verify(folder.path()), Ok(None));
    }
}
