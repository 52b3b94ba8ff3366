//! A lock on a file that the kernel frees when its holder ends, however it ends (S30).

use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
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

/// The process that holds the lock, where this host tells it to whoever asks.
pub fn holder(path: &Path) -> Option<u32> {
    let file = fs::metadata(path).ok()?;
    let is_it = |other: &Metadata| (other.dev(), other.ino()) == (file.dev(), file.ino());
    // Files of several disks have the same number: the process has this one open, too.
    let has_it_open = |process: &u32| {
        let open = fs::read_dir(format!("/proc/{process}/fd")).into_iter().flatten().flatten();
        open.filter_map(|one| fs::metadata(one.path()).ok()).any(|one| is_it(&one))
    };
    let locks = fs::read_to_string("/proc/locks").ok()?;
    locks.lines().filter_map(|line| holder_in(line, file.ino())).find(has_it_open)
}

/// `7: FLOCK  ADVISORY  WRITE 4711 fd:01:262210 0 EOF`: the process, where it is about the file of this number.
fn holder_in(line: &str, file: u64) -> Option<u32> {
    let mut words = line.split_whitespace().skip(1);
    let is_held = words.next() == Some("FLOCK") && words.nth(1) == Some("WRITE");
    let (process, place) = (words.next()?, words.next()?);
    let is_it = place.rsplit(':').next()?.parse() == Ok(file);
    process.parse().ok().filter(|_| is_held && is_it)
}

/// Whether a process holds the lock. A lock that was never made is not held.
pub fn is_held(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s30_the_process_that_holds_a_lock_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.lock");
        assert_eq!(holder(&path), None, "there is no lock");
        let lock = take(&path).unwrap().unwrap();
        assert_eq!(holder(&path), Some(std::process::id()));
        drop(lock);
        assert_eq!(holder(&path), None, "nobody holds it");
    }

    #[test]
    fn only_who_holds_a_lock_of_the_same_file_is_taken_for_it() {
        let held = "7: FLOCK  ADVISORY  WRITE 4711 fd:01:262210 0 EOF";
        assert_eq!(holder_in(held, 262_210), Some(4711));
        for (line, file) in [
            (held, 262_211),
            ("7: -> FLOCK  ADVISORY  WRITE 4711 fd:01:262210 0 EOF", 262_210),
            ("7: POSIX  ADVISORY  WRITE 4711 fd:01:262210 0 EOF", 262_210),
            ("7: FLOCK  ADVISORY  READ 4711 fd:01:262210 0 EOF", 262_210),
            ("7: FLOCK", 262_210),
            ("", 262_210),
        ] {
            assert_eq!(holder_in(line, file), None, "{line}");
        }
    }
}
