//! The list of runs, past and open, and their reports.

mod earlier;
mod known;
mod unread;

use std::collections::BTreeMap;
use std::time::Duration;

pub(super) use earlier::open_run;
pub use earlier::{Earlier, earlier};
pub use known::{Known, clients_on, clients_unread, failed_drills, left_behind, made};
pub use unread::RunsUnread;

use super::act::step_row;
use super::arming;
use super::copy_region;
use super::effect::{Acting, Deed, Effect};
use super::late;
use super::markdown;
use super::model::{Model, RunView, Screen};
use super::overlay::Overlay;
use crate::domain::open_run::parted;
use crate::domain::{
    ClientsMoved, Heard, Life, LossIs, OpenRun, RESTORES_COUNTED, Service, ServiceId, ShownBackups,
    Timestamp, words,
};
use crate::runbook::{Clocks, Conclusion, RunKind, RunState, clocks_with};
use crate::tui::keymap::Action;

/// A run as the journal's list has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunLine {
    /// Its id.
    pub run: String,
    /// The service.
    pub service: ServiceId,
    /// Drill or incident.
    pub kind: RunKind,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it ended.
    pub closed_at: Option<Timestamp>,
    /// How it ended.
    pub conclusion: Option<Conclusion>,
    /// Who drives it.
    pub standing: Standing,
    /// How it stands, where its journal was read for that.
    pub known: Option<Known>,
    /// Why its journal was not read, which may still tell where clients are or what was left behind.
    pub unread: Option<String>,
    /// Where its journal goes on, when it could no longer be written here (S25).
    pub moved_to: Option<String>,
    /// The folder that it came from, where it went on there, too (S25).
    pub parted_from: Option<String>,
}

impl RunLine {
    /// The recovery time it achieved, in words: `<=1m 53s`.
    pub fn rto(&self) -> Option<String> {
        let ended = self.conclusion.as_ref()?;
        let took = Duration::from_secs(ended.achieved_rto_s?);
        Some(words::bounded(took, ended.achieved_rto_is.unwrap_or(LossIs::Exact)))
    }

    /// What it lost, in words: `<=4s`.
    pub fn rpo(&self) -> Option<String> {
        let ended = self.conclusion.as_ref()?;
        let lost = Duration::from_secs(ended.achieved_rpo_s?);
        Some(words::bounded(lost, ended.achieved_rpo_is.unwrap_or(LossIs::Exact)))
    }

    /// Whether a process drives it.
    pub(super) const fn is_driven(&self) -> bool {
        matches!(self.standing, Standing::Here | Standing::Elsewhere)
    }

    /// Whether nobody drives it, and no person is to choose first between two stories of it.
    pub const fn can_be_taken_up(&self) -> bool {
        matches!(self.standing, Standing::Nobody) && self.parted_from.is_none()
    }

    /// What its service must know of it while it is not over.
    pub fn open_run(&self) -> Option<OpenRun> {
        let known = self.known.as_ref();
        (self.standing != Standing::Over).then(|| OpenRun {
            run: self.run.clone(),
            drill: self.kind == RunKind::Drill,
            opened_at: self.opened_at,
            driven: self.is_driven(),
            last_at: known.map(|known| known.last_at),
            step: known.and_then(|known| known.step).map(|step| step.title().to_owned()),
            needs_person: known.is_some_and(|known| known.needs_person),
            unfenced_since: known.and_then(|known| known.unfenced_since),
            restores_to: known.and_then(|known| known.restores_to),
            moved_to: self.moved_to.clone(),
            parted_from: self.parted_from.clone(),
            config_files: known.map(|known| known.config_files.clone()).unwrap_or_default(),
        })
    }
}

/// Who drives a run (S30).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// This dashboard.
    Here,
    /// Another process: shown live, not steered from here.
    Elsewhere,
    /// Nobody: it was interrupted and can be resumed.
    Nobody,
    /// It is over.
    Over,
}

/// A row of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The run.
    pub line: RunLine,
    /// How far it is, or how it ended.
    pub state: String,
    /// Whether it waits for a person.
    pub waits: bool,
}

