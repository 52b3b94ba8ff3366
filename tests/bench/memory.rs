//! Memory of a dashboard over many services with sixty backups each, in a process of its own.

use lifeboat::tui::draw::Look;
use lifeboat::tui::glyphs::Glyphs;
use lifeboat::tui::theme::{Palette, Theme};

use crate::Row;
use crate::cost::Stage;
use crate::held::{self, BACKUPS};

/// Shows so many services once, and prints the memory that takes.
pub(super) fn hold(services: usize) {
    let look =
        Look { theme: Theme::built_in("dark").unwrap(), palette: Palette::Rich, glyphs: Glyphs::UNICODE };
    let stage = Stage::new(held::dashboard(services), look);
    assert!(stage.model.board.len() >= services);
    println!("resident {}", held::resident());
}

pub(super) fn rows() -> Vec<Row> {
    [(1000, (21, 14)), (10_000, (80, 55))]
        .into_iter()
        .map(|(services, goal)| {
            let what = format!("RSS, {services} services x {BACKUPS} backups, shown");
            Row::at_most(&what, held::resident_with(services, &[]).div_ceil(1024), goal, "MiB")
        })
        .collect()
}
