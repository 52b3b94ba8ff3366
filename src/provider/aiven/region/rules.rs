//! The rules of changing the region backups are copied to. Pure: judges what was read.

use chrono::TimeDelta;

use super::super::failure::Failure;
use super::super::kinds::{self, Copying};
use super::super::wire::{Clouds, Event, Events, Service, first_part};
use crate::domain::fork::{ReadinessItem, ReadinessState};
use crate::domain::instant::rfc3339;
use crate::domain::{Ability, OtherRegions, RegionChange, RegionRules, Timestamp};

/// The provider takes one change of region in so much time.
const ONCE_IN: TimeDelta = TimeDelta::hours(24);

/// What was read.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    pub(super) change: &'a RegionChange,
    pub(super) service: Result<&'a Service, &'a Failure>,
    /// When the service was read.
    pub(super) now: Option<Timestamp>,
    pub(super) clouds: Result<Clouds, Failure>,
    pub(super) events: Result<Events, Failure>,
}

/// Every rule, in the order a person reads them.
pub(super) fn check(facts: &Facts<'_>) -> RegionRules {
    let whole = |items| RegionRules { items, others: None };
    let service = match facts.service {
        Ok(service) => service,
        Err(failure) => {
            let text = format!("{} cannot be read: {failure}", facts.change.remote);
            let absent = failure.says_service_is_absent();
            let state = if absent { ReadinessState::Fail } else { ReadinessState::NotVerified };
            return whole(vec![item("service", state, text)]);
        }
    };
    let mut items = vec![state(service), unchanged(facts.change, service)];
    match &facts.change.to {
        Some(to) => {
            items.push(type_has_it(service));
            let known = region_known(facts, to);
            let is_none = known.state == ReadinessState::Fail;
            items.push(known);
            if is_none {
                // Nothing more can be said of a region that is none.
                return RegionRules { items, others: others(facts, service, to) };
            }
            items.push(same_provider(facts, service, to));
            items.push(other_region(service, to));
            items.push(one_region(facts.change));
            items.push(once_in_24_h(facts));
            items.push(first_copy(service, to));
        }
        None => items.push(no_copy_left(facts.change)),
    }
    let text = "whether the token may change it, and the provider offers it to this account, shows only when it is \
                asked for";
    items.push(item("may_change", ReadinessState::NotVerified, text));
    whole(items)
}

fn item(check: &str, state: ReadinessState, text: impl Into<String>) -> ReadinessItem {
    ReadinessItem { check: check.to_owned(), state, text: text.into(), host: None }
}

fn state(service: &Service) -> ReadinessItem {
    let word = service.state.as_deref().unwrap_or("in an unknown state");
    let text = format!("{} is {word}", service.service_name);
    if service.is_off() {
        let text = format!("{text}: no backup is made, so none is copied, before it is powered on");
        return item("service", ReadinessState::Warn, text);
    }
    item("service", ReadinessState::Pass, text)
}

/// What was decided rests on where copies went then.
fn unchanged(change: &RegionChange, service: &Service) -> ReadinessItem {
    let word = |region: Option<&str>| region.map_or("off".to_owned(), |region| format!("to {region}"));
    let Some(now) = service.copied_to() else {
        let to = word(change.to.as_deref());
        let text = format!("where backups are copied to is not shown now; copying would be {to}");
        return item("as_decided", ReadinessState::NotVerified, text);
    };
    let (now, then) = (now.as_deref(), change.from.as_deref());
    if now != then {
        let text =
            format!("copying is {} now, not {} as when this was decided: look again", word(now), word(then));
        return item("as_decided", ReadinessState::Fail, text);
    }
    if now == change.to.as_deref() {
        return item("as_decided", ReadinessState::Fail, format!("copying is already {}", word(now)));
    }
    let text = format!("copying is {} now and would be {}", word(now), word(change.to.as_deref()));
    item("as_decided", ReadinessState::Pass, text)
}

fn type_has_it(service: &Service) -> ReadinessItem {
    let kind = service.service_type.as_deref().unwrap_or("unknown");
    let (state, text) = match kinds::of(kind).copying {
        Copying::Offered => {
            (ReadinessState::Pass, format!("backups of {kind} can be copied to another region"))
        }
        Copying::Perhaps => (
            ReadinessState::Warn,
            format!("pages of the provider disagree on whether backups of {kind} can be copied"),
        ),
        Copying::Not(why) => (ReadinessState::Fail, format!("{kind}: {why}")),
        Copying::Unknown => (
            ReadinessState::NotVerified,
            format!("whether backups of {kind} can be copied is not documented"),
        ),
    };
    item("type_has_it", state, text)
}

fn region_known(facts: &Facts<'_>, to: &str) -> ReadinessItem {
    let clouds = match &facts.clouds {
        Ok(clouds) => clouds,
        Err(failure) => {
            let text = format!("whether {to} exists: regions cannot be read: {failure}");
            return item("region_known", ReadinessState::NotVerified, text);
        }
    };
    match clouds.knows(to) {
        Some(true) => item("region_known", ReadinessState::Pass, format!("{to} is a region of the provider")),
        Some(false) => item("region_known", ReadinessState::Fail, format!("the provider has no region {to}")),
        None => item("region_known", ReadinessState::NotVerified, "the provider does not name its regions"),
    }
}

