//! One step of a run, whole: what its row has no room for.

use super::model::Model;
use super::overlay::Overlay;
use super::texts;
use crate::domain::fork::ReadinessState;
use crate::domain::{instant::rfc3339, words};
use crate::runbook::{RunState, StepKind, StepRow, rows};
use crate::tui::keymap::Action;

/// Selects another step.
pub(super) fn select(model: &mut Model, state: &RunState, action: Action) {
    let rows = rows(state, model.now);
    let last = rows.len().saturating_sub(1);
    let current = state.current.and_then(|kind| rows.iter().position(|row| row.title == kind.title()));
    let from = model.step.or(current).unwrap_or(0);
    model.step = Some(match (action, model.step) {
        (Action::First, _) => 0,
        (Action::Last, _) => last,
        // The first press shows where one is.
        (_, None) => from,
        (Action::Up, _) => from.saturating_sub(1),
        _ => (from + 1).min(last),
    });
}

/// Opens the selected step whole. Says whether one is selected.
pub(super) fn open(model: &mut Model, state: &RunState) -> bool {
    let rows = rows(state, model.now);
    let Some(row) = model.step.and_then(|step| rows.get(step)) else { return false };
    let lines = lines(model, state, row);
    model.overlay = Some(Overlay::text(format!("step: {}", row.title), lines));
    true
}

/// A step and what was found out in it.
fn lines(model: &Model, state: &RunState, row: &StepRow) -> Vec<String> {
    let mut lines = vec![row.result.clone(), String::new()];
    lines.extend(row.started.map(|at| format!("began    {}", words::instant(at))));
    lines.extend(row.took.map(|took| {
        format!("took     {}{}", words::stopwatch(took), if row.late { ", over its limit" } else { "" })
    }));
    let source = if row.guessed { "guess" } else { "usual" };
    lines.extend(row.usual.as_ref().map(|usual| format!("{source}    {usual}")));
    let is = |kind: StepKind| row.title == kind.title();
    let more = if is(StepKind::Readiness) {
        let items = state.readiness.iter().flatten();
        items.map(|item| format!("{} {}: {}", word(item.state), item.check, item.text)).collect()
    } else if is(StepKind::ChoosePoint) {
        texts::point(state, model.now)
    } else if is(StepKind::Fork) {
        let calls = state.attempt.calls.iter();
        calls.flat_map(|call| [format!("# {}", call.what), call.command.clone()]).collect()
    } else if is(StepKind::Validate) {
        texts::checks(state)
    } else if is(StepKind::Declare) {
        declaration(state)
    } else {
        Vec::new()
    };
    if !more.is_empty() {
        lines.push(String::new());
        lines.extend(more);
    }
    lines
}

const fn word(state: ReadinessState) -> &'static str {
    match state {
        ReadinessState::Pass => "pass         ",
        ReadinessState::Fail => "FAIL         ",
        ReadinessState::Warn => "warning      ",
        ReadinessState::NotVerified => "not verified ",
    }
}

fn declaration(state: &RunState) -> Vec<String> {
    let Some((at, said)) = &state.declaration else { return Vec::new() };
    let mut lines = vec![format!("declared by {} at {}", said.by, rfc3339(*at))];
    lines.extend(said.scenario.as_ref().map(|scenario| format!("scenario    {scenario}")));
    if !said.criteria.is_empty() {
        lines.push(format!("criteria    {}", said.criteria.join(", ")));
    }
    lines.extend(said.down_since.map(|at| format!("down since  {}", rfc3339(at))));
    lines
}

/// Every step with its whole result.
pub(super) fn all(model: &Model, state: &RunState) -> Vec<String> {
    let rows = rows(state, model.now);
    let told = rows.iter().filter(|row| !row.result.is_empty());
    told.map(|row| format!("  {}: {}", row.title, row.result)).collect()
}
