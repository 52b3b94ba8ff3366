//! The words of the commands that begin and steer runs.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};

use super::args::{instant, target, whole_path};
use crate::domain::Target;

/// `drill`.
#[derive(Debug, Args)]
pub struct DrillArgs {
    /// The service
    #[arg(value_name = "SERVICE")]
    pub service: String,
    /// What to restore to: newest, oldest, an instant with offset, or a backup
    #[arg(long, value_name = "TARGET", default_value = "newest", value_parser = target)]
    pub to: Target,
    /// The loss to simulate: the point must lie before it [default: when the point is confirmed]
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    pub simulated_loss: Option<DateTime<Utc>>,
    /// Show what would be done, exactly, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Take the default answer of every question that has one
    #[arg(long)]
    pub yes: bool,
    /// Who answers for this run, when not the user of this shell
    #[arg(long, value_name = "WHO")]
    pub declared_by: Option<String>,
    /// What is exercised
    #[arg(long, value_name = "TEXT")]
    pub scenario: Option<String>,
    /// Go on although a clock is off by more than five minutes, and why
    #[arg(long, value_name = "WHY")]
    pub accept_skew: Option<String>,
}

/// `incident`.
#[derive(Debug, Args)]
pub struct IncidentArgs {
    /// The service
    #[arg(value_name = "SERVICE")]
    pub service: String,
    /// The service again, to confirm
    #[arg(long, value_name = "SERVICE", required_unless_present = "dry_run")]
    pub confirm: Option<String>,
    /// Who declares the incident
    #[arg(long, value_name = "WHO", required_unless_present = "dry_run")]
    pub declared_by: Option<String>,
    /// What happened
    #[arg(long, value_name = "TEXT", required_unless_present = "dry_run")]
    pub scenario: Option<String>,
    /// Criteria of the declaration that are met, by their ids in [criteria] of the config
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub criteria: Vec<String>,
    /// Since when the service is down; where its clients use a fork, since when that is
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    pub down_since: Option<DateTime<Utc>>,
    /// When that was noticed; unless given, when the probe first met silence
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    pub detected: Option<DateTime<Utc>>,
    /// To when the loss is counted, when you know better than the probe
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    pub loss_instant: Option<DateTime<Utc>>,
    /// What to restore to: newest, oldest, an instant with offset, or a backup; where it is given, also as last known if the copy cannot be read [default: newest]
    #[arg(long, value_name = "TARGET", value_parser = target)]
    pub to: Option<Target>,
    /// The moment that spoilt the data: the point must lie before it
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    pub bad_moment: Option<DateTime<Utc>>,
    /// Name of the fork
    #[arg(long, value_name = "NAME")]
    pub fork_name: Option<String>,
    /// Begin although an earlier incident moved the clients to a fork: this copy lacks what was written there
    #[arg(long)]
    pub although_moved: bool,
    /// What may be said at once of questions that come later
    #[command(flatten)]
    pub standing: StandingArgs,
    /// Show what would be done, exactly, and do nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// `runs`.
#[derive(Debug, Subcommand)]
pub enum RunsCommand {
    /// All runs, newest first
    List,
    /// One run: its state, its steps, its journal
    Show(RunArg),
    /// Takes an interrupted run up again
    Resume(Box<ResumeArgs>),
    /// Ends a run; its fork stays until it is cleaned up
    Abort(AbortArgs),
    /// Removes the forks that a run made, after confirmation
    CleanUp(CleanUpArgs),
    /// Checks the hash chain of a run's journal
    Verify(RunArg),
}

/// A run by its id.
#[derive(Debug, Args)]
pub struct RunArg {
    /// Id of the run, or a part of it that no other run has
    #[arg(value_name = "RUN")]
    pub run: String,
}

/// Answers that hold from the beginning of an incident on.
#[derive(Debug, Clone, Default, Args)]
pub struct StandingArgs {
    /// How the old primary was fenced: it can no longer write; that its name was moved is no fence
    #[arg(long, value_name = "HOW", conflicts_with = "override_fence")]
    pub fenced: Option<String>,
    /// Why to cut over without a fence, in writing
    #[arg(long, value_name = "WHY")]
    pub override_fence: Option<String>,
    /// Go on although a clock is off by more than five minutes, and why
    #[arg(long, value_name = "WHY")]
    pub accept_skew: Option<String>,
    /// Folder for the journal of an incident, if the state folder cannot be written
    #[arg(long, value_name = "DIR", value_parser = whole_path)]
    pub fallback_dir: Option<PathBuf>,
}

/// `runs resume`: each question of a run has its flag.
#[derive(Debug, Args)]
pub struct ResumeArgs {
    /// Id of the run, or a part of it that no other run has
    #[arg(value_name = "RUN")]
    pub run: String,
    /// The service of the run: agrees to the point shown, and to removing what a drill made
    #[arg(long, value_name = "SERVICE")]
    pub confirm: Option<String>,
    /// Another point: newest, oldest, an instant with offset, or a backup
    #[arg(long, value_name = "TARGET", value_parser = target)]
    pub to: Option<Target>,
    /// The fork is proven absent: ask the provider for it once more
    #[arg(long, group = "decision")]
    pub retry_absent: bool,
    /// Try the failed step once more
    #[arg(long, group = "decision")]
    pub retry: bool,
    /// Go past the present step, and why
    #[arg(long, value_name = "WHY", group = "decision")]
    pub skip: Option<String>,
    /// Open a further attempt beside this one, and why; unless --to is given a drill goes to the same point, an incident to what it was to restore to, looked for anew
    #[arg(long, value_name = "WHY", group = "decision")]
    pub new_attempt: Option<String>,
    /// Who says for the owner that the restored service is good to use
    #[arg(long, value_name = "WHO", group = "owner")]
    pub accepted_by: Option<String>,
    /// Who says for the owner that it is not; --words says why
    #[arg(long, value_name = "WHO", group = "owner", requires = "words")]
    pub not_accepted_by: Option<String>,
    /// The owner's words
    #[arg(long, value_name = "TEXT", requires = "owner")]
    pub words: Option<String>,
    /// What was done to move the clients
    #[arg(long, value_name = "TEXT")]
    pub cut_over_done: Option<String>,
    /// End a pause
    #[arg(long)]
    pub unpause: bool,
    /// Write this down
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
    /// Who declares, if the run was left before it was declared; after that, who says what else is said here
    #[arg(long, value_name = "WHO")]
    pub declared_by: Option<String>,
    /// What happened, for the declaration
    #[arg(long, value_name = "TEXT", requires = "declared_by")]
    pub scenario: Option<String>,
    /// Criteria that are met, for the declaration
    #[arg(long, value_name = "ID", value_delimiter = ',', requires = "declared_by")]
    pub criteria: Vec<String>,
    /// Since when the service is down, or the fork that its clients use, for the declaration
    #[arg(long, value_name = "INSTANT", value_parser = instant, requires = "declared_by")]
    pub down_since: Option<DateTime<Utc>>,
    /// When that was noticed, for the declaration; unless given, when the probe first met silence
    #[arg(long, value_name = "INSTANT", value_parser = instant, requires = "declared_by")]
    pub detected: Option<DateTime<Utc>>,
    /// To when the loss is counted, when you know better than the probe
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    pub loss_instant: Option<DateTime<Utc>>,
    /// Since when the address of the old primary leads to the fork: what answers there is that
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    pub name_moved: Option<DateTime<Utc>>,
    /// What may be said at once of questions that come later
    #[command(flatten)]
    pub standing: StandingArgs,
}

/// `runs abort`.
#[derive(Debug, Args)]
pub struct AbortArgs {
    /// Id of the run, or a part of it that no other run has
    #[arg(value_name = "RUN")]
    pub run: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// The service of the run, to confirm
    #[arg(long, value_name = "SERVICE")]
    pub confirm: String,
}

/// `runs clean-up`.
#[derive(Debug, Args)]
pub struct CleanUpArgs {
    /// Id of the run, or a part of it that no other run has
    #[arg(value_name = "RUN")]
    pub run: String,
    /// The service of the run, to confirm; without it the forks are only listed
    #[arg(long, value_name = "SERVICE")]
    pub confirm: Option<String>,
    /// Clients use the fork of a cut-over no more, and what was done to move them: only then is it removed
    #[arg(long, value_name = "TEXT", requires = "confirm")]
    pub clients_left: Option<String>,
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use crate::cli::args::{Cli, Command};

    #[test]
    fn s25_a_folder_for_a_journal_is_named_from_any_folder() {
        let here = std::env::current_dir().unwrap();
        for (said, taken) in [
            ("aside", here.join("aside")),
            ("/srv/aside", "/srv/aside".into()),
            ("WITHOUT JOURNAL", "WITHOUT JOURNAL".into()),
        ] {
            let words = ["lifeboat", "incident", "orders-db", "--dry-run", "--fallback-dir", said];
            let Some(Command::Incident(args)) = Cli::try_parse_from(words).unwrap().command else {
                panic!("{said}")
            };
            assert_eq!(args.standing.fallback_dir, Some(taken));
        }
    }
}
