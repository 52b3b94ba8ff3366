//! `status` as people read it.

use std::io::Read;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use unicode_width::UnicodeWidthStr;

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
    assert!(refused.stdout.contains("check the token or key it is read with"), "{refused:?}");
}

/// What a command prints in a terminal of this many columns.
fn in_terminal(sim: &Simulated, columns: u16, args: &[&str]) -> String {
    let size = PtySize { rows: 24, cols: columns, pixel_width: 0, pixel_height: 0 };
    let pair = native_pty_system().openpty(size).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_lifeboat"));
    command.args(["--config", &sim.config]);
    command.args(args);
    command.env_clear();
    command.env("HOME", sim.lifeboat.folder());
    command.env("SIM_TOKEN", "demo-token");
    command.env("PATH", "/usr/bin:/bin");
    let mut reader = pair.master.try_clone_reader().unwrap();
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let mut bytes = Vec::new();
    // A terminal whose last process is gone ends with an error on Linux.
    drop(reader.read_to_end(&mut bytes));
    child.wait().unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn tables_fit_the_terminal_and_do_not_change_in_a_pipe() {
    let sim = Simulated::start("calm");
    for args in [&["status"][..], &["doctor"], &["runs", "list"], &["keys"], &["themes"]] {
        let piped = sim.run(args).stdout;
        let widest = piped.lines().map(UnicodeWidthStr::width).max().unwrap_or_default();
        for columns in [46, 80, 120] {
            let shown = in_terminal(&sim, columns, args);
            // A word that cannot be broken, a path, stays whole to be copied.
            let one_word = |line: &&str| line.split_whitespace().count() == 1;
            let too_wide = |line: &&str| line.trim_end().width() > usize::from(columns);
            let too_wide = shown.lines().find(|line| too_wide(line) && !one_word(line));
            assert_eq!(too_wide, None, "{args:?} in {columns} columns:\n{shown}");
            assert!(!shown.contains('\u{1b}'), "no colour is needed: {shown}");
        }
        assert!(args[0] != "status" || widest > 120, "a pipe has no width: {piped}");
        let narrow = sim.run_with(&[("COLUMNS", "40"), ("TERM", "xterm-256color")], args).stdout;
        assert_eq!(narrow.lines().next(), piped.lines().next(), "whatever the environment says of a width");
    }
}
