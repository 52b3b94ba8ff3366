//! The programs that a pgBackRest source needs, where they run, and the place of its forks.

use std::time::Duration;

use crate::process::{self, Call, Failure, Prefix};
use crate::provider::pgbackrest::{ForkSettings, Settings, place};
use crate::provider::{ReadinessItem, ReadinessState};

use super::doctor::{Item, Mark};

const LIMIT: Duration = Duration::from_secs(15);

/// Asks each program for its version on its host.
pub(super) async fn pgbackrest(name: &str, settings: &Settings) -> Vec<Item> {
    let mut items = vec![program(name, &settings.run, &pgbackrest_version(settings), true).await];
    let Some(fork) = &settings.fork else {
        items.push(Item::new("tool", Mark::Warn, format!("{name} has no `fork` table: it can never fork")));
        return items;
    };
    if fork.run != settings.run {
        items.push(program(name, &fork.run, &pgbackrest_version(settings), true).await);
    }
    for tool in ["psql", "pg_ctl", "pg_waldump"] {
        items.push(
            program(name, &fork.run, &[in_bin(fork, tool), "--version".to_owned()], fork.pg_bin.is_some())
                .await,
        );
    }
    let at = at(&fork.run);
    items.extend(place::of(fork).await.iter().map(|found| fork_item(name, &at, found)));
    items
}

/// What readiness says, for this source's forks wherever they are made.
fn fork_item(name: &str, at: &str, found: &ReadinessItem) -> Item {
    let mark = match found.state {
        ReadinessState::Pass => Mark::Ok,
        ReadinessState::Warn | ReadinessState::NotVerified => Mark::Warn,
        ReadinessState::Fail => Mark::Fail,
    };
    Item::new("fork", mark, format!("{name} {at}: {}", found.text))
}

/// Where a source's commands run.
fn at(run: &[String]) -> String {
    if run.is_empty() { "here".to_owned() } else { format!("by `{}`", process::shell_line(run)) }
}

fn pgbackrest_version(settings: &Settings) -> Vec<String> {
    settings.program.iter().take(1).cloned().chain(["version".to_owned()]).collect()
}

fn in_bin(fork: &ForkSettings, tool: &str) -> String {
    fork.pg_bin
        .as_ref()
        .map_or_else(|| tool.to_owned(), |folder| format!("{}/{tool}", folder.trim_end_matches('/')))
}

/// `must`: whether recovery cannot do without it. What is found by the version of the backups may not
/// be on the path and be there all the same.
async fn program(name: &str, run: &[String], argv: &[String], must: bool) -> Item {
    let call = Call::new(argv.iter().cloned(), LIMIT);
    let at = at(run);
    let missing = if must { Mark::Fail } else { Mark::Warn };
    let program = call.program();
    let (mark, text) = match process::run(&Prefix::new(run), &call).await {
        Ok(finished) if finished.ok() => (Mark::Ok, process::one_line(&finished.text())),
        Ok(finished) => (
            missing,
            format!("{program}: exit code {} ({})", finished.code, process::one_line(&finished.stderr)),
        ),
        Err(failure @ Failure::NoConnection { .. }) => (Mark::Fail, failure.to_string()),
        Err(failure) => (missing, failure.to_string()),
    };
    Item::new("tool", mark, format!("{name} {at}: {text}"))
}
