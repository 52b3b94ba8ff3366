//! Names and places of WAL: segments, listings of a repository, timeline histories.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::domain::Timestamp;

use super::info::{self, Backup};

/// Bytes of a segment unless PostgreSQL was built or set up otherwise.
pub const DEFAULT_SEGMENT_SIZE: u64 = 16 << 20;

/// A segment's place: its timeline and its number, counted in segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The timeline.
    pub timeline: u32,
    /// The number.
    pub number: u64,
}

impl Place {
    /// The place of a name of 24 hexadecimal digits.
    pub fn of(name: &str, segment_size: u64) -> Option<Self> {
        if name.len() != 24 || !name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F')) {
            return None;
        }
        let part = |range| u32::from_str_radix(name.get(range)?, 16).ok();
        let (timeline, log, low) = (part(0..8)?, part(8..16)?, part(16..24)?);
        let per_log = per_log(segment_size);
        (u64::from(low) < per_log)
            .then(|| Self { timeline, number: u64::from(log) * per_log + u64::from(low) })
    }

    /// The name of this place.
    pub fn name(self, segment_size: u64) -> String {
        let per_log = per_log(segment_size);
        format!("{:08X}{:08X}{:08X}", self.timeline, self.number / per_log, self.number % per_log)
    }

    /// The next one on the same timeline.
    #[must_use]
    pub const fn next(self) -> Self {
        Self { timeline: self.timeline, number: self.number + 1 }
    }
}

/// Segments in the 4 GiB that the middle part of a name counts.
const fn per_log(segment_size: u64) -> u64 {
    (1 << 32) / segment_size
}

/// A place in the log as PostgreSQL writes it (`0/41000148`), as bytes from its start.
pub fn lsn(text: &str) -> Option<u64> {
    let (high, low) = text.split_once('/')?;
    let part = |text| u32::from_str_radix(text, 16).ok().map(u64::from);
    Some(part(high)? << 32 | part(low)?)
}

/// A place in the log as PostgreSQL writes it.
pub fn lsn_text(bytes: u64) -> String {
    format!("{:X}/{:X}", bytes >> 32, bytes & 0xFFFF_FFFF)
}

/// Whether a segment can have so many bytes.
pub fn is_segment_size(bytes: u64) -> bool {
    bytes.is_power_of_two() && (1 << 20..=1 << 30).contains(&bytes)
}

/// The size of a segment: as configured, else the one with which every backup's log position and segment
/// name agree, else the default.
pub fn segment_size(configured: Option<u64>, backups: &[&Backup]) -> u64 {
    let agrees = |size: u64| {
        backups.iter().filter_map(|backup| Some((backup.lsn.as_ref()?, backup.wal.as_ref()?))).all(
            |(positions, names)| {
                lsn(&positions.0)
                    .zip(Place::of(&names.0, size))
                    .is_some_and(|(at, place)| at / size == place.number)
            },
        )
    };
    configured
        .or_else(|| {
            let larger = (20..=30).map(|bits| 1 << bits).filter(|&size| size != DEFAULT_SEGMENT_SIZE);
            std::iter::once(DEFAULT_SEGMENT_SIZE).chain(larger).find(|&size| agrees(size))
        })
        .unwrap_or(DEFAULT_SEGMENT_SIZE)
}

/// A segment in a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Where it belongs.
    pub place: Place,
    /// The name PostgreSQL gave it.
    pub name: String,
    /// The name of its file, with checksum and suffix.
    pub file: String,
    /// When it was stored there: not before its content was written.
    pub stored_at: Option<Timestamp>,
}

impl Segment {
    /// The checksum of what PostgreSQL wrote, which its file's name carries: the same in every repository,
    /// however it is packed there.
    pub fn content(&self) -> Option<&str> {
        let (_, rest) = self.file.split_once('-')?;
        rest.split('.').next().filter(|checksum| !checksum.is_empty())
    }
}

/// One entry of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its path below the listed folder.
    pub path: String,
    /// Whether it is a folder.
    pub folder: bool,
    /// When it was stored.
    pub time: Option<Timestamp>,
}

impl Entry {
    /// The last part of its path.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

/// Decodes the output of `repo-ls --output=json`. An empty listing proves nothing: a repository that is
/// gone lists as empty.
///
/// # Errors
/// The reader's words when it is no listing.
pub fn listing(bytes: &[u8]) -> Result<Vec<Entry>, String> {
    #[derive(Deserialize)]
    struct Raw {
        #[serde(rename = "type")]
        kind: Option<String>,
        time: Option<i64>,
    }
    let raw: BTreeMap<String, Raw> = serde_json::from_slice(info::document(bytes)).map_err(|error| {
        format!("the listing cannot be understood: {}", crate::process::one_line(&error.to_string()))
    })?;
    Ok(raw
        .into_iter()
        .filter(|(path, _)| path != ".")
        .map(|(path, raw)| Entry {
            path,
            folder: raw.kind.as_deref() == Some("path"),
            time: raw.time.and_then(|time| Timestamp::from_timestamp(time, 0)),
        })
        .collect())
}

/// The whole segments in a listing; backup notes, partial and half-written segments and histories are
/// left out.
pub fn segments(entries: &[Entry], segment_size: u64) -> Vec<Segment> {
    entries
        .iter()
        // A segment that is still being written has a name of its own until it is whole.
        .filter(|entry| !entry.folder && !entry.path.ends_with(".pgbackrest.tmp"))
        .filter_map(|entry| {
            let (name, _) = entry.name().split_once('-')?;
            Some(Segment {
                place: Place::of(name, segment_size)?,
                name: name.to_owned(),
                file: entry.name().to_owned(),
                stored_at: entry.time,
            })
        })
        .collect()
}

/// Where a timeline left its parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Switch {
    /// The new timeline.
    pub child: u32,
    /// The timeline it left.
    pub parent: u32,
    /// The segment in which it did: the child's copy of it holds the parent's part too.
    pub number: u64,
}

