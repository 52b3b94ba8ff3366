//! How long a restore takes: from own runs, else a guess from the size (S35).

use std::time::Duration;

use super::assessment::RestoreEstimate;
use super::{CopyState, Points, Reading, Service, facts, words};

/// How many of a service's last restores count: machines and sizes change.
pub const RESTORES_COUNTED: usize = 20;

const SLOW_MIB_PER_S: u32 = 50;
const FAST_MIB_PER_S: u32 = 150;
const MIB: u32 = 1 << 20;

/// The estimate for the newest point there; `None` when there is no copy there, or nothing in it, or neither a
/// run nor a size is known, or there are no backups by design.
pub(super) fn restore(service: &Service) -> Option<RestoreEstimate> {
    if facts::is_exempt(service) {
        return None;
    }
    let there = service.secondary.as_ref()?.last_good.as_ref();
    if there.is_some_and(|reading| is_empty(reading)) {
        return None;
    }
    let history = &service.restore_history_s;
    if let (Some(shortest), Some(longest)) = (history.iter().min(), history.iter().max()) {
        let runs = history.len();
        return Some(RestoreEstimate {
            shortest: Duration::from_secs(*shortest),
            longest: Duration::from_secs(*longest),
            runs,
            basis: format!("{runs} own {}", if runs == 1 { "run" } else { "runs" }),
        });
    }
    // Of what was never read nobody knows whether there is anything to restore (S3).
    there?;
    let size = [&service.secondary, &service.primary].into_iter().flatten().find_map(newest_size)?;
    Some(RestoreEstimate {
        shortest: at_rate(size, FAST_MIB_PER_S),
        longest: at_rate(size, SLOW_MIB_PER_S),
        runs: 0,
        basis: format!(
            "a guess: no history; copying {} at {SLOW_MIB_PER_S}-{FAST_MIB_PER_S} MiB/s",
            words::bytes(size)
        ),
    })
}

/// Whether it is known that nothing can be restored.
fn is_empty(reading: &Reading) -> bool {
    let none = |points: &Points| points.usable().next().is_none();
    reading.points.as_ref().is_some_and(none)
        && reading.windows.as_ref().is_some_and(|windows| windows.is_empty())
}

fn newest_size(copy: &CopyState) -> Option<u64> {
    let points = copy.last_good.as_ref()?.points.as_ref()?;
    points.newest_usable()?.size_bytes
}

fn at_rate(bytes: u64, mib_per_s: u32) -> Duration {
    Duration::from_secs(bytes) / (mib_per_s * MIB)
}

#[cfg(test)]
mod tests {
    use super::super::RecoveryPoint;
    use super::super::sample::{NOW, orders, point};
    use super::*;

    #[test]
    fn s35_nothing_there_takes_no_time_to_restore() {
        let mut service = orders();
        let there = service.secondary.as_mut().unwrap().last_good.as_mut().unwrap();
        let empty = Reading {
            points: Some(Points::default()),
            windows: Some(Vec::new().into()),
            ..(**there).clone()
        };
        *there = empty.into();
        assert_eq!(restore(&service), None);
        service.restore_history_s = vec![600];
        assert_eq!(restore(&service), None, "own runs restored what is no longer there");
        service.secondary.as_mut().unwrap().last_good = None;
        service.restore_history_s.clear();
        assert_eq!(restore(&service), None, "never read");
    }

    #[test]
    fn s35_a_size_gives_a_guess_that_says_so() {
        let guess = restore(&orders()).unwrap();
        assert_eq!((guess.shortest.as_secs(), guess.longest.as_secs().div_ceil(60)), (539, 27));
        assert_eq!(guess.runs, 0);
        assert_eq!(guess.basis, "a guess: no history; copying 79.0 GiB at 50-150 MiB/s");
    }

    #[test]
    fn s35_own_runs_give_their_range() {
        let service = Service { restore_history_s: vec![1620, 2040, 1700], ..orders() };
        let known = restore(&service).unwrap();
        assert_eq!((known.shortest.as_secs(), known.longest.as_secs(), known.runs), (1620, 2040, 3));
    }

    #[test]
    fn s3_without_run_or_size_there_is_no_number() {
        let mut service = orders();
        service.primary = None;
        let there = service.secondary.as_mut().unwrap().last_good.as_mut().unwrap();
        let point = RecoveryPoint { size_bytes: None, ..point("base-1", NOW) };
        there.points = Some(vec![point].into());
        assert_eq!(restore(&service), None);
    }
}
