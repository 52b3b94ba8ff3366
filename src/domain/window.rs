//! Restore windows: ranges of instants one copy can be restored to (S4). A copy has a list of
//! them, because holes are real.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::Timestamp;

/// How well a bound is founded; later is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// The provider says so.
    Claimed,
    /// We saw every piece: chain and log.
    Whole,
    /// A run proved it.
    Restored,
    /// A run proved it and its data was compared.
    Checked,
}

/// What the upper edge of a window says about the newest data behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edge {
    /// The last instant that can be restored.
    Exact,
    /// A store time: the newest data is not later than this, perhaps earlier.
    AtMost,
    /// A fall-back: the newest data is at least this new.
    AtLeast,
}

/// One end of a window, and why it is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bound {
    /// The instant.
    pub at: Timestamp,
    /// How well it is founded.
    pub grade: Grade,
    /// Why the window ends here, as a fragment: `stop of base backup 20261120-083141F`.
    pub reason: Cow<'static, str>,
    /// The nearest instant within that can be asked for as a time, where this one can only be had by its
    /// name: by that of a backup, as *oldest* or as *newest* (S11).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nearest_time: Option<Timestamp>,
}

impl Bound {
    /// A bound at an instant, with its grade and reason.
    pub fn new(at: Timestamp, grade: Grade, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { at, grade, reason: reason.into(), nearest_time: None }
    }

    /// The same, but to be had by its name only.
    #[must_use]
    pub fn by_name(self, nearest_time: Timestamp) -> Self {
        Self { nearest_time: Some(nearest_time), ..self }
    }

    /// The nearest instant within, this one included, that can be asked for as a time.
    fn time(&self) -> Timestamp {
        self.nearest_time.unwrap_or(self.at)
    }
}

/// A range of instants that can be restored from one copy, both ends included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// The earliest instant.
    pub from: Bound,
    /// The latest instant; never before `from`.
    pub to: Bound,
    /// What `to` says about the data behind it.
    pub to_is: Edge,
}

impl Window {
    /// The first and the last instant that can be asked for as a time; `None` where only its bounds can be
    /// had, by their names (S11).
    pub fn times(&self) -> Option<(Timestamp, Timestamp)> {
        let (first, last) = (self.from.time(), self.to.time());
        (first <= last).then_some((first, last))
    }
}
