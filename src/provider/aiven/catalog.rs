//! Reads one project: the list first, then `/backups` of the services whose windows are there.

mod cycle;
mod held;
mod plan_book;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::TimeDelta;

use self::cycle::Cycle;
use self::held::Held;
use self::plan_book::PlanBook;
use super::client::{Call, Client};
use super::failure::Failure;
use super::gate::{Gate, Place};
use super::order::{self, Source};
use super::reading::{self, Backed, Seen};
use super::settings::Settings;
use super::token::Token;
use super::wire::{BackupConfig, Backups, Listed, Service, ServiceAnswer};
use super::{kinds, lag, mark, preview, readiness, region, resolve};
use crate::clock::Clock;
use crate::domain::{
    Ability, LagHistory, LagPeriod, NoLagHistory, Outcome, Reading, RegionChange, RegionEffect, RegionRules,
    Role, ServicePart, SourceReport, Target, Timestamp,
};
use crate::provider::{BoxFuture, CallPreview, Catalog, ForkPoint, ForkRequest, NoPoint};

/// Clocks that differ by less are taken as equal: the `Date` header has whole seconds, and answers travel.
const SAME_CLOCK: i64 = 5;

/// Which services of the project are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Every service.
    All,
    /// The services of these names; and our forks.
    Only(BTreeSet<String>),
}

/// One Aiven project as a source of readings. Needs a token that may list services; windows need the
/// permission `service:configuration:write`, without which they are shown as not visible (S9).
#[derive(Debug)]
pub struct AivenCatalog {
    source: String,
    settings: Settings,
    wanted: Wanted,
    /// Services that the config names: a fork of ours among them is a service by now (S33).
    named: BTreeSet<String>,
    client: Client,
    clock: Clock,
    /// What was last seen of each service that a fork of it repeats, for previews without a call.
    known: Mutex<BTreeMap<String, Source>>,
    /// What was last read of each service.
    held: Mutex<BTreeMap<String, Held>>,
    plans: PlanBook,
}

impl AivenCatalog {
    /// A catalog named `source`, which reads with `token`.
    ///
    /// # Errors
    /// A sentence when TLS cannot be set up.
    pub fn new(
        source: impl Into<String>,
        settings: Settings,
        wanted: Wanted,
        token: impl Into<Token>,
        gate: Arc<Gate>,
        clock: Clock,
    ) -> Result<Self, String> {
        let client = Client::new(&settings, token, gate, clock)?;
        let named = match &wanted {
            Wanted::Only(names) => names.clone(),
            Wanted::All => BTreeSet::new(),
        };
        let (known, held, plans) = (Mutex::default(), Mutex::default(), PlanBook::default());
        Ok(Self { source: source.into(), settings, wanted, named, client, clock, known, held, plans })
    }

    /// With the services that the config names beside those it discovers.
    #[must_use]
    pub fn naming(mut self, named: BTreeSet<String>) -> Self {
        self.named.extend(named);
        self
    }

    async fn report(&self, deadline: Duration) -> SourceReport {
        let begun = Instant::now();
        let cycle = Cycle::new(self, begun, deadline);
        let mut report = cycle.run().await.unwrap_or_else(|failure| self.failed(&failure));
        report.took = begun.elapsed();
        report.calls = cycle.calls();
        report.retry_after = report.retry_after.or_else(|| cycle.retry_after());
        report
    }

    fn failed(&self, failure: &Failure) -> SourceReport {
        let hint = match failure.outcome {
            // What says that there is no token names it itself.
            Outcome::Denied if failure.sent => format!(" ({})", self.settings.token.describe()),
            Outcome::NotFound => " (see `project` and `url` of this source)".to_owned(),
            _ => String::new(),
        };
        SourceReport {
            source: self.source.clone(),
            as_of: self.clock.now(),
            outcome: failure.outcome,
            error: Some(format!("{failure}{hint}")),
            skew_s: failure.skew_s,
            took: Duration::ZERO,
            calls: 0,
            retry_after: failure.retry_after,
            complete: false,
            nearest: BTreeMap::new(),
            services: Vec::new(),
        }
    }

    fn is_wanted(&self, listed: &Listed) -> bool {
        match (&self.wanted, &listed.name) {
            (Wanted::All, _) | (_, None) => true,
            (Wanted::Only(names), Some(name)) => {
                names.contains(name)
                    || listed.service.as_ref().is_ok_and(|service| service.tag(mark::RUN).is_some())
            }
        }
    }

    /// A fork of ours is its run's affair, and its copies with it, until the config names it (S33).
    fn is_of_run(&self, service: &Service) -> bool {
        service.tag(mark::RUN).is_some() && !self.named.contains(&service.service_name)
    }

    /// Whether the backups of a service are read from `/backups`: those of a kind that is not known, too.
    fn reads_backups(&self, service: &Service) -> bool {
        let ability = kinds::of(service.service_type.as_deref().unwrap_or_default()).ability;
        !self.is_of_run(service) && ability != Ability::ByDesignNone
    }

    /// All that is told of a service.
    fn part(&self, service: &Service, backed: &Backed<'_>, seen: Seen<'_>) -> ServicePart {
        let part = reading::part(service, backed, seen);
        if self.is_of_run(service) { ServicePart { copies: Vec::new(), ..part } } else { part }
    }

