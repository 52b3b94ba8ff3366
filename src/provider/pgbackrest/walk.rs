//! The walk over a repository's log: how far it reaches without a gap from each backup.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use super::wal::{Place, Segment, Switch};
use crate::domain::{Branch, Timestamp};

/// All log of one archive: every whole segment that was listed, and where timelines began.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Log {
    segments: BTreeMap<Place, Segment>,
    /// As the histories tell them.
    switches: Vec<Switch>,
    /// The same between timelines that hold log.
    links: Vec<Switch>,
    /// When each folder was listed, by its first segment; empty = all of it just now.
    listed: BTreeMap<Place, Timestamp>,
}

/// A stretch of log without a gap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    places: BTreeSet<Place>,
    /// Its last segment.
    pub end: Place,
}

/// Segments that are missing before later ones of the same timeline or of one that left it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// The first missing one.
    pub first: Place,
    /// How many are missing.
    pub count: u64,
}

impl Gap {
    /// The last missing one.
    pub const fn last(&self) -> Place {
        Place { timeline: self.first.timeline, number: self.first.number + self.count - 1 }
    }
}

impl Run {
    /// Whether this stretch holds the place.
    pub fn holds(&self, place: Place) -> bool {
        self.places.contains(&place)
    }

    /// Its places, in order of timeline and number.
    pub fn places(&self) -> impl DoubleEndedIterator<Item = Place> {
        self.places.iter().copied()
    }
}

impl Log {
    /// The log made of these segments and switches.
    pub fn new(segments: impl IntoIterator<Item = Segment>, switches: Vec<Switch>) -> Self {
        let segments: BTreeMap<_, _> = segments.into_iter().map(|segment| (segment.place, segment)).collect();
        let links = links(&segments, &switches);
        Self { segments, switches, links, listed: BTreeMap::new() }
    }

    /// The same, of folders that were listed then: each by its first segment.
    #[must_use]
    pub fn listed(self, dates: BTreeMap<Place, Timestamp>) -> Self {
        Self { listed: dates, ..self }
    }

    /// When the part of these places was listed that was listed first.
    pub fn oldest_listing(&self, places: impl Iterator<Item = Place>) -> Option<Timestamp> {
        let listed_at = |place| self.listed.range(..=place).next_back().map(|(_, at)| *at);
        places.filter_map(listed_at).min()
    }

    /// Whether nothing was listed.
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// The segment at a place.
    pub fn get(&self, place: Place) -> Option<&Segment> {
        self.segments.get(&place)
    }

    /// The first missing segment between two places of one timeline, both included.
    pub fn missing_between(&self, first: Place, last: Place) -> Option<Place> {
        (first.number..=last.number)
            .map(|number| Place { timeline: first.timeline, number })
            .find(|place| !self.segments.contains_key(place))
    }

    /// The stretch without a gap that begins at a place, or nothing when that is missing itself. It
    /// follows a younger timeline unless the older one is still being written, when nobody can tell
    /// which is right and the older one, the backup's own, is kept.
    pub fn run(&self, from: Place) -> Option<Run> {
        if !self.segments.contains_key(&from) {
            return None;
        }
        let contested = self.contested();
        let (mut places, mut at) = (BTreeSet::from([from]), from);
        while let Some(next) = self.step(at, &contested) {
            places.insert(next);
            at = next;
        }
        Some(Run { places, end: at })
    }

    /// What comes after a place: the beginning of a younger timeline, else the next segment. A timeline
    /// that branches off in a segment begins with a copy of that segment.
    fn step(&self, at: Place, contested: &[(u32, u32)]) -> Option<Place> {
        let next = at.next();
        let branch = self
            .links
            .iter()
            .filter(|switch| switch.parent == at.timeline)
            .filter(|switch| switch.number == at.number || switch.number == next.number)
            .filter(|switch| !contested.contains(&(switch.parent, switch.child)))
            .map(|switch| Place { timeline: switch.child, number: switch.number })
            .filter(|place| self.segments.contains_key(place))
            .max();
        // A branch within the next segment is entered from here, one within this segment from here too.
        branch.or_else(|| self.segments.contains_key(&next).then_some(next))
    }

