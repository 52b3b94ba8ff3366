//! One service in the status document.

use serde::{Deserialize, Serialize};

use super::super::assessment::{
    Assessment, CopyFacts, Finding, Idle, Loss, LossBasis, LossIs, RestoreEstimate, Trailing,
};
use super::super::words::{bounded_s, seconds_up};
use super::super::{
    Compliance, CopyState, Edge, Grade, Ground, Level, Liveness, Outcome, Replicated, Role, Rule, Service,
    Timestamp, Verdict, Window,
};
use super::{Stamp, StatusChange, StatusFork, StatusRun};

/// One service: its copies, its loss, its verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of the document by its own name")]
pub struct StatusService {
    /// Name on the board.
    pub service: String,
    /// Engine; `null` until the provider said.
    pub engine: Option<String>,
    /// Tier.
    pub tier: Option<u8>,
    /// The copy where backups are first written.
    pub primary: Option<StatusCopy>,
    /// The copy in the other region.
    pub secondary: Option<StatusCopy>,
    /// Why there is no secondary copy.
    pub secondary_reason: Option<String>,
    /// `answers`, `silent`, `not_probed`, or `not_known`: it was last asked too long ago, or what answers may be a fork;
    /// `off` where it is switched off, so that its silence says nothing.
    pub primary_liveness: String,
    /// When it last answered, or since when it was silent.
    #[serde(default)]
    pub primary_liveness_at: Option<Stamp>,
    /// When it was last asked, with whatever result.
    #[serde(default)]
    pub primary_liveness_seen_at: Option<Stamp>,
    /// `now` or `loss_instant`; `clients_moved` where a fork is used and when that stopped is not known.
    pub loss_basis: String,
    /// From when the loss is counted, when not from now; the earliest of a range.
    pub loss_instant: Option<Stamp>,
    /// The latest of a range.
    #[serde(default)]
    pub loss_instant_latest: Option<Stamp>,
    /// On what the loss instant rests; `null` while the loss is counted to now.
    #[serde(default)]
    pub loss_ground: Option<Ground>,
    /// The loss, seconds, rounded up; of a range the least, rounded down. `null` where it is not known, where all is lost
    /// (`loss_is_all`), and where it is not judged: then `rpo_compliance` is `exempt`.
    pub loss_s: Option<u64>,
    /// What `loss_s` says; `null` with it.
    pub loss_is: Option<LossIs>,
    /// No less than this is lost, seconds, rounded down; where all is, no less than what the copy here spans. `null` where
    /// that is not known.
    #[serde(default)]
    pub loss_at_least_s: Option<u64>,
    /// No more than this is lost, seconds, rounded up; `null` where that is not known, and where all is.
    #[serde(default)]
    pub loss_at_most_s: Option<u64>,
    /// Whether all would be lost, for it is known that nothing can be restored there. Not so where that is unknown.
    #[serde(default)]
    pub loss_is_all: bool,
    /// Whether `loss_s` holds only if a copy that is unread now is intact.
    #[serde(default)]
    pub loss_if_copy_intact: bool,
    /// Since when nothing new was written or seen, when the primary is or may be idle.
    #[serde(default)]
    pub idle_since: Option<Stamp>,
    /// Whether that idleness is proven.
    #[serde(default)]
    pub idle_proven: bool,
    /// How far the newest restorable instant there trails the one here, seconds, rounded up.
    pub replication_lag_s: Option<u64>,
    /// How far the newest usable backup there trails the newest here, seconds, rounded up.
    pub backup_lag_s: Option<u64>,
    /// Log segments or snapshots the secondary lacks.
    #[serde(default)]
    pub trailing: Option<Trailing>,
    /// Largest tolerated loss, seconds.
    pub rpo_s: Option<u64>,
    /// Longest tolerated outage, seconds.
    pub rto_s: Option<u64>,
    /// The loss against the RPO.
    pub rpo_compliance: Compliance,
    /// Shortest and longest restore, seconds, rounded down and up.
    pub restore_s: Option<[u64; 2]>,
    /// Whether `restore_s` is of copying alone, so that a restore takes at least so long; `null` with it.
    #[serde(default)]
    pub restore_is_copying: Option<bool>,
    /// How `restore_s` was worked out.
    #[serde(default)]
    pub restore_basis: Option<String>,
    /// When a restore of it last succeeded.
    pub last_proven: Option<Stamp>,
    /// The worst of the findings.
    pub verdict: Verdict,
    /// What is wrong, worst first.
    pub findings: Vec<StatusFinding>,
    /// Its runs that are not over, by the journals of this host; `null` when they could not be read.
    #[serde(default)]
    pub open_runs: Option<Vec<StatusRun>>,
    /// Its change of where backups are copied to that is not over, by the journal of changes on this host; `null` where
    /// that tells of none, or could not be read.
    #[serde(default)]
    pub region_change: Option<StatusChange>,
    /// The fork that its clients were moved to, by the journals of this host: what is said of this service is of one
    /// that they left.
    #[serde(default)]
    pub clients_on: Option<StatusFork>,
    /// Whether that is not known, or not whether they were moved on since: the journals of this host could not be
    /// read, or not every one of its past incidents.
    #[serde(default)]
    pub clients_unread: bool,
    /// Everything behind this, when the document is to travel (S37).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<Box<Service>>,
}

