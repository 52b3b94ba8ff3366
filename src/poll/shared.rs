//! Several watchers of one state folder share one set of polls (S29).

use std::sync::Arc;
use std::time::Duration;

use crate::domain::SourceReport;

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
}

impl Sharing {
    pub(super) fn new(source: &Arc<str>, shared: &Arc<dyn Shared>) -> Self {
        Self { source: Arc::clone(source), shared: Arc::clone(shared) }
    }

    /// A process that cannot find out polls itself.
    pub(super) async fn hold(&self) -> bool {
        let Self { source, shared } = self.clone();
        tokio::task::spawn_blocking(move || shared.hold(&source)).await.unwrap_or(true)
    }

    /// Gives a report, and gives it back.
    pub(super) async fn give(&self, report: SourceReport) -> SourceReport {
        let (shared, report) = (Arc::clone(&self.shared), Arc::new(report));
        let given = Arc::clone(&report);
        // The others poll for themselves when nothing comes.
        tokio::task::spawn_blocking(move || shared.give(&given)).await.ok();
        Arc::unwrap_or_clone(report)
    }

    pub(super) async fn take(&self, newer_than: i64) -> Option<(i64, Duration, SourceReport)> {
        let Self { source, shared } = self.clone();
        tokio::task::spawn_blocking(move || shared.take(&source, newer_than)).await.ok().flatten()
    }
}
