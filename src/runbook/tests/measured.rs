//! What is achieved is what was read, with its sign and in one wording everywhere (S6, S23, S24, S36).

use super::support::{drill, until};
use crate::domain::sample::{at, prove_complete};
use crate::domain::{CheckResult, CheckState, Idle, LossIs, Target};
use crate::evidence::{Judgement, Objective, markdown, report};
use crate::runbook::sample::{Journal, World, passed, willing};
use crate::runbook::*;

/// A drill driven to its end with these results of its checks.
fn closed_with(opening: Opening, results: Vec<CheckResult>) -> Journal {
    let mut world = World::default();
    let mut journal = until(opening, StepKind::Validate, &mut world);
    journal.answer(Answer::Checks(1, results));
    journal.drive(&mut world, |state| match need(state) {
        Some(Need::FailedStep) => Some(Command::Skip { reason: "no such column".to_owned() }),
        _ => willing(state),
    });
    journal
}

fn rpo(journal: &Journal) -> Objective {
    report(&journal.records, None).unwrap().objectives.remove(1)
}

#[test]
fn s24_a_point_that_no_check_read_is_a_promise_and_no_achievement() {
    let failed = CheckResult {
        state: CheckState::CouldNotRun,
        value: None,
        text: "could not run: psql ended with 3".to_owned(),
        ..passed("newest-row", None)
    };
    let journal = closed_with(drill(), vec![failed]);
    let conclusion = &journal.state.closed.as_ref().unwrap().1;
    assert_eq!((conclusion.result, conclusion.achieved_rpo_s), (RunResult::NotVerified, None));
    let said = "check newest-row: could not run: psql ended with 3";
    assert!(conclusion.reasons.iter().any(|reason| reason == said), "{:?}", conclusion.reasons);
    let rpo = rpo(&journal);
    assert_eq!((rpo.judgement, rpo.achieved_s, rpo.is), (Judgement::NotVerified, None, None));
    assert!(rpo.measured.starts_with("no check read the restored data; 4m"), "{}", rpo.measured);
    assert!(rpo.measured.ends_with("found by the provider in the restored service, read by no check"));
    assert_eq!(clocks(&journal.state, journal.now).newest_rests, Rests::Found);
}

#[test]
fn s6_the_most_that_was_lost_is_called_the_most_everywhere() {
    let mut opening = drill();
    prove_complete(&mut opening.before.service, "2026-11-20T12:00:19Z", "2026-11-20T12:04:00Z");
    opening.before.assessment.idle = Idle::Proven { last_commit: at("2026-11-20T12:00:19Z") };
    let mut rewound = opening.clone();
    rewound.member.target = Target::At(at("2026-11-20T11:30:00Z"));
    for opening in [opening, rewound] {
        let journal = closed_with(opening, vec![passed("newest-row", Some(at("2026-11-20T12:00:19Z")))]);
        let conclusion = &journal.state.closed.as_ref().unwrap().1;
        assert_eq!(conclusion.achieved_rpo_is, Some(LossIs::AtMost));
        let report = report(&journal.records, None).unwrap();
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(
            (&json["objectives"][0]["is"], &json["objectives"][1]["is"]),
            (&"exact".into(), &"at_most".into())
        );
        let shown = markdown(&report);
        let amount = crate::domain::words::to_the_second(std::time::Duration::from_secs(
            conclusion.achieved_rpo_s.unwrap(),
        ));
        for wanted in [format!("| RPO | 15m | <={amount} |"), format!("achieved: <={amount}, target 15m")] {
            assert!(shown.contains(&wanted), "{wanted} in {shown}");
        }
    }
}

/// What the report says of the achieved recovery point.
fn ev17(journal: &Journal) -> String {
    let all = markdown(&report(&journal.records, None).unwrap());
    all.split("## EV17").nth(1).unwrap().split("## ").next().unwrap().to_owned()
}

#[test]
fn s36_what_is_proven_on_a_screen_is_proven_in_the_report_of_a_run_that_is_open() {
    let row = Some(at("2026-11-20T12:00:18Z"));
    let failed = CheckResult { state: CheckState::Failed, ..passed("newest-row", row) };
    for (opening, result) in [
        (drill(), failed),
        (drill(), passed("newest-row", row)),
        (super::support::incident(), passed("newest-row", row)),
    ] {
        let mut journal = until(opening, StepKind::Validate, &mut World::default());
        journal.answer(Answer::Checks(1, vec![result]));
        assert!(!journal.state.is_over());
        let (shown, told) = (clocks(&journal.state, journal.state.ended_at()), ev17(&journal));
        assert_eq!(shown.newest_rests, Rests::Proven);
        for wanted in [Rests::Proven.text(), &shown.judged_text().unwrap(), "the run is open"] {
            assert!(told.contains(wanted), "{wanted}: {told}");
        }
        assert!(!told.contains("no check"), "{told}");
    }
    let journal = until(drill(), StepKind::Validate, &mut World::default());
    let told = ev17(&journal);
    assert!(told.contains("the run is open; no check read the restored data"), "{told}");
}