/// The clocks of a run, by its journal and by what the board knows of the old primary: both count to the
/// same instant (S5).
pub fn clocks(model: &Model, state: &RunState) -> Clocks {
    clocks_with(state, life(model, &state.opening.member.service), model.now)
}

pub(super) fn life(model: &Model, service: &str) -> Life {
    model.fleet.services.get(service).map(Life::on_the_board).unwrap_or_default()
}

/// The board counts to the instant that the open run of a service knows of.
pub(super) fn hear(model: &mut Model, state: &RunState) {
    let service = &state.opening.member.service;
    let heard = state.heard();
    let of_another = |known: &Service| known.heard.as_ref().is_some_and(|heard| heard.run != state.id());
    if heard.is_none() && model.fleet.services.get(service).is_some_and(of_another) {
        return;
    }
    if model.fleet.hear(service, heard) {
        model.judge(std::slice::from_ref(service));
    }
}

/// What a run that is driven here does not know yet of the life of its old primary, and the board does.
pub(super) fn tell_life(model: &Model, service: &str) -> Option<Effect> {
    let of_it = |view: &&RunView| view.driven_here && view.state.opening.member.service == service;
    let run = model.runs.values().filter(of_it).find(|view| !view.state.is_over())?;
    let (run, life) = (&run.state, life(model, service));
    let power = model.fleet.services.get(service).map(Service::power).unwrap_or_default();
    run.news(life, power).map(|_| Effect::TellLife { run: run.id().to_owned(), life, power })
}

/// Open runs first, then the others, newest first.
pub fn rows(model: &Model) -> Vec<Row> {
    let mut rows: Vec<Row> = model.run_list.iter().map(|line| row(model, line.clone())).collect();
    for view in model.runs.values() {
        if !rows.iter().any(|row| row.line.run == view.state.id()) {
            rows.push(row(model, line_of(&view.state)));
        }
    }
    rows.sort_by_key(|row| {
        (row.line.standing == Standing::Over, std::cmp::Reverse((row.line.opened_at, row.line.run.clone())))
    });
    rows
}

/// A run that is not in the journal's list yet.
fn line_of(state: &RunState) -> RunLine {
    RunLine {
        run: state.id().to_owned(),
        service: state.opening.member.service.clone(),
        kind: state.kind(),
        opened_at: state.opened_at,
        closed_at: state.closed.as_ref().map(|(at, _)| *at),
        conclusion: state.closed.as_ref().map(|(_, conclusion)| conclusion.clone()),
        standing: if state.is_over() { Standing::Over } else { Standing::Elsewhere },
        known: Some(Known::of(state)),
        unread: None,
        moved_to: None,
        parted_from: None,
    }
}

/// Whether a state that was read of a run is the newest that is known of it.
pub(super) fn is_newest(model: &Model, state: &RunState) -> bool {
    model.run_list.iter().find(|line| line.run == state.id()).is_none_or(|line| line.is_no_newer(state))
}

fn row(model: &Model, mut line: RunLine) -> Row {
    let view = model.runs.get(&line.run);
    let state = view.map(|view| view.state.as_ref());
    line.standing = standing(model, &line.run, &line);
    if let Some(view) = view
        && (view.driven_here || line.is_no_newer(&view.state))
    {
        line.known = Some(Known::of(&view.state));
        line.unread = None;
    }
    if let Some((at, conclusion)) = state.and_then(|state| state.closed.as_ref()) {
        (line.closed_at, line.conclusion) = (Some(*at), Some(conclusion.clone()));
    }
    let known = line.known.as_ref();
    let step = known.and_then(|known| known.step).map(|step| step.title().to_owned());
    let text = line.conclusion.as_ref().map(Conclusion::headline).or(step);
    let unknown = if line.standing == Standing::Nobody { "interrupted" } else { "open" };
    Row {
        waits: known.is_some_and(|known| known.needs_person),
        state: text.unwrap_or_else(|| unknown.to_owned()),
        line,
    }
}

fn standing(model: &Model, run: &str, line: &RunLine) -> Standing {
    match model.runs.get(run) {
        Some(view) if view.state.is_over() => Standing::Over,
        Some(view) if view.driven_here => Standing::Here,
        _ => line.standing,
    }
}

