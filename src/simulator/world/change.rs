//! What clients change of a service that is there; and what is refused, in the provider's manner.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde_json::{Map, Value};

use super::schedule::Went;
use super::settings::{ADDITIONAL, secondary, time_of_day};
use super::{Audit, Instance, MOST_AUDITS, Made, Network, World};
use crate::domain::Timestamp;
use crate::simulator::scenario::Kind;
use crate::simulator::wire::{instant, plans, regions};

/// The region of copies can be set once in so long.
const REGION_CHANGE: TimeDelta = TimeDelta::hours(24);

/// A request that is not fulfilled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::simulator) struct Refused {
    /// HTTP status.
    pub(in crate::simulator) status: u16,
    /// The provider's machine word.
    pub(in crate::simulator) code: Option<&'static str>,
    /// The provider's sentence.
    pub(in crate::simulator) message: String,
}

impl Refused {
    pub(super) fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, code: None, message: message.into() }
    }

    /// This type of service has no such setting.
    pub(super) fn unknown_setting(key: &str) -> Self {
        let message =
            format!("Invalid 'user_config': Additional properties are not allowed ('{key}' was unexpected)");
        Self::new(400, message)
    }

    /// There is no such service.
    pub(in crate::simulator) fn no_service(name: &str) -> Self {
        Self {
            status: 404,
            code: Some("service_does_not_exist"),
            message: format!("Service {name} does not exist"),
        }
    }
}

/// What a client asks to change; `None` = as it is.
#[derive(Debug, Clone, Default)]
pub(in crate::simulator) struct Update {
    /// Plan.
    pub(in crate::simulator) plan: Option<String>,
    /// Region to move to; its backups stay where they are.
    pub(in crate::simulator) cloud: Option<String>,
    /// Data disk, MiB.
    pub(in crate::simulator) disk_mb: Option<u64>,
    /// Network to move to; nothing said leaves it where it is.
    pub(in crate::simulator) network: Network,
    /// Switched on or off.
    pub(in crate::simulator) powered: Option<bool>,
    /// Whether deletion is refused.
    pub(in crate::simulator) protected: Option<bool>,
    /// Settings; null resets one.
    pub(in crate::simulator) user_config: Map<String, Value>,
}

impl World {
    /// Changes a service.
    pub(in crate::simulator) fn update(
        &mut self,
        name: &str,
        wanted: Update,
        now: Timestamp,
    ) -> Result<(), Refused> {
        let Some(old) = self.find(name) else { return Err(Refused::no_service(name)) };
        let mut new = old.clone();
        if let Some(cloud) = wanted.cloud {
            if regions::find(&cloud).is_none() {
                return Err(Refused::new(400, format!("Invalid cloud '{cloud}'")));
            }
            new.region = cloud;
        }
        if let Some(plan) = wanted.plan {
            known_plan(&plan, new.kind, &new.region)?;
            new.plan = plan;
        }
        if wanted.network != Network::Unsaid {
            new.vpc = self.network(&wanted.network, &new.region)?;
        }
        if let Some(disk) = wanted.disk_mb {
            if disk << 20 < new.schedule.size {
                return Err(Refused::new(
                    400,
                    "Invalid 'disk_space_mb': too small for the data of the service",
                ));
            }
            new.disk_mb = Some(disk);
        }
        if let Some(protected) = wanted.protected {
            new.protected = protected;
        }
        match wanted.powered {
            Some(false) if new.protected => return Err(termination_protected()),
            Some(on) => new.power(on, now),
            None => {}
        }
        if wanted.user_config.contains_key(ADDITIONAL) {
            copy_elsewhere(&mut new, &wanted.user_config, now)?;
        }
        if let Some((hour, minute)) = time_of_day(&new, &wanted.user_config)? {
            new.schedule.set_time_of_day(hour, minute, now);
        }
        for (key, value) in wanted.user_config {
            if value.is_null() {
                new.user_config.remove(&key);
            } else {
                new.user_config.insert(key, value);
            }
        }
        new.changed = now;
        self.audit(now, "service_update", name, format!("Updated service '{name}'"));
        if let Some(place) = self.instances.iter_mut().find(|instance| instance.name == name) {
            *place = new;
        }
        Ok(())
    }

