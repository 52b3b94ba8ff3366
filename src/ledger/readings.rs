//! Last-known readings in `readings.db` (S2, S29): every service with the last good reading and the
//! last attempt of each copy. May be deleted; rebuilt when damaged; in memory when the folder cannot
//! be written.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OpenFlags, TransactionBehavior, params};

use super::files::{BUSY, make_file, make_folder};
use super::lock::{self, Lock};
use super::{LedgerError, Places, backups, newest, samples, shared};
use crate::domain::{LagSample, Service, ServiceId, Timestamp};

const FORMAT: i64 = 3;
/// As long as a write waits for another: five seconds.
const TRIES: u32 = 250;
/// Pages that stay in memory: everything is written once and read at the next start.
const CACHE_KIB: i64 = 256;

const SCHEMA: &str = "
CREATE TABLE services (
    service TEXT PRIMARY KEY,
    saved_at TEXT NOT NULL,
    places TEXT NOT NULL,
    known TEXT NOT NULL
) STRICT;
PRAGMA user_version = 3;
";

/// Last-known readings.
#[derive(Debug)]
pub struct Readings {
    folder: PathBuf,
    store: Mutex<Store>,
    not_saved: Option<LedgerError>,
    places: Places,
}

#[derive(Debug)]
enum Store {
    Disk(Disk),
    Memory(BTreeMap<ServiceId, Service>),
}

/// The file, while it is open.
#[derive(Debug)]
struct Disk {
    connection: Connection,
    /// Which file that is; `None` when none is open.
    file: Option<FileId>,
}

/// A device, and a file on it.
type FileId = (u64, u64);

impl Disk {
    /// Whether the file that is open is still the one of the folder: another process may have made that anew,
    /// and a person may have removed it. What goes into the old one nobody ever reads.
    fn is_of(&self, folder: &Path) -> bool {
        self.file.is_some() && self.file == id_of(&file(folder))
    }
}

/// It is not opened for that: to close it would free the locks that this process holds on it.
fn id_of(path: &Path) -> Option<FileId> {
    fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
}

impl Readings {
    /// Opens the readings of a state folder. Falls back to memory: [`Readings::not_saved`] says why.
    pub fn open(folder: &Path) -> Self {
        match on_disk(folder) {
            Ok(disk) => Self {
                folder: folder.to_owned(),
                store: Mutex::new(Store::Disk(disk)),
                not_saved: None,
                places: Places::default(),
            },
            Err(error) => Self::in_memory(folder, error),
        }
    }

    /// Readings that are not saved, and why.
    pub fn in_memory(folder: &Path, not_saved: LedgerError) -> Self {
        Self {
            folder: folder.to_owned(),
            store: Mutex::new(Store::Memory(BTreeMap::new())),
            not_saved: Some(not_saved),
            places: Places::default(),
        }
    }

    /// With what the names of the sources stand for: what was read elsewhere under such a name is not
    /// taken for known.
    #[must_use]
    pub fn knowing(self, places: Places) -> Self {
        Self { places, ..self }
    }

    /// What the names of the sources stand for.
    pub const fn places(&self) -> &Places {
        &self.places
    }

    /// The state folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Why readings are not saved, when they are not (`not saved` in the header).
    pub fn not_saved(&self) -> Option<&LedgerError> {
        self.not_saved.as_ref()
    }

    /// Reads every page, so that damage shows now and not in the middle of an outage: a file that is damaged is
    /// made anew. Takes its time, beside whoever uses the readings meanwhile.
    ///
    /// # Errors
    /// When it cannot be read, or made anew.
    pub fn check(&self) -> Result<(), LedgerError> {
        if self.not_saved.is_some() {
            return Ok(());
        }
        let found = read_through(&file(&self.folder), QUICKLY);
        match (&found, &mut *self.store()) {
            (Err(LedgerError::Damaged(_)), Store::Disk(disk)) => make_anew(disk, &self.folder),
            _ => found,
        }
    }

