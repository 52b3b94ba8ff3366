//! The document that `status --output json` prints and `status --write` keeps. Its field names are
//! stable: scripts read them. Fields may be added, never renamed. `null` is unknown (S3).

mod runs;
mod service;
mod stamp;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use runs::{StatusChange, StatusFork, StatusRun};
pub use service::{StatusCopy, StatusFinding, StatusService, StatusWindow};
pub use stamp::Stamp;

use super::{Assessment, ForkLeft, Service, Timestamp};

/// Format of the readings that travel: another one is not understood.
pub const READINGS_FORMAT: u32 = 1;

/// Everything known of every service at one instant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatusDoc {
    /// When this was judged.
    pub as_of: Stamp,
    /// Format of the readings in it, when the document is to travel (S37).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub readings_format: Option<u32>,
    /// The host that judged, when the document is to travel (S37).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The services, in the order given.
    pub services: Vec<StatusService>,
    /// Forks that runs which are over left behind, by the journals of this host; `null` when they could not be read.
    #[serde(default)]
    pub forks_left: Option<Vec<ForkLeft>>,
    /// Of how many runs that are over it was not read what they left behind, for lack of time or because it cannot be;
    /// `null` when no journal could be read.
    #[serde(default)]
    pub runs_unread: Option<usize>,
}

impl StatusDoc {
    /// The document of services and their judgements at `as_of`.
    pub fn new<'a>(
        as_of: Timestamp,
        judged: impl IntoIterator<Item = (&'a Service, &'a Assessment)>,
    ) -> Self {
        let services = judged.into_iter().map(|(service, known)| StatusService::new(service, known, as_of));
        Self {
            as_of: Stamp::down(as_of),
            readings_format: None,
            host: None,
            services: services.collect(),
            forks_left: None,
            runs_unread: None,
        }
    }

    /// The same with what runs left behind, and of how many that was not read.
    #[must_use]
    pub fn with_forks_left(self, forks_left: Option<Vec<ForkLeft>>, runs_unread: Option<usize>) -> Self {
        Self { forks_left, runs_unread, ..self }
    }

    /// The same with every reading in it, so that another host can recall them (S37).
    #[must_use]
    pub fn to_travel<'a>(
        mut self,
        host: impl Into<String>,
        services: impl IntoIterator<Item = &'a Service>,
    ) -> Self {
        self.readings_format = Some(READINGS_FORMAT);
        self.host = Some(host.into());
        let known: BTreeMap<&str, &Service> =
            services.into_iter().map(|service| (service.id.as_str(), service)).collect();
        for service in &mut self.services {
            service.known = known.get(service.service.as_str()).map(|known| Box::new((*known).clone()));
        }
        self
    }

    /// The services of a document that travelled; none when it was not made to.
    pub fn into_services(self) -> impl Iterator<Item = Service> {
        self.services.into_iter().filter_map(|service| service.known.map(|known| *known))
    }
}

#[cfg(test)]
mod tests;
