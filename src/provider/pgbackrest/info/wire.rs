//! The shapes of `info` as written. What is missing or of a strange type is unknown: a row without what it
//! cannot be understood by is left out and counted, all else is noted as unsaid.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{Archive, Backup, History, Repo, Stanza, Status};
use crate::domain::{PointKind, Timestamp};

/// A value of a strange type is as good as none.
fn lenient<'de, D: Deserializer<'de>, T: DeserializeOwned>(reader: D) -> Result<Option<T>, D::Error> {
    Ok(T::deserialize(Value::deserialize(reader)?).ok())
}

#[derive(Deserialize)]
struct RawStanza {
    name: String,
    #[serde(default, deserialize_with = "lenient")]
    status: Option<RawStatus>,
    #[serde(default, deserialize_with = "lenient")]
    repo: Option<Vec<Value>>,
    #[serde(default, deserialize_with = "lenient")]
    db: Option<Vec<Value>>,
    #[serde(default, deserialize_with = "lenient")]
    archive: Option<Vec<Value>>,
    #[serde(default, deserialize_with = "lenient")]
    backup: Option<Vec<Value>>,
}

#[derive(Deserialize, Default)]
struct RawStatus {
    #[serde(default, deserialize_with = "lenient")]
    code: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    message: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    lock: Option<RawLock>,
}

#[derive(Deserialize)]
struct RawLock {
    #[serde(default, deserialize_with = "lenient")]
    backup: Option<RawBackupLock>,
}

#[derive(Deserialize)]
struct RawBackupLock {
    #[serde(default, deserialize_with = "lenient")]
    held: Option<bool>,
}

#[derive(Deserialize)]
struct RawRepo {
    key: u32,
    #[serde(default, deserialize_with = "lenient")]
    status: Option<RawStatus>,
}

#[derive(Deserialize)]
struct RawHistory {
    id: u64,
    #[serde(rename = "repo-key")]
    repo: Option<u32>,
    #[serde(rename = "system-id", default, deserialize_with = "lenient")]
    system_id: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    version: Option<String>,
}

/// Which history of which repository a row is of.
#[derive(Deserialize)]
struct Of {
    id: u64,
    #[serde(rename = "repo-key")]
    repo: Option<u32>,
}

#[derive(Deserialize)]
struct RawArchive {
    id: String,
    database: Of,
    #[serde(default, deserialize_with = "lenient")]
    min: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    max: Option<String>,
}

#[derive(Deserialize)]
struct RawBackup {
    label: String,
    #[serde(rename = "type", default, deserialize_with = "lenient")]
    kind: Option<String>,
    database: Of,
    timestamp: Times,
    #[serde(default, deserialize_with = "lenient")]
    archive: Option<Span>,
    #[serde(default, deserialize_with = "lenient")]
    lsn: Option<Span>,
    #[serde(default, deserialize_with = "lenient")]
    reference: Option<Vec<String>>,
    error: Option<bool>,
    #[serde(default, deserialize_with = "lenient")]
    info: Option<Sizes>,
}

#[derive(Deserialize)]
struct Times {
    start: u64,
    stop: u64,
}

#[derive(Deserialize)]
struct Span {
    start: Option<String>,
    stop: Option<String>,
}

#[derive(Deserialize)]
struct Sizes {
    #[serde(default, deserialize_with = "lenient")]
    size: Option<u64>,
}

/// What is noted while the rows of one stanza are read.
struct Notes {
    /// The repository of rows that name none: pgBackRest before 2.32 knew one only.
    only_repo: Option<u32>,
    left_out: usize,
    unsaid: Vec<(Option<u32>, String)>,
}

impl Notes {
    fn unsaid(&mut self, repo: u32, what: impl Into<String>) {
        self.unsaid.push((Some(repo), what.into()));
    }

    /// Takes the rows that can be understood; the others are counted, and the repository of each is
    /// returned where that can be read.
    fn rows<T>(
        &mut self,
        name: &str,
        raw: Option<Vec<Value>>,
        take: impl Fn(Value, &mut Self) -> Option<T>,
    ) -> (Vec<T>, Vec<Option<u32>>) {
        let Some(raw) = raw else {
            self.unsaid.push((None, format!("the list `{name}`")));
            return (Vec::new(), vec![None]);
        };
        let (mut taken, mut unread) = (Vec::new(), Vec::new());
        for row in raw {
            let repo = row.pointer("/database/repo-key").or_else(|| row.get("repo-key"));
            let repo = repo.and_then(Value::as_u64).and_then(|repo| repo.try_into().ok()).or(self.only_repo);
            match take(row, self) {
                Some(row) => taken.push(row),
                None => unread.push(repo),
            }
        }
        self.left_out += unread.len();
        (taken, unread)
    }
}

