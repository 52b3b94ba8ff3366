//! A scale of time: columns of equal length, aligned to multiples of that length, so that a lane
//! stands still while the clock runs and moves by whole columns.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Timelike};

use crate::domain::{Timestamp, words};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Distances of labels, seconds.
const ROUND: [i64; 32] = [
    1,
    2,
    5,
    10,
    15,
    30,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    20 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    4 * HOUR,
    6 * HOUR,
    8 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    3 * DAY,
    4 * DAY,
    7 * DAY,
    14 * DAY,
    28 * DAY,
    56 * DAY,
    91 * DAY,
    182 * DAY,
    364 * DAY,
    3640 * DAY,
];

/// Lengths of a column: multiples of a quantum that grows with them, so that what there is fills the
/// lanes. `(from here on, in steps of)`, seconds.
const QUANTA: [(i64, i64); 9] = [
    (1, 1),
    (10, 5),
    (MINUTE, 15),
    (5 * MINUTE, MINUTE),
    (20 * MINUTE, 5 * MINUTE),
    (6 * HOUR, 10 * MINUTE),
    (12 * HOUR, 30 * MINUTE),
    (DAY, 2 * HOUR),
    (2 * DAY, 12 * HOUR),
];

/// Empty cells between two labels, at least.
const LABEL_GAP: u16 = 4;

/// Columns of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scale {
    /// The number of the first column, counted in columns from 1970.
    first: i64,
    /// Seconds of one column; at least 1.
    step: i64,
    columns: u16,
}

impl Scale {
    /// Columns of `step` seconds, of which the last holds `at`.
    pub fn ending(at: Timestamp, step: i64, columns: u16) -> Self {
        let step = step.max(1);
        let columns = columns.max(1);
        let last = at.timestamp().div_euclid(step);
        Self { first: last - i64::from(columns) + 1, step, columns }
    }

    /// The shortest fairly round column with which everything from `oldest` to `now` fits.
    pub fn whole(oldest: Timestamp, now: Timestamp, columns: u16) -> Self {
        let needed = |step: i64| now.timestamp().div_euclid(step) - oldest.timestamp().div_euclid(step) + 1;
        let fit = i64::from(columns.max(1));
        let mut step = round_up((now - oldest).num_seconds().max(1) / fit);
        // A multiple more where the edges of columns cut off what is oldest; it ends where one column
        // holds everything.
        while needed(step) > fit && step < 20_000 * DAY {
            step = round_up(step + 1);
        }
        Self::ending(now, step, columns)
    }

    /// Seconds of one column.
    pub const fn step(&self) -> i64 {
        self.step
    }

    /// How many columns there are.
    pub const fn columns(&self) -> u16 {
        self.columns
    }

    /// Where a column begins; it ends where the next begins.
    pub fn start_of(&self, column: u16) -> Timestamp {
        let seconds = self.first.saturating_add(i64::from(column)).saturating_mul(self.step);
        DateTime::from_timestamp(seconds, 0).unwrap_or_default()
    }

    /// The first instant.
    pub fn start(&self) -> Timestamp {
        self.start_of(0)
    }

    /// The first instant behind the last column.
    pub fn end(&self) -> Timestamp {
        self.start_of(self.columns)
    }

    /// The column that holds an instant.
    pub fn column(&self, at: Timestamp) -> Option<u16> {
        let column = at.timestamp().div_euclid(self.step) - self.first;
        u16::try_from(column).ok().filter(|column| *column < self.columns)
    }

    /// Labels of round instants, each with the column where it begins. They never touch each other
    /// and never run over the end.
    pub fn labels(&self) -> Vec<(u16, String)> {
        let Some(distance) = ROUND.iter().copied().find(|distance| self.has_room(*distance)) else {
            return Vec::new();
        };
        let mut labels: Vec<(u16, String)> = Vec::new();
        let mut free = 0;
        let first = self.start().timestamp().div_euclid(distance);
        let last = self.end().timestamp().div_euclid(distance);
        for number in first..=last {
            let Some(at) = DateTime::from_timestamp(number * distance, 0) else { continue };
            let Some(column) = self.column(at) else { continue };
            let text = label(at, distance, self.is_long());
            let cells = u16::try_from(text.len()).unwrap_or(u16::MAX);
            if column >= free && column.saturating_add(cells) <= self.columns {
                free = column.saturating_add(cells).saturating_add(LABEL_GAP / 2);
                labels.push((column, text));
            }
        }
        labels
    }

    fn has_room(&self, distance: i64) -> bool {
        let sample = label(self.start(), distance, self.is_long());
        let needed = i64::try_from(sample.len()).unwrap_or(i64::MAX) + i64::from(LABEL_GAP);
        distance >= self.step && distance / self.step >= needed
    }

