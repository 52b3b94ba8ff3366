//! All the dashboard knows and shows. Changed only by [`update`](super::update::update).

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use chrono::FixedOffset;

pub use super::again::Again;
use super::alerts::{Alerts, Which};
use super::arming::Arming;
use super::board::Board;
use super::copy_region::UnderWay;
use super::effect::Hand;
use super::layout;
use super::make_way::MakingWay;
use super::mouse::Spots;
use super::overlay::Overlay;
use super::own::OwnHistory;
use super::runs::{RunLine, RunsUnread};
use super::themes::ThemeList;
use super::timeline::Timeline;
use crate::domain::fleet::{Binding, Tally};
use crate::domain::{Fleet, ForkLeft, Service, ServiceId, StaleAfter, Timestamp, assess};
use crate::runbook::RunState;
use crate::tui::keymap::{Context, KeyMap};

/// The operator's offset from UTC at an instant: the zone's rules stay outside of the core.
pub type OffsetAt = fn(Timestamp) -> FixedOffset;

/// What a dashboard is given at its start.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Name of the fleet.
    pub fleet: String,
    /// Whether this is the demo over invented services.
    pub demo: bool,
    /// Whether it was started with `--read-only`: then it takes nothing out of what others see, either (S18).
    pub read_only: bool,
    /// Which sources are armed, as far as that is known by then (S18).
    pub arming: Arming,
    /// The person and host that act: `anna@jump2`.
    pub who: String,
    /// Per source: the command that shows its facts by hand (S36).
    pub verify: BTreeMap<String, String>,
    /// Which copy of which service comes from which source under what name.
    pub bindings: Vec<Binding>,
    /// From what age on facts are stale (S2).
    pub stale_after: StaleAfter,
    /// The operator's offset from UTC.
    pub offset_at: OffsetAt,
    /// The criteria by which an incident is declared: id and words (R29).
    pub criteria: BTreeMap<String, String>,
    /// Why readings are not saved on this host, when they are not (S29).
    pub not_saved: Option<String>,
    /// What each key does.
    pub keys: KeyMap,
    /// The themes to choose from.
    pub themes: ThemeList,
    /// How this program is called again with the same config and state folder; `None` in the demo,
    /// whose services exist nowhere else.
    pub again: Option<Again>,
}

/// The size of the terminal in cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

/// Services judged in turn at a tick.
const TURN: usize = 200;

/// Which screen is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// Every service.
    Fleet,
    /// The fleet by region.
    Regions,
    /// One service's timeline.
    Service,
    /// One run.
    Run,
    /// Every run, past and open.
    Runs,
    /// Every finding.
    Alerts,
    /// Every source.
    Sources,
}

/// A run as the dashboard knows it.
#[derive(Debug, Clone)]
pub struct RunView {
    /// Its state.
    pub state: Arc<RunState>,
    /// Whether it is driven here, so that it can be steered.
    pub driven_here: bool,
}

/// Whether the filter is being typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filtering {
    /// It is not.
    Off,
    /// What is typed next takes the place of the one in force.
    Anew,
    /// What is typed is added to it.
    On,
}

