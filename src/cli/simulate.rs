//! `simulate`: the simulator alone, until a signal ends it.

use crate::clock::Clock;
use crate::domain::instant::rfc3339;
use crate::runtime::signals::Signals;
use crate::secret::SecretString;
use crate::simulator::Simulator;
use crate::simulator::scenario::{self, Scenario};

use super::args::SimulateArgs;
use super::{Exit, Global, Out};

pub(super) async fn run(global: &Global, args: SimulateArgs, out: &mut Out) -> Exit {
    let scenario = match scenario::load(&args.scenario) {
        Ok(scenario) => scenario,
        Err(error) => return no_scenario(&error, out),
    };
    let clock = global.clock.unwrap_or_else(|| clock_of(None, args.speed));
    let mut signals = match Signals::listen() {
        Ok(signals) => signals,
        Err(error) => return failed(&format!("signals cannot be handled: {error}"), out),
    };
    let token = SecretString::from(args.token);
    let running = match Simulator::start(&scenario, clock, args.listen, token) {
        Ok(running) => running,
        Err(error) => return failed(&format!("cannot simulate on {}: {error}", args.listen), out),
    };
    out.line(&format!("simulating {}: {}; {}", scenario.name, scenario.about, scenario.census()));
    out.line(&format!("project {} at {}", running.project, running.url()));
    if !clock.is_system() {
        let (shown, real) = (rfc3339(clock.now()), rfc3339(Clock::system().now()));
        out.line(&format!("clients share its clock by --clock {shown}@{real},{}", clock.speed()));
    }
    let stop = signals.next().await;
    drop(running);
    out.problem(&format!("ended by {}", stop.as_str()));
    Exit::Interrupted
}

/// The clock of a simulation: this host's, unless something else is asked for (S17).
pub(super) fn clock_of(scenario: Option<&Scenario>, speed: f64) -> Clock {
    let start = scenario.and_then(|scenario| scenario.start);
    if start.is_none() && (speed - 1.0).abs() < f64::EPSILON {
        return Clock::system();
    }
    Clock::starting_at(start.unwrap_or_else(|| Clock::system().now()), speed)
}

/// No such scenario, or one with a mistake.
pub(super) fn no_scenario(error: &scenario::ScenarioError, out: &mut Out) -> Exit {
    let known = scenario::names().collect::<Vec<_>>().join(", ");
    out.error(&error.to_string(), &[&format!("built-in scenarios: {known}; or the path of a scenario file")]);
    Exit::Usage
}

fn failed(what: &str, out: &mut Out) -> Exit {
    out.error(what, &[]);
    Exit::Failed
}
