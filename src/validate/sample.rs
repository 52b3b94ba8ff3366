//! A fork on loopback, for tests.

use super::Subject;
use crate::domain::{Edge, Promise};
use crate::provider::Endpoint;

/// A fork, with a promise that no check of a test reads.
pub(super) fn subject(endpoint: &Endpoint) -> Subject<'_> {
    let promise =
        Promise { newest: chrono::DateTime::UNIX_EPOCH, is: Edge::Exact, agreed_at: None, rpo: None };
    Subject { name: "drill-orders-k3q7wd", endpoint, promise }
}
