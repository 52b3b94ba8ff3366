//! What can be known before a fork without making one. What cannot be checked is said to be not
//! verified, never passed. Pure: judges what was read.

mod along;
mod place;

use super::failure::Failure;
use super::mark;
use super::order::{self, Source};
use super::reading::{self, Backed, Seen};
use super::settings::Settings;
use super::wire::{Backups, Listed, Plans, Service, Vpcs};
use crate::domain::target;
use crate::domain::{Outcome, Reading, Shared, Target, Timestamp};
use crate::provider::{ForkRequest, Found, PointHow, ReadinessItem, ReadinessState};

/// What was read with the acting token.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    pub(super) settings: &'a Settings,
    pub(super) request: &'a ForkRequest,
    pub(super) listed: Result<&'a [Listed], &'a Failure>,
    /// The source service, when it is in the list.
    pub(super) source: Option<&'a Service>,
    pub(super) plans: Result<&'a Plans, &'a Failure>,
    pub(super) vpcs: Result<&'a Vpcs, &'a Failure>,
    /// The price of the plan in the region, where the list of plans has none.
    pub(super) price: Option<&'a str>,
    pub(super) backups: Result<(&'a Backups<'a>, Timestamp), &'a Failure>,
}

/// The names of all checks, in the order of [`items`]; what does not come along by single sign-on is only
/// said where there is any.
pub(super) fn names(drill: bool) -> Vec<&'static str> {
    let mut names = vec![
        "token",
        "source_exists",
        "name_free",
        "kind_forks",
        "plan_in_region",
        "disk",
        "point_in_copy",
        "network",
    ];
    names.extend(drill.then_some("fork_access"));
    names.extend(["termination_protection", "integrations", "price", "may_create"]);
    names
}

/// Every check, in the order a person reads them.
pub(super) fn items(facts: &Facts<'_>) -> Vec<ReadinessItem> {
    let mut items = vec![token(facts)];
    let Ok(listed) = facts.listed else {
        items.push(item("source_exists", ReadinessState::NotVerified, "the list could not be read"));
        items.push(item("name_free", ReadinessState::NotVerified, "the list could not be read"));
        items.push(place::network(facts));
        return items;
    };
    items.push(source_exists(facts, listed));
    items.push(name_free(facts.request, listed));
    items.push(along::kind_forks(facts));
    items.push(place::plan_in_region(facts));
    items.push(place::disk(facts));
    items.push(point_in_copy(facts));
    items.push(place::network(facts));
    if facts.request.drill {
        items.push(reachable_from_here(facts));
    }
    items.push(along::protection(facts));
    items.push(along::integrations(facts));
    items.extend(along::single_sign_on(facts));
    items.push(place::price(facts));
    let text = format!(
        "whether the token may create a service, and the quota allows one beside the {} there are, shows only when \
         it is asked for",
        listed.len()
    );
    items.push(item("may_create", ReadinessState::NotVerified, text));
    items
}

fn item(check: &str, state: ReadinessState, text: impl Into<String>) -> ReadinessItem {
    ReadinessItem { check: check.to_owned(), state, text: text.into(), host: None }
}

fn token(facts: &Facts<'_>) -> ReadinessItem {
    let project = &facts.settings.project;
    match facts.listed {
        Ok(_) => item("token", ReadinessState::Pass, format!("the acting token sees project {project}")),
        Err(failure) => {
            let certain = matches!(failure.outcome, Outcome::Denied | Outcome::NotFound);
            let state = if certain { ReadinessState::Fail } else { ReadinessState::NotVerified };
            item(
                "token",
                state,
                format!("project {project} cannot be listed with the acting token: {failure}"),
            )
        }
    }
}

fn source_exists(facts: &Facts<'_>, listed: &[Listed]) -> ReadinessItem {
    let name = &facts.request.remote;
    if let Some(service) = facts.source {
        let state = service.state.as_deref().unwrap_or("in an unknown state");
        return item(
            "source_exists",
            ReadinessState::Pass,
            format!("{name} is known to the provider, {state}"),
        );
    }
    let its_own = listed.iter().find(|entry| entry.name.as_ref() == Some(name));
    let (state, text) = match (its_own.map(|entry| &entry.service), nameless(listed)) {
        (Some(Err(why)), _) => {
            let why = Failure::bad_json(why);
            (ReadinessState::NotVerified, format!("{name} is in the list and cannot be read: {why}"))
        }
        (_, Some(others)) => {
            (ReadinessState::NotVerified, format!("{name} is not in the list, unless {others}"))
        }
        (_, None) => (ReadinessState::Fail, format!("{name} is not in the list")),
    };
    item("source_exists", state, text)
}

