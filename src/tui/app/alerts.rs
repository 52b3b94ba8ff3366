//! Findings as alerts: since when each is there, who has seen it, which are put last. Kept for a state
//! folder; verdicts do not change by it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::effect::Effect;
use super::model::Model;
use crate::domain::assessment::Rule;
use crate::domain::order::worst_first;
use crate::domain::{Assessment, Finding, Level, Role, ServiceId, Timestamp};
use crate::tui::keymap::Action;

/// What is kept of one finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// The rule.
    pub rule: Rule,
    /// Which copy it is about.
    pub copy: Option<Role>,
    /// Since when it is seen; `None` while it is not there.
    pub since: Option<Timestamp>,
    /// Who has seen it, and when; forgotten when it goes away.
    pub seen: Option<(String, Timestamp)>,
    /// Who put it last; kept when it goes away.
    pub muted: Option<String>,
    /// How bad it was when it was acknowledged or muted: what gets worse is unseen again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Level>,
    /// Who dismissed the service that is gone, and when; forgotten when it comes back (S33).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dismissed: Option<(String, Timestamp)>,
}

/// Every alert, by service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Alerts(BTreeMap<ServiceId, Vec<Alert>>);

impl Alerts {
    /// What is kept of a finding.
    pub fn of(&self, service: &str, finding: &Finding) -> Option<&Alert> {
        self.0.get(service)?.iter().find(|alert| is(alert, finding))
    }

    /// Takes in what was found now. Says whether anything is new or gone.
    pub fn see(&mut self, known: &Assessment, now: Timestamp) -> bool {
        if known.findings.is_empty() && !self.0.contains_key(&known.service) {
            return false;
        }
        let alerts = self.0.entry(known.service.clone()).or_default();
        let mut changed = false;
        for finding in &known.findings {
            keep(alerts, finding.rule, finding.copy);
            for alert in alerts.iter_mut().filter(|alert| is(alert, finding) && alert.since.is_none()) {
                alert.since = Some(now);
                changed = true;
            }
            for alert in alerts.iter_mut().filter(|alert| is(alert, finding) && alert.is_worse(finding.level))
            {
                (alert.seen, alert.muted, alert.accepted) = (None, None, None);
                changed = true;
            }
        }
        for alert in alerts.iter_mut() {
            if alert.since.is_some() && !known.findings.iter().any(|finding| is(alert, finding)) {
                (alert.since, alert.seen, alert.dismissed) = (None, None, None);
                changed = true;
            }
        }
        alerts.retain(|alert| alert.since.is_some() || alert.muted.is_some());
        if alerts.is_empty() {
            self.0.remove(&known.service);
        }
        changed
    }

    /// What is kept, as other dashboards over the same folder may have changed it meanwhile, with what was
    /// changed here between `before` and `after`: what one person acknowledged is not lost to another.
    #[must_use]
    pub fn with_changes(&self, before: &Self, after: &Self) -> Self {
        let services: BTreeSet<&ServiceId> = self.0.keys().chain(after.0.keys()).collect();
        let of = |kept: &Self, service: &str| kept.0.get(service).cloned().unwrap_or_default();
        let merged = services.into_iter().filter_map(|service| {
            let (kept, before, after) = (of(self, service), of(before, service), of(after, service));
            let alerts = merged(&kept, &before, &after);
            (!alerts.is_empty()).then(|| (service.clone(), alerts))
        });
        Self(merged.collect())
    }

    /// The services that were dismissed: who did, and when.
    pub fn dismissed(&self) -> impl Iterator<Item = (&ServiceId, &(String, Timestamp))> {
        self.0.iter().filter_map(|(service, alerts)| {
            let mut there = alerts.iter().filter(|alert| alert.since.is_some());
            Some((service, there.find_map(|alert| alert.dismissed.as_ref())?))
        })
    }

