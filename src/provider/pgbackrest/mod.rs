//! Self-run PostgreSQL with pgBackRest: one source is one repository of one stanza, read by running
//! `pgbackrest` where the repository can be reached.

mod catalog;
mod command;
pub mod failure;
#[cfg(test)]
mod fixtures;
pub mod info;
pub mod known_failures;
pub mod look;
pub mod peek;
pub mod reach;
pub mod resolve;
pub mod restore;
mod settings;
pub mod wal;
pub mod walk;

pub use catalog::PgBackRestCatalog;
pub use settings::{ForkSettings, Ports, Settings};
