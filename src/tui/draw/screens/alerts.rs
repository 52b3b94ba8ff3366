//! Every finding of the fleet, worst first.

use crate::domain::{Finding, Timestamp, words};
use crate::tui::app::alerts::{Alert, rows};
use crate::tui::app::model::Model;
use crate::tui::app::mouse::Spot;
use crate::tui::app::state::Tone;
use crate::tui::draw::canvas::{Canvas, brief, piece, wrap};
use crate::tui::draw::widgets::{footer, header, tone};
use crate::tui::keymap::Context;
use crate::tui::theme::Role;

/// Draws the screen.
pub(in crate::tui::draw) fn draw(model: &Model, canvas: &mut Canvas<'_>) {
    let findings = rows(model);
    let muted =
        findings.iter().filter(|(.., alert)| alert.is_some_and(|alert| alert.muted.is_some())).count();
    let muted = if muted > 0 { format!(", {muted} muted") } else { String::new() };
    let dismissed = match model.fleet.away().count() {
        0 => String::new(),
        away => format!(", {} dismissed", words::count(away, "service")),
    };
    let count = format!("  {}{muted}{dismissed}", words::count(findings.len(), "finding"));
    let title = [
        piece(Role::Title, "lifeboat "),
        piece(Role::Text, model.setup.fleet.clone()),
        piece(Role::Muted, count),
    ];
    header::draw(model, &title, &[], canvas);
    canvas.rule(1, "");
    let last = canvas.height().saturating_sub(1);
    let name = model.board.longest_name().min(canvas.width() / 3).clamp(8, 24);
    // Since when, and who has seen it, as far as there is room.
    let since = if canvas.width() >= 64 { SINCE } else { 0 };
    let at = name + 7 + since;
    let room = canvas.width().saturating_sub(at + 1);
    // Each finding takes a line and the selected one as many as it needs, where not all have room for that.
    let page = usize::from(last.saturating_sub(2));
    let text =
        |finding: &Finding, alert: Option<&Alert>| format!("{}{}", remark(alert, model.now), finding.text);
    let whole = findings.len() <= page
        && findings.iter().map(|(_, finding, alert)| wrap(&text(finding, *alert), room).len()).sum::<usize>()
            <= page;
    let above = usize::from(last.saturating_sub(8));
    let mut y = 2;
    for (index, (service, finding, alert)) in
        findings.iter().enumerate().skip(if whole { 0 } else { model.row.saturating_sub(above) })
    {
        if y >= last {
            break;
        }
        let (selected, top) = (index == model.row, y);
        let tone = Tone::from(finding.level);
        if selected {
            let gutter = canvas.glyphs().gutter;
            canvas.put(1, y, 1, Role::Accent, gutter);
        }
        let glyph = tone::glyph(tone, canvas.glyphs());
        canvas.put(3, y, 1, tone::role(tone), glyph);
        let seen = alert.is_some_and(|alert| alert.seen.is_some() || alert.muted.is_some());
        canvas.put(5, y, name, if seen { Role::Muted } else { Role::Text }, service);
        if since > 0 {
            let text = alert
                .and_then(|alert| alert.since)
                .map_or_else(String::new, |at| format!("since {}", words::newest(at, model.now)));
            canvas.put(name + 7, y, since - 1, Role::Muted, &text);
        }
        let text = text(finding, *alert);
        let more = canvas.glyphs().more;
        let lines = if selected || whole { wrap(&text, room) } else { vec![brief(&text, room, more)] };
        for line in lines {
            if y < last {
                canvas.put(at, y, room + 1, if selected { Role::Text } else { Role::Muted }, &line);
            }
            y += 1;
        }
        canvas.spot(top, y.min(last) - top, Spot::Row(index));
    }
    if findings.is_empty() {
        canvas.put(3, 3, u16::MAX, Role::Ok, "nothing to report");
    }
    footer::draw(model, Context::Alerts, canvas);
}

/// Columns of *since*.
const SINCE: u16 = 20;

/// Who has seen it, or put it last.
fn remark(alert: Option<&Alert>, now: Timestamp) -> String {
    let Some(alert) = alert else { return String::new() };
    let seen = alert.seen.as_ref();
    let seen =
        seen.map_or_else(String::new, |(who, at)| format!("[seen {} {who}] ", words::newest(*at, now)));
    let muted = alert.muted.as_ref().map_or_else(String::new, |who| format!("[muted by {who}] "));
    format!("{muted}{seen}")
}
