//! `drill` and `incident` without the dashboard (S24..S26).

use std::fs::File;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::{Assessment, Service, Target, Timestamp};
use crate::ledger::{Ledger, PaperLedger};
use crate::provider::Refusal;
use crate::runbook::{Command, Declaration, JournalPlace, Opening, RunKind};
use crate::runtime::author::author;
use crate::runtime::driver::{self, Setup};
use crate::runtime::executor::World;
use crate::runtime::launch::{self, Order};
use crate::runtime::refusal::{Given, explain};
use crate::runtime::sources::{ArmFlags, Sources};

use super::args::{DrillArgs, IncidentArgs};
use super::follow::{Answers, Follower, read_line};
use super::session::Session;
use super::{Exit, Global, Out, dry_run, status};

/// A dead source must not hold up an incident: what is last known of it is good enough to begin.
const LOOK: Duration = Duration::from_secs(15);

/// What either command asks for.
struct Wanted {
    service: String,
    kind: RunKind,
    target: Target,
    fork_name: Option<String>,
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
        target: args.to,
        fork_name: None,
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
        fork_name: args.fork_name,
        declaration: Declaration {
            by,
            scenario: args.scenario,
            criteria: args.criteria,
            down_since: args.down_since,
            detected: None,
        },
        confirm: args.confirm,
        assume_yes: false,
        dry_run: args.dry_run,
    };
    Box::pin(run(global, wanted, args.declared_by, words, out)).await
}

async fn run(global: &Global, wanted: Wanted, who: Option<String>, words: &[String], out: &mut Out) -> Exit {
    if global.output == Some(super::args::OutputForm::Md) {
        return super::wrong_form(wanted.kind.as_str(), "table or json", out);
    }
    let session = match Session::open(global, out) {
        Ok(session) => session,
        Err(exit) => return exit,
    };
    let sources = Sources::build(Arc::clone(&session.config), session.clock).await;
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
    let (ledger, journal) = match journal(&session, &wanted, out).await {
        Ok(place) => place,
        Err(exit) => return exit,
    };
    let opening = match opening(&session, service, assessment, &wanted, journal) {
        Ok(opening) => opening,
        Err(error) => {
            out.error(&error.to_string(), &[]);
            return Exit::Failed;
        }
    };
    if wanted.dry_run {
        return dry_run::run(&sources, &opening, global.output, out).await;
    }
    let world = match world {
        Some(world) => world,
        None => match launch::armed_world(&sources, &opening.member.source, flags(global)).await {
            Ok(world) => world,
            Err(refusal) => return refused(&session, &refusal, words, out),
        },
    };
    let author = author(who);
    let mut answers = Answers::at_terminal(author.shown(), global.output);
    answers.confirm = wanted.confirm;
    // With `--yes` a drill declares itself.
    let first = if wanted.assume_yes { Vec::new() } else { vec![Command::Declare(wanted.declaration)] };
    let restored_in_a_row = sources.restored_in_a_row(&opening.member.source);
    let setup = Setup { ledger: Arc::clone(&ledger), world, clock: session.clock, author, restored_in_a_row };
    match driver::open(setup, opening, first).await {
        Ok(handle) => {
            let (form, clock) = (global.output, session.clock);
            let resume = global.resume_command(handle.state.borrow().id());
            let follower = Follower { ledger, form, clock, answers, printed: 0, resume };
            follower.follow(handle, out).await
        }
        Err(error) => super::runs::cannot_drive(&error, out),
    }
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
) -> Result<Opening, launch::CannotLaunch> {
    let order = Order {
        kind: wanted.kind,
        target: wanted.target.clone(),
        bad_moment: None::<Timestamp>,
        fork_name: wanted.fork_name.clone(),
        scenario: wanted.declaration.scenario.clone(),
        assume_yes: wanted.assume_yes,
        journal,
    };
    launch::opening(&session.config, service, assessment, order, session.clock)
}

/// Where the journal goes. Without one a drill is refused; an incident may go on in another folder,
/// or, as a last resort, without any, by the typed words (S25).
async fn journal(
    session: &Session,
    wanted: &Wanted,
    out: &mut Out,
) -> Result<(Arc<dyn Ledger>, JournalPlace), Exit> {
    let error = match &session.state.runs {
        Ok(ledger) => return Ok((Arc::clone(ledger), JournalPlace::StateFolder)),
        Err(error) if wanted.dry_run => {
            out.problem(&format!("no journal could be kept: {error}"));
            return Ok((Arc::new(PaperLedger::new(Vec::new())), JournalPlace::StateFolder));
        }
        Err(error) => error,
    };
    out.error(&format!("no journal can be kept: {error}"), &["give another folder by --state-dir"]);
    if wanted.kind == RunKind::Drill {
        return Err(Exit::Failed);
    }
    out.line("? or type WITHOUT JOURNAL to go on; every event is then written here and to a second file");
    if read_line().await.as_deref() != Some("WITHOUT JOURNAL") {
        return Err(Exit::Failed);
    }
    let path = std::env::temp_dir().join(format!("lifeboat-{}-{}.jsonl", wanted.service, std::process::id()));
    let mut copies: Vec<Box<dyn Write + Send>> = vec![Box::new(std::io::stderr())];
    let second = File::options().create_new(true).append(true).open(&path);
    let file = second.is_ok().then(|| path.display().to_string());
    match second {
        Ok(file) => copies.push(Box::new(file)),
        Err(error) => out.problem(&format!("no second file either, {}: {error}", path.display())),
    }
    Ok((Arc::new(PaperLedger::new(copies)), JournalPlace::WithoutJournal { file }))
}

/// What arming asks of this start.
pub(super) const fn flags(global: &Global) -> ArmFlags {
    ArmFlags { arm: global.arm, read_only: global.read_only }
}

/// Tells a person who may not act what is missing, and the exact next command.
pub(super) fn refused(session: &Session, refusal: &Refusal, words: &[String], out: &mut Out) -> Exit {
    let given = Given { words, files: &session.files, allowed: session.config.arming_allowed };
    out.problem(&explain(refusal, given).join("\n"));
    Exit::Refused
}
