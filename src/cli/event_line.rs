//! One line for each event of a run: stable, so that scripts may look for its words.

use std::time::Duration;

use chrono::SubsecRound;

use crate::domain::words::{edge, exact, passed};
use crate::domain::{CheckState, Life, Power, Target, Timestamp, instant};
use crate::ledger::chain;
use crate::provider::{Found, Removal, StartOutcome};
use crate::runbook::{Event, Record, StepKind};

use super::Out;
use super::args::OutputForm;
use super::table::{hanging, terminal_width};

/// `2026-11-20T12:44:02Z  fork  accepted: ..`.
///
/// Wrapped to a terminal's width behind its subject; in a pipe one line, whatever its length.
pub(crate) fn line(record: &Record, width: Option<usize>) -> String {
    let (subject, text) = words(&record.event);
    hanging(&format!("{}  {subject:<12}  ", rfc3339(record.at)), &text, width)
}

/// Prints a stored line: as it is where JSON is asked for or it cannot be read, else for a person.
pub(super) fn print(line: &str, form: Option<OutputForm>, out: &mut Out) {
    match chain::read(&[line.to_owned()]) {
        Ok(records) if form != Some(OutputForm::Json) => {
            for record in &records {
                out.line(&self::line(record, terminal_width()));
            }
        }
        _ => out.line(line),
    }
}

/// To the second: the journal has the rest.
fn rfc3339(at: Timestamp) -> String {
    instant::rfc3339(at.trunc_subsecs(0))
}

fn step(kind: StepKind, text: impl std::fmt::Display) -> (&'static str, String) {
    (kind.title(), text.to_string())
}

fn words(event: &Event) -> (&'static str, String) {
    match event {
        Event::Opened(opening) => {
            ("run", format!("{} opened: {} {}", opening.run, opening.kind.as_str(), opening.member.service))
        }
        Event::Resumed => ("run", "taken up again".to_owned()),
        Event::Detached { why } => ("run", format!("left ({why})")),
        Event::StepStarted { step: kind } => step(*kind, "started"),
        Event::StepDone { step: kind, text } => step(*kind, format!("done: {text}")),
        Event::StepFailed { step: kind, why } => step(*kind, format!("FAILED: {why}")),
        Event::StepGivenUp { step: kind, why } => step(*kind, format!("GIVEN UP: {why}")),
        Event::StepSkipped { step: kind, reason } => step(*kind, format!("SKIPPED: {reason}")),
        Event::StepRetried { step: kind } => step(*kind, "retried"),
        Event::StepLate { step: kind, limit_s } => {
            step(*kind, format!("LATE: over its limit of {}", exact(Duration::from_secs(*limit_s))))
        }
        Event::Stuck { since } => step(StepKind::Wait, format!("nothing moves since {}", rfc3339(*since))),
        Event::Declared(declaration) => step(StepKind::Declare, format!("declared by {}", declaration.by)),
        Event::ReadinessChecked { items } => {
            step(StepKind::Readiness, format!("{} items checked", items.len()))
        }
        Event::SkewAccepted { reason } => {
            step(StepKind::Readiness, format!("OVERRIDDEN, a clock is off: {reason}"))
        }
        Event::JournalMoved { from, to, why } => {
            let from = from.as_ref().map(|from| format!(", until then in {from}")).unwrap_or_default();
            ("journal", format!("MOVED: {}{from} ({why})", to.text()))
        }
        Event::PointAsked { target } => {
            step(StepKind::ChoosePoint, format!("asked for {}", target_words(target)))
        }
        Event::PointResolved { point, .. } => {
            let at = edge(&rfc3339(point.promised), point.promised_is);
            let known = point.last_known.map(|as_of| format!(", as last known at {}", rfc3339(as_of)));
            step(StepKind::ChoosePoint, format!("can be restored to {at}{}", known.unwrap_or_default()))
        }
        Event::PointRefused { refused } => step(StepKind::ChoosePoint, refused_words(refused)),
        Event::PointConfirmed { .. } => step(StepKind::ChoosePoint, "confirmed"),
        Event::AttemptOpened { attempt, reason, again: Some(point), .. } => {
            ("run", format!("attempt {attempt} to the same point, {}: {reason}", rfc3339(point.promised)))
        }
        Event::AttemptOpened { attempt, reason, target, again: None } => {
            ("run", format!("attempt {attempt} to {}: {reason}", target_words(target)))
        }
        Event::ForkIntended { request, .. } => {
            step(StepKind::Fork, format!("asking for {} (attempt {})", request.name, request.attempt))
        }
        Event::ForkAnswered { outcome, .. } => step(StepKind::Fork, answer_words(outcome)),
        Event::ForkSeen { found, .. } => step(StepKind::Fork, found_words(found)),
        Event::Progressed { progress, .. } => step(StepKind::Wait, progress.whereabouts()),
        Event::ChecksRun { results, .. } => {
            let good = results.iter().filter(|result| result.state == CheckState::Passed).count();
            step(StepKind::Validate, passed(good, results.len()))
        }
        Event::OwnersWord { by, accepted, text } => {
            let word = if *accepted { "accepted" } else { "NOT accepted" };
            step(StepKind::Validate, format!("{word} by {by}{}", colon(text)))
        }
        Event::PrimarySeen { answers, text, .. } => {
            // What is probed may be the fork by then.
            ("probe", if *answers { format!("answers: {text}") } else { format!("silent: {text}") })
        }
        Event::PrimaryCalled { calls } => ("primary", format!("calls to it since it was last seen: {calls}")),
        Event::PrimaryOutOfSight { why } => ("primary", format!("not known whether it answers: {why}")),
        Event::LifeSeen { life } => ("primary", life_words(life)),
        Event::PowerSeen { power } => ("primary", power_words(*power)),
        Event::LossInstantStated { at, by } => {
            ("loss", format!("the loss instant is {}, stated by {by}", instant::rfc3339(*at)))
        }
        Event::NameMoved { since } => {
            ("fence", format!("the address leads to the fork since {}", instant::rfc3339(*since)))
        }
        Event::Fenced { how } => ("fence", format!("fenced: {how}")),
        Event::FenceOverridden { reason } => ("fence", format!("OVERRIDDEN: {reason}")),
        Event::CutOverConfirmed { text } => step(StepKind::CutOver, format!("confirmed: {text}")),
        Event::ClientsLeft { text } => step(StepKind::CleanUp, format!("clients left the fork: {text}")),
        Event::ProtectionSeen { protection, seen_at } => {
            let at = seen_at.map(|at| format!(", as seen at {}", instant::rfc3339(at))).unwrap_or_default();
            step(StepKind::Protect, format!("{}{at}", protection.text))
        }
        Event::CleanUpConfirmed { forks, .. } => {
            step(StepKind::CleanUp, format!("agreed to remove {}", forks.join(", ")))
        }
        Event::RemovalIntended { attempt } => {
            step(StepKind::CleanUp, format!("removing the fork of attempt {attempt}"))
        }
        Event::RemovalAnswered { removal, .. } => step(StepKind::CleanUp, removal_words(removal)),
        Event::Paused => ("run", "paused".to_owned()),
        Event::Unpaused => ("run", "goes on".to_owned()),
        Event::Noted { text } => ("note", text.clone()),
        Event::Aborted { reason } => ("run", format!("ABORTED: {reason}; forks are kept")),
        Event::Closed { conclusion } => step(
            StepKind::Close,
            format!("{}{}", conclusion.headline(), colon(&conclusion.reasons.join("; "))),
        ),
    }
}

