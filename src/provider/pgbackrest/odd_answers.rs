//! Every field of every capture dropped, set to null and given a strange type: what is then said must be
//! true still (S3). An answer counts as whole only where it says all that the capture says; never is more
//! restorable than there was, and never is there *none* where there was some.

use serde_json::{Value, json};

use super::fixtures::capture;
use super::info::{self, Info, RepoView};
use super::look::{Look, ToList, log_to_list, shows};
use super::reach::{Found, Gaps};
use super::wal;
use super::walk::Log;
use crate::domain::{Outcome, Points, Reading, RecoveryPoint, Sign, Window};

/// What a poll makes of an answer and of a listing.
#[derive(Debug)]
struct Made {
    outcome: Outcome,
    read: Option<(Look, Reading)>,
}

fn made(info: Option<&Info>, listed: Option<&Log>, stanza: &str, repo: u32) -> Made {
    let unread = |outcome| Made { outcome, read: None };
    let Some(info) = info else { return unread(Outcome::Malformed) };
    let (stanza, history) = match info.repo(stanza, repo) {
        RepoView::Unread { outcome, .. } => return unread(outcome),
        RepoView::Read { stanza, history } => (stanza.clone(), history.clone()),
    };
    let size = wal::segment_size(None, &stanza.backups_of(repo));
    let (mut log, mut trouble) = (None, None);
    match (log_to_list(&stanza, &history), listed) {
        (ToList::UpTo { newest, .. }, Some(listed)) if shows(listed, newest, size) => {
            log = Some(listed.clone());
        }
        (ToList::UpTo { .. }, Some(_)) | (ToList::Unsaid, _) => {
            trouble = Some((Outcome::Malformed, "contradicted, or unsaid".to_owned()));
        }
        (ToList::UpTo { .. }, None) | (ToList::Nothing, _) => {}
    }
    let look = Look::new(stanza, history, log, size, trouble);
    if look.seen().is_blind() {
        return unread(Outcome::Malformed);
    }
    let now = "2026-11-20T09:40:10Z".parse().unwrap();
    let reading = look.seen().reading(now, &mut Gaps::default(), Found::default());
    let outcome = if look.trouble.is_some() { Outcome::Partial } else { Outcome::Ok };
    Made { outcome, read: Some((look, reading)) }
}

/// The places of all values below one, and whether each is a field of an object.
fn places(value: &Value, at: &str, found: &mut Vec<(String, bool)>) {
    let below: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, below)| (name.clone(), below)).collect(),
        Value::Array(rows) => rows.iter().enumerate().map(|(row, below)| (row.to_string(), below)).collect(),
        _ => Vec::new(),
    };
    for (name, below) in below {
        let place = format!("{at}/{name}");
        found.push((place.clone(), value.is_object()));
        places(below, &place, found);
    }
}

/// A value of another type; which one goes round.
fn strange(value: &Value, turn: usize) -> Value {
    let all =
        [json!(true), json!("strange"), json!(7.5), json!(-7), json!([]), json!([7]), json!({"strange": 7})];
    let kind = std::mem::discriminant;
    (turn..turn + all.len())
        .map(|turn| all[turn % all.len()].clone())
        .find(|other| kind(other) != kind(value) || value.is_u64() && other.is_number())
        .unwrap()
}

/// The capture with one value dropped, null, and strange.
fn changed(capture: &Value, place: &str, field: bool, turn: usize) -> Vec<Value> {
    let mut all: Vec<Value> = [Value::Null, strange(capture.pointer(place).unwrap(), turn)]
        .map(|other| {
            let mut changed = capture.clone();
            *changed.pointer_mut(place).unwrap() = other;
            changed
        })
        .into();
    if field {
        let (of, name) = place.rsplit_once('/').unwrap();
        let mut dropped = capture.clone();
        dropped.pointer_mut(of).unwrap().as_object_mut().unwrap().remove(name);
        all.push(dropped);
    }
    all
}

/// What is said, without what `info` may leave out: sizes, and that a backup runs.
fn said(reading: &Reading) -> Reading {
    let mut said = reading.clone();
    let sizeless = |point| RecoveryPoint { size_bytes: None, ..RecoveryPoint::from(point) };
    said.points = reading.points.as_ref().map(|points| points.iter().map(sizeless).collect());
    said.signs.retain(|sign| *sign != Sign::BackupRunning);
    said
}

fn all_windows(reading: &Reading) -> Vec<Window> {
    reading.windows.as_deref().cloned().unwrap_or_default()
}

