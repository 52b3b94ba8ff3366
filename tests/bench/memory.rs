//! Memory of a dashboard over many services with sixty backups each, in a process of its own.

use std::process::Command;

use lifeboat::domain::{RecoveryPoint, Role};
use lifeboat::tui::app::{Model, Size};
use lifeboat::tui::draw::Look;
use lifeboat::tui::glyphs::Glyphs;
use lifeboat::tui::theme::{Palette, Theme};

use crate::Row;
use crate::cost::Stage;
use crate::large::large_fleet;
use crate::sample::{now, setup};

const HOLD: &str = "--hold";
/// Of each service, over both of its copies.
const BACKUPS: usize = 60;

/// How many services this process is to hold, if it was started for that.
pub(super) fn asked(arguments: &[String]) -> Option<usize> {
    let at = arguments.iter().position(|word| word == HOLD)?;
    arguments.get(at + 1)?.parse().ok()
}

/// Shows so many services once, and prints the memory that takes.
pub(super) fn hold(services: usize) {
    let mut fleet = large_fleet(services);
    for service in fleet.services.values_mut() {
        for role in [Role::Primary, Role::Secondary] {
            let reading = service.copy_mut(role).as_mut().and_then(|copy| copy.last_good.as_mut());
            let points = reading.and_then(|reading| reading.points.as_mut());
            let Some(points) = points.filter(|points| !points.is_empty()) else { continue };
            let whole: Vec<RecoveryPoint> = points.iter().cycle().take(BACKUPS / 2).cloned().collect();
            *points = whole;
        }
    }
    let look =
        Look { theme: Theme::built_in("dark").unwrap(), palette: Palette::Rich, glyphs: Glyphs::UNICODE };
    let stage = Stage::new(Model::new(setup(), fleet, now(), Size { width: 80, height: 24 }), look);
    assert!(stage.model.board.len() >= services);
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    println!("{}", resident.trim().trim_end_matches(" kB"));
}

pub(super) fn rows() -> Vec<Row> {
    [(1000, (21, 14)), (10_000, (80, 55))]
        .into_iter()
        .map(|(services, goal)| {
            let own = std::env::current_exe().unwrap();
            let output = Command::new(own).args([HOLD, &services.to_string()]).output().unwrap();
            let kib: usize = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
            Row::at_most(
                &format!("RSS, {services} services x {BACKUPS} backups"),
                kib.div_ceil(1024),
                goal,
                "MiB",
            )
        })
        .collect()
}
