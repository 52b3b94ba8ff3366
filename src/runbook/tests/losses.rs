//! What is lost, what is given up by choice, and what proves how much it is (S6, S14, S23).

use chrono::TimeDelta;

use super::support::{Chosen, drill, idle, incident, until, validate, validated};
use crate::domain::fork::StartOutcome;
use crate::domain::sample::at;
use crate::domain::{CheckResult, CheckState, CopyFacts, Edge, Idle, Liveness, LossIs, Target};
use crate::runbook::conclude::conclude;
use crate::runbook::sample::{Journal, World, fork_point, passed, willing};
use crate::runbook::*;

#[test]
fn s23_what_the_copy_took_in_after_the_loss_of_a_drill_makes_no_loss_smaller() {
    // The newest there was 12:00:19 when the run began.
    let table = [
        // The loss lies before it: what the copy held by then is not known, all that is missing is lost.
        ("2026-11-20T10:00:00Z", "2026-11-20T09:30:00Z", "2026-11-20T09:29:58Z", 30 * 60 + 2, None),
        // At the loss it was there to be chosen: the rest was given up by choice (S14).
        ("2026-11-20T12:00:19Z", "2026-11-20T11:30:00Z", "2026-11-20T11:29:58Z", 2, Some(30 * 60 + 19)),
        ("2026-11-20T12:04:00Z", "2026-11-20T11:30:00Z", "2026-11-20T11:30:00Z", 221, Some(30 * 60 + 19)),
        // A point after it gives nothing up.
        ("2026-11-20T12:04:00Z", "2026-11-20T12:03:00Z", "2026-11-20T12:03:00Z", 60, None),
    ];
    for (loss, point, newest, lost, given_up) in table {
        let mut opening = drill();
        (opening.simulated_loss, opening.member.target) = (Some(at(loss)), Target::At(at(point)));
        let mut journal = validated(opening, point, "2026-11-20T12:24:00Z", newest);
        let clocks = clocks(&journal.state, journal.now);
        let seconds = |amount: Option<std::time::Duration>| amount.map(|amount| amount.as_secs());
        assert_eq!(
            (seconds(clocks.achieved_rpo), seconds(clocks.given_up)),
            (Some(lost), given_up),
            "{loss}"
        );
        journal.drive(&mut World::default(), willing);
        let missed = journal.state.closed.unwrap().1.reasons.iter().any(|why| why.starts_with("RPO missed"));
        assert_eq!(missed, lost > 15 * 60, "{loss}");
    }
}

#[test]
fn s23_a_further_attempt_of_a_drill_is_judged_as_its_first_was() {
    let mut opening = drill();
    opening.assume_yes = false;
    let mut world = World::default();
    let journal = until(opening, StepKind::Wait, &mut world);
    let loss = journal.state.simulated_loss.unwrap();
    let table = [("2026-11-20T11:30:00Z", Some(30 * 60 + 19)), ("2026-11-20T12:03:00Z", None)];
    for (point, given_up) in table {
        let mut journal = journal.clone();
        let target = Some(Target::At(at(point)));
        journal.command(Command::NewAttempt { reason: "stuck".to_owned(), target }).unwrap();
        let there = Some("2026-11-20T12:39:00Z");
        validate(
            &mut journal,
            &mut world,
            Chosen { point, confirmed: "2026-11-20T12:40:00Z", there, newest: point },
        );
        let clocks = clocks(&journal.state, journal.now);
        let there = given_up.map_or(at(point), |_| at("2026-11-20T12:00:19Z"));
        assert_eq!(clocks.given_up.map(|given_up| given_up.as_secs()), given_up, "{point}");
        assert_eq!(clocks.achieved_rpo, (loss - there).to_std().ok(), "{point}");
    }
}

