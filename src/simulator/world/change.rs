//! What clients change: create (fork), update, delete; and what is refused, in the provider's manner.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde_json::{Map, Value};

use super::build::{Build, Restored};
use super::schedule::{Schedule, Secondary};
use super::settings::{by_name, by_time, secondary, target_time, text};
use super::{Audit, Instance, MOST_AUDITS, MOST_SERVICES, Made, Power, World};
use crate::domain::Timestamp;
use crate::simulator::scenario::{Kind, days, is_service_name};
use crate::simulator::wire::{plans, regions};

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

    /// There is no such service.
    pub(in crate::simulator) fn no_service(name: &str) -> Self {
        Self {
            status: 404,
            code: Some("service_does_not_exist"),
            message: format!("Service {name} does not exist"),
        }
    }
}

/// What a client asks to create.
#[derive(Debug, Clone)]
pub(in crate::simulator) struct Creation {
    /// Name.
    pub(in crate::simulator) name: String,
    /// Engine, the provider's word.
    pub(in crate::simulator) kind: String,
    /// Plan.
    pub(in crate::simulator) plan: String,
    /// Region; `None` = the project's own.
    pub(in crate::simulator) cloud: Option<String>,
    /// Network.
    pub(in crate::simulator) vpc: Option<String>,
    /// Whether deletion is refused.
    pub(in crate::simulator) protected: bool,
    /// Tags.
    pub(in crate::simulator) tags: BTreeMap<String, String>,
    /// Whether the tags of the source come first.
    pub(in crate::simulator) copy_tags: bool,
    /// Settings, fork settings among them.
    pub(in crate::simulator) user_config: Map<String, Value>,
}

/// What a client asks to change; `None` = as it is.
#[derive(Debug, Clone, Default)]
pub(in crate::simulator) struct Update {
    /// Plan.
    pub(in crate::simulator) plan: Option<String>,
    /// Switched on or off.
    pub(in crate::simulator) powered: Option<bool>,
    /// Whether deletion is refused.
    pub(in crate::simulator) protected: Option<bool>,
    /// Settings; null resets one.
    pub(in crate::simulator) user_config: Map<String, Value>,
}

impl World {
    /// Creates a service, as a fork if its settings name a source. The second value says whether the
    /// answer is to be lost.
    pub(in crate::simulator) fn create(&mut self, wanted: Creation, now: Timestamp) -> Result<bool, Refused> {
        let kind = self.checked(&wanted)?;
        let region = wanted.cloud.clone().unwrap_or_else(|| self.default_cloud());
        if regions::find(&region).is_none() {
            return Err(Refused::new(400, format!("Invalid cloud '{region}'")));
        }
        if self.script.is_down(&region, now) {
            return Err(Refused::new(503, format!("No capacity in cloud '{region}' at this moment")));
        }
        let secondary = secondary(&wanted.user_config, &region, now)?;
        let source =
            wanted.user_config.get("service_to_fork_from").and_then(Value::as_str).map(str::to_owned);
        let restored = match &source {
            Some(source) => Some(self.restored(source, kind, &region, &wanted.user_config, now)?),
            None => None,
        };
        let stuck = source.as_ref().and_then(|source| {
            self.script.sticks_at(source, now, &self.made(|made| made.forked_from.as_ref() == Some(source)))
        });
        let lost = self.script.loses_answer(now, &self.made(|_| true));
        let build = Build { created: now, restored, stuck };
        let instance = self.instance(wanted, kind, region, secondary, build);
        self.audit(now, "service_create", &instance.name, created_text(&instance));
        self.creations.push(Made { at: now, forked_from: source });
        self.instances.push(instance);
        Ok(lost)
    }

