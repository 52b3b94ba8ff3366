//! Two regions over time, without I/O and without a clock: the state is a function of the scenario, of
//! *now*, and of what clients have created, changed and deleted.

mod build;
mod change;
mod create;
mod instance;
mod mishaps;
mod noise;
mod rows;
mod schedule;
mod script;
mod settings;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::TimeDelta;

use super::scenario::{Scenario, ServiceSpec, VpcSpec};
use crate::domain::Timestamp;

pub(in crate::simulator) use build::{Restored, Stage};
pub(in crate::simulator) use change::{Refused, Update};
pub(in crate::simulator) use create::{Creation, Network};
pub(in crate::simulator) use instance::Instance;
pub(in crate::simulator) use rows::Data;
pub(in crate::simulator) use schedule::{Backup, Range};
pub(in crate::simulator) use script::{Script, Token};

use schedule::{Backed, Went};

/// Clients may create so many services beside those of the scenario.
const MOST_SERVICES: usize = 300;
/// The most entries of the audit log; the oldest go first.
const MOST_AUDITS: usize = 1000;

/// The state of both regions.
#[derive(Debug)]
pub(in crate::simulator) struct World {
    seed: u64,
    zero: Timestamp,
    script: Script,
    instances: Vec<Instance>,
    creations: Vec<Made>,
    taken: Vec<Timestamp>,
    quota: usize,
    vpcs: Vec<Vpc>,
    audits: Vec<Audit>,
}

/// A private network of the project.
#[derive(Debug, Clone)]
pub(in crate::simulator) struct Vpc {
    /// The provider's id of it.
    pub(in crate::simulator) id: String,
    /// Region.
    pub(in crate::simulator) region: String,
    /// Its addresses.
    pub(in crate::simulator) cidr: String,
    /// When it was made.
    pub(in crate::simulator) created: Timestamp,
}

/// That a service was created, kept after its deletion.
#[derive(Debug, Clone)]
struct Made {
    at: Timestamp,
    forked_from: Option<String>,
}

/// One entry of the project's audit log.
#[derive(Debug, Clone)]
pub(in crate::simulator) struct Audit {
    /// Number, from 1.
    pub(in crate::simulator) number: usize,
    /// When.
    pub(in crate::simulator) at: Timestamp,
    /// The provider's word for it.
    pub(in crate::simulator) kind: &'static str,
    /// What, in a sentence.
    pub(in crate::simulator) text: String,
    /// Which service.
    pub(in crate::simulator) service: String,
}

impl World {
    /// The world of a scenario whose `at = "0s"` is `zero`.
    pub(in crate::simulator) fn new(scenario: &Scenario, zero: Timestamp) -> Self {
        let vpcs = vpcs(scenario, zero);
        Self {
            seed: scenario.seed,
            zero,
            script: Script::new(zero, &scenario.events),
            instances: scenario
                .services
                .iter()
                .map(|spec| Instance::given(spec, scenario.seed, zero, vpc_of(spec, &vpcs)))
                .collect(),
            creations: Vec::new(),
            taken: Vec::new(),
            quota: scenario.quota.unwrap_or(scenario.services.len() + MOST_SERVICES),
            vpcs,
            audits: Vec::new(),
        }
    }

    /// The instant of `at = "0s"`.
    pub(in crate::simulator) const fn zero(&self) -> Timestamp {
        self.zero
    }

    /// What happens when.
    pub(in crate::simulator) const fn script(&self) -> &Script {
        &self.script
    }

    /// Every service, in the order of the scenario, forks last.
    pub(in crate::simulator) fn instances(&self) -> &[Instance] {
        &self.instances
    }

    /// The service of this name.
    pub(in crate::simulator) fn find(&self, name: &str) -> Option<&Instance> {
        self.instances.iter().find(|instance| instance.name == name)
    }

    /// The project's private networks.
    pub(in crate::simulator) fn vpcs(&self) -> &[Vpc] {
        &self.vpcs
    }

