//! `runs`: list, show, resume, abort, clean up, verify.

mod take_up;

use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use crate::clock::Clock;
use crate::domain::ForkLeft;
use crate::domain::fork_left::counted;
use crate::domain::open_run::{keeps_journals, parted, without_journal};
use crate::domain::words;
use crate::ledger::{Ledger, LedgerError, RunSummary, Standing};
use crate::runbook::{Event, RunState, not_driven, now_line, replay, rows};
use crate::runtime::author::author;
use crate::runtime::driver::DriveError;
use crate::runtime::places;
use crate::runtime::runs::RunBook;
use crate::tui::app::runs::left_behind;

use super::again::Again;
use super::args::{OutputForm, ResumeArgs, RunsCommand};
use super::journals::Journals;
use super::next::Next;
use super::session::Session;
use super::table::{Table, hanging, terminal_width};
use super::{Exit, Global, Out, event_line, next, put_down, verify};

pub(super) async fn run(global: &Global, command: RunsCommand, words: &[String], out: &mut Out) -> Exit {
    if global.output == Some(OutputForm::Md) {
        return super::wrong_form("runs", "table or json", out);
    }
    let done = done(global, command, words, out).await;
    done.unwrap_or_else(|error| ledger_error(&error, &Again::of(global), out))
}

async fn done(global: &Global, command: RunsCommand, words: &[String], out: &mut Out) -> Done {
    let form = global.output;
    match command {
        RunsCommand::List => {
            match look(global, out, |_, ledger, out| list(ledger, &Again::of(global), form, out)) {
                Err(none @ LedgerError::NoJournals { .. }) => {
                    say_runs(&[], &[], &Again::of(global), form, &none.to_string(), out);
                    Ok(Exit::Done)
                }
                listed => listed,
            }
        }
        RunsCommand::Show(args) => {
            look(global, out, |journals, ledger, out| show(global, journals.clock, ledger, &args.run, out))
        }
        RunsCommand::Verify(args) => look(global, out, |journals, ledger, out| {
            verify::verify(ledger, &journals.folder, &args.run, form, out)
        }),
        RunsCommand::Resume(args) => match Session::open(global, out) {
            Ok(session) => {
                let ledger = ledger_to_resume(&session, &args, out)?;
                take_up::resume(global, &session, &ledger, *args, words, out).await
            }
            Err(exit) => Ok(exit),
        },
        RunsCommand::Abort(args) => match Journals::open_to_write(global, out) {
            Ok(journals) => put_down::abort(global, journals.clock, &journals.ledger?, args, out),
            Err(exit) => Ok(exit),
        },
        RunsCommand::CleanUp(args) => match Session::open(global, out) {
            Ok(session) => {
                take_up::clean_up(global, &session, &session.state.runs.clone()?, args, words, out).await
            }
            Err(exit) => Ok(exit),
        },
    }
}

/// Looks at journals that need not be writable.
fn look(global: &Global, out: &mut Out, how: impl FnOnce(&Journals, &dyn Ledger, &mut Out) -> Done) -> Done {
    match Journals::open(global, out) {
        Ok(journals) => how(&journals, &*journals.ledger.clone()?, out),
        Err(exit) => Ok(exit),
    }
}

/// The journals to go on with a run: where its own cannot be written, another folder that takes it in (S25).
fn ledger_to_resume(
    session: &Session,
    args: &ResumeArgs,
    out: &mut Out,
) -> Result<Arc<dyn Ledger>, LedgerError> {
    let why = match &session.state.runs {
        Ok(ledger) => return Ok(Arc::clone(ledger)),
        Err(why) => why,
    };
    let Some(folder) = &args.standing.fallback_dir else { return Err(why.clone()) };
    let readable = session.runs_to_read()?;
    let run = find(&*readable, &args.run)?;
    not_live(&*readable, &run)?;
    let (ledger, to) = places::named(&folder.display().to_string(), &run, true)?;
    let from = readable.folder().map(|folder| folder.display().to_string());
    let moved = Event::JournalMoved { from, to: to.clone(), why: why.to_string() };
    drop(ledger.take_in(readable.lines(&run)?, session.clock.now(), &author(None), moved)?);
    if let Err(error) = readable.leave_mark(&run, &to.mark()) {
        out.problem(&format!(
            "{} cannot be told of it ({error}): what it says of {run} is its beginning only",
            session.config.state_dir.display()
        ));
    }
    Ok(ledger)
}

