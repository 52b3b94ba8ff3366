//! A service, as the list and the single answer give it. `users`, `connection_info` and `service_uri` have
//! no field here, and of its parts only host, port and database: the decoder skips the rest (S9).

use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use super::backups::{Kept, LookedAt, Shown};
use super::scalar::{maybe_instant, maybe_size, maybe_text, maybe_texts, text};
use crate::domain::Timestamp;

/// `{"service": ..}`.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ServiceAnswer {
    /// The service.
    pub(crate) service: Service,
}

/// One service.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(bound(deserialize = "B: Shown"))]
pub(crate) struct Service<B = Kept> {
    #[serde(deserialize_with = "text")]
    pub(crate) service_name: String,
    #[serde(default, deserialize_with = "maybe_text")]
    pub(crate) service_type: Option<String>,
    #[serde(default, deserialize_with = "maybe_text")]
    pub(crate) state: Option<String>,
    #[serde(default, deserialize_with = "maybe_text")]
    pub(crate) plan: Option<String>,
    #[serde(default, deserialize_with = "maybe_text")]
    pub(crate) cloud_name: Option<String>,
    #[serde(default, deserialize_with = "maybe_size")]
    pub(crate) disk_space_mb: Option<u64>,
    #[serde(default, deserialize_with = "maybe_text")]
    pub(crate) create_time: Option<String>,
    /// When it was last changed: switched off by then, if it is off.
    #[serde(default, deserialize_with = "maybe_instant")]
    pub(crate) update_time: Option<Timestamp>,
    #[serde(default)]
    pub(crate) node_states: Option<Vec<NodeState>>,
    #[serde(default, deserialize_with = "Shown::shown")]
    pub(crate) backups: B,
    /// `Some(None)` = said to be in no VPC.
    #[serde(default, deserialize_with = "said")]
    #[expect(clippy::option_option, reason = "as in the domain: not known, public, in a VPC")]
    pub(crate) project_vpc_id: Option<Option<String>>,
    #[serde(default)]
    pub(crate) termination_protection: Option<bool>,
    #[serde(default)]
    pub(crate) tags: Option<BTreeMap<String, Option<String>>>,
    #[serde(default)]
    pub(crate) user_config: Option<UserConfig>,
    #[serde(default)]
    pub(crate) metadata: Option<Metadata>,
    #[serde(default)]
    pub(crate) service_integrations: Option<Vec<Integration>>,
    #[serde(default, deserialize_with = "as_far_as_told")]
    pub(crate) service_uri_params: Option<Whereabouts>,
}

/// With no backup that was only looked at.
impl From<Service<LookedAt>> for Service {
    fn from(service: Service<LookedAt>) -> Self {
        Self {
            service_name: service.service_name,
            service_type: service.service_type,
            state: service.state,
            plan: service.plan,
            cloud_name: service.cloud_name,
            disk_space_mb: service.disk_space_mb,
            create_time: service.create_time,
            update_time: service.update_time,
            node_states: service.node_states,
            backups: None,
            project_vpc_id: service.project_vpc_id,
            termination_protection: service.termination_protection,
            tags: service.tags,
            user_config: service.user_config,
            metadata: service.metadata,
            service_integrations: service.service_integrations,
            service_uri_params: service.service_uri_params,
        }
    }
}

/// The specification leaves the shape of it open: a strange one says nothing, and spoils nothing else.
fn as_far_as_told<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Whereabouts>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Told {
        Here(Whereabouts),
        Strange(IgnoredAny),
    }
    Ok(match Told::deserialize(from)? {
        Told::Here(whereabouts) => Some(whereabouts),
        Told::Strange(IgnoredAny) => None,
    })
}

