//! When the calls of a run are made: no two of one kind at a time, each at its pace, slower while it
//! fails.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use chrono::TimeDelta;
use tokio::task::Id;

use crate::domain::Timestamp;
use crate::runbook::{Call, Effect, Key};

/// The first pause after a call that failed, and after one that changed nothing.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest pause between two tries of a call that fails.
const LONGEST: Duration = Duration::from_secs(120);

/// Which calls are under way, and when the others may begin.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    tasks: HashMap<Id, Call>,
    begun: BTreeMap<Key, Call>,
    not_before: BTreeMap<Key, Timestamp>,
    failures: BTreeMap<Key, u32>,
    next_due: Option<Timestamp>,
}

impl Schedule {
    /// The calls that begin now, out of those wanted.
    pub(super) fn due(&mut self, wanted: Vec<Effect>, now: Timestamp) -> Vec<Call> {
        let is_wanted = |key: &Key| wanted.iter().any(|effect| effect.call.key() == *key);
        self.not_before.retain(|key, _| is_wanted(key));
        self.failures.retain(|key, _| is_wanted(key));
        self.next_due = None;
        let mut due = Vec::new();
        for effect in wanted {
            let key = effect.call.key();
            if self.is_under_way(key) || self.clashes(&effect.call) {
                continue;
            }
            match self.not_before.get(&key) {
                Some(&at) if at > now => {
                    self.next_due = Some(self.next_due.map_or(at, |next| next.min(at)));
                }
                _ => {
                    self.begun.insert(key, effect.call.clone());
                    due.push(effect.call);
                }
            }
        }
        due
    }

    /// When the next call that waits for its time may begin.
    pub(super) const fn next_due(&self) -> Option<Timestamp> {
        self.next_due
    }

    /// A call that was due runs as this task.
    pub(super) fn started(&mut self, key: Key, task: Id) {
        if let Some(call) = self.begun.remove(&key) {
            self.tasks.insert(task, call);
        }
    }

    /// The call of a task that ended.
    pub(super) fn ended(&mut self, task: Id) -> Option<Call> {
        self.tasks.remove(&task)
    }

    /// Whether a call that changes something is under way.
    pub(super) fn is_acting(&self) -> bool {
        self.tasks.values().any(Call::mutates)
    }

    /// Says when a call that ended may begin again, if it is still wanted.
    pub(super) fn rest(&mut self, call: &Call, shaky: bool, news: bool, wanted: &[Effect], now: Timestamp) {
        let key = call.key();
        let failures = self.failures.entry(key).or_default();
        *failures = if shaky { failures.saturating_add(1) } else { 0 };
        let pace = wanted.iter().find(|effect| effect.call == *call).and_then(|effect| effect.every);
        let pause = match pace {
            Some(every) => pause(every, *failures),
            // Wanted once, answered, and something came of it: whatever is wanted next is another.
            None if news => return,
            None => pause(PAUSE, *failures),
        };
        self.not_before.insert(key, now + TimeDelta::from_std(pause).unwrap_or(TimeDelta::MAX));
    }

    /// A fork is not removed while it is still being asked for: it would be found absent, and made after
    /// that (S20).
    fn clashes(&self, call: &Call) -> bool {
        let attempt = call.key().attempt;
        call.mutates() && self.tasks.values().any(|other| other.mutates() && other.key().attempt == attempt)
    }

    fn is_under_way(&self, key: Key) -> bool {
        self.tasks.values().any(|call| call.key() == key)
    }
}

/// Doubles with every failure in a row, up to [`LONGEST`], but is never shorter than the pace.
fn pause(pace: Duration, failures: u32) -> Duration {
    let doubled = pace.saturating_mul(2_u32.saturating_pow(failures.min(16)));
    doubled.min(LONGEST.max(pace))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::at;
    use crate::runbook::sample::OPENED;

    fn probe(every: u64) -> Vec<Effect> {
        let call = Call::ProbePrimary("tcp://127.0.0.1:5432".to_owned());
        vec![Effect { call, every: Some(Duration::from_secs(every)) }]
    }

    #[test]
    fn a_call_is_repeated_at_its_pace_and_slower_while_it_fails() {
        assert_eq!(pause(Duration::from_secs(5), 0), Duration::from_secs(5));
        assert_eq!(pause(Duration::from_secs(5), 2), Duration::from_secs(20));
        assert_eq!(pause(Duration::from_secs(5), 40), LONGEST);
        assert_eq!(pause(Duration::from_secs(600), 3), Duration::from_secs(600));
    }

    #[tokio::test]
    async fn no_two_calls_of_one_kind_at_a_time() {
        let mut schedule = Schedule::default();
        let now = at(OPENED);
        let due = schedule.due(probe(10), now);
        assert_eq!(due.len(), 1);
        let task = tokio::spawn(async {}).id();
        schedule.started(due[0].key(), task);
        assert_eq!(schedule.due(probe(10), now), []);
        let call = schedule.ended(task).unwrap();
        schedule.rest(&call, false, false, &probe(10), now);
        assert_eq!(schedule.due(probe(10), now + TimeDelta::seconds(9)), []);
        assert_eq!(schedule.next_due(), Some(now + TimeDelta::seconds(10)));
        assert_eq!(schedule.due(probe(10), now + TimeDelta::seconds(10)).len(), 1);
    }

    #[test]
    fn what_is_no_longer_wanted_leaves_no_pause_behind() {
        let mut schedule = Schedule::default();
        let now = at(OPENED);
        let call = schedule.due(probe(10), now).remove(0);
        schedule.rest(&call, true, false, &probe(10), now);
        assert_eq!(schedule.due(probe(10), now), []);
        schedule.due(Vec::new(), now);
        assert_eq!(schedule.due(probe(10), now).len(), 1);
    }
}
