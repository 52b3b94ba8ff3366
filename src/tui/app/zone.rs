//! The operator's zone, as far as the core needs it: a function from an instant to an offset.

use chrono::{FixedOffset, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone};

use super::model::OffsetAt;

/// A zone made of [`OffsetAt`], so that local times can be read in it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Zone {
    /// By its rules.
    Rules(OffsetAt),
    /// One offset for all time; what a date of this zone remembers.
    Fixed(FixedOffset),
}

impl TimeZone for Zone {
    type Offset = FixedOffset;

    fn from_offset(offset: &FixedOffset) -> Self {
        Self::Fixed(*offset)
    }

    fn offset_from_local_date(&self, local: &NaiveDate) -> MappedLocalTime<FixedOffset> {
        self.offset_from_local_datetime(&local.and_time(NaiveTime::MIN))
    }

    /// The offsets under which `local` is a time of this zone: none where clocks go forward over it,
    /// two where they go back.
    fn offset_from_local_datetime(&self, local: &NaiveDateTime) -> MappedLocalTime<FixedOffset> {
        let around = [TimeDelta::days(-1), TimeDelta::days(1)];
        let mut found: Vec<FixedOffset> = around
            .into_iter()
            .filter_map(|by| local.checked_add_signed(by))
            .map(|near| self.offset_from_utc_datetime(&near))
            .filter(|offset| {
                let utc = local.checked_sub_offset(*offset);
                utc.is_some_and(|utc| self.offset_from_utc_datetime(&utc) == *offset)
            })
            .collect();
        found.dedup();
        match found.as_slice() {
            [] => MappedLocalTime::None,
            [only] => MappedLocalTime::Single(*only),
            // The larger offset comes first in time.
            [first, second, ..] => {
                let (early, late) = if first.local_minus_utc() > second.local_minus_utc() {
                    (*first, *second)
                } else {
                    (*second, *first)
                };
                MappedLocalTime::Ambiguous(early, late)
            }
        }
    }

    fn offset_from_utc_date(&self, utc: &NaiveDate) -> FixedOffset {
        self.offset_from_utc_datetime(&utc.and_time(NaiveTime::MIN))
    }

    fn offset_from_utc_datetime(&self, utc: &NaiveDateTime) -> FixedOffset {
        match self {
            Self::Rules(offset_at) => offset_at(utc.and_utc()),
            Self::Fixed(offset) => *offset,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;

    /// Central Europe in 2026: summer time until 25 October, 01:00Z.
    fn berlin(at: Timestamp) -> FixedOffset {
        let summer = at >= "2026-03-29T01:00:00Z".parse::<Timestamp>().unwrap()
            && at < "2026-10-25T01:00:00Z".parse::<Timestamp>().unwrap();
        FixedOffset::east_opt(if summer { 7200 } else { 3600 }).unwrap()
    }

    fn read(text: &str) -> Vec<String> {
        let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
        let mapped = Zone::Rules(berlin).from_local_datetime(&local);
        [mapped.earliest(), mapped.latest()]
            .into_iter()
            .flatten()
            .map(|at| at.to_utc().to_rfc3339())
            .collect()
    }

    #[test]
    fn s12_a_local_time_may_mean_one_instant_two_or_none() {
        assert_eq!(read("2026-11-20 13:04"), ["2026-11-20T12:04:00+00:00"; 2]);
        assert_eq!(read("2026-10-25 02:30"), ["2026-10-25T00:30:00+00:00", "2026-10-25T01:30:00+00:00"]);
        assert_eq!(read("2026-03-29 02:30"), [""; 0]);
    }
}
