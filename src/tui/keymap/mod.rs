//! The one table of keys: what a key does where. The footer of every screen, the help and
//! `lifeboat keys` are read from it; a duplicate within one context fails a test.

mod key;
mod map;
mod table;

use std::borrow::Cow;

pub use key::Key;
pub use map::{KeyMap, Twice};
pub use table::TABLE;

/// Where a key is pressed. A key means what its own context says, else what [`Context::Everywhere`] says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Context {
    /// On every screen that has no text field open.
    Everywhere,
    /// The list of services.
    Fleet,
    /// The list of regions.
    Regions,
    /// One service's timeline.
    Service,
    /// One run.
    Run,
    /// The list of runs.
    Runs,
    /// The list of findings.
    Alerts,
    /// The list of sources.
    Sources,
    /// An overlay that only shows something.
    Overlay,
}

impl Context {
    /// Every context, in the order of the help.
    pub const ALL: [Self; 9] = [
        Self::Fleet,
        Self::Regions,
        Self::Service,
        Self::Run,
        Self::Runs,
        Self::Alerts,
        Self::Sources,
        Self::Overlay,
        Self::Everywhere,
    ];

    /// Its section in a key map.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Everywhere => "everywhere",
            Self::Fleet => "fleet",
            Self::Regions => "regions",
            Self::Service => "service",
            Self::Run => "run",
            Self::Runs => "runs",
            Self::Alerts => "alerts",
            Self::Sources => "sources",
            Self::Overlay => "overlay",
        }
    }

    /// The heading of its keys in the help.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Everywhere => "everywhere",
            Self::Fleet => "fleet",
            Self::Regions => "by region",
            Self::Service => "service",
            Self::Run => "run",
            Self::Runs => "runs",
            Self::Alerts => "alerts",
            Self::Sources => "sources",
            Self::Overlay => "overlays",
        }
    }
}

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Selection or view one up.
    Up,
    /// Selection or view one down.
    Down,
    /// Cursor one column to the past.
    Left,
    /// Cursor one column to the present.
    Right,
    /// One page up.
    PageUp,
    /// One page down.
    PageDown,
    /// First row; oldest point.
    First,
    /// Last row; newest point.
    Last,
    /// Open what is selected.
    Open,
    /// Back to where one came from.
    Back,
    /// Type a filter.
    Filter,
    /// Next way to sort.
    Sort,
    /// Group by region, or back.
    ByRegion,
    /// The list of findings.
    Alerts,
    /// Begin a drill.
    Drill,
    /// Begin an incident.
    Incident,
    /// Copy what matters here.
    Copy,
    /// Explain the numbers here.
    Explain,
    /// Poll every source now.
    PollNow,
    /// What arming needs on this host.
    Arming,
    /// Choose a theme.
    Themes,
    /// Hand the terminal back to the shell for a while.
    Suspend,
    /// The keys.
    Help,
    /// The fleet.
    ScreenFleet,
    /// The service last looked at.
    ScreenService,
    /// The run last looked at.
    ScreenRun,
    /// Every run, past and open.
    ScreenRuns,
    /// Every source, and how reading it went.
    ScreenSources,
    /// Every finding.
    ScreenAlerts,
    /// Say that a finding was seen.
    Acknowledge,
    /// Put a finding last, or back.
    Mute,
    /// Put away a service that is gone.
    Dismiss,
    /// How far the copy trailed over time.
    LagHistory,
    /// Where backups are copied to, and copy them elsewhere.
    CopyRegion,
    /// Leave.
    Quit,
    /// Cursor to the next backup.
    NextBackup,
    /// Cursor to the previous backup.
    PreviousBackup,
    /// Type an instant to go to.
    GoToTime,
    /// Look closer.
    ZoomIn,
    /// Look wider.
    ZoomOut,
    /// Mark the moment the data went bad, or unmark it.
    BadMoment,
    /// Pause the run, or go on.
    Pause,
    /// Retry the step.
    Retry,
    /// Skip the step, with a reason.
    Skip,
    /// Write a note into the journal.
    Note,
    /// Confirm the step that waits for a person.
    Confirm,
    /// A second attempt, with a reason.
    NewAttempt,
    /// Fence the old primary, or override in writing.
    Fence,
    /// A status text for others.
    StatusText,
    /// Abort the run; the fork is kept.
    Abort,
    /// Remove what the run made.
    CleanUp,
    /// Read the report.
    Report,
    /// Read the journal as it is written.
    Journal,
}

