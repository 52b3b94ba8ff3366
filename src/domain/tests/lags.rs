//! How far the copy there trails (S8).

use std::time::Duration;

use super::*;

#[test]
fn s8_lags_are_apart_floored_and_known_only_when_both_are() {
    let judged = judge(&orders());
    assert_eq!(judged.replication_lag, Some(Duration::from_secs(231)));
    assert_eq!(judged.backup_lag, Some(Duration::ZERO), "the newer backup is there: floored");
    let mut unread = orders();
    fail(unread.primary.as_mut().unwrap(), Outcome::TimedOut);
    let judged = judge(&unread);
    assert_eq!((judged.replication_lag, judged.backup_lag), (None, None));
    newest_there(&mut unread, "2026-11-20T12:04:20Z");
    unread.primary = orders().primary;
    assert_eq!(judge(&unread).replication_lag, Some(Duration::ZERO), "ahead is floored at 0");
}

#[test]
fn s8_a_lag_is_only_between_edges_of_one_kind() {
    use Edge::{AtLeast, AtMost, Exact};
    use Grade::{Claimed, Whole};
    for (here, grade, there, same_end, lag) in [
        (Exact, Whole, Exact, false, Some(231)),
        (AtMost, Whole, AtMost, false, Some(231)),
        (AtMost, Whole, Exact, false, None),
        // Left open by the provider: until it was read.
        (AtMost, Claimed, Exact, false, Some(231)),
        (AtMost, Claimed, AtLeast, false, None),
        (Exact, Whole, AtLeast, false, None),
        // Two bounds from below have no distance.
        (AtLeast, Whole, AtLeast, false, None),
        (AtMost, Whole, Exact, true, Some(0)),
        (Exact, Whole, Exact, true, Some(0)),
    ] {
        let mut service = orders();
        for (role, edge) in [(Role::Primary, here), (Role::Secondary, there)] {
            let reading = service.copy_mut(role).as_mut().unwrap().last_good.as_mut().unwrap();
            let window = &mut reading.windows.as_mut().unwrap()[0];
            (window.to_is, window.to.grade) = (edge, grade);
            reading.log.end = same_end.then(|| Box::new(end(0x31)));
        }
        let lag = lag.map(Duration::from_secs);
        assert_eq!(judge(&service).replication_lag, lag, "{here:?} {grade:?} {there:?} {same_end}");
    }
}

#[test]
fn s8_where_edges_differ_the_store_times_of_both_ends_of_the_log_are_compared() {
    for (here, there, lag) in [
        ((0x33, Some("12:04:11")), (0x31, Some("12:00:20")), Some(231)),
        // It came late to the copy: its time says nothing.
        ((0x33, Some("12:04:11")), (0x31, Some("12:04:11")), None),
        ((0x33, Some("12:04:11")), (0x31, Some("12:05:00")), None),
        ((0x33, None), (0x31, Some("12:00:20")), None),
        ((0x31, Some("12:00:20")), (0x33, Some("12:04:11")), Some(0)),
    ] {
        let mut service = orders();
        for (role, edge, (segment, stored)) in
            [(Role::Primary, Edge::AtMost, here), (Role::Secondary, Edge::Exact, there)]
        {
            let reading = service.copy_mut(role).as_mut().unwrap().last_good.as_mut().unwrap();
            let window = &mut reading.windows.as_mut().unwrap()[0];
            (window.to_is, window.to.grade) = (edge, Grade::Whole);
            let stored_at = stored.map(|time| at(&format!("2026-11-20T{time}Z")));
            reading.log.end = Some(Box::new(LogPosition { stored_at, ..end(segment) }));
        }
        assert_eq!(judge(&service).replication_lag, lag.map(Duration::from_secs), "{here:?} {there:?}");
    }
}
