//! One reading of a project: the list, then `/backups` of each service, then plans that are due.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::join;
use futures_util::stream::{self, FuturesUnordered, StreamExt as _};
use tokio::time::timeout;

use super::AivenCatalog;
use crate::domain::nearest::nearest;
use crate::domain::{Outcome, ServicePart, SourceReport};
use crate::provider::aiven::client::{Answer, Call, Client, Listing};
use crate::provider::aiven::failure::Failure;
use crate::provider::aiven::gate::Place;
use crate::provider::aiven::reading::{self, Backed, Seen};
use crate::provider::aiven::wire::{self, Backups, Plans, Service};

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
    /// Names on the list that are not wanted.
    others: Mutex<Vec<String>>,
}

impl<'a> Cycle<'a> {
    pub(super) fn new(catalog: &'a AivenCatalog, begun: Instant, deadline: Duration) -> Self {
        let (calls, stop, others) = (AtomicU32::new(0), Mutex::default(), Mutex::default());
        Self { catalog, begun, deadline, calls, stop, others }
    }

    /// How many calls were sent.
    pub(super) fn calls(&self) -> u32 {
        self.calls.load(Ordering::Relaxed)
    }

    /// How long the provider asked to be left alone, whatever came of the reading.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        self.stopped()?.retry_after
    }
}

