//! The one clock (S17): *now*, poll intervals, run and RTO clocks and step limits all read it.
//!
//! HTTP, process and keyboard time-outs use real time. A clock that is not the system's refuses to
//! arm for a source that is not loopback; [`Clock::is_system`] tells.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// A clock that starts at an instant and may run faster than real time.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    origin: Option<Origin>,
}

#[derive(Debug, Clone, Copy)]
struct Origin {
    real: std::time::Instant,
    shown: DateTime<Utc>,
    speed: f64,
}

impl Clock {
    /// The wall clock of this host.
    pub const fn system() -> Self {
        Self { origin: None }
    }

    /// A clock that shows `start` now and runs `speed` times as fast as real time (0 stands still).
    pub fn starting_at(start: DateTime<Utc>, speed: f64) -> Self {
        let speed = if speed.is_finite() { speed.max(0.0) } else { 1.0 };
        Self { origin: Some(Origin { real: std::time::Instant::now(), shown: start, speed }) }
    }

    /// A clock that showed `start` when this host's clock showed `real`, so that programs started at
    /// different times share it.
    pub fn shared(start: DateTime<Utc>, real: DateTime<Utc>, speed: f64) -> Self {
        let since = Utc::now().signed_duration_since(real).to_std().unwrap_or_default();
        let passed = TimeDelta::from_std(seconds(since.as_secs_f64() * speed)).unwrap_or(TimeDelta::MAX);
        Self::starting_at(start.checked_add_signed(passed).unwrap_or(start), speed)
    }

    /// The present instant, UTC.
    pub fn now(&self) -> DateTime<Utc> {
        match self.origin {
            None => Utc::now(),
            Some(origin) => {
                let passed = origin.real.elapsed().as_secs_f64() * origin.speed;
                origin.shown + TimeDelta::from_std(seconds(passed)).unwrap_or(TimeDelta::MAX)
            }
        }
    }

    /// Whether this is the host's own clock at its own speed.
    pub const fn is_system(&self) -> bool {
        self.origin.is_none()
    }

    /// How many times as fast as real time this clock runs.
    pub fn speed(&self) -> f64 {
        self.origin.map_or(1.0, |origin| origin.speed)
    }

    /// What passes on this clock in `real` time; on one that stands still no wait would have an end, so as on others.
    pub fn shown(&self, real: Duration) -> Duration {
        let speed = self.speed();
        let shown = if speed > 0.0 { seconds(real.as_secs_f64() * speed) } else { real };
        shown.min(LONGEST)
    }

    /// The real time in which `shown` passes on this clock; never zero, so that a loop cannot spin.
    pub fn real(&self, shown: Duration) -> Duration {
        let speed = self.speed();
        let real = if speed > 0.0 { seconds(shown.as_secs_f64() / speed) } else { shown };
        real.max(Duration::from_millis(10))
    }
}

/// No wait is shown as longer: it must stay an instant.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 3600);

fn seconds(value: f64) -> Duration {
    Duration::try_from_secs_f64(value).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_still_clock_shows_its_start() {
        let start = DateTime::from_timestamp(1_795_164_882, 0).unwrap();
        assert_eq!(Clock::starting_at(start, 0.0).now(), start);
        assert!(!Clock::starting_at(start, 1.0).is_system());
    }

    #[test]
    fn a_shared_clock_shows_what_it_would_show_had_it_been_started_earlier() {
        let start = DateTime::from_timestamp(1_795_164_882, 0).unwrap();
        let clock = Clock::shared(start, Utc::now() - TimeDelta::seconds(10), 60.0);
        assert!(clock.now() >= start + TimeDelta::seconds(600));
        assert!(clock.now() < start + TimeDelta::seconds(1200), "ten seconds at sixty times real time");
    }

    #[test]
    fn a_fast_clock_shortens_real_waits_but_never_to_nothing() {
        let start = DateTime::from_timestamp(0, 0).unwrap();
        let clock = Clock::starting_at(start, 60.0);
        assert_eq!(clock.real(Duration::from_mins(1)), Duration::from_secs(1));
        assert_eq!(clock.real(Duration::from_millis(1)), Duration::from_millis(10));
    }
}
