//! The files of a state folder: how they are made, and opened.

use std::fs::{self, OpenOptions, Permissions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
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

/// A connection to the journals of a folder that cannot write.
pub(super) fn connect_to_read(folder: &Path) -> Result<Connection, LedgerError> {
    let path = folder.join("journal.db");
    // What the store says of a file that is not there, or may not be read, names neither. It is not opened
    // for that: to close it would free the locks that this process holds on it.
    match access(&path, Access::READ_OK) {
        Ok(()) => {}
        Err(Errno::NOENT) => return Err(no_journals(folder)),
        Err(error) => return Err(LedgerError::folder(&path, &std::io::Error::from(error))),
    }
    let read_only = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let try_read = |connection: Connection| -> rusqlite::Result<(Connection, bool)> {
        connection.busy_timeout(BUSY)?;
        let tables = "SELECT count(*) > 0 FROM sqlite_schema WHERE name = 'runs'";
        let has_runs = connection.query_row(tables, [], |row| row.get(0))?;
        Ok((connection, has_runs))
    };
    let connection = Connection::open_with_flags(&path, read_only).and_then(try_read).or_else(|error| {
        // Whoever may not make the shared index beside it can still read a journal at rest.
        if folder.join("journal.db-wal").exists() {
            return Err(error);
        }
        let at_rest = format!("file:{}?immutable=1", escaped(&path));
        Connection::open_with_flags(at_rest, read_only | OpenFlags::SQLITE_OPEN_URI).and_then(try_read)
    });
    match connection {
        Ok((connection, true)) => Ok(connection),
        Ok((_, false)) => Err(no_journals(folder)),
        Err(error) => Err(LedgerError::folder(&path, &error)),
    }
}

fn no_journals(folder: &Path) -> LedgerError {
    LedgerError::NoJournals { folder: folder.to_owned(), there: folder.is_dir() }
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
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(LedgerError::folder(path, &error)),
    }
}
