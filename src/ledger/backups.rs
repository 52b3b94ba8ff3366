//! The backups of each copy in `readings.db`, apart from what else is known of a service: they are most of
//! it and seldom change, while the rest changes with each poll. They are written when they have changed.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use serde::{Deserialize, Serialize};

use super::LedgerError;
use crate::domain::{PointColumns, Points, Reading, Role, Service, Shared};

pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS backups (
    service TEXT NOT NULL,
    role TEXT NOT NULL,
    mark INTEGER NOT NULL,
    list TEXT NOT NULL,
    PRIMARY KEY (service, role)
) STRICT;
";

const ROLES: [(Role, &str); 2] = [(Role::Primary, "primary"), (Role::Secondary, "secondary")];

/// Which backups of the copy before: those of the other copy are mostly among them.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    from: usize,
    to: usize,
}

/// The backups of a copy, with the mark that tells them from others.
#[derive(Debug, Default)]
struct Marked {
    points: Points,
    mark: i64,
}

/// Takes the backups out of what is known of a service, and writes those that are not written yet.
pub(super) fn write(transaction: &Transaction<'_>, service: &mut Service) -> Result<(), LedgerError> {
    let mut before = Marked::default();
    for (role, name) in ROLES {
        let reading = reading(service, role).filter(|reading| reading.points.is_some());
        match reading.and_then(|reading| reading.points.take()) {
            Some(points) => before = put(transaction, &service.id, name, points, &before)?,
            None => {
                transaction
                    .prepare_cached("DELETE FROM backups WHERE service = ?1 AND role = ?2")?
                    .execute([service.id.as_str(), name])?;
            }
        }
    }
    Ok(())
}

fn reading(service: &mut Service, role: Role) -> Option<&mut Shared<Reading>> {
    service.copy_mut(role).as_mut().and_then(|copy| copy.last_good.as_mut())
}

fn put(
    transaction: &Transaction<'_>,
    service: &str,
    role: &str,
    points: Points,
    before: &Marked,
) -> Result<Marked, LedgerError> {
    let points = points.within(&before.points);
    let part = points.place_in(&before.points).map(|place| Part { from: place.start, to: place.end });
    let mark = mark(&points, part.map(|_| before.mark));
    let written: Option<i64> = transaction
        .prepare_cached("SELECT mark FROM backups WHERE service = ?1 AND role = ?2")?
        .query_row([service, role], |row| row.get(0))
        .optional()?;
    if written != Some(mark) {
        let list = as_text(&points, part).map_err(|error| LedgerError::Store(error.to_string()))?;
        transaction
            .prepare_cached(
                "INSERT INTO backups (service, role, mark, list) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (service, role) DO UPDATE SET mark = excluded.mark, list = excluded.list",
            )?
            .execute(params![service, role, mark, list])?;
    }
    Ok(Marked { points, mark })
}

/// How lists are written: one that an earlier version wrote is written once more.
const FORM: u8 = 2;

/// Tells lists apart without reading them; a part of another list changes with that.
fn mark(points: &Points, part_of: Option<i64>) -> i64 {
    let mut hasher = DefaultHasher::new();
    (FORM, part_of).hash(&mut hasher);
    points.hash(&mut hasher);
    hasher.finish().cast_signed()
}

/// Which of the copy before, else in columns, else one after the other where these cannot say it.
fn as_text(points: &Points, part: Option<Part>) -> serde_json::Result<String> {
    match (part, PointColumns::of(points)) {
        (Some(part), _) => serde_json::to_string(&part),
        (None, Some(columns)) => serde_json::to_string(&columns),
        (None, None) => serde_json::to_string(points),
    }
}

/// `None` where it cannot be read. Earlier versions wrote backups one after the other.
fn from_text(text: &str, before: &Points) -> Option<Points> {
    if text.starts_with('[') {
        return serde_json::from_str(text).ok().map(|points: Points| points.within(before));
    }
    match serde_json::from_str(text) {
        Ok(Part { from, to }) => before.part(from..to),
        Err(_) => serde_json::from_str::<PointColumns<'_>>(text).ok()?.try_into().ok(),
    }
}

/// Puts the backups back into what is known of a service. Copies that mostly hold the same backups hold them
/// once.
pub(super) fn read(connection: &Connection, service: &mut Service) -> rusqlite::Result<()> {
    let mut find = connection.prepare_cached("SELECT list FROM backups WHERE service = ?1 AND role = ?2")?;
    let mut before = Points::default();
    for (role, name) in ROLES {
        let list = find.query_row([service.id.as_str(), name], |row| {
            Ok(row.get_ref(0)?.as_str().ok().and_then(|text| from_text(text, &before)))
        });
        // A list that cannot be read is not known: it will be read again from its source.
        if let Some(points) = list.optional()?.flatten() {
            before = points.clone();
            if let Some(reading) = reading(service, role) {
                reading.points = Some(points);
            }
        }
    }
    Ok(())
}
