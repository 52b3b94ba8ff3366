//! Our mark beside a fork (S19, S21), and what the fork's host says of it.

use serde::{Deserialize, Serialize};

use crate::domain::Timestamp;
use crate::provider::ForkRequest;

use super::restore::Home;

/// What the mark file holds: whose the fork is, where it is, and how far. The first part is written once;
/// the detached script on the fork's host writes the rest.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Mark {
    /// The run the fork belongs to.
    pub run: String,
    /// Its attempt.
    pub attempt: u32,
    /// The port chosen for it.
    pub port: Option<u16>,
    /// The detached process.
    pub pid: Option<u32>,
    /// When that began.
    pub started_at: Option<Timestamp>,
    /// What it does or how it ended.
    pub phase: Phase,
    /// Its exit code once it ended.
    pub exit: Option<i32>,
    /// The last transaction replayed before the promotion.
    pub newest_commit: Option<Timestamp>,
    /// Where in the log the replay ended.
    pub replayed_to: Option<String>,
}

/// What the detached script does, or how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The name is taken, nothing runs yet.
    Claimed,
    /// Files are being restored.
    Restore,
    /// Restoring files failed.
    RestoreFailed,
    /// The server starts.
    Start,
    /// The server did not start, or died before it could be asked.
    StartFailed,
    /// Log is being replayed.
    Replay,
    /// The server died while it replayed log.
    ReplayFailed,
    /// The server takes connections, but not of our role to our database.
    Barred,
    /// It is promoted.
    Done,
}

/// Everything the fork's host says of one fork.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// `mine`, `absent`, or why it is foreign or unclear.
    pub whose: String,
    /// The mark, when it is ours and whole.
    pub mark: Option<Mark>,
    /// Whether the detached process lives.
    pub alive: bool,
    /// Seconds since the mark was written last, by that host's clock: since its phase began.
    pub phase_s: Option<u64>,
    /// Bytes restored so far.
    pub bytes: Option<u64>,
    /// Folder of PostgreSQL's programs there.
    pub bin: Option<String>,
    /// What the fork's server answers: in recovery, replayed to, last transaction, archive mode.
    pub sql: String,
    /// The end of the restore's log.
    pub restore_log: String,
    /// What stands out in the server's log.
    pub server_log: String,
    /// Whether the server could not have its port.
    pub port_refused: bool,
}

#[derive(Serialize)]
struct Fixed<'a> {
    lifeboat: u8,
    run: &'a str,
    attempt: u32,
    name: &'a str,
}

#[derive(Serialize)]
struct Places {
    directory: String,
    work: String,
    socket: String,
    restore_log: String,
    server_log: String,
    region: Option<String>,
    point: crate::provider::ForkPoint,
}

/// The beginning of a mark, by which it is known to be ours: a JSON object without its braces.
pub fn identity(request: &ForkRequest) -> String {
    inner(&Fixed { lifeboat: 1, run: &request.run, attempt: request.attempt, name: &request.name })
}

/// The part of a mark that is written once, beginning with its identity.
pub fn fixed(request: &ForkRequest, home: &Home) -> String {
    let places = Places {
        directory: home.dir(),
        work: home.work(),
        socket: home.socket(),
        restore_log: format!("{}/restore.log", home.work()),
        server_log: format!("{}/server.log", home.work()),
        region: request.region.clone(),
        point: request.point.clone(),
    };
    format!("{},{}", identity(request), inner(&places))
}

/// A JSON object without its braces.
fn inner<T: Serialize>(value: &T) -> String {
    let text = serde_json::to_string(value).unwrap_or_default();
    text.trim_start_matches('{').strip_suffix('}').unwrap_or_default().to_owned()
}

