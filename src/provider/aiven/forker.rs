//! Makes, watches and removes forks in one project. Built only by consuming an [`Armed`] (S18).

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use serde_json::Value;

use super::client::{ActingClient, Answer, Call, Change};
use super::failure::Failure;
use super::gate::{Gate, Place};
use super::order::{self, Source};
use super::settings::Settings;
use super::wire::{Backups, Listed, Plans, Price, Service, ServiceAnswer, Vpcs, services};
use super::{endpoint, mark, progress, readiness};
use crate::clock::Clock;
use crate::domain::{Role, Timestamp};
use crate::provider::absences::Absences;
use crate::provider::{
    Armed, BoxFuture, Endpoint, ForkRequest, Forker, Found, PointHow, Progress, ProgressState, Protection,
    ReadinessItem, Removal, StartOutcome,
};

mod removal;

/// The least time between two calls that ask for the same fork, by the run's clock.
const AGAIN: Duration = Duration::from_secs(10);

/// Forks of the services of one Aiven project.
#[derive(Debug)]
pub struct AivenForker {
    source: String,
    settings: Settings,
    client: ActingClient,
    clock: Clock,
    absences: Absences,
}

impl AivenForker {
    /// A forker that acts with the token of `armed`.
    ///
    /// # Errors
    /// A sentence when `armed` holds no token, or TLS cannot be set up.
    pub fn new(armed: Armed, settings: Settings, gate: Arc<Gate>, clock: Clock) -> Result<Self, String> {
        let source = armed.source().to_owned();
        let client = ActingClient::new(armed, &settings, gate, clock)?;
        Ok(Self { source, settings, client, clock, absences: Absences::default() })
    }

    /// The source's name in the config.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// One look, as long as the config allows.
    async fn call(&self, call: Call<'_>) -> Result<Answer, Failure> {
        self.client.reading().call(call, self.settings.timeout).await
    }

    /// One change, as long as the config allows.
    async fn change(&self, change: Change<'_>) -> Result<Answer, Failure> {
        self.client.change(change, self.settings.timeout).await
    }

    async fn service(&self, name: &str, about: Place) -> Result<Service, Failure> {
        let answer = self.call(Call::get(&["service", name], about)).await?;
        Ok(answer.decode::<ServiceAnswer>()?.service)
    }

    async fn list(&self, about: Place) -> Result<(Vec<Listed>, Timestamp), Failure> {
        let answer = self.call(Call::get(&["service"], about)).await?;
        let listed = services(&answer.body).map_err(|why| Failure::bad_json(&why))?;
        Ok((listed, answer.at))
    }

    async fn begin(&self, request: &ForkRequest) -> StartOutcome {
        let source = match self.service(&request.remote, about_source()).await {
            Ok(service) => Source::from(&service),
            Err(failure) => {
                let why = format!("nothing was sent: {} cannot be read: {failure}", request.remote);
                return if failure.stays() { refused(why) } else { self.not_taken(why, &failure) };
            }
        };
        let body = match self.body(&source, request) {
            Ok(body) => body,
            Err(why) => return refused(format!("nothing was sent: {why}")),
        };
        match self.change(Change::post(&["service"], &body, about_fork(request))).await {
            Ok(answer) => accepted(&answer),
            Err(failure) if failure.status == Some(409) => self.read_back(request, &failure).await,
            Err(failure) if failure.nothing_was_done() && !failure.stays() => {
                self.not_taken(failure.to_string(), &failure)
            }
            Err(failure) if failure.nothing_was_done() => {
                StartOutcome::Refused { why: failure.to_string(), propose: propose(request, &failure) }
            }
            Err(failure) => StartOutcome::Unknown { why: failure.to_string() },
        }
    }

    /// What may pass is no refusal; nor is it asked for again within the call, whose intent is for one.
    fn not_taken(&self, why: String, failure: &Failure) -> StartOutcome {
        let wait = failure.retry_after.map_or(AGAIN, |wait| self.clock.shown(wait).max(AGAIN));
        StartOutcome::NotTaken { why, again_at: self.clock.now() + wait }
    }

    fn body(&self, source: &Source, request: &ForkRequest) -> Result<Value, String> {
        let in_vpc = order::in_vpc(&self.settings, source, request.drill);
        order::body(&self.settings, source, request, order::own_address(in_vpc))
    }

