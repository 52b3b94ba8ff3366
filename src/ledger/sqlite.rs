//! Journals in `journal.db` (S29, S30): WAL, synchronous FULL, one open run a service, a file lock
//! a run. Lines are only ever added; the database itself refuses to change one.

use std::fs::{self, OpenOptions, Permissions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params};

use super::crash::{self, Side};
use super::lease::{Entry, Moved};
use super::{Lease, Ledger, LedgerError, RunSummary, Standing, chain, lock, moved};
use crate::domain::Timestamp;
use crate::runbook::{Author, Conclusion, Event, Opening, Record, RunKind};

/// How long a write waits for another process's short write.
pub(super) const BUSY: Duration = Duration::from_secs(5);
/// Group members may read.
pub(super) const FILE_MODE: u32 = 0o640;
const FOLDER_MODE: u32 = 0o750;
const FORMAT: i64 = 1;

const SCHEMA: &str = "
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

/// Journals in a folder.
#[derive(Debug)]
pub struct SqliteLedger {
    folder: PathBuf,
    connection: Mutex<Connection>,
}

impl SqliteLedger {
    /// Opens the journals of a state folder to read and write, making what is missing.
    ///
    /// # Errors
    /// [`LedgerError::Folder`] when it cannot be written, [`LedgerError::Newer`].
    pub fn open(folder: &Path) -> Result<Self, LedgerError> {
        make_folder(folder)?;
        make_folder(&folder.join("runs"))?;
        let path = folder.join("journal.db");
        make_file(&path)?;
        let connection = Connection::open_with_flags(
            &path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )
        .and_then(|connection| prepare(&connection).map(|()| connection))
        .map_err(|error| LedgerError::folder(&path, &error))?;
        let ledger = Self { folder: folder.to_owned(), connection: Mutex::new(connection) };
        ledger.migrate(&path)?;
        ledger.take_back();
        Ok(ledger)
    }

    /// Opens the journals of a state folder only to read them, as a member of its group may.
    ///
    /// # Errors
    /// When there are none, or they cannot be read.
    pub fn open_to_read(folder: &Path) -> Result<Self, LedgerError> {
        let connection = connect_to_read(folder)?;
        Ok(Self { folder: folder.to_owned(), connection: Mutex::new(connection) })
    }

