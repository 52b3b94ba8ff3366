//! How runs stand by their journals, where clients are by them, and what they left behind.

use std::collections::{BTreeMap, BTreeSet};

use super::{RunLine, Standing};
use crate::domain::{ClientsMoved, FailedDrill, ForkLeft, Timestamp};
use crate::runbook::{RunKind, RunState, StepKind, need, wrote_nowhere_from};

/// How a run stands, by its journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// When its last event happened.
    pub last_at: Timestamp,
    /// The step under way.
    pub step: Option<StepKind>,
    /// Whether it waits for a person.
    pub needs_person: bool,
    /// Since when its fence is open.
    pub unfenced_since: Option<Timestamp>,
    /// To which instant it restores, once that was agreed to.
    pub restores_to: Option<Timestamp>,
    /// When its restored data was checked and found as expected.
    pub proven_at: Option<Timestamp>,
    /// Where clients were moved to, while they have not left it.
    pub moved: Option<ClientsMoved>,
    /// When it moved clients to its fork, whether or not they have left that since.
    pub cut_over_at: Option<Timestamp>,
    /// The source that its forks are made at.
    pub source: String,
    /// Its forks that may exist.
    pub forks: Vec<String>,
    /// What it left behind, once it is over.
    pub left: Vec<ForkLeft>,
    /// The files of the config that it was begun with.
    pub config_files: Vec<String>,
}

impl Known {
    /// What a run's state says of it.
    pub fn of(state: &RunState) -> Self {
        Self {
            last_at: state.last_at,
            step: state.current,
            needs_person: need(state).is_some(),
            unfenced_since: state.unfenced_since(),
            restores_to: state.attempt.agreed().map(|point| point.promised),
            proven_at: state.proven_at(),
            moved: moved(state),
            cut_over_at: state.cut_over_at,
            source: state.opening.member.source.clone(),
            forks: state.attempts().filter(|fork| fork.may_exist()).map(|fork| fork.name.clone()).collect(),
            left: state.left_behind(),
            config_files: state.opening.config_files(),
        }
    }
}

impl RunLine {
    /// Whether what is known of it is its beginning only: its journal goes on where it cannot be read (S25).
    pub fn is_beginning(&self) -> bool {
        self.moved_to.is_some() && self.unread.is_some() && self.standing != Standing::Here
    }

    /// Whether nothing newer of it is known than a state.
    pub(super) fn is_no_newer(&self, state: &RunState) -> bool {
        !self.is_beginning() && self.known.as_ref().is_none_or(|known| known.last_at <= state.last_at)
    }
}

/// When clients of each service were moved last, and whereto, while they have not left that. Once they left it they do
/// not use the fork of an earlier move again.
fn last_moves<'a>(
    known: impl IntoIterator<Item = (&'a RunLine, &'a Known)>,
) -> BTreeMap<&'a str, (Timestamp, Option<&'a ClientsMoved>)> {
    let mut last = BTreeMap::new();
    for (line, known) in known {
        let Some(at) = known.cut_over_at else { continue };
        let newest = last.entry(line.service.as_str()).or_insert((at, known.moved.as_ref()));
        if at > newest.0 {
            *newest = (at, known.moved.as_ref());
        }
    }
    last
}

/// Which fork clients of each service use, by all that is known of its runs, and whether its run still looks at that.
pub fn clients_on<'a>(
    lines: impl IntoIterator<Item = &'a RunLine, IntoIter: Clone>,
) -> BTreeMap<&'a str, ClientsMoved> {
    let known = lines.into_iter().filter_map(|line| Some((line, line.known.as_ref()?)));
    let looks: BTreeSet<&str> = known
        .clone()
        .filter(|(line, known)| line.is_driven() && known.step == Some(StepKind::Protect))
        .map(|(line, _)| line.run.as_str())
        .collect();
    let of = |moved: &ClientsMoved| ClientsMoved {
        is_looked_after: looks.contains(moved.run.as_str()),
        ..moved.clone()
    };
    last_moves(known).into_iter().filter_map(|(service, (_, moved))| Some((service, of(moved?)))).collect()
}