/// A run that is driven goes on in its own journal: a second one of it would fork its story (S30).
fn not_live(ledger: &dyn Ledger, run: &str) -> Result<(), LedgerError> {
    let runs = ledger.runs()?;
    let live = |summary: &RunSummary| summary.run == run && summary.standing == Standing::Live;
    if runs.iter().any(live) { Err(LedgerError::Live { run: run.to_owned() }) } else { Ok(()) }
}

pub(super) type Done = Result<Exit, LedgerError>;

fn list(ledger: &dyn Ledger, again: &Again, form: Option<OutputForm>, out: &mut Out) -> Done {
    let lines = RunBook::default().look(ledger)?;
    let unread: Vec<&str> = lines.iter().filter_map(|line| line.unread.as_deref()).collect();
    let mut runs = ledger.runs()?;
    for run in &mut runs {
        let line = lines.iter().find(|line| line.run == run.run);
        run.parted_from = line.and_then(|line| line.parted_from.clone());
    }
    say_runs(&runs, &left_behind(&lines), again, form, "no runs yet", out);
    for why in unread {
        out.problem(&format!("what it left behind is not known: {why}"));
    }
    Ok(Exit::Done)
}

/// The runs with what they left behind, or `none` where there are none.
fn say_runs(
    runs: &[RunSummary],
    left: &[ForkLeft],
    again: &Again,
    form: Option<OutputForm>,
    none: &str,
    out: &mut Out,
) {
    if form == Some(OutputForm::Json) {
        return out.line(&format!("{:#}", json!({ "runs": runs, "forks_left": left })));
    }
    // The day stands in the id of a run already: when it was opened gives way first.
    let mut table = Table::new(&[("RUN", 0), ("KIND", 2), ("SERVICE", 1), ("OPENED", 3), ("STATE", 0)]);
    for run in runs {
        let opened = words::instant(run.opened_at);
        let cells = [run.run.as_str(), run.kind.as_str(), &run.service, &opened, &standing(run)];
        let left = left.iter().filter(|left| left.run == run.run).flat_map(|left| {
            let remove = next::of_left(again, left);
            [format!("  left behind: {}", left.text()), format!("    remove: {remove}")]
        });
        table.row(cells.map(ToString::to_string).into(), left.collect());
    }
    if !left.is_empty() {
        table.foot(counted(left));
    }
    out.line(&if runs.is_empty() { none.to_owned() } else { table.draw(terminal_width()) });
}

fn standing(run: &RunSummary) -> String {
    match &run.moved_to {
        Some(place) if keeps_journals(place) => return format!("moved to {place}: not the newest here"),
        Some(place) => return format!("{}: not the newest here", without_journal(place)),
        None => {}
    }
    if let Some(from) = &run.parted_from {
        return format!("parted: went on in {from}, too");
    }
    match (run.standing, &run.conclusion) {
        (Standing::Live, _) => "live".to_owned(),
        (Standing::Interrupted, _) => "interrupted, resume".to_owned(),
        (Standing::Closed, Some(conclusion)) => conclusion.headline(),
        (Standing::Closed, None) => "closed".to_owned(),
    }
}

/// The run that a person means: its id, or a part of it that no other run has.
pub(super) fn find(ledger: &dyn Ledger, named: &str) -> Result<String, LedgerError> {
    let runs = ledger.runs()?;
    if runs.iter().any(|run| run.run == named) {
        return Ok(named.to_owned());
    }
    let mut like: Vec<String> =
        runs.into_iter().map(|run| run.run).filter(|run| run.contains(named)).collect();
    match (like.len(), like.pop()) {
        (1, Some(run)) => Ok(run),
        (_, None) => Err(LedgerError::NoSuchRun { run: named.to_owned() }),
        (_, Some(last)) => {
            like.push(last);
            Err(LedgerError::SeveralRuns { named: named.to_owned(), runs: like })
        }
    }
}

