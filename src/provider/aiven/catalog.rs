//! Reads one project: the list first, then `/backups` of the services whose windows are there.

mod plan_book;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use futures_util::stream::{self, StreamExt as _};
use tokio::time::timeout;

use self::plan_book::PlanBook;
use super::client::{Answer, Call, Client};
use super::failure::Failure;
use super::gate::{Gate, Place};
use super::order::Source;
use super::reading::{self, Backed, Seen};
use super::settings::Settings;
use super::wire::{BackupConfig, Backups, Listed, Plans, Service, ServiceAnswer, services};
use super::{kinds, lag, mark, preview, readiness, region, resolve};
use crate::clock::Clock;
use crate::domain::{
    Ability, LagHistory, LagPeriod, NoLagHistory, Outcome, RegionChange, Role, ServicePart, SourceReport,
    Target, Timestamp,
};
use crate::provider::{BoxFuture, CallPreview, Catalog, ForkPoint, ForkRequest, PointRefused, ReadinessItem};
use crate::secret::SecretString;

/// Clocks that differ by less are taken as equal: the `Date` header has whole seconds, and answers travel.
const SAME_CLOCK: i64 = 5;

/// What plans say is worth a short wait, once in a while, for all of them together.
const PLANS: Duration = Duration::from_secs(3);

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
    plans: PlanBook,
}

impl AivenCatalog {
    /// A catalog named `source`, which reads with `token`.
    ///
    /// # Errors
    /// A sentence when TLS cannot be set up or the token cannot be sent.
    pub fn new(
        source: impl Into<String>,
        settings: Settings,
        wanted: Wanted,
        token: SecretString,
        gate: Arc<Gate>,
        clock: Clock,
    ) -> Result<Self, String> {
        let client = Client::new(&settings, token, gate, clock)?;
        let named = match &wanted {
            Wanted::Only(names) => names.clone(),
            Wanted::All => BTreeSet::new(),
        };
        let (known, plans) = (Mutex::default(), PlanBook::default());
        Ok(Self { source: source.into(), settings, wanted, named, client, clock, known, plans })
    }

    /// With the services that the config names beside those it discovers.
    #[must_use]
    pub fn naming(mut self, named: BTreeSet<String>) -> Self {
        self.named.extend(named);
        self
    }

    async fn report(&self, deadline: Duration) -> SourceReport {
        let begun = Instant::now();
        let cycle =
            Cycle { catalog: self, begun, deadline, calls: AtomicU32::new(0), stop: Mutex::new(None) };
        let mut report = cycle.run().await.unwrap_or_else(|failure| self.failed(&failure));
        report.took = begun.elapsed();
        report.calls = cycle.calls.load(Ordering::Relaxed);
        report
    }

    fn failed(&self, failure: &Failure) -> SourceReport {
        let hint = match failure.outcome {
            Outcome::Denied => format!(" ({})", self.settings.token.describe()),
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

    /// Whether the backups of a service are read from `/backups`: those of a kind that is not known, too.
    /// A fork of ours is its run's affair, until the config names it.
    fn reads_backups(&self, service: &Service) -> bool {
        let ability = kinds::of(service.service_type.as_deref().unwrap_or_default()).ability;
        let is_service = service.tag(mark::RUN).is_none() || self.named.contains(&service.service_name);
        is_service && ability != Ability::ByDesignNone
    }

    fn remember(&self, service: &Service) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(service.service_name.clone(), Source::from(service));
    }

    fn seen<'a>(&'a self, answer: &Answer, plan: Option<&'a BackupConfig>) -> Seen<'a> {
        Seen { source: &self.source, as_of: answer.at, their_now: their_now(answer), plan }
    }

    /// One service as it is at this moment.
    async fn look(&self, remote: &str) -> Result<ServicePart, Failure> {
        let limit = self.settings.timeout;
        let answer = self.client.call(Call::get(&["service", remote], Place::default()), limit).await?;
        let service = answer.decode::<ServiceAnswer>()?.service;
        self.remember(&service);
        if !self.reads_backups(&service) {
            return Ok(reading::part(&service, &Backed::Listed, self.seen(&answer, None)));
        }
        let answer =
            self.client.call(Call::get(&["service", remote, "backups"], Place::default()), limit).await?;
        let backups = answer.decode::<Backups>()?;
        let plan = self.plans.of(&service);
        Ok(reading::part(&service, &Backed::Read(backups), self.seen(&answer, plan.as_ref())))
    }

    async fn point(&self, remote: &str, role: Role, target: &Target) -> Result<ForkPoint, PointRefused> {
        let part = self.look(remote).await.map_err(|failure| {
            resolve::refused(format!("{remote} cannot be read at this moment: {failure}"))
        })?;
        let reading = part.copies.into_iter().find(|copy| copy.role == role).and_then(|copy| copy.reading);
        let Some(reading) = reading else {
            let why = part.facts.and_then(|facts| facts.no_secondary_because);
            let why = why.unwrap_or_else(|| "there is no such copy".to_owned());
            return Err(resolve::refused(format!("{remote} has nothing there: {why}")));
        };
        resolve::point(&reading, role, target, self.settings.margin)
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
    ) -> BoxFuture<'a, Result<ForkPoint, PointRefused>> {
        Box::pin(self.point(remote, role, target))
    }

