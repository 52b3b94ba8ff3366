//! Properties of the whole dashboard: read-only never acts, drawing never fails, an armed one can act.

mod arming;
mod copied;
mod ended;
mod keys;
mod mouse;
mod rows;
mod sample;

use std::sync::Arc;

use chrono::TimeDelta;
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::app::copy_region::{CheckedChange, UnderWay};
use super::app::effect::Deed;
use super::app::model::Screen;
use super::app::mouse::Mouse;
use super::app::overlay::Overlay;
use super::app::runs::{RunLine, Standing};
use super::app::{Effect, Message, Model, Size, update};
use super::draw::{Look, draw};
use super::glyphs::Glyphs;
use super::keymap::{Action, Context, Key, KeyMap};
use super::theme::{Palette, Theme};
use crate::domain::sample::{now, orders, report};
use crate::domain::{Fleet, Liveness, OpenChange, RegionChange, RegionRules, Service, Timestamp};
use crate::runbook::sample::{Journal, World, opening, willing};
use crate::runbook::{Command, Need, RunKind, RunState, need};

pub(crate) use sample::{again, model};

/// Runs as they are after so many rounds of a willing world.
fn run(kind: RunKind, rounds: usize) -> Arc<RunState> {
    let mut journal = Journal::open(opening(kind));
    journal.dies_after = Some(rounds);
    journal.drive(&mut World::default(), willing);
    Arc::new(journal.state)
}

/// A run of the journal that nobody drives.
fn abandoned() -> RunLine {
    RunLine {
        run: run(RunKind::Incident, 12).id().to_owned(),
        service: "orders-db".to_owned(),
        kind: RunKind::Incident,
        opened_at: now(),
        closed_at: None,
        conclusion: None,
        standing: Standing::Nobody,
        known: None,
        unread: None,
        moved_to: None,
        parted_from: None,
    }
}

fn key() -> impl Strategy<Value = Key> {
    let letters = "adDihjklnmtbBfcprsxyACPRTqgG/?+-=0123456 :Z";
    prop_oneof![
        8 => prop::sample::select(letters.chars().collect::<Vec<_>>()).prop_map(Key::Char),
        4 => prop::sample::select(vec![
            Key::Enter, Key::Esc, Key::Tab, Key::Up, Key::Down, Key::Left, Key::Right, Key::Home, Key::End,
            Key::PageUp, Key::PageDown, Key::Backspace, Key::Delete, Key::Ctrl('c'), Key::Ctrl('u'),
        ]),
        1 => any::<char>().prop_map(Key::Char),
    ]
}

/// Most of them somewhere on a screen of a usual size.
fn mouse() -> impl Strategy<Value = Mouse> {
    let at = prop_oneof![4 => (0_u16..100, 0_u16..30), 1 => any::<(u16, u16)>()];
    (0..4, at).prop_map(|(what, (x, y))| match what {
        0 => Mouse::WheelUp { x, y },
        1 => Mouse::WheelDown { x, y },
        _ => Mouse::Click { x, y },
    })
}

/// Takes in a message; a mouse points at what was drawn last.
fn happen(model: &mut Model, message: Message, now: Timestamp) -> Vec<Effect> {
    if matches!(message, Message::Mouse(_)) {
        drawn(model, &look(false));
    }
    update(model, message, now)
}

