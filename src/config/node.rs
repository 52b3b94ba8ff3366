//! Values of a config that remember where each was written, so that a mistake found after several
//! files, the environment and flags were laid over each other can still point at its line.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

/// Where a value was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a text: its number among the texts read, and the bytes.
    Text {
        /// Number of the text.
        text: usize,
        /// Bytes in it.
        span: Range<usize>,
    },
    /// In an environment variable of this name.
    Env(&'static str),
    /// On the command line, by this flag.
    Flag(&'static str),
}

/// A value and its place.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) value: Value,
    pub(crate) at: Place,
}

/// A key's value, and where the key itself stands.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key_at: Place,
    pub(crate) node: Node,
}

/// A table by its keys.
pub(crate) type Table = BTreeMap<String, Entry>;

/// What a value is.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Text(String),
    Integer(i64),
    Float(f64),
    Boolean(bool),
    List(Vec<Node>),
    Table(Table),
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Value {
    fn from(yes: bool) -> Self {
        Self::Boolean(yes)
    }
}

impl Node {
    /// Turns a parsed TOML table into a tree that owns its text.
    pub(crate) fn from_toml(text: usize, span: Range<usize>, table: &DeTable<'_>) -> Self {
        let entries = table.iter().map(|(key, value)| {
            let entry = Entry {
                key_at: Place::Text { text, span: key.span() },
                node: Self::from_value(text, value.span(), value.get_ref()),
            };
            (key.get_ref().to_string(), entry)
        });
        Self { value: Value::Table(entries.collect()), at: Place::Text { text, span } }
    }

    fn from_value(text: usize, span: Range<usize>, value: &DeValue<'_>) -> Self {
        let value = match value {
            DeValue::String(string) => Value::Text(string.to_string()),
            DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => Value::Integer(number),
                Err(_) => Value::Text(number.to_string()),
            },
            DeValue::Float(number) => {
                number.as_str().parse().map_or_else(|_| Value::Text(number.as_str().to_owned()), Value::Float)
            }
            DeValue::Boolean(yes) => Value::Boolean(*yes),
            DeValue::Datetime(instant) => Value::Text(instant.to_string()),
            DeValue::Array(items) => Value::List(
                items.iter().map(|item| Self::from_value(text, item.span(), item.get_ref())).collect(),
            ),
            DeValue::Table(table) => return Self::from_toml(text, span, table),
        };
        Self { value, at: Place::Text { text, span } }
    }

    /// The entries, when this is a table.
    pub(crate) const fn table(&self) -> Option<&Table> {
        match &self.value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    /// Lays `over` over this: tables field by field, anything else as a whole; the later wins.
    pub(crate) fn lay(&mut self, over: Self) {
        match (&mut self.value, over.value) {
            (Value::Table(under), Value::Table(over)) if !is_secret_ref(&over) => {
                for (key, entry) in over {
                    match under.get_mut(&key) {
                        Some(below) => below.node.lay(entry.node),
                        None => {
                            under.insert(key, entry);
                        }
                    }
                }
            }
            (value, over_value) => {
                *value = over_value;
                self.at = over.at;
            }
        }
    }

    /// Sets one key of the top table from outside of any file.
    pub(crate) fn set(&mut self, key: &str, value: impl Into<Value>, at: Place) {
        if let Value::Table(table) = &mut self.value {
            let node = Self { value: value.into(), at: at.clone() };
            table.insert(key.to_owned(), Entry { key_at: at, node });
        }
    }

    /// Takes out what `path` leads to; whether there was something.
    pub(crate) fn prune(&mut self, path: &[Step]) -> bool {
        let Some((first, rest)) = path.split_first() else { return false };
        match (&mut self.value, first) {
            (Value::Table(table), Step::Key(key)) if rest.is_empty() => table.remove(key).is_some(),
            (Value::Table(table), Step::Key(key)) => {
                table.get_mut(key).is_some_and(|entry| entry.node.prune(rest))
            }
            (Value::List(list), Step::Index(index)) if *index < list.len() && rest.is_empty() => {
                list.remove(*index);
                true
            }
            (Value::List(list), Step::Index(index)) => {
                list.get_mut(*index).is_some_and(|node| node.prune(rest))
            }
            _ => false,
        }
    }
}

/// `{ env = ".." }` says one thing: it replaces `{ file = ".." }` instead of joining it.
fn is_secret_ref(table: &Table) -> bool {
    !table.is_empty() && table.keys().all(|key| matches!(key.as_str(), "env" | "file" | "command"))
}

/// One step down a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Key(String),
    Index(usize),
}
