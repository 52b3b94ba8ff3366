//! A provider in a box: two regions behind the Aiven API's wire format on loopback, for the demo, for
//! tests and for anyone who wants to try a client. All names in it are invented.
//!
//! | part | what it is |
//! |---|---|
//! | [`scenario`] | files that say which services there are and what happens to them |
//! | `world` | the state of both regions: a pure function of scenario, instant and what clients did |
//! | `wire` | that state as the provider's JSON |
//! | `edge` | HTTP, faults, and a port for each service that shows whether it lives |
//!
//! Beside the provider's API the simulator answers without a token at `GET /_sim/data/<service>`
//! (`newest_row`, `rows`: what a check of a restored service reads), `GET /_sim/requests` (how many
//! requests came, and which of them change something) and `GET /_sim/probes` (each service's port).

mod edge;
pub mod scenario;
mod wire;
mod world;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Runtime;

use crate::clock::Clock;
use crate::domain::Timestamp;
use crate::secret::SecretString;
use edge::{Simulation, door};
use scenario::{Scenario, ServiceSpec};

/// How often, in real time, the services' ports are opened and closed to match the world.
const PORTS_EVERY: Duration = Duration::from_millis(100);

/// The simulator.
#[derive(Debug)]
pub struct Simulator;

impl Simulator {
    /// Starts a simulator on a loopback address; port 0 takes any. It has a thread of its own, so it can
    /// be started and dropped anywhere. `at = "0s"` is the scenario's `start`, or else the clock's now.
    ///
    /// # Errors
    /// The address is not on loopback, is in use, or the system gives no thread.
    pub fn start(
        scenario: &Scenario,
        clock: Clock,
        addr: SocketAddr,
        token: SecretString,
    ) -> io::Result<Running> {
        if !addr.ip().is_loopback() {
            let message = format!("{addr} is not on loopback; the simulator has no business elsewhere");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let listener = TcpListener::bind(addr)?;
        listener.set_nonblocking(true)?;
        let addr = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("simulator")
            .enable_all()
            .build()?;
        let simulation = Arc::new(Simulation::new(scenario, clock, token.clone()));
        {
            let _runtime = runtime.enter();
            simulation.refresh_ports();
            let listener = door::Door(tokio::net::TcpListener::from_std(listener)?);
            let service = edge::router(&simulation).into_make_service_with_connect_info::<door::Cut>();
            runtime.spawn(async move { axum::serve(listener, service).await });
            runtime.spawn(keep_ports(Arc::clone(&simulation)));
        }
        Ok(Running {
            addr,
            project: scenario.project.clone(),
            services: scenario.services.clone(),
            token,
            simulation,
            runtime: Some(runtime),
        })
    }
}

async fn keep_ports(simulation: Arc<Simulation>) {
    let mut tick = tokio::time::interval(PORTS_EVERY);
    loop {
        tick.tick().await;
        simulation.refresh_ports();
    }
}

/// A simulator at work; dropping it ends it.
#[derive(Debug)]
pub struct Running {
    /// Where its API listens.
    pub addr: SocketAddr,
    /// The project that holds the services.
    pub project: String,
    /// The services there were at the start.
    pub services: Vec<ServiceSpec>,
    token: SecretString,
    simulation: Arc<Simulation>,
    runtime: Option<Runtime>,
}

impl Running {
    /// The base address of the API, as the provider's clients want it: without `/v1`.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// The token that clients must send.
    pub const fn token(&self) -> &SecretString {
        &self.token
    }

    /// Where a service shows that it lives, for a probe: that port refuses connections while the service
    /// is down. `None` if there is no such service.
    pub fn probe(&self, service: &str) -> Option<SocketAddr> {
        let runtime = self.runtime.as_ref()?;
        let _runtime = runtime.enter();
        let port = self.simulation.refresh_ports().get(service).copied()?;
        Some(SocketAddr::new(std::net::Ipv4Addr::LOCALHOST.into(), port))
    }

    /// The instant of the scenario's `at = "0s"`.
    pub fn zero(&self) -> Timestamp {
        self.simulation.zero()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
