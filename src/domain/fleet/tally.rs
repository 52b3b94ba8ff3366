//! Counts over a fleet that follow its changes and the time, service by service: what every frame shows and
//! every tick asks costs the same however large the fleet is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::TimeDelta;

use super::super::liveness::FRESH_FOR;
use super::super::regions::{Health, Look, Region, look};
use super::super::{Service, ServiceId, Timestamp};

type Services = BTreeMap<ServiceId, Service>;

/// How many primaries answer, of those that were ever looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Probes {
    /// They answer.
    pub answer: usize,
    /// They do not.
    pub silent: usize,
    /// The last look does not say.
    pub not_known: usize,
    /// They are switched off: none of the others.
    pub off: usize,
    /// The oldest of the last looks.
    pub oldest: Option<Timestamp>,
}

/// The counts, and what each service was counted as.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tally {
    now: Timestamp,
    counted: BTreeMap<Arc<str>, Counted>,
    /// Every service whose primary was looked at, by when that was.
    looks: BTreeSet<(Timestamp, Arc<str>)>,
    /// Services with a run that is not over.
    open: BTreeSet<ServiceId>,
    regions: BTreeMap<Arc<str>, Region>,
    all: Region,
    /// The silent primaries of silent regions, as services are told of them.
    told: BTreeMap<Arc<str>, usize>,
}

#[derive(Debug, Clone, PartialEq)]
struct Counted {
    region: Option<Arc<str>>,
    is_off: bool,
    look: Option<(Timestamp, Look)>,
}

impl Tally {
    /// Counts a fleet. Nobody was told of silent regions yet.
    pub fn of(services: &Services, now: Timestamp) -> Self {
        let mut tally = Self { now, ..Self::default() };
        for service in services.values() {
            tally.see(service);
        }
        tally
    }

    /// Counts a service as it is by now.
    pub fn see(&mut self, service: &Service) {
        let region = service.primary_region().map(|name| self.region(name));
        let (is_off, look) = (service.is_off(), look(service, self.now));
        if service.open_runs.as_ref().is_some_and(|open| !open.is_empty()) {
            self.open.insert(service.id.clone());
        } else {
            self.open.remove(&service.id);
        }
        let new = Counted { region, is_off, look };
        let before = self.counted.get_key_value(service.id.as_str());
        if before.is_some_and(|(_, old)| *old == new) {
            return;
        }
        let before = before.map(|(id, old)| (Arc::clone(id), old.clone()));
        let id = before.as_ref().map_or_else(|| service.id.as_str().into(), |(id, _)| Arc::clone(id));
        if let Some((id, old)) = before {
            self.take_out(&id, &old);
        }
        self.put_in(&id, &new);
        self.counted.insert(id, new);
    }

    /// Time goes on: what was seen of some primaries becomes too old to say anything. Services that are gone
    /// count no more.
    pub fn pass(&mut self, services: &Services, now: Timestamp) {
        let before = std::mem::replace(&mut self.now, now);
        if self.counted.len() > services.len() {
            self.drop_gone(services);
        }
        for id in self.turned(before, now) {
            if let Some(service) = services.get(&*id) {
                self.see(service);
            }
        }
    }

    /// Those whose last look became too old, or is of the future no more.
    fn turned(&self, before: Timestamp, now: Timestamp) -> Vec<Arc<str>> {
        if before == now {
            return Vec::new();
        }
        let (from, to) = (before.min(now), before.max(now) + TimeDelta::nanoseconds(1));
        let first: Arc<str> = "".into();
        let between =
            |end| self.looks.range((from + end, Arc::clone(&first))..(to + end, Arc::clone(&first)));
        [-FRESH_FOR, FRESH_FOR].into_iter().flat_map(between).map(|(_, id)| Arc::clone(id)).collect()
    }

    fn drop_gone(&mut self, services: &Services) {
        let gone: Vec<Arc<str>> =
            self.counted.keys().filter(|id| !services.contains_key(&***id)).cloned().collect();
        for id in gone {
            self.open.remove(&*id);
            if let Some(old) = self.counted.remove(&id) {
                self.take_out(&id, &old);
            }
        }
    }

