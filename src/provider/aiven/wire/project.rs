//! What a project knows besides its services: clouds, networks, events.

use serde::Deserialize;

use super::scalar::maybe_instant;
use crate::domain::Timestamp;

/// `GET /project/{p}/clouds`.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Clouds {
    #[serde(default)]
    clouds: Option<Vec<Cloud>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Cloud {
    #[serde(default)]
    cloud_name: Option<String>,
    #[serde(default)]
    provider: Option<String>,
}

impl Clouds {
    /// Whether a cloud can be chosen; `None` when the answer names no clouds.
    pub(crate) fn knows(&self, name: &str) -> Option<bool> {
        Some(self.clouds.as_ref()?.iter().any(|cloud| cloud.cloud_name.as_deref() == Some(name)))
    }

    /// Whose cloud it is: by the provider's word, else by the name's first part.
    pub(crate) fn provider_of<'a>(&'a self, name: &'a str) -> &'a str {
        let mut clouds = self.clouds.iter().flatten();
        let named = clouds.find(|cloud| cloud.cloud_name.as_deref() == Some(name));
        let said = named.and_then(|cloud| cloud.provider.as_deref()).filter(|word| !word.is_empty());
        said.unwrap_or_else(|| first_part(name))
    }
}

/// The cloud provider, as the names of standard clouds begin with it.
pub(crate) fn first_part(cloud: &str) -> &str {
    cloud.split_once('-').map_or(cloud, |(provider, _)| provider)
}

/// `GET /project/{p}/vpcs`.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Vpcs {
    #[serde(default)]
    pub(crate) vpcs: Option<Vec<Vpc>>,
}

/// A private network of the project.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Vpc {
    #[serde(default)]
    pub(crate) project_vpc_id: Option<String>,
    /// The region it lies in; it can serve no other.
    #[serde(default)]
    pub(crate) cloud_name: Option<String>,
    /// `ACTIVE`, or a word for not yet or no longer.
    #[serde(default)]
    pub(crate) state: Option<String>,
}

/// `GET /project/{p}/events`.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Events {
    #[serde(default)]
    pub(crate) events: Option<Vec<Event>>,
}

/// Something that was done in the project.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Event {
    #[serde(default, deserialize_with = "maybe_instant")]
    pub(crate) time: Option<Timestamp>,
    #[serde(default)]
    pub(crate) actor: Option<String>,
    #[serde(default)]
    pub(crate) event_type: Option<String>,
    /// Null for what concerns the whole project.
    #[serde(default)]
    pub(crate) service_name: Option<String>,
}
