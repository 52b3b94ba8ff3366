//! Back to the shell and on again: Ctrl-Z, `fg`, and a stop that nobody announced.

use rustix::process::Signal;

use crate::session::{Session, Start};

#[test]
fn ctrl_z_gives_the_terminal_to_the_shell_and_fg_brings_the_picture_back() {
    for mouse in [false, true] {
        let mut session = Session::in_shell(&Start { mouse, ..Start::default() });
        session.wait_for("the first screen", |screen| screen.contains("> ledger"));
        session.type_keys("j");
        session.wait_for("the next row", |screen| screen.contains("> sessions"));
        session.type_keys("\u{1a}");
        session.wait_for("the shell", |screen| {
            screen.contains("Stopped") && screen.trim_end().ends_with("ready>")
        });
        session.assert_given_back();
        session.type_keys("fg\n");
        session.wait_for("the whole picture", |screen| {
            screen.contains("> sessions") && screen.contains("lifeboat payments") && screen.contains("? help")
        });
        assert!(session.screen().alternate_screen());
        let listens = session.screen().mouse_protocol_mode() != vt100::MouseProtocolMode::None;
        assert_eq!(listens, mouse);
        session.type_keys("kq");
        session.wait_for("the shell once more", |screen| screen.contains("Asked"));
        session.assert_given_back();
        session.type_keys("exit\n");
        session.wait_for_exit();
    }
}

#[test]
fn a_stop_that_nobody_announced_is_made_up_for() {
    let mut session = Session::start(&Start::default());
    session.wait_for("the first screen", |screen| screen.contains("> ledger") && screen.contains("? help"));
    session.settle();
    session.signal(Signal::STOP);
    session.forget();
    session.signal(Signal::CONT);
    session.wait_for("the whole picture", |screen| {
        screen.contains("> ledger") && screen.contains("lifeboat payments") && screen.contains("? help")
    });
    assert!(session.screen().alternate_screen() && session.screen().hide_cursor());
    session.type_keys("q");
    session.wait_for_end();
}

#[test]
fn without_a_shell_above_it_ctrl_z_says_so() {
    let mut session = Session::start(&Start::default());
    session.wait_for("the first screen", |screen| screen.contains("> ledger"));
    session.type_keys("\u{1a}");
    session.wait_for("the reason", |screen| screen.contains("no shell to go back to"));
    session.type_keys("q");
    session.wait_for_end();
}
