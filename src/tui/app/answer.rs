//! *If I restore there to this point*: can it be done, what is given up, how long it takes, from what.

use std::time::Duration;

use super::timeline::{Timeline, there};
use crate::domain::windows::{self, Place};
use crate::domain::{
    Ability, Assessment, Edge, Grade, LossBasis, Reading, RecoveryPoint, Service, Target, Timestamp, target,
};

/// The answer for one point.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer<'a> {
    /// The instant of the point; `None` when nothing is known there.
    pub at: Option<Timestamp>,
    /// Whether it can be restored: how well founded that is, or why not.
    pub verdict: Result<Grade, String>,
    /// What the instant says about the newest data behind it.
    pub is: Edge,
    /// Writes that are given up by it, counted to `until`.
    pub gives_up: Option<Duration>,
    /// To when `gives_up` is counted.
    pub until: Until,
    /// How much more than the newest point would give up.
    pub more_than_newest: Option<Duration>,
    /// The backup a restore would start from.
    pub base: Option<&'a RecoveryPoint>,
    /// Log to be replayed from that backup.
    pub replay: Option<Duration>,
    /// The nearest earlier point that can be restored.
    pub earlier: Option<Timestamp>,
    /// The nearest later point that can be restored.
    pub later: Option<Timestamp>,
    /// How far before the bad moment it lies, when one is marked and it does.
    pub before_bad: Option<Duration>,
}

/// To when a loss is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// Now: the primary lives.
    Now,
    /// The loss instant.
    LossInstant(Timestamp),
}

/// Answers for the cursor of a timeline; `columns` is the width of its lanes.
pub fn answer<'a>(
    timeline: &Timeline,
    service: &'a Service,
    known: &Assessment,
    now: Timestamp,
    columns: u16,
) -> Answer<'a> {
    let reading = there(service);
    let at = timeline.at(service);
    let (end, until) = match known.loss.basis {
        LossBasis::Now => (now, Until::Now),
        LossBasis::LossInstant { at, .. } => (at, Until::LossInstant(at)),
    };
    let since = |from: Option<Timestamp>, to: Timestamp| from.and_then(|from| (to - from).to_std().ok());
    let newest =
        reading.and_then(|reading| target::check(reading, &Target::Newest).ok()).map(|reach| reach.at);
    let base = at.and_then(|at| base(reading?, at));
    let (verdict, is, near) = judge(timeline, reading, at);
    let (earlier, later) = near.unwrap_or_else(|| neighbours(timeline, service, now, columns));
    Answer {
        at,
        verdict,
        is,
        gives_up: since(at, end),
        until,
        more_than_newest: newest.and_then(|newest| since(at, newest)).filter(|more| !more.is_zero()),
        replay: base.and_then(|base| since(Some(base.at), at?)),
        base,
        earlier,
        later,
        before_bad: timeline.bad_moment.and_then(|bad| since(at, bad)).filter(|by| !by.is_zero()),
    }
}

type Near = Option<(Option<Timestamp>, Option<Timestamp>)>;

fn judge(
    timeline: &Timeline,
    reading: Option<&Reading>,
    at: Option<Timestamp>,
) -> (Result<Grade, String>, Edge, Near) {
    let Some(reading) = reading else {
        let why = "the copy there was never read, so nothing is known of it".to_owned();
        return (Err(why), Edge::Exact, Some((None, None)));
    };
    match target::check(reading, &timeline.target()) {
        Err(refused) => (Err(refused.reason), Edge::Exact, Some((refused.earlier, refused.later))),
        Ok(reach) => match timeline.bad_moment {
            // A bad moment stays before the point only if the point is strictly earlier (S14).
            Some(bad) if at.is_some_and(|at| at >= bad) => {
                let earlier = windows::before_bad_moment(reading.windows.as_deref().unwrap_or_default(), bad);
                let why = format!("it is not before the bad moment {}", crate::domain::words::instant(bad));
                (Err(why), reach.is, Some((earlier, None)))
            }
            _ => (Ok(grade(reading, reach.at)), reach.is, None),
        },
    }
}

/// How well founded it is that an instant can be restored: no better than the window around it.
fn grade(reading: &Reading, at: Timestamp) -> Grade {
    match windows::place(reading.windows.as_deref().unwrap_or_default(), at) {
        Place::Inside(window) => window.from.grade.min(window.to.grade),
        _ => Grade::Claimed,
    }
}

