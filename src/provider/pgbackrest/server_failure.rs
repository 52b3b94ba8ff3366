//! What a restored PostgreSQL says when it stops, and what that means to a person.

use chrono::DateTime;

use crate::domain::instant::rfc3339;
use crate::domain::{Target, Timestamp, words};
use crate::process::one_line;
use crate::provider::ForkPoint;

use super::failure::{self, shorten};

/// What the server says, whether the same fork may succeed later, and the fact with its next step. The
/// first that is said counts.
const TABLE: [(&str, bool, &str); 7] = [
    (
        "could not locate required checkpoint record",
        false,
        "log that the backup itself needs is missing in this repository; use another backup, and never remove backup_label",
    ),
    (
        "requested recovery stop point is before consistent recovery point",
        false,
        "the target lies before the end of the backup; choose a later one",
    ),
    (
        "is not a child of this server's history",
        false,
        "the log of the target's timeline does not descend from this backup; use a backup of that timeline",
    ),
    (
        "insufficient parameter settings",
        false,
        "its configuration allows less than the original had; see the server's log",
    ),
    (
        "could not access the server configuration file",
        false,
        "its configuration lies outside the data and was not in the backup",
    ),
    ("could not access file", false, "a library that the original preloads is not on this host"),
    ("No space left on device", true, "the disk is full; make room, then retry"),
];

/// What the log of a server that stopped means, and whether a retry can help; `refused` is the port that it
/// could not have.
pub fn meaning(log: &str, point: &ForkPoint, refused: Option<u16>) -> (String, bool) {
    let fetch = fetch_failure(log);
    let last_word = last_after(log, &["FATAL:  ", "PANIC:  "]);
    let last_word = last_word.unwrap_or_else(|| "it left no word".to_owned());
    if log.contains("recovery ended before configured recovery target was reached") {
        return ended_early(log, point, fetch);
    }
    let backup = point.backup.as_deref().unwrap_or("?");
    if let Some(Fetch { error, again: true }) = fetch {
        let why = format!("backup {backup}: the server stopped ({last_word}), as log could not be fetched");
        return (format!("{why}: {error}; a retry goes on in the same folder"), true);
    }
    if let Some(port) = refused {
        let why = format!("backup {backup}: port {port} was taken meanwhile ({last_word})");
        return (format!("{why}; a retry goes on in the same folder with the next free port"), true);
    }
    match TABLE.iter().find(|(words, ..)| log.contains(words)) {
        Some(&(_, again, means)) => (format!("backup {backup}: {means} ({last_word})"), again),
        None => (format!("the restored server stopped: {last_word}"), true),
    }
}

/// The replay came to an end of the log before its target. PostgreSQL takes log that cannot be fetched for
/// log that is not there; only pgBackRest's own words tell them apart.
fn ended_early(log: &str, point: &ForkPoint, fetch: Option<Fetch>) -> (String, bool) {
    let wanted = if let Target::At(at) = point.target { at } else { point.promised };
    let ends = match last_after(log, &["last completed transaction was at log time "]) {
        None => "before any transaction".to_owned(),
        Some(text) => match instant(&text) {
            Some(at) => format!("with the transaction of {}{}", rfc3339(at), short_by(at, wanted)),
            None => format!("with the transaction of {text}"),
        },
    };
    let next = match (fetch, &point.target) {
        (Some(Fetch { error, again: true }), _) => {
            let why = format!("the replay ended {ends}, as more log could not be fetched: {error}");
            return (format!("{why}; a retry goes on in the same folder"), true);
        }
        (Some(Fetch { error, .. }), _) => {
            format!("what follows cannot be read ({error}); choose an earlier point")
        }
        (None, Target::At(_)) => "choose `newest`, not that time".to_owned(),
        (None, _) => "log that was there when the point was chosen is gone; choose anew".to_owned(),
    };
    (format!("the log in this copy ends {ends}, before the target: {next}"), false)
}

/// How far an instant lies before the wanted one: `, 4s short of ..`; empty where it does not.
pub fn short_by(reached: Timestamp, wanted: Timestamp) -> String {
    match (wanted - reached).to_std() {
        Ok(missing) if !missing.is_zero() => {
            format!(", {} short of {}", words::to_the_second(missing), rfc3339(wanted))
        }
        _ => String::new(),
    }
}

/// Why log could not be fetched.
struct Fetch {
    error: String,
    again: bool,
}

