//! A source that cannot be read from this host at all, since TLS cannot be set up. It stays on the board
//! and says why, and the other sources go on.

use std::time::Duration;

use crate::clock::Clock;
use crate::domain::{Outcome, Role, SourceReport, Target};
use crate::provider::{BoxFuture, CallPreview, Catalog, ForkPoint, ForkRequest, NoPoint};

/// Stands where a catalog would be.
#[derive(Debug)]
pub struct Unusable {
    source: String,
    why: String,
    clock: Clock,
}

impl Unusable {
    /// A source that cannot be read, and why, in a sentence without secrets.
    pub fn new(source: &str, why: String, clock: Clock) -> Self {
        Self { source: source.to_owned(), why, clock }
    }
}

impl Catalog for Unusable {
    fn source(&self) -> &str {
        &self.source
    }

    fn read(&self, _: Duration) -> BoxFuture<'_, SourceReport> {
        Box::pin(async {
            SourceReport::failed(&self.source, self.clock.now(), Outcome::Error, self.why.clone())
        })
    }

    fn resolve<'a>(
        &'a self,
        _: &'a str,
        _: Role,
        _: &'a Target,
    ) -> BoxFuture<'a, Result<ForkPoint, NoPoint>> {
        Box::pin(async {
            let why = format!("source {} cannot be read from this host: {}", self.source, self.why);
            Err(NoPoint::CannotTell { why, again_in: None })
        })
    }

    fn preview(&self, _: &ForkRequest) -> Vec<CallPreview> {
        Vec::new()
    }
}
