//! What to write so that a terminal shows a new picture: only what changed, in few bytes.
//!
//! The terminal's own state (where its cursor is, which style it writes in) is remembered from frame
//! to frame, so that one digit of a clock costs about ten bytes.

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::Color;
use unicode_width::UnicodeWidthStr;

use super::pen::{PLAIN, Pen, take_up};
use super::scroll::{self, Scroll};

/// Frames longer than this are bracketed as one synchronised update; shorter ones arrive in one piece
/// anyway, and the brackets would double them.
const BRACKET_ABOVE: usize = 256;
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

/// Turns pictures into bytes for one terminal.
#[derive(Debug)]
pub struct Encoder {
    shown: Buffer,
    /// Whether what the terminal shows is not known: everything is written.
    afresh: bool,
    at: Option<(u16, u16)>,
    pen: Option<Pen>,
}

impl Default for Encoder {
    fn default() -> Self {
        Self { shown: Buffer::empty(Rect::ZERO), afresh: true, at: None, pen: None }
    }
}

impl Encoder {
    /// The bytes that turn what the terminal shows into `next`; empty when it shows that already.
    pub fn frame(&mut self, next: &Buffer) -> Vec<u8> {
        let mut out = Vec::new();
        if self.afresh || self.shown.area != next.area {
            self.shown = Buffer::empty(next.area);
            self.at = None;
            self.pen = Some(PLAIN);
            self.afresh = false;
            out.extend_from_slice(b"\x1b[0m\x1b[2J");
        }
        if let Some(scroll) = scroll::find(&self.shown, next) {
            self.scroll(scroll, &mut out);
        }
        for y in 0..next.area.height {
            self.row(next, y, &mut out);
        }
        self.shown.clone_from(next);
        if out.len() > BRACKET_ABOVE {
            out.splice(0..0, BEGIN.iter().copied());
            out.extend_from_slice(END);
        }
        out
    }

    /// Lets the terminal move rows: lines are deleted or inserted within a region, as terminals do
    /// since the VT102. What is left is written by the rows.
    fn scroll(&mut self, scroll: Scroll, out: &mut Vec<u8>) {
        take_up(&mut self.pen, PLAIN, out);
        let (first, last, by) = (scroll.first + 1, scroll.last + 1, scroll.by);
        let verb = if scroll.up { 'M' } else { 'L' };
        out.extend_from_slice(format!("\x1b[{first};{last}r\x1b[{first}H\x1b[{by}{verb}\x1b[r").as_bytes());
        self.at = None;
        scroll.apply(&mut self.shown);
    }

    /// Everything is written at the next frame.
    pub const fn forget(&mut self) {
        self.afresh = true;
    }

    fn row(&mut self, next: &Buffer, y: u16, out: &mut Vec<u8>) {
        let wide = usize::from(next.area.width);
        let range = usize::from(y) * wide..(usize::from(y) + 1) * wide;
        let (Some(new), Some(old)) = (next.content.get(range.clone()), self.shown.content.get(range)) else {
            return;
        };
        if new == old {
            return;
        }
        // A wide character half overwritten is blanked by the terminal: such rows are written whole.
        let whole = new.iter().chain(old).any(|cell| cell.symbol().width() != 1);
        let changed: Vec<bool> = new.iter().zip(old).map(|(new, old)| whole || new != old).collect();
        let used =
            (0_u16..).zip(new).fold(0, |used, (x, cell)| if is_blank(cell) { used } else { x + cells(cell) });
        let erase = changed.iter().skip(usize::from(used)).filter(|changed| **changed).count() > 4;
        let end = if erase { used } else { next.area.width };
        let mut covered = 0;
        for (x, (cell, changed)) in (0..end).zip(new.iter().zip(&changed)) {
            if x < covered {
                continue;
            }
            covered = x + cells(cell);
            if *changed {
                self.bridge(new, (x, y), out);
                write_cell(&mut self.at, &mut self.pen, (x, y), next.area.width, cell, out);
            }
        }
        if erase {
            move_to(&mut self.at, (used, y), out);
            take_up(&mut self.pen, PLAIN, out);
            out.extend_from_slice(b"\x1b[K");
        }
    }
}

/// The longest run of cells that is worth writing again.
const BRIDGE: u16 = 4;

impl Encoder {
    /// Writes the cells between the cursor and a place again, where that takes no more bytes than to jump
    /// over them.
    fn bridge(&mut self, row: &[Cell], (x, y): (u16, u16), out: &mut Vec<u8>) {
        let (Some((from, at_row)), Some(pen)) = (self.at, self.pen) else { return };
        if at_row != y || from >= x || x - from > BRIDGE {
            return;
        }
        let between = row.get(usize::from(from)..usize::from(x)).unwrap_or_default();
        let jump = if between.len() == 1 { 3 } else { 4 };
        let bytes: usize = between.iter().map(|cell| cell.symbol().len()).sum();
        if bytes <= jump && between.iter().all(|cell| pen.suits(cell)) {
            out.extend(between.iter().flat_map(|cell| cell.symbol().bytes()));
            self.at = Some((x, y));
        }
    }
}

