//! Lanes, their axes, and the marks below them.

use super::Screen;
use crate::domain::{CopyState, Timestamp, windows, words};
use crate::tui::app::layout::LANE_LEFT;
use crate::tui::app::mouse::Spot;
use crate::tui::app::timeline::{Cell, Lane, NO_SECONDARY, Scale, exact, lane, length, newest, oldest};
use crate::tui::draw::canvas::{Canvas, brief, width};
use crate::tui::glyphs::Glyphs;
use crate::tui::theme::Role;

/// `all 13d, 1 column = 4h`: how far back anything is known, however many columns there are for it.
pub(super) fn title_of_whole(screen: &Screen<'_>) -> String {
    let all = (screen.view.now - screen.view.earliest()).num_seconds();
    format!("all {}, 1 column = {}", length(all), exact(screen.whole.step()))
}

/// `last 1h, 1 column = 43s`, or where the span lies.
pub(super) fn title_of_near(screen: &Screen<'_>) -> String {
    let (span, step) = (length(screen.timeline.span()), exact(screen.near.step()));
    if screen.timeline.ends_now() {
        return format!("last {span}, 1 column = {step}");
    }
    format!("{span} to {}, 1 column = {step}", words::instant(screen.near.end()))
}

/// Labels of round instants.
pub(super) fn axis(scale: &Scale, spot: Spot, canvas: &mut Canvas<'_>) {
    canvas.part(LANE_LEFT, 0, scale.columns(), 1).spot(0, 1, spot);
    for (column, text) in scale.labels() {
        canvas.put(LANE_LEFT + column, 0, u16::MAX, Role::Heading, &text);
    }
}

/// The lane of the copy here.
pub(super) fn primary(screen: &Screen<'_>, scale: &Scale, spot: Spot, canvas: &mut Canvas<'_>) {
    canvas.part(LANE_LEFT, 0, scale.columns(), 1).spot(0, 1, spot);
    let copy = screen.view.service.primary.as_ref();
    draw("primary", copy, "no copy is configured here", screen, scale, canvas);
    let end = LANE_LEFT + scale.columns();
    if scale.column(screen.view.now) == Some(scale.columns() - 1) {
        canvas.put(end + 1, 0, u16::MAX, Role::Muted, "now");
    }
}

/// The lane of the copy there.
pub(super) fn there(screen: &Screen<'_>, scale: &Scale, spot: Spot, canvas: &mut Canvas<'_>) {
    canvas.part(LANE_LEFT, 0, scale.columns(), 1).spot(0, 1, spot);
    draw("there", screen.view.service.secondary.as_ref(), NO_SECONDARY, screen, scale, canvas);
}

fn draw(
    label: &str,
    copy: Option<&CopyState>,
    without: &str,
    screen: &Screen<'_>,
    scale: &Scale,
    canvas: &mut Canvas<'_>,
) {
    canvas.put(1, 0, u16::MAX, Role::Text, label);
    let view = &screen.view;
    match copy.map(|copy| lane(copy, scale, view.now, view.stale_after)) {
        None => words_in(canvas, screen.role_of_none(), without),
        Some(Lane::Words(words)) => words_in(canvas, Role::Unknown, &words),
        Some(Lane::Cells(cells)) => {
            let glyphs = *canvas.glyphs();
            for (x, cell) in (LANE_LEFT..).zip(cells) {
                let (role, glyph) = of_cell(cell, &glyphs);
                canvas.put(x, 0, 1, role, glyph);
            }
        }
    }
}

const fn of_cell(cell: Cell, glyphs: &Glyphs) -> (Role, &'static str) {
    match cell {
        Cell::Nothing => (Role::Text, " "),
        Cell::Log => (Role::Ok, glyphs.log),
        Cell::Backup => (Role::Text, glyphs.backup),
        Cell::Damaged => (Role::Warning, glyphs.warning),
        Cell::Hole => (Role::Critical, glyphs.hole),
        Cell::Absent => (Role::Muted, glyphs.absent),
        Cell::Unknown => (Role::Unknown, glyphs.unknown),
    }
}

