//! A provider in memory that answers the calls of runs.

use std::collections::{BTreeMap, VecDeque};

use super::*;
use crate::domain::fork::{
    CopiedTo, ForkRequest, Found, Protection, ReadinessItem, ReadinessState, Removal, StartOutcome,
};

/// A provider in memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct World {
    /// Forks by name: whose they are.
    pub(crate) forks: BTreeMap<String, Option<(String, u32)>>,
    /// How often each attempt's fork was asked for.
    pub(crate) starts: BTreeMap<u32, u32>,
    /// How often each attempt's fork was really made.
    pub(crate) made: BTreeMap<u32, u32>,
    /// Names asked to go.
    pub(crate) removed: Vec<String>,
    /// How the next starts end, instead of well.
    pub(crate) troubles: VecDeque<Trouble>,
    /// The host that is found ready.
    pub(crate) host: Option<String>,
    /// Looks at the progress so far.
    pub(crate) looks: u32,
}

/// How asking for a fork goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The fork is made, the answer is lost.
    AnswerLost,
    /// Neither the call arrives nor an answer comes.
    CallLost,
    /// The provider says no.
    Refused,
    /// The provider asks to wait until then.
    NotTaken(Timestamp),
}

impl World {
    pub(crate) fn answer(&mut self, call: &Call, now: Timestamp) -> Answer {
        match call {
            Call::CheckReadiness(_) => Answer::Readiness(vec![ReadinessItem {
                check: "disk_space".to_owned(),
                state: ReadinessState::Pass,
                text: "102 GiB free, 79 needed".to_owned(),
                host: self.host.clone(),
            }]),
            Call::ResolvePoint(_) => Answer::Point(Ok((fork_point("2026-11-20T12:00:19Z"), vec![making()]))),
            Call::StartFork(request) => Answer::Started(request.attempt, self.start(request)),
            Call::FindFork(request) => Answer::Found(request.attempt, self.find(request)),
            Call::PollProgress(request) => {
                self.looks += 1;
                let state = if self.looks > 3 {
                    ProgressState::Restored { newest_commit: Some(request.point.promised) }
                } else {
                    ProgressState::Working
                };
                let text = if self.looks > 2 { "replay" } else { "base backup" };
                Answer::Progress(request.attempt, progress(text, state))
            }
            Call::RunChecks { request, checks, .. } => {
                let promised = Some(request.point.promised);
                Answer::Checks(
                    request.attempt,
                    checks.iter().map(|check| passed(&check.name, promised)).collect(),
                )
            }
            Call::ProbePrimary(_) => Answer::Primary {
                answers: false,
                calls: 1,
                text: format!("no answer at {now}"),
                last_answer: None,
            },
            Call::RemoveFork(request) => Answer::Removed(request.attempt, self.remove(request)),
            Call::PollProtection(_) => Answer::Protection(Protection {
                own_backup: Some(true),
                secondary_copy: Some(true),
                needs_person: false,
                copying: CopiedTo::NotShown,
                shielded: None,
                text: "first own backup and copy".to_owned(),
            }),
        }
    }

    pub(crate) fn start(&mut self, request: &ForkRequest) -> StartOutcome {
        *self.starts.entry(request.attempt).or_default() += 1;
        match self.troubles.pop_front() {
            Some(Trouble::CallLost) => StartOutcome::Unknown { why: "timed out".to_owned() },
            Some(Trouble::Refused) => StartOutcome::Refused { why: "quota".to_owned(), propose: None },
            Some(Trouble::NotTaken(again_at)) => {
                StartOutcome::NotTaken { why: "too many requests".to_owned(), again_at }
            }
            _ if matches!(self.find(request), Found::Foreign { .. }) => {
                StartOutcome::Refused { why: "the name is taken".to_owned(), propose: None }
            }
            trouble => {
                self.make(request);
                match trouble {
                    Some(_) => StartOutcome::Unknown { why: "connection reset".to_owned() },
                    None => StartOutcome::Accepted { response: "req-1".to_owned(), host: None },
                }
            }
        }
    }

    fn make(&mut self, request: &ForkRequest) {
        let mark = Some((request.run.clone(), request.attempt));
        if self.forks.insert(request.name.clone(), mark).is_none() {
            *self.made.entry(request.attempt).or_default() += 1;
        }
    }

    pub(crate) fn remove(&mut self, request: &ForkRequest) -> Removal {
        self.removed.push(request.name.clone());
        if let Found::Foreign { what } = self.find(request) {
            return Removal::Foreign { what };
        }
        self.forks.remove(&request.name);
        Removal::Proven { proof: "not listed".to_owned() }
    }

    pub(crate) fn find(&self, request: &ForkRequest) -> Found {
        match self.forks.get(&request.name) {
            None => Found::Absent,
            Some(mark) if mark.as_ref() == Some(&(request.run.clone(), request.attempt)) => Found::Mine,
            Some(_) => Found::Foreign { what: "a service without our tag".to_owned() },
        }
    }
}
