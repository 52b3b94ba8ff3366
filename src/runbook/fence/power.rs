//! Whether an incident found its service switched off (S5, S10): what was off before would be lost by a restore, and
//! what stops in the incident is lost, whoever stopped it. Where nobody could be asked when it began, its source may
//! tell later.

use super::{Fence, Look};
use crate::domain::{Life, Liveness, Power, Timestamp};

impl Fence {
    /// Whether it is switched off, as it was when the run began: an answer since then says otherwise. While nobody could
    /// be asked its silence counted, and does until its source says once more that it is off.
    pub(in crate::runbook) fn is_off(&self) -> bool {
        let counts = matches!(self.life.liveness, Liveness::Silent { .. });
        self.was_found_off() && !self.answered() && !counts
    }

    /// Whether it was off when the run began, whenever that was learned.
    pub(in crate::runbook) const fn was_found_off(&self) -> bool {
        matches!(self.found, Power::Off { .. })
    }

    /// Whether it is news what its source says by now.
    pub(in crate::runbook) fn learns(&self, told: Power) -> bool {
        match (self.found, told) {
            (Power::NotKnown { .. }, Power::On) => true,
            (_, Power::Off { by }) => self.was_off(by) && !self.is_off(),
            _ => false,
        }
    }

    /// Whether what is off by then at the latest was so before the run began, for all that is known.
    fn was_off(&self, by: Option<Timestamp>) -> bool {
        let was = match (self.found, by) {
            (Power::On, _) => false,
            (Power::Off { .. }, _) => true,
            (Power::NotKnown { .. }, Some(by)) => by <= self.begun && !self.life.lived_after(by),
            (Power::NotKnown { was_off_at }, None) => was_off_at.is_some(),
        };
        was && !self.answered()
    }

    /// Whether it answered since the run began.
    fn answered(&self) -> bool {
        self.life.liveness.last_alive() > Some(self.begun)
    }

    /// Takes in what its source says by now.
    pub(in crate::runbook) fn powered(&mut self, told: Power) {
        self.found = told;
        if self.was_found_off() {
            self.looks.push(Look::Off);
            self.life = self.life.without_silence();
        }
    }

    /// What the board knows of its life, as the run counts it: what the board counted before it heard of that does not.
    pub(in crate::runbook) fn counted(&self, life: Life, told: Power) -> Life {
        if self.is_off() && matches!(told, Power::Off { .. }) { life.without_silence() } else { life }
    }
}
