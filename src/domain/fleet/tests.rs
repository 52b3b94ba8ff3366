//! What a report changes of a fleet.

mod discovered;
mod our_forks;

use super::super::sample::*;
use super::super::terms::BackupTerms;
use super::super::{
    CopyPart, Engine, Origin, Outcome, Policy, Role, ServiceFacts, ServicePart, SourceReport,
};
use super::*;

fn binding(service: &str, role: Role, source: &str, remote: &str) -> Binding {
    Binding { service: service.to_owned(), role, source: source.to_owned(), remote: remote.to_owned() }
}

fn discovering(services: Vec<Service>) -> Fleet {
    let tiers = [(1, Policy { tier: Some(1), rpo: Some(minutes(15)), ..Policy::default() })].into();
    let discovery = Discovery {
        source: "aiven".to_owned(),
        tier_from_tag: Some("tier".to_owned()),
        owner_from_tag: Some("owner".to_owned()),
        short_names: true,
        tiers,
        owners: [(1, "team-one".to_owned())].into(),
    };
    Fleet::new(services).discovering(vec![discovery])
}

fn orders_bound() -> (Fleet, Vec<Binding>) {
    let bindings = vec![
        binding("orders-db", Role::Primary, "west", "orders"),
        binding("orders-db", Role::Secondary, "east", "orders"),
    ];
    (Fleet::new([orders()]), bindings)
}

#[test]
fn s2_a_failed_attempt_changes_the_outcome_and_keeps_the_facts() {
    let (mut fleet, bindings) = orders_bound();
    let good = fleet.services["orders-db"].secondary.clone().unwrap();
    let failed = SourceReport {
        outcome: Outcome::TimedOut,
        error: Some("no answer in 10s".to_owned()),
        as_of: at("2026-11-20T12:09:00Z"),
        ..report("east", Vec::new())
    };
    assert_eq!(fleet.apply(&failed, &bindings), ["orders-db"]);
    let copy = fleet.services["orders-db"].secondary.clone().unwrap();
    assert_eq!(copy.last_good, good.last_good);
    assert_eq!(copy.attempt.outcome, Outcome::TimedOut);
    assert_eq!(fleet.services["orders-db"].primary, orders().primary, "the other source is untouched");
    assert_eq!(fleet.services["orders-db"].gone_since, None, "a source that fails loses no service");
}

#[test]
fn s2_a_row_that_binds_no_primary_follows_what_the_source_of_its_copy_says_of_the_service() {
    let elsewhere = binding("orders-db", Role::Primary, "west", "orders");
    for (others, follows) in [(None, true), (Some(elsewhere), false)] {
        let mut fleet = Fleet::new([Service {
            primary: orders().primary.filter(|_| !follows),
            secondary: None,
            facts: None,
            ..orders()
        }]);
        let bindings: Vec<Binding> =
            others.into_iter().chain([binding("orders-db", Role::Secondary, "aiven", "orders")]).collect();
        let mut told = |powered_off| {
            let facts = ServiceFacts {
                terms: BackupTerms { powered_off: Some(powered_off), ..Default::default() },
                ..ServiceFacts::of(Engine::Pg)
            };
            let fresh = || Some(reading("2026-11-07T02:31:40Z", "2026-11-20T12:03:00Z"));
            let copies = vec![copy_part(Role::Primary, fresh()), copy_part(Role::Secondary, fresh())];
            let part = ServicePart { facts: Some(facts.into()), ..part("orders", copies) };
            fleet.apply(&report("aiven", vec![part]), &bindings);
            fleet.services["orders-db"].is_off()
        };
        assert!(told(true), "nobody else said anything yet");
        assert_eq!(told(false), !follows);
        assert!(told(true));
        fleet.apply(&SourceReport::failed("aiven", now(), Outcome::Unreachable, "no way there"), &bindings);
        assert_eq!(fleet.services["orders-db"].is_off(), !follows, "whether it is on by now is not known");
    }
}

#[test]
fn s3_a_repository_that_vanished_is_not_an_empty_one() {
    let (mut fleet, bindings) = orders_bound();
    let gone = CopyPart { outcome: Outcome::NotFound, ..copy_part(Role::Secondary, None) };
    fleet.apply(&report("east", vec![part("orders", vec![gone])]), &bindings);
    let copy = fleet.services["orders-db"].secondary.clone().unwrap();
    assert_eq!(copy.attempt.outcome, Outcome::NotFound);
    assert!(copy.last_good.unwrap().windows.as_ref().is_some_and(|windows| !windows.is_empty()));
}

