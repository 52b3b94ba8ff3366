//! A copy as a lane of cells: what can be restored from it, column by column.

use super::scale::Scale;
use crate::domain::{Ability, CopyState, Reading, Service, Sign, StaleAfter, Timestamp, Usability, windows};

/// What one column of a lane shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// Nothing can be restored here: before the oldest point, or between two snapshots.
    Nothing,
    /// Every instant can be restored.
    Log,
    /// A backup ended here.
    Backup,
    /// A damaged backup ended here.
    Damaged,
    /// Log is missing.
    Hole,
    /// Not arrived yet.
    Absent,
    /// Not known: not read since.
    Unknown,
}

/// A lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lane {
    /// One cell for each column.
    Cells(Vec<Cell>),
    /// Why there are none.
    Words(String),
}

/// Why a copy shows nothing: it was never read.
pub(super) fn never_read(copy: &CopyState) -> String {
    let outcome = copy.attempt.outcome.as_str().replace('_', " ");
    match &copy.attempt.error {
        Some(error) => format!("never read: {outcome}, {error}"),
        None if copy.attempt.at.is_none() => "not read yet".to_owned(),
        None => format!("never read: {outcome}"),
    }
}

/// What is said where there is no copy in another region.
pub const NO_SECONDARY: &str = "no copy in another region";

/// Why there is no copy in another region.
pub fn no_secondary(service: &Service) -> String {
    let here = service.primary.as_ref().and_then(|copy| copy.last_good.as_ref());
    if here.is_some_and(|reading| reading.ability == Ability::ByDesignNone) {
        return "no backups by design".to_owned();
    }
    let because = service.facts.as_ref().and_then(|facts| facts.no_secondary_because.as_deref());
    because.map_or_else(|| NO_SECONDARY.to_owned(), |because| format!("{NO_SECONDARY}: {because}"))
}

/// The lane of a copy.
pub fn lane(copy: &CopyState, scale: &Scale, now: Timestamp, stale_after: &StaleAfter) -> Lane {
    let Some(reading) = &copy.last_good else { return Lane::Words(never_read(copy)) };
    match (reading.ability, &reading.windows, &reading.points) {
        (Ability::ByDesignNone, ..) => return Lane::Words("no backups by design".to_owned()),
        (Ability::Unread, ..) => {
            return Lane::Words("backups of this kind of service are not read yet".to_owned());
        }
        (_, None, None) => return Lane::Words("what can be restored is not known".to_owned()),
        _ => {}
    }
    let unread_from = copy.is_old(now, stale_after).then_some(reading.as_of);
    let mut cells: Vec<Cell> =
        (0..scale.columns()).map(|column| cell(reading, scale, column, unread_from, now)).collect();
    mark_backups(reading, scale, &mut cells);
    Lane::Cells(cells)
}

fn cell(
    reading: &Reading,
    scale: &Scale,
    column: u16,
    unread_from: Option<Timestamp>,
    now: Timestamp,
) -> Cell {
    let (from, to) = (scale.start_of(column), scale.start_of(column + 1));
    if from > now {
        return Cell::Nothing;
    }
    let unread = unread_from.is_some_and(|since| to > since);
    if reading.ability == Ability::Snapshots {
        return between_snapshots(reading, from, unread);
    }
    let Some(windows) = &reading.windows else { return Cell::Unknown };
    let mut holes = windows::holes(windows);
    if holes.any(|hole| hole.after < to && hole.before > from) {
        return Cell::Hole;
    }
    if windows.iter().any(|window| window.from.at < to && window.to.at >= from) {
        return Cell::Log;
    }
    match windows.last() {
        Some(last) if from > last.to.at && unread => Cell::Unknown,
        Some(last) if from > last.to.at && ends_in_a_gap(reading) => Cell::Hole,
        // It reached up to when it was read: nothing is late.
        Some(last) if last.to.at >= reading.as_of => Cell::Nothing,
        Some(last) if from > last.to.at => Cell::Absent,
        None if unread => Cell::Unknown,
        _ => Cell::Nothing,
    }
}

fn between_snapshots(reading: &Reading, from: Timestamp, unread: bool) -> Cell {
    let Some(points) = &reading.points else { return Cell::Unknown };
    let newest = points.usable().map(|point| point.at).max();
    match newest {
        Some(newest) if from <= newest => Cell::Nothing,
        _ if unread => Cell::Unknown,
        Some(_) => Cell::Absent,
        None => Cell::Nothing,
    }
}

/// Log arrived after the newest window and cannot be reached.
fn ends_in_a_gap(reading: &Reading) -> bool {
    reading.signs.iter().any(|sign| matches!(sign, Sign::LogGap { ends_window: true, confirmed: true, .. }))
}

