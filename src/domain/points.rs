//! The backups of one copy, packed: there are tens of thousands of them, and names and options take
//! several times the room of what they say.

mod columns;
mod list;
mod name;
mod table;

use std::hash::{Hash, Hasher};
use std::ops::Range;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use columns::{NotPoints, PointColumns};
pub use name::Name;

use self::list::{List, Loose};
use super::{PointKind, RecoveryPoint, Shared, Timestamp, Usability};

/// Backups in the order they were added: oldest first by `at` in a reading.
#[derive(Debug, Clone, Default)]
pub struct Points {
    list: Shared<List>,
    /// Which of the list: copies of one service mostly hold the same backups, see [`Points::within`].
    run: Run,
}

/// Places in a list, from the first to before the last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Run {
    from: u32,
    to: u32,
}

/// One of the [`Points`], as it is looked at; the fields are those of a [`RecoveryPoint`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Point<'a> {
    /// The provider's own name or label.
    pub name: Name<'a>,
    /// The earliest instant it can be restored to.
    pub at: Timestamp,
    /// When it began, where known.
    pub started: Option<Timestamp>,
    /// What kind of backup.
    pub kind: PointKind,
    /// Size of the data when restored, bytes.
    pub size_bytes: Option<u64>,
    /// Whether a restore can start from it.
    pub usability: &'a Usability,
}

fn place(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

fn index(place: u32) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}

impl Points {
    /// Adds one behind the others, which are packed anew.
    pub fn push(&mut self, point: RecoveryPoint) {
        *self = self.iter().map(Into::into).chain([point]).collect();
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        index(self.run.to - self.run.from)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One of them.
    pub fn get(&self, index: usize) -> Option<Point<'_>> {
        let place = self.run.from.checked_add(u32::try_from(index).ok()?)?;
        self.list.get(place).filter(|_| place < self.run.to)
    }

    /// All of them.
    pub fn iter(&self) -> Iter<'_> {
        Iter { points: self, left: 0..self.len() }
    }

    /// Those that a restore may start from.
    pub fn usable(&self) -> impl DoubleEndedIterator<Item = Point<'_>> {
        self.iter().filter(|point| point.usability.is_usable())
    }

    /// How many a restore may start from.
    pub fn usable_count(&self) -> usize {
        self.len() - self.unusable().count()
    }

    /// The newest, whether a restore may start from it or not.
    pub fn newest(&self) -> Option<Point<'_>> {
        self.newest_of(|_| true)
    }

    /// The newest that a restore may start from.
    pub fn newest_usable(&self) -> Option<Point<'_>> {
        self.newest_of(|place| self.unusable().all(|other| other != place))
    }

    fn newest_of(&self, counts: impl Fn(u32) -> bool) -> Option<Point<'_>> {
        let places = (self.run.from..self.run.to).filter(|place| counts(*place));
        self.list.get(places.max_by_key(|place| self.list.at(*place))?)
    }

    /// The places of those that a restore may not start from.
    fn unusable(&self) -> impl Iterator<Item = u32> {
        self.list.unusable().filter(|place| (self.run.from..self.run.to).contains(place))
    }

    /// Some of them, out of the same memory; `None` where there are not so many.
    pub fn part(&self, which: Range<usize>) -> Option<Self> {
        let fits = which.start <= which.end && which.end <= self.len();
        let run = || Run { from: self.run.from + place(which.start), to: self.run.from + place(which.end) };
        fits.then(|| Self { list: self.list.clone(), run: run() })
    }

    /// Which of others these are, where they are out of the memory of those.
    pub fn place_in(&self, others: &Self) -> Option<Range<usize>> {
        let (run, whole) = (self.run, others.run);
        let is_part = self.list.is(&others.list) && whole.from <= run.from && run.to <= whole.to;
        (is_part && !self.is_empty()).then(|| index(run.from - whole.from)..index(run.to - whole.from))
    }

    /// The same backups, out of the memory of others where they are among them without a gap.
    #[must_use]
    pub fn within(self, others: &Self) -> Self {
        if self == *others {
            return others.clone();
        }
        let first = self.get(0).and_then(|first| others.iter().position(|other| other == first));
        let Some(first) = first else { return self };
        let (from, to) = (others.run.from + place(first), others.run.from + place(first + self.len()));
        let run = Self { list: others.list.clone(), run: Run { from, to } };
        if to <= others.run.to && run == self { run } else { self }
    }
}

