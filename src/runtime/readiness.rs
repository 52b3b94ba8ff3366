//! What can be said of a run's readiness without asking anybody (EV10): it follows from event 1.

use crate::domain::Rule;
use crate::domain::words::{self, objective};
use crate::provider::{NoPoint, ReadinessItem, ReadinessState};
use crate::runbook::{JournalPlace, Opening, RunKind, WITHOUT_A_POINT};

/// What an earlier incident did, whether the copy may be lost, then objectives, checks, probe, journal, clock.
pub(super) fn of_the_run(opening: &Opening) -> Vec<ReadinessItem> {
    let mut items: Vec<ReadinessItem> = moved(opening).into_iter().chain(copy_region(opening)).collect();
    items.extend([objectives(opening), checks(opening), probe(opening), journal(opening), clock(opening)]);
    items
}

/// The copy is of a service that its clients left: nothing else matters as much.
fn moved(opening: &Opening) -> Option<ReadinessItem> {
    let Some(moved) = &opening.before.clients_moved else { return perhaps_moved(opening) };
    let lost = match opening.kind {
        RunKind::Drill => String::new(),
        RunKind::Incident => format!("; {} unless a person says it", moved.unstated()),
    };
    Some(item("clients_moved", ReadinessState::Warn, moved.lacks() + &lost))
}

/// Not every journal that may tell of a move could be read.
fn perhaps_moved(opening: &Opening) -> Option<ReadinessItem> {
    Some(not_verified("clients_moved", found(opening, Rule::ClientsMoved)?))
}

/// The copy lies where everything is silent: what was read of it need not be there any more.
fn copy_region(opening: &Opening) -> Option<ReadinessItem> {
    Some(item("copy_region", ReadinessState::Warn, found(opening, Rule::CopyRegionSilent)?))
}

/// What a rule said of the service before.
fn found(opening: &Opening, rule: Rule) -> Option<&str> {
    let mut findings = opening.before.assessment.findings.iter();
    findings.find(|finding| finding.rule == rule).map(|finding| finding.text.as_str())
}

pub(super) fn not_verified(check: &str, text: &str) -> ReadinessItem {
    item(check, ReadinessState::NotVerified, text)
}

/// What is left unchecked while there is no point, by name.
pub(super) fn without_a_point(why: &NoPoint, unchecked: &[&str]) -> ReadinessItem {
    let unchecked: Vec<String> = unchecked.iter().map(|check| check.replace('_', " ")).collect();
    let checks =
        if unchecked.is_empty() { String::new() } else { format!("; not checked: {}", unchecked.join(", ")) };
    not_verified(WITHOUT_A_POINT, &format!("{why}{checks}"))
}

fn item(check: &str, state: ReadinessState, text: impl Into<String>) -> ReadinessItem {
    ReadinessItem { check: check.to_owned(), state, text: text.into(), host: None }
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
        proving => {
            let text = format!("{} with an expectation", words::count(proving, "check"));
            item("checks", ReadinessState::Pass, text)
        }
    }
}

fn probe(opening: &Opening) -> ReadinessItem {
    let moved = opening.before.clients_moved.as_ref().filter(|_| opening.kind == RunKind::Incident);
    match (&opening.member.probe, moved) {
        (Some(address), Some(moved)) => not_verified(
            "probe",
            &format!(
                "whether {} lives: the probe, {address}, is of the old primary, which its clients left",
                moved.fork
            ),
        ),
        (None, Some(moved)) => {
            not_verified("probe", &format!("whether {} lives: it is not probed", moved.fork))
        }
        (Some(address), None) => {
            item("probe", ReadinessState::Pass, format!("the old primary is probed at {address}"))
        }
        (None, None) => item(
            "probe",
            ReadinessState::NotVerified,
            "whether the old primary lives: no probe is configured",
        ),
    }
}

