//! The last row: a notice, or the keys that work here, read from the table of keys; both where a run waits.

use crate::runbook::need;
use crate::tui::app::hints::hints;
use crate::tui::app::model::Model;
use crate::tui::draw::canvas::{Canvas, brief, piece, pieces_width, width};
use crate::tui::keymap::{Action, Context, Key};
use crate::tui::theme::Role;

/// Draws the footer of a context into the last row of the canvas.
pub(in crate::tui::draw) fn draw(model: &Model, context: Context, canvas: &mut Canvas<'_>) {
    let y = canvas.height().saturating_sub(1);
    let mut end = canvas.width();
    if model.setup.demo {
        let demo = if canvas.width() >= 110 { "DEMO: invented services " } else { "DEMO " };
        canvas.put_right(end, y, Role::Demo, demo);
        end = end.saturating_sub(u16::try_from(demo.len()).unwrap_or(0) + 1);
    }
    let shown =
        |key: Key, word: &str| [piece(Role::Key, key.to_string()), piece(Role::Muted, format!(" {word}"))];
    let keys = model.setup.keys.footer(context);
    let mut all: Vec<_> = keys.map(|(action, key, word)| (action, shown(key, word))).collect();
    // The way to all other keys is always there.
    let help = all.iter().position(|(action, _)| *action == Action::Help).map(|help| all.remove(help).1);
    let reserved = help.as_ref().map_or(0, |help| pieces_width(help) + 2);
    let notice = model.notice.as_ref();
    if let Some(notice) = notice.filter(|_| !keeps_its_keys(model, context)) {
        let x = canvas.put(1, y, end.saturating_sub(1), Role::Accent, notice) + 2;
        // What was said goes first.
        if let Some(help) = help.filter(|help| model.overlay.is_none() && x + pieces_width(help) <= end) {
            canvas.pieces(x, y, &help);
        }
        return;
    }
    // The keys of the screen do nothing while something lies over it.
    if model.overlay.is_some() {
        return;
    }
    let hints = hints(model);
    if !hints.is_empty() {
        all.retain(|(action, _)| hints.contains(action));
        all.sort_by_key(|(action, _)| hints.iter().position(|hint| hint == action));
    }
    let told = notice.map_or(0, |notice| width(notice) + 2).min(end / 2);
    let mut x = 1;
    for (_, pieces) in &all {
        if x + pieces_width(pieces) + reserved + told < end {
            x = canvas.pieces(x, y, pieces) + 2;
        }
    }
    if let Some(help) = help {
        x = canvas.pieces(x, y, &help) + 2;
    }
    if let Some(notice) = notice {
        let notice = brief(notice, end.saturating_sub(x), canvas.glyphs().more);
        canvas.put(x, y, end.saturating_sub(x), Role::Accent, &notice);
    }
}

/// Whether a run on the screen waits for a person: no notice hides by which key.
fn keeps_its_keys(model: &Model, context: Context) -> bool {
    let shown = model.shown_run().filter(|_| context == Context::Run && model.overlay.is_none());
    shown.is_some_and(|view| need(&view.state).is_some())
}
