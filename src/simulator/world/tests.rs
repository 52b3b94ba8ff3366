//! Properties of the world: what must hold at every instant of every scenario.

mod mishaps;
mod rules;
mod types;

use std::time::Duration;

use chrono::TimeDelta;
use proptest::prelude::*;
use serde_json::{Map, json};

use super::*;
use crate::simulator::scenario::{self, Scenario};

const START: &str = "2026-11-20T12:00:00Z";

fn zero() -> Timestamp {
    START.parse().unwrap()
}

fn after(seconds: i64) -> Timestamp {
    zero() + TimeDelta::seconds(seconds)
}

fn embedded() -> Vec<Scenario> {
    scenario::names().map(|name| scenario::load(name).unwrap()).collect()
}

/// One pg service `db`, 1 m log, 2 m copying, daily backups; with these events.
fn with_events(events: &str) -> World {
    of_service(&format!("engine = 'pg'\nsecondary = 'aws-eu-central-1'\nsize = '6GiB'\n{events}"))
}

/// One service `db` with these keys.
fn of_service(keys: &str) -> World {
    let text = format!(
        "about = ''\nseed = 9\n[[service]]\nname = 'db'\nplan = 'business-8'\n\
         region = 'aws-eu-west-1'\n{keys}"
    );
    World::new(&scenario::from_text("test", &text).unwrap(), zero())
}

/// Sets the region of the copies.
fn copy_to(world: &mut World, clouds: &[&str], now: Timestamp) -> Result<(), Refused> {
    let mut user_config = Map::new();
    user_config.insert("additional_backup_regions".to_owned(), json!(clouds));
    world.update("db", Update { user_config, ..Update::default() }, now)
}

fn db(world: &World) -> &Instance {
    world.find("db").unwrap()
}

fn fork(name: &str, target: Option<Timestamp>, cloud: &str) -> Creation {
    let mut user_config = Map::new();
    user_config.insert("service_to_fork_from".to_owned(), json!("db"));
    if let Some(target) = target {
        user_config.insert("recovery_target_time".to_owned(), json!(target.to_rfc3339()));
    }
    Creation {
        name: name.to_owned(),
        kind: "pg".to_owned(),
        plan: "business-8".to_owned(),
        cloud: Some(cloud.to_owned()),
        network: Network::Public,
        disk_mb: None,
        protected: false,
        tags: std::collections::BTreeMap::default(),
        copy_tags: false,
        user_config,
    }
}

const THERE: &str = "aws-eu-central-1";
const HERE: &str = "aws-eu-west-1";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn at_any_instant_windows_lie_inside_backups_and_copies_never_lead(seconds in -86_400i64 .. 30 * 86_400) {
        let now = after(seconds);
        for scenario in embedded() {
            let world = World::new(&scenario, zero());
            for of in world.instances() {
                let backups = world.backups(of, now);
                prop_assert!(backups.is_sorted_by_key(|backup| backup.at));
                prop_assert!(backups.iter().all(|backup| backup.at <= now));
                prop_assert!(of.secondary.is_some() || backups.iter().all(|backup| !backup.copied));
                let Some(own) = world.primary_range(of, now) else { continue };
                prop_assert!(own.from <= own.to && own.to <= now);
                prop_assert_eq!(Some(own.from), backups.first().map(|backup| backup.at));
                let Some(there) = world.secondary_range(of, now) else { continue };
                prop_assert!(own.from <= there.from && there.from <= there.to, "{} {:?} {:?}", of.name, own, there);
                prop_assert!(there.to <= own.to, "{} there {} is newer than here {}", of.name, there.to, own.to);
                prop_assert!(backups.iter().any(|backup| backup.copied && backup.at == there.from));
            }
        }
    }

    #[test]
    fn time_never_takes_log_or_copies_back(seconds in 0i64 .. 7200, more in 0i64 .. 7200) {
        for scenario in embedded() {
            let world = World::new(&scenario, zero());
            for of in world.instances() {
                let (then, later) = (after(seconds), after(seconds + more));
                prop_assert!(world.horizon(of, then) <= world.horizon(of, later));
                let end = |at| world.secondary_range(of, at).map(|range| range.to);
                prop_assert!(end(then) <= end(later), "{}: {:?} then {:?}", of.name, end(then), end(later));
                let still = world.backups(of, later);
                for backup in world.backups(of, then).iter().filter(|backup| backup.copied) {
                    prop_assert!(still.iter().all(|other| other.name != backup.name || other.copied));
                }
                prop_assert!(world.data(of, then).rows <= world.data(of, later).rows);
            }
        }
    }

    #[test]
    fn a_fork_holds_the_last_row_at_or_before_its_target(seconds in 0i64 .. 86_400, back in 0i64 .. 10 * 86_400_000) {
        let now = after(seconds);
        let mut world = with_events("");
        let range = world.secondary_range(db(&world), now).unwrap();
        let target = (range.to - TimeDelta::milliseconds(back)).max(range.from);
        world.create(fork("f", Some(target), THERE), now).unwrap();
        let later = now + TimeDelta::hours(6);
        let newest = world.data(world.find("f").unwrap(), later).newest_row.unwrap();
        prop_assert!(newest <= target);
        let next = newest + TimeDelta::microseconds(db(&world).rows.unwrap().every_us);
        prop_assert!(next > target, "the row at {} is missing before {}", next, target);
    }

    #[test]
    fn a_fork_only_ever_goes_forward(seconds in 0i64 .. 7200, more in 0i64 .. 7200) {
        let mut world = with_events("");
        world.create(fork("f", None, THERE), zero()).unwrap();
        let order = |at: Timestamp| match world.find("f").unwrap().stage(at) {
            Stage::Accepted => (0, 0.0),
            Stage::SettingUp => (1, 0.0),
            Stage::Preparing => (2, 0.0),
            Stage::BaseBackup(share) => (3, share),
            Stage::Merging(share) => (4, share),
            Stage::Replaying(share) => (5, share),
            Stage::Finishing => (6, 0.0),
            Stage::Running => (7, 0.0),
        };
        prop_assert!(order(after(seconds)) <= order(after(seconds + more)));
    }
}

