//! The last drill of a service that failed, as a journal on this host has it (S24).

use super::Timestamp;

/// A drill that failed. It stands until a restore was proven after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedDrill {
    /// Its run.
    pub run: String,
    /// When it was over.
    pub at: Timestamp,
    /// The first reason that it gives.
    pub why: String,
}