impl PartialEq for Points {
    fn eq(&self, other: &Self) -> bool {
        // Mostly they were packed out of the same backups, and are the same in a few bytes.
        (self.run == other.run && self.list == other.list) || self.iter().eq(other)
    }
}

impl Eq for Points {}

impl Hash for Points {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.iter().for_each(|point| point.hash(state));
    }
}

/// Goes through [`Points`] from either end.
#[derive(Debug, Clone)]
pub struct Iter<'a> {
    points: &'a Points,
    left: Range<usize>,
}

impl<'a> Iterator for Iter<'a> {
    type Item = Point<'a>;

    fn next(&mut self) -> Option<Point<'a>> {
        self.points.get(self.left.next()?)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.left.size_hint()
    }
}

impl DoubleEndedIterator for Iter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.points.get(self.left.next_back()?)
    }
}

impl ExactSizeIterator for Iter<'_> {}

impl<'a> IntoIterator for &'a Points {
    type Item = Point<'a>;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl From<List> for Points {
    fn from(list: List) -> Self {
        let run = Run { from: 0, to: list.table.len() };
        Self { list: list.into(), run }
    }
}

impl<N: AsRef<str>> FromIterator<RecoveryPoint<N>> for Points {
    fn from_iter<I: IntoIterator<Item = RecoveryPoint<N>>>(all: I) -> Self {
        let (mut loose, mut names) = (Loose::default(), Vec::new());
        for (number, point) in all.into_iter().enumerate() {
            let RecoveryPoint { name, at, started, kind, size_bytes, usability } = point;
            names.push(name);
            loose.at.push(at);
            loose.sizes.push(size_bytes);
            loose.kinds.push(kind);
            loose.rare.note(number, started, usability);
        }
        loose.pack(names.iter().map(AsRef::as_ref)).into()
    }
}

impl<N: AsRef<str>> From<Vec<RecoveryPoint<N>>> for Points {
    fn from(all: Vec<RecoveryPoint<N>>) -> Self {
        all.into_iter().collect()
    }
}

impl From<Point<'_>> for RecoveryPoint {
    fn from(point: Point<'_>) -> Self {
        let Point { name, at, started, kind, size_bytes, usability } = point;
        Self { name: name.to_string(), at, started, kind, size_bytes, usability: usability.clone() }
    }
}

/// A list, as it was before it was packed.
impl Serialize for Points {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self)
    }
}

impl<'de> Deserialize<'de> for Points {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<RecoveryPoint>::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::*;
    use super::list::{KINDS, UNKNOWN_SIZE};
    use super::*;

    pub(super) fn three() -> Vec<RecoveryPoint> {
        let (first, second) = ("2026-11-07T02:31:40Z", "2026-11-08T02:31:40Z");
        let why = Usability::Damaged("page checksums".to_owned());
        vec![
            RecoveryPoint { started: Some(at(first)), size_bytes: None, ..point("été", first) },
            RecoveryPoint { usability: why, kind: PointKind::Incremental, ..point("", second) },
            point("base-3", second),
        ]
    }

    #[test]
    fn what_is_packed_comes_out_as_it_went_in_from_either_end() {
        let points = Points::from(three());
        let mut forth: Vec<RecoveryPoint> = points.iter().map(Into::into).collect();
        assert_eq!(forth, three());
        assert_eq!(points.usable().map(|point| point.name).collect::<Vec<_>>(), ["été", "base-3"]);
        let back: Vec<RecoveryPoint> = points.iter().rev().map(Into::into).collect();
        forth.reverse();
        assert_eq!((back, points.len(), points.get(3)), (forth, 3, None));
    }

    #[test]
    fn on_disk_it_is_a_plain_list() {
        let (points, plain) = (Points::from(three()), three());
        let text = serde_json::to_string(&points).unwrap();
        assert_eq!(text, serde_json::to_string(&plain).unwrap());
        assert_eq!(serde_json::from_str::<Points>(&text).unwrap(), points);
    }

