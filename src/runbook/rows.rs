//! The steps of a run as rows of a screen or a report.

use std::time::Duration;

use chrono::TimeDelta;

use super::StepKind;
use super::decide::limit;
use super::fence::KNOWN_FOR;
use super::need::need;
use super::{Fenced, ForkStanding, RunState, Sight, StepState, StepStatus};
use crate::domain::assessment::RestoreEstimate;
use crate::domain::fork::{Progress, ProgressState};
use crate::domain::{CheckState, ClientsMoved, PROBE_WITHIN, Timestamp, words};

/// So long after the fence was opened its first look is awaited; later it is late, or nobody looks.
const FIRST_LOOK: TimeDelta = TimeDelta::seconds(10);

/// What is said of a step that was under way when its run ended.
pub const CUT_SHORT: &str = "not finished when the run ended";

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepRow {
    /// The step; `None` is the fence, an obligation beside the steps.
    pub kind: Option<StepKind>,
    /// The words a person reads.
    pub title: &'static str,
    /// How it stands.
    pub state: RowState,
    /// When it began.
    pub started: Option<Timestamp>,
    /// How long it took, or takes so far.
    pub took: Option<Duration>,
    /// How long it usually takes, or may take, as text.
    pub usual: Option<String>,
    /// That is a guess by size: no restore of its own says so (S35).
    pub guessed: bool,
    /// What came out, or how far it is.
    pub result: String,
    /// Over its limit.
    pub late: bool,
    /// How long it may take.
    pub limit: Option<Duration>,
}

/// How a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RowState {
    /// Not begun.
    Pending,
    /// Under way by itself.
    Running,
    /// Waits for a person.
    Waiting,
    /// Over.
    Done,
    /// Failed.
    Failed,
    /// A person went past it.
    Skipped,
    /// An obligation that is open and blocks another step.
    Open,
}

/// All rows, in the order of the plan; in an incident the fence stands after the cut-over it blocks.
pub fn rows(state: &RunState, now: Timestamp) -> Vec<StepRow> {
    let mut rows = Vec::with_capacity(state.steps.len() + 1);
    for step in &state.steps {
        rows.push(row(state, step, now));
        if step.step.kind == StepKind::CutOver {
            rows.push(fence(state, now));
        }
    }
    rows
}

fn row(state: &RunState, step: &StepState, now: Timestamp) -> StepRow {
    let kind = step.step.kind;
    let current = state.current == Some(kind);
    let (row_state, result) = match &step.status {
        StepStatus::Pending => (RowState::Pending, ahead(state, kind)),
        StepStatus::Running if state.is_over() => stopped(state, kind),
        StepStatus::Running if current && need(state).is_some() => {
            (RowState::Waiting, under_way(state, kind, now))
        }
        StepStatus::Running if is_beyond_guess(state, step, now) => {
            (RowState::Running, format!("{}; longer than guessed", under_way(state, kind, now)))
        }
        StepStatus::Running => (RowState::Running, under_way(state, kind, now)),
        StepStatus::Done(text) => (RowState::Done, text.clone()),
        StepStatus::Failed(why) | StepStatus::GivenUp(why) => (RowState::Failed, why.clone()),
        StepStatus::Skipped(reason) => (RowState::Skipped, format!("skipped: {reason}")),
    };
    let until = step.ended.or(state.closed.as_ref().map(|(at, _)| *at)).unwrap_or(now);
    StepRow {
        kind: Some(kind),
        title: kind.title(),
        state: row_state,
        started: step.started,
        took: step.started.and_then(|started| (until - started).to_std().ok()),
        usual: usual(state, step),
        guessed: state.opening.before.assessment.restore.as_ref().is_some_and(RestoreEstimate::is_guess),
        result,
        late: step.late || is_late(state, step, now),
        limit: limit(state, step),
    }
}

/// A step under way when the run ended: its close is what ended it, any other was cut short.
fn stopped(state: &RunState, kind: StepKind) -> (RowState, String) {
    match &state.closed {
        Some((_, conclusion)) if kind == StepKind::Close => (RowState::Done, conclusion.headline()),
        _ => (RowState::Skipped, CUT_SHORT.to_owned()),
    }
}

fn is_late(state: &RunState, step: &StepState, now: Timestamp) -> bool {
    let running = step.status == StepStatus::Running && !state.is_over();
    let took = step.started.and_then(|started| (now - started).to_std().ok());
    running && took.zip(limit(state, step)).is_some_and(|(took, limit)| took > limit)
}

/// A guess that was too short makes nothing late: it was only a guess (S35).
fn is_beyond_guess(state: &RunState, step: &StepState, now: Timestamp) -> bool {
    let guess = state.opening.before.assessment.restore.as_ref().filter(|guess| guess.is_guess());
    let took = step.started.and_then(|started| (now - started).to_std().ok());
    step.step.kind == StepKind::Wait
        && took.zip(guess).is_some_and(|(took, guess)| took > words::as_shown(guess.longest))
}