/// Backups stand over log. A hole stays visible: over it a backup is marked only where the hole is
/// wider than the column.
fn mark_backups(reading: &Reading, scale: &Scale, cells: &mut [Cell]) {
    for point in reading.points.iter().flatten() {
        let mark = match point.usability {
            Usability::Usable => Cell::Backup,
            Usability::Damaged(_) => Cell::Damaged,
            Usability::Retired(_) => continue,
        };
        let Some(column) = scale.column(point.at).map(usize::from) else { continue };
        let hole = |column: Option<usize>| column.and_then(|column| cells.get(column)) == Some(&Cell::Hole);
        let only_here = hole(Some(column)) && !hole(column.checked_sub(1)) && !hole(column.checked_add(1));
        if let Some(cell) = cells.get_mut(column).filter(|_| !only_here)
            && *cell != Cell::Backup
        {
            *cell = mark;
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::sample::*;
    use crate::domain::{Outcome, Points, RecoveryPoint};

    use super::*;

    /// One letter a cell, hours from 00:00 to 12:04.
    fn drawn(copy: &CopyState) -> String {
        let scale = Scale::ending(now(), 3600, 13);
        match lane(copy, &scale, now(), &STALE) {
            Lane::Words(words) => words,
            Lane::Cells(cells) => cells
                .iter()
                .map(|cell| match cell {
                    Cell::Nothing => ' ',
                    Cell::Log => '=',
                    Cell::Backup => '#',
                    Cell::Damaged => '!',
                    Cell::Hole => 'x',
                    Cell::Absent => '.',
                    Cell::Unknown => '?',
                })
                .collect(),
        }
    }

    fn day(hour: u32, minute: u32) -> String {
        format!("2026-11-20T{hour:02}:{minute:02}:00Z")
    }

    #[test]
    fn log_between_its_edges_and_the_backup_it_starts_from() {
        let copy = copy("east", reading(&day(2, 10), &day(10, 30)));
        assert_eq!(drawn(&copy), "  #========..");
    }

    #[test]
    fn r10_a_hole_is_shown_however_short_it_is() {
        let mut short = reading(&day(2, 10), &day(5, 10));
        short.windows.as_mut().unwrap().push(window(&day(5, 20), &day(12, 4)));
        short.points.as_mut().unwrap().push(point("at the end of the hole", &day(5, 20)));
        assert_eq!(drawn(&copy("east", short)), "  #==x=======");
        let mut long = reading(&day(2, 10), &day(5, 10));
        long.windows.as_mut().unwrap().push(window(&day(8, 20), &day(12, 4)));
        long.points.as_mut().unwrap().push(point("at the end of the hole", &day(8, 20)));
        assert_eq!(drawn(&copy("east", long)), "  #==xxx#====");
    }

    #[test]
    fn log_behind_a_gap_that_ends_the_window_is_a_hole() {
        let mut gap = reading(&day(2, 10), &day(10, 30));
        gap.signs.push(Sign::LogGap {
            first: "a".to_owned(),
            last: "b".to_owned(),
            count: 1,
            ends_window: true,
            confirmed: true,
        });
        assert_eq!(drawn(&copy("east", gap)), "  #========xx");
    }

    #[test]
    fn s8_an_open_window_lacks_nothing_since_it_was_read() {
        let read = |to: &str| Reading { as_of: at(&day(12, 3)), ..reading(&day(2, 10), to) };
        let lane = |copy: &CopyState| match lane(copy, &Scale::ending(now(), 60, 4), now(), &STALE) {
            Lane::Cells(cells) => cells,
            Lane::Words(words) => panic!("{words}"),
        };
        let [log, nothing, absent] = [Cell::Log, Cell::Nothing, Cell::Absent];
        let (open, behind) = (copy("west", read(&day(12, 3))), copy("west", read(&day(12, 2))));
        assert_eq!(lane(&open), [log, log, log, nothing]);
        assert_eq!(lane(&behind), [log, log, absent, absent]);
    }

    #[test]
    fn s3_what_was_not_read_since_is_unknown() {
        let mut old = copy("east", Reading { as_of: at(&day(9, 0)), ..reading(&day(2, 10), &day(8, 30)) });
        assert_eq!(drawn(&old), "  #======????");
        old.last_good = None;
        old.attempt.outcome = Outcome::TimedOut;
        assert_eq!(drawn(&old), "never read: timed out");
        assert_eq!(drawn(&CopyState::unread("east", "east", None)), "not read yet");
    }

    #[test]
    fn s4_snapshots_are_marks_with_nothing_between() {
        let mut taken = snapshots(&[&day(1, 0), &day(4, 0), &day(7, 0)]);
        assert_eq!(drawn(&copy("east", taken.clone())), " #  #  #.....");
        taken.points.as_mut().unwrap().push(RecoveryPoint {
            usability: Usability::Damaged("shards".to_owned()),
            ..point("bad", &day(10, 0))
        });
        assert_eq!(drawn(&copy("east", taken)), " #  #  #..!..");
    }

    #[test]
    fn unknown_windows_and_no_windows_are_told_apart() {
        let mut reading = reading(&day(2, 10), &day(10, 30));
        reading.windows = Some(Vec::new().into());
        reading.points = Some(Points::default());
        assert_eq!(drawn(&copy("east", reading.clone())), " ".repeat(13));
        reading.windows = None;
        reading.points = Some(vec![point("base", &day(3, 0))].into());
        assert_eq!(drawn(&copy("east", reading)), "???#?????????");
    }
}