/// What its source says of whether the old primary is switched on.
fn power_words(power: Power) -> String {
    match power {
        Power::On => "switched on, says its source".to_owned(),
        Power::Off { by: None } => "switched off, says its source".to_owned(),
        Power::Off { by: Some(by) } => {
            format!("switched off since {} at the latest, says its source", rfc3339(by))
        }
        Power::NotKnown { .. } => "not known whether it is switched on".to_owned(),
    }
}

/// What the board was seen to know of the old primary.
fn life_words(life: &Life) -> String {
    life.last_proof().map_or_else(
        || "the board knows no proof of life".to_owned(),
        |(at, ground)| format!("last proof of life on the board: {}, {}", rfc3339(at), ground.text()),
    )
}

fn colon(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(": {text}") }
}

pub(crate) fn target_words(target: &Target) -> String {
    match target {
        Target::Newest => "newest".to_owned(),
        Target::Oldest => "oldest".to_owned(),
        Target::At(at) => instant::rfc3339(*at),
        Target::Backup(name) => format!("backup {name}"),
    }
}

/// Why a point is refused, and what is near (R10).
pub(crate) fn refused_words(refused: &crate::provider::PointRefused) -> String {
    let near = |word: &str, at: Option<Timestamp>| {
        at.map(|at| format!("; nearest {word} {}", instant::rfc3339(at))).unwrap_or_default()
    };
    format!("REFUSED: {}{}{}", refused.reason, near("earlier", refused.earlier), near("later", refused.later))
}

fn answer_words(outcome: &StartOutcome) -> String {
    match outcome {
        StartOutcome::Accepted { response, .. } => format!("accepted: {response}"),
        StartOutcome::Refused { why, .. } => format!("REFUSED: {why}"),
        StartOutcome::NotTaken { why, again_at } => {
            format!("not taken yet: {why}; to be asked for again, not before {}", instant::rfc3339(*again_at))
        }
        StartOutcome::NameTaken { what } => format!("REFUSED: the name is taken: {what}"),
        StartOutcome::Unknown { why } => format!("OUTCOME UNKNOWN: {why}"),
    }
}

fn found_words(found: &Found) -> String {
    match found {
        Found::Mine => "read back by name: it exists and is ours".to_owned(),
        Found::Foreign { what } => format!("FOREIGN: {what}; left alone"),
        Found::Absent => "looked for by name: absent".to_owned(),
        Found::CannotTell { why } => format!("cannot be looked for: {why}"),
    }
}

fn removal_words(removal: &Removal) -> String {
    match removal {
        Removal::Proven { proof } => format!("removed: {proof}"),
        Removal::Pending { why } => format!("pending: {why}"),
        Removal::Foreign { what } => format!("FOREIGN: {what}; left alone"),
        Removal::CannotTell { why } => format!("cannot be looked for: {why}"),
        Removal::Failed { why } => format!("FAILED: {why}"),
    }
}

#[cfg(test)]
mod tests {
    use crate::runbook::Event;

    #[test]
    fn s21_that_a_run_was_left_says_nothing_of_a_restore_that_may_not_be() {
        let left = super::words(&Event::Detached { why: "SIGTERM".to_owned() });
        assert_eq!(left, ("run", "left (SIGTERM)".to_owned()));
    }

    #[test]
    fn s22_an_answer_is_told_of_the_probed_address_which_may_lead_to_the_fork_by_then() {
        for (answers, told) in [(true, "answers: db:5432 answers"), (false, "silent: db:5432 answers")] {
            let text = "db:5432 answers".to_owned();
            let line = super::words(&Event::PrimarySeen { answers, calls: 1, text, last_answer: None });
            assert_eq!(line, ("probe", told.to_owned()));
        }
    }
}
