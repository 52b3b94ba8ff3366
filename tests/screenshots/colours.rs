//! The colours of a terminal with a dark background, as a picture needs them.

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

/// Red, green, blue.
pub(crate) type Rgb = [u8; 3];

/// What a cell without a background shows.
pub(crate) const PAPER: Rgb = [0x15, 0x18, 0x1e];
/// What a cell without a colour is written in.
const TEXT: Rgb = [0xd3, 0xd7, 0xde];

/// The first sixteen as xterm has them.
const NAMED: [Rgb; 16] = [
    [0x00, 0x00, 0x00],
    [0xcd, 0x00, 0x00],
    [0x00, 0xcd, 0x00],
    [0xcd, 0xcd, 0x00],
    [0x00, 0x00, 0xee],
    [0xcd, 0x00, 0xcd],
    [0x00, 0xcd, 0xcd],
    [0xe5, 0xe5, 0xe5],
    [0x7f, 0x7f, 0x7f],
    [0xff, 0x00, 0x00],
    [0x00, 0xff, 0x00],
    [0xff, 0xff, 0x00],
    [0x5c, 0x5c, 0xff],
    [0xff, 0x00, 0xff],
    [0x00, 0xff, 0xff],
    [0xff, 0xff, 0xff],
];

/// How a cell is written, after reverse, dim and hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ink {
    pub(crate) colour: Rgb,
    /// `None` is the paper.
    pub(crate) background: Option<Rgb>,
    pub(crate) bold: bool,
    pub(crate) italic: bool,
    pub(crate) underline: Option<Rgb>,
    pub(crate) crossed_out: bool,
}

impl Ink {
    pub(crate) fn of(cell: &Cell) -> Self {
        let is = |modifier| cell.modifier.contains(modifier);
        let mut colour = rgb(cell.fg).unwrap_or(TEXT);
        let mut background = rgb(cell.bg);
        if is(Modifier::REVERSED) {
            (colour, background) = (background.unwrap_or(PAPER), Some(colour));
        }
        let behind = background.unwrap_or(PAPER);
        if is(Modifier::DIM) {
            colour = mixed(colour, behind);
        }
        if is(Modifier::HIDDEN) {
            colour = behind;
        }
        Self {
            colour,
            background,
            bold: is(Modifier::BOLD),
            italic: is(Modifier::ITALIC),
            underline: is(Modifier::UNDERLINED).then(|| rgb(cell.underline_color).unwrap_or(colour)),
            crossed_out: is(Modifier::CROSSED_OUT),
        }
    }
}

/// `#rrggbb`.
pub(crate) fn hex([red, green, blue]: Rgb) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// Three parts of a colour to two of what is behind it.
fn mixed(colour: Rgb, behind: Rgb) -> Rgb {
    std::array::from_fn(|part| {
        let sum = 3 * u16::from(colour[part]) + 2 * u16::from(behind[part]);
        u8::try_from(sum / 5).expect("a mean of two bytes is a byte")
    })
}

/// `None` is the terminal's own.
fn rgb(colour: Color) -> Option<Rgb> {
    let index = match colour {
        Color::Reset => return None,
        Color::Rgb(red, green, blue) => return Some([red, green, blue]),
        Color::Indexed(index) => index,
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
    };
    Some(indexed(index))
}

/// A colour of the palette of 256: sixteen named ones, a cube of 6 x 6 x 6, a ramp of grey.
fn indexed(index: u8) -> Rgb {
    let step = |level: u8| if level == 0 { 0 } else { 55 + 40 * level };
    match index {
        0..=15 => NAMED[usize::from(index)],
        16..=231 => {
            let at = index - 16;
            [step(at / 36), step(at / 6 % 6), step(at % 6)]
        }
        232..=255 => [8 + 10 * (index - 232); 3],
    }
}

#[test]
fn the_palette_is_the_one_terminals_have() {
    assert_eq!(hex(indexed(75)), "#5fafff");
    assert_eq!(hex(indexed(203)), "#ff5f5f");
    assert_eq!(hex(indexed(245)), "#8a8a8a");
}

#[test]
fn reverse_swaps_and_dim_fades() {
    let mut cell = Cell::new("x");
    cell.fg = Color::Indexed(75);
    cell.modifier = Modifier::REVERSED | Modifier::BOLD;
    let ink = Ink::of(&cell);
    assert_eq!((ink.colour, ink.background, ink.bold), (PAPER, Some([0x5f, 0xaf, 0xff]), true));
    cell.modifier = Modifier::DIM;
    assert_eq!(Ink::of(&cell).colour, mixed([0x5f, 0xaf, 0xff], PAPER));
}
