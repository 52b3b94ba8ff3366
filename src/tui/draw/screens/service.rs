//! One service: two lanes over everything there is, two over the span looked at, the losses of the last
//! day, and what a restore there to the cursor would give. Rows yield to height, the least needed first.

mod answer;
mod day;
mod head;
mod lanes;
mod rest;

use chrono::TimeDelta;

use crate::domain::{Assessment, Rule, Service};
use crate::tui::app::copy_region;
use crate::tui::app::keys::naming;
use crate::tui::app::model::Model;
use crate::tui::app::mouse::Spot;
use crate::tui::app::service as app;
use crate::tui::app::state::Tone;
use crate::tui::app::timeline::{Answer, Scale, Timeline, View};
use crate::tui::draw::canvas::{Canvas, wrap};
use crate::tui::draw::widgets::{footer, tone};
use crate::tui::keymap::{Action, Context};
use crate::tui::theme::Role;

/// A row of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Row {
    Header,
    Who,
    TopRule,
    Loss,
    Range,
    /// A line of the change of where its backups are copied to.
    Change(usize),
    WholeRule,
    WholeAxis,
    WholePrimary,
    WholeThere,
    WholeMarks,
    NearRule,
    NearAxis,
    NearPrimary,
    NearThere,
    NearCursor,
    DayRule,
    DayStrip,
    AnswerRule,
    Can,
    GivesUp,
    Takes,
    From,
    Nearest,
    BadMoment,
}

/// Every row in the order of the screen, with the order in which they are kept: 0 first.
const ROWS: [(Row, u8); 28] = [
    (Row::Header, 0),
    (Row::Who, 9),
    (Row::TopRule, 14),
    (Row::Loss, 1),
    (Row::Range, 4),
    (Row::Change(0), 4),
    (Row::Change(1), 5),
    (Row::Change(2), 9),
    (Row::Change(head::LAST_OF_CHANGE), 9),
    (Row::WholeRule, 11),
    (Row::WholeAxis, 10),
    (Row::WholePrimary, 10),
    (Row::WholeThere, 8),
    (Row::WholeMarks, 12),
    (Row::NearRule, 13),
    (Row::NearAxis, 5),
    (Row::NearPrimary, 7),
    (Row::NearThere, 1),
    (Row::NearCursor, 1),
    (Row::DayRule, 13),
    (Row::DayStrip, 12),
    (Row::AnswerRule, 13),
    (Row::Can, 0),
    (Row::GivesUp, 1),
    (Row::Takes, 3),
    (Row::From, 6),
    (Row::Nearest, 2),
    (Row::BadMoment, 6),
];

/// Draws the screen.
pub(in crate::tui::draw) fn draw(model: &Model, canvas: &mut Canvas<'_>) {
    footer::draw(model, Context::Service, canvas);
    let height = canvas.height().saturating_sub(1);
    let mut body = canvas.rows(0, height);
    let Some(timeline) = &model.timeline else { return };
    let Some(service) = model.fleet.services.get(&timeline.service) else {
        head::header(model, &timeline.service, None, &mut body);
        let back = naming(model.key(Action::Back), |key| format!("; {key} goes back"));
        let text = format!("this service is not in the fleet any more{back}");
        body.put(1, 1, u16::MAX, Role::Unknown, &text);
        return;
    };
    let screen = Screen::new(model, timeline, app::view(model, service));
    let mut y = 0;
    for row in kept(usize::from(height), |row| screen.says(row)) {
        screen.row(row, &mut body.rows(y, 1));
        y += 1;
    }
    rest::draw(&screen, &mut body.rows(y, height.saturating_sub(y)));
}

/// The lanes of a service, most telling first, for where it is not opened.
const LANES: [Row; 9] = [
    Row::WholeRule,
    Row::WholeAxis,
    Row::WholePrimary,
    Row::WholeThere,
    Row::WholeMarks,
    Row::NearRule,
    Row::NearAxis,
    Row::NearPrimary,
    Row::NearThere,
];

/// How many rows of lanes are shown where so many are empty: all, those over everything there is, or none.
pub(super) const fn lanes_in(empty: u16) -> u16 {
    match empty {
        0..4 => 0,
        4..9 => 4,
        _ => 9,
    }
}

/// Draws the lanes of a service that is not opened, as they are once it is.
pub(super) fn draw_lanes(model: &Model, service: &Service, canvas: &mut Canvas<'_>) {
    let view = app::view(model, service);
    let opened = model.timeline.as_ref().filter(|timeline| timeline.service == service.id);
    let timeline = opened.cloned().unwrap_or_else(|| Timeline::open(&view));
    let screen = Screen::new(model, &timeline, view);
    let rows = LANES.into_iter().filter(|row| screen.says(*row));
    for (y, row) in (0..canvas.height()).zip(rows) {
        screen.row(row, &mut canvas.rows(y, 1));
    }
}

