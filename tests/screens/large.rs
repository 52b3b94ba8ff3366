//! A fleet as large as one wants.

use lifeboat::domain::{Fleet, Service};

use crate::sample::{fleet, orders};

/// The five of the drawings, and so many more.
pub(crate) fn large_fleet(services: usize) -> Fleet {
    let mut fleet = fleet();
    for index in 0..services {
        let id = format!("service-{index:05}");
        fleet.services.insert(id.clone(), Service { id, ..orders() });
    }
    fleet
}
