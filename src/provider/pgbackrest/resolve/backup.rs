//! A backup by its name, and the oldest one: restored only as far as it is consistent.

use super::{Promise, Resolver, refuse};
use crate::domain::Usability;
use crate::provider::{ForkPoint, PointHow, PointRefused};

use super::super::info::Backup;
use super::super::reach::first_time;
use super::super::wal::{Place, Segment};

impl Resolver<'_> {
    pub(super) async fn backup(&self, label: &str) -> Result<ForkPoint, PointRefused> {
        let all = self.look.stanza.backups_of(self.settings.repo);
        let seen = self.look.seen();
        let Some(backup) = all.into_iter().find(|backup| backup.label == label) else {
            return Err(refuse(format!(
                "backup {label} is not in repo{}: it may have expired",
                self.settings.repo
            )));
        };
        match seen.usability(backup) {
            Usability::Usable => Ok(self.immediate(backup).await),
            Usability::Damaged(why) | Usability::Retired(why) => {
                let before = self.usable().filter(|other| other.stop < backup.stop).last();
                let after = self.usable().find(|other| other.stop > backup.stop);
                // By their names they can be had even where no instant near them can.
                let named = |side: &str, other: Option<&Backup>| {
                    other.map_or_else(String::new, |other| format!("; {side} it {} can be", other.label))
                };
                Err(PointRefused {
                    reason: format!(
                        "backup {label} cannot be used: {why}{}{}",
                        named("before", before),
                        named("after", after)
                    ),
                    earlier: before.map(first_time),
                    later: after.map(first_time),
                })
            }
        }
    }

    pub(super) fn usable(&self) -> impl Iterator<Item = &Backup> {
        self.reach.stretches.iter().flat_map(|stretch| &stretch.backups)
    }

    /// As early as the backup is consistent. It holds what was committed before the backup's end.
    pub(super) async fn immediate(&self, backup: &Backup) -> ForkPoint {
        let peeked = match self.segments_of(backup) {
            Some(segments) => self.peek(&segments, None).await.ok(),
            None => None,
        };
        let promise = peeked.and_then(|peek| Promise::of(&peek.backup?));
        let promise = promise.unwrap_or(Promise::at_most(backup.stop));
        self.point(backup, PointHow::Immediate, promise, None)
    }

    /// The last segments a backup needs itself; its end lies in the last one.
    fn segments_of(&self, backup: &Backup) -> Option<Vec<&Segment>> {
        let log = self.look.log.as_ref()?;
        let (first, last) = backup.wal.as_ref()?;
        let (first, last) = (self.place(first)?, self.place(last)?);
        let from = first.number.max(last.number.saturating_sub(self.a_look() as u64 - 1));
        (from..=last.number).map(|number| log.get(Place { number, ..last })).collect()
    }
}