#[test]
fn s23_a_row_that_was_judged_no_proof_is_not_proven_by_going_on() {
    let (point, confirmed) = ("2026-11-20T12:00:00Z", "2026-11-20T12:30:00Z");
    let table = [
        // Dated by something else: nothing is proven, although the owner goes on.
        (CheckState::Failed, "2026-11-20T12:29:00Z", None),
        // Too old for what was promised: that is how old the data is.
        (CheckState::Failed, "2026-11-20T11:30:00Z", Some(60 * 60)),
        (CheckState::Passed, "2026-11-20T11:59:00Z", Some(31 * 60)),
    ];
    for (state, row, lost) in table {
        let mut journal = validated(drill(), point, confirmed, point);
        journal.state.attempt.fork = ForkStanding::Restored(None);
        let result = CheckResult { state, ..passed("newest-row", Some(at(row))) };
        journal.state.checks = Some(vec![result]);
        let clocks = clocks(&journal.state, journal.now);
        assert_eq!(clocks.newest_proven, lost.map(|_| at(row)));
        assert_eq!(clocks.achieved_rpo.map(|lost| lost.as_secs()), lost, "{row}");
    }
}

/// The board says the same of it: see `domain::tests::idleness`.
#[test]
fn s6_what_the_primary_wrote_beyond_a_proof_is_lost_from_the_proof_on_and_surely() {
    let mut opening = idle(drill());
    let here = opening.before.service.primary.as_mut().unwrap().last_good.as_mut().unwrap();
    here.log.ahead_at = Some(at("2026-11-20T12:04:20Z"));
    opening.before.assessment.idle = Idle::No;
    let (last_commit, confirmed) = ("2026-11-20T12:00:19Z", "2026-11-20T12:24:00Z");
    let journal = validated(opening, last_commit, confirmed, last_commit);
    let clocks = clocks(&journal.state, journal.now);
    assert_eq!((clocks.achieved_rpo.unwrap().as_secs(), clocks.judged_is), (20 * 60, LossIs::Exact));
}

/// What the report says that the RPO was measured between.
fn measured(journal: &Journal) -> String {
    crate::evidence::report(&journal.records, None).unwrap().objectives[1].measured.clone()
}

#[test]
fn s6_what_was_written_after_idleness_was_proven_is_not_said_to_be_there() {
    let table = [
        // The last commit is there: counted from the instant that was proven, 20 min before the loss.
        ("2026-11-20T12:00:19Z", 20 * 60, "nothing was written after the newest data"),
        // A later row shows that the idleness ended.
        ("2026-11-20T12:14:00Z", 10 * 60, "minus the newest data proven"),
        // The last commit is not there: counted from what is.
        ("2026-11-20T11:54:00Z", 30 * 60, "minus the newest data proven"),
    ];
    for (newest, lost, words) in table {
        let point = "2026-11-20T12:00:19Z";
        let journal = validated(idle(drill()), point, "2026-11-20T12:24:00Z", newest);
        let clocks = clocks(&journal.state, journal.now);
        assert_eq!(clocks.achieved_rpo.unwrap().as_secs(), lost, "{newest}");
        assert_eq!(clocks.judged, clocks.achieved_rpo, "the screen shows the same");
        assert!(measured(&journal).contains(words), "{newest}: {}", measured(&journal));
    }
}

#[test]
fn s6_what_a_rewind_of_an_idle_primary_loses_is_what_is_judged_and_what_was_given_up() {
    let (point, confirmed) = ("2026-11-20T12:00:17Z", "2026-11-20T12:24:00Z");
    let mut opening = idle(drill());
    opening.member.target = Target::At(at(point));
    let journal = validated(opening, point, confirmed, point);
    let clocks = clocks(&journal.state, journal.now);
    assert_eq!(clocks.idle, Some((at("2026-11-20T12:00:19Z"), at("2026-11-20T12:04:00Z"))));
    assert_eq!(
        (clocks.judged_text().as_deref(), clocks.loss_text().as_deref()),
        (Some("<=20m"), Some("<=20m 2s"))
    );
    assert_eq!(clocks.given_up.map(|given_up| given_up.as_secs()), Some(2));
}

