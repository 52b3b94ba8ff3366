//! What a restored fork holds of what was promised.

use crate::domain::instant::rfc3339;
use crate::domain::{Edge, Timestamp};
use crate::provider::{ForkPoint, PointHow};

use super::super::server_failure::short_by;
use super::super::wal::lsn;

/// Of what was promised.
pub(super) enum Held {
    Whole,
    Less,
    CannotTell,
}

/// Compares where the replay ended with where the newest promised commit begins. Times are only for want
/// of places: a transaction given up may carry an earlier time than the commit before it, and PostgreSQL
/// reports no time for a commit whose own record it was told to stop at.
pub(super) fn held(point: &ForkPoint, reached: &str, newest: Option<Timestamp>) -> Held {
    let wanted = match &point.how {
        PointHow::Lsn { lsn, .. } => Some(lsn),
        _ => point.commit.as_ref(),
    };
    let holds = |whole| if whole { Held::Whole } else { Held::Less };
    match (wanted.and_then(|wanted| lsn(wanted)), lsn(reached), newest) {
        (Some(wanted), Some(reached), _) => holds(reached > wanted),
        _ if point.promised_is == Edge::AtMost => Held::Whole,
        (_, _, Some(newest)) => holds(newest >= point.promised),
        (_, _, None) => Held::CannotTell,
    }
}

/// What is missing, in words.
pub(super) fn less(point: &ForkPoint, reached: &str, newest: Option<Timestamp>) -> String {
    let last = newest.map_or_else(
        || "no transaction after the backup began".to_owned(),
        |newest| format!("transactions to {}{}", rfc3339(newest), short_by(newest, point.promised)),
    );
    let place = if reached.is_empty() { String::new() } else { format!(" (log to {reached})") };
    let begins = point.commit.as_ref().map(|lsn| format!(" (commit at {lsn})")).unwrap_or_default();
    let word = if point.promised_is == Edge::Exact { "everything to" } else { "at least" };
    format!(
        "the fork runs, but holds less than was promised: {last}{place}, promised was {word} {}{begins}",
        rfc3339(point.promised)
    )
}
