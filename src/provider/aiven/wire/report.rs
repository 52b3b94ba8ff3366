//! The report on copying to another region: `POST .../backup_to_another_region/report`.
//!
//! Its body is not documented beyond "Google chart compatible". So every table that is found in it is
//! taken: columns, and rows whose first cell is an instant; whatever cannot be read is counted.

use chrono::{DateTime, TimeDelta, TimeZone as _, Utc};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::domain::{LagPoint, LagSeries, LagUnit, Timestamp};

/// No documented granularity gives more rows.
const MOST_ROWS: usize = 10_000;

/// The answer.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Report {
    #[serde(default)]
    metrics: Option<Map<String, Value>>,
}

/// What of a report was understood.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Charted {
    /// Its lines.
    pub(crate) series: Vec<LagSeries>,
    /// What was left out or guessed.
    pub(crate) notes: Vec<String>,
}

impl Report {
    /// Its lines; `now` tells which of two ways to count months is meant.
    pub(crate) fn charted(&self, now: Timestamp) -> Charted {
        let mut charted = Charted::default();
        for (group, value) in self.metrics.iter().flatten() {
            match Table::of(value) {
                Some(table) => table.add_to(group, now, &mut charted),
                None => charted.notes.push(format!("`{group}` of the report holds no table")),
            }
        }
        charted
    }
}

struct Table<'a> {
    labels: Vec<&'a str>,
    rows: Vec<Row<'a>>,
    words: String,
    too_long: bool,
}

type Row<'a> = Vec<&'a Value>;

impl<'a> Table<'a> {
    /// The table of a group, which may lie in its `data`.
    fn of(group: &'a Value) -> Option<Self> {
        let data = group.get("data").unwrap_or(group);
        let rows = data.get("rows")?.as_array()?;
        let cols = data.get("cols").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let label = |col: &'a Value| col.get("label").and_then(Value::as_str);
        Some(Self {
            labels: cols.iter().map(|col| label(col).unwrap_or_default()).collect(),
            rows: rows.iter().take(MOST_ROWS).map(|row| cells(row).unwrap_or_default()).collect(),
            words: group.get("hints").map(Value::to_string).unwrap_or_default().to_lowercase(),
            too_long: rows.len() > MOST_ROWS,
        })
    }

    fn add_to(&self, group: &str, now: Timestamp, charted: &mut Charted) {
        // The columns come again as the first row; that is no lost value.
        let rows: Vec<&Row<'a>> = self.rows.iter().filter(|row| !is_header(row)).collect();
        let times: Vec<Option<Time>> =
            rows.iter().map(|row| row.first().and_then(|cell| time(cell))).collect();
        let months = Months::nearest(&times, now);
        let at = |time: &Option<Time>| time.and_then(|time| time.told(months, now));
        let unread = times.iter().filter(|time| at(time).is_none()).count();
        let width = rows.iter().map(|row| row.len()).max().unwrap_or(self.labels.len());
        for column in 1..width {
            let label = self.labels.get(column).copied().unwrap_or_default();
            let points = rows.iter().zip(&times).filter_map(|(row, time)| {
                let value = row.get(column).and_then(|cell| number(cell));
                Some(LagPoint { at: at(time)?, value })
            });
            let mut points: Vec<LagPoint> = points.collect();
            points.sort_by_key(|point| point.at);
            let name = if label.is_empty() { format!("{group} {column}") } else { label.to_owned() };
            charted.series.push(LagSeries { unit: self.unit(group, label), name, points });
        }
        if unread > 0 {
            charted.notes.push(format!("{unread} rows of `{group}` have no time that can be read"));
        }
        if self.too_long {
            charted.notes.push(format!("`{group}` has more than {MOST_ROWS} rows; the rest was left out"));
        }
        if months == Months::FromOne && times.iter().flatten().any(|time| matches!(time, Time::Parts(_))) {
            charted.notes.push(format!("months of `{group}` are counted from 1, as its newest row shows"));
        }
    }

    /// The unit, as the nearest words to the line that name one have it: its label, its group, the hints.
    fn unit(&self, group: &str, label: &str) -> LagUnit {
        [label, group, &self.words].into_iter().find_map(unit_in).unwrap_or(LagUnit::NotSaid)
    }
}

