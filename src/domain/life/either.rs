//! What answers where an old primary is probed, once its clients were moved or its name may lead to a fork (S22).

use super::super::{Liveness, Service, Timestamp};
use super::written::newest_data;
use super::{is_after, log};

impl Service {
    /// Whether an answer then may be that of a fork, to which its clients were moved or an open run may have led its
    /// address: it is no sign of either.
    fn may_be_of_a_fork(&self, answered: Timestamp) -> bool {
        let led_from = self.heard.as_ref().and_then(|heard| heard.either_from);
        self.clients_moved.as_ref().is_some_and(|moved| answered > moved.at)
            || led_from.is_some_and(|from| answered >= from)
    }

    /// When something answered its probe last, where that is its primary or a fork.
    pub fn either_answers(&self) -> Option<Timestamp> {
        match self.alive() {
            Liveness::Answers { at } => Some(at).filter(|at| self.may_be_of_a_fork(*at)),
            Liveness::Silent { .. } | Liveness::NotProbed => None,
        }
    }

    /// When its primary itself answered last, as far as that is known.
    pub(in crate::domain) fn surely_answered(&self) -> Option<Timestamp> {
        let heard = self.heard.as_ref().and_then(|heard| heard.life.liveness.last_alive());
        let answers = [self.liveness.last_alive(), heard].into_iter().flatten();
        answers.filter(|at| !self.may_be_of_a_fork(*at)).max()
    }

    /// When something answered its probe after its clients left.
    pub(in crate::domain) fn answered_since_left(&self) -> Option<Timestamp> {
        self.clients_moved.as_ref().and_then(|_| self.either_answers())
    }

    /// What the service that clients left shows to have held after they left: its own server, asked for its log, or
    /// its provider's backups. Listed segments may be those of a fork that archives there.
    pub(in crate::domain) fn lived_since_left(&self) -> Option<Timestamp> {
        let moved = self.clients_moved.as_ref()?;
        let logs = [log(self.primary.as_ref()), log(self.secondary.as_ref())];
        let is_listed = logs.iter().flatten().any(|log| log.end.is_some());
        let told = newest_data(self).filter(|_| !is_listed).map(|written| written.at);
        logs[0].and_then(|log| log.complete_at).max(told).filter(|at| is_after(*at, moved.at))
    }
}
