//! Page one: objectives with what was achieved, and what a reader must know before believing it.

use std::time::Duration;

use serde::Serialize;

use crate::domain::{LossIs, Met, Timestamp, words};
use crate::runbook::{
    Attempt, JournalPlace, RunState, clocks, rpo_measured, rto_measured, something_answers,
};

/// One objective and what was achieved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Objective {
    /// `RTO` or `RPO`.
    pub objective: &'static str,
    /// The target, seconds; `None` = none was set.
    pub target_s: Option<u64>,
    /// What was achieved, seconds, rounded up; of a range the longer. `None` = not verified.
    pub achieved_s: Option<u64>,
    /// What that amount says of the true one; `None` = not verified.
    pub is: Option<LossIs>,
    /// The least it can be, seconds, rounded down, when it is a range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub achieved_at_least_s: Option<u64>,
    /// How the two compare.
    pub judgement: Judgement,
    /// From which event to which it was measured.
    pub measured: String,
}

/// How an objective came out (EV27).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Judgement {
    /// Met.
    Met,
    /// Missed.
    NotMet,
    /// Measured, and what is known of it decides neither.
    NotShown,
    /// Not measured, or nothing to measure against.
    NotVerified,
}

impl Objective {
    /// What was achieved, as a person reads it: `<=4s`, `32s to 1m 53s`.
    pub(super) fn achieved(&self) -> Option<String> {
        let least = self.achieved_at_least_s.map(Duration::from_secs);
        Some(words::range(Duration::from_secs(self.achieved_s?), self.is?, least))
    }
}

impl Judgement {
    fn of(target: Option<Duration>, achieved: Option<Duration>, is: LossIs, least: Option<Duration>) -> Self {
        let Some((target, achieved)) = target.zip(achieved) else { return Self::NotVerified };
        match Met::of(target, achieved, is, least) {
            Met::Yes => Self::Met,
            Met::No => Self::NotMet,
            Met::NotShown => Self::NotShown,
        }
    }

    /// The words a person reads.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::NotMet => "not met",
            Self::NotShown => "not shown to be met",
            Self::NotVerified => "not verified",
        }
    }
}

/// RTO and RPO, in this order.
pub(super) fn objectives(state: &RunState) -> Vec<Objective> {
    let conclusion = state.closed.as_ref().map(|(_, conclusion)| conclusion);
    let objectives = &state.opening.objectives;
    // Earlier versions concluded on a promise, counted a recovery time from the first silence only, and did not say
    // what an amount says of the true one.
    let clocks = clocks(state, state.ended_at());
    let rto = conclusion.and_then(|_| clocks.achieved_rto(objectives.rto));
    let rpo = conclusion.and_then(|conclusion| conclusion.achieved_rpo_s).and(clocks.achieved_rpo);
    [
        ("RTO", objectives.rto, rto, clocks.recovery_is, clocks.recovery_least, rto_measured(state)),
        ("RPO", objectives.rpo, rpo, clocks.judged_is, clocks.judged_least, rpo_measured(state)),
    ]
    .into_iter()
    .map(|(objective, target, achieved, is, least, measured)| Objective {
        objective,
        target_s: target.map(|target| target.as_secs()),
        achieved_s: achieved.map(|achieved| words::bounded_s(achieved, is)),
        is: achieved.map(|_| is),
        achieved_at_least_s: least.filter(|_| achieved.is_some()).map(|least| least.as_secs()),
        judgement: Judgement::of(target, achieved, is, least),
        measured,
    })
    .collect()
}

/// What a reader must know before believing the result (S24).
pub(super) fn caveats(state: &RunState) -> Vec<String> {
    let mut caveats = vec![primary_reachable(state)];
    caveats.extend(state.fence.by_word_alone().map(|said| format!("fence: {}", said.text())));
    if let Some(text) = size_and_plan(state) {
        caveats.push(text);
    }
    caveats.extend(age_of_point(state));
    caveats.extend((state.journal != JournalPlace::StateFolder).then(|| state.journal.text()));
    caveats.extend(state.opening.clock_blocks().map(|off| format!("measured although {}", off.text())));
    caveats.extend(clock(state));
    // Where it is not recorded, they may.
    let leaves_backups = |attempt: &Attempt| attempt.makes().is_none_or(|made| made.leaves_backups);
    if state.is_drill() && state.attempts().any(|attempt| attempt.is_removed() && leaves_backups(attempt)) {
        caveats.push("the provider may keep backups of the deleted fork".to_owned());
    }
    caveats
}

