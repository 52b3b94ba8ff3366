//! `status` as people read it.

use std::io::Read;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use unicode_width::UnicodeWidthStr;

use crate::incident::{incident, run_id};
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

/// That a token may not see `/backups` is an answer, and a finding; that nobody answers is neither.
#[test]
fn s34_a_token_that_may_not_see_windows_is_a_finding_and_no_dead_source() {
    let calm =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scenarios/calm.toml")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let narrow = folder.path().join("narrow.toml");
    std::fs::write(&narrow, format!("{calm}\n[[event]]\nat = \"0s\"\ndo = \"narrow_token\"\n")).unwrap();
    let sim = Simulated::start(narrow.to_str().unwrap());
    let (doc, code) = sim.status(&["orders-db"]);
    assert_eq!(code, 0, "{doc:#}");
    let orders = &doc["services"][0];
    let permission = |finding: &serde_json::Value| finding["rule"] == "permission";
    assert!(orders["findings"].as_array().unwrap().iter().any(permission), "{orders:#}");
    assert_eq!(orders["verdict"], "unknown", "{orders:#}");
    assert_eq!(sim.run(&["check", "orders-db"]).code, 3, "it is loud there");
    let table = sim.run(&["status", "orders-db"]);
    assert_eq!(table.stderr.matches("source sim: partial (").count(), 1, "{table:?}");
}

/// A fork that was listed before its mark was there was kept as a service of its own (S33).
#[test]
fn s33_what_turned_out_to_be_a_fork_of_a_run_is_shown_as_no_service_and_forgotten() {
    let sim = Simulated::at_speed("calm", 600);
    assert_eq!(incident(&sim, &[]).code, 3);
    let fork = format!("orders-db-{}", run_id(&sim, &[]).rsplit_once('-').unwrap().1);
    let readings = sim.lifeboat.folder().join(".local/state/lifeboat/readings.db");
    let readings = rusqlite::Connection::open(readings).unwrap();
    let kept = || {
        let count = "SELECT count(*) FROM services WHERE service = ?1";
        readings.query_row(count, [&fork], |row| row.get::<_, u32>(0)).unwrap()
    };
    assert_eq!(kept(), 0);
    let columns: Vec<String> = readings
        .prepare("SELECT name FROM pragma_table_info('services') WHERE name NOT IN ('service', 'known')")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let columns = columns.join(", ");
    let listed = format!(
        "INSERT INTO services (service, known, {columns}) SELECT '{fork}', \
         replace(known, '\"orders-db\"', '\"{fork}\"'), {columns} FROM services WHERE service = 'orders-db'"
    );
    assert_eq!(readings.execute(&listed, []).unwrap(), 1);
    let shows = |token: &str| {
        let run = sim.run_with(&[("SIM_TOKEN", token)], &["status", "--output", "json"]);
        let known: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        known["services"].as_array().unwrap().iter().any(|service| service["service"] == fork.as_str())
    };
    assert!(shows("wrong"), "as last known");
    assert_eq!(kept(), 1, "nobody says yet what it is");
    assert!(!shows("demo-token"));
    assert_eq!(kept(), 0);
}
