//! The service object.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{backups, catalog, instant, nodes, plans, regions, second};
use crate::domain::Timestamp;
use crate::simulator::scenario::Kind;
use crate::simulator::world::{Instance, World};

/// Everything that a body is made from.
#[derive(Debug, Clone, Copy)]
pub(in crate::simulator) struct View<'a> {
    /// The state.
    pub(in crate::simulator) world: &'a World,
    /// The instant.
    pub(in crate::simulator) now: Timestamp,
    /// On which loopback port each service answers.
    pub(in crate::simulator) ports: &'a BTreeMap<String, u16>,
    /// Whether the client asks for passwords.
    pub(in crate::simulator) secrets: bool,
}

/// One service.
pub(in crate::simulator) fn object(view: View<'_>, of: &Instance) -> Value {
    let mut service = json!({
        "service_name": of.name,
        "service_type": of.kind.word(),
        "service_type_description": catalog::description(of.kind),
        "state": nodes::state(view.world, of, view.now),
        "plan": of.plan,
        "cloud_name": of.region,
        "cloud_description": regions::find(&of.region).map(|region| region.description),
        "create_time": second(of.created),
        "update_time": second(of.changed),
        "group_list": ["default"],
        "node_states": nodes::list(view.world, of, view.now),
        "backups": backups::list(view.world, of, view.now),
        "user_config": of.user_config,
        "service_integrations": integrations(of),
        "project_vpc_id": of.vpc,
        "connection_info": {},
        "databases": if of.kind.has_log() { vec!["defaultdb"] } else { Vec::new() },
        "maintenance": { "dow": "tuesday", "enabled": true, "time": "05:46:36", "updates": [] },
        "metadata": {},
        "features": {},
        "tags": of.tags,
        "tech_emails": [],
        "termination_protection": of.protected,
        "service_notifications": [],
    });
    if let Some(fields) = service.as_object_mut() {
        fields.extend(size(of));
        fields.extend(access(view, of));
    }
    service
}

fn integrations(of: &Instance) -> Vec<Value> {
    let integration = |(number, other): (usize, &String)| {
        json!({
            "service_integration_id": format!("00000000-0000-4000-9000-{number:012}"),
            "integration_type": "dashboard",
            "description": format!("Integration of {} with {other}", of.name),
            "source_service": of.name,
            "dest_service": other,
            "active": true,
            "enabled": true,
        })
    };
    of.integrations.iter().enumerate().map(integration).collect()
}

/// What the plan gives.
fn size(of: &Instance) -> impl IntoIterator<Item = (String, Value)> {
    let plan = plans::find(&of.plan);
    let data_gib = of.schedule.size.div_ceil(1 << 30) * 2;
    [
        ("node_count", json!(plan.map(|plan| plan.nodes))),
        ("node_cpu_count", json!(plan.map(|plan| plan.cpus))),
        ("node_memory_mb", json!(plan.map(|plan| f64::from(plan.memory_gb) * 1024.0))),
        ("disk_space_mb", json!(of.disk_mb.or(plan.map(|plan| plan.disk_gib.max(data_gib) * 1024)))),
    ]
    .map(|(key, value)| (key.to_owned(), value))
}

/// Where and how to reach it, once it serves.
fn access(view: View<'_>, of: &Instance) -> impl IntoIterator<Item = (String, Value)> {
    let password = if view.secrets { format!("invented-{}", of.name) } else { "<redacted>".to_owned() };
    let port = view.ports.get(&of.name).filter(|_| of.is_running(view.now));
    let scheme = match of.kind {
        Kind::Pg => "postgres",
        Kind::Opensearch | Kind::Grafana => "https",
        kind => kind.word(),
    };
    let uri = port.map(|port| format!("{scheme}://avnadmin:{password}@127.0.0.1:{port}"));
    let params = port.map_or_else(
        || json!({}),
        |port| {
            json!({
                "host": "127.0.0.1", "port": port.to_string(), "user": "avnadmin", "password": password,
                "dbname": "defaultdb", "sslmode": "require",
            })
        },
    );
    let components = port.map(|port| {
        json!({ "component": of.kind.word(), "host": "127.0.0.1", "port": port, "route": "dynamic", "usage": "primary" })
    });
    [
        ("service_uri", json!(uri)),
        ("service_uri_params", params),
        ("components", components.into_iter().collect()),
        ("users", json!([{ "username": "avnadmin", "type": "primary", "password": view.secrets.then_some(password) }])),
    ]
    .map(|(key, value)| (key.to_owned(), value))
}

/// The log lines of a service: one for each of its newest backups.
pub(in crate::simulator) fn logs(world: &World, of: &Instance, limit: usize, now: Timestamp) -> Value {
    let backups = world.backups(of, now);
    let logs: Vec<Value> = backups
        .iter()
        .rev()
        .take(limit)
        .rev()
        .map(|backup| {
            json!({
                "time": instant(backup.at),
                "hostname": format!("{}-1", of.name),
                "msg": format!("backup {} complete, {} bytes", backup.name, backup.size),
                "unit": "backup.service",
                "severity": "info",
            })
        })
        .collect();
    let offset = logs.last().map(|_| "end");
    let first = logs.first().map(|_| "begin");
    json!({ "logs": logs, "offset": offset, "first_log_offset": first })
}