/// Of which services a list does not say what they are: any may be the one that is looked for.
fn nameless(listed: &[Listed]) -> Option<String> {
    match listed.iter().filter(|entry| entry.name.is_none()).count() {
        0 => None,
        1 => Some("it is the one whose name cannot be read".to_owned()),
        count => Some(format!("it is one of the {count} whose names cannot be read")),
    }
}

fn name_free(request: &ForkRequest, listed: &[Listed]) -> ReadinessItem {
    let name = &request.name;
    if !is_a_name(name) {
        let text =
            format!("`{name}` is no name of a service: lower case letters, digits and `-`, 64 at most");
        return item("name_free", ReadinessState::Fail, text);
    }
    let Some(taken) = listed.iter().find(|entry| entry.name.as_ref() == Some(name)) else {
        let (state, unless) = match nameless(listed) {
            Some(others) => (ReadinessState::NotVerified, format!(", unless {others}")),
            None => (ReadinessState::Pass, String::new()),
        };
        return item("name_free", state, format!("no service is named {name}{unless}"));
    };
    match taken.service.as_ref().map(|service| mark::owner(service, request)) {
        Ok(Found::Mine) => item("name_free", ReadinessState::Pass, format!("{name} is there with our mark")),
        Ok(Found::Foreign { what }) => {
            item("name_free", ReadinessState::Fail, format!("the name {name} is taken: {what}"))
        }
        Ok(Found::Absent | Found::CannotTell { .. }) | Err(_) => {
            item("name_free", ReadinessState::Fail, format!("the name {name} is taken"))
        }
    }
}

fn is_a_name(name: &str) -> bool {
    let rest = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    name.len() <= 64 && name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(rest)
}

fn point_in_copy(facts: &Facts<'_>) -> ReadinessItem {
    let region = facts.request.region.as_deref().unwrap_or("its region");
    let (backups, at) = match facts.backups {
        Ok(answer) => answer,
        Err(failure) => {
            let text = format!("the copy cannot be read with the acting token: {failure}");
            return item("point_in_copy", ReadinessState::NotVerified, text);
        }
    };
    let Some(source) = facts.source else {
        let text = "where the source keeps copies is not known";
        return item("point_in_copy", ReadinessState::NotVerified, text);
    };
    let Some(reading) = reading_of(facts, source, backups, at) else {
        return item("point_in_copy", ReadinessState::Fail, format!("there is no copy in {region} any more"));
    };
    match still_there(&reading, &facts.request.point.how) {
        Ok(()) => {
            item("point_in_copy", ReadinessState::Pass, format!("the copy in {region} holds the point"))
        }
        Err(why) => item("point_in_copy", ReadinessState::Fail, why),
    }
}

fn reading_of(
    facts: &Facts<'_>,
    source: &Service,
    backups: &Backups<'_>,
    at: Timestamp,
) -> Option<Shared<Reading>> {
    let seen = Seen { source: "", as_of: at, their_now: at, plan: None, margin: facts.settings.margin };
    let part = reading::part(source, &Backed::Read(backups.clone()), seen);
    let is_it = |role, region: &Option<String>| {
        role == facts.request.point.role
            && (facts.request.region.is_none() || *region == facts.request.region)
    };
    part.copies.into_iter().find(|copy| is_it(copy.role, &copy.region))?.reading
}

fn still_there(reading: &Reading, how: &PointHow) -> Result<(), String> {
    let target = match how {
        PointHow::Time { at } => Target::At(*at),
        PointHow::Name { name } => Target::Backup(name.clone()),
        PointHow::Lsn { .. } | PointHow::Xid { .. } | PointHow::Immediate => {
            return Err("Aiven restores to an instant or to a backup by name".to_owned());
        }
    };
    target::check(reading, &target).map(drop).map_err(|refused| refused.reason)
}

fn reachable_from_here(facts: &Facts<'_>) -> ReadinessItem {
    let source = facts.source.map(Source::from).unwrap_or_default();
    let in_vpc = order::in_vpc(facts.settings, &source, facts.request.drill);
    let text = match order::own_address(in_vpc) {
        Some(address) => format!("the drill's fork admits only {address}; the route is tried when it runs"),
        None => {
            "this host does not know its public address, so the drill's fork admits nobody: SQL checks from \
                 here will not reach it"
                .to_owned()
        }
    };
    item("fork_access", ReadinessState::NotVerified, text)
}
