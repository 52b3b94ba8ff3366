//! A `[[service]]`: what fits together, and what is usual where the file says nothing.

use std::time::Duration;

use toml::Spanned;

use super::{Checked, Mistake};
use crate::simulator::scenario::raw::RawService;
use crate::simulator::scenario::units::{Interval, days, is_service_name, minutes};
use crate::simulator::scenario::{Kind, ServiceSpec, VpcSpec};
use crate::simulator::wire::plans::{self, Plan};
use crate::simulator::wire::{policy, regions};

pub(super) fn checked(raw: RawService, vpcs: &[VpcSpec]) -> Checked<ServiceSpec> {
    let kind = raw.engine;
    if !is_service_name(raw.name.get_ref()) {
        return Err(Mistake::at(&raw.name, "a name is 1 to 64 of a-z, 0-9 and -, a letter first"));
    }
    let region = cloud(raw.region)?;
    let plan = plan(&raw.plan, &region)?;
    let backups_in = raw.backups_in.map(cloud).transpose()?.unwrap_or_else(|| region.clone());
    let secondary = raw.secondary.map(|name| secondary(kind, &backups_in, name)).transpose()?;
    let backup_every = raw.backup_every.unwrap_or_else(|| policy::interval(kind));
    let retention = match raw.retention_days {
        Some(given) => retention(given)?,
        None => policy::retention(kind, plan),
    };
    if retention < backup_every {
        let message =
            "`backup_every` is longer than backups are kept (`retention_days`): nothing would be kept";
        return Err(Mistake::at(&raw.name, message));
    }
    Ok(ServiceSpec {
        name: raw.name.into_inner(),
        kind,
        plan: plan.name.to_owned(),
        in_vpc: raw
            .in_vpc
            .as_ref()
            .map(|given| in_vpc(given, &region, vpcs))
            .transpose()?
            .unwrap_or_default(),
        region,
        backups_in,
        secondary,
        secondary_for: raw.secondary_for,
        backup_every,
        full_every: raw.full_every.as_ref().map(|given| full_every(kind, backup_every, given)).transpose()?,
        log_every: raw.log_every.unwrap_or(minutes(1)),
        copy_delay: raw.copy_delay.unwrap_or(minutes(2)),
        size: raw.size.unwrap_or(8 << 30),
        version: raw.version,
        retention,
        tier: raw.tier,
        owner: raw.owner,
        powered_off: raw.powered_off,
        integrations: raw.integrations.into_iter().map(Spanned::into_inner).collect(),
        sso: raw.sso,
        persistence: raw
            .persistence
            .as_ref()
            .map(|given| persistence(kind, given))
            .transpose()?
            .unwrap_or(true),
        probed: true,
    })
}

fn plan(name: &Spanned<String>, region: &str) -> Checked<&'static Plan> {
    let Some(plan) = plans::find(name.get_ref()) else {
        let message = format!("no plan '{}'; there are {}", name.get_ref(), plans::listed());
        return Err(Mistake::at(name, message));
    };
    if plan.is_in(region) {
        Ok(plan)
    } else {
        Err(Mistake::at(name, format!("there is no plan '{}' in {region}", plan.name)))
    }
}

fn retention(given: Spanned<u32>) -> Checked<Duration> {
    if (1..=90).contains(given.get_ref()) {
        return Ok(days(u64::from(given.into_inner())));
    }
    Err(Mistake::at(&given, "`retention_days` is 1 to 90"))
}

/// Increments fill the time between two full backups, so that is a multiple of the time between two.
fn full_every(kind: Kind, every: Duration, given: &Spanned<Interval>) -> Checked<Duration> {
    let full = given.get_ref().0;
    if kind != Kind::Mysql {
        return Err(Mistake::at(given, "`full_every` is for mysql; others have no increments"));
    }
    if full <= every || !full.as_secs().is_multiple_of(every.as_secs().max(1)) {
        return Err(Mistake::at(given, "`full_every` is a multiple of `backup_every`"));
    }
    Ok(full)
}

fn in_vpc(given: &Spanned<bool>, region: &str, vpcs: &[VpcSpec]) -> Checked<bool> {
    if *given.get_ref() && !vpcs.iter().any(|vpc| vpc.region == region) {
        return Err(Mistake::at(given, format!("there is no [[vpc]] in {region}")));
    }
    Ok(*given.get_ref())
}

fn persistence(kind: Kind, given: &Spanned<bool>) -> Checked<bool> {
    if kind.is_in_memory() {
        return Ok(*given.get_ref());
    }
    let message = format!("`persistence` is for {}", Kind::listed(Kind::is_in_memory));
    Err(Mistake::at(given, message))
}

pub(super) fn cloud(name: Spanned<String>) -> Checked<String> {
    if regions::find(name.get_ref()).is_some() {
        return Ok(name.into_inner());
    }
    Err(Mistake::at(&name, format!("no region '{}'; there are {}", name.get_ref(), regions::listed())))
}

fn secondary(kind: Kind, backups_in: &str, name: Spanned<String>) -> Checked<String> {
    if !kind.can_be_copied() {
        let can = Kind::listed(Kind::can_be_copied);
        let message =
            format!("backups of {} cannot be copied to another region; those of {can} can", kind.word());
        return Err(Mistake::at(&name, message));
    }
    let place = name.span();
    let secondary = cloud(name)?;
    if secondary == backups_in || !regions::same_provider(backups_in, &secondary) {
        let message = format!("the secondary of {backups_in} is another region of the same provider");
        return Err(Mistake { span: place, message });
    }
    Ok(secondary)
}
