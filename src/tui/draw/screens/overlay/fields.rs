//! The fields of a form: labels, what was typed with the cursor in it, what is wrong.

use super::Line;
use crate::tui::app::form::{Field, Form};
use crate::tui::draw::canvas::{Canvas, piece, width};
use crate::tui::theme::Role;

/// The fields, below them what is wrong with the one being typed in.
pub(super) fn lines(form: &Form, canvas: &Canvas<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    let label = form.fields.iter().map(|field| width(field.label)).max().unwrap_or(0);
    let room = canvas.width().min(100).saturating_sub(label + 16).max(8);
    for (index, field) in form.fields.iter().enumerate() {
        let focused = index == form.focus;
        let gutter = if focused { canvas.glyphs().gutter } else { " " };
        let label = format!("{:<width$}  ", field.label, width = usize::from(label));
        let mut line = vec![piece(Role::Accent, format!("{gutter} ")), piece(Role::Muted, label)];
        line.extend(typed(field, focused, room));
        if field.input.value().is_empty() {
            // Below each other, with the cursor before it or not.
            let gap = if focused { "  " } else { "   " };
            line.push(piece(Role::Muted, format!("{gap}{}", field.hint)));
        }
        lines.push(line);
    }
    if let Some(error) = &form.error {
        lines.push(vec![
            piece(Role::Critical, format!("{} ", canvas.glyphs().critical)),
            piece(Role::Critical, error.clone()),
        ]);
    }
    lines
}

/// The keys that a form takes now, the most needed last: that one stays where there is little room.
pub(super) fn keys(form: &Form) -> String {
    let mut keys = Vec::new();
    if form.fields.get(form.focus).is_some_and(|field| field.untouched) {
        keys.push("a letter replaces it, backspace edits".to_owned());
    } else if form.fields.len() > 1 {
        keys.push("up/down field".to_owned());
    }
    keys.push(format!("enter {}", form.enter()));
    keys.push("esc leave".to_owned());
    keys.join("   ")
}

/// What stands in a field, as far as there is room around the cursor.
fn typed(field: &Field, focused: bool, room: u16) -> Line {
    let text = field.input.value();
    if !focused {
        let start = piece(Role::Text, start_of(text, room));
        return vec![start];
    }
    if field.untouched {
        return vec![piece(Role::Key, end_of(text, room)), piece(Role::Accent, "_")];
    }
    let at = text.char_indices().nth(field.input.cursor()).map_or(text.len(), |(at, _)| at);
    let (before, after) = text.split_at_checked(at).unwrap_or((text, ""));
    let before = end_of(before, room.saturating_sub(width(after).min(room / 3)));
    let after = start_of(after, room.saturating_sub(width(&before)));
    let cursor = if after.is_empty() { "_" } else { "|" };
    vec![piece(Role::Text, before), piece(Role::Accent, cursor), piece(Role::Text, after)]
}

/// As much of the end of a text as there is room for.
fn end_of(text: &str, room: u16) -> String {
    let mut shown = text;
    while width(shown) > room {
        let mut chars = shown.chars();
        chars.next();
        shown = chars.as_str();
    }
    shown.to_owned()
}

/// As much of the start of a text as there is room for.
fn start_of(text: &str, room: u16) -> String {
    let mut shown = text;
    while width(shown) > room {
        let mut chars = shown.chars();
        chars.next_back();
        shown = chars.as_str();
    }
    shown.to_owned()
}
