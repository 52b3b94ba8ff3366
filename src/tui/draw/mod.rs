//! Draws the model into a buffer of cells. Knows nothing of the terminal; builds only what is visible.

mod canvas;
mod screens;
mod widgets;

use ratatui::buffer::Buffer;

use canvas::Canvas;
pub use canvas::Look;

use crate::tui::app::model::{Model, Screen};
use crate::tui::theme::Role;

/// Draws everything. The buffer's size is the terminal's; any size will do.
pub fn draw(model: &Model, look: &Look, buffer: &mut Buffer) {
    let mut canvas = Canvas::new(buffer, look);
    if model.too_small() {
        let text = "too small: lifeboat needs 40x10";
        canvas.put(0, 0, u16::MAX, Role::Text, text);
        return;
    }
    match model.screen {
        Screen::Fleet => screens::fleet::draw(model, &mut canvas),
        Screen::Regions => screens::regions::draw(model, &mut canvas),
        Screen::Service => screens::service::draw(model, &mut canvas),
        Screen::Run => screens::run::draw(model, &mut canvas),
        Screen::Runs => screens::runs::draw(model, &mut canvas),
        Screen::Alerts => screens::alerts::draw(model, &mut canvas),
    }
    if let Some(overlay) = &model.overlay {
        screens::overlay::draw(model, overlay, &mut canvas);
    }
}
