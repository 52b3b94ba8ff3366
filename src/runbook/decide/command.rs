//! What a person may ask, and when. A refusal says what to do instead.

use super::advance::request;
use crate::domain::instant::rfc3339;
use crate::domain::{Target, Timestamp};
use crate::runbook::event::check_loss_instant;
use crate::runbook::{Command, Declaration, Event, Refused, Sending, StepKind, criteria};
use crate::runbook::{ForkStanding, RunState, StepStatus};

type Decided = Result<Vec<Event>, Refused>;

pub(super) fn on_command(state: &RunState, command: &Command, now: Timestamp) -> Decided {
    if state.is_over()
        && !matches!(
            command,
            Command::Note { .. }
                | Command::CleanUp { .. }
                | Command::ClientsLeft { .. }
                | Command::Detach { .. }
        )
    {
        return refuse("the run is over; only clean-up and notes are taken");
    }
    if state.is_paused()
        && matches!(command, Command::Retry | Command::RetryAbsent | Command::NewAttempt { .. })
    {
        // An intent without its call would be an unknown outcome to whoever comes back (S20).
        return refuse("the run is paused: let it go on first");
    }
    match command {
        Command::Declare(declaration) => declare(state, declaration, now),
        Command::Confirm { typed, simulated_loss, newest_there } => {
            let confirmed = confirm(state, typed, *simulated_loss, now)?;
            // No copy holds what has not come yet.
            let newest_there = newest_there.filter(|at| *at <= now);
            Ok(vec![Event::PointConfirmed {
                typed: Some(typed.clone()),
                simulated_loss: confirmed,
                newest_there,
            }])
        }
        Command::ChoosePoint(target) => choose_point(state, target),
        Command::AcceptSkew { reason } => accept_skew(state, reason),
        Command::MoveJournal { .. } => refuse("the journal can be written where it is"),
        Command::Pause if state.is_paused() => refuse("the run is paused already"),
        Command::Pause => Ok(vec![Event::Paused]),
        Command::Unpause if state.is_paused() => Ok(vec![Event::Unpaused]),
        Command::Unpause => refuse("the run is not paused"),
        Command::Retry => retry(state),
        Command::RetryAbsent => retry_absent(state),
        Command::Skip { reason } => skip(state, reason),
        Command::NewAttempt { reason, target } => new_attempt(state, reason, target.as_ref()),
        Command::OwnersWord { by, accepted, text } => owners_word(state, by, *accepted, text),
        Command::StateLoss { at, by } => state_loss(state, *at, by, now),
        Command::SeeLife { life, power } => Ok(state.news(*life, *power).into_iter().collect()),
        Command::NameMoved { since } => name_moved(state, *since, now),
        Command::Fence { how } => fence(state, how),
        Command::OverrideFence { reason } => override_fence(state, reason),
        Command::CutOverDone { text } => cut_over_done(state, text),
        Command::ClientsLeft { text } => clients_left(state, text),
        Command::CleanUp { typed } => clean_up(state, typed),
        Command::Abort { typed, reason } => {
            typed_right(state, typed)?;
            said(reason, "why the run is ended")?;
            Ok(vec![Event::Aborted { reason: reason.clone() }])
        }
        Command::Note { text } => {
            said(text, "a text")?;
            Ok(vec![Event::Noted { text: text.clone() }])
        }
        Command::Detach { why } => Ok(vec![Event::Detached { why: why.clone() }]),
    }
}

fn refuse<T>(why: impl Into<String>) -> Result<T, Refused> {
    Err(Refused(why.into()))
}

/// What stands in printed commands for words that only a person has.
const PLACEHOLDERS: [&str; 11] = [
    "HOW",
    "HOW IT IS PROTECTED",
    "SCENARIO",
    "TEXT",
    "WHAT",
    "WHAT HAPPENED",
    "WHAT WAS DONE",
    "WHAT-WAS-DONE",
    "WHO",
    "WHY",
    "WHY IT IS KEPT",
];

