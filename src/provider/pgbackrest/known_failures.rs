//! The ways in which pgBackRest was seen to fail, and what each means.

use crate::domain::Outcome;

/// One way in which pgBackRest fails.
#[derive(Debug)]
pub struct Row {
    /// Its exit code.
    pub code: i32,
    /// Words of what it says; empty = any.
    pub says: &'static str,
    /// How an attempt to read counts.
    pub outcome: Outcome,
    /// The fact and the next step.
    pub means: &'static str,
    /// Whether the same call may succeed later, going on where it stopped.
    pub again: bool,
}

const fn row(code: i32, says: &'static str, outcome: Outcome, again: bool, means: &'static str) -> Row {
    Row { code, says, outcome, means, again }
}

const UNREAD_CONFIG: &str =
    "pgBackRest's configuration on that host cannot be read; see `program` of the source";
const NO_PASSPHRASE: &str = "the repository is encrypted, and the passphrase in pgBackRest's configuration on that host is missing or wrong";
const DAMAGED: &str = "a file of this backup is damaged in the repository; use another backup";
const SILENT_DATABASE: &str =
    "the database does not answer; the catalog knows nothing of that, probe it apart";

/// The first row that fits counts.
pub const TABLE: &[Row] = &[
    row(
        75,
        "unable to find backup set with stop time less than",
        Outcome::NotFound,
        false,
        "the target is older than this repository reaches; choose a later one",
    ),
    row(
        75,
        "is not valid",
        Outcome::NotFound,
        false,
        "this backup is no longer in the repository: it has expired; poll again and choose another",
    ),
    row(
        75,
        "HostConnectError",
        Outcome::Unreachable,
        true,
        "the repository's store does not answer; its backups are unknown, not gone",
    ),
    row(
        75,
        "unable to connect",
        Outcome::Unreachable,
        true,
        "the repository's store does not answer; its backups are unknown, not gone",
    ),
    row(
        75,
        "Permission denied",
        Outcome::Denied,
        true,
        "the repository's folder may not be read by this account",
    ),
    row(75, "CryptoError", Outcome::Error, false, NO_PASSPHRASE),
    row(
        75,
        "",
        Outcome::NotFound,
        false,
        "no backup of this stanza is there: never made, or the repository's storage is gone; earlier polls tell which",
    ),
    row(
        40,
        "",
        Outcome::Error,
        false,
        "the target folder holds files that are not this fork's; choose another name",
    ),
    row(
        38,
        "",
        Outcome::Error,
        false,
        "a server runs in the target folder: it is the wrong folder; leave its pid file alone",
    ),
    row(
        29,
        "automatic backup set selection",
        Outcome::Error,
        false,
        "the target is not an instant like 2026-11-20 08:40:51.943280+00",
    ),
    row(29, "outside of section", Outcome::Error, false, UNREAD_CONFIG),
    row(29, "", Outcome::Malformed, false, DAMAGED),
    row(26, "", Outcome::Malformed, false, DAMAGED),
    row(95, "raised from local", Outcome::Malformed, false, DAMAGED),
    row(95, "", Outcome::Error, false, NO_PASSPHRASE),
    row(
        53,
        "not owned by",
        Outcome::Error,
        false,
        "the target folder belongs to another account; choose another name",
    ),
    row(
        64,
        "No space left",
        Outcome::Error,
        true,
        "the disk is full: it needs the backup's size and its log; make room, then retry",
    ),
    row(
        64,
        "",
        Outcome::Error,
        true,
        "a file could not be written on the fork's host, whose disk may be full: make room, then retry",
    ),
    row(55, ".conf' for read", Outcome::Error, false, UNREAD_CONFIG),
    row(
        55,
        "manifest",
        Outcome::Malformed,
        true,
        "the copy to this repository is incomplete: the backup is listed but its files have not all arrived",
    ),
    row(
        55,
        "",
        Outcome::Malformed,
        true,
        "a file is missing in the repository: the copy to it is incomplete",
    ),
    row(63, "", Outcome::Error, true, "it was interrupted; a retry goes on in the same folder"),
    row(137, "", Outcome::Error, true, "it was killed; a retry goes on in the same folder"),
    row(143, "", Outcome::Error, true, "it was interrupted; a retry goes on in the same folder"),
    row(
        49,
        "",
        Outcome::Unreachable,
        true,
        "the repository's store does not answer; what it holds is unknown, not none",
    ),
    row(101, "", Outcome::Unreachable, true, "TLS to the repository's store is broken"),
    row(41, ".conf' for read", Outcome::Error, false, UNREAD_CONFIG),
    row(
        41,
        "Permission denied",
        Outcome::Denied,
        true,
        "the repository's folder may not be read by this account",
    ),
    row(41, "", Outcome::Error, true, "a file of the repository cannot be opened"),
    row(
        103,
        "",
        Outcome::Unreachable,
        true,
        "no repository can be read from that host; what it holds is unknown, not none",
    ),
    row(
        104,
        "Permission denied",
        Outcome::Denied,
        true,
        "log cannot be stored: the repository refuses writes",
    ),
    row(
        82,
        "",
        Outcome::Error,
        true,
        "archiving stalls: a segment was not archived in time, perhaps because another repository is down",
    ),
    row(27, "no database found", Outcome::Unreachable, true, SILENT_DATABASE),
    row(27, "unable to connect", Outcome::Unreachable, true, SILENT_DATABASE),
    row(56, "", Outcome::Unreachable, true, SILENT_DATABASE),
    row(27, "", Outcome::Error, false, UNREAD_CONFIG),
    row(
        28,
        "",
        Outcome::Error,
        false,
        "archiving is broken: the cluster is not the one of the stanza; run stanza-upgrade there",
    ),
    row(31, "", Outcome::Error, false, "this version of pgBackRest does not know an option"),
    row(
        32,
        "pg1-path",
        Outcome::Error,
        false,
        "a server other than the stanza's own tried to archive and was refused, which is good",
    ),
    row(
        32,
        "",
        Outcome::Error,
        false,
        "an option in the configuration of pgBackRest on that host, or of the source, has a value that does not fit",
    ),
    row(37, "", Outcome::Error, false, "the configuration of pgBackRest on that host lacks an option"),
    row(50, "", Outcome::Error, true, "another pgBackRest holds the lock of this fork"),
    row(125, "Permission denied", Outcome::Denied, true, "the repository's host refuses this account"),
    row(125, "terminated unexpectedly", Outcome::Unreachable, true, "the repository's host does not answer"),
    row(126, "", Outcome::Error, false, "pgBackRest may not be run on that host"),
    row(127, "", Outcome::Error, false, "pgBackRest is not on that host"),
];
