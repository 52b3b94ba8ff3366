//! A look into WAL segments with `pg_waldump`: where the last commit lies, and what comes after an instant.
//!
//! A restore must not be given the time of the last commit (S11): PostgreSQL stops only when it sees a
//! later transaction end. So places in the log are looked up.

use std::time::Duration;

use crate::domain::Timestamp;
use crate::process::{self, Call, Prefix, one_line};

use super::failure;
use super::settings::Settings;
use super::wal::{Segment, lsn};

const SCRIPT: &str = include_str!("peek.sh");

/// One record of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Where it begins, as PostgreSQL writes it.
    pub lsn: String,
    /// The transaction it ends, when it ends one.
    pub xid: u64,
    /// When that transaction ended.
    pub at: Option<Timestamp>,
}

impl Record {
    /// Where it begins, in bytes.
    pub fn position(&self) -> u64 {
        lsn(&self.lsn).unwrap_or_default()
    }
}

/// What a stretch of segments holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Peek {
    /// The last commit.
    pub commit: Option<Record>,
    /// The record right after it.
    pub follow: Option<Record>,
    /// The last end of a transaction, commit or abort.
    pub end: Option<Record>,
    /// The first end of a transaction later than the instant asked for: a restore to it stops there.
    pub after: Option<Record>,
    /// The last commit before `after`.
    pub before: Option<Record>,
    /// The record right after `before`.
    pub before_follow: Option<Record>,
    /// The last commit before a backup's end.
    pub backup: Option<Record>,
}

/// Why no look was possible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct CannotLook {
    /// A sentence.
    pub why: String,
    /// Whether only `pg_waldump` is missing, so that the next look is in vain too.
    pub no_tool: bool,
}

/// What is looked into.
#[derive(Debug)]
pub struct Question<'a> {
    /// The archive's id.
    pub archive: &'a str,
    /// PostgreSQL's major version.
    pub major: &'a str,
    /// Bytes of a segment.
    pub segment_size: u64,
    /// Consecutive segments of one timeline, oldest first.
    pub segments: &'a [&'a Segment],
    /// The instant that `after` and `before` are about.
    pub until: Option<Timestamp>,
    /// Longest real time.
    pub limit: Duration,
}

/// Looks into segments on the source's host.
///
/// # Errors
/// [`CannotLook`] when a segment or the tool is missing there, or there is no answer.
pub async fn peek(settings: &Settings, question: &Question<'_>) -> Result<Peek, CannotLook> {
    let finished = process::run(&Prefix::new(&settings.run), &call(settings, question)).await;
    let cannot = |why: String, no_tool| CannotLook { why, no_tool };
    let finished = finished.map_err(|failure| cannot(failure.to_string(), false))?;
    match finished.code {
        0 => Ok(read(&finished.text())),
        3 => Err(cannot(one_line(&finished.stderr), true)),
        _ => Err(cannot(failure::shorten(&one_line(&finished.stderr)), false)),
    }
}

fn call(settings: &Settings, question: &Question<'_>) -> Call {
    let list: Vec<_> =
        question.segments.iter().map(|segment| format!("{}={}", segment.name, segment.file)).collect();
    let bin = settings.pg_bin().unwrap_or_default().to_owned();
    let until = question.until.map(|at| at.format("%Y-%m-%d %H:%M:%S%.6f").to_string()).unwrap_or_default();
    let mut argv: Vec<String> =
        ["sh", "-c", SCRIPT, "lifeboat", &bin, question.major].map(str::to_owned).to_vec();
    argv.extend([question.segment_size.to_string(), until, settings.archive_path(question.archive, None)]);
    argv.push(list.join(" "));
    argv.extend(settings.reading_call(&[]));
    Call::new(argv, question.limit)
}

fn read(text: &str) -> Peek {
    let mut peek = Peek::default();
    for line in text.lines() {
        let Some((word, line)) = line.split_once(' ') else { continue };
        let slot = match word {
            "commit" => &mut peek.commit,
            "follow" => &mut peek.follow,
            "end" => &mut peek.end,
            "after" => &mut peek.after,
            "before" => &mut peek.before,
            "before_follow" => &mut peek.before_follow,
            "backup" => &mut peek.backup,
            _ => continue,
        };
        *slot = record(line);
    }
    peek
}

/// Reads one line of `pg_waldump`:
/// `rmgr: Transaction len (rec/tot): 34/ 34, tx: 725, lsn: 0/07008F28, prev .., desc: COMMIT 2026-..`.
fn record(line: &str) -> Option<Record> {
    let (head, desc) = line.split_once(", desc: ")?;
    let field = |name| head.split(", ").find_map(|part: &str| part.trim().strip_prefix(name).map(str::trim));
    let lsn_text = field("lsn:")?;
    lsn(lsn_text)?;
    let mut xid: u64 = field("tx:")?.parse().ok()?;
    if let Some((_, rest)) = desc.split_once("_PREPARED ") {
        // The record of a prepared transaction's end is written by another one.
        xid = rest.split(':').next()?.trim().parse().ok()?;
    }
    Some(Record { lsn: lsn_text.to_owned(), xid, at: instant(desc) })
}

