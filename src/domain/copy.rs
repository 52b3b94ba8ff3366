//! A copy of a service's backups: what was last tried, and what was last known (S1, S2).

use serde::{Deserialize, Serialize};

use super::{Reading, Shared, Timestamp};

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
    /// The region it lies in, by config or by what the provider says.
    pub region: Option<String>,
    /// The last attempt.
    pub attempt: Attempt,
    /// The last attempt that brought facts.
    pub last_good: Option<Shared<Reading>>,
    /// Where last-known facts came from when not from this host: `(host, written at)` (S37).
    pub imported_from: Option<(String, Timestamp)>,
}

impl CopyState {
    /// A copy that nobody has read yet.
    pub fn unread(copy: impl Into<String>, source: impl Into<String>, region: Option<String>) -> Self {
        Self {
            copy: copy.into(),
            source: source.into(),
            region,
            attempt: Attempt::never(),
            last_good: None,
            imported_from: None,
        }
    }

    /// When the facts shown were true.
    pub fn as_of(&self) -> Option<Timestamp> {
        self.last_good.as_ref().map(|reading| reading.as_of)
    }
}