fn message() -> impl Strategy<Value = Message> {
    let kinds = prop::sample::select(vec![RunKind::Drill, RunKind::Incident]);
    prop_oneof![
        20 => key().prop_map(Message::Key),
        1 => "[a-z0-9: -]{0,30}".prop_map(Message::Paste),
        // The name of the service, as a person types it where it is asked for.
        2 => Just(Message::Paste("orders-db".to_owned())),
        1 => (0_u16..200, 0_u16..80).prop_map(|(width, height)| Message::Resize { width, height }),
        6 => mouse().prop_map(Message::Mouse),
        1 => Just(Message::Tick),
        1 => Just(Message::Polled(Box::new(report("east", Vec::new())))),
        1 => Just(Message::Probed {
            service: "orders-db".to_owned(),
            liveness: Liveness::silent(now(), None),
        }),
        1 => (kinds, 1_usize..40, any::<bool>()).prop_map(|(kind, rounds, driven_here)| Message::Run {
            state: run(kind, rounds),
            driven_here,
        }),
        1 => Just(Message::Runs(vec![abandoned()])),
        1 => Just(Message::Report { run: "inc".to_owned(), text: "# report\n\n| a |\n|---|\n| b |".to_owned() }),
        1 => Just(Message::RegionChecked(Box::new(CheckedChange {
            service: "orders-db".to_owned(),
            change: RegionChange {
                remote: "orders-db".to_owned(),
                from: None,
                to: Some("aws-eu-north-1".to_owned()),
                last_changed: None,
            },
            rules: RegionRules::default(),
            calls: Vec::new(),
            before: Vec::new(),
        }))),
        1 => Just(Message::RegionNews { service: "orders-db".to_owned(), line: "seen".to_owned() }),
        1 => Just(Message::RegionsUnderWay(vec![UnderWay {
            open: OpenChange {
                of: "orders-db".to_owned(),
                source: None,
                remote: "orders-db".to_owned(),
                to: None,
                since: now(),
                last: (now(), "seen".to_owned()),
                so_since: now(),
                stage: None,
                is_followed: false,
            },
            followed: Standing::Nobody,
            lines: Vec::new(),
        }])),
        1 => Just(Message::Refused(vec!["why".to_owned()])),
        1 => Just(Message::Notice("done".to_owned())),
    ]
}

fn look(ascii: bool) -> Look {
    let glyphs = if ascii { Glyphs::ASCII } else { Glyphs::UNICODE };
    Look { theme: Theme::built_in("dark").unwrap(), palette: Palette::Rich, glyphs }
}

fn drawn(model: &mut Model, look: &Look) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, model.size.width, model.size.height));
    model.spots = draw(model, look, &mut buffer);
    buffer
}

/// The screen as text, a line each row.
pub(crate) fn text(model: &mut Model) -> String {
    let buffer = drawn(model, &look(false));
    let rows = buffer.content.chunks(usize::from(buffer.area.width.max(1)));
    rows.map(|row| row.iter().map(ratatui::buffer::Cell::symbol).collect::<String>() + "\n").collect()
}