#[test]
fn s14_what_a_rewind_promised_and_does_not_hold_is_lost_and_the_report_says_what_was_given_up() {
    let table = [("2026-11-20T12:00:00Z", 23 * 60 + 41), ("2026-11-20T09:00:00Z", 3 * 3600 + 23 * 60 + 41)];
    for (newest, lost) in table {
        let mut opening = drill();
        opening.member.target = Target::At(at("2026-11-20T12:00:00Z"));
        let journal = validated(opening, "2026-11-20T12:00:00Z", "2026-11-20T12:24:00Z", newest);
        let clocks = clocks(&journal.state, journal.now);
        assert_eq!(clocks.achieved_rpo.unwrap().as_secs(), lost, "{newest}");
        assert!(measured(&journal).contains("19s of writes given up by choice"), "{}", measured(&journal));
    }
}

#[test]
fn s14_by_choice_is_what_could_have_been_chosen_when_the_point_was_agreed_to() {
    let point = "2026-11-20T12:00:00Z";
    let table = [
        // Nobody knew better than at the beginning: 12:00:19, and the rest counts as lost.
        (None, 19, 31 * 60 + 41),
        (Some("2026-11-20T12:28:00Z"), 28 * 60, 4 * 60),
        // What has not come yet could not be chosen.
        (Some("2026-11-20T13:00:00Z"), 19, 31 * 60 + 41),
    ];
    for (newest_there, given_up, judged) in table {
        let mut opening = drill();
        opening.assume_yes = false;
        opening.member.target = Target::At(at(point));
        let mut journal = until(opening, StepKind::ChoosePoint, &mut World::default());
        journal.answer(Answer::Point(Ok((fork_point(point), Vec::new()))));
        journal.now = at("2026-11-20T12:32:00Z");
        let (typed, newest_there) = ("orders-db".to_owned(), newest_there.map(at));
        journal.command(Command::Confirm { typed, simulated_loss: None, newest_there }).unwrap();
        let clocks = clocks(&journal.state, journal.now);
        let seconds = |amount: Option<std::time::Duration>| amount.unwrap().as_secs();
        assert_eq!((seconds(clocks.given_up), seconds(clocks.judged)), (given_up, judged));
        let from = journal.now - TimeDelta::seconds(judged.cast_signed());
        assert_eq!(clocks.judged_from, Some(from), "the span that is shown is the amount that is shown");
    }
}

/// A drill whose first point its provider refused, and proposed another one.
fn refused(target: Target, point: &str, proposed: &str) -> Journal {
    let mut opening = drill();
    (opening.assume_yes, opening.member.target) = (false, target);
    let mut journal = until(opening, StepKind::ChoosePoint, &mut World::default());
    journal.answer(Answer::Point(Ok((fork_point(point), Vec::new()))));
    journal.now = at("2026-11-20T12:24:00Z");
    let typed = "orders-db".to_owned();
    journal.command(Command::Confirm { typed, simulated_loss: None, newest_there: None }).unwrap();
    let (why, propose) = ("not restorable".to_owned(), Some(at(proposed)));
    journal.answer(Answer::Started(1, StartOutcome::Refused { why, propose }));
    journal
}

