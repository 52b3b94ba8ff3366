use proptest::prelude::*;

use super::*;
use crate::domain::sample::*;
use crate::domain::target::PointRefused;
use crate::domain::{Ground, Outcome, Window};

fn asked(service: &Service, at: Timestamp, bad: Option<Timestamp>) -> Answer {
    answer(&Question { bad, ..question(service, None) }, at)
}

/// What a cursor asks; no bad moment is marked.
fn question<'a>(service: &'a Service, known: Option<&'a Assessment>) -> Question<'a> {
    Question { service, known, now: now(), stale_after: &STALE, bad: None }
}

#[test]
fn the_numbers_of_a_point_inside_a_window() {
    let mut service = orders();
    let reading = service.secondary.as_mut().unwrap().last_good.as_mut().unwrap();
    reading.points.as_mut().unwrap().push(point("base-2", "2026-11-20T02:14:08Z"));
    let answer = asked(&service, at("2026-11-20T11:41:00Z"), None);
    assert_eq!(answer.can, Can::Be(Grade::Claimed));
    assert_eq!(answer.target, Target::At(at("2026-11-20T11:41:00Z")));
    assert_eq!(answer.gives_up, Some(Duration::from_secs(23 * 60 + 31)));
    assert_eq!(answer.more_than_newest, Some(Duration::from_secs(19 * 60 + 19)));
    assert_eq!(answer.base.as_ref().unwrap().name, "base-2");
    assert_eq!(answer.replay, Some(Duration::from_secs(9 * 3600 + 26 * 60 + 52)));
    assert_eq!(answer.earlier, Some(at("2026-11-20T11:40:59Z")));
    assert_eq!(answer.later, Some(at("2026-11-20T11:41:01Z")));
    assert_eq!(answer.read, Some((now(), false)));
}

#[test]
fn s11_edges_and_backups_are_asked_for_by_name() {
    let mut service = orders();
    let reading = service.secondary.as_mut().unwrap().last_good.as_mut().unwrap();
    reading.points.as_mut().unwrap().push(point("base-2", "2026-11-20T02:14:08Z"));
    for (point, target) in [
        ("2026-11-20T12:00:19Z", Target::Newest),
        ("2026-11-07T02:31:40Z", Target::Oldest),
        ("2026-11-20T02:14:08Z", Target::Backup("base-2".to_owned())),
        ("2026-11-20T02:14:09Z", Target::At(at("2026-11-20T02:14:09Z"))),
    ] {
        assert_eq!(asked(&service, at(point), None).target, target);
    }
}

#[test]
fn s3_what_cannot_be_restored_has_no_numbers() {
    let mut service = orders();
    let after = asked(&service, at("2026-11-20T12:02:00Z"), None);
    assert!(matches!(&after.can, Can::Not(reason) if reason.contains("after the last log")), "{after:?}");
    assert_eq!((after.gives_up, after.more_than_newest, after.base), (None, None, None));
    assert_eq!((after.earlier, after.later), (Some(at("2026-11-20T12:00:19Z")), None));

    service.secondary.as_mut().unwrap().last_good = None;
    service.secondary.as_mut().unwrap().attempt.outcome = Outcome::TimedOut;
    let unread = asked(&service, now(), None);
    assert_eq!(unread.can, Can::Unknown("never read: timed out".to_owned()));
    assert_eq!((unread.gives_up, unread.earlier), (None, None));

    service.secondary = None;
    assert_eq!(asked(&service, now(), None).can, Can::Not("no copy in another region".to_owned()));
}

#[test]
fn s2_a_reading_that_failed_since_is_marked_old() {
    let mut service = orders();
    service.secondary.as_mut().unwrap().attempt.outcome = Outcome::Unreachable;
    assert_eq!(asked(&service, now(), None).read, Some((now(), true)));
}

#[test]
fn s10_a_point_in_a_region_that_is_silent_is_at_risk_and_not_simply_restorable() {
    let told = |silent_there| {
        let mut service = Service { silent_there, ..orders() };
        service.secondary.as_mut().unwrap().region = Some("dc-east".to_owned());
        super::super::sentences::can(&asked(&service, at("2026-11-20T12:00:19Z"), None), now())
    };
    let (ok, warning) = (crate::tui::app::state::Tone::Ok, crate::tui::app::state::Tone::Warning);
    for (silent, tone, says) in [
        (None, ok, "CAN BE RESTORED in dc-east, grade: claimed"),
        (Some(1), warning, "AT RISK in dc-east: 1 primary silent there, grade: claimed"),
        (Some(4), warning, "AT RISK in dc-east: 4 primaries silent there, grade: claimed"),
    ] {
        assert_eq!(told(silent), (tone, says.to_owned()));
    }
}

