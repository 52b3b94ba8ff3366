//! The judgement of a service: facts, then arithmetic, then rules.

use super::assessment::{Assessment, Verdict};
use super::{Service, StaleAfter, Timestamp, estimate, facts, lag, loss, rules};

/// Judges a service at `now`. Facts are stale by the interval of the source they come from (S2).
///
/// Pure, and cheap enough to be called for every service at every look.
pub fn assess(service: &Service, now: Timestamp, stale_after: &StaleAfter) -> Assessment {
    let read =
        |copy: &Option<super::CopyState>| copy.as_ref().map(|copy| facts::copy_facts(copy, now, stale_after));
    let (primary, secondary) = (read(&service.primary), read(&service.secondary));
    let (loss, idle) = loss::loss(service, primary.as_ref(), secondary.as_ref(), now);
    let mut known = Assessment {
        service: service.id.clone(),
        secondary_reason: secondary_reason(service),
        replication_lag: lag::replication(service, primary.as_ref(), secondary.as_ref()),
        backup_lag: lag::backups(primary.as_ref(), secondary.as_ref()),
        trailing: lag::trailing(service, primary.as_ref(), secondary.as_ref()),
        compliance: loss::compliance(service, secondary.as_ref(), &loss, idle),
        restore: estimate::restore(service),
        primary,
        secondary,
        loss,
        idle,
        verdict: Verdict::Unknown,
        findings: Vec::new(),
    };
    (known.verdict, known.findings) = rules::judge(service, &known, now);
    known
}

fn secondary_reason(service: &Service) -> Option<String> {
    if service.secondary.is_some() {
        return None;
    }
    service.facts.as_ref()?.no_secondary_because.clone()
}
