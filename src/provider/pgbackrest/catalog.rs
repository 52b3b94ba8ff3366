//! The catalog of one repository: polls it, and turns what a person asked for into a point of it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::clock::Clock;
use crate::domain::{
    CopyPart, Edge, Engine, Outcome, Reading, Role, ServiceFacts, ServicePart, SourceReport, Target,
    Timestamp,
};
use crate::provider::{BoxFuture, CallPreview, Catalog, ForkPoint, ForkRequest, PointRefused};

use super::look::{Eyes, Look, Spent, Trouble};
use super::peek::{Peek, Question, peek};
use super::reach::Gaps;
use super::resolve;
use super::restore;
use super::settings::Settings;
use super::wal::{Place, Segment};

/// Reads one repository of one stanza. Every method only reads.
#[derive(Debug)]
pub struct PgBackRestCatalog {
    source: String,
    roles: Vec<Role>,
    clock: Clock,
    eyes: Eyes,
    gaps: Mutex<Gaps>,
    newest: Mutex<Newest>,
}

/// A segment in which no commit could be found is looked at so many times.
const MOST_TRIES: u32 = 3;

/// The last commit as far as it was looked up; once for each new segment.
#[derive(Debug, Clone, Default)]
struct Newest {
    looked_at: Option<(Place, String)>,
    tries: u32,
    commit: Option<Timestamp>,
    no_tool: bool,
}

impl PgBackRestCatalog {
    /// A catalog of `source`, whose copy is bound to services in these roles.
    pub fn new(source: impl Into<String>, settings: Settings, roles: Vec<Role>, clock: Clock) -> Self {
        let eyes = Eyes::new(settings, clock);
        Self { source: source.into(), roles, clock, eyes, gaps: Mutex::default(), newest: Mutex::default() }
    }

    async fn poll(&self, end: Instant, spent: &mut Spent) -> Result<(Look, Reading), Trouble> {
        let gaps = self.gaps.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let as_of = self.clock.now();
        let look = self.eyes.look(end, &gaps, spent).await?;
        let commit = self.last_commit(&look, end, spent).await;
        let mut gaps = self.gaps.lock().unwrap_or_else(PoisonError::into_inner);
        let reading = look.seen().reading(as_of, &mut gaps, commit);
        Ok((look, reading))
    }

    /// The last commit that can be reached, looked up once for each new segment where PostgreSQL's
    /// programs are known to be.
    async fn last_commit(&self, look: &Look, end: Instant, spent: &mut Spent) -> Option<Timestamp> {
        self.eyes.settings().fork.as_ref()?.pg_bin.as_ref()?;
        let reach = look.seen().reach();
        let log = look.log.as_ref()?;
        let last = log.get(reach.newest()?.run.as_ref()?.end)?;
        let known = self.newest.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let same = known.looked_at.as_ref().is_some_and(|(_, file)| *file == last.file);
        if known.no_tool || same && (known.commit.is_some() || known.tries >= MOST_TRIES) {
            return known.commit;
        }
        let tries = if same { known.tries + 1 } else { 1 };
        let before = last.place.number.checked_sub(1).map(|number| Place { number, ..last.place });
        let segments: Vec<&Segment> =
            before.and_then(|place| log.get(place)).into_iter().chain([last]).collect();
        let question = Question {
            archive: &look.archive()?.id,
            major: look.history.version.as_deref()?,
            segment_size: look.segment_size,
            segments: &segments,
            until: None,
            // The reading must not be lost for it.
            limit: end.saturating_duration_since(Instant::now()) / 2,
        };
        spent.calls += 1;
        let found = peek(self.eyes.settings(), &question).await;
        let no_tool = found.as_ref().is_err_and(|cannot| cannot.no_tool);
        // Nothing was committed in these two: what is known of the ones right before still holds.
        let adjoins = known.looked_at.is_some_and(|(place, _)| {
            place.timeline == last.place.timeline && place.number + 2 >= last.place.number
        });
        let commit = match found {
            Err(_) => None,
            Ok(Peek { commit: Some(commit), .. }) => commit.at,
            Ok(_) if adjoins && known.commit.is_some() => known.commit,
            Ok(_) => self.earlier_commit(look, end).await,
        };
        let looked_at = Some((last.place, last.file.clone()));
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) =
            Newest { looked_at, tries, commit, no_tool };
        commit
    }

    /// The last commit of an idle database, which may lie many segments back.
    async fn earlier_commit(&self, look: &Look, end: Instant) -> Option<Timestamp> {
        let resolver = resolve::Resolver::new(self.eyes.settings(), look, Role::Secondary, &Target::Newest);
        let left = end.saturating_duration_since(Instant::now()) / 2;
        let point = tokio::time::timeout(left, resolver.resolve()).await.ok()?.ok()?;
        (point.promised_is == Edge::Exact).then_some(point.promised)
    }

    fn part(&self, outcome: Outcome, error: Option<&String>, read: Option<&(Look, Reading)>) -> ServicePart {
        let copy = |&role| CopyPart {
            role,
            copy: format!("{} repo{}", self.source, self.eyes.settings().repo),
            region: None,
            outcome,
            error: error.cloned(),
            reading: read.map(|(_, reading)| reading.clone()),
        };
        ServicePart {
            remote: self.eyes.settings().stanza.clone(),
            facts: read.map(|(look, _)| facts(look)),
            copies: self.roles.iter().map(copy).collect(),
            ours: None,
        }
    }
}

