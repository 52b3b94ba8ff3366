//! What was changed at providers outside of runs, in `journal.db`: a hash chain of its own, each line
//! durable before anything follows from it (R22, S31).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::TimeDelta;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use serde::{Deserialize, Serialize};

use super::files::{self, JournalFile};
use super::lock::{self, Lock};
use super::sqlite::SqliteLedger;
use super::{Broken, LedgerError, Verified, chain};
use crate::domain::fork::CallPreview;
use crate::domain::region::{RegionChange, RegionEffect, RegionStage, SetOutcome};
use crate::domain::{OpenChange, ServiceId, Timestamp};
use crate::runbook::{Author, hex_sha256};

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
        /// The source whose setting it is; journals of before did not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<String>,
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
    folder: PathBuf,
    file: JournalFile,
    connection: Connection,
}

/// The right to write of the changes of one service, until dropped: one process has it (S30).
#[derive(Debug)]
pub struct Held {
    settings: Settings,
    service: ServiceId,
    /// Freed by the kernel when this process ends, however it ends.
    _lock: Lock,
}

impl Held {
    /// The service.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// The state folder.
    pub fn folder(&self) -> &Path {
        &self.settings.folder
    }

    /// The change of the service that is under way.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn under_way(&self) -> Result<Option<UnderWay>, LedgerError> {
        Ok(under_way(&self.settings.of(&self.service)?).pop())
    }

    /// Writes one fact durably, and only then returns.
    ///
    /// # Errors
    /// When it is not certain that it is written; the caller must not act.
    pub fn append(
        &mut self,
        at: Timestamp,
        author: &Author,
        event: SettingEvent,
    ) -> Result<SettingRecord, LedgerError> {
        self.settings.append(at, author, &self.service, event)
    }
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
        let file = JournalFile::of(folder)?;
        let connection = Connection::open(&path).map_err(failed)?;
        files::prepare(&connection).map_err(failed)?;
        connection.execute_batch(SCHEMA)?;
        Ok(Self { folder: folder.to_owned(), file, connection })
    }

    /// Takes the right to write of a service; `None` while another process has it.
    ///
    /// # Errors
    /// When its lock cannot be made.
    pub fn hold(self, service: &str) -> Result<Option<Held>, LedgerError> {
        let lock = lock::take(&lock_path(&self.folder, service))?;
        Ok(lock.map(|lock| Held { settings: self, service: service.to_owned(), _lock: lock }))
    }

    fn append(
        &mut self,
        at: Timestamp,
        author: &Author,
        service: &str,
        event: SettingEvent,
    ) -> Result<SettingRecord, LedgerError> {
        self.file.is_in_place(&self.folder)?;
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
        read(&lines)
    }
}

/// Whether a process has the right to write of a service.
pub fn is_held(folder: &Path, service: &str) -> bool {
    lock::is_held(&lock_path(folder, service))
}

/// A service's name may hold what no file's may.
fn lock_path(folder: &Path, service: &str) -> PathBuf {
    let name: String = hex_sha256(service.as_bytes()).chars().take(16).collect();
    folder.join("runs").join(format!("region-{name}.lock"))
}

