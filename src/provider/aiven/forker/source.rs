//! The look at the source before a fork of it is asked for.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::super::failure::Failure;
use super::super::order::Source;
use super::{AivenForker, about_source};
use crate::provider::{ForkRequest, START_WITHIN};

/// Between two looks, where the provider does not say how long to wait, real time.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// The calls that fit behind any look: itself, asking for the fork, and reading back a name that is taken.
const CALLS: u32 = 3;

impl AivenForker {
    /// The source as it is now. That it cannot be read for a moment is no refusal: it is read again while there is
    /// time for what follows.
    pub(super) async fn source_of(&self, request: &ForkRequest) -> Result<Source, Failure> {
        let begun = Instant::now();
        let time = START_WITHIN.saturating_sub(self.settings.timeout.saturating_mul(CALLS));
        loop {
            let failure = match self.service(&request.remote, about_source()).await {
                Ok(service) => return Ok(Source::from(&service)),
                Err(failure) => failure,
            };
            let wait = failure.retry_after.unwrap_or(LOOK_AGAIN);
            if failure.stays() || begun.elapsed() + wait > time {
                return Err(failure);
            }
            sleep(wait).await;
        }
    }
}
