//! All services of a config, and how reports of sources change what is known of them (S2, S33).
//!
//! A report may arrive at any time and in any order between sources; within one source the poller
//! drops the late ones. Nothing here ever forgets a last good reading because a later attempt failed.

mod apply;
mod discover;
mod dismiss;
mod recall;
mod silent;
mod tally;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use discover::Discovery;
pub use recall::Carried;
pub use tally::{Probes, Tally};

use super::skew::Skew;
use super::{
    Attempt, ClientsMoved, CopyState, Heard, ListedFork, Liveness, Role, Service, ServiceId, ShownBackups,
    Timestamp,
};

/// Which copy of which service a source's name for a service stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Binding {
    /// The service on the board.
    pub service: ServiceId,
    /// Which of its copies.
    pub role: Role,
    /// The source it is read from.
    pub source: String,
    /// Its name at that source.
    pub remote: String,
}

/// The name at its source of the service of which this is a copy.
pub fn remote_of<'a>(bindings: &'a [Binding], service: &'a Service, role: Role, copy: &CopyState) -> &'a str {
    let is_it = |binding: &&Binding| {
        binding.service == service.id && binding.role == role && binding.source == copy.source
    };
    bindings.iter().find(is_it).map_or(&service.remote, |binding| &binding.remote)
}

/// What is known of a source itself.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceState {
    /// The last attempt to read it.
    pub attempt: Attempt,
    /// When it last brought facts.
    pub last_good: Option<Timestamp>,
    /// How far its clock is off; `None` when it shows none, or showed one too long ago.
    pub skew: Option<Skew>,
    /// How long the last attempt took, real time.
    pub took: Duration,
    /// Requests or processes the last attempt took.
    pub calls: u32,
    /// Not asked again before this much time has passed since the attempt.
    pub retry_after: Option<Duration>,
}

impl SourceState {
    /// When it may be asked again at the earliest, where it asked for time.
    pub fn not_before(&self) -> Option<Timestamp> {
        let wait = chrono::TimeDelta::from_std(self.retry_after?).ok()?;
        self.attempt.at?.checked_add_signed(wait)
    }
}

/// Every service, by name, and every source that was tried.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fleet {
    /// The services.
    pub services: BTreeMap<ServiceId, Service>,
    /// The sources that were tried, by name.
    pub sources: BTreeMap<String, SourceState>,
    /// Services that a person dismissed. Never rows.
    away: BTreeMap<ServiceId, Service>,
    /// Forks of ours that sources list: source, then name there (S33). Never rows.
    pub forks: BTreeMap<String, BTreeMap<String, ListedFork>>,
    /// Forks that runs made or asked for, as journals say: source, name there, and the run.
    made: BTreeMap<String, BTreeMap<String, String>>,
    /// Services that the config names.
    named: BTreeSet<ServiceId>,
    /// Sources whose services become rows of their own.
    discoveries: Vec<Discovery>,
    /// Discovered rows: source, then name there.
    discovered: BTreeMap<String, BTreeMap<String, ServiceId>>,
    /// Copies whose region the config states: what a provider says does not change it.
    pinned_regions: BTreeSet<(ServiceId, Role)>,
}

impl Fleet {
    /// The services of a config, nothing read yet or with last-known readings in them.
    pub fn new(services: impl IntoIterator<Item = Service>) -> Self {
        let services: BTreeMap<_, _> =
            services.into_iter().map(|service| (service.id.clone(), service)).collect();
        let pinned_regions = services
            .values()
            .flat_map(|service| [(service, Role::Primary), (service, Role::Secondary)])
            .filter(|(service, role)| service.copy(*role).is_some_and(|copy| copy.region.is_some()))
            .map(|(service, role)| (service.id.clone(), role))
            .collect();
        let named = services.keys().cloned().collect();
        Self { services, named, pinned_regions, ..Self::default() }
    }

    /// The same, with sources whose services become rows of their own (S33).
    #[must_use]
    pub fn discovering(mut self, discoveries: Vec<Discovery>) -> Self {
        self.discoveries = discoveries;
        self
    }

    /// How the provider of the fork that clients use lists it, where it was asked.
    pub fn listed(&self, moved: &ClientsMoved) -> Option<&ListedFork> {
        self.forks.get(&moved.source)?.get(&moved.fork).filter(|listed| listed.run == moved.run)
    }

    /// Takes in which forks runs made or asked for, each by its source, its name there and the run: an entry there that
    /// cannot be understood is of the fork then, and no row (S33).
    pub fn tell_made<'a>(&mut self, made: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>) {
        self.made.clear();
        for (source, fork, run) in made {
            self.made.entry(source.to_owned()).or_default().insert(fork.to_owned(), run.to_owned());
        }
    }

    /// Tells each service whose clients use a fork how that is listed.
    pub fn tell_forks(&mut self) {
        for moved in self.services.values_mut().filter_map(|service| service.clients_moved.as_mut()) {
            let listed = self.forks.get(&moved.source).and_then(|forks| forks.get(&moved.fork));
            moved.listed = listed.filter(|listed| listed.run == moved.run).cloned();
        }
    }

    /// Tells each service whose clients use a fork what the service that it is here shows of its backups. Names those for
    /// which that is news.
    pub fn tell_watched(&mut self) -> Vec<ServiceId> {
        let mut news = Vec::new();
        let moved =
            self.services.values().filter_map(|service| Some((service, service.clients_moved.as_ref()?)));
        for (service, moved) in moved {
            let row = moved.watched_as.as_ref().and_then(|row| self.services.get(row));
            let shown = row.map(ShownBackups::of);
            if moved.shown != shown {
                news.push((service.id.clone(), shown));
            }
        }
        let told = news.into_iter().map(|(id, shown)| {
            if let Some(moved) = self.services.get_mut(&id).and_then(|service| service.clients_moved.as_mut())
            {
                moved.shown = shown;
            }
            id
        });
        told.collect()
    }

    /// Fills the nodes of the map, which services that came one after the other in their order left half empty.
    pub fn pack(&mut self) {
        self.services = std::mem::take(&mut self.services).into_iter().collect();
    }

    /// Takes in what a probe learned: whoever saw a silence first says when it began. What was seen in the future, by
    /// a clock that was ahead, counts for nothing. Says whether that changed anything.
    pub fn set_liveness(&mut self, service: &str, liveness: Liveness, now: Timestamp) -> bool {
        match self.services.get_mut(service) {
            Some(service) => {
                let (before, is_off) = (service.liveness, service.is_off());
                let true_before = Some(before).filter(|before| before.is_seen_by(now));
                let true_before = true_before.unwrap_or(Liveness::NotProbed);
                service.liveness = match liveness {
                    Liveness::Answers { at } if true_before.seen_at() <= Some(at) => liveness,
                    _ => true_before.merged(liveness).while_off(service.off_at().min(Some(now))),
                };
                let ended = true_before.silent_since().filter(|_| !is_off);
                if let (Some(since), Liveness::Answers { at }) = (ended, service.liveness) {
                    service.was_silent = Some(Box::new((since, at)));
                }
                service.liveness != before
            }
            None => false,
        }
    }

    /// Takes in what the open run of a service knows of its primary; `None` once there is none. Says whether
    /// that changed anything.
    pub fn hear(&mut self, service: &str, heard: Option<Heard>) -> bool {
        match self.services.get_mut(service) {
            Some(service) if service.heard.as_deref() != heard.as_ref() => {
                service.heard = heard.map(Box::new);
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests;
