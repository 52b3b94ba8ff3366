//! What an answer says went wrong.

use serde::Deserialize;
use serde_json::Value;

/// The body of a failure; any part may be missing, and `message` need not be a text.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct ErrorBody {
    #[serde(default)]
    message: Option<Value>,
    #[serde(default)]
    errors: Option<Vec<ErrorEntry>>,
    #[serde(default)]
    error: Option<Value>,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct ErrorEntry {
    #[serde(default)]
    message: Option<Value>,
    #[serde(default)]
    error_code: Option<String>,
    /// A number, or (in old answers) a text.
    #[serde(default)]
    status: Option<Value>,
}

impl ErrorBody {
    /// The provider's own words.
    pub(crate) fn message(&self) -> Option<&str> {
        let from_entries = self.entries().find_map(|entry| text(entry.message.as_ref()));
        text(self.message.as_ref()).or(from_entries).or_else(|| text(self.error.as_ref()))
    }

    /// The machine code, where there is one.
    pub(crate) fn code(&self) -> Option<&str> {
        self.entries().find_map(|entry| entry.error_code.as_deref())
    }

    /// Whether the body reports a failure, whatever the status line says: a truthy `error`, or an
    /// entry of `errors` with a status of 400 or more.
    pub(crate) fn is_failure(&self) -> bool {
        let truthy = match &self.error {
            None | Some(Value::Null | Value::Bool(false)) => false,
            Some(Value::String(text)) => !text.is_empty(),
            Some(_) => true,
        };
        truthy || self.entries().any(|entry| entry.status().is_some_and(|status| status >= 400))
    }

    fn entries(&self) -> impl Iterator<Item = &ErrorEntry> {
        self.errors.iter().flatten()
    }
}

impl ErrorEntry {
    fn status(&self) -> Option<u64> {
        match self.status.as_ref()? {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        }
    }
}

fn text(value: Option<&Value>) -> Option<&str> {
    value.and_then(Value::as_str).filter(|text| !text.is_empty())
}
