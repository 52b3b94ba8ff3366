//! Dashboards that show a run, and keys pressed on them.

use std::sync::Arc;

use lifeboat::runbook::Command;
use lifeboat::tui::app::effect::Deed;
use lifeboat::tui::app::{Effect, Message, Model, update};
use lifeboat::tui::keymap::Key;

use crate::journal::Journal;
use crate::sample;
use crate::typing::press_at;

pub(crate) fn model(width: u16, height: u16, armed: bool) -> Model {
    let mut model = sample::model(width, height);
    if armed {
        model.setup.arming.sources.insert("aiven-prod".to_owned(), Ok(()));
    }
    model
}

/// A dashboard that shows a run.
pub(crate) fn shown(journal: &Journal, width: u16, height: u16, armed: bool) -> Model {
    let mut model = model(width, height, armed);
    let state = Arc::new(journal.state.clone());
    let driven_here = armed && !state.is_over();
    update(&mut model, Message::Run { state, driven_here }, journal.now);
    update(&mut model, Message::Key(Key::Char('3')), journal.now);
    model
}

/// Presses keys at the journal's time: a character each, `\r` is Enter.
pub(crate) fn press(model: &mut Model, journal: &Journal, keys: &str) -> Vec<Effect> {
    press_at(model, journal.now, keys)
}

/// The one command that was asked for.
pub(crate) fn command(effects: &[Effect]) -> Option<&Command> {
    let [Effect::Act(acting)] = effects else { return None };
    match acting.deed() {
        Deed::Command { command, .. } => Some(command),
        Deed::Start(_) | Deed::Resume { .. } | Deed::SetRegion(_) => None,
    }
}
