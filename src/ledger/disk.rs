//! The disk of a state folder, which may hang: what can be told without it is told in time.

use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::LedgerError;

/// The disk of a state folder. What once did not answer is not asked again: its file may be held by who still waits.
#[derive(Debug)]
pub struct Disk {
    folder: PathBuf,
    /// That it did not answer, and who still waits for it.
    silent: OnceLock<(LedgerError, JoinHandle<bool>)>,
}

impl Disk {
    /// That of a state folder.
    pub fn of(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), silent: OnceLock::new() }
    }

    /// Why it is not asked any more, where it did not answer.
    pub fn silent(&self) -> Option<&LedgerError> {
        self.silent.get().map(|(silent, _)| silent)
    }

    /// Whether it did answer since, too late: nobody waits for it any more, and it may be asked anew.
    pub fn has_answered_late(&self) -> bool {
        self.silent.get().is_some_and(|(_, waiting)| waiting.is_finished())
    }

    /// Does it on a thread of its own, which is left behind where it does not end in time.
    ///
    /// # Errors
    /// [`LedgerError::Silent`], also where the disk did not answer before.
    pub fn within<T: Send + 'static>(
        &self,
        limit: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, LedgerError> {
        if let Some(silent) = self.silent() {
            return Err(silent.clone());
        }
        let (tell, told) = mpsc::channel();
        // Whoever gave up does not listen any more.
        let on_its_own = thread::Builder::new().spawn(move || tell.send(work()).is_ok());
        let on_its_own = on_its_own.map_err(|error| LedgerError::Store(format!("no thread: {error}")))?;
        told.recv_timeout(limit).map_err(|failed| {
            let silent = LedgerError::Silent { folder: self.folder.clone(), limit };
            if failed == RecvTimeoutError::Disconnected {
                return on_its_own.join().map_or_else(|panic| resume_unwind(panic), |_| silent);
            }
            self.silent.get_or_init(|| (silent, on_its_own)).0.clone()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hangs_is_left_behind_and_not_asked_again() {
        let disk = Disk::of(Path::new("/state"));
        let soon = Duration::from_millis(10);
        assert_eq!(disk.within(Duration::from_secs(60), || 7), Ok(7));
        let (goes_on, held) = mpsc::channel::<()>();
        let silent = LedgerError::Silent { folder: "/state".into(), limit: soon };
        assert_eq!(disk.within(soon, move || held.recv().is_ok()), Err(silent.clone()));
        assert_eq!(disk.within(Duration::from_secs(60), || true), Err(silent.clone()));
        assert_eq!(disk.silent(), Some(&silent));
        assert!(!disk.has_answered_late());
        drop(goes_on);
        while !disk.has_answered_late() {
            thread::yield_now();
        }
    }
}