    /// The same alerts, with these services not dismissed any more.
    #[must_use]
    pub fn back<'a>(mut self, services: impl IntoIterator<Item = &'a ServiceId>) -> Self {
        for service in services {
            for alert in self.0.get_mut(service).into_iter().flatten() {
                alert.dismissed = None;
            }
        }
        self
    }

    #[cfg(test)]
    pub(crate) fn with(mut self, finding: &Finding, who: &str, mutes: bool, now: Timestamp) -> Self {
        for alert in self.0.values_mut().flatten().filter(|alert| is(alert, finding)) {
            if mutes {
                alert.muted = Some(who.to_owned());
            } else {
                alert.seen = Some((who.to_owned(), now));
            }
        }
        self
    }

    /// Dismisses the finding that the service is gone, and the service with it. Of a service that has no
    /// backups by design nothing else is found: it is dismissed all the same.
    pub fn dismiss(&mut self, service: &str, by: &(String, Timestamp)) {
        let alerts = self.0.entry(service.to_owned()).or_default();
        keep(alerts, Rule::Gone, None);
        for alert in alerts.iter_mut().filter(|alert| alert.rule == Rule::Gone) {
            alert.since.get_or_insert(by.1);
            alert.dismissed = Some(by.clone());
        }
    }

    fn of_mut(&mut self, which: &Which) -> Option<&mut Alert> {
        self.0.get_mut(&which.service)?.iter_mut().find(|alert| alert.is_of(which.rule, which.copy))
    }
}

/// Makes sure that something is kept of a rule's finding.
fn keep(alerts: &mut Vec<Alert>, rule: Rule, copy: Option<Role>) {
    if !alerts.iter().any(|alert| alert.is_of(rule, copy)) {
        // Mostly it stays the only one of its service.
        alerts.reserve_exact(1);
        alerts.push(Alert {
            rule,
            copy,
            since: None,
            seen: None,
            muted: None,
            accepted: None,
            dismissed: None,
        });
    }
}

fn is(alert: &Alert, finding: &Finding) -> bool {
    alert.is_of(finding.rule, finding.copy)
}

impl Alert {
    fn is_of(&self, rule: Rule, copy: Option<Role>) -> bool {
        self.rule == rule && self.copy == copy
    }

    fn is_worse(&self, level: Level) -> bool {
        self.accepted.is_some_and(|accepted| level.badness() > accepted.badness())
    }

    fn same_in<'a>(&self, alerts: &'a [Self]) -> Option<&'a Self> {
        alerts.iter().find(|alert| alert.is_of(self.rule, self.copy))
    }
}

/// The alerts of one service: see [`Alerts::with_changes`].
fn merged(kept: &[Alert], before: &[Alert], after: &[Alert]) -> Vec<Alert> {
    let here = after.iter().map(|alert| {
        let (kept, before) = (alert.same_in(kept), alert.same_in(before));
        let (seen_before, muted_before) =
            (before.and_then(|before| before.seen.clone()), before.and_then(|before| before.muted.clone()));
        let (seen, muted) = (alert.seen.clone(), alert.muted.clone());
        // An earlier appearance that somebody saw is not this one.
        let of_this = |seen: &(String, Timestamp)| Some(seen.1) >= alert.since;
        let seen = match kept {
            Some(kept) if seen == seen_before => kept.seen.clone().filter(of_this),
            _ => seen,
        };
        let muted = match kept {
            Some(kept) if muted == muted_before => kept.muted.clone(),
            _ => muted,
        };
        let dismissed = match kept {
            Some(kept) if alert.dismissed.as_ref() == before.and_then(|before| before.dismissed.as_ref()) => {
                kept.dismissed.clone()
            }
            _ => alert.dismissed.clone(),
        };
        let went_away = alert.since.is_none() && before.is_some_and(|before| before.since.is_some());
        let since = alert.since.into_iter().chain(kept.and_then(|kept| kept.since)).min();
        let since = since.filter(|_| !went_away);
        // No dismissal outlives its finding: gone once more is not dismissed once more.
        let dismissed = dismissed.filter(|_| since.is_some());
        let is_accepted = seen.is_some() || muted.is_some();
        let accepted = [alert.accepted, kept.and_then(|kept| kept.accepted)].into_iter().flatten();
        let accepted = accepted.max_by_key(|level| level.badness()).filter(|_| is_accepted);
        Alert { since, seen, muted, accepted, dismissed, ..alert.clone() }
    });
    let elsewhere = kept.iter().filter(|kept| kept.same_in(after).is_none());
    // What went away here goes away, but for what was put last elsewhere meanwhile.
    let elsewhere = elsewhere.filter_map(|kept| match kept.same_in(before) {
        None => Some(kept.clone()),
        Some(before) if before.muted.is_none() && kept.muted.is_some() => {
            Some(Alert { since: None, seen: None, dismissed: None, ..kept.clone() })
        }
        Some(_) => None,
    });
    here.chain(elsewhere).collect()
}

