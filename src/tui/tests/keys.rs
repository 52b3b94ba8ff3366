//! Whatever the user's key map says, no text names a key that does not do that where it is read.

use proptest::prelude::*;

use super::*;
use crate::domain::fork::StartOutcome;
use crate::runbook::sample::until;
use crate::runbook::{Answer, StepKind};
use crate::tui::keymap::TABLE;

/// Keys that stand in no sentence of their own: a letter of these on a screen is the name of a key.
fn letters() -> impl Iterator<Item = char> {
    ('ა'..='ჰ').chain('ա'..='ֆ').chain('а'..='я').chain('А'..='Я').chain('Ա'..='Ֆ')
}

/// Sentences that tell a way over several screens, each part with its own screen.
const ELSEWHERE: [(Context, Context, Action); 6] = [
    (Context::Fleet, Context::Runs, Action::Open),
    (Context::Fleet, Context::Run, Action::Retry),
    (Context::Runs, Context::Run, Action::Retry),
    (Context::Runs, Context::Fleet, Action::Drill),
    (Context::Service, Context::Run, Action::Retry),
    (Context::Run, Context::Fleet, Action::Incident),
];

/// A valid map: every row has no key, one, two, or one that it takes from what works everywhere.
fn key_map(choices: &[u8]) -> KeyMap {
    let mut keys = KeyMap::default();
    let mut fresh = letters().map(Key::Char);
    let own: Vec<[Key; 2]> = TABLE.iter().map(|_| [fresh.next().unwrap(), fresh.next().unwrap()]).collect();
    let everywhere: Vec<usize> =
        (0..TABLE.len()).filter(|row| TABLE[*row].context == Context::Everywhere).collect();
    for (index, (row, choice)) in TABLE.iter().zip(choices).enumerate() {
        let [one, other] = own[index];
        let taken = TABLE[..index].iter().filter(|before| before.context == row.context).count();
        let given = match choice {
            0 => Vec::new(),
            1 => vec![one, other],
            2 if row.context != Context::Everywhere => vec![own[everywhere[taken % everywhere.len()]][0]],
            _ => vec![one],
        };
        keys.assign(row.context, row.action, given);
    }
    assert_eq!(keys.twice(), []);
    keys
}

/// Something that happens: a row of the table is pressed by whatever key it has, or anything else.
#[derive(Debug, Clone)]
enum Step {
    Row(usize),
    Other(Message),
}

fn step() -> impl Strategy<Value = Step> {
    let typed = prop::sample::select(vec![Key::Enter, Key::Esc, Key::Down, Key::Char('ö')]);
    let kinds = prop::sample::select(vec![RunKind::Drill, RunKind::Incident]);
    let other = prop_oneof![
        3 => typed.prop_map(Message::Key),
        2 => Just(Message::Paste("orders-db".to_owned())),
        1 => (kinds, 1_usize..40, any::<bool>()).prop_map(|(kind, rounds, driven_here)| Message::Run {
            state: run(kind, rounds),
            driven_here,
        }),
        1 => Just(Message::Runs(vec![abandoned()])),
        1 => Just(Message::Refused(vec!["because".to_owned()])),
        1 => (80_u16..200, 24_u16..60).prop_map(|(width, height)| Message::Resize { width, height }),
    ];
    prop_oneof![4 => (0..TABLE.len()).prop_map(Step::Row), 2 => other.prop_map(Step::Other)]
}

fn types(model: &Model) -> bool {
    model.filtering.is_on() || matches!(model.overlay, Some(Overlay::Form(_)))
}

fn take(model: &mut Model, step: Step) {
    let message = match step {
        Step::Other(message) => message,
        // What is typed is text, and stands on the screen as such.
        Step::Row(_) if types(model) => return,
        Step::Row(row) => {
            let row = &TABLE[row];
            let Some(key) = model.setup.keys.key_of(row.context, row.action) else { return };
            Message::Key(key)
        }
    };
    update(model, message, now());
}

/// Keys of the usual map that are no words of their own.
const USUAL: [&str; 25] = [
    "R", "d", "i", "b", "t", "m", "p", "r", "n", "c", "f", "C", "q", "x", "y", "k", "j", "g", "G", "P", "L",
    "l", "enter", "esc", "pgup",
];

/// The key of which the message line says that it does nothing here, and the words that say so.
fn idle(model: &Model) -> Option<(Key, String)> {
    const SAYS: &str = " does nothing here";
    let (key, _) = model.notice.as_ref()?.split_once(SAYS)?;
    Some((key.parse().ok()?, format!("{key}{SAYS}")))
}

