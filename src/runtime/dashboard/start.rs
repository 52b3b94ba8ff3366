//! What a dashboard starts from, and how it ends.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::Order;
use crate::clock::Clock;
use crate::domain::Fleet;
use crate::ledger::Readings;
use crate::poll::{Polled, ProbeNews};
use crate::runtime::signals::Stop;
use crate::tui::app::alerts::Alerts;
use crate::tui::app::runs::RunLine;
use crate::tui::app::{Message, Setup};
use crate::tui::draw::Look;
use crate::tui::terminal::NoTerminal;
use crate::tui::theme::Theme;

/// What a dashboard starts from.
#[derive(Debug)]
pub struct DashboardSetup {
    /// What does not change.
    pub setup: Setup,
    /// Last-known facts: the first frame shows them before anything was asked.
    pub fleet: Fleet,
    /// Every run of the journals, or why none can be read: an open one is marked in the first frame.
    pub runs: Result<Vec<RunLine>, String>,
    /// Colours and characters.
    pub look: Look,
    /// The themes that can be chosen, in the order of [`Setup::themes`].
    pub themes: Vec<Theme>,
    /// Whether wheel and click are listened to.
    pub mouse: bool,
    /// The one clock.
    pub clock: Clock,
    /// What sources answer.
    pub polls: mpsc::Receiver<Polled>,
    /// What probes of primaries learn.
    pub probes: mpsc::Receiver<ProbeNews>,
    /// Runs, refusals, notices.
    pub news: mpsc::Receiver<Message>,
    /// What the dashboard wants of the rest of the program.
    pub orders: mpsc::Sender<Order>,
    /// Where last-known facts are kept.
    pub readings: Option<Arc<Readings>>,
    /// The alerts that were kept.
    pub alerts: Alerts,
    /// The state folder, where they are kept.
    pub state_dir: PathBuf,
}

/// How a dashboard ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    /// Why.
    pub reason: ExitReason,
    /// Lines for the terminal that is left behind.
    pub farewell: Vec<String>,
}

/// Why a dashboard ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitReason {
    /// A key.
    Asked,
    /// A signal.
    Signal(Stop),
    /// The terminal is gone.
    TerminalClosed,
}

/// Why a dashboard could not start.
#[derive(Debug, thiserror::Error)]
pub enum DashboardError {
    /// There is no terminal.
    #[error(transparent)]
    NoTerminal(#[from] NoTerminal),
    /// The terminal, or the handling of signals, cannot be set up.
    #[error("the terminal cannot be set up: {0}")]
    Setup(#[source] io::Error),
}
