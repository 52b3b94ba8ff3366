//! The one call that changes the region. Built only by consuming an [`Armed`] (S18).

use std::sync::Arc;

use super::super::client::{ActingClient, Call, Change, Client};
use super::super::gate::Gate;
use super::super::order;
use super::super::settings::Settings;
use super::super::wire::{Backup, Backups, Service, ServiceAnswer};
use super::about;
use crate::clock::Clock;
use crate::domain::fork::{ReadinessItem, ReadinessState};
use crate::domain::instant::rfc3339;
use crate::domain::{RegionChange, RegionEffect, RegionStage, SetOutcome};
use crate::provider::{Armed, BoxFuture, RegionSetter};

/// Changes where the backups of one Aiven project's services are copied to.
#[derive(Debug)]
pub struct AivenRegionSetter {
    settings: Settings,
    client: ActingClient,
}

impl AivenRegionSetter {
    /// One that acts with the token of `armed`.
    ///
    /// # Errors
    /// A sentence when `armed` holds no token, or TLS cannot be set up.
    pub fn new(armed: Armed, settings: Settings, gate: Arc<Gate>, clock: Clock) -> Result<Self, String> {
        let client = ActingClient::new(armed, &settings, gate, clock)?;
        Ok(Self { settings, client })
    }

    async fn change(&self, change: &RegionChange) -> SetOutcome {
        let rules = super::check(self.client.reading(), &self.settings, change).await;
        if let Some(why) = broken(&rules.items) {
            return SetOutcome::Refused { why: format!("nothing was sent: {why}") };
        }
        let body = order::region_body(change);
        let path = ["service", change.remote.as_str()];
        let put = Change::put(&path, &body, about(change));
        match self.client.change(put, self.settings.timeout).await {
            Ok(answer) => match answer.decode::<ServiceAnswer>() {
                Ok(ServiceAnswer { service }) => taken(change, &service),
                Err(failure) => SetOutcome::Unknown { why: failure.to_string() },
            },
            Err(failure) if failure.nothing_was_done() => SetOutcome::Refused { why: failure.to_string() },
            Err(failure) => SetOutcome::Unknown { why: failure.to_string() },
        }
    }
}

impl RegionSetter for AivenRegionSetter {
    fn set<'a>(&'a self, change: &'a RegionChange) -> BoxFuture<'a, SetOutcome> {
        Box::pin(self.change(change))
    }

    fn read_back<'a>(&'a self, change: &'a RegionChange) -> BoxFuture<'a, RegionEffect> {
        Box::pin(read_back(self.client.reading(), &self.settings, change))
    }
}

/// What has come of a change, as whoever may read sees it.
pub(in crate::provider::aiven) async fn read_back(
    client: &Client,
    settings: &Settings,
    change: &RegionChange,
) -> RegionEffect {
    let service = match super::service(client, settings, change).await {
        Ok((ServiceAnswer { service }, _)) => service,
        Err(failure) => return effect(RegionStage::CannotTell, format!("cannot tell: {failure}")),
    };
    let Some(is) = service.copied_to() else {
        return effect(RegionStage::CannotTell, format!("cannot tell: {NOT_SHOWN}"));
    };
    if is != change.to {
        return effect(RegionStage::NotSet, copies_go(is.as_deref()));
    }
    let Some(to) = is.as_deref() else {
        return effect(RegionStage::Done, copies_go(None));
    };
    let path = ["service", change.remote.as_str(), "backups"];
    let answer = client.call(Call::get(&path, about(change)), settings.timeout).await;
    match answer.and_then(|answer| answer.decode::<Backups<'_>>().map(Backups::into_owned)) {
        Ok(backups) => arrived(to, &backups),
        // A token that may change the setting may still not see windows: the list shows copies, too.
        Err(failure) if service.backups.is_some() => {
            let listed = Backups { backups: service.backups.clone(), ..Backups::default() };
            let seen = arrived(to, &listed);
            RegionEffect { text: format!("{} (by the service's own list: {failure})", seen.text), ..seen }
        }
        Err(failure) => {
            effect(RegionStage::CannotTell, format!("set to {to}; copies cannot be read: {failure}"))
        }
    }
}

/// Rules that are broken for certain; and a service that cannot be read, whose rules are all open.
fn broken(items: &[ReadinessItem]) -> Option<String> {
    let stops = |item: &&ReadinessItem| {
        item.state == ReadinessState::Fail
            || (item.check == "service" && item.state == ReadinessState::NotVerified)
    };
    let broken: Vec<&str> = items.iter().filter(stops).map(|item| item.text.as_str()).collect();
    (!broken.is_empty()).then(|| broken.join("; "))
}

/// What is not shown is not off (S3).
const NOT_SHOWN: &str = "where copies go is not shown";

fn taken(change: &RegionChange, service: &Service) -> SetOutcome {
    match service.copied_to() {
        Some(is) if is == change.to => SetOutcome::Accepted {
            response: format!("{}: {}", service.service_name, copies_go(is.as_deref())),
        },
        Some(is) => SetOutcome::Unknown {
            why: format!("it was taken, but by the answer {}", copies_go(is.as_deref())),
        },
        None => SetOutcome::Unknown { why: format!("it was taken, but {NOT_SHOWN} in the answer") },
    }
}

fn copies_go(to: Option<&str>) -> String {
    to.map_or_else(|| "copies go nowhere".to_owned(), |region| format!("copies go to {region}"))
}

fn effect(stage: RegionStage, text: String) -> RegionEffect {
    RegionEffect { stage, first_copy: None, text }
}

/// Whether a first copy can be restored in a region: a window where there is point-in-time recovery, an
/// entry of a backup elsewhere.
pub(in crate::provider::aiven) fn arrived(to: &str, backups: &Backups<'_>) -> RegionEffect {
    let here = |backup: &&Backup<'_>| backup.copy_in(to).is_some_and(|copy| !copy.is_paused());
    let copies: Vec<&Backup<'_>> = backups.backups.iter().flatten().filter(here).collect();
    let paused = backups
        .backups
        .iter()
        .flatten()
        .filter_map(|backup| backup.copy_in(to))
        .find(|copy| copy.is_paused());
    let pitr = backups.pitr.as_ref();
    let window = pitr.and_then(|pitr| {
        let mut ranges = pitr.additional_regions.iter().flatten();
        ranges.find(|range| range.cloud.as_deref() == Some(to))?.pitr_range_start
    });
    let first_copy = window.or_else(|| copies.iter().filter_map(|backup| backup.backup_time).min());
    let done = if pitr.is_some() { window.is_some() } else { !copies.is_empty() };
    let held = if copies.len() == 1 { "1 copy".to_owned() } else { format!("{} copies", copies.len()) };
    let text = match (first_copy.filter(|_| done), paused) {
        (Some(first), _) => format!("{held} in {to}, restorable from {}", rfc3339(first)),
        (None, Some(paused)) => {
            let why = paused.pause_reason.as_deref().unwrap_or("no reason given");
            format!("set to {to}; copying is paused by the provider ({why})")
        }
        (None, None) if done => format!("{held} in {to}"),
        (None, None) => format!("set to {to}; no copy there yet"),
    };
    let stage = if done { RegionStage::Done } else { RegionStage::WaitingForCopy };
    RegionEffect { stage, first_copy: first_copy.filter(|_| done), text }
}
