//! Forks with our mark are listed and are no rows, unless the config names one (S33).

use super::*;

#[test]
fn s33_our_forks_never_become_rows() {
    let mut fleet = discovering(Vec::new());
    let ours = ServicePart {
        ours: Some("drill-orders-db-20261120-k3q7wd".to_owned()),
        ..part("drill-x", Vec::new())
    };
    assert!(fleet.apply(&report("aiven", vec![ours]), &[]).is_empty());
    assert!(fleet.services.is_empty());
    assert_eq!(fleet.forks["aiven"]["drill-x"].run, "drill-orders-db-20261120-k3q7wd");
}

#[test]
fn s33_a_fork_that_was_listed_without_its_mark_stays_no_row() {
    let mut fleet = discovering(Vec::new());
    let unread = |role| CopyPart { outcome: Outcome::Malformed, reading: None, ..copy_part(role, None) };
    let broken = || ServicePart {
        facts: None,
        ..part("drill-x", [Role::Primary, Role::Secondary].map(unread).into())
    };
    let run = "drill-orders-db-20261120-k3q7wd";
    let ours = || ServicePart { ours: Some(run.to_owned()), ..part("drill-x", Vec::new()) };
    assert_eq!(fleet.apply(&report("aiven", vec![broken()]), &[]), ["drill-x"], "nothing says whose it is");
    let touched = fleet.apply(&report("aiven", vec![ours()]), &[]);
    assert_eq!((touched.as_slice(), fleet.services.len()), (["drill-x".to_owned()].as_slice(), 0));
    assert!(!fleet.knows("drill-x"));
    assert!(fleet.apply(&report("aiven", vec![broken()]), &[]).is_empty(), "a fork stays one");
    assert_eq!(fleet.forks["aiven"]["drill-x"].run, run);
    assert!(fleet.apply(&report("aiven", Vec::new()), &[]).is_empty(), "and its removal is no loss");
    assert!(fleet.services.is_empty() && fleet.forks["aiven"].is_empty());
}

#[test]
fn s33_an_entry_that_cannot_be_understood_of_a_fork_that_journals_name_is_no_row_at_the_first_look() {
    let run = "drill-orders-db-20261120-k3q7wd";
    let broken = || ServicePart { facts: None, ..part("drill-x", Vec::new()) };
    for (source, name, is_row) in
        [("aiven", "drill-x", false), ("aiven", "drill-y", true), ("east", "drill-x", true)]
    {
        let mut fleet = discovering(Vec::new());
        fleet.tell_made([(source, name, run)]);
        fleet.apply(&report("aiven", vec![broken()]), &[]);
        assert_eq!(fleet.services.len(), usize::from(is_row), "{source} {name}");
        assert_eq!(fleet.forks["aiven"].get("drill-x").is_some_and(|fork| fork.run == run), !is_row);
    }
    // What is listed without our mark is another's (S19).
    let mut fleet = discovering(Vec::new());
    fleet.tell_made([("aiven", "drill-x", run)]);
    let foreign = ServicePart { facts: Some(facts().into()), ..part("drill-x", Vec::new()) };
    assert_eq!(fleet.apply(&report("aiven", vec![foreign]), &[]), ["drill-x"]);
}

#[test]
fn s33_a_fork_that_the_config_names_is_read_as_the_service_it_is_now() {
    let bindings = [binding("orders-db", Role::Secondary, "aiven", "orders-k3q7wd")];
    let mut fleet = Fleet::new([Service { secondary: None, ..orders() }]);
    let reading = reading("2026-11-20T10:00:00Z", "2026-11-20T12:03:00Z");
    let ours = ServicePart {
        ours: Some("inc-orders-db-20261120-k3q7wd".to_owned()),
        ..part("orders-k3q7wd", vec![copy_part(Role::Secondary, Some(reading.clone()))])
    };
    assert_eq!(fleet.apply(&report("aiven", vec![ours]), &bindings), ["orders-db"]);
    assert_eq!(fleet.services["orders-db"].secondary.as_ref().unwrap().last_good, Some(reading.into()));
    assert!(fleet.forks["aiven"].is_empty(), "it is no fork of a run any more");
}

#[test]
fn s33_what_half_a_list_does_not_show_of_our_forks_is_not_gone() {
    let mut fleet = discovering(Vec::new());
    let ours = |name: &str| ServicePart { ours: Some(format!("drill-{name}")), ..part(name, Vec::new()) };
    let half = |services| SourceReport { complete: false, ..report("aiven", services) };
    fleet.apply(&report("aiven", vec![ours("a"), ours("b"), ours("c")]), &[]);
    let no_fork = ServicePart { facts: Some(facts().into()), ..part("c", Vec::new()) };
    fleet.apply(&half(vec![ours("a"), no_fork]), &[]);
    let left: Vec<&String> = fleet.forks["aiven"].keys().collect();
    assert_eq!(left, ["a", "b"], "one was shown to be none of ours");
    fleet.apply(&report("aiven", vec![ours("a")]), &[]);
    assert_eq!(fleet.forks["aiven"].len(), 1);
}