/// What is wrong with the keys that a screen names.
fn wrong(model: &Model, text: &str) -> Option<String> {
    let typing = types(model);
    let keys = &model.setup.keys;
    let mut text = text.to_owned();
    if let Some((key, said)) = idle(model) {
        if model.overlay.is_none() && keys.action(model.context(), key).is_some() {
            return Some(format!("{key} does something here"));
        }
        // It is named for doing nothing; every other name in that sentence is looked at as any other.
        text = text.replacen(&said, "", 1);
    }
    let closes = keys.key_of(Context::Overlay, Action::Back) == Some(Key::Esc);
    for token in text.split(|char: char| char.is_whitespace() || "()[]:;,.".contains(char)) {
        let fixed = (typing && ["enter", "esc", "pgup"].contains(&token)) || (closes && token == "esc");
        if USUAL.contains(&token) && !fixed {
            return Some(format!("{token:?} is named and does nothing"));
        }
    }
    let here = model.screen_context();
    let works = |key| {
        let in_context = |context| keys.action(context, key).is_some();
        let elsewhere = ELSEWHERE.iter().filter(|(on, ..)| *on == here);
        in_context(here)
            || (model.overlay.is_some() && in_context(Context::Overlay))
            || elsewhere.into_iter().any(|(_, context, action)| keys.key_of(*context, *action) == Some(key))
    };
    let help = matches!(model.overlay, Some(Overlay::Help { .. }));
    let named = text.chars().filter(|char| letters().any(|letter| letter == *char)).map(Key::Char);
    named.filter(|_| !help).find(|key| !works(*key)).map(|key| format!("{key} does nothing here"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_text_names_a_key_that_does_not_do_that(
        choices in prop::collection::vec(0_u8..6, TABLE.len()),
        steps in prop::collection::vec(step(), 1..16),
        armed: bool,
        demo: bool,
    ) {
        let mut model = model(armed, Size { width: 120, height: 40 });
        (model.setup.keys, model.setup.demo) = (key_map(&choices), demo);
        if demo {
            model.setup.again = None;
        }
        for step in steps {
            take(&mut model, step);
            let text = text(&mut model);
            let wrong = wrong(&model, &text);
            prop_assert!(wrong.is_none(), "{}\n{text}", wrong.unwrap_or_default());
        }
    }
}

/// Whatever key of the table is pressed on whatever screen: something happens, or it is said why not.
#[test]
fn no_key_is_silent() {
    use Action as A;
    let motions =
        [A::Up, A::Down, A::Left, A::Right, A::PageUp, A::PageDown, A::First, A::Last, A::ZoomIn, A::ZoomOut];
    for screen in ["", "R", "\r", "3", "4", "5", "6", "?"] {
        for key in TABLE.iter().flat_map(|row| row.keys.iter()) {
            let mut model = model(false, Size { width: 80, height: 24 });
            update(&mut model, Message::Run { state: run(RunKind::Drill, 12), driven_here: false }, now());
            type_keys(&mut model, "/orders-db\r");
            type_keys(&mut model, screen);
            let action = model.setup.keys.action(model.context(), *key);
            let before = text(&mut model);
            let effects = update(&mut model, Message::Key(*key), now());
            let after = text(&mut model);
            let moved = action.is_some_and(|action| motions.contains(&action));
            // A screen that is asked for again is the one that is shown.
            let shown = action.is_some_and(|action| action.key().starts_with("screen_")) || before != after;
            assert!(moved || shown || !effects.is_empty(), "{key} on {screen:?}:\n{after}");
            if let Some((said, _)) = idle(&model) {
                assert_eq!(said, *key);
                let last = after.lines().last().unwrap();
                assert!(model.overlay.is_some() || last.contains("? help"), "{last}");
            }
        }
    }
}

#[test]
fn a_key_that_does_nothing_here_says_where_it_would_for_a_moment() {
    let mut board = model(false, Size { width: 80, height: 24 });
    type_keys(&mut board, "p");
    assert!(
        text(&mut board).contains(" p does nothing here; on run (3): pause  ? help"),
        "{}",
        text(&mut board)
    );
    type_keys(&mut board, "m");
    let both = " m does nothing here; on service (2): bad moment; on alerts (6): mute  ? help";
    assert!(text(&mut board).contains(both), "{}", text(&mut board));
    type_keys(&mut board, "Z");
    assert!(text(&mut board).contains(" Z does nothing here  ? help"), "{}", text(&mut board));
    for _ in 0..5 {
        assert!(idle(&board).is_some());
        update(&mut board, Message::Tick, now());
    }
    assert!(idle(&board).is_none() && text(&mut board).contains("enter open"), "{}", text(&mut board));
    type_keys(&mut board, "P");
    assert!(text(&mut board).contains("asking every source now"), "{}", text(&mut board));
    for _ in 0..5 {
        update(&mut board, Message::Tick, now());
    }
    assert!(text(&mut board).contains("enter open"), "the keys come back: {}", text(&mut board));
    type_keys(&mut board, "Z");
    update(&mut board, Message::Notice("readings are not saved".to_owned()), now());
    for _ in 0..9 {
        update(&mut board, Message::Tick, now());
    }
    assert_eq!(board.notice.as_deref(), Some("readings are not saved"), "what else was said stays");
    let mut narrow = model(false, Size { width: 40, height: 12 });
    type_keys(&mut narrow, "p");
    let shown = text(&mut narrow);
    assert!(shown.contains(" p does nothing here  ? help"), "{shown}");
    type_keys(&mut board, "?p");
    let shown = text(&mut board);
    assert!(shown.contains("p does nothing here; esc closes this first"), "{shown}");
}

/// The same screens under the usual keys are full of what the property looks for.
#[test]
fn the_property_sees_a_key_that_does_nothing() {
    let mut usual = model(false, Size { width: 120, height: 40 });
    assert!(wrong(&usual.clone(), &text(&mut usual)).is_some(), "d, i, R are named by the usual footer");
    type_keys(&mut usual, "/zzz\r");
    let shown = text(&mut usual);
    assert!(shown.contains("esc shows all"), "{shown}");
    let mut own = model(false, Size { width: 120, height: 40 });
    own.setup.keys = key_map(&vec![3; TABLE.len()]);
    let back = own.setup.keys.key_of(Context::Fleet, Action::Back).unwrap();
    own.board.filter = "zzz".to_owned();
    let page = own.page();
    own.board.arrange(&own.fleet, page);
    assert!(text(&mut own).contains(&format!("{back} shows all")), "{}", text(&mut own));
    own.setup.keys.assign(Context::Everywhere, Action::Back, Vec::new());
    assert!(text(&mut own).contains("nothing matches  "), "{}", text(&mut own));
}

#[test]
fn a_filter_that_is_opened_again_is_replaced_by_what_is_typed_and_kept_by_enter() {
    let mut model = model(false, Size { width: 120, height: 40 });
    for (keys, filter) in [
        ("/orders\r", "orders"),
        ("/\r", "orders"),
        ("/orders\r", "orders"),
        ("/led", "led"),
        ("ger", "ledger"),
        ("\r/o", "o"),
    ] {
        type_keys(&mut model, keys);
        assert_eq!(model.board.filter, filter, "{keys:?}");
    }
    update(&mut model, Message::Key(Key::Esc), now());
    assert_eq!(model.board.filter, "");
    type_keys(&mut model, "/orders\r/");
    assert!(text(&mut model).contains("filter orders_   typing replaces it"), "{}", text(&mut model));
}

#[test]
fn what_a_run_asks_for_is_named_even_where_no_key_does_it() {
    let mut model = model(true, Size { width: 120, height: 40 });
    let asks = |state: &Arc<RunState>| need(state) == Some(Need::ConfirmPoint);
    let state = (1..40).map(|rounds| run(RunKind::Drill, rounds)).find(asks).unwrap();
    update(&mut model, Message::Run { state, driven_here: true }, now());
    type_keys(&mut model, "3");
    assert!(text(&mut model).contains("[enter: confirm by the name in its box"), "{}", text(&mut model));
    model.setup.keys.assign(Context::Run, Action::Confirm, vec![Key::Char('ö')]);
    assert!(text(&mut model).contains("[ö: confirm by the name in its box"), "{}", text(&mut model));
    model.setup.keys.assign(Context::Run, Action::Confirm, Vec::new());
    assert!(text(&mut model).contains("[no key: confirm by the name in its box"), "{}", text(&mut model));
}

#[test]
fn s20_to_ask_at_once_for_a_fork_that_was_not_taken_is_offered_and_done() {
    let mut journal = until(opening(RunKind::Drill), StepKind::Fork, &mut World::default());
    let again_at = journal.now + TimeDelta::seconds(30);
    let told = |journal: &Journal| {
        let mut model = model(true, Size { width: 120, height: 40 });
        update(&mut model, Message::Run { state: Arc::new(journal.state.clone()), driven_here: true }, now());
        type_keys(&mut model, "3");
        (text(&mut model).contains("[r: ask now"), type_keys(&mut model, "r"))
    };
    assert!(!told(&journal).0, "the first call is under way");
    let why = "too many requests".to_owned();
    journal.answer(Answer::Started(1, StartOutcome::NotTaken { why, again_at }));
    let (is_offered, done) = told(&journal);
    let [Effect::Act(acting)] = done.as_slice() else { panic!("{done:?}") };
    let sent = matches!(acting.deed(), Deed::Command { command: Command::Retry, .. });
    assert!(is_offered && sent, "{acting:?}");
}
