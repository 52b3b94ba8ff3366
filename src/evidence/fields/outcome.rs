//! EV15..EV18, EV24..EV26: what was achieved, proven and left behind.

use std::time::Duration;

use chrono::TimeDelta;

use super::super::{Content, first_page};
use crate::domain::fork::{Protection, Removal};
use crate::domain::{CheckState, Ground, Timestamp, WordIs, words};
use crate::runbook::{Attempt, Event, Record, RunState, StepKind, clocks, left_out, rpo_measured};

pub(super) fn apart(state: &RunState, _: &[Record]) -> Content {
    let member = &state.opening.member;
    let (Some(from), Some(to)) = (&member.from_region, &member.region) else {
        return Content::gap("the regions of source and fork are not both known");
    };
    if !state.attempt.seen {
        let number = state.attempt.number;
        return Content::gap(if state.attempt.made || state.attempt.may_exist() {
            format!("whether attempt {number} made a fork is not known: none was ever seen")
        } else {
            format!("attempt {number} made no fork")
        });
    }
    let apart = if from == to { "the same region: not apart" } else { "another region" };
    let access = state.attempt.makes().map_or("not recorded", |made| made.access.as_str());
    let made = state.step(StepKind::Fork).and_then(|step| step.started);
    let made = made.map_or_else(String::new, |at| format!(", as it was made at {}", words::instant(at)));
    let used = state.cut_over_at.map(|at| {
        let at = words::instant(at);
        let span = match state.clients_left_at {
            Some(left) => format!("clients used it from {at} to {}", words::instant(left)),
            None => format!("clients use it since {at}"),
        };
        format!("{span}: what lets them in may have been changed since it was made")
    });
    let mut lines = vec![
        format!("source in {from}, fork in {to}: {apart}"),
        format!("network access to the fork{made}: {access}"),
    ];
    lines.extend(used);
    Content::lines_or(lines, "")
}

pub(super) fn recovery_time(state: &RunState, _: &[Record]) -> Content {
    achieved(state, "RTO", "the service was not usable again, or the run is open")
}

pub(super) fn recovery_point(state: &RunState, _: &[Record]) -> Content {
    if state.left_for().is_some() {
        // There is an amount, and it is no recovery point.
        let told = std::iter::once(format!("not measured: {}", rpo_measured(state)));
        return Content::gap(told.chain(loss_instant(state)).collect::<Vec<_>>().join("; "));
    }
    achieved(state, "RPO", &no_recovery_point(state))
}

/// Why there is none, by the same clocks that a screen shows: what is proven while the run is open is not concluded.
fn no_recovery_point(state: &RunState) -> String {
    let clocks = clocks(state, state.ended_at());
    let so_far = clocks.judged_text().filter(|_| clocks.achieved_rpo.is_some());
    match so_far {
        _ if state.is_over() => rpo_measured(state),
        Some(lost) => format!(
            "not concluded, for the run is open; so far {lost} by data up to {}, {}",
            first_page::instant_or_dash(clocks.newest),
            clocks.newest_rests.text()
        ),
        None => format!("the run is open; {}", rpo_measured(state)),
    }
}

pub(super) fn objectives(state: &RunState, _: &[Record]) -> Content {
    let of = |objective: &first_page::Objective| {
        let target = objective.target_s.map(Duration::from_secs);
        let target = target.map_or_else(|| "no target".to_owned(), words::objective);
        let achieved = objective.achieved().unwrap_or_else(|| "nothing verified".to_owned());
        format!("{}: {achieved} of {target}: {}", objective.objective, objective.judgement.as_str())
    };
    Content::lines_or(first_page::objectives(state).iter().map(of).collect(), "")
}

