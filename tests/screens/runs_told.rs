//! What the fleet and a service tell of runs, and of those that cannot be read.

use lifeboat::domain::{ForkLeft, Rule, Verdict};
use lifeboat::runbook::RunResult;
use lifeboat::tui::app::model::Screen;
use lifeboat::tui::app::runs::{Known, RunLine, RunsUnread, Standing};
use lifeboat::tui::app::{Message, Model, update};
use lifeboat::tui::keymap::Key;

use crate::driven::model;
use crate::picture::{buffer, rich, text};
use crate::runs::{cut_over, line};
use crate::sample::{self, at};

#[test]
fn s3_a_past_incident_whose_journal_cannot_be_read_is_told_by_its_service_until_it_can_be() {
    let mut model = model(140, 24, true);
    let why = "the journal of inc-orders-db-20261017-cccccc is broken at line 4".to_owned();
    let run = "inc-orders-db-20261017-cccccc";
    let ended = RunLine {
        service: "orders-db".to_owned(),
        ..line(run, "2026-10-17T09:00:00Z", Some(RunResult::Failed), Standing::Over)
    };
    let unread = RunLine { unread: Some(why.clone()), ..ended.clone() };
    for (listed, is_told) in [(unread, true), (ended, false)] {
        update(&mut model, Message::Runs(vec![listed]), sample::now());
        let findings = &model.board.assessment("orders-db").unwrap().findings;
        let found = findings.iter().find(|finding| finding.rule == Rule::ClientsMoved);
        assert_eq!(found.is_some_and(|finding| finding.text.contains(&why)), is_told, "{findings:?}");
    }
}

#[test]
fn s3_that_no_journal_can_be_read_is_told_by_every_service_and_is_not_that_there_are_no_runs() {
    let mut model = model(120, 40, true);
    update(&mut model, Message::Runs(Vec::new()), sample::now());
    let fine = |model: &Model| {
        let known = model.fleet.services.keys().filter_map(|id| model.board.assessment(id));
        known.filter(|known| known.verdict == Verdict::Ok).count()
    };
    let before = fine(&model);
    assert!(before > 0);
    let why = "no journal could be read: it is lost".to_owned();
    let unread = RunsUnread { why: why.clone(), as_of: Some(sample::now()) };
    update(&mut model, Message::RunsUnread(unread), sample::now());
    for service in model.fleet.services.values() {
        assert_eq!(service.open_runs, None, "{}", service.id);
        assert_eq!(service.clients_unread.as_ref(), Some(&why), "{}", service.id);
    }
    assert_eq!(fine(&model), 0);
    let fleet = text(&buffer(&model, &rich()));
    assert!(fleet.contains("MOVED?") && fleet.contains("RUNS NOT KNOWN"), "{fleet}");
    model.screen = Screen::Runs;
    let shown = text(&buffer(&model, &rich()));
    assert!(shown.contains("runs not known now, last read "), "{shown}");
    assert!(shown.contains(&format!("which runs there are is not known: {why}")), "{shown}");
    update(&mut model, Message::Runs(Vec::new()), sample::now());
    assert_eq!(fine(&model), before);
    assert!(text(&buffer(&model, &rich())).contains("no runs yet"));
}

#[test]
fn s3_that_region_changes_cannot_be_read_is_told_by_the_fleet_until_they_can_be() {
    for (width, height, told) in [(80, 24, "REGION CHANGES NOT KNOWN"), (200, 50, "NOT KNOWN: it is lost")] {
        let mut model = model(width, height, true);
        update(&mut model, Message::RegionsUnread(Some("it is lost".to_owned())), sample::now());
        let fleet = text(&buffer(&model, &rich()));
        assert!(fleet.contains(told), "{fleet}");
        update(&mut model, Message::RegionsUnread(None), sample::now());
        assert!(!text(&buffer(&model, &rich())).contains("NOT KNOWN"));
    }
}

#[test]
fn the_fleet_says_what_a_run_left_to_do() {
    let open = |standing| line("inc-ledger-20261119-dddddd", "2026-11-19T09:00:00Z", None, standing);
    for (line, words) in [
        (open(Standing::Nobody), "is INTERRUPTED: take it up"),
        (open(Standing::Elsewhere), "is under way: see it"),
        (cut_over(true), "clients use ledger-eeeeee since"),
    ] {
        let mut model = model(120, 40, true);
        update(&mut model, Message::Runs(vec![line]), sample::now());
        let page = model.page();
        model.board.select("ledger", page);
        let shown = text(&buffer(&model, &rich()));
        assert!(shown.contains(words), "{words}: {shown}");
        update(&mut model, Message::Key(Key::Char('i')), sample::now());
        let asked = text(&buffer(&model, &rich()));
        let warned = if words.starts_with("clients") { "EARLIER" } else { "has the open run" };
        assert!(asked.contains(warned), "{warned}: {asked}");
    }
}

