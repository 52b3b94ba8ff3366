//! Every source: how the last reading went, and of the selected one everything that is known.

use crate::domain::{Outcome, words};
use crate::tui::app::model::Model;
use crate::tui::app::mouse::Spot;
use crate::tui::app::sources::{details, rows};
use crate::tui::draw::canvas::{Canvas, piece, width};
use crate::tui::draw::widgets::text::wrapped;
use crate::tui::draw::widgets::{footer, header};
use crate::tui::keymap::Context;
use crate::tui::theme::Role;

/// Draws the screen.
pub(in crate::tui::draw) fn draw(model: &Model, canvas: &mut Canvas<'_>) {
    let rows = rows(model);
    let title = [
        piece(Role::Title, "lifeboat "),
        piece(Role::Text, model.setup.fleet.clone()),
        piece(Role::Muted, format!("  {}", words::count(rows.len(), "source"))),
    ];
    header::draw(model, &title, &[], canvas);
    canvas.rule(1, "");
    let last = canvas.height().saturating_sub(1);
    let name = rows.iter().map(|(name, _)| width(name)).max().unwrap_or(0).clamp(8, 30);
    let above = usize::from(last.saturating_sub(14));
    let mut y = 2;
    for (index, (source, state)) in rows.iter().enumerate().skip(model.row.saturating_sub(above)) {
        if y >= last {
            break;
        }
        let (role, glyph) = match state.attempt.outcome {
            Outcome::Ok => (Role::Ok, canvas.glyphs().ok),
            Outcome::Partial | Outcome::RateLimited => (Role::Warning, canvas.glyphs().warning),
            Outcome::NeverRead => (Role::Muted, canvas.glyphs().pending),
            _ => (Role::Unknown, canvas.glyphs().unknown),
        };
        if index == model.row {
            let gutter = canvas.glyphs().gutter;
            canvas.put(1, y, 1, Role::Accent, gutter);
        }
        canvas.put(3, y, 1, role, glyph);
        canvas.put(5, y, name, Role::Text, source);
        let age = state.last_good.map_or_else(|| "never".to_owned(), |at| words::age_of(at, model.now));
        let outcome = state.attempt.outcome.as_str().replace('_', " ");
        let error = state.attempt.error.as_ref().map_or_else(String::new, |error| format!("   {error}"));
        let line = [
            piece(role, format!("{outcome:<13}")),
            piece(Role::Text, format!("read {age:<7}")),
            piece(
                Role::Muted,
                format!("{} ms, {}", state.took.as_millis(), words::count(requests(state.calls), "request")),
            ),
            piece(Role::Muted, error),
        ];
        canvas.pieces(name + 7, y, &line);
        let top = y;
        y += 1;
        if index == model.row {
            y = whole(&details(model, source, state), y, last, canvas);
        }
        canvas.spot(top, y - top, Spot::Row(index));
    }
    if rows.is_empty() {
        canvas.put(3, 3, u16::MAX, Role::Muted, "no source was asked yet");
    }
    footer::draw(model, Context::Sources, canvas);
}

fn requests(calls: u32) -> usize {
    usize::try_from(calls).unwrap_or(usize::MAX)
}

/// Everything known of the selected source, below its row. Returns the row after it.
fn whole(details: &[String], top: u16, last: u16, canvas: &mut Canvas<'_>) -> u16 {
    let room = canvas.width().saturating_sub(8);
    let mut y = top;
    for line in details.iter().flat_map(|line| wrapped(vec![piece(Role::Muted, line.clone())], room)) {
        if y < last {
            canvas.pieces(7, y, &line);
            y += 1;
        }
    }
    y
}
