//! Copying backups to another region, by keys: armed, checked, typed.

use lifeboat::domain::fork::CallPreview;
use lifeboat::domain::{ReadinessItem, ReadinessState, RegionChange};
use lifeboat::tui::app::copy_region::CheckedChange;
use lifeboat::tui::app::effect::Deed;
use lifeboat::tui::app::{Effect, Message, Model, update};
use lifeboat::tui::glyphs::Glyphs;
use lifeboat::tui::keymap::Key;
use lifeboat::tui::theme::Palette;

use crate::picture::{buffer, look, text};
use crate::sample;
use crate::typing::press;

const NORTH: &str = "aws-eu-north-1";

fn picture(model: &Model) -> String {
    text(&buffer(model, &look(Palette::Rich, &Glyphs::UNICODE)))
}

/// The timeline of a service on a board that is armed, or not.
fn shown(armed: bool, width: u16, height: u16) -> Model {
    let mut model = sample::model(width, height);
    if armed {
        model.setup.arming.insert("aiven-prod".to_owned(), Ok(()));
    }
    let page = model.page();
    model.board.select("orders-db", page);
    press(&mut model, "2");
    model
}

fn item(check: &str, state: ReadinessState, text: &str) -> ReadinessItem {
    ReadinessItem { check: check.to_owned(), state, text: text.to_owned(), host: None }
}

fn checked(to: Option<&str>, items: Vec<ReadinessItem>) -> Message {
    Message::RegionChecked(Box::new(CheckedChange {
        service: "orders-db".to_owned(),
        change: RegionChange {
            remote: "orders-db".to_owned(),
            from: Some(sample::CENTRAL.to_owned()),
            to: to.map(str::to_owned),
            last_changed: None,
        },
        items,
        calls: vec![CallPreview {
            what: "set the region its backups are copied to".to_owned(),
            command: "curl -X PUT -H \"Authorization: aivenv1 $AIVEN_RECOVER_TOKEN\" \\\n  https://api.aiven.io/v1/project/prod/service/orders-db".to_owned(),
            mutating: true,
        }],
        before: vec!["2026-10-01 09:00:00Z  asked by anna@jump2: enable nowhere -> aws-eu-central-1".to_owned()],
    }))
}

fn check(to: Option<&str>) -> Effect {
    let (service, source) = ("orders-db".to_owned(), "aiven-prod".to_owned());
    let (remote, from, to) = (service.clone(), Some(sample::CENTRAL.to_owned()), to.map(str::to_owned));
    Effect::CheckRegion { service, source, change: RegionChange { remote, from, to, last_changed: None } }
}

fn rules() -> Vec<ReadinessItem> {
    vec![
        item("service", ReadinessState::Pass, "orders-db is RUNNING"),
        item(
            "one_region",
            ReadinessState::Warn,
            "one region is possible: nothing more is copied to aws-eu-central-1",
        ),
        item(
            "may_change",
            ReadinessState::NotVerified,
            "whether the token may change it shows only when it is asked for",
        ),
    ]
}

#[test]
fn s18_without_arming_the_key_says_what_arming_needs() {
    let mut model = shown(false, 100, 24);
    assert_eq!(press(&mut model, "R"), []);
    assert!(picture(&model).contains("--arm is not given"), "{}", picture(&model));
}

#[test]
fn r21_a_region_is_named_its_rules_are_read_and_its_name_is_typed_before_anything_is_sent() {
    let mut model = shown(true, 80, 24);
    assert_eq!(press(&mut model, "R"), []);
    insta::assert_snapshot!("copying-where-80x24", picture(&model));
    assert_eq!(press(&mut model, "\r"), [], "an empty answer is none");
    assert_eq!(press(&mut model, "two regions\r"), [], "there is room for one");
    for _ in 0.."two regions".len() {
        update(&mut model, Message::Key(Key::Backspace), sample::now());
    }
    let asked = press(&mut model, &format!("{NORTH}\r"));
    assert_eq!(asked, [check(Some(NORTH))]);
    update(&mut model, checked(Some(NORTH), rules()), sample::now());
    insta::assert_snapshot!("copying-agree-80x24", picture(&model));
    assert_eq!(press(&mut model, "orders\r"), [], "not its name");
    assert!(picture(&model).contains("type orders-db"), "{}", picture(&model));
    let effects = press(&mut model, "-db\r");
    let [Effect::Act(acting)] = &effects[..] else { panic!("{effects:?}") };
    let Deed::SetRegion(set) = acting.deed() else { panic!("{acting:?}") };
    assert_eq!((set.change.to.as_deref(), set.typed.as_str()), (Some(NORTH), "orders-db"));
    assert_eq!((acting.source(), set.calls.len()), ("aiven-prod", 1));
    let news = |line: &str| Message::RegionNews { service: "orders-db".to_owned(), line: line.to_owned() };
    update(&mut model, news("12:04:32Z  accepted: HTTP 200"), sample::now());
    assert!(picture(&model).contains("accepted: HTTP 200"), "{}", picture(&model));
    update(&mut model, Message::Key(Key::Esc), sample::now());
    update(&mut model, news("12:05:02Z  no copy there yet"), sample::now());
    assert!(model.overlay.is_none(), "what is looked at is not covered");
    assert_eq!(model.notice.as_deref(), Some("orders-db: 12:05:02Z  no copy there yet"));
    press(&mut model, "R");
    assert!(picture(&model).contains("no copy there yet"), "{}", picture(&model));
}

#[test]
fn a_broken_rule_ends_it_and_off_copies_nowhere() {
    let mut model = shown(true, 120, 40);
    press(&mut model, "R");
    let asked = press(&mut model, "off\r");
    assert_eq!(asked, [check(None)]);
    let broken = item("once_in_24_h", ReadinessState::Fail, "the region was changed at 2026-11-20T11:00:00Z");
    update(&mut model, checked(None, vec![broken]), sample::now());
    insta::assert_snapshot!("copying-broken-120x40", picture(&model));
    assert_eq!(press(&mut model, "orders-db\r"), [], "there is nothing to agree to");
}

#[test]
fn an_answer_holds_only_for_where_copies_went_when_it_was_read() {
    let mut model = shown(true, 100, 24);
    update(&mut model, checked(Some(NORTH), rules()), sample::now());
    press(&mut model, "orders-db");
    let there = model.fleet.services.get_mut("orders-db").and_then(|service| service.secondary.as_mut());
    there.unwrap().region = Some("aws-eu-west-3".to_owned());
    assert_eq!(press(&mut model, "\r"), []);
    assert!(picture(&model).contains("has changed while it was open"), "{}", picture(&model));
}