/// How many columns a cell's character takes.
fn cells(cell: &Cell) -> u16 {
    u16::try_from(cell.symbol().width().max(1)).unwrap_or(1)
}

fn is_blank(cell: &Cell) -> bool {
    cell.symbol() == " " && cell.bg == Color::Reset && cell.modifier.is_empty()
}

fn write_cell(
    at: &mut Option<(u16, u16)>,
    pen: &mut Option<Pen>,
    place: (u16, u16),
    width: u16,
    cell: &Cell,
    out: &mut Vec<u8>,
) {
    move_to(at, place, out);
    if !pen.is_some_and(|pen| pen.suits(cell)) {
        take_up(pen, Pen::of(cell), out);
    }
    out.extend_from_slice(cell.symbol().as_bytes());
    let next = place.0.saturating_add(cells(cell));
    // At the last column terminals differ in where the cursor is.
    *at = (next < width).then_some((next, place.1));
}

/// Moves the cursor by the shorter way: to a place, or from where it is.
fn move_to(at: &mut Option<(u16, u16)>, (x, y): (u16, u16), out: &mut Vec<u8>) {
    if *at == Some((x, y)) {
        return;
    }
    let to = if x == 0 { format!("\x1b[{}H", y + 1) } else { format!("\x1b[{};{}H", y + 1, x + 1) };
    let from = at.map(|(column, row)| step(row, y, 'A', 'B') + &along(column, x));
    let text = from.filter(|from| from.len() < to.len()).unwrap_or(to);
    out.extend_from_slice(text.as_bytes());
    *at = Some((x, y));
}

/// Along a row; back to its beginning or by a few columns in single bytes.
fn along(from: u16, to: u16) -> String {
    match from.checked_sub(to) {
        Some(1..) if to == 0 => "\r".to_owned(),
        Some(by @ 1..=3) => "\x08".repeat(usize::from(by)),
        _ => step(from, to, 'D', 'C'),
    }
}

