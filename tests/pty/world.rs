//! A simulator, and the built binary with a config over it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use portable_pty::CommandBuilder;
use tempfile::TempDir;

use crate::session::Session;

const BINARY: &str = env!("CARGO_BIN_EXE_lifeboat");

/// Declares an incident, and stops where a person is needed.
pub(crate) const INCIDENT: [&str; 10] = [
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
];

/// A simulator, and a config over it.
pub(crate) struct World {
    pub(crate) home: TempDir,
    simulator: Child,
    clock: String,
}

impl World {
    pub(crate) fn start() -> Self {
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
    pub(crate) fn at_terminal(&self, more: &[&str]) -> Session {
        let mut command = CommandBuilder::new(BINARY);
        command.args(self.words(more));
        command.cwd(self.home.path());
        for (name, value) in self.env() {
            command.env(name, value);
        }
        Session::of(command)
    }

    /// What a command prints.
    pub(crate) fn print(&self, more: &[&str]) -> String {
        let mut command = Command::new(BINARY);
        command.args(self.words(more)).current_dir(self.home.path()).envs(self.env());
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    }

    /// The id of the one run there is.
    pub(crate) fn run(&self) -> String {
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
