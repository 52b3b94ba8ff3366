//! The list of runs, their reports, and runs that nobody drives.

use std::sync::Arc;

use lifeboat::domain::{ClientsMoved, LossIs};
use lifeboat::evidence;
use lifeboat::runbook::{Command, Conclusion, RunKind, RunResult};
use lifeboat::tui::app::effect::Deed;
use lifeboat::tui::app::runs::{Known, RunLine, Standing};
use lifeboat::tui::app::{Effect, Message, Model, update};
use lifeboat::tui::keymap::Key;

use crate::driven::{command, model, press, shown};
use crate::journal;
use crate::picture::{buffer, rich, styled, text};
use crate::sample::{self, at};

pub(crate) fn line(run: &str, opened: &str, result: Option<RunResult>, standing: Standing) -> RunLine {
    RunLine {
        run: run.to_owned(),
        service: "ledger".to_owned(),
        kind: if run.starts_with("inc") { RunKind::Incident } else { RunKind::Drill },
        opened_at: at(opened),
        closed_at: result.map(|_| at(opened) + chrono::TimeDelta::minutes(31)),
        conclusion: result.map(ended),
        standing,
        known: None,
        unread: None,
        moved_to: None,
        parted_from: None,
    }
}

pub(crate) fn ended(result: RunResult) -> Conclusion {
    let missed = if result == RunResult::ObjectiveMissed { vec!["RTO".to_owned()] } else { Vec::new() };
    Conclusion {
        result,
        reasons: Vec::new(),
        failed: None,
        missed,
        achieved_rto_s: Some(2607),
        achieved_rto_is: None,
        achieved_rpo_s: Some(372),
        achieved_rpo_is: Some(LossIs::AtMost),
        restore_s: None,
        paused_s: 0,
        proven_at: None,
    }
}

/// A cut-over that is over, as its journal tells it: with clients on its fork, or without any more.
pub(crate) fn cut_over(has_clients: bool) -> RunLine {
    let (run, opened) = ("inc-ledger-20261118-eeeeee", "2026-11-18T09:00:00Z");
    let known = Known {
        last_at: sample::now(),
        step: None,
        needs_person: false,
        unfenced_since: None,
        restores_to: None,
        proven_at: None,
        cut_over_at: Some(at("2026-11-18T10:02:00Z")),
        moved: has_clients.then(|| ClientsMoved {
            run: run.to_owned(),
            fork: "ledger-eeeeee".to_owned(),
            down_since: None,
            at: at("2026-11-18T10:02:00Z"),
            ..ClientsMoved::default()
        }),
        source: "east".to_owned(),
        forks: vec!["ledger-eeeeee".to_owned()],
        left: Vec::new(),
        config_files: Vec::new(),
    };
    RunLine { known: Some(known), ..line(run, opened, Some(RunResult::Passed), Standing::Over) }
}

pub(crate) fn with_list(width: u16, height: u16, armed: bool) -> Model {
    let journal = journal::restoring(RunKind::Incident);
    let mut model = shown(&journal, width, height, armed);
    let list = vec![
        line("drill-ledger-20261017-aaaaaa", "2026-10-17T09:00:00Z", Some(RunResult::Passed), Standing::Over),
        line(
            "drill-ledger-20260717-bbbbbb",
            "2026-07-17T09:00:00Z",
            Some(RunResult::ObjectiveMissed),
            Standing::Over,
        ),
        line("drill-ledger-20260417-cccccc", "2026-04-17T09:00:00Z", Some(RunResult::Failed), Standing::Over),
        line("inc-ledger-20261119-dddddd", "2026-11-19T09:00:00Z", None, Standing::Nobody),
        line("inc-ledger-20261118-eeeeee", "2026-11-18T09:00:00Z", None, Standing::Elsewhere),
    ];
    update(&mut model, Message::Runs(list), journal.now);
    update(&mut model, Message::Key(Key::Char('4')), journal.now);
    model
}

#[test]
fn the_list_of_runs_shows_open_ones_first() {
    for (width, height) in [(100, 24), (80, 24), (44, 12)] {
        let picture = styled(&buffer(&with_list(width, height, true), &rich()));
        insta::assert_snapshot!(format!("runs-{width}x{height}"), picture);
    }
}

#[test]
fn s24_of_a_run_that_missed_an_objective_that_amount_is_not_the_one_that_yields_to_width() {
    let mut missed = line("drill-ledger-20261017-aaaaaa", "2026-10-17T09:00:00Z", None, Standing::Over);
    missed.conclusion =
        Some(Conclusion { missed: vec!["RPO".to_owned()], ..ended(RunResult::ObjectiveMissed) });
    let mut model = model(80, 24, false);
    update(&mut model, Message::Runs(vec![missed]), sample::now());
    update(&mut model, Message::Key(Key::Char('4')), sample::now());
    let list = text(&buffer(&model, &rich()));
    assert!(list.contains("objective missed: RPO  RPO <=6m 12s"), "{list}");
    update(&mut model, Message::Key(Key::Char('x')), sample::now());
    let why = text(&buffer(&model, &rich()));
    assert!(why.contains("objective missed: RPO; it is over"), "{why}");
}

#[test]
fn a_run_of_the_list_is_opened_and_its_report_asked_for() {
    let journal = journal::restoring(RunKind::Incident);
    let mut model = with_list(100, 24, false);
    let effects = press(&mut model, &journal, "jR");
    assert_eq!(effects, [Effect::Report("inc-ledger-20261119-dddddd".to_owned())]);
    let effects = press(&mut model, &journal, "\r");
    assert_eq!(effects, [Effect::ShowRun("inc-ledger-20261119-dddddd".to_owned())]);
    assert!(text(&buffer(&model, &rich())).contains("reading the journal of inc-ledger-20261119-dddddd"));
}

