//! One service of the world.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{TimeDelta, Timelike};
use serde_json::{Map, Value, json};

use super::build::{Build, Stage};
use super::rows::Rows;
use super::schedule::{Schedule, Secondary};
use super::{delta, noise};
use crate::domain::Timestamp;
use crate::simulator::scenario::{Kind, ServiceSpec, days};

/// Services of a scenario exist for so long before it starts.
const AGE: Duration = days(200);

/// A service: one of the scenario, or one that a client created.
#[derive(Debug, Clone)]
pub(in crate::simulator) struct Instance {
    /// Name.
    pub(in crate::simulator) name: String,
    /// Engine.
    pub(in crate::simulator) kind: Kind,
    /// Plan.
    pub(in crate::simulator) plan: String,
    /// Region it runs in.
    pub(in crate::simulator) region: String,
    /// Version of the engine.
    pub(in crate::simulator) version: Option<String>,
    /// When it was created.
    pub(in crate::simulator) created: Timestamp,
    /// When a client last changed it.
    pub(in crate::simulator) changed: Timestamp,
    /// Whether deletion is refused.
    pub(in crate::simulator) protected: bool,
    /// Whether it is switched on.
    pub(in crate::simulator) power: Power,
    /// Network it lies in.
    pub(in crate::simulator) vpc: Option<String>,
    /// Tags.
    pub(in crate::simulator) tags: BTreeMap<String, String>,
    /// Settings, as given.
    pub(in crate::simulator) user_config: Map<String, Value>,
    /// How it is backed up.
    pub(in crate::simulator) schedule: Schedule,
    /// Where copies go.
    pub(in crate::simulator) secondary: Option<Secondary>,
    /// How it came into being; `None` = it was there from the beginning.
    pub(in crate::simulator) build: Option<Build>,
    /// Its data, if it was there from the beginning.
    pub(in crate::simulator) rows: Option<Rows>,
}

/// Whether a service is switched on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::simulator) enum Power {
    /// It is.
    On,
    /// Not since then.
    Off(Timestamp),
}

impl Instance {
    /// A service that the scenario begins with.
    pub(super) fn given(spec: &ServiceSpec, seed: u64, zero: Timestamp) -> Self {
        let created = zero - delta(AGE);
        // The newest backup is some hours old, as on any working day.
        let age = delta(spec.backup_every).num_seconds() * noise::below(seed, &spec.name, -1, 1000) / 1400;
        let anchor = zero - TimeDelta::seconds(age) - delta(spec.backup_every) / 5;
        let schedule = Schedule {
            anchor,
            first: Some(-(delta(AGE).num_seconds() / delta(spec.backup_every).num_seconds().max(1))),
            every: spec.backup_every,
            log_every: spec.kind.has_log().then_some(spec.log_every),
            copy_delay: spec.copy_delay,
            retention: spec.retention,
            size: spec.size,
        };
        let every_us = 180_000 + noise::below(seed, &spec.name, -2, 2_300_000);
        Self {
            name: spec.name.clone(),
            kind: spec.kind,
            plan: spec.plan.clone(),
            region: spec.region.clone(),
            version: spec.version.clone(),
            created,
            changed: created,
            protected: true,
            power: Power::On,
            vpc: None,
            tags: tags(spec),
            user_config: settings(spec, anchor),
            schedule,
            secondary: spec.secondary.clone().map(|cloud| Secondary { cloud, since: created }),
            build: None,
            rows: spec.kind.has_backups().then_some(Rows { first: created, every_us }),
        }
    }

    /// Now, or when it was switched off.
    pub(super) fn until(&self, now: Timestamp) -> Timestamp {
        match self.power {
            Power::On => now,
            Power::Off(since) => since,
        }
    }

    /// How far its making is.
    pub(in crate::simulator) fn stage(&self, now: Timestamp) -> Stage {
        self.build.as_ref().map_or(Stage::Running, |build| build.stage(now))
    }

    /// Whether it is switched on and finished.
    pub(in crate::simulator) fn is_running(&self, now: Timestamp) -> bool {
        self.power == Power::On && self.stage(now) == Stage::Running
    }
}

fn tags(spec: &ServiceSpec) -> BTreeMap<String, String> {
    let tier = spec.tier.map(|tier| ("tier".to_owned(), tier.to_string()));
    let owner = spec.owner.clone().map(|owner| ("owner".to_owned(), owner));
    tier.into_iter().chain(owner).collect()
}

fn settings(spec: &ServiceSpec, anchor: Timestamp) -> Map<String, Value> {
    let mut settings = Map::new();
    if let Some(secondary) = &spec.secondary {
        settings.insert("additional_backup_regions".to_owned(), json!([secondary]));
    }
    if spec.kind.has_log() {
        settings.insert("backup_hour".to_owned(), json!(anchor.hour()));
        settings.insert("backup_minute".to_owned(), json!(anchor.minute()));
    }
    if let Some(version) = &spec.version {
        settings.insert(format!("{}_version", spec.kind.word()), json!(version));
    }
    settings
}