/// One copy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatusCopy {
    /// How it is named to a person.
    pub copy: String,
    /// The region it lies in.
    pub region: Option<String>,
    /// How the last attempt to read it ended.
    pub outcome: Outcome,
    /// What went wrong then.
    pub error: Option<String>,
    /// When the facts below were true.
    pub as_of: Option<Stamp>,
    /// Whether they are older than two poll intervals.
    pub stale: bool,
    /// Host and time of writing, when the facts were imported.
    #[serde(default)]
    pub imported_from: Option<(String, Stamp)>,
    /// Usable recovery points.
    pub recovery_points: Option<usize>,
    /// Restore windows.
    pub windows: Option<Vec<StatusWindow>>,
    /// The earliest instant that can be restored.
    pub oldest_restorable: Option<Stamp>,
    /// The latest instant that can be restored.
    pub newest_restorable: Option<Stamp>,
    /// When the newest usable backup ended.
    #[serde(default)]
    pub newest_backup: Option<Stamp>,
    /// Whether log arrives in this copy.
    pub log_replicated: Replicated,
    /// What is to be said of it beside the findings, a sentence each.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// One restore window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatusWindow {
    /// The earliest instant.
    pub from: Stamp,
    /// The latest instant.
    pub to: Stamp,
    /// What `to` says of the data behind it.
    pub to_is: Edge,
    /// How well it is founded: the weaker of its two ends.
    pub grade: Grade,
    /// Why it ends at `to`.
    pub reason: String,
    /// Why it begins at `from`.
    #[serde(default)]
    pub from_reason: String,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatusFinding {
    /// The rule.
    pub rule: Rule,
    /// How bad.
    pub level: Level,
    /// Which copy it is about.
    pub copy: Option<Role>,
    /// Fact, last good value, next step.
    pub text: String,
}

impl StatusService {
    pub(super) fn new(service: &Service, known: &Assessment, now: Timestamp) -> Self {
        let (loss_basis, loss_instant, loss_instant_latest) = basis(&known.loss);
        let (loss, loss_is) = match known.loss.at_least {
            Some(least) => (Some(least), LossIs::AtLeast),
            None => (known.loss.amount, known.loss.is),
        };
        let bounds = known.loss_bounds();
        let (primary_liveness, liveness_at) = match liveness(service.alive(), now) {
            _ if service.is_off() => ("off", service.surely_answered()),
            // What answers may be a fork.
            _ if service.either_answers().is_some() => ("not_known", service.surely_answered()),
            known => known,
        };
        let (idle_since, idle_proven) = idle(known.idle);
        Self {
            service: service.id.clone(),
            engine: service.facts.as_ref().map(|facts| facts.engine.as_str().to_owned()),
            tier: service.policy.tier,
            primary: copy(service.primary.as_ref(), known.primary.as_ref()),
            secondary: copy(service.secondary.as_ref(), known.secondary.as_ref()),
            secondary_reason: known.secondary_reason.clone(),
            primary_liveness: primary_liveness.to_owned(),
            primary_liveness_at: liveness_at.map(Stamp::down),
            primary_liveness_seen_at: service.alive().seen_at().map(Stamp::down),
            loss_basis: loss_basis.to_owned(),
            loss_instant: loss_instant.map(Stamp::down),
            loss_instant_latest: loss_instant_latest.map(Stamp::down),
            loss_ground: known.loss.ground.clone(),
            loss_s: loss.map(|amount| bounded_s(amount, loss_is)),
            loss_is: loss.map(|_| loss_is),
            loss_at_least_s: bounds.least.map(|least| bounded_s(least, LossIs::AtLeast)),
            loss_at_most_s: bounds.most.map(seconds_up),
            loss_is_all: known.has_nothing_there(),
            loss_if_copy_intact: known.loss.if_copy_intact,
            idle_since: idle_since.map(Stamp::down),
            idle_proven,
            replication_lag_s: known.replication_lag.map(seconds_up),
            backup_lag_s: known.backup_lag.map(seconds_up),
            trailing: known.trailing,
            rpo_s: service.policy.rpo.map(|rpo| rpo.as_secs()),
            rto_s: service.policy.rto.map(|rto| rto.as_secs()),
            rpo_compliance: known.compliance,
            restore_s: known
                .restore
                .as_ref()
                .map(|known| [known.shortest.as_secs(), seconds_up(known.longest)]),
            restore_is_copying: known.restore.as_ref().map(RestoreEstimate::is_guess),
            restore_basis: known.restore.as_ref().map(|known| known.basis.clone()),
            last_proven: service.last_proven.map(Stamp::down),
            verdict: known.verdict,
            findings: known.findings.iter().map(StatusFinding::from).collect(),
            open_runs: service.open_runs.as_ref().map(|open| open.iter().map(StatusRun::from).collect()),
            region_change: service.open_change.as_deref().map(StatusChange::from),
            clients_on: service.clients_moved.as_deref().map(StatusFork::from),
            clients_unread: service.clients_unread.is_some(),
            known: None,
        }
    }
}

