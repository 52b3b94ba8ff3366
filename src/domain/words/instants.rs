//! When: upper edges of windows round down, lower edges round up.

use chrono::{Datelike, NaiveTime, SubsecRound, TimeDelta, Timelike};

use super::super::assessment::CopyFacts;
use super::super::instant::rfc3339;
use super::super::{Edge, PointKind, Timestamp};

/// The upper edge of a window, rounded down: `11:33:20Z` today, `11-19 22:10Z` this year, else the date.
pub fn newest(at: Timestamp, now: Timestamp) -> String {
    if at.date_naive() == now.date_naive() { clock(at) } else { day_and_minute(at, now) }
}

/// An upper edge as it is `written`, with what it says of the newest data behind it (S4): `<=11:33:20Z` for a
/// store time, `>=11:33:20Z` for a fall-back.
pub fn edge(written: &str, is: Edge) -> String {
    let sign = match is {
        Edge::Exact => "",
        Edge::AtMost => "<=",
        Edge::AtLeast => ">=",
    };
    format!("{sign}{written}")
}

/// The newest instant of a copy, written as [`newest`] with its sign.
pub fn newest_of(copy: &CopyFacts, now: Timestamp) -> Option<String> {
    Some(edge(&newest(copy.newest?, now), copy.newest_is()))
}

/// The same, in full: `<=2026-11-20 12:00:19Z`.
pub fn newest_of_in_full(copy: &CopyFacts) -> Option<String> {
    Some(edge(&instant(copy.newest?), copy.newest_is()))
}

/// The lower edge of a window, rounded up: to the second `03:13:22Z` today, to the minute `11-14 09:01Z` this year, in
/// another year to the day.
pub fn oldest(at: Timestamp, now: Timestamp) -> String {
    if at.year() != now.year() {
        let part = at.time() != NaiveTime::MIN;
        let up = at + if part { TimeDelta::days(1) } else { TimeDelta::zero() };
        return up.format("%Y-%m-%dZ").to_string();
    }
    if at.date_naive() == now.date_naive() {
        return clock(up_to_second(at));
    }
    let part = at.second() > 0 || at.nanosecond() > 0;
    let up = at + if part { TimeDelta::minutes(1) } else { TimeDelta::zero() };
    day_and_minute(up, now)
}

/// The same to the second, as [`instant_up`] says it: `03:13:22Z` today, `11-14 09:00:31Z` this year.
pub fn oldest_to_the_second(at: Timestamp, now: Timestamp) -> String {
    let up = up_to_second(at);
    if at.year() == now.year() && at.date_naive() != now.date_naive() {
        return up.format("%m-%d %H:%M:%SZ").to_string();
    }
    if at.year() == now.year() { clock(up) } else { instant(up) }
}

fn up_to_second(at: Timestamp) -> Timestamp {
    let down = at.trunc_subsecs(0);
    if down < at { down + TimeDelta::seconds(1) } else { at }
}

/// The oldest instant of a copy, written as [`oldest`]. One of snapshots is no edge but a point (S4), and rounds as
/// one.
pub fn oldest_of(copy: &CopyFacts, now: Timestamp) -> Option<String> {
    let written = if copy.has_snapshots() { newest } else { oldest };
    Some(written(copy.oldest?, now))
}

/// The same, in full.
pub fn oldest_of_in_full(copy: &CopyFacts) -> Option<String> {
    let written = if copy.has_snapshots() { instant } else { instant_up };
    copy.oldest.map(written)
}

/// When a backup is from, to the second: with log behind it the lower edge of what it can be restored to, which
/// rounds up; as a snapshot the one point that can be had, which rounds down.
pub fn of_backup(at: Timestamp, kind: PointKind) -> Timestamp {
    if kind == PointKind::Snapshot { at.trunc_subsecs(0) } else { up_to_second(at) }
}

