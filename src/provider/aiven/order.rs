//! The one call that makes a fork: what it says, decided before it is sent. Pure but for asking this
//! host for its address.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};

use serde_json::{Map, Value, json};

use super::mark;
use super::reading::credible;
use super::settings::{ForkNetwork, Settings};
use super::wire::Service;
use crate::domain::{RegionChange, Timestamp};
use crate::provider::{ForkRequest, PointHow};

/// What of the source service a fork repeats.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) service_type: Option<String>,
    pub(super) plan: Option<String>,
    pub(super) disk_space_mb: Option<u64>,
    #[expect(clippy::option_option, reason = "as in the domain: not known, public, in a VPC")]
    pub(super) vpc: Option<Option<String>>,
}

impl From<&Service> for Source {
    fn from(service: &Service) -> Self {
        Self {
            service_type: service.service_type.clone(),
            plan: service.plan.clone(),
            // A disk that cannot be is not asked for.
            disk_space_mb: credible::disk(service.disk_space_mb),
            vpc: service.project_vpc_id.clone(),
        }
    }
}

/// The network of a fork: never left to the provider.
///
/// # Errors
/// A sentence when the config does not say where the fork is to be, and the source is in a VPC, which belongs
/// to one region, or may be: the public network would expose the fork. An incident waits for no such word
/// where nobody knows (S25).
pub(super) fn network(settings: &Settings, source: &Source, drill: bool) -> Result<Option<String>, String> {
    match (&settings.project_vpc_id, &source.vpc) {
        (ForkNetwork::Vpc(id), _) => Ok(Some(id.clone())),
        (ForkNetwork::AsSource, None) if drill => Err(format!(
            "{NOT_SHOWN}; set `project_vpc_id` of this source to the id of a VPC in the other region, or to \"public\""
        )),
        (ForkNetwork::Public, _) | (ForkNetwork::AsSource, None | Some(None)) => Ok(None),
        (ForkNetwork::AsSource, Some(Some(vpc))) => Err(format!(
            "the source is in VPC {vpc}, which ends with its region; set `project_vpc_id` of this source to the \
             VPC's id in the other region, or to \"public\""
        )),
    }
}

const NOT_SHOWN: &str = "the provider does not show which network the source is in";

/// What is to be known before agreeing to a fork of a source whose network is not shown.
pub(super) fn into_the_open(settings: &Settings, source: &Source) -> Option<String> {
    let by_silence = settings.project_vpc_id == ForkNetwork::AsSource && source.vpc.is_none();
    by_silence.then(|| {
        format!(
            "{NOT_SHOWN}: an incident's fork goes into the PUBLIC network unless `project_vpc_id` of this source says another"
        )
    })
}

/// Whether a fork goes into a VPC, as far as that can be said.
pub(super) fn in_vpc(settings: &Settings, source: &Source, drill: bool) -> bool {
    network(settings, source, drill).is_ok_and(|vpc| vpc.is_some())
}

/// The plan of a fork, and the disk when the plan is the source's.
pub(super) fn plan(settings: &Settings, source: &Source) -> Option<(String, Option<u64>)> {
    match &settings.fork_plan {
        Some(plan) => Some((plan.clone(), None)),
        None => source.plan.clone().map(|plan| (plan, source.disk_space_mb)),
    }
}

/// The body of the call.
///
/// # Errors
/// A sentence naming what is missing.
pub(super) fn body(
    settings: &Settings,
    source: &Source,
    request: &ForkRequest,
    own_address: Option<IpAddr>,
) -> Result<Value, String> {
    let region = request.region.as_deref().ok_or("the region of the copy is not known")?;
    let kind = source
        .service_type
        .as_deref()
        .ok_or("the type of the source cannot be read now, and what was last known of it is not sent")?;
    let (plan, disk) = plan(settings, source).ok_or("the plan of the source is not known")?;
    let mut config = point(request)?;
    if request.drill {
        config.insert(
            "ip_filter".to_owned(),
            json!(own_address.map(host_only).into_iter().collect::<Vec<_>>()),
        );
    }
    let mut body = json!({
        "service_name": request.name,
        "service_type": kind,
        "plan": plan,
        "cloud": region,
        "project_vpc_id": network(settings, source, request.drill)?,
        "termination_protection": false,
        "tags": { mark::RUN: request.run, mark::ATTEMPT: request.attempt.to_string() },
        "user_config": config,
    });
    if let (Some(disk), Some(body)) = (disk, body.as_object_mut()) {
        body.insert("disk_space_mb".to_owned(), disk.into());
    }
    Ok(body)
}