    /// The audit log, oldest first.
    pub(in crate::simulator) fn audits(&self) -> &[Audit] {
        &self.audits
    }

    /// Its backups kept at `now`, oldest first.
    pub(in crate::simulator) fn backups(&self, of: &Instance, now: Timestamp) -> Vec<Backup> {
        self.backed(of).backups(now)
    }

    /// Regions that copies went to before, each with the names of the backups whose copies lie there.
    pub(in crate::simulator) fn copies_left<'a>(&self, of: &'a Instance) -> Vec<(&'a str, BTreeSet<String>)> {
        let left = |went: &'a Went| {
            let then = Backed { secondary: Some(&went.to), ..self.backed(of) };
            let arrived = then.backups(went.until).into_iter().filter(|backup| backup.copied);
            (went.to.cloud.as_str(), arrived.map(|backup| backup.name).collect())
        };
        of.went.iter().map(left).collect()
    }

    /// What can be restored in its own region.
    pub(in crate::simulator) fn primary_range(&self, of: &Instance, now: Timestamp) -> Option<Range> {
        self.backed(of).primary_range(now)
    }

    /// What can be restored in the other region.
    pub(in crate::simulator) fn secondary_range(&self, of: &Instance, now: Timestamp) -> Option<Range> {
        self.backed(of).secondary_range(now)
    }

    /// Up to which instant everything it stored has arrived in the other region.
    pub(in crate::simulator) fn horizon(&self, of: &Instance, now: Timestamp) -> Option<Timestamp> {
        self.backed(of).horizon(now)
    }

    /// Whether it runs and its region is up.
    pub(in crate::simulator) fn serves(&self, of: &Instance, now: Timestamp) -> bool {
        of.is_running(now) && !self.script.is_down(&of.region, now)
    }

    /// What is in it; a fork holds what it was restored to.
    pub(in crate::simulator) fn data(&self, of: &Instance, now: Timestamp) -> Data {
        match (&of.build, of.rows) {
            (Some(build), _) => build.restored.as_ref().map_or(Data::NONE, |restored| restored.data),
            (None, Some(rows)) => rows.up_to(now, &self.backed(of).down()),
            (None, None) => Data::NONE,
        }
    }

    fn backed<'a>(&'a self, of: &'a Instance) -> Backed<'a> {
        Backed {
            seed: self.seed,
            zero: self.zero,
            name: &of.name,
            kind: of.kind,
            region: &of.region,
            storage: &of.storage,
            off: &of.off,
            schedule: &of.schedule,
            secondary: of.secondary.as_ref(),
            script: &self.script,
        }
    }
}

fn vpcs(scenario: &Scenario, zero: Timestamp) -> Vec<Vpc> {
    let vpc = |(number, spec): (usize, &VpcSpec)| Vpc {
        id: format!("00000000-0000-4000-8000-{:012}", number + 1),
        region: spec.region.clone(),
        cidr: spec.cidr.clone(),
        created: zero - delta(instance::AGE),
    };
    scenario.vpcs.iter().enumerate().map(vpc).collect()
}

fn vpc_of(spec: &ServiceSpec, vpcs: &[Vpc]) -> Option<String> {
    let here = vpcs.iter().find(|vpc| spec.in_vpc && vpc.region == spec.region)?;
    Some(here.id.clone())
}

/// A duration as a difference of instants.
fn delta(long: Duration) -> TimeDelta {
    TimeDelta::from_std(long).unwrap_or(TimeDelta::MAX)
}

/// How long so many bytes take at a rate of bytes a second.
fn transfer(bytes: u64, rate: u64) -> TimeDelta {
    let milliseconds = u128::from(bytes) * 1000 / u128::from(rate.max(1));
    TimeDelta::milliseconds(i64::try_from(milliseconds).unwrap_or(i64::MAX / 2))
}

/// A share of so many bytes.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a size in a simulation needs no more than 52 bits, and a share is never negative"
)]
pub(in crate::simulator) fn share_of(bytes: u64, share: f64) -> u64 {
    (bytes as f64 * share.max(0.0)) as u64
}
