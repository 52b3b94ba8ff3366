//! The histories of timelines. One that is stored never changes, so that none is read twice.

use std::collections::BTreeMap;

use crate::domain::Timestamp;

use super::wal::{self, Entry, Switch};

/// What was read of the histories of one archive.
#[derive(Debug, Default)]
pub(super) struct Histories {
    archive: String,
    segment_size: u64,
    /// When each history was stored that is there now.
    stored: BTreeMap<u32, Option<Timestamp>>,
    /// What was read of one stored then. Each tells of all timelines that lead to its own.
    read: BTreeMap<u32, (Option<Timestamp>, Vec<Switch>)>,
}

impl Histories {
    /// Takes in which are there now, by the top of an archive's listing. What another archive said, or one under
    /// the same name that was stored at another time, is forgotten.
    pub(super) fn see(&mut self, archive: &str, segment_size: u64, top: &[Entry]) {
        if (self.archive.as_str(), self.segment_size) != (archive, segment_size) {
            *self = Self { archive: archive.to_owned(), segment_size, ..Self::default() };
        }
        let history = |entry: &Entry| Some((wal::history_name(entry.name())?, entry.time));
        self.stored = top.iter().filter_map(history).collect();
        self.read.retain(|timeline, (stored_at, _)| self.stored.get(timeline) == Some(stored_at));
    }

    /// Whether the history of a timeline is there, and neither it nor that of a descendant was read.
    pub(super) fn lacks(&self, timeline: u32) -> bool {
        let told = |switches: &Vec<Switch>| switches.iter().any(|switch| switch.child == timeline);
        self.stored.contains_key(&timeline) && !self.read.values().any(|(_, switches)| told(switches))
    }

    /// Takes in what the history of a timeline says.
    pub(super) fn put(&mut self, timeline: u32, text: &str) {
        let switches = wal::switches(timeline, text, self.segment_size);
        if let Some(stored_at) = self.stored.get(&timeline).filter(|_| !switches.is_empty()) {
            self.read.insert(timeline, (*stored_at, switches));
        }
    }

    /// All switches that are known, one for each younger timeline.
    pub(super) fn switches(&self) -> Vec<Switch> {
        let all = self.read.values().flat_map(|(_, switches)| switches);
        let by_child: BTreeMap<_, _> = all.map(|switch| (switch.child, *switch)).collect();
        by_child.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(histories: &[(u32, i64)]) -> Vec<Entry> {
        let entry = |&(timeline, at): &(u32, i64)| Entry {
            path: format!("{timeline:08X}.history"),
            folder: false,
            time: Timestamp::from_timestamp(at, 0),
        };
        histories.iter().map(entry).collect()
    }

    #[test]
    fn a_history_tells_of_all_timelines_before_its_own_and_is_known_while_it_is_the_same() {
        let (two, three) = ("1\t0/5000000\t-", "1\t0/5000000\t-\n\n2\t0/A0000D8\t-");
        let size = wal::DEFAULT_SEGMENT_SIZE;
        let lacking =
            |known: &Histories| [2, 3, 4].into_iter().filter(|&it| known.lacks(it)).collect::<Vec<_>>();
        let mut known = Histories::default();
        known.see("15-1", size, &stored(&[(2, 5), (3, 9)]));
        assert_eq!(lacking(&known), [2, 3]);
        known.put(2, two);
        assert_eq!(lacking(&known), [3]);
        known.put(3, three);
        let switch = |child, parent, number| Switch { child, parent, number };
        assert_eq!(known.switches(), [switch(2, 1, 5), switch(3, 2, 10)]);
        known.see("15-1", size, &stored(&[(2, 5), (3, 9), (4, 12)]));
        assert_eq!(lacking(&known), [4]);
        known.put(4, "no history");
        assert_eq!(lacking(&known), [4], "it said nothing");
        // Made anew under the same name.
        known.see("15-1", size, &stored(&[(2, 5), (3, 20)]));
        assert_eq!((lacking(&known), known.switches()), (vec![3], vec![switch(2, 1, 5)]));
        known.see("15-2", size, &stored(&[(2, 5)]));
        assert_eq!((lacking(&known), known.switches()), (vec![2], vec![]));
        known.put(2, two);
        known.see("15-2", 4 * size, &stored(&[(2, 5)]));
        assert_eq!(known.switches(), [], "its segments are counted by another size");
    }
}
