//! How far a copy trailed over time, as its provider tells it and as we read it. A chart, never a
//! verdict (S8): neither the shape nor the unit of the provider's report is documented.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Outcome, Timestamp};

/// How far a history reaches back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LagPeriod {
    /// The last hour.
    Hour,
    /// The last 24 hours.
    Day,
    /// The last 7 days.
    Week,
    /// The last 30 days.
    Month,
    /// The last 365 days.
    Year,
}

impl LagPeriod {
    /// Every period, shortest first.
    pub const ALL: [Self; 5] = [Self::Hour, Self::Day, Self::Week, Self::Month, Self::Year];

    /// The stable word, which is also the provider's.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    /// How long it is.
    pub const fn span(self) -> Duration {
        const HOUR: u64 = 3600;
        Duration::from_secs(match self {
            Self::Hour => HOUR,
            Self::Day => 24 * HOUR,
            Self::Week => 7 * 24 * HOUR,
            Self::Month => 30 * 24 * HOUR,
            Self::Year => 365 * 24 * HOUR,
        })
    }
}

/// What a provider reported of one service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LagHistory {
    /// The service's name at the provider.
    pub remote: String,
    /// How far it was asked to reach back.
    pub period: LagPeriod,
    /// When it was told, by our clock.
    pub as_of: Timestamp,
    /// One for each line of the provider's chart; none = nothing was reported.
    pub series: Vec<LagSeries>,
    /// What of the answer was left out or guessed, each a sentence.
    pub notes: Vec<String>,
}

/// One line of a chart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LagSeries {
    /// What the provider calls it (`google-europe-west3`).
    pub name: String,
    /// The unit of its values.
    pub unit: LagUnit,
    /// Its values, oldest first.
    pub points: Vec<LagPoint>,
}

/// The unit of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LagUnit {
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
    /// The provider does not say.
    NotSaid,
}

/// One value of a line.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LagPoint {
    /// When.
    pub at: Timestamp,
    /// How much; `None` = unknown then (S3).
    pub value: Option<f64>,
}

/// Why there is no history, with the outcome of the attempt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct NoLagHistory {
    /// How the attempt ended.
    pub outcome: Outcome,
    /// A sentence without secrets.
    pub why: String,
}
