//! What the screen of a run tells once it is over, and of its attempt.

use std::sync::Arc;

use super::{model, text, type_keys};
use crate::domain::sample::now;
use crate::runbook::sample::{Journal, World, fork_point, opening, willing};
use crate::runbook::{Answer, Command, RunKind, StepKind, effects};
use crate::tui::app::overlay::Overlay;
use crate::tui::app::{Message, Model, Size, update};

/// An incident whose fork is restoring, its old primary alive.
fn restoring() -> Journal {
    let (mut journal, mut world) = (Journal::open(opening(RunKind::Incident)), World::default());
    journal.input(&crate::runbook::Input::Tick).unwrap();
    while journal.state.current != Some(StepKind::Wait) {
        if let Some(command) = willing(&journal.state) {
            journal.command(command).unwrap();
        }
        for effect in effects(&journal.state) {
            let answer = world.answer(&effect.call, journal.now);
            journal.answer(answer);
        }
    }
    // After the declaration: it is not known to have stopped.
    journal.later(30);
    let text = "answers".to_owned();
    journal.answer(Answer::Primary { answers: true, calls: 1, text, last_answer: None });
    journal
}

fn shown(journal: &Journal, width: u16) -> Model {
    let mut model = model(true, Size { width, height: 30 });
    let state = Arc::new(journal.state.clone());
    update(&mut model, Message::Run { state, driven_here: true }, now());
    type_keys(&mut model, "3");
    model
}

#[test]
fn s5_nothing_of_a_run_that_is_over_grows() {
    let mut journal = restoring();
    let mut told = Vec::new();
    for over in [false, true] {
        if over {
            let typed = "orders-db".to_owned();
            journal.command(Command::Abort { typed, reason: "a false alarm".to_owned() }).unwrap();
            journal.drive(&mut World::default(), |_| None);
            assert!(journal.state.is_over());
        }
        for width in [60, 100, 160] {
            let mut model = shown(&journal, width);
            let screen = text(&mut model);
            type_keys(&mut model, "c");
            let Some(Overlay::Plain { text }) = &model.overlay else { panic!("{:?}", model.overlay) };
            let all = format!("{screen}{text}").to_lowercase();
            let grows = ["growing", "it grows", "to now"].iter().any(|word| all.contains(word));
            assert_eq!(grows, !over, "{all}");
            assert!(!over || !all.contains("restored ~"), "nothing is awaited any more: {all}");
            told.push(all);
        }
    }
    assert!(told[5].contains("counted to the end of the run"), "{}", told[5]);
}

#[test]
fn s20_a_further_attempt_names_its_point_and_what_is_newer_there() {
    let mut journal = restoring();
    assert!(
        !text(&mut shown(&journal, 160)).contains("before the newest there"),
        "the first is told by its step"
    );
    journal.command(Command::NewAttempt { reason: "stuck".to_owned(), target: None }).unwrap();
    let screen = text(&mut shown(&journal, 160));
    assert!(screen.contains("orders-db-k3q7wd-2 in dc-east, to newest, not resolved yet"), "{screen}");
    for (promised, wanted) in [
        ("2026-11-20T11:59:00Z", "to 11:59:00Z, 1m 19s before the newest there"),
        ("2026-11-20T12:00:19Z", "to 12:00:19Z, the newest there"),
    ] {
        let mut journal = journal.clone();
        journal.answer(Answer::Point(Ok((fork_point(promised), Vec::new()))));
        for width in [120, 160] {
            let screen = text(&mut shown(&journal, width));
            assert!(screen.contains(wanted), "{screen}");
        }
    }
}
