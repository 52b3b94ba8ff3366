//! What the fork will be: plan, disk, price and network in the region of the copy.

use super::{Facts, ReadinessItem, ReadinessState, item};
use crate::domain::words;
use crate::provider::aiven::order::{self, Source};
use crate::provider::aiven::settings::ForkNetwork;
use crate::provider::aiven::wire::{Offer, Vpc};

const MIB: u64 = 1 << 20;

pub(super) fn plan_in_region(facts: &Facts<'_>) -> ReadinessItem {
    let not_verified = |why: String| item("plan_in_region", ReadinessState::NotVerified, why);
    let (Some(plan), Some(region)) = (plan(facts), facts.request.region.as_deref()) else {
        return not_verified("the plan or the region is not known".to_owned());
    };
    let plans = match facts.plans {
        Ok(plans) => plans,
        Err(failure) => {
            return not_verified(format!("plans cannot be read with the acting token: {failure}"));
        }
    };
    match plans.offers(&plan, region) {
        Some(true) => {
            item("plan_in_region", ReadinessState::Pass, format!("plan {plan} can be had in {region}"))
        }
        Some(false) => {
            let text = format!("plan {plan} cannot be had in {region}; set `fork_plan` of this source");
            item("plan_in_region", ReadinessState::Fail, text)
        }
        None => not_verified(format!("the provider does not say whether plan {plan} can be had in {region}")),
    }
}

/// Whether what is restored fits: the disk of the source where its plan is kept, else the plan's own.
pub(super) fn disk(facts: &Facts<'_>) -> ReadinessItem {
    let source = facts.source.map(Source::from).unwrap_or_default();
    let offer = offer(facts).unwrap_or_default();
    let shown = |mib: u64| words::bytes(mib.saturating_mul(MIB));
    let (state, text) = match (order::plan(facts.settings, &source), facts.request.point.size_bytes) {
        (None, _) => (ReadinessState::NotVerified, "the plan of the fork is not known".to_owned()),
        (Some((_, Some(disk))), _) => match (offer.disk_space_cap_mb, offer.disk_space_mb) {
            (Some(most), _) if disk > most => {
                let text =
                    format!("the source has {}, and the plan has at most {} there", shown(disk), shown(most));
                (ReadinessState::Fail, text)
            }
            (Some(most), _) => {
                let text =
                    format!("the fork gets {} as the source; at most {} there", shown(disk), shown(most));
                (ReadinessState::Pass, text)
            }
            (None, Some(own)) if disk <= own => {
                let text = format!("the fork gets {} as the source, no more than its plan has", shown(disk));
                (ReadinessState::Pass, text)
            }
            (None, _) => {
                let text = format!("the fork gets {} as the source; the most there is not told", shown(disk));
                (ReadinessState::NotVerified, text)
            }
        },
        (Some((plan, None)), size) => match (offer.disk_space_mb, size) {
            (Some(disk), Some(size)) if size > disk.saturating_mul(MIB) => {
                let text =
                    format!("plan {plan} has {} there, the backup needs {}", shown(disk), words::bytes(size));
                (ReadinessState::Fail, text)
            }
            (Some(disk), Some(size)) => {
                let text = format!("plan {plan} has {} there for {}", shown(disk), words::bytes(size));
                (ReadinessState::Pass, text)
            }
            _ => {
                let text = format!("the disk of plan {plan} there, or the size of the backup, is not told");
                (ReadinessState::NotVerified, text)
            }
        },
    };
    item("disk", state, text)
}

/// What the fork costs while it is there.
pub(super) fn price(facts: &Facts<'_>) -> ReadinessItem {
    let region = facts.request.region.as_deref().unwrap_or("its region");
    let listed = || offer(facts)?.price_usd;
    match listed().or_else(|| facts.price.map(str::to_owned)) {
        Some(price) => {
            let text =
                format!("{price} USD an hour in {region} by the price of its plan; a larger disk costs more");
            item("price", ReadinessState::Pass, text)
        }
        None => item("price", ReadinessState::NotVerified, format!("what it costs in {region} is not told")),
    }
}

