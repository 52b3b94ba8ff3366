//! Backups, restore ranges of each region, and the report of how far copies trail.

use std::collections::BTreeSet;

use chrono::{Datelike, TimeDelta, Timelike};
use serde::Serialize;
use serde_json::{Value, json};

use super::{instant, regions};
use crate::domain::Timestamp;
use crate::simulator::scenario::Kind;
use crate::simulator::world::{Backup, Instance, World};

/// One backup. A shape of its own, and no JSON value: a large project has tens of thousands of them.
#[derive(Debug, Serialize)]
pub(in crate::simulator) struct Shown<'a> {
    backup_name: String,
    backup_time: String,
    data_size: u64,
    storage_location: &'a str,
    additional_regions: Vec<Copied<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    incremental: Option<bool>,
}

/// Where else it lies, or will.
#[derive(Debug, Serialize)]
struct Copied<'a> {
    cloud: &'a str,
    region: &'a str,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    paused: Option<Paused<'a>>,
}

#[derive(Debug, Serialize)]
struct Paused<'a> {
    paused: bool,
    pause_reason: Option<&'a str>,
}

/// The list of backups of a service.
pub(in crate::simulator) fn list<'a>(world: &'a World, of: &'a Instance, now: Timestamp) -> Vec<Shown<'a>> {
    let pause = world.script().pause(&of.name, now);
    let backups = world.backups(of, now);
    let newest = backups.last().map(|backup| backup.at);
    // While copying is paused, that stands at every backup of which something is still to be copied:
    // its own data, or the log after the newest one. What has arrived whole stays.
    let is_open = |backup: &Backup| of.kind.has_log() && newest == Some(backup.at);
    let pause_of = |backup: &Backup| pause.filter(|_| !backup.copied || is_open(backup));
    let left = world.copies_left(of);
    backups
        .into_iter()
        .map(|backup| {
            let pause = pause_of(&backup);
            one(backup, of, pause, &left)
        })
        .collect()
}

fn one<'a>(
    backup: Backup,
    of: &'a Instance,
    pause: Option<&'a str>,
    left: &[(&'a str, BTreeSet<String>)],
) -> Shown<'a> {
    let copy = of.secondary.as_ref().filter(|_| backup.copied || pause.is_some()).map(|secondary| {
        let paused = |reason: &'a str| Paused {
            paused: true,
            pause_reason: Some(reason).filter(|reason| !reason.is_empty()),
        };
        Copied {
            cloud: &secondary.cloud,
            region: regions::storage_name(&secondary.cloud),
            paused: pause.map(paused),
        }
    });
    let mut copies: Vec<Copied<'a>> = copy.into_iter().collect();
    for (cloud, names) in left {
        if names.contains(&backup.name) && copies.iter().all(|copy| copy.cloud != *cloud) {
            copies.push(Copied { cloud, region: regions::storage_name(cloud), paused: None });
        }
    }
    Shown {
        backup_name: backup.name,
        backup_time: instant(backup.at),
        data_size: backup.size,
        storage_location: &of.storage,
        additional_regions: copies,
        incremental: (of.kind == Kind::Mysql).then_some(backup.incremental),
    }
}

/// Backups, ranges and schedule.
#[derive(Debug, Serialize)]
pub(in crate::simulator) struct Page<'a> {
    backups: Vec<Shown<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pitr: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scheduled_backup_time: Option<Value>,
}

/// The page of a service.
pub(in crate::simulator) fn page<'a>(world: &'a World, of: &'a Instance, now: Timestamp) -> Page<'a> {
    let is_scheduled = of.kind.has_backups() && of.schedule.first.is_some();
    Page {
        backups: list(world, of, now),
        pitr: of.kind.has_log().then(|| ranges(world, of, now)),
        scheduled_backup_time: is_scheduled.then(|| schedule(of)),
    }
}

/// What can be restored to any instant, by region. An end of null in the own region means now.
fn ranges(world: &World, of: &Instance, now: Timestamp) -> Value {
    let own = world.primary_range(of, now);
    let there: Vec<Value> = of
        .secondary
        .as_ref()
        .zip(world.secondary_range(of, now))
        .map(|(secondary, range)| {
            json!({
                "cloud": secondary.cloud,
                "region": regions::storage_name(&secondary.cloud),
                "pitr_range_start": instant(range.from),
                "pitr_range_end": instant(range.to),
            })
        })
        .into_iter()
        .collect();
    json!({
        "primary_region": {
            "pitr_range_start": own.map(|range| instant(range.from)),
            "pitr_range_end": own.filter(|range| range.to < now).map(|range| instant(range.to)),
        },
        "additional_regions": there,
    })
}

fn schedule(of: &Instance) -> Value {
    let hours = of.schedule.every.as_secs() / 3600;
    let mut schedule = json!({ "backup_interval_hours": hours.max(1) });
    if let (true, Some(schedule)) = (of.kind.has_backup_hour(), schedule.as_object_mut()) {
        let time = of.schedule.time_of_day();
        schedule.insert("backup_hour".to_owned(), json!(time.hour()));
        schedule.insert("backup_minute".to_owned(), json!(time.minute()));
    }
    schedule
}

/// A time that the report of the lag covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::simulator) struct Period {
    step: TimeDelta,
    rows: i32,
}

impl Period {
    /// The period of this word, and how finely it is told.
    pub(in crate::simulator) fn of(word: &str) -> Option<Self> {
        let (step, rows) = match word {
            "hour" => (TimeDelta::seconds(30), 120),
            "day" => (TimeDelta::minutes(5), 288),
            "week" => (TimeDelta::minutes(30), 336),
            "month" => (TimeDelta::hours(3), 240),
            "year" => (TimeDelta::days(1), 365),
            _ => return None,
        };
        Some(Self { step, rows })
    }
}

/// How far the other region trailed over a period, in seconds, in the shape of a chart's data: the first
/// row repeats the columns. Nothing is known of the time before copies were switched on.
pub(in crate::simulator) fn report(world: &World, of: &Instance, period: Period, now: Timestamp) -> Value {
    let Some(secondary) = &of.secondary else { return json!({ "metrics": {} }) };
    let columns =
        json!([{ "label": "time", "type": "date" }, { "label": secondary.cloud, "type": "number" }]);
    let mut rows = vec![columns.clone()];
    for row in (0..=period.rows).rev() {
        let at = now - period.step * row;
        let arrived = if of.kind.has_log() {
            world.secondary_range(of, at).map(|range| range.to)
        } else {
            world.horizon(of, at).filter(|horizon| *horizon >= secondary.since)
        };
        rows.push(json!([chart_time(at), arrived.map(|arrived| (at - arrived).num_seconds())]));
    }
    json!({ "metrics": { "replication_lag": {
        "data": { "cols": columns, "rows": rows },
        "hints": { "title": "Replication lag" },
    } } })
}

/// Months count from 0 in this notation.
fn chart_time(at: Timestamp) -> String {
    format!("Date({},{},{},{},{},{})", at.year(), at.month0(), at.day(), at.hour(), at.minute(), at.second())
}
