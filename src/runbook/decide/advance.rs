//! What follows without anybody asking: steps end, the next one begins.

use crate::domain::fork::{ReadinessItem, ReadinessState, Removal, START_WITHIN};
use crate::domain::words;
use crate::domain::{CheckResult, CheckState, Timestamp};
use crate::runbook::conclude::conclude;
use crate::runbook::need::{waits_for_clean_up, waits_for_owner};
use crate::runbook::{Declaration, Event, Sending, StepKind, WITHOUT_A_POINT};
use crate::runbook::{ForkStanding, RunState, StepState, StepStatus};

/// The next fact, if there is one.
pub(super) fn next(state: &RunState, now: Timestamp) -> Option<Event> {
    if state.is_left() {
        return None;
    }
    if state.is_paused() && state.aborted.is_none() {
        return None;
    }
    if let Some(event) = removal(state) {
        return Some(event);
    }
    if state.is_over() {
        return None;
    }
    if state.aborted.is_some() {
        return Some(Event::Closed { conclusion: conclude(state, now) });
    }
    let Some(step) = state.current_step() else {
        return state.steps.first().map(start);
    };
    if step.status.is_over() {
        // Readiness may have been looked at once more in the midst of a later step.
        return state.steps.iter().find(|step| !step.status.is_over()).map(start);
    }
    match step.status {
        StepStatus::Running => {}
        // A further attempt is open, and begins.
        StepStatus::Pending => return Some(start(step)),
        _ => return None,
    }
    match step.step.kind {
        StepKind::Declare => declare(state),
        StepKind::Readiness => readiness(state),
        StepKind::ChoosePoint => choose_point(state, now),
        StepKind::Fork => fork(state, now),
        StepKind::Wait => wait(state, now),
        StepKind::Validate => validate(state),
        StepKind::CutOver => {
            let at = state.cut_over_at?;
            done(StepKind::CutOver, format!("clients use the fork since {}", words::instant(at)))
        }
        StepKind::Protect => protect(state),
        StepKind::CleanUp => clean_up(state),
        StepKind::Close => Some(Event::Closed { conclusion: conclude(state, now) }),
    }
}

fn start(step: &StepState) -> Event {
    Event::StepStarted { step: step.step.kind }
}

#[expect(clippy::unnecessary_wraps, reason = "every branch of `next` gives an option")]
fn done(step: StepKind, text: impl Into<String>) -> Option<Event> {
    Some(Event::StepDone { step, text: text.into() })
}

#[expect(clippy::unnecessary_wraps, reason = "every branch of `next` gives an option")]
fn failed(step: StepKind, why: impl Into<String>) -> Option<Event> {
    Some(Event::StepFailed { step, why: why.into() })
}

fn declare(state: &RunState) -> Option<Event> {
    match &state.declaration {
        Some((_, Declaration { by, loss_instant: Some(at), .. })) if state.loss_stated.is_none() => {
            Some(Event::LossInstantStated { at: *at, by: by.clone() })
        }
        Some((_, declaration)) => {
            let mut text = declaration.by.clone();
            if let Some(scenario) = &declaration.scenario {
                text = format!("{text}; {scenario}");
            }
            if !declaration.criteria.is_empty() {
                text = format!("{text}: {}", declaration.criteria.join(", "));
            }
            if let Some(why) = state.contradicted() {
                text = format!("{text}; {why}");
            }
            done(StepKind::Declare, text)
        }
        None if state.is_drill() && state.opening.assume_yes => Some(Event::Declared(Declaration {
            by: state.opened_by.shown(),
            scenario: state.opening.scenario.clone(),
            ..Declaration::default()
        })),
        None => None,
    }
}

fn readiness(state: &RunState) -> Option<Event> {
    let items = state.readiness.as_ref()?;
    let failing = texts_of(items, ReadinessState::Fail);
    if !failing.is_empty() {
        return failed(StepKind::Readiness, failing.join("; "));
    }
    if state.waits_for_skew() {
        return None;
    }
    let skew = state.skew_accepted.as_ref();
    let skew = skew.map(|(_, reason)| format!("went on with a clock that is off: {reason}"));
    done(StepKind::Readiness, ready(items, skew))
}

