//! One reading of the project: the list, then backups and plans within what is left of the time.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt as _};
use tokio::time::timeout;

use super::AivenCatalog;
use crate::domain::{Outcome, ServicePart, SourceReport};
use crate::provider::aiven::client::{Answer, Call};
use crate::provider::aiven::failure::Failure;
use crate::provider::aiven::gate::Place;
use crate::provider::aiven::reading::{self, Backed, Seen};
use crate::provider::aiven::wire::{Backups, Listed, Plans, Service, services};

/// What plans say is worth a short wait, once in a while, for all of them together.
const PLANS: Duration = Duration::from_secs(3);

/// One reading of the project.
pub(super) struct Cycle<'a> {
    catalog: &'a AivenCatalog,
    begun: Instant,
    deadline: Duration,
    calls: AtomicU32,
    /// The provider asked for quiet: nothing more is sent in this cycle.
    stop: Mutex<Option<Failure>>,
}

impl<'a> Cycle<'a> {
    pub(super) const fn new(catalog: &'a AivenCatalog, begun: Instant, deadline: Duration) -> Self {
        Self { catalog, begun, deadline, calls: AtomicU32::new(0), stop: Mutex::new(None) }
    }

    /// How many calls were sent.
    pub(super) fn calls(&self) -> u32 {
        self.calls.load(Ordering::Relaxed)
    }
}

impl Cycle<'_> {
    pub(super) async fn run(&self) -> Result<SourceReport, Failure> {
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

/// The first of the errors, and how many there are besides it.
fn summary(errors: &BTreeSet<String>) -> Option<String> {
    let first = errors.first()?;
    match errors.len() - 1 {
        0 => Some(first.clone()),
        more => Some(format!("{first}; and {more} more kinds of failure")),
    }
}