    /// How a timeline began, where its first segment is still stored.
    pub fn branch(&self, timeline: u32) -> Option<Branch> {
        let switch = self.switches.iter().find(|switch| switch.child == timeline)?;
        let first = self.get(Place { timeline, number: switch.number })?;
        Some(Branch {
            parent: switch.parent,
            segment: switch.number,
            content: first.content().map(str::to_owned),
            stored_at: first.stored_at,
        })
    }

    /// Pairs of timelines, parent and child, that both received log after the child had begun.
    fn contested(&self) -> Vec<(u32, u32)> {
        let of = |timeline: u32| self.segments.range(on(timeline, 0));
        self.links
            .iter()
            .filter(|switch| {
                let began = of(switch.child).filter_map(|(_, segment)| segment.stored_at).min();
                let old = of(switch.parent)
                    .filter(|(place, _)| place.number >= switch.number)
                    .filter_map(|(_, segment)| segment.stored_at)
                    .max();
                began.zip(old).is_some_and(|(began, old)| old > began)
            })
            .map(|switch| (switch.parent, switch.child))
            .collect()
    }

    /// The timelines that receive log beside each other; empty when there is no doubt.
    pub fn rival_timelines(&self) -> Vec<u32> {
        let rivals: BTreeSet<_> =
            self.contested().into_iter().flat_map(|(parent, child)| [parent, child]).collect();
        rivals.into_iter().collect()
    }

    /// The gap that ends a stretch, when later segments are stored: of its timeline, or of a younger one that
    /// left it and is not its rival.
    pub fn gap_after(&self, run: &Run) -> Option<Gap> {
        let contested = self.contested();
        let followed: Vec<_> =
            self.links.iter().filter(|link| !contested.contains(&(link.parent, link.child))).collect();
        // Of one that left it within the stretch the copy of that segment is missing, or it had been entered.
        let not_entered = followed
            .iter()
            .filter(|link| run.holds(Place { timeline: link.parent, number: link.number }))
            .filter(|link| link.child > run.end.timeline)
            .map(|link| Place { timeline: link.child, number: link.number })
            .max();
        let mut first = not_entered.unwrap_or_else(|| run.end.next());
        loop {
            let stored = self.segments.range(on(first.timeline, first.number)).next();
            let left = followed
                .iter()
                .filter(|link| link.parent == first.timeline && link.number >= first.number)
                .map(|link| (link.number, link.child));
            let (number, timeline) =
                stored.map(|(place, _)| (place.number, place.timeline)).into_iter().chain(left).min()?;
            if number > first.number {
                return Some(Gap { first: self.written_as(first), count: number - first.number });
            }
            if timeline == first.timeline {
                return None;
            }
            first.timeline = timeline;
        }
    }

    /// Where a segment belongs that a timeline needs: before it began, to the one that it left.
    fn written_as(&self, mut place: Place) -> Place {
        let older = |place: Place| {
            let began = |switch: &&Switch| switch.child == place.timeline && switch.number > place.number;
            Some(self.switches.iter().find(began)?.parent).filter(|parent| *parent < place.timeline)
        };
        while let Some(timeline) = older(place) {
            place.timeline = timeline;
        }
        place
    }
}

/// The places of a timeline from a number on.
const fn on(timeline: u32, number: u64) -> RangeInclusive<Place> {
    Place { timeline, number }..=Place { timeline, number: u64::MAX }
}

