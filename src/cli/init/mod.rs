//! `config init`: a config to begin with. The example; or, by `--from`, one made of what is there: the
//! services of an Aiven project, or the stanzas and repositories of a pgBackRest configuration.
//!
//! What is known is written. What nobody can know from there (what is promised, where a primary
//! listens) is a commented line that says what to fill in.

mod aiven;
mod conf;
mod pgbackrest;

use std::path::Path;

use crate::config::{EXAMPLE, Overrides, from_texts};
use crate::process;

use super::args::InitArgs;
use super::{Exit, Global, Out, config_error};

pub(super) async fn run(global: &Global, args: &InitArgs, out: &mut Out) -> Exit {
    let made = match args.from.as_deref() {
        None => Ok(EXAMPLE.to_owned()),
        Some(from) => match from.strip_prefix("aiven:") {
            Some(project) => aiven::config(global, args, project).await,
            None => pgbackrest::config(Path::new(from), &host()),
        },
    };
    let text = match made {
        Ok(text) => text,
        Err(NotMade { why, hints, exit }) => {
            out.error(&why, &hints.iter().map(String::as_str).collect::<Vec<_>>());
            return exit;
        }
    };
    // What is handed out passes `config check` as it is.
    match from_texts(&[("what was made".to_owned(), text.clone())], &anywhere(), &|_| None) {
        Ok(_) => {
            out.line(&text);
            Exit::Done
        }
        Err(error) => config_error(&error, out),
    }
}

/// Why no config was made, and what to do.
#[derive(Debug)]
struct NotMade {
    why: String,
    hints: Vec<String>,
    exit: Exit,
}

/// Nothing of a config that is only made is kept anywhere.
fn anywhere() -> Overrides {
    Overrides { state_dir: Some(std::env::temp_dir()), ..Overrides::default() }
}

fn host() -> String {
    crate::runtime::author::author(None).host
}

/// A text as a TOML value.
fn text(value: &str) -> String {
    toml::Value::String(value.to_owned()).to_string()
}

/// A list of words as a TOML value.
fn list<S: AsRef<str>>(words: &[S]) -> String {
    format!("[{}]", words.iter().map(|word| text(word.as_ref())).collect::<Vec<_>>().join(", "))
}

/// A name as a part of a section's name.
fn key(name: &str) -> String {
    crate::config::key_text(name)
}

/// A name out of other names, as `[sources.NAME]` likes it.
fn source_name(parts: &[&str]) -> String {
    parts.join("-")
}

/// Words of a stranger in a comment: they stay on its line.
fn comment(words: &str) -> String {
    process::one_line(words)
}

/// What is promised, by tier: nobody but its owner knows, so it is never made up.
const TIERS: &str = "\
# What is promised, by tier; 1 is the most critical. Until a service has a tier with an RPO, nothing says how
# much loss is too much. Fill in what the business tolerates and take the `#` away.
# [tiers.1]
# rpo = \"15m\"                 # largest tolerated loss of data
# rto = \"1h\"                  # longest tolerated time without the service
# drill_every = \"90d\"
";
