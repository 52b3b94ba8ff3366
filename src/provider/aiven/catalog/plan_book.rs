//! Plans by kind of service, as last read. They change rarely, so they are asked for rarely.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::provider::aiven::wire::{BackupConfig, Plans, Service};

/// How long what was read is taken as it is.
const FRESH: Duration = Duration::from_secs(3600);
/// How long a refusal is not tried again: most reading tokens may not see plans.
const REFUSED: Duration = Duration::from_secs(600);

/// Plans by kind of service.
#[derive(Debug, Default)]
pub(super) struct PlanBook(Mutex<BTreeMap<String, Page>>);

#[derive(Debug)]
struct Page {
    ask_again: Instant,
    plans: Option<Plans>,
}

impl PlanBook {
    /// Whether plans of a kind are to be asked for.
    pub(super) fn is_due(&self, kind: &str, now: Instant) -> bool {
        let pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pages.get(kind).is_none_or(|page| now >= page.ask_again)
    }

    /// Notes what asking gave; what was known stays when it gave nothing.
    pub(super) fn note(&self, kind: &str, plans: Option<Plans>, now: Instant) {
        let ask_again = now + if plans.is_some() { FRESH } else { REFUSED };
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = pages.remove(kind).and_then(|page| page.plans);
        pages.insert(kind.to_owned(), Page { ask_again, plans: plans.or(known) });
    }

    /// What the plan of a service says of its backups.
    pub(super) fn of(&self, service: &Service) -> Option<BackupConfig> {
        let pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let plans = pages.get(service.service_type.as_deref()?)?.plans.as_ref()?;
        plans.plan(service.plan.as_deref()?)?.backup_config.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::aiven::testkit::fixture;
    use crate::provider::aiven::wire::{ServiceAnswer, decode};

    #[test]
    fn plans_are_asked_for_rarely_and_kept_when_they_cannot_be_read() {
        let service =
            decode::<ServiceAnswer>(fixture!("service-get-pg-btar.json").as_bytes()).unwrap().service;
        let (book, now) = (PlanBook::default(), Instant::now());
        assert!(book.is_due("pg", now) && book.of(&service).is_none());
        book.note("pg", decode::<Plans>(fixture!("plans-pg.json").as_bytes()).ok(), now);
        assert!(!book.is_due("pg", now + FRESH / 2) && book.is_due("pg", now + FRESH));
        assert_eq!(book.of(&service).unwrap().max_count, Some(15));
        book.note("pg", None, now + FRESH);
        assert_eq!(book.of(&service).unwrap().max_count, Some(15));
        assert!(book.is_due("pg", now + FRESH + REFUSED));
    }
}
