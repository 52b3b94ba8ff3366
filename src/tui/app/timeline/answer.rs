//! What becomes of a restore there to one point: whether it can be, and what it gives up. The facts
//! are the domain's; nothing is judged twice.

use std::time::Duration;

use chrono::{SubsecRound, TimeDelta};

use super::lane::{never_read, no_secondary};
use crate::domain::given_up;
use crate::domain::target::{check, had_after, had_before, newest_as_asked};
use crate::domain::windows::{self, Place};
use crate::domain::{
    Ability, Assessment, Edge, Grade, Loss, LossBasis, LossIs, Point, PointKind, Points, Reading, Service,
    StaleAfter, Target, Timestamp, words,
};

/// Whether the point can be restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Can {
    /// Yes, and how well that is founded.
    Be(Grade),
    /// No, and why.
    Not(String),
    /// Not known, and why.
    Unknown(String),
}

/// Where the point lies to the marked bad moment (S14).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadMoment {
    /// Before it, by so much.
    Before(Duration),
    /// Not before it; the latest point that is, if there is one.
    NotBefore(Option<Timestamp>),
}

/// The backup a restore starts from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// Its name.
    pub name: String,
    /// Its end.
    pub at: Timestamp,
    /// What kind it is.
    pub kind: PointKind,
    /// Size when restored, bytes.
    pub size_bytes: Option<u64>,
}

/// The answer for one point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The point.
    pub at: Timestamp,
    /// What the point says about the newest data behind it.
    pub at_is: Edge,
    /// How it is asked for.
    pub target: Target,
    /// Whether it can be restored there.
    pub can: Can,
    /// Region of the copy.
    pub region: Option<String>,
    /// How many primaries are silent there, where none that was asked answers.
    pub silent_there: Option<usize>,
    /// When the copy was read, and whether that may no longer hold.
    pub read: Option<(Timestamp, bool)>,
    /// Writes that are given up, up to now or to the loss instant.
    pub gives_up: Option<Duration>,
    /// Whether that is the amount, or a bound of it (S5).
    pub is: LossIs,
    /// The least it can be, where that is known beside the most.
    pub gives_up_least: Option<Duration>,
    /// Up to when they are counted.
    pub basis: LossBasis,
    /// What they leave out, where its clients use a fork.
    pub left_out: Option<String>,
    /// Why it is not known what is given up, where a restore can be.
    pub unknown: Option<String>,
    /// How much more that is than with the newest point; `None` = it is the newest, or none is known.
    pub more_than_newest: Option<Duration>,
    /// The backup it starts from, where known.
    pub base: Option<Base>,
    /// How much log is replayed on top.
    pub replay: Option<Duration>,
    /// The nearest earlier point.
    pub earlier: Option<Timestamp>,
    /// The nearest later point.
    pub later: Option<Timestamp>,
    /// Where it lies to the bad moment, if one is marked.
    pub bad: Option<BadMoment>,
    /// How long before the end of its window it is, when it is the newest as it will be asked for (S11).
    pub before_end: Duration,
}

impl Answer {
    /// The point to the second. What begins a window, or is a backup, is rounded as that is: the base that a point
    /// starts from never seems to come after it (S13).
    pub fn rounded(&self) -> Timestamp {
        match self.target {
            Target::Oldest | Target::Backup(_) => {
                let kind = self.base.as_ref().map_or(PointKind::Unknown, |base| base.kind);
                words::of_backup(self.at, kind)
            }
            Target::Newest | Target::At(_) => self.at.trunc_subsecs(0),
        }
    }

    /// When the backup is from that it starts from; where that is the point itself, as the point is written.
    pub fn base_instant(&self) -> Option<String> {
        let base = self.base.as_ref()?;
        let same = base.at == self.at;
        Some(words::instant(if same { self.rounded() } else { words::of_backup(base.at, base.kind) }))
    }

    /// The same in full.
    pub fn instant(&self) -> String {
        words::instant(self.rounded())
    }

    /// The answer for the newest point as its provider is asked for it.
    pub(super) fn asked_for(mut self, service: &Service) -> Self {
        let margin = service.facts.as_ref().map(|facts| facts.terms.newest_before_end).unwrap_or_default();
        let reading = service.secondary.as_ref().and_then(|copy| copy.last_good.as_deref());
        let asked = reading.and_then(|reading| newest_as_asked(reading, margin));
        if let (Target::Newest, Can::Be(_), Some(asked)) = (&self.target, &self.can, asked) {
            self.before_end = (self.at - asked.at).to_std().unwrap_or_default();
            let before_end = self.before_end;
            for amount in [&mut self.gives_up, &mut self.gives_up_least] {
                *amount = amount.map(|given_up| given_up.saturating_add(before_end));
            }
            self.at = asked.at;
        }
        self
    }
}

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question<'a> {
    /// Of which service.
    pub(super) service: &'a Service,
    /// What is made of it now.
    pub(super) known: Option<&'a Assessment>,
    /// Now.
    pub(super) now: Timestamp,
    /// From what age on facts are stale.
    pub(super) stale_after: &'a StaleAfter,
    /// The marked bad moment.
    pub(super) bad: Option<Timestamp>,
}