    fn migrate(&self, path: &Path) -> Result<(), LedgerError> {
        let mut connection = self.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let found: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        match found {
            FORMAT => Ok(()),
            0 => Ok(transaction.execute_batch(SCHEMA).and_then(|()| transaction.commit())?),
            _ => Err(LedgerError::Newer { path: path.to_owned(), found }),
        }
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The lock's file; a name that is no run's id never becomes a path.
    fn lock_path(&self, run: &str) -> Result<PathBuf, LedgerError> {
        let plain =
            run.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if plain && !run.is_empty() {
            Ok(self.folder.join("runs").join(format!("{run}.lock")))
        } else {
            Err(LedgerError::NoSuchRun { run: run.to_owned() })
        }
    }

    fn locks(&self) -> PathBuf {
        self.folder.join("runs")
    }

    /// Runs that were moved away and have ended since are taken in as they are there: they are no longer
    /// open here. One whose place cannot be read stays as it is, and says where it went.
    fn take_back(&self) {
        for run in moved::all(&self.locks()) {
            let place = moved::of(&self.locks(), &run).map(PathBuf::from).filter(|place| place.is_absolute());
            let Some(there) = place.and_then(|place| Self::open_to_read(&place).ok()) else { continue };
            let Ok(lines) = there.lines(&run) else { continue };
            if ends(&lines).is_some() {
                // What does not fit is left for a person to look at.
                drop(self.adopt(&lines));
            }
        }
    }

    fn is_live(&self, run: &str) -> bool {
        self.lock_path(run).is_ok_and(|path| lock::is_held(&path))
    }

    fn take_lock(&self, run: &str) -> Result<lock::Lock, LedgerError> {
        lock::take(&self.lock_path(run)?)?.ok_or_else(|| LedgerError::Live { run: run.to_owned() })
    }

    fn not_moved(&self, run: &str) -> Result<(), LedgerError> {
        match moved::of(&self.locks(), run) {
            None => Ok(()),
            Some(to) => {
                let mark = moved::path(&self.locks(), run);
                Err(LedgerError::Moved { run: run.to_owned(), to, mark })
            }
        }
    }

    fn open_run(
        &self,
        transaction: &Transaction<'_>,
        service: &str,
    ) -> Result<Option<LedgerError>, LedgerError> {
        let open: Option<(String, Timestamp)> = transaction
            .query_row(
                "SELECT run, opened_at FROM runs WHERE service = ?1 AND closed_at IS NULL",
                [service],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        Ok(open.map(|(run, opened_at)| {
            let live = self.is_live(&run);
            LedgerError::OpenRun { service: service.to_owned(), run, opened_at, live }
        }))
    }
}

impl Ledger for SqliteLedger {
    fn create(
        &self,
        opening: Opening,
        at: Timestamp,
        author: &Author,
    ) -> Result<(Lease, Record), LedgerError> {
        let run = opening.run.clone();
        let lock = self.take_lock(&run)?;
        let (service, kind) = (opening.member.service.clone(), opening.kind);
        let entry = Entry::first(opening, at, author)?;
        let mut connection = self.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if let Some(refusal) = self.open_run(&transaction, &service)? {
            return Err(refusal);
        }
        insert_run(&transaction, &run, &service, kind, at)?;
        insert_line(&transaction, &run, 1, &entry.line)?;
        crash::point(Side::Before, 1);
        transaction.commit()?;
        crash::point(Side::After, 1);
        Ok((Lease::behind(&run, std::slice::from_ref(&entry.line), Some(lock)), entry.record))
    }

    fn lease(&self, run: &str) -> Result<Lease, LedgerError> {
        let lock = self.take_lock(run)?;
        self.not_moved(run)?;
        Ok(Lease::behind(run, &self.lines(run)?, Some(lock)))
    }

    fn append(
        &self,
        lease: &mut Lease,
        at: Timestamp,
        author: &Author,
        event: Event,
    ) -> Result<Record, LedgerError> {
        let entry = lease.next(at, author, event)?;
        let mut connection = self.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let last: String = transaction.query_row(
            "SELECT line FROM events WHERE run = ?1 ORDER BY seq DESC LIMIT 1",
            [lease.run()],
            |row| row.get(0),
        )?;
        if chain::hash(&last) != lease.head() {
            return Err(LedgerError::Changed { run: lease.run().to_owned() });
        }
        insert_line(&transaction, lease.run(), entry.record.seq, &entry.line)?;
        if let Event::Closed { conclusion } = &entry.record.event {
            close_run(&transaction, lease.run(), at, conclusion)?;
        }
        crash::point(Side::Before, entry.record.seq);
        transaction.commit()?;
        crash::point(Side::After, entry.record.seq);
        lease.stored(&entry);
        Ok(entry.record)
    }

    fn adopt(&self, lines: &[String]) -> Result<Lease, LedgerError> {
        let moved = Moved::read(lines)?;
        let lock = self.take_lock(&moved.run)?;
        let mut connection = self.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let here = lines_of(&transaction, &moved.run)?;
        if here.is_empty() {
            let service = &moved.opening.member.service;
            if let Some(refusal) = self.open_run(&transaction, service)? {
                return Err(refusal);
            }
            insert_run(&transaction, &moved.run, service, moved.opening.kind, moved.opened_at)?;
        }
        // A journal that was moved away may come back to its beginning.
        if !lines.starts_with(&here) {
            return Err(LedgerError::Changed { run: moved.run });
        }
        for (seq, line) in (1..).zip(lines).skip(here.len()) {
            insert_line(&transaction, &moved.run, seq, line)?;
        }
        if let Some((at, conclusion)) = ends(lines) {
            close_run(&transaction, &moved.run, at, &conclusion)?;
        }
        transaction.commit()?;
        moved::forget(&self.locks(), &moved.run)?;
        Ok(Lease::behind(&moved.run, lines, Some(lock)))
    }

    fn leave_mark(&self, run: &str, to: &str) -> Result<(), LedgerError> {
        // A name that is no run's id never becomes a path.
        self.lock_path(run)?;
        moved::leave(&self.locks(), run, to)
    }

    fn lines(&self, run: &str) -> Result<Vec<String>, LedgerError> {
        let lines = lines_of(&self.connection(), run)?;
        if lines.is_empty() { Err(LedgerError::NoSuchRun { run: run.to_owned() }) } else { Ok(lines) }
    }

    fn runs(&self) -> Result<Vec<RunSummary>, LedgerError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT run, service, kind, opened_at, closed_at, conclusion,
                (SELECT max(seq) FROM events WHERE events.run = runs.run)
             FROM runs ORDER BY opened_at DESC, run",
        )?;
        let rows = statement.query_map([], |row| {
            let (kind, conclusion): (String, Option<String>) = (row.get(2)?, row.get(5)?);
            let events: Option<i64> = row.get(6)?;
            Ok((row.get(0)?, row.get(1)?, kind, row.get(3)?, row.get(4)?, conclusion, events))
        })?;
        rows.map(|row| {
            let (run, service, kind, opened_at, closed_at, conclusion, events): (
                String,
                _,
                _,
                _,
                Option<Timestamp>,
                _,
                _,
            ) = row?;
            let standing = match closed_at {
                Some(_) => Standing::Closed,
                None if self.is_live(&run) => Standing::Live,
                None => Standing::Interrupted,
            };
            let bad = |error: serde_json::Error| LedgerError::Store(error.to_string());
            let kind = serde_json::from_value(serde_json::Value::String(kind)).map_err(bad)?;
            let conclusion =
                conclusion.map(|text: String| serde_json::from_str(&text)).transpose().map_err(bad)?;
            let events = events.and_then(|events| u64::try_from(events).ok()).unwrap_or_default();
            let moved_to = moved::of(&self.locks(), &run).filter(|_| closed_at.is_none());
            Ok(RunSummary {
                run,
                service,
                kind,
                opened_at,
                closed_at,
                conclusion,
                standing,
                events,
                moved_to,
            })
        })
        .collect()
    }
}

