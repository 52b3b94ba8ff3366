//! Backups and restore windows: `GET /project/{p}/service/{s}/backups`, and the `backups` of a service.

use serde::Deserialize;

use super::scalar::{maybe_instant, maybe_size, maybe_text};
use crate::domain::Timestamp;

/// The answer of `/backups`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Backups {
    /// The backups, in no promised order.
    #[serde(default)]
    pub(crate) backups: Option<Vec<Backup>>,
    /// Restore windows; absent for a type without point-in-time recovery.
    #[serde(default)]
    pub(crate) pitr: Option<Pitr>,
    /// When the next backups are made.
    #[serde(default)]
    pub(crate) scheduled_backup_time: Option<Schedule>,
}

impl Backups {
    /// Hours between two backups, where the provider says.
    pub(crate) fn interval_hours(&self) -> Option<u64> {
        self.scheduled_backup_time.as_ref().and_then(|schedule| schedule.backup_interval_hours)
    }
}

/// One backup. There is no word on whether it can be restored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Backup {
    /// The name; never parsed, it has a form of its own for each type.
    #[serde(default, deserialize_with = "maybe_text")]
    pub(crate) backup_name: Option<String>,
    /// When it was made; whether its start or its end is not documented.
    #[serde(default, deserialize_with = "maybe_instant")]
    pub(crate) backup_time: Option<Timestamp>,
    /// Size before compression, bytes.
    #[serde(default, deserialize_with = "maybe_size")]
    pub(crate) data_size: Option<u64>,
    /// The cloud the primary copy lies in; not always the one the service runs in.
    #[serde(default, deserialize_with = "maybe_text")]
    pub(crate) storage_location: Option<String>,
    /// Copies in other regions.
    #[serde(default)]
    pub(crate) additional_regions: Option<Vec<AdditionalRegion>>,
    /// MySQL: made on top of the one before.
    #[serde(default)]
    pub(crate) incremental: Option<bool>,
}

impl Backup {
    /// Its entry for a region, if it has one; absent, null and empty lists are alike.
    pub(crate) fn copy_in(&self, cloud: &str) -> Option<&AdditionalRegion> {
        self.copies().find(|copy| copy.cloud.as_deref() == Some(cloud))
    }

    /// Its copies in other regions.
    pub(crate) fn copies(&self) -> impl Iterator<Item = &AdditionalRegion> {
        self.additional_regions.iter().flatten()
    }
}

/// A copy of one backup in another region.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct AdditionalRegion {
    /// The cloud it lies in.
    #[serde(default, deserialize_with = "maybe_text")]
    pub(crate) cloud: Option<String>,
    /// Whether copying to that region is paused.
    #[serde(default)]
    pub(crate) paused: Option<bool>,
    /// Why.
    #[serde(default, deserialize_with = "maybe_text")]
    pub(crate) pause_reason: Option<String>,
}

impl AdditionalRegion {
    /// Whether copying to that region is paused.
    pub(crate) fn is_paused(&self) -> bool {
        self.paused == Some(true)
    }
}

/// Restore windows by region.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Pitr {
    /// Where backups are first written; its null end means *now*.
    #[serde(default)]
    pub(crate) primary_region: Option<PitrRange>,
    /// The other regions; empty when nothing is copied, or when log is not.
    #[serde(default)]
    pub(crate) additional_regions: Option<Vec<PitrRange>>,
}

/// One restore window.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct PitrRange {
    /// The cloud; absent for the primary region.
    #[serde(default, deserialize_with = "maybe_text")]
    pub(crate) cloud: Option<String>,
    /// The earliest instant that can be restored; null = no usable backup yet.
    #[serde(default, deserialize_with = "maybe_instant")]
    pub(crate) pitr_range_start: Option<Timestamp>,
    /// The latest instant that can be restored.
    #[serde(default, deserialize_with = "maybe_instant")]
    pub(crate) pitr_range_end: Option<Timestamp>,
}

/// When backups are made, UTC.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Schedule {
    #[serde(default, deserialize_with = "maybe_size")]
    pub(crate) backup_hour: Option<u64>,
    #[serde(default, deserialize_with = "maybe_size")]
    pub(crate) backup_minute: Option<u64>,
    #[serde(default, deserialize_with = "maybe_size")]
    pub(crate) backup_interval_hours: Option<u64>,
}
