//! Aiven: services whose backups the provider copies to another region, read and forked through its
//! HTTP API.

mod catalog;
mod client;
#[cfg(test)]
mod corpus;
mod endpoint;
mod failure;
mod forker;
mod gate;
mod kinds;
mod lag;
mod mark;
mod order;
mod preview;
mod progress;
mod readiness;
mod reading;
mod region;
mod resolve;
mod schedule;
mod settings;
#[cfg(test)]
mod simulated;
#[cfg(test)]
mod testkit;
mod token;
mod wire;

pub use catalog::{AivenCatalog, Wanted};
pub use forker::AivenForker;
pub use gate::{Gate, Place};
pub use region::AivenRegionSetter;
pub use settings::{ApiUrl, ForkNetwork, Settings};
pub use token::Token;
