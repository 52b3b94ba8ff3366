//! The lanes: one cell is one stretch of time.

use crate::domain::{CopyState, Service, Target, Timestamp, target, windows, words};
use crate::tui::app::lane::{Cell, cells};
use crate::tui::app::layout::LANE_LEFT;
use crate::tui::app::model::Model;
use crate::tui::app::scale::Scale;
use crate::tui::app::timeline::Timeline;
use crate::tui::draw::canvas::{Canvas, width};
use crate::tui::glyphs::Glyphs;
use crate::tui::theme::Role;

/// The whole window: a rule, labels, two lanes, marks. Four rows do without the labels.
pub(super) fn whole(
    model: &Model,
    service: &Service,
    timeline: &Timeline,
    scale: &Scale,
    near: &Scale,
    canvas: &mut Canvas<'_>,
) {
    let title = format!("{}, 1 column = {}", span(scale), step(scale));
    canvas.rule(0, &title);
    let mut y = 1;
    if canvas.height() > 4 {
        labels(scale, y, canvas);
        y += 1;
    }
    two_lanes(service, scale, y, canvas);
    marks(model, service, timeline, scale, near, y + 2, canvas);
}

/// The lower lanes and the cursor on them: a rule, labels, two lanes, the cursor.
pub(super) fn near(
    model: &Model,
    service: &Service,
    timeline: &Timeline,
    scale: &Scale,
    canvas: &mut Canvas<'_>,
) {
    let mut y = 0;
    if canvas.height() > 3 {
        let title = if scale.to == model.now {
            format!("last {}, 1 column = {}", span(scale), step(scale))
        } else {
            let (from, to) =
                (words::day_and_minute(scale.from, model.now), words::day_and_minute(scale.to, model.now));
            format!("{from}..{to}, 1 column = {}", step(scale))
        };
        canvas.rule(0, &title);
        y = 1;
    }
    if canvas.height() > 4 {
        labels(scale, y, canvas);
        y += 1;
    }
    if canvas.height() == 2 {
        lane(service.secondary.as_ref(), "there", scale, 0, canvas);
        cursor_line(service, timeline, scale, 1, canvas);
        return;
    }
    two_lanes(service, scale, y, canvas);
    cursor_line(service, timeline, scale, y + 2, canvas);
}

fn two_lanes(service: &Service, scale: &Scale, y: u16, canvas: &mut Canvas<'_>) {
    lane(service.primary.as_ref(), "primary", scale, y, canvas);
    canvas.put(LANE_LEFT + scale.columns + 1, y, 4, Role::Muted, "now");
    lane(service.secondary.as_ref(), "there", scale, y + 1, canvas);
}

fn lane(copy: Option<&CopyState>, label: &str, scale: &Scale, y: u16, canvas: &mut Canvas<'_>) {
    canvas.put(1, y, LANE_LEFT - 2, Role::Heading, label);
    let Some(reading) = copy.and_then(|copy| copy.last_good.as_ref()) else {
        let why = match copy {
            None => "there is no such copy",
            Some(_) => "never read: nothing is known of it",
        };
        canvas.put(LANE_LEFT, y, scale.columns, Role::Unknown, why);
        return;
    };
    let glyphs = *canvas.glyphs();
    let mut run: Option<(u16, Role, String)> = None;
    for (column, cell) in (0..).zip(cells(reading, scale)) {
        let (role, glyph) = look(cell, &glyphs);
        match &mut run {
            Some((_, same, text)) if *same == role => text.push_str(glyph),
            _ => {
                let next = Some((column, role, glyph.to_owned()));
                if let Some((start, role, text)) = std::mem::replace(&mut run, next) {
                    canvas.put(LANE_LEFT + start, y, u16::MAX, role, &text);
                }
            }
        }
    }
    if let Some((start, role, text)) = run {
        canvas.put(LANE_LEFT + start, y, u16::MAX, role, &text);
    }
}

const fn look(cell: Cell, glyphs: &Glyphs) -> (Role, &'static str) {
    match cell {
        Cell::Nothing => (Role::Text, " "),
        Cell::Log => (Role::Ok, glyphs.log),
        Cell::Backup => (Role::Text, glyphs.backup),
        Cell::Damaged => (Role::Critical, "!"),
        Cell::Hole => (Role::Critical, glyphs.hole),
        Cell::Absent => (Role::Warning, glyphs.absent),
    }
}

fn labels(scale: &Scale, y: u16, canvas: &mut Canvas<'_>) {
    for (column, text) in scale.labels() {
        // One that would be cut at the edge says nothing.
        if column + width(&text) <= scale.columns {
            canvas.put(LANE_LEFT + column, y, u16::MAX, Role::Muted, &text);
        }
    }
}

