//! The lines below the steps: what the person should do now, and by which key; what to do if it
//! hangs; what happened last.

use crate::domain::open_run::parted;
use crate::domain::words;
use crate::runbook::ForkStanding;
use crate::runbook::{
    Need, RunState, StepKind, fence_first, if_stuck, need, not_driven, now_line, wants_region,
};
use crate::tui::app::keys::{choices, naming};
use crate::tui::app::model::Model;
use crate::tui::app::offered::{after_failure, refused};
use crate::tui::app::runs::{Standing, parted_from, standing_of};
use crate::tui::draw::canvas::{Piece, brief, piece, wrap};
use crate::tui::glyphs::Glyphs;
use crate::tui::keymap::Action;
use crate::tui::theme::Role;

/// Where the text begins behind its label.
const LABEL: u16 = 10;

/// Below this many rows an alarm takes one line.
const LOW: u16 = 16;

/// What must be read to act, the most needed first.
pub(super) fn lines(
    model: &Model,
    state: &RunState,
    (width, height): (u16, u16),
    glyphs: &Glyphs,
) -> Vec<Vec<Piece>> {
    let low = height < LOW;
    let mut lines = alarms(state, if low { None } else { Some(width) }, glyphs);
    let nobody = standing_of(model, state) == Standing::Nobody;
    let line = match parted_from(model, state) {
        Some(from) if nobody => format!("It {}.", parted(from)),
        _ if nobody => not_driven(state, model.now),
        _ => now_line(state, model.now),
    };
    let now = format!("{}{line}", keys(model, state));
    lines.extend(labelled("NOW", &now, Role::Accent, width));
    if let Some((_, why)) = &state.live.refused {
        lines.extend(labelled("NOT TAKEN", why, Role::Warning, width));
    }
    if let Some(stuck) = if_stuck(state, model.now) {
        let attempt = naming(model.key(Action::NewAttempt), |key| format!(" [{key}]"));
        lines.extend(labelled("IF STUCK", &format!("{stuck}{attempt}"), Role::Muted, width));
    }
    if let Some((_, conclusion)) = &state.closed {
        for reason in &conclusion.reasons {
            lines.extend(labelled("", reason, Role::Muted, width));
        }
    }
    lines
}

/// What was noted last, newest first: a line each.
pub(super) fn notes(model: &Model, state: &RunState, width: u16, glyphs: &Glyphs) -> Vec<Vec<Piece>> {
    let shown = if width < 60 { 1 } else { 3 };
    let mut lines = Vec::new();
    for (index, note) in state.notes.iter().rev().take(shown).enumerate() {
        let label = if index == 0 { "last" } else { "" };
        let at = words::newest(note.at, model.now);
        let text = format!("{at} {}: {}", note.by, note.text);
        let text = brief(&text, width.saturating_sub(LABEL + 2), glyphs.more);
        lines.extend(labelled(label, &text, Role::Muted, width));
    }
    lines
}

fn labelled(label: &str, text: &str, role: Role, width: u16) -> Vec<Vec<Piece>> {
    let labels = std::iter::once(label).chain(std::iter::repeat(""));
    let lines = wrap(text, width.saturating_sub(LABEL + 2));
    let line = |(label, line): (&str, String)| {
        vec![piece(role, format!("{label:<width$}", width = usize::from(LABEL))), piece(Role::Text, line)]
    };
    labels.zip(lines).map(line).collect()
}

/// What must not be missed, whatever else there is: a call whose outcome is unknown, a refusal.
/// In one line each where no width to wrap at is given.
fn alarms(state: &RunState, width: Option<u16>, glyphs: &Glyphs) -> Vec<Vec<Piece>> {
    let mut lines = Vec::new();
    if let Some(text) = outcome_unknown(state).filter(|_| !state.is_over()) {
        let text = format!("{} OUTCOME UNKNOWN: {text}", glyphs.critical);
        lines.extend(loud(&text, Role::Critical, width));
    }
    if let Some((by, false, words)) = &state.owners_word {
        let text = format!("{} REFUSED by {by}: {words}", glyphs.critical);
        lines.extend(loud(&text, Role::Critical, width));
    }
    lines
}