/// The time of day in UTC: `11:33:20Z`.
pub fn clock(at: Timestamp) -> String {
    at.format("%H:%M:%SZ").to_string()
}

/// The minute of the day by which something is to be expected, rounded up: `11:34Z`.
pub fn minute_by(at: Timestamp) -> String {
    let over = at.with_second(0).and_then(|minute| minute.with_nanosecond(0)).filter(|minute| *minute < at);
    over.map_or(at, |minute| minute + TimeDelta::minutes(1)).format("%H:%MZ").to_string()
}

/// Day and minute: `11-14 09:01Z`; the date alone in another year.
pub fn day_and_minute(at: Timestamp, now: Timestamp) -> String {
    if at.year() == now.year() {
        at.format("%m-%d %H:%MZ").to_string()
    } else {
        at.format("%Y-%m-%dZ").to_string()
    }
}

/// An instant in full, to the second, rounded down: `2026-11-20 12:00:19Z`.
pub fn instant(at: Timestamp) -> String {
    at.format("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// Two instants that are compared, in full: with their fractions only where these tell them apart.
pub fn two_instants(one: Timestamp, other: Timestamp) -> (String, String) {
    let written = if one.timestamp() == other.timestamp() { rfc3339 } else { instant };
    (written(one), written(other))
}

/// The lower edge in full, rounded up to the second.
pub fn instant_up(at: Timestamp) -> String {
    instant(up_to_second(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn s4_an_upper_edge_says_what_it_is_of_the_newest_data() {
        let (store_time, now) = (at("2026-11-20T11:33:20.9Z"), at("2026-11-20T12:00:00Z"));
        for (is, shown) in
            [(Edge::Exact, "11:33:20Z"), (Edge::AtMost, "<=11:33:20Z"), (Edge::AtLeast, ">=11:33:20Z")]
        {
            assert_eq!(edge(&newest(store_time, now), is), shown);
        }
    }

    #[test]
    fn s13_fractions_are_written_where_they_tell_two_instants_apart() {
        let (lost, later) = (at("2026-11-20T11:33:20.25Z"), at("2026-11-20T11:33:21Z"));
        assert_eq!(two_instants(lost, later).0, "2026-11-20 11:33:20Z");
        let within = at("2026-11-20T11:33:20.5Z");
        let told = ("2026-11-20T11:33:20.250000Z".to_owned(), "2026-11-20T11:33:20.500000Z".to_owned());
        assert_eq!(two_instants(lost, within), told);
    }

    #[test]
    fn edges_never_promise_more_than_is_known() {
        let now = at("2026-11-20T12:04:31Z");
        assert_eq!(newest(at("2026-11-20T11:33:20.9Z"), now), "11:33:20Z");
        assert_eq!(newest(at("2026-11-19T22:10:59Z"), now), "11-19 22:10Z");
        assert_eq!(oldest(at("2026-11-20T03:13:21.4Z"), now), "03:13:22Z", "as it is said in full");
        assert_eq!(oldest(at("2026-11-14T09:00:01Z"), now), "11-14 09:01Z");
        for (given, shown) in [
            ("2026-11-20T03:13:21.4Z", "03:13:22Z"),
            ("2026-11-14T09:00:01Z", "11-14 09:00:01Z"),
            ("2025-11-14T09:00:01Z", "2025-11-14 09:00:01Z"),
        ] {
            assert_eq!(oldest_to_the_second(at(given), now), shown);
            assert!(instant_up(at(given)).ends_with(shown), "the same however wide the screen is");
        }
        assert_eq!(oldest(at("2025-11-14T09:00:00Z"), now), "2025-11-15Z");
        assert_eq!(oldest(at("2025-11-14T00:00:00Z"), now), "2025-11-14Z");
        assert_eq!(newest(at("2025-11-14T09:00:00Z"), now), "2025-11-14Z");
        assert_eq!(instant_up(at("2026-11-07T02:31:39.2Z")), "2026-11-07 02:31:40Z");
    }
}
