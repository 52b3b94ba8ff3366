//! A mark beside the journals: a run's journal could no longer be written here and goes on elsewhere
//! (S25). The lines here are its beginning; who goes on with them would steer by what is no longer true.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::LedgerError;

const ENDING: &str = ".moved";

/// Leaves the mark of a run, durably: where its journal goes on.
///
/// # Errors
/// When the folder cannot be written.
pub(super) fn leave(runs: &Path, run: &str, to: &str) -> Result<(), LedgerError> {
    let path = path(runs, run);
    let written = File::create(&path).and_then(|mut file| {
        file.write_all(to.as_bytes())?;
        file.sync_all()?;
        File::open(runs)?.sync_all()
    });
    written.map_err(|error| LedgerError::folder(&path, &error))
}

/// Where the journal of a run goes on, when it does not go on here.
pub(super) fn of(runs: &Path, run: &str) -> Option<String> {
    let text = fs::read_to_string(path(runs, run)).ok()?;
    Some(text.trim().to_owned()).filter(|to| !to.is_empty())
}

/// Takes the mark away: the journal is here again.
///
/// # Errors
/// When there is one and it cannot be removed.
pub(super) fn forget(runs: &Path, run: &str) -> Result<(), LedgerError> {
    let path = path(runs, run);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(LedgerError::folder(&path, &error)),
        _ => Ok(()),
    }
}

/// Every run with a mark.
pub(super) fn all(runs: &Path) -> Vec<String> {
    let entries = fs::read_dir(runs).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter_map(|name| name.strip_suffix(ENDING).map(str::to_owned)).collect()
}

/// Where the mark of a run is.
pub(super) fn path(runs: &Path, run: &str) -> PathBuf {
    runs.join(format!("{run}{ENDING}"))
}
