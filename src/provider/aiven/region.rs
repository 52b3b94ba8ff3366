//! Where a service's backups are copied to: looked up, and changed by one armed call whose rules are
//! checked before.

mod rules;
mod setter;
#[cfg(test)]
mod tests;

pub use setter::AivenRegionSetter;
pub(super) use setter::{arrived, read_back};

use super::client::{Answer, Call, Client};
use super::failure::Failure;
use super::gate::Place;
use super::settings::Settings;
use super::wire::ServiceAnswer;
#[cfg(test)]
use super::wire::{Clouds, Events, Service};
#[cfg(test)]
use crate::domain::ReadinessItem;
#[cfg(test)]
use crate::domain::Timestamp;
use crate::domain::{RegionChange, RegionRules};

/// Every rule of a change, checked with what can be read now.
pub(super) async fn check(client: &Client, settings: &Settings, change: &RegionChange) -> RegionRules {
    let get = |path: &'static [&'static str]| client.call(Call::get(path, about(change)), settings.timeout);
    let service = service(client, settings, change).await;
    let (clouds, events) = (get(&["clouds"]).await, get(&["events"]).await);
    let facts = rules::Facts {
        change,
        service: service.as_ref().map(|(answer, _)| &answer.service),
        now: service.as_ref().map(|(_, answer)| answer.at).ok(),
        clouds: clouds.and_then(|answer| answer.decode()),
        events: events.and_then(|answer| answer.decode()),
    };
    rules::check(&facts)
}

/// The same rules, of what was read before.
#[cfg(test)]
pub(super) fn judge(
    change: &RegionChange,
    service: &Service,
    now: Timestamp,
    clouds: Clouds,
    events: Events,
) -> Vec<ReadinessItem> {
    let (service, now) = (Ok(service), Some(now));
    rules::check(&rules::Facts { change, service, now, clouds: Ok(clouds), events: Ok(events) }).items
}

/// The service as it is now, with the answer that told it.
async fn service(
    client: &Client,
    settings: &Settings,
    change: &RegionChange,
) -> Result<(ServiceAnswer, Answer), Failure> {
    let path = ["service", change.remote.as_str()];
    let answer = client.call(Call::get(&path, about(change)), settings.timeout).await?;
    Ok((answer.decode()?, answer))
}

/// Calls about the setting are about the region that copies are to lie in.
fn about(change: &RegionChange) -> Place {
    Place { role: None, region: change.to.clone() }
}