fn facts(look: &Look) -> ServiceFacts {
    ServiceFacts {
        engine: Engine::Pg,
        version: look.history.version.clone(),
        plan: None,
        region: None,
        state: None,
        disk_bytes: None,
        vpc: None,
        tags: BTreeMap::new(),
        no_secondary_because: None,
    }
}

impl Catalog for PgBackRestCatalog {
    fn source(&self) -> &str {
        &self.source
    }

    fn read(&self, deadline: Duration) -> BoxFuture<'_, SourceReport> {
        Box::pin(async move {
            let began = Instant::now();
            let mut spent = Spent::default();
            let read = self.poll(began + deadline.mul_f32(0.9), &mut spent).await;
            let (outcome, error) = match &read {
                Ok((Look { trouble: None, .. }, _)) => (Outcome::Ok, None),
                Ok((Look { trouble: Some((_, why)), .. }, _)) => (Outcome::Partial, Some(why.clone())),
                Err((outcome, why)) => (*outcome, Some(why.clone())),
            };
            let part = self.part(outcome, error.as_ref(), read.as_ref().ok());
            SourceReport {
                source: self.source.clone(),
                as_of: self.clock.now(),
                outcome,
                error,
                skew_s: spent.skew_s,
                took: began.elapsed(),
                calls: spent.calls,
                retry_after: None,
                complete: false,
                services: vec![part],
            }
        })
    }

    fn resolve<'a>(
        &'a self,
        remote: &'a str,
        role: Role,
        target: &'a Target,
    ) -> BoxFuture<'a, Result<ForkPoint, PointRefused>> {
        Box::pin(async move {
            let settings = self.eyes.settings();
            if remote != settings.stanza {
                return Err(resolve::refuse(format!(
                    "source {} holds stanza `{}`, not `{remote}`",
                    self.source, settings.stanza
                )));
            }
            let end = Instant::now() + settings.timeout.saturating_mul(2);
            let look = self.eyes.look(end, &Gaps::default(), &mut Spent::default()).await;
            let look =
                look.map_err(|(_, why)| resolve::refuse(format!("the copy cannot be read now: {why}")))?;
            resolve::Resolver::new(settings, &look, role, target).resolve().await
        })
    }

    fn preview(&self, request: &ForkRequest) -> Vec<CallPreview> {
        restore::preview(self.eyes.settings(), request)
    }
}
