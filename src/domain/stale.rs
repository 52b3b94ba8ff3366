//! From what age on facts are stale (S2): two poll intervals of the source they come from.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{CopyState, Timestamp};

/// The ages, by source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaleAfter {
    usual: Duration,
    by_source: BTreeMap<String, Duration>,
}

impl StaleAfter {
    /// The ages of sources; `usual` for any other.
    pub const fn new(usual: Duration, by_source: BTreeMap<String, Duration>) -> Self {
        Self { usual, by_source }
    }

    /// Of one source.
    pub fn source(&self, name: &str) -> Duration {
        self.by_source.get(name).copied().unwrap_or(self.usual)
    }

    /// Whether facts of a source that were true at `as_of` are too old at `now`. From the future they were
    /// taken by another clock: how old they are cannot be said, so they are not fresh.
    pub fn is_past(&self, source: &str, as_of: Timestamp, now: Timestamp) -> bool {
        (now - as_of).abs().to_std().unwrap_or(Duration::MAX) > self.source(source)
    }
}

impl CopyState {
    /// Whether its facts are stale, by the interval of its own source. What another host read is never
    /// fresh here (S37).
    pub fn is_stale(&self, now: Timestamp, stale_after: &StaleAfter) -> bool {
        let past = |as_of| self.imported_from.is_some() || stale_after.is_past(&self.source, as_of, now);
        self.as_of().is_some_and(past)
    }

    /// Whether what is known of it may no longer be so: nothing was ever read, the last attempt brought
    /// nothing, or the facts are stale.
    pub fn is_old(&self, now: Timestamp, stale_after: &StaleAfter) -> bool {
        self.as_of().is_none() || !self.attempt.outcome.has_facts() || self.is_stale(now, stale_after)
    }
}

impl From<Duration> for StaleAfter {
    fn from(usual: Duration) -> Self {
        Self::new(usual, BTreeMap::new())
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{at, copy, minutes, now, orders, reading};
    use super::super::{Outcome, Service, assess};
    use super::*;

    fn ages() -> StaleAfter {
        let ages = [("west", 2), ("east", 60)].map(|(source, count)| (source.to_owned(), minutes(count)));
        StaleAfter::new(minutes(1), ages.into())
    }

    #[test]
    fn s2_each_copy_is_stale_by_its_own_source() {
        let mut service = orders();
        for copy in [&mut service.primary, &mut service.secondary].into_iter().flatten() {
            copy.last_good.as_mut().unwrap().as_of = at("2026-11-20T12:00:00Z");
        }
        let stale = |service: &Service| {
            let known = assess(service, now(), &ages());
            [known.primary, known.secondary].map(|copy| copy.unwrap().stale)
        };
        assert_eq!(stale(&service), [true, false], "the slow one hides nothing of the quick one");
        service.secondary.as_mut().unwrap().source = "nobody".to_owned();
        assert_eq!(stale(&service), [true, true]);
    }

    /// The board's, the timeline's and the judgement's word for it is one.
    #[test]
    fn s2_s37_what_is_old() {
        let read = |as_of: &str| {
            let mut read = copy("west", reading("2026-11-07T02:31:40Z", "2026-11-20T11:00:00Z"));
            read.last_good.as_mut().unwrap().as_of = at(as_of);
            read
        };
        let just_now = || read("2026-11-20T12:04:00Z");
        let mut failed = just_now();
        failed.attempt.outcome = Outcome::TimedOut;
        let imported =
            CopyState { imported_from: Some(Box::new(("watch-1".to_owned(), now()))), ..just_now() };
        let table = [
            ("just read", just_now(), false),
            ("too long ago", read("2026-11-20T12:02:30Z"), true),
            ("in the future", read("2026-11-20T12:06:32Z"), true),
            ("not read since", failed, true),
            ("of another host", imported, true),
            ("never read", CopyState::unread("west", "west", None), true),
        ];
        for (what, copy, old) in table {
            assert_eq!(copy.is_old(now(), &ages()), old, "{what}");
            let service = Service { secondary: Some(copy), ..orders() };
            let known = assess(&service, now(), &ages()).secondary.unwrap();
            assert_eq!(known.as_of.is_none() || !known.is_current(), old, "{what}");
        }
    }
}
