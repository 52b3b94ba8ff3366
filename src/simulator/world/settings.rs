//! What a request's settings mean: where copies go, and which point of which backup is restored.

use chrono::{NaiveDateTime, Timelike, Utc};
use serde_json::{Map, Value};

use super::Instance;
use super::change::Refused;
use super::schedule::{Backup, Range, Secondary};
use crate::domain::Timestamp;
use crate::simulator::scenario::Kind;
use crate::simulator::wire::{instant, regions};

/// The setting that names the region of the copies.
pub(super) const ADDITIONAL: &str = "additional_backup_regions";

/// The region that copies of what lies in `region` are to go to.
pub(super) fn secondary(
    kind: Kind,
    settings: &Map<String, Value>,
    region: &str,
    now: Timestamp,
) -> Result<Option<Secondary>, Refused> {
    let wrong = |what: &str| Refused::new(400, format!("Invalid '{ADDITIONAL}': {what}"));
    if settings.contains_key(ADDITIONAL) && !kind.can_be_copied() {
        return Err(Refused::unknown_setting(ADDITIONAL));
    }
    let clouds = match settings.get(ADDITIONAL) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Array(clouds)) => clouds.as_slice(),
        Some(_) => return Err(wrong("not a list")),
    };
    match clouds {
        [] => Ok(None),
        [Value::String(cloud)] if regions::find(cloud).is_none() => Err(wrong("unknown cloud")),
        [Value::String(cloud)] if cloud == region || !regions::same_provider(cloud, region) => {
            Err(wrong("another region of the same cloud provider is needed"))
        }
        [Value::String(cloud)] => Ok(Some(Secondary { cloud: cloud.clone(), since: now })),
        _ => Err(wrong("at most one region, by name")),
    }
}

/// The hour and minute at which backups are to begin; `None` = as it is. What is not said of the two stays.
pub(super) fn time_of_day(
    of: &Instance,
    settings: &Map<String, Value>,
) -> Result<Option<(u32, u32)>, Refused> {
    let given = |key: &str, most: u32| match settings.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(_) if !of.kind.has_backup_hour() => Err(Refused::unknown_setting(key)),
        Some(value) => {
            let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
            let number = number.filter(|number| *number <= most);
            let wrong =
                || Refused::new(400, format!("Invalid '{key}': an integer from 0 to {most} is needed"));
            number.map(Some).ok_or_else(wrong)
        }
    };
    let now = of.schedule.time_of_day();
    Ok(match (given("backup_hour", 23)?, given("backup_minute", 59)?) {
        (None, None) => None,
        (hour, minute) => Some((hour.unwrap_or(now.hour()), minute.unwrap_or(now.minute()))),
    })
}

pub(super) fn text<'a>(settings: &'a Map<String, Value>, key: &str) -> Result<Option<&'a str>, Refused> {
    match settings.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Refused::new(400, format!("Invalid '{key}': not a string"))),
    }
}

pub(super) fn target_time(settings: &Map<String, Value>) -> Result<Option<Timestamp>, Refused> {
    let Some(text) = text(settings, "recovery_target_time")? else { return Ok(None) };
    let wrong = |what: &str| Refused::new(400, format!("Invalid 'recovery_target_time': '{text}' {what}"));
    if text.len() > 32 {
        return Err(wrong("is too long"));
    }
    let with_offset = chrono::DateTime::parse_from_rfc3339(text).map(|at| at.with_timezone(&Utc));
    let without = || NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").map(|at| at.and_utc());
    with_offset.or_else(|_| without()).map(Some).map_err(|_| wrong("is not a valid time"))
}

/// The newest backup before the target. Without a target it is the newest backup itself, which is how
/// such a fork comes up with data that is hours old (fact sheet, 6.3).
pub(super) fn by_time<'a>(
    backups: &'a [Backup],
    range: Range,
    target: Option<Timestamp>,
    region: &str,
) -> Result<(&'a Backup, Timestamp), Refused> {
    let newest = backups.last().filter(|_| target.is_none());
    if let Some(newest) = newest {
        return Ok((newest, newest.at));
    }
    let target = target.unwrap_or(range.to);
    let outside = || {
        let (from, to) = (instant(range.from), instant(range.to));
        let message = format!(
            "Invalid 'recovery_target_time': {} is not in the range {from} to {to} of '{region}'",
            instant(target)
        );
        Refused::new(400, message)
    };
    if target > range.to {
        return Err(outside());
    }
    backups.iter().rev().find(|backup| backup.at <= target).map(|backup| (backup, target)).ok_or_else(outside)
}

pub(super) fn by_name<'a>(
    backups: &'a [Backup],
    name: Option<&str>,
    region: &str,
) -> Result<(&'a Backup, Timestamp), Refused> {
    let found = match name {
        None => backups.last(),
        Some(name) => backups.iter().find(|backup| backup.name == name),
    };
    let missing =
        || Refused::new(400, format!("Backup '{}' does not exist in '{region}'", name.unwrap_or("(newest)")));
    found.map(|backup| (backup, backup.at)).ok_or_else(missing)
}
