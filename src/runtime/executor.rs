//! Carries out what a run wants of the world. The only place that calls a forker.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::timeout;

use super::probe::{self, Probed, probe_counted};
use super::readiness;
use crate::domain::{Check, CheckResult, CheckState, Promise, words};
use crate::provider::{
    CallPreview, Catalog, Endpoint, ForkPoint, ForkRequest, Forker, Found, NoPoint, Progress, ProgressState,
    Protection, REMOVE_LIMIT, Removal, START_WITHIN, StartOutcome,
};
use crate::runbook::{Answer, Call, Draft, Opening};
use crate::validate::Subject;

/// The longest a look may take, real time.
const LOOK: Duration = Duration::from_secs(60);
/// The longest resolving a point may take: log may have to be fetched and read.
const RESOLVE: Duration = Duration::from_secs(5 * 60);
/// The longest one check may take.
const CHECK: Duration = Duration::from_secs(10 * 60);

/// Runs one check against a fork; [`RealChecks`] outside of tests.
pub trait Checks: Send + Sync + std::fmt::Debug {
    /// Runs it. What cannot run is a result, too.
    fn run<'a>(&'a self, check: &'a Check, subject: &'a Subject<'a>) -> BoxFuture<'a, CheckResult>;
}

/// The checks of [`crate::validate`].
#[derive(Debug, Clone, Copy)]
pub struct RealChecks;

impl Checks for RealChecks {
    fn run<'a>(&'a self, check: &'a Check, subject: &'a Subject<'a>) -> BoxFuture<'a, CheckResult> {
        Box::pin(crate::validate::run(check, subject, CHECK))
    }
}

/// What the calls of a run go to.
#[derive(Debug, Clone)]
pub struct World {
    /// Reads the copy that is restored from.
    pub catalog: Arc<dyn Catalog>,
    /// Makes, watches and removes the fork; none unless armed.
    pub forker: Option<Arc<dyn Forker>>,
    /// Runs checks.
    pub checks: Arc<dyn Checks>,
}

/// A point, and the exact calls of a fork to it.
pub type Resolved = (ForkPoint, Vec<CallPreview>);

/// What came of a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// An answer.
    Answer(Answer),
    /// An answer that only says that nothing can be seen now; to be asked again, less often.
    Shaky(Answer),
    /// No answer; to be asked again.
    Trouble {
        /// Why.
        why: String,
        /// Whoever was asked wants to be left alone for so long, real time.
        again_in: Option<Duration>,
        /// The answer by what was known before, if there is one.
        known: Option<Box<Resolved>>,
    },
}

impl World {
    /// Carries out one call, bounded in time.
    pub async fn carry_out(&self, opening: &Opening, call: Call) -> Outcome {
        match call {
            Call::CheckReadiness(draft) => self.readiness(opening, draft).await,
            Call::ResolvePoint(draft) => self.point(opening, draft).await,
            Call::StartFork(request) => {
                Outcome::Answer(Answer::Started(request.attempt, self.start(&request).await))
            }
            Call::FindFork(request) => self.find(&request).await,
            Call::PollProgress(request) => self.progress(&request).await,
            Call::RunChecks { request, checks, promise } => Outcome::Answer(Answer::Checks(
                request.attempt,
                self.validate(&request, &checks, promise).await,
            )),
            Call::ProbePrimary(address) => primary(&address).await,
            Call::RemoveFork(request) => self.removed(&request).await,
            Call::PollProtection(request) => {
                Outcome::Answer(Answer::Protection(self.protection(&request).await))
            }
        }
    }

    async fn readiness(&self, opening: &Opening, draft: Draft) -> Outcome {
        let mut items = readiness::of_the_run(opening);
        let resolved = self.resolve(&draft).await;
        match (resolved, &self.forker) {
            (Err(no_point), _) => {
                let checks = self.catalog.fork_checks(draft.drill);
                items.push(readiness::without_a_point(&no_point, &checks));
            }
            // The list is that of a run, so that a dry run shows what will be asked.
            (Ok(_), None) => items.extend(
                self.catalog
                    .fork_checks(draft.drill)
                    .into_iter()
                    .map(|check| readiness::not_verified(check, "not checked in a dry run")),
            ),
            (Ok(point), Some(forker)) => {
                let request = draft.with(point);
                match timeout(LOOK, forker.check(&request)).await {
                    Ok(found) => items.extend(found),
                    Err(_) => {
                        items
                            .push(readiness::not_verified("fork", "the fork's place did not answer in time"));
                    }
                }
            }
        }
        Outcome::Answer(Answer::Readiness(items))
    }

    /// The same point needs no look at the copy: whether it still is there is found by whoever restores it.
    async fn resolve(&self, draft: &Draft) -> Result<ForkPoint, NoPoint> {
        if let Some(point) = &draft.again {
            return Ok(point.clone());
        }
        let late =
            || NoPoint::CannotTell { why: late("which point can be restored", RESOLVE), again_in: None };
        let resolved = timeout(RESOLVE, self.catalog.resolve(&draft.remote, draft.role, &draft.target)).await;
        resolved.unwrap_or_else(|_| Err(late()))
    }

    async fn point(&self, opening: &Opening, draft: Draft) -> Outcome {
        Outcome::Answer(Answer::Point(match self.resolve(&draft).await {
            Ok(point) => Ok(self.with_calls(draft, point)),
            Err(NoPoint::Refused(refused)) => Err(refused),
            Err(NoPoint::CannotTell { why, again_in }) => {
                let known = self.last_known(opening, draft).map(Box::new);
                return Outcome::Trouble { why, again_in, known };
            }
        }))
    }

