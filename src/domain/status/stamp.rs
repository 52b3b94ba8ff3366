//! An instant as documents write it (S13).

use chrono::{DurationRound, TimeDelta};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::super::Timestamp;
use super::super::instant::rfc3339;

/// RFC 3339 with `Z`, to the microsecond, no fraction when whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp(Timestamp);

impl Stamp {
    /// Rounded down, as upper edges and times of facts are: nothing looks newer than it is.
    pub fn down(at: Timestamp) -> Self {
        Self(at.duration_trunc(TimeDelta::microseconds(1)).unwrap_or(at))
    }

    /// Rounded up, as lower edges are: nothing is promised that lies before the edge.
    pub fn up(at: Timestamp) -> Self {
        let down = Self::down(at).0;
        Self(if down < at { down + TimeDelta::microseconds(1) } else { at })
    }

    /// The instant.
    pub const fn at(self) -> Timestamp {
        self.0
    }
}

impl Serialize for Stamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&rfc3339(self.0))
    }
}

impl<'de> Deserialize<'de> for Stamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map(Self).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s13_lower_edges_round_up_and_upper_edges_down() {
        let at: Timestamp = "2026-11-20T12:00:19.9999999Z".parse().unwrap();
        let written = |stamp: Stamp| serde_json::to_string(&stamp).unwrap();
        assert_eq!(written(Stamp::down(at)), "\"2026-11-20T12:00:19.999999Z\"");
        assert_eq!(written(Stamp::up(at)), "\"2026-11-20T12:00:20Z\"");
        let whole: Timestamp = "2026-11-20T12:00:19Z".parse().unwrap();
        assert_eq!(Stamp::up(whole), Stamp::down(whole));
        let before_1970: Timestamp = "1969-12-31T23:59:59.0000001Z".parse().unwrap();
        assert_eq!(written(Stamp::down(before_1970)), "\"1969-12-31T23:59:59Z\"");
    }
}
