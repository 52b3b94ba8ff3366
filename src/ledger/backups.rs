//! The backups of each copy in `readings.db`, apart from what else is known of a service: they are most of
//! it and seldom change, while the rest changes with each poll. They are written when they have changed.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use super::LedgerError;
use crate::domain::{Points, Reading, Role, Service, Shared};

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
    let list = serde_json::to_string(points).map_err(|error| LedgerError::Store(error.to_string()))?;
    transaction
        .prepare_cached(
            "INSERT INTO backups (service, role, mark, list) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (service, role) DO UPDATE SET mark = excluded.mark, list = excluded.list",
        )?
        .execute(params![service, role, mark, list])?;
    Ok(())
}

/// Tells lists apart without reading them. A version that makes other marks writes once more.
fn mark(points: &Points) -> i64 {
    let mut hasher = DefaultHasher::new();
    points.hash(&mut hasher);
    hasher.finish().cast_signed()
}

/// Puts the backups back into what is known of a service. Copies that mostly hold the same backups hold them
/// once.
pub(super) fn read(connection: &Connection, service: &mut Service) -> rusqlite::Result<()> {
    let mut find = connection.prepare_cached("SELECT list FROM backups WHERE service = ?1 AND role = ?2")?;
    let mut before = Points::default();
    for (role, name) in ROLES {
        let list: Option<String> =
            find.query_row([service.id.as_str(), name], |row| row.get(0)).optional()?;
        // A list that cannot be read is not known: it will be read again from its source.
        let list: Option<Points> = list.and_then(|list| serde_json::from_str(&list).ok());
        if let (Some(reading), Some(points)) = (reading(service, role), list) {
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