/// Where each timeline that holds log left the next older one that holds some: of one between them that was left
/// before a segment of it was stored nothing is there, and nothing of it need be where both began in one segment.
fn links(segments: &BTreeMap<Place, Segment>, switches: &[Switch]) -> Vec<Switch> {
    let holds_log = |timeline: u32| segments.range(on(timeline, 0)).next().is_some();
    let mut switches: Vec<_> = switches.iter().filter(|switch| switch.child > switch.parent).collect();
    switches.sort_unstable_by_key(|switch| switch.child);
    let mut links: BTreeMap<u32, Switch> = BTreeMap::new();
    for switch in switches {
        // An older timeline has the lower number, so that its own link is there already.
        let over = links.get(&switch.parent).filter(|_| !holds_log(switch.parent));
        let link = over.map_or(*switch, |older| Switch {
            child: switch.child,
            parent: older.parent,
            number: older.number.min(switch.number),
        });
        links.insert(switch.child, link);
    }
    links.into_values().filter(|link| holds_log(link.child)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Segments written as (timeline, number, stored at).
    fn log(segments: &[(u32, u64, i64)], switches: &[(u32, u32, u64)]) -> Log {
        Log::new(
            segments.iter().map(|&(timeline, number, at)| Segment {
                place: Place { timeline, number },
                name: String::new(),
                file: String::new(),
                stored_at: Timestamp::from_timestamp(at, 0),
            }),
            switches.iter().map(|&(child, parent, number)| Switch { child, parent, number }).collect(),
        )
    }

    fn at(timeline: u32, number: u64) -> Place {
        Place { timeline, number }
    }

    /// The first and the last segment that are missing after the stretch that begins there.
    fn gap(log: &Log, from: Place) -> Option<(Place, Place)> {
        let gap = log.gap_after(&log.run(from).unwrap())?;
        assert_eq!(gap.count, gap.last().number - gap.first.number + 1);
        Some((gap.first, gap.last()))
    }

    #[test]
    fn a_run_ends_at_the_first_missing_segment() {
        let log = log(&[(1, 3, 3), (1, 4, 4), (1, 5, 5), (1, 9, 9), (1, 10, 10)], &[]);
        assert_eq!(log.run(at(1, 3)).unwrap().end, at(1, 5));
        assert_eq!(gap(&log, at(1, 3)), Some((at(1, 6), at(1, 8))));
        assert_eq!(gap(&log, at(1, 9)), None);
        assert_eq!(log.run(at(1, 6)), None);
        assert_eq!(log.missing_between(at(1, 3), at(1, 7)), Some(at(1, 6)));
    }

    #[test]
    fn a_timeline_switch_is_no_gap() {
        // The old timeline's last segment is partial and so not whole in the archive.
        let inside_next = log(&[(1, 3, 3), (1, 4, 4), (2, 5, 6), (2, 6, 7)], &[(2, 1, 5)]);
        assert_eq!(inside_next.run(at(1, 3)).unwrap().end, at(2, 6));
        // It was completed before the switch was archived.
        let inside_this = log(&[(1, 3, 3), (1, 4, 4), (1, 5, 5), (2, 5, 6), (2, 6, 7)], &[(2, 1, 5)]);
        let run = inside_this.run(at(1, 3)).unwrap();
        assert_eq!((run.end, inside_this.rival_timelines()), (at(2, 6), vec![]));
        // Twice.
        let twice = log(&[(1, 3, 3), (2, 4, 4), (2, 5, 5), (3, 6, 6)], &[(2, 1, 4), (3, 2, 6)]);
        assert_eq!(twice.run(at(1, 3)).unwrap().end, at(3, 6));
    }

    #[test]
    fn log_that_a_failover_gave_up_is_no_rival() {
        let log = log(&[(1, 3, 3), (1, 4, 4), (1, 5, 5), (2, 4, 8), (2, 5, 9)], &[(2, 1, 4)]);
        assert_eq!(log.run(at(1, 3)).unwrap().end, at(2, 5));
        assert_eq!(log.rival_timelines(), Vec::<u32>::new());
    }

    #[test]
    fn two_written_timelines_are_rivals_and_the_backups_own_is_kept() {
        let log = log(&[(1, 3, 3), (1, 4, 4), (2, 4, 5), (1, 5, 6), (2, 5, 7)], &[(2, 1, 4)]);
        assert_eq!(log.rival_timelines(), vec![1, 2]);
        assert_eq!(log.run(at(1, 3)).unwrap().end, at(1, 5));
    }

    #[test]
    fn a_branch_off_before_the_beginning_is_not_entered() {
        let log = log(&[(1, 5, 5), (1, 6, 6), (2, 3, 3), (2, 4, 4)], &[(2, 1, 3)]);
        assert_eq!(log.run(at(1, 5)).unwrap().end, at(1, 6));
    }

    #[test]
    fn s15_a_gap_right_before_a_switch_ends_the_window_of_the_old_timeline() {
        // 5 was never archived: its primary died, and the promoted standby archives from its switch in 6 on.
        let never = log(&[(1, 3, 3), (1, 4, 4), (2, 6, 8), (2, 7, 9)], &[(2, 1, 6)]);
        assert_eq!(never.run(at(1, 3)).unwrap().end, at(1, 4));
        assert_eq!(gap(&never, at(1, 3)), Some((at(1, 5), at(1, 5))));
        assert_eq!(gap(&never, at(2, 6)), None, "a backup of the new timeline needs nothing of it");
        // What the old primary wrote beyond the switch leads nowhere.
        let beyond = log(&[(1, 3, 3), (1, 4, 4), (1, 8, 5), (2, 6, 8)], &[(2, 1, 6)]);
        assert_eq!(gap(&beyond, at(1, 3)), Some((at(1, 5), at(1, 5))));
        // It still writes: then the younger one is its rival, and says nothing of its gaps.
        let rivals = log(&[(1, 3, 3), (1, 4, 4), (1, 8, 10), (2, 6, 8)], &[(2, 1, 6)]);
        assert_eq!(gap(&rivals, at(1, 3)), Some((at(1, 5), at(1, 7))));
    }

    #[test]
    fn s15_a_younger_timeline_without_its_first_segment_cannot_be_entered() {
        for old in [vec![(1, 3, 3), (1, 4, 4)], vec![(1, 3, 3), (1, 4, 4), (1, 5, 5), (1, 6, 6)]] {
            let stored = [old, vec![(2, 7, 8), (2, 8, 9)]].concat();
            let lost = log(&stored, &[(2, 1, 5)]);
            assert_eq!(gap(&lost, at(1, 3)), Some((at(2, 5), at(2, 6))), "{stored:?}");
        }
        let rivals = log(&[(1, 3, 3), (1, 4, 4), (1, 5, 9), (2, 6, 8)], &[(2, 1, 5)]);
        assert_eq!((gap(&rivals, at(1, 3)), rivals.rival_timelines()), (None, vec![1, 2]));
        let before_it = log(&[(1, 5, 5), (1, 6, 6), (2, 4, 7)], &[(2, 1, 3)]);
        assert_eq!(gap(&before_it, at(1, 5)), None, "it left the old one before the backup");
    }

    #[test]
    fn a_timeline_that_stored_no_segment_is_passed_where_it_was_left_in_the_segment_it_began_in() {
        let twice = [(2, 1, 5), (3, 2, 5)];
        let passed = log(&[(1, 3, 3), (1, 4, 4), (3, 5, 8), (3, 6, 9)], &twice);
        assert_eq!((passed.run(at(1, 3)).unwrap().end, gap(&passed, at(1, 3))), (at(3, 6), None));
        let rivals = log(&[(1, 3, 3), (1, 4, 4), (1, 5, 9), (3, 5, 8)], &twice);
        assert_eq!(rivals.run(at(1, 3)).unwrap().end, at(1, 5));
        assert_eq!(rivals.rival_timelines(), vec![1, 3]);
        // It wrote more, and nothing of it was archived.
        let lost = log(&[(1, 3, 3), (1, 4, 4), (3, 8, 8), (3, 9, 9)], &[(2, 1, 5), (3, 2, 8)]);
        assert_eq!(lost.run(at(1, 3)).unwrap().end, at(1, 4));
        assert_eq!(gap(&lost, at(1, 3)), Some((at(2, 5), at(2, 7))));
    }
}
