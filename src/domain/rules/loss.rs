//! Is more lost than is tolerated?

use std::time::Duration;

use super::super::assessment::{Compliance, Finding, Idle, Level, LossBasis, LossIs, Rule};
use super::super::life::is_after;
use super::super::loss::{grade, held_until, judged, while_on};
use super::super::{
    Ability, Edge, Met, Point, Points, Reading, Replicated, Role, Service, history, lag, words,
};
use super::{Case, Side, finding};

const FELL_BEHIND: &str = "see why copying fell behind";

/// The loss is above the RPO: a warning up to twice, critical above; or it may be, which is not known. Of a service that
/// its clients left nothing that anybody writes is lost.
pub(super) fn rpo_exceeded(case: &Case<'_>) -> Option<Finding> {
    let there = case.secondary().filter(|_| case.service.clients_moved.is_none())?;
    let rpo = case.service.policy.rpo?;
    let judged = judged(case.service, there.facts, &case.known.loss, case.known.idle)?;
    let amount = judged.amount;
    let level = match (judged.met(rpo), grade(amount, rpo)) {
        (Met::Yes, _) => return None,
        (Met::NotShown, _) => Level::Unknown,
        (Met::No, Compliance::SeverelyExceeded | Compliance::CriticallyExceeded) => Level::Critical,
        (Met::No, _) => Level::Warning,
    };
    // While the primary lives that is the standing finding of its schedule; once it is lost, so is the data.
    let by_schedule = |schedule: Schedule| schedule.worst_case > rpo && amount <= schedule.usual();
    if case.known.loss.basis == LossBasis::Now && schedule(case, &there).is_some_and(by_schedule) {
        return None;
    }
    let newest = there.facts.newest.map(|at| there.shown(at)).unwrap_or_default();
    let loss = &case.known.loss;
    let shown = match there.facts.newest_is() {
        _ if loss.amount == Some(amount) && loss.at_least.is_some() => words::loss_seconds(case.known),
        _ if loss.amount == Some(amount) => words::loss_minutes(case.known),
        Edge::AtMost => words::bounded_minutes(amount, LossIs::AtLeast),
        Edge::AtLeast => words::bounded_minutes(amount, LossIs::AtMost),
        Edge::Exact => words::bounded_minutes(amount, LossIs::Exact),
    };
    let may_be = if level == Level::Unknown { "; whether that is beyond it is not known" } else { "" };
    let against = format!("{shown} of {} RPO", words::objective(rpo));
    // Nothing arrives where everything is silent: that comes before why it is copied slowly.
    let silent = case.service.copy_region_silent();
    let place = silent.as_ref().map_or_else(|| "there".to_owned(), |silent| format!("in {}", silent.text()));
    let holds = holds(case, &there, &place);
    let next = match silent {
        Some(_) => "find out whether it can be had".to_owned(),
        None if holds.is_some() && lacks(case.service) > 0 => FELL_BEHIND.to_owned(),
        None => ended_here(case, &there).unwrap_or_else(|| FELL_BEHIND.to_owned()),
    };
    let arrived = |how: &str| holds.clone().unwrap_or_else(|| format!("nothing newer than {newest} {how}"));
    let text = match case.known.loss.basis {
        _ if !there.facts.is_reach_current() => {
            let read = match there.facts.log_seen_at {
                Some(at) if there.is_unshown() => format!("when it was last shown, at {}", there.shown(at)),
                Some(at) => format!("when its log was last listed, at {}", there.shown(at)),
                None => "when last read".to_owned(),
            };
            format!("{read}, nothing newer than {newest} had arrived there: {against}{may_be}; read it again")
        }
        LossBasis::Now if case.service.is_off() => format!(
            "{}: {against} would be lost{may_be}; {next}",
            arrived(&format!("arrived {place} before it was switched off"))
        ),
        LossBasis::Now => format!(
            "{}: {against} lost if the primary stops now{may_be}; {next}",
            arrived(&format!("has arrived {place}"))
        ),
        LossBasis::LossInstant { .. } | LossBasis::Moved { .. } => format!(
            "{}: {against} lost{may_be}; decide on an incident",
            arrived("arrived there before the primary stopped")
        ),
    };
    Some(finding(Rule::RpoExceeded, level, Role::Secondary, text))
}

