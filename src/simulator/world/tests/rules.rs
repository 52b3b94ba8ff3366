//! The provider's rules: where copies may go and when, what a fork may be made with.

use super::*;

const NORTH: &str = "aws-eu-north-1";

#[test]
fn the_region_of_copies_is_set_once_in_a_day_and_can_always_be_switched_off() {
    let mut world = of_service("engine = 'pg'\n");
    copy_to(&mut world, &[THERE], zero()).unwrap();
    copy_to(&mut world, &[THERE], after(60)).unwrap();
    let refused = copy_to(&mut world, &[NORTH], after(3600)).unwrap_err();
    assert_eq!(refused.status, 400);
    assert!(refused.message.contains("once in 24 hours, next at 2026-11-21T12:00:00"), "{refused:?}");
    copy_to(&mut world, &[], after(7200)).unwrap();
    assert!(copy_to(&mut world, &[NORTH], after(86_399)).is_err(), "off and on again is a change, too");
    copy_to(&mut world, &[NORTH], after(86_400)).unwrap();
    assert_eq!(db(&world).secondary.as_ref().unwrap().cloud, NORTH);
}

#[test]
fn the_first_copies_arrive_some_minutes_after_they_were_switched_on() {
    let mut world = of_service("engine = 'pg'\nsize = '6GiB'\n");
    copy_to(&mut world, &[THERE], zero()).unwrap();
    assert_eq!(world.secondary_range(db(&world), after(150)), None, "6 GiB take a minute, and the delay two");
    let first = after(200);
    let range = world.secondary_range(db(&world), first).unwrap();
    let newest = world.backups(db(&world), zero()).pop().unwrap();
    assert_eq!(range.from, newest.at, "the newest backup there was, and none before it");
    assert!(first - range.to < TimeDelta::minutes(4));
    let copied = world.backups(db(&world), first).iter().filter(|backup| backup.copied).count();
    assert_eq!(copied, 1);
    copy_to(&mut world, &[], after(300)).unwrap();
    assert_eq!(world.secondary_range(db(&world), after(300)), None);
}

#[test]
fn an_unsaid_network_is_the_projects_and_null_is_the_public_one() {
    let vpc = "[[vpc]]\nregion = 'aws-eu-central-1'\n";
    let mut world = with_events(vpc);
    let id = world.vpcs()[0].id.clone();
    let mut create = |name: &str, network, cloud| {
        let wanted = Creation { network, ..fork(name, None, cloud) };
        let made = world.create(wanted, zero());
        made.map(|_| world.find(name).unwrap().vpc.clone())
    };
    assert_eq!(create("f-1", Network::Unsaid, THERE).unwrap(), Some(id.clone()));
    assert_eq!(create("f-2", Network::Public, THERE).unwrap(), None);
    assert_eq!(create("f-3", Network::Vpc(id.clone()), THERE).unwrap(), Some(id.clone()));
    assert_eq!(create("f-4", Network::Unsaid, HERE).unwrap(), None);
    assert_eq!(create("f-5", Network::Vpc(id), HERE).unwrap_err().status, 400, "it lies elsewhere");
}

#[test]
fn a_fork_needs_a_plan_there_room_on_disk_and_a_place_in_the_project() {
    let text = "about = ''\nseed = 9\nquota = 2\n[[service]]\nname = 'db'\nengine = 'pg'\nplan = 'premium-8'\n\
                region = 'aws-eu-west-1'\nsecondary = 'aws-eu-north-1'\nsize = '60GiB'\n";
    let mut world = World::new(&scenario::from_text("test", text).unwrap(), zero());
    let premium = Creation { plan: "premium-8".to_owned(), ..fork("f", None, NORTH) };
    let refused = world.create(premium, zero()).unwrap_err();
    assert_eq!(refused.message, "Plan 'premium-8' is not available in cloud 'aws-eu-north-1'");
    let small = Creation { disk_mb: Some(1024), ..fork("f", None, NORTH) };
    assert!(world.create(small, zero()).unwrap_err().message.contains("disk_space_mb"));
    world.create(fork("f", None, NORTH), zero()).unwrap();
    let full = world.create(fork("g", None, NORTH), zero()).unwrap_err();
    assert_eq!((full.status, full.message.as_str()), (403, "The project has reached its limit of services"));
    let mut hobby = of_service("engine = 'pg'\n");
    hobby.update("db", Update { plan: Some("hobbyist".to_owned()), ..Update::default() }, zero()).unwrap();
    assert_eq!(hobby.create(fork("f", None, HERE), zero()).unwrap_err().status, 403);
}