/// pgBackRest's last complaint. Of log that is not in the repository it does not complain.
fn fetch_failure(log: &str) -> Option<Fetch> {
    let (_, said) = log.lines().rev().find_map(|line| line.split_once("ERROR: ["))?;
    let (code, words) = said.split_once("]: ")?;
    let again = failure::meaning(code.parse().ok()?, words).again;
    Some(Fetch { error: shorten(&one_line(words)), again })
}

/// The rest of the last line that holds one of these words.
fn last_after(log: &str, words: &[&str]) -> Option<String> {
    let rest =
        |line: &str| words.iter().find_map(|word| line.split_once(word).map(|(_, rest)| rest.to_owned()));
    log.lines().rev().find_map(rest).map(|rest| shorten(&one_line(&rest)))
}

/// An instant as PostgreSQL logs it in UTC: `2026-11-20 08:40:54.54+00`.
fn instant(text: &str) -> Option<Timestamp> {
    Some(DateTime::parse_from_str(&format!("{text}00"), "%Y-%m-%d %H:%M:%S%.f%z").ok()?.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Edge, Role};
    use crate::provider::PointHow;

    fn point(target: Target) -> ForkPoint {
        ForkPoint {
            target,
            role: Role::Secondary,
            promised: "2026-11-20T08:40:59Z".parse().unwrap(),
            promised_is: Edge::Exact,
            commit: None,
            backup: Some("20261120-100056F".to_owned()),
            log_from: None,
            size_bytes: None,
            how: PointHow::Immediate,
            note: None,
            last_known: None,
        }
    }

    const ENDED: &str = "LOG:  last completed transaction was at log time 2026-11-20 08:40:54.54+00\n\
        FATAL:  recovery ended before configured recovery target was reached\n";

    #[test]
    fn a_server_that_died_tells_why() {
        let table = [
            (
                "FATAL:  could not locate required checkpoint record\nHINT:  ..touch recovery.signal",
                false,
                "never remove backup_label",
            ),
            (
                "FATAL:  requested timeline 2 is not a child of this server's history",
                false,
                "does not descend",
            ),
            (
                "LOG:  could not bind IPv4 address: Address already in use\nFATAL:  could not create any TCP/IP sockets",
                true,
                "port 25440 was taken meanwhile",
            ),
            ("PANIC:  could not write: No space left on device", true, "disk is full"),
            ("FATAL:  something new", true, "stopped: something new"),
            ("", true, "left no word"),
        ];
        for (log, again, words) in table {
            let refused = log.contains("bind").then_some(25_440);
            let (text, can_resume) = meaning(log, &point(Target::Newest), refused);
            assert_eq!(can_resume, again, "{log}");
            assert!(text.contains(words), "{text}");
        }
    }

    #[test]
    fn s11_an_end_before_the_target_tells_where_and_how_much_is_short() {
        let asked = Target::At("2026-11-20T08:41:00.5Z".parse().unwrap());
        for (target, short, next) in [
            (asked, "6s short of 2026-11-20T08:41:00.500000Z", "choose `newest`, not that time"),
            (Target::Newest, "5s short of 2026-11-20T08:40:59Z", "is gone; choose anew"),
        ] {
            let (text, again) = meaning(ENDED, &point(target), None);
            assert!(text.contains("ends with the transaction of 2026-11-20T08:40:54.540000Z"), "{text}");
            assert!(text.contains(short) && text.contains(next) && !again, "{text}");
        }
        let (text, _) = meaning(ENDED.split_once('\n').unwrap().1, &point(Target::Newest), None);
        assert!(text.contains("ends before any transaction"), "{text}");
    }

    #[test]
    fn log_that_could_not_be_fetched_is_not_called_gone() {
        for (error, again, words) in [
            ("ERROR: [103]: unable to find a valid repository", true, "could not be fetched: unable to find"),
            ("ERROR: [049]: unable to connect to '127.0.0.1:59000'", true, "a retry goes on"),
            ("ERROR: [029]: unexpected eof in compressed data", false, "cannot be read (unexpected eof"),
        ] {
            let (text, can_resume) = meaning(&format!("{error}\n{ENDED}"), &point(Target::Newest), None);
            assert_eq!(can_resume, again, "{text}");
            assert!(text.contains(words) && text.contains("08:40:54.54"), "{text}");
        }
        let log = "ERROR: [103]: unable to find a valid repository\nFATAL:  could not locate required checkpoint record";
        let (text, again) = meaning(log, &point(Target::Newest), None);
        assert!(again && text.contains("could not be fetched") && !text.contains("another backup"), "{text}");
    }
}
