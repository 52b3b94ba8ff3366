//! Self-run PostgreSQL with pgBackRest: one source is one repository of one stanza, read by running
//! `pgbackrest` where the repository can be reached.

mod catalog;
mod command;
pub mod failure;
#[cfg(test)]
mod fixtures;
mod forker;
mod hand_over;
mod histories;
pub mod info;
pub mod known_failures;
mod listed;
mod log_end;
pub mod look;
pub mod mark;
#[cfg(test)]
mod odd_answers;
pub mod peek;
pub mod place;
#[cfg(test)]
mod polling;
mod preview;
pub mod progress;
pub mod reach;
pub mod readiness;
pub mod resolve;
pub mod restore;
pub mod server_failure;
mod settings;
pub mod store_failure;
pub mod wal;
pub mod walk;
pub mod writer;

pub use catalog::PgBackRestCatalog;
pub use forker::PgBackRestForker;
pub use settings::{ForkSettings, Ports, ServerSettings, Settings};
