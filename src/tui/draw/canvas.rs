//! A surface to write on: clips, cuts with a mark, keeps to ASCII where told. Nothing here panics,
//! whatever the size.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::tui::app::mouse::{Spot, Spots};
use crate::tui::glyphs::Glyphs;
use crate::tui::theme::{Palette, Role, Theme};

/// How everything looks: chosen once at the start.
#[derive(Debug, Clone)]
pub struct Look {
    /// Colours by meaning.
    pub theme: Theme,
    /// How many of them are shown.
    pub palette: Palette,
    /// Characters by meaning.
    pub glyphs: Glyphs,
}

/// A piece of text and what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) text: String,
    pub(crate) role: Role,
}

/// A piece of text with a meaning.
pub(crate) fn piece(role: Role, text: impl Into<String>) -> Piece {
    Piece { text: text.into(), role }
}

/// The cells a text takes.
pub(crate) fn width(text: &str) -> u16 {
    u16::try_from(text.width()).unwrap_or(u16::MAX)
}

/// The cells of several pieces.
pub(crate) fn pieces_width(pieces: &[Piece]) -> u16 {
    pieces.iter().fold(0, |sum: u16, piece| sum.saturating_add(width(&piece.text)))
}

/// A part of the screen to write on.
#[derive(Debug)]
pub(crate) struct Canvas<'a> {
    buffer: &'a mut Buffer,
    look: &'a Look,
    spots: &'a mut Spots,
    /// The part.
    pub(crate) area: Rect,
}

impl<'a> Canvas<'a> {
    pub(crate) fn new(buffer: &'a mut Buffer, look: &'a Look, spots: &'a mut Spots) -> Self {
        let area = buffer.area;
        buffer.set_style(area, look.theme.ground(look.palette));
        Self { buffer, look, spots, area }
    }

    /// Some rows of this canvas are something that answers to a mouse.
    pub(crate) fn spot(&mut self, y: u16, height: u16, spot: Spot) {
        let rows =
            self.area.y.saturating_add(y)..self.area.bottom().min(self.area.y.saturating_add(y + height));
        self.spots.mark(self.area.left()..self.area.right(), rows, Some(spot));
    }

