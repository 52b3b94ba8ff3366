//! The edge where parts meet: catalogs and forkers out of a config, probes, signals, the drivers of runs.

pub mod acts_by;
pub mod alerts;
pub mod author;
mod beside;
pub mod dashboard;
pub mod demo;
pub mod desk;
pub mod driver;
pub mod executor;
pub mod front;
mod in_time;
pub mod launch;
pub mod places;
pub mod put_down;
pub mod refusal;
pub mod region;
pub(crate) mod report;
pub mod runs;
mod saver;
pub mod shared;
pub mod signals;
pub mod sources;
pub mod unusable;

#[cfg(test)]
mod one_loss;
mod readiness;
mod schedule;

pub use crate::poll::probe;