#[test]
fn s1_one_part_may_fail_alone() {
    let mut fleet = Fleet::new([orders()]);
    let bindings = [
        binding("orders-db", Role::Primary, "west", "orders"),
        binding("orders-db", Role::Secondary, "west", "orders"),
    ];
    let fresh = reading("2026-11-07T02:31:40Z", "2026-11-20T12:03:00Z");
    let denied = CopyPart { outcome: Outcome::Denied, ..copy_part(Role::Primary, None) };
    let both = part("orders", vec![denied, copy_part(Role::Secondary, Some(fresh.clone()))]);
    fleet.apply(&report("west", vec![both]), &bindings);
    let service = &fleet.services["orders-db"];
    assert_eq!(service.primary.as_ref().unwrap().attempt.outcome, Outcome::Denied);
    assert_eq!(service.secondary.as_ref().unwrap().last_good.as_deref(), Some(&fresh));
}

#[test]
fn s3_what_was_read_in_one_region_is_not_known_of_another() {
    let moved_to = |region: Option<&str>, pinned: bool| {
        let mut before = orders();
        let there = before.secondary.as_mut().unwrap();
        (there.source, there.copy) = ("aiven".to_owned(), "aiven eu-west-1".to_owned());
        there.region = pinned.then(|| "dr".to_owned());
        let mut fleet = Fleet::new([before]);
        let copy = [Some("aiven"), region].into_iter().flatten().collect::<Vec<_>>().join(" ");
        let unread = CopyPart {
            copy,
            region: region.map(str::to_owned),
            outcome: Outcome::TimedOut,
            ..copy_part(Role::Secondary, None)
        };
        let bindings = [binding("orders-db", Role::Secondary, "aiven", "orders")];
        fleet.apply(&report("aiven", vec![part("orders", vec![unread])]), &bindings);
        fleet.services["orders-db"].secondary.clone().unwrap()
    };
    for pinned in [false, true] {
        assert_eq!(moved_to(Some("eu-north-1"), pinned).last_good, None, "S3: nothing was read there");
        assert!(moved_to(Some("eu-west-1"), pinned).last_good.is_some(), "S2");
        assert!(moved_to(None, pinned).last_good.is_some(), "S2: where it lies was not told");
    }
}

#[test]
fn a_reading_that_says_the_same_only_moves_its_age() {
    let (mut fleet, bindings) = orders_bound();
    let mut same = fleet.services["orders-db"].secondary.clone().unwrap().last_good.unwrap();
    same.as_of = at("2026-11-20T12:10:00Z");
    fleet.apply(
        &report("east", vec![part("orders", vec![copy_part(Role::Secondary, Some((*same).clone()))])]),
        &bindings,
    );
    assert_eq!(fleet.services["orders-db"].secondary.as_ref().unwrap().last_good, Some(same));
}

#[test]
fn the_largest_skew_of_a_services_sources_counts() {
    let (mut fleet, bindings) = orders_bound();
    let listed = || vec![part("orders", Vec::new())];
    fleet.apply(&SourceReport { skew_s: Some(3), ..report("west", listed()) }, &bindings);
    fleet.apply(&SourceReport { skew_s: Some(-90), ..report("east", listed()) }, &bindings);
    assert_eq!(fleet.services["orders-db"].skew_s, Some(-90));
}

#[test]
fn r09_a_clock_that_was_off_long_ago_is_not_off_now() {
    let (mut fleet, bindings) = orders_bound();
    fleet.apply(
        &SourceReport { skew_s: Some(-90), ..report("east", vec![part("orders", Vec::new())]) },
        &bindings,
    );
    for (later, skew) in [("2026-11-20T12:14:31Z", Some(-90)), ("2026-11-20T12:14:32Z", None)] {
        fleet
            .apply(&SourceReport::failed("east", at(later), Outcome::Unreachable, "no way there"), &bindings);
        assert_eq!(fleet.services["orders-db"].skew_s, skew, "{later}");
    }
}

#[test]
fn a_report_of_a_source_nobody_knows_changes_no_service() {
    let (mut fleet, bindings) = orders_bound();
    let before = fleet.services.clone();
    assert!(fleet.apply(&report("stranger", vec![part("orders", Vec::new())]), &bindings).is_empty());
    assert_eq!(fleet.services, before);
}