fn primary_reachable(state: &RunState) -> String {
    let calls = state.fence.calls;
    let primary = state.left_for().map_or_else(
        || "primary".to_owned(),
        |moved| format!("old primary, which clients had left for {},", moved.fork),
    );
    let unseen = state.fence.unseen.as_ref();
    let reachable = match (state.fence.primary, unseen) {
        (None, None) => "not known, it was not probed".to_owned(),
        (None, Some(why)) => format!("not known, no probe of it could tell: {why}"),
        (Some(_), _) if state.fence.last_alive.is_some() => "yes".to_owned(),
        (Some((at, _)), Some(why)) => {
            format!("no up to {}; after that not known: {why}", words::instant(at))
        }
        (Some(_), None) => "no".to_owned(),
    };
    if let Some(seen) = state.fence.answered_since {
        let either = something_answers(state, seen, state.ended_at());
        let before = if state.fence.last_alive.is_some() { "yes" } else { "no" };
        let until = if state.cut_over_at.is_some() && state.fence.last_alive >= state.fence.either_from {
            "were"
        } else {
            "could be"
        };
        return format!(
            "{primary} reachable during the run: {before}, until clients {until} moved; then {either}; calls to it: {calls}"
        );
    }
    let reached = state.is_drill() && reachable == "yes";
    let note = if reached { "; not a region-loss test" } else { "" };
    format!("{primary} reachable during the run: {reachable}; calls to it: {calls}{note}")
}

/// Plan and size of the fork against production (S24).
fn size_and_plan(state: &RunState) -> Option<String> {
    let point = state.attempt.point.as_ref()?;
    let facts = state.opening.before.service.facts.as_ref();
    let bytes = |bytes: Option<u64>| bytes.map_or_else(|| "not known".to_owned(), words::bytes);
    let what = if state.restored_at.is_some() { "data restored" } else { "data to restore, not restored" };
    let mut parts = vec![format!("{what}: {}", bytes(point.size_bytes))];
    parts.push(format!("disk in production: {}", bytes(facts.and_then(|facts| facts.disk_bytes))));
    parts.push(match facts.and_then(|facts| facts.plan.as_deref()) {
        Some(plan) => {
            // Without a plan of its own a fork takes that of its source.
            let own = state.opening.config.get("source.fork_plan").map(String::as_str);
            let of_fork = own.filter(|own| *own != plan).unwrap_or("the same");
            format!("plan in production: {plan}, of the fork: {of_fork}")
        }
        None => "plan in production: not known".to_owned(),
    });
    Some(parts.join("; "))
}

fn age_of_point(state: &RunState) -> Option<String> {
    let point = state.attempt.point.as_ref()?;
    let chosen = state.attempt.confirmed_at?;
    Some(format!(
        "the restored point was {} old when it was confirmed",
        words::age_of(point.promised, chosen)
    ))
}

fn clock(state: &RunState) -> Option<String> {
    let clock = state.opening.clock;
    (!clock.system)
        .then(|| format!("measured by a clock of the simulator at {} times real time", clock.speed))
}

/// An instant or a dash.
pub(super) fn instant_or_dash(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "-".to_owned(), words::instant)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::facts;
    use crate::runbook::sample::{Journal, fork_point, opening};
    use crate::runbook::{Answer, Command, Input, RunKind, sample};

    #[test]
    fn s24_plan_and_size_are_set_against_production() {
        for (plan, fork_plan, said) in [
            (Some("business-8"), None, "plan in production: business-8, of the fork: the same"),
            (Some("business-8"), Some("startup-4"), "plan in production: business-8, of the fork: startup-4"),
            (None, None, "79.0 GiB; disk in production: 100.0 GiB; plan in production: not known"),
        ] {
            let mut opening = opening(RunKind::Drill);
            let mut facts = facts();
            (facts.plan, facts.disk_bytes) = (plan.map(str::to_owned), Some(100 << 30));
            opening.before.service.facts = Some(facts.into());
            opening
                .config
                .extend(fork_plan.map(|plan: &str| ("source.fork_plan".to_owned(), plan.to_owned())));
            let mut journal = Journal::open(opening);
            journal.input(&Input::Tick).unwrap();
            journal.command(Command::Declare(sample::declaration())).ok();
            journal.answer(Answer::Readiness(Vec::new()));
            journal.answer(Answer::Point(Ok((fork_point("2026-11-20T12:00:19Z"), Vec::new()))));
            let text = size_and_plan(&journal.state).unwrap();
            assert!(text.ends_with(said), "{text}");
        }
    }
}