/// Every finding with its service and what is kept of it, as the fleet is ordered: worst first, of equals
/// those of the worse service; then the longest there; those put last behind all.
pub fn rows(model: &Model) -> Vec<(&ServiceId, &Finding, Option<&Alert>)> {
    let mut services: Vec<_> = model
        .board
        .all()
        .filter_map(|known| Some((model.fleet.services.get(&known.service)?, known)))
        .collect();
    services.sort_by(|one, other| worst_first(*one, *other));
    let mut rows = Vec::new();
    for (rank, (_, known)) in services.iter().enumerate() {
        for finding in &known.findings {
            rows.push((rank, (&known.service, finding, model.alerts.of(&known.service, finding))));
        }
    }
    rows.sort_by_key(|(rank, (_, finding, alert))| {
        let muted = alert.is_some_and(|alert| alert.muted.is_some());
        let since = alert.and_then(|alert| alert.since);
        (muted, Reverse(finding.level.badness()), *rank, since.is_none(), since)
    });
    rows.into_iter().map(|(_, row)| row).collect()
}

/// Which finding that is, whatever row it is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Which {
    service: ServiceId,
    rule: Rule,
    copy: Option<Role>,
}

impl Which {
    fn of(service: &ServiceId, finding: &Finding) -> Self {
        Self { service: service.clone(), rule: finding.rule, copy: finding.copy }
    }

    fn is(&self, service: &ServiceId, finding: &Finding) -> bool {
        self.service == *service && self.rule == finding.rule && self.copy == finding.copy
    }
}

/// Keeps the selected finding selected, wherever its row goes (R17). What a person went to is selected from now
/// on.
pub(super) fn hold(model: &mut Model, went: bool) {
    let rows = rows(model);
    let held = model.finding.as_ref().filter(|_| !went);
    let at = |which: &Which| rows.iter().position(|(service, finding, _)| which.is(service, finding));
    let row = held.and_then(at).unwrap_or_else(|| model.row.min(rows.len().saturating_sub(1)));
    let here = rows.get(row).map(|(service, finding, _)| Which::of(service, finding));
    if held.is_none() {
        model.finding = here;
    }
    model.row = row;
}

/// Acknowledges or mutes the selected finding, or takes that back. What merely came into the row of one that went
/// away is not it.
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let there =
        rows(model).get(model.row).map(|(service, finding, _)| (Which::of(service, finding), finding.level));
    let Some((which, level)) = there else {
        model.notice = Some("there is no finding".to_owned());
        return Vec::new();
    };
    if model.finding.as_ref().is_some_and(|held| *held != which) {
        let rule = which.rule.as_str().replace('_', " ");
        model.notice = Some(format!("what was selected went away; selected now: {}, {rule}", which.service));
        model.finding = Some(which);
        return Vec::new();
    }
    let (who, now) = (model.setup.who.clone(), model.now);
    let Some(alert) = model.alerts.of_mut(&which) else { return Vec::new() };
    match action {
        Action::Acknowledge => alert.seen = alert.seen.is_none().then_some((who, now)),
        _ => alert.muted = alert.muted.is_none().then_some(who),
    }
    alert.accepted = Some(level);
    vec![Effect::KeepAlerts(Box::new(model.alerts.clone()))]
}