fn usual(state: &RunState, step: &StepState) -> Option<String> {
    let restore = state.opening.before.assessment.restore.as_ref();
    match (step.step.kind, restore) {
        (StepKind::Wait, Some(estimate)) => Some(words::restore(estimate)),
        _ => None,
    }
}

/// Whether a drill was begun with the word to answer its own questions; whoever takes it up goes on so.
fn by_itself(state: &RunState) -> bool {
    state.is_drill() && state.opening.assume_yes
}

/// What a step that has not begun will be.
fn ahead(state: &RunState, kind: StepKind) -> String {
    match kind {
        StepKind::Validate => {
            let then = if by_itself(state) { "; nobody is asked (--yes)" } else { ", then the owner's word" };
            match state.opening.member.checks.len() {
                0 => "no checks: cannot be verified".to_owned(),
                count => format!("{}{then}", words::count(count, "check")),
            }
        }
        StepKind::CutOver if !state.fence.lets_cut_over() => {
            "yours to do: DNS, secrets, pools. Blocked by fence".to_owned()
        }
        StepKind::CutOver => "yours to do: DNS, secrets, pools".to_owned(),
        StepKind::Protect => "own backup and secondary copy; not in the RTO".to_owned(),
        StepKind::CleanUp if by_itself(state) => {
            "removes what the run made without asking (--yes), proven by listing".to_owned()
        }
        StepKind::CleanUp => "removes what the run made, proven by listing".to_owned(),
        StepKind::Declare
        | StepKind::Readiness
        | StepKind::ChoosePoint
        | StepKind::Fork
        | StepKind::Wait
        | StepKind::Close => String::new(),
    }
}

fn under_way(state: &RunState, kind: StepKind, now: Timestamp) -> String {
    let attempt = &state.attempt;
    match kind {
        StepKind::ChoosePoint => match (&attempt.refused, &attempt.point) {
            (Some(refused), _) => refused.reason.clone(),
            (None, Some(point)) => format!("{}, to be confirmed", point.words()),
            (None, None) => "asking which point can be restored".to_owned(),
        },
        StepKind::Fork | StepKind::Wait => fork(state, now),
        StepKind::Validate => match (&state.checks, state.opening.member.checks.len()) {
            (Some(checks), count) => {
                let passed = checks.iter().filter(|check| check.state == CheckState::Passed).count();
                words::passed(passed, count)
            }
            (None, 1) => "1 check is running".to_owned(),
            (None, count) => format!("{count} checks are running"),
        },
        StepKind::Protect => {
            let seen = state.protection.as_ref();
            seen.map(|seen| seen.told(state.protection_unseen.as_ref())).unwrap_or_default()
        }
        StepKind::CleanUp => {
            let left = state.attempts().filter(|attempt| attempt.may_exist());
            left.map(|attempt| attempt.name.as_str()).collect::<Vec<_>>().join(", ")
        }
        StepKind::CutOver | StepKind::Declare | StepKind::Readiness | StepKind::Close => ahead(state, kind),
    }
}

fn fork(state: &RunState, now: Timestamp) -> String {
    let attempt = &state.attempt;
    match &attempt.fork {
        ForkStanding::Asked(asked) => match (&asked.unknown, &asked.accepted, &asked.cannot_tell) {
            (_, _, Some(why)) => format!("OUTCOME UNKNOWN; cannot look for it: {why}"),
            (Some(why), None, None) => {
                format!("OUTCOME UNKNOWN: {why}; looked for {} of 3 times", asked.absent_at.len())
            }
            (_, Some(_), None) => "accepted; reading it back by name".to_owned(),
            (None, None, None) => "asked for, no answer yet".to_owned(),
        },
        ForkStanding::NotTaken { why, again_at } => {
            format!("not taken yet: {why}; to be asked for again, not before {}", words::instant(*again_at))
        }
        ForkStanding::Absent => "OUTCOME UNKNOWN: not there after three looks".to_owned(),
        ForkStanding::Mine => latest_progress(state).map(|seen| progress(seen, now)).unwrap_or_default(),
        ForkStanding::NotAsked
        | ForkStanding::Refused { .. }
        | ForkStanding::Foreign(_)
        | ForkStanding::Restored(_)
        | ForkStanding::Failed { .. } => String::new(),
    }
}

/// How far the restore is and when that was seen: as last seen by the driver, else as the journal has it.
pub fn latest_progress(state: &RunState) -> Option<&(Timestamp, Progress)> {
    let journaled = state.attempt.progress.as_ref();
    let live = state.live.progress.as_ref().filter(|(at, _)| journaled.is_none_or(|(then, _)| at >= then));
    live.or(journaled)
}

/// What is older than a look or two says how old it is: whoever follows a journal sees it once a minute.
fn progress((at, progress): &(Timestamp, Progress), now: Timestamp) -> String {
    const OLD: TimeDelta = TimeDelta::seconds(30);
    let age = if now - *at > OLD { format!(", seen {} ago", words::age_of(*at, now)) } else { String::new() };
    match &progress.state {
        ProgressState::CannotTell { why } => format!("cannot be asked: {why}{age}"),
        _ => format!("{}{age}", progress.text),
    }
}

