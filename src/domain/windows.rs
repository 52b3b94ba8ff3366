//! The algebra of restore windows (S4): a list of ranges, oldest first and disjoint, where holes
//! are real and offer no instant.

use super::{Timestamp, Window};

/// Where an instant lies in a list of windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'a> {
    /// Inside this window.
    Inside(&'a Window),
    /// Before the first window.
    Before(&'a Window),
    /// Between two windows.
    Hole(&'a Window, &'a Window),
    /// After the last window.
    After(&'a Window),
    /// There are no windows at all.
    Nowhere,
}

/// A range that no window covers, both ends excluded: they are the bounds of its neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hole {
    /// The end of the window before.
    pub after: Timestamp,
    /// The start of the window behind.
    pub before: Timestamp,
}

/// Puts windows in order, oldest first, and joins those that overlap or touch.
///
/// The joined window keeps the earlier start, and the later end with its reason, grade and edge.
/// Windows that end before they start are dropped: they offer no instant.
pub fn normalize(mut windows: Vec<Window>) -> Vec<Window> {
    windows.retain(|window| window.from.at <= window.to.at);
    windows.sort_by_key(|window| window.from.at);
    let mut joined: Vec<Window> = Vec::with_capacity(windows.len());
    for window in windows {
        match joined.last_mut() {
            Some(last) if window.from.at <= last.to.at => {
                if window.to.at > last.to.at {
                    last.to = window.to;
                    last.to_is = window.to_is;
                }
            }
            _ => joined.push(window),
        }
    }
    joined
}

/// Where `at` lies.
pub fn place(windows: &[Window], at: Timestamp) -> Place<'_> {
    let next = windows.partition_point(|window| window.from.at <= at);
    let before = next.checked_sub(1).and_then(|index| windows.get(index));
    match (before, windows.get(next)) {
        (Some(window), _) if at <= window.to.at => Place::Inside(window),
        (Some(left), Some(right)) => Place::Hole(left, right),
        (Some(last), None) => Place::After(last),
        (None, Some(first)) => Place::Before(first),
        (None, None) => Place::Nowhere,
    }
}

/// Whether `at` lies in a window.
pub fn contains(windows: &[Window], at: Timestamp) -> bool {
    matches!(place(windows, at), Place::Inside(_))
}

/// The nearest instant at or before `at` that can be asked for as a time (R10, S11).
pub fn earlier(windows: &[Window], at: Timestamp) -> Option<Timestamp> {
    let times = windows.iter().rev().filter_map(Window::times);
    times.filter(|(first, _)| *first <= at).map(|(_, last)| last.min(at)).next()
}

/// The nearest instant at or after `at` that can be asked for as a time (R10, S11).
pub fn later(windows: &[Window], at: Timestamp) -> Option<Timestamp> {
    let times = windows.iter().filter_map(Window::times);
    times.filter(|(_, last)| *last >= at).map(|(first, _)| first.max(at)).next()
}

/// The ranges between the windows, oldest first.
pub fn holes(windows: &[Window]) -> impl Iterator<Item = Hole> {
    windows
        .iter()
        .zip(windows.iter().skip(1))
        .map(|(left, right)| Hole { after: left.to.at, before: right.from.at })
}

/// The parts of the windows within `from..=to`. A cut edge keeps its grade; its reason says why it was cut.
pub fn clip(windows: &[Window], from: Timestamp, to: Timestamp, reason: &'static str) -> Vec<Window> {
    windows
        .iter()
        .filter(|window| window.from.at <= to && window.to.at >= from)
        .map(|window| {
            let mut part = window.clone();
            if part.from.at < from {
                part.from.at = from;
                part.from.nearest_time = part.from.nearest_time.filter(|time| *time > from);
                part.from.reason = reason.into();
            }
            if part.to.at > to {
                part.to.at = to;
                part.to.nearest_time = part.to.nearest_time.filter(|time| *time < to);
                part.to_is = super::Edge::Exact;
                part.to.reason = reason.into();
            }
            part
        })
        .filter(|part| part.from.at <= part.to.at)
        .collect()
}