/// What is not as it should be, a warning first: it is known to bite, and what was not verified may not. How
/// many there are stands before all texts, for a narrow screen cuts what comes late.
fn ready(items: &[ReadinessItem], override_of_skew: Option<String>) -> String {
    let by_harm = [(ReadinessState::Warn, "WARN"), (ReadinessState::NotVerified, "not verified")];
    let harm = by_harm.map(|(state, word)| (word, texts_of(items, state)));
    let harm: Vec<(&str, Vec<&str>)> = harm.into_iter().filter(|(_, texts)| !texts.is_empty()).collect();
    let counts: Vec<String> = harm.iter().map(|(word, texts)| format!("{} {word}", texts.len())).collect();
    let count = if counts.is_empty() {
        format!("{} pass", items.len())
    } else {
        format!("{} of {}", counts.join(", "), items.len())
    };
    match (override_of_skew, harm.as_slice()) {
        (None, [(_, texts)]) => format!("{count}: {}", texts.join("; ")),
        (skew, _) => {
            let texts = harm.iter().map(|(word, texts)| format!("{word}: {}", texts.join("; ")));
            let all: Vec<String> = std::iter::once(count).chain(skew).chain(texts).collect();
            all.join("; ")
        }
    }
}

fn texts_of(items: &[ReadinessItem], state: ReadinessState) -> Vec<&str> {
    items.iter().filter(|item| item.state == state).map(|item| item.text.as_str()).collect()
}

fn choose_point(state: &RunState, now: Timestamp) -> Option<Event> {
    let attempt = &state.attempt;
    let point = attempt.point.as_ref().filter(|_| attempt.refused.is_none())?;
    if attempt.confirmed_at.is_some() {
        let note = point.note.as_deref().map(|note| format!("; {note}")).unwrap_or_default();
        return done(StepKind::ChoosePoint, format!("{}{note}", point.words()));
    }
    if lacks_readiness(state) {
        return Some(Event::StepStarted { step: StepKind::Readiness });
    }
    (state.is_drill() && state.opening.assume_yes).then_some(Event::PointConfirmed {
        typed: None,
        simulated_loss: Some(state.opening.simulated_loss.unwrap_or(now)),
        newest_there: None,
    })
}

/// Whether readiness had no point to check with, or that of an earlier attempt, and has one now: once more, whatever
/// comes of it.
fn lacks_readiness(state: &RunState) -> bool {
    let is_left_out =
        |item: &ReadinessItem| item.check == WITHOUT_A_POINT && item.state == ReadinessState::NotVerified;
    let done = state.step(StepKind::Readiness).is_some_and(|step| matches!(step.status, StepStatus::Done(_)));
    let number = state.attempt.number;
    let lacks = number > 1 || state.readiness.iter().flatten().any(is_left_out);
    done && state.readiness_of != Some(number) && lacks
}

fn fork(state: &RunState, now: Timestamp) -> Option<Event> {
    match &state.attempt.fork {
        ForkStanding::NotAsked => Some(Event::ForkIntended { request: request(state)?, why: Sending::First }),
        ForkStanding::Mine | ForkStanding::Restored(_) | ForkStanding::Failed { .. } => {
            done(StepKind::Fork, "read back by name: exactly 1 exists")
        }
        ForkStanding::Refused { why, propose } => {
            let near =
                propose.map(|at| format!("; an earlier point: {}", words::instant(at))).unwrap_or_default();
            failed(StepKind::Fork, format!("nothing was made: {why}{near}"))
        }
        ForkStanding::Foreign(what) => failed(StepKind::Fork, foreign(&state.attempt.name, what)),
        ForkStanding::NotTaken { again_at, .. } => not_taken(state, *again_at, now),
        ForkStanding::Asked(_) | ForkStanding::Absent => None,
    }
}

/// Its time never lies further ahead than it is asked for in all: where it does, this host's clock was set since.
fn not_taken(state: &RunState, again_at: Timestamp, now: Timestamp) -> Option<Event> {
    let wait = (again_at - now).to_std().unwrap_or_default();
    if !wait.is_zero() && wait <= START_WITHIN {
        return None;
    }
    Some(Event::ForkIntended { request: request(state)?, why: Sending::NotTaken })
}

fn foreign(name: &str, what: &str) -> String {
    format!("{name} exists and is not ours: {what}; it is left alone, a new attempt takes another name")
}

/// The request of the present attempt, once its point is known. It names the host on which the fork was
/// made, else the one on which readiness found that it can be: a lost answer does not lose where to look.
pub(super) fn request(state: &RunState) -> Option<crate::domain::fork::ForkRequest> {
    let member = &state.opening.member;
    let made_on = state.attempt.request.as_ref().and_then(|request| request.host.clone());
    let checked_on = || state.readiness.iter().flatten().find_map(|item| item.host.clone());
    Some(crate::domain::fork::ForkRequest {
        run: state.opening.run.clone(),
        attempt: state.attempt.number,
        drill: state.is_drill(),
        remote: member.remote.clone(),
        name: state.attempt.name.clone(),
        region: member.region.clone(),
        point: state.attempt.point.clone()?,
        host: made_on.or_else(checked_on),
    })
}

