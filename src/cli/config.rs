//! `config check`, `config show`, `config init`.

use crate::domain::words;

use super::{ConfigCommand, Exit, Global, Out, config_error};

pub(super) fn run(global: &Global, command: &ConfigCommand, out: &mut Out) -> Exit {
    if matches!(command, ConfigCommand::Init) {
        out.line(crate::config::EXAMPLE);
        return Exit::Done;
    }
    let loaded = match global.load() {
        Ok(loaded) => loaded,
        Err(error) => return config_error(&error, out),
    };
    match command {
        ConfigCommand::Show => out.line(&loaded.show()),
        ConfigCommand::Check | ConfigCommand::Init => {
            let config = &loaded.config;
            out.line(&format!(
                "config ok: {}, {}, {}{}, acting {}",
                config.fleet,
                words::count(config.sources.len(), "source"),
                words::count(config.services.len(), "service"),
                if config.discover.is_empty() { "" } else { " and those discovered" },
                if config.arming_allowed { "allowed" } else { "not allowed" },
            ));
        }
    }
    Exit::Done
}
