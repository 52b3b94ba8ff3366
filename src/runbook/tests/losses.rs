//! What is lost, what is given up by choice, and what proves how much it is (S6, S14, S23).

use chrono::TimeDelta;

use super::support::{drill, incident, until};
use crate::domain::fork::ProgressState;
use crate::domain::sample::{at, prove_complete};
use crate::domain::{
    CheckResult, CheckState, ClientsMoved, CopyFacts, Edge, Idle, Life, Liveness, LossIs, Target,
};
use crate::runbook::conclude::conclude;
use crate::runbook::sample::{Journal, World, declaration, fork_point, passed, progress, willing};
use crate::runbook::*;

/// An opening whose primary was proven at 12:04:00 to have written nothing since 12:00:19.
fn idle(mut opening: Opening) -> Opening {
    prove_complete(&mut opening.before.service, "2026-11-20T12:00:19Z", "2026-11-20T12:04:00Z");
    opening.before.assessment.idle = Idle::Proven { last_commit: at("2026-11-20T12:00:19Z") };
    opening
}

/// A run confirmed at an instant whose restored service shows `newest` as its newest data.
fn validated(mut opening: Opening, point: &str, confirmed: &str, newest: &str) -> Journal {
    opening.assume_yes = false;
    let mut world = World::default();
    let mut journal = until(opening, StepKind::ChoosePoint, &mut world);
    validate(&mut journal, &mut world, Chosen { point, confirmed, there: None, newest });
    journal
}

/// A point, when it was agreed to, what was there by then, and the newest data of its restored service.
#[derive(Clone, Copy)]
struct Chosen<'a> {
    point: &'a str,
    confirmed: &'a str,
    there: Option<&'a str>,
    newest: &'a str,
}

/// Takes a run from choosing its point to what its checks read.
fn validate(journal: &mut Journal, world: &mut World, chosen: Chosen<'_>) {
    journal.answer(Answer::Point(Ok((fork_point(chosen.point), Vec::new()))));
    if journal.state.current == Some(StepKind::Readiness) {
        for effect in effects(&journal.state) {
            journal.answer(world.answer(&effect.call, journal.now));
        }
    }
    journal.now = at(chosen.confirmed);
    let (typed, newest_there) = ("orders-db".to_owned(), chosen.there.map(at));
    journal.command(Command::Confirm { typed, simulated_loss: None, newest_there }).unwrap();
    for _ in ["asked for", "found"] {
        for effect in effects(&journal.state) {
            journal.answer(world.answer(&effect.call, journal.now));
        }
    }
    let (attempt, newest) = (journal.state.attempt.number, Some(at(chosen.newest)));
    let restored = ProgressState::Restored { newest_commit: newest };
    journal.answer(Answer::Progress(attempt, progress("up", restored)));
    journal.answer(Answer::Checks(attempt, vec![passed("newest-row", newest)]));
}

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

/// What the report says that the RPO was measured between.
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
fn s5_what_clients_wrote_to_the_fork_they_moved_to_is_lost_too_and_no_rpo_is_met_without_it() {
    let mut opening = incident();
    let (run, fork) = ("inc-orders-db-1".to_owned(), "orders-db-1".to_owned());
    opening.before.clients_moved =
        Some(ClientsMoved { run, fork, at: at("2026-11-20T12:00:30Z"), ..ClientsMoved::default() });
    let journal = validated(opening, "2026-11-20T12:00:19Z", "2026-11-20T12:50:00Z", "2026-11-20T12:00:19Z");
    let clocks = clocks(&journal.state, journal.now);
    assert_eq!((clocks.newest_proven.is_some(), clocks.achieved_rpo), (true, None));
    let told = conclude(&journal.state, journal.now).reasons.join("; ");
    assert!(told.contains("RPO not measured: clients were moved to orders-db-1"), "{told}");
}

