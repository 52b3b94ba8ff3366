//! What watchers of one state folder share, as those who poll want it (S29).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::SourceReport;
use crate::ledger::{Given, SharedPolls};
use crate::poll::Shared;

/// The polls of a state folder.
#[derive(Debug)]
pub struct Folder {
    /// What its watchers share.
    pub polls: Arc<SharedPolls>,
    /// What each source goes by there: two configs may name two sources alike.
    pub keys: BTreeMap<String, String>,
}

impl Folder {
    fn key<'a>(&'a self, source: &'a str) -> &'a str {
        self.keys.get(source).map_or(source, String::as_str)
    }
}

impl Shared for Folder {
    fn hold(&self, source: &str) -> bool {
        self.polls.hold(self.key(source))
    }

    fn give(&self, report: &SourceReport) {
        // The others poll for themselves when nothing comes.
        self.polls.give(self.key(&report.source), report).ok();
    }

    fn take(&self, source: &str, newer_than: i64) -> Option<(i64, Duration, SourceReport)> {
        let Given { stamp, age, report } = self.polls.take(self.key(source), newer_than).ok().flatten()?;
        Some((stamp, age, report))
    }
}

#[cfg(test)]
mod tests;
