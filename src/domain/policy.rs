//! What is promised for a service: its tier's objectives.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The objectives of a service. `None` = not promised, so not judged (S33).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// The tier, 1 is the most critical.
    pub tier: Option<u8>,
    /// Largest tolerated loss of data.
    pub rpo: Option<Duration>,
    /// Longest tolerated time without the service.
    pub rto: Option<Duration>,
    /// A restore is to be proven each so long.
    pub drill_every: Option<Duration>,
}
