//! EV12 and EV14: what was done, when, by whom, and what did not go as planned.

use std::time::Duration;

use super::super::first_page::instant_or_dash;
use super::super::{Content, deviations};
use crate::domain::fork::StartOutcome;
use crate::domain::instant::rfc3339;
use crate::domain::words;
use crate::runbook::{Attempt, CUT_SHORT, Event, Record, RunState, StepKind, StepState, StepStatus, rows};

pub(super) fn log(state: &RunState, records: &[Record]) -> Content {
    let mut rows = Vec::with_capacity(state.steps.len() + 1);
    for step in &state.steps {
        rows.extend((step.status != StepStatus::Pending).then(|| row(step, state, records)));
        // It stands where a screen shows it: behind what it blocks.
        rows.extend(fence(state, records).filter(|_| step.step.kind == StepKind::CutOver));
    }
    let calls = calls(state, records);
    match Content::table_or(
        vec!["step", "planned", "started", "ended", "who", "result"],
        rows,
        "no step began",
    ) {
        Content::Present { table, .. } => Content::Present { lines: calls, table },
        gap @ Content::Gap { .. } => gap,
    }
}

fn row(step: &StepState, state: &RunState, records: &[Record]) -> Vec<String> {
    let limit = step.step.limit_s.map(Duration::from_secs);
    let planned = limit.map_or_else(|| "-".to_owned(), |limit| format!("within {}", words::objective(limit)));
    // The last step ends with the run itself; any other that was under way was cut short by it.
    let closed = state.closed.as_ref().filter(|_| step.status == StepStatus::Running);
    let ended = step.ended.or(closed.map(|(at, _)| *at));
    let result = match &step.status {
        StepStatus::Pending => String::new(),
        StepStatus::Running => match closed {
            None => "under way".to_owned(),
            Some((_, conclusion)) if step.step.kind == StepKind::Close => conclusion.headline(),
            Some(_) => CUT_SHORT.to_owned(),
        },
        StepStatus::Done(text) if step.step.kind == StepKind::ChoosePoint => exact(text, state),
        StepStatus::Done(text) => text.clone(),
        StepStatus::Failed(why) => format!("FAILED: {why}"),
        StepStatus::GivenUp(why) => format!("NOT DONE: {why}"),
        StepStatus::Skipped(why) => format!("SKIPPED: {why}"),
    };
    vec![
        step.step.kind.title().to_owned(),
        planned,
        instant_or_dash(step.started),
        instant_or_dash(ended),
        who(step.step.kind, records),
        result,
    ]
}

/// The obligation to fence, once it is owed (S22): an event of it ends it.
fn fence(state: &RunState, records: &[Record]) -> Option<Vec<String>> {
    let opened_at = state.fence.opened_at?;
    let row = rows(state, state.ended_at()).into_iter().find(|row| row.kind.is_none())?;
    let is_said =
        |record: &&Record| matches!(record.event, Event::Fenced { .. } | Event::FenceOverridden { .. });
    let said = records.iter().rev().find(is_said);
    Some(vec![
        row.title.to_owned(),
        "before cut over".to_owned(),
        words::instant(opened_at),
        instant_or_dash(said.map(|record| record.at)),
        said.map(|record| record.author.shown()).unwrap_or_default(),
        row.result,
    ])
}

/// The promise to its fraction, as the checks have it: one who compares them must not find two instants.
fn exact(text: &str, state: &RunState) -> String {
    let promised = state.attempt.point.as_ref().map(|point| point.promised);
    promised.map_or_else(|| text.to_owned(), |at| text.replace(&words::instant(at), &rfc3339(at)))
}

/// Who ended a step, or began it while it is open.
fn who(kind: StepKind, records: &[Record]) -> String {
    let of_step = |event: &Event| match event {
        Event::StepStarted { step }
        | Event::StepDone { step, .. }
        | Event::StepFailed { step, .. }
        | Event::StepGivenUp { step, .. }
        | Event::StepSkipped { step, .. } => *step == kind,
        _ => false,
    };
    let last = records.iter().rev().find(|record| of_step(&record.event));
    last.map(|record| record.author.shown()).unwrap_or_default()
}

/// The exact calls and the provider's answers, secrets as variables.
fn calls(state: &RunState, records: &[Record]) -> Vec<String> {
    let calls = state.attempts().flat_map(|attempt| calls_of(attempt, state, records));
    let answers = records.iter().filter_map(|record| match &record.event {
        Event::ForkAnswered { attempt, outcome } => {
            Some(format!("answer to attempt {attempt} at {}: {}", words::instant(record.at), answer(outcome)))
        }
        _ => None,
    });
    calls.chain(answers).collect()
}

