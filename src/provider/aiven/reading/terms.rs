//! What the provider says of a service apart from its copies: facts, and the terms of its backups.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Backed, View, credible};
use crate::domain::terms::{BackupSchedule, BackupTerms, ForkMeans, LeftBehind};
use crate::domain::{Ability, Engine, ServiceFacts};
use crate::provider::aiven::kinds::{Copying, ForkBy};
use crate::provider::aiven::schedule;

const OFF: &str = "no new backup is made while it is off, those there are kept; switching it on restores the newest; \
                   after 180 days off the provider deletes the service";
const ON: &str = "switching it off keeps its backups and makes no new ones; after 180 days off the provider deletes \
                  the service";
const NONE_TO_KEEP: &str = "it has no backups that could outlive being switched off";
const DELETED: &str = "its backups stay for 30 days, and only the provider's support can restore from them";

impl View<'_> {
    pub(super) fn facts(&self) -> ServiceFacts {
        let service = self.service;
        let tags = service.tags.iter().flatten();
        ServiceFacts {
            engine: Engine::from(self.service_type.to_owned()),
            version: service.version().map(str::to_owned),
            plan: service.plan.clone(),
            region: service.cloud_name.clone(),
            state: service.state.clone(),
            disk_bytes: credible::disk(service.disk_space_mb).map(|mib| mib << 20),
            vpc: service.project_vpc_id.clone(),
            tags: tags.map(|(name, value)| (name.clone(), value.clone().unwrap_or_default())).collect(),
            no_secondary_because: self.no_secondary(),
            terms: self.terms(),
        }
    }

    /// How far apart backups are.
    pub(super) fn terms_interval(&self) -> Option<Duration> {
        Some(self.schedule()?.tiers.first()?.every)
    }

    pub(super) fn schedule(&self) -> Option<BackupSchedule> {
        let answer = if let Backed::Read(answer) = self.backed { Some(answer) } else { None };
        if self.ability == Ability::ByDesignNone {
            None
        } else {
            schedule::of(self.service, answer, self.plan)
        }
    }

    pub(super) fn no_secondary(&self) -> Option<String> {
        if self.ability == Ability::ByDesignNone {
            return Some(format!("{} has no backups by design", self.service_type));
        }
        if self.copies_lie_in.is_some() {
            return None;
        }
        let off = "backup to another region is off";
        let because = match self.kind.copying {
            Copying::Not(why) => return Some(why.to_owned()),
            Copying::Offered => off.to_owned(),
            Copying::Perhaps => {
                format!("{off}; whether it can be had for {} is not certain", self.service_type)
            }
            Copying::Unknown => {
                format!("{off}; whether it can be had for {} is not documented", self.service_type)
            }
        };
        self.is_known_to_be_off().then_some(because)
    }

    /// Whether the setting was shown, and where copies were left: what was not read proves nothing (S3, S9).
    fn is_known_to_be_off(&self) -> bool {
        self.service.copied_to() == Some(None) && matches!(self.backed, Backed::Read(_))
    }

    fn terms(&self) -> BackupTerms {
        let has_none = self.ability == Ability::ByDesignNone;
        let off = self.service.state.as_ref().map(|_| self.service.is_off());
        let rule = match (has_none, off) {
            (true, _) => NONE_TO_KEEP,
            (false, Some(true)) => OFF,
            (false, _) => ON,
        };
        BackupTerms {
            schedule: self.schedule(),
            copied_to: self.service.copied_to(),
            can_be_copied: match self.kind.copying {
                Copying::Offered => Some(true),
                Copying::Not(_) => Some(false),
                Copying::Perhaps | Copying::Unknown => None,
            },
            not_copied_because: match self.kind.copying {
                Copying::Not(why) => Some(why.to_owned()),
                Copying::Offered | Copying::Perhaps | Copying::Unknown => None,
            },
            fork: match self.kind.fork {
                ForkBy::Time => Some(ForkMeans::Time),
                ForkBy::Name => Some(ForkMeans::Backup),
                ForkBy::Never(because) => Some(ForkMeans::None { because: because.to_owned() }),
                ForkBy::Unknown => None,
            },
            newest_before_end: match self.kind.fork {
                ForkBy::Time => self.seen.margin,
                _ => Duration::ZERO,
            },
            powered_off: off,
            off_by: self
                .service
                .update_time
                .filter(|at| off == Some(true) && credible::has_been(*at, self.seen)),
            power_rule: Some(rule.to_owned()),
            on_delete: (!has_none).then(|| DELETED.to_owned()),
            termination_protected: self.service.termination_protection,
            left_behind: self.left_behind(),
        }
    }

    /// Backups in other regions than the newest: a migration of the service leaves them where they were.
    pub(super) fn left_behind(&self) -> Vec<LeftBehind> {
        let mut left = BTreeMap::<&str, LeftBehind>::new();
        let primary = self.primary_region();
        for backup in self.backups.iter().flatten() {
            let Some(region) = backup.storage_location.as_deref() else { continue };
            if Some(region) == primary {
                continue;
            }
            let entry = left.entry(region).or_insert_with(|| LeftBehind {
                region: region.to_owned(),
                count: 0,
                newest: None,
            });
            entry.count += 1;
            entry.newest = entry.newest.max(self.made(backup));
        }
        left.into_values().collect()
    }
}
