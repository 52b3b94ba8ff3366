//! The backups of one copy as they are kept: column by column, so that a thousand lists are read in a moment.

use std::borrow::Cow;

use chrono::{DateTime, TimeDelta};
use serde::{Deserialize, Serialize};

use super::list::{Loose, Rare};
use super::{Points, index, place};
use crate::domain::{PointKind, Timestamp, Usability};

/// What each of the [`Points`] says, column by column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PointColumns<'a> {
    /// All names, one after the other.
    #[serde(borrow)]
    names: Cow<'a, str>,
    /// The bytes that each name takes.
    lengths: Vec<u32>,
    /// Microseconds since the one before, the first since 1970.
    at: Vec<i64>,
    /// When each began, microseconds before `at`, up to the last of which it is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    took: Vec<Option<i64>>,
    sizes: Vec<Option<u64>>,
    /// Each kind with how many of it follow each other.
    kinds: Vec<(PointKind, u32)>,
    /// Those that are not usable, by their place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    unusable: Vec<(u32, Usability)>,
}

/// The columns do not belong together, or hold what no list does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("these are no columns of one list")]
pub struct NotPoints;

impl PointColumns<'_> {
    /// The columns of a list; `None` where an instant is finer than they can say.
    pub fn of(points: &Points) -> Option<Self> {
        let mut columns = PointColumns {
            names: Cow::default(),
            lengths: Vec::with_capacity(points.len()),
            at: Vec::with_capacity(points.len()),
            took: Vec::new(),
            sizes: Vec::with_capacity(points.len()),
            kinds: Vec::new(),
            unusable: Vec::new(),
        };
        let mut before = 0;
        for (number, point) in points.iter().enumerate() {
            let at = micros(point.at)?;
            columns.names.to_mut().extend(point.name.parts());
            columns.lengths.push(u32::try_from(point.name.len()).ok()?);
            columns.at.push(at.checked_sub(before)?);
            columns.sizes.push(point.size_bytes);
            if let Some(started) = point.started {
                columns.took.resize(number, None);
                columns.took.push(Some(at.checked_sub(micros(started)?)?));
            }
            match columns.kinds.last_mut().filter(|(kind, _)| *kind == point.kind) {
                Some((_, count)) => *count += 1,
                None => columns.kinds.push((point.kind, 1)),
            }
            if !point.usability.is_usable() {
                columns.unusable.push((place(number), point.usability.clone()));
            }
            before = at;
        }
        Some(columns)
    }
}

/// An instant in microseconds, if it is one of whole microseconds.
fn micros(at: Timestamp) -> Option<i64> {
    Some(at.timestamp_micros()).filter(|micros| DateTime::from_timestamp_micros(*micros) == Some(at))
}

impl TryFrom<PointColumns<'_>> for Points {
    type Error = NotPoints;

    fn try_from(columns: PointColumns<'_>) -> Result<Self, NotPoints> {
        let PointColumns { names, lengths, at, took, sizes, kinds, unusable } = columns;
        let count = at.len();
        let kinds: Vec<PointKind> = kinds
            .into_iter()
            .flat_map(|(kind, times)| (0..times).map(move |_| kind))
            .take(count + 1)
            .collect();
        if [lengths.len(), sizes.len(), kinds.len()] != [count; 3] || took.len() > count {
            return Err(NotPoints);
        }
        let mut now = Timestamp::UNIX_EPOCH;
        let later = |step| {
            now = now.checked_add_signed(TimeDelta::microseconds(step)).ok_or(NotPoints)?;
            Ok(now)
        };
        let at: Vec<Timestamp> = at.into_iter().map(later).collect::<Result<_, _>>()?;
        let names = each(&names, &lengths).ok_or(NotPoints)?;
        let is_whole = unusable.is_sorted_by(|(one, _), (other, _)| one < other)
            && unusable.last().is_none_or(|(last, _)| index(*last) < count);
        let started = took.into_iter().zip(&at).map(|(took, at)| match took {
            None => Ok(None),
            Some(took) => at.checked_sub_signed(TimeDelta::microseconds(took)).map(Some).ok_or(NotPoints),
        });
        let rare = Rare { started: started.collect::<Result<_, _>>()?, unusable };
        let list = Loose { at, sizes, kinds, rare }.pack(names.iter().copied());
        if is_whole { Ok(list.into()) } else { Err(NotPoints) }
    }
}

/// The names by their lengths, which are to be all of the text.
fn each<'a>(mut text: &'a str, lengths: &[u32]) -> Option<Vec<&'a str>> {
    let mut names = Vec::with_capacity(lengths.len());
    for length in lengths {
        let (name, rest) = text.split_at_checked(index(*length))?;
        names.push(name);
        text = rest;
    }
    text.is_empty().then_some(names)
}

#[cfg(test)]
mod tests {
    use super::super::tests::three;
    use super::*;
    use crate::domain::sample::{at, point};
    use crate::domain::{RecoveryPoint, sample::now};

    fn there_and_back(points: &Points) -> Points {
        let text = serde_json::to_string(&PointColumns::of(points).unwrap()).unwrap();
        serde_json::from_str::<PointColumns<'_>>(&text).unwrap().try_into().unwrap()
    }

    #[test]
    fn what_is_kept_comes_back_as_it_was() {
        let day = |day: u32| point(&format!("base-{day}"), &format!("2026-11-{day:02}T02:31:40.604185Z"));
        let early =
            RecoveryPoint { at: at("0001-01-01T00:00:00Z"), ..point("\"quoted\"", "2026-11-07T00:00:00Z") };
        for list in [vec![], three(), (1..=28).map(day).collect(), vec![early]] {
            let points = Points::from(list);
            assert_eq!(there_and_back(&points), points);
            let last: Points = points.iter().skip(1).map(Into::into).collect();
            assert_eq!(there_and_back(&last.clone().within(&points)), last, "a run of others");
        }
    }

    #[test]
    fn an_instant_that_would_be_cut_is_not_kept_so() {
        let fine =
            RecoveryPoint { at: now() + TimeDelta::nanoseconds(1), ..point("a", "2026-11-07T00:00:00Z") };
        assert_eq!(PointColumns::of(&Points::from(vec![fine])), None);
    }

    #[test]
    fn columns_that_do_not_belong_together_are_not_points() {
        let whole = PointColumns::of(&Points::from(three())).unwrap();
        let spoils: [fn(&mut PointColumns<'_>); 8] = [
            |columns| columns.lengths.truncate(2),
            |columns| columns.lengths[0] = 1,
            |columns| columns.lengths[2] += 1,
            |columns| columns.lengths[2] = u32::MAX,
            |columns| columns.kinds[0].1 = u32::MAX,
            |columns| columns.at[0] = i64::MAX,
            |columns| columns.took.resize(4, None),
            |columns| columns.unusable[0].0 = 3,
        ];
        for (number, spoil) in spoils.iter().enumerate() {
            let mut columns = whole.clone();
            spoil(&mut columns);
            assert_eq!(Points::try_from(columns), Err(NotPoints), "{number}");
        }
        assert!(Points::try_from(whole).is_ok());
    }
}
