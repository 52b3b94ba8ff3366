//! R20, S18: in read-only the real dashboard, with everything else that arming needs, is driven by every key,
//! by pastes and by the mouse, over a running simulator. The simulator counts what reaches it.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::{Duration, Instant};

use chrono::Utc;
use lifeboat::clock::Clock;
use lifeboat::secret::SecretString;
use lifeboat::simulator::{Running, Simulator, scenario};
use portable_pty::CommandBuilder;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::session::Session;

const TOKEN: &str = "pty-token";
/// Polls come often enough to arrive in the middle of it all.
const SPEED: f64 = 120.0;
/// Bursts of input; each is up to [`BURST`] pieces long.
const BURSTS: usize = 60;
const BURST: usize = 40;
const DEADLINE: Duration = Duration::from_secs(40);

/// A simulator, and a home with a config over it that may be armed.
struct Lab {
    running: Running,
    home: tempfile::TempDir,
    clock: String,
}

impl Lab {
    fn start() -> Self {
        let (now, real) = ("2026-11-20T12:10:00Z", Utc::now());
        let clock = Clock::shared(now.parse().unwrap(), real, SPEED);
        let scenario = scenario::load("calm").unwrap();
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let running = Simulator::start(&scenario, clock, any, SecretString::from(TOKEN)).unwrap();
        let home = tempfile::tempdir().unwrap();
        let config = format!(
            "fleet = 'sim'\nmouse = true\n[arming]\nallow = true\n[tiers.1]\nrpo = '900h'\nrto = '900h'\n\
             [sources.sim]\nkind = 'aiven'\nproject = '{}'\nurl = '{}'\n\
             token = {{ env = 'SIM_TOKEN' }}\nacting_token = {{ env = 'SIM_TOKEN' }}\n\
             [discover.sim]\ntier_from_tag = 'tier'\n",
            running.project,
            running.url()
        );
        std::fs::write(home.path().join("lifeboat.toml"), config).unwrap();
        Self { running, home, clock: format!("{now}@{},{SPEED}", real.to_rfc3339()) }
    }

    fn dashboard(&self, more: &[&str]) -> Session {
        let mut command = CommandBuilder::new(Path::new(env!("CARGO_BIN_EXE_lifeboat")));
        command.env_clear();
        let home = self.home.path().to_str().unwrap();
        for (name, value) in [
            ("HOME", home),
            ("PATH", "/usr/bin:/bin"),
            ("TERM", "xterm-256color"),
            ("LC_ALL", "C.UTF-8"),
            ("TZ", "UTC"),
            ("SIM_TOKEN", TOKEN),
        ] {
            command.env(name, value);
        }
        command.cwd(self.home.path());
        command.args(["--config", "lifeboat.toml", "--clock", &self.clock, "--arm"]);
        command.args(more);
        let mut session = Session::of(command);
        session.wait_for("the fleet", |screen| screen.contains("accounts"));
        session
    }

    /// How many requests came, and how many of them change something.
    fn requests(&self) -> (u64, u64) {
        let answer = http_get(self.running.addr, "/_sim/requests");
        let counts: serde_json::Value = serde_json::from_str(&answer).unwrap();
        (counts["all"].as_u64().unwrap(), counts["mutating"].as_u64().unwrap())
    }
}

fn http_get(addr: SocketAddr, path: &str) -> String {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(addr).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

/// One piece of input, as a terminal sends it. Ctrl-Z would only stop the process.
fn piece() -> impl Strategy<Value = String> {
    let escapes = [
        "\r",
        "\r",
        "\u{1b}",
        "\t",
        "\u{1b}[Z",
        "\u{1b}[A",
        "\u{1b}[B",
        "\u{1b}[C",
        "\u{1b}[D",
        "\u{1b}[H",
        "\u{1b}[F",
        "\u{1b}[5~",
        "\u{1b}[6~",
        "\u{1b}[3~",
        "\u{7f}",
    ];
    let typed = ["orders-db", "crm", "newest", "DROP", "yes", "2026-11-20T12:00:00Z", "aws-eu-north-1"];
    // What begins a drill or an incident where that is allowed.
    let deeds = ["/orders-db\rd\r", "/orders-db\ri\r", "3\rorders-db\r", "Rd"];
    prop_oneof![
        2 => prop::sample::select(deeds.to_vec()).prop_map(str::to_owned),
        12 => prop::char::range(' ', '~').prop_map(|char| char.to_string()),
        6 => prop::sample::select(escapes.to_vec()).prop_map(str::to_owned),
        1 => (1_u8..26).prop_map(|code| char::from(code).to_string()),
        2 => prop::sample::select(typed.to_vec()).prop_map(|text| format!("\u{1b}[200~{text}\u{1b}[201~")),
        2 => (prop::sample::select(vec![0, 2, 64, 65]), 1..81, 1..25)
            .prop_map(|(button, x, y)| format!("\u{1b}[<{button};{x};{y}M\u{1b}[<{button};{x};{y}m")),
    ]
}

#[test]
fn r20_no_key_paste_or_click_in_read_only_changes_anything_at_the_provider() {
    let lab = Lab::start();
    let mut runner = TestRunner::deterministic();
    let mut session = lab.dashboard(&["--read-only"]);
    let (before, _) = lab.requests();
    let mut typed = String::new();
    for _ in 0..BURSTS {
        let burst = prop::collection::vec(piece(), 1..BURST).new_tree(&mut runner).unwrap().current();
        let burst = burst.concat();
        writeln!(typed, "{burst:?}").unwrap();
        if !session.drive(burst.as_bytes()) {
            session = lab.dashboard(&["--read-only"]);
        }
        assert_eq!(lab.requests().1, 0, "a mutating request after\n{typed}");
    }
    let (after, mutating) = lab.requests();
    assert!(after > before + 20, "polls go on meanwhile: {before} requests before, {after} after");
    assert_eq!(mutating, 0);
}

/// The same dashboard without `--read-only` does act: the count above could have been another.
#[test]
fn r20_the_same_keys_without_read_only_do_reach_the_provider() {
    let lab = Lab::start();
    let mut session = lab.dashboard(&[]);
    session.type_keys("/orders-db\rd");
    session.wait_for("the form", |screen| screen.contains("enter begins the drill"));
    session.type_keys("\r");
    session.wait_for("the point", |screen| screen.contains("to be confirmed"));
    assert_eq!(lab.requests().1, 0, "nothing is made before a person confirms it");
    session.type_keys("\r");
    session.wait_for("the question", |screen| screen.contains("type its name"));
    session.type_keys("orders-db\r");
    let until = Instant::now() + DEADLINE;
    while lab.requests().1 == 0 {
        assert!(Instant::now() < until && session.drive(b""), "nothing was made");
    }
}