    fn with_calls(&self, draft: Draft, point: ForkPoint) -> Resolved {
        let calls = self.catalog.preview(&draft.with(point.clone()));
        (point, calls)
    }

    /// The point by what the run knew last: by an attempt that found one, else when it began, whatever instant that
    /// was said to be: another host's clock may be ahead (S10). Only an incident goes on by it (S25): a drill can wait.
    fn last_known(&self, opening: &Opening, draft: Draft) -> Option<Resolved> {
        let known = draft.found.clone().or_else(|| self.as_opened(opening, &draft));
        let known = known.filter(|_| !draft.drill)?;
        Some(self.with_calls(draft, known))
    }

    fn as_opened(&self, opening: &Opening, draft: &Draft) -> Option<ForkPoint> {
        let copy = opening.before.service.copy(draft.role)?;
        let reading = copy.last_good.as_ref()?;
        let mut point =
            self.catalog.resolve_by(&opening.member.remote, reading, draft.role, &draft.target)?;
        point.last_known = Some(reading.reach_as_of());
        if let Some((host, at)) = copy.imported_from.as_deref() {
            let origin = format!("imported from {host} at {}", words::instant(*at));
            point.note = Some(point.note.map_or(origin.clone(), |note| format!("{note}; {origin}")));
        }
        Some(point)
    }

    async fn start(&self, request: &ForkRequest) -> StartOutcome {
        let Some(forker) = &self.forker else {
            return StartOutcome::Refused { why: "not armed here".to_owned(), propose: None };
        };
        timeout(START_WITHIN, forker.start(request))
            .await
            .unwrap_or_else(|_| StartOutcome::Unknown { why: late("asking for the fork", START_WITHIN) })
    }

    async fn find(&self, request: &ForkRequest) -> Outcome {
        let found = match &self.forker {
            None => Found::CannotTell { why: "not armed here".to_owned() },
            Some(forker) => timeout(LOOK, forker.find(request))
                .await
                .unwrap_or_else(|_| Found::CannotTell { why: late("looking for the fork", LOOK) }),
        };
        let shaky = matches!(found, Found::CannotTell { .. });
        shaken(shaky, Answer::Found(request.attempt, found))
    }

    async fn progress(&self, request: &ForkRequest) -> Outcome {
        let progress = match &self.forker {
            None => Progress::cannot_tell("not armed here".to_owned()),
            Some(forker) => timeout(LOOK, forker.progress(request))
                .await
                .unwrap_or_else(|_| Progress::cannot_tell(late("looking at the restore", LOOK))),
        };
        let shaky = matches!(progress.state, ProgressState::CannotTell { .. });
        shaken(shaky, Answer::Progress(request.attempt, progress))
    }

    async fn validate(&self, request: &ForkRequest, checks: &[Check], promise: Promise) -> Vec<CheckResult> {
        if checks.is_empty() {
            return Vec::new();
        }
        let endpoint = match self.endpoint(request).await {
            Ok(endpoint) => endpoint,
            Err(why) => return checks.iter().map(|check| could_not_run(check, &why)).collect(),
        };
        let subject = Subject { name: &request.name, endpoint: &endpoint, promise };
        let mut results = Vec::with_capacity(checks.len());
        for check in checks {
            results.push(self.checks.run(check, &subject).await);
        }
        results
    }

    async fn endpoint(&self, request: &ForkRequest) -> Result<Endpoint, String> {
        let forker = self.forker.as_ref().ok_or("not armed here")?;
        timeout(LOOK, forker.endpoint(request))
            .await
            .unwrap_or_else(|_| Err(late("asking how to reach the fork", LOOK)))
    }

    async fn removed(&self, request: &ForkRequest) -> Outcome {
        let removal = match &self.forker {
            None => Removal::Failed { why: "not armed here".to_owned() },
            Some(forker) => timeout(REMOVE_LIMIT, forker.remove(request)).await.unwrap_or_else(|_| {
                Removal::CannotTell { why: late("asking for the removal", REMOVE_LIMIT) }
            }),
        };
        let shaky = matches!(removal, Removal::CannotTell { .. });
        shaken(shaky, Answer::Removed(request.attempt, removal))
    }

    async fn protection(&self, request: &ForkRequest) -> Protection {
        match &self.forker {
            None => Protection::cannot_tell("not armed here".to_owned()),
            Some(forker) => timeout(LOOK, forker.protection(request))
                .await
                .unwrap_or_else(|_| Protection::cannot_tell(late("asking for the fork's own backups", LOOK))),
        }
    }
}

fn shaken(shaky: bool, answer: Answer) -> Outcome {
    if shaky { Outcome::Shaky(answer) } else { Outcome::Answer(answer) }
}

fn late(what: &str, limit: Duration) -> String {
    format!("{what}: no answer within {}", humantime::format_duration(limit))
}

async fn primary(address: &str) -> Outcome {
    let (probed, calls) = probe_counted(address, probe::IN_ALL).await;
    let seen = |answers, text| Outcome::Answer(Answer::Primary { answers, calls, text, last_answer: None });
    match probed {
        Probed::Answers => seen(true, format!("{address} answers")),
        Probed::Silent(why) => seen(false, format!("{address}: {why}")),
        Probed::CannotTell(why) => {
            let why = format!("{address} cannot be probed: {why}");
            Outcome::Shaky(Answer::PrimaryOutOfSight { why, calls })
        }
    }
}

fn could_not_run(check: &Check, why: &str) -> CheckResult {
    CheckResult {
        name: check.name.clone(),
        state: CheckState::CouldNotRun,
        value: None,
        text: format!("could not run: {why}"),
        newest_row: None,
        had_expectation: check.expect.is_some(),
        took_ms: 0,
    }
}
