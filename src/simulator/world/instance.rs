//! One service of the world.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{TimeDelta, Timelike};
use serde_json::{Map, Value, json};

use super::build::{Build, Stage};
use super::rows::Rows;
use super::schedule::{Schedule, Secondary, Went};
use super::script::Span;
use super::{delta, noise};
use crate::domain::Timestamp;
use crate::simulator::scenario::{Kind, ServiceSpec, days};

/// Services of a scenario exist for so long before it starts.
pub(super) const AGE: Duration = days(200);

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
    /// Region that holds its own backups: they stay where they are when it moves.
    pub(in crate::simulator) storage: String,
    /// Data disk, MiB; `None` = what the plan has.
    pub(in crate::simulator) disk_mb: Option<u64>,
    /// Version of the engine.
    pub(in crate::simulator) version: Option<String>,
    /// When it was created.
    pub(in crate::simulator) created: Timestamp,
    /// When a client last changed it.
    pub(in crate::simulator) changed: Timestamp,
    /// Whether deletion is refused.
    pub(in crate::simulator) protected: bool,
    /// When it was switched off.
    pub(in crate::simulator) off: Vec<Span>,
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
    /// Where they went before, oldest first: what had arrived there stays as long as the backup itself.
    pub(in crate::simulator) went: Vec<Went>,
    /// When that was last set, even if it was switched off since.
    pub(in crate::simulator) secondary_set: Option<Timestamp>,
    /// Services it works with; a fork has none.
    pub(in crate::simulator) integrations: Vec<String>,
    /// Whether a port shows that it lives.
    pub(in crate::simulator) probed: bool,
    /// How it came into being; `None` = it was there from the beginning.
    pub(in crate::simulator) build: Option<Build>,
    /// Its data, if it was there from the beginning.
    pub(in crate::simulator) rows: Option<Rows>,
}

impl Instance {
    /// A service that the scenario begins with.
    pub(super) fn given(spec: &ServiceSpec, seed: u64, zero: Timestamp, vpc: Option<String>) -> Self {
        let created = zero - delta(AGE);
        // The newest backup is some hours old, as on any working day.
        let age = delta(spec.backup_every).num_seconds() * noise::below(seed, &spec.name, -1, 1000) / 1400;
        let anchor = zero - TimeDelta::seconds(age) - delta(spec.backup_every) / 5;
        let schedule = Schedule {
            anchor,
            moved: Vec::new(),
            first: spec
                .persistence
                .then(|| -(delta(AGE).num_seconds() / delta(spec.backup_every).num_seconds().max(1))),
            every: spec.backup_every,
            fulls: spec.full_every.map_or(1, |full| in_a_chain(full, spec.backup_every)),
            log_every: spec.kind.has_log().then_some(spec.log_every),
            copy_delay: spec.copy_delay,
            retention: spec.retention,
            size: spec.size,
        };
        let copied_since = spec.secondary_for.map_or(created, |long| zero - delta(long));
        let every_us = 180_000 + noise::below(seed, &spec.name, -2, 2_300_000);
        Self {
            name: spec.name.clone(),
            kind: spec.kind,
            plan: spec.plan.clone(),
            region: spec.region.clone(),
            storage: spec.backups_in.clone(),
            disk_mb: None,
            version: spec.version.clone(),
            created,
            changed: spec.powered_off.map_or(created, |long| zero - delta(long)),
            protected: true,
            off: spec
                .powered_off
                .map(|long| Span { from: zero - delta(long), to: None })
                .into_iter()
                .collect(),
            vpc,
            tags: tags(spec),
            user_config: settings(spec, anchor),
            schedule,
            secondary: spec.secondary.clone().map(|cloud| Secondary { cloud, since: copied_since }),
            went: Vec::new(),
            secondary_set: spec.secondary.is_some().then_some(copied_since),
            integrations: spec.integrations.clone(),
            probed: spec.probed,
            build: None,
            rows: spec.kind.has_backups().then_some(Rows { first: created, every_us }),
        }
    }

    /// Whether it is switched on.
    pub(in crate::simulator) fn is_on(&self) -> bool {
        self.off.last().is_none_or(|span| span.to.is_some())
    }

    /// Switches it on or off.
    pub(super) fn power(&mut self, on: bool, now: Timestamp) {
        match (on, self.is_on()) {
            (false, true) => self.off.push(Span { from: now, to: None }),
            (true, false) => self.off.last_mut().into_iter().for_each(|span| span.to = Some(now)),
            _ => {}
        }
    }

    /// How far its making is.
    pub(in crate::simulator) fn stage(&self, now: Timestamp) -> Stage {
        self.build.as_ref().map_or(Stage::Running, |build| build.stage(now))
    }

    /// Whether it is switched on and finished.
    pub(in crate::simulator) fn is_running(&self, now: Timestamp) -> bool {
        self.is_on() && self.stage(now) == Stage::Running
    }
}

/// How many backups belong to a full one, itself included.
fn in_a_chain(full: Duration, every: Duration) -> i64 {
    i64::try_from(full.as_secs() / every.as_secs().max(1)).unwrap_or(1).max(1)
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
    if !spec.persistence {
        settings.insert(format!("{}_persistence", spec.kind.word()), json!("off"));
    }
    if spec.sso {
        settings.insert("saml".to_owned(), json!({ "enabled": true, "idp_entity_id": "invented" }));
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