#[test]
fn s14_the_newest_that_its_provider_refused_was_not_there_to_be_chosen() {
    let (newest, proposed, early) = ("2026-11-20T12:00:19Z", "2026-11-20T11:59:19Z", "2026-11-20T11:30:00Z");
    let table = [
        (Target::Newest, newest, proposed, proposed, 24 * 60 + 41, None),
        (Target::At(at(newest)), newest, proposed, proposed, 24 * 60 + 41, None),
        (Target::Newest, newest, proposed, early, 24 * 60 + 41, Some(29 * 60 + 19)),
        // It was taken after all.
        (Target::Newest, newest, proposed, newest, 23 * 60 + 41, None),
        // Who asked for an earlier one did not want the newest.
        (Target::At(at(proposed)), proposed, early, early, 23 * 60 + 41, Some(30 * 60 + 19)),
    ];
    for (target, asked, proposed, point, lost, given_up) in table {
        let mut journal = refused(target, asked, proposed);
        let target = Some(Target::At(at(point)));
        journal.command(Command::NewAttempt { reason: "refused".to_owned(), target }).unwrap();
        let chosen = Chosen { point, confirmed: "2026-11-20T12:24:00Z", there: Some(newest), newest: point };
        validate(&mut journal, &mut World::default(), chosen);
        let clocks = clocks(&journal.state, journal.now);
        let seconds = |amount: Option<std::time::Duration>| amount.map(|amount| amount.as_secs());
        assert_eq!((seconds(clocks.judged), seconds(clocks.given_up)), (Some(lost), given_up), "{point}");
    }
}

#[test]
fn s14_what_came_after_a_refusal_was_not_refused() {
    let mut journal = refused(Target::Newest, "2026-11-20T12:00:19Z", "2026-11-20T11:59:19Z");
    let point = "2026-11-20T11:30:00Z";
    let target = Some(Target::At(at(point)));
    journal.command(Command::NewAttempt { reason: "refused".to_owned(), target }).unwrap();
    let there = Some("2026-11-20T12:22:00Z");
    validate(
        &mut journal,
        &mut World::default(),
        Chosen { point, confirmed: "2026-11-20T12:24:00Z", there, newest: point },
    );
    let clocks = clocks(&journal.state, journal.now);
    let minutes = |amount: Option<std::time::Duration>| amount.map(|amount| amount.as_secs() / 60);
    assert_eq!((minutes(clocks.judged), minutes(clocks.given_up)), (Some(2), Some(52)));
}

#[test]
fn s11_who_confirms_a_point_that_was_refused_reads_so() {
    let mut journal = refused(Target::Newest, "2026-11-20T12:00:19Z", "2026-11-20T11:59:19Z");
    let mut world = World::default();
    journal.command(Command::NewAttempt { reason: "once more".to_owned(), target: None }).unwrap();
    for _ in ["its point", "readiness"] {
        for effect in effects(&journal.state) {
            journal.answer(world.answer(&effect.call, journal.now));
        }
    }
    assert_eq!(need(&journal.state), Some(Need::ConfirmPoint));
    let told = now_line(&journal.state, journal.now);
    let later = "later than 2026-11-20 11:59:19Z, which was proposed when such a point was refused";
    assert!(told.contains(later), "{told}");
}

/// A drill to an earlier point whose copy is changed as it was when the run began.
fn rewound(change: impl FnOnce(&mut CopyFacts)) -> Journal {
    let mut opening = drill();
    opening.member.target = Target::At(at("2026-11-20T12:00:00Z"));
    change(opening.before.assessment.secondary.as_mut().unwrap());
    validated(opening, "2026-11-20T12:00:00Z", "2026-11-20T12:04:00Z", "2026-11-20T12:00:00Z")
}

#[test]
fn s5_a_store_time_that_the_copy_held_bounds_no_loss_from_above() {
    let journal = rewound(|there| {
        let mut windows = there.windows.as_deref().unwrap().clone();
        windows.last_mut().unwrap().to_is = Edge::AtMost;
        there.windows = Some(windows.into());
    });
    let clocks = clocks(&journal.state, journal.now);
    assert_eq!((clocks.judged.unwrap().as_secs(), clocks.judged_is), (3 * 60 + 41, LossIs::AtLeast));
    let conclusion = conclude(&journal.state, journal.now);
    let reason = "RPO not shown to be met: >=3m 41s of 15m, and how much more is not known";
    assert!(conclusion.reasons.iter().any(|told| told == reason), "{:?}", conclusion.reasons);
    assert_ne!(conclusion.result, RunResult::Passed);
}

