//! The backups of one copy as recovery points.

use super::{Backed, View};
use crate::domain::{Ability, PointKind, Points, RecoveryPoint, Role, Timestamp, Usability};
use crate::provider::aiven::wire::Backup;

impl View<'_> {
    /// The backups of one copy, oldest first.
    pub(super) fn points(
        &self,
        role: Role,
        region: Option<&str>,
        window_end: Option<Timestamp>,
    ) -> Option<Points> {
        if self.ability == Ability::ByDesignNone {
            return Some(Points::default());
        }
        let backups = self.backups.as_ref()?;
        if role == Role::Secondary && self.copies_are_hidden() {
            return None;
        }
        let here = |backup: &Backup| match (role, region) {
            (Role::Primary, _) => true,
            (Role::Secondary, None) => false,
            (Role::Secondary, Some(region)) => is_there(backup, region, window_end),
        };
        let mut chain = Chain::default();
        let mut points = Vec::new();
        for backup in backups {
            let is_here = here(backup);
            let usability = chain.add(backup, is_here);
            if let (true, Some(name), Some(at)) = (is_here, backup.backup_name.clone(), backup.backup_time) {
                let (kind, size_bytes) = (self.kind(backup), backup.data_size);
                points.push(RecoveryPoint { name, at, started: None, kind, size_bytes, usability });
            }
        }
        Some(points.into())
    }

    /// Whether a list that shows no copy at all is all that this token sees: that proves nothing (S9).
    fn copies_are_hidden(&self) -> bool {
        let shows_none = !self.newest_first().any(|backup| backup.copies().next().is_some());
        matches!(self.backed, Backed::Hidden(_)) && shows_none
    }

    fn kind(&self, backup: &Backup) -> PointKind {
        match (self.service_type, self.ability, backup.incremental) {
            (.., Some(true)) => PointKind::Incremental,
            ("pg", ..) | (.., Some(false)) => PointKind::Full,
            (_, Ability::Snapshots, _) => PointKind::Snapshot,
            _ => PointKind::Unknown,
        }
    }
}

/// A chain of increments, walked oldest first: each is made on top of the backup before it, so one that
/// did not arrive in a copy makes those after it useless there, up to the next full one.
#[derive(Debug, Default)]
struct Chain {
    /// Why an increment that comes now cannot be restored.
    broken: Option<String>,
    begun: bool,
}

impl Chain {
    fn add(&mut self, backup: &Backup, is_here: bool) -> Usability {
        let name = backup.backup_name.as_deref().unwrap_or("without a name");
        let is_full = backup.incremental != Some(true);
        if is_full {
            (self.begun, self.broken) = (true, None);
        } else if !self.begun {
            (self.begun, self.broken) = (true, Some("the full backup it builds on is not listed".to_owned()));
        }
        let usability = match &self.broken {
            Some(why) if !is_full => Usability::Damaged(why.clone()),
            _ => Usability::Usable,
        };
        if !is_here && self.broken.is_none() {
            let what = if is_full { "full backup" } else { "increment" };
            self.broken = Some(format!("the {what} {name} it builds on is not in this copy"));
        }
        usability
    }
}

/// Whether a backup has arrived in a region. An entry of a paused copy is a promise; the window
/// there tells whether it was kept.
fn is_there(backup: &Backup, region: &str, window_end: Option<Timestamp>) -> bool {
    let Some(copy) = backup.copy_in(region) else { return false };
    let covered = || matches!((backup.backup_time, window_end), (Some(at), Some(end)) if at <= end);
    !copy.is_paused() || covered()
}
