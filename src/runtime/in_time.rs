//! What a disk is asked while other orders wait: one that hangs holds them up for so long and no longer (S25).

use std::path::Path;
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::ledger::LedgerError;

/// What takes longer, real time, is late: the disk hangs.
pub(super) const LATE: Duration = Duration::from_secs(15);

/// Asks the disk of a folder something, off the threads that must not block. What a disk that hangs was asked may
/// still come to be, once it answers.
///
/// # Errors
/// [`LedgerError::Silent`] where it does not answer in time.
pub(super) async fn in_time<T: Send + 'static>(
    folder: &Path,
    ask: impl FnOnce() -> T + Send + 'static,
) -> Result<T, LedgerError> {
    match timeout(LATE, spawn_blocking(ask)).await {
        Ok(answer) => answer.map_err(|panicked| LedgerError::Store(panicked.to_string())),
        Err(_) => Err(LedgerError::Silent { folder: folder.to_owned(), limit: LATE }),
    }
}
