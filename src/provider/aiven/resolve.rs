//! From what a person asked for to a point the provider can be told (S11). Pure.
//!
//! Aiven takes an instant for PostgreSQL and MySQL, and a backup's name for OpenSearch. *Newest* is
//! the end of the window minus a margin: the end itself may lie behind the last commit there.

use std::time::Duration;

use chrono::{SubsecRound as _, TimeDelta};

use crate::domain::target::{self, Reachable};
use crate::domain::{Ability, Edge, Point, PointKind, Reading, Role, Target, Timestamp};
use crate::provider::{ForkPoint, PointHow, PointRefused};

/// The point of one copy that `target` means.
///
/// # Errors
/// [`PointRefused`] with the reason and the nearest instants.
pub(super) fn point(
    reading: &Reading,
    role: Role,
    target: &Target,
    margin: Duration,
) -> Result<ForkPoint, PointRefused> {
    match reading.ability {
        Ability::Pitr => instant(reading, role, target, margin),
        Ability::Snapshots => snapshot(reading, role, target),
        Ability::ByDesignNone => Err(refused("this kind of service has no backups by design")),
        Ability::Unread => Err(refused("what this kind of service can be restored to is not yet read")),
    }
}

fn instant(
    reading: &Reading,
    role: Role,
    target: &Target,
    margin: Duration,
) -> Result<ForkPoint, PointRefused> {
    let mut reached = target::check(reading, target)?;
    let mut note = None;
    match target {
        Target::Newest => {
            let asked = target::newest_as_asked(reading, margin).unwrap_or(reached);
            note = target::before_the_end((reached.at - asked.at).to_std().unwrap_or_default());
            reached = asked;
        }
        Target::Backup(_) => {
            let first = reading.windows.iter().flatten().next().map_or(reached.at, |window| window.from.at);
            reached = target::check(reading, &Target::At(reached.at.max(first)))?;
        }
        Target::Oldest | Target::At(_) => {}
    }
    let at = sendable(reached, target);
    let base = base_of(reading, at);
    let increments = base.map_or(0, |base| increments_after(reading, base, at));
    if increments > 0 {
        let chain = format!("through a chain of 1 full and {increments} incremental backups");
        note = Some(note.map_or(chain.clone(), |note| format!("{note}; {chain}")));
    }
    Ok(ForkPoint {
        target: target.clone(),
        role,
        promised: at,
        promised_is: reached.is,
        commit: None,
        backup: base.map(|backup| backup.name.to_string()),
        log_from: None,
        size_bytes: base.and_then(|backup| backup.size_bytes),
        how: PointHow::Time { at },
        note,
        last_known: None,
    })
}

/// Six digits of a second can be sent: a lower edge is rounded up, all else down (S13).
fn sendable(reached: Reachable, target: &Target) -> Timestamp {
    let down = reached.at.trunc_subsecs(6);
    let is_lower_edge = matches!(target, Target::Oldest | Target::Backup(_));
    if is_lower_edge && down < reached.at { down + TimeDelta::microseconds(1) } else { down }
}

/// The full backup a restore to `at` begins with; its size is the size of what is restored.
fn base_of(reading: &Reading, at: Timestamp) -> Option<Point<'_>> {
    let begins = |point: &Point<'_>| point.at <= at && point.kind != PointKind::Incremental;
    reading.points.iter().flatten().rfind(begins)
}

/// How many increments are put on top of a full backup to come near an instant.
fn increments_after(reading: &Reading, base: Point<'_>, at: Timestamp) -> usize {
    let on_top = |point: &Point<'_>| {
        point.kind == PointKind::Incremental
            && point.usability.is_usable()
            && point.at > base.at
            && point.at <= at
    };
    reading.points.iter().flatten().filter(on_top).count()
}

fn snapshot(reading: &Reading, role: Role, target: &Target) -> Result<ForkPoint, PointRefused> {
    let reached = target::check(reading, target)?;
    let is_it = |point: &Point<'_>| match target {
        Target::Backup(name) => point.name == *name,
        _ => point.at == reached.at,
    };
    let Some(found) = reading.points.iter().flatten().find(is_it) else {
        return Err(refused("no snapshot of this copy has that instant"));
    };
    Ok(ForkPoint {
        target: target.clone(),
        role,
        promised: found.at,
        promised_is: Edge::Exact,
        commit: None,
        backup: Some(found.name.to_string()),
        log_from: None,
        size_bytes: found.size_bytes,
        how: PointHow::Name { name: found.name.to_string() },
        note: Some("no point-in-time recovery: what was written after this snapshot is not in it".to_owned()),
        last_known: None,
    })
}

/// A refusal without a neighbour to offer.
pub(super) fn refused(reason: impl Into<String>) -> PointRefused {
    PointRefused { reason: reason.into(), earlier: None, later: None }
}
