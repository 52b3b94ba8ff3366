//! Every screen at every size: what is never dropped is there and whole.

use std::sync::Arc;

use lifeboat::runbook::RunKind;
use lifeboat::tui::app::{Message, Model, Size, update};
use lifeboat::tui::draw::Look;
use lifeboat::tui::glyphs::Glyphs;
use lifeboat::tui::keymap::Key;
use lifeboat::tui::theme::Palette;

use crate::journal;
use crate::picture::{buffer, look, text};
use crate::sample;

const WIDTHS: [u16; 21] =
    [40, 41, 43, 46, 50, 55, 59, 60, 63, 64, 70, 76, 80, 90, 95, 96, 100, 120, 160, 200, 400];
const HEIGHTS: [u16; 12] = [10, 11, 12, 14, 16, 18, 20, 24, 30, 40, 50, 120];

fn sizes() -> impl Iterator<Item = Size> {
    WIDTHS.into_iter().flat_map(|width| HEIGHTS.into_iter().map(move |height| Size { width, height }))
}

fn looks() -> [Look; 2] {
    [look(Palette::Rich, &Glyphs::UNICODE), look(Palette::None, &Glyphs::ASCII)]
}

/// Draws a model at a size in both sets of characters.
fn pictures(model: &mut Model, size: Size) -> [String; 2] {
    let Size { width, height } = size;
    let now = model.now;
    update(model, Message::Resize { width, height }, now);
    looks().map(|look| text(&buffer(model, &look)))
}

fn must(picture: &str, whole: &[&str], size: Size) {
    for word in whole {
        assert!(picture.contains(word), "{word:?} is not whole at {size:?}:\n{picture}");
    }
}

/// Name, state word, loss and newest of every row on the fleet.
#[test]
fn the_fleet_never_drops_name_state_loss_and_newest() {
    let rows = [
        ["ledger", "SEVERE", "32m", "11:33:20Z"],
        ["sessions", "UNREAD", "<=27m", "11:38:02Z?"],
        ["orders-db", "log hole", "5m", "12:00:19Z"],
        ["search", "unproven", "1h 5m", "11:00:04Z"],
        ["events", "exempt", "-", "-"],
    ];
    let mut model = sample::model(80, 24);
    for size in sizes() {
        let page = {
            pictures(&mut model, size);
            model.page()
        };
        for picture in pictures(&mut model, size) {
            for row in rows.iter().take(page) {
                must(&picture, row, size);
            }
            must(&picture, &["? help"], size);
        }
    }
}

/// Long names, long losses: the same.
#[test]
fn long_names_and_huge_losses_stay_whole() {
    let mut fleet = sample::fleet();
    let mut far = fleet.services["ledger"].clone();
    far.id = "team-payments-orders-and-invoices-eu".to_owned();
    let there = far.secondary.as_mut().unwrap().last_good.as_mut().unwrap();
    there.windows.as_mut().unwrap()[0].to.at = sample::at("2026-11-18T01:02:03Z");
    fleet.services.insert(far.id.clone(), far);
    let size = Size { width: 80, height: 24 };
    let mut model = Model::new(sample::setup(), fleet, sample::now(), size);
    for size in sizes() {
        for picture in pictures(&mut model, size) {
            must(
                &picture,
                &["team-payments-orders-and-invoices-eu", "2d 12h", "11-18 01:02Z", "CRITICAL"],
                size,
            );
        }
    }
}

#[test]
fn the_timeline_never_drops_name_state_loss_newest_and_answer() {
    let mut model = sample::model(80, 24);
    let page = model.page();
    for (name, whole) in [
        ("orders-db", ["4m 12s", "log hole", "12:00:19Z", "CAN BE RESTORED"]),
        ("ledger", ["31m 11s", "SEVERE", "11:33:20Z", "CAN BE RESTORED"]),
        ("sessions", ["<=26m 29s", "UNREAD", "11:38:02Z?", "CAN BE RESTORED"]),
        ("search", ["1h 5m", "unproven", "11:00:04Z", "CAN BE RESTORED"]),
    ] {
        update(&mut model, Message::Key(Key::Char('1')), sample::now());
        model.board.select(name, page);
        update(&mut model, Message::Key(Key::Char('2')), sample::now());
        for size in sizes() {
            for picture in pictures(&mut model, size) {
                must(&picture, &[name, "? help"], size);
                must(&picture, &whole, size);
            }
        }
    }
}

#[test]
fn a_run_never_drops_its_service_clocks_and_what_to_do() {
    let cases = vec![
        (journal::restoring(RunKind::Incident), "48m 57s", "18m 50s", "INCIDENT"),
        (journal::to_be_confirmed(RunKind::Drill), "not begun", "41m 23s", "DRILL"),
        (journal::absent(), "32m", "18m 50s", "OUTCOME UNKNOWN"),
        (journal::accepted(RunKind::Incident), "MISSED", "18m 50s", "INCIDENT"),
        (journal::closed_drill(), "43m 27s", "42m 13s", "DRILL"),
    ];
    for (journal, took, lost, word) in cases {
        let mut model = sample::model(80, 24);
        model.setup.arming.sources.insert("aiven-prod".to_owned(), Ok(()));
        let state = Arc::new(journal.state.clone());
        update(&mut model, Message::Run { state, driven_here: true }, journal.now);
        update(&mut model, Message::Key(Key::Char('3')), journal.now);
        for size in sizes() {
            for picture in pictures(&mut model, size) {
                must(&picture, &["orders-db", took, lost, word, "NOW", "? help"], size);
            }
        }
    }
}

/// A box shows its title, its fields and the way out of it at every size.
#[test]
fn a_question_never_drops_its_fields() {
    let mut model = sample::model(80, 24);
    model.setup.arming.sources.insert("aiven-prod".to_owned(), Ok(()));
    update(&mut model, Message::Key(Key::Char('i')), sample::now());
    for size in sizes() {
        for picture in pictures(&mut model, size) {
            must(&picture, &["INCIDENT ledger", "declared by", "criteria", "type its name"], size);
        }
    }
}
