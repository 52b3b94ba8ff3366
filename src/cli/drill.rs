//! `drill` and `incident` without the dashboard (S24..S26).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::{Assessment, Service, Target, Timestamp};
use crate::ledger::{LedgerError, PaperLedger};
use crate::process::shell_line;
use crate::provider::Refusal;
use crate::runbook::{Command, Declaration, JournalPlace, Opening, RunKind, WITHOUT_JOURNAL, criteria};
use crate::runtime::author::author;
use crate::runtime::driver::{self, DriveError, Setup, Unbegun};
use crate::runtime::executor::World;
use crate::runtime::launch::{self, Order};
use crate::runtime::places::{self, Place};
use crate::runtime::refusal::{Given, explain};
use crate::runtime::sources::{ArmFlags, Sources};

use super::again::Again;
use super::answers::{Answers, JOURNAL_QUESTION, ask};
use super::args::{DrillArgs, IncidentArgs, OutputForm, StandingArgs};
use super::beside::Beside;
use super::follow::Follower;
use super::next::Next;
use super::session::Session;
use super::{Exit, Global, Out, dry_run, make_way, status};

/// A dead source must not hold up an incident: what is last known of it is good enough to begin.
const LOOK: Duration = Duration::from_secs(15);

/// What either command asks for.
struct Wanted {
    service: String,
    kind: RunKind,
    /// What somebody said to restore to; else it is the newest.
    target: Option<Target>,
    bad_moment: Option<Timestamp>,
    simulated_loss: Option<Timestamp>,
    standing: StandingArgs,
    fork_name: Option<String>,
    although_moved: bool,
    declaration: Declaration,
    confirm: Option<String>,
    assume_yes: bool,
    dry_run: bool,
}

pub(super) async fn drill(global: &Global, args: DrillArgs, words: &[String], out: &mut Out) -> Exit {
    let by = args.declared_by.clone().unwrap_or_else(|| author(None).shown());
    let wanted = Wanted {
        service: args.service,
        kind: RunKind::Drill,
        target: Some(args.to),
        bad_moment: None,
        simulated_loss: args.simulated_loss,
        standing: StandingArgs { accept_skew: args.accept_skew, ..StandingArgs::default() },
        fork_name: None,
        although_moved: false,
        declaration: Declaration { by, scenario: args.scenario, ..Declaration::default() },
        confirm: None,
        assume_yes: args.yes,
        dry_run: args.dry_run,
    };
    Box::pin(run(global, wanted, args.declared_by, words, out)).await
}

pub(super) async fn incident(global: &Global, args: IncidentArgs, words: &[String], out: &mut Out) -> Exit {
    if let Some(confirm) = args.confirm.as_ref().filter(|confirm| **confirm != args.service) {
        out.error(&format!("--confirm says `{confirm}`, the service is `{}`", args.service), &[]);
        return Exit::Usage;
    }
    let by = args.declared_by.clone().unwrap_or_else(|| author(None).shown());
    let wanted = Wanted {
        service: args.service,
        kind: RunKind::Incident,
        target: args.to,
        bad_moment: args.bad_moment,
        simulated_loss: None,
        standing: args.standing,
        fork_name: args.fork_name,
        although_moved: args.although_moved,
        declaration: Declaration {
            by,
            scenario: args.scenario,
            criteria: args.criteria,
            down_since: args.down_since,
            detected: args.detected,
            loss_instant: args.loss_instant,
        },
        confirm: args.confirm,
        assume_yes: false,
        dry_run: args.dry_run,
    };
    Box::pin(run(global, wanted, args.declared_by, words, out)).await
}