/// Tells services what is shown by now of the forks that their clients use.
pub(super) fn tell_watched(model: &mut Model) {
    // Asked at each reading, and of most fleets no clients were ever moved.
    let mut known = model.run_list.iter().filter_map(|line| line.known.as_ref());
    let is_moved = model.runs.values().any(|run| run.state.cut_over_at.is_some());
    if !is_moved && !known.any(|known| known.moved.is_some()) {
        return;
    }
    let told = model.fleet.tell_watched();
    if !told.is_empty() {
        model.judge(&told);
    }
}

/// Tells services what is known of their runs by now, and judges those anew for which that is news.
pub(super) fn tell(model: &mut Model, only: Option<&ServiceId>) {
    let mut open: BTreeMap<ServiceId, Vec<OpenRun>> = BTreeMap::new();
    let mut proven: BTreeMap<ServiceId, Timestamp> = BTreeMap::new();
    let rows = rows(model);
    let clients = clients_on(rows.iter().map(|row| &row.line));
    let mut clients: BTreeMap<ServiceId, ClientsMoved> =
        clients.into_iter().map(|(service, moved)| (service.to_owned(), moved)).collect();
    let mut unread: BTreeMap<ServiceId, String> = clients_unread(rows.iter().map(|row| &row.line))
        .into_iter()
        .map(|(service, why)| (service.to_owned(), why))
        .collect();
    model.forks_left = left_behind(rows.iter().map(|row| &row.line));
    model.fleet.tell_made(made(rows.iter().map(|row| &row.line)));
    let mut restores = restores(&rows);
    let mut failed = failed_drills(rows.iter().map(|row| &row.line));
    for row in &rows {
        if let Some(at) = row.line.known.as_ref().and_then(|known| known.proven_at) {
            let newest = proven.entry(row.line.service.clone()).or_insert(at);
            *newest = (*newest).max(at);
        }
        open.entry(row.line.service.clone()).or_default().extend(row.line.open_run());
    }
    for moved in clients.values_mut() {
        moved.watched_as = moved.row_among(model.fleet.services.values());
        let row = moved.watched_as.as_ref().and_then(|row| model.fleet.services.get(row));
        moved.shown = row.map(ShownBackups::of);
    }
    let mut news = Vec::new();
    let is_past = |heard: &Heard| {
        let mut listed = model.run_list.iter().filter(|line| line.run == heard.run);
        listed.any(|line| line.standing == Standing::Over || line.is_beginning())
    };
    for (id, service) in &mut model.fleet.services {
        if only.is_some_and(|only| only != id) {
            continue;
        }
        // Another process ended it, or goes on with it out of sight: what was heard of the loss is not the newest.
        if service.heard.as_deref().is_some_and(is_past) {
            service.heard = None;
            news.push(id.clone());
        }
        let open = open.remove(id).or_else(|| model.runs_unread.is_none().then(Vec::new));
        let last_proven = service.last_proven.max(proven.get(id).copied());
        if service.open_runs != open || service.last_proven != last_proven {
            (service.open_runs, service.last_proven) = (open, last_proven);
            news.push(id.clone());
        }
        let moved = clients.remove(id).filter(|moved| !moved.has_become(service)).map(Box::new);
        if service.clients_moved != moved {
            service.clients_moved = moved;
            news.push(id.clone());
        }
        let of_all = model.runs_unread.as_ref().map(|unread| unread.why.clone());
        let unread = of_all.or_else(|| unread.remove(id));
        if service.clients_unread != unread {
            service.clients_unread = unread;
            news.push(id.clone());
        }
        let failed_drill = failed.remove(id.as_str()).map(Box::new);
        if service.failed_drill != failed_drill {
            service.failed_drill = failed_drill;
            news.push(id.clone());
        }
        // Who has none keeps those that were imported.
        if let Some(took) = restores.remove(id).filter(|took| *took != service.restore_history_s) {
            service.restore_history_s = took;
            news.push(id.clone());
        }
    }
    // A fork that clients use may have a change that was told before.
    news.extend(copy_region::tell(model));
    if !news.is_empty() {
        model.judge(&news);
        // Order, counts and filter rest on runs and proofs too, and these leave a verdict as it is.
        let page = model.page();
        model.board.arrange(&model.fleet, page);
    }
}

