//! Secrets: where they come from (never a literal in a file), and a value whose `Debug` hides it.

use std::path::PathBuf;

pub use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

/// Where a secret is read from; the config holds only this.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum SecretRef {
    /// The environment variable of this name.
    Env(String),
    /// The first line of this file.
    File(PathBuf),
    /// The first line of this command's standard output.
    Command(Vec<String>),
}

impl SecretRef {
    /// How the secret is named to a person, without its value: `$AIVEN_TOKEN`, `file /run/token`.
    pub fn describe(&self) -> String {
        match self {
            Self::Env(name) => format!("${name}"),
            Self::File(path) => format!("file {}", path.display()),
            Self::Command(argv) => format!("command {}", argv.first().map_or("?", String::as_str)),
        }
    }
}
