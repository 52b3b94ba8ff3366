//! A run that asks its questions at a terminal, through the built binary over the simulator: a signal at
//! a question leaves the run in order, with 130 and a line in the journal.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use portable_pty::CommandBuilder;
use rustix::process::Signal;
use tempfile::TempDir;

use crate::session::Session;

const BINARY: &str = env!("CARGO_BIN_EXE_lifeboat");

/// A simulator, and a config over it.
struct World {
    home: TempDir,
    simulator: Child,
    clock: String,
}

impl World {
    fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut simulator = Command::new(BINARY)
            .args(["simulate", "--listen", "127.0.0.1:0", "calm", "--speed", "600"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(simulator.stdout.take().unwrap()).lines().map(Result::unwrap);
        let place = lines.find(|line| line.starts_with("project ")).unwrap();
        let (project, url) = place.trim_start_matches("project ").split_once(" at ").unwrap();
        let clock = lines.find_map(|line| Some(line.split_once("--clock ")?.1.to_owned())).unwrap();
        let config = format!(
            "fleet = 'sim'\n[arming]\nallow = true\n[tiers.1]\nrpo = '15m'\nrto = '1h'\n\
             [sources.sim]\nkind = 'aiven'\nproject = '{project}'\nurl = '{url}'\n\
             token = {{ env = 'SIM_TOKEN' }}\nacting_token = {{ env = 'SIM_TOKEN' }}\n\
             [services.orders-db]\nsource = 'sim'\ntier = 1\n[[services.orders-db.checks]]\n\
             name = 'rows'\nhttp = '{url}/_sim/data/{{name}}'\npointer = '/rows'\nexpect = {{ at_least = 1 }}\n"
        );
        std::fs::write(home.path().join("lifeboat.toml"), config).unwrap();
        Self { home, simulator, clock }
    }

    fn words<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        [&["--arm", "--config", "lifeboat.toml", "--clock", self.clock.as_str()], more].concat()
    }

    fn env(&self) -> [(&'static str, &str); 4] {
        let home = self.home.path().to_str().unwrap();
        [("HOME", home), ("SIM_TOKEN", "demo-token"), ("TERM", "xterm"), ("LC_ALL", "C.UTF-8")]
    }

    /// A command at a terminal.
    fn at_terminal(&self, more: &[&str]) -> Session {
        let mut command = CommandBuilder::new(BINARY);
        command.args(self.words(more));
        command.cwd(self.home.path());
        for (name, value) in self.env() {
            command.env(name, value);
        }
        Session::of(command)
    }

    /// What a command prints.
    fn print(&self, more: &[&str]) -> String {
        let mut command = Command::new(BINARY);
        command.args(self.words(more)).current_dir(self.home.path()).envs(self.env());
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    }

    /// The id of the one run there is.
    fn run(&self) -> String {
        let list = self.print(&["runs", "list"]);
        let words = list.split_whitespace();
        words.filter(|word| word.starts_with("inc-orders-db-")).map(str::to_owned).next().unwrap()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.simulator.kill().ok();
        self.simulator.wait().ok();
    }
}

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
    let mut incident = world.at_terminal(&[
        "incident",
        "orders-db",
        "--confirm",
        "orders-db",
        "--declared-by",
        "anna",
        "--scenario",
        "region gone",
        "--criteria",
        "probes-silent",
    ]);
    interrupt(&mut incident, Signal::INT);
    let run = world.run();
    for (left, signal) in [(1, Signal::TERM), (2, Signal::HUP), (3, Signal::INT)] {
        let journal = world.print(&["runs", "show", &run, "--output", "json"]);
        assert_eq!(journal.matches("detached").count(), left, "{journal}");
        interrupt(&mut world.at_terminal(&["runs", "resume", &run]), signal);
    }
}
