//! The JSON of `pgbackrest info --output=json`: decoded tolerantly, and what it says of one repository.
//!
//! `info` ends 0 and says nothing on standard error even when a repository cannot be read. Such a
//! repository simply has no rows, so that a missing row is *unknown* and never zero (S3).

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::domain::{Outcome, PointKind, Timestamp};

use super::failure;

/// The whole answer: one entry a stanza.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Info {
    /// The stanzas.
    pub stanzas: Vec<Stanza>,
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

/// Decodes the answer. Unknown fields are ignored, rows that cannot be understood are left out and
/// counted. Depth is bounded by the JSON reader, size by whoever ran the command.
///
/// # Errors
/// [`NotInfo`] when it is not a list of stanzas.
pub fn decode(bytes: &[u8]) -> Result<Info, NotInfo> {
    let raw: Vec<wire::Stanza> = serde_json::from_slice(document(bytes))
        .map_err(|error| NotInfo(failure::shorten(&error.to_string())))?;
    Ok(Info { stanzas: raw.into_iter().map(Stanza::from).collect() })
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
            return RepoView::Unread { outcome: Outcome::NotFound, why: failure::no_stanza(stanza, repo) };
        };
        let status =
            stanza.repos.iter().find(|row| row.key == repo).map_or(&stanza.status, |row| &row.status);
        if let Some((outcome, why)) = failure::from_status(status, &stanza.name, repo) {
            return RepoView::Unread { outcome, why };
        }
        match stanza.present_history(repo) {
            Some(history) => RepoView::Read { stanza, history },
            None => RepoView::Unread { outcome: Outcome::Error, why: failure::no_rows(repo) },
        }
    }
}

impl Stanza {
    /// The present history of a repository: the one with the highest id.
    pub fn present_history(&self, repo: u32) -> Option<&History> {
        self.histories.iter().filter(|row| row.repo == repo).max_by_key(|row| row.id)
    }

