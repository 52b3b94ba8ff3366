//! What the provider offers: projects, regions, kinds of services, plans; and the audit log.

use serde_json::{Map, Value, json};

use super::plans::{self, Plan};
use super::policy;
use super::regions::{self, Region};
use super::second;
use crate::simulator::scenario::{ForkBy, Kind};
use crate::simulator::world::{Vpc, World};

/// A kind of service in words.
pub(super) const fn description(kind: Kind) -> &'static str {
    match kind {
        Kind::Pg => "PostgreSQL - Object-Relational Database Management System",
        Kind::Mysql => "MySQL - Relational Database Management System",
        Kind::Opensearch => "OpenSearch - Search & Analyze Data in Real Time",
        Kind::Valkey => "Valkey - In-Memory Data Structure Store",
        Kind::Grafana => "Grafana - Metrics Dashboard",
        Kind::Redis => "Caching - In-Memory Data Structure Store",
        Kind::Dragonfly => "Dragonfly - High-Performance In-Memory Data Store",
        Kind::Clickhouse => "ClickHouse - Analytics Database",
        Kind::Flink => "Flink - Stream Processing",
        Kind::Cassandra => "Cassandra - Distributed NoSQL Database",
        Kind::M3db => "M3DB - Distributed Time Series Database",
        Kind::M3aggregator => "M3 Aggregator - Time Series Aggregator",
        Kind::M3coordinator => "M3 Coordinator - Time Series Coordinator",
        Kind::Kafka => "Kafka - High-Throughput Distributed Messaging System",
        Kind::KafkaConnect => "Kafka Connect - Kafka Integrations",
        Kind::KafkaMirrormaker => "Kafka MirrorMaker - Replication between Kafka Clusters",
        Kind::Thanos => "Thanos - Metrics Storage",
        Kind::Vectordb => "VectorDB - an invented type that no client has heard of",
    }
}

/// The one project.
pub(in crate::simulator) fn project(name: &str, default_cloud: &str) -> Value {
    json!({
        "project_name": name,
        "default_cloud": default_cloud,
        "account_id": "a000000000000",
        "account_name": "Invented Ltd",
        "billing_currency": "USD",
        "vat_id": "",
        "country_code": "",
        "billing_address": "",
        "billing_extra_text": null,
        "card_info": null,
        "tags": {},
    })
}

/// The list of projects.
pub(in crate::simulator) fn projects(name: &str, default_cloud: &str) -> Value {
    json!({
        "projects": [project(name, default_cloud)],
        "project_membership": { name: "admin" },
        "project_memberships": { name: ["admin"] },
    })
}

/// Every region.
pub(in crate::simulator) fn clouds() -> Value {
    json!({ "clouds": regions::ALL.iter().map(cloud).collect::<Vec<_>>() })
}

fn cloud(region: &Region) -> Value {
    let (north, east) = region.place;
    json!({
        "cloud_name": region.cloud,
        "cloud_description": region.description,
        "geo_region": region.geo,
        "geo_latitude": north,
        "geo_longitude": east,
        "provider": regions::provider_of(region.cloud),
        "provider_description": region.provider,
    })
}

/// One kind of service with the settings it knows.
pub(in crate::simulator) fn service_type(kind: Kind) -> Value {
    json!({
        "description": description(kind),
        "user_config_schema": { "type": "object", "title": "Service settings", "properties": settings(kind) },
    })
}

fn settings(kind: Kind) -> Map<String, Value> {
    let text = |longest: u32| json!({ "type": ["string", "null"], "maxLength": longest });
    let mut settings = Map::new();
    let mut add = |key: &str, schema: Value| settings.insert(key.to_owned(), schema);
    add("ip_filter", json!({ "type": "array", "items": { "type": ["string", "object"] } }));
    add(&format!("{}_version", kind.word()), json!({ "type": ["string", "null"] }));
    add("service_log", json!({ "type": ["boolean", "null"] }));
    if kind.can_be_copied() {
        let regions = json!({ "type": "string", "maxLength": 256, "pattern": "^[a-z0-9-]+$" });
        add("additional_backup_regions", json!({ "type": "array", "maxItems": 1, "items": regions }));
    }
    match kind.fork_by() {
        ForkBy::Time => add("recovery_target_time", text(32)),
        ForkBy::Name => add("recovery_basebackup_name", text(128)),
        ForkBy::Never => None,
    };
    if kind.fork_by() != ForkBy::Never {
        add("service_to_fork_from", text(64));
        add("project_to_fork_from", text(63));
    }
    if kind.has_backup_hour() {
        add("backup_hour", json!({ "type": ["integer", "null"], "minimum": 0, "maximum": 23 }));
        add("backup_minute", json!({ "type": ["integer", "null"], "minimum": 0, "maximum": 59 }));
    }
    if kind.is_in_memory() {
        add(&format!("{}_persistence", kind.word()), json!({ "type": "string", "enum": ["off", "rdb"] }));
    }
    settings
}