/// What may have arrived since is not known; what was there was there, and no reading shows an instant to come.
#[test]
fn s2_what_lies_behind_an_old_reading_is_not_known() {
    let second = TimeDelta::seconds(1);
    let mut service = orders();
    service.secondary.as_mut().unwrap().attempt.outcome = Outcome::Unreachable;
    let unknown = |service: &Service, point: &str| {
        let answer = asked(service, at(point), None);
        let (tone, said) = super::super::sentences::can(&answer, now());
        (matches!(answer.can, Can::Unknown(_)), tone, said)
    };
    let (is, tone, said) = unknown(&service, "2026-11-20T12:02:00Z");
    assert!(is && tone == crate::tui::app::state::Tone::Unknown, "{said}");
    assert!(said.starts_with("NOT KNOWN, as read 0s ago: ") && said.contains("after the last log"), "{said}");
    let (is, _, said) = unknown(&service, "2026-11-01T00:00:00Z");
    assert!(!is && said.starts_with("CANNOT be restored, as read 0s ago: "), "{said}");
    assert!(matches!(asked(&service, now() + second, None).can, Can::Not(_)));
    let bad = at("2026-11-20T12:01:00Z");
    let behind_it = asked(&service, at("2026-11-20T12:02:00Z"), Some(bad));
    assert!(matches!(behind_it.can, Can::Not(_)), "{behind_it:?}");

    let mut taken = copy("east", snapshots(&["2026-11-20T10:00:04Z", "2026-11-20T11:00:04Z"]));
    taken.attempt.outcome = Outcome::Unreachable;
    service.secondary = Some(taken);
    assert!(unknown(&service, "2026-11-20T11:30:00Z").0);
    assert!(!unknown(&service, "2026-11-20T10:30:00Z").0);
}

#[test]
fn s5_a_store_time_gives_up_at_least_so_much() {
    let mut service = orders();
    let reading = service.secondary.as_mut().unwrap().last_good.as_mut().unwrap();
    reading.windows.as_mut().unwrap()[0].to_is = Edge::AtMost;
    assert_eq!(asked(&service, at("2026-11-20T12:00:19Z"), None).is, LossIs::AtLeast);
    assert_eq!(asked(&service, at("2026-11-20T12:00:18Z"), None).is, LossIs::Exact);
}

#[test]
fn s5_any_point_gives_up_a_range_where_the_loss_instant_is_one_and_is_counted_to_its_later_end() {
    let service = orders();
    let mut known = crate::domain::assess(&service, now(), &STALE);
    let (earliest, latest) = (at("2026-11-20T12:02:19Z"), at("2026-11-20T12:04:19Z"));
    for (basis, ground, point, given_up) in [
        ((earliest, None), None, "2026-11-20T12:00:18Z", (121, LossIs::Exact, None)),
        ((earliest, Some(latest)), None, "2026-11-20T12:00:18Z", (241, LossIs::AtMost, Some(121))),
        // A silence alone: since when at the latest.
        ((latest, None), Some(Ground::Silence), "2026-11-20T12:00:18Z", (241, LossIs::AtMost, None)),
    ] {
        known.loss.basis = LossBasis::LossInstant { at: basis.0, latest: basis.1 };
        known.loss.ground = ground;
        let asked = answer(&question(&service, Some(&known)), at(point));
        let seconds = |amount: Option<Duration>| amount.map(|amount| amount.as_secs());
        assert_eq!((seconds(asked.gives_up), asked.is), (Some(given_up.0), given_up.1), "{basis:?}");
        assert_eq!(seconds(asked.gives_up_least), given_up.2, "{basis:?}");
        let said = super::super::sentences::gives_up(&asked);
        assert!(!said.contains(">="), "{said}");
    }
}

#[test]
fn s36_the_newest_point_gives_up_what_the_head_says_is_lost() {
    let service = orders();
    let mut known = crate::domain::assess(&service, now(), &STALE);
    (known.loss.amount, known.loss.is) = (Some(Duration::from_secs(10)), LossIs::AtMost);
    let asked = answer(&question(&service, Some(&known)), at("2026-11-20T12:00:19Z"));
    assert_eq!((asked.gives_up, asked.is), (Some(Duration::from_secs(10)), LossIs::AtMost), "idle");
    known.loss.at_least = Some(Duration::from_secs(4));
    let ranged = answer(&question(&service, Some(&known)), at("2026-11-20T12:00:19Z"));
    let said = super::super::sentences::gives_up(&ranged);
    assert!(said.starts_with("4s to 10s of writes before "), "{said}");
}

