//! All services of a config, and how reports of sources change what is known of them (S2, S33).

use std::collections::BTreeMap;

use super::{Service, ServiceId};

/// Every service, by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fleet {
    /// The services.
    pub services: BTreeMap<ServiceId, Service>,
}
