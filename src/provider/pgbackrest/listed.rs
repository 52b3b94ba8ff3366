//! The log as earlier looks listed it, and what of it has to be listed again.
//!
//! An old folder changes only when log expires, or when somebody changes the archive by hand. The first is
//! hinted at by `info` and by the names of the folders. The second nobody sees but who lists, so that no
//! listing is trusted for long.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;

use crate::domain::Timestamp;

use super::info::{History, Stanza};
use super::reach::Gaps;
use super::wal::{Segment, Switch};
use super::walk::Log;

/// How long a listing is trusted while nothing hints at a change: the longer the more there is to list, so
/// that ten segments a second are listed at most, but never longer than this.
const LONGEST_TRUST: TimeDelta = TimeDelta::minutes(10);
const TRUST_A_SEGMENT: TimeDelta = TimeDelta::milliseconds(100);

/// What `info` says that changes when log expires: the lowest segment, the backups, and that a backup or an
/// expiry is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hints {
    archive: String,
    lowest: Option<String>,
    backups: Vec<String>,
    lock_held: Option<bool>,
}

impl Hints {
    /// What was said of an archive.
    pub(super) fn of(stanza: &Stanza, history: &History, archive: &str) -> Self {
        let lowest = stanza.archive(history).and_then(|archive| archive.min.clone());
        let backups = stanza.backups_of(history.repo).into_iter().map(|backup| backup.label.clone());
        Self { archive: archive.to_owned(), lowest, backups: backups.collect(), lock_held: stanza.lock_held }
    }
}

/// What was listed, by folder.
#[derive(Debug, Clone, Default)]
pub(super) struct Listed {
    /// When everything was listed, and what was hinted at then.
    whole: Option<(Timestamp, Hints)>,
    folders: BTreeMap<String, Folder>,
}

#[derive(Debug, Clone, Default)]
struct Folder {
    at: Timestamp,
    segments: Vec<Segment>,
}

impl Listed {
    /// Everything, as listed at an instant.
    pub(super) fn whole(at: Timestamp, hints: Hints, segments: Vec<Segment>) -> Self {
        let mut listed = Self { whole: Some((at, hints)), ..Self::default() };
        for segment in segments {
            let folder = listed.folders.entry(folder_of(&segment.name));
            folder.or_insert_with(|| Folder { at, ..Folder::default() }).segments.push(segment);
        }
        listed
    }

    /// One folder, listed anew.
    pub(super) fn put(&mut self, folder: String, at: Timestamp, segments: Vec<Segment>) {
        self.folders.insert(folder, Folder { at, segments });
    }

    /// Whether old folders may still be taken for what they were.
    pub(super) fn is_trusted(&self, hints: &Hints, now: Timestamp) -> bool {
        let segments: usize = self.folders.values().map(|folder| folder.segments.len()).sum();
        let trust = i32::try_from(segments).ok().and_then(|count| TRUST_A_SEGMENT.checked_mul(count));
        let trust = trust.map_or(LONGEST_TRUST, |trust| trust.min(LONGEST_TRUST));
        // A clock that was set back says nothing of the age.
        let young = |at: Timestamp| at <= now && now - at < trust;
        self.whole.as_ref().is_some_and(|(at, then)| young(*at) && then == hints)
    }

    /// Whether a folder is gone: something expired, and nobody knows what else.
    pub(super) fn has_lost_any(&self, folders: &[&str]) -> bool {
        self.folders.keys().any(|folder| !folders.contains(&folder.as_str()))
    }

    /// The folders that change without a hint: new ones, the newest two of the youngest timeline, the newest
    /// of the one before, and those in which a gap may be filled.
    pub(super) fn to_list_again(&self, folders: &[&str], gaps: &Gaps, segment_size: u64) -> Vec<String> {
        let mut timelines: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for folder in folders {
            timelines.entry(folder.get(..8).unwrap_or(folder)).or_default().push(folder);
        }
        let mut again: Vec<&str> = Vec::new();
        for (of_timeline, count) in timelines.values_mut().rev().zip([2, 1]) {
            of_timeline.sort_unstable();
            again.extend(of_timeline.iter().rev().take(count));
        }
        let holed = |folder: &str| gaps.remembers(|place| folder_of(&place.name(segment_size)) == folder);
        again.extend(folders.iter().filter(|folder| !self.folders.contains_key(**folder) || holed(folder)));
        again.sort_unstable();
        again.dedup();
        again.into_iter().map(str::to_owned).collect()
    }

    /// The timelines of which there are segments.
    pub(super) fn timelines(&self) -> BTreeSet<u32> {
        let first = self.folders.values().filter_map(|folder| folder.segments.first());
        first.map(|segment| segment.place.timeline).collect()
    }

    /// The log that it makes with these switches.
    pub(super) fn log(&self, switches: Vec<Switch>) -> Log {
        let segments = self.folders.values().flat_map(|folder| &folder.segments).cloned();
        let first = |folder: &Folder| folder.segments.iter().map(|segment| segment.place).min();
        let dates = self.folders.values().filter_map(|folder| Some((first(folder)?, folder.at)));
        Log::new(segments, switches).listed(dates.collect())
    }
}