    fn region(&mut self, name: &str) -> Arc<str> {
        if let Some((name, _)) = self.regions.get_key_value(name) {
            return Arc::clone(name);
        }
        let name: Arc<str> = name.into();
        self.regions.insert(Arc::clone(&name), Region::default());
        name
    }

    fn put_in(&mut self, id: &Arc<str>, new: &Counted) {
        if let Some((at, _)) = new.look {
            self.looks.insert((at, Arc::clone(id)));
        }
        self.change(new, |count| *count += 1);
    }

    fn take_out(&mut self, id: &Arc<str>, old: &Counted) {
        if let Some((at, _)) = old.look {
            self.looks.remove(&(at, Arc::clone(id)));
        }
        self.change(old, |count| *count -= 1);
    }

    fn change(&mut self, counted: &Counted, by: fn(&mut usize)) {
        let region = counted.region.as_ref().and_then(|name| self.regions.get_mut(name));
        for region in region.into_iter().chain([&mut self.all]) {
            by(&mut region.services);
            if counted.is_off {
                by(&mut region.off);
            }
            if let Some((_, look)) = counted.look {
                region.take(look, by);
            }
        }
    }

    /// What the probes of all primaries say.
    pub fn probes(&self) -> Probes {
        let Region { answer, silent, off, .. } = self.all;
        let oldest = self.looks.first().map(|(at, _)| *at);
        Probes { answer, silent, not_known: self.looks.len() - answer - silent, off, oldest }
    }

    /// The services with a run that is not over, by name.
    pub fn open(&self) -> impl Iterator<Item = &ServiceId> {
        self.open.iter()
    }

    /// Whether other regions are silent than those that services were told of. From now on they are told of these.
    pub(super) fn take_news(&mut self) -> bool {
        let silent = self.regions.iter().filter(|(_, region)| region.health() == Health::Silent);
        let silent = silent.map(|(name, region)| (Arc::clone(name), region.silent)).collect();
        let before = std::mem::replace(&mut self.told, silent);
        before != self.told
    }

