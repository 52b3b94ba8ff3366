//! How long to wait before a source is asked again. Pure: jitter is an argument.

use std::time::Duration;

use crate::provider::LONGEST_RETRY_AFTER;

/// A wait varies by this share, so that sources that fell into step drift apart again.
const JITTER: f64 = 0.1;
/// Between the first requests of two sources, on average.
const FIRST_GAP: Duration = Duration::from_millis(10);

/// The wait after `failures` attempts in a row that brought nothing; 0 after one that did.
///
/// Doubles with each failure up to `longest`, and is never more than that. `retry_after` is what the
/// source asked for: it is never undercut. `jitter` lies in 0..1.
pub fn next(
    interval: Duration,
    longest: Duration,
    failures: u32,
    retry_after: Option<Duration>,
    jitter: f64,
) -> Duration {
    let longest = longest.max(interval);
    let doubled = interval.saturating_mul(2_u32.saturating_pow(failures)).min(longest);
    let jitter = jitter.clamp(0.0, 1.0);
    let own = doubled.mul_f64(1.0 + JITTER * (2.0 * jitter - 1.0)).min(longest);
    match retry_after {
        Some(asked) => own.max(asked.min(LONGEST_RETRY_AFTER).mul_f64(1.0 + JITTER * jitter)),
        None => own,
    }
}

/// Over how long the first requests of so many sources are spread.
pub fn first_spread(sources: usize) -> Duration {
    FIRST_GAP.saturating_mul(u32::try_from(sources.saturating_sub(1)).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const INTERVAL: Duration = Duration::from_secs(30);
    const LONGEST: Duration = Duration::from_secs(300);

    fn seconds(failures: u32, retry_after: Option<u64>, jitter: f64) -> f64 {
        next(INTERVAL, LONGEST, failures, retry_after.map(Duration::from_secs), jitter).as_secs_f64()
    }

    #[test]
    fn it_doubles_and_then_stays_at_the_cap() {
        let waits: Vec<f64> = (0..8).map(|failures| seconds(failures, None, 0.5)).collect();
        assert_eq!(waits, [30.0, 60.0, 120.0, 240.0, 300.0, 300.0, 300.0, 300.0]);
        assert!((seconds(u32::MAX, None, 1.0) - 300.0).abs() < 1e-9, "jitter does not break the cap");
    }

    #[test]
    fn what_the_source_asks_for_is_honoured_and_bounded() {
        assert!(seconds(0, Some(120), 0.0) >= 120.0);
        assert!((seconds(0, Some(5), 0.5) - 30.0).abs() < 1e-9, "a shorter one does not hurry us");
        assert!(seconds(9, Some(600), 0.0) >= 600.0, "it may exceed our own cap");
        assert!(seconds(0, Some(u64::MAX), 1.0) <= 3_960.0);
    }

    #[test]
    fn an_interval_above_the_cap_is_kept() {
        assert_eq!(next(LONGEST, INTERVAL, 3, None, 0.5), LONGEST);
    }

    #[test]
    fn one_source_starts_at_once() {
        assert_eq!(first_spread(1), Duration::ZERO);
        assert_eq!(first_spread(0), Duration::ZERO);
    }

    proptest! {
        #[test]
        fn the_cap_caps_and_nothing_is_hurried(
            interval in 1_u64..1_000, longest in 1_u64..10_000, failures in 0_u32..100, jitter in -1.0_f64..2.0
        ) {
            let (interval, longest) = (Duration::from_secs(interval), Duration::from_secs(longest));
            let wait = next(interval, longest, failures, None, jitter);
            prop_assert!(wait <= longest.max(interval));
            prop_assert!(wait >= interval.mul_f64(0.899));
            let more = next(interval, longest, failures + 1, None, jitter);
            prop_assert!(more >= wait);
        }
    }
}
