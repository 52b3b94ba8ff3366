//! One poll of everything, for commands that answer once.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use super::reading::Reader;
use crate::clock::Clock;
use crate::domain::SourceReport;
use crate::provider::Catalog;

/// Asks all sources at once and returns within `timeout` of real time, in the order given. A source
/// that is too slow is in it as `timed_out`.
///
/// A source is told a little less than `timeout`, so that one that keeps its deadline can still hand
/// over the part it has.
pub async fn once(catalogs: &[Arc<dyn Catalog>], clock: Clock, timeout: Duration) -> Vec<SourceReport> {
    let deadline = timeout.mul_f64(0.9);
    join_all(catalogs.iter().map(|catalog| async move {
        Reader::new(catalog.clone(), clock).read_within(deadline, timeout).await
    }))
    .await
}
