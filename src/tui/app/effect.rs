//! What the dashboard asks the world to do, as data. What changes anything is an [`Acting`], and only
//! a [`Hand`] makes one: without arming there is none (R20, S18).

use super::alerts::Alerts;
use crate::domain::fork::CallPreview;
use crate::domain::{LagPeriod, Life, Power, RegionChange, ServiceId, Target, Timestamp};
use crate::runbook::{Command, Declaration};

/// Something to be done by the loop around the core.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Ask every source now.
    PollNow,
    /// Keep what is known of these services on disk.
    Save(Vec<ServiceId>),
    /// Put this text on the clipboard of the person's terminal.
    Copy(String),
    /// Read a run from its journal; it comes as [`Message::Run`](super::Message::Run).
    ShowRun(String),
    /// Make the report of a run; it comes as [`Message::Report`](super::Message::Report).
    Report(String),
    /// Read the lines of a run's journal; they come as [`Message::Journal`](super::Message::Journal).
    Journal(String),
    /// Keep these alerts for the state folder.
    KeepAlerts(Box<Alerts>),
    /// Ask a source how far the copy of a service trailed; it comes as
    /// [`Message::Lag`](super::Message::Lag).
    LagHistory {
        /// The source.
        source: String,
        /// The service's name there.
        remote: String,
        /// How far back.
        period: LagPeriod,
    },
    /// Read our own history of a service; it comes as [`Message::OwnLag`](super::Message::OwnLag).
    OwnLag {
        /// The service.
        service: ServiceId,
        /// How far back.
        period: LagPeriod,
    },
    /// Check the rules of copying a service's backups to another region; it comes as
    /// [`Message::RegionChecked`](super::Message::RegionChecked).
    CheckRegion {
        /// The service, or the fork that has become one.
        service: ServiceId,
        /// The source whose setting it is.
        source: String,
        /// The change, as far as the board knows.
        change: RegionChange,
    },
    /// Show everything in the theme of this place in the list.
    Theme(usize),
    /// Hand the terminal back to the shell, until the shell brings this program back.
    Suspend,
    /// Leave, with these lines for the terminal that is left behind.
    Quit(Vec<String>),
    /// Tell a run that is driven here what the board knows of the old primary (S5).
    TellLife {
        /// The run.
        run: String,
        /// What the board knows of its life.
        life: Life,
        /// What it knows of whether that is switched on.
        power: Power,
    },
    /// Change something.
    Act(Acting),
}

impl Effect {
    /// Whether it changes anything outside of this dashboard.
    pub const fn acts(&self) -> bool {
        match self {
            Self::Act(_) => true,
            Self::PollNow
            | Self::Save(_)
            | Self::Copy(_)
            | Self::ShowRun(_)
            | Self::Report(_)
            | Self::Journal(_)
            | Self::KeepAlerts(_)
            | Self::TellLife { .. }
            | Self::LagHistory { .. }
            | Self::OwnLag { .. }
            | Self::CheckRegion { .. }
            | Self::Theme(_)
            | Self::Suspend
            | Self::Quit(_) => false,
        }
    }
}

/// The right to act on one source, held only by an armed dashboard.
#[derive(Debug)]
pub struct Hand {
    source: String,
}

impl Hand {
    /// A hand, if the source is among the armed ones.
    pub(super) fn on(source: &str, armed: impl IntoIterator<Item = impl AsRef<str>>) -> Option<Self> {
        armed.into_iter().any(|name| name.as_ref() == source).then(|| Self { source: source.to_owned() })
    }
}

/// A mutating effect. Its fields are private: only [`Acting::new`] makes one.
#[derive(Debug, Clone, PartialEq)]
pub struct Acting {
    source: String,
    deed: Deed,
}

impl Acting {
    /// Something to do on the source the hand is for.
    pub fn new(hand: Hand, deed: Deed) -> Self {
        Self { source: hand.source, deed }
    }

    /// The source it acts on.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What is to be done.
    pub const fn deed(&self) -> &Deed {
        &self.deed
    }

    /// What is to be done, to do it.
    pub fn into_deed(self) -> Deed {
        self.deed
    }
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Deed {
    /// Begin a run.
    Start(StartRun),
    /// Take up a run that nobody drives (S30).
    Resume {
        /// The run.
        run: String,
    },
    /// Copy the backups of a service to another region.
    SetRegion(SetRegion),
    /// Say something to a run that is driven here, or is over and keeps a fork to be cleaned up.
    Command {
        /// The run.
        run: String,
        /// What.
        command: Command,
    },
}

/// A change of where a service's backups are copied to, agreed to by name.
#[derive(Debug, Clone, PartialEq)]
pub struct SetRegion {
    /// The service.
    pub service: ServiceId,
    /// The source whose setting it is.
    pub source: String,
    /// The change.
    pub change: RegionChange,
    /// The exact calls that were shown.
    pub calls: Vec<CallPreview>,
    /// What was typed.
    pub typed: String,
}

/// A run to begin.
#[derive(Debug, Clone, PartialEq)]
pub struct StartRun {
    /// The service.
    pub service: ServiceId,
    /// What to restore to.
    pub target: Target,
    /// The bad moment the point must lie before (S14).
    pub bad_moment: Option<Timestamp>,
    /// A declared incident; `None` = a drill.
    pub declared: Option<Declaration>,
    /// Where its journal goes when the state folder cannot be written: a folder, or the typed words for
    /// none (S25).
    pub journal: Option<String>,
}