    #[test]
    fn each_kind_each_size_and_each_instant_comes_out_as_it_went_in() {
        let sizes = [None, Some(0), Some(79 << 30), Some(UNKNOWN_SIZE - 1)];
        let instants = [Timestamp::MIN_UTC, Timestamp::MAX_UTC, at("1969-12-31T23:59:59.999999999Z"), now()];
        let all: Vec<RecoveryPoint> = KINDS
            .iter()
            .flat_map(|kind| sizes.map(|size_bytes| (*kind, size_bytes)))
            .flat_map(|(kind, size_bytes)| instants.map(|at| (kind, size_bytes, at)))
            .map(|(kind, size_bytes, at)| RecoveryPoint { at, kind, size_bytes, ..point("a", NOW) })
            .collect();
        let out = |points: &Points| points.iter().map(Into::into).collect::<Vec<RecoveryPoint>>();
        assert_eq!(out(&Points::from(all.clone())), all);
        for point in all {
            assert_eq!(out(&Points::from(vec![point.clone()])), [point], "alone");
        }
        let beyond = RecoveryPoint { size_bytes: Some(u64::MAX), ..point("a", NOW) };
        let size = Points::from(vec![beyond]).get(0).unwrap().size_bytes;
        assert_eq!(size, None, "unknown, never another size");
    }

    #[test]
    fn a_run_of_others_is_held_with_them_and_changes_alone() {
        let whole = Points::from(three());
        let part: Points = three().into_iter().skip(1).collect();
        let mut run = part.clone().within(&whole);
        assert_eq!((run.run, &run, run.get(2)), (Run { from: 1, to: 3 }, &part, None));
        assert_eq!(run.clone().within(&whole.clone()).run, run.run);
        assert_eq!(whole.clone().within(&run).run, whole.run, "more than there is");
        assert_eq!((run.place_in(&whole), whole.place_in(&run)), (Some(1..3), None));
        assert_eq!(
            (whole.part(1..3), whole.part(0..4), part.place_in(&whole)),
            (Some(part.clone()), None, None)
        );
        let mut other = three();
        other[1].name = "else".to_owned();
        assert_eq!(Points::from(other.clone()).within(&whole), Points::from(other));
        run.push(three().remove(0));
        assert_eq!((run.len(), run.get(0), whole.len()), (3, part.get(0), 3));
    }

    #[test]
    fn the_newest_that_is_usable_is_the_last_of_the_latest() {
        let bad =
            |name, at| RecoveryPoint { usability: Usability::Retired(String::new()), ..point(name, at) };
        let [early, late, later] = ["2026-11-07T00:00:00Z", "2026-11-08T00:00:00Z", "2026-11-08T00:00:00.5Z"];
        let all = [point("a", late), bad("b", later), point("c", early), point("d", late), bad("e", late)];
        let points = Points::from(all.to_vec());
        for (part, newest, count) in
            [(0..5, Some("d"), 3), (0..2, Some("a"), 1), (2..3, Some("c"), 1), (4..5, None, 0)]
        {
            let part = points.part(part).unwrap();
            assert_eq!(part.newest_usable(), part.usable().max_by_key(|point| point.at));
            assert_eq!(part.newest(), part.iter().max_by_key(|point| point.at));
            assert_eq!(part.newest_usable().map(|point| point.name.to_string()).as_deref(), newest);
            assert_eq!((part.usable_count(), part.usable().count()), (count, count));
        }
    }

    #[test]
    fn a_month_of_backups_takes_a_few_bytes_each() {
        let day = |day| format!("2026-11-{day:02}T02:31:40.604Z");
        let points: Points =
            (1..=30).map(|each| point(&format!("{}.pghoard", day(each)), &day(each))).collect();
        let bytes = points.list.table.bytes_held() + points.list.names.bytes_held();
        assert!(bytes < 8 * points.len(), "tens of thousands of these are held: {bytes}");
        assert!(size_of::<List>() <= 112);
    }
}
