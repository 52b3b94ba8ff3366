//! The dashboard itself over invented services, as the other tests start it in a terminal.

use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::FixedOffset;
use lifeboat::clock::Clock;
use lifeboat::domain::Timestamp;
use lifeboat::runtime::dashboard::{DashboardSetup, run};
use lifeboat::tui::app::Setup;
use lifeboat::tui::draw::Look;
use lifeboat::tui::glyphs::Glyphs;
use lifeboat::tui::theme::{Palette, Theme};
use tokio::sync::mpsc;

use crate::large::large_fleet;
use crate::sample;
use crate::session::Start;

/// The name of the test that is the dashboard.
pub(crate) const NAME: &str = "child::dashboard";
const SERVICES: &str = "LIFEBOAT_TEST_SERVICES";
const SPEED: &str = "LIFEBOAT_TEST_SPEED";
const PANICS: &str = "LIFEBOAT_TEST_PANICS";
const MOUSE: &str = "LIFEBOAT_TEST_MOUSE";

/// The arguments and the environment of the child.
pub(crate) fn environment(start: &Start) -> Vec<(&'static str, String)> {
    let mut env = vec![
        ("TERM", "xterm-256color".to_owned()),
        ("LC_ALL", start.locale.to_owned()),
        ("TZ", "UTC".to_owned()),
        ("NO_COLOR", if start.no_color { "1" } else { "" }.to_owned()),
        ("COLORTERM", String::new()),
        ("RUST_BACKTRACE", "0".to_owned()),
        (SERVICES, start.services.to_string()),
        (SPEED, start.speed.to_string()),
    ];
    if start.mouse {
        env.push((MOUSE, "1".to_owned()));
    }
    if start.panics {
        env.push((PANICS, "1".to_owned()));
    }
    env
}

/// The child without a terminal.
pub(crate) fn command(start: &Start) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(ARGUMENTS).envs(environment(start));
    command
}

pub(crate) const ARGUMENTS: [&str; 4] = [NAME, "--exact", "--ignored", "--nocapture"];

static DRAWN: AtomicBool = AtomicBool::new(false);

/// An offset that fails at the second look.
fn failing(_: Timestamp) -> FixedOffset {
    assert!(!DRAWN.swap(true, Ordering::SeqCst), "drawn into a panic");
    FixedOffset::east_opt(0).unwrap()
}

fn setup() -> Setup {
    let setup = sample::setup();
    if std::env::var_os(PANICS).is_some() { Setup { offset_at: failing, ..setup } } else { setup }
}

fn number<T: std::str::FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
#[ignore = "is the dashboard that the other tests start in a terminal"]
fn dashboard() {
    let var = |name: &str| std::env::var(name).ok();
    let (_polls, polls) = mpsc::channel(1);
    let (_probes, probes) = mpsc::channel(1);
    let (_news, news) = mpsc::channel(1);
    let (orders, _orders) = mpsc::channel(1);
    // Alerts begin anew.
    let state = tempfile::tempdir().unwrap();
    let start = DashboardSetup {
        setup: setup(),
        fleet: large_fleet(number(SERVICES).unwrap_or(0)),
        runs: Ok(Vec::new()),
        look: Look {
            theme: Theme::built_in("dark").unwrap(),
            palette: Palette::from_env(var),
            glyphs: Glyphs::from_env(var),
        },
        themes: Theme::names().map(|name| Theme::built_in(name).unwrap()).collect(),
        mouse: std::env::var_os(MOUSE).is_some(),
        clock: Clock::starting_at(sample::now(), number(SPEED).unwrap_or(0.0)),
        polls,
        probes,
        news,
        orders,
        readings: None,
        alerts: lifeboat::runtime::alerts::load(state.path()),
        state_dir: state.path().to_owned(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    match runtime.block_on(run(start)) {
        Ok(exit) => println!("exit: {:?}", exit.reason),
        Err(error) => println!("error: {error}"),
    }
}
