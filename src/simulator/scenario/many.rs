//! Very many services from a seed, for measuring clients: `[many] services = 1000, backups = 60`.

use std::time::Duration;

use super::parse::{Checked, Mistake};
use super::raw::RawMany;
use super::units::{days, hours, minutes};
use super::{Kind, ServiceSpec};

const REGIONS: [&str; 2] = ["aws-eu-west-1", "aws-eu-central-1"];
/// Backups are kept for so long at most; more of them are made at shorter intervals.
const KEPT: Duration = days(60);

/// How many services, and how many backups of each.
#[derive(Debug, Clone, Copy)]
pub(super) struct Count {
    services: u32,
    backups: u32,
}

pub(super) fn count(raw: &RawMany) -> Checked<Count> {
    if !(1..=20_000).contains(raw.services.get_ref()) {
        return Err(Mistake::at(&raw.services, "`services` is 1 to 20000"));
    }
    if !(1..=1000).contains(raw.backups.get_ref()) {
        return Err(Mistake::at(&raw.backups, "`backups` is 1 to 1000"));
    }
    Ok(Count { services: *raw.services.get_ref(), backups: *raw.backups.get_ref() })
}

/// PostgreSQL services `svc-00001` and on, each with a copy in the other region.
pub(super) fn services(count: Count, seed: u64) -> Vec<ServiceSpec> {
    let mut rng = fastrand::Rng::with_seed(seed);
    (1..=count.services).map(|number| service(number, count.backups, &mut rng)).collect()
}

fn service(number: u32, backups: u32, rng: &mut fastrand::Rng) -> ServiceSpec {
    let backup_every = (KEPT / backups).min(hours(24));
    let [here, there] = if rng.u8(0..10) < 7 { REGIONS } else { [REGIONS[1], REGIONS[0]] };
    ServiceSpec {
        name: format!("svc-{number:05}"),
        kind: Kind::Pg,
        plan: "business-8".to_owned(),
        region: here.to_owned(),
        backups_in: here.to_owned(),
        secondary: Some(there.to_owned()),
        secondary_for: None,
        backup_every,
        full_every: None,
        log_every: minutes(1),
        copy_delay: Duration::from_secs(rng.u64(60..600)),
        size: rng.u64(1..64) << 30,
        version: Some("17".to_owned()),
        retention: backup_every * backups,
        tier: Some(rng.u8(1..=3)),
        owner: Some(format!("team-{:02}", rng.u8(1..=20))),
        powered_off: None,
        integrations: Vec::new(),
        sso: false,
        in_vpc: false,
        persistence: true,
        probed: false,
    }
}
