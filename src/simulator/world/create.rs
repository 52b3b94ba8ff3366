//! How a service is created, as a fork or empty; and what is refused, in the provider's manner.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde_json::{Map, Value};

use super::build::{Build, Restored};
use super::change::{Refused, known_plan};
use super::schedule::{Backup, Range, Schedule, Secondary};
use super::settings::{by_name, by_time, secondary, target_time, text};
use super::{Instance, MOST_SERVICES, Made, World};
use crate::domain::Timestamp;
use crate::simulator::scenario::{ForkBy, Kind, is_service_name};
use crate::simulator::wire::plans::Family;
use crate::simulator::wire::{instant, plans, policy, regions};

/// A new service takes its first backup so long after it serves.
const FIRST_BACKUP: TimeDelta = TimeDelta::minutes(4);

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
    pub(in crate::simulator) network: Network,
    /// Data disk, MiB; `None` = what the plan has.
    pub(in crate::simulator) disk_mb: Option<u64>,
    /// Whether deletion is refused.
    pub(in crate::simulator) protected: bool,
    /// Tags.
    pub(in crate::simulator) tags: BTreeMap<String, String>,
    /// Whether the tags of the source come first.
    pub(in crate::simulator) copy_tags: bool,
    /// Settings, fork settings among them.
    pub(in crate::simulator) user_config: Map<String, Value>,
}

/// Which network a service is to lie in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::simulator) enum Network {
    /// Nothing is said: the project's network in that region if there is one, else the public one.
    #[default]
    Unsaid,
    /// The public one.
    Public,
    /// The private one with this id.
    Vpc(String),
}

impl World {
    /// Creates a service, as a fork if its settings name a source. The value says whether the answer is to
    /// be lost.
    pub(in crate::simulator) fn create(&mut self, wanted: Creation, now: Timestamp) -> Result<bool, Refused> {
        let kind = self.checked(&wanted)?;
        let region = wanted.cloud.clone().unwrap_or_else(|| self.default_cloud());
        if regions::find(&region).is_none() {
            return Err(Refused::new(400, format!("Invalid cloud '{region}'")));
        }
        known_plan(&wanted.plan, kind, &region)?;
        if self.script.is_down(&region, now) {
            return Err(Refused::new(503, format!("No capacity in cloud '{region}' at this moment")));
        }
        let secondary = secondary(kind, &wanted.user_config, &region, now)?;
        let vpc = self.network(&wanted.network, &region)?;
        let source =
            wanted.user_config.get("service_to_fork_from").and_then(Value::as_str).map(str::to_owned);
        let restored = match &source {
            Some(source) => Some(self.restored(source, kind, &region, &wanted, now)?),
            None => None,
        };
        if self.script.takes_name(now, &self.taken) {
            return Err(self.somebody_else(wanted, kind, region, now));
        }
        let build = self.build(source.as_deref(), restored, now);
        let late = source.as_deref().map(|source| self.script.late_backup(source, now)).unwrap_or_default();
        let lost = self.script.loses_answer(now, &self.made(|_| true));
        let instance = self.instance(wanted, kind, region, secondary, (build, late), vpc);
        self.audit(now, "service_create", &instance.name, created_text(&instance));
        self.creations.push(Made { at: now, forked_from: source });
        self.instances.push(instance);
        Ok(lost)
    }

    /// At this very moment somebody else has created a service of that name.
    fn somebody_else(&mut self, wanted: Creation, kind: Kind, region: String, now: Timestamp) -> Refused {
        self.taken.push(now);
        let theirs = Creation {
            tags: BTreeMap::from([("owner".to_owned(), "somebody-else".to_owned())]),
            copy_tags: false,
            user_config: Map::new(),
            ..wanted
        };
        let build = Build { created: now, restored: None, stuck: None, again: None };
        let instance = self.instance(theirs, kind, region, None, (build, TimeDelta::zero()), None);
        self.audit(now, "service_create", &instance.name, created_text(&instance));
        self.instances.push(instance);
        name_in_use()
    }