#[test]
fn liveness_says_whether_it_changed() {
    let (mut fleet, _) = orders_bound();
    let answers = Liveness::Answers { at: now() };
    assert!(fleet.set_liveness("orders-db", answers, now()));
    assert!(!fleet.set_liveness("orders-db", answers, now()));
    assert!(!fleet.set_liveness("nobody", answers, now()));
}

#[test]
fn s10_who_looks_later_does_not_move_the_beginning_of_a_silence() {
    let (mut fleet, _) = orders_bound();
    let alive = Liveness::Answers { at: now() - chrono::TimeDelta::minutes(5) };
    let first = now() - chrono::TimeDelta::minutes(3);
    fleet.set_liveness("orders-db", alive.looked(false, first), now());
    fleet.set_liveness("orders-db", alive.looked(false, now() - chrono::TimeDelta::minutes(1)), now());
    assert_eq!(fleet.services["orders-db"].liveness.silent_since(), Some(first));
    fleet.set_liveness("orders-db", Liveness::Answers { at: now() }, now());
    assert_eq!(fleet.services["orders-db"].liveness, Liveness::Answers { at: now() });
}

#[test]
fn s10_a_silence_that_is_over_is_kept_from_its_first_look_or_from_when_the_service_was_last_off_to_its_end() {
    let ago = |minutes| now() - chrono::TimeDelta::minutes(minutes);
    // Each look: whether it is reported off then, whether it answers, and when.
    for (what, looks, kept) in [
        ("on", [(false, false, 5), (false, false, 4), (false, true, 3)], Some((ago(5), ago(3)))),
        ("off", [(true, false, 5), (true, false, 4), (true, true, 3)], None),
        (
            "on again before it answers",
            [(true, false, 5), (false, false, 4), (false, true, 3)],
            Some((ago(5), ago(3))),
        ),
        (
            "off after it fell silent",
            [(false, false, 5), (true, false, 4), (false, true, 3)],
            Some((ago(4), ago(3))),
        ),
        ("off before", [(true, true, 5), (false, false, 4), (false, true, 3)], Some((ago(4), ago(3)))),
    ] {
        let (mut fleet, _) = orders_bound();
        let mut looked = Liveness::Answers { at: ago(9) };
        for (is_off, answers, at) in looks {
            let terms = BackupTerms { powered_off: Some(is_off), ..BackupTerms::default() };
            let facts = ServiceFacts { terms, ..ServiceFacts::of(Engine::Pg) };
            let known = fleet.services.get_mut("orders-db").unwrap();
            known.facts = Some(facts.into());
            known.primary.as_mut().unwrap().last_good.as_mut().unwrap().as_of = ago(at);
            // Whoever probes knows nothing of power.
            looked = looked.looked(answers, ago(at));
            fleet.set_liveness("orders-db", looked, now());
            // Another process may look next.
            let known = &mut fleet.services.get_mut("orders-db").unwrap().liveness;
            *known = serde_json::from_str(&serde_json::to_string(known).unwrap()).unwrap();
        }
        assert_eq!(fleet.services["orders-db"].was_silent.as_deref().copied(), kept, "{what}");
    }
}

/// The clock of this host was ahead and was set right since.
#[test]
fn s10_an_answer_from_the_future_swallows_no_silence() {
    let (mut fleet, _) = orders_bound();
    let ahead = now() + chrono::TimeDelta::minutes(20);
    fleet.set_liveness("orders-db", Liveness::Answers { at: ahead }, ahead);
    fleet.set_liveness("orders-db", Liveness::NotProbed.looked(false, now()), now());
    assert_eq!(fleet.services["orders-db"].liveness.silent_since(), Some(now()));
}

#[test]
fn s2_a_source_that_fails_from_the_start_was_last_read_when_its_facts_were() {
    let failed = SourceReport { outcome: Outcome::NotFound, ..report("east", Vec::new()) };
    let (mut fleet, bindings) = orders_bound();
    let read_at = at("2026-11-20T12:03:00Z");
    let there = fleet.services.get_mut("orders-db").unwrap().secondary.as_mut().unwrap();
    there.last_good.as_mut().unwrap().as_of = read_at;
    fleet.apply(&failed, &bindings);
    assert_eq!(fleet.sources["east"].last_good, Some(read_at));
    // What another host read was not read from here (S37).
    let (mut fleet, bindings) = orders_bound();
    let there = fleet.services.get_mut("orders-db").unwrap().secondary.as_mut().unwrap();
    there.imported_from = Some(Box::new(("watch-1".to_owned(), now())));
    fleet.apply(&failed, &bindings);
    assert_eq!(fleet.sources["east"].last_good, None);
}
