//! When a drill passes (S24).

use std::time::Duration;

use super::support::{closed, drill, incident, until, wants};
use crate::domain::sample::at;
use crate::domain::{CheckResult, CheckState};
use crate::runbook::sample::{World, passed, willing};
use crate::runbook::*;

#[test]
fn s24_a_drill_that_shows_everything_passes() {
    let conclusion = closed(drill());
    assert_eq!(conclusion.result, RunResult::Passed, "{:?}", conclusion.reasons);
    assert_eq!(conclusion.result.exit_code(), 0);
    assert!(conclusion.restore_s.is_some_and(|took| took >= 45), "three looks, 15 s apart: {conclusion:?}");
    // The point was confirmed right after the start; the newest row is of 12:00:19.
    assert!(conclusion.achieved_rpo_s.is_some_and(|loss| (252..300).contains(&loss)), "{conclusion:?}");
}

#[test]
fn s24_zero_checks_are_not_verified() {
    let mut opening = drill();
    opening.member.checks.clear();
    let conclusion = closed(opening);
    assert_eq!(conclusion.result, RunResult::NotVerified);
    assert_eq!(conclusion.result.exit_code(), 3);
}

#[test]
fn s24_no_objective_before_the_first_call_is_not_verified() {
    let mut opening = drill();
    opening.objectives.rpo = None;
    let conclusion = closed(opening);
    assert_eq!(conclusion.result, RunResult::NotVerified, "{:?}", conclusion.reasons);
    assert!(conclusion.reasons[0].contains("RPO"));
}

#[test]
fn s24_a_missed_objective_is_said_with_both_numbers() {
    for (rpo, rto, word) in [(60, 3600, "RPO missed"), (900, 30, "RTO missed")] {
        let mut opening = drill();
        opening.objectives.rpo = Some(Duration::from_secs(rpo));
        opening.objectives.rto = Some(Duration::from_secs(rto));
        let conclusion = closed(opening);
        assert_eq!(conclusion.result, RunResult::ObjectiveMissed, "{:?}", conclusion.reasons);
        assert_eq!(conclusion.result.exit_code(), 1);
        assert!(conclusion.reasons[0].starts_with(word), "{:?}", conclusion.reasons);
    }
}

#[test]
fn s24_checks_decide() {
    let table = [
        (CheckState::Failed, "2026-11-20", true, RunResult::Failed),
        (CheckState::CouldNotRun, "2026-11-20", true, RunResult::NotVerified),
        (CheckState::Passed, "2026-11-20", false, RunResult::NotVerified),
        (CheckState::Passed, "", true, RunResult::NotVerified),
        (CheckState::Passed, "2026-11-20", true, RunResult::Passed),
    ];
    for (outcome, value, had_expectation, wanted) in table {
        let mut world = World::default();
        let mut journal = until(drill(), StepKind::Validate, &mut world);
        let mut check = passed("newest-row", Some(at("2026-11-20T12:00:19Z")));
        check.state = outcome;
        (check.value, check.had_expectation) = (Some(value.to_owned()), had_expectation);
        journal.answer(Answer::Checks(1, vec![check]));
        journal.drive(&mut world, willing);
        let conclusion = journal.state.closed.clone().unwrap().1;
        assert_eq!(conclusion.result, wanted, "{outcome:?}: {:?}", conclusion.reasons);
        assert_eq!(conclusion.proven_at.is_some(), wanted == RunResult::Passed, "{outcome:?} {value}");
        assert!(world.forks.is_empty(), "a drill is cleaned up even when its checks fail");
    }
}

#[test]
fn s4_an_incident_that_checked_its_data_proved_it_whatever_was_skipped_after() {
    let mut world = World::default();
    let mut journal = until(incident(), StepKind::Protect, &mut world);
    let validated = journal.state.validated_at;
    journal.later(3600);
    journal.command(Command::Skip { reason: "it has its own backups elsewhere".to_owned() }).unwrap();
    journal.drive(&mut world, willing);
    let (closed_at, conclusion) = journal.state.closed.clone().unwrap();
    assert_eq!(conclusion.result, RunResult::NotVerified, "{:?}", conclusion.reasons);
    assert!(validated.is_some_and(|at| at < closed_at));
    assert_eq!(conclusion.proven(closed_at), validated);
}

