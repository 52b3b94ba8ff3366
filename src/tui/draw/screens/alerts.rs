//! Every finding of the fleet, worst first.

use crate::domain::{Finding, ServiceId, Timestamp, fork_left, words};
use crate::tui::app::alerts::{Alert, rows};
use crate::tui::app::model::Model;
use crate::tui::app::mouse::Spot;
use crate::tui::app::sources;
use crate::tui::app::state::Tone;
use crate::tui::draw::canvas::{Canvas, brief, piece, width, wrap};
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
    let mut title = vec![
        piece(Role::Title, "lifeboat "),
        piece(Role::Text, model.setup.fleet.clone()),
        piece(Role::Muted, count),
    ];
    if !model.forks_left.is_empty() {
        title.push(piece(Role::Warning, format!("  {}", fork_left::counted(&model.forks_left))));
    }
    header::draw(model, &title, &[], canvas);
    let last = canvas.height().saturating_sub(1);
    let name = model.board.longest_name().min(canvas.width() / 3).clamp(8, 24);
    // Since when, and who has seen it, as far as there is room.
    let since = match canvas.width() {
        96.. => "since ",
        _ => "",
    };
    let since_width = if canvas.width() >= 64 { INSTANT + width(since) } else { 0 };
    canvas.rule(1, if since_width > 0 && since.is_empty() { "service, since when, finding" } else { "" });
    let at = name + 7 + since_width;
    let room = canvas.width().saturating_sub(at + 1);
    let text =
        |finding: &Finding, alert: Option<&Alert>| format!("{}{}", remark(alert, model.now), finding.text);
    // Each finding takes a line and the selected one as many as it needs; what room is left is for those above.
    let page = usize::from(last.saturating_sub(2));
    let wrapped =
        |(_, finding, alert): &(&ServiceId, &Finding, Option<&Alert>)| wrap(&text(finding, *alert), room);
    let selected = findings.get(model.row).map_or(0, |row| wrapped(row).len().saturating_sub(1));
    let mut spare = page.saturating_sub(findings.len() + selected);
    let fits = findings.len() + selected <= page;
    let above = usize::from(last.saturating_sub(8));
    let mut y = 2;
    for (index, row) in
        findings.iter().enumerate().skip(if fits { 0 } else { model.row.saturating_sub(above) })
    {
        if y >= last {
            break;
        }
        let (service, finding, alert) = row;
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
        if since_width > 0 {
            let text = alert
                .and_then(|alert| alert.since)
                .map_or_else(String::new, |at| format!("{since}{}", words::newest(at, model.now)));
            canvas.put(name + 7, y, since_width - 1, Role::Muted, &text);
        }
        let whole = wrapped(row);
        let more = whole.len().saturating_sub(1);
        let lines = if selected || more <= spare {
            spare -= if selected { 0 } else { more };
            whole
        } else {
            vec![brief(&text(finding, *alert), room, canvas.glyphs().more)]
        };
        for line in lines {
            if y < last {
                canvas.put(at, y, room + 1, if selected { Role::Text } else { Role::Muted }, &line);
            }
            y += 1;
        }
        canvas.spot(top, y.min(last) - top, Spot::Row(index));
    }
    if findings.is_empty() {
        match sources::unread(model) {
            Some(why) => canvas.paragraph(3, 3, Role::Unknown, &format!("no finding, but {why}")),
            None => drop(canvas.put(3, 3, u16::MAX, Role::Ok, "nothing to report")),
        }
    }
    footer::draw(model, Context::Alerts, canvas);
}

/// Columns of an instant, with the gap behind it.
const INSTANT: u16 = 14;

/// Who has seen it, or put it last.
fn remark(alert: Option<&Alert>, now: Timestamp) -> String {
    let Some(alert) = alert else { return String::new() };
    let seen = alert.seen.as_ref();
    let seen =
        seen.map_or_else(String::new, |(who, at)| format!("[seen {} {who}] ", words::newest(*at, now)));
    let muted = alert.muted.as_ref().map_or_else(String::new, |who| format!("[muted by {who}] "));
    format!("{muted}{seen}")
}
