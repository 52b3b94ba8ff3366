//! What is lost where clients use a fork, and what their old address says by then (S5, S22).

use chrono::TimeDelta;

use super::support::{idle, incident, until, validated};
use crate::domain::sample::at;
use crate::domain::{ClientsMoved, Edge, Life, Liveness, LossIs, Power, WrittenBy, assess};
use crate::runbook::conclude::conclude;
use crate::runbook::sample::{Journal, World, declaration, fork_point};
use crate::runbook::*;

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
fn s3_where_clients_may_have_left_before_the_incident_more_may_be_lost_than_it_counts_and_no_rpo_is_shown_to_be_met()
 {
    let lost = |unread: bool| {
        let mut opening = incident();
        if unread {
            let mut service = opening.before.service.clone();
            service.clients_unread = Some("no journal could be read".to_owned());
            let known =
                assess(&service, opening.before.as_of, &TimeDelta::minutes(2).to_std().unwrap().into());
            opening.before.assessment = known;
        }
        let newest = "2026-11-20T12:00:19Z";
        let journal = validated(opening, newest, "2026-11-20T12:50:00Z", newest);
        let told = conclude(&journal.state, journal.now).reasons.join("; ");
        let clocks = clocks(&journal.state, journal.now);
        (clocks.loss, clocks.loss_is, told.contains("RPO not shown to be met"), told)
    };
    let (known, unread) = (lost(false), lost(true));
    assert_eq!(known.0, unread.0);
    assert_eq!(unread.1, known.1.or_more_if(true), "{known:?}");
    assert_ne!(unread.1, known.1);
    assert!(unread.2 || unread.3.contains("RPO missed"), "{}", unread.3);
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
    assert!(
        journal.command(Command::SeeLife { life: board, power: Power::default() }).unwrap().is_empty(),
        "no news of its loss"
    );
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

#[test]
fn s5_a_word_on_down_since_makes_no_write_before_the_move_undone() {
    for (down, from) in
        [("2026-11-20T12:01:00Z", "2026-11-20T12:04:10Z"), ("2026-11-20T12:04:15Z", "2026-11-20T12:04:15Z")]
    {
        let mut journal = Journal::open(incident());
        journal.input(&Input::Tick).unwrap();
        let said = Declaration { down_since: Some(at(down)), ..declaration() };
        journal.command(Command::Declare(said)).unwrap();
        let written = journal.state.fence.life.written.unwrap();
        assert_eq!((written.at, written.by), (at("2026-11-20T12:04:10Z"), WrittenBy::Data));
        assert_eq!(wrote_nowhere_from(&journal.state).0, Some(at(from)), "{down}");
    }
}
