//! The steps of a run, a row each.

use crate::domain::words;
use crate::runbook::{RowState, RunState, StepRow, rows};
use crate::tui::app::model::Model;
use crate::tui::app::mouse::Spot;
use crate::tui::draw::canvas::{Canvas, brief, width, wrap};
use crate::tui::glyphs::Glyphs;
use crate::tui::theme::Role;

/// Draws heads and as many rows as there is room for, around the one under way. Returns the rows used.
pub(super) fn draw(model: &Model, state: &RunState, canvas: &mut Canvas<'_>) -> u16 {
    let rows = rows(state, model.now);
    let columns = Columns::of(canvas.width());
    columns.heads(rows.iter().any(|row| row.usual.is_some() && row.guessed), canvas);
    let room = usize::from(canvas.height().saturating_sub(1));
    let under_way = |row: &StepRow| !matches!(row.state, RowState::Done | RowState::Skipped);
    let active = rows.iter().position(under_way).unwrap_or(rows.len());
    let shown = model.step.unwrap_or(active);
    let first = (shown + 3).saturating_sub(room).min(shown).min(rows.len().saturating_sub(room));
    let whole = whole(&rows, &columns, canvas.width(), room, shown);
    let mut y = 1;
    for (index, row) in rows.iter().enumerate().skip(first) {
        if y >= canvas.height() {
            break;
        }
        if model.step == Some(index) {
            let gutter = canvas.glyphs().gutter;
            canvas.put(0, y, 1, Role::Accent, gutter);
        }
        let top = y;
        columns.draw(row, y, canvas);
        let lines = if whole.contains(&index) {
            columns.result_lines(row, canvas.width())
        } else {
            vec![brief(&columns.result(row), columns.room(canvas.width()), canvas.glyphs().more)]
        };
        for line in &lines {
            columns.draw_result(row, line, y, canvas);
            y += 1;
        }
        y += u16::from(lines.is_empty());
        canvas.spot(top, y - top, Spot::Step(index));
    }
    y
}

/// The rows that are needed so that the step under way, and each that wants a person, is shown whole.
pub(super) fn needed(model: &Model, state: &RunState, screen: u16) -> u16 {
    let columns = Columns::of(screen);
    let wanted = |row: &StepRow| match row.state {
        RowState::Pending | RowState::Done | RowState::Skipped => 1,
        RowState::Running | RowState::Waiting | RowState::Failed | RowState::Open => {
            columns.result_lines(row, screen).len().max(1)
        }
    };
    let lines: usize = rows(state, model.now).iter().map(wanted).sum();
    u16::try_from(lines + 1).unwrap_or(u16::MAX)
}

/// The rows whose results are shown whole, in as many lines as they need; the others get one each, and
/// `x` shows them. What is selected comes first, then what wants a person, then what happened last.
fn whole(rows: &[StepRow], columns: &Columns, screen: u16, room: usize, shown: usize) -> Vec<usize> {
    let mut spare = room.saturating_sub(rows.len());
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|index| {
        let rank = match rows.get(*index).map(|row| row.state) {
            _ if *index == shown => 0,
            Some(RowState::Failed | RowState::Waiting | RowState::Running | RowState::Open) => 1,
            Some(RowState::Skipped) => 2,
            Some(RowState::Done) => 3,
            Some(RowState::Pending) | None => 4,
        };
        (rank, index.abs_diff(shown))
    });
    order.retain(|index| {
        let lines = rows.get(*index).map_or(0, |row| columns.result_lines(row, screen).len());
        let more = lines.saturating_sub(1);
        let fits = more <= spare;
        spare -= if fits { more } else { 0 };
        fits
    });
    order
}

/// Where the columns begin, and where a time that took ends; `None` = there is no room for it.
struct Columns {
    started: Option<u16>,
    took: u16,
    usual: Option<u16>,
    result: u16,
}

/// The widest *usual* that has a column; a longer one stands with the result.
const USUAL: u16 = 8;

impl Columns {
    /// What came out of a step matters more than when it began, which `x` says too.
    const fn of(screen: u16) -> Self {
        match screen {
            96.. => Self { started: Some(17), took: 35, usual: Some(37), result: 46 },
            86.. => Self { started: Some(17), took: 35, usual: None, result: 37 },
            _ => Self { started: None, took: 23, usual: None, result: 25 },
        }
    }

    fn heads(&self, guessed: bool, canvas: &mut Canvas<'_>) {
        let usual = if guessed { "GUESS" } else { "USUAL" };
        let always = [(3, "STEP"), (self.result, "RESULT")];
        let maybe = [self.started.map(|x| (x, "STARTED")), self.usual.map(|x| (x, usual))];
        for (x, text) in always.into_iter().chain(maybe.into_iter().flatten()) {
            canvas.put(x, 0, u16::MAX, Role::Heading, text);
        }
        canvas.put_right(self.took, 0, Role::Heading, "TOOK");
    }

    const fn room(&self, screen: u16) -> u16 {
        screen.saturating_sub(self.result + 1)
    }

    /// The result, with what has no column of its own before it.
    fn result(&self, row: &StepRow) -> String {
        let over = row.limit.map(|limit| format!(": over {}", words::objective(limit))).unwrap_or_default();
        let late = if row.late { format!("LATE{over}  ") } else { String::new() };
        let word = if row.guessed { "guess" } else { "usual" };
        match row.usual.as_ref().filter(|usual| !self.has_column_for(usual)) {
            Some(usual) if row.result.is_empty() => format!("{late}{word} {usual}"),
            Some(usual) => format!("{late}{} ({word} {usual})", row.result),
            None => format!("{late}{}", row.result),
        }
    }

    fn has_column_for(&self, usual: &str) -> bool {
        self.usual.is_some() && width(usual) <= USUAL
    }

    fn result_lines(&self, row: &StepRow, screen: u16) -> Vec<String> {
        wrap(&self.result(row), self.room(screen))
    }

    /// All of a row but its result.
    fn draw(&self, row: &StepRow, y: u16, canvas: &mut Canvas<'_>) {
        let (role, glyph) = look(row.state, canvas.glyphs());
        canvas.put(1, y, 1, role, glyph);
        let name = if matches!(row.state, RowState::Pending) { Role::Muted } else { Role::Text };
        canvas.put(3, y, 13, name, row.title);
        if let Some((x, started)) = self.started.zip(row.started) {
            canvas.put(x, y, 10, Role::Muted, &words::clock(started));
        }
        if let Some(took) = row.took {
            let text = words::stopwatch(took);
            canvas.put_right(self.took, y, if row.late { Role::Warning } else { Role::Text }, &text);
        }
        if let Some((x, usual)) = self.usual.zip(row.usual.as_ref().filter(|usual| width(usual) <= USUAL)) {
            canvas.put(x, y, USUAL, Role::Muted, usual);
        }
    }

    fn draw_result(&self, row: &StepRow, line: &str, y: u16, canvas: &mut Canvas<'_>) {
        let role = match row.state {
            RowState::Failed => Role::Critical,
            RowState::Waiting | RowState::Open => Role::Warning,
            RowState::Pending => Role::Muted,
            RowState::Running | RowState::Done | RowState::Skipped => Role::Text,
        };
        let room = self.room(canvas.width());
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
        RowState::Open => (Role::Warning, glyphs.warning),
    }
}