/// Reads the answer of the state script: lines of a word and its value.
pub fn report(text: &str) -> Report {
    let mut report = Report::default();
    let mut lines = text.lines();
    lines.next().unwrap_or_default().clone_into(&mut report.whose);
    for line in lines {
        let (word, value) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "mark" => report.mark = serde_json::from_str(value).ok(),
            "alive" => report.alive = value == "yes",
            "phase_s" => report.phase_s = value.trim().parse().ok(),
            "bytes" => report.bytes = value.trim().parse().ok(),
            "bin" => report.bin = Some(value.to_owned()),
            "sql" => push(&mut report.sql, value),
            "restore" => push(&mut report.restore_log, value),
            "refused" => report.port_refused = value == "port",
            "server" => push(&mut report.server_log, value),
            _ => {}
        }
    }
    report
}

fn push(text: &mut String, line: &str) {
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(line);
}

/// What the fork's server answered when it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Whether it still replays log.
    pub in_recovery: bool,
    /// The place replayed to.
    pub lsn: String,
    /// The last transaction replayed.
    pub last: Option<Timestamp>,
    /// Its archive mode.
    pub archive_mode: String,
    /// Its TLS; `None` where that is not told.
    pub tls: Option<Tls>,
}

/// The TLS of a fork's server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// Whether it is on.
    pub on: bool,
    /// The certificate and the key that its configuration names.
    pub files: [String; 2],
}

impl Tls {
    fn of<'a>(mut columns: impl Iterator<Item = &'a str>) -> Option<Self> {
        let on = columns.next()? == "on";
        Some(Self { on, files: [columns.next()?.to_owned(), columns.next()?.to_owned()] })
    }
}

impl Report {
    /// The server's answer, when there is one.
    pub fn answer(&self) -> Option<Answer> {
        let mut columns = self.sql.lines().last()?.split('|');
        let in_recovery = match columns.next()? {
            "t" => true,
            "f" => false,
            _ => return None,
        };
        let (lsn, last, archive_mode) = (columns.next()?, columns.next()?, columns.next()?);
        let archive_mode = archive_mode.to_owned();
        let tls = Tls::of(columns);
        Some(Answer { in_recovery, lsn: lsn.to_owned(), last: last.parse().ok(), archive_mode, tls })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_read_line_by_line() {
        let text = "mine\nmark {\"lifeboat\":1,\"run\":\"drill-a\",\"attempt\":2,\"name\":\"n\",\"port\":25440,\"pid\":7,\
                    \"pid_start\":99,\"started_at\":\"2026-11-20T10:00:00Z\",\"phase\":\"restore_failed\",\"exit\":75,\
                    \"newest_commit\":null}\nalive no\nbin /pg/bin\nrestore ERROR: [075]: a\nrestore b\nother x\nrefused port\n";
        let report = report(text);
        assert!(report.port_refused);
        let mark = report.mark.unwrap();
        assert_eq!(
            (mark.run.as_str(), mark.attempt, mark.port, mark.exit),
            ("drill-a", 2, Some(25_440), Some(75))
        );
        assert_eq!(
            (mark.phase, report.alive, report.restore_log.as_str()),
            (Phase::RestoreFailed, false, "ERROR: [075]: a\nb")
        );
    }

    #[test]
    fn a_servers_answer_is_told_from_its_complaints() {
        let with = |sql: &str| Report { sql: sql.to_owned(), ..Report::default() }.answer();
        let answer = with("WARNING: x\nt|0/9000118|2026-11-20T10:01:44.276523Z|off").unwrap();
        assert!(answer.in_recovery && answer.last.is_some());
        assert_eq!(with("f|0/9000118||off").map(|answer| (answer.last, answer.tls)), Some((None, None)));
        let tls = with("f|0/9000118||off|off|/etc/ssl/db.crt|/etc/ssl/db.key").unwrap().tls.unwrap();
        assert_eq!((tls.on, tls.files), (false, ["/etc/ssl/db.crt", "/etc/ssl/db.key"].map(str::to_owned)));
        assert_eq!(with("psql: error: connection refused"), None);
        assert_eq!(with(""), None);
    }
}
