//! JSON with bounds: nested no deeper than a service ever is, and an error that says where.

use serde::Deserialize;
use serde_json::error::Category;

/// Nesting of the deepest documented answer is 9; more than this is an attack or a fault.
const DEEPEST: usize = 64;

/// Why an answer is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadJson {
    /// It begins like a page for people.
    #[error("a web page instead of JSON")]
    Html,
    /// It ends in the middle.
    #[error("the JSON ends early")]
    Truncated,
    /// It is nested too deep.
    #[error("JSON nested deeper than {DEEPEST} levels")]
    TooDeep,
    /// A value is not of the documented kind.
    #[error("at `{path}`: {why}")]
    At {
        /// Where (`services[3].backups[0].backup_time`).
        path: String,
        /// What is wrong there.
        why: String,
    },
}

impl BadJson {
    /// The same fault, seen from the whole answer.
    pub(super) fn inside(self, place: &str) -> Self {
        match self {
            Self::At { path, why } if path == "." => Self::At { path: place.to_owned(), why },
            Self::At { path, why } => Self::At { path: format!("{place}.{path}"), why },
            other => other,
        }
    }
}

/// Decodes one answer.
///
/// # Errors
/// [`BadJson`] when it is no JSON, too deep, or not of the documented kind.
pub(crate) fn decode<'de, T: Deserialize<'de>>(body: &'de [u8]) -> Result<T, BadJson> {
    if body.trim_ascii_start().starts_with(b"<") {
        return Err(BadJson::Html);
    }
    if deeper_than(body, DEEPEST) {
        return Err(BadJson::TooDeep);
    }
    decode_part(body)
}

/// Decodes a part of an answer that is known to be JSON and not too deep.
///
/// # Errors
/// [`BadJson`] when it is not of the documented kind.
pub(super) fn decode_part<'de, T: Deserialize<'de>>(body: &'de [u8]) -> Result<T, BadJson> {
    if let Ok(value) = serde_json::from_slice(body) {
        return Ok(value);
    }
    // To know where it is wrong is slow, and seldom needed.
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|why| {
        if why.inner().classify() == Category::Eof {
            return BadJson::Truncated;
        }
        BadJson::At { path: why.path().to_string(), why: brief(&why.into_inner().to_string()) }
    })?;
    json.end().map_err(|why| BadJson::At { path: "end".to_owned(), why: brief(&why.to_string()) })?;
    Ok(value)
}

/// An error may quote a value; it is not to fill a screen.
fn brief(why: &str) -> String {
    let mut short: String = why.chars().take(160).collect();
    if short.len() < why.len() {
        short.push_str("..");
    }
    short
}

/// Whether JSON is nested deeper than `limit`. Values that are skipped are not counted by the
/// parser, so this is a pass of its own.
fn deeper_than(body: &[u8], limit: usize) -> bool {
    let (mut depth, mut bytes) = (0_usize, body.iter());
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => skip_text(&mut bytes),
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > limit {
            return true;
        }
    }
    false
}

/// Goes on behind the quote that ends a text.
fn skip_text(bytes: &mut std::slice::Iter<'_, u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => drop(bytes.next()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::ServiceAnswer;
    use super::*;

    fn fault(body: &str) -> String {
        decode::<ServiceAnswer>(body.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn a_fault_says_where_it_is() {
        let body = r#"{"service":{"service_name":"a","backups":[{"backup_time":"soon"}]}}"#;
        assert!(fault(body).contains("`service.backups[0].backup_time`"), "{}", fault(body));
    }

    #[test]
    fn each_kind_of_garbage_has_its_name() {
        assert_eq!(decode::<ServiceAnswer>(b" <html>").unwrap_err(), BadJson::Html);
        assert_eq!(decode::<ServiceAnswer>(br#"{"service":{"service_na"#).unwrap_err(), BadJson::Truncated);
        assert_eq!(decode::<ServiceAnswer>(b"").unwrap_err(), BadJson::Truncated);
        let deep = format!(r#"{{"skipped":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(decode::<ServiceAnswer>(deep.as_bytes()).unwrap_err(), BadJson::TooDeep);
        assert!(fault(r#"{"service":{"service_name":"a"}} and more"#).starts_with("at `end`"));
    }

    #[test]
    fn brackets_in_text_are_no_nesting() {
        let text = format!(r#"{{"a":"{}\"[["}}"#, "[{".repeat(200));
        assert!(!deeper_than(text.as_bytes(), DEEPEST));
        let (before, after) = (r#"{"\\\\":"\\\"{","b":["#.repeat(2), "[".repeat(60));
        for (limit, deeper) in [(63, true), (64, false)] {
            assert_eq!(deeper_than(format!("{before}{after}").as_bytes(), limit), deeper);
        }
    }
}
