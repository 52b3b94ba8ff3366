//! What a run wants of the world, as data. The executor carries it out; nothing else acts.

use std::time::Duration;

use super::{Opening, RunKind, names};
use crate::domain::fork::{ForkPoint, ForkRequest};
use crate::domain::{Check, Promise, Role, Target};

/// One thing to be done now, and how often.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// What.
    pub call: Call,
    /// `None`: once. `Some`: again after so much time of the run's clock, while it is wanted.
    pub every: Option<Duration>,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    /// Check what can be checked before a fork.
    CheckReadiness(Draft),
    /// Turn the target into a point.
    ResolvePoint(Draft),
    /// Ask for the fork. Its intent is already written.
    StartFork(ForkRequest),
    /// Look for the fork by name.
    FindFork(ForkRequest),
    /// See how far it is.
    PollProgress(ForkRequest),
    /// Read the restored data.
    RunChecks {
        /// The fork.
        request: ForkRequest,
        /// The checks.
        checks: Vec<Check>,
        /// What it was promised to hold.
        promise: Promise,
    },
    /// Ask whether the old primary answers (`tcp://host:port`).
    ProbePrimary(String),
    /// Remove the fork. Its intent is already written.
    RemoveFork(ForkRequest),
    /// See whether the fork has backups of its own.
    PollProtection(ForkRequest),
}

/// Which call, without its contents: two calls of one key are never under way together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The name of the call.
    pub name: &'static str,
    /// The attempt it is about; 0 = none.
    pub attempt: u32,
}

impl Call {
    /// Its key.
    pub const fn key(&self) -> Key {
        let (name, attempt) = match self {
            Self::CheckReadiness(draft) => ("check_readiness", draft.attempt),
            Self::ResolvePoint(draft) => ("resolve_point", draft.attempt),
            Self::StartFork(request) => ("start_fork", request.attempt),
            Self::FindFork(request) => ("find_fork", request.attempt),
            Self::PollProgress(request) => ("poll_progress", request.attempt),
            Self::RunChecks { request, .. } => ("run_checks", request.attempt),
            Self::ProbePrimary(_) => ("probe_primary", 0),
            Self::RemoveFork(request) => ("remove_fork", request.attempt),
            Self::PollProtection(request) => ("poll_protection", request.attempt),
        };
        Key { name, attempt }
    }

    /// Whether it changes anything outside of the journal.
    pub const fn mutates(&self) -> bool {
        matches!(self, Self::StartFork(_) | Self::RemoveFork(_))
    }
}

/// A fork request that lacks only its point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The run.
    pub run: String,
    /// The attempt.
    pub attempt: u32,
    /// Whether it is a drill.
    pub drill: bool,
    /// The service's name at the provider.
    pub remote: String,
    /// The copy it is restored from.
    pub role: Role,
    /// The fork's name.
    pub name: String,
    /// The fork's region.
    pub region: Option<String>,
    /// What is asked for.
    pub target: Target,
    /// The point of an earlier attempt, where it is asked for again: by then the target may mean another.
    pub again: Option<ForkPoint>,
    /// What this run found last for the same target, and when: for a copy that cannot be read any more.
    pub found: Option<ForkPoint>,
}

impl Draft {
    /// The draft of one attempt of a run.
    pub fn of(opening: &Opening, attempt: u32, name: String, target: Target) -> Self {
        let member = &opening.member;
        Self {
            run: opening.run.clone(),
            attempt,
            drill: opening.kind == RunKind::Drill,
            remote: member.remote.clone(),
            role: member.role,
            name,
            region: member.region.clone(),
            target,
            again: None,
            found: None,
        }
    }

    /// The draft of a run's first attempt.
    pub fn first(opening: &Opening) -> Self {
        let member = &opening.member;
        let given = member.fork_name.as_deref();
        let name = names::fork_name(opening.kind, &member.service, &opening.token, given, 1);
        Self::of(opening, 1, name, member.target.clone())
    }

    /// The whole request.
    pub fn with(self, point: ForkPoint) -> ForkRequest {
        ForkRequest {
            run: self.run,
            attempt: self.attempt,
            drill: self.drill,
            remote: self.remote,
            name: self.name,
            region: self.region,
            point,
            host: None,
        }
    }
}