async fn run(global: &Global, wanted: Wanted, who: Option<String>, words: &[String], out: &mut Out) -> Exit {
    if global.output == Some(OutputForm::Md) {
        return super::wrong_form(wanted.kind.as_str(), "table or json", out);
    }
    let session = match Session::open(global, out) {
        Ok(session) => session,
        Err(exit) => return exit,
    };
    if wanted.simulated_loss.is_some_and(|at| at > session.clock.now()) {
        out.error("--simulated-loss lies in the future", &[]);
        return Exit::Usage;
    }
    if wanted.kind == RunKind::Incident
        && !wanted.dry_run
        && let Err(why) = criteria::check(&wanted.declaration.criteria, &session.config.criteria)
    {
        let lines = criteria::lines(&session.config.criteria);
        out.error(&why, &lines.iter().map(String::as_str).collect::<Vec<_>>());
        return Exit::Usage;
    }
    let sources = Sources::build(Arc::clone(&session.config), session.clock);
    let world = match early_world(&session, &sources, &wanted, flags(global)).await {
        Ok(world) => world,
        Err(refusal) => return refused(&session, &refusal, words, out),
    };
    let (survey, _) = session.survey_of(&sources, LOOK).await;
    if let Some(exit) = status::unknown_service(std::slice::from_ref(&wanted.service), &survey, out) {
        return exit;
    }
    let Some((service, assessment)) =
        survey.services.iter().find(|(service, _)| service.id == wanted.service)
    else {
        return Exit::Usage;
    };
    if wanted.kind == RunKind::Incident
        && let Err(why) =
            wanted.declaration.check(&service.life(), service.clients_moved.as_deref(), survey.now)
    {
        out.error(&why.to_string(), &[]);
        return Exit::Usage;
    }
    if let Some(exit) = clients_moved(service, &wanted, global.output, words, out) {
        return exit;
    }
    let (ledger, journal) = match place(&session, &wanted, words, out).await {
        Ok(place) => place,
        Err(exit) => return exit,
    };
    let opening = match opening(&session, service, assessment, &wanted, journal, survey.skews()) {
        Ok(opening) => opening,
        Err(error) => {
            out.error(&error.to_string(), &[]);
            return Exit::Failed;
        }
    };
    if wanted.dry_run {
        let no_journal = session.state.runs.as_ref().err().map(ToString::to_string);
        return dry_run::run(&sources, &opening, no_journal, global.output, out).await;
    }
    let world = match world {
        Some(world) => world,
        None => match launch::armed_world(&sources, &opening.member.source, flags(global)).await {
            Ok(world) => world,
            Err(refusal) => return refused(&session, &refusal, words, out),
        },
    };
    let author = author(who);
    let answers = Answers::at_terminal(author.shown(), global.output)
        .confirming(wanted.confirm.clone())
        .naming_point(wanted.target.is_some())
        .standing(&wanted.standing);
    // With `--yes` a drill declares itself.
    let first =
        if wanted.assume_yes { Vec::new() } else { vec![Command::Declare(wanted.declaration.clone())] };
    let restored_in_a_row = sources.restored_in_a_row(&opening.member.source);
    let setup = Setup { ledger, world, clock: session.clock, author, restored_in_a_row, terminal: true };
    let mut opened = driver::open(setup.clone(), opening.clone(), first.clone()).await;
    if let Err(DriveError::NotBegun { at, why }) = &opened
        && wanted.kind == RunKind::Incident
    {
        let place = match elsewhere(&why.of_a_write(), &wanted, words, out).await {
            Ok(place) => place,
            Err(exit) => return exit,
        };
        let unbegun = Unbegun { ledger: Arc::clone(&setup.ledger), opening, at: *at, why: why.clone() };
        opened = driver::open_elsewhere(setup, unbegun, place, first).await;
    }
    match opened {
        Ok(handle) => {
            let next = Next::of_state(&Again::of(global), &handle.now());
            let beside = Beside::of(&session, &sources, &handle.now());
            Follower::new(global.output, session.clock, answers, beside, next, 0).follow(handle, out).await
        }
        Err(error) => not_opened(&error, &session, wanted.kind, Again::of(global), words, out),
    }
}

/// Says why a run was not opened, and what goes on: an incident may make a drill give way.
fn not_opened(
    error: &DriveError,
    session: &Session,
    kind: RunKind,
    again: Again,
    words: &[String],
    out: &mut Out,
) -> Exit {
    let again = in_the_way(error, session, again);
    let ledger = session.state.runs.as_ref().ok().filter(|_| kind == RunKind::Incident);
    ledger
        .and_then(|ledger| make_way::refused(error, &**ledger, &again, words, out))
        .unwrap_or_else(|| super::runs::cannot_drive(error, &again, out))
}

/// How the run is called that stands in the way of another: by its own config.
fn in_the_way(error: &DriveError, session: &Session, again: Again) -> Again {
    let (DriveError::Ledger(LedgerError::OpenRun { run, .. }), Ok(ledger)) = (error, &session.state.runs)
    else {
        return again;
    };
    let state = super::runs::told(&**ledger, run).ok().and_then(Result::ok);
    state.map_or(again.clone(), |state| again.for_run(&state.opening.config_files()))
}

