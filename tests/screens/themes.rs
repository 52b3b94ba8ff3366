//! The list of themes over the fleet, at every size, in a theme that paints the background, without colour
//! and in ASCII.

use lifeboat::tui::app::{Message, Model, Size, update};
use lifeboat::tui::glyphs::Glyphs;
use lifeboat::tui::keymap::Key;
use lifeboat::tui::theme::{Palette, Theme};
use ratatui::style::Color;

use crate::picture::{buffer, look, styled, text};
use crate::sample::{fleet, now, setup};

/// The second theme of the list selected.
fn choosing(width: u16, height: u16) -> Model {
    let mut model = Model::new(setup(), fleet(), now(), Size { width, height });
    for key in ['T', 'j'] {
        update(&mut model, Message::Key(Key::Char(key)), now());
    }
    model
}

#[test]
fn the_list_of_themes_lies_over_what_it_changes() {
    for (width, height) in [(44, 14), (80, 24), (120, 40), (200, 50)] {
        let model = choosing(width, height);
        let picture = text(&buffer(&model, &look(Palette::Rich, &Glyphs::UNICODE)));
        insta::assert_snapshot!(format!("choosing-{width}x{height}"), picture);
    }
    let model = choosing(80, 24);
    let ascii = styled(&buffer(&model, &look(Palette::None, &Glyphs::ASCII)));
    insta::assert_snapshot!("choosing-80x24-ascii", ascii);
}

#[test]
fn a_theme_that_paints_leaves_no_cell_of_the_terminals_own_colour() {
    let model = choosing(80, 24);
    for palette in [Palette::Eight, Palette::Sixteen, Palette::Rich, Palette::True] {
        let mut look = look(palette, &Glyphs::UNICODE);
        look.theme = Theme::built_in("light").unwrap();
        let painted = buffer(&model, &look);
        assert!(painted.content.iter().all(|cell| cell.bg != Color::Reset), "{palette:?}");
        assert!(painted.content.iter().all(|cell| cell.fg != Color::Reset), "{palette:?}");
    }
}
