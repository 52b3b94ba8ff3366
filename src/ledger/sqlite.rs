//! Journals in `journal.db` (S29, S30): WAL, synchronous FULL, one open run a service, a file lock
//! a run. Lines are only ever added; the database itself refuses to change one.

mod moves;
mod rows;
mod settled;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};

pub use self::moves::Came;
#[cfg(test)]
pub(super) use self::moves::MOVED_RUNS;
use self::rows::{close_run, ends, insert_line, insert_run, lines_of};
use super::crash::{self, Side};
use super::files::{JournalFile, connect_to_read, connect_to_write, make_file, make_folder};
use super::lease::{Entry, Moved};
use super::moved::Mark;
use super::{Lease, Ledger, LedgerError, RunSummary, Settled, Standing, chain, lock, moved};
use crate::domain::Timestamp;
use crate::domain::open_run::keeps_journals;
use crate::runbook::{Author, Event, Opening, Record};

const FORMAT: i64 = 1;

/// Journals in a folder.
#[derive(Debug)]
pub struct SqliteLedger {
    folder: PathBuf,
    file: JournalFile,
    connection: Mutex<Connection>,
}

impl SqliteLedger {
    /// Opens the journals of a state folder to read and write, making what is missing.
    ///
    /// # Errors
    /// [`LedgerError::Folder`] when it cannot be written, [`LedgerError::Newer`].
    pub fn open(folder: &Path) -> Result<Self, LedgerError> {
        let folder = &whole(folder)?;
        make_folder(folder)?;
        make_folder(&folder.join("runs"))?;
        let path = folder.join("journal.db");
        make_file(&path)?;
        let file = JournalFile::of(folder)?;
        let connection = connect_to_write(folder, &path)?;
        let ledger = Self { folder: folder.to_owned(), file, connection: Mutex::new(connection) };
        ledger.migrate(&path)?;
        ledger.take_back();
        ledger.tell_where_it_was();
        Ok(ledger)
    }

    /// Opens the journals of a state folder only to read them, as a member of its group may.
    ///
    /// # Errors
    /// When there are none, or they cannot be read.
    pub fn open_to_read(folder: &Path) -> Result<Self, LedgerError> {
        let folder = &whole(folder)?;
        // Before it is opened: another one may take its place meanwhile.
        let file = JournalFile::of(folder);
        let connection = connect_to_read(folder)?;
        Ok(Self { folder: folder.to_owned(), file: file?, connection: Mutex::new(connection) })
    }

    fn migrate(&self, path: &Path) -> Result<(), LedgerError> {
        let mut connection = self.connection()?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let found: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        match found {
            FORMAT => {}
            0 => transaction.execute_batch(rows::SCHEMA)?,
            _ => return Err(LedgerError::Newer { path: path.to_owned(), found }),
        }
        transaction.execute_batch(moves::INDEX)?;
        transaction.execute_batch(settled::TABLE)?;
        Ok(transaction.commit()?)
    }

    /// The connection, while its file is in place.
    fn connection(&self) -> Result<MutexGuard<'_, Connection>, LedgerError> {
        self.file.is_in_place(&self.folder)?;
        Ok(self.connection.lock().unwrap_or_else(PoisonError::into_inner))
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

    /// With what the database does not know: who holds the run, and where it went.
    fn standing(&self, run: RunSummary) -> RunSummary {
        let is_open = run.closed_at.is_none();
        let standing = match is_open {
            false => Standing::Closed,
            true if self.is_live(&run.run) => Standing::Live,
            true => Standing::Interrupted,
        };
        let mark = Mark::of(&self.locks(), &run.run).filter(|_| is_open);
        let moved_to = mark.and_then(|mark| mark.place(run.events));
        RunSummary { standing, moved_to, ..run }
    }

    fn is_live(&self, run: &str) -> bool {
        self.lock_path(run).is_ok_and(|path| lock::is_held(&path))
    }

    fn take_lock(&self, run: &str) -> Result<lock::Lock, LedgerError> {
        lock::take(&self.lock_path(run)?)?.ok_or_else(|| LedgerError::Live { run: run.to_owned() })
    }

    /// Where the journal of a run goes on, when it does not go on here.
    fn moved_to(&self, connection: &Connection, run: &str) -> Result<Option<String>, LedgerError> {
        let Some(mark) = Mark::of(&self.locks(), run) else { return Ok(None) };
        Ok(mark.place(rows::count(connection, run)?))
    }

    /// The events of a run, where its journal does not go on elsewhere from here.
    ///
    /// # Errors
    /// As [`Ledger::load`], and as [`Ledger::lease`] where it does.
    pub fn load_newest(&self, run: &str) -> Result<Vec<Record>, LedgerError> {
        self.not_moved(run)?;
        self.load(run)
    }

    fn not_moved(&self, run: &str) -> Result<(), LedgerError> {
        let connection = self.connection()?;
        let Some(to) = self.moved_to(&connection, run)? else { return Ok(()) };
        let query = "SELECT service, closed_at IS NULL FROM runs WHERE run = ?1";
        let known = connection.query_row(query, [run], |row| Ok((row.get(0)?, row.get(1)?)));
        let run = run.to_owned();
        Err(match known.optional()? {
            Some((service, open)) => self.elsewhere(run, service, to, open),
            None => LedgerError::NoSuchRun { run },
        })
    }

