//! Judging what a check gave against what was expected. Pure.

use chrono::{DateTime, TimeDelta};

use super::shown;
use crate::domain::{CheckState, Expectation, Promise, Timestamp, instant, words};

/// How a value compares with its expectation.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Judgement {
    /// How the check came out.
    pub(super) state: CheckState,
    /// The fact, in a sentence.
    pub(super) text: String,
    /// The newest row proven, where the check reads one.
    pub(super) newest_row: Option<Timestamp>,
}

/// Judges a trimmed value.
pub(super) fn judge(value: &str, expectation: Option<&Expectation>, promise: Promise) -> Judgement {
    match expectation {
        None => passed(format!("gave {}; nothing was expected, so this proves nothing", shown(value))),
        Some(Expectation::NewestRow) => with_limit(newest_row(value, promise), promise),
        Some(Expectation::AtLeast(least)) => number(value, *least, "at least", |got| got >= *least),
        Some(Expectation::AtMost(most)) => number(value, *most, "at most", |got| got <= *most),
        Some(Expectation::Equals(text)) if value.is_empty() && text.is_empty() => {
            passed("gave nothing, as expected; no data was read, so this proves nothing".to_owned())
        }
        Some(Expectation::Equals(text)) => {
            decide(value == text, format!("gave {}, expected exactly {text}", shown(value)))
        }
        Some(Expectation::Contains(text)) => decide(
            value.contains(text.as_str()),
            format!("gave {}, expected it to contain {text}", shown(value)),
        ),
    }
}

fn number(value: &str, bound: f64, word: &str, holds: impl Fn(f64) -> bool) -> Judgement {
    match value.parse::<f64>() {
        Ok(got) if got.is_finite() => decide(holds(got), format!("gave {value}, expected {word} {bound}")),
        _ => failed(format!("gave `{}`, which is no number; expected {word} {bound}", shown(value))),
    }
}

/// A row is the least that was restored: what came after it may be in another table, or may never have been written.
/// That it lies before the promise is too much only by an RPO; without one the gap is said, and nothing judges it.
fn newest_row(value: &str, promise: Promise) -> Judgement {
    if value.is_empty() {
        return failed("found no row at all".to_owned());
    }
    let Some(row) = parse_instant(value) else {
        return Judgement {
            state: CheckState::CouldNotRun,
            text: format!(
                "could not run: `{}` is no instant with an offset; for a column without time zone select it `at time zone 'UTC'`",
                shown(value)
            ),
            newest_row: None,
        };
    };
    let promised = instant::rfc3339(promise.newest);
    let shown = instant::rfc3339(row);
    let short = promise.newest - row;
    let tolerated = promise.rpo.and_then(|rpo| TimeDelta::from_std(rpo).ok());
    // A fork that ran past its point may hold what it was to be free of (S14).
    if let Some(doubt) = promise.doubt(row) {
        return failed(format!("newest row {shown}, {doubt}"));
    }
    let text = if row > promise.newest {
        format!("newest row {shown}, later than the promised {promised}")
    } else {
        let unjudged = if promise.rpo.is_none() && row < promise.newest {
            "; no RPO says whether that is too much"
        } else {
            ""
        };
        format!("newest row {shown}, {} before the promised {promised}{unjudged}", shortfall(short))
    };
    Judgement { newest_row: Some(row), ..decide(tolerated.is_none_or(|tolerated| short <= tolerated), text) }
}

/// A row that fails reads as one that passes, but for the limit that it is beyond.
fn with_limit(judgement: Judgement, promise: Promise) -> Judgement {
    match promise.rpo.filter(|_| judgement.state == CheckState::Failed && judgement.newest_row.is_some()) {
        Some(rpo) => {
            let text = format!("{}; the RPO of {} allows no more", judgement.text, words::objective(rpo));
            Judgement { text, ..judgement }
        }
        None => judgement,
    }
}

/// How much is missing, rounded up (S13): `1h 19s`, below a second `2 ms`.
fn shortfall(short: TimeDelta) -> String {
    let micros = short.num_microseconds().unwrap_or(i64::MAX);
    match micros {
        i64::MIN..=0 => words::signed_s(0),
        1..1_000 => format!("{micros} us"),
        1_000..1_000_000 => format!("{} ms", (micros + 999) / 1_000),
        _ => words::signed_s(short.num_seconds() + i64::from(short.subsec_nanos() > 0)),
    }
}

/// An instant with an offset, as RFC 3339 or as PostgreSQL writes `timestamptz`.
fn parse_instant(value: &str) -> Option<Timestamp> {
    DateTime::parse_from_rfc3339(value)
        .or_else(|_| DateTime::parse_from_str(value, "%Y-%m-%d %H:%M:%S%.f%#z"))
        .ok()
        .map(|at| at.to_utc())
}

fn decide(holds: bool, text: String) -> Judgement {
    if holds { passed(text) } else { failed(text) }
}

fn passed(text: String) -> Judgement {
    Judgement { state: CheckState::Passed, text, newest_row: None }
}