fn achieved(state: &RunState, name: &str, why_not: &str) -> Content {
    let objective = first_page::objectives(state).into_iter().find(|objective| objective.objective == name);
    let Some(objective) = objective else { return Content::gap(why_not) };
    let Some(achieved) = objective.achieved() else { return Content::gap(why_not) };
    let target = objective.target_s.map(Duration::from_secs);
    let target = target
        .map_or_else(|| "no target".to_owned(), |target| format!("target {}", words::objective(target)));
    let mut lines = vec![
        format!("achieved: {achieved}, {target}: {}", objective.judgement.as_str()),
        format!("measured {}", objective.measured),
    ];
    if name == "RPO" {
        lines.extend(loss_instant(state));
    }
    if name == "RTO" {
        let paused = clocks(state, state.ended_at()).paused;
        lines.push(format!("pauses within it: {}", words::to_the_second(paused)));
        lines.extend(four_instants(state));
    }
    Content::lines_or(lines, "")
}

/// To when the loss was counted, on what that rests, and how well that is founded (S5).
fn loss_instant(state: &RunState) -> Vec<String> {
    let clocks = clocks(state, state.ended_at());
    let at = first_page::instant_or_dash(clocks.loss_instant);
    let mut lines = vec![match (&clocks.loss_ground, clocks.loss_earliest) {
        (Some(Ground::Moved { fork }), _) => {
            format!("loss instant: not known, for nobody said when {fork} stopped; counted to {at}, the move")
        }
        (Some(ground), Some(from)) => format!(
            "loss instant: between {} ({}) and {at}, counted to the later; grade: {}",
            words::instant(from),
            ground.text(),
            ground.grade()
        ),
        (Some(ground), None) => format!("loss instant: {at} ({}); grade: {}", ground.text(), ground.grade()),
        (None, _) if state.is_drill() => format!("loss instant: {at}, simulated"),
        (None, _) => format!(
            "loss instant: {at}, the end of the measurement: nothing says that the old primary stopped before"
        ),
    }];
    let held = matches!(&clocks.loss_ground, Some(Ground::Word { what: WordIs::LossInstant, .. }));
    lines.extend(left_out(state, &clocks));
    if let Some((at, by)) = state.loss_stated.as_ref().filter(|_| !held) {
        let at = words::instant(*at);
        lines.push(format!("stated by {by}: {at}; not counted to, because a later proof of life is known"));
    }
    lines
}

/// The instants between which times are measured (S23).
fn four_instants(state: &RunState) -> Vec<String> {
    let clocks = clocks(state, state.ended_at());
    let down = match state.left_for() {
        _ if state.is_drill() => "simulated loss".to_owned(),
        Some(moved) => format!("{} down since", moved.fork),
        None => "service down since".to_owned(),
    };
    let earliest = clocks.down_earliest.map(|at| format!("{} at the earliest, ", words::instant(at)));
    let latest = if earliest.is_some() { " at the latest" } else { "" };
    let ground = clocks.down_ground.as_ref().map(|ground| format!(" ({})", ground.text()));
    let since = first_page::instant_or_dash(clocks.down_since);
    let since =
        format!("{down}: {}{since}{latest}{}", earliest.unwrap_or_default(), ground.unwrap_or_default());
    let rest =
        [("detected", clocks.detected), ("declared", clocks.declared), ("usable again", clocks.usable)];
    let rest = rest.into_iter().map(|(name, at)| format!("{name}: {}", first_page::instant_or_dash(at)));
    std::iter::once(since).chain(rest).collect()
}

pub(super) fn checks(state: &RunState, _: &[Record]) -> Content {
    let Some(results) = &state.checks else { return Content::gap("no check ran") };
    let rows = results.iter().map(|result| {
        let word = match result.state {
            CheckState::Passed if result.had_expectation => "passed",
            CheckState::Passed => "ran, nothing expected",
            CheckState::Failed => "FAILED",
            CheckState::CouldNotRun => "NOT VERIFIED",
        };
        vec![result.name.clone(), word.to_owned(), result.text.clone()]
    });
    Content::table_or(vec!["check", "result", "fact"], rows.collect(), "no check was configured")
}

