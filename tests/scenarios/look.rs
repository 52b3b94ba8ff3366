//! A scenario read at one instant through the real catalog, config and probes, as a poller would: by a
//! simulator whose clock stands still there. So every run sees the same, however busy the machine is.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use lifeboat::clock::Clock;
use lifeboat::config::SourceSettings;
use lifeboat::domain::Fleet;
use lifeboat::provider::Catalog as _;
use lifeboat::provider::aiven::{AivenCatalog, Gate, Wanted};
use lifeboat::runtime::demo::{SOURCE, demo_config};
use lifeboat::runtime::probe::{observe, probe};
use lifeboat::secret::SecretString;
use lifeboat::simulator::Simulator;
use lifeboat::simulator::scenario::Scenario;

/// Between two polls.
pub(crate) const STEP: Duration = Duration::from_secs(120);
pub(crate) const STALE_AFTER: Duration = Duration::from_secs(240);
/// Of real time; nothing here should come near it.
const LIMIT: Duration = Duration::from_secs(20);
/// Of real time; a port on this host answers or refuses at once.
const PROBE_LIMIT: Duration = Duration::from_millis(60);

/// Reads the scenario at one instant into the fleet; the first time makes the fleet.
pub(crate) async fn look(scenario: &Scenario, now: DateTime<Utc>, known: Option<Fleet>) -> Fleet {
    let clock = Clock::starting_at(now, 0.0);
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let running = Simulator::start(scenario, clock, any, SecretString::from("token")).expect("a simulator");
    let config = demo_config(&running, Path::new("/nowhere")).expect("a config");
    let SourceSettings::Aiven(settings) = &config.sources[SOURCE].settings else {
        panic!("the demo's source is {:?}", config.sources[SOURCE])
    };
    let token = settings.token.resolve().await.expect("the token");
    let catalog =
        AivenCatalog::new(SOURCE, settings.clone(), Wanted::All, token, Arc::new(Gate::default()), clock)
            .expect("a catalog");
    let report = catalog.read(LIMIT).await;
    let board = config.board();
    let mut fleet = known.unwrap_or(board.fleet);
    fleet.apply(&report, &board.bindings);
    let probes = config.services.iter().map(|(name, service)| async move {
        let address = service.probe.as_ref().expect("every service has a probe");
        (name, probe(&address.to_string(), PROBE_LIMIT).await)
    });
    for (name, probed) in join_all(probes).await {
        let before = fleet.services[name].liveness;
        fleet.set_liveness(name, observe(before, &probed, now), now);
    }
    fleet
}
