//! The service screen as it is drawn and driven.

use lifeboat::tui::app::timeline::{Can, Timeline};
use lifeboat::tui::app::{Effect, Message, Model, service, update};
use lifeboat::tui::glyphs::Glyphs;
use lifeboat::tui::keymap::Key;
use lifeboat::tui::theme::Palette;
use proptest::prelude::*;

use crate::keys::any_key;
use crate::picture::{buffer, look, rich, styled, text};
use crate::sample::{self, at};

const DOWN: Key = Key::Down;

fn press(model: &mut Model, keys: &[Key]) -> Vec<Effect> {
    keys.iter().flat_map(|key| update(model, Message::Key(*key), sample::now())).collect()
}

fn type_text(model: &mut Model, text: &str) {
    let keys: Vec<Key> = text.chars().map(Key::Char).chain([Key::Enter]).collect();
    press(model, &keys);
}

fn opened(service: &str, width: u16, height: u16) -> Model {
    let mut model = sample::model(width, height);
    let page = model.page();
    model.board.select(service, page);
    press(&mut model, &[Key::Enter]);
    assert_eq!(model.timeline.as_ref().map(|timeline| timeline.service.as_str()), Some(service));
    model
}

fn cursor(model: &Model) -> lifeboat::domain::Timestamp {
    service::answer(model).unwrap().at
}

#[test]
fn in_colour_at_four_sizes() {
    for (width, height) in [(100, 24), (80, 24), (120, 40), (200, 50)] {
        let picture = styled(&buffer(&opened("orders-db", width, height), &rich()));
        insta::assert_snapshot!(format!("orders-{width}x{height}"), picture);
    }
}

#[test]
fn without_colour_and_in_ascii() {
    let model = opened("orders-db", 80, 24);
    let plain = buffer(&model, &look(Palette::None, &Glyphs::UNICODE));
    insta::assert_snapshot!("orders-80x24-no-colour", styled(&plain));
    let ascii = buffer(&model, &look(Palette::Sixteen, &Glyphs::ASCII));
    assert!(text(&ascii).is_ascii(), "{}", text(&ascii));
    insta::assert_snapshot!("orders-80x24-ascii", styled(&ascii));
}

#[test]
fn on_a_narrow_terminal_loss_newest_and_answer_stay() {
    let picture = text(&buffer(&opened("orders-db", 44, 12), &rich()));
    for must in ["4m 12s", "12:00:19Z", "CAN BE RESTORED"] {
        assert!(picture.contains(must), "{must} is missing:\n{picture}");
    }
    insta::assert_snapshot!("orders-44x12", picture);
}

#[test]
fn unread_snapshots_exempt_and_behind() {
    for name in ["sessions", "search", "events", "ledger"] {
        let picture = styled(&buffer(&opened(name, 100, 30), &rich()));
        insta::assert_snapshot!(format!("{name}-100x30"), picture);
    }
}

#[test]
fn the_oldest_point_is_named_also_while_the_lower_lanes_show_it() {
    let mut model = opened("orders-db", 100, 24);
    let before = text(&buffer(&model, &rich()));
    press(&mut model, &[Key::Home]);
    let at_home = text(&buffer(&model, &rich()));
    assert!(before.contains("^ oldest") && at_home.contains("] oldest"), "{at_home}");
}

#[test]
fn the_cursor_in_the_hole_says_why_and_what_is_near() {
    let mut model = opened("orders-db", 100, 24);
    press(&mut model, &[Key::Char('t')]);
    insta::assert_snapshot!("go-to-time", text(&buffer(&model, &rich())));
    type_text(&mut model, "2026-11-13T08:00:00Z");
    let answer = service::answer(&model).unwrap();
    assert!(matches!(&answer.can, Can::Not(reason) if reason.contains("hole")), "{answer:?}");
    insta::assert_snapshot!("in-the-hole-100x24", text(&buffer(&model, &rich())));
}

#[test]
fn s12_a_time_without_offset_offers_both_readings() {
    let mut model = opened("orders-db", 100, 24);
    press(&mut model, &[Key::Char('t')]);
    type_text(&mut model, "2026-11-20 10:30");
    let picture = text(&buffer(&model, &rich()));
    assert!(picture.contains("2026-11-20 10:30:00Z   11:30:00 +01:00   read as UTC"), "{picture}");
    assert!(
        picture.contains("2026-11-20 09:30:00Z   10:30:00 +01:00   read as local time, +01:00"),
        "{picture}"
    );
    press(&mut model, &[DOWN, Key::Enter]);
    assert_eq!(cursor(&model), at("2026-11-20T09:30:00Z"));
    assert!(model.overlay.is_none());
}

