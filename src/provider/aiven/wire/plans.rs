//! Plans of a service type: `GET /project/{p}/service-types/{t}/plans`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// The answer.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Plans {
    #[serde(default)]
    service_plans: Option<Vec<Plan>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Plan {
    #[serde(default)]
    service_plan: Option<String>,
    /// Keyed by cloud; the values hold prices and sizes.
    #[serde(default)]
    regions: Option<BTreeMap<String, Value>>,
}

impl Plans {
    /// Whether a plan can be had in a cloud: `None` when the answer does not tell.
    pub(crate) fn offers(&self, plan: &str, cloud: &str) -> Option<bool> {
        let plans = self.service_plans.as_ref()?;
        let Some(found) = plans.iter().find(|entry| entry.service_plan.as_deref() == Some(plan)) else {
            return Some(false);
        };
        found.regions.as_ref().map(|regions| regions.contains_key(cloud))
    }
}