/// Words of a person's own: what a printed command left to be filled in says nothing.
fn said(text: &str, what: &str) -> Result<(), Refused> {
    let first = text.split(';').next().unwrap_or_default().trim();
    if text.trim().is_empty() {
        return refuse(format!("{what} is needed, in writing"));
    }
    if PLACEHOLDERS.contains(&first) {
        return refuse(format!("{first} only stands for {what}: write that in its place"));
    }
    Ok(())
}

/// The service's name, typed, stands for agreement (R21).
fn typed_right(state: &RunState, typed: &str) -> Result<(), Refused> {
    let name = &state.opening.member.service;
    if typed == name { Ok(()) } else { refuse(format!("type the name of the service to go on: {name}")) }
}

fn at(state: &RunState, kind: StepKind) -> bool {
    state.current == Some(kind)
}

fn declare(state: &RunState, declaration: &Declaration, now: Timestamp) -> Decided {
    if !at(state, StepKind::Declare) || state.declaration.is_some() {
        return refuse("recovery is declared already");
    }
    said(&declaration.by, "who declares")?;
    if !state.is_drill() {
        criteria::check(&declaration.criteria, &state.opening.criteria).or_else(refuse)?;
    }
    declaration.check(&state.fence.life, state.left_for(), now)?;
    if let Some(at) = declaration.loss_instant {
        state_loss(state, at, &declaration.by, now)?;
    }
    Ok(vec![Event::Declared(declaration.clone())])
}

fn accept_skew(state: &RunState, reason: &str) -> Decided {
    if !state.waits_for_skew() {
        return refuse("no clock is off by more than five minutes, or it was answered already");
    }
    said(reason, "why the run goes on with a clock that is off")?;
    Ok(vec![Event::SkewAccepted { reason: reason.to_owned() }])
}

/// The loss that a drill simulates from then on.
fn confirm(
    state: &RunState,
    typed: &str,
    simulated_loss: Option<Timestamp>,
    now: Timestamp,
) -> Result<Option<Timestamp>, Refused> {
    let attempt = &state.attempt;
    if !at(state, StepKind::ChoosePoint) || attempt.confirmed_at.is_some() {
        return refuse("there is no point that waits for a confirmation");
    }
    let Some(point) = attempt.point.as_ref().filter(|_| attempt.refused.is_none()) else {
        return refuse("there is no point to confirm yet");
    };
    typed_right(state, typed)?;
    let simulated_loss = simulated_loss.or(state.opening.simulated_loss);
    if simulated_loss.is_some_and(|at| at > now) {
        return refuse("the simulated loss instant lies in the future");
    }
    // Data written after the loss would be no loss at all.
    if simulated_loss.is_some_and(|at| at < point.promised) {
        return refuse("the simulated loss instant lies before the point: choose an earlier point");
    }
    Ok(state.is_drill().then(|| simulated_loss.unwrap_or(now)))
}

fn choose_point(state: &RunState, target: &Target) -> Decided {
    if !at(state, StepKind::ChoosePoint) || state.attempt.confirmed_at.is_some() {
        return refuse("the point is chosen before the fork; another one takes a new attempt");
    }
    Ok(vec![Event::PointAsked { target: target.clone() }])
}

fn retry(state: &RunState) -> Decided {
    let Some(step) = state.current_step() else { return refuse("there is no step to retry") };
    let kind = step.step.kind;
    let attempt = &state.attempt;
    let to_choose = attempt.refused.is_some() || (attempt.point.is_some() && attempt.confirmed_at.is_none());
    if kind == StepKind::ChoosePoint && to_choose {
        return Ok(vec![Event::PointAsked { target: state.attempt.target.clone() }]);
    }
    if state.attempt.fork == ForkStanding::Absent {
        return refuse(
            "the fork may have been made: retry-absent asks for it again, a new attempt takes another name",
        );
    }
    let waits = matches!(attempt.fork, ForkStanding::NotTaken { .. });
    if let (StepKind::Fork | StepKind::Wait, true, Some(request)) = (kind, waits, request(state)) {
        return Ok(vec![Event::ForkIntended { request, why: Sending::NotTaken }]);
    }
    if !matches!(step.status, StepStatus::Failed(_)) {
        return refuse(format!("{} did not fail", kind.title()));
    }
    let retried = Event::StepRetried { step: kind };
    match (kind, &state.attempt.fork) {
        (StepKind::Fork | StepKind::Wait, ForkStanding::Refused { .. }) => {
            send_again(state, retried, Sending::WasRefused)
        }
        (StepKind::Wait, ForkStanding::Failed { can_resume: true, .. }) => {
            send_again(state, retried, Sending::TakeUp)
        }
        (StepKind::Fork | StepKind::Wait, ForkStanding::Foreign(_)) => {
            refuse("the name is taken by something that is not ours: open a new attempt")
        }
        (StepKind::Fork | StepKind::Wait, _) => {
            refuse("this fork cannot be taken up again: open a new attempt")
        }
        _ => Ok(vec![retried]),
    }
}