#[test]
fn s24_a_missed_objective_is_in_the_headline_although_not_all_was_verified() {
    let mut opening = incident();
    (opening.objectives.rpo, opening.objectives.rto) =
        (Some(Duration::from_secs(60)), Some(Duration::from_secs(1)));
    let mut world = World::default();
    let mut journal = until(opening, StepKind::Protect, &mut world);
    journal.command(Command::Skip { reason: "it has its own backups elsewhere".to_owned() }).unwrap();
    let conclusion = journal.state.closed.clone().unwrap().1;
    assert_eq!((conclusion.result, conclusion.result.exit_code()), (RunResult::NotVerified, 3));
    let headline = "not verified, RPO and RTO missed";
    assert_eq!(conclusion.headline(), headline);
    let close = rows(&journal.state, journal.now).pop().unwrap();
    assert_eq!(close.result, headline);
    let told = now_line(&journal.state, journal.now);
    assert!(told.starts_with("The run is over. NOT VERIFIED, RPO AND RTO MISSED. "), "{told}");
    let report = crate::evidence::report(&journal.records, None).unwrap();
    assert_eq!(report.result, "not verified", "what programs read stays");
    let title = crate::evidence::markdown(&report).lines().next().unwrap().to_owned();
    assert!(title.ends_with(": NOT VERIFIED, RPO AND RTO MISSED"), "{title}");
    let passed = closed(drill());
    assert_eq!(passed.headline(), "passed");
}

#[test]
fn s24_a_skip_is_not_verified_and_a_fork_that_is_kept_is_no_pass() {
    let mut world = World::default();
    let mut opening = drill();
    opening.assume_yes = false;
    let mut journal = until(opening, StepKind::CleanUp, &mut world);
    assert!(journal.command(Command::Skip { reason: "  ".to_owned() }).is_err(), "a reason is needed (R25)");
    journal.command(Command::Skip { reason: "to be looked at".to_owned() }).unwrap();
    let conclusion = journal.state.closed.clone().unwrap().1;
    assert_eq!(conclusion.result, RunResult::NotVerified);
    assert_eq!(conclusion.reasons.len(), 2, "{:?}", conclusion.reasons);
    assert_eq!(world.forks.len(), 1);
    // It can still be removed, with its own confirmation.
    assert!(journal.command(Command::CleanUp { typed: "orders".to_owned() }).is_err());
    journal.command(Command::CleanUp { typed: "orders-db".to_owned() }).unwrap();
    assert!(wants(&journal, "remove_fork"));
}

#[test]
fn s24_an_aborted_drill_stays_in_the_count_as_failed_and_keeps_its_fork() {
    let mut world = World::default();
    let mut journal = until(drill(), StepKind::Wait, &mut world);
    let abort = |typed: &str| Command::Abort {
        typed: typed.to_owned(),
        reason: "real incident elsewhere".to_owned(),
    };
    let refused = journal.command(abort("orders")).expect_err("another name").0;
    assert!(refused.contains("type the name of the service"), "{refused}");
    journal.command(abort("orders-db")).unwrap();
    let conclusion = journal.state.closed.clone().unwrap().1;
    assert_eq!((conclusion.result, conclusion.result.exit_code()), (RunResult::Failed, 2));
    assert_eq!(effects(&journal.state), []);
    assert!(now_line(&journal.state, journal.now).contains("drill-orders-db-k3q7wd"));
    assert_eq!(world.forks.len(), 1);
}

#[test]
fn s24_a_drill_that_a_person_ended_failed_by_what_its_checks_found_wrong_and_not_by_what_was_skipped() {
    let abort = || Command::Abort { typed: "orders-db".to_owned(), reason: "enough".to_owned() };
    let ended = "ended by a person: enough";
    let mut world = World::default();
    let mut journal = until(drill(), StepKind::Validate, &mut world);
    let wrong = CheckResult {
        state: CheckState::Failed,
        text: "gave 1".to_owned(),
        ..passed("newest-row", Some(at("2026-11-20T12:00:19Z")))
    };
    journal.answer(Answer::Checks(1, vec![wrong]));
    journal.input(&Input::Tick).unwrap();
    assert_eq!(journal.state.current, Some(StepKind::CleanUp), "the check was given up");
    journal.command(abort()).unwrap();
    journal.drive(&mut world, |_| None);
    let conclusion = journal.state.closed.unwrap().1;
    assert_eq!(conclusion.result, RunResult::Failed);
    assert_eq!(conclusion.reasons, [ended, "check newest-row failed: gave 1"]);
    assert_eq!(conclusion.failure(), conclusion.reasons.get(1));

    let mut opening = drill();
    opening.assume_yes = false;
    let mut journal = until(opening, StepKind::Readiness, &mut World::default());
    journal.command(Command::Skip { reason: "known".to_owned() }).unwrap();
    journal.command(abort()).unwrap();
    let conclusion = journal.state.closed.unwrap().1;
    assert_eq!(conclusion.result, RunResult::Failed);
    assert_eq!(conclusion.reasons[0], ended);
    assert!(conclusion.reasons[1].contains(" was skipped: known"), "{:?}", conclusion.reasons);
    assert_eq!(conclusion.failure(), None);
    let mut earlier = serde_json::to_value(&conclusion).unwrap();
    earlier.as_object_mut().unwrap().remove("failed").unwrap();
    let earlier: Conclusion = serde_json::from_value(earlier).unwrap();
    assert_eq!(earlier, Conclusion { failed: None, ..conclusion }, "a journal that does not say it");
    assert_eq!(earlier.failure(), None, "its words tell");
}