/// Where a service is reached. What else stands there, user and password, is not decoded (S9).
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub(crate) struct Whereabouts {
    #[serde(default, deserialize_with = "maybe_text")]
    pub(crate) host: Option<String>,
    /// A text, or a number.
    #[serde(default, deserialize_with = "maybe_size")]
    pub(crate) port: Option<u64>,
    #[serde(default, deserialize_with = "maybe_text")]
    pub(crate) dbname: Option<String>,
}

/// What a service is connected with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Integration {
    #[serde(default, deserialize_with = "maybe_text")]
    pub(crate) integration_type: Option<String>,
}

impl Service {
    /// The value of a tag.
    pub(crate) fn tag(&self, name: &str) -> Option<&str> {
        self.tags.as_ref()?.get(name)?.as_deref()
    }

    /// The engine's version: what runs, else what is configured.
    pub(crate) fn version(&self) -> Option<&str> {
        let configured = || self.user_config.as_ref().and_then(UserConfig::version);
        self.metadata.as_ref().and_then(Metadata::version).or_else(configured)
    }

    /// The region backups are configured to be copied to.
    pub(crate) fn backup_region(&self) -> Option<&str> {
        self.backup_regions()?.first().map(String::as_str)
    }

    /// Whether the configuration says in so many words that backups are copied nowhere.
    pub(crate) fn is_copied_nowhere(&self) -> bool {
        self.backup_regions().is_some_and(<[String]>::is_empty)
    }

    /// Where its newest backup lies; not always where it runs.
    pub(crate) fn stored_in(&self) -> Option<&str> {
        let newest = self.backups.iter().flatten().filter(|backup| backup.storage_location.is_some());
        newest.max_by_key(|backup| backup.backup_time)?.storage_location.as_deref()
    }

    /// Whether it is switched off.
    pub(crate) fn is_off(&self) -> bool {
        matches!(self.state.as_deref(), Some("POWEROFF" | "POWERED_OFF"))
    }

    /// The time of day its backups are set to, UTC (`04:15`).
    pub(crate) fn backup_at(&self) -> Option<String> {
        let config = self.user_config.as_ref()?;
        let hour = config.backup_hour?;
        Some(
            config
                .backup_minute
                .map_or_else(|| format!("{hour:02} h"), |minute| format!("{hour:02}:{minute:02}")),
        )
    }

    /// Where backups are set to be copied to: `None` not shown, `Some(None)` nowhere.
    #[expect(clippy::option_option, reason = "as in the domain: not known, nowhere, a region")]
    pub(crate) fn copied_to(&self) -> Option<Option<String>> {
        // The setting has no value until it is made for the first time.
        self.user_config.as_ref()?;
        Some(self.backup_region().map(str::to_owned))
    }

    fn backup_regions(&self) -> Option<&[String]> {
        self.user_config.as_ref()?.additional_backup_regions.as_deref()
    }
}

/// The settings of a service that matter here.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub(crate) struct UserConfig {
    /// At most one cloud.
    #[serde(default, deserialize_with = "maybe_texts")]
    pub(crate) additional_backup_regions: Option<Vec<String>>,
    /// When backups are made, UTC; null = as the provider likes.
    #[serde(default, deserialize_with = "maybe_size")]
    pub(crate) backup_hour: Option<u64>,
    #[serde(default, deserialize_with = "maybe_size")]
    pub(crate) backup_minute: Option<u64>,
    /// The service this one was forked from.
    #[serde(default, deserialize_with = "maybe_text")]
    pub(crate) service_to_fork_from: Option<String>,
    #[serde(default)]
    saml: Option<Switch>,
    #[serde(default)]
    openid: Option<Switch>,
    #[serde(default)]
    ldap: Option<Switch>,
    #[serde(default, deserialize_with = "maybe_text")]
    valkey_persistence: Option<String>,
    #[serde(default, deserialize_with = "maybe_text")]
    redis_persistence: Option<String>,
    #[serde(default, deserialize_with = "maybe_text")]
    dragonfly_persistence: Option<String>,
    #[serde(default, deserialize_with = "maybe_text")]
    pg_version: Option<String>,
    #[serde(default, deserialize_with = "maybe_text")]
    mysql_version: Option<String>,
    #[serde(default, deserialize_with = "maybe_text")]
    opensearch_version: Option<String>,
}

