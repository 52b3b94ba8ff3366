//! The words of the command line. A command exists here only when it works.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// What could be restored in the other region right now, and a guided fork to it.
#[derive(Debug, Parser)]
#[command(name = "lifeboat", version, disable_help_subcommand = true, max_term_width = 100)]
#[command(after_help = super::exit::TABLE)]
pub struct Cli {
    /// Flags of all commands
    #[command(flatten)]
    pub global: Global,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// Flags that every command takes, before or after its name.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// Config file; may be given several times, later files win
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Vec<PathBuf>,
    /// Folder of the ledger: last-known readings, runs, journals
    #[arg(long, global = true, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
    /// Theme by name
    #[arg(long, global = true, value_name = "THEME")]
    pub theme: Option<String>,
}

/// Commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Checks, shows and begins a config
    #[command(subcommand)]
    Config(ConfigCommand),
}

/// `config`.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Says whether the config is right
    Check,
    /// The merged config, and where each value came from
    Show,
    /// A commented config to begin with, on standard output
    Init,
}
