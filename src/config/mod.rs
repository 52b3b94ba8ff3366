//! The config: TOML files, strict, laid over each other with the environment and flags.
//!
//! Layers: defaults < files (later wins field by field) < environment < flags. Every value remembers
//! where it was written, so that every mistake names file, line, key, the nearest known key and what
//! to write, and several are shown at once.

mod board;
mod cross;
mod de;
pub mod duration;
mod keys;
mod load;
mod mistake;
mod model;
mod node;
mod read;
mod schema;
mod service;
mod show;
mod source;
mod themes;

pub use board::Board;
pub use keys::user_keys;
pub use load::{Env, Overrides, find, from_texts, load, named};
pub use mistake::{ConfigError, Mistakes};
pub use model::{Config, CopyConfig, Discover, NOTHING_WATCHED, Probe, ServiceConfig, SourceConfig, Tier};
pub use schema::SCHEMA;
pub(crate) use show::key_text;
pub use source::SourceSettings;
pub use themes::{NamedTheme, Themes};

/// A commented config to begin with; it passes `config check` as it is.
pub const EXAMPLE: &str = include_str!("example.toml");

/// A config, and where each of its values was written.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The config.
    pub config: Config,
    root: node::Node,
    texts: Vec<mistake::Text>,
}

impl Loaded {
    /// The files it was read from, in their order.
    pub fn files(&self) -> Vec<String> {
        self.texts.iter().map(|text| text.name.clone()).collect()
    }
}
