//! A mark beside the journals: a run's journal could no longer be written here and goes on elsewhere
//! (S25). The lines here are its beginning; who goes on with them would steer by what is no longer true.
//!
//! Mark and journal are two files, and what comes back is here by the journal's commit. The mark says before that
//! how many lines then void it: at every instant, also that of a kill, the run goes on in one place.
//!
//! What a journal has to leave a folder for is mostly a full disk, which has no room for the mark either: that is kept
//! free from when the run begins.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::LedgerError;

const ENDING: &str = ".moved";
/// The room for a mark, which takes the place of one once it is written.
const ROOM: &str = ".moved-new";
/// So many bytes: no path is longer.
const ROOM_FOR: usize = 4096;
const UNTIL: &str = "until ";

/// What says where the journal of a run goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    /// Where.
    pub(super) to: String,
    /// It says nothing any more once so many lines are here.
    until: Option<u64>,
}

impl Mark {
    /// The mark of a run, if it has one that can be read.
    pub(super) fn of(runs: &Path, run: &str) -> Option<Self> {
        Self::parse(&fs::read_to_string(path(runs, run)).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let voided = text.rsplit_once('\n').and_then(|(to, last)| Some((to, last.strip_prefix(UNTIL)?)));
        let voided = voided.and_then(|(to, lines)| Some((to, lines.parse().ok()?)));
        let (to, until) = voided.map_or((text, None), |(to, lines)| (to, Some(lines)));
        (!to.is_empty()).then(|| Self { to: to.to_owned(), until })
    }

    /// Where it goes on by this mark, with so many lines here; `None` when here.
    pub(super) fn place(self, lines: u64) -> Option<String> {
        Some(self.to).filter(|_| self.until.is_none_or(|until| lines < until))
    }
}

/// Leaves the mark of a run, durably: where its journal goes on.
///
/// # Errors
/// When the folder cannot be written.
pub(super) fn leave(runs: &Path, run: &str, to: &str) -> Result<(), LedgerError> {
    put(runs, run, to)
}

/// Lets the mark of a run hold only until so many lines of its journal are here, durably.
///
/// # Errors
/// When there is one and it cannot be read, or written.
pub(super) fn hold_until(runs: &Path, run: &str, lines: u64) -> Result<(), LedgerError> {
    let path = path(runs, run);
    let held = match fs::read_to_string(&path) {
        Ok(text) => Mark::parse(&text),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(LedgerError::folder(&path, &error)),
    };
    let Some(Mark { to, .. }) = held else { return Ok(()) };
    put(runs, run, &format!("{to}\n{UNTIL}{lines}"))
}

/// Keeps room for the mark of a run that is open here. Where there is none to keep the run goes on all the same.
pub(super) fn keep_room(runs: &Path, run: &str) {
    fill_room(runs, run, "").ok();
}

/// Puts a mark in its place, whole or not at all.
fn put(runs: &Path, run: &str, text: &str) -> Result<(), LedgerError> {
    let path = path(runs, run);
    let put = fill_room(runs, run, text)
        .and_then(|()| fs::rename(room(runs, run), &path))
        .and_then(|()| File::open(runs)?.sync_all());
    put.map_err(|error| LedgerError::folder(&path, &error))
}

/// Over what is there: a full disk has no other place for it.
fn fill_room(runs: &Path, run: &str, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().create(true).truncate(false).write(true).open(room(runs, run))?;
    file.write_all(format!("{text:ROOM_FOR$}").as_bytes())?;
    file.sync_all()?;
    File::open(runs)?.sync_all()
}

/// Takes away a mark that says nothing any more.
pub(super) fn forget(runs: &Path, run: &str) {
    // Void as it is, it may lie there.
    fs::remove_file(path(runs, run)).ok();
}

/// Gives up the room for the mark of a run that goes nowhere any more.
pub(super) fn give_up_room(runs: &Path, run: &str) {
    fs::remove_file(room(runs, run)).ok();
}

fn room(runs: &Path, run: &str) -> PathBuf {
    runs.join(format!("{run}{ROOM}"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s25_a_mark_holds_until_the_lines_are_here_that_void_it() {
        for (text, lines, place) in [
            ("/srv/b\n", 9, Some("/srv/b")),
            ("/srv/b\nuntil 4", 3, Some("/srv/b")),
            ("/srv/b\nuntil 4\n", 4, None),
            ("/srv/b\nuntil late", 9, Some("/srv/b\nuntil late")),
            ("until 4", 9, Some("until 4")),
            ("\n", 0, None),
        ] {
            let found = Mark::parse(text).and_then(|mark| mark.place(lines));
            assert_eq!(found.as_deref(), place, "{text:?} with {lines}");
        }
    }
}