#[test]
fn the_same_seed_gives_the_same_world_and_another_seed_another() {
    let mut scenario = scenario::load("calm").unwrap();
    let backups = |scenario: &Scenario| {
        let world = World::new(scenario, zero());
        let all: Vec<_> = world.instances().iter().map(|of| world.backups(of, zero())).collect();
        all
    };
    let first = backups(&scenario);
    assert_eq!(first, backups(&scenario));
    scenario.seed += 1;
    assert_ne!(first, backups(&scenario));
}

#[test]
fn every_backup_arrives_in_time_and_none_before_it_is_made() {
    let world = with_events("");
    let newest = world.backups(db(&world), zero()).pop().unwrap();
    let copied =
        |at| world.backups(db(&world), at).iter().any(|backup| backup.at == newest.at && backup.copied);
    assert!(!copied(newest.at + TimeDelta::seconds(100)), "2 m of delay have not passed");
    // 6 GiB at 100 MiB/s and 2 m.
    assert!(copied(newest.at + TimeDelta::seconds(120 + 64)));
}

#[test]
fn without_events_the_end_there_trails_by_the_delay_and_at_most_one_piece_of_log() {
    let world = with_events("");
    for seconds in 0..300 {
        let now = after(seconds);
        let behind = now - world.secondary_range(db(&world), now).unwrap().to;
        assert!(behind >= TimeDelta::minutes(2) && behind < TimeDelta::minutes(3), "{behind}");
    }
}

#[test]
fn a_lag_stops_the_end_there_and_then_keeps_its_distance() {
    let world = with_events(
        "[[event]]\nat = '10m'\ndo = 'lag'\non = 'db'\nby = '30m'\n[[event]]\nat = '2h'\ndo = 'lag'\non = 'db'\nby = '0s'\n",
    );
    let end = |seconds| world.secondary_range(db(&world), after(seconds)).unwrap().to;
    assert_eq!(end(600), end(600 + 29 * 60), "nothing arrives for the first half hour");
    let behind = |seconds| after(seconds) - end(seconds);
    assert!(behind(3600) >= TimeDelta::minutes(32) && behind(3600) < TimeDelta::minutes(33));
    assert!(behind(2 * 3600 + 60) < TimeDelta::minutes(3), "it catches up at once");
}

#[test]
fn a_pause_stops_the_copy_but_not_the_service() {
    let world = with_events(
        "[[event]]\nat = '0s'\ndo = 'pause_copy'\non = 'db'\nreason = 'why'\n[[event]]\nat = '3d'\ndo = 'resume_copy'\non = 'db'\n",
    );
    let day = 86_400;
    assert_eq!(world.script().pause("db", after(day)), Some("why"));
    let (before, during) =
        (world.secondary_range(db(&world), zero()), world.secondary_range(db(&world), after(day)));
    assert_eq!(before.unwrap().to, during.unwrap().to);
    let newest = world.backups(db(&world), after(day)).pop().unwrap();
    assert!(newest.at > zero() && !newest.copied, "{newest:?}");
    assert_eq!(world.script().pause("db", after(4 * day)), None);
    assert!(world.backups(db(&world), after(4 * day)).iter().rev().nth(1).unwrap().copied);
}