impl UserConfig {
    /// The ways of signing on elsewhere that are switched on.
    pub(crate) fn sign_on(&self) -> Vec<&'static str> {
        let ways = [("SAML", &self.saml), ("OpenID", &self.openid), ("LDAP", &self.ldap)];
        let is_on = |way: &Option<Switch>| way.as_ref().is_some_and(|way| way.enabled == Some(true));
        ways.into_iter().filter(|(_, way)| is_on(way)).map(|(name, _)| name).collect()
    }

    /// Whether data is written to disk, where that can be switched off.
    pub(crate) fn persistence(&self) -> Option<&str> {
        let words = [&self.valkey_persistence, &self.redis_persistence, &self.dragonfly_persistence];
        words.into_iter().find_map(Option::as_deref)
    }

    fn version(&self) -> Option<&str> {
        self.pg_version.as_deref().or(self.mysql_version.as_deref()).or(self.opensearch_version.as_deref())
    }
}

/// A setting that can be switched on; the rest of it may hold secrets and is not decoded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Switch {
    #[serde(default)]
    enabled: Option<bool>,
}

/// What the provider knows of a running service; OpenSearch shows no version here.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub(crate) struct Metadata {
    #[serde(default, deserialize_with = "maybe_text")]
    pg_version: Option<String>,
    #[serde(default, deserialize_with = "maybe_text")]
    mysql_version: Option<String>,
}

impl Metadata {
    fn version(&self) -> Option<&str> {
        self.pg_version.as_deref().or(self.mysql_version.as_deref())
    }
}

/// One node of a service.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub(crate) struct NodeState {
    #[serde(default, alias = "node_name", deserialize_with = "maybe_text")]
    pub(crate) name: Option<String>,
    /// `setting_up_vm`, `syncing_data`, `running`, ..
    #[serde(default, deserialize_with = "maybe_text")]
    pub(crate) state: Option<String>,
    #[serde(default, deserialize_with = "maybe_text")]
    pub(crate) role: Option<String>,
    #[serde(default)]
    pub(crate) progress_updates: Option<Vec<ProgressUpdate>>,
}

/// How far one phase of a restore is.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub(crate) struct ProgressUpdate {
    #[serde(default, deserialize_with = "maybe_text")]
    pub(crate) phase: Option<String>,
    #[serde(default)]
    pub(crate) completed: Option<bool>,
    #[serde(default, deserialize_with = "maybe_size")]
    pub(crate) current: Option<u64>,
    #[serde(default, deserialize_with = "maybe_size")]
    pub(crate) min: Option<u64>,
    #[serde(default, deserialize_with = "maybe_size")]
    pub(crate) max: Option<u64>,
    #[serde(default, deserialize_with = "maybe_text")]
    pub(crate) unit: Option<String>,
    /// Where in a chain of full and incremental backups it is.
    #[serde(default)]
    pub(crate) position: Option<ChainPosition>,
}

/// A place in a chain of backups, counted from 1.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub(crate) struct ChainPosition {
    #[serde(default, deserialize_with = "maybe_size")]
    pub(crate) chain_index: Option<u64>,
    #[serde(default, deserialize_with = "maybe_size")]
    pub(crate) chain_total: Option<u64>,
}

/// For `deserialize_with`: tells null from absent; an empty text says neither.
#[expect(clippy::option_option, reason = "null and absent are two facts")]
fn said<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<String>>, D::Error> {
    #[derive(Deserialize)]
    struct Told(#[serde(deserialize_with = "maybe_text")] Option<String>);

    Ok(Option::<Told>::deserialize(from)?.map_or(Some(None), |Told(text)| text.map(Some)))
}