/// The regions that may be named: of the cloud provider of the service, and not where it or its backups lie.
fn others(facts: &Facts<'_>, service: &Service, to: &str) -> Option<OtherRegions> {
    let clouds = facts.clouds.as_ref().ok()?;
    let taken = [service.cloud_name.as_deref(), service.stored_in()];
    let of = taken.into_iter().flatten().next();
    let same = of.map_or_else(String::new, |of| format!(" of {}", clouds.providers_of(of, of).0));
    let free = clouds.choices(of, to).into_iter().filter(|name| !taken.contains(&Some(name)));
    let are = format!("others of its regions{same}");
    Some(OtherRegions { are, names: free.map(str::to_owned).collect() })
}

/// Copies stay with one cloud provider: that of the service and of its backups.
fn same_provider(facts: &Facts<'_>, service: &Service, to: &str) -> ReadinessItem {
    let regions = [service.cloud_name.as_deref(), service.stored_in()];
    let mut regions = regions.into_iter().flatten().peekable();
    if regions.peek().is_none() {
        let text = "the region of the service is not shown, so its cloud provider is not known";
        return item("same_provider", ReadinessState::NotVerified, text);
    }
    match regions.map(|region| (region, providers(facts, to, region))).find(|(_, (new, old))| new != old) {
        Some((region, (new, old))) => {
            let text = format!("{to} is of {new}, {region} of {old}: copies stay with one");
            item("same_provider", ReadinessState::Fail, text)
        }
        None => item(
            "same_provider",
            ReadinessState::Pass,
            format!("{to} is of the provider that the service is of"),
        ),
    }
}

fn providers<'a>(facts: &'a Facts<'_>, one: &'a str, other: &'a str) -> (&'a str, &'a str) {
    match &facts.clouds {
        Ok(clouds) => clouds.providers_of(one, other),
        Err(_) => (first_part(one), first_part(other)),
    }
}

fn other_region(service: &Service, to: &str) -> ReadinessItem {
    let same = [service.cloud_name.as_deref(), service.stored_in()].contains(&Some(to));
    if same {
        let text =
            format!("{to} is where the service or its backups lie already: a copy there dies with them");
        return item("other_region", ReadinessState::Fail, text);
    }
    item("other_region", ReadinessState::Pass, format!("{to} is another region than that of the service"))
}

/// There is room for one region, so a new one takes the place of the old one.
fn one_region(change: &RegionChange) -> ReadinessItem {
    match &change.from {
        Some(from) => {
            let text = format!(
                "one region is possible: nothing more is copied to {from}, and what the provider keeps of it is not \
                 documented; until a first copy is there, there may be none at all"
            );
            item("one_region", ReadinessState::Warn, text)
        }
        None => item("one_region", ReadinessState::Pass, "it would be the only region, and one is possible"),
    }
}

fn once_in_24_h(facts: &Facts<'_>) -> ReadinessItem {
    let check = "once_in_24_h";
    let Some(now) = facts.now else {
        return item(check, ReadinessState::NotVerified, "the service could not be read");
    };
    if let Some(last) = facts.change.last_changed.filter(|last| now - *last < ONCE_IN) {
        let text = format!(
            "the region was changed, or may have been, at {}; the provider takes the next change from {}",
            rfc3339(last),
            rfc3339(last + ONCE_IN)
        );
        return item(check, ReadinessState::Fail, text);
    }
    let events = match &facts.events {
        Ok(Events { events: Some(events) }) => events,
        Ok(Events { events: None }) => {
            return item(check, ReadinessState::NotVerified, "the provider shows no events of this project");
        }
        Err(failure) => {
            let text =
                format!("whether others changed it in the last 24 h: events cannot be read: {failure}");
            return item(check, ReadinessState::NotVerified, text);
        }
    };
    // What is not told of an event does not speak for it.
    let of_it = |event: &&Event| {
        event.service_name.as_deref().is_none_or(|name| name == facts.change.remote)
            && event.event_type.as_deref().is_none_or(|kind| kind.contains("update"))
            && event.time.is_none_or(|at| now - at < ONCE_IN)
    };
    match events.iter().filter(of_it).max_by_key(|event| event.time) {
        Some(event) => {
            let at = event.time.map_or("a time that is not told".to_owned(), rfc3339);
            let actor = event.actor.as_deref().unwrap_or("someone");
            let text = format!(
                "{actor} changed settings of it at {at}; if the region was among them, it is too soon"
            );
            item(check, ReadinessState::Warn, text)
        }
        None => item(check, ReadinessState::Pass, "no change of its settings in the last 24 h"),
    }
}

/// When the first copy can be expected, and what it will not hold.
fn first_copy(service: &Service, to: &str) -> ReadinessItem {
    let kind = kinds::of(service.service_type.as_deref().unwrap_or_default());
    let text = if kind.only_after_activation {
        format!("only snapshots made from then on will lie in {to}; the older ones are not copied")
    } else if kind.ability == Ability::Pitr {
        format!("until a base backup has been copied, nothing can be restored in {to}")
    } else {
        format!("until a backup has been copied, nothing can be restored in {to}")
    };
    let at = service.backup_at().map(|at| format!("; backups are set to {at} UTC")).unwrap_or_default();
    item("first_copy", ReadinessState::Warn, format!("{text}{at}"))
}

fn no_copy_left(change: &RegionChange) -> ReadinessItem {
    let from = change.from.as_deref().unwrap_or("the other region");
    let text =
        format!("nothing more is copied to {from}: if the region of the service is lost, so is the data");
    item("no_copy_left", ReadinessState::Warn, text)
}
