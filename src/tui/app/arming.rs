//! Which sources this host may act on, and what is told of those it may not (S18).

use std::collections::{BTreeMap, BTreeSet};

use super::alerts;
use super::begin::fork_source;
use super::model::{Model, Screen};
use super::overlay::Overlay;
use super::runs;

/// What is missing on this host, and the command to go on with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NotArmed {
    /// Lines to be read, the command among them.
    pub lines: Vec<String>,
    /// The command alone, as it is to be pasted.
    pub command: Option<String>,
}

/// What this host may act on.
#[derive(Debug, Clone, Default)]
pub struct Arming {
    /// Per source: armed, or what is missing for it alone.
    pub sources: BTreeMap<String, Result<(), NotArmed>>,
    /// What is missing for every source of a secondary copy together: one file, one command.
    pub together: NotArmed,
}

impl Arming {
    /// The sources that are armed.
    pub fn armed(&self) -> impl Iterator<Item = &String> {
        self.sources.iter().filter(|(_, state)| state.is_ok()).map(|(name, _)| name)
    }
}

/// What one source needs.
pub(super) fn of_source(model: &Model, source: &str) -> NotArmed {
    match model.setup.arming.sources.get(source) {
        Some(Ok(())) => just(format!("armed for {source}")),
        Some(Err(told)) => told.clone(),
        None => just(format!("{source} is no source of this config")),
    }
}

/// A box that says what one source needs, where something was to be done with it.
pub(super) fn refused(model: &Model, source: &str) -> Overlay {
    Overlay::not_armed("not armed", of_source(model, source))
}

/// What the selected row needs; where it is no service, what every source of a secondary copy needs.
pub(super) fn open(model: &mut Model) {
    let arming = &model.setup.arming;
    let told = match row_acts_on(model) {
        Some(source) => {
            let mut told = of_source(model, &source);
            let mut others: BTreeSet<&str> = model.fleet.services.values().filter_map(fork_source).collect();
            others.retain(|other| *other != source && model.hand(other).is_none());
            if !others.is_empty() {
                let others = others.into_iter().collect::<Vec<_>>().join(", ");
                told.lines.push(String::new());
                told.lines
                    .push(format!("not armed either: {others}; asked on the list of sources: all in one"));
            }
            told
        }
        None if arming.sources.is_empty() => just("no source of this config can act".to_owned()),
        None => {
            let armed = arming.armed().map(|source| format!("armed for {source}"));
            let lines = armed.chain(arming.together.lines.iter().cloned()).collect();
            NotArmed { lines, command: arming.together.command.clone() }
        }
    };
    model.overlay = Some(Overlay::not_armed("acting on this host", told));
}

fn just(line: String) -> NotArmed {
    NotArmed { lines: vec![line], command: None }
}

/// The source that a run of the selected service acts on.
fn row_acts_on(model: &Model) -> Option<String> {
    let service = match model.screen {
        Screen::Regions | Screen::Sources => return None,
        Screen::Run => return model.shown_run().map(|view| view.state.opening.member.source.clone()),
        Screen::Fleet | Screen::Service => model.subject()?.id.clone(),
        Screen::Alerts => alerts::rows(model).get(model.row)?.0.clone(),
        Screen::Runs => runs::rows(model).into_iter().nth(model.row)?.line.service,
    };
    model.fleet.services.get(&service).and_then(fork_source).map(str::to_owned)
}
