//! One run: its clocks, its steps, and what the person should do now.

mod clocks;
mod steps;

use crate::domain::words;
use crate::runbook::{RunState, if_stuck, now_line};
use crate::tui::app::model::{Model, RunView};
use crate::tui::draw::canvas::{Canvas, Piece, piece, pieces_width, wrap};
use crate::tui::draw::widgets::{footer, header};
use crate::tui::keymap::Context;
use crate::tui::theme::Role;

/// Draws the screen.
pub(in crate::tui::draw) fn draw(model: &Model, canvas: &mut Canvas<'_>) {
    footer::draw(model, Context::Run, canvas);
    let Some(view) = model.shown_run() else { return };
    let state = view.state.as_ref();
    title(model, view, canvas);
    canvas.rule(2, "");
    clocks::draw(model, state, &mut canvas.rows(3, 2));
    canvas.rule(5, "");
    let below = below(model, state, canvas.width());
    let last = canvas.height().saturating_sub(1);
    let under = u16::try_from(below.len()).unwrap_or(u16::MAX).min(last.saturating_sub(10));
    // The rule above the lines below the steps.
    let room = last.saturating_sub(6 + under + 1);
    let used = steps::draw(model, state, &mut canvas.rows(6, room));
    let y = (6 + used).min(last.saturating_sub(under + 1));
    canvas.rule(y, "");
    for (y, line) in (y + 1..last).zip(&below) {
        canvas.pieces(1, y, line);
    }
}

fn title(model: &Model, view: &RunView, canvas: &mut Canvas<'_>) {
    let state = view.state.as_ref();
    let badge =
        if state.is_drill() { piece(Role::Drill, " DRILL ") } else { piece(Role::Incident, " INCIDENT ") };
    let mut first = vec![badge, piece(Role::Title, format!("  {}", state.id()))];
    if state.attempt.number > 1 || canvas.width() >= 96 {
        first.push(piece(Role::Text, format!("  attempt {}", state.attempt.number)));
    }
    if canvas.width() >= 110 {
        first.push(piece(Role::Muted, format!("  {}", state.opened_by.shown())));
    }
    let x = canvas.pieces(1, 0, &first);
    let mut clock = header::clock(model, false);
    if x + 3 + pieces_width(&clock) > canvas.width() {
        clock.truncate(1);
    }
    let start = canvas.width().saturating_sub(pieces_width(&clock) + 1);
    if start > x {
        canvas.pieces(start, 0, &clock);
    }
    let member = &state.opening.member;
    let from = member.from_region.as_deref().unwrap_or("region not known");
    let to = member.region.as_deref().unwrap_or("region not known");
    let x = canvas.pieces(
        1,
        1,
        &[
            piece(Role::Title, member.service.clone()),
            piece(Role::Text, format!("  {from} -> {} in {to}", state.attempt.name)),
        ],
    );
    let saved = saved(model, view);
    if let Some(pieces) = saved.iter().find(|pieces| x + 2 + pieces_width(pieces) < canvas.width()) {
        canvas.pieces(canvas.width() - pieces_width(pieces) - 1, 1, pieces);
    }
}

/// Whether it is safe to hang up, longest first.
fn saved(model: &Model, view: &RunView) -> [Vec<Piece>; 2] {
    let state = view.state.as_ref();
    if let Some(trouble) = &state.live.trouble {
        return [
            vec![piece(Role::Critical, format!("TROUBLE: {trouble}"))],
            vec![piece(Role::Critical, "TROUBLE (x)")],
        ];
    }
    if state.is_over() {
        return [vec![piece(Role::Muted, "over")], vec![piece(Role::Muted, "over")]];
    }
    if !view.driven_here {
        let by = format!("driven by {}", state.last_by.shown());
        return [vec![piece(Role::Warning, by)], vec![piece(Role::Warning, "driven elsewhere")]];
    }
    let age = (model.now - state.last_at).to_std().unwrap_or_default().as_secs();
    // The journal is written before each effect: what is not in it was not done.
    let age = if age < 60 { "<1m".to_owned() } else { words::age(std::time::Duration::from_secs(age)) };
    [
        vec![piece(Role::Ok, format!("saved {age} ago, safe to hang up"))],
        vec![piece(Role::Ok, "safe to hang up")],
    ]
}

/// The lines below the steps: what to do now, what to do if it hangs, what happened last.
fn below(model: &Model, state: &RunState, width: u16) -> Vec<Vec<Piece>> {
    let mut lines = Vec::new();
    let labelled = |label: &str, text: &str, role: Role| -> Vec<Vec<Piece>> {
        let room = width.saturating_sub(12);
        let wrapped = wrap(text, room);
        let labels = std::iter::once(label).chain(std::iter::repeat(""));
        labels
            .zip(wrapped)
            .map(|(label, line)| vec![piece(role, format!("{label:<10}")), piece(Role::Text, line)])
            .collect()
    };
    lines.extend(labelled("NOW", &now_line(state, model.now), Role::Accent));
    if let Some(stuck) = if_stuck(state, model.now) {
        lines.extend(labelled("IF STUCK", &stuck, Role::Muted));
    }
    if let Some((_, conclusion)) = &state.closed {
        for reason in &conclusion.reasons {
            lines.extend(labelled("", reason, Role::Muted));
        }
    }
    for (index, note) in state.notes.iter().rev().take(3).enumerate() {
        let label = if index == 0 { "last" } else { "" };
        let text = format!("{} {}: {}", words::clock(note.at), note.by, note.text);
        lines.extend(labelled(label, &text, Role::Muted).into_iter().take(1));
    }
    lines
}
