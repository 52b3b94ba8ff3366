//! The regions of the board.

use super::model::Model;
use crate::domain::regions::{self, Region};

/// Every region that holds a copy of a service.
pub fn regions(model: &Model) -> Vec<Region> {
    let judged = model.board.all();
    let judged = judged.filter_map(|known| Some((model.fleet.services.get(&known.service)?, known)));
    regions::regions(judged, model.now)
}
