//! What did not go as the plan says (EV14): on page one of the report (S24).

use std::time::Duration;

use serde::Serialize;

use super::gaps;
use crate::domain::fork::{Found, StartOutcome};
use crate::domain::{Timestamp, words};
use crate::runbook::{Event, Record, RunState, Sending, UNANSWERED};

/// One thing that did not go as planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Deviation {
    /// When.
    pub at: Timestamp,
    /// Its kind, a stable word (`skip`, `override`, `retry`, `pause`, `outcome_unknown`, ..).
    pub kind: &'static str,
    /// What happened.
    pub text: String,
    /// Who.
    pub by: String,
}

/// All deviations of a journal, oldest first.
pub(super) fn of(state: &RunState, records: &[Record]) -> Vec<Deviation> {
    let told = records.iter().filter_map(deviation).chain(unanswered(records)).chain(gaps::of(records));
    let mut all: Vec<Deviation> = told.chain(contradicted(state, records)).chain(refuted(state)).collect();
    all.sort_by_key(|deviation| deviation.at);
    all
}

/// Each time that a run was taken up after an intent of which no answer was written (S20).
fn unanswered(records: &[Record]) -> impl Iterator<Item = Deviation> {
    let mut awaited = None;
    let taken_up = records.iter().filter(move |record| {
        match &record.event {
            Event::Resumed => return awaited.take().is_some(),
            Event::ForkIntended { request, .. } => awaited = Some(request.attempt),
            Event::ForkAnswered { attempt, .. } if awaited == Some(*attempt) => awaited = None,
            _ => {}
        }
        false
    });
    taken_up.map(|record| {
        let (kind, text) = ("outcome_unknown", no_answer(UNANSWERED));
        Deviation { at: record.at, kind, text, by: record.author.shown() }
    })
}

/// A word on since when the service is down, against which its primary lived: by all that the run came to know.
fn contradicted(state: &RunState, records: &[Record]) -> Option<Deviation> {
    let text = state.contradicted()?;
    let declared = records.iter().rev().find(|record| matches!(record.event, Event::Declared(_)))?;
    Some(Deviation { at: declared.at, kind: "contradicted", text, by: declared.author.shown() })
}

/// Each word that the old primary is fenced after which it answered, or something did where its address may lead to the
/// fork.
fn refuted(state: &RunState) -> impl Iterator<Item = Deviation> {
    let fence = &state.fence;
    fence.fenced_before.iter().chain(&fence.fenced).filter_map(|said| {
        let (last, is_surely_it) = fence.answered_after(said)?;
        let last = words::instant(last);
        let answered = if is_surely_it {
            format!("{} answered at {last}", state.probed())
        } else {
            format!("something answered at its address at {last}: it, or the fork")
        };
        let text = format!("said to be fenced ({}), but {answered}", said.how);
        Some(Deviation { at: said.at, kind: "contradicted", text, by: said.by.clone() })
    })
}

fn deviation(record: &Record) -> Option<Deviation> {
    let (kind, text) = describe(&record.event)?;
    Some(Deviation { at: record.at, kind, text, by: record.author.shown() })
}

fn describe(event: &Event) -> Option<(&'static str, String)> {
    Some(match event {
        Event::StepSkipped { step, reason } => ("skip", format!("{} skipped: {reason}", step.title())),
        Event::StepFailed { step, why } => ("step_failed", format!("{}: {why}", step.title())),
        Event::StepGivenUp { step, why } => ("step_given_up", format!("{}: {why}", step.title())),
        Event::StepRetried { step } => ("retry", format!("{} once more", step.title())),
        Event::StepLate { step, limit_s } => {
            let limit = words::objective(Duration::from_secs(*limit_s));
            ("late", format!("{} took longer than {limit}", step.title()))
        }
        Event::Stuck { .. } => ("stuck", "nothing moved in the restore".to_owned()),
        Event::FenceOverridden { reason } => ("override", format!("went on without a fence: {reason}")),
        Event::NameMoved { since } => {
            let since = words::instant(*since);
            (
                "override",
                format!(
                    "what answered at the old address since {since} was taken for the fork, by a person's word"
                ),
            )
        }
        Event::SkewAccepted { reason } => ("override", format!("went on with a clock that is off: {reason}")),
        Event::JournalMoved { from, to, why } => {
            let from = from.as_ref().map(|from| format!("; until then in {from}")).unwrap_or_default();
            ("journal", format!("{}{from}: {why}", to.text()))
        }
        Event::AttemptOpened { attempt, reason, .. } => {
            ("new_attempt", format!("attempt {attempt}: {reason}"))
        }
        Event::ForkIntended { why, .. } => ("asked_again", resent(*why)?.to_owned()),
        Event::ForkAnswered { outcome: StartOutcome::Unknown { why }, .. } => {
            ("outcome_unknown", no_answer(why))
        }
        Event::ForkSeen { found: Found::Foreign { what }, .. } => ("foreign", what.clone()),
        Event::PointResolved { point, .. } if point.last_known.is_some() => {
            ("last_known", format!("its copy could not be read: the point is {}", point.words()))
        }
        Event::PointRefused { refused } => ("point_refused", refused.reason.clone()),
        Event::Paused => ("pause", "paused".to_owned()),
        Event::Unpaused => ("pause", "went on".to_owned()),
        Event::ClientsLeft { text } => ("clients_left", format!("clients left the fork: {text}")),
        Event::Aborted { reason } => ("abort", reason.clone()),
        _ => return None,
    })
}

