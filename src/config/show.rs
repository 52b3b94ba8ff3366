//! The merged config as `config show` prints it: every value, and where it was written.

use std::fmt::Write as _;

use super::Loaded;
use super::node::{Node, Place, Value};
use crate::runbook::RtoFrom;

impl Loaded {
    /// Every value of the merged config, one to a line, with the place it came from. Holds no secret:
    /// a config with a literal one is refused.
    pub fn show(&self) -> String {
        let lines = self.values();
        let widest =
            lines.iter().map(|(key, value, _)| key.len() + value.len() + 3).max().unwrap_or(0).min(72);
        let mut out = String::new();
        for (key, value, place) in lines {
            let text = format!("{key} = {value}");
            let _ = writeln!(out, "{text:<widest$}  # {place}");
        }
        out
    }

    /// Each value as `(key, TOML, where it was written)`.
    pub fn values(&self) -> Vec<(String, String, String)> {
        let mut lines = Vec::new();
        self.collect("", &self.root, &mut lines);
        lines.extend(
            self.defaults().into_iter().map(|(key, value)| (key.to_owned(), value, "default".to_owned())),
        );
        lines
    }

    fn collect(&self, path: &str, node: &Node, lines: &mut Vec<(String, String, String)>) {
        match &node.value {
            Value::Table(table) if !table.is_empty() => {
                for (key, entry) in table {
                    let key = key_text(key);
                    let path = if path.is_empty() { key } else { format!("{path}.{key}") };
                    self.collect(&path, &entry.node, lines);
                }
            }
            _ => {
                if !path.is_empty() {
                    lines.push((path.to_owned(), literal(node), self.place(&node.at)));
                }
            }
        }
    }

    fn place(&self, at: &Place) -> String {
        match at {
            Place::Text { text, span } => {
                self.texts.get(*text).map(|text| text.line(span.start)).unwrap_or_default()
            }
            Place::Env(name) => format!("${name}"),
            Place::Flag(flag) => (*flag).to_owned(),
        }
    }

    fn defaults(&self) -> Vec<(&'static str, String)> {
        let config = &self.config;
        let all = [
            ("fleet", toml_text(&config.fleet)),
            ("state_dir", toml_text(&config.state_dir.display().to_string())),
            ("rto_from", toml_text(rto_from(config.rto_from))),
            ("arming.allow", config.arming_allowed.to_string()),
        ];
        all.into_iter().filter(|(key, _)| !self.has(key)).collect()
    }

    fn has(&self, path: &str) -> bool {
        let mut node = &self.root;
        for key in path.split('.') {
            let Some(entry) = node.table().and_then(|table| table.get(key)) else { return false };
            node = &entry.node;
        }
        true
    }
}

const fn rto_from(from: RtoFrom) -> &'static str {
    match from {
        RtoFrom::DownSince => "down_since",
        RtoFrom::Declared => "declared",
    }
}

/// A key as TOML writes it: bare where it can be.
pub(crate) fn key_text(key: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !key.is_empty() && key.chars().all(bare) { key.to_owned() } else { toml_text(key) }
}

fn toml_text(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn literal(node: &Node) -> String {
    match &node.value {
        Value::Text(text) => toml_text(text),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => toml::Value::Float(*number).to_string(),
        Value::Boolean(yes) => yes.to_string(),
        Value::List(items) => format!("[{}]", items.iter().map(literal).collect::<Vec<_>>().join(", ")),
        Value::Table(table) => {
            let fields =
                table.iter().map(|(key, entry)| format!("{} = {}", key_text(key), literal(&entry.node)));
            match fields.collect::<Vec<_>>().as_slice() {
                [] => "{}".to_owned(),
                fields => format!("{{ {} }}", fields.join(", ")),
            }
        }
    }
}
