//! The provider's wire format: JSON bodies made from the world. Shapes follow its published API; every
//! name, number and text in them is invented.

pub(in crate::simulator) mod backups;
pub(in crate::simulator) mod catalog;
pub(in crate::simulator) mod nodes;
pub(in crate::simulator) mod plans;
pub(in crate::simulator) mod policy;
pub(in crate::simulator) mod regions;
pub(in crate::simulator) mod service;

use chrono::SecondsFormat;
use serde_json::{Value, json};

use super::world::Refused;
use crate::domain::Timestamp;

/// An instant as the provider writes it: UTC, microseconds.
pub(in crate::simulator) fn instant(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// An instant in whole seconds.
pub(in crate::simulator) fn second(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The body of a refusal.
pub(in crate::simulator) fn refusal(refused: &Refused) -> Value {
    let mut error = json!({ "message": refused.message, "status": refused.status });
    if let (Some(code), Some(error)) = (refused.code, error.as_object_mut()) {
        error.insert("error_code".to_owned(), json!(code));
    }
    json!({ "errors": [error], "message": refused.message })
}
