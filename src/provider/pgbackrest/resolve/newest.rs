//! The newest point: a place in the log right after the last commit (S11).

use super::{MOST_LOOKS, Promise, Resolver};
use crate::domain::Edge;
use crate::provider::{ForkPoint, PointHow, PointRefused};

use super::super::info::Backup;
use super::super::peek::{CannotLook, Record};
use super::super::wal::{Place, Segment, lsn_text};

impl Resolver<'_> {
    pub(super) async fn newest(&self) -> Result<ForkPoint, PointRefused> {
        let stretch = self.reach.newest().ok_or_else(|| self.nothing())?;
        let backup = stretch.backups.last().ok_or_else(|| self.nothing())?;
        let Some(places) = self.places_after(stretch, backup) else {
            let why = self.look.trouble.as_ref().map_or("its log was not listed", |(_, why)| why);
            let mut point = self.immediate(backup).await;
            point.note = Some(format!("only to the end of the newest backup: {why}"));
            return Ok(point);
        };
        let mut rest = places.as_slice();
        for _ in 0..MOST_LOOKS {
            let (earlier, segments) = self.tail(rest);
            if segments.is_empty() {
                // Nothing was committed since the backup ended: it holds everything.
                return Ok(self.immediate(backup).await);
            }
            match self.peek(&segments, None).await {
                Ok(peek) => {
                    let after = |record: &Record| record.position() >= self.end_of(backup);
                    if let Some(commit) = peek.commit.filter(after) {
                        return Ok(self.at_commit(backup, &commit, peek.follow.as_ref(), &segments));
                    }
                }
                Err(cannot) => return Ok(self.unlooked(backup, &places, &cannot)),
            }
            rest = earlier;
        }
        let cannot = CannotLook { why: "the last segments hold no commit".to_owned(), no_tool: false };
        Ok(self.unlooked(backup, &places, &cannot))
    }

    /// Exactly through a commit. A place right after it is given where there is one: told to stop at the
    /// commit's own record, PostgreSQL includes it but reports the transaction before as the last one.
    pub(super) fn at_commit(
        &self,
        backup: &Backup,
        commit: &Record,
        follow: Option<&Record>,
        in_: &[&Segment],
    ) -> ForkPoint {
        let timeline = in_.last().map_or(1, |segment| segment.place.timeline);
        let how = match follow {
            Some(follow) => PointHow::Lsn { lsn: follow.lsn.clone(), timeline },
            None => PointHow::Xid { xid: commit.xid, timeline },
        };
        let unread = Promise { at: backup.stop, is: Edge::AtLeast, commit: Some(commit.lsn.clone()) };
        self.point(backup, how, Promise::of(commit).unwrap_or(unread), None)
    }

    /// Newest where the log cannot be looked into: the beginning of the last segment is sure to be there.
    fn unlooked(&self, backup: &Backup, places: &[Place], cannot: &CannotLook) -> ForkPoint {
        let begins = |place: &Place| place.number * self.look.segment_size;
        let last = places.last().filter(|last| begins(last) >= self.end_of(backup));
        let (Some(last), Some(log)) = (last, self.look.log.as_ref()) else {
            let note = format!("only to the end of the newest backup: {}", cannot.why);
            return self.point(backup, PointHow::Immediate, Promise::at_most(backup.stop), Some(note));
        };
        let before = places.iter().rev().nth(1).and_then(|place| log.get(*place)?.stored_at);
        let lsn = lsn_text(begins(last));
        let promise = Promise::at_most(before.unwrap_or(backup.stop).max(backup.stop));
        let note = format!(
            "only to the beginning of the last segment, because the log cannot be looked into: {}",
            cannot.why
        );
        self.point(backup, PointHow::Lsn { lsn, timeline: last.timeline }, promise, Some(note))
    }
}