impl Filtering {
    /// Whether keys go into it.
    pub fn is_on(self) -> bool {
        self != Self::Off
    }
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
    /// Counts of its primaries and runs.
    pub tally: Tally,
    /// The list of services.
    pub board: Board,
    /// The screen.
    pub screen: Screen,
    /// The service last looked at.
    pub timeline: Option<Timeline>,
    /// Runs by id.
    pub runs: BTreeMap<String, RunView>,
    /// Our own history of the last day.
    pub own: OwnHistory,
    /// Changes of where backups are copied to that were seen from here, a line for each fact.
    pub copy_regions: BTreeMap<ServiceId, Vec<String>>,
    /// Those of them that are under way, whoever follows them.
    pub regions_under_way: BTreeMap<ServiceId, UnderWay>,
    /// Why it is not known which there are by now (S3).
    pub regions_unread: Option<String>,
    /// Every run of the journal, as last listed.
    pub run_list: Vec<RunLine>,
    /// That it is not known which there are by now, and why (S3).
    pub runs_unread: Option<RunsUnread>,
    /// What runs that are over left behind.
    pub forks_left: Vec<ForkLeft>,
    /// The run last looked at.
    pub run: Option<String>,
    /// The service whose run was asked for and is not there yet.
    pub awaiting: Option<ServiceId>,
    /// The drill that makes way for an incident.
    pub making_way: Option<MakingWay>,
    /// The run whose journal was asked for and is not there yet.
    pub journal_asked: Option<String>,
    /// What was asked for and came while something else was typed, one after the other: no more than was asked for.
    pub(super) late: Vec<Overlay>,
    /// The selected row of the regions, the alerts or the runs.
    pub row: usize,
    /// The selected finding, whose row goes where it is sorted to.
    pub(super) finding: Option<Which>,
    /// Since when each finding is there, and who has seen it.
    pub alerts: Alerts,
    /// Whether they have changed since they were last kept.
    pub(super) alerts_changed: bool,
    /// The selected step of the run shown.
    pub step: Option<usize>,
    /// What lies over it.
    pub overlay: Option<Overlay>,
    /// The theme that is shown, by its place in the list.
    pub theme: usize,
    /// Whether the filter is being typed.
    pub filtering: Filtering,
    /// One line for the person, until the next key.
    pub notice: Option<String>,
    /// What of that was said for a moment only, and the ticks that are left of it.
    pub(super) passing: Option<(String, u8)>,
    /// What of the last frame answers to a mouse, put here by whoever drew it.
    pub spots: Spots,
    /// Whether what is shown has changed since it was last drawn.
    pub dirty: bool,
    /// The last service judged in its turn.
    judged_to: Option<ServiceId>,
}

impl Model {
    /// A dashboard over what is known so far.
    pub fn new(setup: Setup, mut fleet: Fleet, now: Timestamp, size: Size) -> Self {
        fleet.pack();
        let theme = setup.themes.chosen;
        let mut model = Self {
            setup,
            now,
            size,
            tally: Tally::of(&fleet.services, now),
            fleet,
            board: Board::default(),
            screen: Screen::Fleet,
            timeline: None,
            runs: BTreeMap::new(),
            own: OwnHistory::default(),
            copy_regions: BTreeMap::new(),
            regions_under_way: BTreeMap::new(),
            run_list: Vec::new(),
            regions_unread: None,
            runs_unread: None,
            forks_left: Vec::new(),
            run: None,
            awaiting: None,
            making_way: None,
            journal_asked: None,
            late: Vec::new(),
            row: 0,
            finding: None,
            alerts: Alerts::default(),
            alerts_changed: false,
            step: None,
            overlay: None,
            theme,
            filtering: Filtering::Off,
            notice: None,
            passing: None,
            spots: Spots::default(),
            dirty: true,
            judged_to: None,
        };
        model.fleet.tell_silent_regions(&mut model.tally);
        let all: Vec<ServiceId> = model.fleet.services.keys().cloned().collect();
        model.judge(&all);
        model
    }

    /// Takes in every run of the journals, as the dashboard finds them.
    pub fn recall_runs(&mut self, runs: Vec<RunLine>) {
        (self.run_list, self.runs_unread) = (runs, None);
        super::runs::tell(self, None);
    }

    /// Takes in that no journal can be read: what was known of runs is not the newest, and of who has none it is not
    /// known that there is none.
    pub fn miss_runs(&mut self, unread: RunsUnread) {
        self.runs_unread = Some(unread);
        super::runs::tell(self, None);
    }

    /// Takes in what an earlier start knew of alerts: since when each is there, who has seen it, and
    /// which services were dismissed.
    pub fn recall_alerts(&mut self, alerts: Alerts) {
        self.alerts = alerts;
        for (service, _) in self.alerts.dismissed() {
            self.fleet.put_away(service);
        }
        let page = self.page();
        self.board.arrange(&self.fleet, page);
        for known in self.board.all() {
            self.alerts_changed |= self.alerts.see(known, self.now);
        }
        self.dirty = true;
    }

