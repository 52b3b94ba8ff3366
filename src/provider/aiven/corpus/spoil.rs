//! Every way in which one value of an answer can be wrong.

use serde_json::{Map, Value, json};

/// A text longer than anything that the API sends.
pub(super) const LONG: usize = 5000;

/// One answer with one value spoiled.
#[derive(Debug, Clone)]
pub(super) struct Spoiled {
    /// Where, as a JSON pointer.
    pub(super) place: String,
    /// How.
    pub(super) how: String,
    /// The answer.
    pub(super) body: Value,
}

/// An answer with every value in it spoiled in every way, one at a time.
pub(super) fn each(body: &Value) -> impl Iterator<Item = Spoiled> + '_ {
    places(body).into_iter().flat_map(move |place| {
        let value = body.pointer(&place).unwrap();
        let swapped = instead(value).into_iter().map(|(how, value)| (how, Some(value)));
        let all = swapped.chain([("dropped", None)]).collect::<Vec<_>>();
        all.into_iter().map(move |(how, value)| {
            let how = match &value {
                Some(value) => format!("{how} {value:.30}"),
                None => how.to_owned(),
            };
            Spoiled { body: with(body, &place, value), place: place.clone(), how }
        })
    })
}

/// Every place in a value but the value itself.
fn places(value: &Value) -> Vec<String> {
    let inside = |key: String, value: &Value| {
        let key = format!("/{}", key.replace('~', "~0").replace('/', "~1"));
        let deeper = places(value).into_iter().map(|place| format!("{key}{place}")).collect::<Vec<_>>();
        [key].into_iter().chain(deeper)
    };
    match value {
        Value::Object(members) => {
            members.iter().flat_map(|(key, value)| inside(key.clone(), value)).collect()
        }
        Value::Array(items) => {
            items.iter().enumerate().flat_map(|(index, value)| inside(index.to_string(), value)).collect()
        }
        _ => Vec::new(),
    }
}

/// What may stand there instead of a value.
fn instead(value: &Value) -> Vec<(&'static str, Value)> {
    let mut all = match value {
        Value::String(text) => text_instead(text),
        Value::Number(_) => vec![
            ("type", json!("many")),
            ("type", json!({})),
            ("negative", json!(-1)),
            ("huge", json!(1e30)),
            ("huge", json!(u64::MAX)),
            ("huge", json!(i64::MAX)),
            ("empty", json!("")),
        ],
        Value::Bool(_) => vec![("type", json!("maybe")), ("type", json!(7)), ("empty", json!(""))],
        Value::Array(_) => vec![("type", json!({})), ("type", json!("x")), ("empty", json!(""))],
        Value::Object(_) => vec![("type", json!([])), ("type", json!(7)), ("empty", json!(""))],
        Value::Null => vec![("type", json!(7)), ("type", json!({}))],
    };
    if !value.is_null() {
        all.push(("null", Value::Null));
    }
    all
}

fn text_instead(text: &str) -> Vec<(&'static str, Value)> {
    let mut all = vec![
        ("type", json!(7)),
        ("type", json!({})),
        ("type", json!([])),
        ("huge", json!("x".repeat(LONG))),
        ("empty", json!("")),
    ];
    if chrono::DateTime::parse_from_rfc3339(text).is_ok() {
        let dates = [
            "0001-01-01T00:00:00Z",
            "1970-01-01T00:00:00Z",
            "9999-12-31T23:59:59Z",
            "2026-13-45T00:00:00Z",
            "+262142-12-31T23:59:59Z",
        ];
        all.extend(dates.map(|date| ("date", json!(date))));
    }
    if text.starts_with("Date(") {
        let dates = ["Date(9999,11,31,0,0,0)", "Date(0,0,1)", "Date(99999999999,1,1)", "Date()"];
        all.extend(dates.map(|date| ("date", json!(date))));
    }
    all
}

/// A body with another value, or none, at a place.
fn with(body: &Value, place: &str, value: Option<Value>) -> Value {
    let mut body = body.clone();
    if let Some(value) = value {
        *body.pointer_mut(place).unwrap() = value;
        return body;
    }
    let (parent, key) = place.rsplit_once('/').unwrap();
    let key = key.replace("~1", "/").replace("~0", "~");
    match body.pointer_mut(parent).unwrap() {
        Value::Object(members) => drop(Map::remove(members, &key)),
        Value::Array(items) => drop(items.remove(key.parse().unwrap())),
        other => unreachable!("{other} holds nothing"),
    }
    body
}