pub(super) fn primary_calls(state: &RunState, _: &[Record]) -> Content {
    let opening = &state.opening;
    let mut lines = vec![
        format!("calls of this run to the primary: {}", state.fence.calls),
        format!("driven from {}", state.opened_by.host),
    ];
    lines.extend(opening.skews.iter().map(|(source, skew)| {
        format!("this host's clock minus that of {source}: {}", words::signed_s(*skew))
    }));
    if opening.skews.is_empty() {
        lines.push(opening.before.service.skew_s.map_or_else(
            || "clock skew against the sources: not known".to_owned(),
            |skew| format!("clock skew against the sources: {}", words::signed_s(skew)),
        ));
    }
    Content::lines_or(lines, "")
}

pub(super) fn clean_up(state: &RunState, records: &[Record]) -> Content {
    let in_use = state.cut_over_at.filter(|_| state.clients_left_at.is_none());
    // Nobody looks at it once it is restored, and clients can get in only by what is changed after that.
    let told = state.attempt.progress.as_ref().map(|(at, told)| {
        format!("as it was when last looked at, {}: {}", words::instant(*at), told.whereabouts())
    });
    let stays = in_use.map(|at| {
        format!(
            "{}: STAYS, in use as the service since {}; {}{}; owner: {}; end date: none",
            state.attempt.name,
            words::instant(at),
            told.as_deref().unwrap_or("where it is reached is not known"),
            shield(records).unwrap_or_default(),
            state.opening.member.owner.as_deref().unwrap_or("not known")
        )
    });
    let others = state.attempts().filter(|attempt| stays.is_none() || attempt.number != state.attempt.number);
    let lines: Vec<_> = others.filter_map(left_behind).chain(stays.clone()).collect();
    Content::lines_or(lines, "no fork was made, so there is nothing to clean up")
}

/// Whether the fork in use can be removed just so, as last seen.
fn shield(records: &[Record]) -> Option<String> {
    let (at, is_shielded) = looks(records).find_map(|(at, seen)| Some((at, seen.shielded?)))?;
    let not = if is_shielded { "" } else { "NOT " };
    Some(format!("; {not}protected against termination, as seen at {at}"))
}

fn left_behind(attempt: &Attempt) -> Option<String> {
    let name = &attempt.name;
    match &attempt.removal {
        // Clean-up may have found it: whether it ever was there is not known.
        Some((at, Some(Removal::Proven { proof }))) if !attempt.seen => Some(format!(
            "{name}: never seen before clean-up; not there {}, proven by listing: {proof}",
            words::instant(*at)
        )),
        Some((at, Some(Removal::Proven { proof }))) => {
            Some(format!("{name}: removed {}, proven by listing: {proof}", words::instant(*at)))
        }
        Some((_, Some(Removal::Pending { why }))) => Some(format!("{name}: STAYS for now: {why}")),
        Some((_, Some(Removal::CannotTell { why }))) => {
            Some(format!("{name}: MAY STAY, it could not be looked for: {why}"))
        }
        Some((_, Some(Removal::Foreign { what }))) => Some(format!("{name}: left alone, not ours: {what}")),
        Some((_, Some(Removal::Failed { why }))) => Some(format!("{name}: STAYS: {why}")),
        Some((_, None)) => Some(format!("{name}: removal was asked for, no answer yet")),
        None => match attempt.vanished() {
            Some((at, proof)) => Some(format!("{name}: gone, proven {}: {proof}", words::instant(at))),
            None if !attempt.may_exist() => None,
            None if !attempt.seen => Some(format!("{name}: MAY EXIST, it was asked for and never seen")),
            None => Some(format!("{name}: STAYS, kept on purpose or not yet removed")),
        },
    }
}

/// When a restore is to be proven anew: by this run, else by what was known at its start.
pub(super) fn next_drill(state: &RunState, _: &[Record]) -> Content {
    let opening = &state.opening;
    let Some(every) = opening.objectives.drill_every else {
        return Content::gap("no `drill_every` in the tier of the service; add it by hand");
    };
    let before = opening.before.service.last_proven.map(|at| (at, "before this run"));
    let proven = state.proven_at().map(|at| (at, "by this run")).or(before);
    let each = format!("each {}", words::objective(every));
    let due =
        proven.and_then(|(at, by)| Some((at, by, at.checked_add_signed(TimeDelta::from_std(every).ok()?)?)));
    let line = match due {
        Some((at, by, due)) => {
            format!("due {}: {each}, last proven {} {by}", words::instant(due), words::instant(at))
        }
        None => format!("due now: {each}, and no restore is known to be proven"),
    };
    Content::lines_or(vec![line], "")
}

