//! All the dashboard knows and shows. Changed only by [`update`](super::update::update).

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::FixedOffset;

use super::board::Board;
use super::effect::Hand;
use super::layout;
use super::overlay::Overlay;
use crate::domain::fleet::Binding;
use crate::domain::{Fleet, Service, Timestamp};
use crate::tui::keymap::Context;

/// The operator's offset from UTC at an instant: the zone's rules stay outside of the core.
pub type OffsetAt = fn(Timestamp) -> FixedOffset;

/// What does not change while the dashboard runs.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Name of the fleet.
    pub fleet: String,
    /// Whether this is the demo over invented services.
    pub demo: bool,
    /// Per source: armed, or the lines that say what is missing on this host and what to run (S18).
    pub arming: BTreeMap<String, Result<(), Vec<String>>>,
    /// The person and host that act: `anna@jump2`.
    pub who: String,
    /// Which copy of which service comes from which source under what name.
    pub bindings: Vec<Binding>,
    /// Facts older than this are stale (S2).
    pub stale_after: Duration,
    /// The operator's offset from UTC.
    pub offset_at: OffsetAt,
    /// Why readings are not saved on this host, when they are not (S29).
    pub not_saved: Option<String>,
}

/// The size of the terminal in cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

/// Which screen is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// Every service.
    Fleet,
}

/// The whole state.
#[derive(Debug, Clone)]
pub struct Model {
    /// What does not change.
    pub setup: Setup,
    /// Now, as of the last message.
    pub now: Timestamp,
    /// The terminal.
    pub size: Size,
    /// Every service, by what its sources said.
    pub fleet: Fleet,
    /// The list of services.
    pub board: Board,
    /// The screen.
    pub screen: Screen,
    /// What lies over it.
    pub overlay: Option<Overlay>,
    /// Whether the filter is being typed.
    pub filtering: bool,
    /// One line for the person, until the next key.
    pub notice: Option<String>,
    /// Whether what is shown has changed since it was last drawn.
    pub dirty: bool,
}

impl Model {
    /// A dashboard over what is known so far.
    pub fn new(setup: Setup, fleet: Fleet, now: Timestamp, size: Size) -> Self {
        Self {
            setup,
            now,
            size,
            fleet,
            board: Board::default(),
            screen: Screen::Fleet,
            overlay: None,
            filtering: false,
            notice: None,
            dirty: true,
        }
    }

    /// Whether the terminal is too small for anything but one line.
    pub const fn too_small(&self) -> bool {
        self.size.width < layout::LEAST_WIDTH || self.size.height < layout::LEAST_HEIGHT
    }

    /// Whether any source is armed.
    pub fn armed(&self) -> bool {
        self.setup.arming.values().any(Result::is_ok)
    }

    /// The right to act on a source, when it is armed.
    pub fn hand(&self, source: &str) -> Option<Hand> {
        let armed = self.setup.arming.iter().filter(|(_, state)| state.is_ok()).map(|(name, _)| name);
        Hand::on(source, armed)
    }

    /// The selected service.
    pub fn selected(&self) -> Option<&Service> {
        self.fleet.services.get(self.board.selected()?)
    }

    /// What a key means at this moment.
    pub fn context(&self) -> Context {
        if self.overlay.is_some() {
            return Context::Overlay;
        }
        match self.screen {
            Screen::Fleet => Context::Fleet,
        }
    }

    /// The rows of the list that fit.
    pub fn page(&self) -> usize {
        layout::fleet_page(self.size)
    }
}
