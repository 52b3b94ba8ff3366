//! The server that writes the log: whether it committed anything beyond the log's end, which alone tells
//! an idle primary from a stalled copy (S6).

use std::time::Duration;

use crate::process::{self, Call, Prefix, one_line};

use super::failure;
use super::settings::{ServerSettings, Settings};

const SCRIPT: &str = include_str!("writer.sh");
/// A server this far ahead is busy; there is no point in looking into what it wrote.
const MOST_AHEAD: u64 = 64 << 20;
/// The position of the next insert skips the head of a new segment before anything is written there.
const SEGMENT_HEAD: i64 = 40;

/// The end of a log, as the server shall know it.
#[derive(Debug)]
pub struct LogEnd<'a> {
    /// The cluster's identity, where pgBackRest tells it.
    pub system_id: Option<u64>,
    /// PostgreSQL's major version.
    pub major: &'a str,
    /// The timeline.
    pub timeline: u32,
    /// The first byte that is not in the log, as PostgreSQL writes it.
    pub place: String,
}

/// Where the server stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Nothing was committed beyond the end of the log.
    Complete,
    /// Something was.
    Ahead,
    /// Something may have been: it wrote more, which is not on its disk yet.
    Unclear,
    /// It is not the writer of this log; why, as a sentence.
    Stranger(String),
}

/// Asks the server where it stands. It is asked with the account of `run`, without a password.
///
/// # Errors
/// A sentence when there is no answer.
pub async fn ask(
    settings: &Settings,
    server: &ServerSettings,
    end: &LogEnd<'_>,
    limit: Duration,
) -> Result<Standing, String> {
    let run = server.run.as_ref().unwrap_or(&settings.run);
    let finished = process::run(&Prefix::new(run), &call(server, end, limit)).await;
    let finished = finished.map_err(|failure| failure.to_string())?;
    if finished.ok() {
        return standing(&finished.text(), end);
    }
    Err(failure::shorten(&one_line(&finished.stderr)))
}

fn call(server: &ServerSettings, end: &LogEnd<'_>, limit: Duration) -> Call {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let mut argv: Vec<String> = ["sh", "-c", SCRIPT, "lifeboat"].map(str::to_owned).to_vec();
    argv.extend([text(&server.pg_bin), end.major.to_owned(), text(&server.host), server.port.to_string()]);
    argv.extend([server.user.clone(), server.database.clone(), end.place.clone(), MOST_AHEAD.to_string()]);
    argv.push(SEGMENT_HEAD.to_string());
    Call::new(argv, limit)
}

fn standing(text: &str, end: &LogEnd<'_>) -> Result<Standing, String> {
    let said = text.lines().find_map(|line| line.strip_prefix("server "));
    let said = said.ok_or_else(|| format!("the server's answer is not understood: {}", one_line(text)))?;
    let mut columns = said.split('|');
    let mut column = || columns.next().unwrap_or_default();
    let (recovery, system, file, inserted, flushed) = (column(), column(), column(), column(), column());
    if recovery == "t" {
        return Ok(Standing::Stranger("it is a standby".to_owned()));
    }
    if let Some(ours) = end.system_id.filter(|ours| system != ours.to_string()) {
        return Ok(Standing::Stranger(format!("its cluster is {system}, the log is of {ours}")));
    }
    let timeline = file.get(..8).and_then(|digits| u32::from_str_radix(digits, 16).ok());
    if timeline != Some(end.timeline) {
        let theirs = timeline.map_or_else(|| "unknown".to_owned(), |timeline| timeline.to_string());
        return Ok(Standing::Stranger(format!("its timeline is {theirs}, the log's {}", end.timeline)));
    }
    let (Ok(inserted), Ok(flushed)) = (inserted.parse::<i64>(), flushed.parse::<i64>()) else {
        return Err(format!("the server's answer is not understood: {}", one_line(said)));
    };
    if flushed < 0 {
        return Ok(Standing::Stranger("it stands before the end of the log".to_owned()));
    }
    // What it did not look into is too much for an idle server.
    let was_read = flushed == 0 || text.lines().any(|line| line == "read");
    if !was_read || text.lines().any(|line| line.starts_with("commit ")) {
        return Ok(Standing::Ahead);
    }
    Ok(if inserted - flushed <= SEGMENT_HEAD { Standing::Complete } else { Standing::Unclear })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end() -> LogEnd<'static> {
        LogEnd {
            system_id: Some(7_710_171_764_084_839_490),
            major: "15",
            timeline: 1,
            place: "0/A000000".to_owned(),
        }
    }

    fn of(text: &str) -> Result<Standing, String> {
        standing(text, &end())
    }

    #[tokio::test]
    async fn s6_what_a_server_is_about_to_flush_is_waited_for() {
        let programs = tempfile::tempdir().unwrap();
        // A psql that finds the last record flushed when it asks again, and a pg_waldump that finds no commit.
        let psql = "#!/bin/sh\nflushed=0\n[ ! -e \"$0.again\" ] || flushed=152\n: > \"$0.again\"\n\
                    echo \"f|7710171764084839490|00000001000000000000000A|152|$flushed|0/A000098|/pg\"\n";
        for (name, text) in [("psql", psql), ("pg_waldump", "#!/bin/sh\n")] {
            let path = programs.path().join(name);
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        }
        let settings: Settings = toml::from_str("stanza = 'main'\n[server]").unwrap();
        let bin = Some(programs.path().display().to_string());
        let server = ServerSettings { pg_bin: bin, ..*settings.server.clone().unwrap() };
        let answer = ask(&settings, &server, &end(), Duration::from_secs(30)).await;
        assert_eq!(answer, Ok(Standing::Complete));
    }

    const WROTE: &str = "commit rmgr: Transaction len (rec/tot): 34/ 34, tx: 725, lsn: 0/0A000028, prev 0/0, desc: COMMIT 2026-11-20 10:00:59.267743 UTC\n";

    #[test]
    fn s6_only_a_server_without_a_later_commit_proves_the_log_complete() {
        let server = |rest: &str| format!("server f|7710171764084839490|{rest}\n");
        let idle = server("00000001000000000000000A|40|0|0/A000000|/pg");
        let ahead = server("00000001000000000000000A|152|152|0/A000098|/pg");
        let table = [
            (idle, Standing::Complete),
            (format!("{ahead}read\n"), Standing::Complete),
            (format!("{ahead}read\n{WROTE}"), Standing::Ahead),
            // Not read: too far ahead.
            (ahead, Standing::Ahead),
            // Written but not flushed yet.
            (server("00000001000000000000000A|152|0|0/A000000|/pg"), Standing::Unclear),
        ];
        for (text, expected) in table {
            assert_eq!(of(&text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn s6_another_server_proves_nothing() {
        for (text, words) in [
            ("server t|7710171764084839490|||||/pg\n", "standby"),
            ("server f|5|00000001000000000000000A|0|0|0/A000000|/pg\n", "its cluster is 5"),
            (
                "server f|7710171764084839490|00000002000000000000000A|0|0|0/A000000|/pg\n",
                "its timeline is 2",
            ),
            (
                "server f|7710171764084839490|000000010000000000000009|-40|-16777216|0/9000000|/pg\n",
                "before the end",
            ),
        ] {
            let Ok(Standing::Stranger(why)) = of(text) else { panic!("{text}: {:?}", of(text)) };
            assert!(why.contains(words), "{why}");
        }
        for rubbish in ["", "read\n", "server f|7710171764084839490|00000001000000000000000A|x||\n"] {
            assert!(of(rubbish).is_err(), "{rubbish}");
        }
    }
}
