//! What one reading of one source brought: facts for many services and both roles, or for one copy.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Attempt, Outcome, Reading, Role, ServiceFacts, Shared, Timestamp};

/// The answer of `Catalog::read` (S1). A part may fail alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceReport {
    /// The source's name in the config.
    pub source: String,
    /// When the facts were true, by our clock.
    pub as_of: Timestamp,
    /// How the attempt as a whole ended.
    pub outcome: Outcome,
    /// What went wrong, in a sentence without secrets.
    pub error: Option<String>,
    /// Our clock minus the source's, seconds; `None` when the source shows no clock.
    pub skew_s: Option<i64>,
    /// How long it took, real time.
    pub took: Duration,
    /// Requests or processes it took.
    pub calls: u32,
    /// Not to be asked again before this much time has passed (`Retry-After`).
    pub retry_after: Option<Duration>,
    /// Whether `services` is the whole list of the source, so that an absent one is gone (S33).
    pub complete: bool,
    /// For names that it was asked for and does not list: the one on its list that is most like each.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub nearest: BTreeMap<String, String>,
    /// What was learned, service by service.
    pub services: Vec<ServicePart>,
}

/// What a report says of one service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServicePart {
    /// The service's name at the provider.
    pub remote: String,
    /// The provider's facts, where it knows any.
    pub facts: Option<Shared<ServiceFacts>>,
    /// What was learned of its copies; a role that is absent was not asked for.
    pub copies: Vec<CopyPart>,
    /// The run this service was forked by, when it carries our mark: never a fleet row (S33).
    pub ours: Option<String>,
}

/// What a report says of one copy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CopyPart {
    /// Which copy.
    pub role: Role,
    /// How the copy is named to a person (`aiven-prod aws-eu-central-1`, `pg-east repo2`).
    pub copy: String,
    /// The region it lies in, where the provider says.
    pub region: Option<String>,
    /// How reading this copy ended.
    pub outcome: Outcome,
    /// What went wrong, in a sentence without secrets.
    pub error: Option<String>,
    /// The facts, when there are any.
    pub reading: Option<Shared<Reading>>,
}

impl SourceReport {
    /// Whether it answered all that it was asked (S34). That its token may not see something is an answer, and a
    /// finding of its service (S9): its list is whole, and every copy in it brought what may be seen.
    pub fn is_answered(&self) -> bool {
        let mut copies = self.services.iter().flat_map(|service| &service.copies);
        match self.outcome {
            Outcome::Ok => true,
            Outcome::Partial => self.complete && copies.all(|copy| copy.outcome.has_facts()),
            _ => false,
        }
    }

    /// How the attempt ended for a service that is not among what was learned; `None` where it was not asked for.
    /// Whatever was never on the list may be misspelt: it is not gone.
    pub(super) fn attempt_without(&self, remote: &str, was_listed: bool) -> Option<Attempt> {
        let (outcome, error) = match self.outcome {
            outcome if !outcome.has_facts() => (outcome.of_a_part(), self.error.clone()),
            _ if self.complete && was_listed => {
                (Outcome::NotFound, Some(format!("{} no longer lists it", self.source)))
            }
            _ if self.complete => (Outcome::NotFound, Some(self.has_no(remote))),
            Outcome::Partial => (Outcome::Malformed, self.error.clone()),
            _ => return None,
        };
        Some(Attempt { at: Some(self.as_of), outcome, error })
    }

    fn has_no(&self, remote: &str) -> String {
        let next = self.nearest.get(remote).map_or_else(
            || ": see its name in the config".to_owned(),
            |meant| format!("; did you mean `{meant}`?"),
        );
        format!("{} has no service `{remote}`{next}", self.source)
    }

    /// An attempt that brought nothing.
    pub fn failed(source: &str, as_of: Timestamp, outcome: Outcome, error: impl Into<String>) -> Self {
        Self {
            source: source.to_owned(),
            as_of,
            outcome,
            error: Some(error.into()),
            skew_s: None,
            took: Duration::ZERO,
            calls: 0,
            retry_after: None,
            complete: false,
            nearest: BTreeMap::new(),
            services: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::{copy_part, part, report};

    #[test]
    fn s34_a_refusal_is_an_answer_and_silence_is_none() {
        use Outcome::{Denied, Ok, Partial, RateLimited, TimedOut};
        for (whole, complete, copies, answered) in [
            (Ok, true, [Ok, Ok], true),
            (Ok, false, [Ok, Ok], true),
            (Partial, true, [Ok, Partial], true),
            (Partial, true, [Partial, Partial], true),
            (Partial, true, [Ok, TimedOut], false),
            (Partial, true, [RateLimited, Ok], false),
            // What it did not tell may be what was asked for.
            (Partial, false, [Ok, Partial], false),
            (Denied, false, [Ok, Ok], false),
        ] {
            let copy = |outcome| CopyPart { outcome, ..copy_part(Role::Secondary, None) };
            let services = copies.map(|outcome| part("orders-db", vec![copy(outcome)]));
            let report = SourceReport { outcome: whole, complete, ..report("aiven", services.into()) };
            assert_eq!(report.is_answered(), answered, "{whole:?} {complete} {copies:?}");
        }
    }
}