    fn remember(&self, service: &Service) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(service.service_name.clone(), Source::from(service));
    }

    /// Lets what was read of a service share memory with what was read of it before.
    fn hold(&self, part: &mut ServicePart) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = held.get_mut(&part.remote) {
            held.take(part);
        } else {
            held.entry(part.remote.clone()).or_default().take(part);
        }
    }

    fn seen<'a>(&'a self, as_of: Timestamp, skew_s: Option<i64>, plan: Option<&'a BackupConfig>) -> Seen<'a> {
        let their_now = their_now(as_of, skew_s);
        Seen { source: &self.source, as_of, their_now, plan, margin: self.settings.margin }
    }

    /// One service as it is at this moment.
    async fn look(&self, remote: &str) -> Result<ServicePart, Failure> {
        let limit = self.settings.timeout;
        let answer = self.client.call(Call::get(&["service", remote], Place::default()), limit).await?;
        let service = answer.decode::<ServiceAnswer>()?.service;
        self.remember(&service);
        if !self.reads_backups(&service) {
            return Ok(self.part(&service, &Backed::Listed, self.seen(answer.at, answer.skew_s, None)));
        }
        let answer =
            self.client.call(Call::get(&["service", remote, "backups"], Place::default()), limit).await?;
        let backups = answer.decode::<Backups<'_>>()?;
        let plan = self.plans.of(&service);
        Ok(self.part(&service, &Backed::Read(backups), self.seen(answer.at, answer.skew_s, plan.as_ref())))
    }

    async fn point(&self, remote: &str, role: Role, target: &Target) -> Result<ForkPoint, NoPoint> {
        let part = self.look(remote).await.map_err(|failure| self.no_point(remote, &failure))?;
        let reading = part.copies.into_iter().find(|copy| copy.role == role).and_then(|copy| copy.reading);
        let Some(reading) = reading else {
            let why = part.facts.and_then(|facts| facts.no_secondary_because.clone());
            let why = why.unwrap_or_else(|| "there is no such copy".to_owned());
            return Err(resolve::refused(format!("{remote} has nothing there: {why}")).into());
        };
        Ok(self.placed(remote, resolve::point(&reading, role, target, self.settings.margin)?))
    }

    /// A point that says so where its fork would be in the open because nobody knows where its source is.
    fn placed(&self, remote: &str, point: ForkPoint) -> ForkPoint {
        let notes =
            point.note.into_iter().chain(order::into_the_open(&self.settings, &self.source_of(remote)));
        let notes: Vec<String> = notes.collect();
        ForkPoint { note: (!notes.is_empty()).then(|| notes.join("; ")), ..point }
    }

    /// What is known of a source; nothing while it was not read since the start.
    fn source_of(&self, remote: &str) -> Source {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(remote).cloned().unwrap_or_default()
    }

    /// A service that is gone has no point; of one that cannot be read now nothing is known.
    fn no_point(&self, remote: &str, failure: &Failure) -> NoPoint {
        if failure.says_service_is_absent() {
            return resolve::refused(format!("{remote} is gone: {failure}")).into();
        }
        let why = match failure.status {
            Some(401) => format!("the token of {} is refused (401): renew it", self.source),
            _ => format!("{remote} cannot be read: {failure}"),
        };
        NoPoint::CannotTell { why, again_in: failure.retry_after }
    }
}

impl Catalog for AivenCatalog {
    fn source(&self) -> &str {
        &self.source
    }

    fn read(&self, deadline: Duration) -> BoxFuture<'_, SourceReport> {
        Box::pin(self.report(deadline))
    }

    fn resolve<'a>(
        &'a self,
        remote: &'a str,
        role: Role,
        target: &'a Target,
    ) -> BoxFuture<'a, Result<ForkPoint, NoPoint>> {
        Box::pin(self.point(remote, role, target))
    }

    fn resolve_by(&self, remote: &str, known: &Reading, role: Role, target: &Target) -> Option<ForkPoint> {
        let point = resolve::point(known, role, target, self.settings.margin).ok()?;
        Some(self.placed(remote, point))
    }

    fn fork_checks(&self, drill: bool) -> Vec<&'static str> {
        readiness::names(drill)
    }

    fn preview(&self, request: &ForkRequest) -> Vec<CallPreview> {
        preview::calls(&self.settings, &self.source_of(&request.remote), request)
    }

    fn lag_history<'a>(
        &'a self,
        remote: &'a str,
        period: LagPeriod,
    ) -> BoxFuture<'a, Result<LagHistory, NoLagHistory>> {
        Box::pin(lag::history(&self.client, &self.settings, remote, period))
    }

    fn check_region<'a>(&'a self, change: &'a RegionChange) -> BoxFuture<'a, RegionRules> {
        Box::pin(region::check(&self.client, &self.settings, change))
    }

    fn read_back_region<'a>(&'a self, change: &'a RegionChange) -> BoxFuture<'a, RegionEffect> {
        Box::pin(region::read_back(&self.client, &self.settings, change))
    }

    fn preview_region(&self, change: &RegionChange) -> Vec<CallPreview> {
        preview::region_calls(&self.settings, change)
    }
}

/// The instant of an answer by the provider's clock, which its windows are told in.
fn their_now(at: Timestamp, skew_s: Option<i64>) -> Timestamp {
    match skew_s {
        Some(skew) if skew.abs() > SAME_CLOCK => at - TimeDelta::seconds(skew),
        _ => at,
    }
}

#[cfg(test)]
mod tests;
