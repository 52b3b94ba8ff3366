//! What goes wrong with a fork because the scenario says so.

use super::*;

fn event(what: &str) -> World {
    with_events(&format!("[[event]]\nat = '0s'\n{what}\n"))
}

#[test]
fn a_name_that_somebody_else_took_is_theirs_and_stays() {
    let mut world = event("do = 'take_name'");
    let mine =
        Creation { tags: [("lifeboat_run".to_owned(), "mine".to_owned())].into(), ..fork("f", None, THERE) };
    let refused = world.create(mine.clone(), zero()).unwrap_err();
    assert_eq!(
        (refused.status, refused.message.as_str()),
        (409, "Service name is already in use in this project")
    );
    let theirs = world.find("f").unwrap();
    assert!(
        !theirs.tags.contains_key("lifeboat_run") && !theirs.user_config.contains_key("service_to_fork_from")
    );
    world.create(Creation { name: "g".to_owned(), ..mine }, zero()).unwrap();
}

#[test]
fn a_fork_that_begins_again_falls_back_and_still_arrives() {
    let mut world = event("do = 'restart_fork'\non = 'db'\nshare = 0.6\n");
    world.create(fork("f", None, THERE), zero()).unwrap();
    world.create(fork("g", None, THERE), zero()).unwrap();
    let shares = |name: &str| -> Vec<f64> {
        let stages = (0..3600).map(|second| world.find(name).unwrap().stage(after(second)));
        stages
            .filter_map(|stage| if let Stage::BaseBackup(share) = stage { Some(share) } else { None })
            .collect()
    };
    let falls = |shares: &[f64]| shares.windows(2).filter(|pair| pair[1] < pair[0]).count();
    let (fallen, steady) = (shares("f"), shares("g"));
    assert_eq!((falls(&fallen), falls(&steady)), (1, 0), "only the first, and once");
    let fall = fallen.windows(2).position(|pair| pair[1] < pair[0]).unwrap();
    assert!((fallen[fall] - 0.6).abs() < 0.05, "{}", fallen[fall]);
    assert_eq!(world.find("f").unwrap().stage(after(3600)), Stage::Running);
}

#[test]
fn the_first_own_backup_of_a_fork_can_be_late() {
    let first = |world: &mut World| {
        world.create(fork("f", None, THERE), zero()).unwrap();
        let f = world.find("f").unwrap();
        (0..600).map(|minute| after(minute * 60)).find(|at| !world.backups(f, *at).is_empty()).unwrap()
    };
    let late = first(&mut event("do = 'late_backup'\non = 'db'\nby = '3h'")) - first(&mut with_events(""));
    assert_eq!(late, TimeDelta::hours(3));
}

#[test]
fn the_newest_points_can_be_shown_and_refused() {
    let mut world = event("do = 'refuse_newest'\non = 'db'\nby = '10m'");
    let range = world.secondary_range(db(&world), zero()).unwrap();
    let margin = TimeDelta::minutes(10);
    let refused = world.create(fork("f", Some(range.to), THERE), zero()).unwrap_err();
    assert!(refused.message.contains("cannot be restored in 'aws-eu-central-1' yet"), "{refused:?}");
    let just = range.to - margin + TimeDelta::microseconds(1);
    assert_eq!(world.create(fork("f", Some(just), THERE), zero()).unwrap_err().status, 400);
    world.create(fork("f", Some(range.to - margin), THERE), zero()).unwrap();
}
