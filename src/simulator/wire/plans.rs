//! The plans of the simulated provider. Numbers are invented.

use crate::simulator::scenario::Kind;

/// A plan: a family and the memory of each node.
#[derive(Debug, Clone, Copy)]
pub(in crate::simulator) struct Plan {
    /// Name (`business-8`).
    pub(in crate::simulator) name: &'static str,
    /// Nodes.
    pub(in crate::simulator) nodes: u32,
    /// CPUs of each node.
    pub(in crate::simulator) cpus: u32,
    /// Memory of each node, GB.
    pub(in crate::simulator) memory_gb: u32,
    /// Data disk, GiB.
    pub(in crate::simulator) disk_gib: u64,
    /// Price an hour, US dollars.
    pub(in crate::simulator) price: &'static str,
}

const fn plan(
    name: &'static str,
    nodes: u32,
    cpus: u32,
    memory_gb: u32,
    disk_gib: u64,
    price: &'static str,
) -> Plan {
    Plan { name, nodes, cpus, memory_gb, disk_gib, price }
}

/// Every plan.
pub(in crate::simulator) const ALL: [Plan; 7] = [
    plan("startup-1", 1, 1, 1, 16, "0.040"),
    plan("startup-4", 1, 2, 4, 80, "0.136"),
    plan("startup-8", 1, 2, 8, 175, "0.270"),
    plan("business-4", 2, 1, 4, 80, "0.290"),
    plan("business-8", 2, 2, 8, 175, "0.530"),
    plan("business-16", 2, 4, 16, 350, "1.070"),
    plan("premium-8", 3, 2, 8, 175, "0.790"),
];

/// The plan of this name.
pub(in crate::simulator) fn find(name: &str) -> Option<&'static Plan> {
    ALL.iter().find(|plan| plan.name == name)
}

/// Whether there is such a plan.
pub(in crate::simulator) fn exists(name: &str) -> bool {
    find(name).is_some()
}

/// All names, for a message.
pub(in crate::simulator) fn listed() -> String {
    ALL.map(|plan| plan.name).join(", ")
}

/// How a service of this kind is backed up, as a plan's `backup_config` says it.
pub(in crate::simulator) fn backup_config(kind: Kind) -> serde_json::Value {
    let (interval, max_count) = match kind {
        Kind::Pg | Kind::Mysql => (24, 15),
        Kind::Valkey => (12, 6),
        Kind::Opensearch => (1, 40),
        Kind::Grafana => (1, 24),
        Kind::Kafka => (24, 0),
    };
    let mode = if kind.has_log() { "pitr" } else { "basic" };
    serde_json::json!({ "interval": interval, "max_count": max_count, "recovery_mode": mode })
}
