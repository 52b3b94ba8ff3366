//! An instant: taken only between a backup's end and a transaction end seen in the same copy (S11).

use chrono::TimeDelta;

use super::{MOST_LOOKS, Promise, Resolver, refuse};
use crate::domain::instant::rfc3339;
use crate::domain::{Edge, Timestamp};
use crate::provider::{ForkPoint, PointHow, PointRefused};

use super::super::info::Backup;
use super::super::peek::{CannotLook, Peek};
use super::super::reach::{Stretch, first_time};
use super::super::wal::{Place, Segment};

/// A store time is given in whole seconds, cut off, by a clock that may differ a little.
const STORE_TIME_IS_ROUGH: TimeDelta = TimeDelta::seconds(5);

impl Resolver<'_> {
    pub(super) async fn time(&self, at: Timestamp) -> Result<ForkPoint, PointRefused> {
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
                let last_end = match last_end {
                    Some(end) => LastEnd::At(end),
                    // Long transactions fill whole segments in which none ends.
                    None => self.last_end(places.get(..next + same).unwrap_or_default()).await?,
                };
                return Ok(Search::Beyond { last_end });
            }
            next += if same > 1 { same - 1 } else { 1 };
        }
        let why = "too many segments were stored at once to find the instant in them".to_owned();
        Err(CannotLook { why, no_tool: false })
    }

    /// Where the last transaction ends in these places.
    async fn last_end(&self, places: &[Place]) -> Result<LastEnd, CannotLook> {
        let mut rest = places;
        for _ in 0..MOST_LOOKS {
            let (earlier, segments) = self.tail(rest);
            if segments.is_empty() {
                return Ok(LastEnd::Nowhere);
            }
            if let Some(end) = self.peek(&segments, None).await?.end.and_then(|end| end.at) {
                return Ok(LastEnd::At(end));
            }
            rest = earlier;
        }
        Ok(LastEnd::NotLookedUp)
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
            Search::Beyond { last_end } => return Err(self.beyond(at, stretch, backup, &last_end)),
            Search::Found { peek, segments, from } => (peek, segments, from),
        };
        let own_timeline =
            backup.wal.as_ref().and_then(|(_, last)| self.place(last)).map(|place| place.timeline);
        let timeline = segments.last().map(|segment| segment.place.timeline);
        let commit = peek.before.filter(|record| record.position() >= self.end_of(backup));
        if let Some(commit) = commit {
            if timeline == own_timeline {
                let promise = Promise::of(&commit).unwrap_or(Promise::at_most(at));
                return Ok(self.point(backup, PointHow::Time { at }, promise, None));
            }
            return Ok(self.at_commit(backup, &commit, peek.before_follow.as_ref(), &segments));
        }
        let earlier = places.get(..=from).unwrap_or_default();
        let promise = self.commit_before(backup, earlier, at).await.unwrap_or(Promise::at_most(at));
        if timeline == own_timeline {
            return Ok(self.point(backup, PointHow::Time { at }, promise, None));
        }
        Err(PointRefused {
            reason: format!(
                "nothing was committed on timeline {} before {}; choose an instant on it",
                timeline.unwrap_or(0),
                rfc3339(at)
            ),
            earlier: promise.is.eq(&Edge::Exact).then_some(promise.at),
            later: peek.after.and_then(|after| after.at),
        })
    }

    /// The last commit up to an instant in these places, or before the end of the backup they begin with.
    async fn commit_before(&self, backup: &Backup, places: &[Place], at: Timestamp) -> Option<Promise> {
        let mut rest = places;
        for _ in 0..MOST_LOOKS {
            let (earlier, segments) = self.tail(rest);
            if segments.is_empty() {
                let point = self.immediate(backup).await;
                let promise = Promise { at: point.promised, is: point.promised_is, commit: point.commit };
                return (promise.is == Edge::Exact).then_some(promise);
            }
            let peek = self.peek(&segments, Some(at)).await.ok()?;
            let commit = if peek.after.is_some() { peek.before } else { peek.commit };
            let commit = commit.filter(|record| record.position() >= self.end_of(backup));
            if let Some(commit) = commit {
                return Promise::of(&commit);
            }
            rest = earlier;
        }
        None
    }

    fn beyond(&self, at: Timestamp, stretch: &Stretch, backup: &Backup, last_end: &LastEnd) -> PointRefused {
        let reach = match last_end {
            LastEnd::At(end) => {
                format!("the last transaction in reach ended {}. `newest` includes it", rfc3339(*end))
            }
            LastEnd::Nowhere => format!("nothing was written after backup {} ended", backup.label),
            LastEnd::NotLookedUp => "where the last transaction in reach ended was not looked up".to_owned(),
        };
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
        let earlier = match last_end {
            LastEnd::At(end) => Some(*end - TimeDelta::microseconds(1)),
            LastEnd::Nowhere | LastEnd::NotLookedUp => None,
        };
        PointRefused { reason: format!("{why}; {reach}"), earlier, later }
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
            return Ok(self.point(backup, PointHow::Time { at }, Promise::at_most(at), Some(note)));
        }
        let mut refused = self.beyond(at, stretch, backup, &LastEnd::NotLookedUp);
        refused.reason = format!("{} cannot be proven to lie within the log: {}", rfc3339(at), cannot.why);
        refused.earlier = stored.map(|stored| stored - TimeDelta::seconds(1)).or(refused.earlier);
        Err(refused)
    }
}

/// Where an instant lies in a stretch of log.
#[derive(Debug)]
enum Search<'a> {
    /// A transaction ends after it.
    Found { peek: Box<Peek>, segments: Vec<&'a Segment>, from: usize },
    /// None does.
    Beyond { last_end: LastEnd },
}

/// Where the last transaction in reach ends.
#[derive(Debug)]
enum LastEnd {
    At(Timestamp),
    Nowhere,
    NotLookedUp,
}
