//! How many rows each part of a screen has: shared by what scrolls (the core) and what draws.

use super::model::Size;

/// Below this many columns there is one line: too small.
pub const LEAST_WIDTH: u16 = 40;
/// Below this many rows likewise.
pub const LEAST_HEIGHT: u16 = 10;

/// Rows of the fleet screen, from the top.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FleetRows {
    /// Header: name, counts, sources where there is room.
    pub header: u16,
    /// Heads of the columns: two lines where there is room.
    pub heads: u16,
    /// The list.
    pub list: u16,
    /// What explains the selected row, with the line above it.
    pub detail: u16,
}

/// Divides the fleet screen; the last row is the footer. Needs at least [`LEAST_HEIGHT`] rows.
pub fn fleet(size: Size) -> FleetRows {
    let rows = size.height.saturating_sub(1);
    let header = if size.width >= 96 && rows >= 18 {
        4
    } else if rows >= 12 {
        3
    } else {
        2
    };
    let heads = if size.width >= 96 && rows >= 18 { 2 } else { 1 };
    let detail = match rows {
        0..=11 => 0,
        12..=15 => 2,
        16..=19 => 4,
        20..=29 => 5,
        _ => 8,
    };
    FleetRows { header, heads, list: rows.saturating_sub(header + heads + detail), detail }
}

/// No name is given fewer columns than this, nor more than that.
pub const SHORTEST_NAME: u16 = 11;
/// See [`SHORTEST_NAME`].
pub const LONGEST_NAME: u16 = 40;
/// What state, loss and newest take beside a name, with the gaps.
const BESIDE_NAME: u16 = 38;

/// Whether a service takes two rows: where its name, state, loss and newest do not fit into one.
pub fn is_tall(size: Size, longest_name: u16) -> bool {
    size.width < longest_name.clamp(SHORTEST_NAME, LONGEST_NAME) + BESIDE_NAME
}

/// The services that fit on the fleet screen.
pub fn fleet_page(size: Size, longest_name: u16) -> usize {
    let rows = usize::from(fleet(size).list);
    if is_tall(size, longest_name) { (rows / 2).max(1) } else { rows }
}

/// Columns of a lane: what its label on the left and *now* on the right leave. Never so few that a
/// scale makes no sense, even where the screen is too small to be drawn.
pub const fn lane_columns(size: Size) -> u16 {
    let columns = size.width.saturating_sub(LANE_LEFT + 6);
    if columns < 20 { 20 } else { columns }
}

/// Where lanes begin.
pub const LANE_LEFT: u16 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_fill_the_screen_and_leave_a_list() {
        for height in LEAST_HEIGHT..200 {
            for width in [40, 80, 96, 200] {
                let parts = fleet(Size { width, height });
                assert_eq!(parts.header + parts.heads + parts.list + parts.detail + 1, height);
                assert!(parts.list >= 5, "{width}x{height}: {parts:?}");
            }
        }
    }
}
