//! The backups of one copy, packed: there are tens of thousands of them, and names and options take
//! several times the room of what they say.

mod columns;

use std::hash::{Hash, Hasher};
use std::ops::Range;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use columns::{NotPoints, PointColumns};

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

#[derive(Debug, Clone, Default)]
struct List {
    packed: Vec<Packed>,
    /// All names, one after the other.
    names: String,
    /// When each began, up to the last of which it is known: some providers never say.
    started: Vec<Option<Timestamp>>,
    /// Those that are not usable, by their place; most readings have none.
    unusable: Vec<(u32, Usability)>,
}

/// One of the [`Points`], as it is looked at; the fields are those of a [`RecoveryPoint`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Point<'a> {
    /// The provider's own name or label.
    pub name: &'a str,
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

#[derive(Debug, Clone, Copy)]
struct Packed {
    at: Timestamp,
    /// Where its name ends; it begins where the one before ends.
    name_end: u32,
    size_and_kind: u64,
}

/// The size takes what the kind leaves of a number; a size of all ones, 64 PiB, stands for unknown.
const UNKNOWN_SIZE: u64 = u64::MAX >> KIND_BITS;
const KIND_BITS: u32 = 3;
const KINDS: [PointKind; 5] = [
    PointKind::Full,
    PointKind::Differential,
    PointKind::Incremental,
    PointKind::Snapshot,
    PointKind::Unknown,
];

impl Packed {
    fn new(at: Timestamp, name_end: u32, size_bytes: Option<u64>, kind: PointKind) -> Self {
        let size = size_bytes.unwrap_or(UNKNOWN_SIZE).min(UNKNOWN_SIZE);
        let kind = (0..).zip(KINDS).find_map(|(number, known)| (known == kind).then_some(number));
        Self { at, name_end, size_and_kind: (size << KIND_BITS) | kind.unwrap_or(0) }
    }

    fn size_bytes(self) -> Option<u64> {
        Some(self.size_and_kind >> KIND_BITS).filter(|size| *size != UNKNOWN_SIZE)
    }

    fn kind(self) -> PointKind {
        let number = usize::try_from(self.size_and_kind & ((1 << KIND_BITS) - 1)).ok();
        number.and_then(|number| KINDS.get(number)).copied().unwrap_or(PointKind::Unknown)
    }
}

impl List {
    fn push(&mut self, point: RecoveryPoint) {
        let RecoveryPoint { name, at, started, kind, size_bytes, usability } = point;
        if started.is_some() {
            self.started.resize(self.packed.len(), None);
            self.started.push(started);
        }
        if !usability.is_usable() {
            self.unusable.push((place(self.packed.len()), usability));
        }
        self.names.push_str(&name);
        // Names beyond four gigabytes in one copy would be cut, not mixed up.
        self.packed.push(Packed::new(at, place(self.names.len()), size_bytes, kind));
    }

    fn get(&self, place: u32) -> Option<Point<'_>> {
        let at = index(place);
        let packed = *self.packed.get(at)?;
        let before = at.checked_sub(1).and_then(|before| self.packed.get(before));
        let name = index(before.map_or(0, |before| before.name_end))..index(packed.name_end);
        let unusable = self.unusable.binary_search_by_key(&place, |(place, _)| *place).ok();
        let why = unusable.and_then(|found| self.unusable.get(found));
        Some(Point {
            name: self.names.get(name).unwrap_or_default(),
            at: packed.at,
            started: self.started.get(at).copied().flatten(),
            kind: packed.kind(),
            size_bytes: packed.size_bytes(),
            usability: why.map_or(&Usability::Usable, |(_, why)| why),
        })
    }
}

fn place(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

fn index(place: u32) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}

impl Points {
    /// Adds one behind the others.
    pub fn push(&mut self, point: RecoveryPoint) {
        if self.len() < self.list.packed.len() {
            *self = self.iter().map(Into::into).collect();
        }
        self.list.push(point);
        self.run.to += 1;
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
        let first = self.get(0).and_then(|first| others.iter().position(|other| other == first));
        let Some(first) = first else { return self };
        let (from, to) = (others.run.from + place(first), others.run.from + place(first + self.len()));
        let run = Self { list: others.list.clone(), run: Run { from, to } };
        if to <= others.run.to && run == self { run } else { self }
    }
}

impl PartialEq for Points {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other)
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

impl FromIterator<RecoveryPoint> for Points {
    fn from_iter<I: IntoIterator<Item = RecoveryPoint>>(all: I) -> Self {
        let mut list = List::default();
        all.into_iter().for_each(|point| list.push(point));
        list.packed.shrink_to_fit();
        list.names.shrink_to_fit();
        list.started.shrink_to_fit();
        let run = Run { from: 0, to: place(list.packed.len()) };
        Self { list: list.into(), run }
    }
}

impl From<Vec<RecoveryPoint>> for Points {
    fn from(all: Vec<RecoveryPoint>) -> Self {
        all.into_iter().collect()
    }
}

impl From<Point<'_>> for RecoveryPoint {
    fn from(point: Point<'_>) -> Self {
        let Point { name, at, started, kind, size_bytes, usability } = point;
        Self { name: name.to_owned(), at, started, kind, size_bytes, usability: usability.clone() }
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
    fn each_kind_and_each_size_comes_out_as_it_went_in() {
        let sizes = [None, Some(0), Some(UNKNOWN_SIZE - 1)];
        for (kind, size) in KINDS.iter().flat_map(|kind| sizes.map(|size| (*kind, size))) {
            let packed = Packed::new(Timestamp::UNIX_EPOCH, 0, size, kind);
            assert_eq!((packed.kind(), packed.size_bytes()), (kind, size));
        }
        let beyond = Packed::new(Timestamp::UNIX_EPOCH, 0, Some(u64::MAX), PointKind::Full);
        assert_eq!(beyond.size_bytes(), None, "unknown, never another size");
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
    fn a_backup_takes_little_more_than_its_name() {
        assert_eq!(size_of::<Packed>(), 24, "tens of thousands of these are held");
    }
}
