//! The steps of a run, a row each.

use crate::domain::words;
use crate::runbook::{RowState, RunState, StepRow, rows};
use crate::tui::app::model::Model;
use crate::tui::draw::canvas::Canvas;
use crate::tui::glyphs::Glyphs;
use crate::tui::theme::Role;

/// Draws heads and as many rows as there is room for, around the one under way. Returns the rows used.
pub(super) fn draw(model: &Model, state: &RunState, canvas: &mut Canvas<'_>) -> u16 {
    let rows = rows(state, model.now);
    let wide = canvas.width() >= 64;
    let columns = if wide { Columns::WIDE } else { Columns::NARROW };
    for (x, text) in [(3, "STEP"), (columns.took, "TOOK"), (columns.result, "RESULT")] {
        canvas.put(x, 0, u16::MAX, Role::Heading, text);
    }
    if wide {
        canvas.put(columns.started, 0, u16::MAX, Role::Heading, "STARTED");
        canvas.put(columns.usual, 0, u16::MAX, Role::Heading, "USUAL");
    }
    let room = usize::from(canvas.height().saturating_sub(1));
    let active = rows
        .iter()
        .position(|row| !matches!(row.state, RowState::Done | RowState::Skipped))
        .unwrap_or(rows.len());
    let first = (active + 3).saturating_sub(room).min(active).min(rows.len().saturating_sub(room));
    let mut y = 1;
    for row in rows.iter().skip(first).take(room) {
        draw_row(row, y, wide, &columns, canvas);
        y += 1;
    }
    y
}

/// Where the columns begin.
struct Columns {
    started: u16,
    took: u16,
    usual: u16,
    result: u16,
}

impl Columns {
    const WIDE: Self = Self { started: 17, took: 28, usual: 36, result: 45 };
    const NARROW: Self = Self { started: 0, took: 17, usual: 0, result: 25 };
}

fn draw_row(row: &StepRow, y: u16, wide: bool, columns: &Columns, canvas: &mut Canvas<'_>) {
    let (role, glyph) = look(row.state, canvas.glyphs());
    canvas.put(1, y, 1, role, glyph);
    let name = if matches!(row.state, RowState::Pending) { Role::Muted } else { Role::Text };
    canvas.put(3, y, columns.took.saturating_sub(4), name, row.title);
    if let Some(started) = row.started.filter(|_| wide) {
        canvas.put(columns.started, y, 10, Role::Muted, &words::clock(started));
    }
    if let Some(took) = row.took {
        let text = words::stopwatch(took);
        canvas.put(columns.took, y, 7, if row.late { Role::Warning } else { Role::Text }, &text);
    }
    if let Some(usual) = row.usual.as_ref().filter(|_| wide) {
        canvas.put(columns.usual, y, 8, Role::Muted, usual);
    }
    let late = if row.late { "LATE  " } else { "" };
    let x = canvas.put(columns.result, y, u16::MAX, Role::Warning, late);
    let role = match row.state {
        RowState::Failed => Role::Critical,
        RowState::Waiting | RowState::Open => Role::Warning,
        RowState::Pending => Role::Muted,
        RowState::Running | RowState::Done | RowState::Skipped => Role::Text,
    };
    let room = canvas.width().saturating_sub(x + 1);
    canvas.put(x, y, room, role, &row.result);
}

const fn look(state: RowState, glyphs: &Glyphs) -> (Role, &'static str) {
    match state {
        RowState::Pending => (Role::Muted, glyphs.pending),
        RowState::Running => (Role::Accent, glyphs.active),
        RowState::Waiting => (Role::Warning, glyphs.unknown),
        RowState::Done => (Role::Ok, glyphs.ok),
        RowState::Failed => (Role::Critical, glyphs.critical),
        RowState::Skipped => (Role::Warning, "-"),
        RowState::Open => (Role::Warning, "!"),
    }
}
