//! Leaving: at once where nothing is lost by it, else after one question.

use std::sync::Arc;

use lifeboat::runbook::{JournalPlace, RunKind, RunState};
use lifeboat::tui::app::{Effect, Message, Model, update};
use lifeboat::tui::keymap::Key;

use crate::driven::{press, shown};
use crate::journal::{self, Journal};
use crate::picture::{buffer, rich, text};

/// A dashboard that drives a run and shows it.
fn driving(journal: &Journal, change: impl Fn(&mut RunState)) -> Model {
    let mut model = shown(journal, 100, 24, true);
    let mut state = journal.state.clone();
    change(&mut state);
    let driven_here = !state.is_over();
    update(&mut model, Message::Run { state: Arc::new(state), driven_here }, journal.now);
    model
}

fn left(effects: &[Effect]) -> bool {
    matches!(effects, [Effect::Quit(_)])
}

fn without_journal(state: &mut RunState) {
    state.journal = JournalPlace::WithoutJournal { file: None };
}

#[test]
fn s21_a_run_that_goes_on_is_left_at_once() {
    let journal = journal::restoring(RunKind::Incident);
    assert!(left(&press(&mut driving(&journal, |_| ()), &journal, "q")));
    let over = journal::closed_drill();
    let mut demo = driving(&over, without_journal);
    demo.setup.demo = true;
    assert!(left(&press(&mut demo, &over, "q")), "nothing of it is under way");
    let mut elsewhere = shown(&journal, 100, 24, false);
    elsewhere.setup.demo = true;
    assert!(left(&press(&mut elsewhere, &journal, "q")), "another process drives it");
}

#[test]
fn s25_what_would_be_lost_is_asked_once_and_stays_by_default() {
    let journal = journal::restoring(RunKind::Incident);
    let demo = || {
        let mut model = driving(&journal, |_| ());
        model.setup.demo = true;
        model
    };
    let unwritten = |state: &mut RunState| {
        state.live.journal_lost = Some("disk full; not written yet: cut over confirmed".to_owned());
    };
    for (model, why) in [
        (demo(), "ends with the demo"),
        (driving(&journal, without_journal), "cannot be taken up again"),
        (driving(&journal, unwritten), "loses what is not on disk"),
    ] {
        for stays in ["\r", "q", "jk\r"] {
            let mut model = model.clone();
            assert!(press(&mut model, &journal, "q").is_empty(), "{why}");
            let picture = text(&buffer(&model, &rich()));
            assert!(picture.contains(why) && picture.contains(journal.state.id()), "{picture}");
            assert!(press(&mut model, &journal, stays).is_empty() && model.overlay.is_none(), "{stays:?}");
        }
        assert!(left(&press(&mut model.clone(), &journal, "qj\r")), "{why}");
    }
}

#[test]
fn s25_ctrl_c_is_never_asked_back() {
    let journal = journal::restoring(RunKind::Incident);
    for before in ["", "q"] {
        let mut model = driving(&journal, without_journal);
        press(&mut model, &journal, before);
        assert!(left(&update(&mut model, Message::Key(Key::Ctrl('c')), journal.now)));
    }
}

#[test]
fn s25_a_screen_too_small_for_the_question_names_the_key_that_leaves() {
    let journal = journal::restoring(RunKind::Incident);
    let mut model = driving(&journal, without_journal);
    update(&mut model, Message::Resize { width: 30, height: 5 }, journal.now);
    assert!(press(&mut model, &journal, "q").is_empty());
    assert!(text(&buffer(&model, &rich())).contains("ctrl-c leaves"));
}

#[test]
fn a_run_that_ends_while_it_is_asked_is_lost_no_more() {
    let journal = journal::restoring(RunKind::Incident);
    let mut model = driving(&journal, without_journal);
    press(&mut model, &journal, "q");
    let mut over = journal.state.clone();
    over.closed = journal::closed_drill().state.closed;
    update(&mut model, Message::Run { state: Arc::new(over), driven_here: true }, journal.now);
    assert!(text(&buffer(&model, &rich())).contains("nothing is lost by it any more"));
}
