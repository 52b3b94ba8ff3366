//! One step of a run, whole: what its row has no room for.

use std::cmp::Reverse;

use super::model::Model;
use super::overlay::Overlay;
use super::step_facts;
use crate::domain::words;
use crate::runbook::{RowState, RunState, StepRow, rows};
use crate::tui::keymap::Action;

/// Selects another step.
pub(super) fn select(model: &mut Model, state: &RunState, action: Action) {
    let rows = rows(state, model.now);
    let last = rows.len().saturating_sub(1);
    let current = state.current.and_then(|kind| rows.iter().position(|row| row.kind == Some(kind)));
    let from = model.step.or(current).unwrap_or(0);
    model.step = Some(match (action, model.step) {
        // All steps are on one page.
        (Action::First | Action::PageUp, _) => 0,
        (Action::Last | Action::PageDown, _) => last,
        // The first press shows where one is.
        (_, None) => from,
        (Action::Up, _) => from.saturating_sub(1),
        _ => (from + 1).min(last),
    });
}

/// Opens the selected step whole. Says whether one is selected.
pub(super) fn open(model: &mut Model, state: &RunState) -> bool {
    let told = told(model, state);
    let is_told = told.is_some();
    if let Some((title, lines)) = told {
        model.overlay = Some(Overlay::text(title, lines));
    }
    is_told
}

/// The title and the lines of the selected step.
pub(super) fn told(model: &Model, state: &RunState) -> Option<(String, Vec<String>)> {
    let rows = rows(state, model.now);
    let row = model.step.and_then(|step| rows.get(step))?;
    Some((format!("step: {}", row.title), lines(model, state, row)))
}

/// A step: how it stands and since when, what it counts, from which facts, by which rule it ends.
fn lines(model: &Model, state: &RunState, row: &StepRow) -> Vec<String> {
    let begun = row.started.is_some();
    let result = match row.result.as_str() {
        "" if begun => "under way".to_owned(),
        "" => "not begun".to_owned(),
        ahead if row.state == RowState::Pending => format!("not begun: {ahead}"),
        result => result.to_owned(),
    };
    let mut lines = vec![result];
    lines.extend(row.started.map(|at| format!("began    {}", words::instant(at))));
    lines.extend(row.took.map(|took| {
        format!("took     {}{}", words::stopwatch(took), if row.late { ", over its limit" } else { "" })
    }));
    let source = if row.guessed { "guess" } else { "usual" };
    lines.extend(row.usual.as_ref().map(|usual| format!("{source}    {usual}")));
    let indented = |line: String| if line.is_empty() { line } else { format!("  {line}") };
    let [what, rule] = step_facts::rule(row.kind, state.is_drill());
    lines.extend([String::new(), "FROM".to_owned()]);
    lines.extend(step_facts::facts(model, state, row.kind).into_iter().map(indented));
    lines.extend([String::new(), "WHAT IT IS".to_owned(), indented(what.to_owned())]);
    lines.extend([String::new(), "RULE".to_owned(), indented(rule.to_owned())]);
    lines
}

/// The facts that steps stand on, as room beside them allows: of the selected one or that under way, then of what
/// is open beside them, then of what came before, the last first.
pub fn beside(model: &Model, state: &RunState) -> Vec<(&'static str, Vec<String>)> {
    let rows = rows(state, model.now);
    let under_way = rows.iter().position(|row| !matches!(row.state, RowState::Done | RowState::Skipped));
    let shown = model.step.or(under_way);
    let mut order: Vec<(usize, &StepRow)> = rows.iter().enumerate().collect();
    order.retain(|(index, row)| Some(*index) == shown || row.started.is_some());
    order.sort_by_key(|(index, row)| (Some(*index) != shown, row.state != RowState::Open, Reverse(*index)));
    order.into_iter().map(|(_, row)| (row.title, step_facts::facts(model, state, row.kind))).collect()
}

/// Every step with its whole result: first those that are under way or open, what is at stake before what runs, then
/// the others.
pub(super) fn all(model: &Model, state: &RunState) -> (Vec<String>, Vec<String>) {
    let rows = rows(state, model.now);
    let told = rows.iter().filter(|row| !row.result.is_empty());
    let (mut now, others): (Vec<&StepRow>, Vec<&StepRow>) = told.partition(|row| {
        !matches!(row.state, RowState::Done | RowState::Skipped | RowState::Pending) && !state.is_over()
    });
    now.sort_by_key(|row| row.state != RowState::Open);
    let lines = |rows: Vec<&StepRow>| {
        rows.into_iter().map(|row| format!("  {}: {}", row.title, row.result)).collect()
    };
    (lines(now), lines(others))
}
