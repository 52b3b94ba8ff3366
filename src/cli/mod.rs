//! The command line: arguments in, lines and an exit code out. One file is one command.

mod again;
mod agreed;
mod answers;
mod args;
mod beside;
mod check;
mod check_line;
mod check_memory;
mod completions;
mod config;
mod dashboard;
mod demo;
mod doctor;
mod doctor_tools;
mod drill;
mod dry_run;
mod event_line;
pub mod exit;
mod follow;
mod init;
mod journals;
mod kept;
mod keys;
mod look;
mod make_way;
mod man;
mod next;
mod of_no_use;
mod of_runs;
#[cfg(test)]
mod one_move;
mod out;
mod put_down;
mod region;
mod report;
mod run_args;
mod runs;
mod session;
mod simulate;
mod status;
mod status_table;
mod survey;
mod table;
mod themes;
mod verify;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

pub use args::{Cli, Command, ConfigCommand, Global};
pub use exit::Exit;
pub use out::Out;

use crate::runbook::criteria;

use crate::config::{Config, ConfigError, Loaded, Overrides};

/// Runs the command that the arguments name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut out = Out::new();
    let arguments = config_first(arguments.into_iter().collect());
    match Cli::try_parse_from(&arguments) {
        Ok(cli) => {
            let words = words(&arguments, &cli.global);
            dispatch(cli, &words, &mut out)
        }
        Err(error) if is_mistake(&error) && asks_for_check(&arguments) => {
            let text = error.render().to_string();
            let line = text.lines().next().unwrap_or("wrong use").trim_start_matches("error: ");
            check::cannot(line, &mut out)
        }
        Err(error) => {
            let exit = usage(&error, &mut out);
            if error.kind() == ErrorKind::DisplayHelp && arguments.iter().any(|word| word == "incident") {
                help_criteria(&arguments, &mut out);
            }
            exit.into()
        }
    }
}

/// The criteria of the config that these arguments name: which ids `incident --criteria` takes (S26).
fn help_criteria(arguments: &[OsString], out: &mut Out) {
    let mut files = Vec::new();
    for (word, next) in arguments.iter().zip(arguments.iter().skip(1)) {
        match word.to_string_lossy().strip_prefix("--config") {
            Some("") => files.push(next.into()),
            Some(given) => files.extend(given.strip_prefix('=').map(Into::into)),
            None => {}
        }
    }
    let over = Overrides::default();
    let Ok(loaded) = crate::config::load(&files, &over, &|name| std::env::var(name).ok()) else { return };
    let lines = criteria::lines(&loaded.config.criteria);
    if !lines.is_empty() {
        out.line(&format!("\nCriteria of this config:\n  {}", lines.join("\n  ")));
    }
}

/// The command line as a person would give it again, from any folder, in a shell that has no variable of this one.
fn words(arguments: &[OsString], global: &Global) -> Vec<String> {
    let shown = |path: &PathBuf| path.display().to_string();
    let configs = global.named_configs().into_iter().filter(|_| global.config.is_empty());
    let configs = configs.flat_map(|file| ["--config".to_owned(), shown(&file)]);
    let folder = global.named_state_dir().filter(|_| global.state_dir.is_none());
    let folder = folder.into_iter().flat_map(|folder| ["--state-dir".to_owned(), shown(&folder)]);
    let given = arguments.iter().skip(1).map(|word| word.to_string_lossy().into_owned());
    let words = std::iter::once("lifeboat".to_owned()).chain(configs).chain(folder).chain(given);
    again::from_anywhere(words)
}

fn dispatch(cli: Cli, words: &[String], out: &mut Out) -> ExitCode {
    let Cli { global, command } = cli;
    let Some(command) = command else {
        return with_runtime(out, async |out| {
            let session = match session::Session::open(&global, out) {
                Ok(session) => session,
                Err(exit) => return exit.into(),
            };
            let flags = drill::flags(&global);
            let again = again::Again::of(&global);
            Box::pin(dashboard::run(session, flags, Some(again), words, out)).await.into()
        });
    };
    match command {
        Command::Demo(args) => {
            with_runtime(out, async |out| Box::pin(demo::run(&global, &args, words, out)).await.into())
        }
        Command::Themes => themes::run(&global, out).into(),
        Command::Keys => keys::run(&global, out).into(),
        Command::Completions(args) => completions::run(&args, out).into(),
        Command::Man(args) => man::run(&args, out).into(),
        Command::Config(command) => {
            with_runtime(out, async |out| Box::pin(config::run(&global, &command, out)).await.into())
        }
        Command::Simulate(args) => {
            with_runtime(out, async |out| simulate::run(&global, args, out).await.into())
        }
        Command::Status(args) => with_runtime(out, async |out| status::run(&global, &args, out).await.into()),
        Command::Doctor => with_runtime(out, async |out| Box::pin(doctor::run(&global, out)).await.into()),
        Command::Drill(args) => {
            with_runtime(out, async |out| Box::pin(drill::drill(&global, args, words, out)).await.into())
        }
        Command::Incident(args) => {
            with_runtime(out, async |out| Box::pin(drill::incident(&global, args, words, out)).await.into())
        }
        Command::Runs(command) => {
            with_runtime(out, async |out| Box::pin(runs::run(&global, command, words, out)).await.into())
        }
        Command::Region(args) => {
            with_runtime(out, async |out| Box::pin(region::run(&global, args, words, out)).await.into())
        }
        Command::Report(args) => report::run(&global, &args, out).into(),
        Command::Check(args) => with_runtime(out, async |out| check::run(&global, &args, out).await),
    }
}

