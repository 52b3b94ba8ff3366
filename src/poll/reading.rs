//! One reading of one source, kept within its time whatever the source does.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use crate::clock::Clock;
use crate::domain::{Outcome, SourceReport};
use crate::provider::Catalog;

/// What a source gets beyond its deadline to hand over what it has.
const GRACE: Duration = Duration::from_secs(1);

/// Reads one source at a time. A reading that outlives its limit is cancelled; while it will not go,
/// no other is begun, so that a stuck source costs one task and no more.
#[derive(Debug)]
pub(super) struct Reader {
    catalog: Arc<dyn Catalog>,
    clock: Clock,
    stuck: Option<JoinHandle<SourceReport>>,
}

impl Reader {
    pub(super) fn new(catalog: Arc<dyn Catalog>, clock: Clock) -> Self {
        Self { catalog, clock, stuck: None }
    }

    /// One reading with `deadline` for the source itself. Never takes longer than the deadline and a
    /// grace, and always brings a report.
    pub(super) async fn read(&mut self, deadline: Duration) -> SourceReport {
        self.read_within(deadline, deadline.saturating_add(GRACE)).await
    }

    /// The same with an outer limit of its own.
    pub(super) async fn read_within(&mut self, deadline: Duration, limit: Duration) -> SourceReport {
        let began = Instant::now();
        if self.stuck.take_if(|stuck| stuck.is_finished()).is_none() && self.stuck.is_some() {
            let error = "the attempt before this one still does not end; no other is begun".to_owned();
            return self.failed(Outcome::TimedOut, error, began);
        }
        let catalog = self.catalog.clone();
        let mut reading = OnDrop(Some(tokio::spawn(async move { catalog.read(deadline).await })));
        let Some(handle) = reading.0.as_mut() else {
            return self.failed(Outcome::Error, "no reading was begun".to_owned(), began);
        };
        match timeout(limit, handle).await {
            Ok(Ok(report)) => {
                reading.0 = None;
                report
            }
            Ok(Err(error)) => {
                reading.0 = None;
                let error =
                    if error.is_panic() { "a fault in lifeboat: its reader panicked" } else { "cancelled" };
                self.failed(Outcome::Error, error.to_owned(), began)
            }
            Err(_) => {
                self.stuck = reading.0.take().inspect(JoinHandle::abort);
                let error = format!("no answer in {}", humantime::format_duration(limit));
                self.failed(Outcome::TimedOut, error, began)
            }
        }
    }

    fn failed(&self, outcome: Outcome, error: String, began: Instant) -> SourceReport {
        let source = self.catalog.source();
        SourceReport {
            took: began.elapsed(),
            ..SourceReport::failed(source, self.clock.now(), outcome, error)
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(stuck) = &self.stuck {
            stuck.abort();
        }
    }
}

/// Cancels the reading when its reader is cancelled: a spawned task would go on alone.
struct OnDrop(Option<JoinHandle<SourceReport>>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        if let Some(handle) = &self.0 {
            handle.abort();
        }
    }
}
