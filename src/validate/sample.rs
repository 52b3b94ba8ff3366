//! A fork on loopback, for tests.

use super::Subject;
use crate::domain::{Edge, Promise};
use crate::provider::Endpoint;

/// How to reach it.
pub(super) fn endpoint(port: u16) -> Endpoint {
    Endpoint {
        host: "127.0.0.1".to_owned(),
        port,
        user: "postgres".to_owned(),
        password: None,
        database: "postgres".to_owned(),
        tls: false,
        ca_pem: None,
        run: Vec::new(),
        bin: None,
        http_base: None,
        sql_blocked: None,
    }
}

/// It, with a promise that no check of a test reads.
pub(super) fn subject(endpoint: &Endpoint) -> Subject<'_> {
    let promise =
        Promise { newest: chrono::DateTime::UNIX_EPOCH, is: Edge::Exact, agreed_at: None, rpo: None };
    Subject { name: "drill-orders-k3q7wd", endpoint, promise }
}
