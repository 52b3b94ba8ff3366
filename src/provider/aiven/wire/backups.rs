//! Backups and restore windows: `GET /project/{p}/service/{s}/backups`, and the `backups` of a service.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};

use super::scalar::{maybe_instant, maybe_size, maybe_text, maybe_words};
use crate::domain::Timestamp;

/// The answer of `/backups`. There are tens of thousands of them in a poll: their texts stay in the answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Backups<'a> {
    /// The backups, in no promised order.
    #[serde(default, borrow)]
    pub(crate) backups: Option<Vec<Backup<'a>>>,
    /// Restore windows; absent for a type without point-in-time recovery.
    #[serde(default)]
    pub(crate) pitr: Option<Pitr>,
    /// When the next backups are made.
    #[serde(default)]
    pub(crate) scheduled_backup_time: Option<Schedule>,
}

impl Backups<'_> {
    /// The same, whatever becomes of the answer.
    pub(crate) fn into_owned(mut self) -> Backups<'static> {
        let backups = self.backups.take().map(owned);
        Backups { backups, ..self.without_backups() }
    }

    /// All but the backups themselves.
    pub(crate) fn without_backups(self) -> Backups<'static> {
        let Self { backups: _, pitr, scheduled_backup_time } = self;
        Backups { backups: None, pitr, scheduled_backup_time }
    }

    /// Hours between two backups, where the provider says.
    pub(crate) fn interval_hours(&self) -> Option<u64> {
        self.scheduled_backup_time.as_ref().and_then(|schedule| schedule.backup_interval_hours)
    }
}

/// One backup. There is no word on whether it can be restored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Backup<'a> {
    /// The name; never parsed, it has a form of its own for each type.
    #[serde(default, borrow, deserialize_with = "maybe_words")]
    pub(crate) backup_name: Option<Cow<'a, str>>,
    /// When it was made; whether its start or its end is not documented.
    #[serde(default, deserialize_with = "maybe_instant")]
    pub(crate) backup_time: Option<Timestamp>,
    /// Size before compression, bytes.
    #[serde(default, deserialize_with = "maybe_size")]
    pub(crate) data_size: Option<u64>,
    /// The cloud the primary copy lies in; not always the one the service runs in.
    #[serde(default, borrow, deserialize_with = "maybe_words")]
    pub(crate) storage_location: Option<Cow<'a, str>>,
    /// Copies in other regions.
    #[serde(default, borrow)]
    pub(crate) additional_regions: Option<Vec<AdditionalRegion<'a>>>,
    /// MySQL: made on top of the one before.
    #[serde(default)]
    pub(crate) incremental: Option<bool>,
}

impl<'a> Backup<'a> {
    /// Its entry for a region, if it has one; absent, null and empty lists are alike.
    pub(crate) fn copy_in(&self, cloud: &str) -> Option<&AdditionalRegion<'a>> {
        self.copies().find(|copy| copy.cloud.as_deref() == Some(cloud))
    }

    /// Its copies in other regions.
    pub(crate) fn copies(&self) -> impl Iterator<Item = &AdditionalRegion<'a>> {
        self.additional_regions.iter().flatten()
    }
}

/// A copy of one backup in another region.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct AdditionalRegion<'a> {
    /// The cloud it lies in.
    #[serde(default, borrow, deserialize_with = "maybe_words")]
    pub(crate) cloud: Option<Cow<'a, str>>,
    /// Whether copying to that region is paused.
    #[serde(default)]
    pub(crate) paused: Option<bool>,
    /// Why.
    #[serde(default, borrow, deserialize_with = "maybe_words")]
    pub(crate) pause_reason: Option<Cow<'a, str>>,
}

impl AdditionalRegion<'_> {
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

/// Backups with texts of their own.
fn owned(backups: Vec<Backup<'_>>) -> Vec<Backup<'static>> {
    let text = |text: Option<Cow<'_, str>>| text.map(|text| Cow::Owned(text.into_owned()));
    let region = |region: AdditionalRegion<'_>| AdditionalRegion {
        cloud: text(region.cloud),
        paused: region.paused,
        pause_reason: text(region.pause_reason),
    };
    let backup = |backup: Backup<'_>| Backup {
        backup_name: text(backup.backup_name),
        backup_time: backup.backup_time,
        data_size: backup.data_size,
        storage_location: text(backup.storage_location),
        additional_regions: backup.additional_regions.map(|all| all.into_iter().map(region).collect()),
        incremental: backup.incremental,
    };
    backups.into_iter().map(backup).collect()
}

/// The backups that a service shows itself: kept by whoever has nothing better, else only looked at.
pub(crate) trait Shown: Default {
    /// For `deserialize_with`: a list of backups, or null.
    fn shown<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error>;
}

/// Backups with texts of their own.
pub(crate) type Kept = Option<Vec<Backup<'static>>>;

/// Backups of which nothing is kept: not even one that makes no sense gets through.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LookedAt;

impl Shown for Kept {
    fn shown<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Option::<Vec<Backup<'de>>>::deserialize(from)?.map(owned))
    }
}

impl Shown for LookedAt {
    fn shown<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_option(Self)
    }
}

impl<'de> Visitor<'de> for LookedAt {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }

    fn visit_none<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Self, D::Error> {
        from.deserialize_seq(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut backups: A) -> Result<Self, A::Error> {
        while backups.next_element::<Backup<'de>>()?.is_some() {}
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Service, decode, entries, services};
    use super::*;
    use crate::provider::aiven::testkit::fixture;

    #[test]
    fn texts_stay_in_the_answer_unless_they_are_to_outlive_it() {
        let plain = fixture!("backups-pg-btar.json");
        let escaped = plain.replace("google-europe-west3", "google\\u002deurope-west3");
        for (body, stays) in [(plain, true), (escaped.as_str(), false)] {
            let read: Backups<'_> = decode(body.as_bytes()).unwrap();
            let copies = read.backups.iter().flatten().flat_map(Backup::copies);
            let clouds: Vec<&Cow<'_, str>> = copies.filter_map(|copy| copy.cloud.as_ref()).collect();
            assert!(!clouds.is_empty() && clouds.iter().all(|cloud| *cloud == "google-europe-west3"));
            assert!(clouds.iter().all(|cloud| matches!(cloud, Cow::Borrowed(_)) == stays), "{body:.200}");
            assert_eq!(read.clone().into_owned(), read);
            let rest = read.clone().without_backups();
            assert_eq!(Backups { backups: read.backups.clone(), ..rest }, read);
        }
    }

    #[test]
    fn backups_of_the_list_are_told_when_they_are_asked_for() {
        let list = fixture!("service-list.json").as_bytes();
        let mut told = 0;
        for (entry, kept) in entries(list).unwrap().iter().zip(services(list).unwrap()) {
            let (passed_by, kept) = (entry.decode().service.unwrap(), kept.service.unwrap());
            assert_eq!((&passed_by.backups, entry.backups()), (&None, kept.backups.clone()));
            assert_eq!(Service { backups: kept.backups.clone(), ..passed_by }, kept);
            told += kept.backups.map_or(0, |backups| backups.len());
        }
        assert!(told > 0);
    }
}