fn failed(text: String) -> Judgement {
    Judgement { state: CheckState::Failed, text, newest_row: None }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::Edge;

    fn promise() -> Promise {
        let newest = "2026-11-20T12:00:19Z".parse().unwrap();
        Promise { newest, is: Edge::Exact, agreed_at: None, rpo: Some(Duration::from_mins(15)) }
    }

    #[test]
    fn expectations_decide() {
        use CheckState::{CouldNotRun, Failed, Passed};
        let newest = Some(Expectation::NewestRow);
        let least = Some(Expectation::AtLeast(1.0));
        let most = Some(Expectation::AtMost(1.0));
        for (value, expectation, state) in [
            ("42", None, Passed),
            ("1", least.clone(), Passed),
            ("0", least.clone(), Failed),
            ("", least.clone(), Failed),
            ("NaN", least, Failed),
            ("2", most, Failed),
            ("ok", Some(Expectation::Equals("ok".into())), Passed),
            ("okay", Some(Expectation::Equals("ok".into())), Failed),
            ("", Some(Expectation::Equals(String::new())), Passed),
            ("bad row", Some(Expectation::Equals(String::new())), Failed),
            ("okay", Some(Expectation::Contains("ok".into())), Passed),
            ("2026-11-20 12:00:18.25+00", newest.clone(), Passed),
            ("2026-11-20T12:45:19+01:00", newest.clone(), Passed),
            ("2026-11-20 11:00:00+00", newest.clone(), Failed),
            ("2026-11-20 12:00:18.25", newest.clone(), CouldNotRun),
            ("", newest, Failed),
        ] {
            assert_eq!(
                judge(value, expectation.as_ref(), promise()).state,
                state,
                "{value:?} {expectation:?}"
            );
        }
    }

    #[test]
    fn what_a_row_holds_neither_steers_a_terminal_nor_fills_a_report() {
        let value = format!("\u{1b}]52;c;eA==\u{7}\u{1b}[2J{}", "x".repeat(60_000));
        for expectation in [
            None,
            Some(Expectation::NewestRow),
            Some(Expectation::AtLeast(1.0)),
            Some(Expectation::Equals("ok".into())),
            Some(Expectation::Contains("ok".into())),
        ] {
            let text = judge(&value, expectation.as_ref(), promise()).text;
            assert!(text.len() < 400 && !text.chars().any(char::is_control), "{expectation:?}: {text:?}");
        }
        let whole = Expectation::Contains("xxxx".into());
        assert_eq!(judge(&value, Some(&whole), promise()).state, CheckState::Passed, "judged whole");
    }

    #[test]
    fn s14_a_row_newer_than_its_point_shows_a_fork_that_ran_past_it() {
        use CheckState::{Failed, Passed};
        for (row, is, state) in [
            ("2026-11-20T12:01:00Z", Edge::Exact, Passed),
            ("2026-11-20T12:02:00Z", Edge::Exact, Failed),
            ("2026-11-20T12:02:00Z", Edge::AtMost, Failed),
            ("2026-11-20T12:02:00Z", Edge::AtLeast, Passed),
        ] {
            let judgement = judge(row, Some(&Expectation::NewestRow), Promise { is, ..promise() });
            assert_eq!(judgement.state, state, "{row} {is:?}");
            assert_eq!(judgement.newest_row.is_some(), state == Passed, "S23: no proof of how new it is");
            assert!(judgement.text.contains("later than the promised"), "{}", judgement.text);
        }
    }

    #[test]
    fn the_newest_row_is_kept_even_when_it_is_too_old() {
        let judgement = judge("2026-11-20 11:00:00+00", Some(&Expectation::NewestRow), promise());
        assert_eq!(judgement.newest_row, Some("2026-11-20T11:00:00Z".parse().unwrap()));
        assert_eq!(
            judgement.text,
            "newest row 2026-11-20T11:00:00Z, 1h 19s before the promised 2026-11-20T12:00:19Z; the RPO of 15m allows no more"
        );
    }

    #[test]
    fn s13_what_is_missing_is_rounded_up_in_its_own_unit() {
        for (value, missing) in [
            ("2026-11-20T12:00:19Z", "0s before"),
            ("2026-11-20T12:00:18.998001Z", "2 ms before"),
            ("2026-11-20T12:00:18.9999Z", "100 us before"),
            ("2026-11-20T12:00:17.5Z", "2s before"),
        ] {
            let text = judge(value, Some(&Expectation::NewestRow), promise()).text;
            assert!(text.contains(missing), "{value}: {text}");
        }
    }

    #[test]
    fn s23_without_an_rpo_a_row_before_the_promise_is_the_least_that_was_restored_and_its_gap_is_said() {
        let promise = Promise { rpo: None, ..promise() };
        for (row, said) in [
            (
                "2026-11-20T12:00:18.9Z",
                "100 ms before the promised 2026-11-20T12:00:19Z; no RPO says whether",
            ),
            ("2025-11-20T12:00:19Z", "365d before the promised 2026-11-20T12:00:19Z; no RPO says whether"),
            ("2026-11-20T12:00:19Z", "0s before the promised 2026-11-20T12:00:19Z"),
        ] {
            let judgement = judge(row, Some(&Expectation::NewestRow), promise);
            assert_eq!((judgement.state, judgement.newest_row), (CheckState::Passed, parse_instant(row)));
            assert!(judgement.text.contains(said), "{}", judgement.text);
            assert_eq!(judgement.text.contains("no RPO"), said.contains("no RPO"), "{}", judgement.text);
        }
        let past = judge("2026-11-20T12:02:00Z", Some(&Expectation::NewestRow), promise);
        assert_eq!(past.state, CheckState::Failed, "a fork that ran past its point needs no RPO");
    }
}