/// The one unit that is named by whole words: `secondary` is none, nor is a rate of two.
fn unit_in(text: &str) -> Option<LagUnit> {
    let text = text.to_lowercase();
    let words: Vec<&str> = text.split(|letter: char| !letter.is_alphanumeric()).collect();
    let any = |names: &[&str]| names.iter().any(|name| words.contains(name));
    let seconds = any(&["second", "seconds", "sec", "secs"]) || text.contains("(s)");
    match (seconds, any(&["byte", "bytes"])) {
        (true, false) => Some(LagUnit::Seconds),
        (false, true) => Some(LagUnit::Bytes),
        _ => None,
    }
}

/// The cells of a row: a list, or `{"c": [{"v": ..}]}`.
fn cells(row: &Value) -> Option<Row<'_>> {
    let list = row.as_array().or_else(|| row.get("c")?.as_array())?;
    Some(list.iter().map(|cell| cell.get("v").unwrap_or(cell)).collect())
}

fn is_header(row: &Row<'_>) -> bool {
    !row.is_empty() && row.iter().all(|cell| cell.get("label").is_some() || cell.get("type").is_some())
}

fn number(cell: &Value) -> Option<f64> {
    let value = match cell {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    // Neither seconds nor bytes of a lag are negative, nor more than this.
    value.filter(|value| (0.0..1e15).contains(value))
}

/// A time cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Time {
    At(Timestamp),
    /// `Date(year, month, day, hour, minute, second)`, the month as written.
    Parts([u32; 6]),
}

/// Whether the month of `Date(..)` counts from 0, as in JavaScript, or from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Months {
    FromZero,
    FromOne,
}

impl Months {
    /// The way that puts the newest time nearest to now, and not after it.
    fn nearest(times: &[Option<Time>], now: Timestamp) -> Self {
        let newest = |months| times.iter().flatten().filter_map(|time| time.told(months, now)).max();
        let distance = |at: Timestamp| (now - at).abs();
        match (newest(Self::FromZero).map(distance), newest(Self::FromOne).map(distance)) {
            (Some(zero), Some(one)) if one < zero => Self::FromOne,
            (None, Some(_)) => Self::FromOne,
            _ => Self::FromZero,
        }
    }
}

impl Time {
    /// When it is, unless no report can tell of that: those of the longest period reach back a year.
    fn told(self, months: Months, now: Timestamp) -> Option<Timestamp> {
        let reach = now - TimeDelta::days(3 * 366)..=now + TimeDelta::hours(26);
        self.at(months).filter(|at| reach.contains(at))
    }

    fn at(self, months: Months) -> Option<Timestamp> {
        let [year, month, day, hour, minute, second] = match self {
            Self::At(at) => return Some(at),
            Self::Parts(parts) => parts,
        };
        let month = if months == Months::FromZero { month.checked_add(1)? } else { month };
        Utc.with_ymd_and_hms(i32::try_from(year).ok()?, month, day, hour, minute, second).single()
    }
}

/// A time cell in any form that such charts use: `Date(..)`, ISO 8601, seconds or milliseconds.
fn time(cell: &Value) -> Option<Time> {
    match cell {
        Value::String(text) => {
            match text.trim().strip_prefix("Date(").and_then(|rest| rest.strip_suffix(')')) {
                Some(parts) => date_parts(parts),
                None => super::instant(text).map(Time::At),
            }
        }
        Value::Number(number) => {
            let number = number.as_f64().filter(|number| number.abs() < 1e15)?;
            let seconds = if number.abs() >= 1e11 { number / 1000.0 } else { number };
            let whole = format!("{seconds:.0}").parse().ok()?;
            DateTime::from_timestamp(whole, 0).map(Time::At)
        }
        _ => None,
    }
}

