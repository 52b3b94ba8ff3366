//! The journals of a state folder, to be looked at or ended. Where the folder itself is named they need no config:
//! an auditor has only the folder, and a config that is wrong leaves no run open.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
use crate::ledger::{Disk, Ledger, LedgerError, SqliteLedger};

use super::session::{PATIENCE, Session};
use super::{Exit, Global, Out};

/// The journals, and the clock in force.
pub(super) struct Journals {
    pub(super) folder: PathBuf,
    pub(super) clock: Clock,
    pub(super) ledger: Result<Arc<dyn Ledger>, LedgerError>,
}

impl Journals {
    /// To be written, as nothing but they are: the folder that is named counts, whatever the config says. None is
    /// made here.
    pub(super) fn open_to_write(global: &Global, out: &mut Out) -> Result<Self, Exit> {
        let Some(folder) = global.named_state_dir() else {
            let session = Session::open(global, out)?;
            let folder = session.config.state_dir.clone();
            return Ok(Self { folder, clock: session.clock, ledger: session.state.runs });
        };
        let ledger = in_time(&folder, PATIENCE, |folder| {
            SqliteLedger::open_to_read(folder).and_then(|_| SqliteLedger::open(folder))
        });
        let clock = global.clock.unwrap_or_else(Clock::system);
        Ok(Self { folder, clock, ledger })
    }

    /// Those of the folder that this start names, else those of the config.
    pub(super) fn open(global: &Global, out: &mut Out) -> Result<Self, Exit> {
        if let Some(folder) = global.named_state_dir().filter(|_| global.config.is_empty()) {
            let ledger = in_time(&folder, PATIENCE, SqliteLedger::open_to_read);
            let clock = global.clock.unwrap_or_else(Clock::system);
            return Ok(Self { folder, clock, ledger });
        }
        let session = Session::open(global, out)?;
        Ok(Self {
            folder: session.config.state_dir.clone(),
            clock: session.clock,
            ledger: session.runs_to_read(),
        })
    }
}

/// Opens them where their disk answers in time.
fn in_time(
    folder: &Path,
    limit: Duration,
    open: impl FnOnce(&Path) -> Result<SqliteLedger, LedgerError> + Send + 'static,
) -> Result<Arc<dyn Ledger>, LedgerError> {
    let path = folder.to_owned();
    let opened = Disk::of(folder).within(limit, move || open(&path)).flatten();
    opened.map(|ledger| -> Arc<dyn Ledger> { Arc::new(ledger) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk that hangs, as a named pipe that nobody writes to.
    #[test]
    fn s25_a_folder_that_is_named_and_does_not_answer_holds_nobody_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR)
            .unwrap();
        let limit = Duration::from_millis(50);
        let opened = in_time(folder.path(), limit, SqliteLedger::open_to_read).map(drop);
        assert_eq!(opened, Err(LedgerError::Silent { folder: folder.path().to_owned(), limit }));
        // Lets the thread that waits for it end.
        drop(std::fs::OpenOptions::new().read(true).write(true).open(&path).unwrap());
    }
}
