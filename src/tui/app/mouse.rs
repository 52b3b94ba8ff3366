//! Wheel and click: they select and scroll, and never act.

use super::effect::Effect;
use super::layout;
use super::model::{Model, Screen};
use super::update::{last_row, scroll_overlay};

/// Rows that one notch of the wheel moves.
const NOTCH: isize = 3;

/// What a mouse did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mouse {
    /// One notch of the wheel, away from the person.
    WheelUp,
    /// One notch towards the person.
    WheelDown,
    /// The left button, on a cell counted from 0.
    Click {
        /// Column.
        x: u16,
        /// Row.
        y: u16,
    },
}

/// Takes in what a mouse did.
pub(super) fn mouse(model: &mut Model, what: Mouse) -> Vec<Effect> {
    match what {
        Mouse::WheelUp => wheel(model, -NOTCH),
        Mouse::WheelDown => wheel(model, NOTCH),
        Mouse::Click { y, .. } => {
            click(model, y);
            Vec::new()
        }
    }
}

fn wheel(model: &mut Model, by: isize) -> Vec<Effect> {
    model.dirty = true;
    if model.overlay.is_some() {
        return scroll_overlay(model, by);
    }
    match model.screen {
        Screen::Fleet => {
            model.board.hold();
            model.board.step(by, model.page());
        }
        Screen::Regions | Screen::Alerts | Screen::Runs | Screen::Sources => {
            model.row = model.row.saturating_add_signed(by).min(last_row(model));
        }
        Screen::Service | Screen::Run => {}
    }
    Vec::new()
}

/// Selects a service in the list; anywhere else nothing happens.
fn click(model: &mut Model, y: u16) {
    if model.overlay.is_some() || model.screen != Screen::Fleet || model.too_small() {
        return;
    }
    let rows = layout::fleet(model.size);
    let Some(row) = y.checked_sub(rows.header + rows.heads).filter(|row| *row < rows.list) else { return };
    let each = if layout::is_tall(model.size, model.board.longest_name()) { 2 } else { 1 };
    let clicked = model.board.visible(model.page()).get(usize::from(row) / each).cloned();
    if let Some(service) = clicked {
        model.board.select(&service, model.page());
        model.dirty = true;
    }
}
