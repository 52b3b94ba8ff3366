//! Every finding of the fleet, worst first.

use crate::domain::words;
use crate::tui::app::model::Model;
use crate::tui::app::state::Tone;
use crate::tui::draw::canvas::{Canvas, piece, wrap};
use crate::tui::draw::widgets::{footer, header, tone};
use crate::tui::keymap::Context;
use crate::tui::theme::Role;

/// Draws the screen.
pub(in crate::tui::draw) fn draw(model: &Model, canvas: &mut Canvas<'_>) {
    let findings = model.board.findings();
    let count = format!("  {}", words::count(findings.len(), "finding"));
    let title = [
        piece(Role::Title, "lifeboat "),
        piece(Role::Text, model.setup.fleet.clone()),
        piece(Role::Muted, count),
    ];
    header::draw(model, &title, &[], canvas);
    canvas.rule(1, "");
    let last = canvas.height().saturating_sub(1);
    let name = model.board.longest_name().clamp(8, 24);
    let room = canvas.width().saturating_sub(name + 8);
    // Each finding takes a line, the selected one as many as it needs.
    let above = usize::from(last.saturating_sub(8));
    let mut y = 2;
    for (index, (service, finding)) in findings.iter().enumerate().skip(model.row.saturating_sub(above)) {
        if y >= last {
            break;
        }
        let selected = index == model.row;
        let tone = Tone::from(finding.level);
        if selected {
            let gutter = canvas.glyphs().gutter;
            canvas.put(1, y, 1, Role::Accent, gutter);
        }
        let glyph = tone::glyph(tone, canvas.glyphs());
        canvas.put(3, y, 1, tone::role(tone), glyph);
        canvas.put(5, y, name, Role::Text, service);
        let lines = if selected { wrap(&finding.text, room) } else { vec![finding.text.clone()] };
        for line in lines {
            if y < last {
                canvas.put(name + 7, y, room + 1, if selected { Role::Text } else { Role::Muted }, &line);
            }
            y += 1;
        }
    }
    if findings.is_empty() {
        canvas.put(3, 3, u16::MAX, Role::Ok, "nothing to report");
    }
    footer::draw(model, Context::Alerts, canvas);
}
