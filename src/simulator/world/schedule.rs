//! When a service is backed up, what has arrived in the other region, and what can be restored where.

use std::time::Duration;

use chrono::{NaiveTime, TimeDelta};

use super::script::{Script, Span, merged};
use super::{delta, noise, share_of, transfer};
use crate::domain::Timestamp;
use crate::simulator::scenario::{Kind, days};
use crate::simulator::wire::policy;

/// The bytes a second at which a backup is taken.
const BACKUP_RATE: u64 = 200 << 20;
/// The bytes a second at which a backup is copied to another region.
const COPY_RATE: u64 = 100 << 20;

/// An increment holds one part of so many.
const INCREMENT: u64 = 15;
const DAY: Duration = days(1);

/// How a service is backed up.
#[derive(Debug, Clone)]
pub(in crate::simulator) struct Schedule {
    /// Backup number 0 begins here, others each `every` before and after it.
    pub(in crate::simulator) anchor: Timestamp,
    /// Since when another time of day is set, oldest first.
    pub(in crate::simulator) moved: Vec<Moved>,
    /// The first backup there ever was; `None` = never any.
    pub(in crate::simulator) first: Option<i64>,
    /// Time between two backups.
    pub(in crate::simulator) every: Duration,
    /// Each so many backups one is full, the others are increments on it.
    pub(in crate::simulator) fulls: i64,
    /// Time between two pieces of log; `None` = no log.
    pub(in crate::simulator) log_every: Option<Duration>,
    /// Until something has arrived in the other region.
    pub(in crate::simulator) copy_delay: Duration,
    /// How long backups are kept.
    pub(in crate::simulator) retention: Duration,
    /// Size of the data at the scenario's start, bytes.
    pub(in crate::simulator) size: u64,
}

/// From one backup on, another time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::simulator) struct Moved {
    /// The first backup at the new time.
    number: i64,
    /// When it begins.
    start: Timestamp,
}

impl Schedule {
    /// The time of day at which backups begin from now on.
    pub(in crate::simulator) fn time_of_day(&self) -> NaiveTime {
        self.moved.last().map_or(self.anchor, |moved| moved.start).time()
    }

    /// Backups that are still to come begin at this hour and minute; those that were made stay as they are.
    pub(super) fn set_time_of_day(&mut self, hour: u32, minute: u32, now: Timestamp) {
        let Some(time) = NaiveTime::from_hms_opt(hour, minute, 0) else { return };
        let number = self.number_at(now) + 1;
        let every = delta(self.every);
        let mut start = now.date_naive().and_time(time).and_utc() - DAY;
        while start <= now && every > TimeDelta::zero() {
            start += every;
        }
        self.moved.retain(|moved| moved.number < number);
        self.moved.push(Moved { number, start });
    }

    /// When a backup is to begin.
    fn start_of(&self, number: i64) -> Timestamp {
        let (first, start) = self.part_of(|part| part.number <= number);
        let step = delta(self.every).num_microseconds().unwrap_or(i64::MAX);
        start + TimeDelta::microseconds(step.saturating_mul(number - first))
    }

    /// The number of the last backup that was to begin by `at`.
    fn number_at(&self, at: Timestamp) -> i64 {
        let (first, start) = self.part_of(|part| part.start <= at);
        let step = delta(self.every).num_microseconds().unwrap_or(i64::MAX).max(1);
        let passed = first + (at - start).num_microseconds().unwrap_or_default().div_euclid(step);
        // What was to come when another time was set did not come.
        let next = self.moved.iter().map(|moved| moved.number).find(|number| *number > first);
        next.map_or(passed, |next| passed.min(next - 1))
    }

    /// The last time of day that was set before something; else that from the beginning.
    fn part_of(&self, before: impl Fn(&Moved) -> bool) -> (i64, Timestamp) {
        self.moved
            .iter()
            .rfind(|part| before(part))
            .map_or((0, self.anchor), |part| (part.number, part.start))
    }
}

/// Where copies go, and from when on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::simulator) struct Secondary {
    /// The region.
    pub(in crate::simulator) cloud: String,
    /// Only what is stored from here on is copied.
    pub(in crate::simulator) since: Timestamp,
}

/// Where copies went once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::simulator) struct Went {
    /// Where to, and from when on.
    pub(in crate::simulator) to: Secondary,
    /// Only what had arrived by then lies there.
    pub(in crate::simulator) until: Timestamp,
}

