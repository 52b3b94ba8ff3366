//! The backups of each copy in `readings.db`, apart from what else is known of a service: they are most of
//! it and seldom change, while the rest changes with each poll. They are written when they have changed.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

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

/// Takes the backups out of what is known of a service, and writes those that are not written yet.
pub(super) fn write(transaction: &Transaction<'_>, service: &mut Service) -> Result<(), LedgerError> {
    for (role, name) in ROLES {
        let reading = reading(service, role).filter(|reading| reading.points.is_some());
        match reading.and_then(|reading| reading.points.take()) {
            Some(points) => put(transaction, &service.id, name, &points)?,
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

fn put(transaction: &Transaction<'_>, service: &str, role: &str, points: &Points) -> Result<(), LedgerError> {
    let mark = mark(points);
    let written: Option<i64> = transaction
        .prepare_cached("SELECT mark FROM backups WHERE service = ?1 AND role = ?2")?
        .query_row([service, role], |row| row.get(0))
        .optional()?;
    if written == Some(mark) {
        return Ok(());
    }
    let list = as_text(points).map_err(|error| LedgerError::Store(error.to_string()))?;
    transaction
        .prepare_cached(
            "INSERT INTO backups (service, role, mark, list) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (service, role) DO UPDATE SET mark = excluded.mark, list = excluded.list",
        )?
        .execute(params![service, role, mark, list])?;
    Ok(())
}

/// How lists are written: one that an earlier version wrote is written once more.
const FORM: u8 = 2;

/// Tells lists apart without reading them.
fn mark(points: &Points) -> i64 {
    let mut hasher = DefaultHasher::new();
    FORM.hash(&mut hasher);
    points.hash(&mut hasher);
    hasher.finish().cast_signed()
}

/// In columns, or one after the other where these cannot say it.
fn as_text(points: &Points) -> serde_json::Result<String> {
    match PointColumns::of(points) {
        Some(columns) => serde_json::to_string(&columns),
        None => serde_json::to_string(points),
    }
}

/// `None` where it cannot be read. Earlier versions wrote backups one after the other.
fn from_text(text: &str) -> Option<Points> {
    if text.starts_with('[') {
        return serde_json::from_str(text).ok();
    }
    serde_json::from_str::<PointColumns<'_>>(text).ok()?.try_into().ok()
}

/// Puts the backups back into what is known of a service. Copies that mostly hold the same backups hold them
/// once.
pub(super) fn read(connection: &Connection, service: &mut Service) -> rusqlite::Result<()> {
    let mut find = connection.prepare_cached("SELECT list FROM backups WHERE service = ?1 AND role = ?2")?;
    let mut before = Points::default();
    for (role, name) in ROLES {
        let list = find.query_row([service.id.as_str(), name], |row| {
            Ok(row.get_ref(0)?.as_str().ok().and_then(from_text))
        });
        // A list that cannot be read is not known: it will be read again from its source.
        if let (Some(reading), Some(points)) = (reading(service, role), list.optional()?.flatten()) {
            let points = points.within(&before);
            before = points.clone();
            reading.points = Some(points);
        }
    }
    Ok(())
}

/// Forgets those of a service.
pub(super) fn forget(connection: &Connection, service: &str) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM backups WHERE service = ?1", [service]).map(drop)
}
