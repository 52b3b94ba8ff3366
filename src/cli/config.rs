//! `config check`, `config show`, `config init`, `config schema`.

use serde_json::json;

use crate::config::{Config, ConfigError, Loaded, SCHEMA};
use crate::domain::words;

use super::args::OutputForm;
use super::look::Looks;
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
            Ok(config) => right(&config, global.output, out),
            Err(error) => wrong(&error, global.output, out),
        },
    }
}

fn checked(global: &Global) -> Result<Config, ConfigError> {
    let config = global.load()?.config;
    Looks::of(&config)?;
    Ok(config)
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
        });
        out.line(&format!("{counted:#}"));
    } else {
        out.line(&summary(config));
    }
    Exit::Done
}

fn wrong(error: &ConfigError, form: Option<OutputForm>, out: &mut Out) -> Exit {
    if form != Some(OutputForm::Json) {
        return config_error(error, out);
    }
    let mistakes = match error {
        ConfigError::Wrong(mistakes) => json!(mistakes.told()),
        other => json!([{ "file": null, "line": null, "what": other.to_string(), "help": [] }]),
    };
    out.line(&format!("{:#}", json!({ "ok": false, "mistakes": mistakes })));
    Exit::Config
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