    fn build(&self, source: Option<&str>, restored: Option<Restored>, now: Timestamp) -> Build {
        let earlier = self.made(|made| made.forked_from.as_deref() == source);
        let share = |of: fn(&super::Script, &str, Timestamp, &[Timestamp]) -> Option<f64>| {
            source.and_then(|source| of(&self.script, source, now, &earlier))
        };
        let stuck = share(super::Script::sticks_at);
        Build { created: now, restored, stuck, again: share(super::Script::begins_again_at) }
    }

    /// What can be refused without looking at regions and backups.
    fn checked(&self, wanted: &Creation) -> Result<Kind, Refused> {
        if !is_service_name(&wanted.name) {
            return Err(Refused::new(400, "Service name must consist of 1-64 alphanumerical characters"));
        }
        if self.find(&wanted.name).is_some() {
            return Err(name_in_use());
        }
        if self.instances.len() >= self.quota || self.creations.len() >= 100 * MOST_SERVICES {
            return Err(Refused::new(403, "The project has reached its limit of services"));
        }
        let Some(kind) = Kind::of(&wanted.kind) else {
            let message = format!("Invalid service type '{}'", wanted.kind);
            return Err(Refused { code: Some("invalid_service_type"), ..Refused::new(400, message) });
        };
        let foreign: &[&str] = match kind.fork_by() {
            ForkBy::Time => &["recovery_basebackup_name"],
            ForkBy::Name => &["recovery_target_time"],
            ForkBy::Never => &["recovery_basebackup_name", "recovery_target_time"],
        };
        match foreign.iter().find(|key| wanted.user_config.contains_key(**key)) {
            Some(key) => Err(Refused::unknown_setting(key)),
            None => Ok(kind),
        }
    }

    pub(super) fn network(&self, wanted: &Network, region: &str) -> Result<Option<String>, Refused> {
        let here = self.vpcs.iter().find(|vpc| vpc.region == region);
        match wanted {
            Network::Public => Ok(None),
            Network::Unsaid => Ok(here.map(|vpc| vpc.id.clone())),
            Network::Vpc(id) if here.is_some_and(|vpc| vpc.id == *id) => Ok(Some(id.clone())),
            Network::Vpc(id) => {
                Err(Refused::new(400, format!("Project VPC '{id}' does not exist in cloud '{region}'")))
            }
        }
    }

    /// What a fork in `region` is restored from: the secondary copy in its region, else the primary one.
    fn restored(
        &self,
        source: &str,
        kind: Kind,
        region: &str,
        wanted: &Creation,
        now: Timestamp,
    ) -> Result<Restored, Refused> {
        let Some(source) = self.find(source) else { return Err(Refused::no_service(source)) };
        if source.kind != kind {
            let message =
                format!("Cannot fork a '{}' service from a '{}' service", kind.word(), source.kind.word());
            return Err(Refused::new(400, message));
        }
        let there = source.secondary.as_ref().is_some_and(|secondary| secondary.cloud == region);
        if !there && self.script.is_down(&source.storage, now) {
            return Err(Refused::new(503, format!("Backups in '{}' cannot be reached", source.storage)));
        }
        let mut backups = self.backups(source, now);
        backups.retain(|backup| backup.copied || !there);
        if backups.is_empty() {
            return Err(Refused::new(400, format!("Service '{}' has no backups in '{region}'", source.name)));
        }
        if kind.fork_by() == ForkBy::Never || is_hobby(source) {
            let message = format!("Forking is not allowed for '{}' with plan '{}'", kind.word(), source.plan);
            return Err(Refused::new(403, message));
        }
        let range = if there { self.secondary_range(source, now) } else { self.primary_range(source, now) };
        let (backup, point) = match range {
            Some(range) => self.by_time(source, &backups, range, wanted, (region, now))?,
            None => by_name(&backups, text(&wanted.user_config, "recovery_basebackup_name")?, region)?,
        };
        let chain = chain(&backups, backup);
        let bytes = chain.iter().map(|link| link.size).sum();
        if wanted.disk_mb.is_some_and(|disk| disk << 20 < bytes) {
            return Err(Refused::new(400, "Invalid 'disk_space_mb': too small for the data of the backup"));
        }
        let data = match source.rows {
            Some(rows) => rows.up_to(point, &self.backed(source).down()),
            None => self.data(source, now),
        };
        Ok(Restored {
            source: source.name.clone(),
            backup: backup.name.clone(),
            backup_at: backup.at,
            point,
            bytes,
            chain,
            replays: range.is_some(),
            data,
        })
    }