fn no_answer(why: &str) -> String {
    format!("the fork was asked for and no answer was seen: {why}")
}

fn resent(why: Sending) -> Option<&'static str> {
    match why {
        Sending::First | Sending::NotTaken => None,
        Sending::WasAbsent => Some("asked for again: it was looked for and absent, and a person said so"),
        Sending::TakeUp => Some("the same fork was taken up where its restore had ended"),
        Sending::WasRefused => Some("asked for again after a refusal"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::at;
    use crate::runbook::sample::{World, declaration, opening, until};
    use crate::runbook::{Answer, Command, Declaration, Input, RunKind, StepKind};

    #[test]
    fn s20_who_takes_a_run_up_that_ended_before_an_answer_makes_the_outcome_unknown_once() {
        let accepted = || StartOutcome::Accepted { response: "req-1".to_owned(), host: None };
        let answered = || Input::Answer(Answer::Started(1, accepted()));
        let left = || Input::Command(Command::Detach { why: "SIGTERM".to_owned() });
        for (inputs, wanted) in [
            (vec![Input::Resumed], 1),
            (vec![left(), Input::Resumed], 1),
            (vec![Input::Resumed, Input::Resumed], 1),
            (vec![answered(), Input::Resumed], 0),
        ] {
            let mut journal = until(opening(RunKind::Incident), StepKind::Fork, &mut World::default());
            for input in &inputs {
                journal.input(input).unwrap();
            }
            let unknown = of(&journal.state, &journal.records)
                .into_iter()
                .filter(|deviation| deviation.kind == "outcome_unknown")
                .map(|deviation| deviation.text);
            let told: Vec<_> = unknown.collect();
            assert_eq!(told.len(), wanted, "{inputs:?}: {told:?}");
            assert!(told.iter().all(|text| text.ends_with(UNANSWERED)), "{told:?}");
        }
    }

    #[test]
    fn s5_a_word_on_down_since_against_which_its_primary_lived_is_named_when_declared_and_among_the_deviations()
     {
        for (down, contradicted) in
            [(Some("2026-11-20T12:01:00Z"), true), (Some("2026-11-20T12:04:20Z"), false), (None, false)]
        {
            let mut journal = until(opening(RunKind::Incident), StepKind::Declare, &mut World::default());
            let said = Declaration { down_since: down.map(at), ..declaration() };
            let events = journal.command(Command::Declare(said)).unwrap();
            let why = "down since 2026-11-20 12:01:00Z, says anna, but its primary lived at 2026-11-20 12:04:10Z \
                       (the newest data in a copy): the loss is not counted to that word";
            let named = |event: &Event| matches!(event, Event::StepDone { step: StepKind::Declare, text } if text.ends_with(why));
            assert_eq!(events.iter().any(named), contradicted, "{events:?}");
            let told: Vec<_> = of(&journal.state, &journal.records)
                .into_iter()
                .map(|deviation| (deviation.kind, deviation.text, deviation.by))
                .collect();
            let wanted = ("contradicted", why.to_owned(), "anna@jump2".to_owned());
            assert_eq!(told, Vec::from_iter(contradicted.then_some(wanted)));
        }
    }
}
