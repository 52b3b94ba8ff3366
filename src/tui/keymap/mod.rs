//! The one table of keys: what a key does where. The footer of every screen, the help and
//! `lifeboat keys` are read from it; a duplicate within one context fails a test.

mod key;
mod table;

pub use key::Key;
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
    /// An overlay that only shows something.
    Overlay,
}

impl Context {
    /// Every context, in the order of the help.
    pub const ALL: [Self; 8] = [
        Self::Fleet,
        Self::Regions,
        Self::Service,
        Self::Run,
        Self::Runs,
        Self::Alerts,
        Self::Overlay,
        Self::Everywhere,
    ];

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
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    /// Where.
    pub context: Context,
    /// The keys, the one to show first.
    pub keys: &'static [Key],
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

/// What a key does in a context.
pub fn action(context: Context, key: Key) -> Option<Action> {
    let find = |wanted: Context| {
        TABLE
            .iter()
            .find(|binding| binding.context == wanted && binding.keys.contains(&key))
            .map(|binding| binding.action)
    };
    find(context).or_else(|| find(Context::Everywhere))
}

/// The rows a footer shows in a context: its own first, then those that work everywhere.
pub fn footer(context: Context) -> impl Iterator<Item = (&'static Binding, &'static str)> {
    let of = move |wanted: Context| {
        TABLE
            .iter()
            .filter(move |binding| binding.context == wanted)
            .filter_map(|binding| binding.footer.map(|word| (binding, word)))
    };
    of(context).chain(of(Context::Everywhere))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_key_means_two_things_in_one_context() {
        let mut seen = HashSet::new();
        for binding in TABLE {
            for key in binding.keys {
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
    fn a_context_goes_before_everywhere() {
        assert_eq!(action(Context::Run, Key::Char('r')), Some(Action::Retry));
        assert_eq!(action(Context::Fleet, Key::Char('?')), Some(Action::Help));
        assert_eq!(action(Context::Fleet, Key::Char('b')), None);
    }
}
