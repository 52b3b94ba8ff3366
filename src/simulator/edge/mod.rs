//! The simulator's network side: HTTP on loopback, and a port for each service that shows whether it lives.

pub(super) mod door;
mod gate;
mod handlers;
mod probes;
mod routes;
mod state;

pub(super) use routes::router;
pub(super) use state::Simulation;
