//! Going to an instant that a person types: without an offset every reading is offered (S12).

use chrono::{Offset, TimeDelta, Utc};

use crate::domain::Timestamp;
use crate::domain::target::{self, NotATarget, Offer, OfferedAs};
use crate::tui::app::model::OffsetAt;

/// Every instant a text may mean: the stated one, else UTC, then local time, twice when the clocks
/// went back over it.
///
/// # Errors
/// [`NotATarget`] when it is no instant; its text says what to write.
pub fn offers(text: &str, offset_at: OffsetAt) -> Result<Vec<Offer>, NotATarget> {
    let mut offers = target::offers(text, &Utc)?;
    let Some(utc) = offers.first().filter(|offer| offer.read_as == OfferedAs::Utc).map(|offer| offer.at)
    else {
        return Ok(offers);
    };
    // The zone is only known as a function of the instant: its offsets around that day are tried.
    let mut tried = Vec::new();
    for around in [utc - TimeDelta::days(1), utc + TimeDelta::days(1)] {
        let offset = offset_at(around);
        let at: Timestamp = utc - TimeDelta::seconds(i64::from(offset.local_minus_utc()));
        if !tried.contains(&offset) && offset_at(at).fix() == offset && at != utc {
            offers.push(Offer { at, read_as: OfferedAs::Local { offset_s: offset.local_minus_utc() } });
        }
        tried.push(offset);
    }
    Ok(offers)
}

#[cfg(test)]
mod tests {
    use chrono::FixedOffset;

    use super::*;

    /// Two hours east in summer, one in winter; the clocks went back on 2026-10-25 at 01:00Z.
    fn berlin(at: Timestamp) -> FixedOffset {
        let back: Timestamp = "2026-10-25T01:00:00Z".parse().unwrap();
        FixedOffset::east_opt(if at < back { 7200 } else { 3600 }).unwrap()
    }

    fn utc(_: Timestamp) -> FixedOffset {
        FixedOffset::east_opt(0).unwrap()
    }

    fn meant(text: &str, zone: OffsetAt) -> Vec<String> {
        offers(text, zone).unwrap().iter().map(|offer| offer.at.format("%H:%M").to_string()).collect()
    }

    #[test]
    fn s12_both_readings_are_offered() {
        assert_eq!(meant("2026-11-20 12:41:00", berlin), ["12:41", "11:41"]);
        assert_eq!(meant("2026-11-20T12:41:00Z", berlin), ["12:41"]);
        assert_eq!(meant("2026-11-20 12:41:00", utc), ["12:41"]);
    }

    #[test]
    fn s12_an_hour_that_came_twice_is_offered_twice() {
        assert_eq!(meant("2026-10-25 02:30", berlin), ["02:30", "00:30", "01:30"]);
    }

    #[test]
    fn what_is_no_instant_says_how_to_write_one() {
        assert!(offers("noon", berlin).unwrap_err().to_string().contains("2026-11-20T12:00:19Z"));
    }
}
