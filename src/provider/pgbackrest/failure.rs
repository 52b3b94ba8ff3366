//! What pgBackRest says when something is wrong, and what that means to a person.

use crate::domain::Outcome;
use crate::domain::nearest::nearest;
use crate::process::{Failure, one_line};

use super::info::Status;
use super::known_failures::TABLE;
use super::store_failure;

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
    if let Some(known) = store_failure::known(said) {
        let text = format!("{} (code {code}{quoted})", known.means);
        return Meaning { outcome: known.outcome, text, again: known.again };
    }
    let Some(row) = TABLE.iter().find(|row| row.code == code && said.contains(row.says)) else {
        let text = format!("pgBackRest ended with code {code}{quoted}");
        return Meaning { outcome: outcome_of(said), text, again: false };
    };
    Meaning { outcome: row.outcome, text: format!("{} (code {code}{quoted})", row.means), again: row.again }
}

/// The words of the error among everything a log holds.
fn error_line(said: &str) -> String {
    let error = || said.lines().find_map(|line| line.split_once("ERROR: ").map(|(_, words)| words));
    shorten(&store_failure::answer(said).unwrap_or_else(|| one_line(error().unwrap_or(said))))
}

/// The stanza is not in the answer at all.
pub fn no_stanza(stanza: &str, repo: u32) -> String {
    format!("repo{repo} shows no stanza `{stanza}`: never created there, or its storage is gone")
}

/// Which stanzas lie where one was not found. That none does is said of storage that is not there, too.
pub fn stanzas_there(stanza: &str, names: &[&str]) -> String {
    let Some(first) = names.first() else {
        return "; it shows no other stanza either: see that its storage is mounted, and its path".to_owned();
    };
    match (nearest(stanza, names), names.len()) {
        (Some(meant), _) => format!("; it holds stanza `{}`: did you mean that?", shorten(&one_line(meant))),
        (None, 1) => {
            format!("; it holds stanza `{}`: see `stanza` of this source", shorten(&one_line(first)))
        }
        (None, count) => format!("; it holds {count} other stanzas: see `stanza` of this source"),
    }
}

/// The answer is "ok" but holds nothing of the repository.
pub fn no_rows(repo: u32) -> String {
    format!("pgBackRest answered without any row of repo{repo}; what it holds is unknown, not none")
}

/// There are rows of backups that could not be understood, and none beside them that can be used.
pub fn no_backup_understood(repo: u32) -> String {
    format!(
        "no row of a usable backup in repo{repo} was understood; its backups are unknown, not none: see `pgbackrest info`, \
         this pgBackRest may be newer than lifeboat knows"
    )
}

/// Parts of an answer are missing, or have a form that was never seen.
pub fn not_understood(repo: u32, what: &str) -> String {
    let what = shorten(what);
    format!(
        "pgBackRest's answer on repo{repo} was not understood whole, what is missing is unknown, not none: {what}"
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
        _ => Some(unread(&status.message, repo)),
    }
}

fn unread(said: &str, repo: u32) -> (Outcome, String) {
    let words = error_line(said);
    match store_failure::known(said) {
        Some(known) => (known.outcome, format!("repo{repo} cannot be read: {} ({words})", known.means)),
        None => (outcome_of(said), format!("repo{repo} cannot be read: {words}")),
    }
}

