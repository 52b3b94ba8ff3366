//! The named rules (S15). Each is one small function that looks at a [`Case`] and says nothing, or
//! one sentence: fact, last good value, next step. Adding a rule is a function and a line in a table.
//!
//! Recoverability is judged from the secondary. A rule about either copy is capped at *warning* for
//! the primary, so that trouble there alone is never worse.

mod log;
mod loss;
mod schedule;
mod service;
mod there;

use super::assessment::{Assessment, CopyFacts, Finding, Level, Rule, Verdict};
use super::{CopyState, Reading, Role, Service, Sign, Timestamp, words};

/// What the rules look at: the service, and what was worked out of it.
#[derive(Clone, Copy)]
struct Case<'a> {
    service: &'a Service,
    known: &'a Assessment,
    now: Timestamp,
}

/// One copy of the case.
#[derive(Clone, Copy)]
struct Side<'a> {
    role: Role,
    state: &'a CopyState,
    facts: &'a CopyFacts,
    now: Timestamp,
}

/// A rule about the service as a whole.
type ServiceRule = fn(&Case<'_>) -> Option<Finding>;
/// A rule about one copy.
type CopyRule = fn(&Side<'_>) -> Option<Finding>;

/// Rules that end the judgement: what they say leaves nothing to be judged.
const FINAL: &[ServiceRule] = &[service::exempt];

const OF_SERVICE: &[ServiceRule] = &[
    service::gone,
    service::clients_moved,
    service::unfenced,
    there::never_backed_up,
    there::no_secondary,
    there::unreadable,
    there::stale,
    there::permission,
    there::not_known,
    // What lies there may be gone: how far it trails comes after that.
    there::region_silent,
    loss::rpo_exceeded,
    loss::reach_not_known,
    service::run_interrupted,
    service::region_change_left,
    service::drill_failed,
    loss::idle_or_stalled,
    loss::cannot_meet_rpo,
    log::copying_off,
    log::persistence_off,
    log::lag_disagrees,
    log::copies_have_parted,
    schedule::backup_late,
    schedule::snapshots_missing,
    schedule::powered_off,
    schedule::same_region,
    service::primary_silent,
    service::primary_unreadable,
    service::skew,
    service::proof_is_old,
    service::no_tier,
];

const OF_COPY: &[CopyRule] = &[
    log::hole_ends_window,
    log::hole_inside,
    log::newest_backup_damaged,
    log::two_timelines,
    log::went_back,
    log::copy_paused,
];

/// Everything that is to be said of a service, worst first; and the verdict, the worst of it.
pub(super) fn judge(service: &Service, known: &Assessment, now: Timestamp) -> (Verdict, Vec<Finding>) {
    let case = Case { service, known, now };
    if let Some(last_word) = FINAL.iter().find_map(|rule| rule(&case)) {
        return (last_word.level, vec![last_word]);
    }
    let mut findings: Vec<Finding> = OF_SERVICE.iter().filter_map(|rule| rule(&case)).collect();
    for side in [case.secondary(), case.primary()].into_iter().flatten() {
        findings
            .extend(OF_COPY.iter().filter_map(|rule| rule(&side)).map(|finding| capped(finding, side.role)));
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.level.badness()));
    findings.shrink_to_fit();
    let verdict = findings.first().map_or(Verdict::Ok, |worst| worst.level);
    (verdict, findings)
}

fn capped(finding: Finding, role: Role) -> Finding {
    match (role, finding.level) {
        (Role::Primary, Level::Critical | Level::Unknown) => Finding { level: Level::Warning, ..finding },
        _ => finding,
    }
}

fn finding(rule: Rule, level: Level, copy: impl Into<Option<Role>>, mut text: String) -> Finding {
    // It is held as long as it is true, for each of many services.
    text.shrink_to_fit();
    Finding { rule, level, copy: copy.into(), text }
}

/// What is left where a primary is silent and no copy can be restored elsewhere: no incident brings it back.
const LEFT: &str = "wait for its region, ask the provider's support, or bring its data back by other means";

impl<'a> Case<'a> {
    /// Whether it is known that nothing can be restored in another region.
    fn has_nothing_elsewhere(&self) -> bool {
        match &self.known.secondary {
            Some(there) => there.is_empty(),
            None => there::known_to_have_none(self.service),
        }
    }

    fn primary(&self) -> Option<Side<'a>> {
        self.side(Role::Primary, self.service.primary.as_ref(), self.known.primary.as_ref())
    }

    fn secondary(&self) -> Option<Side<'a>> {
        self.side(Role::Secondary, self.service.secondary.as_ref(), self.known.secondary.as_ref())
    }

    fn side(
        &self,
        role: Role,
        state: Option<&'a CopyState>,
        facts: Option<&'a CopyFacts>,
    ) -> Option<Side<'a>> {
        Some(Side { role, state: state?, facts: facts?, now: self.now })
    }
}

impl<'a> Side<'a> {
    fn reading(&self) -> Option<&'a Reading> {
        self.state.last_good.as_deref()
    }

    /// Whether the last look showed nothing of what can be restored, and an earlier one did.
    fn is_unshown(&self) -> bool {
        self.facts.log_seen_at.is_some() && self.reading().is_some_and(|reading| reading.log.end.is_none())
    }

    fn has(&self, sign: &Sign) -> bool {
        self.reading().is_some_and(|reading| reading.signs.contains(sign))
    }

    /// What was last known of this copy, and its age, to end a sentence about its silence.
    fn last_good(&self) -> String {
        let Some(as_of) = self.facts.as_of else {
            return "nothing was ever read from it".to_owned();
        };
        let age = words::age_of(as_of, self.now);
        let read = match self.state.imported_from.as_deref() {
            Some((host, at)) => {
                format!("last read {age} ago (imported from {host} at {})", self.shown(*at))
            }
            None => format!("last read {age} ago"),
        };
        match (self.facts.newest, self.facts.newest_backup) {
            (Some(newest), _) => format!("{read}, with data up to {}", self.shown(newest)),
            (None, Some(backup)) => format!("{read}, newest backup then {}", self.shown(backup)),
            (None, None) => read,
        }
    }

    fn shown(&self, at: Timestamp) -> String {
        words::newest(at, self.now)
    }

    /// How the last attempt failed, in a word or two.
    fn failure(&self) -> String {
        self.facts.attempt.outcome.as_str().replace('_', " ")
    }

    /// What the source said of that, for the end of a sentence: it may be long, and the next step comes first.
    fn error(&self) -> String {
        let error = self.facts.attempt.error.as_ref();
        error.map_or_else(String::new, |error| format!("; error: {error}"))
    }
}