/// Runs a command that waits for the world.
fn with_runtime(out: &mut Out, command: impl AsyncFnOnce(&mut Out) -> ExitCode) -> ExitCode {
    // One thread beside this one, for all that is waited for: each more keeps memory of its own for what it reads.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    match runtime {
        Ok(runtime) => {
            let exit = runtime.block_on(command(out));
            // What hangs in a name look-up must not hold the exit.
            runtime.shutdown_background();
            exit
        }
        Err(error) => {
            out.error(&format!("no threads: {error}"), &[]);
            Exit::Failed.into()
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

/// Whether the arguments name `check`: its line comes even for a wrong use of it (S34).
fn asks_for_check(arguments: &[OsString]) -> bool {
    const WITH_VALUE: [&str; 7] =
        ["--config", "--state-dir", "--last-known", "--theme", "--palette", "--output", "--clock"];
    let mut words = arguments.iter().skip(1).map(|word| word.to_string_lossy());
    while let Some(word) = words.next() {
        if WITH_VALUE.contains(&word.as_ref()) {
            words.next();
        } else if !word.starts_with('-') {
            return word == "check";
        }
    }
    false
}

fn is_mistake(error: &clap::Error) -> bool {
    !matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion)
}

/// ` (did you mean ..?)` for a word that is like a known one, else nothing.
fn nearest_hint(word: &str, known: &[&str]) -> String {
    crate::domain::nearest::nearest(word, known)
        .map(|near| format!(" (did you mean `{near}`?)"))
        .unwrap_or_default()
}

/// A form of output that a command does not have.
pub(crate) fn wrong_form(command: &str, forms: &str, out: &mut Out) -> Exit {
    out.error(&format!("`{command}` has no such form of output"), &[&format!("give --output {forms}")]);
    Exit::Usage
}

/// Help and version are no mistakes; anything else is 64 instead of clap's 2.
fn usage(error: &clap::Error, out: &mut Out) -> Exit {
    let text = error.render().to_string();
    if !is_mistake(error) {
        out.line(&text);
        return Exit::Done;
    }
    out.problem(&text);
    Exit::Usage
}

impl Global {
    /// The state folder that this start names: by its flag, else by the environment, which another shell lacks.
    pub(crate) fn named_state_dir(&self) -> Option<PathBuf> {
        let by_variable = || look::env("LIFEBOAT_STATE_DIR").filter(|folder| !folder.is_empty());
        self.state_dir.clone().or_else(|| by_variable().map(PathBuf::from))
    }

    /// The config files that this start names: by its flag, else by the environment.
    pub(crate) fn named_configs(&self) -> Vec<PathBuf> {
        if self.config.is_empty() { crate::config::named(&look::env) } else { self.config.clone() }
    }

    /// Loads the config that the flags name.
    ///
    /// # Errors
    /// See [`crate::config::load`].
    pub fn load(&self) -> Result<Loaded, ConfigError> {
        let over = Overrides { state_dir: self.state_dir.clone(), ..self.looks() };
        crate::config::load(&self.config, &over, &look::env)
    }

    /// How it is to look by flags and environment alone, where no config is read.
    ///
    /// # Errors
    /// What is wrong beside that.
    pub(crate) fn looks_alone(&self) -> Result<Config, ConfigError> {
        let over = Overrides { state_dir: Some(std::env::temp_dir()), ..self.looks() };
        Ok(crate::config::from_texts(&[], &over, &look::env)?.config)
    }

    /// How the flags want it to look. What is wrong there stops nobody, as in a config (S25).
    fn looks(&self) -> Overrides {
        Overrides {
            state_dir: None,
            theme: self.theme.clone(),
            palette: self.palette.clone(),
            mouse: self.mouse,
        }
    }
}

/// Prints why there is no config.
pub(crate) fn config_error(error: &ConfigError, out: &mut Out) -> Exit {
    match error {
        ConfigError::None { .. } => {
            // What stands here may be the real one: nothing is to be written over it.
            let first = if Path::new("lifeboat.toml").exists() {
                "lifeboat.toml lies in this folder: give it by `--config lifeboat.toml`"
            } else {
                "`lifeboat config init > lifeboat.toml` writes one to begin with; give it by `--config lifeboat.toml`"
            };
            out.error(&error.to_string(), &["`lifeboat demo` shows everything without one", first]);
        }
        ConfigError::Unreadable { .. } => out.error(&error.to_string(), &[]),
        ConfigError::Wrong(mistakes) => out.problem(&mistakes.to_string()),
    }
    Exit::Config
}