#[test]
fn a_service_that_moves_leaves_its_backups_behind() {
    let mut world = with_events("[[event]]\nat = '2h'\ndo = 'region_down'\non = 'aws-eu-west-1'\n");
    world.update("db", Update { cloud: Some(NORTH.to_owned()), ..Update::default() }, zero()).unwrap();
    assert_eq!((db(&world).region.as_str(), db(&world).storage.as_str()), (NORTH, HERE));
    let later = after(3 * 3600);
    assert!(world.serves(db(&world), later), "its old region is down, not its own");
    let refused = world.create(fork("f", None, NORTH), later).unwrap_err();
    assert_eq!(
        (refused.status, refused.message.as_str()),
        (503, "Backups in 'aws-eu-west-1' cannot be reached")
    );
    world.create(fork("f", None, THERE), later).unwrap();
}

#[test]
fn a_service_that_is_switched_off_writes_nothing_and_keeps_its_backups() {
    let mut world = with_events("");
    let switch = |world: &mut World, powered, protected, at| {
        world.update("db", Update { powered, protected, ..Update::default() }, at)
    };
    assert_eq!(switch(&mut world, Some(false), None, zero()).unwrap_err().status, 403, "protected");
    switch(&mut world, Some(false), Some(false), zero()).unwrap();
    let week = after(7 * 86_400);
    assert_eq!(world.backups(db(&world), zero()).len(), world.backups(db(&world), week).len());
    assert_eq!(world.primary_range(db(&world), week).unwrap().to, zero());
    assert_eq!(world.data(db(&world), zero()), world.data(db(&world), week));
    switch(&mut world, Some(true), None, week).unwrap();
    let back = after(8 * 86_400);
    assert!(world.serves(db(&world), back));
    let gap = world.backups(db(&world), back);
    assert!(gap.iter().all(|backup| backup.at <= zero() || backup.at > week), "none in between: {gap:?}");
    assert!(gap.last().unwrap().at > week);
}

#[test]
fn backups_move_to_the_time_that_is_set_and_those_that_were_made_stay() {
    use chrono::Timelike;

    let mut world = of_service("engine = 'pg'\n");
    let before = world.backups(db(&world), zero());
    let set = |world: &mut World, settings: serde_json::Value, now| {
        let user_config = settings.as_object().unwrap().clone();
        world.update("db", Update { user_config, ..Update::default() }, now)
    };
    let time = |world: &World| {
        let at = db(world).schedule.time_of_day();
        (at.hour(), at.minute())
    };
    let (_, minute) = time(&world);
    set(&mut world, json!({ "backup_hour": 3 }), zero()).unwrap();
    assert_eq!(time(&world), (3, minute), "what is not said stays");
    set(&mut world, json!({ "backup_hour": 14, "backup_minute": 30 }), after(60)).unwrap();
    assert_eq!(time(&world), (14, 30));
    assert_eq!(world.backups(db(&world), after(60)), before, "what was made is as it was");
    let later = world.backups(db(&world), after(3 * 86_400));
    let new: Vec<String> = later
        .iter()
        .filter(|one| one.at > after(60))
        .map(|one| one.at.format("%d %H:%M").to_string())
        .collect();
    assert_eq!(new, ["20 14:30", "21 14:30", "22 14:30"]);
    // Before its time came it is set again: the one that was to come does not.
    set(&mut world, json!({ "backup_minute": 45 }), after(86_400)).unwrap();
    let again = world
        .backups(db(&world), after(3 * 86_400))
        .into_iter()
        .map(|one| one.at.format("%d %H:%M").to_string());
    assert_eq!(
        again.filter(|at| at.as_str() > "20 13").collect::<Vec<_>>(),
        ["20 14:30", "21 14:45", "22 14:45"]
    );
    for (settings, says) in
        [(json!({ "backup_hour": 24 }), "from 0 to 23"), (json!({ "backup_minute": "5" }), "from 0 to 59")]
    {
        let refused = set(&mut world, settings, after(90_000)).unwrap_err();
        assert!(refused.message.contains(says), "{refused:?}");
    }
    let mut search = of_service("engine = 'opensearch'\n");
    assert!(
        set(&mut search, json!({ "backup_hour": 3 }), zero()).unwrap_err().message.contains("backup_hour")
    );
}

#[test]
fn copies_that_had_arrived_stay_where_they_are_when_others_go_elsewhere() {
    let mut world = with_events("");
    let arrived = |world: &World, now| {
        let backups = world.backups(db(world), now).into_iter().filter(|backup| backup.copied);
        backups.map(|backup| backup.name).collect::<Vec<_>>()
    };
    let before = arrived(&world, zero());
    assert!(before.len() > 1, "{before:?}");
    copy_to(&mut world, &[], zero()).unwrap();
    let left = world.copies_left(db(&world));
    assert_eq!(left, [(THERE, before.iter().cloned().collect())]);
    copy_to(&mut world, &[NORTH], after(60)).unwrap();
    let later = after(86_400);
    let now = arrived(&world, later);
    assert!(!now.is_empty() && now.iter().all(|name| *name != before[0]), "{now:?}");
    assert_eq!(world.copies_left(db(&world)), [(THERE, before.into_iter().collect())]);
}
