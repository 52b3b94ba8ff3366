//! When the calls of a run are made: no two of one kind at a time, each at its pace, slower while it
//! fails.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use tokio::task::{AbortHandle, Id};
use tokio::time::Instant;

use crate::clock::Clock;
use crate::runbook::{Call, Effect, Key};

/// The first pause after a call that failed, and after one that changed nothing.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest pause between two tries of a call that fails.
const LONGEST: Duration = Duration::from_secs(120);

/// No pause is longer, however slow the run's clock is.
const AGES: Duration = Duration::from_secs(24 * 3600);

/// Which calls are under way, and when the others may begin: in time that no setting of a wall clock
/// moves.
#[derive(Debug)]
pub(super) struct Schedule {
    clock: Clock,
    tasks: HashMap<Id, (Call, AbortHandle)>,
    begun: BTreeMap<Key, Call>,
    not_before: BTreeMap<Key, Instant>,
    failures: BTreeMap<Key, u32>,
    next_due: Option<Instant>,
}

impl Schedule {
    /// Nothing is under way; pauses are those of the run's clock.
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            clock,
            tasks: HashMap::new(),
            begun: BTreeMap::new(),
            not_before: BTreeMap::new(),
            failures: BTreeMap::new(),
            next_due: None,
        }
    }

    /// The calls that begin now, out of those wanted. A look that nobody wants any more is given up: the
    /// next one of its kind need not wait for it.
    pub(super) fn due(&mut self, wanted: Vec<Effect>, now: Instant) -> Vec<Call> {
        self.tasks.retain(|_, (call, task)| {
            let goes_on = call.mutates() || wanted.iter().any(|effect| effect.call == *call);
            if !goes_on {
                task.abort();
            }
            goes_on
        });
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
    pub(super) const fn next_due(&self) -> Option<Instant> {
        self.next_due
    }

    /// A call that was due runs as this task.
    pub(super) fn started(&mut self, key: Key, task: AbortHandle) {
        if let Some(call) = self.begun.remove(&key) {
            self.tasks.insert(task.id(), (call, task));
        }
    }

    /// The call of a task that ended; none of one that was given up.
    pub(super) fn ended(&mut self, task: Id) -> Option<Call> {
        self.tasks.remove(&task).map(|(call, _)| call)
    }

    /// Whether a call that changes something is under way.
    pub(super) fn is_acting(&self) -> bool {
        self.calls().any(Call::mutates)
    }

    /// Says when a call that ended may begin again, if it is still wanted.
    pub(super) fn rest(&mut self, call: &Call, shaky: bool, news: bool, wanted: &[Effect], now: Instant) {
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
        self.not_before.insert(key, now + self.clock.real(pause).min(AGES));
    }

    /// When a call that ended may begin again, which is not before `wait`, whatever its pace.
    pub(super) fn not_before(&mut self, call: &Call, wait: Option<Instant>) -> Option<Instant> {
        let due = self.not_before.get_mut(&call.key())?;
        *due = wait.map_or(*due, |wait| wait.max(*due));
        Some(*due)
    }

    /// Lets every call that rests begin now.
    pub(super) fn hurry(&mut self) {
        self.not_before.clear();
    }

    fn calls(&self) -> impl Iterator<Item = &Call> {
        self.tasks.values().map(|(call, _)| call)
    }

    /// A fork is not removed while it is still being asked for: it would be found absent, and made after
    /// that (S20).
    fn clashes(&self, call: &Call) -> bool {
        let attempt = call.key().attempt;
        call.mutates() && self.calls().any(|other| other.mutates() && other.key().attempt == attempt)
    }

    fn is_under_way(&self, key: Key) -> bool {
        self.calls().any(|call| call.key() == key)
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
    use crate::domain::Target;
    use crate::runbook::Draft;
    use crate::runbook::RunKind;
    use crate::runbook::sample::opening;

    const TEN: Duration = Duration::from_secs(10);

    fn probe() -> Vec<Effect> {
        let call = Call::ProbePrimary("tcp://127.0.0.1:5432".to_owned());
        vec![Effect { call, every: Some(TEN) }]
    }

    fn resolve(target: Target) -> Vec<Effect> {
        let call = Call::ResolvePoint(Draft { target, ..Draft::first(&opening(RunKind::Incident)) });
        vec![Effect { call, every: None }]
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
        let mut schedule = Schedule::new(Clock::system());
        let now = Instant::now();
        let due = schedule.due(probe(), now);
        assert_eq!(due.len(), 1);
        let task = tokio::spawn(async {}).abort_handle();
        let id = task.id();
        schedule.started(due[0].key(), task);
        assert_eq!(schedule.due(probe(), now), []);
        let call = schedule.ended(id).unwrap();
        schedule.rest(&call, false, false, &probe(), now);
        assert_eq!(schedule.due(probe(), now + Duration::from_secs(9)), []);
        assert_eq!(schedule.next_due(), Some(now + TEN));
        assert_eq!(schedule.due(probe(), now + TEN).len(), 1);
    }

    #[tokio::test]
    async fn another_point_does_not_wait_for_the_look_at_the_one_before() {
        let mut schedule = Schedule::new(Clock::system());
        let first = schedule.due(resolve(Target::Newest), Instant::now()).remove(0);
        let task = tokio::spawn(std::future::pending::<()>());
        schedule.started(first.key(), task.abort_handle());
        assert_eq!(schedule.due(resolve(Target::Newest), Instant::now()), []);
        assert_eq!(schedule.due(resolve(Target::Oldest), Instant::now()).len(), 1);
        assert!(task.await.unwrap_err().is_cancelled(), "nobody wants its answer");
    }

    #[tokio::test]
    async fn a_pause_is_as_long_as_the_runs_clock_makes_it() {
        let fast = Clock::starting_at(crate::domain::sample::at(crate::runbook::sample::OPENED), 10.0);
        let mut schedule = Schedule::new(fast);
        let now = Instant::now();
        let call = schedule.due(probe(), now).remove(0);
        schedule.rest(&call, false, false, &probe(), now);
        assert_eq!(schedule.due(probe(), now), []);
        assert_eq!(schedule.next_due(), Some(now + TEN / 10));
    }

    #[test]
    fn what_is_no_longer_wanted_leaves_no_pause_behind() {
        let mut schedule = Schedule::new(Clock::system());
        let now = Instant::now();
        let call = schedule.due(probe(), now).remove(0);
        schedule.rest(&call, true, false, &probe(), now);
        assert_eq!(schedule.due(probe(), now), []);
        schedule.due(Vec::new(), now);
        assert_eq!(schedule.due(probe(), now).len(), 1);
    }
}
