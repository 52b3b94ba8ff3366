//! Whether the logs of two copies are one history (S6). Each copy by itself may look whole while two servers,
//! both promoted, archive into one copy each.

use super::life::is_after;
use super::{Branch, LogPosition};

/// Whether two places in a log can be compared at all.
pub(super) fn is_one(one: &LogPosition, other: &LogPosition) -> bool {
    one.archive == other.archive && one.timeline == other.timeline && !begin_apart(one, other)
}

/// Whether two servers write these logs: their timelines have the same number and began differently, or the
/// older one went on after the younger had begun.
pub(super) fn have_parted(one: &LogPosition, other: &LogPosition) -> bool {
    if one.archive != other.archive {
        return false;
    }
    if one.timeline == other.timeline {
        return begin_apart(one, other);
    }
    let (older, younger) = if one.timeline < other.timeline { (one, other) } else { (other, one) };
    younger.branch.as_deref().is_some_and(|branch| went_on(older, branch))
}

/// What a timeline begins with holds the time of its promotion, so that no two are alike.
fn begin_apart(one: &LogPosition, other: &LogPosition) -> bool {
    let (Some(one), Some(other)) = (&one.branch, &other.branch) else { return false };
    let differ = one.content.as_ref().zip(other.content.as_ref()).is_some_and(|(one, other)| one != other);
    (one.parent, one.segment) != (other.parent, other.segment) || differ
}

/// Whether a log received more than the younger timeline took along, after that had begun.
fn went_on(older: &LogPosition, branch: &Branch) -> bool {
    // One that is only slow to be copied ends where the younger one begins.
    let more =
        branch.parent < older.timeline || branch.parent == older.timeline && older.segment > branch.segment;
    more && older.stored_at.zip(branch.stored_at).is_some_and(|(last, began)| is_after(last, began))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;

    fn end(timeline: u32, segment: u64, stored: i64) -> LogPosition {
        LogPosition {
            archive: "15-1".to_owned(),
            timeline,
            segment,
            name: String::new(),
            stored_at: Timestamp::from_timestamp(stored, 0),
            branch: None,
        }
    }

    fn branched(end: LogPosition, parent: u32, segment: u64, content: &str, stored: i64) -> LogPosition {
        let content = Some(content.to_owned()).filter(|content| !content.is_empty());
        let stored_at = Timestamp::from_timestamp(stored, 0);
        LogPosition { branch: Some(Box::new(Branch { parent, segment, content, stored_at })), ..end }
    }

    #[test]
    fn s6_two_promotions_to_one_timeline_are_told_by_how_it_begins() {
        let here = branched(end(2, 9, 900), 1, 5, "aa", 500);
        let table = [
            ("the same server", branched(end(2, 7, 700), 1, 5, "aa", 510), true),
            ("another one", branched(end(2, 9, 900), 1, 5, "bb", 510), false),
            ("promoted elsewhere in the log", branched(end(2, 9, 900), 1, 4, "", 510), false),
            ("content that is not told", branched(end(2, 9, 900), 1, 5, "", 510), true),
            ("a beginning that has expired", end(2, 9, 900), true),
        ];
        for (name, there, one) in table {
            for (a, b) in [(&here, &there), (&there, &here)] {
                assert_eq!((is_one(a, b), have_parted(a, b)), (one, !one), "{name}");
            }
        }
    }

    #[test]
    fn s6_an_older_timeline_has_parted_only_when_it_went_on() {
        let younger = branched(end(2, 9, 900), 1, 5, "aa", 500);
        let table = [
            ("it still grows", end(1, 8, 800), true),
            ("given up by the failover", end(1, 8, 480), false),
            ("within what clocks may differ", end(1, 8, 550), false),
            ("copied late", end(1, 5, 800), false),
            ("another archive", LogPosition { archive: "15-2".to_owned(), ..end(1, 8, 800) }, false),
            ("no times", LogPosition { stored_at: None, ..end(1, 8, 800) }, false),
        ];
        for (name, older, parted) in table {
            for (a, b) in [(&younger, &older), (&older, &younger)] {
                assert_eq!((is_one(a, b), have_parted(a, b)), (false, parted), "{name}");
            }
        }
        let sibling = branched(end(3, 9, 900), 1, 5, "bb", 600);
        assert!(have_parted(&sibling, &LogPosition { stored_at: younger.stored_at, ..younger.clone() }));
        assert!(!have_parted(&branched(end(3, 9, 900), 2, 9, "bb", 950), &younger), "its successor");
    }
}
