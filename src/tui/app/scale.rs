//! A lane's scale: which column stands for which stretch of time, and where its labels are.

use std::time::Duration;

use chrono::TimeDelta;

use crate::domain::Timestamp;

/// Columns of equal stretches of time, the last one ending at `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scale {
    /// Start of the first column.
    pub from: Timestamp,
    /// End of the last column.
    pub to: Timestamp,
    /// How many.
    pub columns: u16,
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Distances between labels, seconds.
const TICKS: [i64; 25] = [
    1,
    5,
    10,
    30,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    5 * DAY,
    10 * DAY,
    20 * DAY,
    40 * DAY,
    80 * DAY,
    200 * DAY,
    400 * DAY,
    2000 * DAY,
];

impl Scale {
    /// The whole: from the oldest instant to now, over whole hours, or days where there are many.
    pub fn whole(oldest: Timestamp, now: Timestamp, columns: u16) -> Self {
        let needed = (now - oldest).num_seconds().max(1);
        let unit = if needed > 2 * DAY { DAY } else { HOUR };
        let span = (needed + unit - 1) / unit * unit;
        Self { from: now - TimeDelta::seconds(span), to: now, columns }
    }

    /// A span that ends at an instant.
    pub fn ending(to: Timestamp, span: Duration, columns: u16) -> Self {
        let span = TimeDelta::from_std(span).unwrap_or(TimeDelta::MAX);
        Self { from: to.checked_sub_signed(span).unwrap_or(Timestamp::MIN_UTC), to, columns }
    }

    /// The whole span.
    pub fn span(&self) -> Duration {
        (self.to - self.from).to_std().unwrap_or_default()
    }

    /// The time one column stands for; never zero.
    pub fn step(&self) -> TimeDelta {
        let columns = i32::from(self.columns.max(1));
        (self.to - self.from).checked_div(columns).unwrap_or_default().max(TimeDelta::milliseconds(1))
    }

    /// The start of a column; that of the one behind the last is the end.
    pub fn start(&self, column: u16) -> Timestamp {
        if column >= self.columns {
            return self.to;
        }
        let whole = (self.to - self.from).num_milliseconds();
        let part = whole.saturating_mul(i64::from(column)) / i64::from(self.columns.max(1));
        self.from + TimeDelta::milliseconds(part)
    }

    /// The column of an instant; both ends of the scale lie in it.
    pub fn column(&self, at: Timestamp) -> Option<u16> {
        if at < self.from || at > self.to || self.columns == 0 {
            return None;
        }
        let whole = (self.to - self.from).num_milliseconds().max(1);
        let past = (at - self.from).num_milliseconds();
        let column = past.saturating_mul(i64::from(self.columns)) / whole;
        Some(u16::try_from(column).unwrap_or(u16::MAX).min(self.columns - 1))
    }

    /// Labels at round times in UTC, far enough from each other: column and text.
    pub fn labels(&self) -> Vec<(u16, String)> {
        let least = self.step().num_milliseconds().saturating_mul(12);
        let Some(tick) = TICKS.into_iter().find(|tick| tick * 1000 >= least) else { return Vec::new() };
        let format = match tick {
            ..MINUTE => "%H:%M:%S",
            MINUTE..DAY => "%H:%M",
            _ => "%m-%d",
        };
        let mut labels = Vec::new();
        let mut next = (self.from.timestamp().div_euclid(tick) + 1).saturating_mul(tick);
        while let Some(at) = Timestamp::from_timestamp(next, 0).filter(|at| *at <= self.to) {
            if let Some(column) = self.column(at) {
                let midnight = tick < DAY && next % DAY == 0;
                labels.push((column, at.format(if midnight { "%m-%d" } else { format }).to_string()));
            }
            next = next.saturating_add(tick);
        }
        labels
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn fourteen_days_in_84_columns_are_four_hours_each() {
        let scale = Scale::whole(at("2026-11-06T13:00:00Z"), at("2026-11-20T12:00:00Z"), 84);
        assert_eq!(scale.step(), TimeDelta::hours(4));
        let labels = scale.labels();
        assert_eq!(labels.first().map(|(_, text)| text.as_str()), Some("11-07"), "{labels:?}");
    }

    #[test]
    fn an_hour_is_labelled_every_ten_minutes() {
        let scale = Scale::ending(at("2026-11-20T12:04:31Z"), Duration::from_hours(1), 84);
        let texts: Vec<String> = scale.labels().into_iter().map(|(_, text)| text).collect();
        assert_eq!(texts, ["11:10", "11:20", "11:30", "11:40", "11:50", "12:00"]);
    }

    proptest! {
        #[test]
        fn every_column_begins_inside_itself_and_labels_keep_their_distance(
            start in 0_i64..4_000_000_000, span in 60_i64..100_000_000, columns in 1_u16..400,
        ) {
            let to = Timestamp::from_timestamp(start + span, 0).unwrap();
            let scale = Scale::ending(to, Duration::from_secs(u64::try_from(span).unwrap()), columns);
            for column in 0..columns {
                let back = scale.column(scale.start(column)).unwrap();
                prop_assert!(back.abs_diff(column) <= 1);
            }
            prop_assert_eq!(scale.column(scale.to), Some(columns - 1));
            for pair in scale.labels().windows(2) {
                prop_assert!(pair[1].0 >= pair[0].0 + 11, "{:?}", pair);
            }
        }
    }
}
