//! The life of one source's task.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, sleep, sleep_until};

use super::reading::Reader;
use super::shared::Sharing;
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
    pub(super) sharing: Option<Sharing>,
}

/// Where a report comes from.
enum Obtained {
    /// We polled, and go on at our own pace.
    Own(SourceReport),
    /// Another watcher polls, but nothing fresh came of it: we asked ourselves, once.
    Besides(SourceReport),
    /// Another watcher polled.
    Theirs(SourceReport),
}

/// Looks for a report of another watcher in one interval, so that it is never much later than its own.
const LOOKS: u32 = 6;
/// However long its interval: whoever polls writes a report down only for those who asked lately.
const SELDOM: Duration = Duration::from_secs(60);

impl Task {
    /// Polls until nobody listens any more. The first time after `first`.
    pub(super) async fn run(self, first: Duration) {
        sleep(first).await;
        let mut reader = Reader::new(self.catalog.clone(), self.clock);
        let (mut failures, mut seen, mut fresh_until) = (0, 0, Instant::now());
        let mut left_alone_until = fresh_until;
        for seq in 1.. {
            let started = self.clock.now();
            let obtained = self.obtain(&mut reader, &mut seen, fresh_until, left_alone_until).await;
            let (report, own) = match obtained {
                Obtained::Own(report) => (report, true),
                Obtained::Besides(report) | Obtained::Theirs(report) => (report, false),
            };
            failures = if report.outcome.has_facts() { 0 } else { failures + 1 };
            let (wait, left_alone) = self.waits(&report, failures);
            fresh_until = Instant::now() + wait.max(self.fresh_for());
            left_alone_until = Instant::now() + left_alone;
            let retry_after = report.retry_after.map(|wait| self.clock.shown(wait));
            let report = SourceReport { retry_after, ..report };
            if self.tx.send(Polled { source: self.source.clone(), seq, started, report }).await.is_err() {
                return;
            }
            if own {
                self.pause(wait, left_alone).await;
            }
        }
    }

    /// The next report: our own, unless another watcher of the state folder polls (S29). Whoever ends,
    /// however, is followed by another; one that hangs is polled besides. Nobody asks a source that is to
    /// be left alone.
    async fn obtain(
        &self,
        reader: &mut Reader,
        seen: &mut i64,
        fresh_until: Instant,
        left_alone_until: Instant,
    ) -> Obtained {
        let Some(sharing) = &self.sharing else {
            return Obtained::Own(reader.read(self.pace.deadline).await);
        };
        loop {
            if sharing.hold().await {
                sleep_until(left_alone_until).await;
                let report = reader.read(self.pace.deadline).await;
                return Obtained::Own(sharing.give(report).await);
            }
            if let Some((stamp, age, report)) = sharing.take(*seen).await {
                *seen = stamp;
                if age <= self.fresh_for() {
                    return Obtained::Theirs(report);
                }
            }
            if Instant::now() >= fresh_until {
                return Obtained::Besides(reader.read(self.pace.deadline).await);
            }
            tokio::select! {
                () = sleep((self.clock.real(self.pace.interval) / LOOKS).min(SELDOM)) => {}
                () = self.wake.notified(), if Instant::now() >= left_alone_until => {
                    return Obtained::Besides(reader.read(self.pace.deadline).await);
                }
            }
        }
    }

    /// A report that is older tells that whoever polls has stopped to; real time.
    fn fresh_for(&self) -> Duration {
        self.clock.real(self.pace.interval).mul_f64(1.5) + self.pace.deadline
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