/// One backup.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::simulator) struct Backup {
    /// The provider's name.
    pub(in crate::simulator) name: String,
    /// When it was complete: the earliest instant it can be restored to.
    pub(in crate::simulator) at: Timestamp,
    /// Size of its data, bytes.
    pub(in crate::simulator) size: u64,
    /// Whether it has arrived in the other region.
    pub(in crate::simulator) copied: bool,
    /// Whether it is an increment on the one before it.
    pub(in crate::simulator) incremental: bool,
}

/// A backup that was made, whether or not it is still kept.
#[derive(Debug, Clone, Copy)]
struct Made {
    number: i64,
    start: Timestamp,
    end: Timestamp,
    size: u64,
    incremental: bool,
}

/// The first and the last instant that can be restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::simulator) struct Range {
    /// The first.
    pub(in crate::simulator) from: Timestamp,
    /// The last.
    pub(in crate::simulator) to: Timestamp,
}

/// What decides on the backups of one service at an instant.
#[derive(Debug, Clone, Copy)]
pub(in crate::simulator) struct Backed<'a> {
    pub(in crate::simulator) seed: u64,
    pub(in crate::simulator) zero: Timestamp,
    pub(in crate::simulator) name: &'a str,
    pub(in crate::simulator) kind: Kind,
    pub(in crate::simulator) region: &'a str,
    pub(in crate::simulator) storage: &'a str,
    pub(in crate::simulator) off: &'a [Span],
    pub(in crate::simulator) schedule: &'a Schedule,
    pub(in crate::simulator) secondary: Option<&'a Secondary>,
    pub(in crate::simulator) script: &'a Script,
}

