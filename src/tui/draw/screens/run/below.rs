//! The lines below the steps: what the person should do now, and by which key; what to do if it
//! hangs; what happened last.

use crate::domain::words;
use crate::runbook::{Need, RunState, if_stuck, need, now_line};
use crate::tui::app::model::Model;
use crate::tui::app::runs::{Standing, standing_of};
use crate::tui::draw::canvas::{Piece, piece, wrap};
use crate::tui::theme::Role;

/// Where the text begins behind its label.
const LABEL: u16 = 10;

/// All of them, the most needed first.
pub(super) fn lines(model: &Model, state: &RunState, width: u16) -> Vec<Vec<Piece>> {
    let narrow = width < 60;
    let now = format!("{}{}", now_line(state, model.now), keys(model, state));
    let mut lines = labelled("NOW", &now, Role::Accent, width);
    if let Some((_, why)) = &state.live.refused {
        lines.extend(labelled("NOT TAKEN", why, Role::Warning, width));
    }
    if let Some(stuck) = if_stuck(state, model.now) {
        lines.extend(labelled("IF STUCK", &format!("{stuck} [b]"), Role::Muted, width));
    }
    if let Some((_, conclusion)) = &state.closed {
        for reason in &conclusion.reasons {
            lines.extend(labelled("", reason, Role::Muted, width));
        }
    }
    let shown = if narrow { 1 } else { 3 };
    for (index, note) in state.notes.iter().rev().take(shown).enumerate() {
        let label = if index == 0 { "last" } else { "" };
        let text = format!("{} {}: {}", words::clock(note.at), note.by, note.text);
        lines.extend(labelled(label, &text, Role::Muted, width).into_iter().take(1));
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

/// The keys that do what the run asks for.
fn keys(model: &Model, state: &RunState) -> &'static str {
    if state.is_over() {
        return if state.attempts().any(crate::runbook::Attempt::may_exist) && state.is_drill() {
            " [enter; C removes the fork]"
        } else {
            " [enter]"
        };
    }
    if standing_of(model, state) == Standing::Nobody {
        return " [r]";
    }
    match need(state) {
        None => "",
        Some(
            Need::Declaration
            | Need::OtherPoint
            | Need::ConfirmPoint
            | Need::OwnersWord
            | Need::CutOver
            | Need::ConfirmCleanUp,
        ) => " [enter]",
        Some(Need::AbsentDecision) => " [r, b]",
        Some(Need::FailedStep) => " [r, s, b, a]",
        Some(Need::Fence) => " [f]",
        Some(Need::Unpause) => " [p]",
    }
}
