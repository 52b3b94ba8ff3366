//! The command line: arguments in, lines and an exit code out. One file is one command.

mod args;
mod config;
pub mod exit;
mod out;
mod simulate;

use std::ffi::OsString;

use clap::Parser;
use clap::error::ErrorKind;

pub use args::{Cli, Command, ConfigCommand, Global};
pub use exit::Exit;
pub use out::Out;

use crate::config::{ConfigError, Loaded, Overrides};

/// Runs the command that the arguments name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let mut out = Out::new();
    let arguments = config_first(arguments.into_iter().collect());
    match Cli::try_parse_from(&arguments) {
        Ok(cli) => dispatch(cli, &mut out),
        Err(error) => usage(&error, &mut out),
    }
}

fn dispatch(cli: Cli, out: &mut Out) -> Exit {
    let Cli { global, command } = cli;
    match command {
        Command::Config(command) => config::run(&global, &command, out),
        Command::Simulate(args) => with_runtime(out, async |out| simulate::run(&global, args, out).await),
    }
}

/// Runs a command that waits for the world.
fn with_runtime(out: &mut Out, command: impl AsyncFnOnce(&mut Out) -> Exit) -> Exit {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    match runtime {
        Ok(runtime) => {
            let exit = runtime.block_on(command(out));
            // What hangs in a name look-up must not hold the exit.
            runtime.shutdown_background();
            exit
        }
        Err(error) => {
            out.error(&format!("no threads: {error}"), &[]);
            Exit::Failed
        }
    }
}

/// Moves every `--config FILE` before the command: of a flag that stands on both sides of it, the
/// parser would keep only the last, and each file counts.
fn config_first(arguments: Vec<OsString>) -> Vec<OsString> {
    let mut front = Vec::new();
    let mut rest = Vec::new();
    let mut arguments = arguments.into_iter();
    front.extend(arguments.next());
    while let Some(word) = arguments.next() {
        if word == "--" {
            rest.push(word);
            rest.extend(arguments.by_ref());
        } else if word == "--config" {
            front.push(word);
            front.extend(arguments.next());
        } else if word.to_string_lossy().starts_with("--config=") {
            front.push(word);
        } else {
            rest.push(word);
        }
    }
    front.extend(rest);
    front
}

/// Help and version are no mistakes; anything else is 64 instead of clap's 2.
fn usage(error: &clap::Error, out: &mut Out) -> Exit {
    let text = error.render().to_string();
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        out.line(&text);
        return Exit::Done;
    }
    out.problem(&text);
    Exit::Usage
}

impl Global {
    /// Loads the config that the flags name.
    ///
    /// # Errors
    /// See [`crate::config::load`].
    pub fn load(&self) -> Result<Loaded, ConfigError> {
        let over = Overrides { state_dir: self.state_dir.clone(), theme: self.theme.clone() };
        crate::config::load(&self.config, &over, &|name| std::env::var(name).ok())
    }
}

/// Prints why there is no config.
pub(crate) fn config_error(error: &ConfigError, out: &mut Out) -> Exit {
    match error {
        ConfigError::None { .. } => out.error(
            &error.to_string(),
            &["`lifeboat config init > lifeboat.toml` writes one to begin with; give it by `--config lifeboat.toml`"],
        ),
        ConfigError::Unreadable { .. } => out.error(&error.to_string(), &[]),
        ConfigError::Wrong(mistakes) => out.problem(&mistakes.to_string()),
    }
    Exit::Config
}
