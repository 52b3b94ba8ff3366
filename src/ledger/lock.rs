//! A lock on a file that the kernel frees when its holder ends, however it ends (S30).

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use super::LedgerError;

/// Readable by the group, so that its members can see whether a run is live.
const MODE: u32 = 0o640;

/// Who looks whether a lock is held holds it for a moment; a holder tries a few times more.
const TRIES: u32 = 5;
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(20);

/// A lock that is held until dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Takes a lock; `None` when another process holds it.
///
/// # Errors
/// When the lock's file cannot be made or locked at all.
pub fn take(path: &Path) -> Result<Option<Lock>, LedgerError> {
    take_within(path, TRIES)
}

/// The same with one try only.
///
/// # Errors
/// As [`take`].
pub fn try_take(path: &Path) -> Result<Option<Lock>, LedgerError> {
    take_within(path, 1)
}

/// The same with as many tries, one each 20 ms.
///
/// # Errors
/// As [`take`].
pub fn take_within(path: &Path, tries: u32) -> Result<Option<Lock>, LedgerError> {
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(MODE)
        .open(path)
        .map_err(|error| LedgerError::folder(path, &error))?;
    for left in (0..tries).rev() {
        match file.try_lock() {
            Ok(()) => return Ok(Some(Lock { _file: file })),
            Err(TryLockError::WouldBlock) if left > 0 => std::thread::sleep(PAUSE),
            Err(TryLockError::WouldBlock) => break,
            Err(TryLockError::Error(error)) => return Err(LedgerError::folder(path, &error)),
        }
    }
    Ok(None)
}

/// Whether a process holds the lock. A lock that was never made is not held.
pub fn is_held(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}
