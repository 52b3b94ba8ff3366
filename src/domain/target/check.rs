//! Whether a copy can be restored to a target; if not, why, and what is near (R10, R11).

use std::time::Duration;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::super::instant::rfc3339;
use super::super::windows::{self, Place};
use super::super::{Ability, Edge, Point, Reading, Timestamp, Usability, words};
use super::Target;

/// Why a target is refused, with the nearest instants that would be accepted (R10).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{reason}")]
pub struct PointRefused {
    /// A sentence: what and why.
    pub reason: String,
    /// The nearest earlier instant that can be restored.
    pub earlier: Option<Timestamp>,
    /// The nearest later instant that can be restored.
    pub later: Option<Timestamp>,
}

/// A target that lies in a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reachable {
    /// The instant it means in this copy.
    pub at: Timestamp,
    /// What that instant says about the newest data behind it.
    pub is: Edge,
}

/// Whether `reading` can be restored to `target`, judged by its windows or snapshots alone; a
/// provider may know more (S11).
///
/// # Errors
/// [`PointRefused`] with the nearest instants and the reason.
pub fn check(reading: &Reading, target: &Target) -> Result<Reachable, PointRefused> {
    match target {
        Target::Newest => newest(reading).ok_or_else(|| nothing(reading)),
        Target::Oldest => oldest(reading).ok_or_else(|| nothing(reading)),
        Target::At(at) if reading.ability == Ability::Snapshots => at_snapshot(reading, *at),
        Target::At(at) => at_instant(reading, *at),
        Target::Backup(name) => by_name(reading, name),
    }
}

/// The latest point of a reading.
pub(crate) fn newest(reading: &Reading) -> Option<Reachable> {
    if reading.ability == Ability::Snapshots {
        let snapshot = usable_points(reading)?.last()?;
        return Some(Reachable { at: snapshot.at, is: Edge::Exact });
    }
    let last = reading.windows.as_ref()?.last()?;
    Some(Reachable { at: last.to.at, is: last.to_is })
}

/// The newest point as it is asked for: `margin` before the end of its window where an instant is told, and
/// never before its beginning (S11).
pub fn newest_as_asked(reading: &Reading, margin: Duration) -> Option<Reachable> {
    let newest = newest(reading)?;
    let window = reading.windows.as_ref().and_then(|windows| windows.last());
    let asked = window.filter(|_| reading.ability == Ability::Pitr).map(|window| {
        let margin = TimeDelta::from_std(margin).unwrap_or_default();
        (newest.at - margin).max(window.from.at)
    });
    Some(Reachable { at: asked.unwrap_or(newest.at), ..newest })
}

/// How far before the end of a window that is, for a person; `None` = it is the end.
pub fn before_the_end(by: Duration) -> Option<String> {
    let text = || format!("{} before the end of the window, counted in the loss", words::exact(by));
    (!by.is_zero()).then(text)
}

/// The latest instant of a reading strictly before another that can be asked for as one (S14).
pub fn newest_before(reading: &Reading, before: Timestamp) -> Option<Timestamp> {
    if reading.ability == Ability::Snapshots {
        return usable_points(reading)?.map(|point| point.at).filter(|at| *at < before).max();
    }
    windows::before_bad_moment(reading.windows.as_deref()?, before)
}

/// The nearest instant at or before another that can be had, as a time or by a name.
pub fn had_before(reading: &Reading, at: Timestamp) -> Option<Timestamp> {
    let time = reading.windows.as_deref().and_then(|windows| windows::earlier(windows, at));
    named(reading).filter(|named| *named <= at).max().max(time)
}

/// The nearest instant at or after another that can be had, as a time or by a name.
pub fn had_after(reading: &Reading, at: Timestamp) -> Option<Timestamp> {
    let time = reading.windows.as_deref().and_then(|windows| windows::later(windows, at));
    named(reading).filter(|named| *named >= at).chain(time).min()
}

/// What has a name: usable backups, oldest and newest.
fn named(reading: &Reading) -> impl Iterator<Item = Timestamp> {
    let inside = |at: &Timestamp| {
        let windows = reading.windows.as_deref();
        reading.ability == Ability::Snapshots
            || windows.is_some_and(|windows| windows::contains(windows, *at))
    };
    let edges = [oldest(reading), newest(reading)].into_iter().flatten().map(|reach| reach.at);
    usable_points(reading).into_iter().flatten().map(|point| point.at).filter(inside).chain(edges)
}

/// The earliest point of a reading.
pub(crate) fn oldest(reading: &Reading) -> Option<Reachable> {
    let at = if reading.ability == Ability::Snapshots {
        usable_points(reading)?.next()?.at
    } else {
        reading.windows.as_ref()?.first()?.from.at
    };
    Some(Reachable { at, is: Edge::Exact })
}

fn usable_points(reading: &Reading) -> Option<impl DoubleEndedIterator<Item = Point<'_>>> {
    Some(reading.points.as_ref()?.usable())
}