/// The body of a call that changes the region backups are copied to: nothing else is said, so nothing
/// else changes.
pub(super) fn region_body(change: &RegionChange) -> Value {
    let regions: Vec<&str> = change.to.as_deref().into_iter().collect();
    json!({ "user_config": { "additional_backup_regions": regions } })
}

fn point(request: &ForkRequest) -> Result<Map<String, Value>, String> {
    let (key, value) = match &request.point.how {
        PointHow::Time { at } => ("recovery_target_time", wire_time(*at)),
        PointHow::Name { name } => ("recovery_basebackup_name", name.clone()),
        PointHow::Lsn { .. } | PointHow::Xid { .. } | PointHow::Immediate => {
            return Err(
                "Aiven restores to an instant or to a backup by name, not to a place in the log".to_owned()
            );
        }
    };
    let source = ("service_to_fork_from".to_owned(), request.remote.clone().into());
    Ok(Map::from_iter([source, (key.to_owned(), value.into())]))
}

/// An instant as the API takes it: UTC with offset, at most 32 characters.
pub(super) fn wire_time(at: Timestamp) -> String {
    let form = if at.timestamp_subsec_micros() == 0 {
        "%Y-%m-%dT%H:%M:%S+00:00"
    } else {
        "%Y-%m-%dT%H:%M:%S%.6f+00:00"
    };
    at.format(form).to_string()
}

fn host_only(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => format!("{address}/32"),
        IpAddr::V6(address) => format!("{address}/128"),
    }
}

/// The address under which this host reaches a fork, where it can be known without asking anyone:
/// behind address translation it cannot. Sends nothing.
pub(super) fn own_address(in_vpc: bool) -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    // Connecting a datagram socket only looks up the route; the address is one for documentation.
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    let IpAddr::V4(address) = socket.local_addr().ok()?.ip() else { return None };
    is_seen_as_is(address, in_vpc).then_some(IpAddr::V4(address))
}

/// Whether a fork sees this address unchanged: a private one inside a VPC, a public one outside.
const fn is_seen_as_is(address: Ipv4Addr, in_vpc: bool) -> bool {
    let is_of_nobody = address.is_loopback()
        || address.is_link_local()
        || address.is_unspecified()
        || address.is_documentation();
    let is_private = address.is_private() || is_shared(address);
    !is_of_nobody && in_vpc == is_private
}

/// 100.64.0.0/10, which carriers translate.
const fn is_shared(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    first == 100 && second & 0b1100_0000 == 64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_that_the_fork_sees_is_admitted() {
        for (address, in_vpc, outside) in [
            ("8.8.8.8", false, true),
            ("10.1.2.3", true, false),
            ("100.64.0.7", true, false),
            ("100.128.0.7", false, true),
            ("127.0.0.1", false, false),
            ("169.254.1.1", false, false),
            ("192.0.2.2", false, false),
        ] {
            let parsed: Ipv4Addr = address.parse().unwrap();
            assert_eq!(
                (is_seen_as_is(parsed, true), is_seen_as_is(parsed, false)),
                (in_vpc, outside),
                "{address}"
            );
        }
    }

    #[test]
    fn a_time_is_sent_in_at_most_32_characters() {
        for (at, sent) in [
            ("2026-05-12T09:40:00Z", "2026-05-12T09:40:00+00:00"),
            ("2026-05-12T09:40:00.123456Z", "2026-05-12T09:40:00.123456+00:00"),
            ("2026-05-12T09:40:00.5Z", "2026-05-12T09:40:00.500000+00:00"),
        ] {
            let time = wire_time(at.parse().unwrap());
            assert_eq!(time, sent);
            assert!(time.len() <= 32);
        }
    }
}
