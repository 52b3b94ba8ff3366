//! Every screen as it is drawn, at four sizes, in colour, without, and in ASCII.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

mod journal;
mod keys;
mod picture;
mod run;
mod sample;
mod service;

use lifeboat::tui::glyphs::Glyphs;
use lifeboat::tui::theme::Palette;

use picture::{buffer, look, styled};

#[test]
fn the_fleet() {
    insta::assert_snapshot!(styled(&buffer(&sample::model(100, 24), &look(Palette::Rich, &Glyphs::UNICODE))));
}