fn at_instant(reading: &Reading, at: Timestamp) -> Result<Reachable, PointRefused> {
    let Some(windows) = &reading.windows else {
        return Err(nothing(reading));
    };
    let asked = rfc3339(at);
    let reason = match windows::place(windows, at) {
        Place::Inside(window) if window.times().is_some_and(|(first, last)| first <= at && at <= last) => {
            let is = if at == window.to.at { window.to_is } else { Edge::Exact };
            return Ok(Reachable { at, is });
        }
        Place::Inside(window) => format!(
            "{asked} cannot be given as a time: only instants between {} ({}) and {} ({}) can, and these two only by \
             their names",
            rfc3339(window.from.at),
            window.from.reason,
            rfc3339(window.to.at),
            window.to.reason
        ),
        Place::Nowhere => return Err(nothing(reading)),
        Place::Before(first) => format!(
            "{asked} is before the oldest restorable point of this copy, {} ({})",
            rfc3339(first.from.at),
            first.from.reason
        ),
        Place::After(last) => format!(
            "{asked} is after the last log in this copy, which ends at {} ({})",
            rfc3339(last.to.at),
            last.to.reason
        ),
        Place::Hole(left, right) => format!(
            "{asked} lies in a hole of this copy, from {} ({}) to {} ({})",
            rfc3339(left.to.at),
            left.to.reason,
            rfc3339(right.from.at),
            right.from.reason
        ),
    };
    Err(PointRefused { reason, earlier: windows::earlier(windows, at), later: windows::later(windows, at) })
}

fn at_snapshot(reading: &Reading, at: Timestamp) -> Result<Reachable, PointRefused> {
    let (Some(mut until), Some(mut from)) = (usable_points(reading), usable_points(reading)) else {
        return Err(nothing(reading));
    };
    let earlier = until.rfind(|point| point.at <= at).map(|point| point.at);
    if earlier == Some(at) {
        return Ok(Reachable { at, is: Edge::Exact });
    }
    let later = from.find(|point| point.at > at).map(|point| point.at);
    if earlier.is_none() && later.is_none() {
        return Err(nothing(reading));
    }
    let reason =
        format!("{} lies on no snapshot: this copy can only be restored to its snapshots", rfc3339(at));
    Err(PointRefused { reason, earlier, later })
}

fn by_name(reading: &Reading, name: &str) -> Result<Reachable, PointRefused> {
    let Some(points) = &reading.points else {
        return Err(refused("the backups of this copy are not known, so none can be picked by name"));
    };
    let Some(point) = points.iter().find(|point| point.name == name) else {
        return Err(refused(format!(
            "no backup of this copy is named {name:?}; it holds {}",
            names(points.iter().map(|point| point.name.to_string()))
        )));
    };
    let why = match &point.usability {
        Usability::Usable => return Ok(Reachable { at: point.at, is: Edge::Exact }),
        Usability::Damaged(why) => format!("backup {name} is damaged: {why}"),
        Usability::Retired(why) => format!("backup {name} belongs to an earlier history: {why}"),
    };
    Err(PointRefused {
        reason: why,
        earlier: points.usable().map(|other| other.at).filter(|at| *at < point.at).max(),
        later: points.usable().map(|other| other.at).filter(|at| *at > point.at).min(),
    })
}

/// The first few names, so that a refusal stays one line.
fn names(names: impl DoubleEndedIterator<Item = String>) -> String {
    let newest: Vec<String> = names.rev().take(3).collect();
    if newest.is_empty() { "none".to_owned() } else { format!("{} as its newest", newest.join(", ")) }
}

fn nothing(reading: &Reading) -> PointRefused {
    let known = match reading.ability {
        Ability::Snapshots => reading.points.is_some(),
        _ => reading.windows.is_some(),
    };
    refused(if known {
        "this copy holds nothing that can be restored"
    } else {
        "what this copy can be restored to is not known"
    })
}

fn refused(reason: impl Into<String>) -> PointRefused {
    PointRefused { reason: reason.into(), earlier: None, later: None }
}

#[cfg(test)]
mod tests {
    use super::super::super::sample::*;
    use super::super::super::{Reading, RecoveryPoint, Usability};
    use super::*;

    fn with_hole() -> Reading {
        let mut reading = reading("2026-11-07T02:31:40Z", "2026-11-13T03:10:00Z");
        let mut second = window("2026-11-13T14:40:00Z", "2026-11-20T12:00:19Z");
        second.to_is = Edge::AtMost;
        reading.windows.as_mut().unwrap().push(second);
        reading
    }

    #[test]
    fn newest_oldest_and_instants_inside() {
        let reading = with_hole();
        let cases = [
            (Target::Newest, "2026-11-20T12:00:19Z", Edge::AtMost),
            (Target::Oldest, "2026-11-07T02:31:40Z", Edge::Exact),
            (Target::At(at("2026-11-10T00:00:00Z")), "2026-11-10T00:00:00Z", Edge::Exact),
            (Target::At(at("2026-11-20T12:00:19Z")), "2026-11-20T12:00:19Z", Edge::AtMost),
            (Target::Backup("base-1".to_owned()), "2026-11-07T02:31:40Z", Edge::Exact),
        ];
        for (target, wanted, is) in cases {
            assert_eq!(check(&reading, &target), Ok(Reachable { at: at(wanted), is }), "{target}");
        }
    }