/// Of which services it is not known where their clients are, and why: the journal of an incident that is over was not
/// read, and no later one is known to have moved them.
pub fn clients_unread<'a>(
    lines: impl IntoIterator<Item = &'a RunLine, IntoIter: Clone>,
) -> BTreeMap<&'a str, String> {
    let lines = lines.into_iter();
    let moves = last_moves(lines.clone().filter_map(|line| Some((line, line.known.as_ref()?))));
    let is_last = |line: &RunLine| {
        let last = moves.get(line.service.as_str());
        last.is_none_or(|(at, _)| line.closed_at.is_none_or(|closed| closed > *at))
    };
    let incidents = lines.filter(|line| line.kind == RunKind::Incident && is_last(line));
    incidents.filter_map(|line| Some((line.service.as_str(), line.unread.clone()?))).collect()
}

/// The last drill of each service that failed.
pub fn failed_drills<'a>(lines: impl IntoIterator<Item = &'a RunLine>) -> BTreeMap<&'a str, FailedDrill> {
    let mut last: BTreeMap<&str, FailedDrill> = BTreeMap::new();
    for line in lines.into_iter().filter(|line| line.kind == RunKind::Drill) {
        let Some((at, ended)) = line.closed_at.zip(line.conclusion.as_ref()) else { continue };
        let is_newer = last.get(line.service.as_str()).is_none_or(|failed| failed.at < at);
        if let Some(why) = ended.failure().filter(|_| is_newer).cloned() {
            last.insert(&line.service, FailedDrill { run: line.run.clone(), at, why });
        }
    }
    last
}

/// The forks of all runs that may exist: the source of each, its name there, and its run.
pub fn made<'a>(
    lines: impl IntoIterator<Item = &'a RunLine>,
) -> impl Iterator<Item = (&'a str, &'a str, &'a str)> {
    let known = lines.into_iter().filter_map(|line| Some((line, line.known.as_ref()?)));
    known.flat_map(|(line, known)| {
        known.forks.iter().map(|fork| (known.source.as_str(), fork.as_str(), line.run.as_str()))
    })
}

/// The forks that runs left behind, of all that are listed: also those that clients used until a later incident moved
/// them on.
pub fn left_behind<'a>(lines: impl IntoIterator<Item = &'a RunLine>) -> Vec<ForkLeft> {
    let known = |line: &'a RunLine| Some((line, line.known.as_ref().filter(|_| !line.is_beginning())?));
    let known: Vec<(&RunLine, &Known)> = lines.into_iter().filter_map(known).collect();
    let newest = last_moves(known.iter().copied());
    let moved_on = |line: &RunLine, known: &Known| {
        let moved = known.moved.as_ref()?;
        let is_older = newest.get(line.service.as_str()).is_some_and(|last| moved.at < last.0);
        is_older.then(|| ForkLeft {
            fork: moved.fork.clone(),
            run: moved.run.clone(),
            service: line.service.clone(),
            was_seen: true,
            had_clients: true,
            config_files: known.config_files.clone(),
        })
    };
    let left = known.iter().flat_map(|(line, known)| known.left.iter().cloned().chain(moved_on(line, known)));
    left.collect()
}

/// Where it moved clients to, while they have not left it.
fn moved(state: &RunState) -> Option<ClientsMoved> {
    let (fork, at) = state.clients_on()?;
    let (down_earliest, down_since) = wrote_nowhere_from(state);
    Some(ClientsMoved {
        run: state.id().to_owned(),
        fork: fork.name.clone(),
        at,
        down_earliest,
        down_since,
        source: state.opening.member.source.clone(),
        address: fork.progress.as_ref().and_then(|(_, progress)| progress.address.clone()),
        protection: state.protection.clone(),
        protection_at: state.protection_at,
        protection_unseen: state.protection_unseen.clone(),
        ..ClientsMoved::default()
    })
}
