//! Why a ledger does not do what it is asked.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Broken;
use crate::domain::instant::rfc3339;
use crate::domain::open_run::without_journal;
use crate::domain::{Timestamp, words};

/// Why a ledger does not do what it is asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// The folder or a file in it cannot be used.
    #[error("cannot use {}: {why}", path.display())]
    Folder {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The disk of the folder hangs.
    #[error("{} does not answer: its disk was given up on after {}", folder.display(), words::age(*limit))]
    Silent {
        /// The folder.
        folder: PathBuf,
        /// So long it was waited for.
        limit: Duration,
    },
    /// The folder keeps no journals yet.
    #[error("no runs yet in {}", folder.display())]
    NoJournals {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder is not there: nobody made it yet, or it is not the one that was meant. Which runs were kept is not
    /// known (S3) of one that was there before, or that a person names.
    #[error("there is no folder {}: which runs there are is not known", folder.display())]
    NoFolder {
        /// The folder.
        folder: PathBuf,
    },
    /// The service has an open run already (S30).
    #[error("{service} has an open run already: {run}, opened {}{}", rfc3339(*opened_at), if *live { ", driven by another process" } else { "; it can be resumed or aborted" })]
    OpenRun {
        /// The service.
        service: String,
        /// The run.
        run: String,
        /// When it was opened.
        opened_at: Timestamp,
        /// Whether a process drives it.
        live: bool,
    },
    /// The run's journal goes on in another place (S25).
    #[error("the journal of {run} could not be written here and goes on in {to}{}; as long as it is not known to be over there, no other run of {service} begins here", unread.as_ref().map(|why| format!(", from where it cannot be taken back: {why}")).unwrap_or_default())]
    Moved {
        /// The run.
        run: String,
        /// Its service.
        service: String,
        /// Where.
        to: String,
        /// The file that says so.
        mark: PathBuf,
        /// Why it cannot be taken back from there, where that was asked for.
        unread: Option<Box<str>>,
    },
    /// The run went on in the folder that it came from, too: no mark could be left there in time (S25).
    #[error("{run} went on in {}, too, after its journal came here from there: two stories are told of it, and this one is not gone on with", from.display())]
    Parted {
        /// The run.
        run: String,
        /// The folder that it came from.
        from: PathBuf,
        /// The file there that would say that it goes on here.
        mark: PathBuf,
    },
    /// The run went on without a journal, so that what is here is its beginning only (S25).
    #[error("{run} {}; what is here is its beginning only{}", without_journal(to), if *open { format!(", and as long as it is open here no other run of {service} begins") } else { String::new() })]
    WithoutJournal {
        /// The run.
        run: String,
        /// Its service.
        service: String,
        /// What it left behind: its second file, if there is one.
        to: String,
        /// Whether it is still open here.
        open: bool,
    },
    /// Another process drives the run.
    #[error("{run} is live: another process drives it")]
    Live {
        /// The run.
        run: String,
    },
    /// There is no run of this id.
    #[error("there is no run {run}")]
    NoSuchRun {
        /// What was asked for.
        run: String,
    },
    /// Several runs have what was named in their id.
    #[error("`{named}` names {} runs: {}", runs.len(), runs.join(", "))]
    SeveralRuns {
        /// What was asked for.
        named: String,
        /// Those that have it.
        runs: Vec<String>,
    },
    /// The journal was changed by something else since it was last written.
    #[error("the journal of {run} is not as it was left; nothing is written to it")]
    Changed {
        /// The run.
        run: String,
    },
    /// A line is no event of ours.
    #[error("the journal of {run} is broken at line {}: {}", broken.line, broken.why)]
    Broken {
        /// The run.
        run: String,
        /// Where and why.
        broken: Broken,
    },
    /// A newer version of lifeboat wrote this.
    #[error("{} was written by a newer lifeboat (format {found})", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
    },
    /// The store is no database any more.
    #[error("the file is damaged: {0}")]
    Damaged(String),
    /// The store itself failed.
    #[error("the journal cannot be used: {0}")]
    Store(String),
}

impl LedgerError {
    /// Whether a journal that cannot be written now may be writable later, or elsewhere.
    pub const fn may_pass(&self) -> bool {
        matches!(self, Self::Store(_) | Self::Damaged(_) | Self::Folder { .. } | Self::Silent { .. })
    }

    /// Whether no run was kept where it looked, as far as can be told: that is not to be unread. Whoever read runs
    /// there before knows better.
    pub const fn is_of_none(&self) -> bool {
        matches!(self, Self::NoJournals { .. } | Self::NoFolder { .. })
    }

    /// What is said of all runs, where this is why no journal was read (S3).
    pub fn of_all_runs(&self) -> String {
        format!("no journal could be read: {self}")
    }

    /// The same of a write: what becomes of one that a disk did not answer is not known (S25).
    pub fn of_a_write(&self) -> String {
        let is_silent = matches!(self, Self::Silent { .. });
        let may_be =
            if is_silent { "; what would have been written may still be, once it answers" } else { "" };
        format!("{self}{may_be}")
    }

    /// A folder or file that cannot be used.
    pub(crate) fn folder(path: &Path, why: &dyn std::fmt::Display) -> Self {
        Self::Folder { path: path.to_owned(), why: why.to_string() }
    }
}

impl From<rusqlite::Error> for LedgerError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
        match error.sqlite_error_code() {
            Some(DatabaseCorrupt | NotADatabase) => Self::Damaged(error.to_string()),
            _ => Self::Store(error.to_string()),
        }
    }
}