impl Cycle<'_> {
    pub(super) async fn run(&self) -> Result<SourceReport, Failure> {
        let catalog = self.catalog;
        let listing = self.asked(async |client, left| client.list(left).await).await?;
        let (as_of, skew_s) = (listing.at(), listing.skew_s());
        let (mut read, broken) = self.entries(listing, catalog.seen(as_of, skew_s, None)).await;
        let broken = match broken {
            Some(failure) if read.is_empty() => return Err(failure),
            broken => broken.map(|failure| format!("the list of services is not whole: {failure}")),
        };
        // After what is needed: whatever they cost, they cost no reading.
        self.read_plans(kinds_due(&read)).await;
        for entry in &mut read {
            self.take_plan(entry);
        }
        read.sort_by(|one, other| one.name().cmp(&other.name()));
        let errors: BTreeSet<String> = read.iter().filter_map(|entry| entry.error.clone()).collect();
        let complete = broken.is_none() && read.iter().all(|entry| entry.name().is_some());
        let outcome = if errors.is_empty() && complete { Outcome::Ok } else { Outcome::Partial };
        Ok(SourceReport {
            source: catalog.source.clone(),
            as_of,
            outcome,
            error: broken.or_else(|| summary(&errors)),
            skew_s,
            took: Duration::ZERO,
            calls: 0,
            retry_after: None,
            complete,
            nearest: if complete { self.nearest(&read) } else { BTreeMap::new() },
            services: read.into_iter().filter_map(|entry| entry.part).collect(),
        })
    }

    /// Every entry that is wanted, so many at once. Each is unpacked and decoded in its turn: a project is many times
    /// larger than what is kept of it. A service that hangs does not hold up those behind it. What is wrong with the list
    /// may be known only at its end: it is told beside what came before.
    async fn entries<'s>(
        &'s self,
        mut listing: Listing,
        seen: Seen<'s>,
    ) -> (Vec<Entry<'s>>, Option<Failure>) {
        let (mut asked, mut read) = (FuturesUnordered::new(), Vec::new());
        let (mut answered, mut broken) = (None, None);
        loop {
            let room = self.catalog.settings.max_concurrency.saturating_sub(asked.len());
            for sent in listing.by_ref().take(room) {
                match sent {
                    Ok(sent) => asked.push(self.ask(sent, seen)),
                    Err(failure) => broken = Some(failure),
                }
            }
            // The next is asked for before this one is understood: the provider works meanwhile.
            let understood = async { read.extend(answered.take().map(|one| self.entry(one, seen))) };
            match join(asked.next(), understood).await {
                (Some(one), ()) => answered = one,
                (None, ()) => return (read, broken),
            }
        }
    }

    /// One entry of the list, with the answer on its backups where they are read; `None` when it is not wanted.
    async fn ask<'s>(&'s self, sent: wire::Entry, seen: Seen<'s>) -> Option<Asked<'s>> {
        let listed = sent.decode();
        if !self.catalog.is_wanted(&listed) {
            self.others.lock().unwrap_or_else(PoisonError::into_inner).extend(listed.name);
            return None;
        }
        let mut service = match (listed.service, listed.name) {
            (Ok(service), _) => service,
            (Err(why), name) => {
                return Some(Asked::Nothing(Entry::broken(name, &Failure::bad_json(&why), seen)));
            }
        };
        self.catalog.remember(&service);
        if !self.catalog.reads_backups(&service) {
            service.backups = sent.backups();
            return Some(Asked::Nothing(self.made(service, Backed::Listed, seen)));
        }
        let answer = self.get(&["service", &service.service_name, "backups"], Place::default()).await;
        Some(Asked::Backups { sent, service: Box::new(service), answer })
    }

    fn entry<'s>(&'s self, asked: Asked<'s>, seen: Seen<'s>) -> Entry<'s> {
        let (sent, mut service, answer) = match asked {
            Asked::Nothing(entry) => return entry,
            Asked::Backups { sent, service, answer } => (sent, service, answer),
        };
        let (backed, seen) = match &answer {
            Ok(answer) => match answer.decode::<Backups<'_>>() {
                Ok(backups) => (Backed::Read(backups), self.catalog.seen(answer.at, answer.skew_s, None)),
                Err(failure) => (Backed::Failed(failure), seen),
            },
            Err(failure) if failure.status == Some(403) => (Backed::Hidden(failure.clone()), seen),
            Err(failure) => (Backed::Failed(failure.clone()), seen),
        };
        if !backed.tells_backups() {
            service.backups = sent.backups();
        }
        self.made(*service, backed, seen)
    }

    /// What is made of a service, by its plan where that is known. What was sent is kept only while a plan
    /// is to be asked for, and the backups, which are most of it, only where the plan tells what they are.
    fn made<'s>(&'s self, service: Service, backed: Backed<'_>, seen: Seen<'s>) -> Entry<'s> {
        let plan = self.catalog.plans.of(&service);
        let mut part = self.catalog.part(&service, &backed, Seen { plan: plan.as_ref(), ..seen });
        self.catalog.hold(&mut part);
        let error = part.copies.iter().find_map(|copy| copy.error.clone());
        let waiting = self.kind_due(&service).map(str::to_owned).map(|kind| {
            let needs_plan = reading::needs_plan(&service);
            let keep = if needs_plan { Backups::into_owned } else { Backups::without_backups };
            let backups = service.backups.filter(|_| needs_plan);
            Box::new(Waiting {
                kind,
                service: Service { backups, ..service },
                backed: backed.keeping(keep),
                seen,
            })
        });
        Entry { part: Some(part), error, waiting }
    }

    /// For each service that the config names and a whole list lacks, the name on it that is most like its own.
    fn nearest(&self, read: &[Entry<'_>]) -> BTreeMap<String, String> {
        let others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        let listed: BTreeSet<&str> =
            read.iter().filter_map(Entry::name).chain(others.iter().map(String::as_str)).collect();
        let lacking = self.catalog.named.iter().filter(|name| !listed.contains(name.as_str()));
        let listed: Vec<&str> = listed.iter().copied().collect();
        lacking.filter_map(|name| Some((name.clone(), nearest(name, &listed)?.to_owned()))).collect()
    }

    fn take_plan(&self, entry: &mut Entry<'_>) {
        let (Some(part), Some(waiting)) = (&mut entry.part, entry.waiting.take()) else { return };
        if let Some(plan) = self.catalog.plans.of(&waiting.service) {
            let seen = Seen { plan: Some(&plan), ..waiting.seen };
            reading::take_plan(part, &waiting.service, &waiting.backed, seen);
        }
    }

    /// The kind of a service, where its page of plans is old.
    fn kind_due<'k>(&self, service: &'k Service) -> Option<&'k str> {
        let kind = service.service_type.as_deref().filter(|_| self.catalog.reads_backups(service));
        kind.filter(|kind| self.catalog.plans.is_due(kind, self.begun))
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
        self.asked(async |client, left| client.call(Call::get(path, about), left).await).await
    }

    /// What the provider answers to one more call, in what is left of the time.
    async fn asked<T>(
        &self,
        ask: impl AsyncFnOnce(&Client, Duration) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        if let Some(failure) = self.stopped() {
            return Err(failure);
        }
        let left = self.deadline.saturating_sub(self.begun.elapsed());
        if left.is_zero() {
            let text = format!("not asked: {} had passed", humantime::format_duration(self.deadline));
            return Err(Failure { outcome: Outcome::TimedOut, ..Failure::not_sent(text) });
        }
        self.calls.fetch_add(1, Ordering::Relaxed);
        let answer = ask(&self.catalog.client, left).await;
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

/// The kinds of service whose page of plans is old.
fn kinds_due(read: &[Entry<'_>]) -> BTreeSet<String> {
    read.iter().filter_map(|entry| Some(entry.waiting.as_ref()?.kind.clone())).collect()
}

/// What was asked of one entry of the list.
enum Asked<'a> {
    /// The list says all.
    Nothing(Entry<'a>),
    /// The backups of a service, of which the list tells the rest.
    Backups { sent: wire::Entry, service: Box<Service>, answer: Result<Answer, Failure> },
}

/// What one entry of the list gave.
struct Entry<'a> {
    part: Option<ServicePart>,
    error: Option<String>,
    /// What its plan, which is not read yet, will be taken together with.
    waiting: Option<Box<Waiting<'a>>>,
}

/// A service as it was told, and when it was seen.
struct Waiting<'a> {
    kind: String,
    service: Service,
    backed: Backed<'static>,
    seen: Seen<'a>,
}

impl Entry<'_> {
    fn name(&self) -> Option<&str> {
        self.part.as_ref().map(|part| part.remote.as_str())
    }

    /// An entry that makes no sense: its copies say so, and keep what was known of them.
    fn broken(name: Option<String>, failure: &Failure, seen: Seen<'_>) -> Self {
        let part = name.map(|name| reading::broken(name, failure, seen));
        Self { part, error: Some(failure.text.clone()), waiting: None }
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