fn wait(state: &RunState, now: Timestamp) -> Option<Event> {
    match &state.attempt.fork {
        ForkStanding::Restored(newest) => {
            let newest =
                newest.map(|at| format!("; newest commit {}", words::instant(at))).unwrap_or_default();
            let told = state.attempt.progress.as_ref().and_then(|(_, told)| told.address.as_ref());
            let at = told.map(|address| format!("; clients reach it at {address}")).unwrap_or_default();
            done(StepKind::Wait, format!("restored, accepts writes{newest}{at}"))
        }
        ForkStanding::Failed { can_resume: true, .. } if state.attempt.adopted => {
            Some(Event::ForkIntended { request: request(state)?, why: Sending::TakeUp })
        }
        ForkStanding::Failed { why, can_resume } => {
            let next =
                if *can_resume { "retry takes it up where it ended" } else { "a new attempt is needed" };
            failed(StepKind::Wait, format!("{why}; {next}"))
        }
        ForkStanding::Refused { why, .. } => failed(StepKind::Wait, format!("not taken up: {why}")),
        ForkStanding::Foreign(what) => failed(StepKind::Wait, foreign(&state.attempt.name, what)),
        ForkStanding::NotTaken { again_at, .. } => not_taken(state, *again_at, now),
        ForkStanding::NotAsked | ForkStanding::Asked(_) | ForkStanding::Mine | ForkStanding::Absent => None,
    }
}

fn validate(state: &RunState) -> Option<Event> {
    let checks = state.checks.as_deref()?;
    let bad: Vec<String> =
        checks.iter().filter(|check| check.state != CheckState::Passed).map(CheckResult::told).collect();
    let counted = words::passed(checks.len() - bad.len(), checks.len());
    let automatic = state.is_drill() && state.opening.assume_yes;
    match &state.owners_word {
        Some((by, false, text)) => failed(StepKind::Validate, format!("{by} does not accept it: {text}")),
        _ if !bad.is_empty() => {
            let why = format!("{counted}; {}", bad.join("; "));
            if automatic {
                return Some(Event::StepGivenUp { step: StepKind::Validate, why });
            }
            failed(StepKind::Validate, why)
        }
        Some((by, true, text)) => {
            let said = if text.is_empty() { "good to use" } else { text };
            done(StepKind::Validate, format!("{counted}; {by}: {said}"))
        }
        None if waits_for_owner(state) && !automatic => None,
        None => done(StepKind::Validate, format!("{counted}; nobody asked the owner")),
    }
}

fn protect(state: &RunState) -> Option<Event> {
    let protection = state.protection.as_ref()?;
    protection.is_whole().then(|| Event::StepDone { step: StepKind::Protect, text: protection.text.clone() })
}

fn clean_up(state: &RunState) -> Option<Event> {
    if waits_for_clean_up(state) {
        if !state.opening.assume_yes {
            return None;
        }
        let forks = state.attempts().filter(|attempt| attempt.may_exist());
        let forks = forks.map(|attempt| attempt.name.clone()).collect();
        return Some(Event::CleanUpConfirmed { typed: None, forks });
    }
    let failures: Vec<String> = state
        .attempts()
        .filter_map(|attempt| match &attempt.removal {
            Some((_, Some(Removal::Failed { why }))) => Some(format!("{}: {why}", attempt.name)),
            _ => None,
        })
        .collect();
    if !failures.is_empty() {
        return failed(StepKind::CleanUp, format!("not removed: {}", failures.join("; ")));
    }
    if state.attempts().any(crate::runbook::Attempt::may_exist) {
        return None;
    }
    let removed: Vec<&str> = state
        .attempts()
        .filter(|attempt| attempt.is_removed())
        .map(|attempt| attempt.name.as_str())
        .collect();
    let gone: Vec<&str> = state
        .attempts()
        .filter(|attempt| !attempt.is_removed() && attempt.vanished().is_some())
        .map(|attempt| attempt.name.as_str())
        .collect();
    let told =
        |what: &str, names: &[&str]| (!names.is_empty()).then(|| format!("{what}: {}", names.join(", ")));
    let told =
        [told("removed, proven by listing", &removed), told("was gone already, proven by looks", &gone)];
    let told: Vec<String> = told.into_iter().flatten().collect();
    if told.is_empty() {
        return done(StepKind::CleanUp, "nothing was made, nothing to remove");
    }
    done(StepKind::CleanUp, told.join("; "))
}

/// The intent of the next removal that was agreed to.
fn removal(state: &RunState) -> Option<Event> {
    state
        .attempts()
        .filter(|attempt| attempt.may_exist() && attempt.removal.is_none())
        .find(|attempt| state.clean_up.contains(&attempt.number))
        .map(|attempt| Event::RemovalIntended { attempt: attempt.number })
}
