//! The life of one source's task.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, sleep, sleep_until};

use super::reading::Reader;
use super::{Pace, Polled, backoff};
use crate::clock::Clock;
use crate::domain::SourceReport;
use crate::provider::Catalog;

/// All that one task needs.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) source: Arc<str>,
    pub(super) catalog: Arc<dyn Catalog>,
    pub(super) clock: Clock,
    pub(super) pace: Pace,
    pub(super) wake: Arc<Notify>,
    pub(super) tx: mpsc::Sender<Polled>,
}

impl Task {
    /// Polls until nobody listens any more. The first time after `first`.
    pub(super) async fn run(self, first: Duration) {
        sleep(first).await;
        let mut reader = Reader::new(self.catalog.clone(), self.clock);
        let mut failures = 0;
        for seq in 1.. {
            let started = self.clock.now();
            let report = reader.read(self.pace.deadline).await;
            failures = if report.outcome.has_facts() { 0 } else { failures + 1 };
            let (wait, left_alone) = self.waits(&report, failures);
            if self.tx.send(Polled { source: self.source.clone(), seq, started, report }).await.is_err() {
                return;
            }
            self.pause(wait, left_alone).await;
        }
    }

    /// How long to wait, and how much of it not even a person may cut short; real time. A source's
    /// own `Retry-After` is real time already.
    fn waits(&self, report: &SourceReport, failures: u32) -> (Duration, Duration) {
        let (interval, longest) = (self.clock.real(self.pace.interval), self.clock.real(self.pace.longest));
        let wait = backoff::next(interval, longest, failures, report.retry_after, fastrand::f64());
        (wait, report.retry_after.unwrap_or_default().min(wait))
    }

    async fn pause(&self, wait: Duration, left_alone: Duration) {
        let now = Instant::now();
        tokio::select! {
            () = sleep_until(now + wait) => {}
            () = self.wake.notified() => sleep_until(now + left_alone).await,
        }
    }
}