/// What an open drill restores does not take the place of where the clients are.
#[test]
fn s22_that_clients_left_stands_before_what_an_open_drill_restores() {
    let mut model = model(80, 24, true);
    let open = line("drill-ledger-20261119-dddddd", "2026-11-19T09:00:00Z", None, Standing::Elsewhere);
    let known = Known {
        restores_to: Some(at("2026-11-17T10:00:00Z")),
        cut_over_at: None,
        moved: None,
        ..cut_over(true).known.unwrap()
    };
    update(
        &mut model,
        Message::Runs(vec![cut_over(true), RunLine { known: Some(known), ..open }]),
        sample::now(),
    );
    let page = model.page();
    model.board.select("ledger", page);
    let board = text(&buffer(&model, &rich()));
    let (left, drill) = (board.find("clients use ledger-eeeeee"), board.find(" restores "));
    assert!(left.is_some() && drill.is_none_or(|drill| left < Some(drill)), "{board}");
}

/// Clients went from a first fork to a second one, and left that: the first is not theirs again.
#[test]
fn s33_who_left_the_fork_of_a_later_incident_does_not_use_that_of_an_earlier_one() {
    for left_later in [false, true] {
        let mut model = sample::model(120, 40);
        let mut later = cut_over(!left_later);
        later.run = "inc-ledger-20261119-ffffff".to_owned();
        let known = later.known.as_mut().unwrap();
        known.cut_over_at = Some(at("2026-11-19T10:02:00Z"));
        if let Some(moved) = known.moved.as_mut() {
            (moved.at, moved.fork) = (at("2026-11-19T10:02:00Z"), "ledger-ffffff".to_owned());
        }
        update(&mut model, Message::Runs(vec![cut_over(true), later]), sample::now());
        let on = model.fleet.services["ledger"].clients_moved.as_ref().map(|moved| moved.fork.as_str());
        assert_eq!(on, (!left_later).then_some("ledger-ffffff"));
        let left: Vec<&str> = model.forks_left.iter().map(|left| left.fork.as_str()).collect();
        assert_eq!(left, ["ledger-eeeeee"], "it is still there");
    }
}

#[test]
fn s33_the_fork_that_clients_use_and_what_a_run_left_behind_are_told_where_one_looks() {
    let (run, fork) = ("drill-ledger-20261017-aaaaaa", "drill-ledger-aaaaaa");
    let left = ForkLeft {
        fork: fork.to_owned(),
        run: run.to_owned(),
        service: "ledger".to_owned(),
        was_seen: true,
        had_clients: false,
        config_files: Vec::new(),
    };
    let ended = line(run, "2026-10-17T09:00:00Z", Some(RunResult::Failed), Standing::Over);
    let known = cut_over(false).known.map(|known| Known { left: vec![left], ..known });
    for width in [80, 100, 160] {
        let mut model = model(width, 40, true);
        let runs = vec![cut_over(true), RunLine { known: known.clone(), ..ended.clone() }];
        update(&mut model, Message::Runs(runs), sample::now());
        let page = model.page();
        model.board.select("ledger", page);
        let board = text(&buffer(&model, &rich()));
        assert!(width < 120 || board.contains("1 fork left behind"), "{board}");
        assert!(
            board.contains("declare only if it is lost, too") && !board.contains("too: a rest…"),
            "{board}"
        );
        update(&mut model, Message::Key(Key::Enter), sample::now());
        let service = text(&buffer(&model, &rich()));
        assert!(service.contains("for ledger-eeeeee, NOT WATCHED here"), "{service}");
        update(&mut model, Message::Key(Key::Char('4')), sample::now());
        let list = text(&buffer(&model, &rich()));
        assert!(list.contains(", 1 fork left behind"), "{list}");
        assert!(width < 120 || list.contains(&format!("left behind: {fork}")), "{list}");
        let failed = list.lines().find(|line| line.contains("failed")).unwrap();
        assert!(failed.contains("RTO 43m 27s  RPO <=6m 12s"), "no fork pushes out what was achieved: {list}");
        update(&mut model, Message::Key(Key::Char('6')), sample::now());
        let alerts = text(&buffer(&model, &rich()));
        assert!(width < 100 || alerts.contains("  1 fork left behind"), "{alerts}");
    }
}
