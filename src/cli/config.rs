//! `config check`, `config show`, `config init`, `config schema`.

use crate::config::{Config, SCHEMA};
use crate::domain::words;

use super::look::Looks;
use super::{ConfigCommand, Exit, Global, Out, config_error, init};

pub(super) async fn run(global: &Global, command: &ConfigCommand, out: &mut Out) -> Exit {
    match command {
        ConfigCommand::Init(args) => return init::run(global, args, out).await,
        ConfigCommand::Schema => out.line(SCHEMA),
        ConfigCommand::Show => match global.load() {
            Ok(loaded) => out.line(&loaded.show()),
            Err(error) => return config_error(&error, out),
        },
        ConfigCommand::Check => match global.load() {
            Ok(loaded) => match Looks::of(&loaded.config) {
                Ok(_) => out.line(&summary(&loaded.config)),
                Err(error) => return config_error(&error, out),
            },
            Err(error) => return config_error(&error, out),
        },
    }
    Exit::Done
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
