//! `status` as people read it.

use crate::simulated::Simulated;

#[test]
fn what_went_wrong_with_a_whole_source_is_said_once() {
    let sim = Simulated::start("calm");
    sim.status(&[]);
    let refused = sim.run_with(&[("SIM_TOKEN", "wrong")], &["status"]);
    assert_eq!(refused.code, 69, "{refused:?}");
    assert_eq!(refused.stderr.matches("the token is refused (401)").count(), 1, "{refused:?}");
    assert!(!refused.stdout.contains("401"), "{refused:?}");
    let about_orders: Vec<_> = refused
        .stdout
        .lines()
        .skip_while(|line| !line.starts_with("orders-db "))
        .skip(1)
        .take_while(|line| line.starts_with("  "))
        .collect();
    assert_eq!(about_orders.len(), 1, "one line for both copies of the source: {refused:?}");
    assert!(about_orders[0].contains("cannot be read (denied); last read "), "{refused:?}");
}
