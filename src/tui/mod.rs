//! The dashboard: a pure core that says what is shown ([`app`]), drawing ([`draw`]), the one table of
//! keys ([`keymap`]), colours and characters ([`theme`], [`glyphs`]), and the terminal itself
//! ([`terminal`]). Adding a screen is a new file in `draw/screens`.

pub mod app;
pub mod draw;
pub mod glyphs;
pub mod keymap;
pub mod terminal;
pub mod theme;

#[cfg(test)]
pub(crate) mod tests;