    #[test]
    fn r10_refusals_name_the_reason_and_the_nearest_instants() {
        let reading = with_hole();
        let (first, left, right, last) =
            ("2026-11-07T02:31:40Z", "2026-11-13T03:10:00Z", "2026-11-13T14:40:00Z", "2026-11-20T12:00:19Z");
        for (asked, reason, earlier, later) in [
            ("2026-11-07T02:31:39Z", "before the oldest", None, Some(first)),
            ("2026-11-13T08:00:00Z", "in a hole", Some(left), Some(right)),
            ("2026-11-20T12:00:20Z", "after the last log", Some(last), None),
        ] {
            let refused = check(&reading, &Target::At(at(asked))).unwrap_err();
            assert!(refused.reason.contains(reason) && refused.reason.contains(asked), "{refused}");
            assert_eq!((refused.earlier, refused.later), (earlier.map(at), later.map(at)), "{asked}");
        }
    }

    #[test]
    fn s11_a_bound_that_has_only_a_name_is_no_time_but_can_be_had() {
        let mut reading = reading("2026-11-07T02:31:40Z", "2026-11-20T12:00:19Z");
        for window in reading.windows.as_mut().unwrap().iter_mut() {
            window.from.nearest_time = Some(at("2026-11-07T02:31:41Z"));
            window.to.nearest_time = Some(at("2026-11-20T12:00:18.999999Z"));
        }
        for (asked, earlier, later) in [
            ("2026-11-07T02:31:40Z", None, Some("2026-11-07T02:31:41Z")),
            ("2026-11-07T02:31:40.5Z", None, Some("2026-11-07T02:31:41Z")),
            ("2026-11-20T12:00:19Z", Some("2026-11-20T12:00:18.999999Z"), None),
        ] {
            let refused = check(&reading, &Target::At(at(asked))).unwrap_err();
            assert!(refused.reason.contains("only by their names"), "{refused}");
            assert_eq!((refused.earlier, refused.later), (earlier.map(at), later.map(at)), "{asked}");
        }
        assert!(check(&reading, &Target::Newest).is_ok() && check(&reading, &Target::Oldest).is_ok());
        let (oldest, newest) = (at("2026-11-07T02:31:40Z"), at("2026-11-20T12:00:19Z"));
        assert_eq!(had_before(&reading, at("2026-11-07T02:31:40.5Z")), Some(oldest));
        assert_eq!(had_before(&reading, at("2026-12-01T00:00:00Z")), Some(newest));
        assert_eq!(had_after(&reading, at("2026-11-01T00:00:00Z")), Some(oldest));
        assert_eq!(
            newest_before(&reading, at("2026-12-01T00:00:00Z")),
            Some(at("2026-11-20T12:00:18.999999Z"))
        );
    }

    #[test]
    fn s4_snapshots_offer_their_instants_and_nothing_between() {
        let reading = snapshots(&["2026-11-20T10:00:04Z", "2026-11-20T11:00:04Z"]);
        assert!(check(&reading, &Target::At(at("2026-11-20T10:00:04Z"))).is_ok());
        let refused = check(&reading, &Target::At(at("2026-11-20T10:30:00Z"))).unwrap_err();
        assert_eq!(refused.earlier, Some(at("2026-11-20T10:00:04Z")));
        assert_eq!(refused.later, Some(at("2026-11-20T11:00:04Z")));
        assert_eq!(check(&reading, &Target::Newest).unwrap().at, at("2026-11-20T11:00:04Z"));
    }

    #[test]
    fn damaged_retired_and_unknown_backups_are_refused_by_name() {
        let mut reading = reading("2026-11-07T02:31:40Z", "2026-11-20T12:00:19Z");
        let points = reading.points.as_mut().unwrap();
        points.push(RecoveryPoint {
            usability: Usability::Damaged("page checksums".to_owned()),
            ..point("bad", "2026-11-08T00:00:00Z")
        });
        let refused = check(&reading, &Target::Backup("bad".to_owned())).unwrap_err();
        assert!(refused.reason.contains("page checksums"), "{refused}");
        assert_eq!(refused.earlier, Some(at("2026-11-07T02:31:40Z")));
        let refused = check(&reading, &Target::Backup("nope".to_owned())).unwrap_err();
        assert!(refused.reason.contains("base-1"), "{refused}");
    }

    #[test]
    fn s3_unknown_and_empty_are_told_apart() {
        let mut unknown = reading("2026-11-07T02:31:40Z", "2026-11-20T12:00:19Z");
        unknown.windows = None;
        assert!(check(&unknown, &Target::Newest).unwrap_err().reason.contains("not known"));
        unknown.windows = Some(Vec::new().into());
        assert!(check(&unknown, &Target::Oldest).unwrap_err().reason.contains("nothing"));
    }
}