#[test]
fn a_region_that_is_down_writes_nothing_backs_up_nothing_and_comes_back() {
    let world = with_events(
        "[[event]]\nat = '1h'\ndo = 'region_down'\non = 'aws-eu-west-1'\n[[event]]\nat = '49h'\ndo = 'region_up'\non = 'aws-eu-west-1'\n",
    );
    let (down, up) = (after(3600), after(49 * 3600));
    let during = after(30 * 3600);
    assert!(!world.serves(db(&world), during));
    assert_eq!(world.primary_range(db(&world), during).unwrap().to, down);
    assert_eq!(world.backups(db(&world), down), world.backups(db(&world), during));
    assert_eq!(world.data(db(&world), down), world.data(db(&world), during));
    let back = world.data(db(&world), up + TimeDelta::minutes(1));
    assert!(back.newest_row.unwrap() > up);
    let a_minute = 60_000_000 / db(&world).rows.unwrap().every_us;
    let more = back.rows - world.data(db(&world), during).rows;
    assert!((more - a_minute).abs() <= 1, "{more} rows in a minute of {a_minute}");
    assert!(world.serves(db(&world), up));
}

#[test]
fn a_fork_there_is_refused_outside_of_the_range_there_to_the_microsecond() {
    let mut world = with_events("");
    let now = zero();
    let range = world.secondary_range(db(&world), now).unwrap();
    let step = TimeDelta::microseconds(1);
    let refused = world.create(fork("f", Some(range.to + step), THERE), now).unwrap_err();
    assert_eq!(refused.status, 400);
    assert_eq!(world.create(fork("f", Some(range.from - step), THERE), now).unwrap_err().status, 400);
    world.create(fork("f-newest", Some(range.to), THERE), now).unwrap();
    world.create(fork("f-oldest", Some(range.from), THERE), now).unwrap();
    world.create(fork("f-here", Some(now), HERE), now).unwrap();
    assert_eq!(world.create(fork("f-later", Some(now + step), HERE), now).unwrap_err().status, 400);
}

#[test]
fn a_fork_without_a_target_is_as_old_as_the_newest_backup_there() {
    let mut world = with_events("");
    world.create(fork("f", None, THERE), zero()).unwrap();
    let backups = world.backups(db(&world), zero());
    let newest = backups.iter().rev().find(|backup| backup.copied).unwrap();
    let row = world.data(world.find("f").unwrap(), zero()).newest_row.unwrap();
    assert!(row <= newest.at && newest.at - row < TimeDelta::seconds(3));
}

#[test]
fn a_fork_has_no_backup_until_some_minutes_after_it_runs_and_then_its_own_schedule() {
    let mut world = with_events("");
    world.create(fork("f", None, THERE), zero()).unwrap();
    let runs = world.find("f").unwrap().build.as_ref().unwrap().running_from().unwrap();
    let took = runs - zero();
    assert!(took > TimeDelta::minutes(2) && took < TimeDelta::minutes(20), "some minutes, not {took}");
    let f = world.find("f").unwrap();
    assert!(f.is_running(runs) && world.backups(f, runs).is_empty());
    let own = world.backups(f, runs + TimeDelta::minutes(10));
    assert_eq!(own.len(), 1);
    assert_eq!(world.backups(f, runs + TimeDelta::hours(30)).len(), 2);
    assert_eq!(world.secondary_range(f, runs + TimeDelta::hours(30)), None, "no second region was asked for");
}

#[test]
fn a_fork_is_copied_elsewhere_once_that_is_asked_for() {
    let mut world = with_events("");
    world.create(fork("f", None, THERE), zero()).unwrap();
    let mut user_config = Map::new();
    user_config.insert("additional_backup_regions".to_owned(), json!([HERE]));
    world.update("f", Update { user_config, ..Update::default() }, zero()).unwrap();
    let later = after(3 * 3600);
    let range = world.secondary_range(world.find("f").unwrap(), later).unwrap();
    assert!(later - range.to < TimeDelta::minutes(4));
}

#[test]
fn only_the_first_fork_sticks_and_it_never_gets_further() {
    let mut world =
        with_events("[[event]]\nat = '0s'\ndo = 'stick_fork'\non = 'db'\nshare = 0.37\ntimes = 1\n");
    world.create(fork("f-1", None, THERE), zero()).unwrap();
    world.create(fork("f-2", None, THERE), zero()).unwrap();
    let later = after(10 * 86_400);
    assert_eq!(world.find("f-1").unwrap().stage(later), Stage::BaseBackup(0.37));
    assert!(world.backups(world.find("f-1").unwrap(), later).is_empty());
    assert_eq!(world.find("f-2").unwrap().stage(later), Stage::Running);
}