/// The timeline whose history a file holds.
pub fn history_name(name: &str) -> Option<u32> {
    let digits = name.strip_suffix(".history")?;
    (digits.len() == 8).then(|| u32::from_str_radix(digits, 16).ok())?
}

/// Reads a `.history` file: where the child left its parent, that one its own, and so on, as far back as the file
/// can be understood.
pub fn switches(child: u32, history: &str, segment_size: u64) -> Vec<Switch> {
    let lines = history.lines().rev().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut child = child;
    let switch = |line: &str| {
        let mut words = line.split_whitespace();
        let parent = words.next()?.parse().ok().filter(|parent| *parent < child)?;
        let switch = Switch { child, parent, number: lsn(words.next()?)? / segment_size };
        child = parent;
        Some(switch)
    };
    lines.map_while(switch).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MIB: u64 = 1 << 20;

    #[test]
    fn numbers_run_on_where_the_middle_part_counts_up() {
        let place = |name| Place::of(name, 16 * MIB).unwrap();
        assert_eq!(place("0000000100000000000000FF").next(), place("000000010000000100000000"));
        assert_eq!(place("000000010000000000000040").number, 0x40);
        let large = Place::of("00000002000000010000003F", 64 * MIB).unwrap();
        assert_eq!(large.next().name(64 * MIB), "000000020000000200000000");
    }

    #[test]
    fn other_names_are_no_segments() {
        for name in ["", "00000001000000000000004", "0000000100000000000000zz", "0000000100000000000000ff"] {
            assert_eq!(Place::of(name, 16 * MIB), None, "{name}");
        }
        assert_eq!(Place::of("000000010000000000000100", 16 * MIB), None, "beyond ..FF");
    }

    proptest! {
        #[test]
        fn a_name_comes_back_from_its_place(timeline: u32, number in 0u64..(1 << 34), bits in 20u32..=30) {
            let (place, size) = (Place { timeline, number }, 1 << bits);
            prop_assert_eq!(Place::of(&place.name(size), size), Some(place));
        }

        #[test]
        fn any_text_is_borne(text: String) {
            let _ = (Place::of(&text, 16 * MIB), lsn(&text), history_name(&text));
            drop(switches(2, &text, 16 * MIB));
            listing(text.as_bytes()).ok();
        }
    }

    #[test]
    fn only_whole_segments_are_taken_from_a_listing() {
        let entries = listing(
            br#"{".":{"type":"path"},"0000000100000000":{"type":"path"},"00000002.history":{"type":"file","time":5},
            "0000000100000000/000000010000000000000003-25ebf.gz":{"type":"file","size":4,"time":1795168854},
            "0000000100000000/000000010000000000000003.00000028.backup":{"type":"file","size":371,"time":1},
            "0000000100000000/000000010000000000000004.partial-25eb.gz":{"type":"file","size":371,"time":1},
            "0000000100000000/000000010000000000000005-77.lz4":{"type":"file","size":null,"time":null},
            "0000000100000000/000000010000000000000006-e9.gz.pgbackrest.tmp":{"type":"file","size":9,"time":5}}"#,
        )
        .unwrap();
        let found = segments(&entries, 16 * MIB);
        let names: Vec<_> = found.iter().map(|segment| &segment.name[22..]).collect();
        assert_eq!(names, ["03", "05"]);
        assert_eq!(found[0].file, "000000010000000000000003-25ebf.gz");
        assert_eq!((found[0].content(), found[1].content()), (Some("25ebf"), Some("77")));
        assert_eq!(found[0].stored_at.unwrap().timestamp(), 1_795_168_854);
        assert_eq!(entries.iter().filter_map(|entry| history_name(entry.name())).collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn a_history_tells_where_its_timeline_and_those_before_it_began() {
        let text = "1\t0/5000000\tno recovery target specified\n\n2\t0/A0000D8\tbefore 2026-11-20\n";
        let (own, older) =
            (Switch { child: 3, parent: 2, number: 0xA }, Switch { child: 2, parent: 1, number: 5 });
        assert_eq!(switches(3, text, 16 * MIB), [own, older]);
        assert_eq!(switches(3, &text.replace("0/5", "5"), 16 * MIB), [own], "as far as it is understood");
        assert_eq!(switches(3, "", 16 * MIB), []);
        assert_eq!(switches(2, text, 16 * MIB), [], "no timeline leaves itself");
    }
}