fn journal(opening: &Opening) -> ReadinessItem {
    match &opening.journal {
        JournalPlace::StateFolder => item("journal", ReadinessState::Pass, "the journal is durable"),
        place @ JournalPlace::OtherFolder { .. } => item("journal", ReadinessState::Warn, place.text()),
        JournalPlace::WithoutJournal { .. } if opening.kind == RunKind::Drill => {
            item("journal", ReadinessState::Fail, "a drill without a journal proves nothing")
        }
        JournalPlace::WithoutJournal { .. } => {
            item("journal", ReadinessState::Warn, "WITHOUT JOURNAL: this run cannot be resumed")
        }
    }
}

fn clock(opening: &Opening) -> ReadinessItem {
    if let Some(off) = opening.clock_off() {
        return item("clock", ReadinessState::Warn, off.text());
    }
    if opening.skews.is_empty() && opening.before.service.skew_s.is_none() {
        return not_verified("clock", "this host's clock: no source shows one to compare with");
    }
    item("clock", ReadinessState::Pass, "this host's clock agrees with those of its sources")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::STALE;
    use crate::domain::{Service, assess};
    use crate::runbook::sample::opening;

    fn state_of(opening: &Opening, check: &str) -> ReadinessState {
        of_the_run(opening).into_iter().find(|item| item.check == check).unwrap().state
    }

    #[test]
    fn s25_the_clock_is_judged_by_all_sources_and_named() {
        let table: [(&[i64], _, _); 4] = [
            (&[], ReadinessState::NotVerified, "no source shows one"),
            (&[-5, 3], ReadinessState::Pass, "agrees"),
            (&[-90], ReadinessState::Warn, "1m 30s behind"),
            (&[400, 410], ReadinessState::Warn, "this host's clock is wrong"),
        ];
        for (skews, wanted, words) in table {
            let mut opening = opening(RunKind::Drill);
            opening.skews =
                skews.iter().enumerate().map(|(number, skew)| (format!("s{number}"), *skew)).collect();
            let item = of_the_run(&opening).into_iter().find(|item| item.check == "clock").unwrap();
            assert_eq!(item.state, wanted, "{skews:?}");
            assert!(item.text.contains(words), "{item:?}");
        }
    }

    #[test]
    fn s22_that_clients_were_moved_is_told_before_all_else() {
        let mut opening = opening(RunKind::Incident);
        assert!(of_the_run(&opening).iter().all(|item| item.check != "clients_moved"));
        let (run, fork) = ("inc-orders-1".to_owned(), "orders-wsom2s".to_owned());
        let at = opening.before.as_of;
        opening.before.clients_moved =
            Some(crate::domain::ClientsMoved { run, fork, at, ..Default::default() });
        // A process that takes the run up knows of it by its journal alone.
        let kept = serde_json::to_string(&opening).unwrap();
        let first = of_the_run(&serde_json::from_str(&kept).unwrap()).swap_remove(0);
        assert_eq!((first.check.as_str(), first.state), ("clients_moved", ReadinessState::Warn));
        let says = "clients were moved to orders-wsom2s by inc-orders-1 at 2026-11-20 12:04:31Z: what was written \
                    there since is not in this copy; when orders-wsom2s stopped is not known unless a person says it";
        assert_eq!(first.text, says);
    }

    #[test]
    fn s10_that_the_copy_lies_where_everything_is_silent_is_told_to_whoever_takes_the_run_up_too() {
        let mut opening = opening(RunKind::Drill);
        assert!(of_the_run(&opening).iter().all(|item| item.check != "copy_region"));
        let mut service = Service { silent_there: Some(4), ..opening.before.service.clone() };
        service.secondary.as_mut().unwrap().region = Some("dc-east".to_owned());
        opening.before.assessment = assess(&service, opening.before.as_of, &STALE);
        let kept = serde_json::to_string(&opening).unwrap();
        let first = of_the_run(&serde_json::from_str(&kept).unwrap()).swap_remove(0);
        assert_eq!((first.check.as_str(), first.state), ("copy_region", ReadinessState::Warn));
        let says = "its copy lies in dc-east, where 4 primaries are silent and none answers: find out whether it can \
                    be had; last read ";
        assert!(first.text.starts_with(says), "{}", first.text);
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