/// The answer for a point.
pub(super) fn answer(question: &Question<'_>, at: Timestamp) -> Answer {
    let Question { service, now, stale_after, .. } = *question;
    let copy = service.secondary.as_ref();
    let reading = copy.and_then(|copy| copy.last_good.as_deref());
    let target = reading.map_or(Target::At(at), |reading| target_of(reading, at));
    let at_is = reading.and_then(|reading| edge(reading, &target)).unwrap_or(Edge::Exact);
    let lost = given_up(service, question.known.map(|known| &known.loss), at, at_is, now);
    let newest = reading.and_then(newest);
    let mut answer = Answer {
        at,
        at_is,
        can: can(question, &target, at),
        region: copy.and_then(|copy| copy.region.clone()),
        silent_there: service.copy_region_silent().map(|region| region.silent),
        read: copy.and_then(|copy| Some((copy.as_of()?, copy.is_old(now, stale_after)))),
        gives_up: lost.amount,
        is: lost.is,
        gives_up_least: lost.at_least,
        left_out: left_out(service, &lost, at),
        unknown: None,
        basis: lost.basis,
        more_than_newest: newest
            .and_then(|newest| (newest - at).to_std().ok())
            .filter(|more| !more.is_zero()),
        base: reading.and_then(|reading| base(reading, at)),
        replay: None,
        earlier: reading.and_then(|reading| earlier(reading, at, question)),
        // A neighbour that is not before the bad moment is no point to choose (S14).
        later: reading
            .and_then(|reading| near(reading, at, Side::Later))
            .filter(|later| question.bad.is_none_or(|bad| *later < bad)),
        bad: question.bad.map(|bad| to_bad_moment(reading, at, bad)),
        before_end: Duration::ZERO,
        target,
    };
    // Nor is it what a new reading may show to be there.
    if let (Can::Be(_) | Can::Unknown(_), Some(BadMoment::NotBefore(_))) = (&answer.can, answer.bad) {
        answer.can = Can::Not("it does not lie before the bad moment".to_owned());
    }
    if matches!(answer.can, Can::Be(_)) {
        // The newest point gives up what the whole service would lose, idle or not (S6).
        if let (Target::Newest, Some(known)) = (&answer.target, question.known)
            && known.loss.amount.is_some()
        {
            (answer.gives_up, answer.is) = (known.loss.amount, known.loss.is);
            answer.gives_up_least = known.loss.at_least;
        }
        let unstated = service.clients_moved.as_ref().map(|moved| moved.unstated());
        answer.unknown = unstated.filter(|_| answer.gives_up.is_none());
        answer.replay = replay(reading, answer.base.as_ref(), at);
    } else {
        // What cannot be restored gives up nothing and starts from nothing: no number (S3).
        (answer.gives_up, answer.more_than_newest, answer.base) = (None, None, None);
    }
    answer
}

/// What the loss that a point at `at` leaves out of its span.
fn left_out(service: &Service, lost: &Loss, at: Timestamp) -> Option<String> {
    let moved = service.clients_moved.as_ref()?;
    moved.left_out(moved.lost_from(at), lost.basis.counted_to(lost.is)?)
}

/// How a point is asked for: its edges and backups are no times (S11).
fn target_of(reading: &Reading, at: Timestamp) -> Target {
    let is = |target: &Target| check(reading, target).is_ok_and(|reach| reach.at == at);
    if is(&Target::Newest) {
        return Target::Newest;
    }
    if is(&Target::Oldest) {
        return Target::Oldest;
    }
    usable(reading)
        .find(|point| point.at == at)
        .map(|point| Target::Backup(point.name.to_string()))
        .filter(is)
        .unwrap_or(Target::At(at))
}

/// Whether a point can be restored there, and if not, or that is not known, why.
pub(super) fn can(question: &Question<'_>, target: &Target, at: Timestamp) -> Can {
    let Question { service, now, stale_after, .. } = *question;
    let Some(copy) = &service.secondary else { return Can::Not(no_secondary(service)) };
    let Some(reading) = &copy.last_good else { return Can::Unknown(never_read(copy)) };
    match reading.ability {
        Ability::ByDesignNone => return Can::Not("no backups by design".to_owned()),
        Ability::Unread => {
            return Can::Unknown("backups of this kind of service are not read yet".to_owned());
        }
        Ability::Pitr if reading.windows.is_none() => {}
        Ability::Snapshots if reading.points.is_none() => {}
        Ability::Pitr | Ability::Snapshots => {
            return match check(reading, target) {
                Ok(_) => Can::Be(grade(reading, at)),
                // It may have arrived since (S2).
                Err(refused) if copy.is_old(now, stale_after) && is_behind_all(reading, at, now) => {
                    Can::Unknown(refused.reason)
                }
                Err(refused) => Can::Not(refused.reason),
            };
        }
    }
    Can::Unknown(match check(reading, target) {
        Err(refused) => refused.reason,
        Ok(_) => "what this copy can be restored to is not known".to_owned(),
    })
}

