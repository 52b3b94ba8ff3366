//! From what a person asks for to a point that is sure to be restorable (S11).
//!
//! PostgreSQL given the time of the last commit restores for its full length and then dies, because it
//! stops only at a *later* transaction end. So newest is a place in the log, and a time is accepted only
//! between a backup's end and a transaction end that was seen in the same copy.

use std::time::Duration;

use chrono::TimeDelta;

use crate::domain::instant::rfc3339;
use crate::domain::{Edge, Role, Target, Timestamp, Usability};
use crate::provider::{ForkPoint, PointHow, PointRefused};

use super::info::Backup;
use super::look::Look;
use super::peek::{CannotLook, Peek, Question, Record, peek};
use super::reach::{Reach, Stretch};
use super::settings::Settings;
use super::wal::{Place, Segment, lsn};

/// Most segments and bytes of one look into the log, and most looks for one answer.
const SEGMENTS_A_LOOK: usize = 6;
const BYTES_A_LOOK: u64 = 128 << 20;
const MOST_LOOKS: usize = 8;
/// A store time is given in whole seconds, cut off, by a clock that may differ a little.
const STORE_TIME_IS_ROUGH: TimeDelta = TimeDelta::seconds(5);
/// Longest real time of one look; a segment may have to come from an object store.
const LOOK_LIMIT: Duration = Duration::from_secs(90);

/// Resolves one target against one look at the repository.
#[derive(Debug)]
pub struct Resolver<'a> {
    settings: &'a Settings,
    look: &'a Look,
    role: Role,
    target: &'a Target,
    reach: Reach,
}

/// A refusal without near instants.
pub fn refuse(reason: String) -> PointRefused {
    PointRefused { reason, earlier: None, later: None }
}

/// The earliest instant that can be given as a time for a backup: its stop is known in whole seconds.
fn first_time(backup: &Backup) -> Timestamp {
    backup.stop + TimeDelta::seconds(1)
}

/// Where in the log a backup ends.
fn end_of(backup: &Backup) -> u64 {
    backup.lsn.as_ref().and_then(|(_, stop)| lsn(stop)).unwrap_or_default()
}

impl<'a> Resolver<'a> {
    /// A resolver for one look.
    pub fn new(settings: &'a Settings, look: &'a Look, role: Role, target: &'a Target) -> Self {
        Self { settings, look, role, target, reach: look.seen().reach() }
    }

    /// The point, or why not and what is near.
    ///
    /// # Errors
    /// [`PointRefused`].
    pub async fn resolve(&self) -> Result<ForkPoint, PointRefused> {
        match self.target {
            Target::Newest => self.newest().await,
            Target::Oldest => {
                match self.reach.stretches.first().and_then(|stretch| stretch.backups.first()) {
                    Some(backup) => Ok(self.immediate(backup).await),
                    None => Err(self.nothing()),
                }
            }
            Target::Backup(label) => self.backup(label).await,
            Target::At(at) => self.time(*at).await,
        }
    }

    fn nothing(&self) -> PointRefused {
        refuse(format!("repo{} holds no usable backup of `{}`", self.settings.repo, self.settings.stanza))
    }

    fn point(
        &self,
        backup: &Backup,
        how: PointHow,
        promised: (Timestamp, Edge),
        note: Option<String>,
    ) -> ForkPoint {
        ForkPoint {
            target: self.target.clone(),
            role: self.role,
            promised: promised.0,
            promised_is: promised.1,
            backup: Some(backup.label.clone()),
            size_bytes: backup.size,
            how,
            note,
        }
    }

    // ---- oldest, and a backup by its name