/// The network is always said: absent would put the fork into whatever VPC the region has.
pub(super) fn network(facts: &Facts<'_>) -> ReadinessItem {
    let Some(source) = facts.source.map(Source::from) else {
        let open = order::into_the_open(facts.settings, &Source::default()).filter(|_| !facts.request.drill);
        let text = open.unwrap_or_else(|| "the network of the source is not known".to_owned());
        return item("network", ReadinessState::NotVerified, text);
    };
    match order::network(facts.settings, &source, facts.request.drill) {
        Err(why) => item("network", ReadinessState::Fail, why),
        Ok(Some(id)) => into_vpc(facts, &id),
        Ok(None) => public(facts, &source),
    }
}

fn into_vpc(facts: &Facts<'_>, id: &str) -> ReadinessItem {
    let region = facts.request.region.as_deref().unwrap_or("an unknown region");
    let vpcs = match vpcs(facts) {
        Ok(vpcs) => vpcs,
        Err(why) => {
            let text =
                format!("the fork goes into VPC {id}; whether that lies in {region} is not known: {why}");
            return item("network", ReadinessState::NotVerified, text);
        }
    };
    let Some(vpc) = vpcs.iter().find(|vpc| vpc.project_vpc_id.as_deref() == Some(id)) else {
        let text = format!(
            "the project has no VPC {id}; set `project_vpc_id` of this source to {}",
            choices(facts, vpcs)
        );
        return item("network", ReadinessState::Fail, text);
    };
    let lies_in = vpc.cloud_name.as_deref().unwrap_or("an unknown region");
    if lies_in != region {
        let text = format!(
            "VPC {id} lies in {lies_in}, the fork in {region}; set `project_vpc_id` of this source to {}",
            choices(facts, vpcs)
        );
        return item("network", ReadinessState::Fail, text);
    }
    match vpc.state.as_deref() {
        Some("ACTIVE") => item(
            "network",
            ReadinessState::Pass,
            format!("the fork goes into VPC {id} of {region}, as configured"),
        ),
        state => {
            let text =
                format!("VPC {id} of {region} is {}, not active", state.unwrap_or("in an unknown state"));
            item("network", ReadinessState::Fail, text)
        }
    }
}

/// What can be chosen in the region of the copy.
fn choices(facts: &Facts<'_>, vpcs: &[Vpc]) -> String {
    let here = |vpc: &&Vpc| vpc.cloud_name.is_some() && vpc.cloud_name == facts.request.region;
    let ids = vpcs.iter().filter(here).filter_map(|vpc| vpc.project_vpc_id.as_deref());
    ids.chain(["\"public\""]).collect::<Vec<_>>().join(" or ")
}

fn public(facts: &Facts<'_>, source: &Source) -> ReadinessItem {
    if let Some(why) = order::into_the_open(facts.settings, source) {
        return item("network", ReadinessState::Warn, why);
    }
    let as_source = facts.settings.project_vpc_id == ForkNetwork::AsSource;
    let chosen = if as_source { "as the source is" } else { "as configured" };
    let text = format!("the fork is put into the public network (`project_vpc_id` null), {chosen}");
    let here = |vpc: &&Vpc| vpc.cloud_name.is_some() && vpc.cloud_name == facts.request.region;
    let other = vpcs(facts)
        .ok()
        .and_then(|vpcs| vpcs.iter().find(here))
        .and_then(|vpc| vpc.project_vpc_id.as_deref());
    match other {
        Some(id) => {
            let text = format!("{text}; the project has VPC {id} there, which is not used");
            item("network", ReadinessState::Warn, text)
        }
        None => item("network", ReadinessState::Pass, text),
    }
}

fn vpcs<'a>(facts: &Facts<'a>) -> Result<&'a [Vpc], String> {
    let vpcs =
        facts.vpcs.map_err(|failure| format!("VPCs cannot be read with the acting token: {failure}"))?;
    vpcs.vpcs.as_deref().ok_or_else(|| "the provider shows no VPCs".to_owned())
}

fn plan(facts: &Facts<'_>) -> Option<String> {
    let source = facts.source.map(Source::from)?;
    order::plan(facts.settings, &source).map(|(plan, _)| plan)
}

fn offer(facts: &Facts<'_>) -> Option<Offer> {
    facts.plans.ok()?.offer(&plan(facts)?, facts.request.region.as_deref()?).map(Offer::credible)
}
