//! Instants: UTC everywhere; how they are written (S13).

use chrono::{DateTime, SecondsFormat, Timelike, Utc};

/// An instant in UTC.
pub type Timestamp = DateTime<Utc>;

/// RFC 3339 with `Z`; no fraction when whole, else six digits (S13).
pub fn rfc3339(at: Timestamp) -> String {
    let precision = if at.nanosecond() / 1_000 == 0 { SecondsFormat::Secs } else { SecondsFormat::Micros };
    at.to_rfc3339_opts(precision, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_shown_only_when_there_are_any() {
        let whole: Timestamp = "2026-11-20T12:00:19Z".parse().unwrap();
        let fraction: Timestamp = "2026-11-20T12:00:19.5Z".parse().unwrap();
        assert_eq!(rfc3339(whole), "2026-11-20T12:00:19Z");
        assert_eq!(rfc3339(fraction), "2026-11-20T12:00:19.500000Z");
    }
}
