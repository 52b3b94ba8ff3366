//! What is particular to a type of service.

use super::*;
use crate::simulator::scenario::Kind;
use crate::simulator::wire::{plans, policy};

#[test]
fn mysql_keeps_a_chain_as_long_as_its_last_increment_is_needed() {
    let world = of_service("engine = 'mysql'\nfull_every = '7d'\nsecondary = 'aws-eu-central-1'\n");
    for day in 0..30 {
        let backups = world.backups(db(&world), after(day * 86_400));
        assert!(!backups[0].incremental, "day {day}: the oldest kept is a full one");
        assert!((14..=22).contains(&backups.len()), "day {day}: {}", backups.len());
        let fulls: Vec<usize> = (0..backups.len()).filter(|place| !backups[*place].incremental).collect();
        assert!(fulls.windows(2).all(|pair| pair[1] - pair[0] == 7), "day {day}: {fulls:?}");
        let (full, increment) = (&backups[0], &backups[1]);
        assert!(increment.size * 10 < full.size);
        assert!(backups[..backups.len() - 1].iter().all(|backup| backup.copied));
    }
}

#[test]
fn a_fork_of_mysql_restores_the_whole_chain_and_says_where_it_is() {
    let mut world = of_service("engine = 'mysql'\nfull_every = '7d'\nsecondary = 'aws-eu-central-1'\n");
    let backups = world.backups(db(&world), zero());
    let last = backups.iter().rposition(|backup| backup.incremental && backup.copied).unwrap();
    let full = backups[..last].iter().rposition(|backup| !backup.incremental).unwrap();
    let mut wanted = fork("f", Some(backups[last].at + TimeDelta::seconds(1)), THERE);
    wanted.kind = "mysql".to_owned();
    world.create(wanted, zero()).unwrap();
    let restored = world.find("f").unwrap().build.as_ref().unwrap().restored.clone().unwrap();
    assert_eq!(restored.chain, backups[full..=last]);
    let (first, _, _) = restored.link(0.0).unwrap();
    let (at_last, backup, done) = restored.link(1.0).unwrap();
    assert_eq!((first, at_last, done), (0, last - full, backups[last].size));
    assert_eq!(backup.name, backups[last].name);
    let stages: Vec<Stage> = (0..3600).map(|second| world.find("f").unwrap().stage(after(second))).collect();
    assert!(stages.iter().any(|stage| matches!(stage, Stage::Merging(_))));
    assert_eq!(stages.last(), Some(&Stage::Running));
}

#[test]
fn a_chain_whose_full_backup_was_missed_begins_with_the_next_one() {
    let outage = "[[event]]\nat = '1d'\ndo = 'region_down'\non = 'aws-eu-west-1'\n\
                  [[event]]\nat = '9d'\ndo = 'region_up'\non = 'aws-eu-west-1'\n";
    let world = of_service(&format!("engine = 'mysql'\nfull_every = '7d'\n{outage}"));
    let backups = world.backups(db(&world), after(12 * 86_400));
    let gap = backups.windows(2).position(|pair| pair[1].at - pair[0].at > TimeDelta::days(3)).unwrap();
    assert!(!backups[gap + 1].incremental, "nothing to be an increment on: {backups:?}");
}

#[test]
fn opensearch_keeps_every_hour_of_a_day_and_then_one_a_day_with_the_same_names_there() {
    let world = of_service("engine = 'opensearch'\nsecondary = 'aws-eu-central-1'\n");
    let backups = world.backups(db(&world), zero());
    let young = backups.iter().filter(|backup| zero() - backup.at <= TimeDelta::hours(24)).count();
    assert!((24..=25).contains(&young), "{young}");
    assert!((36..=39).contains(&backups.len()), "24 hours and 13 days, not {}", backups.len());
    let old = &backups[..backups.len() - young];
    assert!(
        old.windows(2)
            .all(|pair| (pair[1].at - pair[0].at - TimeDelta::days(1)).abs() < TimeDelta::minutes(1))
    );
    assert!(world.secondary_range(db(&world), zero()).is_none(), "no point in time");
}

#[test]
fn snapshots_are_there_only_from_the_time_on_that_copies_were_switched_on() {
    let world = of_service("engine = 'opensearch'\nsecondary = 'aws-eu-central-1'\nsecondary_for = '5h'\n");
    let backups = world.backups(db(&world), zero());
    let there = backups.iter().filter(|backup| backup.copied).count();
    assert!((4..=5).contains(&there), "{there}");
}

#[test]
fn what_a_plan_says_is_what_is_kept() {
    for kind in Kind::ALL {
        for plan in plans::ALL {
            let text = format!(
                "about = ''\nseed = 9\n[[service]]\nname = 'db'\nplan = '{}'\nregion = 'aws-eu-west-1'\nengine = '{}'\n",
                plan.name,
                kind.word()
            );
            let world = World::new(&scenario::from_text("test", &text).unwrap(), zero());
            let kept = i64::try_from(world.backups(db(&world), zero()).len()).unwrap();
            let said = policy::backup_config(kind, &plan)["max_count"].as_i64().unwrap();
            assert!((kept - said).abs() <= 1, "{} {}: {kept} instead of {said}", kind.word(), plan.name);
            assert_eq!(said == 0, !kind.has_backups(), "{}", kind.word());
        }
    }
}

#[test]
fn a_type_takes_only_the_settings_it_has() {
    for kind in Kind::ALL {
        let mut world = of_service(&format!("engine = '{}'\n", kind.word()));
        let copied = copy_to(&mut world, &[THERE], zero());
        assert_eq!(copied.is_ok(), kind.can_be_copied(), "{}: {copied:?}", kind.word());
        let mut wanted = fork("f", None, HERE);
        wanted.kind = kind.word().to_owned();
        let forked = world.create(wanted, zero());
        let can = kind.has_backups() && kind.fork_by() != scenario::ForkBy::Never;
        assert_eq!(forked.is_ok(), can, "{}: {forked:?}", kind.word());
    }
}

#[test]
fn an_in_memory_store_without_persistence_has_no_backups() {
    let world = of_service("engine = 'valkey'\npersistence = false\n");
    assert_eq!(world.backups(db(&world), zero()), []);
    assert_eq!(db(&world).user_config["valkey_persistence"], "off");
}
