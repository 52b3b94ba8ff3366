//! The words of the command line. A command exists here only when it works.

use std::path::PathBuf;

use std::net::SocketAddr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::clock::Clock;

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
    /// Form of what is printed
    #[arg(long, global = true, value_name = "FORM")]
    pub output: Option<OutputForm>,
    /// A clock that is not this host's: an instant, and how many times as fast it runs
    #[arg(long, global = true, hide = true, value_name = "START[,SPEED]", value_parser = clock)]
    pub clock: Option<Clock>,
}

/// Form of what is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutputForm {
    /// For people.
    Table,
    /// For programs.
    Json,
    /// Markdown, for reports.
    Md,
}

/// Commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The simulator alone, for other clients
    Simulate(SimulateArgs),
    /// Polls everything once and prints what could be restored
    Status(StatusArgs),
    /// One line and an exit code for a monitoring system
    Check(CheckArgs),
    /// Checks, shows and begins a config
    #[command(subcommand)]
    Config(ConfigCommand),
}

/// `simulate`.
#[derive(Debug, Args)]
pub struct SimulateArgs {
    /// Name of a built-in scenario, or the path of a scenario file
    #[arg(value_name = "SCENARIO", default_value = "calm")]
    pub scenario: String,
    /// Address to listen on; port 0 picks a free one
    #[arg(long, value_name = "ADDR")]
    pub listen: SocketAddr,
    /// How many times as fast as real time
    #[arg(long, value_name = "N", default_value_t = 1.0, value_parser = speed)]
    pub speed: f64,
    /// Token that clients must send
    #[arg(long, value_name = "T", default_value = "demo-token")]
    pub token: String,
}

/// `status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Services to show; all when none is named
    #[arg(value_name = "SERVICE")]
    pub services: Vec<String>,
    /// Only services with a copy in this region
    #[arg(long, value_name = "R")]
    pub region: Option<String>,
    /// Longest time to wait for sources; the last known stands in for what did not answer
    #[arg(long, value_name = "D", default_value = "30s", value_parser = duration)]
    pub timeout: Duration,
}

/// `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Services to judge; all when none is named
    #[arg(value_name = "SERVICE")]
    pub services: Vec<String>,
    /// Longest time to wait for sources
    #[arg(long, value_name = "D", default_value = "30s", value_parser = duration)]
    pub timeout: Duration,
    /// A service that is unknown for longer is critical; its RPO, else 30m, when not given
    #[arg(long, value_name = "D", value_parser = duration)]
    pub unknown_after: Option<Duration>,
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
fn clock(text: &str) -> Result<Clock, String> {
    let (start, pace) = text.split_once(',').unwrap_or((text, "1"));
    let start = instant(start)?;
    let pace = pace.trim().parse::<f64>().ok().filter(|pace| pace.is_finite() && *pace >= 0.0);
    let pace = pace.ok_or_else(|| "the speed is a number that is not negative".to_owned())?;
    Ok(Clock::starting_at(start, pace))
}

fn instant(text: &str) -> Result<DateTime<Utc>, String> {
    let parsed = DateTime::parse_from_rfc3339(text.trim());
    parsed
        .map(|at| at.with_timezone(&Utc))
        .map_err(|_| "write RFC 3339 with Z or an offset: 2026-11-20T12:00:00Z".to_owned())
}

fn duration(text: &str) -> Result<Duration, String> {
    crate::config::duration::parse(text)
}

fn speed(text: &str) -> Result<f64, String> {
    let value = text.parse::<f64>().ok().filter(|value| (0.0..=100_000.0).contains(value) && *value > 0.0);
    value.ok_or_else(|| "a number above 0 and up to 100000".to_owned())
}
