//! Instants as a person types them (S12).

use super::model::OffsetAt;
use super::zone::Zone;
use crate::domain::target::{OfferedAs, offers};
use crate::domain::{Timestamp, words};

/// Every instant a text may mean, with how it is read. A time of day alone is of the day of `near`.
///
/// # Errors
/// A sentence that says what to write instead.
pub(super) fn read(
    text: &str,
    near: Timestamp,
    offset_at: OffsetAt,
) -> Result<Vec<(Timestamp, String)>, String> {
    let text = with_day(text.trim(), near);
    let offers = offers(&text, &Zone::Rules(offset_at)).map_err(|error| error.to_string())?;
    let shown = offers.into_iter().map(|offer| {
        let read_as = match offer.read_as {
            OfferedAs::Stated => "as written".to_owned(),
            OfferedAs::Utc => "read as UTC".to_owned(),
            OfferedAs::Local { offset_s } => {
                let sign = if offset_s < 0 { '-' } else { '+' };
                let minutes = offset_s.unsigned_abs() / 60;
                format!("read as local time, {sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
        };
        (offer.at, read_as)
    });
    Ok(shown.collect())
}

/// An instant with its offset or `Z`; a time of day alone needs its `Z` too.
///
/// # Errors
/// A sentence that says what to write instead.
pub(super) fn stated(text: &str, near: Timestamp) -> Result<Timestamp, String> {
    let utc = |_| chrono::FixedOffset::east_opt(0).unwrap_or_else(|| chrono::Offset::fix(&chrono::Utc));
    match read(text, near, utc)?.as_slice() {
        [(at, read_as)] if read_as == "as written" => Ok(*at),
        _ => Err(format!("{text:?} says no offset; write {} or end it with an offset", words::instant(near))),
    }
}

/// The same of a field that may be left empty.
///
/// # Errors
/// As [`stated`].
pub(super) fn if_any(text: &str, near: Timestamp) -> Result<Option<Timestamp>, String> {
    if text.is_empty() { Ok(None) } else { stated(text, near).map(Some) }
}

/// `11:41`, `11:41:00` and `11:41Z` get the day of `near`; a minute alone, of whatever day, is its first second.
fn with_day(text: &str, near: Timestamp) -> String {
    if let Some((day, minute, zone)) = minute_of_a_day(text) {
        return format!("{day}{minute}:00{zone}");
    }
    let digits = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    let (time, zone) = text.strip_suffix('Z').map_or((text, ""), |time| (time, "Z"));
    let parts: Vec<&str> = time.split(':').collect();
    let seconds = if parts.len() == 2 { ":00" } else { "" };
    if (2..=3).contains(&parts.len()) && parts.iter().all(|part| digits(part)) {
        format!("{}T{time}{seconds}{zone}", near.format("%Y-%m-%d"))
    } else {
        text.to_owned()
    }
}

/// `2026-11-20T11:41Z` as `2026-11-20T`, `11:41` and what stands after it, where no second is written.
fn minute_of_a_day(text: &str) -> Option<(&str, &str, &str)> {
    const DAY: usize = "2026-11-20T".len();
    let (day, time) = text.split_at_checked(DAY)?;
    let (minute, zone) = time.split_at_checked("11:41".len())?;
    let is_minute = chrono::NaiveTime::parse_from_str(minute, "%H:%M").is_ok();
    (is_minute && day.ends_with(['T', 't', ' ']) && !zone.starts_with(':')).then_some((day, minute, zone))
}

#[cfg(test)]
mod tests {
    use chrono::FixedOffset;

    use super::*;

    fn one_hour_east(_: Timestamp) -> FixedOffset {
        FixedOffset::east_opt(3600).unwrap()
    }

    fn near() -> Timestamp {
        "2026-11-20T12:00:19Z".parse().unwrap()
    }

    #[test]
    fn s12_without_an_offset_both_readings_are_offered() {
        let offers = read("2026-11-20 12:41:00", near(), one_hour_east).unwrap();
        let shown: Vec<String> =
            offers.iter().map(|(at, how)| format!("{} {how}", words::clock(*at))).collect();
        assert_eq!(shown, ["12:41:00Z read as UTC", "11:41:00Z read as local time, +01:00"]);
        assert_eq!(read("2026-11-20T11:41:00Z", near(), one_hour_east).unwrap().len(), 1);
        assert!(read("yesterday", near(), one_hour_east).is_err());
    }

    #[test]
    fn a_time_alone_is_of_the_cursors_day() {
        assert_eq!(
            read("11:41Z", near(), one_hour_east).unwrap()[0].0,
            "2026-11-20T11:41:00Z".parse::<Timestamp>().unwrap()
        );
        assert_eq!(read("11:41:30", near(), one_hour_east).unwrap().len(), 2);
    }

    #[test]
    fn s12_a_minute_is_its_first_second_whatever_stands_around_it() {
        for text in ["2026-11-20 11:41Z", "2026-11-20T11:41Z", "2026-11-20 12:41+01:00"] {
            let offers = read(text, near(), one_hour_east).unwrap();
            assert_eq!(offers[0].0, "2026-11-20T11:41:00Z".parse::<Timestamp>().unwrap(), "{text}");
            assert_eq!(offers.len(), 1, "{text}");
        }
        assert_eq!(read("2026-11-20 11:41", near(), one_hour_east).unwrap().len(), 2);
        for text in [
            "2026-11-20 11:41x",
            "2026-11-20x11:41Z",
            "2026-11-20 25:41Z",
            "2026-11-20 11:41:",
            "2026-11-20 é1:41Z",
        ] {
            assert!(read(text, near(), one_hour_east).is_err(), "{text}");
        }
    }

    #[test]
    fn a_declaration_takes_only_a_stated_instant() {
        assert!(stated("2026-11-20 12:22:10Z", near()).is_ok());
        assert!(stated("2026-11-20 12:22:10", near()).unwrap_err().contains("offset"));
        assert!(stated("12:22", near()).is_err());
    }
}
