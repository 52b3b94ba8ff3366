//! What the dashboard wants of the rest of the program.

use crate::domain::{LagPeriod, Life, Power, RegionChange, ServiceId};
use crate::runtime::launch::Subject;
use crate::tui::app::effect::Acting;

/// Something the dashboard wants of the rest of the program.
#[derive(Debug)]
pub enum Order {
    /// Ask every source now.
    PollNow,
    /// Read a run from its journal and send it as news.
    ShowRun(String),
    /// Make the report of a run and send it as news.
    Report(String),
    /// Read the lines of a run's journal and send them as news.
    Journal(String),
    /// Ask a source how far a copy trailed, and send it as news.
    LagHistory {
        /// The source.
        source: String,
        /// The service's name there.
        remote: String,
        /// How far back.
        period: LagPeriod,
    },
    /// Read our own history of a service, and send it as news.
    OwnLag {
        /// The service.
        service: ServiceId,
        /// Where its copies are read from.
        place: String,
        /// How far back.
        period: LagPeriod,
    },
    /// Check the rules of copying the backups of a service elsewhere, and send them as news.
    CheckRegion {
        /// The service.
        service: ServiceId,
        /// The source whose setting it is.
        source: String,
        /// The change.
        change: RegionChange,
    },
    /// Tell a run that is driven here what the board knows of the old primary.
    TellLife {
        /// The run.
        run: String,
        /// What the board knows of its life.
        life: Life,
        /// What it knows of whether that is switched on.
        power: Power,
    },
    /// Change something. What is known of the service goes with a run to be begun.
    Act {
        /// What.
        acting: Acting,
        /// The service and its judgement, when a run is to be begun.
        subject: Option<Box<Subject>>,
    },
}
