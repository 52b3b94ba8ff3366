//! A run that another process drives is followed on an open board to its end (S30).

use crate::world::{INCIDENT, World};

#[test]
fn s30_the_end_of_a_run_that_another_process_ended_is_shown() {
    let world = World::start();
    // It stops where a person is needed, and stays open.
    world.print(&INCIDENT);
    let run = world.run();
    let mut session = world.at_terminal(&["--read-only"]);
    session.wait_for("the board", |screen| screen.contains("orders-db") && screen.contains("READ-ONLY"));
    session.type_keys("3");
    session.wait_for("the open run", |screen| screen.contains(&run) && screen.contains("INTERRUPTED"));
    let aborted = world.print(&["runs", "abort", &run, "--confirm", "orders-db", "--reason", "not needed"]);
    assert!(aborted.contains("ABORTED"), "{aborted}");
    session.wait_for("its end", |screen| screen.contains("ended by a person"));
    session.type_keys("q");
    session.wait_for_end();
}