impl Action {
    /// Its name in a key map.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Left => "left",
            Self::Right => "right",
            Self::PageUp => "page_up",
            Self::PageDown => "page_down",
            Self::First => "first",
            Self::Last => "last",
            Self::Open => "open",
            Self::Back => "back",
            Self::Filter => "filter",
            Self::Sort => "sort",
            Self::ByRegion => "by_region",
            Self::Alerts => "alerts",
            Self::Drill => "drill",
            Self::Incident => "incident",
            Self::Copy => "copy",
            Self::Explain => "explain",
            Self::PollNow => "poll_now",
            Self::Arming => "arming",
            Self::Themes => "themes",
            Self::Suspend => "suspend",
            Self::Help => "help",
            Self::ScreenFleet => "screen_fleet",
            Self::ScreenService => "screen_service",
            Self::ScreenRun => "screen_run",
            Self::ScreenRuns => "screen_runs",
            Self::ScreenSources => "screen_sources",
            Self::ScreenAlerts => "screen_alerts",
            Self::Acknowledge => "acknowledge",
            Self::Mute => "mute",
            Self::Dismiss => "dismiss",
            Self::LagHistory => "lag_history",
            Self::CopyRegion => "copy_region",
            Self::Quit => "quit",
            Self::NextBackup => "next_backup",
            Self::PreviousBackup => "previous_backup",
            Self::GoToTime => "go_to_time",
            Self::ZoomIn => "zoom_in",
            Self::ZoomOut => "zoom_out",
            Self::BadMoment => "bad_moment",
            Self::Pause => "pause",
            Self::Retry => "retry",
            Self::Skip => "skip",
            Self::Note => "note",
            Self::Confirm => "confirm",
            Self::NewAttempt => "new_attempt",
            Self::Fence => "fence",
            Self::StatusText => "status_text",
            Self::Abort => "abort",
            Self::CleanUp => "clean_up",
            Self::Report => "report",
            Self::Journal => "journal",
        }
    }
}

/// One row of the table.
#[derive(Debug, Clone)]
pub struct Binding {
    /// Where.
    pub context: Context,
    /// The keys, the one to show first.
    pub keys: Cow<'static, [Key]>,
    /// What they do.
    pub action: Action,
    /// A word for the footer; `None` = only in the help.
    pub footer: Option<&'static str>,
    /// A sentence for the help.
    pub help: &'static str,
}

impl Binding {
    /// The keys as a person reads them: `h/left`.
    pub fn keys_text(&self) -> String {
        self.keys.iter().map(ToString::to_string).collect::<Vec<_>>().join("/")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;

    #[test]
    fn no_key_means_two_things_in_one_context() {
        let mut seen = HashSet::new();
        for binding in TABLE {
            for key in binding.keys.iter() {
                assert!(seen.insert((binding.context, *key)), "{key} twice in {:?}", binding.context);
            }
        }
    }

    #[test]
    fn every_row_has_a_key_and_a_sentence() {
        for binding in TABLE {
            assert!(!binding.keys.is_empty(), "{binding:?}");
            assert!(!binding.help.is_empty(), "{binding:?}");
        }
    }

    #[test]
    fn an_action_stands_once_in_a_context_and_has_a_name_of_its_own() {
        let mut seen = HashSet::new();
        let mut names = HashMap::new();
        for binding in TABLE {
            assert!(seen.insert((binding.context, binding.action)), "{binding:?}");
            let first = names.entry(binding.action.key()).or_insert(binding.action);
            assert_eq!(*first, binding.action);
        }
    }
}
