//! What is to be said of one copy besides its points and windows.

use std::collections::BTreeMap;

use super::{Backed, View};
use crate::domain::{Ability, Points, Role, Sign};
use crate::provider::aiven::wire::Backup;

impl View<'_> {
    /// Adds the signs of one copy, whose points are known.
    pub(super) fn add_signs(
        &self,
        role: Role,
        region: Option<&str>,
        points: Option<&Points>,
        signs: &mut Vec<Sign>,
    ) {
        if let Backed::Hidden(_) = self.backed
            && self.ability == Ability::Pitr
        {
            let why =
                "`/backups` is refused to this token; the permission `service:configuration:write` shows it";
            signs.push(Sign::WindowsNotVisible { why: why.to_owned() });
        }
        if self.ability == Ability::Unread {
            let text = format!(
                "{} is not a kind of service that is known here, and neither its plan nor a backup tells what it \
                 can be restored to",
                self.service_type
            );
            signs.push(Sign::Note { text });
        }
        if self.persistence_is_off() {
            signs.push(Sign::PersistenceOff);
        }
        self.add_left_out(role, region, signs);
        match (role, region) {
            (Role::Secondary, Some(region)) => self.add_secondary_signs(region, points, signs),
            (Role::Primary, Some(region)) => self.add_left_behind(region, signs),
            (_, None) => {}
        }
    }

    /// Backups that are listed and of which not enough is told to count with them (S3).
    fn add_left_out(&self, role: Role, region: Option<&str>, signs: &mut Vec<Sign>) {
        let may_be_here = |backup: &&&Backup<'_>| match (role, region) {
            (Role::Secondary, Some(region)) => backup.copy_in(region).is_some(),
            _ => true,
        };
        let is_left_out = |backup: &&&Backup<'_>| self.made(backup).is_none() || backup.backup_name.is_none();
        let listed = || self.backups.iter().flatten();
        let left_out = listed().filter(may_be_here).filter(is_left_out).count();
        if left_out > 0 {
            let what = counted(left_out, "backup is", "backups are");
            let text = format!("{what} left out: without a name, or a time that can be true");
            signs.push(Sign::Note { text });
        }
        let is_nowhere = |backup: &&&Backup<'_>| backup.copies().any(|copy| copy.cloud.is_none());
        let nowhere = listed().filter(is_nowhere).count();
        if role == Role::Secondary && nowhere > 0 {
            let what = counted(nowhere, "backup has a copy", "backups have copies");
            signs.push(Sign::Note { text: format!("{what} in a region that is not named, and not counted") });
        }
    }

    fn persistence_is_off(&self) -> bool {
        self.service.user_config.as_ref().is_some_and(|config| config.persistence() == Some("off"))
    }

    fn add_secondary_signs(&self, region: &str, points: Option<&Points>, signs: &mut Vec<Sign>) {
        // The newest entry tells whether copying is paused now; older ones may keep an old flag.
        let newest = self.newest_first().find_map(|backup| backup.copy_in(region));
        if let Some(copy) = newest.filter(|copy| copy.is_paused()) {
            signs.push(Sign::CopyPaused { reason: copy.pause_reason.as_deref().map(str::to_owned) });
        }
        if self.service.is_copied_nowhere() {
            signs.push(Sign::CopyingOff);
        }
        for other in
            self.windows_there().filter_map(|range| range.cloud.as_deref()).filter(|cloud| *cloud != region)
        {
            signs.push(Sign::Note { text: format!("another copy lies in {other}") });
        }
        signs.extend(self.left_in_others(region));
        signs.extend(points.and_then(|points| self.older_than_copying(region, points)));
    }

    /// Copies in regions that nothing is copied to any more, of which no window tells either.
    fn left_in_others(&self, region: &str) -> Vec<Sign> {
        let mut left = BTreeMap::<&str, usize>::new();
        let told = |cloud: &str| self.windows_there().any(|range| range.cloud.as_deref() == Some(cloud));
        for copy in self.backups.iter().flatten().flat_map(|backup| backup.copies()) {
            let Some(cloud) = copy.cloud.as_deref().filter(|cloud| *cloud != region && !told(cloud)) else {
                continue;
            };
            *left.entry(cloud).or_default() += 1;
        }
        let note = |(other, count)| {
            let what = counted(count, "earlier copy lies", "earlier copies lie");
            Sign::Note { text: format!("{what} in {other}, not in {region}: nothing more is copied there") }
        };
        left.into_iter().map(note).collect()
    }

    /// Snapshots that were made before copying was switched on are only in the primary region.
    fn older_than_copying(&self, region: &str, there: &Points) -> Option<Sign> {
        let first = there.get(0).filter(|_| self.kind.only_after_activation)?;
        let older = |backup: &&&Backup<'_>| self.made(backup).is_some_and(|at| at < first.at);
        let count = self.backups.iter().flatten().filter(older).count();
        (count > 0).then(|| Sign::Note {
            text: format!(
                "{count} older snapshots are not in {region}: only those made after copying was switched on are"
            ),
        })
    }

    fn add_left_behind(&self, region: &str, signs: &mut Vec<Sign>) {
        for left in self.left_behind() {
            signs.push(Sign::Note {
                text: format!(
                    "{} older backups lie in {}, not in {region}: the service was moved",
                    left.count, left.region
                ),
            });
        }
    }
}

fn counted(count: usize, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}
