//! What watchers of one state folder share, as those who poll want it (S29).

use std::sync::Arc;
use std::time::Duration;

use crate::domain::SourceReport;
use crate::ledger::{Given, SharedPolls};
use crate::poll::Shared;

/// The polls of a state folder.
#[derive(Debug)]
pub struct Folder(pub Arc<SharedPolls>);

impl Shared for Folder {
    fn hold(&self, source: &str) -> bool {
        self.0.hold(source)
    }

    fn give(&self, report: &SourceReport) {
        // The others poll for themselves when nothing comes.
        self.0.give(report).ok();
    }

    fn take(&self, source: &str, newer_than: i64) -> Option<(i64, Duration, SourceReport)> {
        let Given { stamp, age, report } = self.0.take(source, newer_than).ok().flatten()?;
        Some((stamp, age, report))
    }
}

#[cfg(test)]
mod tests;
