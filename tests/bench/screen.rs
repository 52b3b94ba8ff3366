//! Frames: how long one takes, and how many bytes a change costs.

use std::time::Duration;

use lifeboat::tui::app::{Model, Size};
use lifeboat::tui::draw::Look;
use lifeboat::tui::glyphs::Glyphs;
use lifeboat::tui::keymap::Key;
use lifeboat::tui::theme::{Palette, Theme};

use crate::cost::Stage;
use crate::large::large_fleet;
use crate::sample::{now, setup};
use crate::{Row, median};

fn stage(services: usize, width: u16, height: u16) -> Stage {
    let look =
        Look { theme: Theme::built_in("dark").unwrap(), palette: Palette::Rich, glyphs: Glyphs::UNICODE };
    Stage::new(Model::new(setup(), large_fleet(services), now(), Size { width, height }), look)
}

/// The time from a key to the bytes of its frame.
fn frame(services: usize) -> Duration {
    let mut stage = stage(services, 80, 24);
    let mut down = false;
    median(201, || {
        down = !down;
        stage.keys(&[if down { Key::Down } else { Key::Up }]);
    })
}

pub(super) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    let (few, many) = (frame(100), frame(10_000));
    rows.push(Row::time("key to frame, 100 services, 80x24", few));
    rows.push(Row::time("key to frame, 10 000 services, 80x24", many));
    let ratio = many.as_secs_f64() / few.as_secs_f64();
    rows.push(Row::times("key to frame, 10 000 services against 100", ratio, (1.3, 1.05), "100"));
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
    let mut ticking = stage(1000, 80, 24);
    ticking.tick(1);
    let minute: usize = (2..62).map(|second| ticking.tick(second).bytes).sum();
    rows.push(Row::at_most(
        "tick of the clock, 80x24, mean of a minute",
        minute.div_ceil(60),
        (30, 15),
        "bytes",
    ));
    rows.push(Row::at_most("nothing changes", ticking.frame().bytes, (0, 0), "bytes"));
    let mut flooded = stage(1000, 80, 24);
    let bytes: usize = [Key::Down; 500].chunks(167).map(|keys| flooded.keys(keys).bytes).sum();
    rows.push(Row::at_most("500 queued keys, in three reads", bytes, (15_000, 15_000), "bytes"));
    rows
}