/// One move of so many rows or columns; nothing when there are none.
fn step(from: u16, to: u16, back: char, forth: char) -> String {
    let way = if to < from { back } else { forth };
    match from.abs_diff(to) {
        0 => String::new(),
        1 => format!("\x1b[{way}"),
        by => format!("\x1b[{by}{way}"),
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZero;

    use proptest::prelude::*;
    use ratatui::style::{Modifier, Style};

    use super::*;

    /// Cells as a picture has them: plain, blank, coloured, wide.
    fn picture(cells: &[(u8, u8)], width: u16, height: u16) -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        for (index, (what, style)) in cells.iter().enumerate() {
            let (x, y) = (index % usize::from(width), index / usize::from(width));
            let text = match what % 8 {
                0 => "a",
                1 => "b",
                2 => "─",
                3 => "日",
                _ => " ",
            };
            let style = match style % 4 {
                0 => Style::new().fg(Color::Indexed(75)),
                1 => Style::new().fg(Color::Red).add_modifier(Modifier::BOLD),
                2 => Style::new().bg(Color::Blue).add_modifier(Modifier::REVERSED),
                _ => Style::new(),
            };
            let (x, y) = (u16::try_from(x).unwrap(), u16::try_from(y).unwrap());
            if x > 0 && buffer.cell((x - 1, y)).unwrap().symbol().width() == 2 {
                continue;
            }
            buffer.set_stringn(x, y, text, usize::from(width - x), style);
        }
        buffer
    }

    fn rows(buffer: &Buffer) -> Vec<String> {
        (0..buffer.area.height)
            .map(|y| {
                let mut row = String::new();
                let mut x = 0;
                while x < buffer.area.width {
                    let symbol = buffer.cell((x, y)).unwrap().symbol();
                    row.push_str(symbol);
                    x += u16::try_from(symbol.width().max(1)).unwrap();
                }
                row.trim_end().to_owned()
            })
            .collect()
    }

    fn colour_of(color: vt100::Color) -> Color {
        match color {
            vt100::Color::Default => Color::Reset,
            vt100::Color::Idx(1) => Color::Red,
            vt100::Color::Idx(4) => Color::Blue,
            vt100::Color::Idx(index) => Color::Indexed(index),
            vt100::Color::Rgb(red, green, blue) => Color::Rgb(red, green, blue),
        }
    }

    proptest! {
        /// Whatever was shown before, the terminal ends up showing the next picture, text and style.
        #[test]
        fn the_terminal_shows_the_last_picture(
            first in prop::collection::vec((any::<u8>(), any::<u8>()), 12 * 4),
            second in prop::collection::vec((any::<u8>(), any::<u8>()), 12 * 4),
        ) {
            let mut encoder = Encoder::default();
            let mut terminal = vt100::Parser::new(NonZero::new(4).unwrap(), NonZero::new(12).unwrap(), 0);
            for cells in [&first, &second] {
                let picture = picture(cells, 12, 4);
                terminal.process(&encoder.frame(&picture));
                let shown: Vec<String> =
                    terminal.screen().rows(0, 12).map(|row| row.trim_end().to_owned()).collect();
                prop_assert_eq!(shown, rows(&picture));
                for (index, cell) in picture.content.iter().enumerate() {
                    let (x, y) = (index % 12, index / 12);
                    let shown = terminal.screen()
                        .cell(u16::try_from(y).unwrap(), u16::try_from(x).unwrap()).unwrap();
                    if cell.symbol() != " " {
                        prop_assert_eq!(colour_of(shown.fgcolor()), cell.fg);
                        prop_assert_eq!(shown.bold(), cell.modifier.contains(Modifier::BOLD));
                    }
                    if !shown.is_wide_continuation() {
                        prop_assert_eq!(colour_of(shown.bgcolor()), cell.bg);
                        prop_assert_eq!(shown.inverse(), cell.modifier.contains(Modifier::REVERSED));
                    }
                }
            }
        }
    }

    proptest! {
        /// Rows that moved, with anything above, below and changed among them.
        #[test]
        fn moved_rows_end_up_where_they_belong(
            cells in prop::collection::vec((any::<u8>(), any::<u8>()), 12 * 12),
            noise in prop::collection::vec((any::<u8>(), any::<u8>()), 12 * 12),
            first in 0_usize..4, last in 7_usize..12, by in 1_usize..4, up: bool, changed in 0_usize..12,
        ) {
            let mut moved = cells.clone();
            for y in first..=last {
                let from = if up { y + by } else { y.wrapping_sub(by) };
                let source = if (first..=last).contains(&from) && y != changed { &cells } else { &noise };
                let from = from.min(11) * 12;
                moved[y * 12..(y + 1) * 12].copy_from_slice(&source[from..from + 12]);
            }
            let mut encoder = Encoder::default();
            let mut terminal = vt100::Parser::new(NonZero::new(12).unwrap(), NonZero::new(12).unwrap(), 0);
            for cells in [&cells, &moved, &cells] {
                let picture = picture(cells, 12, 12);
                terminal.process(&encoder.frame(&picture));
                let shown: Vec<String> =
                    terminal.screen().rows(0, 12).map(|row| row.trim_end().to_owned()).collect();
                prop_assert_eq!(shown, rows(&picture));
            }
        }
    }

    #[test]
    fn a_list_that_scrolls_by_a_line_costs_about_a_line() {
        let list = |first: usize| {
            let mut buffer = Buffer::empty(Rect::new(0, 0, 80, 24));
            for y in 0..20_u16 {
                let row = format!(
                    "   service-{:04}   31m /15m   11:33:20Z   {}",
                    first + usize::from(y),
                    "x".repeat(20)
                );
                buffer.set_string(0, y + 2, row, Style::new());
            }
            buffer.set_string(1, 21, ">", Style::new());
            buffer
        };
        let mut encoder = Encoder::default();
        encoder.frame(&list(0));
        for first in [1, 2, 1] {
            let bytes = encoder.frame(&list(first));
            assert!(bytes.len() < 200, "{} bytes", bytes.len());
        }
    }

    #[test]
    fn an_unchanged_picture_costs_nothing_and_a_digit_little() {
        let mut encoder = Encoder::default();
        let clock = |text: &str| {
            let mut buffer = Buffer::empty(Rect::new(0, 0, 80, 24));
            buffer.set_string(50, 0, text, Style::new());
            buffer
        };
        assert!(!encoder.frame(&clock("12:04:31Z")).is_empty());
        assert!(encoder.frame(&clock("12:04:31Z")).is_empty());
        let bytes = encoder.frame(&clock("12:04:32Z"));
        assert!(bytes.len() <= 12, "{}", bytes.escape_ascii());
    }

    #[test]
    fn a_large_frame_is_bracketed_as_one_update() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 80, 24));
        for y in 0..24 {
            buffer.set_string(0, y, "x".repeat(80), Style::new());
        }
        let bytes = Encoder::default().frame(&buffer);
        assert!(bytes.starts_with(BEGIN) && bytes.ends_with(END));
    }
}