#[test]
fn the_report_of_a_closed_run_is_read_and_scrolled() {
    let journal = journal::closed_drill();
    let mut model = shown(&journal, 100, 24, false);
    let run = journal.state.id().to_owned();
    assert_eq!(press(&mut model, &journal, "\r"), [Effect::Report(run.clone())]);
    let report = evidence::report(&journal.records, None).unwrap().rechecked_by("lifeboat runs verify RUN");
    let text_of_report = evidence::markdown(&report);
    update(&mut model, Message::Report { run, text: text_of_report }, journal.now);
    insta::assert_snapshot!("report", text(&buffer(&model, &rich())));
    let first = text(&buffer(&model, &rich()));
    update(&mut model, Message::Key(Key::PageDown), journal.now);
    assert_ne!(text(&buffer(&model, &rich())), first);
    for _ in 0..500 {
        update(&mut model, Message::Key(Key::PageDown), journal.now);
    }
    assert!(text(&buffer(&model, &rich())).contains("lifeboat runs verify"), "the end is reached");
}

#[test]
fn s30_a_run_nobody_drives_is_resumed_and_one_elsewhere_is_not_steered() {
    let journal = journal::restoring(RunKind::Incident);
    let run = journal.state.id().to_owned();
    for (standing, resumes) in [(Standing::Nobody, true), (Standing::Elsewhere, false)] {
        let mut model = model(100, 24, true);
        let state = Arc::new(journal.state.clone());
        update(&mut model, Message::Run { state, driven_here: false }, journal.now);
        let listed = line(&run, "2026-11-20T12:44:02Z", None, standing);
        update(&mut model, Message::Runs(vec![listed]), journal.now);
        let effects = press(&mut model, &journal, "3r");
        let asked = matches!(effects.as_slice(), [Effect::Act(acting)]
            if acting.deed() == &Deed::Resume { run: run.clone() });
        assert_eq!(asked, resumes, "{effects:?}");
        assert_eq!(text(&buffer(&model, &rich())).contains("INTERRUPTED"), resumes);
    }
}

/// S35: what a drill proved is known at once, not only after the next start.
#[test]
fn a_drill_that_ends_here_counts_for_its_service() {
    let mut model = model(100, 24, true);
    for (journal, driven_here) in [
        (journal::accepted(RunKind::Drill), true),
        (journal::closed_drill(), false),
        (journal::closed_drill(), false),
    ] {
        let state = Arc::new(journal.state.clone());
        update(&mut model, Message::Run { state, driven_here }, journal.now);
    }
    let after = &model.fleet.services["orders-db"];
    // When its data was checked, not when all was cleaned up.
    assert_eq!(after.last_proven, Some(at("2026-11-20T13:29:00Z")));
    assert_eq!(after.restore_history_s, [2457], "from asked for to restored");
}

#[test]
fn s35_restores_of_runs_that_ended_elsewhere_count_in_an_open_dashboard() {
    let over = |run: &str, opened: &str, restore_s| RunLine {
        service: "orders-db".to_owned(),
        conclusion: Some(Conclusion { restore_s, ..ended(RunResult::Passed) }),
        ..line(run, opened, None, Standing::Over)
    };
    let mut model = model(100, 24, true);
    let first = over("drill-orders-db-20260717-aaaaaa", "2026-07-17T09:00:00Z", Some(1500));
    let unwatched = over("drill-orders-db-20260817-bbbbbb", "2026-08-17T09:00:00Z", None);
    let last = over("drill-orders-db-20261017-cccccc", "2026-10-17T09:00:00Z", Some(1700));
    for (list, known) in [(vec![first.clone()], vec![1500]), (vec![last, unwatched, first], vec![1700, 1500])]
    {
        update(&mut model, Message::Runs(list), sample::now());
        assert_eq!(model.fleet.services["orders-db"].restore_history_s, known);
    }
}

#[test]
fn an_interrupted_run_is_taken_up_before_it_is_steered() {
    let journal = journal::restoring(RunKind::Incident);
    let mut model = shown(&journal, 100, 24, true);
    let left = RunLine {
        run: journal.state.id().to_owned(),
        ..line("inc", "2026-11-19T09:00:00Z", None, Standing::Nobody)
    };
    update(&mut model, Message::Runs(vec![left]), journal.now);
    let state = Arc::new(journal.state.clone());
    update(&mut model, Message::Run { state, driven_here: false }, journal.now);
    press(&mut model, &journal, "f");
    let shown = text(&buffer(&model, &rich()));
    assert!(shown.contains("press r first") && !shown.contains("is driven by"), "{shown}");
}

/// S25, S30: what makes no call needs no driver.
#[test]
fn an_interrupted_run_is_ended_and_noted_without_being_taken_up() {
    let journal = journal::restoring(RunKind::Incident);
    let run = journal.state.id().to_owned();
    for armed in [true, false] {
        for (key, answers) in [("a", "lost\rorders-db\r"), ("n", "seen\r")] {
            let mut model = shown(&journal, 100, 24, armed);
            let left =
                RunLine { run: run.clone(), ..line("inc", "2026-11-19T09:00:00Z", None, Standing::Nobody) };
            update(&mut model, Message::Runs(vec![left]), journal.now);
            let state = Arc::new(journal.state.clone());
            update(&mut model, Message::Run { state, driven_here: false }, journal.now);
            press(&mut model, &journal, key);
            if armed {
                let effects = press(&mut model, &journal, answers);
                let command = command(&effects);
                assert!(command.is_some_and(Command::is_only_written), "{key}: {effects:?}");
            } else {
                let told = text(&buffer(&model, &rich()));
                assert!(told.contains(&format!("runs abort {run} --reason WHY")), "{told}");
            }
        }
    }
}
