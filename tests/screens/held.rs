//! The memory that a dashboard over many services takes, in a process that does nothing else.

use std::process::Command;

use lifeboat::domain::{Points, Role};
use lifeboat::tui::app::{Model, Size};

use crate::large::large_fleet;
use crate::sample::{now, setup};

/// Of each service, over both of its copies.
pub(crate) const BACKUPS: usize = 60;
/// Before the number that tells a process how many services to hold.
pub(crate) const HOLD: &str = "LIFEBOAT_HOLD";

/// A dashboard over so many services.
pub(crate) fn dashboard(services: usize) -> Model {
    let mut fleet = large_fleet(services);
    for service in fleet.services.values_mut() {
        for role in [Role::Primary, Role::Secondary] {
            let reading = service.copy_mut(role).as_mut().and_then(|copy| copy.last_good.as_mut());
            let points = reading.and_then(|reading| reading.points.as_mut());
            let Some(points) = points.filter(|points| !points.is_empty()) else { continue };
            let whole: Points = points.iter().cycle().take(BACKUPS / 2).map(Into::into).collect();
            *points = whole;
        }
    }
    Model::new(setup(), fleet, now(), Size { width: 80, height: 24 })
}

/// How many services this process is to hold, if it was started for that.
pub(crate) fn asked() -> Option<usize> {
    std::env::var(HOLD).ok()?.parse().ok()
}

/// What this process has in memory, KiB.
pub(crate) fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// What another process of this program has in memory that holds so many services and says so, KiB.
pub(crate) fn resident_with(services: usize, arguments: &[&str]) -> usize {
    let own = std::env::current_exe().unwrap();
    let output = Command::new(own).args(arguments).env(HOLD, services.to_string()).output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    told.lines().find_map(|line| line.strip_prefix("resident ")?.parse().ok()).unwrap()
}
