//! How an object store fails, in pgBackRest's words. They are the same whatever pgBackRest was doing, while
//! its exit code differs from command to command.

use crate::domain::Outcome;
use crate::process::one_line;

/// One way in which a store fails.
#[derive(Debug, PartialEq, Eq)]
pub struct Known {
    /// Any of these words tell it.
    says: &'static [&'static str],
    /// How an attempt to read counts.
    pub outcome: Outcome,
    /// The fact and the next step.
    pub means: &'static str,
    /// Whether the same call may succeed later.
    pub again: bool,
}

const fn known_by(
    says: &'static [&'static str],
    outcome: Outcome,
    again: bool,
    means: &'static str,
) -> Known {
    Known { says, outcome, means, again }
}

/// The first that fits counts.
const TABLE: &[Known] = &[
    known_by(
        &["<Code>RequestTimeTooSkewed</Code>", "<Code>RequestExpired</Code>"],
        Outcome::Denied,
        true,
        "the repository's store refuses every request because the clock of that host is off; set it",
    ),
    known_by(
        &["<Code>NoSuchBucket</Code>", "HTTP request failed with 404"],
        Outcome::NotFound,
        false,
        "the repository's store has no such bucket: it is gone, or another one is meant; earlier polls tell which",
    ),
    known_by(
        &["HTTP request failed with 403", "HTTP request failed with 401"],
        Outcome::Denied,
        true,
        "the repository's store refuses the keys that pgBackRest is configured with on that host",
    ),
    known_by(
        &["HTTP request failed with 429", "<Code>SlowDown</Code>"],
        Outcome::RateLimited,
        true,
        "the repository's store asks for fewer requests",
    ),
    known_by(
        &["HTTP request failed with 5"],
        Outcome::Unreachable,
        true,
        "the repository's store is in trouble; what it holds is unknown, not none",
    ),
    known_by(
        &["unable to verify certificate", "unable to find hostname"],
        Outcome::Error,
        false,
        "that host does not trust the certificate of the repository's store; see `repo-storage-ca-file`",
    ),
    known_by(
        &["timeout after"],
        Outcome::TimedOut,
        true,
        "the repository's store takes connections and does not answer; what it holds is unknown, not none",
    ),
];

/// What is known of a failure that is the store's.
pub fn known(said: &str) -> Option<&'static Known> {
    TABLE.iter().find(|known| known.says.iter().any(|words| said.contains(words)))
}

/// What the store answered, without the request and the headers that pgBackRest shows with it.
pub fn answer(said: &str) -> Option<String> {
    let at = said.find("HTTP request failed with ")?;
    let (_, rest) = said.split_at(at);
    let status = rest.split_once(':').map_or(rest, |(status, _)| status);
    let element = |name: &str| {
        let (_, inner) = rest.split_once(&format!("<{name}>"))?;
        inner.split_once(&format!("</{name}>")).map(|(inner, _)| inner)
    };
    let told = [element("Code"), element("Message")].into_iter().flatten();
    Some(one_line(&std::iter::once(status).chain(told).collect::<Vec<_>>().join(": ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As pgBackRest 2.45 was seen to say it.
    fn refused(status: &str, content: &str) -> String {
        format!(
            "ERROR: [039]: HTTP request failed with {status}:\n       *** Path/Query ***:\n       \
             GET /region-b/?delimiter=%2F&list-type=2&prefix=pg%2Farchive%2F\n       *** Request Headers ***:\n       \
             authorization: <redacted>\n       x-amz-content-sha256: e3b0c403404\n       *** Response Content ***:\n       {content}"
        )
    }

    #[test]
    fn an_answer_of_the_store_is_named_and_freed_from_its_headers() {
        let code = |code: &str, message: &str| {
            format!("<?xml version=\"1.0\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>")
        };
        let table = [
            ("404 (NOT FOUND)", code("NoSuchBucket", "It does not exist"), Outcome::NotFound, "bucket"),
            ("403 (Forbidden)", code("AccessDenied", "Access Denied"), Outcome::Denied, "keys"),
            ("403 (Forbidden)", String::new(), Outcome::Denied, "keys"),
            ("403 (Forbidden)", code("RequestTimeTooSkewed", "too large"), Outcome::Denied, "clock"),
            ("503 (Slow Down)", code("SlowDown", "Reduce"), Outcome::RateLimited, "fewer"),
            ("500 (Internal Server Error)", String::new(), Outcome::Unreachable, "trouble"),
        ];
        for (status, content, outcome, words) in table {
            let said = refused(status, &content);
            let found = known(&said).unwrap();
            assert_eq!(found.outcome, outcome, "{said}");
            assert!(found.means.contains(words), "{said}: {}", found.means);
            let answer = answer(&said).unwrap();
            assert!(answer.starts_with(&format!("HTTP request failed with {status}")), "{answer}");
            assert!(!answer.contains("***") && !answer.contains("x-amz"), "{answer}");
        }
        let lost = answer(&refused("404 (NOT FOUND)", &code("NoSuchBucket", "It does not exist")));
        assert_eq!(
            lost.as_deref(),
            Some("HTTP request failed with 404 (NOT FOUND): NoSuchBucket: It does not exist")
        );
    }

    #[test]
    fn other_failures_are_not_the_stores() {
        for said in [
            "WAL segment 000000010000000000000041 was not archived before the 60000ms timeout",
            "unable to connect to '127.0.0.1:59403': [111] Connection refused",
            "unable to open '/r/404': [13] Permission denied",
        ] {
            assert_eq!(known(said), None, "{said}");
            assert_eq!(answer(said), None, "{said}");
        }
    }
}
