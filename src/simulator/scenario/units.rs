//! Durations, sizes and names as they are written in a scenario.

use std::time::Duration;

use serde::Deserialize as _;
use serde::de::{Deserializer, Error as _};

/// So many minutes.
pub(in crate::simulator) const fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

/// So many hours.
pub(in crate::simulator) const fn hours(count: u64) -> Duration {
    minutes(count * 60)
}

/// So many days of 24 hours.
pub(in crate::simulator) const fn days(count: u64) -> Duration {
    hours(count * 24)
}

/// Nothing in a scenario lies further away than this, so that no sum of times overflows.
const LONGEST: Duration = days(400);
const LARGEST: u64 = 1 << 50;

/// `"90s"`, `"5m"`, `"24h"`, `"14d"`.
pub(super) fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(from)?;
    let long = humantime::parse_duration(&text).map_err(|_| {
        D::Error::custom(format!("'{text}' is no duration; write \"90s\", \"5m\", \"24h\" or \"14d\""))
    })?;
    if long > LONGEST {
        return Err(D::Error::custom(format!("'{text}' is longer than 400 days")));
    }
    Ok(long)
}

/// A duration that may be absent.
pub(super) fn optional_duration<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    duration(from).map(Some)
}

/// Time between two pieces of log: 1 s or longer.
pub(super) fn log_interval<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    not_below(from, Duration::from_secs(1), "`log_every` is 1s or longer")
}

/// Time between two backups: 10 minutes or longer, so that a list of them stays a list.
pub(super) fn backup_interval<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    not_below(from, minutes(10), "`backup_every` is 10m or longer")
}

/// A duration whose place in the file is kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Interval(pub(super) Duration);

impl<'de> serde::Deserialize<'de> for Interval {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        duration(from).map(Self)
    }
}

fn not_below<'de, D: Deserializer<'de>>(
    from: D,
    least: Duration,
    rule: &str,
) -> Result<Option<Duration>, D::Error> {
    match duration(from)? {
        long if long < least => Err(D::Error::custom(rule)),
        long => Ok(Some(long)),
    }
}

/// `"512MiB"`, `"12GiB"`, `"1TiB"`.
pub(super) fn optional_size<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    let text = String::deserialize(from)?;
    let wrong = || {
        D::Error::custom(format!("'{text}' is no size; write \"512MiB\", \"12GiB\" or \"1TiB\", up to 1 PiB"))
    };
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?);
    let shift = match unit.trim() {
        "MiB" => 20,
        "GiB" => 30,
        "TiB" => 40,
        _ => return Err(wrong()),
    };
    let bytes =
        number.parse::<u64>().ok().and_then(|number| number.checked_mul(1 << shift)).ok_or_else(wrong)?;
    if bytes == 0 || bytes > LARGEST { Err(wrong()) } else { Ok(Some(bytes)) }
}

/// The provider's rule for a name: 1 to 64 of `a-z`, `0-9` and `-`, a letter first.
pub(in crate::simulator) fn is_service_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}
