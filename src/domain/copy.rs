//! A copy of a service's backups: what was last tried, and what was last known (S1, S2).

use serde::{Deserialize, Serialize};

use super::life::is_after;
use super::target::check::newest;
use super::{Edge, Reading, Shared, Timestamp};

/// Which of a service's two copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// In the region where backups are first written.
    Primary,
    /// In the other region: recoverability is judged from here.
    Secondary,
}

/// How an attempt to read a source or a copy ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Everything asked for was read.
    Ok,
    /// Something was read, something was not; the error says what.
    Partial,
    /// No connection.
    Unreachable,
    /// No answer in time.
    TimedOut,
    /// The credential is refused or does not suffice.
    Denied,
    /// Too many requests.
    RateLimited,
    /// The thing asked for does not exist there (any more).
    NotFound,
    /// An answer that cannot be understood or believed.
    Malformed,
    /// Any other failure.
    Error,
    /// Not tried yet.
    NeverRead,
}

impl Outcome {
    /// Whether the attempt brought facts.
    pub const fn has_facts(self) -> bool {
        matches!(self, Self::Ok | Self::Partial)
    }

    /// How it counts for each part of what was asked for: that the whole was not found does not say that a part is
    /// none (S3).
    #[must_use]
    pub const fn of_a_part(self) -> Self {
        if matches!(self, Self::NotFound) { Self::Error } else { self }
    }

    /// The stable word, as in `status --output json`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Partial => "partial",
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timed_out",
            Self::Denied => "denied",
            Self::RateLimited => "rate_limited",
            Self::NotFound => "not_found",
            Self::Malformed => "malformed",
            Self::Error => "error",
            Self::NeverRead => "never_read",
        }
    }
}

/// The last attempt to read a copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it ended; `None` while the copy was never tried.
    pub at: Option<Timestamp>,
    /// How it ended.
    pub outcome: Outcome,
    /// What went wrong, in a sentence without secrets.
    pub error: Option<String>,
}

impl Attempt {
    /// Nothing was tried yet.
    pub const fn never() -> Self {
        Self { at: None, outcome: Outcome::NeverRead, error: None }
    }
}

/// All that is known of one copy. Outcome and error belong to the last attempt, every other fact to
/// the last good reading, which carries its own `as_of` (S2).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CopyState {
    /// How this copy is named to a person: the source, and what in it (`pg-east repo2`).
    pub copy: String,
    /// The source it is read from.
    pub source: String,
    /// The service's name there, where the config ties this copy to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<Box<str>>,
    /// The region it lies in, by config or by what the provider says.
    pub region: Option<String>,
    /// The last attempt.
    pub attempt: Attempt,
    /// The last attempt that brought facts.
    pub last_good: Option<Shared<Reading>>,
    /// The newest instant it could once be restored to, while it cannot be any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest_was: Option<Timestamp>,
    /// Where last-known facts came from when not from this host: `(host, written at)` (S37).
    pub imported_from: Option<Box<(String, Timestamp)>>,
}

impl CopyState {
    /// A copy that nobody has read yet.
    pub fn unread(copy: impl Into<String>, source: impl Into<String>, region: Option<String>) -> Self {
        Self {
            copy: copy.into(),
            source: source.into(),
            remote: None,
            region,
            attempt: Attempt::never(),
            last_good: None,
            newest_was: None,
            imported_from: None,
        }
    }

    /// Takes in what this host read, and remembers whether the newest went back by it: what was lost once does
    /// not come back by being read again.
    pub(super) fn take(&mut self, reading: Shared<Reading>) {
        let seen_by = self.imported_from.as_deref().map(|(host, _)| host.as_str());
        let kept = self.last_good.as_deref().and_then(|known| reading.with_unlisted_of(known, seen_by));
        let reading = kept.map_or(reading, Shared::from);
        let kept = self.last_good.as_deref().and_then(|known| reading.with_unshown_of(known, seen_by));
        let reading = kept.map_or(reading, Shared::from);
        let before = self.last_good.as_deref().and_then(newest);
        let was = self.newest_was.filter(|_| self.last_good.is_some());
        self.newest_was = match newest(&reading) {
            Some(now) => {
                let before = before.filter(|before| are_comparable(before.is, now.is));
                was.max(before.map(|before| before.at)).filter(|was| is_after(*was, now.at))
            }
            None => was.max(before.filter(|before| before.is != Edge::AtMost).map(|before| before.at)),
        };
        (self.last_good, self.imported_from) = (Some(reading), None);
    }

    /// When the facts shown were true.
    pub fn as_of(&self) -> Option<Timestamp> {
        self.last_good.as_ref().map(|reading| reading.as_of)
    }
}

/// Whether an upper edge below another one shows that something is gone: what is known to be there at most may
/// never have been there, and what is there at least may be all of it.
fn are_comparable(before: Edge, now: Edge) -> bool {
    before == now || (before != Edge::AtMost && now != Edge::AtLeast)
}

#[cfg(test)]
mod tests {
    use super::super::sample::{at, copy, reading, snapshots};
    use super::*;

    const EARLY: &str = "2026-11-20T11:00:00Z";
    const LATE: &str = "2026-11-20T12:00:00Z";

    fn up_to(newest: &str, is: Edge) -> Reading {
        let mut reading = reading("2026-11-07T02:31:40Z", newest);
        reading.windows.as_mut().unwrap()[0].to_is = is;
        reading
    }

    fn unknown() -> Reading {
        Reading { windows: None, ..reading(EARLY, LATE) }
    }

    #[test]
    fn s4_the_newest_went_back_until_it_passes_where_it_was() {
        use Edge::{AtLeast, AtMost, Exact};
        let table = [
            ("goes on", vec![up_to(EARLY, Exact), up_to(LATE, Exact)], None),
            ("goes back", vec![up_to(LATE, Exact), up_to(EARLY, Exact)], Some(LATE)),
            ("and stays", vec![up_to(LATE, Exact), up_to(EARLY, Exact), up_to(EARLY, Exact)], Some(LATE)),
            ("and returns", vec![up_to(LATE, Exact), up_to(EARLY, Exact), up_to(LATE, Exact)], None),
            ("by a clock", vec![up_to(LATE, Exact), up_to("2026-11-20T11:59:30Z", Exact)], None),
            ("a snapshot", vec![snapshots(&[EARLY, LATE]), snapshots(&[EARLY])], Some(LATE)),
            ("all of them", vec![snapshots(&[EARLY, LATE]), snapshots(&[])], Some(LATE)),
            ("unread between", vec![up_to(LATE, Exact), unknown(), up_to(EARLY, Exact)], Some(LATE)),
            ("below its bound", vec![up_to(LATE, AtMost), up_to(EARLY, Exact)], None),
            ("by store times", vec![up_to(LATE, AtMost), up_to(EARLY, AtMost)], Some(LATE)),
            ("a fall-back", vec![up_to(LATE, Exact), up_to(EARLY, AtLeast)], None),
        ];
        for (what, readings, was) in table {
            let mut state = CopyState::unread("east", "east", None);
            for reading in readings {
                state.take(reading.into());
            }
            assert_eq!(state.newest_was, was.map(at), "{what}");
        }
    }

    #[test]
    fn what_went_back_is_known_to_a_later_start() {
        let mut state = copy("east", snapshots(&[EARLY, LATE]));
        state.take(snapshots(&[EARLY]).into());
        let kept = serde_json::to_string(&state).unwrap();
        let mut later: CopyState = serde_json::from_str(&kept).unwrap();
        later.take(snapshots(&[EARLY]).into());
        assert_eq!(later.newest_was, Some(at(LATE)));
    }
}
