//! What is left of the screen below the answer: what is wrong with the service, and its backups there.

use super::Screen;
use crate::domain::{Point, PointKind, Usability, words};
use crate::tui::app::mouse::Spot;
use crate::tui::app::service::listed;
use crate::tui::app::state::Tone;
use crate::tui::draw::canvas::{Canvas, piece, wrap};
use crate::tui::draw::widgets::tone;
use crate::tui::theme::Role;

/// Draws as much as there is room for.
pub(super) fn draw(screen: &Screen<'_>, canvas: &mut Canvas<'_>) {
    if canvas.height() < 2 {
        return;
    }
    let mut used = findings(screen, canvas);
    used += terms(screen, canvas, used);
    if canvas.height() >= used + 4 {
        let left = canvas.height() - used;
        backups(screen, &mut canvas.rows(used, left));
    }
}

/// The findings, and what else is to be said of each copy, wrapped. Returns the rows they took.
fn findings(screen: &Screen<'_>, canvas: &mut Canvas<'_>) -> u16 {
    canvas.rule(0, "findings");
    let findings = screen.view.known.map(|known| known.findings.as_slice()).unwrap_or_default();
    let mut y = 1;
    if findings.is_empty() {
        let text = format!("{} nothing to report", canvas.glyphs().ok);
        canvas.put(1, 1, u16::MAX, Role::Ok, &text);
        y += 1;
    }
    for finding in findings {
        let tone = Tone::from(finding.level);
        let glyph = tone::glyph(tone, canvas.glyphs());
        canvas.put(1, y, 2, tone::role(tone), glyph);
        for line in wrap(&finding.text, canvas.width().saturating_sub(4)) {
            canvas.put(3, y, u16::MAX, Role::Text, &line);
            y += 1;
        }
    }
    for (role, note) in screen.view.service.notes() {
        let side = if role == crate::domain::Role::Secondary { "there" } else { "here" };
        for line in wrap(&format!("{side}: {note}"), canvas.width().saturating_sub(4)) {
            canvas.put(3, y, u16::MAX, Role::Muted, &line);
            y += 1;
        }
    }
    y.min(canvas.height())
}

/// On which terms its provider backs it up, whole or not at all, and never instead of the backups.
/// Returns the rows they took.
fn terms(screen: &Screen<'_>, canvas: &mut Canvas<'_>, from: u16) -> u16 {
    const LABEL: u16 = 13;
    const BACKUPS: u16 = 6;
    let facts = screen.view.service.facts.as_ref();
    let known = facts.map(|facts| facts.terms.in_words()).unwrap_or_default();
    let room = canvas.width().saturating_sub(LABEL + 2);
    let lines: Vec<(&str, Vec<String>)> =
        known.iter().map(|(label, text)| (*label, wrap(text, room))).collect();
    let rows = lines.iter().map(|(_, text)| text.len()).sum::<usize>();
    let rows = u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(1);
    if lines.is_empty() || canvas.height().saturating_sub(from) < rows.saturating_add(BACKUPS) {
        return 0;
    }
    canvas.rule(from, "terms of its backups");
    let mut y = from + 1;
    for (label, text) in lines {
        canvas.put(1, y, LABEL, Role::Muted, label);
        for line in text {
            canvas.put(LABEL + 1, y, u16::MAX, Role::Text, &line);
            y += 1;
        }
    }
    rows
}

/// The backups there, newest first, around the one a restore to the cursor starts from.
fn backups(screen: &Screen<'_>, canvas: &mut Canvas<'_>) {
    let reading = screen.view.service.secondary.as_ref().and_then(|copy| copy.last_good.as_ref());
    if reading.is_none_or(|reading| reading.points.is_none()) {
        return;
    }
    let points = listed(screen.view.service);
    let base = screen.answer.as_ref().and_then(|answer| answer.base.as_ref());
    let at = base.and_then(|base| points.iter().position(|point| point.name == base.name)).unwrap_or(0);
    let page = usize::from(canvas.height().saturating_sub(1));
    let first = at.saturating_sub(page / 2).min(points.len().saturating_sub(page));
    canvas.rule(0, &format!("{} there, newest first", words::count(points.len(), "backup")));
    for (y, (index, point)) in (1..canvas.height()).zip(points.iter().enumerate().skip(first)) {
        canvas.spot(y, 1, Spot::Backup(index));
        if base.is_some_and(|base| point.name == base.name) {
            let gutter = canvas.glyphs().gutter;
            canvas.put(1, y, 1, Role::Accent, gutter);
        }
        row(point, &mut canvas.rows(y, 1));
    }
}

fn row(point: &Point<'_>, canvas: &mut Canvas<'_>) {
    let kind = match point.kind {
        PointKind::Full => "full",
        PointKind::Differential => "differential",
        PointKind::Incremental => "incremental",
        PointKind::Snapshot => "snapshot",
        PointKind::Unknown => "backup",
    };
    let size = point.size_bytes.map_or_else(|| words::UNKNOWN.to_owned(), words::bytes);
    let mut pieces = vec![
        piece(Role::Text, words::instant(words::of_backup(point.at, point.kind))),
        piece(Role::Muted, format!("  {kind:<12}  {size:>10}  ")),
        piece(Role::Text, point.name.to_string()),
    ];
    match point.usability {
        Usability::Usable => {}
        Usability::Damaged(why) => pieces.push(piece(Role::Warning, format!("  DAMAGED: {why}"))),
        Usability::Retired(why) => pieces.push(piece(Role::Muted, format!("  retired: {why}"))),
    }
    canvas.pieces(3, 0, &pieces);
}
