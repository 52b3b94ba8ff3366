//! The files of a state folder: how they are made, and opened.

use std::fs::{self, OpenOptions, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use rustix::fs::{Access, access};
use rustix::io::Errno;

use super::LedgerError;

/// How long a write waits for another process's short write.
pub(super) const BUSY: Duration = Duration::from_secs(5);
/// Group members may read.
pub(super) const FILE_MODE: u32 = 0o640;
const FOLDER_MODE: u32 = 0o750;

/// Makes a connection to journals durable.
pub(super) fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)
}

/// A connection to the journals of a folder, whose file is there. One that is not ours is left as it is, and one that
/// lost what runs wrote to it takes no others (S3).
pub(super) fn connect_to_write(folder: &Path, path: &Path) -> Result<Connection, LedgerError> {
    let cannot = |error: rusqlite::Error| LedgerError::folder(path, &error);
    let writes = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, writes).map_err(cannot)?;
    connection.busy_timeout(BUSY).map_err(cannot)?;
    match Holds::of(&connection).map_err(cannot)? {
        Holds::Runs => {}
        Holds::Nothing => lost(folder).map_or(Ok(()), Err)?,
        Holds::Other => return Err(LedgerError::folder(path, &FOREIGN)),
    }
    prepare(&connection).map_err(cannot)?;
    Ok(connection)
}

/// A connection to the journals of a folder that cannot write.
pub(super) fn connect_to_read(folder: &Path) -> Result<Connection, LedgerError> {
    let path = folder.join("journal.db");
    // What the store says of a file that is not there, or may not be read, names neither. It is not opened
    // for that: to close it would free the locks that this process holds on it.
    match access(&path, Access::READ_OK) {
        Ok(()) => {}
        Err(Errno::NOENT) => return Err(not_there(folder)),
        Err(error) => return Err(LedgerError::folder(&path, &std::io::Error::from(error))),
    }
    let read_only = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let try_read = |connection: Connection| -> rusqlite::Result<(Connection, Holds)> {
        connection.busy_timeout(BUSY)?;
        let holds = Holds::of(&connection)?;
        Ok((connection, holds))
    };
    let connection = Connection::open_with_flags(&path, read_only).and_then(try_read).or_else(|error| {
        // Whoever may not make the shared index beside it can still read a journal at rest.
        if folder.join("journal.db-wal").exists() {
            return Err(error);
        }
        let at_rest = format!("file:{}?immutable=1", escaped(&path));
        Connection::open_with_flags(at_rest, read_only | OpenFlags::SQLITE_OPEN_URI).and_then(try_read)
    });
    match connection.map_err(|error| LedgerError::folder(&path, &error))? {
        (connection, Holds::Runs) => Ok(connection),
        (_, Holds::Nothing) => Err(lost(folder).unwrap_or_else(|| LedgerError::folder(&path, &EMPTY))),
        (_, Holds::Other) => Err(LedgerError::folder(&path, &FOREIGN)),
    }
}

/// What is said of a database without anything in it: what was there is not known to be none (S3).
const EMPTY: &str = "it is empty, so which runs there were is not known: bring it back from a copy";
/// What is said of one of something else.
const FOREIGN: &str = "it is a database, but holds no journals of lifeboat";

/// What a database holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    /// Journals of runs.
    Runs,
    /// Nothing at all.
    Nothing,
    /// Something else.
    Other,
}

impl Holds {
    fn of(connection: &Connection) -> rusqlite::Result<Self> {
        let tables = "SELECT count(*), count(*) FILTER (WHERE name IN ('runs', 'events')) FROM sqlite_schema
            WHERE type = 'table'";
        let (all, ours): (i64, i64) =
            connection.query_row(tables, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(match (all, ours) {
            (_, 2) => Self::Runs,
            (0, _) => Self::Nothing,
            _ => Self::Other,
        })
    }
}

/// The file that the journals of a folder are in, whatever becomes of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct JournalFile {
    device: u64,
    inode: u64,
}

impl JournalFile {
    /// The one that is there now.
    pub(super) fn of(folder: &Path) -> Result<Self, LedgerError> {
        let path = folder.join("journal.db");
        let found = fs::metadata(&path).map_err(|error| LedgerError::folder(&path, &error))?;
        Ok(Self { device: found.dev(), inode: found.ino() })
    }

    /// Whether it is still there: nobody would find what is written to one that was moved, removed or replaced, and it
    /// tells nothing of what is written in its place (S25, S3).
    pub(super) fn is_in_place(self, folder: &Path) -> Result<(), LedgerError> {
        const TAKEN_AWAY: &str = "it was moved, removed or replaced while it was in use: bring it back";
        match Self::of(folder) {
            Ok(there) if there == self => Ok(()),
            _ => Err(LedgerError::folder(&folder.join("journal.db"), &TAKEN_AWAY)),
        }
    }
}

/// Why there is no journal in a folder: none was kept there yet, it is not the folder that was meant, or it is lost.
fn not_there(folder: &Path) -> LedgerError {
    let folder = folder.to_owned();
    match fs::metadata(&folder) {
        Ok(found) if found.is_dir() => lost(&folder).unwrap_or(LedgerError::NoJournals { folder }),
        Ok(_) => LedgerError::folder(&folder, &"it is no folder"),
        Err(error) if error.kind() == ErrorKind::NotFound => LedgerError::NoFolder { folder },
        Err(error) => LedgerError::folder(&folder, &error),
    }
}

/// What is said of a journal that holds nothing where runs were kept: each left its lock.
fn lost(folder: &Path) -> Option<LedgerError> {
    const LOST: &str = "runs were kept in this folder, and it holds none of them: bring it back from a copy, or take \
                        the folder's `runs` away to begin anew";
    let kept = fs::read_dir(folder.join("runs")).is_ok_and(|mut entries| entries.next().is_some());
    kept.then(|| LedgerError::folder(&folder.join("journal.db"), &LOST))
}

/// A path inside a URI.
fn escaped(path: &Path) -> String {
    path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23")
}

/// Makes the state folder where there is none yet.
pub(crate) fn make_folder(folder: &Path) -> Result<(), LedgerError> {
    let made = fs::DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder);
    made.map_err(|error| LedgerError::folder(folder, &error))
}

/// Makes a database file with the rights its companions take over from it.
pub(super) fn make_file(path: &Path) -> Result<(), LedgerError> {
    match OpenOptions::new().create_new(true).write(true).mode(FILE_MODE).open(path) {
        // What the umask took away is given back: the group may read.
        Ok(_) => fs::set_permissions(path, Permissions::from_mode(FILE_MODE))
            .map_err(|error| LedgerError::folder(path, &error)),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(LedgerError::folder(path, &error)),
    }
}