#[test]
fn s24_data_that_was_read_is_not_said_to_be_unread_where_the_copy_was_not_visible() {
    let journal = rewound(|there| there.newest = None);
    let conclusion = conclude(&journal.state, journal.now);
    let told = conclusion.reasons.join("; ");
    assert!(told.contains("what the copy held when it was chosen from is not known"), "{told}");
    assert!(!told.contains("no row or commit"), "{told}");
}

#[test]
fn s5_a_loss_that_is_a_range_is_told_by_both_its_ends_on_every_face_of_its_run() {
    let mut opening = incident();
    let (last, first) = ("2026-11-20T12:04:20Z", "2026-11-20T12:05:30Z");
    opening.before.service.liveness = Liveness::silent(at(first), Some(at(last)));
    opening.objectives.rpo = Some(std::time::Duration::from_secs(120));
    let mut journal = until(opening, StepKind::Validate, &mut World::default());
    journal.drive(&mut World::default(), willing);
    let (ended, conclusion) = journal.state.closed.clone().unwrap();
    let clocks = clocks(&journal.state, ended);
    assert_eq!(
        (clocks.loss_text().as_deref(), clocks.judged_text()),
        (Some("4m 1s to 5m 11s"), clocks.loss_text())
    );
    let counted = "2026-11-20 12:05:30Z, the latest it can be; the earliest is 2026-11-20 12:04:20Z: the last answer to a probe";
    assert_eq!(clocks.counted_to().as_deref(), Some(counted));
    let missed = "RPO missed: 4m 1s to 5m 11s of 2m";
    assert!(conclusion.reasons.iter().any(|reason| reason == missed), "{:?}", conclusion.reasons);
    let report = crate::evidence::report(&journal.records, None).unwrap();
    let rpo = &report.objectives[1];
    assert_eq!(
        (rpo.achieved_s, rpo.is, rpo.achieved_at_least_s),
        (Some(311), Some(LossIs::AtMost), Some(241))
    );
    let shown = crate::evidence::markdown(&report);
    assert!(shown.contains("| RPO | 2m | 4m 1s to 5m 11s | not met |"), "{shown}");
}

#[test]
fn s5_a_declaration_is_no_loss_instant_and_what_the_copies_hold_after_it_is_lost_up_to_the_fence_at_most() {
    let mut opening = incident();
    opening.member.probe = None;
    let mut world = World::default();
    let mut journal = until(opening, StepKind::ChoosePoint, &mut world);
    let seen = |journal: &Journal| clocks(&journal.state, journal.now);
    assert_eq!(seen(&journal).loss_ground, None, "nobody said when it stopped");
    let (point, there, confirmed) = ("2026-11-20T11:57:00Z", "2026-11-20T12:10:00Z", "2026-11-20T12:11:00Z");
    // The copy holds data that was written after the declaration.
    journal.answer(Answer::Point(Ok((fork_point(there), Vec::new()))));
    journal.command(Command::ChoosePoint(Target::At(at(point)))).unwrap();
    validate(&mut journal, &mut world, Chosen { point, confirmed, there: None, newest: point });
    while journal.state.current != Some(StepKind::CutOver) {
        journal.command(willing(&journal.state).unwrap()).unwrap();
    }
    assert_eq!(seen(&journal).loss_instant, Some(journal.now), "counted to now until it is shut");
    journal.now = at("2026-11-20T12:14:00Z");
    journal.command(Command::Fence { how: "sg closed".to_owned() }).unwrap();
    journal.now = at("2026-11-20T12:20:00Z");
    journal.command(Command::CutOverDone { text: "DNS switched".to_owned() }).unwrap();
    let clocks = seen(&journal);
    assert_eq!(
        (clocks.loss_earliest, clocks.loss_instant),
        (Some(at(there)), Some(at("2026-11-20T12:14:00Z")))
    );
    assert_eq!(clocks.loss_text().as_deref(), Some("13m to 17m"));
    assert_eq!(conclude(&journal.state, journal.now).achieved_rpo_is, Some(LossIs::AtMost));
}
