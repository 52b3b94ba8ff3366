//! What pgBackRest and a restored PostgreSQL say when something is wrong, and what that means to a person.

use crate::domain::Outcome;
use crate::process::{Failure, one_line};

use super::info::Status;
use super::known_failures::TABLE;

/// What a failure means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meaning {
    /// How an attempt to read counts.
    pub outcome: Outcome,
    /// The fact, the next step, and pgBackRest's own words.
    pub text: String,
    /// Whether the same call may succeed later, going on where it stopped.
    pub again: bool,
}

/// What an exit code and the words beside it mean.
pub fn meaning(code: i32, said: &str) -> Meaning {
    let words = error_line(said);
    let quoted = if words.is_empty() { String::new() } else { format!(": {words}") };
    let Some(row) = TABLE.iter().find(|row| row.code == code && said.contains(row.says)) else {
        let text = format!("pgBackRest ended with code {code}{quoted}");
        return Meaning { outcome: outcome_of(said), text, again: false };
    };
    Meaning { outcome: row.outcome, text: format!("{} (code {code}{quoted})", row.means), again: row.again }
}

/// The words of the error among everything a log holds.
fn error_line(said: &str) -> String {
    let error = said.lines().find_map(|line| line.split_once("ERROR: ").map(|(_, words)| words));
    shorten(&one_line(error.unwrap_or(said)))
}