/// The backup a restore to an instant starts from.
fn base(reading: &Reading, at: Timestamp) -> Option<&RecoveryPoint> {
    let usable = reading.points.as_ref()?.iter().filter(|point| point.usability.is_usable());
    usable.filter(|point| point.at <= at).max_by_key(|point| point.at)
}

/// What one column to either side can be restored to.
fn neighbours(
    timeline: &Timeline,
    service: &Service,
    now: Timestamp,
    columns: u16,
) -> (Option<Timestamp>, Option<Timestamp>) {
    let (Some(reading), Some(at)) = (there(service), timeline.at(service)) else { return (None, None) };
    if reading.ability == Ability::Snapshots {
        let points = reading.points.as_deref().unwrap_or_default();
        let usable = points.iter().filter(|point| point.usability.is_usable()).map(|point| point.at);
        return (usable.clone().filter(|other| *other < at).max(), usable.filter(|other| *other > at).min());
    }
    let ranges = reading.windows.as_deref().unwrap_or_default();
    let step = timeline.near(service, now, columns).step();
    let earlier = at.checked_sub_signed(step).and_then(|at| windows::earlier(ranges, at));
    let later = at.checked_add_signed(step).and_then(|at| windows::later(ranges, at));
    let end = ranges.last().map(|window| window.to.at).filter(|end| *end > at);
    (earlier, later.or(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::assess;
    use crate::domain::sample::{at, now, orders, point, window};
    use crate::tui::app::timeline::Cursor;

    fn with_hole() -> Service {
        let mut service = orders();
        let copy = service.secondary.as_mut().unwrap().last_good.as_mut().unwrap();
        copy.points = Some(vec![point("old", "2026-11-07T02:31:40Z"), point("new", "2026-11-20T02:14:08Z")]);
        copy.windows = Some(vec![
            window("2026-11-07T02:31:40Z", "2026-11-13T03:10:00Z"),
            window("2026-11-13T14:40:00Z", "2026-11-20T12:00:19Z"),
        ]);
        service
    }

    fn ask<'a>(service: &'a Service, cursor: Cursor, bad: Option<&str>) -> Answer<'a> {
        let mut timeline = Timeline::new(service.id.clone());
        timeline.cursor = cursor;
        timeline.bad_moment = bad.map(at);
        answer(&timeline, service, &assess(service, now(), Duration::from_mins(10)), now(), 84)
    }

    #[test]
    fn a_point_inside_says_what_is_given_up_and_from_what_it_is_made() {
        let service = with_hole();
        let answer = ask(&service, Cursor::At(at("2026-11-20T11:41:00Z")), None);
        assert_eq!(answer.verdict, Ok(Grade::Claimed));
        assert_eq!(answer.gives_up, Some(Duration::from_secs(1411)), "23m 31s before now");
        assert_eq!(answer.more_than_newest, Some(Duration::from_secs(1159)), "19m 19s");
        assert_eq!(answer.base.map(|base| base.name.as_str()), Some("new"));
        assert_eq!(answer.replay, Some(Duration::from_secs(34_012)), "9h 26m 52s");
        assert!(answer.earlier < answer.at && answer.later > answer.at);
    }

    #[test]
    fn a_hole_offers_no_point_but_its_two_ends() {
        let service = with_hole();
        let answer = ask(&service, Cursor::At(at("2026-11-13T08:00:00Z")), None);
        assert!(answer.verdict.unwrap_err().contains("hole"));
        assert_eq!(answer.earlier, Some(at("2026-11-13T03:10:00Z")));
        assert_eq!(answer.later, Some(at("2026-11-13T14:40:00Z")));
    }

    #[test]
    fn s14_a_point_must_lie_before_the_bad_moment() {
        let service = with_hole();
        let after = ask(&service, Cursor::At(at("2026-11-20T11:41:00Z")), Some("2026-11-20T11:41:00Z"));
        assert!(after.verdict.unwrap_err().contains("bad moment"));
        assert!(after.earlier.unwrap() < at("2026-11-20T11:41:00Z"));
        let before = ask(&service, Cursor::At(at("2026-11-20T11:40:00Z")), Some("2026-11-20T11:41:00Z"));
        assert!(before.verdict.is_ok());
        assert_eq!(before.before_bad, Some(Duration::from_mins(1)));
    }

    #[test]
    fn s3_a_copy_that_was_never_read_has_no_answer() {
        let mut service = with_hole();
        service.secondary.as_mut().unwrap().last_good = None;
        let answer = ask(&service, Cursor::Newest, None);
        assert!(answer.verdict.is_err() && answer.at.is_none() && answer.gives_up.is_none());
    }
}
