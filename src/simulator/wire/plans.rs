//! The plans of the simulated provider. Numbers are invented.

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

/// What a plan promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::simulator) enum Family {
    /// For trying out: one backup, no forks.
    Hobbyist,
    /// One node.
    Startup,
    /// Two nodes.
    Business,
    /// Three nodes.
    Premium,
}

impl Plan {
    /// The family, by its name.
    pub(in crate::simulator) fn family(&self) -> Family {
        match self.name.split('-').next() {
            Some("hobbyist") => Family::Hobbyist,
            Some("business") => Family::Business,
            Some("premium") => Family::Premium,
            _ => Family::Startup,
        }
    }

    /// Whether the region offers it: the smaller ones lack the largest plans.
    pub(in crate::simulator) fn is_in(&self, region: &str) -> bool {
        self.family() != Family::Premium || !matches!(region, "aws-eu-north-1" | "google-europe-west3")
    }
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
pub(in crate::simulator) const ALL: [Plan; 8] = [
    plan("hobbyist", 1, 1, 2, 8, "0.026"),
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

/// All names, for a message.
pub(in crate::simulator) fn listed() -> String {
    ALL.map(|plan| plan.name).join(", ")
}
