//! Glyph and style of a state.

use crate::tui::app::state::Tone;
use crate::tui::glyphs::Glyphs;
use crate::tui::theme::Role;

/// The style of a state.
pub(in crate::tui::draw) const fn role(tone: Tone) -> Role {
    match tone {
        Tone::Ok => Role::Ok,
        Tone::Warning => Role::Warning,
        Tone::Critical => Role::Critical,
        Tone::Unknown => Role::Unknown,
        Tone::Exempt => Role::Exempt,
    }
}

/// The glyph of a state.
pub(in crate::tui::draw) const fn glyph(tone: Tone, glyphs: &Glyphs) -> &'static str {
    match tone {
        Tone::Ok => glyphs.ok,
        Tone::Warning => glyphs.warning,
        Tone::Critical => glyphs.critical,
        Tone::Unknown => glyphs.unknown,
        Tone::Exempt => glyphs.exempt,
    }
}