/// Whether it lies behind all that was there when the copy was read, and is no instant to come.
fn is_behind_all(reading: &Reading, at: Timestamp, now: Timestamp) -> bool {
    at <= now && newest(reading).is_none_or(|newest| newest < at)
}

/// The weaker of the two bounds of the window it lies in; a snapshot is what its provider claims.
fn grade(reading: &Reading, at: Timestamp) -> Grade {
    match reading.windows.as_deref().map(|windows| windows::place(windows, at)) {
        Some(Place::Inside(window)) => window.from.grade.min(window.to.grade),
        _ => Grade::Claimed,
    }
}

fn edge(reading: &Reading, target: &Target) -> Option<Edge> {
    check(reading, target).ok().map(|reach| reach.is)
}

/// The newest point of a reading.
pub fn newest(reading: &Reading) -> Option<Timestamp> {
    check(reading, &Target::Newest).ok().map(|reach| reach.at)
}

/// What the newest point of a reading says about the data behind it.
pub fn newest_is(reading: &Reading) -> Edge {
    edge(reading, &Target::Newest).unwrap_or(Edge::Exact)
}

/// The oldest point of a reading.
pub fn oldest(reading: &Reading) -> Option<Timestamp> {
    check(reading, &Target::Oldest).ok().map(|reach| reach.at)
}

fn usable(reading: &Reading) -> impl DoubleEndedIterator<Item = Point<'_>> {
    reading.points.iter().flat_map(Points::usable)
}

fn base(reading: &Reading, at: Timestamp) -> Option<Base> {
    let point = usable(reading).filter(|point| point.at <= at).max_by_key(|point| point.at)?;
    Some(Base { name: point.name.to_string(), at: point.at, kind: point.kind, size_bytes: point.size_bytes })
}

fn replay(reading: Option<&Reading>, base: Option<&Base>, at: Timestamp) -> Option<Duration> {
    reading.filter(|reading| reading.ability == Ability::Pitr)?;
    (at - base?.at).to_std().ok()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Earlier,
    Later,
}

/// The nearest point on one side: among others the next second, but never past an edge; outside of
/// them the edge of the nearest window (R10); of snapshots the next one.
fn near(reading: &Reading, at: Timestamp, side: Side) -> Option<Timestamp> {
    if reading.ability == Ability::Snapshots {
        let instants = usable(reading).map(|point| point.at);
        return match side {
            Side::Earlier => instants.filter(|instant| *instant < at).max(),
            Side::Later => instants.filter(|instant| *instant > at).min(),
        };
    }
    let windows = reading.windows.as_deref()?;
    let second = TimeDelta::seconds(1);
    let micro = TimeDelta::microseconds(1);
    match (windows::place(windows, at), side) {
        (Place::Inside(window), Side::Earlier) if at > window.from.at => {
            let next = had_after(reading, (at - second).trunc_subsecs(0).max(window.from.at));
            next.filter(|next| *next < at).or_else(|| had_before(reading, at - micro))
        }
        (Place::Inside(window), Side::Later) if at < window.to.at => {
            let next = had_before(reading, (at + second).trunc_subsecs(0).min(window.to.at));
            next.filter(|next| *next > at).or_else(|| had_after(reading, at + micro))
        }
        (_, Side::Earlier) => had_before(reading, at - micro),
        (_, Side::Later) => had_after(reading, at + micro),
    }
}

/// The latest point before the bad moment (S14).
fn before_bad(reading: &Reading, bad: Timestamp) -> Option<Timestamp> {
    had_before(reading, bad - TimeDelta::microseconds(1))
}

/// The nearest earlier point; at or behind the bad moment the latest one before it (S14).
fn earlier(reading: &Reading, at: Timestamp, question: &Question<'_>) -> Option<Timestamp> {
    match question.bad {
        Some(bad) if at >= bad => before_bad(reading, bad),
        _ => near(reading, at, Side::Earlier),
    }
}

fn to_bad_moment(reading: Option<&Reading>, at: Timestamp, bad: Timestamp) -> BadMoment {
    if at < bad {
        return BadMoment::Before((bad - at).to_std().unwrap_or_default());
    }
    let latest = reading.and_then(|reading| before_bad(reading, bad));
    BadMoment::NotBefore(latest)
}

#[cfg(test)]
mod tests;