/// Every change of a state folder since one, oldest first, without writing; none where there is no journal
/// of them.
///
/// # Errors
/// When they cannot be read.
pub fn since(folder: &Path, seq: u64) -> Result<Vec<SettingRecord>, LedgerError> {
    let connection = files::connect_to_read(folder)?;
    if !has_any(&connection)? {
        return Ok(Vec::new());
    }
    let mut statement = connection.prepare("SELECT line FROM settings WHERE seq > ?1 ORDER BY seq")?;
    let lines =
        statement.query_map([seq.cast_signed()], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
    read(&lines)
}

fn has_any(connection: &Connection) -> Result<bool, LedgerError> {
    let count = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'settings'";
    Ok(connection.query_row(count, [], |row| row.get::<_, i64>(0))? > 0)
}

fn read(lines: &[String]) -> Result<Vec<SettingRecord>, LedgerError> {
    let records = lines.iter().map(|line| serde_json::from_str(line)).collect::<Result<_, _>>();
    records.map_err(|error: serde_json::Error| LedgerError::Store(error.to_string()))
}

/// Re-checks the chain of all changes of a state folder, without writing; `None` = there are none.
///
/// # Errors
/// When they cannot be read; a broken chain is no error but a finding.
pub fn verify(folder: &Path) -> Result<Option<Verified>, LedgerError> {
    let connection = files::connect_to_read(folder)?;
    if !has_any(&connection)? {
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

/// So long after a change was asked for, a call that took its time has arrived: what is not set by then was not taken.
const ARRIVED_AFTER: TimeDelta = TimeDelta::seconds(30);

/// The change that was last asked for and not refused, and when the last one was taken, if it was or may have been:
/// where no answer is known, for whoever asked died or none came in time, only what was seen of the setting tells.
pub fn last_change(records: &[SettingRecord]) -> (Option<&RegionChange>, Option<Timestamp>) {
    let (mut last, mut before) = ((None, None), (None, None));
    // When the last one was asked for, and when that may have been taken, while no answer to it is known.
    let mut unanswered: Option<(Timestamp, Timestamp)> = None;
    for record in records {
        match &record.event {
            SettingEvent::Intended { change, .. } => {
                (before, unanswered) = (last, Some((record.at, record.at)));
                last = (Some(change), Some(record.at));
            }
            SettingEvent::Answered { outcome } => {
                last.1 = Some(record.at);
                unanswered = match outcome {
                    SetOutcome::Unknown { .. } => unanswered.map(|(asked_at, _)| (asked_at, record.at)),
                    SetOutcome::Accepted { .. } => None,
                    SetOutcome::Refused { .. } => {
                        last = before;
                        None
                    }
                };
            }
            SettingEvent::Seen { effect } => match (effect.stage, unanswered) {
                (RegionStage::NotSet, Some((asked_at, _))) if record.at - asked_at >= ARRIVED_AFTER => {
                    last.1 = before.1;
                }
                (RegionStage::WaitingForCopy | RegionStage::Done, Some((_, taken_by))) => {
                    last.1 = Some(taken_by);
                }
                _ => {}
            },
        }
    }
    last
}

/// A change that was asked for and whose first copy is not there yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnderWay {
    /// The service.
    pub service: ServiceId,
    /// The source whose setting it is, where the journal says.
    pub source: Option<String>,
    /// The change.
    pub change: RegionChange,
    /// Its place among all changes.
    pub seq: u64,
    /// When it was asked for.
    pub since: Timestamp,
    /// What was last seen of it, and when.
    pub last: (Timestamp, String),
    /// Since when that was seen: whoever takes up the following writes down again what was seen before.
    pub so_since: Timestamp,
    /// How far it was by that, once it was looked at.
    pub stage: Option<RegionStage>,
}

impl UnderWay {
    /// The same, as a service is told of it.
    pub fn open(&self, is_followed: bool) -> OpenChange {
        let RegionChange { remote, to, .. } = self.change.clone();
        OpenChange {
            of: self.service.clone(),
            source: self.source.clone(),
            remote,
            to,
            since: self.since,
            last: self.last.clone(),
            so_since: self.so_since,
            stage: self.stage,
            is_followed,
        }
    }
}

/// The changes of a state folder that are under way, and whether a process follows each.
///
/// # Errors
/// When they cannot be read.
pub fn open_changes(folder: &Path) -> Result<Vec<OpenChange>, LedgerError> {
    let records = since(folder, 0)?;
    Ok(under_way(&records).iter().map(|change| change.open(is_held(folder, &change.service))).collect())
}

/// The changes that are under way, each service's last one (records oldest first).
pub fn under_way<'a>(records: impl IntoIterator<Item = &'a SettingRecord>) -> Vec<UnderWay> {
    let mut open: BTreeMap<&str, UnderWay> = BTreeMap::new();
    // What was under way when another change was asked for: it goes on where that is refused.
    let mut before: BTreeMap<&str, UnderWay> = BTreeMap::new();
    for record in records {
        let name = record.service.as_str();
        match &record.event {
            SettingEvent::Intended { change, source, .. } => {
                let last = (record.at, "asked for, no answer is known".to_owned());
                let (change, source) = (change.clone(), source.clone());
                let (seq, since) = (record.seq, record.at);
                let service = name.to_owned();
                let so_since = record.at;
                let asked = UnderWay { service, source, change, seq, since, last, so_since, stage: None };
                before.remove(name);
                before.extend(open.insert(name, asked).map(|earlier| (name, earlier)));
            }
            SettingEvent::Answered { outcome: SetOutcome::Refused { .. } } => {
                open.remove(name);
                open.extend(before.remove(name).map(|earlier| (name, earlier)));
            }
            SettingEvent::Seen { effect } if effect.stage == RegionStage::Done => drop(open.remove(name)),
            event => {
                if let Some(under_way) = open.get_mut(name) {
                    let seen = seen(event);
                    if under_way.last.1 != seen {
                        under_way.so_since = record.at;
                    }
                    under_way.last = (record.at, seen);
                    if let SettingEvent::Seen { effect } = event {
                        under_way.stage = Some(effect.stage);
                    }
                }
            }
        }
    }
    open.into_values().collect()
}

fn seen(event: &SettingEvent) -> String {
    match event {
        SettingEvent::Seen { effect } => effect.text.clone(),
        SettingEvent::Answered { outcome: SetOutcome::Unknown { why } } => format!("OUTCOME UNKNOWN: {why}"),
        SettingEvent::Answered { .. } | SettingEvent::Intended { .. } => "accepted".to_owned(),
    }
}

#[cfg(test)]
mod tests;