/// What a restored server that stopped says, and whether a retry can help.
pub fn of_server(log: &str, backup: &str) -> (String, bool) {
    let says = |words| log.contains(words);
    let last_word = log
        .lines()
        .rev()
        .find_map(|line| line.split_once("FATAL:  ").or_else(|| line.split_once("PANIC:  ")))
        .map_or_else(|| "it left no word".to_owned(), |(_, words)| shorten(&one_line(words)));
    let reached = log
        .lines()
        .rev()
        .find_map(|line| line.split_once("last completed transaction was at log time "))
        .map(|(_, at)| at.trim());
    if says("recovery ended before configured recovery target was reached") {
        let reached = reached.map_or_else(
            || "before any transaction".to_owned(),
            |at| format!("with the transaction of {at}"),
        );
        return (
            format!("the log in this copy ends {reached}, before the target: choose `newest`, not that time"),
            false,
        );
    }
    let table = [
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
        ("Address already in use", true, "its port was taken meanwhile; a retry goes on in the same folder"),
        (
            "could not create any TCP/IP sockets",
            true,
            "its port was taken meanwhile; a retry goes on in the same folder",
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
    match table.iter().find(|(words, ..)| says(words)) {
        Some(&(_, again, means)) => (format!("backup {backup}: {means} ({last_word})"), again),
        None => (format!("the restored server stopped: {last_word}"), true),
    }
}

/// The stanza is not in the answer at all.
pub fn no_stanza(stanza: &str, repo: u32) -> String {
    format!("repo{repo} shows no stanza `{stanza}`: never created there, or its storage is gone")
}

/// The answer is "ok" but holds nothing of the repository.
pub fn no_rows(repo: u32) -> String {
    format!("pgBackRest answered without any row of repo{repo}; what it holds is unknown, not none")
}

/// There are rows of backups, and none could be understood.
pub fn no_backup_understood(repo: u32) -> String {
    format!(
        "no row of a backup in repo{repo} was understood; its backups are unknown, not none: see `pgbackrest info`, \
         this pgBackRest may be newer than lifeboat knows"
    )
}

/// The listing lacks what `info` named a moment before.
pub fn listing_contradicts(newest: &str) -> String {
    format!(
        "the listing does not show segment {newest}, which pgBackRest named just before; it is not believed"
    )
}

/// What a status code says of a repository that was not read; `None` when it was read.
pub fn from_status(status: &Status, stanza: &str, repo: u32) -> Option<(Outcome, String)> {
    let said = shorten(&one_line(&status.message));
    match status.code {
        // 2 is a stanza without a backup, which is known to be none; 4 and 5 are of all repositories.
        0 | 2 | 4 | 5 => None,
        1 => Some((Outcome::NotFound, no_stanza(stanza, repo))),
        3 => Some((
            Outcome::Error,
            format!(
                "repo{repo} has the folder of stanza `{stanza}` but not its info files: the copy is incomplete"
            ),
        )),
        _ => Some((outcome_of(&said), format!("repo{repo} cannot be read: {said}"))),
    }
}

/// How pgBackRest's own words for a storage that cannot be read count.
fn outcome_of(said: &str) -> Outcome {
    let any = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if any(&["Permission denied", "AccessDenied", "403", "InvalidAccessKeyId", "SignatureDoesNotMatch"]) {
        Outcome::Denied
    } else if any(&["timeout", "timed out"]) {
        Outcome::TimedOut
    } else if any(&[
        "HostConnectError",
        "unable to connect",
        "unable to get address",
        "Connection re",
        "TLS error",
    ]) {
        Outcome::Unreachable
    } else {
        Outcome::Error
    }
}

/// What it means that a command gave no answer.
pub fn from_process(failure: &Failure) -> (Outcome, String) {
    let outcome = match failure {
        Failure::TimedOut { .. } => Outcome::TimedOut,
        Failure::NoConnection { why, .. } if why.contains("Permission denied") => Outcome::Denied,
        Failure::NoConnection { .. } => Outcome::Unreachable,
        Failure::Flooded { .. } => Outcome::Malformed,
        Failure::NotStarted { .. } | Failure::Lost { .. } => Outcome::Error,
    };
    (outcome, failure.to_string())
}

/// Text of bearable length.
pub fn shorten(text: &str) -> String {
    text.chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What pgBackRest was seen to say: code, outcome, whether a retry helps, words of ours, its own words.
    const REPORTED: &str = "\
75 | not_found | final | older than this repository reaches | ERROR: [075]: unable to find backup set with stop time less than '2026-11-20 08:31:00+00'
75 | not_found | final | expired | ERROR: [075]: backup set 20261120-010101F is not valid
75 | not_found | final | earlier polls tell which | WARN: repo2: [FileMissingError] unable to load info file ; ERROR: [075]: no backup set found to restore
75 | unreachable | again | unknown, not gone | WARN: repo2: [HostConnectError] unable to connect to '127.0.0.1:59000': [111] Connection refused ; ERROR: [075]: no backup set found to restore
40 | error | final | choose another name | ERROR: [040]: unable to restore to path '/f/a' because it contains files
38 | error | final | wrong folder | ERROR: [038]: unable to restore while PostgreSQL is running
29 | error | final | not an instant | ERROR: [029]: automatic backup set selection cannot be performed with provided time 'x'
29 | malformed | final | use another backup | ERROR: [029]: lz4 error [17] ERROR_decompressionFailed
64 | error | again | the disk is full | ERROR: [064]: unable to write '/f/a/base/1': [28] No space left on device
55 | malformed | again | incomplete | ERROR: [055]: unable to load backup manifest file
63 | error | again | interrupted | 
137 | error | again | killed | 
49 | unreachable | again | unknown, not none | ERROR: [049]: unable to connect to '127.0.0.1:59000'
101 | unreachable | again | TLS | ERROR: [101]: TLS error [1] unexpected eof while reading
41 | denied | again | may not be read | ERROR: [041]: unable to list file info for path '/r': [13] Permission denied
104 | denied | again | refuses writes | ERROR: [104]: repo2: [PathCreateError] [13] Permission denied
82 | error | again | archiving stalls | ERROR: [082]: WAL segment 000000010000000000000041 was not archived before the 60000ms timeout
27 | unreachable | again | probe it apart | ERROR: [027]: no database found
28 | error | final | stanza-upgrade | ERROR: [028]: backup and archive info files exist but do not match the database
31 | error | final | does not know an option | ERROR: [031]: invalid option '--detail-level=progress'
32 | error | final | good | ERROR: [032]: PostgreSQL working directory '/f' is not the same as option pg1-path '/p'
127 | error | final | not on that host | sh: 1: pgbackrest: not found
99 | error | final | ended with code 99: [099]: whatever | ERROR: [099]: whatever";

    #[test]
    fn each_known_failure_has_its_outcome_and_next_step() {
        for line in REPORTED.lines() {
            let mut cells = line.splitn(5, '|').map(str::trim);
            let mut cell = || cells.next().unwrap();
            let (code, outcome, again, words, said) =
                (cell().parse().unwrap(), cell(), cell(), cell(), cell());
            let found = meaning(code, &said.replace(" ; ", "\n"));
            assert_eq!((found.outcome.as_str(), found.again), (outcome, again == "again"), "{line}");
            assert!(found.text.contains(words), "{line}: {}", found.text);
        }
    }

    #[test]
    fn a_server_that_died_tells_why() {
        let table = [
            (
                "LOG:  last completed transaction was at log time 2026-11-20 08:40:54.54+00\nFATAL:  recovery ended before configured recovery target was reached\n",
                false,
                "2026-11-20 08:40:54.54+00, before the target: choose `newest`",
            ),
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
                "port was taken",
            ),
            ("PANIC:  could not write: No space left on device", true, "disk is full"),
            ("FATAL:  something new", true, "stopped: something new"),
            ("", true, "left no word"),
        ];
        for (log, again, words) in table {
            let (text, can_resume) = of_server(log, "20261120-100056F");
            assert_eq!(can_resume, again, "{log}");
            assert!(text.contains(words), "{text}");
        }
    }

    #[test]
    fn a_silent_command_counts_by_why_it_is_silent() {
        let program = || "pgbackrest".to_owned();
        let ssh = |why: &str| Failure::NoConnection { program: program(), why: why.to_owned() };
        for (failure, outcome) in [
            (ssh("ssh: connect to host dr-1 port 22: Connection refused"), Outcome::Unreachable),
            (ssh("lab@dr-1: Permission denied (publickey)."), Outcome::Denied),
            (Failure::Flooded { program: program(), limit: 5 }, Outcome::Malformed),
            (
                Failure::TimedOut { program: program(), limit: std::time::Duration::from_secs(5) },
                Outcome::TimedOut,
            ),
            (Failure::NotStarted { program: program(), why: "No such file".to_owned() }, Outcome::Error),
        ] {
            assert_eq!(from_process(&failure).0, outcome, "{failure}");
        }
    }

    #[test]
    fn a_long_complaint_is_cut() {
        assert!(meaning(99, &"x".repeat(100_000)).text.len() < 500);
    }
}