    /// Changes some tags of a service, or all of them; a tag without a value goes.
    pub(in crate::simulator) fn tag(
        &mut self,
        name: &str,
        tags: BTreeMap<String, Option<String>>,
        replace: bool,
        now: Timestamp,
    ) -> Result<(), Refused> {
        let Some(instance) = self.instances.iter_mut().find(|instance| instance.name == name) else {
            return Err(Refused::no_service(name));
        };
        if replace {
            instance.tags.clear();
        }
        for (key, value) in tags {
            match value {
                Some(value) => instance.tags.insert(key, value),
                None => instance.tags.remove(&key),
            };
        }
        instance.changed = now;
        self.audit(now, "service_update", name, format!("Updated tags of service '{name}'"));
        Ok(())
    }

    /// Deletes a service and its backups.
    pub(in crate::simulator) fn delete(&mut self, name: &str, now: Timestamp) -> Result<(), Refused> {
        let Some(instance) = self.find(name) else { return Err(Refused::no_service(name)) };
        if instance.protected {
            return Err(termination_protected());
        }
        self.instances.retain(|instance| instance.name != name);
        self.audit(now, "service_delete", name, format!("Deleted service '{name}'"));
        Ok(())
    }

    /// The region for a service that names none: that of the first service.
    pub(in crate::simulator) fn default_cloud(&self) -> String {
        self.instances.first().map_or("aws-eu-west-1", |first| first.region.as_str()).to_owned()
    }

    pub(super) fn made(&self, which: impl Fn(&Made) -> bool) -> Vec<Timestamp> {
        self.creations.iter().filter(|made| which(made)).map(|made| made.at).collect()
    }

    pub(super) fn audit(&mut self, at: Timestamp, kind: &'static str, service: &str, text: String) {
        let number = self.audits.last().map_or(1, |last| last.number + 1);
        self.audits.push(Audit { number, at, kind, text, service: service.to_owned() });
        if self.audits.len() > MOST_AUDITS {
            self.audits.remove(0);
        }
    }
}

/// Switches the copies in another region on, over to another region, or off.
fn copy_elsewhere(of: &mut Instance, settings: &Map<String, Value>, now: Timestamp) -> Result<(), Refused> {
    let wanted = secondary(of.kind, settings, &of.storage, now)?;
    let cloud = |secondary: &Option<super::schedule::Secondary>| {
        secondary.as_ref().map(|secondary| secondary.cloud.clone())
    };
    if cloud(&wanted) == cloud(&of.secondary) {
        return Ok(());
    }
    if wanted.is_some() {
        if let Some(again) = of.secondary_set.map(|set| set + REGION_CHANGE).filter(|again| now < *again) {
            let message = format!(
                "The additional backup region can be changed once in 24 hours, next at {}",
                instant(again)
            );
            return Err(Refused::new(400, message));
        }
        of.secondary_set = Some(now);
    }
    let before = std::mem::replace(&mut of.secondary, wanted);
    of.went.extend(before.map(|to| Went { to, until: now }));
    Ok(())
}

pub(super) fn known_plan(plan: &str, kind: Kind, region: &str) -> Result<(), Refused> {
    match plans::find(plan) {
        Some(known) if known.is_in(region) => Ok(()),
        Some(_) => Err(Refused::new(400, format!("Plan '{plan}' is not available in cloud '{region}'"))),
        None => Err(Refused::new(400, format!("Invalid plan '{plan}' for service type '{}'", kind.word()))),
    }
}

fn termination_protected() -> Refused {
    let message =
        "Service is protected against termination and shutdown. Remove termination protection first.";
    Refused::new(403, message)
}