/// How long the last restores of each service took, newest first (S35).
fn restores(rows: &[Row]) -> BTreeMap<ServiceId, Vec<u64>> {
    let of_run = |line: &RunLine| {
        Some((line.closed_at, line.service.clone(), line.conclusion.as_ref()?.restore_that_counts()?))
    };
    let mut over: Vec<_> = rows.iter().filter_map(|row| of_run(&row.line)).collect();
    over.sort_by_key(|(closed_at, ..)| std::cmp::Reverse(*closed_at));
    let mut restores: BTreeMap<ServiceId, Vec<u64>> = BTreeMap::new();
    for (_, service, took) in over {
        let of_it = restores.entry(service).or_default();
        if of_it.len() < RESTORES_COUNTED {
            of_it.push(took);
        }
    }
    restores
}

/// Who drives the run that is shown.
pub fn standing_of(model: &Model, state: &RunState) -> Standing {
    let listed = model.run_list.iter().find(|line| line.run == state.id());
    standing(model, state.id(), listed.unwrap_or(&line_of(state)))
}

/// Takes a key's action on the list.
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let rows = rows(model);
    match action {
        Action::Back => model.screen = Screen::Fleet,
        Action::Open | Action::Report => {
            let Some(row) = rows.get(model.row) else {
                model.notice = Some("there is no run yet".to_owned());
                return Vec::new();
            };
            return if action == Action::Report {
                report(model, &row.line.run)
            } else {
                open(model, row.line.run.clone())
            };
        }
        _ => step_row(model, action, rows.len().saturating_sub(1)),
    }
    Vec::new()
}

/// Shows a run; one that is not driven here is read from its journal.
pub(super) fn open(model: &mut Model, run: String) -> Vec<Effect> {
    // What is open is told of as it goes.
    let here = model.runs.get(&run).is_some_and(|view| view.driven_here || !view.state.is_over());
    model.run = Some(run.clone());
    model.step = None;
    model.screen = Screen::Run;
    if here { Vec::new() } else { vec![Effect::ShowRun(run)] }
}

/// Between which instants the times of a run on the list were measured is told by its journal.
pub(super) fn read_to_explain(model: &Model) -> Vec<Effect> {
    let on_list = (model.screen == Screen::Runs).then(|| rows(model).into_iter().nth(model.row)).flatten();
    let unread = on_list.filter(|row| !model.runs.contains_key(&row.line.run));
    unread.map(|row| Effect::ShowRun(row.line.run)).into_iter().collect()
}

/// Asks for the report of a run.
pub(super) fn report(model: &mut Model, run: &str) -> Vec<Effect> {
    model.notice = Some(format!("making the report of {run}"));
    vec![Effect::Report(run.to_owned())]
}

/// Shows a report.
pub(super) fn take_report(model: &mut Model, run: &str, text: &str) {
    let shown = Overlay::text(format!("report of {run}"), markdown::lines(text));
    late::show(model, shown, format!("the report of {run} is made: close this to read it"));
}

/// The folder that a run came from, where it went on there, too.
pub fn parted_from<'a>(model: &'a Model, state: &RunState) -> Option<&'a str> {
    model.run_list.iter().find(|line| line.run == state.id())?.parted_from.as_deref()
}

/// Takes up a run that nobody drives.
pub(super) fn resume(model: &mut Model, state: &RunState) -> Vec<Effect> {
    if let Some(from) = parted_from(model, state) {
        let says = format!("{} {}", state.id(), parted(from));
        let how = model.setup.again.iter();
        let how = how.map(|again| format!("how to choose: {} runs show {}", again.look, state.id()));
        model.overlay = Some(Overlay::text("not taken up", std::iter::once(says).chain(how).collect()));
        return Vec::new();
    }
    if let Some(hand) = model.hand(&state.opening.member.source) {
        model.awaiting = Some(state.opening.member.service.clone());
        model.notice = Some(format!("taking up {}", state.id()));
        return vec![Effect::Act(Acting::new(hand, Deed::Resume { run: state.id().to_owned() }))];
    }
    model.overlay = Some(arming::refused(model, &state.opening.member.source));
    Vec::new()
}
