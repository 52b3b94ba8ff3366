//! Several watchers of one state folder share one set of polls (S29).

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::domain::SourceReport;

/// What takes longer, real time, does not answer.
const LATE: Duration = Duration::from_secs(15);

/// How watchers share. Every method is short and may block.
pub trait Shared: Send + Sync + std::fmt::Debug {
    /// Whether this process is the one that polls a source; if nobody does, it is from now on.
    fn hold(&self, source: &str) -> bool;

    /// Gives a report to the others.
    fn give(&self, report: &SourceReport);

    /// What another process gave, if it is newer than the stamp: its stamp, age and report.
    fn take(&self, source: &str, newer_than: i64) -> Option<(i64, Duration, SourceReport)>;
}

/// Sharing away from the threads that must not block.
#[derive(Debug, Clone)]
pub(super) struct Sharing {
    source: Arc<str>,
    shared: Arc<dyn Shared>,
    /// Held by what is asked, which may hang: nobody asks more before that has answered.
    asked: Arc<Mutex<()>>,
}

impl Sharing {
    pub(super) fn new(source: &Arc<str>, shared: &Arc<dyn Shared>) -> Self {
        Self { source: Arc::clone(source), shared: Arc::clone(shared), asked: Arc::default() }
    }

    /// A process that cannot find out polls itself.
    pub(super) async fn hold(&self) -> bool {
        self.ask(|shared, source| shared.hold(source)).await.unwrap_or(true)
    }

    /// Gives a report, and gives it back.
    pub(super) async fn give(&self, report: SourceReport) -> SourceReport {
        let report = Arc::new(report);
        let given = Arc::clone(&report);
        // The others poll for themselves when nothing comes.
        self.ask(move |shared, _| shared.give(&given)).await;
        Arc::unwrap_or_clone(report)
    }

    pub(super) async fn take(&self, newer_than: i64) -> Option<(i64, Duration, SourceReport)> {
        self.ask(move |shared, source| shared.take(source, newer_than)).await.flatten()
    }

    /// `None` where a disk hangs.
    async fn ask<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&dyn Shared, &str) -> T + Send + 'static,
    ) -> Option<T> {
        let asked = Arc::clone(&self.asked).try_lock_owned().ok()?;
        let Self { source, shared, .. } = self.clone();
        let ask = move || {
            let _asked = asked;
            ask(&*shared, &source)
        };
        timeout(LATE, spawn_blocking(ask)).await.ok()?.ok()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::mpsc::{Receiver, channel};

    use super::*;

    /// A disk that hangs until the other end is dropped; another process polls.
    #[derive(Debug)]
    struct Hanging(std::sync::Mutex<Receiver<()>>, AtomicU32);

    impl Shared for Hanging {
        fn hold(&self, _: &str) -> bool {
            self.1.fetch_add(1, Ordering::SeqCst);
            self.0.lock().unwrap().recv().is_ok()
        }

        fn give(&self, _: &SourceReport) {
            unreachable!("nothing was polled")
        }

        fn take(&self, _: &str, _: i64) -> Option<(i64, Duration, SourceReport)> {
            unreachable!("nothing was given")
        }
    }

    #[tokio::test(start_paused = true)]
    async fn s29_a_disk_that_hangs_holds_up_no_poll_and_is_not_asked_again_before_it_answers() {
        let (goes_on, held) = channel();
        let hanging = Arc::new(Hanging(held.into(), AtomicU32::default()));
        let shared: Arc<dyn Shared> = Arc::<Hanging>::clone(&hanging);
        let sharing = Sharing::new(&"west".into(), &shared);
        let late = async {
            tokio::task::yield_now().await;
            tokio::time::advance(LATE).await;
        };
        assert!(tokio::join!(sharing.hold(), late).0, "it polls itself");
        assert!(sharing.hold().await && sharing.take(0).await.is_none());
        drop(goes_on);
        while sharing.hold().await {
            tokio::task::yield_now().await;
        }
        assert_eq!(hanging.1.load(Ordering::SeqCst), 2);
    }
}
