//! Draws the model into a buffer of cells. Knows nothing of the terminal; builds only what is visible.

mod canvas;
mod screens;
mod widgets;

use ratatui::buffer::Buffer;

pub use canvas::Look;
use canvas::{Canvas, width};

use crate::tui::app::model::{Model, Screen};
use crate::tui::app::mouse::Spots;
use crate::tui::theme::Role;

/// Draws everything, and says what of it answers to a mouse. The buffer's size is the terminal's; any size
/// will do.
pub fn draw(model: &Model, look: &Look, buffer: &mut Buffer) -> Spots {
    let mut spots = Spots::default();
    let mut canvas = Canvas::new(buffer, look, &mut spots);
    if model.too_small() {
        too_small(&mut canvas);
        return spots;
    }
    match model.screen {
        Screen::Fleet => screens::fleet::draw(model, &mut canvas),
        Screen::Regions => screens::regions::draw(model, &mut canvas),
        Screen::Service => screens::service::draw(model, &mut canvas),
        Screen::Run => screens::run::draw(model, &mut canvas),
        Screen::Runs => screens::runs::draw(model, &mut canvas),
        Screen::Alerts => screens::alerts::draw(model, &mut canvas),
        Screen::Sources => screens::sources::draw(model, &mut canvas),
    }
    if let Some(overlay) = &model.overlay {
        screens::overlay::draw(model, overlay, &mut canvas);
    }
    spots
}

/// One line, in as many words as fit.
fn too_small(canvas: &mut Canvas<'_>) {
    let texts = ["too small: lifeboat needs 40x10", "too small: needs 40x10", "needs 40x10", "40x10"];
    let fits = texts.into_iter().find(|text| width(text) <= canvas.width());
    canvas.put(0, 0, u16::MAX, Role::Text, fits.unwrap_or("!"));
}
