//! Asking sources again and again: one task per source, so that a dead one never delays another.
//!
//! Each task waits its interval, spread by jitter; gives a reading a deadline, and an outer limit in
//! case the source ignores it; backs off while it fails; and hands on a numbered report over a bounded
//! channel. A source that panics is reported as one that failed.

pub mod backoff;
mod latest;
mod name;
mod once;
pub mod probe;
mod probes;
mod reading;
mod shared;
mod task;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub use latest::Latest;
pub use once::once;
pub use probes::{Probe, ProbeNews, watch_primaries};
pub use shared::Shared;

use crate::clock::Clock;
use crate::domain::{SourceReport, Timestamp};
use crate::provider::Catalog;

/// One answer of one source.
#[derive(Debug, Clone, PartialEq)]
pub struct Polled {
    /// The source.
    pub source: Arc<str>,
    /// Counts the attempts of this source from 1.
    pub seq: u64,
    /// When the attempt began, by our clock.
    pub started: Timestamp,
    /// What it brought.
    pub report: SourceReport,
}

/// How often and how long sources are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Between the end of an attempt and the next, by our clock (S17).
    pub interval: Duration,
    /// The most that failures stretch the interval to, by our clock.
    pub longest: Duration,
    /// How long one reading may take, real time.
    pub deadline: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(30),
            longest: Duration::from_secs(5 * 60),
            deadline: Duration::from_secs(10),
        }
    }
}

impl Pace {
    /// The age from which a reading is stale: two intervals (S2).
    pub const fn stale_after(&self) -> Duration {
        self.interval.saturating_mul(2)
    }
}

/// The tasks that poll. Dropping it ends them.
#[derive(Debug)]
pub struct Poller {
    wake: BTreeMap<Arc<str>, Arc<Notify>>,
    tasks: JoinSet<()>,
    cancel: CancellationToken,
}

/// Starts one task per source. Reports go to `tx`; a full channel holds the sources back, nothing is
/// lost or piled up. With `shared`, a source that another watcher polls is not asked again: its reports
/// are handed on. Ends when `cancel` is cancelled, the receiver is dropped or the poller is.
pub fn spawn(
    catalogs: Vec<Arc<dyn Catalog>>,
    clock: Clock,
    pace: Pace,
    tx: &mpsc::Sender<Polled>,
    shared: Option<&Arc<dyn Shared>>,
    cancel: &CancellationToken,
) -> Poller {
    let cancel = cancel.child_token();
    let spread = backoff::first_spread(catalogs.len());
    let mut poller = Poller { wake: BTreeMap::new(), tasks: JoinSet::new(), cancel: cancel.clone() };
    for catalog in catalogs {
        let source: Arc<str> = catalog.source().into();
        let wake = Arc::new(Notify::new());
        poller.wake.insert(source.clone(), wake.clone());
        let sharing = shared.map(|shared| shared::Sharing::new(&source, shared));
        let task = task::Task { source, catalog, clock, pace, wake, tx: tx.clone(), sharing };
        let cancel = cancel.clone();
        let first = spread.mul_f64(fastrand::f64());
        poller.tasks.spawn(async move {
            cancel.run_until_cancelled(task.run(first)).await;
        });
    }
    poller
}

impl Poller {
    /// Asks every source now, except those that asked to be left alone for a while.
    pub fn poll_now(&self) {
        for wake in self.wake.values() {
            wake.notify_one();
        }
    }

    /// Asks one source now. Says whether there is one of that name.
    pub fn poll_source_now(&self, source: &str) -> bool {
        self.wake.get(source).map(|wake| wake.notify_one()).is_some()
    }

    /// Ends all tasks and waits until they are gone.
    pub async fn stop(mut self) {
        self.cancel.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}

impl Drop for Poller {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

#[cfg(test)]
mod tests;