    async fn backup(&self, label: &str) -> Result<ForkPoint, PointRefused> {
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
            Usability::Damaged(why) | Usability::Retired(why) => Err(PointRefused {
                reason: format!("backup {label} cannot be used: {why}"),
                earlier: self.usable().map(|other| other.stop).filter(|stop| *stop < backup.stop).last(),
                later: self.usable().map(|other| other.stop).find(|stop| *stop > backup.stop),
            }),
        }
    }

    fn usable(&self) -> impl Iterator<Item = &Backup> {
        self.reach.stretches.iter().flat_map(|stretch| &stretch.backups)
    }

    /// As early as the backup is consistent. It holds what was committed before the backup's end.
    async fn immediate(&self, backup: &Backup) -> ForkPoint {
        let peeked = match self.segments_of(backup) {
            Some(segments) => self.peek(&segments, None).await.ok(),
            None => None,
        };
        let commit = peeked.and_then(|peek| peek.backup?.at);
        let promised = commit.map_or((backup.stop, Edge::AtMost), |commit| (commit, Edge::Exact));
        self.point(backup, PointHow::Immediate, promised, None)
    }

    /// The last segments a backup needs itself; its end lies in the last one.
    fn segments_of(&self, backup: &Backup) -> Option<Vec<&Segment>> {
        let log = self.look.log.as_ref()?;
        let (first, last) = backup.wal.as_ref()?;
        let (first, last) = (self.place(first)?, self.place(last)?);
        let from = first.number.max(last.number.saturating_sub(self.a_look() as u64 - 1));
        (from..=last.number).map(|number| log.get(Place { number, ..last })).collect()
    }

    fn place(&self, name: &str) -> Option<Place> {
        Place::of(name, self.look.segment_size)
    }

    // ---- newest

    async fn newest(&self) -> Result<ForkPoint, PointRefused> {
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
                    let after = |record: &Record| record.position() >= end_of(backup);
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
    fn at_commit(
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
        let promised = commit.at.map_or((backup.stop, Edge::AtLeast), |at| (at, Edge::Exact));
        self.point(backup, how, promised, None)
    }

    /// Newest where the log cannot be looked into: the beginning of the last segment is sure to be there.
    fn unlooked(&self, backup: &Backup, places: &[Place], cannot: &CannotLook) -> ForkPoint {
        let (Some(last), Some(log)) = (places.last(), self.look.log.as_ref()) else {
            return self.point(
                backup,
                PointHow::Immediate,
                (backup.stop, Edge::AtMost),
                Some(cannot.why.clone()),
            );
        };
        let before = places.iter().rev().nth(1).and_then(|place| log.get(*place)?.stored_at);
        let bytes = last.number * self.look.segment_size;
        let lsn = format!("{:X}/{:X}", bytes >> 32, bytes & 0xFFFF_FFFF);
        let promised = (before.unwrap_or(backup.stop).max(backup.stop), Edge::AtMost);
        let note = format!(
            "only to the beginning of the last segment, because the log cannot be looked into: {}",
            cannot.why
        );
        self.point(backup, PointHow::Lsn { lsn, timeline: last.timeline }, promised, Some(note))
    }

    /// The places of a stretch from a backup's last segment on.
    fn places_after(&self, stretch: &Stretch, backup: &Backup) -> Option<Vec<Place>> {
        let from = self.place(&backup.wal.as_ref()?.1)?;
        let run = stretch.run.as_ref()?;
        Some(run.places().filter(|place| *place >= from).collect())
    }

    /// Splits off the last places of one timeline, as many as one look takes.
    fn tail<'p>(&self, places: &'p [Place]) -> (&'p [Place], Vec<&Segment>) {
        let timeline = places.last().map(|place| place.timeline);
        let count = places
            .iter()
            .rev()
            .take_while(|place| Some(place.timeline) == timeline)
            .take(self.a_look())
            .count();
        let (_, taken) = places.split_at(places.len() - count);
        // One segment is looked into twice, for a record that runs on from it into the next.
        let overlap = usize::from(count == self.a_look());
        let earlier = places.get(..places.len() - count + overlap).unwrap_or_default();
        (earlier, self.segments_at(taken))
    }

    /// Segments of one look; two at least, for a record that runs on from one into the next.
    fn a_look(&self) -> usize {
        let fit = usize::try_from(BYTES_A_LOOK / self.look.segment_size).unwrap_or(SEGMENTS_A_LOOK);
        fit.clamp(2, SEGMENTS_A_LOOK)
    }

    fn segments_at(&self, places: &[Place]) -> Vec<&Segment> {
        places.iter().filter_map(|place| self.look.log.as_ref()?.get(*place)).collect()
    }

    // ---- an instant

    async fn time(&self, at: Timestamp) -> Result<ForkPoint, PointRefused> {
        let oldest = self.usable().next().ok_or_else(|| self.nothing())?;
        let begun = self
            .reach
            .stretches
            .iter()
            .rev()
            .find(|stretch| stretch.backups.first().is_some_and(|backup| first_time(backup) <= at));
        let Some(stretch) = begun else {
            return Err(PointRefused {
                reason: format!(
                    "{} is before the oldest restorable time of repo{}, {} (backup {} ended in the second before)",
                    rfc3339(at),
                    self.settings.repo,
                    rfc3339(first_time(oldest)),
                    oldest.label
                ),
                earlier: None,
                later: Some(first_time(oldest)),
            });
        };
        let backup = stretch.backups.iter().rev().find(|backup| first_time(backup) <= at).unwrap_or(oldest);
        let places = self.places_after(stretch, backup).ok_or_else(|| {
            refuse("the log of this copy was not listed, so no instant in it can be proven".to_owned())
        })?;
        match self.search(&places, at).await {
            Ok(found) => self.accept(at, stretch, backup, &places, found).await,
            Err(cannot) => self.unproven(at, stretch, backup, &places, &cannot),
        }
    }

    /// Looks for the first transaction end after an instant, from the segment that was stored next on.
    async fn search(&self, places: &[Place], at: Timestamp) -> Result<Search<'_>, CannotLook> {
        let stored = |place: &Place| self.look.log.as_ref()?.get(*place)?.stored_at;
        // What a segment holds was written before it was stored, so that earlier ones end before `at`.
        let first = places
            .iter()
            .position(|place| stored(place).is_none_or(|stored| stored + STORE_TIME_IS_ROUGH >= at));
        let mut next = first.unwrap_or(places.len()).min(places.len().saturating_sub(1)).saturating_sub(1);
        let mut last_end: Option<Timestamp> = None;
        for _ in 0..MOST_LOOKS {
            let Some(rest) = places.get(next..).filter(|rest| !rest.is_empty()) else { break };
            let timeline = rest.first().map(|place| place.timeline);
            let same =
                rest.iter().take_while(|place| Some(place.timeline) == timeline).take(self.a_look()).count();
            let segments = self.segments_at(rest.get(..same).unwrap_or_default());
            let peek = self.peek(&segments, Some(at)).await?;
            if peek.after.is_some() {
                return Ok(Search::Found { peek: Box::new(peek), segments, from: next });
            }
            last_end = peek.end.and_then(|end| end.at).or(last_end);
            if next + same >= places.len() {
                return Ok(Search::Beyond { last_end });
            }
            next += if same > 1 { same - 1 } else { 1 };
        }
        let why = "too many segments were stored at once to find the instant in them".to_owned();
        Err(CannotLook { why, no_tool: false })
    }

    async fn accept(
        &self,
        at: Timestamp,
        stretch: &Stretch,
        backup: &Backup,
        places: &[Place],
        found: Search<'_>,
    ) -> Result<ForkPoint, PointRefused> {
        let (peek, segments, from) = match found {
            Search::Beyond { last_end } => return Err(self.beyond(at, stretch, backup, last_end)),
            Search::Found { peek, segments, from } => (peek, segments, from),
        };
        let own_timeline =
            backup.wal.as_ref().and_then(|(_, last)| self.place(last)).map(|place| place.timeline);
        let timeline = segments.last().map(|segment| segment.place.timeline);
        let commit = peek.before.filter(|record| record.position() >= end_of(backup));
        if let Some(commit) = commit {
            if timeline == own_timeline {
                let promised = commit.at.map_or((at, Edge::AtMost), |commit| (commit, Edge::Exact));
                return Ok(self.point(backup, PointHow::Time { at }, promised, None));
            }
            return Ok(self.at_commit(backup, &commit, peek.before_follow.as_ref(), &segments));
        }
        let earlier = places.get(..=from).unwrap_or_default();
        let promised = match self.commit_before(backup, earlier, at).await {
            Some(commit) => (commit, Edge::Exact),
            None => (at, Edge::AtMost),
        };
        if timeline == own_timeline {
            return Ok(self.point(backup, PointHow::Time { at }, promised, None));
        }
        Err(PointRefused {
            reason: format!(
                "nothing was committed on timeline {} before {}; choose an instant on it",
                timeline.unwrap_or(0),
                rfc3339(at)
            ),
            earlier: promised.1.eq(&Edge::Exact).then_some(promised.0),
            later: peek.after.and_then(|after| after.at),
        })
    }

    /// The last commit up to an instant in these places, or before the end of the backup they begin with.
    async fn commit_before(&self, backup: &Backup, places: &[Place], at: Timestamp) -> Option<Timestamp> {
        let mut rest = places;
        for _ in 0..MOST_LOOKS {
            let (earlier, segments) = self.tail(rest);
            if segments.is_empty() {
                let point = self.immediate(backup).await;
                return (point.promised_is == Edge::Exact).then_some(point.promised);
            }
            let peek = self.peek(&segments, Some(at)).await.ok()?;
            let commit = if peek.after.is_some() { peek.before } else { peek.commit };
            let commit = commit.filter(|record| record.position() >= end_of(backup));
            if let Some(commit) = commit {
                return commit.at;
            }
            rest = earlier;
        }
        None
    }

    fn beyond(
        &self,
        at: Timestamp,
        stretch: &Stretch,
        backup: &Backup,
        last_end: Option<Timestamp>,
    ) -> PointRefused {
        let reach = last_end.map_or_else(
            || format!("nothing was written after backup {} ended", backup.label),
            |end| format!("the last transaction in reach ended {}", rfc3339(end)),
        );
        let why = match stretch.gap {
            Some(gap) => format!(
                "{} lies in or beyond a hole of the log: segments {} to {} are missing in repo{}",
                rfc3339(at),
                gap.first.name(self.look.segment_size),
                gap.last().name(self.look.segment_size),
                self.settings.repo
            ),
            None => format!("{} is after the end of the log in repo{}", rfc3339(at), self.settings.repo),
        };
        let later = self.later_stretch(stretch).and_then(|next| next.backups.first()).map(first_time);
        // A time needs a transaction that ends after it: the last one itself cannot be named by its time.
        let earlier =
            last_end.map(|end| end - TimeDelta::microseconds(1)).filter(|end| *end >= first_time(backup));
        PointRefused {
            reason: format!("{why}; {reach}. `newest` includes it"),
            earlier: earlier.or(Some(backup.stop)),
            later,
        }
    }

    fn later_stretch(&self, stretch: &Stretch) -> Option<&Stretch> {
        self.reach.stretches.iter().skip_while(|other| *other != stretch).nth(1)
    }

    /// An instant where the log cannot be looked into: taken only if the segment before the last was
    /// stored after it, and said to be unproven.
    fn unproven(
        &self,
        at: Timestamp,
        stretch: &Stretch,
        backup: &Backup,
        places: &[Place],
        cannot: &CannotLook,
    ) -> Result<ForkPoint, PointRefused> {
        let one_timeline =
            places.first().map(|place| place.timeline) == places.last().map(|place| place.timeline);
        let stored =
            places.iter().rev().nth(1).and_then(|place| self.look.log.as_ref()?.get(*place)?.stored_at);
        if one_timeline && stored.is_some_and(|stored| at < stored) {
            let note = format!("not proven that the log goes on after this instant: {}", cannot.why);
            return Ok(self.point(backup, PointHow::Time { at }, (at, Edge::AtMost), Some(note)));
        }
        let mut refused = self.beyond(at, stretch, backup, None);
        refused.reason = format!("{} cannot be proven to lie within the log: {}", rfc3339(at), cannot.why);
        refused.earlier = stored.map(|stored| stored - TimeDelta::seconds(1)).or(refused.earlier);
        Err(refused)
    }

    async fn peek(&self, segments: &[&Segment], until: Option<Timestamp>) -> Result<Peek, CannotLook> {
        let unknown =
            |what: &str| CannotLook { why: format!("pgBackRest does not say the {what}"), no_tool: false };
        let question = Question {
            archive: &self.look.archive().ok_or_else(|| unknown("archive"))?.id,
            major: self.look.history.version.as_deref().ok_or_else(|| unknown("version"))?,
            segment_size: self.look.segment_size,
            segments,
            until,
            limit: LOOK_LIMIT,
        };
        peek(self.settings, &question).await
    }
}

/// Where an instant lies in a stretch of log.
#[derive(Debug)]
enum Search<'a> {
    /// A transaction ends after it.
    Found { peek: Box<Peek>, segments: Vec<&'a Segment>, from: usize },
    /// None does.
    Beyond { last_end: Option<Timestamp> },
}
