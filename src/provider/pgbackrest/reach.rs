//! What one repository can be restored to: which backups are usable, how far the log leads from each,
//! and the [`Reading`] made of it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::TimeDelta;

use crate::domain::{
    Ability, Bound, Edge, Grade, LogPosition, LogReach, Points, Reading, RecoveryPoint, Replicated, Sign,
    Timestamp, Usability, Window, words,
};

use super::info::{Backup, History, Stanza};
use super::wal::Place;
use super::walk::{Gap, Log, Run};

/// What was read of a repository in one poll.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The stanza.
    pub stanza: &'a Stanza,
    /// Its present history in this repository.
    pub history: &'a History,
    /// The log that was listed; `None` = it was not, or the listing cannot be believed.
    pub log: Option<&'a Log>,
    /// Bytes of a segment.
    pub segment_size: u64,
}

/// What was looked up beside the listing, for the end of the newest stretch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The last commit.
    pub last_commit: Option<Timestamp>,
    /// The latest instant at which everything the database had committed lay before that end.
    pub complete_at: Option<Timestamp>,
    /// When the database was seen to have committed more.
    pub ahead_at: Option<Timestamp>,
    /// The configured schedule of backups.
    pub backup_every: Option<Duration>,
    /// What the person should know of the look.
    pub notes: Vec<String>,
}

/// Backups whose log leads on without a gap: one restore window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// The usable backups in it, by the time they ended; never empty.
    pub backups: Vec<Backup>,
    /// Its log; `None` when no log was listed.
    pub run: Option<Run>,
    /// The gap that ends it, when later log is stored.
    pub gap: Option<Gap>,
}

/// What a repository can be restored to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// Windows in the making, oldest first.
    pub stretches: Vec<Stretch>,
}

/// The earliest instant that can be given as a time for a backup: its stop is known in whole seconds.
pub fn first_time(backup: &Backup) -> Timestamp {
    backup.stop + TimeDelta::seconds(1)
}

/// The last commit cannot be named by its time, which is reached only where another follows (S11).
fn last_by_name(last: Bound) -> Bound {
    let before = last.at - TimeDelta::microseconds(1);
    last.by_name(before)
}

