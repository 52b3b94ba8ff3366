//! The fleet of the drawings: five services, one of each state.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::FixedOffset;
use lifeboat::domain::fleet::SourceState;
use lifeboat::domain::skew::Skew;
use lifeboat::domain::{
    Ability, Attempt, Bound, CopyState, Edge, Engine, Fleet, Grade, Liveness, LogReach, Origin, Outcome,
    PointKind, Points, Policy, Reading, RecoveryPoint, Replicated, Service, ServiceFacts, Timestamp,
    Usability, Window,
};
use lifeboat::tui::app::arming::{Arming, NotArmed};
use lifeboat::tui::app::model::Again;
use lifeboat::tui::app::themes::{ThemeLine, ThemeList};
use lifeboat::tui::app::{Model, Setup, Size};
use lifeboat::tui::keymap::KeyMap;
use lifeboat::tui::theme::Theme;

pub(crate) const WEST: &str = "aws-eu-west-1";
pub(crate) const CENTRAL: &str = "aws-eu-central-1";

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn now() -> Timestamp {
    at("2026-11-20T12:04:31Z")
}

fn in_berlin(_: Timestamp) -> FixedOffset {
    FixedOffset::east_opt(3600).unwrap()
}

fn themes() -> ThemeList {
    let line = |name: &str| {
        let about = Theme::built_in(name).unwrap().about().to_owned();
        ThemeLine { name: name.to_owned(), about, file: None }
    };
    ThemeList { lines: Theme::names().map(line).collect(), palette: "256", ..ThemeList::default() }
}

fn not_armed() -> NotArmed {
    let lines = [
        "not armed for aiven-prod: nothing was changed",
        "  missing here: --arm is not given",
        "  next:  lifeboat --arm",
    ];
    NotArmed { lines: lines.map(str::to_owned).to_vec(), command: Some("lifeboat --arm\n".to_owned()) }
}

pub(crate) fn setup() -> Setup {
    Setup {
        fleet: "payments".to_owned(),
        demo: false,
        read_only: false,
        arming: Arming {
            sources: BTreeMap::from([("aiven-prod".to_owned(), Err(not_armed()))]),
            together: not_armed(),
        },
        who: "anna@jump2".to_owned(),
        verify: BTreeMap::from([(
            "aiven-prod".to_owned(),
            "avn service backup-list --project prod orders-db".to_owned(),
        )]),
        bindings: Vec::new(),
        stale_after: Duration::from_secs(60 * 2).into(),
        offset_at: in_berlin,
        criteria: BTreeMap::new(),
        not_saved: None,
        keys: KeyMap::default(),
        themes: themes(),
        again: Some(Again::new("lifeboat", "lifeboat --arm")),
    }
}

fn window(from: &str, to: &str) -> Window {
    Window {
        from: Bound::new(at(from), Grade::Claimed, "stop of the oldest base backup"),
        to: Bound::new(at(to), Grade::Claimed, "last log"),
        to_is: Edge::Exact,
    }
}

/// A backup a day from one instant up to another.
pub(crate) fn daily(from: &str, to: &str) -> Vec<RecoveryPoint> {
    let mut points = Vec::new();
    let mut next = at(from);
    while next <= at(to) {
        points.push(RecoveryPoint {
            name: next.format("base-%Y%m%d").to_string(),
            at: next,
            started: None,
            kind: PointKind::Full,
            size_bytes: Some(79 << 30),
            usability: Usability::Usable,
        });
        next += chrono::TimeDelta::days(1);
    }
    points
}

fn pitr(points: Vec<RecoveryPoint>, windows: Vec<Window>) -> Reading {
    Reading {
        as_of: at("2026-11-20T12:04:27Z"),
        ability: Ability::Pitr,
        points: Some(points.into()),
        windows: Some(windows.into()),
        log: LogReach { replicated: Replicated::Yes, ..LogReach::unknown() },
        signs: Vec::new(),
        interval: None,
    }
}

fn copy(source: &str, region: &str, reading: Reading) -> CopyState {
    CopyState {
        attempt: Attempt { at: Some(reading.as_of), outcome: Outcome::Ok, error: None },
        last_good: Some(reading.into()),
        ..CopyState::unread(format!("{source} {region}"), source, Some(region.to_owned()))
    }
}

fn facts(engine: Engine, version: &str, plan: &str) -> ServiceFacts {
    ServiceFacts {
        version: Some(version.to_owned()).filter(|version| !version.is_empty()),
        plan: Some(plan.to_owned()),
        region: Some(WEST.to_owned()),
        state: Some("RUNNING".to_owned()),
        ..ServiceFacts::of(engine)
    }
}

fn service(id: &str, facts: ServiceFacts, tier: u8, rpo: u64, rto: u64) -> Service {
    Service {
        facts: Some(facts.into()),
        owner: Some("team-payments".to_owned()),
        owner_from: Origin::Given,
        policy: Policy {
            tier: Some(tier),
            rpo: (rpo > 0).then(|| Duration::from_secs(60 * rpo)),
            rto: (rto > 0).then(|| Duration::from_secs(60 * rto)),
            drill_every: None,
        },
        policy_from: Origin::Given,
        liveness: Liveness::Answers { at: at("2026-11-20T12:04:23Z") },
        ..Service::unread(id, id)
    }
}