/// A run as its journal tells it.
pub(super) fn told(ledger: &dyn Ledger, run: &str) -> Result<Result<RunState, String>, LedgerError> {
    Ok(replay(&ledger.load(run)?).map_err(|error| format!("{run}: {error}")))
}

fn show(global: &Global, clock: Clock, ledger: &dyn Ledger, named: &str, out: &mut Out) -> Done {
    let run = find(ledger, named)?;
    if global.output == Some(OutputForm::Json) {
        ledger.lines(&run)?.iter().for_each(|line| out.line(line));
        return Ok(Exit::Done);
    }
    let records = ledger.load(&run)?;
    let state = match replay(&records) {
        Ok(state) => state,
        Err(error) => {
            out.error(&format!("{run}: {error}"), &[]);
            return Ok(Exit::Failed);
        }
    };
    let (now, again) = (clock.now(), Again::of(global).for_run(&state.opening.config_files()));
    out.line(&format!("{run}  {} of {}", state.kind().as_str(), state.opening.member.service));
    let width = terminal_width();
    let mut steps = Table::with_sentences(&[("", 0), ("", 0)]);
    for row in rows(&state, now) {
        steps.row(vec![format!("  {}", row.title), row.result], Vec::new());
    }
    out.line(&steps.draw(width));
    let summary = ledger.runs()?.into_iter().find(|other| other.run == run);
    let driven = summary.as_ref().is_some_and(|summary| summary.standing == Standing::Live);
    let two = RunBook::default().parted(&run, ledger).filter(|_| !driven && !state.is_over());
    let line = match &two {
        Some(LedgerError::Parted { from, .. }) => format!("It {}.", parted(&from.display().to_string())),
        _ if driven => now_line(&state, now),
        _ => not_driven(&state, now),
    };
    out.line(&hanging("NOW  ", &line, width));
    if let Some(place) = summary.and_then(|summary| summary.moved_to) {
        out.line(&if keeps_journals(&place) {
            format!("MOVED this is its beginning only; its journal goes on in {place}")
        } else {
            format!("MOVED this is its beginning only; it {}", without_journal(&place))
        });
        let service = &state.opening.member.service;
        for command in next::of_moved(&again, &run, service, &place) {
            out.line(&format!("NEXT {command}"));
        }
    } else if let Some(LedgerError::Parted { from, mark, .. }) = &two {
        let here = ledger.folder().unwrap_or(Path::new("THIS FOLDER"));
        let [look, there, stay] = next::of_parted(&again, &run, from, mark, here);
        out.line(&format!("NEXT {look}"));
        out.line(&format!("NEXT {there}"));
        out.line(&format!("OR   {stay}   lets it go on here instead, with what is here"));
    } else if !driven {
        let next = Next::of(again, &run).for_journal(&state.journal);
        for command in next.not_driven(&state) {
            out.line(&format!("NEXT {command}"));
        }
    }
    for record in &records {
        out.line(&event_line::line(record, width));
    }
    Ok(Exit::Done)
}

/// The service's name, typed, stands for agreement (R21).
pub(super) fn not_confirmed(
    ledger: &dyn Ledger,
    run: &str,
    typed: &str,
    out: &mut Out,
) -> Result<Option<Exit>, LedgerError> {
    let service =
        ledger.runs()?.into_iter().find(|summary| summary.run == run).map(|summary| summary.service);
    if service.as_deref() == Some(typed) {
        return Ok(None);
    }
    let service = service.unwrap_or_default();
    out.error(&format!("--confirm says `{typed}`, the run is of `{service}`"), &[]);
    Ok(Some(Exit::Usage))
}