#[test]
fn as_many_answers_are_lost_as_the_scenario_says() {
    let mut world = with_events("[[event]]\nat = '1m'\ndo = 'lose_answer'\ntimes = 2\n");
    let mut create = |number: i64, at| world.create(fork(&format!("f-{number}"), None, THERE), at).unwrap();
    assert!(!create(0, zero()));
    assert!(create(1, after(60)) && create(2, after(61)));
    assert!(!create(3, after(62)));
}

#[test]
fn settings_of_a_kind_that_lacks_them_are_refused() {
    let mut world = World::new(&scenario::load("calm").unwrap(), zero());
    let mut wanted = fork("f", None, THERE);
    wanted.user_config.insert("recovery_basebackup_name".to_owned(), json!("x"));
    assert_eq!(world.create(wanted, zero()).unwrap_err().status, 400);
    let mut kafka = fork("f", None, THERE);
    kafka.kind = "kafka".to_owned();
    kafka.user_config.insert("service_to_fork_from".to_owned(), json!("events"));
    assert!(world.create(kafka, zero()).unwrap_err().message.contains("no backups"));
}

#[test]
fn a_snapshot_is_restored_by_its_name_where_it_is() {
    let mut world = World::new(&scenario::load("calm").unwrap(), zero());
    let of = world.find("search").unwrap();
    let backups = world.backups(of, zero());
    let newest = backups.iter().rev().find(|backup| backup.copied).unwrap().clone();
    let mut wanted = fork("f", None, THERE);
    wanted.kind = "opensearch".to_owned();
    wanted.user_config.insert("service_to_fork_from".to_owned(), json!("search"));
    wanted.user_config.insert("recovery_basebackup_name".to_owned(), json!("nothing"));
    assert_eq!(world.create(wanted.clone(), zero()).unwrap_err().status, 400);
    wanted.user_config.insert("recovery_basebackup_name".to_owned(), json!(newest.name));
    world.create(wanted, zero()).unwrap();
    let row = world.data(world.find("f").unwrap(), zero()).newest_row.unwrap();
    assert!(row <= newest.at && newest.at - row < TimeDelta::seconds(3));
}

#[test]
fn a_region_cannot_be_its_own_second_or_another_providers() {
    let mut world = with_events("");
    for (clouds, status) in [
        (json!([HERE]), Some(400)),
        (json!(["google-europe-west1"]), Some(400)),
        (json!([THERE, HERE]), Some(400)),
        (json!("text"), Some(400)),
        (json!(["aws-eu-north-1"]), None),
    ] {
        let mut user_config = Map::new();
        user_config.insert("additional_backup_regions".to_owned(), clouds.clone());
        let update = Update { user_config, ..Update::default() };
        let status_now = world.update("db", update, zero()).err().map(|refused| refused.status);
        assert_eq!(status_now, status, "{clouds}");
    }
    assert_eq!(db(&world).secondary.as_ref().unwrap().cloud, "aws-eu-north-1");
    assert_eq!(world.secondary_range(db(&world), zero()), None, "nothing has arrived there yet");
}

#[test]
fn the_audit_log_is_bounded() {
    let mut world = with_events("");
    for _ in 0..MOST_AUDITS + 10 {
        world.update("db", Update::default(), zero()).unwrap();
    }
    assert_eq!(world.audits().len(), MOST_AUDITS);
    assert_eq!(world.audits().last().unwrap().number, MOST_AUDITS + 10);
}

#[test]
fn a_limit_says_how_long_it_still_lasts() {
    let world = with_events("[[event]]\nat = '1m'\ndo = 'rate_limit'\nlasts = '2m'\nretry_after = false\n");
    assert_eq!(world.script().rate_limit(after(59)), None);
    assert_eq!(world.script().rate_limit(after(60)), Some((120, false)));
    assert_eq!(world.script().rate_limit(after(179)), Some((1, false)));
    assert_eq!(world.script().rate_limit(after(180)), None);
}

#[test]
fn a_skewed_clock_shows_another_time() {
    let world = with_events("[[event]]\nat = '1m'\ndo = 'skew_clock'\nseconds = -90\n");
    assert_eq!(world.script().api_clock(after(0)), after(0));
    assert_eq!(world.script().api_clock(after(60)), after(-30));
    assert_eq!(delta(Duration::from_secs(90)), TimeDelta::seconds(90));
}
