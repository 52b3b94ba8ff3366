//! Self-run PostgreSQL with pgBackRest: one source is one repository of one stanza, read by running
//! `pgbackrest` where the repository can be reached.

pub mod failure;
#[cfg(test)]
mod fixtures;
pub mod info;
mod settings;

pub use settings::{ForkSettings, Ports, Settings};
