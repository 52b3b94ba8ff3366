//! The dashboard in a real terminal: it starts, is used, resized, ended in every way, and always
//! gives the terminal back. Nothing here sleeps: every wait is for a condition, with a deadline.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "helpers of tests")]

mod arming;
mod child;
mod demo;
mod ends;
mod followed;
mod incident;
mod job;
#[path = "../screens/large.rs"]
mod large;
mod looks;
mod prompt;
mod read_only;
#[path = "../screens/sample.rs"]
#[expect(dead_code, reason = "shared with the screens, which need more of it")]
mod sample;
mod session;
mod world;

use std::time::Duration;

use session::{Session, Start};

#[test]
fn it_starts_moves_helps_resizes_and_quits() {
    let mut session = Session::start(&Start::default());
    session.wait_for("the first screen", |screen| {
        screen.contains("lifeboat payments") && screen.contains("> ledger")
    });
    session.type_keys("j");
    session.wait_for("the next row", |screen| screen.contains("> sessions"));
    session.type_keys("?");
    session.wait_for("the help", |screen| screen.contains("keys") && screen.contains("FLEET"));
    session.type_keys("\u{1b}");
    session.wait_for("the list again", |screen| screen.contains("> sessions") && !screen.contains("FLEET"));
    session.resize(120, 40);
    session.wait_for("the wider list", |screen| screen.contains("LAST") && screen.contains("PROVEN"));
    session.resize(30, 5);
    session.wait_for("too small", |screen| screen.contains("too small"));
    session.resize(80, 24);
    session.wait_for("the list once more", |screen| screen.contains("> sessions"));
    session.type_keys("q");
    let left = session.wait_for_end();
    assert!(left.contains("Asked"), "{left}");
}

#[test]
fn no_color_writes_no_colour() {
    let mut session = Session::start(&Start { no_color: true, ..Start::default() });
    session.wait_for("the first screen", |screen| screen.contains("> ledger"));
    assert!(!session.shows_colour());
    let mut coloured = Session::start(&Start::default());
    coloured.wait_for("the first screen", |screen| screen.contains("> ledger"));
    assert!(coloured.shows_colour());
}

#[test]
fn without_utf8_it_writes_ascii() {
    let mut session = Session::start(&Start { locale: "C", ..Start::default() });
    session.wait_for("the first screen", |screen| screen.contains("> ledger"));
    assert!(session.all_output().is_ascii());
}

#[test]
fn nothing_is_written_while_nothing_changes() {
    let mut session = Session::start(&Start::default());
    session.wait_for("the first screen", |screen| screen.contains("> ledger") && screen.contains("? help"));
    session.settle();
    let written = session.written_within(Duration::from_millis(2500));
    assert_eq!(written, 0, "the clock stands still, and so does the screen");
}

#[test]
fn a_ticking_clock_costs_few_bytes() {
    let mut session = Session::start(&Start { speed: 1.0, ..Start::default() });
    session.wait_for("the first screen", |screen| screen.contains("> ledger"));
    session.wait_for("a tick", |screen| screen.contains("12:04:32Z"));
    let before = session.all_output().len();
    session.wait_for("five more", |screen| screen.contains("12:04:37Z"));
    let each = (session.all_output().len() - before) / 5;
    assert!(each <= 30, "{each} bytes a second");
}

#[test]
fn a_move_costs_few_bytes_and_a_flood_of_keys_few_frames() {
    let mut session = Session::start(&Start { services: 1000, ..Start::default() });
    let whole = |screen: &str| screen.contains("> ledger") && screen.contains("? help");
    session.wait_for("the whole first screen", whole);
    session.settle();
    let before = session.all_output().len();
    session.type_keys("zj");
    session.wait_for("the next row", |screen| screen.contains("> sessions"));
    session.settle();
    let moved = session.all_output().len() - before;
    // The row, and the lines that explain it.
    assert!(moved < 700, "{moved} bytes for a move");
    let before = session.all_output().len();
    session.type_keys(&"j".repeat(500));
    session.wait_for("500 rows down", |screen| screen.contains("> service-00498"));
    let flood = session.all_output().len() - before;
    assert!(flood < 15_000, "{flood} bytes for 500 keys");
}

#[test]
fn without_a_terminal_it_says_what_works_instead() {
    let output = child::command(&Start::default()).stdin(std::process::Stdio::null()).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("lifeboat status"), "{told}");
    assert!(!told.contains('\u{1b}'), "{told:?}");
}
