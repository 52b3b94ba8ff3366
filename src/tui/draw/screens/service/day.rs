//! The last 24 hours: what would have been lost if the primary had stopped then, as it was read.

use super::Screen;
use crate::domain::{Assessment, words};
use crate::tui::app::layout::LANE_LEFT;
use crate::tui::app::own::{self, Bars};
use crate::tui::app::timeline::exact;
use crate::tui::draw::canvas::Canvas;
use crate::tui::draw::widgets::strip;
use crate::tui::theme::Role;

/// The title above the strip: what it shows, its scale and its signs.
pub(super) fn rule(screen: &Screen<'_>, canvas: &mut Canvas<'_>) {
    let Some(bars) = bars(screen) else {
        canvas.rule(0, "24h of loss");
        return;
    };
    let legend = strip::legend(&Bars::scale(screen.view.service.policy.rpo), canvas);
    // Then the strip begins with this start.
    let not_saved = if screen.model.setup.not_saved.is_some() { ", not saved" } else { "" };
    canvas.rule(0, &format!("24h of loss, 1 column = {}, {legend}{not_saved}", exact(bars.step_s)));
}

/// The strip, with the worst of it beside.
pub(super) fn strip(screen: &Screen<'_>, canvas: &mut Canvas<'_>) {
    canvas.put(1, 0, u16::MAX, Role::Text, "24h loss");
    let Some(bars) = bars(screen) else {
        canvas.put(LANE_LEFT, 0, u16::MAX, Role::Muted, "not judged: no backups by design");
        return;
    };
    if bars.worst.is_none() && screen.view.known.is_some_and(Assessment::has_nothing_there) {
        canvas.put(LANE_LEFT, 0, u16::MAX, Role::Text, "all: nothing can be restored there");
        return;
    }
    let columns = u16::try_from(bars.cells.len()).unwrap_or(u16::MAX);
    strip::draw(&bars, LANE_LEFT, 0, screen.model.lane_columns(), canvas);
    let end = LANE_LEFT + columns;
    let worst = bars.worst.map(|worst| format!("worst {}", words::to_the_second(worst)));
    let text = worst.unwrap_or_else(|| "none read".to_owned());
    canvas.put(end + 1, 0, u16::MAX, Role::Muted, &text);
}

fn bars(screen: &Screen<'_>) -> Option<Bars> {
    let exempt = screen.view.known.is_some_and(Assessment::is_exempt);
    let room = screen.model.lane_columns();
    own::day(screen.model, screen.view.service, room).filter(|_| !exempt)
}
