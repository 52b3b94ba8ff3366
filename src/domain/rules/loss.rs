//! Is more lost than is tolerated?

use std::time::Duration;

use super::super::assessment::{Compliance, Finding, Idle, Level, LossBasis, Rule};
use super::super::loss::{grade, judged};
use super::super::{Ability, Replicated, Role, words};
use super::{Case, Side, finding};

/// The loss is above the RPO: a warning up to twice, critical above.
pub(super) fn rpo_exceeded(case: &Case<'_>) -> Option<Finding> {
    let there = case.secondary()?;
    let rpo = case.service.policy.rpo?;
    let amount = judged(case.service, there.facts, &case.known.loss, case.known.idle)?;
    let level = match grade(amount, rpo) {
        Compliance::Exceeded => Level::Warning,
        Compliance::SeverelyExceeded | Compliance::CriticallyExceeded => Level::Critical,
        Compliance::Compliant | Compliance::Unknown => return None,
    };
    if schedule(&there).is_some_and(|schedule| schedule.worst_case > rpo && amount <= schedule.worst_case) {
        return None;
    }
    let newest = there.facts.newest.map(|at| there.shown(at)).unwrap_or_default();
    let against = format!("{} of {} RPO", words::to_the_second(amount), words::objective(rpo));
    let text = match case.known.loss.basis {
        _ if !there.facts.is_current() => {
            format!("when last read, nothing newer than {newest} had arrived there: {against}; read it again")
        }
        LossBasis::Now => format!(
            "nothing newer than {newest} has arrived there: {against} lost if the primary stops now; \
             see why copying fell behind"
        ),
        LossBasis::LossInstant { .. } => format!(
            "nothing newer than {newest} arrived there before the primary stopped: {against} lost; \
             decide on an incident"
        ),
    };
    Some(finding(Rule::RpoExceeded, level, Role::Secondary, text))
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
    let schedule = schedule(&there).filter(|schedule| schedule.worst_case > rpo)?;
    let text = format!(
        "cannot meet the RPO by schedule: {} each {} lose up to {} of {} RPO; back up more often or relax the RPO",
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
    worst_case: Duration,
}

/// Interval, plus how long the newest backup took; only where there is no log to bridge the interval.
fn schedule(side: &Side<'_>) -> Option<Schedule> {
    let reading = side.reading()?;
    let noun = match (reading.ability, reading.log.replicated) {
        (Ability::Snapshots, _) => "snapshots",
        (Ability::Pitr, Replicated::No) => "backups without log",
        _ => return None,
    };
    let interval = reading.interval?;
    let newest = reading.points.as_ref()?.iter().rfind(|point| point.usability.is_usable())?;
    let took = newest.started.and_then(|started| (newest.at - started).to_std().ok()).unwrap_or_default();
    Some(Schedule { noun, interval, worst_case: interval + took })
}