    pub(crate) fn glyphs(&self) -> &'a Glyphs {
        &self.look.glyphs
    }

    pub(crate) fn width(&self) -> u16 {
        self.area.width
    }

    pub(crate) fn height(&self) -> u16 {
        self.area.height
    }

    /// The rows from `top`, at most `height` of them, as a canvas of their own.
    pub(crate) fn rows(&mut self, top: u16, height: u16) -> Canvas<'_> {
        self.part(0, top, self.area.width, height)
    }

    /// A rectangle of this canvas, clipped to it.
    pub(crate) fn part(&mut self, x: u16, y: u16, width: u16, height: u16) -> Canvas<'_> {
        let x = x.min(self.area.width);
        let y = y.min(self.area.height);
        let area = Rect {
            x: self.area.x + x,
            y: self.area.y + y,
            width: width.min(self.area.width - x),
            height: height.min(self.area.height - y),
        };
        Canvas { buffer: self.buffer, look: self.look, spots: self.spots, area }
    }

    /// The whole style of a role: nothing shines through of what was in its place before.
    fn style(&self, role: Role) -> Style {
        let (theme, palette) = (&self.look.theme, self.look.palette);
        Style::reset().patch(theme.ground(palette)).patch(theme.style(role, palette))
    }

    /// Writes a text at a place, at most `room` cells; a longer one is cut with a mark. Returns the
    /// column after it.
    pub(crate) fn put(&mut self, x: u16, y: u16, room: u16, role: Role, text: &str) -> u16 {
        if y >= self.area.height || x >= self.area.width {
            return x;
        }
        let room = room.min(self.area.width - x);
        let text = self.fit(text, room);
        let style = self.style(role);
        let (end, _) =
            self.buffer.set_stringn(self.area.x + x, self.area.y + y, &text, usize::from(room), style);
        end.saturating_sub(self.area.x)
    }

    /// Writes a text so that it ends before column `end`.
    pub(crate) fn put_right(&mut self, end: u16, y: u16, role: Role, text: &str) {
        let start = end.saturating_sub(width(text));
        self.put(start, y, end - start, role, text);
    }

    /// Writes pieces one after the other.
    pub(crate) fn pieces(&mut self, x: u16, y: u16, pieces: &[Piece]) -> u16 {
        let mut at = x;
        for piece in pieces {
            at = self.put(at, y, u16::MAX, piece.role, &piece.text);
        }
        at
    }

    /// A text from there on, in as many rows as it needs, with the same margin on the right.
    pub(crate) fn paragraph(&mut self, x: u16, top: u16, role: Role, text: &str) {
        let room = self.area.width.saturating_sub(x.saturating_mul(2)).max(1);
        for (y, line) in (top..).zip(wrap(text, room)) {
            self.put(x, y, u16::MAX, role, &line);
        }
    }

    /// A horizontal line over the whole width but for a margin of one, with an optional title in it.
    pub(crate) fn rule(&mut self, y: u16, title: &str) {
        let width = self.area.width.saturating_sub(2);
        let line = self.look.glyphs.rule.repeat(usize::from(width));
        self.put(1, y, width, Role::Rule, &line);
        if !title.is_empty() && width > 4 {
            let end = self.put(2, y, width.saturating_sub(2), Role::Rule, " ");
            let end = self.put(end, y, width.saturating_sub(3), Role::Heading, title);
            self.put(end, y, 1, Role::Rule, " ");
        }
    }

    /// Empties the part.
    pub(crate) fn clear(&mut self) {
        self.spots.mark(self.area.left()..self.area.right(), self.area.top()..self.area.bottom(), None);
        let ground = self.look.theme.ground(self.look.palette);
        for y in self.area.top()..self.area.bottom() {
            for x in self.area.left()..self.area.right() {
                if let Some(cell) = self.buffer.cell_mut((x, y)) {
                    cell.reset();
                    cell.set_style(ground);
                }
            }
        }
    }

    fn fit(&self, text: &str, room: u16) -> String {
        let plain: String = if self.look.glyphs.ascii && !text.is_ascii() {
            text.chars().map(|char| if char.is_ascii() { char } else { '?' }).collect()
        } else {
            text.to_owned()
        };
        cut(&plain, room, self.look.glyphs.more)
    }
}

/// Cuts a text to a number of cells, the last one a mark when something was cut.
pub(crate) fn cut(text: &str, room: u16, mark: &str) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let room = room.saturating_sub(width(mark));
    let mut taken = 0_u16;
    let mut short = String::new();
    for char in text.chars() {
        let cells = u16::try_from(char.width().unwrap_or(0)).unwrap_or(0);
        if taken + cells > room {
            break;
        }
        taken += cells;
        short.push(char);
    }
    // A number that is cut is another number.
    if !mark.is_empty() && short.ends_with(|last: char| last.is_ascii_digit()) {
        short.truncate(
            short.trim_end_matches(|char: char| char.is_ascii_digit() || ".,:-".contains(char)).len(),
        );
    }
    short.push_str(mark);
    short
}

/// One line of a text: whole, or up to the end of a clause, else of a word, with a mark that there is
/// more. No word is ever cut but one that is longer than the line.
pub(crate) fn brief(text: &str, room: u16, mark: &str) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let mark = format!(" {mark}");
    let most = room.saturating_sub(width(&mark));
    let fits = |(end, _): &(usize, &str)| width(text.get(..*end).unwrap_or_default()) <= most;
    let end_of = |separator: &str| {
        let ends = text.match_indices(separator).take_while(fits).map(|(end, _)| end);
        ends.filter(|end| !parts_an_instant(text, *end)).last().unwrap_or_default()
    };
    let clause = [". ", "; ", ": ", ", ", " ("].into_iter().map(end_of).max().unwrap_or_default();
    let word = end_of(" ");
    // A clause that leaves much of the line empty says less than the words that fit.
    let head = text.get(..clause).unwrap_or_default();
    let end = if width(head) > room / 4 * 3 { clause } else { word };
    match text.get(..end).filter(|head| !head.is_empty()) {
        Some(head) => format!("{head}{mark}"),
        None => cut(text, room, mark.trim_start()),
    }
}