impl Seen<'_> {
    /// Whether a restore can start from a backup, as far as was seen.
    pub fn usability(&self, backup: &Backup) -> Usability {
        if backup.history != self.history.id {
            return Usability::Retired(format!(
                "made before the stanza upgrade (history {})",
                backup.history
            ));
        }
        if backup.error == Some(true) {
            return Usability::Damaged("page checksum errors were found when it was made".to_owned());
        }
        let there = |label: &String| {
            self.stanza.backups.iter().any(|other| other.repo == backup.repo && other.label == *label)
        };
        // A row that was not understood may be the one it needs.
        let all_read = self.stanza.unread_backups_of(backup.repo) == 0;
        if let Some(missing) = backup.needs.iter().find(|label| all_read && !there(label)) {
            return Usability::Damaged(format!("it needs backup {missing}, which is not in this repository"));
        }
        match self.missing_wal(backup) {
            Some(place) => Usability::Damaged(format!(
                "WAL segment {}, which it needs itself, is missing in this repository",
                place.name(self.segment_size)
            )),
            None => Usability::Usable,
        }
    }

    fn missing_wal(&self, backup: &Backup) -> Option<Place> {
        let (first, last) = backup.wal.as_ref()?;
        let place = |name: &str| Place::of(name, self.segment_size);
        self.log?.missing_between(place(first)?, place(last)?)
    }

    fn backups(&self) -> Vec<&Backup> {
        self.stanza.backups_of(self.history.repo)
    }

    /// The backups of the present history: of its log no other tells anything.
    fn present(&self) -> impl Iterator<Item = &Backup> {
        self.backups().into_iter().filter(|backup| backup.history == self.history.id)
    }

    /// Follows the log from every usable backup.
    pub fn reach(&self) -> Reach {
        let mut stretches: Vec<Stretch> = Vec::new();
        for backup in self.backups().into_iter().filter(|backup| self.usability(backup).is_usable()) {
            let from = backup.wal.as_ref().and_then(|(_, last)| Place::of(last, self.segment_size));
            match stretches.last_mut() {
                // Without a listing nothing speaks for a gap, and nothing against one.
                Some(open) if self.log.is_none() => open.backups.push(backup.clone()),
                Some(open) if from.is_some_and(|from| open.holds(from)) => open.backups.push(backup.clone()),
                _ => {
                    let run = self.log.zip(from).and_then(|(log, from)| log.run(from));
                    let gap = self.log.zip(run.as_ref()).and_then(|(log, run)| log.gap_after(run));
                    stretches.push(Stretch { backups: vec![backup.clone()], run, gap });
                }
            }
        }
        Reach { stretches }
    }

    /// The facts as a reading. `gaps` remembers what was missing in earlier polls.
    pub fn reading(&self, as_of: Timestamp, gaps: &mut Gaps, found: Found) -> Reading {
        let reach = self.reach();
        let mut signs = self.signs();
        signs.extend(found.notes.into_iter().map(|text| Sign::Note { text }));
        let last = reach.stretches.len().saturating_sub(1);
        let holes =
            reach.stretches.iter().enumerate().filter_map(|(at, stretch)| Some((stretch.gap?, at == last)));
        let holes: Vec<_> = holes.collect();
        let lacking: BTreeSet<Place> = self.present().filter_map(|backup| self.missing_wal(backup)).collect();
        gaps.note(holes.iter().map(|(gap, _)| gap.first).chain(lacking.iter().copied()), as_of);
        // Log that a backup needs itself may still be on its way: that nothing can be restored is then not
        // known yet (S4).
        let settled = !reach.stretches.is_empty() || lacking.iter().all(|&at| gaps.seen_enough(at, as_of));
        signs.extend(holes.iter().map(|&(gap, ends_window)| Sign::LogGap {
            first: gap.first.name(self.segment_size),
            last: gap.last().name(self.segment_size),
            count: gap.count,
            ends_window,
            confirmed: gaps.seen_enough(gap.first, as_of),
        }));
        signs.extend(lacking.iter().map(|at| Sign::BackupLacksLog { segment: at.name(self.segment_size) }));
        Reading {
            as_of,
            ability: Ability::Pitr,
            points: Some(self.points()),
            windows: settled.then(|| self.windows(&reach, found.last_commit, as_of).into()),
            log: LogReach {
                replicated: self.replicated(),
                end: self.end(&reach).map(Box::new),
                last_commit: found.last_commit,
                complete_at: found.complete_at,
                backed_until: self.backed_until(&reach).filter(|until| *until <= as_of),
                ahead_at: found.ahead_at,
                seen_at: None,
            },
            interval: self.interval(found.backup_every, &mut signs),
            signs,
        }
    }

    /// Whether no backup was seen that can be used, and rows that were not understood may be of such: then there is
    /// no reading, what can be restored is unknown and not none (S3).
    pub fn is_blind(&self) -> bool {
        self.stanza.unread_backups_of(self.history.repo) > 0 && self.reach().stretches.is_empty()
    }

    fn points(&self) -> Points {
        self.backups()
            .into_iter()
            .map(|backup| RecoveryPoint {
                name: backup.label.clone(),
                at: backup.stop,
                started: Some(backup.start),
                kind: backup.kind,
                size_bytes: backup.size,
                usability: self.usability(backup),
            })
            .collect()
    }

    fn windows(&self, reach: &Reach, last_commit: Option<Timestamp>, now: Timestamp) -> Vec<Window> {
        let last = reach.stretches.len().saturating_sub(1);
        let ends =
            reach.stretches.iter().skip(1).filter_map(|next| next.backups.first()).map(|next| next.stop);
        let mut ends = ends.map(Some).chain([None]);
        let windows = reach.stretches.iter().enumerate().filter_map(|(at, stretch)| {
            let next_begins = ends.next().flatten();
            self.window(stretch, last_commit.filter(|_| at == last), next_begins, now)
        });
        windows.collect()
    }

    /// Since when nobody looked whether all is there that leads from a backup on, where that is not now.
    fn last_listed(&self, stretch: &Stretch, backup: &Backup, now: Timestamp) -> String {
        let place = |name: &str| Place::of(name, self.segment_size);
        let needs = backup.wal.as_ref().and_then(|(first, last)| Some((place(first)?, place(last)?)));
        let oldest = self.log.zip(stretch.run.as_ref()).zip(needs).and_then(|((log, run), (first, last))| {
            let on = run.places().filter(|place| *place >= last);
            log.oldest_listing(std::iter::once(first).chain(on))
        });
        match oldest.filter(|listed| *listed < now) {
            Some(listed) => format!("; part of its log was last listed at {}", words::instant(listed)),
            None => String::new(),
        }
    }

    fn window(
        &self,
        stretch: &Stretch,
        commit: Option<Timestamp>,
        next: Option<Timestamp>,
        now: Timestamp,
    ) -> Option<Window> {
        let (oldest, newest) = (stretch.backups.first()?, stretch.backups.last()?);
        let grade = if stretch.run.is_some() { Grade::Whole } else { Grade::Claimed };
        let listed = self.last_listed(stretch, oldest, now);
        let from = Bound::new(oldest.stop, grade, format!("stop of base backup {}{listed}", oldest.label))
            .by_name(first_time(oldest));
        let end = self.log.zip(stretch.run.as_ref()).and_then(|(log, run)| log.get(run.end));
        let Some(end) = end else {
            let to = Bound::new(
                newest.stop,
                grade,
                format!("stop of base backup {}; its log was not listed", newest.label),
            );
            return Some(Window { from, to: last_by_name(to), to_is: Edge::AtLeast });
        };
        let why = match stretch.gap {
            Some(gap) => format!("segment {} is missing after it", gap.first.name(self.segment_size)),
            None => "nothing later is stored".to_owned(),
        };
        let why = why + &self.last_listed(stretch, newest, now);
        let (at, to_is, reason) = match (commit, end.stored_at) {
            (Some(commit), _) => {
                (commit, Edge::Exact, format!("last commit up to segment {}; {why}", end.name))
            }
            (None, Some(stored)) => {
                (stored, Edge::AtMost, format!("segment {} was stored then; {why}", end.name))
            }
            (None, None) => (newest.stop, Edge::AtLeast, format!("segment {} has no time; {why}", end.name)),
        };
        // Segments that were queued in an outage carry the time of the catch-up, so that a time may lie
        // beyond the next window; and a backup ends after its own last segment was stored.
        let at = next.map_or(at, |next| at.min(next - TimeDelta::seconds(1))).max(oldest.stop);
        Some(Window { from, to: last_by_name(Bound::new(at, grade, reason)), to_is })
    }

    /// The schedule of backups: as configured, else as observed where no log bridges their distance (S7).
    fn interval(&self, configured: Option<Duration>, signs: &mut Vec<Sign>) -> Option<Duration> {
        if configured.is_some() || self.replicated() != Replicated::No {
            return configured;
        }
        let ends: Vec<_> = self.present().map(|backup| backup.stop).collect();
        let mut apart: Vec<_> =
            ends.iter().zip(ends.iter().skip(1)).map(|(one, next)| *next - *one).collect();
        apart.sort_unstable();
        // Two distances at least, and the middle one: a backup made by hand changes no schedule.
        let middle = apart.get(apart.len() / 2).filter(|_| apart.len() >= 2)?.to_std().ok()?;
        let text = format!(
            "no log is in this copy, and its backups come each {} as observed; set `backup_every` to say so",
            words::whole_minutes(middle)
        );
        signs.push(Sign::Note { text });
        Some(middle)
    }

    fn replicated(&self) -> Replicated {
        match self.stanza.archive(self.history) {
            Some(archive) if archive.min.is_some() || archive.max.is_some() => Replicated::Yes,
            // What a backup needs was archived once, so that log is not kept here or kept out.
            Some(_) if self.present().next().is_some() => Replicated::No,
            _ => Replicated::Unknown,
        }
    }

    fn end(&self, reach: &Reach) -> Option<LogPosition> {
        let segment = self.log?.get(reach.newest()?.run.as_ref()?.end)?;
        Some(LogPosition {
            archive: self.stanza.archive(self.history)?.id.clone(),
            timeline: segment.place.timeline,
            segment: segment.place.number,
            name: segment.name.clone(),
            stored_at: segment.stored_at,
            branch: self.log.and_then(|log| log.branch(segment.place.timeline)).map(Box::new),
        })
    }

    /// Until when a backup proves that this copy holds all that was written. One of another timeline says nothing of
    /// the log that is followed; nor does one whose own log was not seen here.
    fn backed_until(&self, reach: &Reach) -> Option<Timestamp> {
        let newest = reach.newest()?;
        let run = newest.run.as_ref()?;
        let is_of_it = |backup: &&Backup| {
            let last = backup.wal.as_ref().and_then(|(_, last)| Place::of(last, self.segment_size));
            last.is_some_and(|last| last.timeline == run.end.timeline && run.holds(last))
        };
        newest.backups.iter().filter(is_of_it).map(|backup| backup.stop).max()
    }

    fn signs(&self) -> Vec<Sign> {
        let mut signs = Vec::new();
        let timelines = self.log.map(Log::rival_timelines).unwrap_or_default();
        if !timelines.is_empty() {
            signs.push(Sign::TwoTimelines { timelines });
        }
        if self.stanza.lock_held == Some(true) {
            signs.push(Sign::BackupRunning);
        }
        if self.stanza.left_out > 0 {
            let text = format!(
                "{} rows of pgBackRest's answer were not understood and left out",
                self.stanza.left_out
            );
            signs.push(Sign::Note { text });
        }
        signs
    }
}

