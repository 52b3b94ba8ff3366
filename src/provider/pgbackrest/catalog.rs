//! The catalog of one repository: polls it, and turns what a person asked for into a point of it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::clock::Clock;
use crate::domain::{
    CopyPart, Engine, Outcome, Reading, Role, ServiceFacts, ServicePart, Sign, SourceReport, Target,
    Timestamp,
};
use crate::provider::{BoxFuture, CallPreview, Catalog, ForkPoint, ForkRequest, NoPoint};

use super::log_end::{LogEnd, Search};
use super::look::{Eyes, Look, Spent, Trouble};
use super::preview;
use super::reach::Gaps;
use super::readiness;
use super::resolve;
use super::settings::Settings;
use super::wal::Place;

/// Reads one repository of one stanza. Every method only reads.
#[derive(Debug)]
pub struct PgBackRestCatalog {
    source: String,
    roles: Vec<Role>,
    clock: Clock,
    eyes: Eyes,
    gaps: Mutex<Gaps>,
    /// Where an earlier process saw gaps, and when.
    recalled: Mutex<Option<(Timestamp, Vec<String>)>>,
    log_end: LogEnd,
}

impl PgBackRestCatalog {
    /// A catalog of `source`, whose copy is bound to services in these roles.
    pub fn new(source: impl Into<String>, settings: Settings, roles: Vec<Role>, clock: Clock) -> Self {
        let eyes = Eyes::new(settings, clock);
        Self {
            source: source.into(),
            roles,
            clock,
            eyes,
            gaps: Mutex::default(),
            recalled: Mutex::default(),
            log_end: LogEnd::default(),
        }
    }

    async fn poll(&self, end: Instant, spent: &mut Spent) -> Result<(Look, Reading), Trouble> {
        let gaps = self.gaps.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let as_of = self.clock.now();
        let mut look = self.eyes.look(end, &gaps, spent).await?;
        if look.seen().is_blind()
            && let Some(trouble) = look.trouble.take()
        {
            return Err(trouble);
        }
        let search = Search { settings: self.eyes.settings(), clock: self.clock, look: &look, end, spent };
        let found = self.log_end.look_up(search).await;
        let mut gaps = self.gaps.lock().unwrap_or_else(PoisonError::into_inner);
        let recalled = self.recalled.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((at, first)) = recalled {
            gaps.recall(first.iter().filter_map(|name| Place::of(name, look.segment_size)), at);
        }
        let reading = look.seen().reading(as_of, &mut gaps, found);
        Ok((look, reading))
    }

    fn part(&self, outcome: Outcome, error: Option<&String>, read: Option<&(Look, Reading)>) -> ServicePart {
        let copy = |&role| CopyPart {
            role,
            copy: format!("{} repo{}", self.source, self.eyes.settings().repo),
            region: None,
            outcome,
            error: error.cloned(),
            reading: read.map(|(_, reading)| reading.clone().into()),
        };
        ServicePart {
            remote: self.eyes.settings().stanza.clone(),
            facts: read.map(|(look, _)| facts(look).into()),
            copies: self.roles.iter().map(copy).collect(),
            ours: None,
        }
    }
}

fn facts(look: &Look) -> ServiceFacts {
    ServiceFacts { version: look.history.version.clone(), ..ServiceFacts::of(Engine::Pg) }
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
                nearest: BTreeMap::new(),
                services: vec![part],
            }
        })
    }

    fn recall(&self, known: &Reading) {
        let first = known.signs.iter().filter_map(|sign| match sign {
            Sign::LogGap { first, .. } | Sign::BackupLacksLog { segment: first } => Some(first.clone()),
            _ => None,
        });
        *self.recalled.lock().unwrap_or_else(PoisonError::into_inner) = Some((known.as_of, first.collect()));
    }

    fn resolve<'a>(
        &'a self,
        remote: &'a str,
        role: Role,
        target: &'a Target,
    ) -> BoxFuture<'a, Result<ForkPoint, NoPoint>> {
        Box::pin(async move {
            let settings = self.eyes.settings();
            if remote != settings.stanza {
                return Err(resolve::refuse(format!(
                    "source {} holds stanza `{}`, not `{remote}`",
                    self.source, settings.stanza
                ))
                .into());
            }
            let end = Instant::now() + settings.timeout.saturating_mul(2);
            // What polls remember of older folders may be gone: a point that is acted on rests on all of them.
            let look = self.eyes.afresh().look(end, &Gaps::default(), &mut Spent::default()).await;
            let look = look.map_err(|(_, why)| NoPoint::CannotTell {
                why: format!("the copy cannot be read now: {why}"),
                again_in: None,
            })?;
            Ok(resolve::Resolver::new(settings, &look, role, target).resolve().await?)
        })
    }

    fn fork_checks(&self, _drill: bool) -> Vec<&'static str> {
        readiness::NAMES.to_vec()
    }

    fn preview(&self, request: &ForkRequest) -> Vec<CallPreview> {
        preview::calls(self.eyes.settings(), request)
    }
}
