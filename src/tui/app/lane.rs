//! One copy on a scale: what each column shows.

use super::scale::Scale;
use crate::domain::{Reading, Timestamp, windows};

/// What a column of a lane shows. A hole goes before everything: it must be seen, however short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// Nothing can be restored to here, and nothing was to be expected.
    Nothing,
    /// Every instant can be restored.
    Log,
    /// A backup ended here.
    Backup,
    /// A backup that cannot be restored.
    Damaged,
    /// Log is missing between two windows.
    Hole,
    /// Not there yet: after the newest point.
    Absent,
}

/// The columns of a copy, by its last good reading.
pub fn cells(reading: &Reading, scale: &Scale) -> Vec<Cell> {
    let ranges = reading.windows.as_deref().unwrap_or_default();
    let points = reading.points.as_deref().unwrap_or_default();
    let usable = points.iter().filter(|point| point.usability.is_usable()).map(|point| point.at);
    let newest = usable.chain(ranges.iter().map(|window| window.to.at)).max();
    let mut cells: Vec<Cell> = (0..scale.columns)
        .map(|column| {
            if newest.is_some_and(|newest| scale.start(column) > newest) {
                Cell::Absent
            } else {
                Cell::Nothing
            }
        })
        .collect();
    let mut paint = |from: Timestamp, to: Timestamp, cell: Cell| {
        if to < scale.from || from > scale.to {
            return;
        }
        let first = scale.column(from.max(scale.from)).unwrap_or(0);
        let last = scale.column(to.min(scale.to)).unwrap_or(first);
        for place in cells.iter_mut().take(usize::from(last) + 1).skip(usize::from(first)) {
            *place = cell;
        }
    };
    for window in ranges {
        paint(window.from.at, window.to.at, Cell::Log);
    }
    for hole in windows::holes(ranges) {
        paint(hole.after, hole.before, Cell::Hole);
    }
    for point in points {
        let cell = if point.usability.is_usable() { Cell::Backup } else { Cell::Damaged };
        let short_hole = windows::holes(ranges).any(|hole| {
            scale.column(hole.after).is_some() && scale.column(hole.after) == scale.column(point.at)
        });
        if !short_hole {
            paint(point.at, point.at, cell);
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::{at, point, reading, window};

    fn shown(reading: &Reading, from: &str, to: &str, columns: u16) -> String {
        let scale = Scale { from: at(from), to: at(to), columns };
        cells(reading, &scale)
            .into_iter()
            .map(|cell| match cell {
                Cell::Nothing => ' ',
                Cell::Log => '=',
                Cell::Backup => '#',
                Cell::Damaged => '!',
                Cell::Hole => 'x',
                Cell::Absent => '.',
            })
            .collect()
    }

    #[test]
    fn a_lane_shows_backups_log_holes_and_what_is_not_there_yet() {
        let mut copy = reading("2026-11-02T00:00:00Z", "2026-11-04T00:00:00Z");
        copy.points = Some(vec![point("a", "2026-11-02T00:00:00Z"), point("b", "2026-11-06T00:00:00Z")]);
        copy.windows.as_mut().unwrap().push(window("2026-11-06T00:00:00Z", "2026-11-08T00:00:00Z"));
        assert_eq!(shown(&copy, "2026-11-01T00:00:00Z", "2026-11-11T00:00:00Z", 10), " #=xx#==..");
    }

    #[test]
    fn a_short_hole_is_seen_even_where_a_backup_ends_it() {
        let mut copy = reading("2026-11-02T00:00:00Z", "2026-11-04T00:00:00Z");
        copy.points = Some(vec![point("b", "2026-11-04T00:10:00Z")]);
        copy.windows.as_mut().unwrap().push(window("2026-11-04T00:10:00Z", "2026-11-06T00:00:00Z"));
        assert_eq!(shown(&copy, "2026-11-01T00:00:00Z", "2026-11-07T00:00:00Z", 6), " ==x==");
    }
}