#[test]
fn what_is_no_time_stays_in_the_form_and_says_how_to_write_one() {
    let mut model = opened("orders-db", 100, 24);
    press(&mut model, &[Key::Char('t')]);
    type_text(&mut model, "2026-11-20 noon");
    let picture = text(&buffer(&model, &rich()));
    assert!(picture.contains("is no instant"), "{picture}");
    press(&mut model, &[Key::Esc]);
    assert_eq!(cursor(&model), at("2026-11-20T12:00:19Z"));
}

#[test]
fn words_and_backups_are_targets_too() {
    for (typed, to) in [
        ("oldest", "2026-11-07T02:31:40Z"),
        ("base-20261119", "2026-11-19T02:31:40Z"),
        ("newest", "2026-11-20T12:00:19Z"),
    ] {
        let mut model = opened("orders-db", 100, 24);
        press(&mut model, &[Key::Left, Key::Char('t')]);
        type_text(&mut model, typed);
        assert_eq!(cursor(&model), at(to), "{typed}");
    }
}

#[test]
fn s14_a_bad_moment_is_marked_and_keeps_the_point_before_it() {
    let mut model = opened("orders-db", 100, 24);
    press(&mut model, &[Key::Left, Key::Char('m'), Key::Right]);
    let picture = text(&buffer(&model, &rich()));
    assert!(picture.contains("CANNOT be restored: it does not lie before the bad moment"), "{picture}");
    press(&mut model, &[Key::Left, Key::Left]);
    let picture = text(&buffer(&model, &rich()));
    assert!(picture.contains("the point lies 43s before it"), "{picture}");
}

/// What is copied works: nothing for a point that cannot be restored, nothing that may come to lie
/// behind the bad moment.
#[test]
fn only_commands_that_would_be_taken_are_copied() {
    let mut model = opened("orders-db", 100, 24);
    let copied = |effects: &[Effect]| match effects {
        [Effect::Copy(text)] => Some(text.clone()),
        _ => None,
    };
    let text_at = |model: &mut Model, keys: &[Key]| copied(&press(model, keys));
    let newest = text_at(&mut model, &[Key::Char('y')]).unwrap();
    assert!(newest.starts_with("lifeboat --arm drill orders-db --to newest\n"), "{newest}");
    press(&mut model, &[Key::Esc, Key::Char('m')]);
    assert_eq!(text_at(&mut model, &[Key::Char('y')]), None, "newest is not before the bad moment");
    press(&mut model, &[Key::Esc, Key::Left]);
    let before = text_at(&mut model, &[Key::Char('y')]).unwrap();
    assert!(before.starts_with("# lies before the bad moment 2026-11-20 12:00:19Z\n"), "{before}");
    assert!(before.contains("--to 2026-11-20T11:5"), "{before}");
    press(&mut model, &[Key::Esc, Key::Char('t')]);
    type_text(&mut model, "2026-11-13T08:00:00Z");
    assert_eq!(text_at(&mut model, &[Key::Char('y')]), None);
    let picture = text(&buffer(&model, &rich()));
    assert!(picture.contains("nothing copied") && picture.contains("lies in a hole"), "{picture}");
    model.setup.again = None;
    press(&mut model, &[Key::Esc, Key::End]);
    assert_eq!(text_at(&mut model, &[Key::Char('y')]), None);
    assert!(text(&buffer(&model, &rich())).contains("exist only in this demo"));
}

#[test]
fn s14_a_neighbour_lies_before_the_bad_moment_too() {
    let mut model = opened("orders-db", 100, 24);
    press(&mut model, &[Key::Left, Key::Char('m'), Key::Left]);
    let answer = service::answer(&model).unwrap();
    let bad = model.timeline.as_ref().unwrap().bad.unwrap();
    assert!(answer.later.is_none_or(|later| later < bad), "{answer:?}");
    press(&mut model, &[Key::End]);
    let answer = service::answer(&model).unwrap();
    assert!(answer.earlier.is_some_and(|earlier| earlier < bad) && answer.later.is_none(), "{answer:?}");
}

#[test]
fn home_at_the_oldest_says_that_one_is_there() {
    let mut model = opened("orders-db", 100, 24);
    press(&mut model, &[Key::Home, Key::Home]);
    let picture = text(&buffer(&model, &rich()));
    assert!(picture.contains("the cursor is on the oldest point there"), "{picture}");
}

