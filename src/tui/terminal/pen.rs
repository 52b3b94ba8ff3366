//! The style a terminal writes in, and what to send it so that it writes in another.

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

/// Colours and weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pen {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

/// What a terminal writes in after a reset.
pub(super) const PLAIN: Pen = Pen { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty() };

impl Pen {
    /// The style of a cell.
    pub(super) const fn of(cell: &Cell) -> Self {
        Self { fg: cell.fg, bg: cell.bg, modifier: cell.modifier }
    }

    /// Whether a cell looks the same when it is written in this style. A blank needs no colour of its own.
    pub(super) fn suits(self, cell: &Cell) -> bool {
        let wanted = Self::of(cell);
        wanted == self || (cell.symbol() == " " && wanted.bg == self.bg && wanted.modifier == self.modifier)
    }
}

/// Takes up another style, in as few codes as lead there from the one in hand; `None` = not known.
pub(super) fn take_up(pen: &mut Option<Pen>, wanted: Pen, out: &mut Vec<u8>) {
    if *pen == Some(wanted) {
        return;
    }
    let mut codes = Vec::new();
    let known = pen.filter(|pen| wanted.modifier.contains(pen.modifier));
    let from = known.unwrap_or_else(|| {
        codes.push("0".to_owned());
        PLAIN
    });
    for (modifier, code) in MODIFIERS {
        if wanted.modifier.contains(modifier) && !from.modifier.contains(modifier) {
            codes.push(code.to_owned());
        }
    }
    if from.fg != wanted.fg {
        codes.push(colour(wanted.fg, 30));
    }
    if from.bg != wanted.bg {
        codes.push(colour(wanted.bg, 40));
    }
    let text = if codes == ["0"] { "\x1b[m".to_owned() } else { format!("\x1b[{}m", codes.join(";")) };
    out.extend_from_slice(text.as_bytes());
    *pen = Some(wanted);
}

const MODIFIERS: [(Modifier, &str); 5] = [
    (Modifier::BOLD, "1"),
    (Modifier::DIM, "2"),
    (Modifier::ITALIC, "3"),
    (Modifier::UNDERLINED, "4"),
    (Modifier::REVERSED, "7"),
];

/// The SGR code of a colour; `base` is 30 for the text, 40 for what is behind it.
fn colour(colour: Color, base: u8) -> String {
    let plain = |index: u8| (base + index).to_string();
    let bright = |index: u8| (base + 60 + index).to_string();
    match colour {
        Color::Reset => (base + 9).to_string(),
        Color::Black => plain(0),
        Color::Red => plain(1),
        Color::Green => plain(2),
        Color::Yellow => plain(3),
        Color::Blue => plain(4),
        Color::Magenta => plain(5),
        Color::Cyan => plain(6),
        Color::Gray => plain(7),
        Color::DarkGray => bright(0),
        Color::LightRed => bright(1),
        Color::LightGreen => bright(2),
        Color::LightYellow => bright(3),
        Color::LightBlue => bright(4),
        Color::LightMagenta => bright(5),
        Color::LightCyan => bright(6),
        Color::White => bright(7),
        Color::Indexed(index) => format!("{};5;{index}", base + 8),
        Color::Rgb(red, green, blue) => format!("{};2;{red};{green};{blue}", base + 8),
    }
}
