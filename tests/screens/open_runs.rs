//! A run that is open is marked wherever its service is; what a run that is over left behind is told.

use lifeboat::runbook::RunResult;
use lifeboat::tui::app::model::Screen;
use lifeboat::tui::app::runs::{RunLine, Standing};
use lifeboat::tui::app::{Effect, Message, Model, alerts, update};
use lifeboat::tui::keymap::Key;

use crate::driven::model;
use crate::picture::{buffer, rich, text};
use crate::runs::{cut_over, ended, line};
use crate::sample;

#[test]
fn a_fork_that_clients_have_left_is_no_more_to_be_thought_of() {
    let mut model = model(120, 40, true);
    update(&mut model, Message::Runs(vec![cut_over(false)]), sample::now());
    let page = model.page();
    model.board.select("ledger", page);
    let shown = text(&buffer(&model, &rich()));
    assert!(!shown.contains("clients may use"), "{shown}");
    update(&mut model, Message::Key(Key::Char('i')), sample::now());
    assert!(!text(&buffer(&model, &rich())).contains("EARLIER"));
}

#[test]
fn s30_a_run_that_is_open_is_marked_from_the_first_frame_on_every_screen() {
    let left = RunLine {
        service: "search".to_owned(),
        ..line("drill-search-20261119-dddddd", "2026-11-19T09:00:00Z", None, Standing::Nobody)
    };
    let driven = RunLine { standing: Standing::Elsewhere, ..left.clone() };
    for (width, height) in [(80, 24), (120, 40), (200, 50)] {
        let mut model = model(width, height, false);
        model.recall_runs(vec![left.clone()]);
        let row = |model: &Model| {
            let shown = text(&buffer(model, &rich()));
            shown.lines().find(|line| line.contains(" search ")).unwrap().to_owned()
        };
        assert!(row(&model).starts_with('▹'), "{}", row(&model));
        assert!(row(&model).contains("RUN LEFT"), "{}", row(&model));
        let found = alerts::rows(&model);
        let (_, finding, _) = found.iter().find(|(service, ..)| *service == "search").unwrap();
        assert_eq!(finding.rule.as_str(), "run_interrupted");
        assert!(finding.text.contains("nobody drives it"), "{}", finding.text);
        for screen in [Screen::Fleet, Screen::Regions, Screen::Alerts, Screen::Sources, Screen::Runs] {
            model.screen = screen;
            let head = text(&buffer(&model, &rich())).lines().next().unwrap().to_owned();
            let words = if width >= 96 { "1 RUN INTERRUPTED" } else { "1 RUN LEFT" };
            assert!(head.contains(words), "{screen:?}: {head}");
        }
        model.screen = Screen::Fleet;
        // Another process takes it up.
        update(&mut model, Message::Runs(vec![driven.clone()]), sample::now());
        let shown = text(&buffer(&model, &rich()));
        assert!(row(&model).starts_with('D') && row(&model).contains("in drill"), "{shown}");
        assert!(shown.lines().next().unwrap().contains(" DRILL "), "{shown}");
        assert!(!shown.contains("nobody drives it"), "{shown}");
        let over =
            RunLine { standing: Standing::Over, conclusion: Some(ended(RunResult::Passed)), ..left.clone() };
        update(&mut model, Message::Runs(vec![over]), sample::now());
        assert!(row(&model).starts_with(' '), "{}", row(&model));
    }
}

#[test]
fn s30_a_run_of_the_journal_that_was_not_read_yet_is_asked_for() {
    let left = line("drill-ledger-20261119-dddddd", "2026-11-19T09:00:00Z", None, Standing::Nobody);
    let mut model = model(120, 40, false);
    model.recall_runs(vec![left.clone()]);
    let page = model.page();
    model.board.select("ledger", page);
    let asked = update(&mut model, Message::Key(Key::Enter), sample::now());
    assert_eq!(asked, [Effect::ShowRun(left.run)]);
}