    /// Judges services anew and puts the list in order.
    pub(super) fn judge(&mut self, ids: &[ServiceId]) {
        let mut moved = false;
        for id in ids {
            let Some(service) = self.fleet.services.get_mut(id) else {
                // It turned out to be a fork of ours: it has no row any more.
                moved |= self.board.assessment(id).is_some();
                continue;
            };
            self.tally.see(service);
            service.silent_there = self.tally.silent_there(service);
            let known = assess(service, self.now, &self.setup.stale_after);
            self.alerts_changed |= self.alerts.see(&known, self.now);
            moved |= self.board.know(known);
        }
        if moved {
            let page = self.page();
            self.board.arrange(&self.fleet, page);
        }
        self.dirty = true;
    }

    /// Time alone changes a judgement: what is on the screen is judged at every tick, the others in
    /// turns, so that a tick costs the same however large the fleet is.
    pub(super) fn judge_some(&mut self) {
        let mut ids = self.board.visible(self.page()).to_vec();
        ids.extend(self.board.selected().cloned());
        let from = self.judged_to.take().map_or(Bound::Unbounded, Bound::Excluded);
        let turn = self.fleet.services.range((from, Bound::Unbounded)).take(TURN);
        let turn: Vec<ServiceId> = turn.map(|(id, _)| id.clone()).collect();
        if turn.len() == TURN {
            self.judged_to = turn.last().cloned();
        }
        ids.extend(turn);
        self.judge(&ids);
    }

    /// Whether the terminal is too small for anything but one line.
    pub const fn too_small(&self) -> bool {
        self.size.width < layout::LEAST_WIDTH || self.size.height < layout::LEAST_HEIGHT
    }

    /// Whether any source is armed.
    pub fn armed(&self) -> bool {
        self.setup.arming.armed().next().is_some()
    }

    /// The right to act on a source, when it is armed.
    pub fn hand(&self, source: &str) -> Option<Hand> {
        Hand::on(source, self.setup.arming.armed())
    }

    /// The selected service.
    pub fn selected(&self) -> Option<&Service> {
        self.fleet.services.get(self.board.selected()?)
    }

    /// The service that an action is about: on the screen of one service that one, else the selected.
    pub fn subject(&self) -> Option<&Service> {
        let id = match self.screen {
            Screen::Service => self.timeline.as_ref().map(|timeline| &timeline.service),
            Screen::Run => self.shown_run().map(|view| &view.state.opening.member.service),
            Screen::Fleet | Screen::Regions | Screen::Alerts | Screen::Runs | Screen::Sources => {
                self.board.selected()
            }
        };
        self.fleet.services.get(id?)
    }

    /// The run on the run screen.
    pub fn shown_run(&self) -> Option<&RunView> {
        self.runs.get(self.run.as_ref()?)
    }

    /// What was asked for by a key cannot be taken now.
    pub fn not_taken(&mut self) {
        (self.awaiting, self.making_way, self.journal_asked) = (None, None, None);
        self.notice = Some("not taken: still busy with what was asked before".to_owned());
        self.dirty = true;
    }

    /// The id of a service's open run, by the journals of this host.
    pub fn open_run_of(&self, service: &str) -> Option<&String> {
        let open = self.fleet.services.get(service).and_then(|service| service.open_runs.as_ref());
        open.and_then(|open| open.first()).map(|open| &open.run)
    }

    /// Whether a service was told of its runs.
    pub(super) fn knows_runs_of(&self, service: &str) -> bool {
        let is_told = |known: &Service| known.open_runs.is_some() || known.clients_unread.is_some();
        self.fleet.services.get(service).is_none_or(is_told)
    }

    /// The columns of a lane.
    pub const fn lane_columns(&self) -> u16 {
        layout::lane_columns(self.size)
    }

    /// What a key means at this moment.
    pub fn context(&self) -> Context {
        if self.overlay.is_some() {
            return Context::Overlay;
        }
        self.screen_context()
    }

    /// What a key means on the screen itself, whatever lies over it.
    pub const fn screen_context(&self) -> Context {
        match self.screen {
            Screen::Fleet => Context::Fleet,
            Screen::Regions => Context::Regions,
            Screen::Service => Context::Service,
            Screen::Run => Context::Run,
            Screen::Runs => Context::Runs,
            Screen::Alerts => Context::Alerts,
            Screen::Sources => Context::Sources,
        }
    }

    /// The rows of the list that fit.
    pub fn page(&self) -> usize {
        layout::fleet_page(self.size, self.board.longest_name())
    }
}
