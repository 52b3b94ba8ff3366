//! The fleet by region: what falls with each.

use std::collections::BTreeMap;
use std::time::Duration;

use super::board::{Board, primary_region};
use crate::domain::{Fleet, Liveness, LossIs, Timestamp, Verdict};

/// One region.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Region {
    /// Its name.
    pub name: String,
    /// Services whose primary copy lies in it.
    pub services: usize,
    /// Of those, exempt by design.
    pub exempt: usize,
    /// Of those, with nothing to be restored elsewhere, or not known whether.
    pub not_elsewhere: usize,
    /// Of those, which lose everything: nothing is there.
    pub lose_all: usize,
    /// The worst loss among those with a known amount, and what that says.
    pub worst_loss: Option<(Duration, LossIs)>,
    /// Of those, whose loss is not known.
    pub loss_unknown: usize,
    /// The longest restore among them.
    pub longest_restore: Option<Duration>,
    /// Services elsewhere whose secondary copy lies in it.
    pub copies: usize,
    /// Primaries in it that answer.
    pub answer: usize,
    /// Primaries in it that are silent.
    pub silent: usize,
}

/// Every region that holds a copy: silent ones first, then the largest.
pub fn regions(fleet: &Fleet, board: &Board, now: Timestamp) -> Vec<Region> {
    let mut regions: BTreeMap<&str, Region> = BTreeMap::new();
    for (service, known) in board.all().filter_map(|known| Some((fleet.services.get(&known.service)?, known)))
    {
        let from = primary_region(service).unwrap_or("region not known");
        let there = known.secondary.as_ref();
        let region = regions.entry(from).or_default();
        region.services += 1;
        if known.verdict == Verdict::Exempt {
            region.exempt += 1;
        } else {
            region.not_elsewhere += usize::from(there.and_then(|copy| copy.newest).is_none());
            match known.loss.amount {
                Some(amount) if region.worst_loss.is_none_or(|(worst, _)| amount > worst) => {
                    region.worst_loss = Some((amount, known.loss.is));
                }
                Some(_) => {}
                None if known.has_nothing_there() => region.lose_all += 1,
                None => region.loss_unknown += 1,
            }
            region.longest_restore =
                region.longest_restore.max(known.restore.as_ref().map(|takes| takes.longest));
        }
        match service.alive() {
            Liveness::Answers { .. } => region.answer += usize::from(service.alive().answers(now)),
            Liveness::Silent { .. } => region.silent += 1,
            Liveness::NotProbed => {}
        }
        let to = service.secondary.as_ref().and_then(|copy| copy.region.as_deref());
        if let Some(to) = to.filter(|to| *to != from) {
            regions.entry(to).or_default().copies += 1;
        }
    }
    let mut regions: Vec<Region> =
        regions.into_iter().map(|(name, region)| Region { name: name.to_owned(), ..region }).collect();
    regions.sort_by_key(|region| (!region.is_silent(), std::cmp::Reverse(region.services)));
    regions
}

impl Region {
    /// Whether every probe of it is silent.
    pub const fn is_silent(&self) -> bool {
        self.silent > 0 && self.answer == 0
    }
}