impl Stretch {
    /// Whether its log holds a place.
    pub fn holds(&self, place: Place) -> bool {
        self.run.as_ref().is_some_and(|run| run.holds(place))
    }
}

impl Reach {
    /// The newest stretch.
    pub fn newest(&self) -> Option<&Stretch> {
        self.stretches.last()
    }
}

/// Gaps seen in earlier polls. Parallel pushes may store segments out of order, so that a gap is real
/// only when two polls or a minute saw it (S4).
#[derive(Debug, Clone, Default)]
pub struct Gaps {
    seen: BTreeMap<Place, (Timestamp, u32)>,
}

impl Gaps {
    /// Takes down where the gaps of one poll begin and forgets those that are filled.
    pub fn note(&mut self, gaps: impl Iterator<Item = Place>, now: Timestamp) {
        let before = std::mem::take(&mut self.seen);
        for first in gaps {
            let (first_seen, polls) = before.get(&first).copied().unwrap_or((now, 0));
            self.seen.insert(first, (first_seen, polls + 1));
        }
    }

    /// Takes in where an earlier process saw gaps.
    pub fn recall(&mut self, gaps: impl Iterator<Item = Place>, at: Timestamp) {
        for first in gaps {
            self.seen.entry(first).or_insert((at, 1));
        }
    }

    /// Whether a gap that begins there was seen twice or for a minute.
    pub fn seen_enough(&self, first: Place, now: Timestamp) -> bool {
        self.seen
            .get(&first)
            .is_some_and(|&(first_seen, polls)| polls >= 2 || now - first_seen >= TimeDelta::minutes(1))
    }

    /// Whether a place is missing, as far as is remembered.
    pub fn remembers(&self, in_folder: impl Fn(Place) -> bool) -> bool {
        self.seen.keys().any(|&place| in_folder(place))
    }
}