#[test]
fn back_and_again_keeps_the_cursor_and_another_service_starts_anew() {
    let mut model = opened("orders-db", 100, 24);
    press(&mut model, &[Key::Char('b'), Key::Char('B'), Key::Esc, Key::Enter]);
    assert_eq!(cursor(&model), at("2026-11-20T02:31:40Z"));
    press(&mut model, &[DOWN]);
    assert_ne!(
        model.timeline.as_ref().map(|timeline: &Timeline| timeline.service.as_str()),
        Some("orders-db")
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// R20: without arming no key makes the dashboard act; and nothing drawn ever panics.
    #[test]
    fn in_read_only_no_key_acts_and_any_size_is_drawn(
        keys in proptest::collection::vec(any_key(), 0..60),
        name in proptest::sample::select(vec!["orders-db", "ledger", "sessions", "search", "events"]),
        width in 0_u16..220,
        height in 0_u16..60,
    ) {
        let mut model = opened(name, width, height);
        for key in keys {
            let effects = press(&mut model, &[key]);
            prop_assert!(!effects.iter().any(|effect| matches!(effect, Effect::Act(_))), "{key}");
            buffer(&model, &rich());
        }
        buffer(&model, &look(Palette::None, &Glyphs::ASCII));
    }
}

/// Names of marks are whole or not there: no other mark stands in them.
#[test]
fn no_mark_stands_in_the_name_of_another() {
    for (width, height) in [(80, 24), (100, 24), (120, 40), (200, 50)] {
        let mut model = opened("orders-db", width, height);
        press(&mut model, &[Key::Left, Key::Left, Key::Left, Key::Char('m')]);
        for _ in 0..40 {
            press(&mut model, &[Key::Left]);
            let picture = text(&buffer(&model, &rich()));
            let line = picture.lines().find(|line| line.starts_with(" cursor")).unwrap().to_owned();
            let rest = line.replacen(" cursor", "", 1).replace(['◆', '✖', ' ', '^'], "");
            assert!(["", "newest", "newestthere"].contains(&rest.as_str()), "{line}");
        }
    }
}

#[test]
fn how_far_back_the_upper_lanes_reach_is_the_same_at_every_width() {
    for hours in [0, 7, 13, 19] {
        let mut model = opened("orders-db", 80, 40);
        let now = sample::now() + chrono::TimeDelta::hours(hours);
        update(&mut model, Message::Tick, now);
        let spans = [80, 100, 120, 200, 400].map(|width| {
            update(&mut model, Message::Resize { width, height: 40 }, now);
            let picture = text(&buffer(&model, &rich()));
            let title = picture.lines().find(|line| line.starts_with(" ─ all ")).unwrap();
            title.split_once(", 1 column = ").unwrap().0.to_owned()
        });
        assert!(spans.iter().all(|span| *span == spans[0]), "{hours}: {spans:?}");
    }
}

/// A service without any point there has no cursor, and says why.
#[test]
fn s3_where_nothing_can_be_restored_no_key_makes_a_cursor() {
    type Change = fn(&mut Model) -> &'static str;
    let none = |model: &mut Model| {
        model.fleet.services.get_mut("orders-db").unwrap().secondary = None;
        "CANNOT be restored: no copy in another region"
    };
    let unread = |model: &mut Model| {
        let copy = lifeboat::domain::CopyState::unread("east", "east", None);
        model.fleet.services.get_mut("orders-db").unwrap().secondary = Some(copy);
        "NOT KNOWN: not read yet"
    };
    let exempt = |_: &mut Model| "no backups by design: what it holds is lost with the region";
    let cases: [(&str, Change); 3] = [("orders-db", none), ("orders-db", unread), ("events", exempt)];
    for (name, change) in cases {
        let mut model = opened(name, 100, 30);
        let why = change(&mut model);
        for key in ['h', 'l', 'b', 'B', 'm', 't'] {
            press(&mut model, &[Key::Char(key)]);
            let told = model.notice.is_some() && model.overlay.is_none();
            assert!(told, "{key} is answered, and asks for nothing that cannot be had");
            let picture = text(&buffer(&model, &rich()));
            assert!(picture.contains(why), "{name}, {key}:\n{picture}");
            for word in ["◆", "gives up", "nearest"] {
                assert!(!picture.contains(word), "{name}, {key}: {word}\n{picture}");
            }
        }
        assert_eq!((service::answer(&model), model.timeline.as_ref().unwrap().bad), (None, None));
        model.notice = None;
        let picture = text(&buffer(&model, &rich()));
        assert!(!picture.contains("t time") && !picture.contains("m bad moment"), "{picture}");
        assert_eq!(picture.contains("+ zoom"), name != "events", "{picture}");
    }
}

#[test]
fn the_footer_shows_what_matters_at_80_columns() {
    let picture = text(&buffer(&opened("orders-db", 80, 24), &rich()));
    let footer = picture.lines().last().unwrap().to_owned();
    for key in ["t time", "m bad moment", "d drill", "i incident", "b backup", "+ zoom", "y copy", "? help"] {
        assert!(footer.contains(key), "{key} is missing: {footer}");
    }
}
