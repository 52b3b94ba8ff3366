//! What a person asks to restore to (S11, S12): how it is written, and whether a copy can do it.

pub(crate) mod check;
mod parse;

pub use check::{
    PointRefused, Reachable, before_the_end, check, had_after, had_before, newest_as_asked, newest_before,
};
pub use parse::{NotATarget, Offer, OfferedAs, offers, parse};

use serde::{Deserialize, Serialize};

use super::Timestamp;
use super::instant::rfc3339;

/// What to restore to, before it is resolved against a copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "to", content = "value", rename_all = "snake_case")]
pub enum Target {
    /// The last point that can be reached. Not a time (S11).
    Newest,
    /// The first point that can be reached.
    Oldest,
    /// An instant.
    At(Timestamp),
    /// A backup by name; for PITR engines its earliest restorable instant.
    Backup(String),
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Newest => f.write_str("newest"),
            Self::Oldest => f.write_str("oldest"),
            Self::At(at) => f.write_str(&rfc3339(*at)),
            Self::Backup(name) => f.write_str(name),
        }
    }
}
