//! What the screen of a run tells once it is over, and of its attempt.

use std::sync::Arc;

use chrono::TimeDelta;

use super::{model, text, type_keys};
use crate::domain::fork::Protection;
use crate::domain::sample::now;
use crate::domain::{Target, Timestamp, words};
use crate::runbook::sample::{Journal, World, declaration, fork_point, opening, until};
use crate::runbook::{Answer, Command, RunKind, StepKind, rows};
use crate::tui::app::effect::StartRun;
use crate::tui::app::overlay::Overlay;
use crate::tui::app::{Effect, Message, Model, Size, step, update};
use crate::tui::keymap::Key;

/// An incident whose fork is restoring, its old primary alive.
fn restoring() -> Journal {
    let mut journal = until(opening(RunKind::Incident), StepKind::Wait, &mut World::default());
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
            let Some(Overlay::Plain { text, .. }) = &model.overlay else { panic!("{:?}", model.overlay) };
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
fn s5_what_a_run_that_is_over_saw_grows_no_older() {
    let mut journal = restoring();
    journal
        .command(Command::Abort { typed: "orders-db".to_owned(), reason: "a false alarm".to_owned() })
        .unwrap();
    journal.drive(&mut World::default(), |_| None);
    for answers in [true, false] {
        let mut model = shown(&journal, 160);
        let seen = text(&mut model);
        let was = if answers { "old primary answered from " } else { "old primary silent from " };
        assert!(seen.contains(was), "{seen}");
        let (before, row) = (facts(&model, &journal, "fence"), fence_row(&journal, now()));
        model.now += TimeDelta::hours(3);
        assert_eq!(facts(&model, &journal, "fence"), before);
        assert_eq!(fence_row(&journal, model.now), row);
        journal = silent_at_its_end();
    }
}

/// The same, with an old primary that was silent when it was last seen.
fn silent_at_its_end() -> Journal {
    let mut journal = restoring();
    journal.later(30);
    let text = "no answer".to_owned();
    journal.answer(Answer::Primary { answers: false, calls: 1, text, last_answer: None });
    journal
        .command(Command::Abort { typed: "orders-db".to_owned(), reason: "a false alarm".to_owned() })
        .unwrap();
    journal.drive(&mut World::default(), |_| None);
    journal
}

#[test]
fn s2_what_was_seen_of_its_backups_is_told_with_when_once_nobody_looks() {
    let mut journal = until(opening(RunKind::Incident), StepKind::Protect, &mut World::default());
    journal.later(60);
    let alone = Protection { own_backup: Some(true), ..Protection::cannot_tell("a first backup".to_owned()) };
    journal.answer(Answer::Protection(alone));
    let seen = format!("last seen       {}", words::instant(journal.now));
    journal.later(60);
    let told = |journal: &Journal| facts(&shown(journal, 160), journal, "protect");
    assert!(!told(&journal).contains(&seen), "{}", told(&journal));
    journal
        .command(Command::Abort { typed: "orders-db".to_owned(), reason: "looked after by hand".to_owned() })
        .unwrap();
    assert!(told(&journal).contains(&seen), "{}", told(&journal));
}

fn fence_row(journal: &Journal, now: Timestamp) -> String {
    rows(&journal.state, now).into_iter().find(|row| row.kind.is_none()).unwrap().result
}

#[test]
fn s22_a_fence_that_is_said_again_leaves_what_was_said_before() {
    let mut journal = until(opening(RunKind::Incident), StepKind::CutOver, &mut World::default());
    let mut times = Vec::new();
    for how in ["firewall", "powered off"] {
        journal.later(60);
        journal.command(Command::Fence { how: how.to_owned() }).unwrap();
        times.push(format!("{}: {how}", words::instant(journal.now)));
    }
    let mut model = shown(&journal, 160);
    model.size.height = 50;
    let told = facts(&model, &journal, "fence");
    assert!(times.iter().all(|time| told.contains(time)), "{told}");
    type_keys(&mut model, "f");
    let screen = text(&mut model);
    assert!(screen.contains(&format!("Said to be fenced at {}", times[1])), "{screen}");
}

#[test]
fn a_newer_point_is_offered_until_one_is_confirmed() {
    let mut world = World::default();
    let mut journal = until(opening(RunKind::Incident), StepKind::ChoosePoint, &mut world);
    journal.answer(Answer::Point(Ok((fork_point("2026-11-20T11:50:00Z"), Vec::new()))));
    for is_offered in [true, false] {
        let model = shown(&journal, 200);
        let told = facts(&model, &journal, "choose point");
        assert_eq!(told.contains("is restorable by now"), is_offered, "{told}");
        assert!(told.contains("(newest when chosen)"), "{told}");
        let typed = "orders-db".to_owned();
        drop(journal.command(Command::Confirm { typed, simulated_loss: None, newest_there: None }));
    }
    assert_eq!(journal.state.current, Some(StepKind::Fork));
}

/// What a step stands on, as a large screen tells it.
fn facts(model: &Model, journal: &Journal, step: &str) -> String {
    let told = step::beside(model, &journal.state);
    told.into_iter().find(|(title, _)| *title == step).unwrap().1.join("\n")
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

#[test]
fn what_comes_late_does_not_take_the_form_from_under_whoever_types() {
    let start = StartRun {
        service: "ledger".to_owned(),
        target: Target::Newest,
        bad_moment: None,
        declared: Some(declaration()),
        journal: None,
    };
    for (late, told, then) in [
        (
            Message::Report { run: "inc-1".to_owned(), text: "# report".to_owned() },
            "the report of inc-1 is made",
            "report of inc-1",
        ),
        (Message::Refused(vec!["no answer in time".to_owned()]), "not taken: no answer in time", "not taken"),
        (
            Message::NoJournal { start: Box::new(start), why: "disk full".to_owned() },
            "INCIDENT ledger: where to write its journal",
            "where to write its journal",
        ),
    ] {
        let mut model = shown(&restoring(), 100);
        type_keys(&mut model, "n");
        type_keys(&mut model, "asked the ");
        update(&mut model, late, now());
        assert!(model.notice.as_ref().is_some_and(|notice| notice.contains(told)), "{:?}", model.notice);
        let mut acted = Vec::new();
        for char in "queue people".chars() {
            acted.extend(update(&mut model, Message::Key(Key::Char(char)), now()));
        }
        assert!(!acted.iter().any(Effect::acts), "letters of a note are no commands: {acted:?}");
        let Some(Overlay::Form(form)) = &model.overlay else { panic!("{:?}", model.overlay) };
        assert_eq!(form.value(0), "asked the queue people");
        update(&mut model, Message::Key(Key::Enter), now());
        assert!(text(&mut model).contains(then), "shown once nobody types: {:?}", model.overlay);
    }
}