pub(crate) fn type_keys(model: &mut Model, keys: &str) -> Vec<Effect> {
    let key = |char| if char == '\r' { Key::Enter } else { Key::Char(char) };
    keys.chars().flat_map(|char| update(model, Message::Key(key(char)), now())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    /// R20, S18: whatever is pressed and whatever happens, a board that is not armed asks for nothing
    /// that changes anything.
    #[test]
    fn r20_read_only_never_acts(messages in prop::collection::vec(message(), 1..80)) {
        let mut model = model(false, Size { width: 100, height: 30 });
        let mut now = now();
        for message in messages {
            now += TimeDelta::milliseconds(700);
            for effect in happen(&mut model, message.clone(), now) {
                prop_assert!(!effect.acts(), "{:?} after {:?}", effect, message);
            }
        }
    }

    /// R21: an armed board acts by keys alone, wherever a mouse clicks and whatever is asked at the moment.
    #[test]
    fn r21_a_mouse_never_acts(messages in prop::collection::vec(message(), 1..60)) {
        let mut model = model(true, Size { width: 100, height: 30 });
        for message in messages {
            let mouse = matches!(message, Message::Mouse(_));
            let asked = matches!(model.overlay, Some(Overlay::Form(_)));
            for effect in happen(&mut model, message.clone(), now()) {
                prop_assert!(!(mouse && effect.acts()), "{:?} after {:?}", effect, message);
            }
            let asks = matches!(model.overlay, Some(Overlay::Form(_)));
            prop_assert!(!mouse || asked == asks, "a question was opened or closed by {:?}", message);
        }
    }

    /// Any size, any state: something is drawn, and in ASCII nothing but ASCII.
    #[test]
    fn drawing_never_fails(
        messages in prop::collection::vec(message(), 0..40),
        width in 0_u16..400,
        height in 0_u16..120,
        armed: bool,
        ascii: bool,
    ) {
        let mut model = model(armed, Size { width: 100, height: 30 });
        for message in messages {
            update(&mut model, message, now());
        }
        update(&mut model, Message::Resize { width, height }, now());
        let buffer = drawn(&mut model, &look(ascii));
        if ascii {
            prop_assert!(buffer.content.iter().all(|cell| cell.symbol().is_ascii()));
        }
        if width >= 40 && height >= 10 {
            prop_assert!(buffer.content.iter().any(|cell| cell.symbol() != " "));
        }
    }
}

#[test]
fn an_armed_board_can_act_and_only_after_the_form_is_given() {
    let mut model = model(true, Size { width: 100, height: 30 });
    type_keys(&mut model, "/orders-db\r");
    assert!(type_keys(&mut model, "d").is_empty());
    let effects = type_keys(&mut model, "\r");
    let [Effect::Act(acting)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(acting.source(), "east");
    assert!(
        matches!(acting.deed(), Deed::Start(start) if start.service == "orders-db" && start.declared.is_none())
    );
}

#[test]
fn s26_an_incident_needs_every_word_and_the_typed_name() {
    let mut model = model(true, Size { width: 100, height: 30 });
    type_keys(&mut model, "/orders-db\ri");
    assert!(type_keys(&mut model, "\r\r\r\r\r").is_empty(), "nothing was stated");
    let effects = type_keys(&mut model, "x");
    assert!(effects.is_empty());
    let mut model = self::model(true, Size { width: 100, height: 30 });
    type_keys(&mut model, "/orders-db\ri");
    assert!(type_keys(&mut model, "\rregion gone\rthree-probes\r\r\r\rwrong\r").is_empty());
    update(&mut model, Message::Key(Key::Ctrl('u')), now());
    let effects = type_keys(&mut model, "orders-db\r");
    let [Effect::Act(acting)] = effects.as_slice() else { panic!("{effects:?}") };
    let Deed::Start(start) = acting.deed() else { panic!("{acting:?}") };
    let declared = start.declared.as_ref().unwrap();
    assert_eq!((declared.by.as_str(), declared.scenario.as_deref()), ("anna", Some("region gone")));
}

#[test]
fn a_run_that_was_asked_for_is_shown_and_confirmed_by_its_name() {
    let mut model = model(true, Size { width: 100, height: 30 });
    type_keys(&mut model, "/orders-db\rd\r");
    let asks = |state: &Arc<RunState>| need(state) == Some(Need::ConfirmPoint);
    let state = (1..40).map(|rounds| run(RunKind::Incident, rounds)).find(asks).unwrap();
    update(&mut model, Message::Run { state, driven_here: true }, now());
    assert!(type_keys(&mut model, "\r").is_empty(), "the form opens");
    assert!(type_keys(&mut model, "wrong\r").is_empty(), "a wrong name is not taken");
    update(&mut model, Message::Key(Key::Ctrl('u')), now());
    let effects = type_keys(&mut model, "orders-db\r");
    assert!(
        matches!(effects.as_slice(), [Effect::Act(acting)] if matches!(acting.deed(), Deed::Command { .. })),
        "{effects:?}"
    );
}

#[test]
fn r21_a_run_is_aborted_by_its_typed_name_and_a_reason() {
    let mut model = model(true, Size { width: 100, height: 30 });
    let holds = |state: &Arc<RunState>| state.attempts().any(crate::runbook::Attempt::may_exist);
    let state = (1..40).map(|rounds| run(RunKind::Drill, rounds)).find(holds).unwrap();
    let fork = state.attempt.name.clone();
    update(&mut model, Message::Run { state, driven_here: true }, now());
    assert!(type_keys(&mut model, "3a").is_empty());
    assert!(text(&mut model).contains(&fork), "what is kept is named:\n{}", text(&mut model));
    assert!(type_keys(&mut model, "enough\rwrong\r").is_empty(), "a wrong name is not taken");
    assert!(text(&mut model).contains("type orders-db"), "and it says so:\n{}", text(&mut model));
    update(&mut model, Message::Key(Key::Ctrl('u')), now());
    let effects = type_keys(&mut model, "orders-db\r");
    let [Effect::Act(acting)] = effects.as_slice() else { panic!("{effects:?}") };
    let Deed::Command { command, .. } = acting.deed() else { panic!("{acting:?}") };
    let wanted = Command::Abort { typed: "orders-db".to_owned(), reason: "enough".to_owned() };
    assert_eq!(*command, wanted);
}

#[test]
fn s30_a_run_that_is_driven_elsewhere_is_shown_and_not_steered() {
    let mut model = model(true, Size { width: 100, height: 30 });
    update(&mut model, Message::Run { state: run(RunKind::Incident, 12), driven_here: false }, now());
    type_keys(&mut model, "3");
    for keys in ["p", "r", "s", "n", "b", "f", "a"] {
        assert!(type_keys(&mut model, keys).is_empty(), "{keys}");
        update(&mut model, Message::Key(Key::Esc), now());
    }
}

#[test]
fn q_says_where_the_report_of_a_run_that_ended_here_is() {
    let mut model = model(true, Size { width: 100, height: 30 });
    let over = (1..80).map(|rounds| run(RunKind::Drill, rounds)).find(|state| state.is_over()).unwrap();
    let id = over.id().to_owned();
    update(&mut model, Message::Run { state: over, driven_here: true }, now());
    let effects = type_keys(&mut model, "3q");
    assert_eq!(effects, [Effect::Quit(vec![format!("{id} is over: lifeboat report {id}")])]);
}

/// Ctrl-C leaves, whatever lies over the screen and whatever is being typed.
#[test]
fn ctrl_c_leaves_from_everywhere() {
    for keys in ["", "/ord", "?", "x", "d", "i", "y", "\r", "\rt", "a", "R", "3", "4"] {
        let mut model = model(true, Size { width: 100, height: 30 });
        type_keys(&mut model, keys);
        let effects = update(&mut model, Message::Key(Key::Ctrl('c')), now());
        assert!(matches!(effects.as_slice(), [Effect::Quit(_)]), "after {keys:?}: {effects:?}");
    }
}

#[test]
fn a_selection_keeps_its_row_while_facts_arrive() {
    let mut model = model(false, Size { width: 80, height: 24 });
    type_keys(&mut model, "jjj");
    let before = model.board.selected().cloned();
    update(&mut model, Message::Polled(Box::new(report("east", Vec::new()))), now());
    assert_eq!(model.board.selected().cloned(), before);
}

#[test]
fn a_theme_is_shown_while_it_is_selected_and_the_old_one_comes_back() {
    let mut model = model(false, Size { width: 80, height: 24 });
    assert_eq!(type_keys(&mut model, "Tj"), [Effect::Theme(1)]);
    assert_eq!(type_keys(&mut model, "j"), [Effect::Theme(2)]);
    assert_eq!(update(&mut model, Message::Key(Key::Esc), now()), [Effect::Theme(0)]);
    assert_eq!((model.theme, model.overlay.is_none()), (0, true));
    assert_eq!(type_keys(&mut model, "Tj\r"), [Effect::Theme(1)]);
    assert_eq!(model.theme, 1);
    assert!(
        model.notice.as_ref().is_some_and(|told| told.contains("theme = \"light\"")),
        "{:?}",
        model.notice
    );
}

#[test]
fn ctrl_z_suspends_from_everywhere() {
    for keys in ["", "/ord", "?", "d", "i", "y", "\rt", "T"] {
        let mut model = model(true, Size { width: 100, height: 30 });
        type_keys(&mut model, keys);
        assert_eq!(
            update(&mut model, Message::Key(Key::Ctrl('z')), now()),
            [Effect::Suspend],
            "after {keys:?}"
        );
    }
}

#[test]
fn a_key_of_the_users_own_does_what_it_was_given_and_is_shown() {
    let mut model = model(false, Size { width: 100, height: 30 });
    model.setup.keys.assign(Context::Fleet, Action::ByRegion, vec![Key::Char('o')]);
    let text = text(&mut model);
    assert!(text.contains("o region"), "the footer shows it: {text}");
    type_keys(&mut model, "o");
    assert_eq!(model.screen, Screen::Regions);
}
