//! The fleet, its regions and findings, and what lies over them.

use std::collections::BTreeMap;

use lifeboat::domain::fleet::SourceState;
use lifeboat::domain::{Attempt, Fleet, Outcome, Service};
use lifeboat::tui::app::{Model, Size};
use lifeboat::tui::glyphs::Glyphs;
use lifeboat::tui::theme::Palette;

use crate::picture::{buffer, look, rich, styled, text};
use crate::sample;
use crate::states::loading;
use crate::typing::press;

fn pressed(width: u16, height: u16, keys: &str) -> Model {
    let mut model = sample::model(width, height);
    press(&mut model, keys);
    model
}

const SIZES: [(u16, u16); 5] = [(100, 24), (80, 24), (120, 40), (200, 50), (44, 14)];

#[test]
fn in_colour_at_every_size() {
    for (screen, keys) in [("fleet", ""), ("regions", "R"), ("alerts", "a"), ("help", "?")] {
        for (width, height) in SIZES {
            let picture = styled(&buffer(&pressed(width, height, keys), &rich()));
            insta::assert_snapshot!(format!("{screen}-{width}x{height}"), picture);
        }
    }
}

#[test]
fn without_colour_and_in_ascii() {
    for (screen, keys) in [("fleet", ""), ("regions", "R"), ("alerts", "a"), ("help", "?")] {
        let model = pressed(80, 24, keys);
        let plain = buffer(&model, &look(Palette::None, &Glyphs::UNICODE));
        insta::assert_snapshot!(format!("{screen}-80x24-no-colour"), styled(&plain));
        let ascii = buffer(&model, &look(Palette::Sixteen, &Glyphs::ASCII));
        assert!(text(&ascii).is_ascii(), "{}", text(&ascii));
        insta::assert_snapshot!(format!("{screen}-80x24-ascii"), styled(&ascii));
    }
}

#[test]
fn what_lies_over_the_fleet() {
    for (name, keys) in [("explain", "jx"), ("copy", "y"), ("not-armed", "d"), ("filter", "/orders")] {
        insta::assert_snapshot!(format!("{name}-80x24"), text(&buffer(&pressed(80, 24, keys), &rich())));
    }
}

#[test]
fn what_is_asked_before_a_run() {
    for (name, keys) in [("drill", "d"), ("incident", "i"), ("incident-refused", "i\r\r\r\r\r\r")] {
        let mut model = sample::model(80, 24);
        model.setup.arming.sources = BTreeMap::from([("aiven-prod".to_owned(), Ok(()))]);
        press(&mut model, keys);
        insta::assert_snapshot!(format!("{name}-80x24"), text(&buffer(&model, &rich())));
    }
}

/// The first frame, before any answer: nothing is known, and nothing looks as if it were.
#[test]
fn s3_nothing_read_yet() {
    let model = Model::new(sample::setup(), loading(), sample::now(), Size { width: 80, height: 24 });
    insta::assert_snapshot!("unread-80x24", text(&buffer(&model, &rich())));
    let empty = Model::new(sample::setup(), Fleet::default(), sample::now(), Size { width: 80, height: 24 });
    insta::assert_snapshot!("empty-80x24", text(&buffer(&empty, &rich())));
}

/// Many services with long and wide names, a demo that is armed, many sources in trouble.
#[test]
fn a_full_house() {
    let mut fleet = sample::fleet();
    for index in 0..40 {
        let id = if index % 7 == 0 {
            format!("支払い-{index}")
        } else {
            format!("team-payments-ledger-{index:02}")
        };
        fleet.services.insert(id.clone(), Service { id, ..sample::orders() });
    }
    for (index, outcome) in
        [Outcome::Unreachable, Outcome::Denied, Outcome::Malformed].into_iter().enumerate()
    {
        let attempt = Attempt { at: Some(sample::now()), outcome, error: None };
        let state = SourceState { attempt, last_good: None, ..fleet.sources["pg-east"].clone() };
        fleet.sources.insert(format!("source-{index}"), state);
    }
    let mut setup = sample::setup();
    setup.demo = true;
    setup.arming.sources = BTreeMap::from([("aiven-prod".to_owned(), Ok(()))]);
    setup.not_saved = Some("/var/lib/lifeboat is read-only".to_owned());
    for (width, height) in [(80, 24), (120, 40)] {
        let mut model = Model::new(setup.clone(), fleet.clone(), sample::now(), Size { width, height });
        press(&mut model, "G");
        insta::assert_snapshot!(format!("full-{width}x{height}"), text(&buffer(&model, &rich())));
    }
}

#[test]
fn below_40x10_there_is_one_line() {
    for (width, height) in [(39, 24), (80, 9), (30, 5), (24, 3), (11, 1), (5, 1)] {
        let picture = text(&buffer(&sample::model(width, height), &rich()));
        let says = if width < 22 { "40x10" } else { "too small: " };
        assert!(picture.contains(says) && picture.contains("40x10"), "{picture}");
        assert_eq!(picture.trim().lines().count(), 1, "{picture}");
    }
}

/// Width takes columns in the order of the drawings; name, loss, newest and state stay.
#[test]
fn width_takes_columns_in_order() {
    let heads = [(140, "PROVEN"), (92, "ENGINE"), (80, "OLDEST"), (66, "RESTORE")];
    for (width, _) in heads {
        let picture = text(&buffer(&sample::model(width, 30), &rich()));
        for must in ["ledger", "32m", "11:33:20Z", "SEVERE"] {
            assert!(picture.contains(must), "{must} at {width}:\n{picture}");
        }
    }
    let narrow = text(&buffer(&sample::model(40, 24), &rich()));
    assert!(
        !narrow.contains("RESTORE") && narrow.contains("SEVERE") && narrow.contains("11:33:20Z"),
        "{narrow}"
    );
}

/// What a list leaves empty shows the lanes of the selected service, below all that is said of it.
#[test]
fn the_room_below_a_short_list_shows_the_lanes_of_the_selected_service() {
    for (size, lanes) in [((80, 18), 0), ((80, 24), 1), ((120, 40), 2), ((200, 50), 2)] {
        let mut model = sample::model(size.0, size.1);
        let page = model.page();
        model.board.select("orders-db", page);
        let picture = text(&buffer(&model, &rich()));
        let drawn = picture.lines().filter(|line| line.starts_with(" there ")).count();
        assert_eq!(drawn, lanes, "{picture}");
        let next = picture.lines().position(|line| line.starts_with(" next: ")).unwrap();
        let whole = picture.lines().position(|line| line.starts_with(" ─ all "));
        assert!(whole.is_none_or(|whole| whole > next), "{picture}");
        model.board.select("ledger", page);
        let other = text(&buffer(&model, &rich()));
        assert_eq!(other.lines().position(|line| line.starts_with(" next: ")), Some(next), "{other}");
    }
}
