//! What is promised for a service: its tier's objectives.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Who says what is promised for a service, or who answers for it (S33).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The config, of the service itself: no tag changes that.
    Given,
    /// A tag at its provider, as it is now.
    Tag,
    /// Nobody of it alone.
    #[default]
    None,
}

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