fn loud(text: &str, role: Role, width: Option<u16>) -> Vec<Vec<Piece>> {
    let lines = width.map_or_else(|| vec![text.to_owned()], |width| wrap(text, width.saturating_sub(2)));
    lines.into_iter().map(|line| vec![piece(role, line)]).collect()
}

/// What is not known of a call that was made.
fn outcome_unknown(state: &RunState) -> Option<String> {
    let name = &state.attempt.name;
    match &state.attempt.fork {
        ForkStanding::Absent => {
            Some(format!("{name} was asked for, no answer came, and three looks did not find it"))
        }
        ForkStanding::Asked(asked) => {
            let why = asked.unknown.as_ref().filter(|_| asked.accepted.is_none());
            let cannot = asked.cannot_tell.as_ref().map(|why| format!("; it cannot be looked for: {why}"));
            let why = why.or(asked.cannot_tell.as_ref())?;
            let looked =
                cannot.unwrap_or_else(|| format!("; not found in {} of 3 looks", asked.absent_at.len()));
            Some(format!("whether {name} is made ({why}){looked}"))
        }
        _ => None,
    }
}

/// The keys that answer what the run asks for, before the question itself.
fn keys(model: &Model, state: &RunState) -> String {
    let mut ways = ways(model, state);
    // Only whoever may answer at all is told a way.
    if fence_first(state, model.now) && is_steered(model, state) {
        let first = [(Action::Fence, "fence"), (Action::Abort, "abort")];
        ways.retain(|way| !first.contains(way));
        ways.splice(0..0, first);
    }
    if ways.is_empty() { String::new() } else { format!("[{}]  ", choices(model, &ways)) }
}

/// Whether it is driven here by somebody who may act.
fn is_steered(model: &Model, state: &RunState) -> bool {
    standing_of(model, state) == Standing::Here && model.hand(&state.opening.member.source).is_some()
}

fn ways(model: &Model, state: &RunState) -> Vec<(Action, &'static str)> {
    use Action as A;
    if state.is_over() {
        return if state.attempts().any(crate::runbook::Attempt::may_exist) && state.is_drill() {
            vec![(A::Confirm, "report"), (A::CleanUp, "remove the fork")]
        } else {
            vec![(A::Confirm, "report")]
        };
    }
    let armed = model.hand(&state.opening.member.source).is_some();
    match standing_of(model, state) {
        Standing::Here if armed => {}
        Standing::Nobody if parted_from(model, state).is_some() => return vec![(A::Retry, "how to choose")],
        Standing::Nobody if armed => return vec![(A::Retry, "take it up")],
        Standing::Nobody => return vec![(A::Arming, "how to act here")],
        _ => return Vec::new(),
    }
    match need(state) {
        None if state.unread().is_some_and(|trouble| !trouble.is_asked) => vec![(A::Retry, "now")],
        None if refused(state, A::Retry, model.now).is_none() => vec![(A::Retry, "ask now")],
        None if state.current == Some(StepKind::Protect) => vec![(A::Skip, "skip")],
        None => Vec::new(),
        Some(Need::Protection) if wants_region(state) => {
            vec![(A::Confirm, "set the region"), (A::Skip, "skip")]
        }
        Some(Need::Protection) => vec![(A::Skip, "skip")],
        Some(Need::ConfirmPoint) => {
            vec![(A::Confirm, "confirm by the name in its box"), (A::Retry, "look anew")]
        }
        Some(Need::ConfirmCleanUp) => vec![(A::Confirm, "confirm by the name in its box")],
        Some(
            Need::Journal
            | Need::ClockSkew
            | Need::Declaration
            | Need::OtherPoint
            | Need::OwnersWord
            | Need::CutOver,
        ) => vec![(A::Confirm, "answer")],
        Some(Need::AbsentDecision) => vec![(A::Retry, "ask again"), (A::NewAttempt, "new attempt")],
        Some(Need::FailedStep) => after_failure(state, model.now),
        Some(Need::Fence) => vec![(A::Fence, "fence")],
        Some(Need::Unpause) => vec![(A::Pause, "go on")],
    }
}