fn date_parts(text: &str) -> Option<Time> {
    let mut parts = [0; 6];
    let given: Vec<u32> = text.split(',').map(|part| part.trim().parse()).collect::<Result<_, _>>().ok()?;
    if given.len() < 3 {
        return None;
    }
    for (part, given) in parts.iter_mut().zip(given) {
        *part = given;
    }
    Some(Time::Parts(parts))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::testkit::fixture;
    use super::super::decode;
    use super::*;

    const NOW: &str = "2026-05-12T10:00:00Z";

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn charted(body: &str) -> Charted {
        decode::<Report>(body.as_bytes()).unwrap().charted(at(NOW))
    }

    #[test]
    fn the_recorded_form_gives_one_line_and_keeps_its_holes() {
        let charted = charted(fixture!("btar-report.json"));
        assert_eq!(charted.notes, Vec::<String>::new());
        let [line] = &charted.series[..] else { panic!("{charted:?}") };
        assert_eq!((line.name.as_str(), line.unit), ("google-europe-west3", LagUnit::NotSaid));
        let points: Vec<_> = line.points.iter().map(|point| (point.at, point.value)).collect();
        assert_eq!(
            points,
            [
                (at("2026-05-12T09:40:00Z"), Some(412.0)),
                (at("2026-05-12T09:40:30Z"), Some(440.5)),
                (at("2026-05-12T09:41:00Z"), None),
            ]
        );
    }

    #[test]
    fn months_counted_from_one_are_told_by_the_newest_row() {
        let charted = charted(&fixture!("btar-report.json").replace("Date(2026,4,12", "Date(2026,5,12"));
        assert_eq!(charted.series[0].points[0].at, at("2026-05-12T09:40:00Z"));
        assert!(charted.notes[0].contains("counted from 1"), "{charted:?}");
    }

    #[test]
    fn every_form_of_time_and_row_is_taken() {
        for cell in [
            json!("Date(2026, 4, 12, 9, 40)"),
            json!("Date(2026,4,12,9,40,0,123)"),
            json!("2026-05-12T09:40:00Z"),
            json!("2026-05-12 09:40:00"),
            json!(1_778_578_800),
            json!(1_778_578_800_000_u64),
        ] {
            for row in [json!([cell, "7.5"]), json!({"c": [{"v": cell}, {"v": 7.5, "f": "7.5 s"}]})] {
                let charted = charted(&json!({"metrics": {"lag_seconds": {"rows": [row]}}}).to_string());
                let line = &charted.series[0];
                assert_eq!((line.name.as_str(), line.unit), ("lag_seconds 1", LagUnit::Seconds), "{cell}");
                assert_eq!(
                    line.points,
                    [LagPoint { at: at("2026-05-12T09:40:00Z"), value: Some(7.5) }],
                    "{cell}"
                );
            }
        }
    }

    #[test]
    fn s8_the_unit_of_a_line_is_named_by_whole_words_and_a_secondary_is_no_second() {
        for (group, label, hints, unit) in [
            ("replication_lag", "bytes behind in the secondary", "", LagUnit::Bytes),
            ("replication_lag", "secondary", r#"{"title": "bytes"}"#, LagUnit::Bytes),
            ("secondary", "lag", "", LagUnit::NotSaid),
            ("secondary_lag_seconds", "google-europe-west3", "", LagUnit::Seconds),
            ("lag", "behind, secs", r#"{"title": "bytes"}"#, LagUnit::Seconds),
            ("lag", "milliseconds", "", LagUnit::NotSaid),
            ("lag", "kilobytes", "", LagUnit::NotSaid),
            ("lag", "bytes per second", "", LagUnit::NotSaid),
        ] {
            let hints: Value = serde_json::from_str(hints).unwrap_or_default();
            let body = json!({"metrics": {group: {"hints": hints, "data": {
                "cols": [{"label": "time"}, {"label": label}], "rows": [["2026-05-12T09:40:00Z", 7]]}}}});
            assert_eq!(charted(&body.to_string()).series[0].unit, unit, "{group}, {label}, {hints}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_counted_and_hides_nothing_else() {
        let report = json!({"metrics": {
            "a": {"data": {"cols": [{"label": "t"}, {"label": "x (s)"}, 7], "rows": [
                [{"label": "t"}, {"label": "x (s)"}, {"type": "number"}],
                ["Date(2026,4,12,9,0,0)", 1, "many"], ["soon", 2, 3], ["Date(2026,4,32,9,0,0)", 4], [], 7, null,
                ["Date(2026,4,12,8,0,0)"], ["Date(2026,4)", 1],
            ]}, "hints": {"title": "bytes"}},
            "b": {"data": {}}, "c": null, "d": {"rows": {}},
        }});
        let charted = charted(&report.to_string());
        assert_eq!(charted.series.len(), 2);
        let values: Vec<_> = charted.series[0].points.iter().map(|point| point.value).collect();
        assert_eq!(values, [None, Some(1.0)], "oldest first");
        assert_eq!((charted.series[0].unit, charted.series[1].unit), (LagUnit::Seconds, LagUnit::Bytes));
        assert_eq!(charted.series[1].name, "a 2");
        let notes = charted.notes.join("\n");
        assert!(notes.contains("6 rows of `a`"), "{notes}");
        for group in ["`b`", "`c`", "`d`"] {
            assert!(notes.contains(group), "{notes}");
        }
    }

    #[test]
    fn an_empty_or_absent_report_has_no_lines() {
        for body in [fixture!("btar-report-empty.json"), "{}", r#"{"metrics": null}"#] {
            assert_eq!(charted(body), Charted::default(), "{body}");
        }
    }
}