    /// Remembers what is known of these services, and what this poll showed of them, in one transaction.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn record(&self, known: &[(Service, Option<LagSample>)], now: Timestamp) -> Result<(), LedgerError> {
        self.write(known.iter().map(|(service, sample)| (service, sample.as_ref())), now)
    }

    /// Remembers what is known of these services, in one transaction.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save<'a>(
        &self,
        services: impl IntoIterator<Item = &'a Service, IntoIter: Clone>,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        self.write(services.into_iter().map(|service| (service, None)), now)
    }

    fn write<'a>(
        &self,
        services: impl Iterator<Item = (&'a Service, Option<&'a LagSample>)> + Clone,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        match &mut *self.store() {
            Store::Memory(known) => {
                for (service, _) in services {
                    let kept =
                        known.get(&service.id).map(|kept| newest::joined(service, kept, now, |_| true));
                    known.insert(service.id.clone(), kept.unwrap_or_else(|| service.clone()));
                }
                Ok(())
            }
            Store::Disk(disk) => {
                self.mending(disk, |connection| save(connection, &self.places, services.clone(), now))
            }
        }
    }

    /// Forgets these services: they turned out to be none.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn forget(&self, services: &[ServiceId]) -> Result<(), LedgerError> {
        if services.is_empty() {
            return Ok(());
        }
        match &mut *self.store() {
            Store::Memory(known) => known.retain(|service, _| !services.contains(service)),
            Store::Disk(disk) => self.mending(disk, |connection| forget(connection, services))?,
        }
        Ok(())
    }

    /// Everything that is remembered. A row that cannot be read is left out: it will be read again
    /// from its source.
    ///
    /// # Errors
    /// When the store cannot be read at all.
    pub fn load(&self) -> Result<Vec<Service>, LedgerError> {
        match &mut *self.store() {
            Store::Memory(known) => Ok(known.values().cloned().collect()),
            Store::Disk(disk) => self.mending(disk, |connection| load(connection, &self.places)),
        }
    }

    /// Works with what the folder keeps. In memory there is nothing of it.
    pub(super) fn with_disk<T: Default>(
        &self,
        work: impl Fn(&Connection) -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        match &mut *self.store() {
            Store::Memory(_) => Ok(T::default()),
            Store::Disk(disk) => self.mending(disk, |connection| work(connection)),
        }
    }

    /// Does it in the file of the folder, and once more in one that was made anew where that turns out to be
    /// damaged.
    fn mending<T>(
        &self,
        disk: &mut Disk,
        work: impl Fn(&mut Connection) -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        if !disk.is_of(&self.folder) {
            *disk = on_disk(&self.folder)?;
        }
        match work(&mut disk.connection) {
            Err(LedgerError::Damaged(_)) => {
                make_anew(disk, &self.folder)?;
                work(&mut disk.connection)
            }
            done => done,
        }
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn load(connection: &Connection, places: &Places) -> Result<Vec<Service>, LedgerError> {
    let mut statement = connection.prepare_cached("SELECT known, places FROM services ORDER BY service")?;
    let still =
        |known: &str, then: &str| places.still(serde_json::from_str(known).ok()?, &Places::from_json(then));
    // One after the other: what is told of a service is several times what is kept of it.
    let mut rows = statement.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let (known, then) = (row.get_ref(0)?, row.get_ref(1)?);
        let texts = known.as_str().ok().zip(then.as_str().ok());
        if let Some(mut service) = texts.and_then(|(known, then)| still(known, then)) {
            backups::read(connection, &mut service)?;
            all.push(service);
        }
    }
    Ok(all)
}