fn send_again(state: &RunState, retried: Event, why: Sending) -> Decided {
    let Some(request) = state.attempt.request.clone().or_else(|| request(state)) else {
        return refuse("there is no point to fork from");
    };
    Ok(vec![retried, Event::ForkIntended { request, why }])
}

fn retry_absent(state: &RunState) -> Decided {
    match (&state.attempt.fork, &state.attempt.request) {
        (ForkStanding::Absent, Some(request)) => {
            Ok(vec![Event::ForkIntended { request: request.clone(), why: Sending::WasAbsent }])
        }
        _ => refuse("the fork was not looked for and found absent"),
    }
}

fn skip(state: &RunState, reason: &str) -> Decided {
    said(reason, "why the step is skipped")?;
    let Some(step) = state.current_step() else { return refuse("there is no step to skip") };
    let kind = step.step.kind;
    match kind {
        StepKind::Readiness
        | StepKind::Wait
        | StepKind::Validate
        | StepKind::Protect
        | StepKind::CleanUp
        | StepKind::CutOver => Ok(vec![Event::StepSkipped { step: kind, reason: reason.to_owned() }]),
        StepKind::Declare | StepKind::ChoosePoint | StepKind::Fork | StepKind::Close => {
            refuse(format!("{} cannot be skipped: nothing could follow it", kind.title()))
        }
    }
}

fn new_attempt(state: &RunState, reason: &str, target: Option<&Target>) -> Decided {
    said(reason, "why a new attempt is opened")?;
    let in_time = matches!(
        state.current,
        Some(StepKind::Fork | StepKind::Wait | StepKind::Validate | StepKind::CutOver)
    );
    if !in_time || state.cut_over_at.is_some() {
        return refuse("a new attempt is opened between the fork and the cut-over");
    }
    let before = &state.attempt;
    // What an incident restores to is looked for anew: by now more may be there, or the point may be what failed.
    // What came after the loss that a drill simulates would be proof of nothing (S23).
    let again = before.agreed().filter(|_| target.is_none() && state.is_drill()).cloned();
    let target = target.unwrap_or(&before.target).clone();
    Ok(vec![Event::AttemptOpened { attempt: before.number + 1, reason: reason.to_owned(), target, again }])
}

fn owners_word(state: &RunState, by: &str, accepted: bool, text: &str) -> Decided {
    if !at(state, StepKind::Validate) || state.checks.is_none() {
        let said = state.owners_answer().map(|said| format!("already answered: {said}"));
        return refuse(said.unwrap_or_else(|| "the owner speaks once the checks ran".to_owned()));
    }
    said(by, "who speaks")?;
    if !accepted {
        said(text, "why it is not accepted")?;
    }
    Ok(vec![Event::OwnersWord { by: by.to_owned(), accepted, text: text.to_owned() }])
}

/// A person's word counts as long as no proof of life contradicts it (S5).
fn state_loss(state: &RunState, at: Timestamp, by: &str, now: Timestamp) -> Decided {
    if state.is_drill() {
        return refuse("a drill loses nothing: its loss is simulated");
    }
    said(by, "who states it")?;
    check_loss_instant(at, &state.fence.life, state.left_for(), now)?;
    Ok(vec![Event::LossInstantStated { at, by: by.to_owned() }])
}