impl From<&Finding> for StatusFinding {
    fn from(finding: &Finding) -> Self {
        Self { rule: finding.rule, level: finding.level, copy: finding.copy, text: finding.text.clone() }
    }
}

impl From<&Window> for StatusWindow {
    fn from(window: &Window) -> Self {
        Self {
            from: Stamp::up(window.from.at),
            to: Stamp::down(window.to.at),
            to_is: window.to_is,
            grade: window.from.grade.min(window.to.grade),
            reason: window.to.reason.to_string(),
            from_reason: window.from.reason.to_string(),
        }
    }
}

fn copy(state: Option<&CopyState>, facts: Option<&CopyFacts>) -> Option<StatusCopy> {
    let (state, facts) = (state?, facts?);
    Some(StatusCopy {
        copy: facts.copy.clone(),
        region: facts.region.clone(),
        outcome: facts.attempt.outcome,
        error: facts.attempt.error.clone(),
        as_of: facts.as_of.map(Stamp::down),
        stale: facts.stale,
        imported_from: state.imported_from.as_deref().map(|(host, at)| (host.clone(), Stamp::down(*at))),
        recovery_points: facts.recovery_points,
        windows: facts.windows.as_ref().map(|windows| windows.iter().map(StatusWindow::from).collect()),
        oldest_restorable: facts.oldest.map(Stamp::up),
        newest_restorable: facts.newest.map(Stamp::down),
        newest_backup: facts.newest_backup.map(Stamp::down),
        log_replicated: facts.log_replicated,
        notes: state.last_good.iter().flat_map(|reading| reading.notes()).map(str::to_owned).collect(),
    })
}

const fn basis(loss: &Loss) -> (&'static str, Option<Timestamp>, Option<Timestamp>) {
    match loss.basis {
        LossBasis::Now => ("now", None, None),
        LossBasis::LossInstant { at, latest } => ("loss_instant", Some(at), latest),
        LossBasis::Moved { .. } => ("clients_moved", None, None),
    }
}

fn liveness(liveness: Liveness, now: Timestamp) -> (&'static str, Option<Timestamp>) {
    match liveness {
        Liveness::Answers { at } if liveness.answers(now) => ("answers", Some(at)),
        Liveness::Answers { at } => ("not_known", Some(at)),
        Liveness::Silent { .. } if liveness.is_silent(now) => ("silent", liveness.silent_since()),
        Liveness::Silent { .. } => ("not_known", liveness.silent_since()),
        Liveness::NotProbed => ("not_probed", None),
    }
}

const fn idle(idle: Idle) -> (Option<Timestamp>, bool) {
    match idle {
        Idle::Proven { last_commit } => (Some(last_commit), true),
        Idle::Possible { since } => (Some(since), false),
        Idle::No => (None, false),
    }
}