/// A line of marks under the lanes: each is put where it fits, the more telling ones first.
struct Marks<'a, 'b> {
    canvas: &'a mut Canvas<'b>,
    y: u16,
    taken: Vec<(u16, u16)>,
}

impl Marks<'_, '_> {
    fn put(&mut self, column: u16, role: Role, text: &str) {
        let wide = width(text);
        let right = self.canvas.width().saturating_sub(1);
        let start = (LANE_LEFT + column).min(right.saturating_sub(wide));
        let end = start + wide;
        if self.taken.iter().all(|(from, to)| end <= *from || start >= *to) {
            self.canvas.put(start, self.y, wide, role, text);
            self.taken.push((start, end));
        }
    }

    /// Words beside a column, to its right where there is room, else to its left.
    fn beside(&mut self, column: u16, role: Role, text: &str) {
        let wide = width(text);
        let fits = LANE_LEFT + column + 2 + wide < self.canvas.width();
        self.put(if fits { column + 2 } else { column.saturating_sub(wide + 1) }, role, text);
    }
}

fn marks(
    model: &Model,
    service: &Service,
    timeline: &Timeline,
    scale: &Scale,
    near: &Scale,
    y: u16,
    canvas: &mut Canvas<'_>,
) {
    let cursor_glyph = canvas.glyphs().cursor;
    let mut marks = Marks { canvas, y, taken: Vec::new() };
    let reading = service.secondary.as_ref().and_then(|copy| copy.last_good.as_ref());
    let holes = reading.and_then(|reading| reading.windows.as_deref()).into_iter().flat_map(windows::holes);
    for hole in holes {
        if let Some(column) = scale.column(hole.after) {
            let (from, to) = (hole.after, hole.before);
            let end = if from.date_naive() == to.date_naive() {
                to.format("%H:%MZ")
            } else {
                to.format("%m-%d %H:%MZ")
            };
            marks.put(
                column,
                Role::Critical,
                &format!("^ hole {}..{end}", words::day_and_minute(from, model.now)),
            );
        }
    }
    let latest = near.to == model.now;
    if latest {
        if let Some(column) = scale.column(near.to) {
            marks.put(column.saturating_sub(8), Role::Muted, "below [=]");
        }
    } else if let Some(column) = timeline.at(service).and_then(|at| scale.column(at)) {
        marks.put(column, Role::Accent, cursor_glyph);
    }
    let oldest = reading.and_then(|reading| target::check(reading, &Target::Oldest).ok());
    if let Some(column) = oldest.and_then(|oldest| scale.column(oldest.at)) {
        marks.put(column, Role::Muted, "^ oldest");
    }
    if let Some(column) = timeline.bad_moment.and_then(|bad| scale.column(bad)) {
        marks.put(column, Role::Warning, "^ bad moment");
    }
}

fn cursor_line(service: &Service, timeline: &Timeline, scale: &Scale, y: u16, canvas: &mut Canvas<'_>) {
    canvas.put(1, y, LANE_LEFT - 2, Role::Heading, "cursor");
    let cursor = canvas.glyphs().cursor;
    let column = |at: Option<Timestamp>| at.and_then(|at| scale.column(at));
    let at = timeline.at(service);
    let mut marks = Marks { canvas, y, taken: Vec::new() };
    if let Some(column) = column(at) {
        marks.put(column, Role::Accent, cursor);
    }
    let reading = service.secondary.as_ref().and_then(|copy| copy.last_good.as_ref());
    let newest =
        reading.and_then(|reading| target::check(reading, &Target::Newest).ok()).map(|newest| newest.at);
    if let Some(column) = column(newest) {
        // On the newest point itself the words stand beside the cursor.
        if newest == at {
            marks.beside(column, Role::Muted, "newest there");
        } else {
            marks.put(column, Role::Muted, "^ newest there");
        }
    }
    if let Some(column) = column(timeline.bad_moment) {
        marks.put(column, Role::Warning, "^ bad moment");
    }
}

/// `14 days`, `60 min`.
fn span(scale: &Scale) -> String {
    let minutes = scale.span().as_secs() / 60;
    match minutes {
        0..=1 => "60 s".to_owned(),
        2..=180 => format!("{minutes} min"),
        181..=4320 => format!("{} hours", minutes / 60),
        _ => format!("{} days", minutes.div_ceil(24 * 60)),
    }
}

fn step(scale: &Scale) -> String {
    let step = scale.step().to_std().unwrap_or_default();
    if step.as_millis() < 1000 { format!("{} ms", step.as_millis()) } else { words::to_the_second(step) }
}
