//! How often the provider backs up a service and how long it keeps that, by type and plan (fact sheet,
//! section 13).

use std::time::Duration;

use serde_json::{Value, json};

use super::plans::{Family, Plan};
use crate::simulator::scenario::{Kind, days, hours};

/// Between two backups, full or not.
pub(in crate::simulator) const fn interval(kind: Kind) -> Duration {
    match kind {
        Kind::Valkey | Kind::Redis | Kind::Dragonfly => hours(12),
        Kind::Opensearch | Kind::Grafana | Kind::Flink => hours(1),
        _ => hours(24),
    }
}

/// How long a backup is kept.
pub(in crate::simulator) fn retention(kind: Kind, plan: &Plan) -> Duration {
    let by_family = |startup, business, premium| match plan.family() {
        Family::Hobbyist => interval(kind),
        Family::Startup => startup,
        Family::Business => business,
        Family::Premium => premium,
    };
    match kind {
        Kind::Pg | Kind::Mysql | Kind::Clickhouse => by_family(days(2), days(14), days(30)),
        Kind::Opensearch => by_family(days(3), days(14), days(30)),
        Kind::Valkey | Kind::Redis | Kind::Dragonfly => by_family(days(1), days(3), days(13)),
        Kind::M3db => by_family(days(1), days(6), days(13)),
        Kind::Flink => hours(2),
        _ => days(1),
    }
}

/// Of so many hours back every snapshot is kept, of the time before one a day.
pub(in crate::simulator) const ALL_KEPT: Duration = hours(24);

/// Whether older snapshots are thinned out to one a day.
pub(in crate::simulator) const fn is_thinned(kind: Kind) -> bool {
    matches!(kind, Kind::Opensearch)
}

/// The same as a plan's `backup_config` says it.
pub(in crate::simulator) fn backup_config(kind: Kind, plan: &Plan) -> Value {
    let (every, kept) = (interval(kind).as_secs(), retention(kind, plan).as_secs());
    if !kind.has_backups() {
        return json!({ "interval": every / 3600, "max_count": 0, "recovery_mode": "basic" });
    }
    if is_thinned(kind) {
        let all = ALL_KEPT.as_secs().min(kept);
        return json!({
            "interval": every / 3600,
            "max_count": all / every + (kept - all).div_ceil(86_400),
            "recovery_mode": "basic",
            "frequent_interval_minutes": every / 60,
            "frequent_oldest_age_minutes": all / 60,
            "infrequent_interval_minutes": 1440,
            "infrequent_oldest_age_minutes": kept / 60,
        });
    }
    // The one that a restore to the oldest instant begins with is kept in addition.
    let count = kept / every + u64::from(kind.has_log() && plan.family() != Family::Hobbyist);
    let mode = if kind.has_log() { "pitr" } else { "basic" };
    json!({ "interval": every / 3600, "max_count": count, "recovery_mode": mode })
}
