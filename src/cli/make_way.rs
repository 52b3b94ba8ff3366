//! A drill in the way of an incident: there is one run of a service at a time, and an incident comes first (S30).
//! The commands that make way, to be pasted one after the other.

use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::ledger::{Ledger, LedgerError, Standing};
use crate::process::shell_line;
use crate::runbook::{RunKind, StepKind, replay};
use crate::runtime::driver::DriveError;
use crate::runtime::runs::RunBook;
use crate::tui::app::runs::{self, RunLine};
use crate::tui::keymap::{Action, Context, KeyMap};

use super::again::Again;
use super::next::Next;
use super::{Exit, Out};

/// A process that was told to end has said so in the journal of its run by then, real time.
const SAYS_SO_WITHIN: Duration = Duration::from_secs(3);
/// And has ended by then: a call that changes something is waited for.
const LEAVES_WITHIN: Duration = Duration::from_secs(25);
/// Between two looks at it.
const LOOK: Duration = Duration::from_millis(50);

/// Says how the drill makes way that an incident was refused for; `None` where something else stands in its way.
pub(super) fn refused(
    error: &DriveError,
    ledger: &dyn Ledger,
    again: &Again,
    words: &[String],
    out: &mut Out,
) -> Option<Exit> {
    let DriveError::Ledger(LedgerError::OpenRun { run, service, live, .. }) = error else { return None };
    let runs = ledger.runs().unwrap_or_default();
    runs.iter().find(|summary| summary.run == *run && summary.kind == RunKind::Drill)?;
    let driver = ledger.driver_of(run).filter(|_| *live);
    let unknown = (*live && driver.is_none()).then_some("first interrupt the process that drives it: ctrl-c");
    out.error(&error.to_string(), unknown.as_slice());
    let drill = Drill { run, service, again, incident: shell_line(words) };
    let others = driver.map_or_else(|| Ok(Vec::new()), |process| beside(ledger, process, run));
    for line in drill.ways(driver, others.as_deref()) {
        out.problem(&line);
    }
    Some(Exit::Failed)
}

/// The drill in the way, and the incident that it is in the way of, as it was given.
struct Drill<'a> {
    run: &'a str,
    service: &'a str,
    again: &'a Again,
    incident: String,
}

impl Drill<'_> {
    /// What ends it, and begins the incident then: where its process drives other runs, or may, first the way that
    /// leaves these alone.
    fn ways(&self, driver: Option<u32>, others: Result<&[RunLine], &LedgerError>) -> Vec<String> {
        let Self { run, service, again, incident } = self;
        let interrupt = driver.map(|process| format!("kill -INT {process}"));
        let end = Next::of((*again).clone(), run).abort_because("incident", service);
        let by_commands = interrupt.into_iter().chain([end, incident.clone()]);
        let (Some(process), false) = (driver, others.is_ok_and(<[_]>::is_empty)) else {
            return by_commands.map(|command| format!("  next: {command}")).collect();
        };
        let key = KeyMap::default().key_of(Context::Run, Action::Abort);
        let key = key.map(|key| format!(", by {key} unless its config says another key")).unwrap_or_default();
        let here = format!(
            "to end {run} alone: open it in the dashboard of process {process} and abort it there{key}; then"
        );
        let all = "where nobody reaches that dashboard, this ends it, and it then leaves these runs too: \
                   long work goes on, nothing drives them until each is taken up again"
            .to_owned();
        let unread = others.err().map(|why| format!("  which these are is not known: {}", why.of_all_runs()));
        let taken_up = others.unwrap_or_default().iter().map(|other| {
            let resume = Next::of(again.for_run(files_of(other)), &other.run).resume();
            format!("  {}: {resume}", words_of(other))
        });
        [here, format!("  next: {incident}"), all]
            .into_iter()
            .chain(unread)
            .chain(taken_up)
            .chain(by_commands.map(|command| format!("  or: {command}")))
            .collect()
    }
}

/// The other runs that a process drives.
fn beside(ledger: &dyn Ledger, process: u32, run: &str) -> Result<Vec<RunLine>, LedgerError> {
    let mut lines = RunBook::default().look(ledger)?;
    let driven = |line: &RunLine| line.standing == runs::Standing::Elsewhere && line.run != run;
    lines.retain(|line| driven(line) && ledger.driver_of(&line.run) == Some(process));
    Ok(lines)
}

