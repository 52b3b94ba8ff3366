//! Going on with a run: resuming it, and removing what one left behind.

use std::sync::Arc;

use super::Done;
use super::{cannot_drive, find, not_confirmed, told};
use crate::cli::again::Again;
use crate::cli::answers::Answers;
use crate::cli::args::{CleanUpArgs, ResumeArgs};
use crate::cli::beside::Beside;
use crate::cli::drill::{flags, refused};
use crate::cli::follow::Follower;
use crate::cli::next::Next;
use crate::cli::of_no_use::of_no_use;
use crate::cli::region::show_calls;
use crate::cli::session::Session;
use crate::cli::{Exit, Global, Out, put_down};
use crate::ledger::Ledger;
use crate::runbook::{Attempt, Author, Command, RunState, replay};
use crate::runtime::acts_by::ActsBy;
use crate::runtime::author::author;
use crate::runtime::driver::{self, RunHandle, Setup};
use crate::runtime::launch;
use crate::runtime::sources::Sources;

pub(super) async fn resume(
    global: &Global,
    session: &Session,
    ledger: &Arc<dyn Ledger>,
    args: ResumeArgs,
    words: &[String],
    out: &mut Out,
) -> Done {
    let run = find(&**ledger, &args.run)?;
    if let Some(typed) = &args.confirm
        && let Some(exit) = not_confirmed(&**ledger, &run, typed, out)?
    {
        return Ok(exit);
    }
    let unheard = told(&**ledger, &run)?.map_or_else(|_| Vec::new(), |state| of_no_use(&args, &state));
    if !unheard.is_empty() {
        out.problem(&format!("{}\nnothing was done: say it again without that", unheard.join("\n")));
        return Ok(Exit::Usage);
    }
    let author = who_types(&args);
    let answers = Answers::at_terminal(author.shown(), global.output).of(&args);
    let first = first(args, &author);
    if let [said] = first.as_slice()
        && put_down::is_enough(&**ledger, &run, said)?
    {
        let written = put_down::write(global, session.clock, ledger, &run, said.clone(), &author, out)?;
        return Ok(written.unwrap_or_else(|refused| refused));
    }
    Box::pin(drive(global, session, ledger, &run, Taken { first, answers, author }, words, out)).await
}

/// An owner who is quoted is not who types it: no account of theirs is seen here (EV07).
fn who_types(args: &ResumeArgs) -> Author {
    author(args.declared_by.clone())
}

