//! Single values in all the forms they come in.

use std::borrow::Cow;
use std::fmt;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use serde::Deserialize;
use serde::de::{Deserializer, Error, Unexpected, Visitor};

use crate::domain::Timestamp;

/// An instant in any documented form: `Z` or an offset, `T` or a space, with or without a fraction;
/// without an offset it is UTC.
pub(crate) fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    plain_instant(text).or_else(|| any_instant(text))
}

/// One as nearly all are written, `2026-05-12T09:51:07.330912Z`: what reads every form takes five times as long, and a poll
/// brings a hundred thousand.
fn plain_instant(text: &str) -> Option<Timestamp> {
    let (whole, fraction) = text.as_bytes().split_first_chunk()?;
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':', s1, s2] = *whole
    else {
        return None;
    };
    let nanos = match fraction {
        b"Z" => 0,
        [b'.', digits @ .., b'Z'] if matches!(digits.len(), 1..=9) => {
            (digits.len()..9).try_fold(number(digits)?, |number, _| number.checked_mul(10))?
        }
        _ => return None,
    };
    let year = number(&[y1, y2, y3, y4])?.try_into().ok()?;
    let day = NaiveDate::from_ymd_opt(year, number(&[m1, m2])?, number(&[d1, d2])?)?;
    let [hour, minute, second] = [number(&[h1, h2])?, number(&[n1, n2])?, number(&[s1, s2])?];
    Some(day.and_hms_nano_opt(hour, minute, second, nanos)?.and_utc())
}

/// The number that at most nine digits are.
fn number(digits: &[u8]) -> Option<u32> {
    digits
        .iter()
        .try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + u32::from(digit - b'0')))
}

fn any_instant(text: &str) -> Option<Timestamp> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.with_timezone(&Utc));
    }
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .map(|at| at.and_utc())
}

/// For `deserialize_with`: an instant, or null.
pub(super) fn maybe_instant<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
    from.deserialize_any(InstantVisitor)
}

/// For `deserialize_with`: a count or size that is not negative; also as a float or in quotes.
pub(super) fn maybe_size<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    from.deserialize_any(SizeVisitor)
}

/// The longest text that is taken: several times what the API allows for any name.
const LONGEST: usize = 1024;

/// For `deserialize_with`: a text of bounded length, or null. An empty one says nothing.
pub(super) fn maybe_text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(maybe_words(from)?.map(Cow::into_owned))
}

/// The same, left where it stands if it stands there as it is.
pub(super) fn maybe_words<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Cow<'de, str>>, D::Error> {
    from.deserialize_any(TextVisitor)
}

/// For `deserialize_with`: a text of bounded length that says something.
pub(super) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    maybe_text(from)?.ok_or_else(|| D::Error::invalid_value(Unexpected::Str(""), &"a text that is not empty"))
}

/// For `deserialize_with`: a list of such texts, or null.
pub(super) fn maybe_texts<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<String>>, D::Error> {
    #[derive(Deserialize)]
    struct Item(#[serde(deserialize_with = "text")] String);

    let items = Option::<Vec<Item>>::deserialize(from)?;
    Ok(items.map(|items| items.into_iter().map(|Item(text)| text).collect()))
}

struct TextVisitor;

impl TextVisitor {
    fn bounded<E: Error>(self, text: Cow<'_, str>) -> Result<Option<Cow<'_, str>>, E> {
        if text.len() > LONGEST {
            return Err(E::invalid_length(text.len(), &self));
        }
        Ok(Some(text).filter(|text| !text.is_empty()))
    }
}

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Option<Cow<'de, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a text of at most {LONGEST} bytes, or null")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        self.bounded(Cow::Borrowed(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        self.bounded(Cow::Owned(text.to_owned()))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

struct InstantVisitor;

impl Visitor<'_> for InstantVisitor {
    type Value = Option<Timestamp>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an ISO 8601 instant or null")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        instant(text).map(Some).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

struct SizeVisitor;

impl Visitor<'_> for SizeVisitor {
    type Value = Option<u64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number that is not negative, or null")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Some(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        u64::try_from(value).map(Some).map_err(|_| E::invalid_value(Unexpected::Signed(value), &self))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        // Printed without a fraction and read again: exact, and refuses what does not fit.
        format!("{value:.0}").parse().map(Some).map_err(|_| E::invalid_value(Unexpected::Float(value), &self))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        text.parse().map(Some).map_err(|_| E::invalid_value(Unexpected::Str(text), &self))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn instants_are_read_in_every_documented_form() {
        for (text, as_rfc) in [
            ("2021-09-27T10:18:04Z", "2021-09-27T10:18:04+00:00"),
            ("2020-01-01T00:00:00.000000Z", "2020-01-01T00:00:00+00:00"),
            ("2026-05-12T09:51:07.330912Z", "2026-05-12T09:51:07.330912+00:00"),
            ("2025-07-01T15:16:22+00:00", "2025-07-01T15:16:22+00:00"),
            ("2025-07-01T17:16:22+02:00", "2025-07-01T15:16:22+00:00"),
            ("2019-01-01 23:34:45", "2019-01-01T23:34:45+00:00"),
            ("2019-01-01T23:34:45.5", "2019-01-01T23:34:45.500+00:00"),
        ] {
            assert_eq!(instant(text).map(|at| at.to_rfc3339()).as_deref(), Some(as_rfc), "{text}");
        }
        for text in ["", "now", "2026-13-01T00:00:00Z", "Date(2026,6,22)", "1795164882"] {
            assert_eq!(instant(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_the_short_way_is_what_it_is(
            text in "[0-2][0-9]{3}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{0,10})?Z?"
        ) {
            let (plain, any) = (plain_instant(&text), any_instant(&text));
            prop_assert!(plain.is_none() || plain == any, "{:?} {:?}", plain, any);
            let is_plain = text.contains('T') && text.ends_with('Z') && text.len() <= "2026-05-12T09:51:07.330912345Z".len();
            prop_assert_eq!(plain.is_some(), is_plain && any.is_some() && !text.contains(":60"));
        }
    }

    #[derive(Debug, Deserialize)]
    struct Sized {
        #[serde(default, deserialize_with = "maybe_size")]
        size: Option<u64>,
    }

    #[test]
    fn sizes_are_read_beyond_32_bits_and_in_other_clothes() {
        for (json, size) in [
            (r#"{"size":48211968000}"#, Some(48_211_968_000)),
            (r#"{"size":8192.0}"#, Some(8192)),
            (r#"{"size":"163840"}"#, Some(163_840)),
            (r#"{"size":null}"#, None),
            ("{}", None),
        ] {
            assert_eq!(serde_json::from_str::<Sized>(json).unwrap().size, size, "{json}");
        }
        for json in [r#"{"size":-1}"#, r#"{"size":1e300}"#, r#"{"size":{}}"#, r#"{"size":"many"}"#] {
            assert!(serde_json::from_str::<Sized>(json).is_err(), "{json}");
        }
    }
}
