//! Secrets: where they come from (never a literal in a file), and a value whose `Debug` hides it.

use std::path::{Path, PathBuf};
use std::time::Duration;

pub use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};

use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::process::{self, Call, Prefix};
use crate::regular_file;

/// A command that gives a secret may ask a vault, but no person; a file may lie on a mount that hangs.
const LIMIT: Duration = Duration::from_secs(10);

const NOT_SET: &str = "it is not set";

/// No token is longer.
const MAX_BYTES: u64 = 64 * 1024;

/// Where a secret is read from; the config holds only this.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum SecretRef {
    /// The environment variable of this name.
    Env(#[serde(deserialize_with = "variable")] String),
    /// The first line of this file.
    File(PathBuf),
    /// The first line of this command's standard output.
    Command(Vec<String>),
    /// A value made by this program itself, for the demo: no file can say it.
    #[serde(skip)]
    Memory(InMemory),
}

/// A secret that this program made up itself.
#[derive(Debug, Clone)]
pub struct InMemory(SecretString);

impl PartialEq for InMemory {
    fn eq(&self, other: &Self) -> bool {
        self.0.expose_secret() == other.0.expose_secret()
    }
}

impl Eq for InMemory {}

/// Why a secret could not be had, without a word of its value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{from}: {why}")]
pub struct SecretError {
    from: String,
    why: String,
}

impl SecretRef {
    /// A secret that this program made up itself.
    pub fn in_memory(value: impl Into<String>) -> Self {
        Self::Memory(InMemory(SecretString::from(value.into())))
    }

    /// How the secret is named to a person, without its value: `$AIVEN_TOKEN`, `file /run/token`.
    pub fn describe(&self) -> String {
        match self {
            Self::Env(name) => format!("${name}"),
            Self::File(path) => format!("file {}", path.display()),
            Self::Command(argv) => format!("command {}", argv.first().map_or("?", String::as_str)),
            Self::Memory(_) => "made for the demo".to_owned(),
        }
    }

    /// The environment variable that holds it, if one does.
    pub fn variable(&self) -> Option<&str> {
        match self {
            Self::Env(name) => Some(name),
            Self::File(_) | Self::Command(_) | Self::Memory(_) => None,
        }
    }

    /// Why it cannot be had, as far as that is seen without reading it or running a command.
    pub fn absent(&self) -> Option<SecretError> {
        match self {
            Self::Env(name) if std::env::var_os(name).is_none() => Some(self.error(NOT_SET)),
            Self::File(path) => std::fs::metadata(path).err().map(|error| self.error(error.to_string())),
            Self::Env(_) | Self::Command(_) | Self::Memory(_) => None,
        }
    }

    /// Reads the secret now: the first line, without blanks around it.
    ///
    /// # Errors
    /// When it is not there or empty; the message never holds a part of a value.
    pub async fn resolve(&self) -> Result<SecretString, SecretError> {
        let text = match self {
            Self::Env(name) => std::env::var(name).map_err(|_| self.error(NOT_SET)),
            Self::File(path) => match timeout(LIMIT, read_file(path)).await {
                Ok(read) => read.map_err(|why| self.error(why)),
                Err(_) => Err(self.error(format!("not read within {}", humantime::format_duration(LIMIT)))),
            },
            Self::Command(argv) => run(argv).await.map_err(|why| self.error(why)),
            Self::Memory(value) => return Ok(value.0.clone()),
        }?;
        match text.lines().next().map(str::trim) {
            None | Some("") => Err(self.error("it is empty")),
            Some(value) => Ok(SecretString::from(value)),
        }
    }

    fn error(&self, why: impl Into<String>) -> SecretError {
        SecretError { from: self.describe(), why: why.into() }
    }
}

async fn read_file(path: &Path) -> Result<String, String> {
    let path = path.to_owned();
    let read = spawn_blocking(move || regular_file::read_text(&path, MAX_BYTES)).await;
    read.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
}

/// Neither its output nor its complaints are told: both may hold the value.
async fn run(argv: &[String]) -> Result<String, String> {
    if argv.is_empty() {
        return Err("it is an empty list".to_owned());
    }
    let call = Call { with_secrets: true, ..Call::new(argv.iter().cloned(), LIMIT) };
    match process::run(&Prefix::new(&[]), &call).await {
        Ok(finished) if finished.code == 0 => Ok(finished.text()),
        Ok(finished) => Err(format!("it ended with exit code {}", finished.code)),
        Err(process::Failure::NotStarted { why, .. }) => Err(format!("it cannot be started: {why}")),
        Err(_) => Err(format!("it did not end well within {}", humantime::format_duration(LIMIT))),
    }
}

/// A token pasted where its variable's name belongs must be refused without being repeated.
fn variable<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    if is_variable(&name) {
        return Ok(name);
    }
    Err(serde::de::Error::custom(
        "no name of an environment variable; write for example `env = \"AIVEN_TOKEN\"`",
    ))
}

/// Whether a text can be the name of an environment variable.
pub(crate) fn is_variable(name: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_line_counts_and_blanks_do_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, " abc \nsecond\n").unwrap();
        assert_eq!(SecretRef::File(path).resolve().await.unwrap().expose_secret(), "abc");
        let command = SecretRef::Command(vec!["printf".into(), "xyz\\nmore\\n".into()]);
        assert_eq!(command.resolve().await.unwrap().expose_secret(), "xyz");
    }

    #[tokio::test]
    async fn what_is_missing_is_named_without_a_value() {
        for (secret, says) in [
            (SecretRef::Env("LIFEBOAT_TEST_NOT_SET".into()), "$LIFEBOAT_TEST_NOT_SET: it is not set"),
            (SecretRef::Command(vec!["false".into()]), "command false: it ended with exit code 1"),
            (SecretRef::Command(vec!["true".into()]), "command true: it is empty"),
            (SecretRef::File("/nonexistent/token".into()), "file /nonexistent/token: No such file"),
            (SecretRef::File("/dev/zero".into()), "file /dev/zero: it is no regular file"),
        ] {
            let error = secret.resolve().await.unwrap_err().to_string();
            assert!(error.starts_with(says), "{error}");
        }
    }

    #[test]
    fn no_file_can_name_a_secret_in_memory_and_debug_hides_it() {
        assert!(
            toml::from_str::<std::collections::BTreeMap<String, SecretRef>>("a = { memory = 'x' }").is_err()
        );
        assert!(!format!("{:?}", SecretRef::in_memory("s3cret")).contains("s3cret"));
    }
}