    /// Backups of a repository, or that may be of it, whose rows could not be understood.
    pub fn unread_backups_of(&self, repo: u32) -> usize {
        self.unread_backups.iter().filter(|of| of.is_none_or(|of| of == repo)).count()
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

/// The shapes as written, everything optional that was ever seen absent.
mod wire {
    use super::{Deserialize, Value};

    #[derive(Deserialize)]
    pub(super) struct Stanza {
        pub(super) name: String,
        pub(super) status: Option<Status>,
        pub(super) repo: Option<Vec<Value>>,
        pub(super) db: Option<Vec<Value>>,
        pub(super) archive: Option<Vec<Value>>,
        pub(super) backup: Option<Vec<Value>>,
    }

    #[derive(Deserialize, Default)]
    pub(super) struct Status {
        pub(super) code: Option<u64>,
        pub(super) message: Option<String>,
        pub(super) lock: Option<Lock>,
    }

    #[derive(Deserialize)]
    pub(super) struct Lock {
        pub(super) backup: Option<BackupLock>,
    }

    #[derive(Deserialize)]
    pub(super) struct BackupLock {
        pub(super) held: Option<bool>,
    }

    #[derive(Deserialize)]
    pub(super) struct Repo {
        pub(super) key: u32,
        pub(super) status: Option<Status>,
    }

    #[derive(Deserialize)]
    pub(super) struct Db {
        pub(super) id: u64,
        #[serde(rename = "repo-key")]
        pub(super) repo: Option<u32>,
        #[serde(rename = "system-id")]
        pub(super) system_id: Option<u64>,
        pub(super) version: Option<String>,
    }

    #[derive(Deserialize)]
    pub(super) struct DbRef {
        pub(super) id: u64,
        #[serde(rename = "repo-key")]
        pub(super) repo: Option<u32>,
    }

    #[derive(Deserialize)]
    pub(super) struct Archive {
        pub(super) id: String,
        pub(super) database: DbRef,
        pub(super) min: Option<String>,
        pub(super) max: Option<String>,
    }

    #[derive(Deserialize)]
    pub(super) struct Backup {
        pub(super) label: String,
        #[serde(rename = "type")]
        pub(super) kind: Option<String>,
        pub(super) database: DbRef,
        pub(super) timestamp: Times,
        pub(super) archive: Option<Span>,
        pub(super) lsn: Option<Span>,
        pub(super) reference: Option<Vec<String>>,
        pub(super) error: Option<bool>,
        pub(super) info: Option<Sizes>,
    }

    #[derive(Deserialize)]
    pub(super) struct Times {
        pub(super) start: i64,
        pub(super) stop: i64,
    }

    #[derive(Deserialize)]
    pub(super) struct Span {
        pub(super) start: Option<String>,
        pub(super) stop: Option<String>,
    }

    #[derive(Deserialize)]
    pub(super) struct Sizes {
        pub(super) size: Option<u64>,
    }
}

/// Takes the rows that can be understood and counts the others. pgBackRest before 2.32 knew one
/// repository only and gave rows no key: those belong to repository 1.
fn rows<T: DeserializeOwned, R>(
    raw: Option<Vec<Value>>,
    left_out: &mut usize,
    take: impl Fn(T) -> Option<R>,
) -> Vec<R> {
    let raw = raw.unwrap_or_default();
    let all = raw.len();
    let taken: Vec<R> =
        raw.into_iter().filter_map(|row| serde_json::from_value(row).ok().and_then(&take)).collect();
    *left_out += all - taken.len();
    taken
}

impl From<wire::Stanza> for Stanza {
    fn from(raw: wire::Stanza) -> Self {
        let mut left_out = 0;
        let unread_backups = unread_backups(raw.backup.as_deref().unwrap_or_default());
        let whole = raw.status.unwrap_or_default();
        Self {
            name: raw.name,
            lock_held: whole.lock.as_ref().and_then(|lock| lock.backup.as_ref()?.held),
            status: whole.into(),
            repos: rows(raw.repo, &mut left_out, |row: wire::Repo| {
                Some(Repo { key: row.key, status: row.status.unwrap_or_default().into() })
            }),
            histories: rows(raw.db, &mut left_out, |row: wire::Db| {
                let repo = row.repo.unwrap_or(1);
                Some(History { id: row.id, repo, system_id: row.system_id, version: row.version })
            }),
            archives: rows(raw.archive, &mut left_out, |row: wire::Archive| {
                let repo = row.database.repo.unwrap_or(1);
                Some(Archive { id: row.id, history: row.database.id, repo, min: row.min, max: row.max })
            }),
            backups: rows(raw.backup, &mut left_out, backup),
            left_out,
            unread_backups,
        }
    }
}

/// The repositories of backup rows that cannot be understood.
fn unread_backups(rows: &[Value]) -> Vec<Option<u32>> {
    let understood = |row: &&Value| wire::Backup::deserialize(*row).ok().and_then(backup).is_some();
    let repo = |row: &Value| row.pointer("/database/repo-key")?.as_u64()?.try_into().ok();
    rows.iter().filter(|row| !understood(row)).map(repo).collect()
}

impl From<wire::Status> for Status {
    fn from(raw: wire::Status) -> Self {
        Self { code: raw.code.unwrap_or(99), message: raw.message.unwrap_or_default() }
    }
}

fn backup(row: wire::Backup) -> Option<Backup> {
    let span = |span: Option<wire::Span>| span.and_then(|span| Some((span.start?, span.stop?)));
    Some(Backup {
        label: row.label,
        kind: match row.kind.as_deref() {
            Some("full") => PointKind::Full,
            Some("diff") => PointKind::Differential,
            Some("incr") => PointKind::Incremental,
            _ => PointKind::Unknown,
        },
        repo: row.database.repo.unwrap_or(1),
        history: row.database.id,
        start: Timestamp::from_timestamp(row.timestamp.start, 0)?,
        stop: Timestamp::from_timestamp(row.timestamp.stop, 0)?,
        wal: span(row.archive),
        lsn: span(row.lsn),
        needs: row.reference.unwrap_or_default(),
        error: row.error,
        size: row.info.and_then(|info| info.size),
    })
}