/// What was last known of an old primary that can no longer be asked, and why (S2).
pub fn not_known(state: &RunState, last: Option<(Timestamp, bool)>, why: &str, now: Timestamp) -> String {
    match last {
        Some((at, answered)) => {
            let then = if answered { "answered" } else { "was silent" };
            let when = if state.is_over() {
                format!("at {}", words::newest(at, now))
            } else {
                format!("{} ago", words::age_of(at, now))
            };
            format!("{then} {when}, not known since: {why}")
        }
        None => format!("not known: {why}"),
    }
}

/// That something answers at the address of the old primary, once that may lead to the fork.
pub fn something_answers(state: &RunState, (since, at): (Timestamp, Timestamp), now: Timestamp) -> String {
    let name = state.opening.member.probed().unwrap_or("its address");
    if state.probes_its_fork() {
        return format!("{name} is the fork's own address, and it answers: the old primary is not watched");
    }
    if let Some((moved_at, by)) = state.fence.name_moved.as_deref() {
        let moved_at = words::newest(*moved_at, now);
        return format!(
            "{name} leads to the fork since {moved_at}, says {by}, and it answers: the old primary is not watched"
        );
    }
    ClientsMoved::either(&if state.is_over() {
        format!(
            "something answered at {name} from {} to {} (probe)",
            words::newest(since, now),
            words::newest(at, now)
        )
    } else if now - at < KNOWN_FOR {
        format!("something answers at {name} since {} (probe)", words::newest(since, now))
    } else {
        format!("something answered at {name} {} ago (probe), not known since", words::age_of(at, now))
    })
}

/// Why this run has not seen yet whether the old primary answers, and what was known before.
pub fn unprobed(state: &RunState, now: Timestamp) -> String {
    if state.opening.member.probe.is_none() {
        return "not probed: the config names no address".to_owned();
    }
    let asked_at = state.fence.opened_at.filter(|_| !state.is_left());
    if asked_at.is_none_or(|at| now - at > FIRST_LOOK) {
        return "not probed yet".to_owned();
    }
    let within = words::to_the_second(PROBE_WITHIN);
    let liveness = state.fence.life.liveness;
    match (liveness.silent_since(), liveness.last_alive()) {
        (None, None) => format!("asked, answer within {within}"),
        (Some(since), _) => {
            format!("silent since {}; asked again, answer within {within}", words::newest(since, now))
        }
        (None, Some(at)) => {
            format!("answered {} ago; asked again, answer within {within}", words::age_of(at, now))
        }
    }
}

fn fence(state: &RunState, now: Timestamp) -> StepRow {
    let fence = &state.fence;
    let span = |from, to| format!("from {} to {}", words::newest(from, now), words::newest(to, now));
    let seen = match fence.sight() {
        Sight::NotProbed => format!("old primary {}", unprobed(state, now)),
        // What was last seen of it by a run that is over grows no older.
        Sight::Answers { at } if state.is_over() => {
            format!("old primary answered {}", span(fence.alive_since.unwrap_or(at), at))
        }
        Sight::Silent { since, at } if state.is_over() => format!("old primary silent {}", span(since, at)),
        Sight::Answers { at } => {
            let since = words::newest(fence.alive_since.unwrap_or(at), now);
            format!("old primary ANSWERS since {since} (seen {} ago)", words::age_of(at, now))
        }
        Sight::Something { since, at } => something_answers(state, (since, at), now),
        Sight::Silent { since, .. } => format!("old primary silent {}", words::age_of(since, now)),
        Sight::NotKnown { last, why } => format!("old primary {}", not_known(state, last, why, now)),
    };
    let seen = state.unprobed_fork().map_or_else(|| seen.clone(), |fork| format!("{fork}; {seen}"));
    let (row_state, result) = match (&fence.overridden, &fence.fenced) {
        (Some((_, reason)), _) => (RowState::Skipped, format!("OVERRIDDEN; {seen}; in writing: {reason}")),
        (None, Some(said)) if fence.lets_cut_over() => {
            (RowState::Done, format!("fenced: {}; {seen}", said.text()))
        }
        (None, Some(Fenced { how, .. })) => {
            let who = if fence.lived_after_fence() { "it" } else { "something" };
            let answered = fence.answered_after_fence().filter(|_| !fence.may_be_alive());
            let after = answered.map_or_else(String::new, |at| {
                format!("; {who} ANSWERED after that, at {}", words::newest(at, now))
            });
            (RowState::Failed, format!("{seen}, though said to be fenced ({how}){after}"))
        }
        (None, None) if fence.opened_at.is_none() => (RowState::Pending, String::new()),
        (None, None) => (RowState::Open, format!("not fenced; {seen}")),
    };
    StepRow {
        kind: None,
        title: "fence",
        state: row_state,
        started: fence.opened_at,
        took: None,
        usual: None,
        guessed: false,
        result,
        late: false,
        limit: None,
    }
}
