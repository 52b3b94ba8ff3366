//! One colour as a theme names it, and what is shown of it where a terminal has fewer.

use ratatui::style::Color;
use serde::{Deserialize, Deserializer};

use super::palette::Palette;

/// Red, green and blue, 0..=255 each.
pub(super) type Rgb = [u8; 3];

/// The sixteen colours that have names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Named {
    Black,
    Red,
    Green,
    Yellow,
    Blue,
    Magenta,
    Cyan,
    Gray,
    DarkGray,
    LightRed,
    LightGreen,
    LightYellow,
    LightBlue,
    LightMagenta,
    LightCyan,
    White,
}

/// Each with the code for it, its dark variant for terminals of eight, and the values that xterm gives it.
const NAMED: [(Named, Color, Color, Rgb); 16] = [
    (Named::Black, Color::Black, Color::Black, [0, 0, 0]),
    (Named::Red, Color::Red, Color::Red, [205, 0, 0]),
    (Named::Green, Color::Green, Color::Green, [0, 205, 0]),
    (Named::Yellow, Color::Yellow, Color::Yellow, [205, 205, 0]),
    (Named::Blue, Color::Blue, Color::Blue, [0, 0, 238]),
    (Named::Magenta, Color::Magenta, Color::Magenta, [205, 0, 205]),
    (Named::Cyan, Color::Cyan, Color::Cyan, [0, 205, 205]),
    (Named::Gray, Color::Gray, Color::Gray, [229, 229, 229]),
    // Among eight it would be black.
    (Named::DarkGray, Color::DarkGray, Color::Reset, [127, 127, 127]),
    (Named::LightRed, Color::LightRed, Color::Red, [255, 0, 0]),
    (Named::LightGreen, Color::LightGreen, Color::Green, [0, 255, 0]),
    (Named::LightYellow, Color::LightYellow, Color::Yellow, [255, 255, 0]),
    (Named::LightBlue, Color::LightBlue, Color::Blue, [92, 92, 255]),
    (Named::LightMagenta, Color::LightMagenta, Color::Magenta, [255, 0, 255]),
    (Named::LightCyan, Color::LightCyan, Color::Cyan, [0, 255, 255]),
    (Named::White, Color::White, Color::Gray, [255, 255, 255]),
];

/// A colour at each level; what is not given is the nearest to what is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Levels {
    pub(super) hex: Option<Rgb>,
    pub(super) c256: Option<u8>,
    pub(super) c16: Option<Named>,
}

impl Levels {
    /// The colour that is shown; `None` = the terminal's own.
    pub(super) fn shown(self, palette: Palette) -> Option<Color> {
        match palette {
            Palette::None => None,
            Palette::Eight => self.named().map(|(_, _, dark, _)| dark).filter(|dark| *dark != Color::Reset),
            Palette::Sixteen => self.named().map(|(_, code, _, _)| code),
            Palette::Rich => {
                let near = || self.hex.map(nearest_256);
                let index = self.c256.or_else(near).map(Color::Indexed);
                index.or_else(|| self.shown(Palette::Sixteen))
            }
            Palette::True => match self.hex {
                Some([red, green, blue]) => Some(Color::Rgb(red, green, blue)),
                None => self.shown(Palette::Rich),
            },
        }
    }

    fn named(self) -> Option<(Named, Color, Color, Rgb)> {
        if let Some(wanted) = self.c16 {
            return NAMED.into_iter().find(|(name, ..)| *name == wanted);
        }
        let wanted = self.hex.or_else(|| self.c256.map(of_index))?;
        NAMED.into_iter().min_by_key(|(.., rgb)| distance(*rgb, wanted))
    }
}

/// What a colour looks like, as far as that is known.
pub(super) fn rgb(colour: Color) -> Option<Rgb> {
    match colour {
        Color::Reset => None,
        Color::Indexed(index) => Some(of_index(index)),
        Color::Rgb(red, green, blue) => Some([red, green, blue]),
        named => NAMED.iter().find(|(_, code, ..)| *code == named).map(|(.., rgb)| *rgb),
    }
}

const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// What stands at a place of the table of 256: the named ones, a cube of six steps, greys.
fn of_index(index: u8) -> Rgb {
    let step = |number: u8| STEPS.get(usize::from(number % 6)).copied().unwrap_or_default();
    match index {
        0..=15 => NAMED.get(usize::from(index)).map(|(.., rgb)| *rgb).unwrap_or_default(),
        16..=231 => [step((index - 16) / 36), step((index - 16) / 6), step(index - 16)],
        _ => [8 + (index - 232) * 10; 3],
    }
}

/// The first sixteen are left out: people give them other values.
fn nearest_256(wanted: Rgb) -> u8 {
    (16..=u8::MAX).min_by_key(|index| distance(of_index(*index), wanted)).unwrap_or(16)
}

fn distance(one: Rgb, other: Rgb) -> u32 {
    one.into_iter().zip(other).map(|(one, other)| u32::from(one.abs_diff(other)).pow(2)).sum()
}

/// Reads `"#rrggbb"`.
pub(super) fn hex<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Rgb>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let wrong = || serde::de::Error::custom(format!("`{text}` is no colour: write it as \"#rrggbb\""));
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii());
    let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).ok_or_else(wrong)?;
    let [_, red, green, blue] = number.to_be_bytes();
    Ok(Some([red, green, blue]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_colours_show_the_nearest() {
        let orange = Levels { hex: Some([255, 175, 95]), ..Levels::default() };
        assert_eq!(orange.shown(Palette::True), Some(Color::Rgb(255, 175, 95)));
        assert_eq!(orange.shown(Palette::Rich), Some(Color::Indexed(215)));
        assert_eq!(orange.shown(Palette::None), None);
        let named = Levels { c16: Some(Named::LightRed), ..orange };
        assert_eq!(named.shown(Palette::Sixteen), Some(Color::LightRed));
        assert_eq!(named.shown(Palette::Eight), Some(Color::Red));
        let grey = Levels { c16: Some(Named::DarkGray), ..orange };
        assert_eq!(grey.shown(Palette::Eight), None, "dark grey among eight is black");
        assert_eq!(Levels::default().shown(Palette::True), None);
    }

    #[test]
    fn the_table_of_256_is_known() {
        for (index, rgb) in [(16, [0, 0, 0]), (71, [95, 175, 95]), (203, [255, 95, 95]), (245, [138; 3])] {
            assert_eq!(of_index(index), rgb);
            assert_eq!(nearest_256(rgb), index);
        }
    }
}
