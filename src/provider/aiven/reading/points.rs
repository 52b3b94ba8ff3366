//! The backups of one copy as recovery points.

use super::{Backed, View, credible};
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
        let here = |backup: &Backup<'_>| match (role, region) {
            (Role::Primary, _) => true,
            (Role::Secondary, None) => false,
            (Role::Secondary, Some(region)) => self.is_there(backup, region, window_end),
        };
        if backups.iter().all(|backup| here(backup)) {
            // Mostly the one copy holds what the other does.
            return Some(self.whole.get_or_init(|| self.points_where(backups, |_| true)).clone());
        }
        Some(self.points_where(backups, here))
    }

    fn points_where(&self, backups: &[&Backup<'_>], is_here: impl Fn(&Backup<'_>) -> bool) -> Points {
        let mut chain = Chain::of(self, backups);
        let mut points = Vec::with_capacity(backups.len());
        for backup in backups {
            let Some(at) = self.made(backup) else { continue };
            let is_here = is_here(backup);
            let usability = chain.add(backup, is_here);
            if let (true, Some(name)) = (is_here, backup.backup_name.as_deref()) {
                let (kind, size_bytes) = (self.kind(backup), chain.size);
                points.push(RecoveryPoint { name, at, started: None, kind, size_bytes, usability });
            }
        }
        points.into()
    }

    /// Whether a backup has arrived in a region. An entry of a paused copy is a promise; the window
    /// there tells whether it was kept.
    fn is_there(&self, backup: &Backup<'_>, region: &str, window_end: Option<Timestamp>) -> bool {
        let Some(copy) = backup.copy_in(region) else { return false };
        let covered = || matches!((self.made(backup), window_end), (Some(at), Some(end)) if at <= end);
        !copy.is_paused() || covered()
    }

    /// Whether a list that shows no copy at all is all that this token sees: that proves nothing (S9).
    fn copies_are_hidden(&self) -> bool {
        let shows_none = !self.newest_first().any(|backup| backup.copies().next().is_some());
        matches!(self.backed, Backed::Hidden(_)) && shows_none
    }

    fn kind(&self, backup: &Backup<'_>) -> PointKind {
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
#[derive(Debug)]
struct Chain {
    /// Why an increment that comes now cannot be restored.
    broken: Option<String>,
    begun: bool,
    /// How much is restored by the backup that was added last: an increment comes on top of all before it.
    size: Option<u64>,
    /// Whether the list tells which backups are full: where it does, one of which it does not may be either.
    tells_full: bool,
    /// Whether the place of some backup among the others is not known.
    has_undated: bool,
}

impl Chain {
    fn of(view: &View<'_>, backups: &[&Backup<'_>]) -> Self {
        Self {
            broken: None,
            begun: false,
            size: None,
            tells_full: backups.iter().any(|backup| backup.incremental.is_some()),
            has_undated: backups.iter().any(|backup| view.made(backup).is_none()),
        }
    }

    fn add(&mut self, backup: &Backup<'_>, is_here: bool) -> Usability {
        let name = backup.backup_name.as_deref().unwrap_or("without a name");
        let own_size = credible::size(backup.data_size);
        if self.has_undated && backup.incremental == Some(true) {
            return Usability::Damaged("when a backup was made that it may build on is not known".to_owned());
        }
        let may_be_full = !self.tells_full || !self.begun;
        let is_full = backup.incremental.map_or(may_be_full, |incremental| !incremental);
        self.size = if is_full { own_size } else { self.size.zip(own_size).map(|(all, own)| all + own) };
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::provider::aiven::reading::{self, Backed, Seen};
    use crate::provider::aiven::testkit::fixture;
    use crate::provider::aiven::wire::{ServiceAnswer, decode};

    #[test]
    fn what_both_copies_hold_is_packed_once() {
        let (service, backups) = (fixture!("service-get-pg-btar.json"), fixture!("backups-pg-btar.json"));
        let fewer = fixture!("backups-pg-btar-newest-not-copied.json");
        let service = decode::<ServiceAnswer>(service.as_bytes()).unwrap().service;
        let now = "2026-05-12T10:00:00Z".parse().unwrap();
        let seen = Seen { source: "a", as_of: now, their_now: now, plan: None, margin: Duration::ZERO };
        for (answer, shared) in [(backups, Some(0..4)), (fewer, None)] {
            let backed = Backed::Read(decode(answer.as_bytes()).unwrap());
            let part = reading::part(&service, &backed, seen);
            let [here, there] = &part.copies[..] else { panic!("{part:?}") };
            let points = [here, there].map(|copy| copy.reading.as_ref().unwrap().points.as_ref().unwrap());
            assert_eq!(points[1].place_in(points[0]), shared);
        }
    }
}
