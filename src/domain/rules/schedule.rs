//! Are backups made when they are due, and is the copy where it helps?

use std::time::Duration;

use super::super::assessment::{Finding, Level, Rule};
use super::super::terms::BackupSchedule;
use super::super::{Ability, Role, Timestamp, words};
use super::{Case, finding};

/// The least grace: schedules drift by minutes.
const LEAST_GRACE: Duration = Duration::from_secs(15 * 60);

/// The newest backup is older than the schedule allows. Not said of a service that is switched off.
pub(super) fn backup_late(case: &Case<'_>) -> Option<Finding> {
    let here = case.primary().filter(|here| here.facts.is_current())?;
    let schedule = schedule(case)?;
    let every = schedule.tiers.first()?.every;
    let newest = here.facts.newest_backup?;
    let age = (case.now - newest).to_std().ok()?;
    if age <= allowed(every) {
        return None;
    }
    let text = format!(
        "no new backup in {} since {} ({} ago), and one is due {}; see why, and make one",
        here.facts.copy,
        here.shown(newest),
        words::age(age),
        schedule.in_words()
    );
    Some(finding(Rule::BackupLate, Level::Warning, Role::Primary, text))
}

/// Snapshots that are missing between others: instants in that span cannot be restored. Where there
/// is log, it bridges them.
pub(super) fn snapshots_missing(case: &Case<'_>) -> Option<Finding> {
    let side = case.secondary().or_else(|| case.primary())?;
    let reading = side.reading().filter(|reading| reading.ability == Ability::Snapshots)?;
    let schedule = schedule(case)?;
    let instants: Vec<Timestamp> = reading.points.as_ref()?.usable().map(|point| point.at).collect();
    let gaps = gaps(&instants, schedule, reading.as_of);
    let longest = gaps.iter().max_by_key(|(after, before)| *before - *after)?;
    let more = match gaps.len() {
        1 => String::new(),
        count => format!(" ({count} such gaps)"),
    };
    let text = format!(
        "no snapshot in {} between {} and {}{more}, and they are due {}; what was written there can only be had \
         as it was at the next one",
        side.facts.copy,
        side.shown(longest.0),
        side.shown(longest.1),
        schedule.in_words()
    );
    Some(finding(Rule::SnapshotsMissing, Level::Warning, side.role, text))
}

/// It is switched off, or was when last read: nothing is written, and nothing is backed up. One that its clients left is
/// to stay off.
pub(super) fn powered_off(case: &Case<'_>) -> Option<Finding> {
    let service = case.service;
    let terms = &service.facts.as_ref().filter(|_| service.clients_moved.is_none())?.terms;
    let rule = terms.power_rule.as_ref().map(|rule| format!(": {rule}")).unwrap_or_default();
    let (off, counts) = match (service.was_off_at(), case.known.loss.amount) {
        (Some(at), _) => {
            let off = format!("was switched off when last read, {} ago", words::age_of(at, case.now));
            (off, "whether it is on by now is not known")
        }
        (None, _) if !service.is_off() => return None,
        (None, Some(_)) => {
            ("switched off".to_owned(), "a loss that is shown counts time in which nothing was written")
        }
        (None, None) => ("switched off".to_owned(), "nothing was written since"),
    };
    let text = format!("{off}{rule}; {counts}; switch it on once it is needed");
    Some(finding(Rule::PoweredOff, Level::Warning, None, text))
}

/// The copy lies where the service runs: what takes one takes the other (R17).
pub(super) fn same_region(case: &Case<'_>) -> Option<Finding> {
    let there = case.secondary()?;
    let region = there.facts.region.as_deref().filter(|_| case.service.is_in_one_region())?;
    let text = format!(
        "the service runs in {region}, where its secondary copy lies: losing the region takes both; copy to \
         another region"
    );
    Some(finding(Rule::SameRegion, Level::Warning, Role::Secondary, text))
}

/// The schedule in force; none while the service is switched off.
fn schedule<'a>(case: &Case<'a>) -> Option<&'a BackupSchedule> {
    let terms = &case.service.facts.as_ref()?.terms;
    terms.schedule.as_ref().filter(|_| !case.service.is_off())
}

/// A backup takes its time, and a copy of it more: late is what is half a distance over. What a
/// provider or another host says may be of any size.
fn allowed(every: Duration) -> Duration {
    every.saturating_add((every / 2).max(LEAST_GRACE))
}

/// Spans between two neighbours that are longer than the schedule allows at that age; the age is that
/// of the earlier one, which decides what is still kept between them.
fn gaps(instants: &[Timestamp], schedule: &BackupSchedule, as_of: Timestamp) -> Vec<(Timestamp, Timestamp)> {
    let pairs = instants.iter().copied().zip(instants.iter().copied().skip(1));
    pairs
        .filter(|(after, before)| {
            let age = (as_of - *after).to_std().unwrap_or_default();
            let apart = (*before - *after).to_std().unwrap_or_default();
            schedule.every_at(age).is_some_and(|every| apart > allowed(every))
        })
        .collect()
}
