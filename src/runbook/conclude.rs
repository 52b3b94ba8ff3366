//! How a run as a whole came out (S24): a pass has to be shown, everything else has reasons.

use std::time::Duration;

use chrono::TimeDelta;

use super::clocks::{clocks_at_end, proven, was_read};
use super::conclusion::{ENDED, SKIPPED};
use super::measured::no_rpo;
use super::{Clocks, Conclusion, RunResult, StepKind};
use super::{ForkStanding, RunState, StepStatus};
use crate::domain::fork::ProgressState;
use crate::domain::words::{self, seconds_up};
use crate::domain::{CheckState, Met, Timestamp};

/// Reasons against a pass, by how bad they are.
#[derive(Default)]
struct Reasons {
    failed: Vec<String>,
    not_verified: Vec<String>,
    /// The objectives that were missed, each with its sentence.
    missed: Vec<(&'static str, String)>,
}

/// The result of a run at its end.
pub fn conclude(state: &RunState, now: Timestamp) -> Conclusion {
    let clocks = clocks_at_end(state, now);
    let mut reasons = Reasons::default();
    if let Some((_, reason)) = &state.aborted {
        reasons.failed.push(format!("{ENDED}{reason}"));
    }
    judge_steps(state, &mut reasons);
    judge_checks(state, &mut reasons);
    if state.aborted.is_none() {
        judge_proof(state, &mut reasons);
        judge_objectives(state, &clocks, &mut reasons);
        judge_clean_up(state, &mut reasons);
    }
    let achieved_rto = clocks.achieved_rto(state.opening.objectives.rto);
    let result = if !reasons.failed.is_empty() {
        RunResult::Failed
    } else if !reasons.not_verified.is_empty() {
        RunResult::NotVerified
    } else if !reasons.missed.is_empty() {
        RunResult::ObjectiveMissed
    } else {
        RunResult::Passed
    };
    let Reasons { failed, not_verified, missed } = reasons;
    let names = missed.iter().map(|(name, _)| (*name).to_owned()).collect();
    let missed = missed.into_iter().map(|(_, sentence)| sentence);
    Conclusion {
        result,
        failed: Some(failed.len()),
        reasons: failed.into_iter().chain(not_verified).chain(missed).collect(),
        missed: names,
        achieved_rto_s: achieved_rto.map(|took| words::bounded_s(took, clocks.recovery_is)),
        achieved_rto_is: achieved_rto.map(|_| clocks.recovery_is),
        achieved_rpo_s: clocks.achieved_rpo.map(|lost| words::bounded_s(lost, clocks.judged_is)),
        achieved_rpo_is: clocks.achieved_rpo.map(|_| clocks.judged_is),
        restore_s: restore(state).map(seconds_up),
        paused_s: seconds_up(clocks.paused),
        proven_at: state.proven_at(),
    }
}

impl Clocks {
    /// The recovery time with which a run ends: as achieved once the service was usable; before that none, unless the
    /// objective is missed already.
    pub fn achieved_rto(&self, rto: Option<Duration>) -> Option<Duration> {
        let is_missed = || rto.and_then(|rto| self.rto_met(rto)) == Some(Met::No);
        self.recovery_time.filter(|_| self.usable.is_some() || is_missed())
    }
}

impl RunState {
    /// When the data was checked: a check that expected something passed, and none failed. The proof is
    /// there from then on, whether the run is over or not.
    pub fn proven_at(&self) -> Option<Timestamp> {
        let none_failed = !self.checks.iter().flatten().any(|check| check.state == CheckState::Failed);
        self.validated_at.filter(|_| none_failed && proven(self))
    }
}

/// How far apart the last look at a restore under way and the first at a finished one may be: they are
/// put down once a minute.
const SEEN_WITHIN: TimeDelta = TimeDelta::minutes(2);

/// How long the present attempt's restore took. Not known when nobody watched its end, or when it was asked
/// for more than once: then the time is that of people (S35).
fn restore(state: &RunState) -> Option<Duration> {
    let attempt = &state.attempt;
    let (ended, progress) = attempt.progress.as_ref()?;
    let restored = matches!(progress.state, ProgressState::Restored { .. });
    let seen = *ended - attempt.unfinished_at? <= SEEN_WITHIN;
    let asked = state.step(StepKind::Fork)?.started?;
    if restored && seen && attempt.sent == 1 { (*ended - asked).to_std().ok() } else { None }
}

fn judge_steps(state: &RunState, reasons: &mut Reasons) {
    for step in &state.steps {
        let title = step.step.kind.title();
        match &step.status {
            StepStatus::Failed(why) => reasons.failed.push(format!("{title} failed: {why}")),
            StepStatus::Skipped(why) => reasons.not_verified.push(format!("{title}{SKIPPED}{why}")),
            // What was given up are checks; each speaks for itself.
            StepStatus::GivenUp(_) | StepStatus::Pending | StepStatus::Running | StepStatus::Done(_) => {}
        }
    }
}

/// What a check found wrong stays so, whoever ended the run after it.
fn judge_checks(state: &RunState, reasons: &mut Reasons) {
    for check in state.checks.iter().flatten().filter(|check| check.state == CheckState::Failed) {
        reasons.failed.push(format!("check {} failed: {}", check.name, check.text));
    }
}

fn judge_proof(state: &RunState, reasons: &mut Reasons) {
    for check in state.checks.iter().flatten().filter(|check| check.state == CheckState::CouldNotRun) {
        reasons.not_verified.push(format!("check {}: {}", check.name, check.text));
    }
    if !was_read(state) {
        reasons.not_verified.push("no check with an expectation read data of the fork".to_owned());
    }
}

fn judge_objectives(state: &RunState, clocks: &Clocks, reasons: &mut Reasons) {
    let objectives = &state.opening.objectives;
    let no_rpo = no_rpo(state, clocks);
    let measured = [
        ("RPO", objectives.rpo, clocks.achieved_rpo, clocks.judged_is, clocks.judged_least, no_rpo.as_str()),
        (
            "RTO",
            objectives.rto,
            clocks.achieved_rto(objectives.rto),
            clocks.recovery_is,
            clocks.recovery_least,
            "the service was not shown to be usable",
        ),
    ];
    for (name, objective, achieved, is, least, unknown) in measured {
        match (objective, achieved) {
            (Some(objective), Some(achieved)) => {
                let of = format!("{} of {}", words::range(achieved, is, least), words::objective(objective));
                match Met::of(objective, achieved, is, least) {
                    Met::Yes => {}
                    Met::No => reasons.missed.push((name, format!("{name} missed: {of}"))),
                    Met::NotShown => {
                        let more =
                            if is.bounds_from_above() { "" } else { ", and how much more is not known" };
                        reasons.not_verified.push(format!("{name} not shown to be met: {of}{more}"));
                    }
                }
            }
            (Some(_), None) => reasons.not_verified.push(format!("{name} not measured: {unknown}")),
            // An incident without an objective cannot miss it; a drill has nothing to show (S24).
            (None, _) if state.is_drill() => {
                reasons.not_verified.push(format!("no {name} stood before the first call"));
            }
            (None, _) => {}
        }
    }
}

fn judge_clean_up(state: &RunState, reasons: &mut Reasons) {
    if !state.is_drill() || state.step(StepKind::CleanUp).is_none() {
        return;
    }
    for attempt in state.attempts().filter(|attempt| attempt.may_exist()) {
        reasons.not_verified.push(format!("{} was not shown to be removed", attempt.name));
    }
    for attempt in state.attempts() {
        if let ForkStanding::Foreign(what) = &attempt.fork {
            reasons.not_verified.push(format!("{} is not ours and was left alone: {what}", attempt.name));
        }
    }
}