/// Breaks a text into lines of at most `room` cells, at spaces where there are any.
pub(crate) fn wrap(text: &str, room: u16) -> Vec<String> {
    let room = room.max(1);
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in words(paragraph) {
            let mut word = word.to_owned();
            if !line.is_empty() && width(&line).saturating_add(1).saturating_add(width(&word)) > room {
                lines.push(std::mem::take(&mut line));
            } else if !line.is_empty() {
                line.push(' ');
            }
            while width(&line).saturating_add(width(&word)) > room {
                let head = cut(&word, room.saturating_sub(width(&line)).max(1), "");
                if head.is_empty() {
                    break;
                }
                word = word.split_off(head.len());
                line.push_str(&head);
                lines.push(std::mem::take(&mut line));
            }
            line.push_str(&word);
        }
        lines.push(line);
    }
    lines
}

/// What is not broken apart: words, and an instant whose day and time a blank parts.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let whole = rest?;
        let end = whole.match_indices(' ').map(|(at, _)| at).find(|at| !parts_an_instant(whole, *at));
        rest = end.and_then(|end| whole.get(end + 1..));
        Some(end.map_or(whole, |end| whole.get(..end).unwrap_or_default()))
    })
}

/// Whether the blank at `at` stands between a day and a time: `2026-11-20 12:04:31Z`, `11-20 12:04Z`.
fn parts_an_instant(text: &str, at: usize) -> bool {
    let day = |text: &str| {
        let day = text.rsplit([' ', '.']).next().unwrap_or_default();
        matches!(day.len(), 5 | 10) && day.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
    };
    let time = |text: &str| {
        let mut bytes = text.bytes();
        bytes.by_ref().take(2).filter(u8::is_ascii_digit).count() == 2 && bytes.next() == Some(b':')
    };
    text.get(..at).is_some_and(day) && text.get(at + 1..).is_some_and(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_text_has_a_mark_and_fits() {
        assert_eq!(cut("orders-db", 9, "…"), "orders-db");
        assert_eq!(cut("orders-db", 5, "…"), "orde…");
        assert_eq!(width(&cut("日本語テスト", 6, "…")), 5);
        assert_eq!(cut("x", 0, "…"), "…");
        assert_eq!(cut("lost 12.5 GiB", 8, "…"), "lost …", "12 is another number");
        assert_eq!(cut("at 12:00:19Z", 8, "…"), "at …");
        assert_eq!(cut("lost 12.5 GiB", 12, "…"), "lost 12.5 G…");
    }

    #[test]
    fn a_brief_text_ends_at_a_clause_or_a_word() {
        let text = "16 of 18; 2 not verified: this host does not see the network of the fork";
        assert_eq!(brief(text, 100, "…"), text);
        assert_eq!(brief(text, 28, "…"), "16 of 18; 2 not verified …");
        assert_eq!(brief("newest commit 2026-11-20 12:03:20Z", 30, "…"), "newest commit …");
        assert_eq!(brief(text, 43, "…"), "16 of 18; 2 not verified: this host does …");
        assert_eq!(brief("restored by hand from the other host", 22, "~"), "restored by hand ~");
        assert_eq!(brief("drill-orders-db-ajsnpl", 10, "…"), "drill-ord…");
        for room in 1..80 {
            assert!(width(&brief(text, room, "…")) <= room, "{room}");
        }
    }

    #[test]
    fn an_instant_is_never_broken_apart() {
        let text = "newest commit 2026-11-20 12:03:20Z, hole 11-13 03:10Z..11-13 14:40Z";
        assert_eq!(
            wrap(text, 28),
            ["newest commit", "2026-11-20 12:03:20Z, hole", "11-13 03:10Z..11-13 14:40Z"]
        );
        assert_eq!(wrap("4 of 11-20 7:1", 11), ["4 of 11-20", "7:1"]);
    }

    #[test]
    fn wrapped_lines_fit_and_lose_nothing() {
        let text = "nothing newer than 11:33:20Z has arrived there aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa end";
        for room in 1..40 {
            let lines = wrap(text, room);
            assert!(lines.iter().all(|line| width(line) <= room), "{room}: {lines:?}");
            let joined: String = lines.concat().chars().filter(|char| *char != ' ').collect();
            assert_eq!(joined, text.chars().filter(|char| *char != ' ').collect::<String>(), "{room}");
        }
    }
}
