//! What is copied is shown whole, to be selected by hand.

use std::sync::Arc;

use super::{Size, happen, model, text, type_keys};
use crate::domain::fork::CallPreview;
use crate::domain::sample::now;
use crate::runbook::sample::{World, opening, until};
use crate::runbook::{RunKind, StepKind};
use crate::tui::app::{Message, update};
use crate::tui::keymap::Key;

fn call(what: &str, rows: usize, mutating: bool) -> CallPreview {
    let rows: Vec<String> = (1..=rows).map(|row| format!("{what}: {row}")).collect();
    let (what, command) = (what.to_owned(), rows.join("\n"));
    CallPreview { what, command, mutating, alternative: false, makes: None }
}

#[test]
fn s36_the_calls_of_a_run_begin_with_that_of_its_step_and_scroll_where_they_do_not_fit() {
    for (step, first) in
        [(StepKind::Fork, "make it"), (StepKind::Wait, "watch it"), (StepKind::CleanUp, "remove it")]
    {
        let mut state = until(opening(RunKind::Drill), step, &mut World::default()).state;
        state.attempt.calls = vec![
            call("make it", 9, true),
            call("watch it", 9, false),
            call("remove it", 3, true),
            call("prove it", 3, false),
        ];
        let mut model = model(true, Size { width: 80, height: 24 });
        update(&mut model, Message::Run { state: Arc::new(state), driven_here: true }, now());
        type_keys(&mut model, "3y");
        let screen = text(&mut model);
        assert!(screen.starts_with(&format!("# {first} ")), "{step:?}: {screen}");
        assert!(screen.contains("j/k ") && screen.contains(" of 28   "), "there is more: {screen}");
        for _ in 0..30 {
            type_keys(&mut model, "k");
        }
        let screen = text(&mut model);
        assert!(screen.starts_with("# make it ") && !screen.contains("prove it: 3"), "{screen}");
        for _ in 0..3 {
            happen(&mut model, Message::Key(Key::PageDown), now());
        }
        assert!(text(&mut model).contains("prove it: 3"), "{}", text(&mut model));
        model.size.height = 40;
        let screen = text(&mut model);
        assert!(screen.starts_with("# make it ") && screen.contains("prove it: 3"), "{screen}");
        assert!(!screen.contains(" of 28"), "all of it is shown: {screen}");
    }
}
