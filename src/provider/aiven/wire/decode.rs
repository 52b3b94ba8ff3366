//! JSON with bounds: nested no deeper than a service ever is, and an error that says where.

use serde::Deserialize;
use serde_json::error::Category;

/// Nesting of the deepest documented answer is 9; more than this is an attack or a fault.
pub(super) const DEEPEST: usize = 64;

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
    // Looked at once in one go, no text of it has to be looked at for that again.
    let decoded = str::from_utf8(body).map(serde_json::from_str);
    if let Ok(value) = decoded.unwrap_or_else(|_| serde_json::from_slice(body)) {
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
    let (mut depth, mut rest) = (0_usize, body);
    while let [byte, behind @ ..] = rest {
        rest = behind;
        match byte {
            b'"' => rest = behind_text(behind, &mut false).unwrap_or_default(),
            b'[' | b'{' if depth == limit => return true,
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// What comes behind the quote that ends a text; `None` where the text goes on beyond what is there. `escaped` tells
/// whether its first byte is escaped, and then whether the byte that is to come is.
pub(super) fn behind_text<'a>(mut text: &'a [u8], escaped: &mut bool) -> Option<&'a [u8]> {
    if std::mem::take(escaped) {
        let Some((_, behind)) = text.split_first() else {
            *escaped = true;
            return None;
        };
        text = behind;
    }
    // Most of an answer is text: eight bytes of it at a time.
    while let Some((eight, behind)) = text.split_first_chunk() {
        text = match text.get(plain(*eight)..) {
            Some([b'"', behind @ ..]) => return Some(behind),
            Some([b'\\', _, behind @ ..]) => behind,
            Some(last @ [b'\\']) => last,
            _ => behind,
        };
    }
    loop {
        text = match text {
            [b'"', behind @ ..] => return Some(behind),
            [b'\\'] => {
                *escaped = true;
                return None;
            }
            [b'\\', _, behind @ ..] | [_, behind @ ..] => behind,
            [] => return None,
        };
    }
}

/// How many bytes come before the first that is a quote or a backslash.
const fn plain(eight: [u8; 8]) -> usize {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGHEST: u64 = u64::from_le_bytes([0x80; 8]);
    // The lowest byte that is zero has its highest bit set here, and none below it has.
    const fn zeros(word: u64) -> u64 {
        word.wrapping_sub(ONES) & !word & HIGHEST
    }

    let word = u64::from_le_bytes(eight);
    let [quotes, backslashes] = [zeros(word ^ (ONES * b'"' as u64)), zeros(word ^ (ONES * b'\\' as u64))];
    ((quotes | backslashes).trailing_zeros() / u8::BITS) as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    /// The same, byte by byte.
    fn deepest(body: &str) -> usize {
        let (mut depth, mut deepest, mut in_text, mut bytes) = (0_usize, 0, false, body.bytes());
        while let Some(byte) = bytes.next() {
            match byte {
                b'"' => in_text = !in_text,
                b'\\' if in_text => drop(bytes.next()),
                b'[' | b'{' if !in_text => depth += 1,
                b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
                _ => {}
            }
            deepest = deepest.max(depth);
        }
        deepest
    }

    proptest! {
        #[test]
        fn nesting_is_counted_outside_of_text(body in r#"[\["\\\]a{}é]{0,60}"#, limit in 0..5_usize) {
            prop_assert_eq!(deeper_than(body.as_bytes(), limit), deepest(&body) > limit);
        }
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