    fn fork_checks(&self, drill: bool) -> Vec<&'static str> {
        readiness::names(drill)
    }

    fn preview(&self, request: &ForkRequest) -> Vec<CallPreview> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        preview::calls(&self.settings, &known.get(&request.remote).cloned().unwrap_or_default(), request)
    }

    fn lag_history<'a>(
        &'a self,
        remote: &'a str,
        period: LagPeriod,
    ) -> BoxFuture<'a, Result<LagHistory, NoLagHistory>> {
        Box::pin(lag::history(&self.client, &self.settings, remote, period))
    }

    fn check_region<'a>(&'a self, change: &'a RegionChange) -> BoxFuture<'a, Vec<ReadinessItem>> {
        Box::pin(region::check(&self.client, &self.settings, change))
    }

    fn preview_region(&self, change: &RegionChange) -> Vec<CallPreview> {
        preview::region_calls(&self.settings, change)
    }
}

/// One reading of the project.
struct Cycle<'a> {
    catalog: &'a AivenCatalog,
    begun: Instant,
    deadline: Duration,
    calls: AtomicU32,
    /// The provider asked for quiet: nothing more is sent in this cycle.
    stop: Mutex<Option<Failure>>,
}

impl Cycle<'_> {
    async fn run(&self) -> Result<SourceReport, Failure> {
        let catalog = self.catalog;
        let answer = self.get(&["service"], Place::default()).await?;
        let listed = services(&answer.body)
            .map_err(|why| Failure { skew_s: answer.skew_s, ..Failure::bad_json(&why) })?;
        let complete = listed.iter().all(|entry| entry.name.is_some());
        let wanted: Vec<Listed> = listed.into_iter().filter(|entry| catalog.is_wanted(entry)).collect();
        let seen = catalog.seen(&answer, None);
        let kinds = self.kinds_due(&wanted);
        // Unordered: a service that hangs must not hold up those behind it.
        let entries: Vec<Entry<'_>> = stream::iter(wanted)
            .map(|entry| self.entry(entry, seen))
            .buffer_unordered(catalog.settings.max_concurrency)
            .collect()
            .await;
        // After what is needed: whatever they cost, they cost no reading.
        self.read_plans(kinds).await;
        let mut parts: Vec<ReadPart> = entries.into_iter().map(|entry| self.part(entry, seen)).collect();
        parts.sort_by(|a, b| a.name().cmp(&b.name()));
        let stopped = self.stopped();
        let errors: BTreeSet<String> = parts.iter().filter_map(|part| part.error.clone()).collect();
        let outcome = if errors.is_empty() && complete { Outcome::Ok } else { Outcome::Partial };
        Ok(SourceReport {
            source: catalog.source.clone(),
            as_of: answer.at,
            outcome,
            error: summary(&errors),
            skew_s: answer.skew_s,
            took: Duration::ZERO,
            calls: 0,
            retry_after: stopped.and_then(|failure| failure.retry_after),
            complete,
            services: parts.into_iter().filter_map(|part| part.part).collect(),
        })
    }

    /// One entry of the list, with its backups where they are read.
    async fn entry<'a>(&'a self, listed: Listed, seen: Seen<'a>) -> Entry<'a> {
        let service = match (listed.service, listed.name) {
            (Ok(service), _) => service,
            (Err(why), name) => return Entry::Broken(name, Failure::bad_json(&why)),
        };
        self.catalog.remember(&service);
        if !self.catalog.reads_backups(&service) {
            return Entry::Read(Box::new(service), Backed::Listed, seen);
        }
        let answer = self.get(&["service", &service.service_name, "backups"], Place::default()).await;
        let (backed, seen) = match &answer {
            Ok(answer) => match answer.decode::<Backups>() {
                Ok(backups) => (Backed::Read(backups), self.catalog.seen(answer, None)),
                Err(failure) => (Backed::Failed(failure), seen),
            },
            Err(failure) if failure.status == Some(403) => (Backed::Hidden(failure.clone()), seen),
            Err(failure) => (Backed::Failed(failure.clone()), seen),
        };
        Entry::Read(Box::new(service), backed, seen)
    }

    /// What is made of an entry, by its plan where that is known.
    fn part(&self, entry: Entry<'_>, seen: Seen<'_>) -> ReadPart {
        match entry {
            Entry::Broken(name, failure) => ReadPart::broken(name, &failure, seen),
            Entry::Read(service, backed, seen) => {
                let plan = self.catalog.plans.of(&service);
                let part = reading::part(&service, &backed, Seen { plan: plan.as_ref(), ..seen });
                let error = part.copies.iter().find_map(|copy| copy.error.clone());
                ReadPart { part: Some(part), error }
            }
        }
    }

    /// The kinds of service whose page of plans is old.
    fn kinds_due(&self, wanted: &[Listed]) -> BTreeSet<String> {
        let book = &self.catalog.plans;
        let services = wanted.iter().filter_map(|entry| entry.service.as_ref().ok());
        services
            .filter(|service| self.catalog.reads_backups(service))
            .filter_map(|service| service.service_type.clone().filter(|kind| book.is_due(kind, self.begun)))
            .collect()
    }

    /// Asks for plans in what is left of the time, and not to its very end. That they cannot be read is no
    /// failure of the source: the schedule then says that it is by the documentation.
    async fn read_plans(&self, kinds: BTreeSet<String>) {
        let left = self.deadline.saturating_sub(self.begun.elapsed());
        let limit = PLANS.min(left / 2);
        let pages = stream::iter(kinds)
            .map(|kind| self.read_plans_of(kind, limit))
            .buffer_unordered(self.catalog.settings.max_concurrency)
            .collect::<()>();
        timeout(limit, pages).await.ok();
    }

    async fn read_plans_of(&self, kind: String, limit: Duration) {
        let path = ["service-types", kind.as_str(), "plans"];
        // Each ends a little before all do, so that a page that hangs is not asked for each time.
        let answer = timeout(limit.mul_f64(0.9), self.get(&path, Place::default())).await;
        let plans = answer.ok().and_then(Result::ok).and_then(|answer| answer.decode::<Plans>().ok());
        self.catalog.plans.note(&kind, plans, self.begun);
    }

    async fn get(&self, path: &[&str], about: Place) -> Result<Answer, Failure> {
        if let Some(failure) = self.stopped() {
            return Err(failure);
        }
        let left = self.deadline.saturating_sub(self.begun.elapsed());
        if left.is_zero() {
            let text = format!("not asked: {} had passed", humantime::format_duration(self.deadline));
            return Err(Failure { outcome: Outcome::TimedOut, ..Failure::not_sent(text) });
        }
        self.calls.fetch_add(1, Ordering::Relaxed);
        let answer = self.catalog.client.call(Call::get(path, about), left).await;
        if let Err(failure) = &answer
            && failure.outcome == Outcome::RateLimited
        {
            *self.stop.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure.clone());
        }
        answer
    }

    fn stopped(&self) -> Option<Failure> {
        self.stop.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// One entry of the list as it was read.
enum Entry<'a> {
    /// It makes no sense: its name, if it has one, and why.
    Broken(Option<String>, Failure),
    /// A service and its backups, and when they were seen.
    Read(Box<Service>, Backed, Seen<'a>),
}

/// What one entry of the list gave.
struct ReadPart {
    part: Option<ServicePart>,
    error: Option<String>,
}

impl ReadPart {
    fn name(&self) -> Option<&str> {
        self.part.as_ref().map(|part| part.remote.as_str())
    }

    /// A broken entry: its copies say so, and keep what was known of them.
    fn broken(name: Option<String>, failure: &Failure, seen: Seen<'_>) -> Self {
        let part = name.map(|name| reading::broken(name, failure, seen));
        Self { part, error: Some(failure.text.clone()) }
    }
}

/// The instant of an answer by the provider's clock, which its windows are told in.
fn their_now(answer: &Answer) -> Timestamp {
    match answer.skew_s {
        Some(skew) if skew.abs() > SAME_CLOCK => answer.at - TimeDelta::seconds(skew),
        _ => answer.at,
    }
}

/// The first of the errors, and how many there are besides it.
fn summary(errors: &BTreeSet<String>) -> Option<String> {
    let first = errors.first()?;
    match errors.len() - 1 {
        0 => Some(first.clone()),
        more => Some(format!("{first}; and {more} more kinds of failure")),
    }
}

#[cfg(test)]
mod tests;
