//! The receiver's side of sequence numbers.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Polled;

/// Remembers the last attempt taken in from each source.
#[derive(Debug, Default)]
pub struct Latest(BTreeMap<Arc<str>, u64>);

impl Latest {
    /// Whether this answer is newer than all taken in from its source; a late one is to be dropped.
    pub fn admit(&mut self, polled: &Polled) -> bool {
        let last = self.0.entry(polled.source.clone()).or_default();
        let newer = polled.seq > *last;
        *last = polled.seq.max(*last);
        newer
    }
}