/// Those of an attempt. What was only planned is said to be: a call is made once the intent to make it is written. A
/// removal that is not to be made is not told: nobody is to paste it (S36).
fn calls_of(attempt: &Attempt, state: &RunState, records: &[Record]) -> Vec<String> {
    let removal = Event::RemovalIntended { attempt: attempt.number };
    let gone = records.iter().any(|record| record.event == removal);
    let (making, removing) = attempt.calls_parted();
    let removing = if gone || state.shows_removal_of(attempt) { removing } else { &[] };
    let making =
        making.iter().map(|call| (call, if call.mutating { attempt.sent > 0 } else { attempt.seen }));
    let calls = making.chain(removing.iter().map(|call| (call, gone)));
    let told = calls.filter(|(call, _)| !call.alternative).map(|(call, made)| {
        let word = if made { "call" } else { "planned, not asked for" };
        format!("{word}, {}: {}", call.what, call.command)
    });
    told.collect()
}

fn answer(outcome: &StartOutcome) -> String {
    match outcome {
        StartOutcome::Accepted { response, .. } => format!("accepted, {response}"),
        StartOutcome::Refused { why, .. } => format!("refused: {why}"),
        StartOutcome::NotTaken { why, again_at } => {
            format!("not taken yet: {why}; to be asked for again, not before {}", words::instant(*again_at))
        }
        StartOutcome::NameTaken { what } => format!("refused, the name is taken: {what}"),
        StartOutcome::Unknown { why } => format!("OUTCOME UNKNOWN: {why}"),
    }
}

pub(super) fn deviations(state: &RunState, records: &[Record]) -> Content {
    let rows: Vec<_> = deviations::of(state, records)
        .into_iter()
        .map(|deviation| {
            vec![words::instant(deviation.at), deviation.kind.to_owned(), deviation.text, deviation.by]
        })
        .collect();
    if rows.is_empty() {
        return Content::lines_or(vec!["none".to_owned()], "");
    }
    Content::table_or(vec!["when", "kind", "what", "who"], rows, "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fork::CallPreview;
    use crate::runbook::sample::{World, declaration, opening, until, willing};
    use crate::runbook::{Command, RunKind};

    #[test]
    fn s36_the_removal_of_the_fork_that_clients_use_is_told_only_once_they_left_it() {
        let told = |state: &RunState, records: &[Record]| {
            let calls = calls(state, records);
            let of = |what: &str| calls.iter().any(|call| call.ends_with(what));
            assert!(of("watch"), "{calls:?}");
            of("remove")
        };
        for (kind, wanted) in [(RunKind::Drill, true), (RunKind::Incident, false)] {
            let mut journal = until(opening(kind), StepKind::Validate, &mut World::default());
            let [make] = journal.state.attempt.calls.as_slice() else { panic!("one call") };
            let call =
                |what: &str, mutating| CallPreview { command: what.to_owned(), mutating, ..make.clone() };
            journal.state.attempt.calls =
                vec![call("make", true), call("watch", false), call("remove", true), call("prove", false)];
            assert_eq!(told(&journal.state, &journal.records), wanted, "{kind:?}");
            if kind == RunKind::Incident {
                journal.drive(&mut World::default(), willing);
                assert!(journal.state.is_over() && !told(&journal.state, &journal.records), "clients use it");
                journal.command(Command::ClientsLeft { text: "DNS".to_owned() }).unwrap();
                assert!(told(&journal.state, &journal.records), "left behind");
            }
        }
    }

    #[test]
    fn r28_the_fence_has_a_row_of_its_own_once_it_is_owed() {
        let fence = |state: &RunState, records: &[Record]| {
            let Content::Present { table: Some(table), .. } = log(state, records) else { panic!("no rows") };
            table.rows.into_iter().find(|row| row[0] == "fence")
        };
        let drill = until(opening(RunKind::Drill), StepKind::Validate, &mut World::default());
        assert_eq!(fence(&drill.state, &drill.records), None, "a drill touches no production (S22)");
        let mut journal = until(opening(RunKind::Incident), StepKind::Declare, &mut World::default());
        journal.command(Command::Declare(declaration())).unwrap();
        let owed = fence(&journal.state, &journal.records).unwrap();
        assert_eq!((owed[3].as_str(), owed[4].as_str()), ("-", ""));
        assert!(owed[5].starts_with("not fenced; "), "{owed:?}");
        journal.later(60);
        let said_at = words::instant(journal.now);
        journal.command(Command::Fence { how: "security group closed".to_owned() }).unwrap();
        journal.drive(&mut World::default(), willing);
        let fenced = fence(&journal.state, &journal.records).unwrap();
        assert_eq!((fenced[3].as_str(), fenced[4].as_str()), (said_at.as_str(), "anna@jump2"));
        assert!(
            fenced[5].starts_with("fenced: security group closed (stated by anna@jump2, not seen); "),
            "{fenced:?}"
        );
    }
}
