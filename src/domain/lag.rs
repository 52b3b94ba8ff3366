//! How far the secondary copy trails the primary copy (S8). Log and backups are never added, and
//! nothing is compared across histories or timelines (S6).

use std::time::Duration;

use super::assessment::{CopyFacts, Trailing};
use super::{Ability, Edge, LogPosition, Reading, Service, Timestamp, history};

/// Both copies, read and current.
#[derive(Clone, Copy)]
struct Pair<'a> {
    primary: &'a CopyFacts,
    secondary: &'a CopyFacts,
}

impl Pair<'_> {
    /// Whether how far their logs reach, too, was seen by the last looks.
    const fn is_reach_current(&self) -> bool {
        self.primary.is_reach_current() && self.secondary.is_reach_current()
    }
}

/// How far the newest restorable instant there trails the one here; `None` unless both are known now and
/// say the same of the data behind them.
pub(super) fn replication(
    service: &Service,
    primary: Option<&CopyFacts>,
    secondary: Option<&CopyFacts>,
) -> Option<Duration> {
    let pair = current(primary, secondary).filter(Pair::is_reach_current)?;
    let behind = floored(pair.primary.newest?, pair.secondary.newest?);
    let ends = log_ends(service);
    match ends {
        Some((here, there)) if !history::is_one(here, there) => return None,
        Some((here, there)) if here.segment == there.segment => return Some(Duration::ZERO),
        _ => {}
    }
    // A store time here and a commit there are two things: their distance is no lag. An end left open
    // by the provider is neither: it means the time of the reading (S8). What reaches at least so far has no
    // distance to anything.
    let (here, there) = (pair.primary.newest_is(), pair.secondary.newest_is());
    if (here == there && here != Edge::AtLeast) || (pair.primary.is_open() && there == Edge::Exact) {
        return Some(behind);
    }
    ends.and_then(|(here, there)| stored_apart(here, there))
}

/// How much later the end of the log here was stored than the end there. Log that came late to the copy has
/// the time of its coming: then nothing is known.
fn stored_apart(here: &LogPosition, there: &LogPosition) -> Option<Duration> {
    if here.segment < there.segment {
        return Some(Duration::ZERO);
    }
    (here.stored_at? - there.stored_at?).to_std().ok().filter(|apart| !apart.is_zero())
}

/// How far the newest usable backup there trails the newest here.
pub(super) fn backups(primary: Option<&CopyFacts>, secondary: Option<&CopyFacts>) -> Option<Duration> {
    let pair = current(primary, secondary)?;
    Some(floored(pair.primary.newest_backup?, pair.secondary.newest_backup?))
}

/// How many log segments, or snapshots, the secondary lacks.
pub(super) fn trailing(
    service: &Service,
    primary: Option<&CopyFacts>,
    secondary: Option<&CopyFacts>,
) -> Option<Trailing> {
    let pair = current(primary, secondary)?;
    let (here, there) = readings(service)?;
    if here.ability == Ability::Snapshots {
        let newest = pair.secondary.newest?;
        let missing = here.points.as_ref()?.usable().filter(|point| point.at > newest);
        return Some(Trailing::Snapshots(u64::try_from(missing.count()).ok()?));
    }
    let (here, there) = ends(here, there).filter(|_| pair.is_reach_current())?;
    history::is_one(here, there).then(|| Trailing::Segments(here.segment.saturating_sub(there.segment)))
}

/// The log's ends of both copies, as last read.
pub(super) fn log_ends(service: &Service) -> Option<(&LogPosition, &LogPosition)> {
    let (here, there) = readings(service)?;
    ends(here, there)
}

fn readings(service: &Service) -> Option<(&Reading, &Reading)> {
    let here = service.primary.as_ref()?.last_good.as_ref()?;
    let there = service.secondary.as_ref()?.last_good.as_ref()?;
    Some((here, there))
}

fn ends<'a>(here: &'a Reading, there: &'a Reading) -> Option<(&'a LogPosition, &'a LogPosition)> {
    Some((here.log.end.as_deref()?, there.log.end.as_deref()?))
}

fn current<'a>(primary: Option<&'a CopyFacts>, secondary: Option<&'a CopyFacts>) -> Option<Pair<'a>> {
    let pair = Pair { primary: primary?, secondary: secondary? };
    (pair.primary.is_current() && pair.secondary.is_current()).then_some(pair)
}

fn floored(here: Timestamp, there: Timestamp) -> Duration {
    (here - there).to_std().unwrap_or_default()
}
