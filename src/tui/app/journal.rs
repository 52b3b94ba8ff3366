//! The journal of a run, line by line as it is written: of a run WITHOUT JOURNAL the one copy that can be seen
//! while it goes on (S25).

use super::effect::Effect;
use super::model::{Model, Screen};
use super::overlay::Overlay;
use crate::runbook::RunState;

/// Asks for the lines of a run.
pub(super) fn open(model: &mut Model, state: &RunState) -> Vec<Effect> {
    model.journal_asked = Some(state.id().to_owned());
    model.notice = Some(format!("reading the journal of {}", state.id()));
    vec![Effect::Journal(state.id().to_owned())]
}

/// Asks for them again when the run that is shown has gone on.
pub(super) fn follow(model: &Model, state: &RunState) -> Option<Effect> {
    let is_shown =
        matches!(&model.overlay, Some(Overlay::Text { title: shown, .. }) if *shown == title(state.id()));
    is_shown.then(|| Effect::Journal(state.id().to_owned()))
}

/// Shows them, from where one was in them.
pub(super) fn take(model: &mut Model, run: &str, lines: Vec<String>) {
    let title = title(run);
    let is_awaited =
        model.journal_asked.take_if(|asked| asked == run).is_some() && model.screen == Screen::Run;
    let before = match &model.overlay {
        Some(Overlay::Text { title: shown, scroll, .. }) if *shown == title => *scroll,
        None if is_awaited => 0,
        // It was closed, or something else was opened meanwhile.
        _ => return,
    };
    let place = model.runs.get(run).map(|view| view.state.journal.text());
    let lines = place.into_iter().flat_map(|place| [place, String::new()]).chain(lines).collect();
    model.overlay = Some(Overlay::Text { title, lines, scroll: before, copies: None });
    (model.notice, model.dirty) = (None, true);
}

fn title(run: &str) -> String {
    format!("journal of {run}")
}