/// One stanza; `None` = it cannot be understood at all.
pub(super) fn stanza(row: Value) -> Option<Stanza> {
    let raw = RawStanza::deserialize(row).ok()?;
    let whole = raw.status.unwrap_or_default();
    let only_repo = raw.repo.is_none().then_some(1);
    let mut notes = Notes { only_repo, left_out: 0, unsaid: Vec::new() };
    let (repos, _) = match raw.repo {
        Some(rows) => notes.rows("repo", Some(rows), repo),
        None => (Vec::new(), Vec::new()),
    };
    let (histories, unread_histories) = notes.rows("db", raw.db, history);
    let (archives, _) = notes.rows("archive", raw.archive, archive);
    let (backups, unread_backups) = notes.rows("backup", raw.backup, backup);
    Some(Stanza {
        name: raw.name,
        lock_held: whole.lock.as_ref().and_then(|lock| lock.backup.as_ref()?.held),
        status: whole.into(),
        repos,
        histories,
        archives,
        backups,
        left_out: notes.left_out,
        unread_backups,
        unread_histories,
        unsaid: notes.unsaid,
    })
}

impl From<RawStatus> for Status {
    fn from(raw: RawStatus) -> Self {
        let unsaid = || raw.code.map_or("its status was not told", |_| "").to_owned();
        Self { code: raw.code.unwrap_or(99), message: raw.message.unwrap_or_else(unsaid) }
    }
}

fn repo(row: Value, _: &mut Notes) -> Option<Repo> {
    let raw = RawRepo::deserialize(row).ok()?;
    Some(Repo { key: raw.key, status: raw.status.unwrap_or_default().into() })
}

fn history(row: Value, notes: &mut Notes) -> Option<History> {
    let raw = RawHistory::deserialize(row).ok()?;
    let repo = raw.repo.or(notes.only_repo)?;
    if raw.system_id.is_none() {
        notes.unsaid(repo, "the system's identity");
    }
    if raw.version.is_none() {
        notes.unsaid(repo, "PostgreSQL's version");
    }
    Some(History { id: raw.id, repo, system_id: raw.system_id, version: raw.version })
}

fn archive(row: Value, notes: &mut Notes) -> Option<Archive> {
    // Both are null while an archive holds no log; anything else that is no name is not none.
    let is_empty = ["min", "max"].iter().all(|edge| row.get(edge).is_some_and(Value::is_null));
    let raw = RawArchive::deserialize(row).ok()?;
    if raw.min.is_none() && raw.max.is_none() && !is_empty {
        return None;
    }
    let repo = raw.database.repo.or(notes.only_repo)?;
    if raw.min.is_some() != raw.max.is_some() {
        notes.unsaid(repo, format!("the lowest or the highest segment of archive {}", raw.id));
    }
    Some(Archive { id: raw.id, history: raw.database.id, repo, min: raw.min, max: raw.max })
}

fn backup(row: Value, notes: &mut Notes) -> Option<Backup> {
    let raw = RawBackup::deserialize(row).ok()?;
    let repo = raw.database.repo.or(notes.only_repo)?;
    let kind = match raw.kind.as_deref() {
        Some("full") => PointKind::Full,
        Some("diff") => PointKind::Differential,
        Some("incr") => PointKind::Incremental,
        _ => PointKind::Unknown,
    };
    // Only a full backup needs no other one.
    let needs = raw.reference.or_else(|| (kind == PointKind::Full).then(Vec::new))?;
    if kind == PointKind::Unknown {
        notes.unsaid(repo, format!("the type of backup {}", raw.label));
    }
    // Both are null where a backup was made of a stopped server.
    if raw.archive.as_ref().is_none_or(|span| span.start.is_some() != span.stop.is_some()) {
        notes.unsaid(repo, format!("the segments of backup {}", raw.label));
    }
    Some(Backup {
        label: raw.label,
        kind,
        repo,
        history: raw.database.id,
        start: instant(raw.timestamp.start)?,
        stop: instant(raw.timestamp.stop)?,
        wal: span(raw.archive),
        lsn: span(raw.lsn),
        needs,
        error: raw.error,
        size: raw.info.and_then(|info| info.size),
    })
}

fn span(raw: Option<Span>) -> Option<(String, String)> {
    let Span { start, stop } = raw?;
    Some((start?, stop?))
}

fn instant(seconds: u64) -> Option<Timestamp> {
    Timestamp::from_timestamp(seconds.try_into().ok()?, 0)
}
