//! What most commands begin with: the config, its board with last-known facts, the clock.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
use crate::config::{Board, Config, ConfigError};

use super::survey::{Survey, survey};
use super::{Exit, Global, Out, config_error};

/// A config in force.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) config: Arc<Config>,
    pub(crate) clock: Clock,
}

impl Session {
    /// Loads the config that the flags name.
    pub(crate) fn load(global: &Global) -> Result<Self, ConfigError> {
        let loaded = global.load()?;
        let clock = global.clock.unwrap_or_else(Clock::system);
        Ok(Self { config: Arc::new(loaded.config), clock })
    }

    /// The same; a config that is wrong is told, and gives the exit code.
    pub(crate) fn open(global: &Global, out: &mut Out) -> Result<Self, Exit> {
        Self::load(global).map_err(|error| config_error(&error, out))
    }

    /// The board with everything that was last known.
    pub(crate) fn board(&self) -> Board {
        self.config.board()
    }

    /// One look at everything.
    pub(crate) async fn survey(&self, timeout: Duration) -> Survey {
        survey(&self.config, self.board(), self.clock, timeout).await
    }
}
