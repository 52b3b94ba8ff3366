use proptest::prelude::*;

use std::time::Duration;

use super::*;
use crate::domain::sample::*;
use crate::domain::{CopyState, Outcome};

fn view(service: &Service) -> View<'_> {
    View { service, known: None, now: now(), stale_after: &STALE, columns: 84 }
}

fn busy() -> Service {
    let mut service = orders();
    let there = service.secondary.as_mut().unwrap().last_good.as_mut().unwrap();
    for day in 8..=20 {
        there
            .points
            .as_mut()
            .unwrap()
            .push(point(&format!("base-{day}"), &format!("2026-11-{day:02}T02:14:08Z")));
    }
    service
}

fn at_cursor(timeline: &Timeline, service: &Service) -> Timestamp {
    timeline.at(&view(service)).unwrap()
}

#[test]
fn the_cursor_starts_on_the_newest_there_and_follows_it() {
    let mut service = busy();
    let timeline = Timeline::open(&view(&service));
    assert_eq!(at_cursor(&timeline, &service), at("2026-11-20T12:00:19Z"));
    assert_eq!((timeline.span(), timeline.ends_now()), (3600, true));
    service.secondary.as_mut().unwrap().last_good.as_mut().unwrap().windows =
        Some(vec![window("2026-11-07T02:31:40Z", "2026-11-20T12:03:00Z")].into());
    assert_eq!(at_cursor(&timeline, &service), at("2026-11-20T12:03:00Z"));
}

#[test]
fn a_timeline_opens_wide_enough_to_show_the_newest_point() {
    let mut service = busy();
    service.secondary = Some(copy("east", snapshots(&["2026-11-19T02:00:00Z"])));
    let timeline = Timeline::open(&view(&service));
    assert!(timeline.ends_now());
    assert_eq!(timeline.span(), 3 * 86_400);
    assert!(timeline.near(&view(&service)).column(at("2026-11-19T02:00:00Z")).is_some());
}

#[test]
fn columns_edges_and_backups() {
    let service = busy();
    let mut timeline = Timeline::open(&view(&service));
    assert_eq!(timeline.near(&view(&service)).step(), 43);
    for (how, to) in [
        (Move::Columns(-1), "2026-11-20T11:59:36Z"),
        (Move::Columns(1), "2026-11-20T12:00:19Z"),
        (Move::PreviousBackup, "2026-11-20T02:14:08Z"),
        (Move::PreviousBackup, "2026-11-19T02:14:08Z"),
        (Move::NextBackup, "2026-11-20T02:14:08Z"),
        (Move::Oldest, "2026-11-07T02:31:40Z"),
        (Move::Newest, "2026-11-20T12:00:19Z"),
        (Move::Columns(5), "2026-11-20T12:03:54Z"),
        (Move::Columns(1), "2026-11-20T12:04:31Z"),
        (Move::Columns(-9), "2026-11-20T12:00:19Z"),
    ] {
        timeline.go(how, &view(&service));
        assert_eq!(at_cursor(&timeline, &service), at(to), "{how:?}");
        let near = timeline.near(&view(&service));
        assert!(near.column(at(to)).is_some(), "{how:?} left the lanes: {near:?}");
    }
    assert!(timeline.ends_now());
}

#[test]
fn there_is_nowhere_to_go_without_a_copy() {
    let mut service = busy();
    for secondary in [None, Some(CopyState::unread("east", "east", None))] {
        service.secondary = secondary;
        let view = view(&service);
        let mut timeline = Timeline::open(&view);
        assert_eq!((timeline.at(&view), timeline.answer(&view)), (None, None));
        for how in [
            Move::Newest,
            Move::Oldest,
            Move::NextBackup,
            Move::PreviousBackup,
            Move::Columns(-1),
            Move::To(at("2026-11-20T11:00:00Z")),
        ] {
            assert_eq!(timeline.go(how, &view), Went::Nowhere, "{how:?}");
        }
        timeline.toggle_bad(&view);
        assert_eq!((timeline.at(&view), timeline.answer(&view), timeline.bad), (None, None, None));
        assert!(matches!(view.no_point(), Some(Can::Not(_) | Can::Unknown(_))));
    }
}

#[test]
fn zoom_keeps_the_cursor_in_sight() {
    let service = busy();
    let view = view(&service);
    let mut timeline = Timeline::open(&view);
    timeline.go(Move::To(at("2026-11-13T08:00:00Z")), &view);
    assert!(!timeline.ends_now());
    for by in [-1, -1, -1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1] {
        timeline.zoom(by, &view);
        assert!(timeline.near(&view).column(at("2026-11-13T08:00:00Z")).is_some(), "{timeline:?}");
    }
    assert!(timeline.ends_now(), "the widest span shows it from now");
}

#[test]
fn s14_the_bad_moment_is_marked_and_unmarked_where_the_cursor_stands() {
    let service = busy();
    let view = view(&service);
    let mut timeline = Timeline::open(&view);
    timeline.toggle_bad(&view);
    assert_eq!(timeline.bad, Some(at("2026-11-20T12:00:19Z")));
    timeline.go(Move::Columns(-1), &view);
    assert_eq!(timeline.answer(&view).unwrap().bad, Some(BadMoment::Before(Duration::from_secs(43))));
    timeline.go(Move::Newest, &view);
    timeline.toggle_bad(&view);
    assert_eq!(timeline.bad, None);
}

fn any_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        (-100_i64..100).prop_map(Move::Columns),
        Just(Move::NextBackup),
        Just(Move::PreviousBackup),
        Just(Move::Oldest),
        Just(Move::Newest),
        (-3_000_000_i64..100_000).prop_map(|by| Move::To(now() + TimeDelta::seconds(by))),
    ]
}

proptest! {
    #[test]
    fn the_cursor_is_always_in_sight(
        moves in proptest::collection::vec((any_move(), -1_isize..2), 0..20),
        columns in 4_u16..300,
        taken in proptest::bool::ANY,
        silent in proptest::bool::ANY,
    ) {
        let mut service = busy();
        if taken {
            service.secondary = Some(copy("east", snapshots(&["2026-11-19T02:00:00Z", "2026-11-20T02:00:00Z"])));
        }
        if silent {
            service.secondary.as_mut().unwrap().attempt.outcome = Outcome::TimedOut;
        }
        let view = View { columns, ..view(&service) };
        let mut timeline = Timeline::open(&view);
        for (how, zoom) in moves {
            timeline.go(how, &view);
            timeline.zoom(zoom, &view);
            let cursor = timeline.at(&view).unwrap();
            if cursor <= now() {
                prop_assert!(timeline.near(&view).column(cursor).is_some(), "{:?}", timeline);
            }
            prop_assert!(timeline.answer(&view).is_some());
        }
    }
}