fn save<'a>(
    connection: &mut Connection,
    places: &Places,
    services: impl Iterator<Item = (&'a Service, Option<&'a LagSample>)>,
    now: Timestamp,
) -> Result<(), LedgerError> {
    let bad = |error: serde_json::Error| LedgerError::Store(error.to_string());
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for (service, sample) in services {
        let mut rest = newest::of(&transaction, places, service, now)?;
        let named = places.named_by(&rest).to_json().map_err(bad)?;
        backups::write(&transaction, &mut rest)?;
        let known = serde_json::to_string(&rest).map_err(bad)?;
        transaction
            .prepare_cached(
                "INSERT INTO services (service, saved_at, places, known) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (service) DO UPDATE SET
                     saved_at = excluded.saved_at, places = excluded.places, known = excluded.known",
            )?
            .execute(params![service.id, now, named, known])?;
        if let Some(sample) = sample {
            samples::write(&transaction, &service.id, &places.of(service), sample)?;
        }
    }
    Ok(transaction.commit()?)
}

fn forget(connection: &mut Connection, services: &[ServiceId]) -> Result<(), LedgerError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for service in services {
        for table in ["services", "backups"] {
            transaction.execute(&format!("DELETE FROM {table} WHERE service = ?1"), [service])?;
        }
    }
    Ok(transaction.commit()?)
}

fn file(folder: &Path) -> PathBuf {
    folder.join("readings.db")
}

/// The database of a folder; a damaged one, or one of another format, is made anew.
fn on_disk(folder: &Path) -> Result<Disk, LedgerError> {
    make_folder(folder)?;
    let _lock = lock(folder)?;
    usable(folder)
}

/// To be held while the file is opened or made anew: what one process has made, another does not remove for
/// the damage it saw before.
fn lock(folder: &Path) -> Result<Lock, LedgerError> {
    let path = folder.join("readings.db.lock");
    let held = || LedgerError::folder(&path, &"another process holds it");
    lock::take_within(&path, TRIES)?.ok_or_else(held)
}

fn usable(folder: &Path) -> Result<Disk, LedgerError> {
    let connection = match connect(folder) {
        Err(LedgerError::Damaged(_)) => {
            remove(folder)?;
            connect(folder)
        }
        opened => opened,
    }?;
    Ok(Disk { connection, file: id_of(&file(folder)) })
}

fn connect(folder: &Path) -> Result<Connection, LedgerError> {
    let path = file(folder);
    make_file(&path)?;
    Connection::open(&path).and_then(prepare).map_err(|error| match LedgerError::from(error) {
        LedgerError::Store(why) => LedgerError::folder(&path, &why),
        error => error,
    })
}

fn remove(folder: &Path) -> Result<(), LedgerError> {
    for name in ["readings.db", "readings.db-wal", "readings.db-shm"] {
        match fs::remove_file(folder.join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(LedgerError::folder(&folder.join(name), &error));
            }
            _ => {}
        }
    }
    Ok(())
}

fn make_anew(disk: &mut Disk, folder: &Path) -> Result<(), LedgerError> {
    let _lock = lock(folder)?;
    // Closed first: a connection takes the companions of its file with it, by their names.
    *disk = Disk { connection: Connection::open_in_memory()?, file: None };
    // Another process may have made it anew since the damage was seen.
    if matches!(read_through(&file(folder), WHOLLY), Err(LedgerError::Damaged(_))) {
        remove(folder)?;
    }
    *disk = usable(folder)?;
    Ok(())
}

fn prepare(mut connection: Connection) -> rusqlite::Result<Connection> {
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    match transaction.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0))? {
        FORMAT => {}
        _ => transaction.execute_batch(&format!(
            "DROP TABLE IF EXISTS services; DROP TABLE IF EXISTS backups; {SCHEMA}"
        ))?,
    }
    shared::prepare(&transaction)?;
    transaction.execute_batch(samples::SCHEMA)?;
    transaction.execute_batch(backups::SCHEMA)?;
    transaction.commit()?;
    Ok(connection)
}

/// Every page, in a time that grows with their number.
const QUICKLY: &str = "PRAGMA quick_check(1)";
/// Also whether what is looked up is what is there.
const WHOLLY: &str = "PRAGMA integrity_check(1)";

fn read_through(path: &Path, check: &str) -> Result<(), LedgerError> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    let found: String = connection.query_row(check, [], |row| row.get(0))?;
    if found == "ok" { Ok(()) } else { Err(LedgerError::Damaged(found)) }
}