/// Whether all that a reading claims is claimed by another one too.
fn claims_no_more(reading: &Reading, whole: &Reading) -> Result<(), String> {
    let wider = all_windows(reading).into_iter().find(|window| {
        !all_windows(whole).iter().any(|other| {
            other.from.at <= window.from.at
                && window.to.at <= other.to.at
                && window.from.grade <= other.from.grade
        })
    });
    if let Some(window) = wider {
        return Err(format!("a window that was not there: {window:?}"));
    }
    let none = |points: &Option<Points>| points.as_ref().is_some_and(Points::is_empty);
    if none(&reading.points) && !none(&whole.points) {
        return Err("no backups where there are some".to_owned());
    }
    let no_window = |reading: &Reading| reading.windows.as_ref().is_some_and(|windows| windows.is_empty());
    if no_window(reading) && !no_window(whole) {
        return Err("no window where there is one".to_owned());
    }
    let there = whole.points.clone().unwrap_or_default();
    let invented = reading.points.iter().flatten().find(|point| {
        !there.iter().any(|other| {
            (other.name, other.at) == (point.name, point.at)
                && (other.usability.is_usable() || !point.usability.is_usable())
        })
    });
    if let Some(point) = invented {
        return Err(format!("a backup that was not there, or not usable: {point:?}"));
    }
    if reading.log.end.is_some() && reading.log.end != whole.log.end {
        return Err(format!("another end of the log: {:?}", reading.log.end));
    }
    Ok(())
}

/// How much of what a capture says is said still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    Whole,
    InPart,
    Nothing,
}

fn kept(found: &Made, intact: &Made) -> Result<Kept, String> {
    let Some((look, reading)) = &found.read else {
        let counted = matches!(found.outcome, Outcome::Ok | Outcome::Partial);
        return if counted { Err("nothing read, and counted as read".to_owned()) } else { Ok(Kept::Nothing) };
    };
    let (look_then, reading_then) = intact.read.as_ref().ok_or("read, though it was not")?;
    claims_no_more(reading, reading_then)?;
    if found.outcome != Outcome::Ok {
        return Ok(Kept::InPart);
    }
    let same = said(reading) == said(reading_then) && look.history == look_then.history;
    if same { Ok(Kept::Whole) } else { Err(format!("whole, and not the same: {reading:?}")) }
}

/// Older versions do not say whether pages are damaged: there nothing can be told.
fn damage_is_unsaid(changed: &Value, place: &str) -> bool {
    place.ends_with("/error") && changed.pointer(place).is_none_or(Value::is_null)
}

/// The captures, the listing to each where there is one, and the copies in it.
type Captures = [(&'static str, Option<&'static str>, &'static [(&'static str, u32)])];

const CAPTURES: &Captures = &[
    ("01-healthy", None, &[("main", 2)]),
    ("04-repo2-permission-denied", None, &[("main", 1), ("main", 2)]),
    ("05-repo2-s3-down", None, &[("shop", 1), ("shop", 2)]),
    ("06-stanza-missing", None, &[("main", 1)]),
    ("09-two-stanzas", None, &[("main", 2), ("orders", 1), ("orders", 2)]),
    ("10-region-down", None, &[("main", 1), ("main", 2), ("orders", 2)]),
    ("11-wal-gap", Some("11-wal-gap.repo2-ls"), &[("main", 2)]),
    ("11-wal-gap", Some("11-wal-gap.repo1-ls"), &[("main", 1)]),
    ("12-s3-encrypted", Some("12-s3-encrypted.repo2-ls"), &[("shop", 2)]),
    ("13-new-stanza-no-wal-yet", None, &[("empty", 1)]),
];

#[test]
fn s3_whatever_is_missing_or_strange_nothing_untrue_is_said() {
    let decoded = |info: &Value| info::decode(&serde_json::to_vec(info).unwrap()).ok();
    let mut seen = Vec::new();
    for &(name, listing, copies) in CAPTURES {
        let whole: Value = serde_json::from_slice(&capture(name)).unwrap();
        let log = listing.map(|name| {
            let entries = wal::listing(&capture(name)).unwrap();
            Log::new(wal::segments(&entries, wal::DEFAULT_SEGMENT_SIZE), Vec::new())
        });
        let of = |info: &Value| -> Vec<Made> {
            let info = decoded(info);
            copies.iter().map(|&(stanza, repo)| made(info.as_ref(), log.as_ref(), stanza, repo)).collect()
        };
        let intact = of(&whole);
        let mut all = Vec::new();
        places(&whole, "", &mut all);
        for (turn, (place, field)) in all.iter().enumerate() {
            for other in changed(&whole, place, *field, turn) {
                if damage_is_unsaid(&other, place) {
                    continue;
                }
                for (copy, (found, intact)) in copies.iter().zip(of(&other).iter().zip(&intact)) {
                    let kept = kept(found, intact).unwrap_or_else(|why| {
                        panic!("{name} {copy:?} {place} {:?}: {why}", other.pointer(place))
                    });
                    seen.push(kept);
                }
            }
        }
    }
    for kind in [Kept::Whole, Kept::InPart, Kept::Nothing] {
        let count = seen.iter().filter(|kept| **kept == kind).count();
        assert!(count > 200, "{kind:?} {count} of {}: nothing was tried", seen.len());
    }
}
