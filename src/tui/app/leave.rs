//! Leaving: at once where nothing is lost by it, else after one question.

use super::effect::Effect;
use super::model::{Model, RunView};
use super::overlay::Overlay;
use crate::runbook::JournalPlace;

/// What there is to choose from; the first is selected until a key moves.
pub const CHOICES: [&str; 2] = ["stay", "leave"];

/// What the key that leaves comes to.
pub(super) fn ask(model: &mut Model) -> Vec<Effect> {
    if lost(model).is_empty() {
        return now(model);
    }
    model.overlay = Some(Overlay::Leave { selected: 0 });
    Vec::new()
}

/// Takes what is selected of the choices.
pub(super) fn take(model: &Model, selected: usize) -> Vec<Effect> {
    if selected == 0 { Vec::new() } else { now(model) }
}

/// Leaves, whatever is lost.
pub(super) fn now(model: &Model) -> Vec<Effect> {
    vec![Effect::Quit(farewell(model))]
}

/// What the terminal left behind says: where the report of each run that ended here is. What becomes
/// of those that go on is said by who leaves them.
fn farewell(model: &Model) -> Vec<String> {
    let Some(again) = &model.setup.again else { return Vec::new() };
    let over = model.runs.values().filter(|view| view.driven_here && view.state.is_over());
    over.map(|view| view.state.id())
        .map(|run| format!("{run} is over: {} report {run}", again.look))
        .collect()
}

/// What would be lost by leaving now, a line for each run; one that is taken up again from its journal loses
/// nothing.
pub fn lost(model: &Model) -> Vec<String> {
    let driven = model.runs.values().filter(|view| view.driven_here && !view.state.is_over());
    driven.filter_map(|view| lost_of(model, view)).collect()
}

fn lost_of(model: &Model, view: &RunView) -> Option<String> {
    let (state, run) = (&view.state, view.state.id());
    if model.setup.demo {
        return Some(format!("{run} ends with the demo, which keeps nothing"));
    }
    if matches!(state.journal, JournalPlace::WithoutJournal { .. }) {
        return Some(format!("{run} cannot be taken up again. {}", state.journal.text()));
    }
    let unwritten = state.live.journal_lost.as_ref();
    unwritten.map(|why| format!("{run} loses what is not on disk: {why}"))
}
