//! The JSON of `pgbackrest info --output=json`: decoded tolerantly, and what it says of one repository.
//!
//! `info` ends 0 and says nothing on standard error even when a repository cannot be read. Such a
//! repository simply has no rows, so that a missing row is *unknown* and never zero (S3).

mod wire;

use crate::domain::{Outcome, PointKind, Timestamp};

use super::failure;

/// The whole answer: one entry a stanza.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Info {
    /// The stanzas.
    pub stanzas: Vec<Stanza>,
    /// Those that could not be understood.
    pub left_out: usize,
}

/// One stanza, over all repositories that were asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stanza {
    /// Its name.
    pub name: String,
    /// Status over all repositories; 4 = look at each one.
    pub status: Status,
    /// Whether a backup, expire or stanza command runs on that host; `None` = not said.
    pub lock_held: Option<bool>,
    /// One row a configured repository.
    pub repos: Vec<Repo>,
    /// Histories of the database, one a repository and history.
    pub histories: Vec<History>,
    /// Archives, one a repository and history.
    pub archives: Vec<Archive>,
    /// Backups of all repositories.
    pub backups: Vec<Backup>,
    /// Rows that could not be understood and were left out.
    pub left_out: usize,
    /// Those among them that are of backups: the repository of each, where that could be read.
    pub unread_backups: Vec<Option<u32>>,
    /// Those among them that are of histories, in the same way.
    pub unread_histories: Vec<Option<u32>>,
    /// Facts that pgBackRest always tells and did not, or not in a form that was ever seen: the repository
    /// of each, where that could be read, and what is missing.
    pub unsaid: Vec<(Option<u32>, String)>,
}

/// A status code with its message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// 0 ok, 1 no stanza path, 2 no backup, 3 no stanza data, 4 mixed, 5 database differs, 6 no such
    /// backup, 99 other.
    pub code: u64,
    /// pgBackRest's words; may hold paths and host names.
    pub message: String,
}

/// A configured repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repo {
    /// Its number.
    pub key: u32,
    /// Its status.
    pub status: Status,
}

/// One history of the database in one repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// Counts up with each stanza upgrade; the highest is the present one.
    pub id: u64,
    /// The repository.
    pub repo: u32,
    /// The cluster's identity; above 2^53, so never a float.
    pub system_id: Option<u64>,
    /// PostgreSQL's major version.
    pub version: Option<String>,
}

/// One archive of WAL in one repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive {
    /// Its name, `<version>-<history id>`.
    pub id: String,
    /// The history.
    pub history: u64,
    /// The repository.
    pub repo: u32,
    /// Lowest name of a segment; `None` while it holds no WAL.
    pub min: Option<String>,
    /// Highest name of a segment; across timelines not the newest.
    pub max: Option<String>,
}

/// One backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// Its label, in the local time zone of the backup's host: never sort by it.
    pub label: String,
    /// Full, differential or incremental.
    pub kind: PointKind,
    /// The repository.
    pub repo: u32,
    /// The history.
    pub history: u64,
    /// When it began.
    pub start: Timestamp,
    /// When it ended; whole seconds. A target must be strictly later.
    pub stop: Timestamp,
    /// First and last segment it needs itself.
    pub wal: Option<(String, String)>,
    /// Where in the log it began and ended.
    pub lsn: Option<(String, String)>,
    /// All backups it needs.
    pub needs: Vec<String>,
    /// Page checksum errors were found; `None` = not said (old backups).
    pub error: Option<bool>,
    /// Bytes of the restored database.
    pub size: Option<u64>,
}

/// What an answer says of one repository, before any listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RepoView<'a> {
    /// It was read.
    Read {
        /// The stanza it was read in.
        stanza: &'a Stanza,
        /// Its present history.
        history: &'a History,
    },
    /// It was not: its facts are unknown, not none.
    Unread {
        /// How the attempt counts.
        outcome: Outcome,
        /// Why, in a sentence.
        why: String,
    },
}

/// An answer that is no `info` at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the answer of `pgbackrest info` cannot be understood: {0}")]
pub struct NotInfo(String);

/// Decodes the answer. Unknown fields are ignored, rows and stanzas that cannot be understood are left out
/// and counted. Depth is bounded by the JSON reader, size by whoever ran the command.
///
/// # Errors
/// [`NotInfo`] when it is not a list of stanzas.
pub fn decode(bytes: &[u8]) -> Result<Info, NotInfo> {
    let rows: Vec<serde_json::Value> = serde_json::from_slice(document(bytes))
        .map_err(|error| NotInfo(failure::shorten(&error.to_string())))?;
    let count = rows.len();
    let stanzas: Vec<Stanza> = rows.into_iter().filter_map(wire::stanza).collect();
    if count > 0 && stanzas.is_empty() {
        return Err(NotInfo("it is a list, but not of stanzas".to_owned()));
    }
    Ok(Info { left_out: count - stanzas.len(), stanzas })
}

