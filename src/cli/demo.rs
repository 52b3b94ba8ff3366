//! `demo`: the dashboard over a simulator in this process. One clock for both; a ledger of its own,
//! which ends with it.

use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use crate::clock::Clock;
use crate::ledger::StateFolder;
use crate::runtime::demo::demo_config;
use crate::runtime::sources::ArmFlags;
use crate::secret::SecretString;
use crate::simulator::Simulator;
use crate::simulator::scenario;

use super::args::DemoArgs;
use super::session::{Session, places};
use super::simulate::no_scenario;
use super::{Exit, Global, Out, config_error, dashboard};

pub(super) async fn run(global: &Global, args: &DemoArgs, words: &[String], out: &mut Out) -> Exit {
    if let Some(flag) = not_here(global) {
        out.error(
            &format!(
                "`demo` takes no {flag}: its services exist only in this process, and nothing of it is kept"
            ),
            &[
                "to keep runs and take them up again, `lifeboat simulate` beside a config and a state folder",
                "the README shows how under `Ten minutes, without an account`",
            ],
        );
        return Exit::Usage;
    }
    let scenario = match scenario::load(&args.scenario) {
        Ok(scenario) => scenario,
        Err(error) => return no_scenario(&error, out),
    };
    let start = scenario.start.unwrap_or_else(|| Clock::system().now());
    let clock = global.clock.unwrap_or_else(|| Clock::starting_at(start, args.speed));
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let running = match Simulator::start(&scenario, clock, any, token()) {
        Ok(running) => running,
        Err(error) => {
            out.error(&format!("the simulator cannot start: {error}"), &[]);
            return Exit::Failed;
        }
    };
    let folder = match StateDir::make() {
        Ok(folder) => folder,
        Err(error) => {
            out.error(&format!("no folder for the demo's ledger: {error}"), &[]);
            return Exit::Failed;
        }
    };
    let mut config = match demo_config(&running, folder.path()) {
        Ok(config) => config,
        Err(error) => return config_error(&error, out),
    };
    match global.looks_alone() {
        Ok(looks) => {
            (config.theme, config.palette, config.mouse) = (looks.theme, looks.palette, looks.mouse);
            config.left_out = looks.left_out;
        }
        Err(error) => return config_error(&error, out),
    }
    let state = StateFolder::open(&config.state_dir, places(&config));
    let session = Session::of(config, clock, state);
    let flags = ArmFlags { arm: true, read_only: global.read_only };
    dashboard::run(session, flags, None, words, out).await
}

/// A flag that would be dropped without a word: what it names belongs to another fleet.
fn not_here(global: &Global) -> Option<&'static str> {
    let given = [
        (global.state_dir.is_some(), "--state-dir"),
        (!global.config.is_empty(), "--config"),
        (global.last_known.is_some(), "--last-known"),
    ];
    given.into_iter().find(|(given, _)| *given).map(|(_, flag)| flag)
}

/// Nobody needs to know it, and nobody can guess it.
fn token() -> SecretString {
    SecretString::from(format!("{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..)))
}

/// A folder apart from the real one, for this demo alone.
struct StateDir(PathBuf);

impl StateDir {
    fn make() -> std::io::Result<Self> {
        let path = std::env::temp_dir().join(format!("lifeboat-demo-{:016x}", fastrand::u64(..)));
        std::fs::DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for StateDir {
    fn drop(&mut self) {
        // What stays of an invented ledger harms nobody.
        drop(std::fs::remove_dir_all(&self.0));
    }
}
