//! Every way in which the dashboard ends, with and without a mouse: the terminal is always given back.

use std::time::Duration;

use portable_pty::CommandBuilder;
use rustix::process::Signal;

use crate::session::{Session, Start};

fn shown(start: &Start) -> Session {
    let mut session = Session::start(start);
    session.wait_for("the first screen", |screen| screen.contains("> ledger"));
    session
}

/// The same without a mouse and with one; the first frame is large enough to be a synchronised update.
fn each(end: impl Fn(&mut Session), says: &str) {
    for mouse in [false, true] {
        let mut session = shown(&Start { mouse, ..Start::default() });
        let listens = session.screen().mouse_protocol_mode() != vt100::MouseProtocolMode::None;
        assert_eq!(listens, mouse, "the mouse is off unless it is asked for");
        assert!(session.all_output().windows(8).any(|window| window == b"\x1b[?2026h"));
        end(&mut session);
        let left = session.wait_for_end();
        assert!(left.contains(says), "{left}");
        session.assert_modes_as_before();
    }
}

#[test]
fn q_gives_the_terminal_back() {
    each(|session| session.type_keys("q"), "Asked");
}

#[test]
fn ctrl_c_is_a_key_and_quits() {
    each(|session| session.type_keys("\u{3}"), "Asked");
}

#[test]
fn every_signal_gives_the_terminal_back() {
    for (signal, name) in [(Signal::TERM, "Terminate"), (Signal::INT, "Interrupt"), (Signal::HUP, "HangUp")] {
        each(|session| session.signal(signal), name);
    }
}

#[test]
fn a_panic_gives_the_terminal_back_before_it_is_told() {
    for mouse in [false, true] {
        let mut session = Session::start(&Start { panics: true, speed: 1.0, mouse, ..Start::default() });
        let left = session.wait_for_end();
        assert!(left.contains("drawn into a panic"), "{left}");
        session.assert_modes_as_before();
    }
}

#[test]
fn a_closed_terminal_ends_it_at_once() {
    for mouse in [false, true] {
        let took = shown(&Start { speed: 1.0, mouse, ..Start::default() }).close();
        assert!(took < Duration::from_secs(3), "{took:?}");
    }
}

#[test]
fn a_terminal_that_does_not_read_holds_nothing_up() {
    let mut session = shown(&Start { speed: 1.0, ..Start::default() });
    session.settle_but_for_the_clock();
    session.flows(false);
    session.type_keys("j?");
    assert_eq!(session.written_within(Duration::from_millis(1500)), 0, "the terminal is stopped");
    session.flows(true);
    session
        .wait_for("what was typed meanwhile", |screen| screen.contains("keys") && screen.contains("FLEET"));
    session.type_keys("\u{1b}");
    session.wait_for("the row that was moved to", |screen| screen.contains("> sessions"));
}

/// The built binary, because the harness of a test would itself wait for the terminal at its end.
#[test]
fn it_ends_although_the_terminal_does_not_read() {
    for (keys, signal) in [("q", None), ("", Some(Signal::TERM)), ("", Some(Signal::HUP))] {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_lifeboat"));
        command.args(["demo", "--mouse"]);
        command.env("TERM", "xterm-256color");
        let mut session = Session::of(command);
        session.wait_for("the first screen", |screen| screen.contains("? help"));
        session.flows(false);
        session.type_keys("j");
        session.type_keys(keys);
        if let Some(signal) = signal {
            session.signal(signal);
        }
        session.wait_for_stalled_exit();
        session.assert_modes_as_before();
    }
}