/// Every kind with its plans.
pub(in crate::simulator) fn service_types() -> Value {
    let types = Kind::ALL.map(|kind| {
        let mut kind_of = service_type(kind);
        if let Some(fields) = kind_of.as_object_mut() {
            fields.insert("service_plans".to_owned(), plan_list(kind));
        }
        (kind.word().to_owned(), kind_of)
    });
    json!({ "service_types": Map::from_iter(types) })
}

/// The versions on offer.
const VERSIONS: [(Kind, &str); 13] = [
    (Kind::Pg, "14"),
    (Kind::Pg, "15"),
    (Kind::Pg, "16"),
    (Kind::Pg, "17"),
    (Kind::Pg, "18"),
    (Kind::Mysql, "8"),
    (Kind::Opensearch, "2"),
    (Kind::Opensearch, "3"),
    (Kind::Valkey, "8"),
    (Kind::Clickhouse, "25.3"),
    (Kind::Grafana, "12"),
    (Kind::Flink, "1.20"),
    (Kind::Kafka, "3.9"),
];

/// The versions of every kind.
pub(in crate::simulator) fn service_versions() -> Value {
    let version = |(kind, version): &(Kind, &str)| {
        json!({
            "service_type": kind.word(),
            "major_version": version,
            "state": "available",
            "availability_start_time": null,
            "availability_end_time": null,
            "aiven_end_of_life_time": null,
            "upstream_end_of_life_time": null,
            "termination_time": null,
            "end_of_life_help_article_url": null,
            "upgrade_to_service_type": null,
            "upgrade_to_version": null,
        })
    };
    json!({ "service_versions": VERSIONS.iter().map(version).collect::<Vec<_>>() })
}

/// The plans of a kind.
pub(in crate::simulator) fn plans(kind: Kind) -> Value {
    json!({ "service_plans": plan_list(kind) })
}

fn plan_list(kind: Kind) -> Value {
    plans::ALL.iter().map(|plan| plan_entry(kind, plan)).collect()
}

fn plan_entry(kind: Kind, plan: &Plan) -> Value {
    let here = json!({
        "price_usd": plan.price,
        "node_cpu_count": plan.cpus,
        "node_memory_mb": plan.memory_gb * 1024,
        "disk_space_mb": plan.disk_gib * 1024,
        "disk_space_cap_mb": plan.disk_gib * 3 * 1024,
    });
    let offered = regions::ALL.iter().filter(|region| plan.is_in(region.cloud));
    let regions: Map<String, Value> = offered.map(|region| (region.cloud.to_owned(), here.clone())).collect();
    json!({
        "service_type": kind.word(),
        "service_plan": plan.name,
        "node_count": plan.nodes,
        "backup_config": policy::backup_config(kind, plan),
        "regions": regions,
    })
}

/// One plan of a kind.
pub(in crate::simulator) fn plan(kind: Kind, plan: &Plan) -> Value {
    json!({
        "service_type": kind.word(),
        "service_plan": plan.name,
        "node_count": plan.nodes,
        "disk_space_mb": plan.disk_gib * u64::from(plan.nodes) * 1024,
        "disk_space_cap_mb": plan.disk_gib * u64::from(plan.nodes) * 3 * 1024,
        "disk_space_step_mb": 10_240,
        "backup_config": policy::backup_config(kind, plan),
    })
}

/// What a plan costs in a region.
pub(in crate::simulator) fn price(kind: Kind, plan: &Plan, cloud: &str) -> Value {
    json!({
        "service_type": kind.word(),
        "service_plan": plan.name,
        "cloud_name": cloud,
        "base_price_usd": plan.price,
        "extra_disk_price_per_gb_usd": "0.000275",
    })
}

/// The project's private networks.
pub(in crate::simulator) fn vpcs(world: &World) -> Value {
    let vpc = |vpc: &Vpc| {
        json!({
            "project_vpc_id": vpc.id,
            "cloud_name": vpc.region,
            "network_cidr": vpc.cidr,
            "state": "ACTIVE",
            "create_time": second(vpc.created),
            "update_time": second(vpc.created),
            "pending_build_only_peering_connections": null,
        })
    };
    json!({ "vpcs": world.vpcs().iter().map(vpc).collect::<Vec<_>>() })
}

/// The newest entries of the audit log, newest first.
pub(in crate::simulator) fn events(world: &World, limit: usize) -> Value {
    let events: Vec<Value> = world
        .audits()
        .iter()
        .rev()
        .take(limit)
        .map(|audit| {
            json!({
                "id": format!("ev{:012}", audit.number),
                "time": second(audit.at),
                "actor": "operator@example.com",
                "event_type": audit.kind,
                "event_desc": audit.text,
                "service_name": audit.service,
            })
        })
        .collect();
    json!({ "events": events })
}
