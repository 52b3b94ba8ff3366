//! One service: two lanes over the whole window, two over the last hour, and the cursor's answer.

mod facts;
mod lanes;

use crate::tui::app::answer::answer;
use crate::tui::app::model::Model;
use crate::tui::app::timeline::Timeline;
use crate::tui::draw::canvas::{Canvas, piece};
use crate::tui::draw::widgets::{footer, header};
use crate::tui::keymap::Context;
use crate::tui::theme::Role;

/// Draws the screen.
pub(in crate::tui::draw) fn draw(model: &Model, canvas: &mut Canvas<'_>) {
    footer::draw(model, Context::Service, canvas);
    let Some(timeline) = &model.timeline else { return };
    let service = model.fleet.services.get(&timeline.service);
    let known = model.board.assessment(&timeline.service);
    let (Some(service), Some(known)) = (service, known) else {
        canvas.put(
            1,
            0,
            u16::MAX,
            Role::Text,
            &format!("{} is no longer listed; esc back", timeline.service),
        );
        return;
    };
    let answer = answer(timeline, service, known, model.now, model.lane_columns());
    header::draw(model, &facts::title(service), &facts::read(model, known), canvas);
    let parts = Parts::of(canvas.height());
    let mut y = 1;
    if parts.place {
        facts::place(model, service, known, &mut canvas.rows(y, 1));
        y += 1;
    }
    canvas.rule(y, "");
    facts::headline(model, service, known, &mut canvas.rows(y + 1, 2));
    y += 3;
    let now = model.now;
    let columns = model.lane_columns();
    let near = timeline.near(service, now, columns);
    if parts.whole > 0 {
        let whole = Timeline::whole(service, now, columns);
        let mut part = canvas.rows(y, parts.whole);
        lanes::whole(model, service, timeline, &whole, &near, &mut part);
        y += parts.whole;
    }
    lanes::near(model, service, timeline, &near, &mut canvas.rows(y, parts.near));
    y += parts.near + parts.gap;
    canvas.rule(y, "if I restore there to this point");
    let rest = canvas.height().saturating_sub(y + 2);
    facts::answer(model, service, known, timeline, &answer, &mut canvas.rows(y + 1, rest));
    if known.secondary.is_none() {
        let why = known.secondary_reason.as_deref().unwrap_or("none is configured or seen");
        canvas.pieces(
            1,
            y + 1,
            &[piece(Role::Critical, "no copy in another region: "), piece(Role::Text, why)],
        );
    }
}

/// What there is room for, by height: the parts yield before the answer does.
struct Parts {
    place: bool,
    whole: u16,
    near: u16,
    gap: u16,
}

impl Parts {
    const fn of(height: u16) -> Self {
        match height {
            0..=13 => Self { place: false, whole: 0, near: 2, gap: 0 },
            14..=18 => Self { place: true, whole: 0, near: 5, gap: 0 },
            19..=23 => Self { place: true, whole: 4, near: 4, gap: 0 },
            24..=29 => Self { place: true, whole: 5, near: 5, gap: 0 },
            _ => Self { place: true, whole: 6, near: 6, gap: 1 },
        }
    }
}