#[test]
fn s5_the_least_that_a_fork_lost_is_known_only_where_clients_were_moved_to_it_after_the_point() {
    let (moved_at, none) = ("2026-11-20T12:02:00Z", None::<&str>);
    let (left_at, stopped) = (Some("2026-11-20T12:01:00Z"), Some("2026-11-20T12:04:00Z"));
    let table = [
        ("2026-11-20T12:00:19Z", Edge::Exact, left_at, none, Some((41, LossIs::AtLeast, None))),
        ("2026-11-20T12:00:19Z", Edge::AtMost, left_at, none, Some((41, LossIs::AtLeast, None))),
        // More may lie there than is known: how little is lost is not known either.
        ("2026-11-20T12:00:19Z", Edge::AtLeast, left_at, none, None),
        // Nor is it where nobody knows since when they wrote nowhere before the move.
        ("2026-11-20T12:00:19Z", Edge::Exact, none, none, None),
        // What the copy took in after the move is not of those who use the fork.
        ("2026-11-20T12:03:00Z", Edge::Exact, left_at, none, None),
        ("2026-11-20T12:03:00Z", Edge::Exact, left_at, stopped, Some((120, LossIs::Exact, None))),
        ("2026-11-20T12:00:19Z", Edge::Exact, left_at, stopped, Some((161, LossIs::Exact, None))),
        ("2026-11-20T12:00:19Z", Edge::Exact, none, stopped, Some((221, LossIs::AtMost, Some(120)))),
    ];
    for (promised, promised_is, left_at, down, wanted) in table {
        let mut opening = idle(incident());
        opening.before.clients_moved = Some(ClientsMoved {
            run: "inc-orders-db-1".to_owned(),
            fork: "orders-db-1".to_owned(),
            at: at(moved_at),
            down_earliest: left_at.map(at),
            down_since: left_at.map(at),
            ..ClientsMoved::default()
        });
        let (mut journal, mut world) = (Journal::open(opening), World::default());
        journal.input(&Input::Tick).unwrap();
        let words = Declaration { down_since: down.map(at), ..declaration() };
        journal.command(Command::Declare(words)).unwrap();
        while journal.state.current != Some(StepKind::ChoosePoint) {
            for effect in effects(&journal.state) {
                let answer = world.answer(&effect.call, journal.now);
                journal.answer(answer);
            }
        }
        let point = crate::domain::fork::ForkPoint { promised_is, ..fork_point(promised) };
        journal.answer(Answer::Point(Ok((point, Vec::new()))));
        let clocks = clocks(&journal.state, journal.now);
        let least = clocks.loss_least.map(|least| least.as_secs());
        let lost = clocks.loss.map(|lost| (lost.as_secs(), clocks.loss_is, least));
        assert_eq!((lost, clocks.judged), (wanted, clocks.loss), "{promised} {promised_is:?} {down:?}");
        // The probe of what clients left says nothing, whatever it sees.
        let (answers, text) = (true, "answers".to_owned());
        journal.answer(Answer::Primary { answers, calls: 1, text, last_answer: None });
        let after = crate::runbook::clocks(&journal.state, journal.now);
        assert_eq!((after.loss, after.loss_ground), (clocks.loss, clocks.loss_ground), "{promised}");
    }
}