    /// Whether the year must be said.
    fn is_long(&self) -> bool {
        self.end() - self.start() > TimeDelta::days(300)
    }
}

/// A label by its distance to the next: a date for days; else the time of day, with the date at midnight.
fn label(at: Timestamp, distance: i64, with_year: bool) -> String {
    let midnight = at.num_seconds_from_midnight() == 0;
    let format = match distance {
        DAY.. if with_year => "%Y-%m-%d",
        DAY.. => "%m-%d",
        MINUTE.. if midnight => "%m-%d",
        MINUTE.. => "%H:%M",
        _ => "%H:%M:%S",
    };
    at.format(format).to_string()
}

/// The next length of a column from here on.
fn round_up(seconds: i64) -> i64 {
    let quantum = QUANTA.iter().rev().find(|(from, _)| seconds >= *from).map_or(1, |(_, quantum)| *quantum);
    let steps = seconds.saturating_add(quantum - 1).div_euclid(quantum);
    steps.saturating_mul(quantum).max(1)
}

/// The length of a column, never rounded: `43s`, `5h 15m`, `2d 12h`.
pub fn exact(seconds: i64) -> String {
    words::exact(duration(seconds))
}

/// How long lanes are, rounded down: `1h`, `2d 12h`, `14d`.
pub fn length(seconds: i64) -> String {
    words::age(duration(seconds))
}

fn duration(seconds: i64) -> Duration {
    Duration::from_secs(u64::try_from(seconds).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn two_weeks_take_fitof_four_hours() {
        let scale = Scale::whole(at("2026-11-06T16:31:40Z"), at("2026-11-20T12:04:31Z"), 84);
        assert_eq!(scale.step(), 4 * HOUR);
        assert_eq!(length(scale.step() * i64::from(scale.columns())), "14d");
        let labels: Vec<_> = scale.labels().into_iter().map(|(_, text)| text).collect();
        assert_eq!(labels, ["11-07", "11-09", "11-11", "11-13", "11-15", "11-17", "11-19"]);
    }

    #[test]
    fn the_last_hour_is_labelled_each_ten_minutes() {
        let scale = Scale::ending(at("2026-11-20T12:04:31Z"), 43, 84);
        let labels: Vec<_> = scale.labels().into_iter().map(|(_, text)| text).collect();
        assert_eq!(labels, ["11:10", "11:20", "11:30", "11:40", "11:50", "12:00"]);
    }

    #[test]
    fn midnight_shows_the_date() {
        let scale = Scale::ending(at("2026-11-20T03:00:00Z"), 5 * MINUTE, 84);
        assert!(scale.labels().iter().any(|(_, text)| text == "11-20"), "{:?}", scale.labels());
    }

    #[test]
    fn lengths_are_short() {
        for (seconds, text) in
            [(43, "43s"), (3600, "1h"), (14_400, "4h"), (14 * DAY, "14d"), (416 * HOUR, "17d"), (DAY, "1d")]
        {
            assert_eq!(length(seconds), text);
        }
    }

    proptest! {
        #[test]
        fn everything_from_oldest_to_now_has_a_column(now in 0_i64..4_000_000_000, back in 0_i64..400_000_000, columns in 1_u16..400, ) {
            let now = DateTime::from_timestamp(now, 0).unwrap();
            let oldest = now - TimeDelta::seconds(back);
            let scale = Scale::whole(oldest, now, columns);
            prop_assert_eq!(scale.column(now), Some(columns - 1));
            if columns >= 4 {
                prop_assert!(scale.column(oldest).is_some());
            }
        }

        #[test]
        fn a_column_holds_its_start_and_not_its_end(now in 0_i64..4_000_000_000, step in 1_i64..1_000_000, columns in 1_u16..400, pick in 0_u16..400) {
            let scale = Scale::ending(DateTime::from_timestamp(now, 0).unwrap(), step, columns);
            let column = pick % columns;
            prop_assert_eq!(scale.column(scale.start_of(column)), Some(column));
            prop_assert_ne!(scale.column(scale.start_of(column + 1)), Some(column));
        }

        #[test]
        fn labels_never_collide(now in 0_i64..4_000_000_000, step in 1_i64..3_000_000, columns in 1_u16..400) {
            let scale = Scale::ending(DateTime::from_timestamp(now, 0).unwrap(), step, columns);
            let mut free = 0;
            for (column, text) in scale.labels() {
                prop_assert!(column >= free, "{text} at {column}");
                free = column + u16::try_from(text.len()).unwrap() + 1;
                prop_assert!(free <= columns + 1);
            }
        }
    }
}