fn instant(desc: &str) -> Option<Timestamp> {
    let (before, _) = desc.split_once(" UTC")?;
    let mut words = before.rsplitn(3, ' ');
    let (time, date) = (words.next()?, words.next()?);
    format!("{date}T{time}Z").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::wal::Place;
    use super::*;

    #[test]
    fn records_are_read_as_pg_waldump_writes_them() {
        let commit = "rmgr: Transaction len (rec/tot):     34/    34, tx:        725, lsn: 0/07008F28, prev 0/07008EA0, \
                      desc: COMMIT 2026-11-20 10:00:59.267743 UTC; inval msgs: catcache 51";
        let found = record(commit).unwrap();
        assert_eq!((found.lsn.as_str(), found.xid, found.position()), ("0/07008F28", 725, 0x0700_8F28));
        assert_eq!(found.at.unwrap().to_rfc3339(), "2026-11-20T10:00:59.267743+00:00");
        let switch = "rmgr: XLOG        len (rec/tot):     24/    24, tx:          0, lsn: 1/07008F50, prev 0/07008F28, desc: SWITCH ";
        assert_eq!(record(switch), Some(Record { lsn: "1/07008F50".to_owned(), xid: 0, at: None }));
        let prepared = "rmgr: Transaction len (rec/tot):     54/    54, tx:          0, lsn: 0/0A0000F0, prev 0/0A0000B0, \
                        desc: COMMIT_PREPARED 731: 2026-11-20 10:01:46.388230 UTC";
        assert_eq!(record(prepared).map(|found| (found.xid, found.at.is_some())), Some((731, true)));
        assert_eq!(record("pg_waldump: error"), None);
    }

    #[test]
    fn each_word_has_its_record() {
        let line = "rmgr: XLOG len (rec/tot): 24/ 24, tx: 0, lsn: 0/7008F50, prev 0/7008F28, desc: SWITCH";
        let peek = read(&format!("end {line}\nfollow {line}\nnew {line}\nbroken\n"));
        assert_eq!((peek.end.is_some(), peek.follow.is_some(), peek.commit), (true, true, None));
    }

    const COMMIT: &str = "rmgr: Transaction len (rec/tot): 34/ 34, tx: 725, lsn: 0/07008F28, prev 0/07008EA0, \
                          desc: COMMIT 2026-11-20 10:00:59.267743 UTC";

    /// A look at a segment of 16 bytes with a `pg_waldump` that does these shell commands.
    async fn looked(dumps: &str) -> Result<Peek, CannotLook> {
        let folder = tempfile::tempdir().unwrap();
        let dump = folder.path().join("pg_waldump");
        let script = format!("#!/bin/sh\n[ $# -eq 2 ] || {{ echo pg_waldump 15.18; exit; }}\n{dumps}\n");
        std::fs::write(&dump, script).unwrap();
        std::fs::set_permissions(&dump, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let settings = format!(
            "program = ['sh', '-c', 'printf 0123456789abcdef', 'pgbackrest']\nstanza = 'main'\n\
             [fork]\ndirectory = '/srv'\npg_bin = '{}'",
            folder.path().display()
        );
        let name = "000000010000000000000007".to_owned();
        let place = Place { timeline: 1, number: 7 };
        let segment = Segment { place, file: format!("{name}-0f"), name, stored_at: None };
        let question = Question {
            archive: "15-1",
            major: "15",
            segment_size: 16,
            segments: &[&segment],
            until: None,
            limit: Duration::from_secs(30),
        };
        peek(&toml::from_str(&settings).unwrap(), &question).await
    }

    #[tokio::test]
    async fn s11_a_pg_waldump_that_died_or_read_nothing_is_no_look() {
        let commit = format!("echo '{COMMIT}'");
        let complains = |of: &str| format!("echo 'pg_waldump: error: {of}' >&2; exit 1");
        let ends = "error in WAL record at 0/39D95B0: invalid record length at 0/39D9628: wanted 24, got 0";
        for ended in ["exit 0".to_owned(), complains(ends)] {
            let found = looked(&format!("{commit}; {ended}")).await.unwrap().commit;
            assert_eq!(found, record(COMMIT), "{ended}");
        }
        for (dumps, words) in [
            (format!("{commit}; kill -9 $$"), "status 137"),
            (format!("{commit}; {}", complains("could not open file \"8\"")), "could not open file"),
            (format!("{commit}; {}", complains("out of memory")), "out of memory"),
            (format!("{commit}; exit 2"), "status 2"),
            (complains("could not find a valid record after 0/7000000"), "could not find a valid record"),
            ("exit 0".to_owned(), "status 0"),
        ] {
            let cannot = looked(&dumps).await.unwrap_err();
            assert!(cannot.why.contains(words) && !cannot.no_tool, "{dumps}: {cannot}");
        }
    }
}
