//! Reading a target as a person or a script writes it (S12).

use chrono::{DateTime, FixedOffset, LocalResult, NaiveDateTime, Offset, TimeZone, Timelike, Utc};

use super::super::Timestamp;
use super::super::instant::rfc3339;
use super::Target;

/// Why a text is no target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotATarget {
    /// Nothing was given.
    #[error(
        "no target given; write newest, oldest, an instant such as 2026-11-20T12:00:19Z, or a backup's name"
    )]
    Empty,
    /// An instant that could mean several, because it says no offset.
    #[error("{text:?} says no offset; write {utc} if it is UTC, or end it with an offset such as +01:00")]
    NoOffset {
        /// What was given.
        text: String,
        /// The same read as UTC.
        utc: String,
    },
    /// It begins like an instant and is none.
    #[error("{text:?} is no instant; write it as 2026-11-20T12:00:19Z or 2026-11-20 13:00:19+01:00")]
    NoInstant {
        /// What was given.
        text: String,
    },
}

/// One instant that a text may mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// The instant.
    pub at: Timestamp,
    /// How the text is read to get it.
    pub read_as: OfferedAs,
}

/// How a text is read as an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfferedAs {
    /// The text says its offset.
    Stated,
    /// As UTC.
    Utc,
    /// As the operator's local time at this offset from UTC, in seconds east.
    Local {
        /// Seconds east of UTC.
        offset_s: i32,
    },
}

/// Reads a target as scripts give it: an instant without an offset is refused.
///
/// # Errors
/// [`NotATarget`], whose text says what to write instead.
pub fn parse(text: &str) -> Result<Target, NotATarget> {
    let text = text.trim();
    match text {
        "" => Err(NotATarget::Empty),
        "newest" => Ok(Target::Newest),
        "oldest" => Ok(Target::Oldest),
        _ if !begins_like_an_instant(text) => Ok(Target::Backup(text.to_owned())),
        _ => match (stated(text), naive(text)) {
            (Some(at), _) => Ok(Target::At(at)),
            (None, Some(naive)) => {
                Err(NotATarget::NoOffset { text: text.to_owned(), utc: rfc3339(naive.and_utc()) })
            }
            (None, None) => Err(NotATarget::NoInstant { text: text.to_owned() }),
        },
    }
}

/// Every instant a text may mean, for a person to pick from: the stated one; or, without an
/// offset, UTC and local time, the latter twice when the clocks went back over it.
///
/// # Errors
/// [`NotATarget`] when it is no instant at all.
pub fn offers<Z: TimeZone>(text: &str, zone: &Z) -> Result<Vec<Offer>, NotATarget> {
    let text = text.trim();
    if text.is_empty() {
        return Err(NotATarget::Empty);
    }
    if let Some(at) = stated(text) {
        return Ok(vec![Offer { at, read_as: OfferedAs::Stated }]);
    }
    let Some(naive) = naive(text) else {
        return Err(NotATarget::NoInstant { text: text.to_owned() });
    };
    let utc = naive.and_utc();
    let local = match zone.from_local_datetime(&naive) {
        LocalResult::Single(one) => vec![local_offer(&one)],
        LocalResult::Ambiguous(first, second) => vec![local_offer(&first), local_offer(&second)],
        LocalResult::None => Vec::new(),
    };
    let mut all = vec![Offer { at: utc, read_as: OfferedAs::Utc }];
    all.extend(local.into_iter().filter(|offer| offer.at != utc));
    Ok(all)
}

fn local_offer<Z: TimeZone>(local: &DateTime<Z>) -> Offer {
    let offset_s = local.offset().fix().local_minus_utc();
    Offer { at: local.with_timezone(&Utc), read_as: OfferedAs::Local { offset_s } }
}

/// `2026-11-20`, alone or followed by `T` or a space. A backup's name may begin with a date too
/// (`2026-11-20_02-14_0`), but goes on otherwise.
fn begins_like_an_instant(text: &str) -> bool {
    let shape = b"0000-00-00";
    let bytes = text.as_bytes();
    let date = bytes.len() >= shape.len()
        && bytes.iter().zip(shape).all(|(byte, wanted)| match wanted {
            b'0' => byte.is_ascii_digit(),
            _ => byte == wanted,
        });
    date && matches!(bytes.get(shape.len()), None | Some(b'T' | b't' | b' '))
}

fn stated(text: &str) -> Option<Timestamp> {
    let at: DateTime<FixedOffset> = DateTime::parse_from_rfc3339(text).ok()?;
    is_no_leap_second(&at).then(|| at.with_timezone(&Utc))
}

fn naive(text: &str) -> Option<NaiveDateTime> {
    let formats = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
    formats
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
        .filter(is_no_leap_second)
}

/// PostgreSQL and the providers know no second 60, so it is no target.
fn is_no_leap_second(at: &impl Timelike) -> bool {
    at.nanosecond() < 1_000_000_000
}

#[cfg(test)]
mod tests {
    use chrono::{NaiveDate, TimeDelta};

    use super::*;

    /// Europe's rule for one day only: 2026-10-25 the clocks go back from +02:00 to +01:00 at
    /// 03:00 local; 2026-03-29 they go forward from +01:00 at 02:00.
    #[derive(Debug, Clone)]
    struct Berlin2026;

