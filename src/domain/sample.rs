//! Builders for the tests of this module: one healthy service, to be spoilt by each test.

use std::collections::BTreeMap;
use std::time::Duration;

use super::*;

/// The instant that samples call *now*.
pub(crate) const NOW: &str = "2026-11-20T12:04:31Z";

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn now() -> Timestamp {
    at(NOW)
}

/// A window whose upper edge is exact, claimed by the provider.
pub(crate) fn window(from: &str, to: &str) -> Window {
    Window {
        from: Bound::new(at(from), Grade::Claimed, "stop of the oldest base backup"),
        to: Bound::new(at(to), Grade::Claimed, "last log"),
        to_is: Edge::Exact,
    }
}

pub(crate) fn point(name: &str, stop: &str) -> RecoveryPoint {
    RecoveryPoint {
        name: name.to_owned(),
        at: at(stop),
        started: None,
        kind: PointKind::Full,
        size_bytes: Some(79 << 30),
        usability: Usability::Usable,
    }
}

/// As its provider tells it as of then: switched off.
pub(crate) fn switch_off(service: &mut Service, read_at: Timestamp) {
    let terms = terms::BackupTerms { powered_off: Some(true), ..terms::BackupTerms::default() };
    service.facts = Some(ServiceFacts { terms, ..ServiceFacts::of(Engine::Pg) }.into());
    service.primary.as_mut().unwrap().last_good.as_mut().unwrap().as_of = read_at;
}

/// A PITR reading taken at *now* with one window.
pub(crate) fn reading(from: &str, to: &str) -> Reading {
    Reading {
        as_of: now(),
        ability: Ability::Pitr,
        points: Some(vec![point("base-1", from)].into()),
        windows: Some(vec![window(from, to)].into()),
        log: LogReach { replicated: Replicated::Yes, ..LogReach::unknown() },
        signs: Vec::new(),
        interval: None,
    }
}

pub(crate) fn snapshots(instants: &[&str]) -> Reading {
    let points = instants.iter().map(|stop| RecoveryPoint { kind: PointKind::Snapshot, ..point(stop, stop) });
    Reading {
        as_of: now(),
        ability: Ability::Snapshots,
        points: Some(points.collect()),
        windows: Some(Vec::new().into()),
        log: LogReach::unknown(),
        signs: Vec::new(),
        interval: None,
    }
}

pub(crate) fn copy(source: &str, reading: Reading) -> CopyState {
    CopyState {
        attempt: Attempt { at: Some(reading.as_of), outcome: Outcome::Ok, error: None },
        last_good: Some(reading.into()),
        ..CopyState::unread(source, source, Some(format!("region of {source}")))
    }
}

/// From what age on tests call facts stale.
pub(crate) static STALE: StaleAfter = StaleAfter::new(Duration::from_mins(2), BTreeMap::new());

pub(crate) fn minutes(count: u64) -> Duration {
    Duration::from_mins(count)
}

/// `orders-db` of the screens: healthy, 4m 12s behind, RPO 15m, RTO 1h.
pub(crate) fn orders() -> Service {
    Service {
        policy: Policy { tier: Some(1), rpo: Some(minutes(15)), rto: Some(minutes(60)), drill_every: None },
        policy_from: Origin::Given,
        primary: Some(copy("west", reading("2026-11-06T02:31:40Z", "2026-11-20T12:04:10Z"))),
        secondary: Some(copy("east", reading("2026-11-07T02:31:40Z", "2026-11-20T12:00:19Z"))),
        ..Service::unread("orders-db", "orders-db")
    }
}

/// What an incident tells whose declarer stated this loss instant.
pub(crate) fn open_run() -> OpenRun {
    OpenRun {
        run: "inc-orders-1".to_owned(),
        drill: false,
        opened_at: at("2026-11-20T12:00:00Z"),
        driven: true,
        last_at: None,
        step: None,
        needs_person: false,
        unfenced_since: None,
        restores_to: None,
        moved_to: None,
        parted_from: None,
        config_files: Vec::new(),
    }
}

/// A change of where backups are copied to that nobody follows.
pub(crate) fn open_change() -> OpenChange {
    OpenChange {
        of: "orders-db".to_owned(),
        source: None,
        remote: "orders-db".to_owned(),
        to: Some("north".to_owned()),
        since: at("2026-11-20T11:30:00Z"),
        last: (at("2026-11-20T11:31:00Z"), "no copy there yet".to_owned()),
        so_since: at("2026-11-20T11:31:00Z"),
        stage: None,
        is_followed: false,
    }
}

pub(crate) fn heard_word(at: Timestamp) -> Heard {
    let word = Word { at, by: "anna".to_owned(), is: WordIs::LossInstant };
    Heard {
        run: "inc-orders-db".to_owned(),
        life: Life::default(),
        words: vec![word],
        either_from: None,
        on_at: None,
    }
}

pub(crate) fn facts() -> ServiceFacts {
    ServiceFacts::of(Engine::Pg)
}

pub(crate) fn report(source: &str, services: Vec<ServicePart>) -> SourceReport {
    SourceReport {
        source: source.to_owned(),
        as_of: now(),
        outcome: Outcome::Ok,
        error: None,
        skew_s: None,
        took: Duration::from_millis(20),
        calls: 1,
        retry_after: None,
        complete: true,
        nearest: BTreeMap::new(),
        services,
    }
}

pub(crate) fn part(remote: &str, copies: Vec<CopyPart>) -> ServicePart {
    ServicePart { remote: remote.to_owned(), facts: None, copies, ours: None }
}

pub(crate) fn copy_part(role: Role, reading: Option<Reading>) -> CopyPart {
    CopyPart {
        role,
        copy: "the copy".to_owned(),
        region: None,
        outcome: Outcome::Ok,
        error: None,
        reading: reading.map(Into::into),
    }
}

/// Lets both copies end at one segment that its server proved to hold everything until then, last committed to before.
pub(crate) fn prove_complete(service: &mut Service, last_commit: &str, complete_at: &str) {
    let end = LogPosition {
        archive: "15-1".to_owned(),
        timeline: 1,
        segment: 0x31,
        name: format!("{:024X}", 0x31),
        stored_at: None,
        branch: None,
    };
    for role in [Role::Primary, Role::Secondary] {
        let reading = service.copy_mut(role).as_mut().unwrap().last_good.as_mut().unwrap();
        reading.log.end = Some(Box::new(end.clone()));
    }
    let log = &mut service.primary.as_mut().unwrap().last_good.as_mut().unwrap().log;
    (log.last_commit, log.complete_at) = (Some(at(last_commit)), Some(at(complete_at)));
}
