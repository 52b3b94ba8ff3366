//! What pgBackRest says when something is wrong, and what that means to a person.

use crate::domain::Outcome;
use crate::process::one_line;

use super::info::Status;

/// The stanza is not in the answer at all.
pub fn no_stanza(stanza: &str, repo: u32) -> String {
    format!("repo{repo} shows no stanza `{stanza}`: never created there, or its storage is gone")
}

/// The answer is "ok" but holds nothing of the repository.
pub fn no_rows(repo: u32) -> String {
    format!("pgBackRest answered without any row of repo{repo}; what it holds is unknown, not none")
}

/// What a status code says of a repository that was not read; `None` when it was read.
pub fn from_status(status: &Status, stanza: &str, repo: u32) -> Option<(Outcome, String)> {
    let said = one_line(&status.message);
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
pub fn outcome_of(said: &str) -> Outcome {
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
