//! The words of the command line. A command exists here only when it works.

use std::path::PathBuf;

use std::net::SocketAddr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use clap::{Args, Parser, Subcommand, ValueEnum};

pub(super) use super::run_args::{
    AbortArgs, CleanUpArgs, DrillArgs, IncidentArgs, ResumeArgs, RunArg, RunsCommand, StandingArgs,
};
use crate::clock::Clock;
use crate::domain::Target;
use crate::domain::target::NotATarget;
use crate::runbook::WITHOUT_JOURNAL;

/// What could be restored in the other region right now, and a guided fork to it.
#[derive(Debug, Parser)]
#[command(name = "lifeboat", version, disable_help_subcommand = true, max_term_width = 100)]
#[command(after_help = super::exit::TABLE)]
pub struct Cli {
    /// Flags of all commands
    #[command(flatten)]
    pub global: Global,
    /// Without a command: the dashboard, read-only unless armed
    #[command(subcommand)]
    pub command: Option<Command>,
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
    /// Allow acting, if the config and a credential allow it too
    #[arg(long, global = true)]
    pub arm: bool,
    /// Never act, whatever else is given
    #[arg(long, global = true)]
    pub read_only: bool,
    /// Facts that `status --write` made on another host, for what this one cannot read
    #[arg(long, global = true, value_name = "FILE")]
    pub last_known: Option<PathBuf>,
    /// Theme by name; `lifeboat themes` lists them
    #[arg(long, global = true, value_name = "THEME")]
    pub theme: Option<String>,
    /// How many colours to show, whatever the terminal says of itself: none, 8, 16, 256 or true
    #[arg(long, global = true, value_name = "COLOURS")]
    pub palette: Option<String>,
    /// Let wheel and click select and scroll
    #[arg(long, global = true)]
    pub mouse: bool,
    /// Form of what is printed
    #[arg(long, global = true, value_name = "FORM")]
    pub output: Option<OutputForm>,
    /// A clock that is not this host's: an instant, this host's instant that it belongs to (else the
    /// start of the command), and how many times as fast it runs
    #[arg(long, global = true, hide = true, value_name = "START[@REAL][,SPEED]", value_parser = clock)]
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
    /// The dashboard over the built-in simulator: no account, config or network needed
    Demo(DemoArgs),
    /// The simulator alone, for other clients
    Simulate(SimulateArgs),
    /// Polls everything once and prints what could be restored
    Status(StatusArgs),
    /// One line and an exit code for a monitoring system
    Check(CheckArgs),
    /// Says whether recovery would work from this host
    Doctor,
    /// Forks a service to its secondary region as an exercise, checks it, and cleans up
    Drill(DrillArgs),
    /// Forks a service to its secondary region for real
    Incident(IncidentArgs),
    /// Lists and steers runs
    #[command(subcommand)]
    Runs(RunsCommand),
    /// Where the backups of a service are copied to: shown, enabled, changed, disabled
    Region(RegionArgs),
    /// The report of a run
    Report(RunArg),
    /// Checks, shows and begins a config
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Lists the themes, and what is wrong with them
    Themes,
    /// Lists the keys of the dashboard, with your own key map in force
    Keys,
    /// What a shell offers at the tab key, on standard output
    Completions(CompletionsArgs),
    /// The manual page, or that of one command, on standard output
    Man(ManArgs),
}

/// `config init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Make it of what is there: aiven:PROJECT, or the path of a pgBackRest configuration
    #[arg(long, value_name = "FROM")]
    pub from: Option<String>,
    /// Address of the Aiven API, when it is not the public one
    #[arg(long, value_name = "URL", requires = "from")]
    pub url: Option<String>,
    /// The environment variable that holds the reading token
    #[arg(long, value_name = "NAME", default_value = "AIVEN_TOKEN")]
    pub token_env: String,
}

/// `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: ShellName,
}

/// A shell that completions are made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ShellName {
    /// GNU Bash
    Bash,
    /// Z shell
    Zsh,
    /// fish
    Fish,
}

/// `man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// The command, in its words; the whole program when none is given
    #[arg(value_name = "COMMAND")]
    pub command: Vec<String>,
}