    /// The name is taken: by us, by an earlier call whose answer was lost, or by someone else.
    async fn read_back(&self, request: &ForkRequest, conflict: &Failure) -> StartOutcome {
        match self.whose(request).await {
            Found::Mine => StartOutcome::Accepted {
                response: "it is already there, with our mark".to_owned(),
                host: None,
            },
            Found::Foreign { what } => StartOutcome::NameTaken { what },
            Found::Absent => StartOutcome::Unknown { why: format!("{conflict}, and yet it is not found") },
            Found::CannotTell { why } => StartOutcome::Unknown { why: format!("{conflict}, and {why}") },
        }
    }

    async fn whose(&self, request: &ForkRequest) -> Found {
        match self.service(&request.name, about_fork(request)).await {
            Ok(service) => mark::owner(&service, request),
            Err(failure) if failure.says_service_is_absent() => Found::Absent,
            Err(failure) => Found::CannotTell { why: failure.to_string() },
        }
    }

    async fn how_far(&self, request: &ForkRequest) -> Progress {
        let service = match self.service(&request.name, about_fork(request)).await {
            Ok(service) => service,
            Err(failure) if failure.says_service_is_absent() => return self.missing(request).await,
            Err(failure) => return Progress::cannot_tell(failure.to_string()),
        };
        self.absences.was_seen(&request.name);
        match mark::owner(&service, request) {
            Found::Foreign { what } => {
                lost("foreign", format!("{} is not ours any more: {what}; it is left alone", request.name))
            }
            Found::Mine | Found::Absent | Found::CannotTell { .. } => progress::of(&service),
        }
    }

    /// How far a fork is that is not found: it will not finish once lists prove that it is gone (S20).
    async fn missing(&self, request: &ForkRequest) -> Progress {
        match self.prove_absence(request, "it is not found").await {
            Removal::Proven { proof } => {
                Progress::gone(format!("the fork was removed by someone else than this run: {proof}"))
            }
            Removal::Pending { why }
            | Removal::CannotTell { why }
            | Removal::Failed { why }
            | Removal::Foreign { what: why } => Progress::cannot_tell(why),
        }
    }

    async fn reach(&self, request: &ForkRequest) -> Result<Endpoint, String> {
        let about = about_fork(request);
        let path = ["service", request.name.as_str()];
        let answer =
            self.call(Call::get(&path, about.clone())).await.map_err(|failure| failure.to_string())?;
        let service = answer.decode::<ServiceAnswer>().map_err(|failure| failure.to_string())?.service;
        if let Found::Foreign { what } = mark::owner(&service, request) {
            return Err(format!("{} is not ours: {what}", request.name));
        }
        let mut endpoint = endpoint::of(&answer.body, &self.settings)?;
        if endpoint.tls && endpoint.sql_blocked.is_none() {
            let answer = self.call(Call::get(&["kms", "ca"], about)).await.map(|answer| answer.body);
            match endpoint::authority(&answer) {
                Ok(pem) => endpoint.ca_pem = Some(pem),
                Err(why) => endpoint.sql_blocked = Some(why),
            }
        }
        Ok(endpoint)
    }

    async fn shield(&self, request: &ForkRequest) -> Protection {
        match self.service(&request.name, about_fork(request)).await {
            Ok(service) => progress::protection(&service, self.own_backups(&service, request).await.as_ref()),
            Err(failure) => Protection::cannot_tell(format!("cannot tell: {failure}")),
        }
    }

    /// The windows of the fork itself, where copies are to arrive; a look that may fail without harm.
    async fn own_backups(&self, service: &Service, request: &ForkRequest) -> Option<Backups<'static>> {
        service.backup_region()?;
        let answer = self.call(Call::get(&["service", &request.name, "backups"], about_fork(request))).await;
        Some(answer.ok()?.decode::<Backups<'_>>().ok()?.into_owned())
    }

    async fn look_around(&self, request: &ForkRequest) -> Vec<ReadinessItem> {
        let listed = self.list(about_fork(request)).await;
        let source = listed.as_ref().ok().and_then(|(listed, _)| named(listed, &request.remote));
        let plans = self.plans(request, source).await;
        let price = self.price(request, source).await;
        let vpcs = self.vpcs(request).await;
        let backups = self.backups(request).await;
        let facts = readiness::Facts {
            settings: &self.settings,
            request,
            listed: listed.as_ref().map(|(listed, _)| listed.as_slice()),
            source,
            plans: plans.as_ref(),
            vpcs: vpcs.as_ref(),
            price: price.as_deref(),
            backups: backups.as_ref().map(|(backups, at)| (backups, *at)),
        };
        readiness::items(&facts)
    }

