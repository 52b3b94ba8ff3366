//! Durations as people write them: `30s`, `15m`, `1h 30m`, `90d`.

use std::time::Duration;

use serde::Deserializer;
use serde::de::Visitor;

/// Reads `15m` and the like.
///
/// # Errors
/// A sentence with examples.
pub fn parse(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        Ok(_) => Err("a duration of nothing; write for example 30s, 15m, 1h 30m or 90d".to_owned()),
        Err(_) => Err("no duration; write for example 30s, 15m, 1h 30m or 90d".to_owned()),
    }
}

/// For `#[serde(deserialize_with = "duration::required")]`.
///
/// # Errors
/// When the text is no duration.
pub fn required<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    deserializer.deserialize_str(Text)
}

struct Text;

impl Visitor<'_> for Text {
    type Value = Duration;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a duration in quotes, for example \"30s\", \"15m\", \"1h 30m\" or \"90d\"")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Duration, E> {
        parse(text).map_err(E::custom)
    }
}

/// For `#[serde(default, deserialize_with = "duration::optional")]`.
///
/// # Errors
/// When the text is no duration.
pub fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    required(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_write_durations_in_many_ways() {
        assert_eq!(parse("15m").unwrap(), Duration::from_mins(15));
        assert_eq!(parse("1h 30m").unwrap(), Duration::from_mins(90));
        assert!(parse("fifteen").unwrap_err().contains("15m"));
        assert!(parse("0s").is_err());
    }
}