/// Up to when the copy there holds everything, where that is later than its newest commit, and what log it lacks.
fn holds(case: &Case<'_>, there: &Side<'_>, place: &str) -> Option<String> {
    let held = held_until(case.service).filter(|held| Some(*held) > there.facts.newest)?;
    let held = there.shown(held);
    Some(match lacks(case.service) {
        0 => format!("the copy {place} holds all that was committed before {held}, and nothing newer"),
        lacks => format!(
            "the copy {place} lacks {} of the primary copy, and holds all that was committed before {held}",
            words::count(lacks, "log segment")
        ),
    })
}

/// How many log segments of the primary copy are missing there.
fn lacks(service: &Service) -> usize {
    let ends = lag::log_ends(service).filter(|(here, there)| history::is_one(here, there));
    let lacks = ends.map_or(0, |(here, there)| here.segment.saturating_sub(there.segment));
    usize::try_from(lacks).unwrap_or(usize::MAX)
}

/// That the primary's own copy ended, too, and what to look at then. By more than what is missing there beside it: the
/// smaller part of the loss is what copying is behind.
fn ended_here(case: &Case<'_>, there: &Side<'_>) -> Option<String> {
    let is_on = case.service.off_by().is_none();
    let here = case.primary().filter(|here| is_on && here.facts.is_reach_current())?;
    let (ended, as_of) = (here.facts.newest?, here.facts.as_of?);
    if !is_after(as_of, ended.max(ended + (ended - there.facts.newest?))) {
        return None;
    }
    let alive = case.service.alive();
    let look = match alive.seen_at() {
        _ if alive.answers(case.now) => "it answers, so see on it why its backups ended".to_owned(),
        Some(at) => format!("find out whether it lives (last asked {} ago)", words::age_of(at, case.now)),
        None => "find out whether it lives (it is not probed)".to_owned(),
    };
    let ended = words::newest_of(here.facts, case.now)?;
    Some(format!(
        "its own copy holds nothing after {ended} either, so copying is not what fell behind: {look}"
    ))
}

/// How far the log there reaches was not shown, and what else is known of it promises not enough: neither a breach
/// nor met (S3). While the primary may be idle there is nothing more to be seen there (S6).
pub(super) fn reach_not_known(case: &Case<'_>) -> Option<Finding> {
    let there = case.secondary().filter(|there| there.facts.is_current() && !there.is_unshown())?;
    let rpo = case.service.policy.rpo.filter(|_| case.service.clients_moved.is_none())?;
    let lost = while_on(case.service, there.facts, case.known.loss.amount);
    let amount = lost.filter(|amount| *amount > rpo && !matches!(case.known.idle, Idle::Possible { .. }))?;
    let seen = match (there.facts.log_seen_at, there.facts.newest_is()) {
        (Some(at), _) => format!(" since {}", there.shown(at)),
        (None, Edge::AtLeast) => String::new(),
        (None, _) => return None,
    };
    let newest = there.facts.newest.map(|at| there.shown(at)).unwrap_or_default();
    let text = format!(
        "how far its log reaches after {newest} is not known{seen}: {} of {} RPO; look at it again{}",
        words::bounded_minutes(amount, case.known.loss.is),
        words::objective(rpo),
        there.error()
    );
    Some(finding(Rule::SecondaryUnreadable, Level::Unknown, Role::Secondary, text))
}

