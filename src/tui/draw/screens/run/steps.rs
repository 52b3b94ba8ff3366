//! The steps of a run, a row each.

use crate::domain::words;
use crate::runbook::{RowState, RunState, StepRow, rows};
use crate::tui::app::model::Model;
use crate::tui::app::mouse::Spot;
use crate::tui::draw::canvas::{Canvas, wrap};
use crate::tui::glyphs::Glyphs;
use crate::tui::theme::Role;

/// Draws heads and as many rows as there is room for, around the one under way. Returns the rows used.
pub(super) fn draw(model: &Model, state: &RunState, canvas: &mut Canvas<'_>) -> u16 {
    let rows = rows(state, model.now);
    let columns = Columns::of(canvas.width());
    let guessed = rows.iter().any(|row| row.usual.is_some() && row.guessed);
    for (x, text) in columns.heads(guessed) {
        canvas.put(x, 0, u16::MAX, Role::Heading, text);
    }
    let room = usize::from(canvas.height().saturating_sub(1));
    let under_way = |row: &StepRow| !matches!(row.state, RowState::Done | RowState::Skipped);
    let active = rows.iter().position(under_way).unwrap_or(rows.len());
    let shown = model.step.unwrap_or(active);
    let first = (shown + 3).saturating_sub(room).min(shown).min(rows.len().saturating_sub(room));
    let texts: Vec<Vec<String>> = rows.iter().map(|row| columns.result_lines(row, canvas.width())).collect();
    // Whole results where all rows still fit, else one line each; x shows a step whole.
    let whole = texts.iter().map(|lines| lines.len().max(1)).sum::<usize>() <= room;
    let mut y = 1;
    for (index, (row, lines)) in rows.iter().zip(&texts).enumerate().skip(first) {
        if y >= canvas.height() {
            break;
        }
        if model.step == Some(index) {
            let gutter = canvas.glyphs().gutter;
            canvas.put(0, y, 1, Role::Accent, gutter);
        }
        columns.draw(row, y, canvas);
        let top = y;
        let cut = columns.result(row);
        let one = std::slice::from_ref(&cut);
        for line in if whole { lines.as_slice() } else { one } {
            columns.draw_result(row, line, y, canvas);
            y += 1;
        }
        y += u16::from(whole && lines.is_empty());
        canvas.spot(top, y - top, Spot::Step(index));
    }
    y
}

/// Where the columns begin; `None` = there is no room for it.
struct Columns {
    started: Option<u16>,
    took: u16,
    usual: Option<u16>,
    result: u16,
}

impl Columns {
    const fn of(screen: u16) -> Self {
        match screen {
            96.. => Self { started: Some(17), took: 28, usual: Some(36), result: 45 },
            64.. => Self { started: Some(17), took: 28, usual: None, result: 36 },
            _ => Self { started: None, took: 17, usual: None, result: 25 },
        }
    }

    fn heads(&self, guessed: bool) -> impl Iterator<Item = (u16, &'static str)> {
        let usual = if guessed { "GUESS" } else { "USUAL" };
        let always = [(3, "STEP"), (self.took, "TOOK"), (self.result, "RESULT")];
        let maybe = [self.started.map(|x| (x, "STARTED")), self.usual.map(|x| (x, usual))];
        always.into_iter().chain(maybe.into_iter().flatten())
    }

    /// The result, with what has no column of its own before it.
    fn result(&self, row: &StepRow) -> String {
        let late = if row.late { "LATE  " } else { "" };
        let word = if row.guessed { "guess" } else { "usual" };
        match row.usual.as_ref().filter(|_| self.usual.is_none()) {
            Some(usual) if row.result.is_empty() => format!("{late}{word} {usual}"),
            Some(usual) => format!("{late}{} ({word} {usual})", row.result),
            None => format!("{late}{}", row.result),
        }
    }

    fn result_lines(&self, row: &StepRow, screen: u16) -> Vec<String> {
        wrap(&self.result(row), screen.saturating_sub(self.result + 1))
    }

    /// All of a row but its result.
    fn draw(&self, row: &StepRow, y: u16, canvas: &mut Canvas<'_>) {
        let (role, glyph) = look(row.state, canvas.glyphs());
        canvas.put(1, y, 1, role, glyph);
        let name = if matches!(row.state, RowState::Pending) { Role::Muted } else { Role::Text };
        canvas.put(3, y, self.took.saturating_sub(4), name, row.title);
        if let Some((x, started)) = self.started.zip(row.started) {
            canvas.put(x, y, 10, Role::Muted, &words::clock(started));
        }
        if let Some(took) = row.took {
            let text = words::stopwatch(took);
            canvas.put(self.took, y, 7, if row.late { Role::Warning } else { Role::Text }, &text);
        }
        if let Some((x, usual)) = self.usual.zip(row.usual.as_ref()) {
            canvas.put(x, y, 8, Role::Muted, usual);
        }
    }

    fn draw_result(&self, row: &StepRow, line: &str, y: u16, canvas: &mut Canvas<'_>) {
        let role = match row.state {
            RowState::Failed => Role::Critical,
            RowState::Waiting | RowState::Open => Role::Warning,
            RowState::Pending => Role::Muted,
            RowState::Running | RowState::Done | RowState::Skipped => Role::Text,
        };
        let room = canvas.width().saturating_sub(self.result + 1);
        let role = if row.late { Role::Warning } else { role };
        canvas.put(self.result, y, room, role, line);
    }
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