    fn east(hours: i32) -> FixedOffset {
        FixedOffset::east_opt(hours * 3600).unwrap()
    }

    fn day(month: u32, day: u32, hour: u32) -> NaiveDateTime {
        NaiveDate::from_ymd_opt(2026, month, day).unwrap().and_hms_opt(hour, 0, 0).unwrap()
    }

    impl TimeZone for Berlin2026 {
        type Offset = FixedOffset;
        fn from_offset(_: &FixedOffset) -> Self {
            Self
        }
        fn offset_from_local_date(&self, _: &NaiveDate) -> LocalResult<FixedOffset> {
            LocalResult::Single(east(1))
        }
        fn offset_from_local_datetime(&self, local: &NaiveDateTime) -> LocalResult<FixedOffset> {
            if (day(10, 25, 2)..day(10, 25, 3)).contains(local) {
                LocalResult::Ambiguous(east(2), east(1))
            } else if (day(3, 29, 2)..day(3, 29, 3)).contains(local) {
                LocalResult::None
            } else if (day(3, 29, 3)..day(10, 25, 2)).contains(local) {
                LocalResult::Single(east(2))
            } else {
                LocalResult::Single(east(1))
            }
        }
        fn offset_from_utc_date(&self, _: &NaiveDate) -> FixedOffset {
            east(1)
        }
        fn offset_from_utc_datetime(&self, utc: &NaiveDateTime) -> FixedOffset {
            if (day(3, 29, 1)..day(10, 25, 1)).contains(utc) { east(2) } else { east(1) }
        }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn s12_what_scripts_may_write() {
        for (text, wanted) in [
            ("newest", Target::Newest),
            (" oldest ", Target::Oldest),
            ("2026-11-20T12:00:19Z", Target::At(at("2026-11-20T12:00:19Z"))),
            ("2026-11-20 12:00:19Z", Target::At(at("2026-11-20T12:00:19Z"))),
            ("2026-11-20T13:00:19.250001+01:00", Target::At(at("2026-11-20T12:00:19.250001Z"))),
            ("2026-11-20 06:30:19-05:30", Target::At(at("2026-11-20T12:00:19Z"))),
            ("20261120-083141F", Target::Backup("20261120-083141F".to_owned())),
            (
                "2026-11-20_02-14_0.00000000.pghoard",
                Target::Backup("2026-11-20_02-14_0.00000000.pghoard".to_owned()),
            ),
        ] {
            assert_eq!(parse(text), Ok(wanted), "{text}");
        }
    }

    #[test]
    fn s12_an_instant_without_offset_is_refused_and_says_what_to_write() {
        let refused = parse("2026-11-20 12:00:19").unwrap_err();
        assert!(matches!(refused, NotATarget::NoOffset { .. }));
        assert!(refused.to_string().contains("2026-11-20T12:00:19Z"), "{refused}");
    }

    #[test]
    fn what_begins_like_an_instant_is_never_taken_for_a_backup() {
        for text in [
            "2026-11-20",
            "2026-13-20T00:00:00Z",
            "2026-11-20T25:00:00Z",
            "2026-11-20T12:00:60Z",
            "2026-11-20T12",
        ] {
            assert!(matches!(parse(text), Err(NotATarget::NoInstant { .. })), "{text}");
        }
        assert_eq!(parse("  "), Err(NotATarget::Empty));
    }

    #[test]
    fn s12_the_dashboard_offers_both_readings() {
        let both = offers("2026-11-20 13:00:19", &Berlin2026).unwrap();
        assert_eq!(
            both,
            [
                Offer { at: at("2026-11-20T13:00:19Z"), read_as: OfferedAs::Utc },
                Offer { at: at("2026-11-20T12:00:19Z"), read_as: OfferedAs::Local { offset_s: 3600 } },
            ]
        );
        assert!(matches!(offers("2026-11-20T13:00Z", &Berlin2026), Err(NotATarget::NoInstant { .. })));
        assert_eq!(offers("2026-11-20T13:00:00Z", &Berlin2026).unwrap().len(), 1);
        assert_eq!(offers("2026-11-20T13:00", &Utc).unwrap().len(), 1, "local is UTC: one reading");
    }

    #[test]
    fn s12_an_ambiguous_local_time_shows_both() {
        let three = offers("2026-10-25 02:30:00", &Berlin2026).unwrap();
        let instants: Vec<_> = three.iter().map(|offer| offer.at).collect();
        assert_eq!(
            instants,
            [at("2026-10-25T02:30:00Z"), at("2026-10-25T00:30:00Z"), at("2026-10-25T01:30:00Z")]
        );
        let apart = three[2].at - three[1].at;
        assert_eq!(apart, TimeDelta::hours(1));
    }

    #[test]
    fn a_local_time_the_clocks_skipped_is_offered_as_utc_only() {
        let one = offers("2026-03-29 02:30:00", &Berlin2026).unwrap();
        assert_eq!(one, [Offer { at: at("2026-03-29T02:30:00Z"), read_as: OfferedAs::Utc }]);
    }
}