/// What a scenario can be called.
fn scenarios() -> String {
    let names: Vec<_> = crate::simulator::scenario::names().collect();
    format!("Name of a built-in scenario, or the path of a scenario file: {}", names.join(", "))
}

/// `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Refused with a word on why; not offered in its help.
    #[arg(long, hide = true, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
    /// The same.
    #[arg(long, hide = true, value_name = "FILE")]
    pub config: Vec<PathBuf>,
    /// The same.
    #[arg(long, hide = true, value_name = "FILE")]
    pub last_known: Option<PathBuf>,
    /// Name of a built-in scenario, or the path of a scenario file
    #[arg(value_name = "SCENARIO", default_value = "calm", help = scenarios())]
    pub scenario: String,
    /// How many times as fast as real time
    #[arg(long, value_name = "N", default_value_t = 1.0, value_parser = speed)]
    pub speed: f64,
}

/// `simulate`.
#[derive(Debug, Args)]
pub struct SimulateArgs {
    /// Name of a built-in scenario, or the path of a scenario file
    #[arg(value_name = "SCENARIO", default_value = "calm", help = scenarios())]
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
    /// Keep everything known of all services in this file, for `--last-known` on another host
    #[arg(long, value_name = "FILE")]
    pub write: Option<PathBuf>,
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

/// `region`.
#[derive(Debug, Args)]
pub struct RegionArgs {
    /// The service
    #[arg(value_name = "SERVICE")]
    pub service: String,
    /// Copy its backups to this region of the same cloud
    #[arg(long, value_name = "REGION", conflicts_with_all = ["off", "follow"])]
    pub to: Option<String>,
    /// Copy them nowhere any more
    #[arg(long, conflicts_with = "follow")]
    pub off: bool,
    /// The service again, to confirm; without it the rules and the exact calls are only shown
    #[arg(long, value_name = "SERVICE")]
    pub confirm: Option<String>,
    /// Go on looking at the change that was last asked for, until its first copy is there
    #[arg(long)]
    pub follow: bool,
    /// Who answers for this, when not the user of this shell
    #[arg(long, value_name = "WHO")]
    pub declared_by: Option<String>,
}

/// `config`.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Says whether the config is right
    Check,
    /// The merged config, and where each value came from
    Show,
    /// A commented config to begin with, on standard output
    Init(InitArgs),
    /// The JSON schema of config files, for editors, on standard output
    Schema,
}

pub(super) fn target(text: &str) -> Result<Target, String> {
    crate::domain::target::parse(text).map_err(|error| error.to_string())
}

/// A journal tells where it is: from any folder, and in the words that can be typed instead of one.
pub(super) fn whole_path(text: &str) -> Result<PathBuf, String> {
    let is_place = text != WITHOUT_JOURNAL;
    if is_place { std::path::absolute(text).map_err(|error| error.to_string()) } else { Ok(text.into()) }
}

fn clock(text: &str) -> Result<Clock, String> {
    let (start, pace) = text.split_once(',').unwrap_or((text, "1"));
    let (start, real) = start.split_once('@').map_or((start, None), |(start, real)| (start, Some(real)));
    let start = instant(start)?;
    let real = real.map(instant).transpose()?;
    let pace = pace.trim().parse::<f64>().ok().filter(|pace| pace.is_finite() && *pace >= 0.0);
    let pace = pace.ok_or_else(|| "the speed is a number that is not negative".to_owned())?;
    Ok(real.map_or_else(|| Clock::starting_at(start, pace), |real| Clock::shared(start, real, pace)))
}

pub(super) fn instant(text: &str) -> Result<DateTime<Utc>, String> {
    match target(text)? {
        Target::At(at) => Ok(at),
        _ => Err(NotATarget::NoInstant { text: text.to_owned() }.to_string()),
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    crate::config::duration::parse(text)
}

fn speed(text: &str) -> Result<f64, String> {
    let value = text.parse::<f64>().ok().filter(|value| (0.0..=100_000.0).contains(value) && *value > 0.0);
    value.ok_or_else(|| "a number above 0 and up to 100000".to_owned())
}