    /// How many primaries are silent in the region that a service's copy lies in, where none that was asked answers.
    pub fn silent_there(&self, service: &Service) -> Option<usize> {
        self.told.get(service.secondary.as_ref()?.region.as_deref()?).copied()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::regions::regions;
    use super::super::Fleet;
    use super::*;
    use crate::domain::sample::{STALE, now, open_run, orders, switch_off};
    use crate::domain::{Assessment, ClientsMoved, Liveness, assess};

    fn second(count: i64) -> Timestamp {
        now() + TimeDelta::seconds(count)
    }

    #[derive(Debug, Clone)]
    enum Change {
        Looked(u8, bool, i64),
        Moved(u8, Option<&'static str>),
        Run(u8, bool),
        Off(u8),
        Left(u8, i64),
        Gone(u8),
        Passed(i64),
    }

    fn any_change() -> impl Strategy<Value = Change> {
        let which = 0..6_u8;
        let region = prop_oneof![Just(None), Just(Some("west")), Just(Some("east"))];
        prop_oneof![
            4 => (which.clone(), any::<bool>(), 0..90_i64).prop_map(|(id, answers, at)| Change::Looked(id, answers, at)),
            2 => (which.clone(), region).prop_map(|(id, region)| Change::Moved(id, region)),
            1 => (which.clone(), any::<bool>()).prop_map(|(id, open)| Change::Run(id, open)),
            1 => which.clone().prop_map(Change::Off),
            1 => (which.clone(), 0..90_i64).prop_map(|(id, at)| Change::Left(id, at)),
            1 => which.prop_map(Change::Gone),
            3 => (0..120_i64).prop_map(Change::Passed),
        ]
    }

    /// Without regions that nobody is in any more.
    fn whole(mut tally: Tally) -> Tally {
        tally.regions.retain(|_, region| region.services > 0);
        tally
    }

    /// Every region that primaries lie in, as the list of them shows it.
    fn listed(services: &Services, now: Timestamp) -> Vec<(String, Health)> {
        let of_known = || services.values().filter(|service| service.primary_region().is_some());
        let known: Vec<Assessment> = of_known().map(|service| assess(service, now, &STALE)).collect();
        let listed = regions(of_known().zip(&known), now).into_iter();
        listed
            .filter(|region| region.services > 0)
            .map(|region| (region.name.clone(), region.health()))
            .collect()
    }

    proptest! {
        /// Whatever happened, in whatever order, and wherever the clock was set: as if counted now.
        #[test]
        fn counts_that_follow_are_those_of_a_count(changes in prop::collection::vec(any_change(), 0..60)) {
            let mut fleet = Fleet::default();
            let mut tally = Tally::of(&fleet.services, now());
            for change in changes {
                if let Change::Passed(to) = change {
                    tally.pass(&fleet.services, second(to));
                    prop_assert_eq!(whole(tally.clone()), Tally::of(&fleet.services, second(to)));
                    continue;
                }
                let (Change::Looked(id, ..)
                | Change::Moved(id, _)
                | Change::Run(id, _)
                | Change::Off(id)
                | Change::Left(id, _)
                | Change::Gone(id)) = change
                else {
                    continue;
                };
                let id = format!("service-{id}");
                if let Change::Gone(_) = change {
                    fleet.services.remove(&id);
                    tally.pass(&fleet.services, tally.now);
                    continue;
                }
                let new = Service { id: id.clone(), ..orders() };
                let service = fleet.services.entry(id).or_insert(new);
                match change {
                    Change::Looked(_, answers, at) => service.liveness = service.liveness.looked(answers, second(at)),
                    Change::Moved(_, to) => service.primary.as_mut().unwrap().region = to.map(str::to_owned),
                    Change::Run(_, open) => service.open_runs = Some(if open { vec![open_run()] } else { Vec::new() }),
                    Change::Off(_) => switch_off(service, second(45)),
                    Change::Left(_, at) => {
                        let moved = ClientsMoved { at: second(at), ..ClientsMoved::default() };
                        service.clients_moved = Some(Box::new(moved));
                    }
                    Change::Gone(_) | Change::Passed(_) => {}
                }
                tally.see(service);
                prop_assert_eq!(whole(tally.clone()), Tally::of(&fleet.services, tally.now));
                for (name, health) in listed(&fleet.services, tally.now) {
                    prop_assert_eq!((&name, tally.regions[&*name].health()), (&name, health));
                }
            }
        }
    }

    #[test]
    fn s10_an_answer_holds_for_two_probes_and_a_silence_until_a_proof_of_life() {
        let service = |id: &str, liveness| Service { id: id.to_owned(), liveness, ..orders() };
        let services: Services = [
            service("a", Liveness::Answers { at: second(0) }),
            service("b", Liveness::silent(second(5), None)),
            service("c", Liveness::NotProbed),
        ]
        .map(|service| (service.id.clone(), service))
        .into();
        let mut tally = Tally::of(&services, second(5));
        for (at, answer, silent, not_known) in
            [(20, 1, 1, 0), (21, 0, 1, 1), (25, 0, 1, 1), (999, 0, 1, 1), (20, 1, 1, 0)]
        {
            tally.pass(&services, second(at));
            let oldest = Some(second(0));
            assert_eq!(tally.probes(), Probes { answer, silent, not_known, off: 0, oldest }, "{at}");
        }
    }

    #[test]
    fn s10_one_that_is_off_is_none_of_those_that_could_answer_and_its_last_look_grows_old_for_nobody() {
        let mut off = Service { liveness: Liveness::Answers { at: second(-36_000) }, ..orders() };
        switch_off(&mut off, second(-35_990));
        let on = Service { id: "on".to_owned(), liveness: Liveness::Answers { at: now() }, ..orders() };
        let services = [off, on].map(|service| (service.id.clone(), service)).into();
        let probes = Tally::of(&services, now()).probes();
        assert_eq!(probes, Probes { answer: 1, silent: 0, not_known: 0, off: 1, oldest: Some(now()) });
    }
}