/// A way on where what answers is the fork.
const MOVED: &str = ", or say since when its address leads to the fork";

/// What answers at its address since then is the fork: only a person knows where a name leads.
fn name_moved(state: &RunState, since: Timestamp, now: Timestamp) -> Decided {
    fence_is_open(state)?;
    if state.cut_over_at.is_some() {
        return refuse("clients were moved: what answers since then says nothing of the old primary anyway");
    }
    let asked_at = state.attempts().filter_map(|attempt| attempt.confirmed_at).min();
    match asked_at.filter(|_| state.has_fork_to_lead_to()) {
        _ if since > now => refuse(format!("{} lies in the future", rfc3339(since))),
        None => refuse("there is no restored fork yet that a name could lead to"),
        Some(asked_at) if since < asked_at => refuse(format!(
            "the fork was asked for at {}: at {} no name led to it",
            rfc3339(asked_at),
            rfc3339(since)
        )),
        Some(_) => Ok(vec![Event::NameMoved { since }]),
    }
}

fn fence(state: &RunState, how: &str) -> Decided {
    fence_is_open(state)?;
    said(how, &format!("how {} was fenced", state.to_fence()))?;
    let probed = state.probed();
    if state.fence.is_alive() {
        let moved = if state.has_fork_to_lead_to() { MOVED } else { "" };
        return refuse(match state.left_for() {
            Some(_) => format!("{probed} answers, too: shut it off as well{moved}, or override in writing"),
            None => format!("{probed} answers, so it is not fenced: fence it{moved}, or override in writing"),
        });
    }
    if state.fence.may_be_alive() {
        return refuse(format!(
            "something answers where {probed} did: if it is that, shut it off first; if it is the fork, say since when \
             the address leads to it, or override in writing and say so"
        ));
    }
    Ok(vec![Event::Fenced { how: how.to_owned() }])
}

fn override_fence(state: &RunState, reason: &str) -> Decided {
    fence_is_open(state)?;
    said(reason, "why it goes on without a fence")?;
    Ok(vec![Event::FenceOverridden { reason: reason.to_owned() }])
}

/// A drill has no fence (S22).
fn fence_is_open(state: &RunState) -> Result<(), Refused> {
    if state.is_drill() {
        return refuse("a drill never touches production: there is nothing to fence");
    }
    if state.fence.opened_at.is_none() { refuse("recovery is not declared yet") } else { Ok(()) }
}

fn cut_over_done(state: &RunState, text: &str) -> Decided {
    if state.is_drill() || !at(state, StepKind::CutOver) || state.cut_over_at.is_some() {
        return refuse("there is no cut-over to confirm");
    }
    if !state.fence.lets_cut_over() {
        let open = state.to_fence();
        return refuse(format!("{open} is not fenced: fence it, or override in writing"));
    }
    said(text, "what was done")?;
    Ok(vec![Event::CutOverConfirmed { text: text.to_owned() }])
}

/// Only a person knows that nothing uses the fork of a cut-over any more.
fn clients_left(state: &RunState, text: &str) -> Decided {
    if !state.is_over() || !state.has_clients() {
        return refuse("no clients use a fork of this run: that is said of a cut-over that is over");
    }
    said(text, "what was done to move them")?;
    Ok(vec![Event::ClientsLeft { text: text.to_owned() }])
}

/// Agrees to removing the forks that are not in use. In an incident that goes on, the present
/// attempt's fork is the service to be; after a cut-over it is the service.
fn clean_up(state: &RunState, typed: &str) -> Decided {
    typed_right(state, typed)?;
    let forks: Vec<String> = state.removable().map(|attempt| attempt.name.clone()).collect();
    if forks.is_empty() {
        return refuse(state.nothing_removable());
    }
    let again = matches!(state.current_step().map(|step| &step.status), Some(StepStatus::Failed(_)))
        && at(state, StepKind::CleanUp)
        && !state.is_over();
    let mut events = vec![Event::CleanUpConfirmed { typed: Some(typed.to_owned()), forks }];
    if again {
        events.insert(0, Event::StepRetried { step: StepKind::CleanUp });
    }
    Ok(events)
}