#[test]
fn s5_what_answers_once_clients_use_the_fork_rewrites_no_loss_and_undoes_no_fence() {
    let seen = |answers| Answer::Primary { answers, calls: 1, text: String::new(), last_answer: None };
    let mut journal = until(incident(), StepKind::CutOver, &mut World::default());
    journal.answer(seen(false));
    journal.command(Command::Fence { how: "powered off".to_owned() }).unwrap();
    journal.command(Command::CutOverDone { text: "DNS switched".to_owned() }).unwrap();
    let at_cut_over = clocks(&journal.state, journal.now);
    assert!(at_cut_over.loss_ground.is_some());
    let fence = |journal: &Journal| {
        rows(&journal.state, journal.now).into_iter().find(|row| row.kind.is_none()).unwrap()
    };
    // DNS leads to the fork: the probe reaches that.
    for _ in 0..3 {
        journal.later(70);
        journal.answer(seen(true));
    }
    let board = Life { liveness: Liveness::Answers { at: journal.now }, written: None };
    assert!(journal.command(Command::SeeLife(board)).unwrap().is_empty(), "no news of its loss");
    let now = clocks_with(&journal.state, board, journal.now);
    let loss = |clocks: &Clocks| {
        (
            clocks.loss_instant,
            clocks.loss_earliest,
            clocks.loss_ground.clone(),
            clocks.judged,
            clocks.judged_is,
        )
    };
    assert_eq!(loss(&now), loss(&at_cut_over));
    let row = fence(&journal);
    assert_eq!(row.state, RowState::Done);
    let either = "something answers at orders.dc-west.example:5432 since ";
    assert!(row.result.starts_with("fenced: powered off; ") && row.result.contains(either), "{}", row.result);
    assert!(row.result.contains("or the fork if that address leads to it now"), "{}", row.result);
    let since = crate::domain::words::newest(journal.now - TimeDelta::seconds(140), journal.now);
    assert!(row.result.contains(&format!("since {since} (probe)")), "{}", row.result);
    // A person may still say when it was lost.
    let stated = at("2026-11-20T12:04:20Z");
    journal.command(Command::StateLoss { at: stated, by: "anna".to_owned() }).unwrap();
    assert_eq!(clocks_with(&journal.state, board, journal.now).loss_instant, Some(stated));
    let replayed = replay(&journal.records).unwrap();
    assert_eq!(replayed.fence, journal.state.fence);
    assert_eq!(replayed.fence.last_alive, None);
}

#[test]
fn s22_an_answer_of_the_address_that_the_fork_was_given_is_the_forks() {
    let mut journal = until(incident(), StepKind::CutOver, &mut World::default());
    let address = crate::domain::fork::Address {
        host: "orders.dc-west.example".to_owned(),
        port: 5432,
        database: Some("orders".to_owned()),
    };
    journal.state.attempt.progress.as_mut().unwrap().1.address = Some(address);
    journal.command(Command::Fence { how: "powered off".to_owned() }).unwrap();
    journal.command(Command::CutOverDone { text: "the address moved".to_owned() }).unwrap();
    journal.later(70);
    journal.answer(Answer::Primary { answers: true, calls: 1, text: String::new(), last_answer: None });
    let fence = rows(&journal.state, journal.now).into_iter().find(|row| row.kind.is_none()).unwrap();
    assert!(fence.result.contains("is the fork's own address, and it answers"), "{}", fence.result);
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

#[test]
fn s5_the_outage_before_a_move_is_known_by_its_run_from_the_last_sign_of_life_to_its_end_or_by_a_word() {
    let (last, first) = ("2026-11-20T12:03:20Z", "2026-11-20T12:04:20Z");
    for (last, down, wanted) in [
        (Some(last), None, (Some(last), Some(first))),
        // Nothing is known before the first silence.
        (None, None, (None, Some(first))),
        (
            Some(last),
            Some("2026-11-20T12:04:00Z"),
            (Some("2026-11-20T12:04:00Z"), Some("2026-11-20T12:04:00Z")),
        ),
        // It answered after it is said to have been down: whether it was written to in between is not known.
        (Some(last), Some("2026-11-20T12:02:00Z"), (Some("2026-11-20T12:02:00Z"), Some(first))),
    ] {
        let mut opening = incident();
        opening.before.service.liveness = Liveness::silent(at(first), last.map(at));
        // Nothing that it wrote is known.
        (opening.before.service.primary, opening.before.service.secondary) = (None, None);
        let mut journal = Journal::open(opening);
        journal.input(&Input::Tick).unwrap();
        journal.command(Command::Declare(Declaration { down_since: down.map(at), ..declaration() })).unwrap();
        let known = wrote_nowhere_from(&journal.state);
        assert_eq!(known, (wanted.0.map(at), wanted.1.map(at)), "{last:?} {down:?}");
    }
}
