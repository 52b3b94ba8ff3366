//! The backups of one copy, packed: there are tens of thousands of them, and names and options take
//! several times the room of what they say.

use std::ops::Range;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{PointKind, RecoveryPoint, Timestamp, Usability};

/// Backups in the order they were added: oldest first by `at` in a reading.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Points {
    packed: Vec<Packed>,
    /// All names, one after the other.
    names: String,
    /// When each began, up to the last of which it is known: some providers never say.
    started: Vec<Option<Timestamp>>,
    /// Those that are not usable, by their place; most readings have none.
    unusable: Vec<(usize, Usability)>,
}

/// One of the [`Points`], as it is looked at; the fields are those of a [`RecoveryPoint`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Packed {
    at: Timestamp,
    size_bytes: u64,
    /// Where its name ends; it begins where the one before ends.
    name_end: u32,
    kind: PointKind,
}

/// No backup has this size.
const UNKNOWN_SIZE: u64 = u64::MAX;

impl Points {
    /// Adds one behind the others.
    pub fn push(&mut self, point: RecoveryPoint) {
        let RecoveryPoint { name, at, started, kind, size_bytes, usability } = point;
        if started.is_some() {
            self.started.resize(self.packed.len(), None);
            self.started.push(started);
        }
        if !usability.is_usable() {
            self.unusable.push((self.packed.len(), usability));
        }
        self.names.push_str(&name);
        // Names beyond four gigabytes in one copy would be cut, not mixed up.
        let name_end = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        let size_bytes = size_bytes.unwrap_or(UNKNOWN_SIZE);
        self.packed.push(Packed { at, size_bytes, name_end, kind });
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.packed.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.packed.is_empty()
    }

    /// One of them.
    pub fn get(&self, index: usize) -> Option<Point<'_>> {
        let packed = self.packed.get(index)?;
        let before = index.checked_sub(1).and_then(|before| self.packed.get(before));
        let name = before.map_or(0, |before| before.name_end)..packed.name_end;
        let unusable = self.unusable.binary_search_by_key(&index, |(place, _)| *place).ok();
        let why = unusable.and_then(|found| self.unusable.get(found));
        Some(Point {
            name: self.names.get(bytes(name)).unwrap_or_default(),
            at: packed.at,
            started: self.started.get(index).copied().flatten(),
            kind: packed.kind,
            size_bytes: Some(packed.size_bytes).filter(|size| *size != UNKNOWN_SIZE),
            usability: why.map_or(&Usability::Usable, |(_, why)| why),
        })
    }

    /// All of them.
    pub fn iter(&self) -> Iter<'_> {
        Iter { points: self, left: 0..self.len() }
    }

    /// Those that a restore may start from.
    pub fn usable(&self) -> impl DoubleEndedIterator<Item = Point<'_>> {
        self.iter().filter(|point| point.usability.is_usable())
    }
}

fn bytes(range: Range<u32>) -> Range<usize> {
    let index = |end| usize::try_from(end).unwrap_or(usize::MAX);
    index(range.start)..index(range.end)
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
        let mut points = Self::default();
        all.into_iter().for_each(|point| points.push(point));
        points.packed.shrink_to_fit();
        points.names.shrink_to_fit();
        points.started.shrink_to_fit();
        points
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

    fn three() -> Vec<RecoveryPoint> {
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
    fn a_backup_takes_little_more_than_its_name() {
        assert_eq!(size_of::<Packed>(), 32, "tens of thousands of these are held");
    }
}
