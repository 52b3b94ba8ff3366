//! A run that asks its questions at a terminal, through the built binary over the simulator: a signal at
//! a question leaves the run in order, with 130 and a line in the journal.

use rustix::process::Signal;

use crate::session::Session;
use crate::world::{INCIDENT, World};

/// The question is there, the signal comes, the run is left in order.
fn interrupt(session: &mut Session, signal: Signal) {
    session.wait_for("a question", |screen| screen.lines().any(|line| line.starts_with("? ")));
    session.signal(signal);
    assert_eq!(session.wait_for_exit(), 130, "{}", session.screen().contents());
    session.assert_given_back();
    session.assert_modes_as_before();
    assert!(session.screen().contents().contains("runs resume"), "{}", session.screen().contents());
}

#[test]
fn s34_a_signal_at_a_question_leaves_the_run_with_130_and_in_the_journal() {
    let world = World::start();
    let mut incident = world.at_terminal(&INCIDENT);
    interrupt(&mut incident, Signal::INT);
    let run = world.run();
    for (left, signal) in [(1, Signal::TERM), (2, Signal::HUP), (3, Signal::INT)] {
        let journal = world.print(&["runs", "show", &run, "--output", "json"]);
        assert_eq!(journal.matches("detached").count(), left, "{journal}");
        interrupt(&mut world.at_terminal(&["runs", "resume", &run]), signal);
    }
}
