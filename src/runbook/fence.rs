//! The obligation to keep the old primary from writing (R28, S22).

use crate::domain::{Life, Liveness, Timestamp};

/// The obligation to fence the old primary: opened at declaration, blocks only cut over (S22).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fence {
    /// When it was opened; never in a drill.
    pub opened_at: Option<Timestamp>,
    /// Whether the old primary answered when last probed, and when that was.
    pub primary: Option<(Timestamp, bool)>,
    /// Since when it is silent, while it is.
    pub silent_since: Option<Timestamp>,
    /// When it last answered during the run.
    pub last_alive: Option<Timestamp>,
    /// Its life as the run knows it: from its own probes, and from what the board was seen to know (S5).
    pub life: Life,
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
    /// What was known of the old primary before the run began.
    pub(super) fn seeing(life: Life) -> Self {
        let silent_since = match life.liveness {
            Liveness::Silent { since, .. } => Some(since),
            Liveness::Answers { .. } | Liveness::NotProbed => None,
        };
        Self { silent_since, life, ..Self::default() }
    }

    /// Takes in a probe of this run, the first of its kind for a while: the answers since the one before
    /// are known by the last of them.
    pub(super) fn probed(&mut self, at: Timestamp, answers: bool, last_answer: Option<Timestamp>) {
        let last_answer = if answers { Some(at) } else { last_answer };
        self.primary = Some((at, answers));
        self.silent_since = if answers { None } else { self.silent_since.or(Some(at)) };
        self.last_alive = self.last_alive.max(last_answer);
        let known = self.life.liveness;
        let last_alive = known.last_alive().max(last_answer);
        self.life.liveness = match (answers, known) {
            (true, _) => Liveness::Answers { at },
            (false, Liveness::Silent { since, .. }) if last_alive.is_none_or(|alive| alive <= since) => {
                Liveness::Silent { since, last_alive }
            }
            (false, _) => Liveness::Silent { since: at, last_alive },
        };
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