#[test]
fn s14_the_point_lies_before_the_bad_moment() {
    let service = orders();
    let bad = at("2026-11-20T11:41:00Z");
    let before = asked(&service, at("2026-11-20T11:40:17Z"), Some(bad));
    assert_eq!(before.bad, Some(BadMoment::Before(Duration::from_secs(43))));
    assert_eq!(before.can, Can::Be(Grade::Claimed));
    let late = asked(&service, bad, Some(bad));
    assert_eq!(late.bad, Some(BadMoment::NotBefore(Some(bad - TimeDelta::microseconds(1)))));
    assert!(matches!(late.can, Can::Not(_)));
    assert_eq!(late.earlier, Some(bad - TimeDelta::microseconds(1)), "however wide a column is");
}

#[test]
fn s4_snapshots_have_neighbours_and_nothing_between() {
    let mut service = orders();
    service.secondary = Some(copy("east", snapshots(&["2026-11-20T10:00:04Z", "2026-11-20T11:00:04Z"])));
    let between = asked(&service, at("2026-11-20T10:30:00Z"), None);
    assert!(matches!(between.can, Can::Not(_)));
    assert_eq!(between.earlier, Some(at("2026-11-20T10:00:04Z")));
    assert_eq!(between.later, Some(at("2026-11-20T11:00:04Z")));
    let newest = asked(&service, at("2026-11-20T11:00:04Z"), None);
    assert_eq!((newest.can, newest.target), (Can::Be(Grade::Claimed), Target::Newest));
    assert_eq!((newest.replay, newest.more_than_newest), (None, None));
}

fn with_windows(spans: &[(i64, i64)]) -> Service {
    let mut service = orders();
    let reading = service.secondary.as_mut().unwrap().last_good.as_mut().unwrap();
    let bound = |seconds: i64| crate::domain::Bound::new(second(seconds), Grade::Claimed, "sample");
    let windows = spans.iter().map(|(from, length)| Window {
        from: bound(*from),
        to: bound(from + length),
        to_is: Edge::Exact,
    });
    reading.windows = Some(windows::normalize(windows.collect()).into());
    reading.points = Some(Points::default());
    service
}

fn second(count: i64) -> Timestamp {
    now() - TimeDelta::seconds(1000) + TimeDelta::seconds(count)
}

proptest! {
    /// The answer says what the domain says, for any windows and any point.
    #[test]
    fn the_answer_agrees_with_the_domain(
        spans in proptest::collection::vec((0_i64..900, 0_i64..80), 0..10),
        at in -50_i64..1050,
    ) {
        let service = with_windows(&spans);
        let reading = service.secondary.as_ref().unwrap().last_good.as_ref().unwrap();
        let asked = asked(&service, second(at), None);
        match check(reading, &Target::At(second(at))) {
            Ok(reach) => {
                prop_assert!(matches!(asked.can, Can::Be(_)));
                prop_assert_eq!(check(reading, &asked.target), Ok(reach));
                prop_assert!(asked.gives_up.is_some());
            }
            Err(PointRefused { reason, earlier, later }) => {
                prop_assert_eq!(asked.can, Can::Not(reason));
                prop_assert_eq!((asked.earlier, asked.later), (earlier, later));
                prop_assert_eq!(asked.gives_up, None);
            }
        }
        for near in [asked.earlier, asked.later].into_iter().flatten() {
            prop_assert!(check(reading, &Target::At(near)).is_ok(), "{near}");
        }
        prop_assert!(asked.earlier.is_none_or(|near| near < second(at)));
        prop_assert!(asked.later.is_none_or(|near| near > second(at)));
    }

    /// Where bounds have only names, the cursor goes from one point that can be had to the next.
    #[test]
    fn s11_the_nearest_points_can_be_had_by_time_or_by_name(
        spans in proptest::collection::vec((0_i64..900, 0_i64..80), 1..10),
        at in -50_i64..1050,
    ) {
        let mut service = with_windows(&spans);
        let reading = service.secondary.as_mut().unwrap().last_good.as_mut().unwrap();
        for window in reading.windows.as_mut().unwrap().iter_mut() {
            window.from.nearest_time = Some(window.from.at + TimeDelta::seconds(1));
            window.to.nearest_time = Some(window.to.at - TimeDelta::microseconds(1));
        }
        let reading = service.secondary.as_ref().unwrap().last_good.as_ref().unwrap();
        let found = asked(&service, second(at), None);
        for near in [found.earlier, found.later].into_iter().flatten() {
            prop_assert!(matches!(asked(&service, near, None).can, Can::Be(_)), "{near}");
        }
        prop_assert!(found.earlier.is_none_or(|near| near < second(at)));
        prop_assert!(found.later.is_none_or(|near| near > second(at)));
        let edges = (newest(reading), oldest(reading));
        prop_assert!(found.earlier.is_some() || edges.1.is_none_or(|oldest| oldest >= second(at)));
        prop_assert!(found.later.is_some() || edges.0.is_none_or(|newest| newest <= second(at)));
    }
}