    /// Changes a service.
    pub(in crate::simulator) fn update(
        &mut self,
        name: &str,
        wanted: Update,
        now: Timestamp,
    ) -> Result<(), Refused> {
        let Some(old) = self.find(name) else { return Err(Refused::no_service(name)) };
        let mut new = old.clone();
        if let Some(plan) = wanted.plan {
            known_plan(&plan, new.kind)?;
            new.plan = plan;
        }
        if let Some(protected) = wanted.protected {
            new.protected = protected;
        }
        match wanted.powered {
            Some(false) if new.protected => return Err(termination_protected()),
            Some(false) if new.power == Power::On => new.power = Power::Off(now),
            Some(true) => new.power = Power::On,
            _ => {}
        }
        if wanted.user_config.contains_key("additional_backup_regions") {
            let other = secondary(&wanted.user_config, &new.region, now)?;
            let same = |old: &Secondary| other.as_ref().is_some_and(|other| other.cloud == old.cloud);
            if !new.secondary.as_ref().is_some_and(same) {
                new.secondary = other;
            }
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

    fn made(&self, which: impl Fn(&Made) -> bool) -> Vec<Timestamp> {
        self.creations.iter().filter(|made| which(made)).map(|made| made.at).collect()
    }

    fn audit(&mut self, at: Timestamp, kind: &'static str, service: &str, text: String) {
        let number = self.audits.last().map_or(1, |last| last.number + 1);
        self.audits.push(Audit { number, at, kind, text, service: service.to_owned() });
        if self.audits.len() > MOST_AUDITS {
            self.audits.remove(0);
        }
    }

    /// What can be refused without looking at regions and backups.
    fn checked(&self, wanted: &Creation) -> Result<Kind, Refused> {
        if !is_service_name(&wanted.name) {
            return Err(Refused::new(400, "Service name must consist of 1-64 alphanumerical characters"));
        }
        if self.find(&wanted.name).is_some() {
            return Err(Refused::new(409, "Service name is already in use in this project"));
        }
        if self.instances.len() >= MOST_SERVICES || self.creations.len() >= 100 * MOST_SERVICES {
            return Err(Refused::new(403, "The project has reached its limit of services"));
        }
        let Some(kind) = Kind::of(&wanted.kind) else {
            let message = format!("Invalid service type '{}'", wanted.kind);
            return Err(Refused { code: Some("invalid_service_type"), ..Refused::new(400, message) });
        };
        known_plan(&wanted.plan, kind)?;
        let foreign = if kind.has_log() { "recovery_basebackup_name" } else { "recovery_target_time" };
        if wanted.user_config.contains_key(foreign) {
            let message = format!(
                "Invalid 'user_config': Additional properties are not allowed ('{foreign}' was unexpected)"
            );
            return Err(Refused::new(400, message));
        }
        Ok(kind)
    }

    /// What a fork in `region` is restored from: the secondary copy in its region, else the primary one.
    fn restored(
        &self,
        source: &str,
        kind: Kind,
        region: &str,
        settings: &Map<String, Value>,
        now: Timestamp,
    ) -> Result<Restored, Refused> {
        let Some(source) = self.find(source) else { return Err(Refused::no_service(source)) };
        if source.kind != kind {
            let message =
                format!("Cannot fork a '{}' service from a '{}' service", kind.word(), source.kind.word());
            return Err(Refused::new(400, message));
        }
        let there = source.secondary.as_ref().is_some_and(|secondary| secondary.cloud == region);
        if !there && self.script.is_down(&source.region, now) {
            return Err(Refused::new(503, format!("Backups in '{}' cannot be reached", source.region)));
        }
        let mut backups = self.backups(source, now);
        backups.retain(|backup| backup.copied || !there);
        if backups.is_empty() {
            return Err(Refused::new(400, format!("Service '{}' has no backups in '{region}'", source.name)));
        }
        let range = if there { self.secondary_range(source, now) } else { self.primary_range(source, now) };
        let (backup, point) = match range {
            Some(range) => by_time(&backups, range, target_time(settings)?, region)?,
            None => by_name(&backups, text(settings, "recovery_basebackup_name")?, region)?,
        };
        let down = self.script.down(&source.region);
        let data = source.rows.map_or_else(|| self.data(source, now), |rows| rows.up_to(point, &down));
        Ok(Restored {
            source: source.name.clone(),
            backup: backup.name.clone(),
            backup_at: backup.at,
            point,
            bytes: backup.size,
            replays: range.is_some(),
            data,
        })
    }

    fn instance(
        &self,
        wanted: Creation,
        kind: Kind,
        region: String,
        secondary: Option<Secondary>,
        build: Build,
    ) -> Instance {
        let source = build.restored.as_ref().and_then(|restored| self.find(&restored.source));
        let mut tags =
            source.filter(|_| wanted.copy_tags).map(|source| source.tags.clone()).unwrap_or_default();
        tags.extend(wanted.tags);
        let mut user_config = wanted.user_config;
        user_config.retain(|_, value| !value.is_null());
        let version = source.and_then(|source| source.version.clone());
        if let Some(version) = &version {
            user_config.entry(format!("{}_version", kind.word())).or_insert_with(|| version.clone().into());
        }
        Instance {
            name: wanted.name,
            kind,
            plan: wanted.plan,
            region,
            version,
            created: build.created,
            changed: build.created,
            protected: wanted.protected,
            power: Power::On,
            vpc: wanted.vpc,
            tags,
            user_config,
            schedule: own_schedule(kind, &build, source),
            secondary,
            rows: None,
            build: Some(build),
        }
    }
}

/// A new service takes its first backup some minutes after it serves.
fn own_schedule(kind: Kind, build: &Build, source: Option<&Instance>) -> Schedule {
    let day = days(1);
    let running = build.running_from();
    let like = source.map(|source| &source.schedule);
    Schedule {
        anchor: running.unwrap_or(build.created) + TimeDelta::minutes(4),
        first: running.map(|_| 0),
        every: like.map_or(day, |like| like.every),
        log_every: kind.has_log().then(|| like.and_then(|like| like.log_every)).flatten(),
        copy_delay: like.map_or_else(Default::default, |like| like.copy_delay),
        retention: like.map_or(day * 14, |like| like.retention),
        size: build.restored.as_ref().map_or(1 << 30, |restored| restored.bytes),
    }
}

fn created_text(instance: &Instance) -> String {
    let created = format!(
        "Created '{}' service '{}' with plan '{}' in cloud '{}'",
        instance.kind.word(),
        instance.name,
        instance.plan,
        instance.region
    );
    match instance.build.as_ref().and_then(|build| build.restored.as_ref()) {
        None => created,
        Some(from) => format!("{created} from backup '{}' of '{}'", from.backup, from.source),
    }
}

fn known_plan(plan: &str, kind: Kind) -> Result<(), Refused> {
    if plans::exists(plan) {
        return Ok(());
    }
    Err(Refused::new(400, format!("Invalid plan '{plan}' for service type '{}'", kind.word())))
}

fn termination_protected() -> Refused {
    let message =
        "Service is protected against termination and shutdown. Remove termination protection first.";
    Refused::new(403, message)
}