/// What was last seen of the fork's own backups, and the look after it that saw nothing: that takes nothing away (S2).
/// Of a fork that is gone it says how it was until then.
pub(super) fn protected(state: &RunState, records: &[Record]) -> Content {
    let saw = looks(records).find(|(_, seen)| seen.saw_any());
    let blind = looks(records).next().filter(|(_, seen)| !seen.saw_any());
    let until = gone_at(&state.attempt)
        .map_or_else(String::new, |at| format!("until it was gone at {}: ", words::instant(at)));
    let saw = saw.map(|(at, seen)| format!("{until}{}, as seen at {at}", seen.text));
    let blind = blind.map(|(at, seen)| format!("not seen at {at}: {}", seen.text));
    let why = if state.is_drill() { "not part of a drill" } else { "not seen yet" };
    Content::lines_or(saw.into_iter().chain(blind).collect(), why)
}

/// What looks at the fork's own backups saw and when, the last one first.
fn looks(records: &[Record]) -> impl Iterator<Item = (String, &Protection)> {
    records.iter().rev().filter_map(|record| match &record.event {
        Event::ProtectionSeen { protection, seen_at } => {
            Some((words::instant(seen_at.unwrap_or(record.at)), protection))
        }
        _ => None,
    })
}

/// When its fork was proven to be gone, whoever removed it.
fn gone_at(attempt: &Attempt) -> Option<Timestamp> {
    let removed = attempt.removal.as_ref().filter(|_| attempt.is_removed()).map(|(at, _)| *at);
    removed.or_else(|| attempt.vanished().map(|(at, _)| at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fork::CopiedTo;
    use crate::runbook::sample::{Journal, World, opening, until};
    use crate::runbook::{Answer, RunKind};

    #[test]
    fn s2_what_was_seen_of_its_backups_says_when_and_a_blind_look_hides_none_of_it() {
        let mut journal = until(opening(RunKind::Incident), StepKind::Protect, &mut World::default());
        let lines = |state: &RunState, records: &[Record]| match protected(state, records) {
            Content::Present { lines, .. } => lines,
            Content::Gap { why } => vec![why],
        };
        assert_eq!(lines(&journal.state, &journal.records), ["not seen yet"]);
        let text = "it has no backup of its own yet".to_owned();
        let (own_backup, copying) = (Some(false), CopiedTo::NotShown);
        let none = Protection { own_backup, copying, ..Protection::cannot_tell(text) };
        let see = |journal: &mut Journal, seen: &Protection| {
            journal.later(60);
            journal.answer(Answer::Protection(seen.clone()));
            (words::instant(journal.now), lines(&journal.state, &journal.records))
        };
        let (at, told) = see(&mut journal, &none);
        let seen = format!("it has no backup of its own yet, as seen at {at}");
        assert_eq!(told, [seen.as_str()]);
        let (at, told) = see(&mut journal, &Protection::cannot_tell("timed out".to_owned()));
        assert_eq!(told, [seen, format!("not seen at {at}: timed out")]);
        let (at, told) = see(&mut journal, &none);
        assert_eq!(told, [format!("it has no backup of its own yet, as seen at {at}")]);
        let last = journal.records.last().unwrap().clone();
        let again = Event::ProtectionSeen { protection: none, seen_at: Some(last.at) };
        let left_at = last.at + TimeDelta::seconds(20);
        journal.records.push(Record { at: left_at, event: again, ..last });
        let told = lines(&journal.state, &journal.records);
        assert_eq!(
            told,
            [format!("it has no backup of its own yet, as seen at {at}")],
            "not when it was put down"
        );
    }
}
