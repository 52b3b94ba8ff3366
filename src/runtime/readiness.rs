//! What can be said of a run's readiness without asking anybody (EV10): it follows from event 1.

use crate::domain::words::objective;
use crate::provider::{ReadinessItem, ReadinessState};
use crate::runbook::{JournalPlace, Opening, RunKind};

/// A clock so far off blocks what is timed, unless a person goes on (R09, S25).
const SKEW_BLOCKS_S: u64 = 300;
/// A clock so far off is worth a warning.
const SKEW_WARNS_S: u64 = 60;

/// Objectives, checks, probe, journal, clock.
pub(super) fn of_the_run(opening: &Opening) -> Vec<ReadinessItem> {
    vec![objectives(opening), checks(opening), probe(opening), journal(opening), skew(opening)]
}

pub(super) fn not_verified(check: &str, text: &str) -> ReadinessItem {
    item(check, ReadinessState::NotVerified, text)
}

fn item(check: &str, state: ReadinessState, text: impl Into<String>) -> ReadinessItem {
    ReadinessItem { check: check.to_owned(), state, text: text.into() }
}

fn objectives(opening: &Opening) -> ReadinessItem {
    match (opening.objectives.rpo, opening.objectives.rto) {
        (Some(rpo), Some(rto)) => {
            let text = format!("RPO {}, RTO {}", objective(rpo), objective(rto));
            item("objectives", ReadinessState::Pass, text)
        }
        _ => item("objectives", ReadinessState::Warn, "no RPO or no RTO: the result cannot be a pass"),
    }
}

fn checks(opening: &Opening) -> ReadinessItem {
    let proving = opening.member.checks.iter().filter(|check| check.expect.is_some()).count();
    match proving {
        0 => {
            item("checks", ReadinessState::Warn, "no check with an expectation: the result cannot be a pass")
        }
        count => item("checks", ReadinessState::Pass, format!("{count} checks with an expectation")),
    }
}

fn probe(opening: &Opening) -> ReadinessItem {
    match &opening.member.probe {
        Some(address) => {
            item("probe", ReadinessState::Pass, format!("the old primary is probed at {address}"))
        }
        None => item(
            "probe",
            ReadinessState::NotVerified,
            "whether the old primary lives: no probe is configured",
        ),
    }
}

fn journal(opening: &Opening) -> ReadinessItem {
    match &opening.journal {
        JournalPlace::StateFolder => item("journal", ReadinessState::Pass, "the journal is durable"),
        JournalPlace::OtherFolder { path } => item(
            "journal",
            ReadinessState::Warn,
            format!("the journal is kept in {path}, not in the state folder"),
        ),
        JournalPlace::WithoutJournal { .. } if opening.kind == RunKind::Drill => {
            item("journal", ReadinessState::Fail, "a drill without a journal proves nothing")
        }
        JournalPlace::WithoutJournal { .. } => {
            item("journal", ReadinessState::Warn, "WITHOUT JOURNAL: this run cannot be resumed")
        }
    }
}

fn skew(opening: &Opening) -> ReadinessItem {
    let Some(skew) = opening.before.service.skew_s else {
        return not_verified("clock", "this host's clock: no source shows one to compare with");
    };
    let side = if skew > 0 { "ahead of" } else { "behind" };
    let text = format!("this host's clock is {}s {side} the source's", skew.unsigned_abs());
    match skew.unsigned_abs() {
        off if off > SKEW_BLOCKS_S => item(
            "clock",
            ReadinessState::Fail,
            format!("{text}: find out whose is wrong, then retry, or skip with the answer as the reason"),
        ),
        off if off > SKEW_WARNS_S => item("clock", ReadinessState::Warn, text),
        _ => item("clock", ReadinessState::Pass, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runbook::sample::opening;

    fn state_of(opening: &Opening, check: &str) -> ReadinessState {
        of_the_run(opening).into_iter().find(|item| item.check == check).unwrap().state
    }

    #[test]
    fn s25_skew_blocks_only_beyond_five_minutes() {
        let table = [
            (None, ReadinessState::NotVerified),
            (Some(-5), ReadinessState::Pass),
            (Some(-90), ReadinessState::Warn),
            (Some(301), ReadinessState::Fail),
        ];
        for (skew, wanted) in table {
            let mut opening = opening(RunKind::Drill);
            opening.before.service.skew_s = skew;
            assert_eq!(state_of(&opening, "clock"), wanted, "{skew:?}");
        }
    }

    #[test]
    fn s25_a_drill_is_not_made_without_a_journal_and_an_incident_is() {
        for (kind, wanted) in
            [(RunKind::Drill, ReadinessState::Fail), (RunKind::Incident, ReadinessState::Warn)]
        {
            let mut opening = opening(kind);
            opening.journal = JournalPlace::WithoutJournal { file: None };
            assert_eq!(state_of(&opening, "journal"), wanted);
        }
    }
}