fn files_of(line: &RunLine) -> &[String] {
    line.known.as_ref().map(|known| known.config_files.as_slice()).unwrap_or_default()
}

/// A run of a list: `inc-ledger-20261120-k3q7wd, incident of ledger, at wait`.
fn words_of(line: &RunLine) -> String {
    let known = line.known.as_ref().map(|known| known.step.map_or("its beginning", StepKind::title));
    let step = known.map_or_else(|| "step not known".to_owned(), |step| format!("at {step}"));
    format!("{}, {} of {}, {step}", line.run, line.kind.as_str(), line.service)
}

/// Waits for the end of a process that was told to leave a run: what is pasted behind that comes too early.
pub(super) fn until_left(ledger: &dyn Ledger, run: &str) -> Result<(), LedgerError> {
    let began = Instant::now();
    loop {
        let is_live = |standing| standing == Standing::Live;
        let runs = ledger.runs()?;
        if !runs.iter().any(|summary| summary.run == run && is_live(summary.standing)) {
            return Ok(());
        }
        let is_leaving = replay(&ledger.load(run)?).is_ok_and(|state| state.is_left());
        if began.elapsed() >= if is_leaving { LEAVES_WITHIN } else { SAYS_SO_WITHIN } {
            return Ok(());
        }
        sleep(LOOK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::at;
    use crate::ledger::SqliteLedger;
    use crate::runbook::sample::{OPENED, author, opening};

    #[test]
    fn s30_the_end_of_a_process_that_drives_other_runs_names_them_and_comes_after_the_way_that_spares_them() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = SqliteLedger::open(folder.path()).unwrap();
        let open = |kind, run: &str, service: &str| {
            let mut opening = opening(kind);
            (opening.run, opening.member.service) = (run.to_owned(), service.to_owned());
            ledger.create(opening, at(OPENED), &author()).unwrap().0
        };
        let _drill = open(RunKind::Drill, "drill-orders-db-20261120-aaaaaa", "orders-db");
        let ways = |ledger: &SqliteLedger| {
            let cli = <super::super::Cli as clap::Parser>::try_parse_from([
                "lifeboat",
                "--config",
                "/etc/a.toml",
                "runs",
                "list",
            ]);
            let again = Again::of(&cli.unwrap().global);
            let (run, service) = ("drill-orders-db-20261120-aaaaaa", "orders-db");
            let drill =
                Drill { run, service, again: &again, incident: "lifeboat incident orders-db".to_owned() };
            let process = ledger.driver_of(run).unwrap();
            drill.ways(Some(process), beside(ledger, process, run).as_deref())
        };
        assert!(ways(&ledger)[0].starts_with("  next: kill -INT "), "it drives no other");
        let _other = open(RunKind::Incident, "inc-ledger-20261120-bbbbbb", "ledger");
        drop(open(RunKind::Incident, "inc-users-20261120-cccccc", "users"));
        let told = ways(&ledger);
        let first = told.iter().find(|line| line.starts_with("  next: ")).unwrap();
        assert_eq!(first, "  next: lifeboat incident orders-db", "{told:#?}");
        assert!(told[0].contains("abort it there, by a"), "{told:#?}");
        let taken_up = "  inc-ledger-20261120-bbbbbb, incident of ledger, at its beginning: lifeboat --arm --config /etc/a.toml runs resume inc-ledger-20261120-bbbbbb";
        assert!(told.iter().any(|line| line == taken_up), "{told:#?}");
        assert!(!told.iter().any(|line| line.contains("inc-users")), "nobody drives it: {told:#?}");
        let kill = told.iter().position(|line| line.starts_with("  or: kill -INT ")).unwrap();
        assert!(kill > told.iter().position(|line| line == taken_up).unwrap(), "{told:#?}");
        // A list that cannot be read says nothing of what else it drives (S3).
        let raw = rusqlite::Connection::open(folder.path().join("journal.db")).unwrap();
        raw.execute_batch("ALTER TABLE runs RENAME COLUMN kind TO was").unwrap();
        let told = ways(&ledger);
        assert!(told[0].contains("abort it there, by a"), "{told:#?}");
        let unread = "  which these are is not known: no journal could be read: ";
        assert!(told.iter().any(|line| line.starts_with(unread)), "{told:#?}");
    }
}
