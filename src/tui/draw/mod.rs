//! Draws the model into a buffer of cells. Knows nothing of the terminal; builds only what is visible.

mod canvas;
mod screens;
mod widgets;

use ratatui::buffer::Buffer;

pub use canvas::Look;
use canvas::{Canvas, width};

use crate::tui::app::model::{Model, Screen};
use crate::tui::app::mouse::Spots;
use crate::tui::app::overlay::Overlay;
use crate::tui::theme::Role;

/// Draws everything, and says what of it answers to a mouse. The buffer's size is the terminal's; any size
/// will do.
pub fn draw(model: &Model, look: &Look, buffer: &mut Buffer) -> Spots {
    let mut spots = Spots::default();
    let mut canvas = Canvas::new(buffer, look, &mut spots);
    if model.too_small() {
        too_small(model, &mut canvas);
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
fn too_small(model: &Model, canvas: &mut Canvas<'_>) {
    let texts: &[&str] = match &model.overlay {
        // What would be asked cannot be read here.
        Some(Overlay::Leave { .. }) => &["a run is lost by it: ctrl-c leaves", "ctrl-c leaves"],
        _ => &["too small: lifeboat needs 40x10", "too small: needs 40x10", "needs 40x10", "40x10"],
    };
    let fits = texts.iter().copied().find(|text| width(text) <= canvas.width());
    canvas.put(0, 0, u16::MAX, Role::Text, fits.unwrap_or(canvas.glyphs().more));
}
