//! Plans of a service type: `GET /project/{p}/service-types/{t}/plans`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::scalar::{maybe_size, maybe_text};
use crate::provider::aiven::reading::credible;

/// The answer.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub(crate) struct Plans {
    #[serde(default)]
    service_plans: Option<Vec<Plan>>,
}

/// One plan.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub(crate) struct Plan {
    #[serde(default, deserialize_with = "maybe_text")]
    service_plan: Option<String>,
    /// Keyed by cloud; prices and sizes in each, which are not documented: read one by one.
    #[serde(default)]
    regions: Option<BTreeMap<String, Value>>,
    /// When backups are made, and how many are kept.
    #[serde(default)]
    pub(crate) backup_config: Option<BackupConfig>,
}

/// When backups of a plan are made, and how many are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct BackupConfig {
    /// Hours between two backups.
    #[serde(default, deserialize_with = "maybe_size")]
    pub(crate) interval: Option<u64>,
    /// How many are kept; 0 = there are none.
    #[serde(default, deserialize_with = "maybe_size")]
    pub(crate) max_count: Option<u64>,
    /// `basic` or `pitr`.
    #[serde(default, deserialize_with = "maybe_text")]
    pub(crate) recovery_mode: Option<String>,
    #[serde(default, deserialize_with = "maybe_size")]
    pub(crate) frequent_interval_minutes: Option<u64>,
    #[serde(default, deserialize_with = "maybe_size")]
    pub(crate) frequent_oldest_age_minutes: Option<u64>,
    #[serde(default, deserialize_with = "maybe_size")]
    pub(crate) infrequent_interval_minutes: Option<u64>,
    #[serde(default, deserialize_with = "maybe_size")]
    pub(crate) infrequent_oldest_age_minutes: Option<u64>,
}

/// No plan costs as much by the hour, in US dollars.
const DEAREST: f64 = 10_000.0;

/// A price that can be true: digits and at most one point, as prices come as text. Any other is taken as not told.
fn price(text: Option<String>) -> Option<String> {
    let is_plain =
        |text: &String| text.len() <= 16 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.filter(is_plain).filter(|text| text.parse::<f64>().is_ok_and(|price| price < DEAREST))
}

/// What a plan is in one region.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Offer {
    /// Price per hour in US dollars, as the provider writes it.
    #[serde(default, deserialize_with = "maybe_text")]
    pub(crate) price_usd: Option<String>,
    /// Disk, MiB.
    #[serde(default, deserialize_with = "maybe_size")]
    pub(crate) disk_space_mb: Option<u64>,
    /// The largest disk it can have, MiB.
    #[serde(default, deserialize_with = "maybe_size")]
    pub(crate) disk_space_cap_mb: Option<u64>,
}

/// `GET .../pricing/service-types/{t}/plans/{p}/clouds/{c}`: only the price is of use here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Price {
    #[serde(default, alias = "price_usd", deserialize_with = "maybe_text")]
    pub(crate) base_price_usd: Option<String>,
}

impl Offer {
    /// What of it can be true.
    pub(crate) fn credible(self) -> Self {
        Self {
            price_usd: price(self.price_usd),
            disk_space_mb: credible::disk(self.disk_space_mb),
            disk_space_cap_mb: credible::disk(self.disk_space_cap_mb),
        }
    }
}

impl Price {
    /// What of it can be true.
    pub(crate) fn credible(self) -> Option<String> {
        price(self.base_price_usd)
    }
}

impl Plans {
    /// A plan by its name.
    pub(crate) fn plan(&self, name: &str) -> Option<&Plan> {
        self.service_plans.as_ref()?.iter().find(|entry| entry.service_plan.as_deref() == Some(name))
    }

    /// Whether a plan can be had in a cloud: `None` when the answer does not tell.
    pub(crate) fn offers(&self, plan: &str, cloud: &str) -> Option<bool> {
        let plans = self.service_plans.as_ref()?;
        let Some(found) = self.plan(plan) else {
            return plans.iter().all(|plan| plan.service_plan.is_some()).then_some(false);
        };
        found.regions.as_ref().map(|regions| regions.contains_key(cloud))
    }

    /// What a plan is in a cloud, where that can be read.
    pub(crate) fn offer(&self, plan: &str, cloud: &str) -> Option<Offer> {
        let value = self.plan(plan)?.regions.as_ref()?.get(cloud)?;
        Offer::deserialize(value).ok()
    }
}