/// An answer without the lines before it: pgBackRest 2.55 prints what it does not know of its configuration
/// to standard output, whatever it is told of logging.
pub(super) fn document(answer: &[u8]) -> &[u8] {
    let Some(line_end) = answer.iter().position(|&byte| byte == b'\n') else { return answer };
    let (line, rest) = answer.split_at(line_end + 1);
    let is_warning =
        !line.starts_with(b"[") && !line.starts_with(b"{") && line.windows(6).any(|at| at == b"WARN: ");
    if is_warning { document(rest) } else { answer }
}

impl Info {
    /// What the answer says of one repository of one stanza.
    pub fn repo(&self, stanza: &str, repo: u32) -> RepoView<'_> {
        let Some(stanza) = self.stanzas.iter().find(|found| found.name == stanza) else {
            if self.left_out > 0 {
                let why = failure::not_understood(repo, "the rows of stanzas");
                return RepoView::Unread { outcome: Outcome::Malformed, why };
            }
            return RepoView::Unread { outcome: Outcome::NotFound, why: failure::no_stanza(stanza, repo) };
        };
        let status =
            stanza.repos.iter().find(|row| row.key == repo).map_or(&stanza.status, |row| &row.status);
        if let Some((outcome, why)) = failure::from_status(status, &stanza.name, repo) {
            return RepoView::Unread { outcome, why };
        }
        if of(&stanza.unread_histories, repo).count() > 0 {
            // The one that was left out may be the present one.
            let why = failure::not_understood(repo, "the rows of histories");
            return RepoView::Unread { outcome: Outcome::Malformed, why };
        }
        match stanza.present_history(repo) {
            Some(history) => RepoView::Read { stanza, history },
            None => RepoView::Unread { outcome: Outcome::Error, why: failure::no_rows(repo) },
        }
    }
}

impl Info {
    /// Why it is not known which backups of a stanza a repository holds; `None` where that is known.
    pub fn unread_backups(&self, stanza: &str, repo: u32) -> Option<String> {
        match self.repo(stanza, repo) {
            RepoView::Unread { why, .. } => Some(why),
            RepoView::Read { stanza, .. } if stanza.unread_backups_of(repo) > 0 => {
                Some(failure::not_understood(repo, "the rows of backups"))
            }
            RepoView::Read { .. } => None,
        }
    }
}

impl Status {
    /// Whether the repository was read and has never held anything of the stanza.
    pub const fn is_no_stanza(&self) -> bool {
        self.code == 1
    }
}

/// Those rows that are, or may be, of a repository.
fn of(rows: &[Option<u32>], repo: u32) -> impl Iterator<Item = &Option<u32>> {
    rows.iter().filter(move |of| of.is_none_or(|of| of == repo))
}

impl Stanza {
    /// The present history of a repository: the one with the highest id.
    pub fn present_history(&self, repo: u32) -> Option<&History> {
        self.histories.iter().filter(|row| row.repo == repo).max_by_key(|row| row.id)
    }

    /// Backups of a repository, or that may be of it, whose rows could not be understood.
    pub fn unread_backups_of(&self, repo: u32) -> usize {
        of(&self.unread_backups, repo).count()
    }

    /// What is not known of a repository though pgBackRest always tells it, as a sentence.
    pub fn understood_in_part(&self, repo: u32) -> Option<String> {
        let unsaid = self.unsaid.iter().filter(|(of, _)| of.is_none_or(|of| of == repo));
        let mut missing: Vec<&str> = unsaid.map(|(_, what)| what.as_str()).collect();
        if self.left_out > 0 {
            missing.push("rows that were left out");
        }
        (!missing.is_empty()).then(|| failure::not_understood(repo, &missing.join(", ")))
    }

    /// The archive that belongs to a history.
    pub fn archive(&self, history: &History) -> Option<&Archive> {
        self.archives.iter().find(|row| row.repo == history.repo && row.history == history.id)
    }

    /// The backups of a repository, by the time they ended.
    pub fn backups_of(&self, repo: u32) -> Vec<&Backup> {
        let mut found: Vec<_> = self.backups.iter().filter(|backup| backup.repo == repo).collect();
        found.sort_by_key(|backup| (backup.stop, backup.start));
        found
    }
}