/// Below the whole: where oldest and holes are, and which part the lower lanes show.
pub(super) fn marks(screen: &Screen<'_>, canvas: &mut Canvas<'_>) {
    // One cell for each column of the upper lanes that the lower ones show, at least three.
    let (from, cells) = part_below(screen);
    let bar = format!("[{}]", "=".repeat(usize::from(cells.saturating_sub(2)).max(1)));
    let begin = (LANE_LEFT + from).min(canvas.width().saturating_sub(width(&bar) + 1));
    let end = canvas.put(begin, 0, u16::MAX, Role::Accent, &bar);
    // Where the next may stand before the bar, and behind it.
    let (mut before, mut behind) = (1, end + 1);
    for (at, text) in notable(screen) {
        let Some(column) = screen.whole.column(at) else { continue };
        let x = LANE_LEFT + column;
        if x >= before && x + width(&text) + 3 < begin {
            before = canvas.put(x, 0, u16::MAX, Role::Muted, &format!("^ {text}")) + 2;
        } else if x + width(&text) + 3 >= begin && behind.max(x) + width(&text) + 3 < canvas.width() {
            // What lies over the bar is named beside it.
            let text = if x >= behind { format!("^ {text}") } else { text };
            behind = canvas.put(behind.max(x), 0, u16::MAX, Role::Muted, &text) + 2;
        }
    }
    if begin >= before + 6 {
        canvas.put(begin - 6, 0, u16::MAX, Role::Muted, "below");
    }
}

/// The columns of the upper lanes that the lower ones show: the first, and how many.
fn part_below(screen: &Screen<'_>) -> (u16, u16) {
    let last = screen.whole.columns().saturating_sub(1);
    let end = screen.near.end() - chrono::TimeDelta::seconds(1);
    let from = screen.whole.column(screen.near.start()).unwrap_or(0);
    let to = screen.whole.column(end).unwrap_or(last);
    (from.min(last), to.saturating_sub(from) + 1)
}

/// Oldest and holes, in the order of time.
fn notable(screen: &Screen<'_>) -> Vec<(Timestamp, String)> {
    let now = screen.view.now;
    let reading = screen.view.service.secondary.as_ref().and_then(|copy| copy.last_good.as_deref());
    let Some(reading) = reading else { return Vec::new() };
    let mut notable: Vec<(Timestamp, String)> =
        oldest(reading).map(|at| (at, "oldest".to_owned())).into_iter().collect();
    for hole in windows::holes(reading.windows.as_deref().map_or(&[][..], Vec::as_slice)) {
        let from = words::day_and_minute(hole.after, now);
        let to = if hole.after.date_naive() == hole.before.date_naive() {
            hole.before.format("%H:%MZ").to_string()
        } else {
            words::day_and_minute(hole.before, now)
        };
        notable.push((hole.after, format!("hole {from}..{to}")));
    }
    notable
}

/// The cursor below the lanes, with the newest point there and the bad moment.
pub(super) fn cursor(screen: &Screen<'_>, canvas: &mut Canvas<'_>) {
    canvas.put(1, 0, u16::MAX, Role::Text, "cursor");
    let scale = &screen.near;
    canvas.part(LANE_LEFT, 0, scale.columns(), 1).spot(0, 1, Spot::Near);
    let at = screen.timeline.at(&screen.view);
    let reading = screen.view.service.secondary.as_ref().and_then(|copy| copy.last_good.as_deref());
    let newest = reading.and_then(newest);
    let stands = at.and_then(|at| scale.column(at)).map(|column| LANE_LEFT + column);
    let bad = screen.timeline.bad.and_then(|at| scale.column(at)).map(|column| LANE_LEFT + column);
    if let Some(x) = newest.and_then(|at| scale.column(at)).map(|column| LANE_LEFT + column) {
        newest_mark(x, [stands, bad], canvas);
    }
    if let Some(x) = bad {
        let glyph = canvas.glyphs().critical;
        canvas.put(x, 0, 1, Role::Critical, glyph);
    }
    if let Some(x) = stands {
        let glyph = canvas.glyphs().cursor;
        canvas.put(x, 0, 1, Role::Accent, glyph);
    }
    if at.is_none() {
        words_in(canvas, Role::Muted, "no point there to stand on");
    }
}

/// Words where a lane would be, cut behind a word where they do not fit.
fn words_in(canvas: &mut Canvas<'_>, role: Role, text: &str) {
    let room = canvas.width().saturating_sub(LANE_LEFT + 1);
    canvas.put(LANE_LEFT, 0, u16::MAX, role, &brief(text, room, canvas.glyphs().more));
}

/// The newest point there, with its name on the side where there is room and no other mark.
fn newest_mark(x: u16, others: [Option<u16>; 2], canvas: &mut Canvas<'_>) {
    let taken =
        |from: u16, to: u16| others.iter().flatten().any(|other| *other != x && (from..=to).contains(other));
    for (behind, before) in [("^ newest there", "newest there ^"), ("^ newest", "newest ^")] {
        // A blank between the name and the next mark.
        let cells = width(before);
        if x + cells < canvas.width() && !taken(x, x + cells) {
            canvas.put(x, 0, u16::MAX, Role::Muted, behind);
            return;
        }
        if x >= LANE_LEFT + cells && !taken(x - cells, x) {
            canvas.put_right(x + 1, 0, Role::Muted, before);
            return;
        }
    }
    canvas.put(x, 0, 1, Role::Muted, "^");
}