/// Why a run cannot be driven, and what to do.
pub(super) fn cannot_drive(error: &DriveError, again: &Again, out: &mut Out) -> Exit {
    match error {
        DriveError::Ledger(error) | DriveError::NotBegun { why: error, .. } => {
            ledger_error(error, again, out)
        }
        other => {
            out.error(&other.to_string(), &[]);
            Exit::Failed
        }
    }
}

/// Why a journal cannot be used, and what to do.
pub(super) fn ledger_error(error: &LedgerError, again: &Again, out: &mut Out) -> Exit {
    let look = |command: &[&str], what: &str| Some(format!("`{}` {what}", again.look(command)));
    let hint = match error {
        LedgerError::OpenRun { run, service, live: false, .. } => {
            let next = Next::of(again.clone(), run);
            Some(format!("`{}`, or `{}`", next.resume(), next.abort(service)))
        }
        LedgerError::OpenRun { run, service, .. } => {
            let next = Next::of(again.clone(), run);
            Some(format!(
                "`{}` shows where it stands; if this comes first, interrupt the process that drives it (ctrl-c leaves it in order), then `{}`",
                again.look(&["runs", "show", run]),
                next.abort(service)
            ))
        }
        LedgerError::Live { run } => look(
            &["runs", "show", run],
            "shows where it stands; interrupt the process that drives it first (ctrl-c leaves it in order)",
        ),
        LedgerError::Moved { run, service, to, mark, .. } => {
            let there = again.in_folder(to).act(&["runs", "resume", run]);
            let ends = Next::of(again.clone(), run).abort(service);
            Some(format!(
                "`{there}`; once it is over there it is taken back by itself, or, where that disk is slow, by `{ends}`; only if that journal is lost, or does not fit: remove {}",
                mark.display()
            ))
        }
        LedgerError::Parted { run, .. } => {
            look(&["runs", "show", run], "shows by what one of them is chosen")
        }
        LedgerError::WithoutJournal { run, service, to, open: true } => {
            let ends = Next::of(again.clone(), run).abort_without_journal(service, to);
            Some(format!("once it is over: `{ends}`"))
        }
        LedgerError::NoSuchRun { .. } => look(&["runs", "list"], "shows all"),
        LedgerError::Silent { .. } => {
            Some("look after that disk, and say it again once it answers".to_owned())
        }
        _ => None,
    };
    out.error(&error.to_string(), &hint.iter().map(String::as_str).collect::<Vec<_>>());
    match error {
        LedgerError::NoSuchRun { .. }
        | LedgerError::SeveralRuns { .. }
        | LedgerError::NoJournals { .. }
        | LedgerError::NoFolder { .. } => Exit::Usage,
        _ => Exit::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::at;
    use crate::ledger::PaperLedger;
    use crate::runbook::RunKind;
    use crate::runbook::sample::{Journal, OPENED, World, opening, willing};

    #[test]
    fn s30_a_run_that_is_driven_is_not_taken_into_another_folder() {
        let (paper, opening) = (PaperLedger::default(), opening(RunKind::Incident));
        let run = opening.run.clone();
        assert_eq!(not_live(&paper, &run), Ok(()));
        paper.create(opening, at(OPENED), &author(None)).unwrap();
        assert_eq!(not_live(&paper, &run), Err(LedgerError::Live { run }));
    }

    #[test]
    fn s24_the_list_names_the_objectives_that_a_run_missed() {
        let mut opening = opening(RunKind::Incident);
        opening.objectives.rto = Some(std::time::Duration::from_secs(1));
        let paper = PaperLedger::default();
        paper.create(opening.clone(), at(OPENED), &author(None)).unwrap();
        let mut journal = Journal::open(opening);
        journal.drive(&mut World::default(), willing);
        let conclusion = journal.state.closed.map(|(_, conclusion)| conclusion);
        let run = RunSummary { standing: Standing::Closed, conclusion, ..paper.runs().unwrap().remove(0) };
        assert_eq!(standing(&run), "objective missed: RTO");
    }
}
