//! A list of backups, packed.

use chrono::DateTime;

use super::name::Names;
use super::table::Table;
use super::{Point, index, place};
use crate::domain::{PointKind, Timestamp, Usability};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct List {
    /// When, seconds and nanoseconds; where the name ends; size; kind.
    pub(super) table: Table,
    pub(super) names: Names,
    /// What most lists say of none.
    pub(super) rare: Option<Box<Rare>>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Rare {
    /// When each began, up to the last of which it is known.
    pub(super) started: Vec<Option<Timestamp>>,
    /// Those that are not usable, by their place.
    pub(super) unusable: Vec<(u32, Usability)>,
}

/// The first columns of a list say when: seconds, then nanoseconds.
const INSTANT: usize = 2;
/// The column that is looked at alone.
const NAME_END: usize = 2;

/// A size of all ones stands for unknown.
pub(super) const UNKNOWN_SIZE: u64 = u64::MAX;
pub(super) const KINDS: [PointKind; 5] = [
    PointKind::Full,
    PointKind::Differential,
    PointKind::Incremental,
    PointKind::Snapshot,
    PointKind::Unknown,
];

/// What a list holds, before it is packed.
#[derive(Debug, Clone, Default)]
pub(super) struct Loose {
    pub(super) at: Vec<Timestamp>,
    pub(super) sizes: Vec<Option<u64>>,
    pub(super) kinds: Vec<PointKind>,
    pub(super) rare: Rare,
}

impl Loose {
    pub(super) fn pack<'a>(self, names: impl Iterator<Item = &'a str> + Clone) -> List {
        let Self { at, sizes, kinds, rare } = self;
        let (names, ends) = Names::new(names);
        let rows = at.into_iter().zip(ends).zip(sizes).zip(kinds).map(|(((at, end), size), kind)| {
            let kind = KINDS.iter().position(|known| *known == kind).unwrap_or(KINDS.len());
            // In their order as numbers from zero on.
            let seconds = at.timestamp().wrapping_sub(i64::MIN).cast_unsigned();
            let size = size.unwrap_or(UNKNOWN_SIZE);
            [seconds, at.timestamp_subsec_nanos().into(), end.into(), size, u64::from(place(kind))]
        });
        let is_rare = !rare.started.is_empty() || !rare.unusable.is_empty();
        let table = Table::new(&rows.collect::<Vec<_>>());
        List { table, names, rare: is_rare.then(|| rare.into()) }
    }
}

impl Rare {
    /// Notes what is rare in one of the points.
    pub(super) fn note(&mut self, number: usize, started: Option<Timestamp>, usability: Usability) {
        if started.is_some() {
            self.started.resize(number, None);
            self.started.push(started);
        }
        if !usability.is_usable() {
            self.unusable.push((place(number), usability));
        }
    }

    /// When it began, and why it is not usable.
    fn get(&self, place: u32) -> (Option<Timestamp>, Option<&Usability>) {
        let found = self.unusable.binary_search_by_key(&place, |(place, _)| *place).ok();
        let why = found.and_then(|found| self.unusable.get(found)).map(|(_, why)| why);
        (self.started.get(index(place)).copied().flatten(), why)
    }
}

impl List {
    /// What orders instants.
    pub(super) fn at(&self, place: u32) -> Option<[u64; INSTANT]> {
        self.table.first(place)
    }

    /// The places of those that are not usable.
    pub(super) fn unusable(&self) -> impl Iterator<Item = u32> {
        self.rare.iter().flat_map(|rare| &rare.unusable).map(|(place, _)| *place)
    }

    pub(super) fn get(&self, place: u32) -> Option<Point<'_>> {
        let [seconds, nanos, end, size, kind] = self.table.first(place)?;
        let before = place.checked_sub(1).and_then(|before| self.table.number(before, NAME_END));
        let as_place = |end| u32::try_from(end).unwrap_or(u32::MAX);
        let (started, why) = self.rare.as_ref().map_or((None, None), |rare| rare.get(place));
        Some(Point {
            name: self.names.get(before.map(as_place), as_place(end)),
            at: DateTime::from_timestamp(
                seconds.cast_signed().wrapping_add(i64::MIN),
                nanos.try_into().ok()?,
            )?,
            started,
            kind: usize::try_from(kind).ok().and_then(|kind| KINDS.get(kind)).copied()?,
            size_bytes: Some(size).filter(|size| *size != UNKNOWN_SIZE),
            usability: why.unwrap_or(&Usability::Usable),
        })
    }
}
