//! The data of a service: one row each so long, so that *the newest row at an instant* is a fact that
//! a check of a restored copy can compare with.

use chrono::TimeDelta;

use super::script::Span;
use crate::domain::Timestamp;

/// A steady stream of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::simulator) struct Rows {
    /// The first row.
    pub(in crate::simulator) first: Timestamp,
    /// Microseconds between two rows.
    pub(in crate::simulator) every_us: i64,
}

/// What is in a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::simulator) struct Data {
    /// When the newest row was written.
    pub(in crate::simulator) newest_row: Option<Timestamp>,
    /// How many rows there are.
    pub(in crate::simulator) rows: i64,
}

impl Data {
    /// No row at all.
    pub(in crate::simulator) const NONE: Self = Self { newest_row: None, rows: 0 };
}

impl Rows {
    /// All rows written up to `at`, that instant included. None is written while the service is down.
    pub(in crate::simulator) fn up_to(self, at: Timestamp, down: &[Span]) -> Data {
        let mut rows = self.slots(at);
        let mut newest = at;
        for span in down.iter().rev().filter(|span| span.from <= at) {
            let end = span.to.map_or(at, |to| to.min(at));
            rows -= self.slots(end) - self.slots(span.from);
            if self.slots(newest) == self.slots(end) {
                newest = span.from;
            }
        }
        let slots = self.slots(newest);
        let newest_row =
            (slots > 0).then(|| self.first + TimeDelta::microseconds((slots - 1) * self.every_us));
        Data { newest_row, rows }
    }

    /// How many rows are due by `at`.
    fn slots(self, at: Timestamp) -> i64 {
        let passed = (at - self.first).num_microseconds().unwrap_or_default();
        (passed.div_euclid(self.every_us.max(1)) + 1).max(0)
    }
}