fn insert_run(
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

fn close_run(
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
fn ends(lines: &[String]) -> Option<(Timestamp, Conclusion)> {
    let records = chain::read(lines).ok()?;
    records.into_iter().rev().find_map(|record| match record.event {
        Event::Closed { conclusion } => Some((record.at, conclusion)),
        _ => None,
    })
}

fn insert_line(transaction: &Transaction<'_>, run: &str, seq: u64, line: &str) -> rusqlite::Result<usize> {
    transaction.execute(
        "INSERT INTO events (run, seq, line) VALUES (?1, ?2, ?3)",
        params![run, seq.cast_signed(), line],
    )
}

fn lines_of(connection: &Connection, run: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare_cached("SELECT line FROM events WHERE run = ?1 ORDER BY seq")?;
    statement.query_map([run], |row| row.get(0))?.collect()
}

pub(super) fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)
}

/// A connection to the journals of a folder that cannot write.
pub(super) fn connect_to_read(folder: &Path) -> Result<Connection, LedgerError> {
    let path = folder.join("journal.db");
    let read_only = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let try_read = |connection: Connection| -> rusqlite::Result<Connection> {
        connection.busy_timeout(BUSY)?;
        connection.query_row("SELECT count(*) FROM runs", [], |_| Ok(()))?;
        Ok(connection)
    };
    let connection = Connection::open_with_flags(&path, read_only).and_then(try_read).or_else(|error| {
        // Whoever may not make the shared index beside it can still read a journal at rest.
        if folder.join("journal.db-wal").exists() {
            return Err(error);
        }
        let at_rest = format!("file:{}?immutable=1", escaped(&path));
        Connection::open_with_flags(at_rest, read_only | OpenFlags::SQLITE_OPEN_URI).and_then(try_read)
    });
    connection.map_err(|error| LedgerError::folder(&path, &error))
}

/// A path inside a URI.
fn escaped(path: &Path) -> String {
    path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23")
}

pub(super) fn make_folder(folder: &Path) -> Result<(), LedgerError> {
    let made = fs::DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder);
    made.map_err(|error| LedgerError::folder(folder, &error))
}

/// Makes a database file with the rights its companions take over from it.
pub(super) fn make_file(path: &Path) -> Result<(), LedgerError> {
    match OpenOptions::new().create_new(true).write(true).mode(FILE_MODE).open(path) {
        // What the umask took away is given back: the group may read.
        Ok(_) => fs::set_permissions(path, Permissions::from_mode(FILE_MODE))
            .map_err(|error| LedgerError::folder(path, &error)),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(LedgerError::folder(path, &error)),
    }
}