/// What is done with the run as it stands, before anything else.
fn first(args: ResumeArgs, author: &Author) -> Vec<Command> {
    let target = args.to;
    let by = args.declared_by.unwrap_or_else(|| author.shown());
    [
        // What answered since then is no proof of life that a loss instant would contradict.
        args.name_moved.map(|since| Command::NameMoved { since }),
        args.loss_instant.map(|at| Command::StateLoss { at, by }),
        args.unpause.then_some(Command::Unpause),
        args.note.map(|text| Command::Note { text }),
        args.retry_absent.then_some(Command::RetryAbsent),
        args.retry.then_some(Command::Retry),
        args.skip.map(|reason| Command::Skip { reason }),
        args.new_attempt.map(|reason| Command::NewAttempt { reason, target }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// How a run is taken up.
struct Taken {
    first: Vec<Command>,
    answers: Answers,
    author: Author,
}

impl Taken {
    /// With one command, and nobody named.
    fn with(command: Command, global: &Global) -> Self {
        let author = author(None);
        let answers = Answers::at_terminal(author.shown(), global.output);
        Self { first: vec![command], answers, author }
    }
}

pub(super) async fn clean_up(
    global: &Global,
    session: &Session,
    ledger: &Arc<dyn Ledger>,
    args: CleanUpArgs,
    words: &[String],
    out: &mut Out,
) -> Done {
    let run = find(&**ledger, &args.run)?;
    let state = match told(&**ledger, &run)? {
        Ok(state) => state,
        Err(why) => {
            out.error(&why, &[]);
            return Ok(Exit::Failed);
        }
    };
    if !state.attempts().any(Attempt::may_exist) {
        out.line(&format!("{run}: nothing is left to remove"));
        return Ok(Exit::Done);
    }
    let left = args.clients_left.filter(|_| state.has_clients());
    let mut after = state.clone();
    if left.is_some() {
        after.clients_left_at = Some(session.clock.now());
    }
    let next = Next::of(Again::of(global).for_run(&state.opening.config_files()), &run);
    let removable: Vec<_> = after.removable().collect();
    if removable.is_empty() {
        return Ok(nothing_to_clean_up(&state, &next, out));
    }
    let service = &state.opening.member.service;
    let Some(confirm) = args.confirm else {
        for attempt in &removable {
            out.line(&format!("{run}: would remove {} (attempt {})", attempt.name, attempt.number));
            show_calls("would call", attempt.calls_parted().1.iter(), out);
        }
        out.problem(&format!("to remove: {}", next.clean_up(service)));
        return Ok(Exit::Unsure);
    };
    if let Some(exit) = not_confirmed(&**ledger, &run, &confirm, out)? {
        return Ok(exit);
    }
    let agreed: Vec<u32> = removable.iter().map(|attempt| attempt.number).collect();
    let was_over = state.is_over();
    let mut taken = Taken::with(Command::CleanUp { typed: confirm }, global);
    if let Some(text) = left {
        taken.first.insert(0, Command::ClientsLeft { text });
    }
    let exit = Box::pin(drive(global, session, ledger, &run, taken, words, out)).await?;
    // The result of a run that was over before is not that of its clean-up, which is proven or not.
    let stays = |attempt: &Attempt| agreed.contains(&attempt.number) && attempt.may_exist();
    let removed = || told(&**ledger, &run).map(|now| now.is_ok_and(|now| !now.attempts().any(stays)));
    Ok(if was_over { of_removal(exit, removed()?) } else { exit })
}

/// The exit code of the clean-up of a run that was over, by that of driving it: that it had passed removes nothing.
const fn of_removal(exit: Exit, removed: bool) -> Exit {
    match exit {
        _ if removed => Exit::Done,
        Exit::Done | Exit::Missed => Exit::Unsure,
        exit => exit,
    }
}

/// Why clean-up takes nothing, and the whole command that comes first where there is one.
fn nothing_to_clean_up(state: &RunState, next: &Next, out: &mut Out) -> Exit {
    let (run, service) = (state.id(), state.opening.member.service.as_str());
    let fork = state.attempt.name.as_str();
    let first = match (state.is_over(), state.has_clients()) {
        (false, true) => {
            format!("clients use {fork}, and the run is open: `{}` goes on with it", next.resume())
        }
        (false, false) => format!("{fork} is in use: the run is open: `{}` first", next.abort(service)),
        (true, true) => {
            format!(
                "kept: clients use {fork}. Once they use another service: `{}`",
                next.clients_left(service)
            )
        }
        (true, false) => {
            out.line(&format!("{run}: {}", state.nothing_removable()));
            return Exit::Done;
        }
    };
    out.problem(&format!("{run}: nothing was removed: {first}"));
    Exit::Unsure
}

/// Takes a run up and follows it.
async fn drive(
    global: &Global,
    session: &Session,
    ledger: &Arc<dyn Ledger>,
    run: &str,
    taken: Taken,
    words: &[String],
    out: &mut Out,
) -> Done {
    let records = ledger.load(run)?;
    let state = match replay(&records) {
        Ok(state) => state,
        Err(error) => {
            out.error(&format!("{run}: {error}"), &[]);
            return Ok(Exit::Failed);
        }
    };
    if let Err(why) = launch::same_place(&session.config, &state.opening) {
        out.error(&why, &[]);
        return Ok(Exit::Config);
    }
    let acts_by = ActsBy { files: &session.files, are_named: !global.named_configs().is_empty() };
    match acts_by.told(&state.opening) {
        Ok(None) => {}
        Ok(Some(said)) => out.problem(&said),
        Err(why) => {
            let next = Next::of_state(&Again::of(global), &state).resume();
            out.error(&why, &[&format!("next: {next}")]);
            return Ok(Exit::Config);
        }
    }
    let source = &state.opening.member.source;
    let sources = Sources::build(Arc::clone(&session.config), session.clock);
    let world = match launch::armed_world(&sources, source, flags(global)).await {
        Ok(world) => world,
        Err(refusal) => return Ok(refused(session, &refusal, words, out)),
    };
    let Taken { first, answers, author } = taken;
    let answers = answers.about(&state);
    let restored_in_a_row = sources.restored_in_a_row(source);
    let (ledger, clock) = (Arc::clone(ledger), session.clock);
    let setup = Setup { ledger, world, clock, author, restored_in_a_row, terminal: true };
    let handle: RunHandle = match driver::resume(setup, run, first).await {
        Ok(handle) => handle,
        Err(error) => return Ok(cannot_drive(&error, &Again::of(global), out)),
    };
    let printed = records.len().try_into().unwrap_or(u64::MAX);
    let next = Next::of(Again::of(global).for_run(&state.opening.config_files()), run);
    let beside = Beside::of(session, &sources, &state);
    Ok(Follower::new(global.output, clock, answers, beside, next, printed).follow(handle, out).await)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::Cli;
    use crate::cli::args::{Command, RunsCommand};

    #[test]
    fn s26_a_clean_up_that_removed_nothing_is_not_done_because_its_run_had_passed() {
        for (exit, removed, ends) in [
            (Exit::Done, false, Exit::Unsure),
            (Exit::Missed, false, Exit::Unsure),
            (Exit::Refused, false, Exit::Refused),
            (Exit::Failed, false, Exit::Failed),
            (Exit::Failed, true, Exit::Done),
        ] {
            assert_eq!(of_removal(exit, removed), ends, "{exit:?}, {removed}");
        }
    }

    #[test]
    fn s26_an_owner_who_is_quoted_does_not_become_the_author_of_what_another_types() {
        let types = |more: &[&str]| {
            let words = ["lifeboat", "runs", "resume", "r-1"].iter().chain(more);
            let Some(Command::Runs(RunsCommand::Resume(args))) = Cli::try_parse_from(words).unwrap().command
            else {
                panic!("{more:?}")
            };
            who_types(&args)
        };
        let nobody = author(None);
        assert_eq!(types(&["--accepted-by", "bert"]), nobody);
        assert_eq!(types(&["--not-accepted-by", "bert", "--words", "rows are missing"]), nobody);
        let anna = types(&["--accepted-by", "bert", "--declared-by", "anna"]);
        assert_eq!(anna.name.as_deref(), Some("anna"));
    }
}