/// An earlier incident moved the clients of the service: what its copy lacks is said before all else, and an
/// incident of it is begun only by whoever says to know that.
fn clients_moved(
    service: &Service,
    wanted: &Wanted,
    form: Option<OutputForm>,
    words: &[String],
    out: &mut Out,
) -> Option<Exit> {
    let lacks = service.clients_moved.as_ref()?.lacks();
    if wanted.kind == RunKind::Drill || wanted.dry_run || wanted.although_moved {
        // A dry run tells it with the rest of what it found; JSON is for events.
        if !wanted.dry_run && form != Some(OutputForm::Json) {
            out.line(&format!("EARLIER  {lacks}"));
        }
        return None;
    }
    out.error(&format!("nothing was begun: {lacks}"), &[]);
    out.problem(&format!("  next: {} --although-moved", shell_line(words)));
    Some(Exit::Unsure)
}

/// The world of a service whose source is known before anything is asked: who may not act is told at once.
async fn early_world(
    session: &Session,
    sources: &Sources,
    wanted: &Wanted,
    flags: ArmFlags,
) -> Result<Option<World>, Refusal> {
    if wanted.dry_run {
        return Ok(None);
    }
    let board = session.board();
    let source = board.fleet.services.get(&wanted.service).and_then(|service| service.secondary.as_ref());
    match source {
        Some(copy) => launch::armed_world(sources, &copy.source, flags).await.map(Some),
        None => Ok(None),
    }
}

fn opening(
    session: &Session,
    service: &Service,
    assessment: &Assessment,
    wanted: &Wanted,
    journal: JournalPlace,
    skews: BTreeMap<String, i64>,
) -> Result<Opening, launch::CannotLaunch> {
    let order = Order {
        kind: wanted.kind,
        target: wanted.target.clone().unwrap_or(Target::Newest),
        bad_moment: wanted.bad_moment,
        simulated_loss: wanted.simulated_loss,
        fork_name: wanted.fork_name.clone(),
        scenario: wanted.declaration.scenario.clone(),
        assume_yes: wanted.assume_yes,
        journal,
        skews,
        files: session.files.clone(),
    };
    launch::opening(&session.config, service, assessment, order, session.clock)
}

/// Where the journal goes. Without one a drill is refused; an incident may go on elsewhere.
async fn place(session: &Session, wanted: &Wanted, words: &[String], out: &mut Out) -> Result<Place, Exit> {
    let error = match &session.state.runs {
        Ok(ledger) => return Ok((Arc::clone(ledger), JournalPlace::StateFolder)),
        Err(error) if wanted.dry_run => {
            out.problem(&format!("no journal could be kept: {error}"));
            return Ok((Arc::new(PaperLedger::new(Vec::new())), JournalPlace::StateFolder));
        }
        Err(error) => error,
    };
    if wanted.kind == RunKind::Drill {
        let hint = "a drill without a journal proves nothing: give another folder by --state-dir";
        out.error(&format!("no journal can be kept: {error}"), &[hint]);
        return Err(Exit::Failed);
    }
    elsewhere(&error.to_string(), wanted, words, out).await
}

/// Another place for the journal of an incident: another folder, or, as a last resort, none, by the typed
/// words (S25).
async fn elsewhere(why: &str, wanted: &Wanted, words: &[String], out: &mut Out) -> Result<Place, Exit> {
    out.problem(&format!("lifeboat: no journal can be kept: {why}"));
    let mut said = wanted.standing.fallback_dir.as_ref().map(|folder| folder.display().to_string());
    loop {
        let text = match said.take() {
            Some(folder) => Some(folder),
            None => ask(JOURNAL_QUESTION, out).await,
        };
        let Some(text) = text else { break };
        match places::named(&text, &wanted.service, true) {
            Ok((ledger, place)) => {
                out.problem(&place.text());
                return Ok((ledger, place));
            }
            Err(error) => out.problem(&error.to_string()),
        }
    }
    let again = shell_line(words);
    out.problem("nothing was begun: there is nowhere to write a journal, and nobody said where");
    out.problem(&format!("  next: {again} --fallback-dir /ANOTHER/FOLDER"));
    out.problem(&format!("  next: echo '{WITHOUT_JOURNAL}' | {again}"));
    Err(Exit::Unsure)
}

/// What arming asks of this start.
pub(super) const fn flags(global: &Global) -> ArmFlags {
    ArmFlags { arm: global.arm, read_only: global.read_only }
}

/// Tells a person who may not act what is missing, and the exact next command.
pub(super) fn refused(session: &Session, refusal: &Refusal, words: &[String], out: &mut Out) -> Exit {
    let given = Given { words, files: &session.files, config: &session.config };
    out.problem(&explain(&[refusal], given).lines.join("\n"));
    Exit::Refused
}