/// The rows that a height keeps of those that say something, in the order of the screen.
fn kept(height: usize, says: impl Fn(Row) -> bool) -> Vec<Row> {
    let mut rows: Vec<(usize, (Row, u8))> =
        ROWS.into_iter().enumerate().filter(|(_, (row, _))| says(*row)).collect();
    rows.sort_by_key(|(_, (_, order))| *order);
    rows.truncate(height);
    rows.sort_by_key(|(place, _)| *place);
    rows.into_iter().map(|(_, (row, _))| row).collect()
}

/// What every row is drawn from.
struct Screen<'a> {
    model: &'a Model,
    timeline: &'a Timeline,
    view: View<'a>,
    whole: Scale,
    near: Scale,
    answer: Option<Answer>,
    /// The change of where its backups are copied to that is under way, by lines.
    change: Vec<String>,
}

impl<'a> Screen<'a> {
    fn new(model: &'a Model, timeline: &'a Timeline, view: View<'a>) -> Self {
        let (whole, near, answer) = (view.whole(), timeline.near(&view), timeline.answer(&view));
        let change = copy_region::sentence_of(model, view.service);
        let change = change.map(|text| wrap(&text, model.size.width.saturating_sub(2))).unwrap_or_default();
        Self { model, timeline, view, whole, near, answer, change }
    }

    /// Whether a row says what no other does.
    fn says(&self, row: Row) -> bool {
        let is_exempt = self.view.known.is_some_and(Assessment::is_exempt);
        match row {
            Row::WholeRule | Row::WholeAxis | Row::WholePrimary | Row::WholeThere | Row::WholeMarks => {
                !is_exempt && !self.near_is_whole()
            }
            Row::GivesUp | Row::Takes | Row::From | Row::Nearest | Row::BadMoment => self.answer.is_some(),
            Row::Change(line) => self.change.len() > line,
            Row::Header | Row::Who | Row::TopRule | Row::Loss => true,
            _ => !is_exempt,
        }
    }

    /// How bad it is that there is no copy: what was never meant to be there is missed by nobody.
    fn role_of_none(&self) -> Role {
        let findings = self.view.known.map(|known| known.findings.as_slice()).unwrap_or_default();
        let missed = findings.iter().find(|finding| finding.rule == Rule::NoSecondary);
        missed.map_or(Role::Exempt, |finding| tone::role(Tone::from(finding.level)))
    }

    /// Whether the lower lanes show all that the upper ones would.
    fn near_is_whole(&self) -> bool {
        let before = self.near.start() - TimeDelta::seconds(self.near.step());
        self.timeline.ends_now() && before <= self.view.earliest()
    }

    fn row(&self, row: Row, canvas: &mut Canvas<'_>) {
        match row {
            Row::Header => head::header(self.model, &self.timeline.service, Some(self.view.service), canvas),
            Row::Who => head::who(self, canvas),
            Row::TopRule => canvas.rule(0, ""),
            Row::Loss => head::loss(self, canvas),
            Row::Range => head::range(self, canvas),
            Row::Change(line) => head::change(self, line, canvas),
            Row::WholeRule => canvas.rule(0, &lanes::title_of_whole(self)),
            Row::WholeAxis => lanes::axis(&self.whole, Spot::Whole, canvas),
            Row::WholePrimary => lanes::primary(self, &self.whole, Spot::Whole, canvas),
            Row::WholeThere => lanes::there(self, &self.whole, Spot::Whole, canvas),
            Row::WholeMarks => lanes::marks(self, canvas),
            Row::NearRule => canvas.rule(0, &lanes::title_of_near(self)),
            Row::NearAxis => lanes::axis(&self.near, Spot::Near, canvas),
            Row::NearPrimary => lanes::primary(self, &self.near, Spot::Near, canvas),
            Row::NearThere => lanes::there(self, &self.near, Spot::Near, canvas),
            Row::NearCursor => lanes::cursor(self, canvas),
            Row::DayRule => day::rule(self, canvas),
            Row::DayStrip => day::strip(self, canvas),
            Row::AnswerRule => canvas.rule(0, "if I restore there to this point"),
            Row::Can => answer::can(self, canvas),
            Row::GivesUp => answer::gives_up(self, canvas),
            Row::Takes => answer::takes(self, canvas),
            Row::From => answer::from(self, canvas),
            Row::Nearest => answer::nearest(self, canvas),
            Row::BadMoment => answer::bad_moment(self, canvas),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taller_screen_only_adds_rows() {
        for height in 0..40 {
            let (less, more) = (kept(height, |_| true), kept(height + 1, |_| true));
            assert!(less.iter().all(|row| more.contains(row)), "{height}");
            assert_eq!(less.len(), height.min(ROWS.len()));
        }
    }

    #[test]
    fn the_smallest_screen_keeps_loss_newest_and_the_answer() {
        let kept = kept(9, |_| true);
        for row in [Row::Loss, Row::NearThere, Row::NearCursor, Row::Can, Row::GivesUp, Row::Range] {
            assert!(kept.contains(&row), "{row:?}");
        }
    }
}
