//! The events of a scenario that meet what clients create.

use chrono::TimeDelta;

use super::delta;
use super::script::Script;
use crate::domain::Timestamp;
use crate::simulator::scenario::Action;

impl Script {
    /// Whether the answer to a creation at `now` is lost, given the instants of all creations before it.
    pub(super) fn loses_answer(&self, now: Timestamp, earlier: &[Timestamp]) -> bool {
        self.past(now).any(|(at, action)| match action {
            Action::LoseAnswer { times } => fewer_since(at, earlier, *times),
            _ => false,
        })
    }

    /// Whether somebody else is faster with the name of a creation at `now`, given when that happened before.
    pub(super) fn takes_name(&self, now: Timestamp, earlier: &[Timestamp]) -> bool {
        self.past(now).any(|(at, action)| match action {
            Action::TakeName { times } => fewer_since(at, earlier, *times),
            _ => false,
        })
    }

    /// At which share of its base backup a fork made at `now` stops, given the instants of all earlier
    /// forks of that service.
    pub(super) fn sticks_at(&self, service: &str, now: Timestamp, earlier: &[Timestamp]) -> Option<f64> {
        self.past(now).find_map(|(at, action)| match action {
            Action::StickFork { service: name, share, times }
                if name == service && fewer_since(at, earlier, *times) =>
            {
                Some(*share)
            }
            _ => None,
        })
    }

    /// At which share of its base backup such a fork begins again, once.
    pub(super) fn begins_again_at(
        &self,
        service: &str,
        now: Timestamp,
        earlier: &[Timestamp],
    ) -> Option<f64> {
        self.past(now).find_map(|(at, action)| match action {
            Action::RestartFork { service: name, share, times }
                if name == service && fewer_since(at, earlier, *times) =>
            {
                Some(*share)
            }
            _ => None,
        })
    }

    /// How much later than usual a fork of this service takes its own first backup.
    pub(super) fn late_backup(&self, service: &str, now: Timestamp) -> TimeDelta {
        let late = |action: &Action| match action {
            Action::LateBackup { service: name, by } if name == service => Some(delta(*by)),
            _ => None,
        };
        self.past(now).filter_map(|(_, action)| late(action)).last().unwrap_or_default()
    }

    /// How far before the end of its range the newest point lies that is taken; `None` = the end is.
    pub(super) fn refuses_newest(&self, service: &str, now: Timestamp) -> Option<TimeDelta> {
        let refuse = |action: &Action| match action {
            Action::RefuseNewest { service: name, by } if name == service => Some(delta(*by)),
            _ => None,
        };
        self.past(now).filter_map(|(_, action)| refuse(action)).last()
    }
}

fn fewer_since(at: Timestamp, earlier: &[Timestamp], times: u32) -> bool {
    let since = earlier.iter().filter(|when| **when >= at).count();
    u32::try_from(since).is_ok_and(|since| since < times)
}