/// How pgBackRest's own words for a storage that cannot be read count.
fn outcome_of(said: &str) -> Outcome {
    let any = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if any(&["Permission denied"]) {
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
75 | denied | again | may not be read by this account | WARN: repo2: [FileOpenError] unable to open '/r': [13] Permission denied ; ERROR: [075]: no backup set found to restore
75 | error | final | passphrase | WARN: repo2: [CryptoError] unable to load info file '/r/backup.info': ; CryptoError: cipher header invalid ; ERROR: [075]: no backup set found to restore
40 | error | final | choose another name | ERROR: [040]: unable to restore to path '/f/a' because it contains files
38 | error | final | wrong folder | ERROR: [038]: unable to restore while PostgreSQL is running
29 | error | final | not an instant | ERROR: [029]: automatic backup set selection cannot be performed with provided time 'x'
29 | malformed | final | use another backup | ERROR: [029]: lz4 error [17] ERROR_decompressionFailed
29 | malformed | final | use another backup | ERROR: [029]: raised from local-2 protocol: zlib threw error: [-3] data error
29 | malformed | final | use another backup | ERROR: [029]: raised from local-2 protocol: unexpected eof in compressed data
29 | error | final | configuration | ERROR: [029]: key/value found outside of section at line 1: junk
26 | malformed | final | use another backup | ERROR: [026]: raised from local-1 protocol: error restoring '/f/a/base/1/1255': actual checksum '47' does not match expected checksum '7f'
95 | malformed | final | use another backup | ERROR: [095]: raised from local-1 protocol: unable to flush
95 | error | final | passphrase | ERROR: [095]: cipher header invalid
53 | error | final | another account | ERROR: [053]: unable to restore to path '/f/a' not owned by current user
64 | error | again | the disk is full | ERROR: [064]: unable to write '/f/a/base/1': [28] No space left on device
55 | malformed | again | incomplete | ERROR: [055]: unable to load backup manifest file
55 | malformed | again | a file is missing in the repository | ERROR: [055]: raised from local-1 protocol: unable to open missing file '/r/pg_data/base/1/2838.gz' for read
55 | error | final | configuration | ERROR: [055]: unable to open missing file '/etc/pgbackrest.conf' for read
63 | error | again | interrupted | 
137 | error | again | killed | 
49 | unreachable | again | unknown, not none | ERROR: [049]: unable to connect to '127.0.0.1:59000'
101 | unreachable | again | TLS | ERROR: [101]: TLS error [1] unexpected eof while reading
41 | denied | again | may not be read | ERROR: [041]: unable to list file info for path '/r': [13] Permission denied
41 | error | final | configuration | ERROR: [041]: unable to open file '/etc/pgbackrest.conf' for read: [13] Permission denied
125 | unreachable | again | repository's host | ERROR: [125]: remote-0 process on 'dr-1' terminated unexpectedly [255]: ssh: connect to host dr-1 port 22: Connection refused
125 | denied | again | repository's host refuses | ERROR: [125]: remote-0 process on 'dr-1' terminated unexpectedly [255]: pgbackrest@dr-1: Permission denied (publickey).
39 | denied | again | refuses the keys | ERROR: [039]: HTTP request failed with 403 (Forbidden): ; *** Path/Query ***: ; HEAD /region-b/pg
39 | not_found | final | no such bucket | ERROR: [039]: HTTP request failed with 404 (NOT FOUND): ; <Code>NoSuchBucket</Code>
42 | timed_out | again | does not answer | ERROR: [042]: timeout after 2000ms waiting for read from 's3:443'
75 | denied | again | refuses the keys | WARN: repo2: [ProtocolError] unable to load info file ; ProtocolError: HTTP request failed with 403 (Forbidden): ; ERROR: [075]: no backup set found to restore
75 | timed_out | again | does not answer | WARN: repo2: [FileReadError] unable to load info file ; FileReadError: timeout after 2000ms waiting for read from 's3:443' ; ERROR: [075]: no backup set found to restore
75 | error | final | certificate | WARN: repo2: [CryptoError] unable to load info file ; CryptoError: unable to verify certificate presented by 's3:443': [20] unable to get local issuer certificate ; ERROR: [075]: no backup set found to restore
95 | error | final | certificate | ERROR: [095]: unable to verify certificate presented by 's3:443': [20] unable to get local issuer certificate
103 | unreachable | again | unknown, not none | ERROR: [103]: unable to find a valid repository
104 | denied | again | refuses writes | ERROR: [104]: repo2: [PathCreateError] [13] Permission denied
82 | error | again | archiving stalls | ERROR: [082]: WAL segment 000000010000000000000041 was not archived before the 60000ms timeout
27 | unreachable | again | probe it apart | ERROR: [027]: no database found
56 | unreachable | again | probe it apart | ERROR: [056]: unable to find primary cluster - cannot proceed
28 | error | final | stanza-upgrade | ERROR: [028]: backup and archive info files exist but do not match the database
31 | error | final | does not know an option | ERROR: [031]: invalid option '--detail-level=progress'
32 | error | final | good | ERROR: [032]: PostgreSQL working directory '/f' is not the same as option pg1-path '/p'
32 | error | final | configuration | ERROR: [032]: key '3' is not valid for 'repo' option
37 | error | final | lacks an option | ERROR: [037]: info command requires option: repo2-cipher-pass
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