/// The folder a segment is stored in: the first 16 digits of its name.
fn folder_of(name: &str) -> String {
    name.get(..16).unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::capture;
    use super::super::info::{self, RepoView};
    use super::super::wal::{self, Place};
    use super::*;

    const SIZE: u64 = wal::DEFAULT_SEGMENT_SIZE;

    fn minute(count: i64) -> Timestamp {
        Timestamp::from_timestamp(1_795_000_000 + count * 60, 0).unwrap()
    }

    fn hints(change: impl FnOnce(&mut Stanza)) -> Hints {
        let mut info = info::decode(&capture("07-backup-in-progress")).unwrap();
        change(&mut info.stanzas[0]);
        let RepoView::Read { stanza, history } = info.repo("main", 2) else { panic!() };
        Hints::of(stanza, history, "15-1")
    }

    fn segment(name: &str) -> Segment {
        let place = Place::of(name, SIZE).unwrap();
        Segment { place, name: name.to_owned(), file: format!("{name}-ab.gz"), stored_at: None }
    }

    /// Listed whole at minute 0, with a segment in each folder.
    fn listed(folders: &[&str]) -> Listed {
        let segments = folders.iter().map(|folder| segment(&format!("{folder}00000041"))).collect();
        Listed::whole(minute(0), hints(|_| {}), segments)
    }

    #[test]
    fn only_folders_that_can_change_are_listed_again() {
        let folders = [
            "0000000100000000",
            "0000000100000001",
            "0000000100000002",
            "0000000200000002",
            "0000000200000003",
        ];
        let listed = listed(&folders[..4]);
        let again = listed.to_list_again(&folders, &Gaps::default(), SIZE);
        assert_eq!(again, [folders[2], folders[3], folders[4]]);
        assert!(!listed.has_lost_any(&folders) && listed.has_lost_any(&folders[1..]));
    }

    #[test]
    fn a_folder_with_a_hole_is_listed_until_it_is_filled() {
        let folders = ["0000000100000000", "0000000100000001", "0000000100000002", "0000000100000003"];
        let mut gaps = Gaps::default();
        let first = Place::of("000000010000000000000041", SIZE).unwrap();
        gaps.note(std::iter::once(first), minute(0));
        assert_eq!(
            listed(&folders).to_list_again(&folders, &gaps, SIZE),
            [folders[0], folders[2], folders[3]]
        );
    }

    #[test]
    fn whatever_hints_at_an_expiry_ends_the_trust_and_so_does_time() {
        let same = hints(|_| {});
        let of = |count| {
            let names = (0..count).map(|number| Place { timeline: 1, number }.name(SIZE));
            Listed::whole(minute(0), same.clone(), names.map(|name| segment(&name)).collect())
        };
        let listed = of(6000);
        for (now, trusted) in [(0, true), (9, true), (10, false), (-1, false)] {
            assert_eq!(listed.is_trusted(&same, minute(now)), trusted, "minute {now}");
        }
        assert!(of(60_000).is_trusted(&same, minute(9)) && !of(60_000).is_trusted(&same, minute(10)));
        assert!(of(1200).is_trusted(&same, minute(1)), "few are listed often");
        assert!(!of(1200).is_trusted(&same, minute(2)), "few are listed often");
        let lowest = hints(|stanza| {
            for archive in &mut stanza.archives {
                archive.min = archive.max.clone();
            }
        });
        let fewer = hints(|stanza| stanza.backups.retain(|backup| !backup.label.ends_with("083211I")));
        let released = hints(|stanza| stanza.lock_held = Some(false));
        let upgraded = Hints { archive: "16-2".to_owned(), ..same.clone() };
        for hint in [lowest, fewer, released, upgraded] {
            assert_ne!(hint, same);
            assert!(!listed.is_trusted(&hint, minute(1)), "{hint:?}");
        }
        // Log that arrives expires nothing.
        let more = hints(|stanza| {
            for archive in &mut stanza.archives {
                archive.max = Some("0000000100000000000000FF".to_owned());
            }
        });
        assert!(listed.is_trusted(&more, minute(1)));
    }

    #[test]
    fn a_log_says_when_its_oldest_part_was_listed() {
        let mut listed = listed(&["0000000100000000", "0000000100000001"]);
        let young = segment("000000010000000100000041");
        listed.put("0000000100000001".to_owned(), minute(5), vec![young.clone()]);
        let (old, log) = (segment("000000010000000000000041"), listed.log(Vec::new()));
        assert_eq!(log.oldest_listing([young.place].into_iter()), Some(minute(5)));
        assert_eq!(log.oldest_listing([old.place, young.place].into_iter()), Some(minute(0)));
        assert_eq!(log.oldest_listing(std::iter::empty()), None);
    }
}
