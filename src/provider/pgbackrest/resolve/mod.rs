//! From what a person asks for to a point that is sure to be restorable (S11).
//!
//! PostgreSQL given the time of the last commit restores for its full length and then dies, because it
//! stops only at a *later* transaction end. So newest is a place in the log, and a time is accepted only
//! between a backup's end and a transaction end that was seen in the same copy.

mod backup;
mod instant;
mod newest;

use std::time::Duration;

use crate::domain::{Edge, Role, Target, Timestamp};
use crate::provider::{ForkPoint, PointHow, PointRefused};

use super::failure;
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

/// The newest data that a point promises.
#[derive(Debug)]
struct Promise {
    at: Timestamp,
    is: Edge,
    /// Where in the log its commit begins, when it was looked up.
    commit: Option<String>,
}

impl Promise {
    /// Everything up to this commit.
    fn of(commit: &Record) -> Option<Self> {
        Some(Self { at: commit.at?, is: Edge::Exact, commit: Some(commit.lsn.clone()) })
    }

    /// Nothing later than an instant.
    const fn at_most(at: Timestamp) -> Self {
        Self { at, is: Edge::AtMost, commit: None }
    }
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
            Target::Backup(label) => self.only_takeable(self.backup(label).await).await,
            Target::At(at) => self.only_takeable(self.time(*at).await).await,
        }
    }

    /// Proposes only instants that would be taken themselves (R10).
    async fn only_takeable(&self, found: Result<ForkPoint, PointRefused>) -> Result<ForkPoint, PointRefused> {
        let Err(refused) = found else { return found };
        let (mut earlier, mut later) = (None, None);
        for (from, to) in [(refused.earlier, &mut earlier), (refused.later, &mut later)] {
            if let Some(at) = from
                && self.time(at).await.is_ok()
            {
                *to = Some(at);
            }
        }
        Err(PointRefused { earlier, later, ..refused })
    }

    fn nothing(&self) -> PointRefused {
        if self.look.seen().is_blind() {
            return refuse(failure::no_backup_understood(self.settings.repo));
        }
        refuse(format!("repo{} holds no usable backup of `{}`", self.settings.repo, self.settings.stanza))
    }

    fn point(&self, backup: &Backup, how: PointHow, promise: Promise, note: Option<String>) -> ForkPoint {
        ForkPoint {
            target: self.target.clone(),
            role: self.role,
            promised: promise.at,
            promised_is: promise.is,
            commit: promise.commit,
            backup: Some(backup.label.clone()),
            log_from: backup.lsn.as_ref().map(|(_, stop)| stop.clone()),
            size_bytes: backup.size,
            how,
            note,
            last_known: None,
        }
    }

    /// Where in the log a backup ends: within its last segment, where the place itself was not told.
    fn end_of(&self, backup: &Backup) -> u64 {
        let told = backup.lsn.as_ref().and_then(|(_, stop)| lsn(stop));
        let last = backup.wal.as_ref().and_then(|(_, last)| self.place(last));
        told.or_else(|| Some(last?.next().number * self.look.segment_size)).unwrap_or(u64::MAX)
    }

    fn place(&self, name: &str) -> Option<Place> {
        Place::of(name, self.look.segment_size)
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

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::super::fixtures::capture;
    use super::super::info::{self, RepoView};
    use super::*;

    /// A repository of a capture, its log not listed.
    fn look(name: &str, stanza: &str, repo: u32) -> Look {
        let info = info::decode(&capture(name)).unwrap();
        let RepoView::Read { stanza, history } = info.repo(stanza, repo) else { panic!("{name}") };
        let (stanza, history) = (stanza.clone(), history.clone());
        Look { stanza, history, log: None, segment_size: 16 << 20, trouble: None }
    }

    #[tokio::test]
    async fn s11_only_what_would_be_taken_is_proposed() {
        for (name, stanza) in [("01-healthy", "main"), ("10-region-down", "orders")] {
            let settings: Settings = toml::from_str(&format!("stanza = '{stanza}'\nrepo = 2")).unwrap();
            let look = look(name, stanza, 2);
            let backups = look.stanza.backups_of(2);
            let stops = backups.iter().flat_map(|backup| {
                [-3600, 0, 3600].map(|seconds| Target::At(backup.stop + TimeDelta::seconds(seconds)))
            });
            let labels = backups.iter().map(|backup| Target::Backup(backup.label.clone()));
            let mut refusals = 0;
            for target in stops.chain(labels) {
                let Err(refused) = Resolver::new(&settings, &look, Role::Secondary, &target).resolve().await
                else {
                    continue;
                };
                refusals += 1;
                for at in refused.earlier.into_iter().chain(refused.later) {
                    let again = Target::At(at);
                    let taken = Resolver::new(&settings, &look, Role::Secondary, &again).resolve().await;
                    assert!(taken.is_ok(), "{name} {target}: {refused:?}: {taken:?}");
                }
            }
            assert!(refusals > 0, "{name}");
        }
    }
}
