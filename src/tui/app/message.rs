//! Everything that can happen to the dashboard.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::{LagHistory, LagPeriod, Liveness, NoLagHistory, OwnLag, ServiceId, SourceReport, Strip};
use crate::runbook::RunState;
use crate::tui::app::arming::Arming;
use crate::tui::app::copy_region::{CheckedChange, UnderWay};
use crate::tui::app::effect::StartRun;
use crate::tui::app::mouse::Mouse;
use crate::tui::app::runs::{RunLine, RunsUnread};
use crate::tui::keymap::Key;

/// One thing that happened.
#[derive(Debug, Clone)]
pub enum Message {
    /// A key was pressed.
    Key(Key),
    /// A mouse was used.
    Mouse(Mouse),
    /// A text was pasted.
    Paste(String),
    /// The terminal has a new size, in cells.
    Resize {
        /// Columns.
        width: u16,
        /// Rows.
        height: u16,
    },
    /// A second has passed on the clock.
    Tick,
    /// A source answered, or did not.
    Polled(Box<SourceReport>),
    /// A probe of a primary ended.
    Probed {
        /// The service.
        service: ServiceId,
        /// What the probe makes of its primary.
        liveness: Liveness,
    },
    /// A run changed, or was found.
    Run {
        /// Its state.
        state: Arc<RunState>,
        /// Whether it is driven here, so that it can be steered (S30).
        driven_here: bool,
    },
    /// Every run of the journal.
    Runs(Vec<RunLine>),
    /// It is not known any more which runs there are.
    RunsUnread(RunsUnread),
    /// The report of a run, as Markdown.
    Report {
        /// The run.
        run: String,
        /// The report.
        text: String,
    },
    /// The lines of a run's journal, as they stand.
    Journal {
        /// The run.
        run: String,
        /// The lines.
        lines: Vec<String>,
    },
    /// How far a copy trailed, or why that is not known.
    Lag {
        /// How far back was asked for.
        period: LagPeriod,
        /// The history.
        answer: Box<Result<LagHistory, NoLagHistory>>,
    },
    /// Our own history of a service, or why there is none.
    OwnLag {
        /// The service.
        service: ServiceId,
        /// How far back was asked for.
        period: LagPeriod,
        /// The history.
        answer: Result<OwnLag, String>,
    },
    /// What every service would have lost over the last day, as it was kept.
    Strips(BTreeMap<ServiceId, Strip>),
    /// The rules of a change of region were checked.
    RegionChecked(Box<CheckedChange>),
    /// A fact of a change of region that is followed, as it stands in the journal.
    RegionNews {
        /// The service.
        service: ServiceId,
        /// The fact, in a line.
        line: String,
    },
    /// Whether each source is armed, once that is known.
    Arming(Arming),
    /// The changes of region that are under way by the journal, whoever follows them.
    RegionsUnderWay(Vec<UnderWay>),
    /// Why it is not known which there are; `None` = it is known again.
    RegionsUnread(Option<String>),
    /// A wish was not taken: why, in lines.
    Refused(Vec<String>),
    /// An incident is to begin and its journal cannot be written: where else (S25).
    NoJournal {
        /// What is to begin.
        start: Box<StartRun>,
        /// Why there is no journal.
        why: String,
    },
    /// Something to tell the person.
    Notice(String),
}