    async fn plans(&self, request: &ForkRequest, source: Option<&Service>) -> Result<Plans, Failure> {
        let Some(kind) = source.and_then(|service| service.service_type.as_deref()) else {
            return Err(Failure::not_sent("the type of the source is not known"));
        };
        self.call(Call::get(&["service-types", kind, "plans"], about_fork(request))).await?.decode()
    }

    /// The price of the fork by the hour; a look that may fail without harm.
    async fn price(&self, request: &ForkRequest, source: Option<&Service>) -> Option<String> {
        let kind = source?.service_type.as_deref()?;
        let (plan, _) = order::plan(&self.settings, &Source::from(source?))?;
        let path = ["pricing", "service-types", kind, "plans", &plan, "clouds", request.region.as_deref()?];
        let answer = self.call(Call::get(&path, about_fork(request))).await.ok()?;
        answer.decode::<Price>().ok()?.credible()
    }

    async fn vpcs(&self, request: &ForkRequest) -> Result<Vpcs, Failure> {
        self.call(Call::get(&["vpcs"], about_fork(request))).await?.decode()
    }

    async fn backups(&self, request: &ForkRequest) -> Result<(Backups<'static>, Timestamp), Failure> {
        let about = Place { role: Some(request.point.role), region: request.region.clone() };
        let answer = self.call(Call::get(&["service", &request.remote, "backups"], about)).await?;
        Ok((answer.decode::<Backups<'_>>()?.into_owned(), answer.at))
    }
}

impl Forker for AivenForker {
    fn check<'a>(&'a self, request: &'a ForkRequest) -> BoxFuture<'a, Vec<ReadinessItem>> {
        Box::pin(self.look_around(request))
    }

    fn start<'a>(&'a self, request: &'a ForkRequest) -> BoxFuture<'a, StartOutcome> {
        Box::pin(self.begin(request))
    }

    fn find<'a>(&'a self, request: &'a ForkRequest) -> BoxFuture<'a, Found> {
        Box::pin(self.whose(request))
    }

    fn progress<'a>(&'a self, request: &'a ForkRequest) -> BoxFuture<'a, Progress> {
        Box::pin(self.how_far(request))
    }

    fn endpoint<'a>(&'a self, request: &'a ForkRequest) -> BoxFuture<'a, Result<Endpoint, String>> {
        Box::pin(self.reach(request))
    }

    fn protection<'a>(&'a self, request: &'a ForkRequest) -> BoxFuture<'a, Protection> {
        Box::pin(self.shield(request))
    }

    fn remove<'a>(&'a self, request: &'a ForkRequest) -> BoxFuture<'a, Removal> {
        Box::pin(self.take_away(request))
    }
}

/// The service of a name in a list.
fn named<'a>(listed: &'a [Listed], name: &str) -> Option<&'a Service> {
    listed.iter().filter_map(|entry| entry.service.as_ref().ok()).find(|service| service.service_name == name)
}

/// What waiting does not bring back.
fn lost(phase: &str, why: String) -> Progress {
    Progress::uncounted(phase, why.clone(), ProgressState::Failed { why, can_resume: false })
}

/// Calls about the fork are about the region it is made in.
fn about_fork(request: &ForkRequest) -> Place {
    Place { role: None, region: request.region.clone() }
}

/// The source is asked only what the control plane knows of it.
const fn about_source() -> Place {
    Place { role: Some(Role::Primary), region: None }
}

fn refused(why: String) -> StartOutcome {
    StartOutcome::Refused { why, propose: None }
}

/// A success whose body cannot be read is no proof of anything: it is read back.
fn accepted(answer: &Answer) -> StartOutcome {
    match answer.decode::<ServiceAnswer>() {
        Ok(ServiceAnswer { service }) => {
            let state = service.state.as_deref().unwrap_or("in an unknown state");
            let made = service.create_time.as_deref().unwrap_or("an unknown time");
            StartOutcome::Accepted {
                response: format!("{} {state}, made {made}", service.service_name),
                host: None,
            }
        }
        Err(failure) => StartOutcome::Unknown { why: failure.to_string() },
    }
}

/// Where the provider refuses the instant itself, the next earlier one: a minute before.
fn propose(request: &ForkRequest, failure: &Failure) -> Option<Timestamp> {
    let PointHow::Time { at } = &request.point.how else { return None };
    let words = failure.text.to_lowercase();
    let of_the_time =
        failure.status == Some(400) && (words.contains("recovery") || words.contains("target time"));
    of_the_time.then(|| *at - TimeDelta::minutes(1))
}

#[cfg(test)]
mod tests;
