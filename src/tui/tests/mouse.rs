//! A mouse selects, scrolls and opens what the last frame drew under it.

use super::*;
use crate::tui::app::service;

/// The cell where a text begins, on the screen as it is drawn now.
fn find(model: &mut Model, wanted: &str) -> (u16, u16) {
    let text = text(model);
    let cell = |(y, line): (usize, &str)| {
        let x = line.get(..line.find(wanted)?)?.chars().count();
        Some((u16::try_from(x).unwrap(), u16::try_from(y).unwrap()))
    };
    text.lines().enumerate().find_map(cell).unwrap_or_else(|| panic!("no {wanted:?} in\n{text}"))
}

fn click(model: &mut Model, (x, y): (u16, u16)) -> Vec<Effect> {
    happen(model, Message::Mouse(Mouse::Click { x, y }), now())
}

fn wheel_down(model: &mut Model, (x, y): (u16, u16)) -> Vec<Effect> {
    happen(model, Message::Mouse(Mouse::WheelDown { x, y }), now())
}

/// An armed board with a service that was read, some that were not, sources and a list of runs.
fn full() -> Model {
    let size = Size { width: 100, height: 30 };
    let setup = model(true, size).setup;
    let unread =
        |index| Service { id: format!("unread-{index}"), primary: None, secondary: None, ..orders() };
    let fleet = [orders()].into_iter().chain((0..3).map(unread));
    let mut model = Model::new(setup, Fleet::new(fleet), now(), size);
    update(&mut model, Message::Polled(Box::new(report("east", Vec::new()))), now());
    update(&mut model, Message::Polled(Box::new(report("west", Vec::new()))), now());
    // Of a service that is not on the board: no row opens one.
    let one = RunLine { service: "gone-db".to_owned(), ..abandoned() };
    let other = RunLine { run: "drill-gone-db-20261119-abcdef".to_owned(), ..one.clone() };
    update(&mut model, Message::Runs(vec![one, other]), now());
    model
}

#[test]
fn a_click_selects_a_service_and_a_second_one_opens_it() {
    let mut model = full();
    let row = find(&mut model, "unread-1 ");
    assert!(click(&mut model, row).is_empty());
    assert_eq!(model.board.selected().map(String::as_str), Some("unread-1"));
    assert_eq!(model.screen, Screen::Fleet);
    for y in [0, 2, 29, 200] {
        click(&mut model, (10, y));
        assert_eq!(
            (model.screen, model.board.selected().map(String::as_str)),
            (Screen::Fleet, Some("unread-1"))
        );
    }
    let asked = click(&mut model, row);
    assert!(matches!(asked.as_slice(), [Effect::OwnLag { .. }] | []), "{asked:?}");
    assert_eq!(model.screen, Screen::Service);
}

#[test]
fn rows_of_every_list_are_clicked_and_the_selected_one_is_opened() {
    for (keys, screen, opens) in [
        ("R", Screen::Regions, Screen::Fleet),
        ("4", Screen::Runs, Screen::Run),
        ("6", Screen::Alerts, Screen::Service),
    ] {
        let mut model = full();
        type_keys(&mut model, keys);
        // The second entry begins below the first one's lines.
        let second = (0..30).map(|y| (5, y)).find(|cell| {
            let mut tried = model.clone();
            click(&mut tried, *cell);
            tried.row == 1
        });
        let second =
            second.unwrap_or_else(|| panic!("nothing to click on {screen:?}:\n{}", text(&mut model)));
        click(&mut model, second);
        assert_eq!((model.screen, model.row), (screen, 1));
        click(&mut model, second);
        assert_eq!(model.screen, opens, "{keys}");
    }
    let mut model = full();
    type_keys(&mut model, "5");
    let row = find(&mut model, "west");
    click(&mut model, row);
    let row = find(&mut model, "west");
    click(&mut model, row);
    assert!(matches!(&model.overlay, Some(Overlay::Text { title, .. }) if title == "source: west"));
}

#[test]
fn a_step_is_selected_and_then_shown_whole_and_nothing_is_asked() {
    let mut model = full();
    let asks = |state: &Arc<RunState>| need(state) == Some(Need::ConfirmPoint);
    let state = (1..40).map(|rounds| run(RunKind::Incident, rounds)).find(asks).unwrap();
    update(&mut model, Message::Run { state, driven_here: true }, now());
    type_keys(&mut model, "3");
    let step = find(&mut model, "choose point");
    assert!(click(&mut model, step).is_empty());
    assert_eq!(model.step, Some(2));
    assert!(click(&mut model, step).is_empty());
    assert!(matches!(&model.overlay, Some(Overlay::Text { title, .. }) if title == "step: choose point"));
    update(&mut model, Message::Key(Key::Esc), now());
    wheel_down(&mut model, step);
    assert_eq!(model.step, Some(3));
}

