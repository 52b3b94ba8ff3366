//! What all requests share: the world, the clock, the token, and what was counted.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::SubsecRound as _;
use serde_json::{Value, json};

use super::probes::Probes;
use crate::clock::Clock;
use crate::domain::Timestamp;
use crate::secret::{ExposeSecret, SecretString};
use crate::simulator::scenario::{Effect, Fault, Scenario};
use crate::simulator::world::World;

/// The most different mutating requests that are counted apart.
const MOST_COUNTED: usize = 1000;

/// A simulator's state behind its network side.
#[derive(Debug)]
pub(in crate::simulator) struct Simulation {
    /// The project that holds the services.
    pub(super) project: String,
    /// Every answer takes at least this much real time (S17).
    pub(super) latency: Duration,
    clock: Clock,
    token: SecretString,
    world: Mutex<World>,
    faults: Mutex<Vec<(Fault, u32)>>,
    counts: Mutex<Counts>,
    probes: Mutex<Probes>,
}

#[derive(Debug, Default)]
struct Counts {
    all: u64,
    mutating: u64,
    by_request: BTreeMap<(String, String), u64>,
}

impl Simulation {
    pub(in crate::simulator) fn new(scenario: &Scenario, clock: Clock, token: SecretString) -> Self {
        // Instants are told in microseconds, so nothing may lie between two of them.
        let zero = scenario.start.unwrap_or_else(|| clock.now()).trunc_subsecs(6);
        Self {
            project: scenario.project.clone(),
            latency: scenario.latency,
            clock,
            token,
            world: Mutex::new(World::new(scenario, zero)),
            faults: Mutex::new(scenario.faults.iter().cloned().map(|fault| (fault, 0)).collect()),
            counts: Mutex::default(),
            probes: Mutex::default(),
        }
    }

    /// The present instant.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The whole seconds of real time in which these pass here: a client waits by its own clock.
    pub(super) fn real_seconds(&self, shown: u64) -> u64 {
        let real = self.clock.real(Duration::from_secs(shown));
        real.as_secs() + u64::from(real.subsec_nanos() > 0)
    }

    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.world)
    }

    /// The instant of the scenario's `at = "0s"`.
    pub(in crate::simulator) fn zero(&self) -> Timestamp {
        self.world().zero()
    }

    /// Whether a header `Authorization` holds the token.
    pub(super) fn knows(&self, authorization: &str) -> bool {
        let token = authorization.strip_prefix("aivenv1 ").or_else(|| authorization.strip_prefix("Bearer "));
        token.is_some_and(|token| token.trim() == self.token.expose_secret())
    }

    /// The fault that a request meets, used up by one.
    pub(super) fn fault(&self, method: &str, path: &str, now: Timestamp) -> Option<Effect> {
        let passed = (now - self.zero()).to_std().unwrap_or_default();
        let mut faults = lock(&self.faults);
        let (fault, used) = faults.iter_mut().find(|(fault, used)| {
            fault.holds(passed)
                && fault.times.is_none_or(|times| *used < times)
                && fault.matches(method, path)
        })?;
        *used = used.saturating_add(1);
        Some(fault.effect.clone())
    }

    /// Counts a request.
    pub(super) fn count(&self, method: &str, path: &str, mutating: bool) {
        let mut counts = lock(&self.counts);
        counts.all += 1;
        if !mutating {
            return;
        }
        counts.mutating += 1;
        let request = (method.to_owned(), path.to_owned());
        if counts.by_request.len() < MOST_COUNTED || counts.by_request.contains_key(&request) {
            *counts.by_request.entry(request).or_default() += 1;
        }
    }

    /// What was counted.
    pub(super) fn counted(&self) -> Value {
        let counts = lock(&self.counts);
        let requests: Vec<Value> = counts
            .by_request
            .iter()
            .map(|((method, path), count)| json!({ "method": method, "path": path, "count": count }))
            .collect();
        json!({ "all": counts.all, "mutating": counts.mutating, "requests": requests })
    }

    /// Opens and closes the services' ports to match the world, and gives every port. Needs a runtime.
    pub(in crate::simulator) fn refresh_ports(&self) -> BTreeMap<String, u16> {
        let now = self.now();
        let world = self.world();
        let services = world
            .instances()
            .iter()
            .filter(|instance| instance.probed)
            .map(|instance| (instance.name.clone(), world.serves(instance, now)))
            .collect();
        drop(world);
        let mut probes = lock(&self.probes);
        probes.set(&services);
        probes.ports().clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
