//! Finds rows that moved up or down as a block, so that the terminal can move them itself: a list
//! that scrolls by one line costs a line instead of a screen.

use ratatui::buffer::{Buffer, Cell};

/// A block is worth moving from so many rows on.
const LEAST: u16 = 5;
/// Rows may have moved so far.
const FARTHEST: u16 = 3;

/// Rows `first..=last` move by `by` lines; the emptied lines are blank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Scroll {
    pub(super) first: u16,
    pub(super) last: u16,
    pub(super) by: u16,
    pub(super) up: bool,
}

/// The largest block of rows that are shown elsewhere already.
pub(super) fn find(shown: &Buffer, next: &Buffer) -> Option<Scroll> {
    let height = next.area.height;
    let changed = (0..height).filter(|y| row(shown, *y) != row(next, *y)).count();
    if changed < usize::from(LEAST) {
        return None;
    }
    let mut best: Option<Scroll> = None;
    for by in 1..=FARTHEST {
        for up in [true, false] {
            for block in blocks(shown, next, by, up) {
                if best.is_none_or(|best| block.last - block.first > best.last - best.first) {
                    best = Some(block);
                }
            }
        }
    }
    best
}

/// Blocks of rows that each equal the row `by` further down or up, and changed where they are.
fn blocks(shown: &Buffer, next: &Buffer, by: u16, up: bool) -> Vec<Scroll> {
    let height = next.area.height;
    let came = |y: u16| {
        let from = if up { y.checked_add(by).filter(|from| *from < height) } else { y.checked_sub(by) };
        from.is_some_and(|from| row(shown, from) == row(next, y) && row(shown, y) != row(next, y))
    };
    let mut blocks = Vec::new();
    let mut begun = None;
    for y in 0..=height {
        match (begun, y < height && came(y)) {
            (None, true) => begun = Some(y),
            (Some(first), false) => {
                if y - first >= LEAST {
                    // The region holds where the rows come from, too.
                    let (first, last) = if up { (first, y - 1 + by) } else { (first - by, y - 1) };
                    blocks.push(Scroll { first, last, by, up });
                }
                begun = None;
            }
            _ => {}
        }
    }
    blocks
}

fn row(buffer: &Buffer, y: u16) -> &[Cell] {
    let width = usize::from(buffer.area.width);
    let start = usize::from(y) * width;
    buffer.content.get(start..start + width).unwrap_or_default()
}

impl Scroll {
    /// Moves the rows of a picture as the terminal does.
    pub(super) fn apply(self, shown: &mut Buffer) {
        let width = usize::from(shown.area.width);
        let (start, end) = (usize::from(self.first) * width, (usize::from(self.last) + 1) * width);
        let Some(region) = shown.content.get_mut(start..end) else { return };
        let by = (usize::from(self.by) * width).min(region.len());
        let blank = if self.up {
            region.rotate_left(by);
            region.len() - by..region.len()
        } else {
            region.rotate_right(by);
            0..by
        };
        for cell in region.get_mut(blank).unwrap_or_default() {
            cell.reset();
        }
    }
}
