//! `config check`, `config show`, `config init`, `config schema`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::config::{Config, ConfigError, Loaded, NOTHING_WATCHED, SCHEMA, SourceSettings};
use crate::domain::words;
use crate::secret::SecretRef;

use super::args::OutputForm;
use super::look::{Looks, env};
use super::{ConfigCommand, Exit, Global, Out, config_error, init};

pub(super) async fn run(global: &Global, command: &ConfigCommand, out: &mut Out) -> Exit {
    match command {
        ConfigCommand::Init(args) => init::run(global, args, out).await,
        ConfigCommand::Schema => {
            out.line(SCHEMA);
            Exit::Done
        }
        ConfigCommand::Show | ConfigCommand::Check if global.output == Some(OutputForm::Md) => {
            super::wrong_form("config", "table or json", out)
        }
        ConfigCommand::Show => match global.load() {
            Ok(loaded) => show(&loaded, global.output, out),
            Err(error) => wrong(&error, global.output, out),
        },
        ConfigCommand::Check => match checked(global) {
            Ok(config) if config.watches_nothing() => empty(global.output, out),
            Ok(config) => right(&config, global.output, out),
            Err(error) => wrong(&error, global.output, out),
        },
    }
}

fn checked(global: &Global) -> Result<Config, ConfigError> {
    let mut config = global.load()?.config;
    if !config.left_out.is_empty() {
        return Err(ConfigError::Wrong(std::mem::take(&mut config.left_out).as_errors()));
    }
    match Looks::of(&config).left_out.pop() {
        Some(error) => Err(error),
        None => Ok(config),
    }
}

fn show(loaded: &Loaded, form: Option<OutputForm>, out: &mut Out) -> Exit {
    if form == Some(OutputForm::Json) {
        let one = |(key, value, from)| json!({ "key": key, "value": value, "from": from });
        out.line(&format!(
            "{:#}",
            json!({ "values": loaded.values().into_iter().map(one).collect::<Vec<_>>() })
        ));
    } else {
        out.line(&loaded.show());
    }
    Exit::Done
}

fn right(config: &Config, form: Option<OutputForm>, out: &mut Out) -> Exit {
    if form == Some(OutputForm::Json) {
        let counted = json!({
            "ok": true,
            "fleet": config.fleet,
            "sources": config.sources.len(),
            "services": config.services.len(),
            "discovers": !config.discover.is_empty(),
            "acting_allowed": config.arming_allowed,
            "mistakes": [],
            "unset": unset(config),
        });
        out.line(&format!("{counted:#}"));
    } else {
        out.line(&summary(config));
        for name in unset(config) {
            out.problem(&format!("warning: the variable {name} is not set here; other hosts may have it"));
        }
    }
    Exit::Done
}

/// The variables that the config names for a secret and that are not set on this host.
fn unset(config: &Config) -> BTreeSet<&str> {
    let secrets = config.sources.values().flat_map(|source| match &source.settings {
        SourceSettings::Aiven(settings) => settings.secrets().collect::<Vec<_>>(),
        SourceSettings::PgBackRest(_) => Vec::new(),
    });
    let named = secrets.filter_map(|secret| match secret {
        SecretRef::Env(name) => Some(name.as_str()),
        SecretRef::File(_) | SecretRef::Command(_) | SecretRef::Memory(_) => None,
    });
    named.filter(|name| env(name).is_none_or(|value| value.is_empty())).collect()
}

/// Each line of it may be right, and yet it is of no use.
fn empty(form: Option<OutputForm>, out: &mut Out) -> Exit {
    if form == Some(OutputForm::Json) {
        return mistaken(&json!([of_no_line(NOTHING_WATCHED)]), out);
    }
    out.error(NOTHING_WATCHED, &["an example to begin with: lifeboat config init"]);
    Exit::Config
}

fn wrong(error: &ConfigError, form: Option<OutputForm>, out: &mut Out) -> Exit {
    match error {
        _ if form != Some(OutputForm::Json) => config_error(error, out),
        ConfigError::Wrong(mistakes) => mistaken(&json!(mistakes.told()), out),
        other => mistaken(&json!([of_no_line(&other.to_string())]), out),
    }
}

fn mistaken(mistakes: &Value, out: &mut Out) -> Exit {
    out.line(&format!("{:#}", json!({ "ok": false, "mistakes": mistakes })));
    Exit::Config
}

fn of_no_line(what: &str) -> Value {
    json!({ "file": null, "line": null, "what": what, "help": [] })
}

fn summary(config: &Config) -> String {
    format!(
        "config ok: {}, {}, {}{}, acting {}",
        config.fleet,
        words::count(config.sources.len(), "source"),
        words::count(config.services.len(), "service"),
        if config.discover.is_empty() { "" } else { " and those discovered" },
        if config.arming_allowed { "allowed" } else { "not allowed" },
    )
}