impl Backed<'_> {
    /// Every backup kept at `now`, oldest first. None is made, and none expires, while the service is down
    /// or switched off.
    pub(in crate::simulator) fn backups(&self, now: Timestamp) -> Vec<Backup> {
        let until = self.alive_until(now);
        let made = self.made(until);
        let continued = self.continued(&made);
        let horizon = self.horizon(now);
        // A chain whose beginning did not arrive is of no use there.
        let mut chain_arrived = false;
        let copied: Vec<bool> = made
            .iter()
            .map(|one| {
                chain_arrived &= one.incremental;
                let from = self.copied_from(one, continued);
                let arrived = from
                    .zip(horizon)
                    .is_some_and(|(from, horizon)| from + transfer(one.size, COPY_RATE) <= horizon);
                chain_arrived = arrived && (chain_arrived || !one.incremental);
                chain_arrived
            })
            .collect();
        let kept = made.into_iter().zip(copied).filter(|(one, _)| self.is_kept(one, until));
        kept.map(|(one, copied)| Backup {
            name: self.backup_name(one.start),
            at: one.end,
            size: one.size,
            copied,
            incremental: one.incremental,
        })
        .collect()
    }

    /// Of the backups that were there when copies were switched on, only the newest chain is copied, and
    /// only where log continues it: snapshots are written to both regions at once.
    fn continued(&self, made: &[Made]) -> Option<i64> {
        let since = self.secondary.filter(|_| self.kind.has_log())?.since;
        made.iter().rev().find(|one| one.end < since).map(|one| self.chain(one.number))
    }

    /// When the copying of a backup begins.
    fn copied_from(&self, one: &Made, continued: Option<i64>) -> Option<Timestamp> {
        let since = self.secondary?.since;
        (one.end >= since || continued == Some(self.chain(one.number))).then_some(one.end.max(since))
    }

    /// The full backup and its increments that a backup belongs to.
    fn chain(&self, number: i64) -> i64 {
        number.div_euclid(self.schedule.fulls.max(1))
    }

    /// Everything made up to `until` that may still be kept, with the full backup it begins with.
    fn made(&self, until: Timestamp) -> Vec<Made> {
        let Some(first) = self.schedule.first.filter(|_| self.kind.has_backups()) else { return Vec::new() };
        let fulls = self.schedule.fulls.max(1);
        let oldest = self.schedule.number_at(until - delta(self.schedule.retention)) - 1;
        let down = self.down();
        let mut full = None;
        let mut made = Vec::new();
        for number in first.max(oldest.div_euclid(fulls) * fulls)..=self.schedule.number_at(until) {
            let chain = self.chain(number);
            let incremental = full == Some(chain);
            let (start, end, size) = self.backup(number, incremental);
            if end > until || down.iter().any(|span| span.touches(start, end)) {
                continue;
            }
            full = Some(chain);
            made.push(Made { number, start, end, size, incremental });
        }
        made
    }

    /// Whether it is young enough, and not thinned out. A chain is kept as long as its last increment.
    fn is_kept(&self, one: &Made, until: Timestamp) -> bool {
        let age = until - one.end;
        let later_in_chain = self.schedule.fulls - 1 - one.number.rem_euclid(self.schedule.fulls.max(1));
        let kept = delta(self.schedule.retention)
            + delta(self.schedule.every) * i32::try_from(later_in_chain).unwrap_or_default();
        let a_day = (DAY.as_secs() / self.schedule.every.as_secs().max(1)).max(1);
        let daily = one.number.rem_euclid(i64::try_from(a_day).unwrap_or(1)) == 0;
        age <= kept && (!policy::is_thinned(self.kind) || daily || age <= delta(policy::ALL_KEPT))
    }

    /// When nothing was written: its region was down, or it was switched off.
    pub(super) fn down(&self) -> Vec<Span> {
        let mut down = self.script.down(self.region);
        down.extend(self.off);
        merged(down)
    }

    /// Now, or since when it is down.
    fn alive_until(&self, now: Timestamp) -> Timestamp {
        self.down().into_iter().find(|span| span.holds(now)).map_or(now, |span| span.from)
    }

    /// What can be restored in the service's own region: `to` is now, or since when it is down.
    pub(in crate::simulator) fn primary_range(&self, now: Timestamp) -> Option<Range> {
        self.schedule.log_every?;
        let from = self.backups(now).first()?.at;
        Some(Range { from, to: self.alive_until(now) })
    }

    /// What can be restored in the other region.
    pub(in crate::simulator) fn secondary_range(&self, now: Timestamp) -> Option<Range> {
        let log_every = self.schedule.log_every?;
        let horizon = self.horizon(now)?;
        let backups = self.backups(now);
        let mut copied = backups.iter().filter(|backup| backup.copied);
        let oldest = copied.next()?;
        let newest = copied.next_back().unwrap_or(oldest);
        let written = self.alive_until(now).min(horizon);
        Some(Range { from: oldest.at, to: self.last_log(written, log_every).max(newest.at) })
    }

    /// Up to which instant everything stored here has arrived there.
    pub(in crate::simulator) fn horizon(&self, now: Timestamp) -> Option<Timestamp> {
        let there = &self.secondary?.cloud;
        Some(self.script.horizon(
            self.name,
            [self.region, self.storage, there],
            self.schedule.copy_delay,
            now,
        ))
    }

    /// The last instant up to `at` at which a piece of log was closed.
    fn last_log(&self, at: Timestamp, every: Duration) -> Timestamp {
        let step = delta(every).num_microseconds().unwrap_or(i64::MAX).max(1);
        let phase = noise::below(self.seed, self.name, i64::MIN, delta(every).num_seconds());
        let anchor = self.zero + TimeDelta::seconds(phase);
        let passed = (at - anchor).num_microseconds().unwrap_or_default();
        anchor + TimeDelta::microseconds(passed.div_euclid(step) * step)
    }

    /// Begin, end and size of a backup.
    fn backup(&self, number: i64, incremental: bool) -> (Timestamp, Timestamp, u64) {
        let late = TimeDelta::microseconds(noise::below(self.seed, self.name, number, 25_000_000));
        let start = self.schedule.start_of(number) + late;
        let whole = self.size_at(start, number);
        let size = if incremental { whole / INCREMENT } else { whole };
        let took = transfer(size, BACKUP_RATE).max(TimeDelta::seconds(20));
        (start, start + took, size)
    }

    /// Data grows by a thousandth a day, give or take a little.
    fn size_at(&self, at: Timestamp, number: i64) -> u64 {
        let days = delta_days(at - self.zero);
        let wobble = noise::unit(self.seed, self.name, number) * 0.004 - 0.002;
        share_of(self.schedule.size, (1.0 + days * 0.001 + wobble).clamp(0.5, 2.0))
    }

    fn backup_name(&self, start: Timestamp) -> String {
        let form = match self.kind {
            Kind::Pg => "%Y-%m-%d_%H-%M_0.00000000.pghoard",
            Kind::Mysql => "mysql-%Y%m%dt%H%M%Sz",
            Kind::Grafana => "grafana-%Y%m%dT%H%M%S%6fZ",
            _ => "backup-%Y%m%dt%H%M%S%6fz",
        };
        start.format(form).to_string()
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share of a day needs no more than 52 bits of seconds")]
fn delta_days(delta: TimeDelta) -> f64 {
    delta.num_seconds() as f64 / 86_400.0
}
