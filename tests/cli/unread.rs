//! An incident whose source cannot be read goes on by what is last known of it, or says at once that nothing is
//! (S2, S5, S25).

use crate::incident::{WORDS, incident, next_of, run_id};
use crate::simulated::Simulated;
use crate::support::Run;

/// A simulator that was read before; from now on only the acting token is taken.
fn read_before(speed: u32) -> Simulated {
    let sim = Simulated::at_speed("calm", speed);
    let known = sim.run(&["status", "orders-db"]);
    assert!(known.stdout.contains("orders-db"), "{known:?}");
    sim
}

/// With a reading token that is refused.
fn unread(sim: &Simulated, args: &[&str]) -> Run {
    let acting = sim.lifeboat.file("acting.toml", "[sources.sim]\nacting_token = { env = 'ACT_TOKEN' }\n");
    let env = [("SIM_TOKEN", "refused"), ("ACT_TOKEN", "demo-token")];
    sim.run_with(&env, &[&["--config", &acting], args].concat())
}

#[test]
fn s25_a_point_that_was_named_is_taken_as_last_known_and_the_report_says_so() {
    let sim = read_before(600);
    let begun = unread(&sim, &[WORDS.as_slice(), &["--to", "newest"]].concat());
    assert_eq!(begun.code, 3, "its owner is asked: {begun:?}");
    let waits = "choose point waits: the token of sim is refused (401): renew it; from ";
    let told: Vec<&str> = begun.stderr.lines().filter(|line| line.contains(" waits: ")).collect();
    assert!(told.len() == 1 && told[0].starts_with(waits), "one line a change: {begun:?}");
    assert!(told[0].contains(" on it goes on with "), "{begun:?}");
    assert!(begun.stdout.contains(", as last known at "), "{begun:?}");
    assert!(begun.stdout.contains("checks passed"), "{begun:?}");
    assert_eq!(sim.mutating_requests(), 1, "one fork");
    let report = sim.run(&["report", &run_id(&sim, &[])]);
    assert!(report.stdout.contains("its copy could not be read: the point is "), "{report:?}");
}

#[test]
fn s25_a_point_that_nobody_named_is_shown_as_last_known_and_waits_for_a_word() {
    let sim = read_before(600);
    let begun = unread(&sim, &WORDS);
    assert_eq!(begun.code, 3, "{begun:?}");
    assert_eq!(sim.mutating_requests(), 0, "nobody agreed to a point that may not be the newest");
    let id = run_id(&sim, &[]);
    let [as_shown, anew, other] = next_of(&begun)[..] else { panic!("{begun:?}") };
    assert!(as_shown.ends_with(&format!("{id} --confirm orders-db")), "{as_shown}");
    assert!(anew.ends_with("--to newest --confirm orders-db"), "{anew}");
    assert!(other.ends_with("--to INSTANT --confirm orders-db"), "{other}");
    let resumed = unread(&sim, &["--arm", "runs", "resume", &id, "--confirm", "orders-db"]);
    assert!(resumed.stdout.contains("checks passed"), "{resumed:?}");
    assert_eq!(sim.mutating_requests(), 1, "one fork");
}

#[test]
fn s26_a_further_attempt_waits_for_a_word_to_a_point_as_last_known_as_the_first_does() {
    let sim = read_before(600);
    let begun = incident(&sim, &[]);
    assert!(begun.stdout.contains("checks passed"), "{begun:?}");
    let id = run_id(&sim, &[]);
    let resume = |flags: &[&str]| {
        unread(&sim, &[&["--arm", "runs", "resume", &id, "--confirm", "orders-db"], flags].concat())
    };
    let again = resume(&["--new-attempt", "totals are off"]);
    assert_eq!(again.code, 3, "{again:?}");
    assert!(again.stderr.contains("not taken: --confirm: nobody named or saw 20"), "{again:?}");
    assert!(next_of(&again)[0].ends_with(&format!("{id} --confirm orders-db")), "{again:?}");
    assert_eq!(sim.mutating_requests(), 1, "no second fork yet");
    let seen = resume(&[]);
    assert!(seen.stdout.contains("checks passed"), "{seen:?}");
    assert_eq!(sim.mutating_requests(), 2);
}

#[test]
fn s2_a_dry_run_shows_the_point_as_last_known_with_its_age() {
    let sim = read_before(1);
    let dry = unread(&sim, &["incident", "orders-db", "--dry-run"]);
    assert_eq!(dry.code, 3, "not verified: {dry:?}");
    let line = |begins: &str| dry.stdout.lines().find(|line| line.starts_with(begins)).unwrap().to_owned();
    assert!(line("point  ").contains(", as last known at "), "{dry:?}");
    let told = line("unread ");
    assert!(
        told.starts_with("unread the token of sim is refused (401): renew it; what is known is "),
        "{told}"
    );
    let drill = unread(&sim, &["drill", "orders-db", "--dry-run"]);
    assert_eq!(drill.code, 2, "a drill can wait: {drill:?}");
    assert!(drill.stderr.contains("hint: last known there, as of "), "{drill:?}");
}

#[test]
fn s25_where_nothing_is_known_that_is_said_at_once() {
    let sim = Simulated::at_speed("calm", 600);
    let text = std::fs::read_to_string(&sim.config).unwrap();
    let copies = "primary = { source = 'sim', region = 'aws-eu-west-1' }\n\
                  secondary = { source = 'sim', region = 'aws-eu-central-1' }";
    std::fs::write(&sim.config, text.replace("\nsource = 'sim'\n", &format!("\n{copies}\n"))).unwrap();
    let begun = unread(&sim, &WORDS);
    assert_eq!(begun.code, 3, "{begun:?}");
    let says = "; nothing is known of orders-db there from before, so there is no point to go on with";
    assert!(begun.stderr.contains(says), "{begun:?}");
    let id = run_id(&sim, &[]);
    assert!(next_of(&begun)[0].ends_with(&format!("runs resume {id}")), "{begun:?}");
    let resumed = sim.run(&["--arm", "runs", "resume", &id, "--confirm", "orders-db"]);
    assert!(resumed.stdout.contains("can be restored to "), "once it can be read again: {resumed:?}");
}

#[test]
fn s26_a_drill_says_until_when_it_waits_for_a_copy_and_leaves_then() {
    let sim = read_before(600);
    let drill = unread(&sim, &["--arm", "drill", "orders-db", "--yes"]);
    assert_eq!(drill.code, 3, "{drill:?}");
    let told: Vec<&str> = drill.stderr.lines().filter(|line| line.contains(" waits: ")).collect();
    let [told] = told[..] else { panic!("one line a change: {drill:?}") };
    let why = "choose point waits: the token of sim is refused (401): renew it; it is waited for until 20";
    assert!(told.starts_with(why) && told.ends_with("; then the run is left open"), "{told}");
    assert_eq!(sim.mutating_requests(), 0);
}