#[test]
fn the_cursor_goes_to_the_column_and_to_the_backup_that_is_clicked() {
    let mut model = full();
    update(&mut model, Message::Resize { width: 100, height: 40 }, now());
    type_keys(&mut model, "/orders-db\r2");
    let shown = |model: &Model| service::answer(model).map(|answer| answer.at);
    let (_, y) = find(&mut model, "cursor  ");
    assert!(click(&mut model, (40, y)).is_empty());
    let near = shown(&model).unwrap();
    assert!(near < now() - TimeDelta::minutes(30) && near > now() - TimeDelta::minutes(60), "{near}");
    let gutter = text(&mut model).lines().nth(usize::from(y)).unwrap().chars().nth(40);
    assert_eq!(gutter, Some('◆'));
    let (_, y) = find(&mut model, "primary ");
    click(&mut model, (20, y));
    assert!(shown(&model).unwrap() < now() - TimeDelta::days(9), "{:?}", shown(&model));
    click(&mut model, (2, y));
    assert!(shown(&model).unwrap() < now() - TimeDelta::days(9), "a label is no instant");
    let backup = find(&mut model, "2026-11-07 02:31:40Z  full");
    click(&mut model, backup);
    assert_eq!(shown(&model).unwrap().to_rfc3339(), "2026-11-07T02:31:40+00:00");
    // The wheel over the lanes goes along them, away from the person to the past.
    let (_, y) = find(&mut model, "cursor  ");
    wheel_down(&mut model, (50, y));
    assert!(shown(&model).unwrap() > sample_oldest());
}

/// R10: a provider's backup has its microseconds, and none beside it can be restored.
#[test]
fn s11_a_clicked_backup_is_that_backup_to_the_instant() {
    let exact = crate::domain::sample::at("2026-11-07T02:31:40.118006Z");
    let mut model = full();
    update(&mut model, Message::Resize { width: 100, height: 40 }, now());
    let there = model.fleet.services.get_mut("orders-db").unwrap().secondary.as_mut().unwrap();
    let reading = there.last_good.as_mut().unwrap();
    let found = reading.points.iter().flatten().find(|point| point.at == sample_oldest()).unwrap();
    let point = crate::domain::RecoveryPoint {
        name: found.name.to_string(),
        at: exact,
        started: None,
        kind: found.kind,
        size_bytes: None,
        usability: found.usability.clone(),
    };
    reading.points = Some([point].into_iter().collect());
    reading.windows = None;
    reading.ability = crate::domain::Ability::Snapshots;
    type_keys(&mut model, "/orders-db\r2");
    let shown = |model: &Model| service::answer(model).map(|answer| (answer.at, answer.target));
    let backup = find(&mut model, "2026-11-07 02:31:41Z  full");
    click(&mut model, backup);
    let (at, target) = shown(&model).unwrap();
    assert_eq!(at, exact);
    assert!(!matches!(target, crate::domain::Target::At(_)), "{target}");
    // Its mark in the lane is that backup as well.
    type_keys(&mut model, "$");
    let (_, y) = find(&mut model, "there   ");
    let clicked = (0..100).any(|x| {
        click(&mut model, (x, y));
        shown(&model).is_some_and(|(at, _)| at == exact)
    });
    assert!(clicked);
}

fn sample_oldest() -> Timestamp {
    crate::domain::sample::at("2026-11-07T02:31:40Z")
}

#[test]
fn the_wheel_scrolls_a_box_under_the_pointer_and_nothing_below_it() {
    let mut model = full();
    type_keys(&mut model, "?");
    let scrolled = |model: &Model| match &model.overlay {
        Some(Overlay::Help { scroll }) => *scroll,
        other => panic!("{other:?}"),
    };
    wheel_down(&mut model, (50, 15));
    assert_eq!(scrolled(&model), 3);
    let before = model.board.selected().cloned();
    wheel_down(&mut model, (0, 0));
    assert_eq!((scrolled(&model), model.board.selected().cloned()), (3, before.clone()), "beside the box");
    click(&mut model, (50, 15));
    assert_eq!((scrolled(&model), model.board.selected().cloned()), (3, before));
}

#[test]
fn a_theme_is_shown_by_a_click_and_kept_by_a_second_one() {
    let mut model = full();
    type_keys(&mut model, "T");
    let light = find(&mut model, "light ");
    assert_eq!(click(&mut model, light), [Effect::Theme(1)]);
    assert!(matches!(model.overlay, Some(Overlay::Themes { selected: 1, .. })));
    let effects = wheel_down(&mut model, light);
    assert_eq!(effects, [Effect::Theme(2)], "one notch is one theme");
    click(&mut model, light);
    assert!(click(&mut model, light).is_empty());
    assert_eq!((model.theme, model.overlay.is_none()), (1, true));
}

#[test]
fn a_question_is_scrolled_and_neither_answered_nor_left_by_a_mouse() {
    let mut model = model(true, Size { width: 100, height: 30 });
    type_keys(&mut model, "/orders-db\rd");
    for y in 0..30 {
        for x in (0..100).step_by(7) {
            assert!(click(&mut model, (x, y)).is_empty());
            assert!(matches!(model.overlay, Some(Overlay::Form(_))));
        }
    }
    wheel_down(&mut model, (50, 15));
    assert!(matches!(&model.overlay, Some(Overlay::Form(form)) if form.scroll == 3));
}
