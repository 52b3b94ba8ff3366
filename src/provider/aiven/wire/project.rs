//! What a project knows besides its services: clouds, networks, events.

use serde::Deserialize;

use super::scalar::{maybe_instant, maybe_text};
use crate::domain::Timestamp;

/// `GET /project/{p}/clouds`.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Clouds {
    #[serde(default)]
    clouds: Option<Vec<Cloud>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Cloud {
    #[serde(default, deserialize_with = "maybe_text")]
    cloud_name: Option<String>,
    #[serde(default, deserialize_with = "maybe_text")]
    cloud_description: Option<String>,
    #[serde(default, deserialize_with = "maybe_text")]
    provider: Option<String>,
}

impl Clouds {
    /// Whether a cloud can be chosen; `None` when the answer names no clouds, or not all of them.
    pub(crate) fn knows(&self, name: &str) -> Option<bool> {
        let clouds = self.clouds.as_ref()?;
        let is_known = clouds.iter().any(|cloud| cloud.cloud_name.as_deref() == Some(name));
        let are_named = clouds.iter().all(|cloud| cloud.cloud_name.is_some());
        (is_known || are_named).then_some(is_known)
    }

    /// The names of the clouds of the provider that one of them is of; of all, where none is given. The first are those
    /// whose name or description a word is in.
    pub(crate) fn choices(&self, of: Option<&str>, word: &str) -> Vec<&str> {
        let word = word.to_lowercase();
        let is_of_it = |cloud: &&Cloud| {
            let name = cloud.cloud_name.as_deref().unwrap_or_default();
            of.is_none_or(|of| {
                let (one, other) = self.providers_of(name, of);
                one == other
            })
        };
        let has_it = |cloud: &Cloud| {
            let texts = [&cloud.cloud_name, &cloud.cloud_description];
            texts.into_iter().flatten().any(|text| text.to_lowercase().contains(&word))
        };
        let (first, rest): (Vec<&Cloud>, Vec<&Cloud>) =
            self.clouds.iter().flatten().filter(is_of_it).partition(|cloud| has_it(cloud));
        first.into_iter().chain(rest).filter_map(|cloud| cloud.cloud_name.as_deref()).collect()
    }

    /// Whose two clouds are: by the provider's word where it says so of both, else by the first parts of
    /// their names, which may be other words.
    pub(crate) fn providers_of<'a>(&'a self, one: &'a str, other: &'a str) -> (&'a str, &'a str) {
        match (self.said_of(one), self.said_of(other)) {
            (Some(one), Some(other)) => (one, other),
            _ => (first_part(one), first_part(other)),
        }
    }

    fn said_of(&self, name: &str) -> Option<&str> {
        let mut clouds = self.clouds.iter().flatten();
        clouds.find(|cloud| cloud.cloud_name.as_deref() == Some(name))?.provider.as_deref()
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
    #[serde(default, deserialize_with = "maybe_text")]
    pub(crate) project_vpc_id: Option<String>,
    /// The region it lies in; it can serve no other.
    #[serde(default, deserialize_with = "maybe_text")]
    pub(crate) cloud_name: Option<String>,
    /// `ACTIVE`, or a word for not yet or no longer.
    #[serde(default, deserialize_with = "maybe_text")]
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
    #[serde(default, deserialize_with = "maybe_text")]
    pub(crate) actor: Option<String>,
    #[serde(default, deserialize_with = "maybe_text")]
    pub(crate) event_type: Option<String>,
    /// Null for what concerns the whole project.
    #[serde(default, deserialize_with = "maybe_text")]
    pub(crate) service_name: Option<String>,
}
