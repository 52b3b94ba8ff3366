//! States of a service and of its nodes, and how far a restore is.

use serde_json::{Value, json};

use super::{plans, regions};
use crate::domain::Timestamp;
use crate::simulator::scenario::Kind;
use crate::simulator::world::{Instance, Restored, Stage, World, share_of};

/// Bytes of log that a second of work leaves behind, for the counters of a replay.
const LOG_RATE: i64 = 2 << 20;
/// Seconds of work in one file of MySQL's log.
const BINLOG_SECONDS: i64 = 300;

/// The provider's word for the state of a service.
pub(super) fn state(world: &World, of: &Instance, now: Timestamp) -> &'static str {
    if !of.is_on() {
        "POWEROFF"
    } else if world.serves(of, now) {
        "RUNNING"
    } else {
        "REBUILDING"
    }
}

/// Every node there is.
pub(super) fn list(world: &World, of: &Instance, now: Timestamp) -> Vec<Value> {
    if !of.is_on() {
        return Vec::new();
    }
    let stage = of.stage(now);
    let planned = plans::find(&of.plan).map_or(1, |plan| plan.nodes);
    let nodes = match stage {
        Stage::Accepted => 0,
        // The others come with the first backup.
        _ if of.build.is_some() && world.backups(of, now).is_empty() => 1,
        _ => planned,
    };
    let node_state = match stage {
        _ if world.script().is_down(&of.region, now) => "unknown",
        Stage::Accepted | Stage::SettingUp => "setting_up_vm",
        Stage::Preparing
        | Stage::BaseBackup(_)
        | Stage::Merging(_)
        | Stage::Replaying(_)
        | Stage::Finishing => "syncing_data",
        Stage::Running => "running",
    };
    let updates = of.build.as_ref().and_then(|build| build.restored.as_ref());
    let updates = updates.map(|restored| progress(restored, of.kind, stage)).unwrap_or_default();
    (1..=nodes).map(|number| node(of, number, node_state, &updates)).collect()
}

fn node(of: &Instance, number: u32, state: &str, updates: &[Value]) -> Value {
    let zone = char::from(b'a' + u8::try_from((number - 1) % 3).unwrap_or_default());
    let mut node = json!({
        "name": format!("{}-{number}", of.name),
        "state": state,
        "availability_zone": format!("{}{zone}", regions::storage_name(&of.region)),
        "progress_updates": updates,
    });
    if let (true, Some(node)) = (of.kind.has_log(), node.as_object_mut()) {
        node.insert("role".to_owned(), json!(if number == 1 { "master" } else { "standby" }));
    }
    node
}

/// Phases of a restore; those to come are listed with null counters. Snapshot engines report none.
fn progress(restored: &Restored, kind: Kind, stage: Stage) -> Vec<Value> {
    let reached = match stage {
        Stage::BaseBackup(_) => "basebackup",
        Stage::Merging(_) => "basebackup_prepare",
        Stage::Replaying(_) => "stream",
        Stage::Finishing => "finalize",
        Stage::Accepted | Stage::SettingUp | Stage::Preparing | Stage::Running => return Vec::new(),
    };
    if !kind.has_log() {
        return Vec::new();
    }
    let mut phases = vec!["prepare", "basebackup", "stream", "finalize"];
    if restored.chain.len() > 1 {
        phases.insert(2, "basebackup_prepare");
    }
    let reached = phases.iter().position(|phase| *phase == reached).unwrap_or_default();
    let phase = |(number, phase): (usize, &&str)| {
        let stage = (number == reached).then_some(stage);
        one(restored, kind, phase, stage, number < reached)
    };
    phases.iter().enumerate().map(phase).collect()
}

/// One phase, at the stage it has reached if it is the present one.
fn one(restored: &Restored, kind: Kind, phase: &str, stage: Option<Stage>, completed: bool) -> Value {
    let (unit, counters) = match phase {
        "basebackup" => (Some(unit_of_backup(kind)), backup_counters(restored, stage, completed)),
        "basebackup_prepare" => (Some("prepare_percent"), percent(stage, completed)),
        "stream" => (Some(unit_of_log(kind)), log_counters(restored, kind, stage, completed)),
        _ => (None, None),
    };
    let mut update = json!({
        "phase": phase,
        "completed": completed,
        "current": counters.map(|[current, _, _]| current),
        "min": counters.map(|[_, min, _]| min),
        "max": counters.map(|[_, _, max]| max),
        "unit": unit,
    });
    if let (Some(Stage::BaseBackup(share)), true, Some(update)) =
        (stage, restored.chain.len() > 1, update.as_object_mut())
        && let Some((place, backup, _)) = restored.link(share)
    {
        let position = json!({
            "backup_name": backup.name,
            "backup_incremental": backup.incremental,
            "chain_index": place + 1,
            "chain_total": restored.chain.len(),
        });
        update.insert("position".to_owned(), position);
    }
    update
}

fn percent(stage: Option<Stage>, completed: bool) -> Option<[i64; 3]> {
    match stage {
        Some(Stage::Merging(share)) => Some([i64::try_from(share_of(100, share)).ok()?, 0, 100]),
        _ => completed.then_some([100, 0, 100]),
    }
}

const fn unit_of_backup(kind: Kind) -> &'static str {
    if matches!(kind, Kind::Mysql) { "bytes_compressed" } else { "bytes_uncompressed" }
}

const fn unit_of_log(kind: Kind) -> &'static str {
    if matches!(kind, Kind::Mysql) { "binlogs" } else { "wal_lsn" }
}

/// Current, lowest and highest of the backup being restored; the highest grows once the provider learns
/// of its last part.
fn backup_counters(restored: &Restored, stage: Option<Stage>, completed: bool) -> Option<[i64; 3]> {
    let [done, all] = match stage {
        Some(Stage::BaseBackup(share)) => {
            let (_, backup, done) = restored.link(share)?;
            [done, Restored::shown_total(backup.size, share)]
        }
        _ if completed => [restored.chain.last()?.size; 2],
        _ => return None,
    };
    // Of nothing there is no share: a client divides by the distance.
    Some([i64::try_from(done).ok()?, 0, i64::try_from(all).ok().filter(|all| *all > 0)?])
}

fn log_counters(restored: &Restored, kind: Kind, stage: Option<Stage>, completed: bool) -> Option<[i64; 3]> {
    let seconds = (restored.point - restored.backup_at).num_seconds().max(1);
    let all = if kind == Kind::Mysql { seconds / BINLOG_SECONDS + 1 } else { seconds * LOG_RATE };
    let done = match stage {
        Some(Stage::Replaying(share)) => i64::try_from(share_of(u64::try_from(all).ok()?, share)).ok()?,
        _ if completed => all,
        _ => return None,
    };
    // A log position counts from the beginning of the history, a number of files from the backup.
    let min =
        if kind == Kind::Mysql { 0 } else { restored.backup_at.timestamp().max(0) % 1_000_000 * LOG_RATE };
    Some([min + done, min, min + all])
}