/// Healthy, 4m 12s behind, an 11-hour hole a week ago.
pub(crate) fn orders() -> Service {
    let here = pitr(
        daily("2026-11-06T02:31:40Z", "2026-11-20T02:31:40Z"),
        vec![window("2026-11-06T02:31:40Z", "2026-11-20T12:04:27Z")],
    );
    let mut points = daily("2026-11-07T02:31:40Z", "2026-11-20T02:31:40Z");
    points.retain(|point| point.name != "base-20261113");
    points.push(RecoveryPoint {
        at: at("2026-11-13T14:40:00Z"),
        name: "base-20261113b".to_owned(),
        ..points[0].clone()
    });
    points.sort_by_key(|point| point.at);
    let there = pitr(
        points,
        vec![
            window("2026-11-07T02:31:40Z", "2026-11-13T03:10:00Z"),
            window("2026-11-13T14:40:00Z", "2026-11-20T12:00:19Z"),
        ],
    );
    Service {
        primary: Some(copy("aiven-prod", WEST, here)),
        secondary: Some(copy("aiven-prod", CENTRAL, there)),
        last_proven: Some(at("2026-10-17T09:00:00Z")),
        restore_history_s: vec![1620, 2040, 1800, 1700],
        ..service("orders-db", facts(Engine::Pg, "16", "business-8"), 1, 15, 60)
    }
}

/// Fallen behind: more than twice its RPO.
fn ledger() -> Service {
    let here = pitr(
        daily("2026-11-14T09:00:10Z", "2026-11-20T09:00:10Z"),
        vec![window("2026-11-14T09:00:10Z", "2026-11-20T12:04:27Z")],
    );
    let there = pitr(
        daily("2026-11-14T09:00:10Z", "2026-11-19T09:00:10Z"),
        vec![window("2026-11-14T09:00:10Z", "2026-11-20T11:33:20Z")],
    );
    Service {
        primary: Some(copy("aiven-prod", WEST, here)),
        secondary: Some(copy("aiven-prod", CENTRAL, there)),
        last_proven: Some(at("2026-10-17T09:00:00Z")),
        restore_history_s: vec![1320, 1860],
        ..service("ledger", facts(Engine::Mysql, "8", "business-8"), 1, 15, 60)
    }
}

/// Self-run; the copy there was last read 22 minutes ago.
fn sessions() -> Service {
    let here = pitr(
        daily("2026-11-10T02:09:30Z", "2026-11-20T02:09:30Z"),
        vec![window("2026-11-10T02:09:30Z", "2026-11-20T12:04:20Z")],
    );
    let mut there = pitr(
        daily("2026-11-12T02:09:30Z", "2026-11-20T02:09:30Z"),
        vec![window("2026-11-12T02:09:30Z", "2026-11-20T11:38:02Z")],
    );
    there.as_of = at("2026-11-20T11:42:10Z");
    let mut secondary = copy("pg-east", "dc-east", there);
    secondary.attempt = Attempt {
        at: Some(at("2026-11-20T12:04:11Z")),
        outcome: Outcome::TimedOut,
        error: Some("no answer within 10s".to_owned()),
    };
    Service {
        primary: Some(copy("pg-west", "dc-west", here)),
        secondary: Some(secondary),
        restore_history_s: vec![900],
        ..service("sessions", ServiceFacts { region: None, ..facts(Engine::Pg, "15", "") }, 2, 60, 240)
    }
}

/// Hourly snapshots, never restored.
fn search() -> Service {
    let snapshots = |from: &str, to: &str| Reading {
        as_of: at("2026-11-20T12:04:27Z"),
        ability: Ability::Snapshots,
        points: Some(
            daily(from, to)
                .into_iter()
                .map(|point| RecoveryPoint { kind: PointKind::Snapshot, ..point })
                .collect(),
        ),
        windows: Some(Vec::new().into()),
        log: LogReach::unknown(),
        signs: Vec::new(),
        interval: None,
    };
    Service {
        primary: Some(copy("aiven-prod", WEST, snapshots("2026-11-18T11:00:04Z", "2026-11-20T11:00:04Z"))),
        secondary: Some(copy(
            "aiven-prod",
            CENTRAL,
            snapshots("2026-11-18T11:00:04Z", "2026-11-20T11:00:04Z"),
        )),
        restore_history_s: vec![600],
        ..service("search", facts(Engine::OpenSearch, "2", "business-4"), 2, 120, 240)
    }
}

/// No backups by design.
fn events() -> Service {
    let none = Reading {
        as_of: at("2026-11-20T12:04:27Z"),
        ability: Ability::ByDesignNone,
        points: Some(Points::default()),
        windows: Some(Vec::new().into()),
        log: LogReach::unknown(),
        signs: Vec::new(),
        interval: None,
    };
    Service {
        primary: Some(copy("aiven-prod", WEST, none)),
        liveness: Liveness::NotProbed,
        ..service("events", facts(Engine::Other("kafka".to_owned()), "3.9", "business-4"), 3, 0, 0)
    }
}

fn source(outcome: Outcome, last_good: &str) -> SourceState {
    SourceState {
        attempt: Attempt { at: Some(now()), outcome, error: None },
        last_good: Some(at(last_good)),
        skew: Some(Skew { secs: 0, at: now() }),
        took: Duration::from_millis(120),
        calls: 2,
        retry_after: None,
    }
}

pub(crate) fn fleet() -> Fleet {
    let mut fleet = Fleet::new([orders(), ledger(), sessions(), search(), events()]);
    fleet.sources = BTreeMap::from([
        ("aiven-prod".to_owned(), source(Outcome::Ok, "2026-11-20T12:04:27Z")),
        ("pg-west".to_owned(), source(Outcome::Ok, "2026-11-20T12:04:25Z")),
        ("pg-east".to_owned(), source(Outcome::TimedOut, "2026-11-20T11:42:10Z")),
    ]);
    fleet
}

pub(crate) fn model(width: u16, height: u16) -> Model {
    Model::new(setup(), fleet(), now(), Size { width, height })
}