/// The latest instant strictly before a bad moment that can be asked for as a time (S14), to the microsecond.
pub fn before_bad_moment(windows: &[Window], bad: Timestamp) -> Option<Timestamp> {
    earlier(windows, bad - chrono::TimeDelta::microseconds(1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Bound, Edge, Grade};
    use super::*;

    fn second(count: i64) -> Timestamp {
        chrono::DateTime::from_timestamp(1_795_000_000 + count, 0).unwrap()
    }

    fn window(from: i64, to: i64) -> Window {
        let bound = |at| Bound::new(second(at), Grade::Claimed, "sample");
        Window { from: bound(from), to: bound(to), to_is: Edge::Exact }
    }

    /// A window of a database that takes as a time only what lies within.
    fn named(from: i64, to: i64) -> Window {
        let mut window = window(from, to);
        window.from = window.from.by_name(second(from + 1));
        window.to = window.to.by_name(second(to) - chrono::TimeDelta::microseconds(1));
        window
    }

    fn spans(windows: &[Window]) -> Vec<(i64, i64)> {
        let base = second(0).timestamp();
        windows.iter().map(|w| (w.from.at.timestamp() - base, w.to.at.timestamp() - base)).collect()
    }

    #[test]
    fn r10_the_nearest_instants_of_every_place() {
        let windows = [window(10, 20), window(30, 40)];
        for (at, earlier_at, later_at) in [
            (5, None, Some(10)),
            (10, Some(10), Some(10)),
            (20, Some(20), Some(20)),
            (25, Some(20), Some(30)),
            (30, Some(30), Some(30)),
            (41, Some(40), None),
        ] {
            assert_eq!(earlier(&windows, second(at)), earlier_at.map(second), "before {at}");
            assert_eq!(later(&windows, second(at)), later_at.map(second), "after {at}");
        }
        assert_eq!(place(&[], second(1)), Place::Nowhere);
    }

    #[test]
    fn s11_no_bound_is_proposed_that_has_only_a_name() {
        let windows = [named(10, 20), named(30, 30), named(40, 50)];
        let micro = chrono::TimeDelta::microseconds(1);
        let (first, last) = (second(20) - micro, second(50) - micro);
        for (at, earlier_at, later_at) in [
            (second(5), None, Some(second(11))),
            (second(10), None, Some(second(11))),
            (second(11) - micro, None, Some(second(11))),
            (second(11), Some(second(11)), Some(second(11))),
            (first, Some(first), Some(first)),
            (second(20), Some(first), Some(second(41))),
            // Nothing but a backup, which has a name.
            (second(30), Some(first), Some(second(41))),
            (second(40), Some(first), Some(second(41))),
            (second(50), Some(last), None),
        ] {
            assert_eq!((earlier(&windows, at), later(&windows, at)), (earlier_at, later_at), "{at}");
        }
        assert_eq!(before_bad_moment(&windows, second(41)), Some(first));
        let cut = clip(&windows, second(15), second(45), "asked for");
        assert_eq!(cut[0].times(), Some((second(15), first)));
        assert_eq!(cut[2].times(), Some((second(41), second(45))));
    }

    #[test]
    fn s4_windows_that_touch_are_one_and_the_later_end_wins() {
        let mut late = window(20, 50);
        late.to_is = Edge::AtMost;
        let joined = normalize(vec![late, window(60, 70), window(10, 20), window(15, 30), window(9, 8)]);
        assert_eq!(spans(&joined), [(10, 50), (60, 70)]);
        assert_eq!(joined[0].to_is, Edge::AtMost);
    }

    #[test]
    fn a_cut_edge_says_why_and_is_exact() {
        let mut open = window(10, 40);
        open.to_is = Edge::AtMost;
        let cut = clip(&[open, window(60, 70)], second(20), second(30), "asked for");
        assert_eq!(spans(&cut), [(20, 30)]);
        assert_eq!((&*cut[0].to.reason, cut[0].to_is), ("asked for", Edge::Exact));
    }

    #[test]
    fn s14_a_point_before_the_bad_moment_lies_strictly_before_it() {
        let windows = [window(10, 20), window(30, 40)];
        let chosen = before_bad_moment(&windows, second(35)).unwrap();
        assert_eq!(second(35) - chosen, chrono::TimeDelta::microseconds(1));
        assert_eq!(before_bad_moment(&windows, second(30)), Some(second(20)));
        assert_eq!(before_bad_moment(&windows, second(10)), None);
    }

    fn any_windows() -> impl Strategy<Value = Vec<Window>> {
        let any = (0_i64..500, 0_i64..60, any::<bool>());
        let make = |(from, length, by_name)| {
            if by_name { named(from, from + length) } else { window(from, from + length) }
        };
        proptest::collection::vec(any.prop_map(make), 0..12)
    }

    proptest! {
        #[test]
        fn normal_windows_are_ordered_disjoint_and_cover_what_was_given(given in any_windows(), at in 0_i64..600) {
            let normal = normalize(given.clone());
            prop_assert!(normal.iter().all(|w| w.from.at <= w.to.at));
            prop_assert!(holes(&normal).all(|hole| hole.after < hole.before));
            let covered = given.iter().any(|w| w.from.at <= second(at) && second(at) <= w.to.at);
            prop_assert_eq!(contains(&normal, second(at)), covered);
        }

        #[test]
        fn a_hole_offers_no_instant_and_neighbours_do(given in any_windows()) {
            let normal = normalize(given);
            for hole in holes(&normal) {
                let inside = hole.after + (hole.before - hole.after) / 2;
                prop_assert!(inside == hole.after || !contains(&normal, inside));
                prop_assert!(contains(&normal, hole.after) && contains(&normal, hole.before));
            }
        }

        #[test]
        fn adding_a_window_never_shrinks_what_is_covered(given in any_windows(), from in 0_i64..500, length in 0_i64..60, at in 0_i64..600) {
            let before = normalize(given.clone());
            let mut more = given;
            more.push(window(from, from + length));
            let after = normalize(more);
            prop_assert!(!contains(&before, second(at)) || contains(&after, second(at)));
        }

        #[test]
        fn nearest_instants_can_be_asked_for_and_nothing_nearer(given in any_windows(), at in 0_i64..600) {
            let windows = normalize(given);
            let takes = |at| windows.iter().filter_map(Window::times).any(|(first, last)| first <= at && at <= last);
            let asked = second(at);
            for found in [earlier(&windows, asked), later(&windows, asked)].into_iter().flatten() {
                prop_assert!(takes(found) && contains(&windows, found));
                prop_assert!(found == asked || !takes(asked));
                // Each is its own nearest.
                prop_assert_eq!((earlier(&windows, found), later(&windows, found)), (Some(found), Some(found)));
            }
            prop_assert!(earlier(&windows, asked).is_none_or(|found| found <= asked));
            prop_assert!(later(&windows, asked).is_none_or(|found| found >= asked));
            for between in 1..60 {
                let (before, after) = (second(at - between), second(at + between));
                prop_assert!(!takes(before) || earlier(&windows, asked).is_some_and(|found| found >= before));
                prop_assert!(!takes(after) || later(&windows, asked).is_some_and(|found| found <= after));
            }
        }

        #[test]
        fn clipping_stays_within_what_was_given_and_asked(given in any_windows(), from in 0_i64..600, length in 0_i64..100, at in 0_i64..700) {
            let windows = normalize(given);
            let (low, high) = (second(from), second(from + length));
            let wanted = contains(&windows, second(at)) && low <= second(at) && second(at) <= high;
            prop_assert_eq!(contains(&clip(&windows, low, high, "cut"), second(at)), wanted);
        }
    }
}
