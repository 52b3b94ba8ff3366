//! From what age on facts are stale (S2): two poll intervals of the source they come from.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Service;

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

    /// Of a service: that of its slowest source.
    pub fn of(&self, service: &Service) -> Duration {
        let copies = [&service.primary, &service.secondary].into_iter().flatten();
        copies.map(|copy| self.source(&copy.source)).max().unwrap_or(self.usual)
    }
}

impl From<Duration> for StaleAfter {
    fn from(usual: Duration) -> Self {
        Self::new(usual, BTreeMap::new())
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::orders;
    use super::*;

    #[test]
    fn s2_a_service_is_stale_by_its_own_sources_and_not_by_the_slowest_of_all() {
        let minute = Duration::from_mins(1);
        let ages = [("west", 2), ("east", 3), ("elsewhere", 60)];
        let ages = ages.map(|(source, count)| (source.to_owned(), minute * count));
        let stale_after = StaleAfter::new(minute, ages.into());
        assert_eq!(stale_after.of(&orders()), minute * 3);
        let alone = Service { secondary: None, ..orders() };
        assert_eq!(stale_after.of(&alone), minute * 2);
        assert_eq!(stale_after.of(&Service { primary: None, ..alone }), minute);
        assert_eq!(stale_after.source("nobody"), minute);
    }
}
