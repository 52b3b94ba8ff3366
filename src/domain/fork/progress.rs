//! How far a fork is, and where it is reached.

use serde::{Deserialize, Serialize};

use super::super::Timestamp;

/// The phase of a fork that is there no more. Journals hold it.
const GONE: &str = "gone";

/// How far a fork is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// The phase in the provider's terms (`base backup`, `replay`, `starting up`).
    pub phase: String,
    /// Done so far in `unit`; without a `total` it may be a place that only grows, as one in the log.
    pub done: Option<u64>,
    /// All there is to do in `unit`; may grow, so a falling share is normal.
    pub total: Option<u64>,
    /// Unit of both (`bytes`, `binlogs`, `wal`).
    pub unit: Option<String>,
    /// Seconds until it is restored if it goes on as it did, where that is its last phase and enough is done
    /// to tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_s: Option<u64>,
    /// One line for the person.
    pub text: String,
    /// Where the whole stands.
    pub state: ProgressState,
    /// Where clients will reach it, as its provider tells; `None` while it does not, or tells it in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
}

impl Progress {
    /// A look at which nothing could be counted.
    pub fn uncounted(phase: &str, text: String, state: ProgressState) -> Self {
        let (done, total, unit, left_s, address) = (None, None, None, None, None);
        Self { phase: phase.to_owned(), done, total, unit, left_s, text, state, address }
    }

    /// A look that saw nothing.
    pub fn cannot_tell(why: String) -> Self {
        Self::uncounted("unknown", format!("cannot tell: {why}"), ProgressState::CannotTell { why })
    }

    /// A look that proved that it is gone, though this run did not remove it.
    pub fn gone(why: String) -> Self {
        Self::uncounted(GONE, why.clone(), ProgressState::Failed { why, can_resume: false })
    }

    /// How it was proven that it is gone, where that is what was seen.
    pub fn proof_of_absence(&self) -> Option<&str> {
        match &self.state {
            ProgressState::Failed { why, .. } if self.phase == GONE => Some(why),
            _ => None,
        }
    }

    /// Whether it counts the bytes of all there is to copy: by their pace its end can be foretold.
    pub fn counts_base_data(&self) -> bool {
        self.unit.as_deref().is_some_and(|unit| unit.starts_with("bytes"))
    }
}

/// Where a fork is reached. Nothing of it is a credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// The database that its clients begin with, where there is one.
    pub database: Option<String>,
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.host, self.port)?;
        self.database.as_ref().map_or(Ok(()), |database| write!(f, ", database {database}"))
    }
}

impl Progress {
    /// What is told of where it is reached.
    pub fn whereabouts(&self) -> String {
        match &self.address {
            Some(address) => format!("{}; clients reach it at {address}", self.text),
            None => self.text.clone(),
        }
    }
}

/// Where a fork as a whole stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum ProgressState {
    /// Under way.
    Working,
    /// Restored: it accepts connections and writes.
    Restored {
        /// The newest commit found in it, where the provider can tell without a credential.
        newest_commit: Option<Timestamp>,
    },
    /// It will not finish.
    Failed {
        /// The fact and what to do, in a sentence.
        why: String,
        /// Whether the same attempt can be taken up again (`--delta`) by a retry.
        can_resume: bool,
    },
    /// The provider cannot be asked at this moment.
    CannotTell {
        /// Why not.
        why: String,
    },
}
