//! What is known is told: notes of a copy, a loss that is fixed, what is critical, ages of their own.

use std::collections::BTreeMap;
use std::time::Duration;

use lifeboat::domain::{Fleet, Liveness, Service, Sign, StaleAfter};
use lifeboat::tui::app::{Model, Setup, Size};
use lifeboat::tui::glyphs::Glyphs;
use lifeboat::tui::theme::Palette;

use crate::picture::{buffer, look, rich, text};
use crate::sample::{self, at};
use crate::typing::press;

fn fleet(spoil: impl FnOnce(&mut Service)) -> Fleet {
    let mut fleet = sample::fleet();
    spoil(fleet.services.get_mut("orders-db").unwrap());
    fleet
}

fn sign(service: &mut Service, sign: Sign) {
    service.secondary.as_mut().unwrap().last_good.as_mut().unwrap().signs.push(sign);
}

fn model(fleet: Fleet, width: u16, height: u16) -> Model {
    Model::new(sample::setup(), fleet, sample::now(), Size { width, height })
}

#[test]
fn what_a_provider_notes_of_a_copy() {
    let noted = fleet(|orders| {
        sign(orders, Sign::BackupRunning);
        sign(orders, Sign::Note { text: "another copy lies in aws-eu-north-1".to_owned() });
    });
    let mut model = model(noted, 100, 44);
    model.board.select("orders-db", 20);
    press(&mut model, "\r");
    insta::assert_snapshot!("notes-100x44", text(&buffer(&model, &rich())));
    press(&mut model, "x");
    let told: String = (0..4)
        .map(|_| {
            let page = text(&buffer(&model, &rich()));
            press(&mut model, "jjjjjjjjjj");
            page
        })
        .collect();
    for note in ["note          a backup is being made", "note          another copy lies in aws-eu-north-1"]
    {
        assert!(told.contains(note), "{told}");
    }
}

/// Beside losses that grow, in 80 columns and ASCII: `lost`, and no warning for what is critical.
#[test]
fn s5_s16_a_fixed_loss_and_a_hole_that_ends_the_window() {
    let gap = Sign::LogGap {
        first: "41".to_owned(),
        last: "4C".to_owned(),
        count: 12,
        ends_window: true,
        confirmed: true,
    };
    let mut fleet = fleet(|orders| sign(orders, gap));
    fleet.services.get_mut("search").unwrap().liveness =
        Liveness::silent(at("2026-11-20T11:40:00Z"), Some(at("2026-11-20T11:39:50Z")))
            .looked(false, at("2026-11-20T12:04:21Z"));
    for (width, height) in [(80, 24), (44, 14)] {
        let mut model = model(fleet.clone(), width, height);
        model.board.select("search", model.page());
        let picture = text(&buffer(&model, &look(Palette::None, &Glyphs::ASCII)));
        assert!(picture.is_ascii() && picture.contains("lost "), "{picture}");
        insta::assert_snapshot!(format!("lost-{width}x{height}"), picture);
    }
}

#[test]
fn s10_the_age_of_the_probes_is_that_of_the_oldest_silent_or_not() {
    let silent = |seen: &str| Liveness::silent(at("2026-11-20T09:00:00Z"), None).looked(false, at(seen));
    for (seen, told) in [
        ("2026-11-20T12:04:21Z", "probes: 3 of 4 primaries answer (10s)"),
        ("2026-11-20T11:04:21Z", "probes: 3 of 4 primaries answer (1h)"),
    ] {
        let picture = text(&buffer(&model(fleet(|orders| orders.liveness = silent(seen)), 120, 40), &rich()));
        assert!(picture.contains(told), "{picture}");
    }
}

/// `pg-west` is read each hour and a while ago; `aiven-prod` each minute and not for five.
#[test]
fn s2_the_header_names_the_source_that_is_late_and_not_the_one_that_is_slow() {
    let mut fleet = fleet(|_| {});
    let read = |fleet: &mut Fleet, source: &str, when: &str| {
        fleet.sources.get_mut(source).unwrap().last_good = Some(at(when));
    };
    read(&mut fleet, "pg-east", "2026-11-20T12:04:27Z");
    read(&mut fleet, "pg-west", "2026-11-20T11:34:31Z");
    let stale_after = StaleAfter::new(
        Duration::from_mins(2),
        BTreeMap::from([("pg-west".to_owned(), Duration::from_hours(2))]),
    );
    for (aiven, told) in [
        ("2026-11-20T12:04:27Z", "OLDEST READING 30m (pg-west)"),
        ("2026-11-20T11:59:31Z", "OLDEST READING 5m (aiven-prod)"),
    ] {
        read(&mut fleet, "aiven-prod", aiven);
        let setup = Setup { stale_after: stale_after.clone(), ..sample::setup() };
        let model = Model::new(setup, fleet.clone(), sample::now(), Size { width: 120, height: 40 });
        let picture = text(&buffer(&model, &rich()));
        assert!(picture.contains(told), "{picture}");
    }
}
