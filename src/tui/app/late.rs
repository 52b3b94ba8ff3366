//! What was asked for and comes when something else is typed already: under the hands of whoever types it would make
//! actions of letters. They are told in a line, and see it when they are done.

use super::model::Model;
use super::overlay::Overlay;

/// Whether letters are text, and no actions.
pub(super) fn is_typed_in(model: &Model) -> bool {
    model.filtering.is_on() || matches!(model.overlay, Some(Overlay::Form(_)))
}

/// Shows it, or tells it in a line while something is typed.
pub(super) fn show(model: &mut Model, answer: Overlay, line: String) {
    if is_typed_in(model) {
        model.late.push(answer);
        model.notice = Some(line);
    } else {
        model.overlay = Some(answer);
        model.notice = None;
    }
    model.dirty = true;
}

/// Shows what waits, once nothing is typed and nothing else is looked at.
pub(super) fn go_on(model: &mut Model) {
    if !model.late.is_empty() && model.overlay.is_none() && !is_typed_in(model) {
        model.overlay = Some(model.late.remove(0));
        model.dirty = true;
    }
}