/// No new log in either copy for longer than the RPO, and nobody can say whether the primary is idle (S6).
pub(super) fn idle_or_stalled(case: &Case<'_>) -> Option<Finding> {
    let Idle::Possible { since } = case.known.idle else { return None };
    let there = case.secondary()?;
    let text = format!(
        "both copies end at the same log since {} ({} ago): idle or stalled?; \
         see on the primary whether its log is archived, or let its source ask the server (`server` in the config)",
        there.shown(since),
        words::age_of(since, case.now)
    );
    Some(finding(Rule::IdleOrStalled, Level::Warning, None, text))
}

/// A copy that can only be restored to its backups loses a whole interval at worst (S7): one
/// standing finding, instead of a breach that comes and goes with every backup.
pub(super) fn cannot_meet_rpo(case: &Case<'_>) -> Option<Finding> {
    let there = case.secondary()?;
    let rpo = case.service.policy.rpo?;
    let schedule = schedule(case, &there).filter(|schedule| schedule.worst_case > rpo)?;
    let copying = match schedule.copying {
        Copying::None => "",
        Copying::AtLeast(_) => ", copying included",
        Copying::Unknown => ", and how long copying takes is not known",
    };
    let text = format!(
        "cannot meet the RPO by schedule: {} each {} lose up to {} of {} RPO{copying}; back up more often or relax the RPO",
        schedule.noun,
        words::objective(schedule.interval),
        words::whole_minutes(schedule.worst_case),
        words::objective(rpo)
    );
    Some(finding(Rule::CannotMeetRpo, Level::Warning, Role::Secondary, text))
}

struct Schedule {
    noun: &'static str,
    interval: Duration,
    copying: Copying,
    /// Interval, plus how long the newest backup took, plus how long copying takes.
    worst_case: Duration,
}

impl Schedule {
    /// What the schedule explains. A backup that is still not there when the next one is made is late.
    fn usual(&self) -> Duration {
        match self.copying {
            Copying::AtLeast(took) => self.worst_case.saturating_sub(took.saturating_sub(self.interval)),
            Copying::None | Copying::Unknown => self.worst_case,
        }
    }
}

/// How long a backup takes to arrive there.
#[derive(Clone, Copy)]
enum Copying {
    /// This copy makes backups of its own.
    None,
    /// A backup of the primary copy is this old and not there yet.
    AtLeast(Duration),
    /// Every backup has arrived; nobody says how long it took.
    Unknown,
}

/// Only where there is no log to bridge the interval.
fn schedule(case: &Case<'_>, there: &Side<'_>) -> Option<Schedule> {
    let reading = there.reading()?;
    let noun = match (reading.ability, reading.log.replicated) {
        (Ability::Snapshots, _) => "snapshots",
        (Ability::Pitr, Replicated::No) => "backups without log",
        _ => return None,
    };
    let interval = reading.interval?;
    let newest = usable(reading).next_back()?;
    let took = newest.started.and_then(|started| (newest.at - started).to_std().ok()).unwrap_or_default();
    let copying = copying(case, reading);
    let arrives = match copying {
        Copying::AtLeast(took) => took,
        Copying::None | Copying::Unknown => Duration::ZERO,
    };
    let worst_case = interval.saturating_add(took).saturating_add(arrives);
    Some(Schedule { noun, interval, copying, worst_case })
}

/// Backups of one name in both copies were copied; the oldest that is on its way says for how long.
fn copying(case: &Case<'_>, there: &Reading) -> Copying {
    let Some(here) = case.primary().and_then(|here| here.state.last_good.as_ref()) else {
        return Copying::Unknown;
    };
    // The newest are alike, so that this is found at once.
    let arrived = |point: &Point<'_>| usable(there).rev().any(|other| other.name == point.name);
    let Some(last) = usable(here).rev().find(arrived).map(|point| point.at) else { return Copying::None };
    let waiting = usable(here).find(|point| point.at > last);
    let waits = waiting.and_then(|point| (there.as_of - point.at).to_std().ok());
    waits.map_or(Copying::Unknown, Copying::AtLeast)
}

fn usable(reading: &Reading) -> impl DoubleEndedIterator<Item = Point<'_>> {
    reading.points.iter().flat_map(Points::usable)
}