    /// A point of the range that this provider also takes: a scenario may make it refuse the newest ones.
    fn by_time<'a>(
        &self,
        source: &Instance,
        backups: &'a [Backup],
        range: Range,
        wanted: &Creation,
        (region, now): (&str, Timestamp),
    ) -> Result<(&'a Backup, Timestamp), Refused> {
        let target = target_time(&wanted.user_config)?;
        let (backup, point) = by_time(backups, range, target, region)?;
        match self.script.refuses_newest(&source.name, now) {
            Some(by) if target.is_some() && point > range.to - by => {
                let message = format!(
                    "Invalid 'recovery_target_time': {} cannot be restored in '{region}' yet, try an earlier time",
                    instant(point)
                );
                Err(Refused::new(400, message))
            }
            _ => Ok((backup, point)),
        }
    }

    fn instance(
        &self,
        wanted: Creation,
        kind: Kind,
        region: String,
        secondary: Option<Secondary>,
        (build, late): (Build, TimeDelta),
        vpc: Option<String>,
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
            schedule: own_schedule(kind, &wanted.plan, &build, late, source),
            plan: wanted.plan,
            storage: region.clone(),
            region,
            disk_mb: wanted.disk_mb,
            version,
            created: build.created,
            changed: build.created,
            protected: wanted.protected,
            off: Vec::new(),
            vpc,
            tags,
            user_config,
            went: Vec::new(),
            secondary_set: secondary.as_ref().map(|secondary| secondary.since),
            secondary,
            integrations: Vec::new(),
            probed: true,
            rows: None,
            build: Some(build),
        }
    }
}

fn is_hobby(source: &Instance) -> bool {
    plans::find(&source.plan).is_some_and(|plan| plan.family() == Family::Hobbyist)
}

/// The backup with those before it that it needs, full one first.
fn chain(backups: &[Backup], last: &Backup) -> Vec<Backup> {
    let upto: Vec<&Backup> = backups.iter().take_while(|backup| backup.at <= last.at).collect();
    let full = upto.iter().rposition(|backup| !backup.incremental).unwrap_or_default();
    upto.into_iter().skip(full).cloned().collect()
}

fn own_schedule(
    kind: Kind,
    plan: &str,
    build: &Build,
    late: TimeDelta,
    source: Option<&Instance>,
) -> Schedule {
    let running = build.running_from();
    let like = source.map(|source| &source.schedule);
    let usual = policy::interval(kind);
    Schedule {
        anchor: running.unwrap_or(build.created) + FIRST_BACKUP + late,
        moved: Vec::new(),
        first: running.map(|_| 0),
        every: like.map_or(usual, |like| like.every),
        fulls: like.map_or(1, |like| like.fulls),
        log_every: kind.has_log().then(|| like.and_then(|like| like.log_every)).flatten(),
        copy_delay: like.map_or_else(Default::default, |like| like.copy_delay),
        retention: plans::find(plan).map_or(usual, |plan| policy::retention(kind, plan)),
        size: build.restored.as_ref().map_or(1 << 30, |restored| restored.bytes),
    }
}

fn name_in_use() -> Refused {
    Refused::new(409, "Service name is already in use in this project")
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
