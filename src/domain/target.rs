//! What a person asks to restore to (S11, S12).

use serde::{Deserialize, Serialize};

use super::Timestamp;

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
