//! The obligation to keep the old primary from writing (R28, S22).

use crate::domain::{Liveness, Timestamp};

/// The obligation to fence the old primary: opened at declaration, blocks only cut over (S22).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fence {
    /// When it was opened; never in a drill.
    pub opened_at: Option<Timestamp>,
    /// Whether the old primary answered when last probed, and when that was.
    pub primary: Option<(Timestamp, bool)>,
    /// Since when it is silent, while it is.
    pub silent_since: Option<Timestamp>,
    /// When it last answered during the run: the last proof of life (S5).
    pub last_alive: Option<Timestamp>,
    /// What the last probe saw.
    pub seen: Option<String>,
    /// Calls made to the primary by this run (EV24).
    pub calls: u32,
    /// How a person said it was fenced, and when.
    pub fenced: Option<(Timestamp, String)>,
    /// Why a person went on without it, in writing, and when.
    pub overridden: Option<(Timestamp, String)>,
}

impl Fence {
    /// What the probes had seen of the old primary before the run began.
    pub(super) fn seeing(liveness: Liveness) -> Self {
        let silent_since = match liveness {
            Liveness::Silent { since, .. } => Some(since),
            Liveness::Answers { .. } | Liveness::NotProbed => None,
        };
        Self { silent_since, ..Self::default() }
    }

    /// Whether the old primary answered the last probe.
    pub fn is_alive(&self) -> bool {
        self.primary.is_some_and(|(_, answers)| answers)
    }

    /// Whether cut over may happen: overridden in writing, or fenced and not seen alive.
    pub fn lets_cut_over(&self) -> bool {
        self.overridden.is_some() || (self.fenced.is_some() && !self.is_alive())
    }
}
