//! What no section can see alone: names that lead nowhere, two services on one copy.

use std::collections::BTreeMap;

use super::mistake::{Mistake, Mistakes};
use super::node::{Place, Table};
use super::{Config, CopyConfig};
use crate::domain::Role;

pub(super) fn check(config: &Config, top: &Table, mistakes: &mut Mistakes) {
    // Sources that could not be read are named all the same: one mistake must not draw another.
    let declared: Vec<&str> = keys(top, "sources");
    for name in keys(top, "discover").iter().filter(|name| !declared.contains(name)) {
        unknown_source(place(top, &["discover", name]), name, &declared, mistakes);
    }
    let mut short = config.discover.iter().filter(|(_, discover)| discover.short_names);
    if let (Some((first, _)), Some((second, _))) = (short.next(), short.next()) {
        let at = place(top, &["discover", second, "short_names"]);
        let what = format!("[discover.{first}] and [discover.{second}] both ask for short names");
        mistakes.list.push(Mistake::new(at, what).help("one of them may: two could list the same name"));
    }
    let mut taken = BTreeMap::new();
    for (name, service) in &config.services {
        tier_is_declared(config, top, name, mistakes);
        for role in [Role::Primary, Role::Secondary] {
            let Some(copy) = service.copy(role) else { continue };
            let at = copy_place(top, name, role);
            if declared.contains(&copy.source.as_str()) {
                taken_once(config, &mut taken, (name, role, copy), at, mistakes);
            } else {
                unknown_source(at, &copy.source, &declared, mistakes);
                if copy_is_shared(top, name) {
                    break;
                }
            }
        }
    }
}

/// Which copy feeds which service.
type Taken = BTreeMap<String, String>;

fn taken_once(
    config: &Config,
    taken: &mut Taken,
    (name, role, copy): (&str, Role, &CopyConfig),
    at: Option<&Place>,
    mistakes: &mut Mistakes,
) {
    let Some(source) = config.sources.get(&copy.source) else { return };
    let remote = source.settings.remote(name, copy.remote.as_deref());
    if let Some(named) = copy.remote.as_ref().filter(|named| *named != remote) {
        let what = format!("[sources.{}] holds `{remote}`, not `{named}`", copy.source);
        mistakes.list.push(Mistake::new(at, what).help("leave `service` out"));
    }
    let identity = source.settings.identity(remote, role);
    if let Some(other) = taken.insert(identity, name.to_owned()) {
        let what = if other == name {
            format!("both copies of [services.{name}] are the same: source `{}`", copy.source)
        } else {
            format!("[services.{name}] and [services.{other}] are the same copy: source `{}`", copy.source)
        };
        mistakes.list.push(Mistake::new(at, what).help("each copy belongs to one service, in one role"));
    }
}

fn unknown_source(at: Option<&Place>, name: &str, declared: &[&str], mistakes: &mut Mistakes) {
    let mistake = Mistake::new(at, format!("there is no source `{name}`"));
    let mistake = match declared {
        [] => mistake.help(format!("write [sources.{name}]")),
        _ => mistake.help_nearest(name, declared),
    };
    mistakes.list.push(mistake);
}

fn tier_is_declared(config: &Config, top: &Table, service: &str, mistakes: &mut Mistakes) {
    let Some(tier) = config.services.get(service).and_then(|service| service.tier) else { return };
    if keys(top, "tiers").contains(&tier.to_string().as_str()) {
        return;
    }
    let at = place(top, &["services", service, "tier"]);
    let mistake = Mistake::new(at, format!("there is no tier {tier}, in [services.{service}]"));
    mistakes.list.push(mistake.help(format!("write [tiers.{tier}] with `rpo` and `rto`")));
}

fn keys<'a>(top: &'a Table, section: &str) -> Vec<&'a str> {
    let table = top.get(section).and_then(|entry| entry.node.table());
    table.map(|table| table.keys().map(String::as_str).collect()).unwrap_or_default()
}

fn copy_is_shared(top: &Table, service: &str) -> bool {
    place(top, &["services", service, "source"]).is_some()
}

fn copy_place<'a>(top: &'a Table, service: &str, role: Role) -> Option<&'a Place> {
    let role = match role {
        Role::Primary => "primary",
        Role::Secondary => "secondary",
    };
    place(top, &["services", service, role, "source"])
        .or_else(|| place(top, &["services", service, "source"]))
}

/// Where the value at the end of a path stands.
fn place<'a>(top: &'a Table, path: &[&str]) -> Option<&'a Place> {
    let (last, sections) = path.split_last()?;
    let mut table = top;
    for section in sections {
        table = table.get(*section)?.node.table()?;
    }
    let entry = table.get(*last)?;
    Some(if entry.node.table().is_some() { &entry.key_at } else { &entry.node.at })
}
