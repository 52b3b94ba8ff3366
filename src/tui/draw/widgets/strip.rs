//! A strip of bars: what would have been lost, column by column, gaps drawn as gaps.

use crate::tui::app::own::{Bar, Bars};
use crate::tui::app::state::Tone;
use crate::tui::draw::canvas::Canvas;
use crate::tui::draw::widgets::tone;
use crate::tui::glyphs::Glyphs;
use crate::tui::theme::Role;

/// Draws the columns from `x` on, as many as `room` holds, the newest kept.
pub(in crate::tui::draw) fn draw(bars: &Bars, x: u16, y: u16, room: u16, canvas: &mut Canvas<'_>) {
    let glyphs = *canvas.glyphs();
    let left_out = bars.cells.len().saturating_sub(usize::from(room));
    for (x, bar) in (x..).zip(bars.cells.iter().skip(left_out)) {
        let (role, glyph) = cell(*bar, &glyphs);
        canvas.put(x, y, 1, role, glyph);
    }
}

/// A bar apart from its colour: beyond the objective is the full one, and nothing else is.
fn cell(bar: Bar, glyphs: &Glyphs) -> (Role, &'static str) {
    let [.., beyond] = glyphs.bars;
    match bar {
        Bar::Gap => (Role::Muted, glyphs.gap),
        Bar::Part(part) => (Role::Ok, glyphs.bars.get(usize::from(part)).copied().unwrap_or(beyond)),
        Bar::Beyond(level) => (tone::role(Tone::from(level)), beyond),
    }
}

/// What the signs mean: `beyond RPO 15m █, not known ·`.
pub(in crate::tui::draw) fn legend(scale: &str, canvas: &Canvas<'_>) -> String {
    let [.., beyond] = canvas.glyphs().bars;
    format!("{beyond} {scale}, {} not known", canvas.glyphs().gap)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Level;

    #[test]
    fn each_state_has_a_sign_of_its_own_without_colour() {
        for glyphs in [Glyphs::UNICODE, Glyphs::ASCII] {
            let bars = [Bar::Gap, Bar::Part(0), Bar::Part(1), Bar::Part(2), Bar::Part(3)];
            let beyond = Bar::Beyond(Level::Warning);
            let mut signs: Vec<&str> =
                bars.iter().chain([&beyond]).map(|bar| cell(*bar, &glyphs).1).collect();
            signs.sort_unstable();
            signs.dedup();
            assert_eq!(signs.len(), 6, "{signs:?}");
        }
    }
}