    /// That a run does not go on here.
    fn elsewhere(&self, run: String, service: String, to: String, open: bool) -> LedgerError {
        if keeps_journals(&to) {
            let mark = moved::path(&self.locks(), &run);
            LedgerError::Moved { run, service, to, mark, unread: None }
        } else {
            LedgerError::WithoutJournal { run, service, to, open }
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
        let Some((run, opened_at)) = open else { return Ok(None) };
        let (service, live) = (service.to_owned(), self.is_live(&run));
        let moved_to = self.moved_to(transaction, &run)?;
        Ok(Some(match moved_to.filter(|_| !live) {
            Some(to) => self.elsewhere(run, service, to, true),
            None => LedgerError::OpenRun { service, run, opened_at, live },
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
        let (run, service, kind) = (opening.run.clone(), opening.member.service.clone(), opening.kind);
        let entry = Entry::first(opening, at, author)?;
        // What went on elsewhere may have ended there since this was opened.
        self.take_back();
        let lock = self.take_lock(&run)?;
        let mut connection = self.connection()?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if let Some(refusal) = self.open_run(&transaction, &service)? {
            // A run that never was leaves nothing; nobody else knows its name to wait for.
            fs::remove_file(self.lock_path(&run)?).ok();
            return Err(refusal);
        }
        insert_run(&transaction, &run, &service, kind, at)?;
        insert_line(&transaction, &run, 1, &entry.line)?;
        crash::point(Side::Before, 1);
        transaction.commit()?;
        crash::point(Side::After, 1);
        moved::keep_room(&self.locks(), &run);
        Ok((Lease::behind(&run, std::slice::from_ref(&entry.line), Some(lock)), entry.record))
    }

    fn lease(&self, run: &str) -> Result<Lease, LedgerError> {
        let lock = self.take_lock(run)?;
        self.not_moved(run)?;
        self.not_parted(run)?;
        Ok(Lease::behind(run, &self.lines(run)?, Some(lock)))
    }

    fn lease_to_end(&self, run: &str) -> Result<Lease, LedgerError> {
        let lock = self.take_lock(run)?;
        match self.not_moved(run) {
            Ok(()) | Err(LedgerError::WithoutJournal { .. }) => {}
            Err(elsewhere) => {
                drop(lock);
                return self.as_it_ended(elsewhere);
            }
        }
        Ok(Lease::behind(run, &self.lines(run)?, Some(lock)))
    }

    fn came_from(&self, run: &str) -> Result<Option<Came>, LedgerError> {
        Self::came_from(self, run.to_owned())
    }

    fn driver_of(&self, run: &str) -> Option<u32> {
        lock::holder(&self.lock_path(run).ok()?)
    }

    fn append(
        &self,
        lease: &mut Lease,
        at: Timestamp,
        author: &Author,
        event: Event,
    ) -> Result<Record, LedgerError> {
        let entry = lease.next(at, author, event)?;
        let mut connection = self.connection()?;
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
        if matches!(entry.record.event, Event::Closed { .. }) {
            moved::give_up_room(&self.locks(), lease.run());
        }
        lease.stored(&entry);
        Ok(entry.record)
    }

    fn adopt(&self, lines: &[String]) -> Result<Lease, LedgerError> {
        let moved = Moved::read(lines)?;
        let lock = self.take_lock(&moved.run)?;
        let mut connection = self.connection()?;
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
        let count = lines.len() as u64;
        moved::hold_until(&self.locks(), &moved.run, count)?;
        crash::point(Side::Before, count);
        transaction.commit()?;
        crash::point(Side::After, count);
        moved::forget(&self.locks(), &moved.run);
        if ends(lines).is_some() {
            moved::give_up_room(&self.locks(), &moved.run);
        } else {
            moved::keep_room(&self.locks(), &moved.run);
        }
        Ok(Lease::behind(&moved.run, lines, Some(lock)))
    }

    fn leave_mark(&self, run: &str, to: &str) -> Result<(), LedgerError> {
        // A name that is no run's id never becomes a path.
        self.lock_path(run)?;
        moved::leave(&self.locks(), run, to)
    }

    fn lines(&self, run: &str) -> Result<Vec<String>, LedgerError> {
        let lines = lines_of(&*self.connection()?, run)?;
        if lines.is_empty() { Err(LedgerError::NoSuchRun { run: run.to_owned() }) } else { Ok(lines) }
    }

    fn runs(&self) -> Result<Vec<RunSummary>, LedgerError> {
        let connection = self.connection()?;
        let runs = rows::summaries(&connection)?;
        let settled = settled::all(&connection)?;
        drop(connection);
        let with_settled = |run: RunSummary| {
            let settled = settled.get(&run.run).filter(|settled| settled.events == run.events);
            RunSummary { settled: settled.copied(), ..run }
        };
        Ok(runs.into_iter().map(|run| self.standing(with_settled(run))).collect())
    }

    fn settle(&self, runs: &[(String, Settled)]) -> Result<(), LedgerError> {
        let mut connection = self.connection()?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for (run, settled) in runs {
            settled::write(&transaction, run, settled)?;
        }
        Ok(transaction.commit()?)
    }

    fn folder(&self) -> Option<&Path> {
        Some(&self.folder)
    }
}

/// A path that means the same from wherever it is read.
fn whole(folder: &Path) -> Result<PathBuf, LedgerError> {
    std::path::absolute(folder).map_err(|error| LedgerError::folder(folder, &error))
}
