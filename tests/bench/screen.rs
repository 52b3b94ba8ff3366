//! Frames: how long one takes, and how many bytes a change costs.

use lifeboat::domain::fleet::Binding;
use lifeboat::domain::{CopyPart, Outcome, Role, ServicePart, SourceReport};
use lifeboat::tui::app::{Message, Model, Setup, Size, update};
use lifeboat::tui::draw::Look;
use lifeboat::tui::glyphs::Glyphs;
use lifeboat::tui::keymap::Key;
use lifeboat::tui::theme::{Palette, Theme};

use crate::cost::Stage;
use crate::large::large_fleet;
use crate::sample::{now, setup};
use crate::{Row, beside};

fn stage(services: usize, width: u16, height: u16) -> Stage {
    let look =
        Look { theme: Theme::built_in("dark").unwrap(), palette: Palette::Rich, glyphs: Glyphs::UNICODE };
    Stage::new(Model::new(setup(), large_fleet(services), now(), Size { width, height }), look)
}

/// From a key to the bytes of its frame.
fn key(services: usize) -> impl FnMut() {
    let mut stage = stage(services, 80, 24);
    let mut down = false;
    move || {
        down = !down;
        stage.keys(&[if down { Key::Down } else { Key::Up }]);
    }
}

/// From one reading of one service, each of which has a source of its own, to the bytes of its frame.
fn taken_in(services: usize) -> impl FnMut() {
    let mut fleet = large_fleet(services);
    let mut bindings = Vec::new();
    for (id, service) in &mut fleet.services {
        let (service_id, source) = (id.clone(), format!("source-{id}"));
        service.secondary.iter_mut().for_each(|there| there.source.clone_from(&source));
        bindings.push(Binding { service: service_id, role: Role::Secondary, source, remote: id.clone() });
    }
    let (id, service) = fleet.services.iter().find(|(id, _)| id.starts_with("service-")).unwrap();
    let (id, there) = (id.clone(), service.secondary.clone().unwrap());
    let mut reading = there.last_good.unwrap();
    let setup = Setup { bindings, ..setup() };
    let look =
        Look { theme: Theme::built_in("dark").unwrap(), palette: Palette::Rich, glyphs: Glyphs::UNICODE };
    let mut stage = Stage::new(Model::new(setup, fleet, now(), Size { width: 80, height: 24 }), look);
    move || {
        reading.as_of += chrono::TimeDelta::milliseconds(1);
        let copy = CopyPart {
            role: Role::Secondary,
            copy: there.copy.clone(),
            region: there.region.clone(),
            outcome: Outcome::Ok,
            error: None,
            reading: Some(reading.clone()),
        };
        let part = ServicePart { remote: id.clone(), facts: None, copies: vec![copy], ours: None };
        let report = SourceReport {
            outcome: Outcome::Ok,
            error: None,
            services: vec![part],
            ..SourceReport::failed(&there.source, reading.as_of, Outcome::Ok, "")
        };
        update(&mut stage.model, Message::Polled(Box::new(report)), now());
        stage.frame();
    }
}

pub(super) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for (what, took) in [
        ("key to frame", beside(key(100), key(10_000))),
        ("one reading to frame", beside(taken_in(100), taken_in(10_000))),
    ] {
        rows.push(Row::time(&format!("{what}, 100 services, 80x24"), took.first));
        rows.push(Row::time(&format!("{what}, 10 000 services, 80x24"), took.second));
        let against = format!("{what}, 10 000 services against 100");
        rows.push(Row::times(&against, took.ratio, (1.3, 1.05), "100"));
    }
    for (width, height) in [(80, 24), (120, 40), (200, 50)] {
        let mut stage = stage(1000, width, height);
        stage.keys(&[Key::Down]);
        let cost = stage.keys(&[Key::Down]);
        let (need, ten_more) = (cost.need, cost.need + cost.need / 10);
        let what = format!("selection move, {width}x{height} (need {need})");
        rows.push(Row::at_most(&what, cost.bytes, (ten_more, 60), "bytes"));
    }
    let mut scrolling = stage(1000, 80, 24);
    scrolling.keys(&[Key::PageDown, Key::PageDown]);
    let cost = scrolling.keys(&[Key::Down]);
    rows.push(Row::at_most("list scrolls by one line, 80x24", cost.bytes, (400, 100), "bytes"));
    for (width, height) in [(80, 24), (120, 40), (200, 50)] {
        let mut ticking = stage(1000, width, height);
        ticking.tick(1);
        let minute: usize = (2..62).map(|second| ticking.tick(second).bytes).sum();
        let what = format!("tick of the clock, {width}x{height}, mean of a minute");
        rows.push(Row::at_most(&what, minute.div_ceil(60), (30, 15), "bytes"));
        rows.push(Row::at_most("nothing changes", ticking.frame().bytes, (0, 0), "bytes"));
    }
    let mut flooded = stage(1000, 80, 24);
    let bytes: usize = [Key::Down; 500].chunks(167).map(|keys| flooded.keys(keys).bytes).sum();
    rows.push(Row::at_most("500 queued keys, in three reads", bytes, (15_000, 15_000), "bytes"));
    rows
}
