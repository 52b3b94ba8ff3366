//! What would be lost if the primary stopped now, or was lost when it stopped (S5, S6).

use std::time::Duration;

use chrono::TimeDelta;

use super::assessment::{Compliance, CopyFacts, Idle, Loss, LossBasis, LossIs};
use super::life::{Ground, is_after, log};
use super::{Ability, ClientsMoved, CopyState, Edge, Met, Service, Timestamp, facts, history, lag};

/// From how long without new log on it is asked whether the primary is idle or its log is stuck,
/// when the service has no RPO to say so.
const QUIET_WITHOUT_RPO: Duration = Duration::from_secs(30 * 60);

/// The loss of a service, and whether its primary is idle.
pub(super) fn loss(
    service: &Service,
    primary: Option<&CopyFacts>,
    secondary: Option<&CopyFacts>,
    now: Timestamp,
) -> (Loss, Idle) {
    let (loss, idle) = by_copies(service, primary, secondary, now);
    (if_left(service, loss), idle)
}

/// What clients may have written to a fork is in no copy of the service: where nobody knows whether they left it, more
/// may be lost than is counted (S3).
fn if_left(service: &Service, loss: Loss) -> Loss {
    Loss { is: loss.is.or_more_if(service.clients_unread.is_some()), ..loss }
}

fn by_copies(
    service: &Service,
    primary: Option<&CopyFacts>,
    secondary: Option<&CopyFacts>,
    now: Timestamp,
) -> (Loss, Idle) {
    let span = Span::of(service, now);
    if facts::is_exempt(service) {
        return (unknown(span), Idle::No);
    }
    let Some((there, newest)) = secondary.and_then(|facts| Some((facts, facts.newest?))) else {
        return (unknown(span), Idle::No);
    };
    // Counted to now it would be none, whatever was lost.
    if span.basis == LossBasis::Now && is_after(newest, now) {
        return (unknown(span), Idle::No);
    }
    if let Some(moved) = &service.clients_moved {
        return (of_a_fork(moved, span, there, newest), Idle::No);
    }
    let if_copy_intact = !there.is_reach_current();
    let edge = there.newest_is();
    if let Some(held) = held_until(service).filter(|held| *held > newest) {
        let amount = since(span.latest, held);
        if is_ahead(service, held) || is_untold(service) && is_quiet(service, Some(amount)) {
            let loss = Loss { if_copy_intact, ..counted(span, held, Edge::Exact) };
            return (if if_copy_intact { while_unread(loss, Edge::Exact) } else { loss }, Idle::No);
        }
        let loss = Loss {
            basis: span.basis,
            amount: Some(amount),
            is: LossIs::AtMost,
            at_least: None,
            if_copy_intact,
            ground: span.ground,
        };
        let complete_at = proven_complete(service).filter(|complete_at| *complete_at > newest);
        let is_proven = |at| span.basis != LossBasis::Now || is_proven_now(primary, at);
        if complete_at.is_some_and(is_proven) {
            return (loss, Idle::Proven { last_commit: last_commit(service).unwrap_or(newest) });
        }
        // What was proven once bounds the loss, but says nothing of the time since.
        let ends_there = complete_at.is_some() || both_end_alike(service);
        let quiet = ends_there && is_quiet(service, loss.amount) && may_be_idle(service, there);
        return (loss, if quiet { Idle::Possible { since: held } } else { Idle::No });
    }
    let loss = Loss { if_copy_intact, ..counted(span, newest, edge) };
    if is_quiet(service, loss.amount) && may_be_idle(service, there) && both_end_alike(service) {
        let loss = Loss { is: LossIs::AtMost, at_least: None, ..loss };
        return (loss, Idle::Possible { since: newest });
    }
    (if if_copy_intact { while_unread(loss, edge) } else { loss }, Idle::No)
}

/// Shown as a bound from above: counted to the later end of a range it is one. A store time bounds
/// nothing: what lies behind it may be older, and more may have arrived since.
fn while_unread(loss: Loss, edge: Edge) -> Loss {
    let is = if edge == Edge::AtMost { LossIs::About } else { LossIs::AtMost };
    Loss { is, at_least: None, if_copy_intact: true, ..loss }
}

/// What clients wrote to the fork that they use is in no copy of the service that they left. Until a person says
/// when the fork stopped the least that is lost is known, and not even that where more may lie there than is known.
fn of_a_fork(moved: &ClientsMoved, span: Span, there: &CopyFacts, newest: Timestamp) -> Loss {
    let loss = written_over(moved, span, newest, there.newest_is());
    match loss.basis {
        _ if there.is_reach_current() => loss,
        LossBasis::Moved { .. } => Loss { amount: None, ..loss },
        _ => {
            while_unread(loss, if moved.lost_from(newest) < newest { Edge::Exact } else { there.newest_is() })
        }
    }
}

/// The loss of what clients wrote over a span, first to the service that they left, then to the fork: the outage
/// between is no part of it. While the span ends at the move, for lack of a word on when the fork stopped, it is the
/// least, and unknown where that is nothing.
fn written_over(moved: &ClientsMoved, span: Span, held: Timestamp, edge: Edge) -> Loss {
    let from = moved.lost_from(held);
    let edge = if from < held { Edge::Exact } else { edge };
    let is_moved = matches!(span.basis, LossBasis::Moved { .. });
    let (idle_least, idle_most) = moved.nobody_wrote(from, span.latest);
    let less = |idle: Duration| TimeDelta::from_std(idle).unwrap_or_default();
    let span = Span {
        earliest: span.earliest.map(|earliest| earliest - less(idle_most)),
        latest: span.latest - less(idle_least),
        ..span
    };
    if is_moved {
        let least = span.earliest.map(|earliest| since(earliest, from));
        let least = least.filter(|least| edge != Edge::AtLeast && !least.is_zero());
        return Loss { amount: least, is: LossIs::AtLeast, ..unknown(span) };
    }
    counted(span, from, edge)
}

/// The grade of a loss against an RPO: up to once, twice, four times, more.
pub(super) fn grade(amount: Duration, rpo: Duration) -> Compliance {
    match amount {
        amount if amount <= rpo => Compliance::Compliant,
        amount if amount <= rpo.saturating_mul(2) => Compliance::Exceeded,
        amount if amount <= rpo.saturating_mul(4) => Compliance::SeverelyExceeded,
        _ => Compliance::CriticallyExceeded,
    }
}

/// The loss that is judged against an RPO.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Judged {
    /// So much.
    pub(super) amount: Duration,
    /// What that says of the true one.
    is: LossIs,
    /// The least it can be, where that is known apart.
    least: Option<Duration>,
}

impl Judged {
    const fn exactly(amount: Duration) -> Self {
        Self { amount, is: LossIs::Exact, least: None }
    }

    /// How it stands to the RPO, by both its ends. A store time bounds from below, and is judged as it is: log is
    /// stored within moments, and no better instant is told.
    pub(super) fn met(&self, rpo: Duration) -> Met {
        let is = match self.is {
            LossIs::Exact | LossIs::AtLeast => LossIs::Exact,
            LossIs::AtMost | LossIs::About => LossIs::AtMost,
        };
        Met::of(rpo, self.amount, is, self.least)
    }
}

/// The loss that is judged against the RPO, and as of when. From a copy that is unread, or whose log is, it is the
/// loss when it was last seen: what was a breach then stays one (S15), what was none proves
/// nothing now. Idleness that cannot be ruled out is no breach (S6), time in which the service was
/// switched off loses nothing, and a bound from above shows that an RPO is met, never that it is not.
pub(super) fn judged(service: &Service, there: &CopyFacts, loss: &Loss, idle: Idle) -> Option<Judged> {
    if matches!(idle, Idle::Possible { .. }) {
        return None;
    }
    let is_met = |judged: &Judged| service.policy.rpo.is_some_and(|rpo| judged.amount <= rpo);
    let can_breach = there.newest_is() != Edge::AtLeast;
    let shown = loss.amount.filter(|_| there.is_current() && !is_floored(loss));
    let now = while_on(service, there, shown).map(|amount| match shown {
        Some(shown) if amount < shown => Judged::exactly(amount),
        _ => Judged { amount, is: loss.is, least: loss.at_least },
    });
    if there.is_reach_current() {
        return now.filter(|judged| can_breach || is_met(judged));
    }
    now.filter(is_met).or_else(|| {
        let as_of = there.reach_as_of()?;
        let until = match loss.basis {
            LossBasis::Now => as_of,
            LossBasis::LossInstant { at, .. } | LossBasis::Moved { at } => at.min(as_of),
        };
        let (off, held) = (service.was_off_by(), held(service, there)?);
        let then = Some(since(off.map_or(until, |off| off.min(until)), held));
        then.map(Judged::exactly).filter(|judged| can_breach && !is_met(judged))
    })
}

/// No more of a loss than what can have been written before the service was switched off.
pub(super) fn while_on(service: &Service, there: &CopyFacts, amount: Option<Duration>) -> Option<Duration> {
    let most = service.off_by().zip(held(service, there)).map(|(off, newest)| since(off, newest));
    amount.map(|amount| most.map_or(amount, |most| amount.min(most)))
}

/// Up to when the copy there is known to hold everything.
fn held(service: &Service, there: &CopyFacts) -> Option<Timestamp> {
    Some(there.newest?.max(held_until(service).unwrap_or(Timestamp::MIN_UTC)))
}

/// Whether the data there is dated after the loss instant: then their distance says nothing.
fn is_floored(loss: &Loss) -> bool {
    loss.basis != LossBasis::Now && loss.is == LossIs::AtLeast && loss.amount == Some(Duration::ZERO)
}

/// Between which amounts what is lost lies; `None` = not known. Alike where it is known exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// No less than this.
    pub least: Option<Duration>,
    /// No more than this.
    pub most: Option<Duration>,
}

impl Loss {
    /// Between which amounts it lies.
    pub const fn bounds(&self) -> Bounds {
        let (least, most) = match self.is {
            LossIs::Exact => (self.amount, self.amount),
            LossIs::AtLeast => (self.amount, None),
            LossIs::AtMost => (self.at_least, self.amount),
            LossIs::About => (self.at_least, None),
        };
        Bounds { least, most }
    }
}

/// Compliance of a service: once the RPO is surely missed, by the most that can be lost. Not judged where it has no backups by design, unknown unless the facts behind it are current, or were a breach already, and while its
/// clients use a fork: it promises nothing of what they write there. Nor is it met where they may.
pub(super) fn compliance(
    service: &Service,
    there: Option<&CopyFacts>,
    loss: &Loss,
    idle: Idle,
) -> Compliance {
    if facts::is_exempt(service) {
        return Compliance::Exempt;
    }
    let graded = there.filter(|_| service.clients_moved.is_none()).and_then(|there| {
        let (judged, rpo) = (judged(service, there, loss, idle)?, service.policy.rpo?);
        let is_shown = match judged.met(rpo) {
            Met::Yes => service.clients_unread.is_none(),
            Met::No => true,
            Met::NotShown => false,
        };
        is_shown.then(|| grade(judged.amount, rpo))
    });
    graded.unwrap_or(Compliance::Unknown)
}

/// From when to when the primary can have stopped, if it did.
struct Span {
    basis: LossBasis,
    ground: Option<Ground>,
    /// The earliest it can have stopped; `None` when only the latest is known.
    earliest: Option<Timestamp>,
    latest: Timestamp,
}

impl Span {
    fn of(service: &Service, now: Timestamp) -> Self {
        match service.lost_at() {
            None => Self { basis: LossBasis::Now, ground: None, earliest: Some(now), latest: now },
            Some(lost) => Self {
                basis: lost.basis(),
                earliest: lost.earliest,
                latest: lost.latest,
                ground: Some(lost.ground),
            },
        }
    }

    /// That over which a loss was counted. A silence alone says when it had stopped at the latest.
    fn of_loss(loss: Option<&Loss>, now: Timestamp) -> Self {
        let (basis, ground) = loss.map_or((LossBasis::Now, None), |loss| (loss.basis, loss.ground.clone()));
        let (earliest, latest) = match basis {
            LossBasis::Now => (now, now),
            LossBasis::LossInstant { at, latest } => (at, latest.unwrap_or(at)),
            LossBasis::Moved { at } => (at, at),
        };
        let earliest = Some(earliest).filter(|_| ground != Some(Ground::Silence));
        Self { basis, ground, earliest, latest }
    }
}

/// What is given up by a point of a service that holds data up to `held` and is not the newest one: counted as its
/// loss is, and to the same end. How much clients wrote to a fork since they moved there is not known.
pub fn given_up(
    service: &Service,
    of_service: Option<&Loss>,
    held: Timestamp,
    edge: Edge,
    now: Timestamp,
) -> Loss {
    let span = Span::of_loss(of_service, now);
    let loss = match &service.clients_moved {
        Some(moved) => written_over(moved, span, held, edge),
        None => counted(span, held, edge),
    };
    if_left(service, loss)
}

/// The loss over a span. Of a range it is counted to the later end, and keeps beside it what is lost at least. Data
/// that is dated after the span loses an unknown little, not exactly nothing.
fn counted(span: Span, newest: Timestamp, edge: Edge) -> Loss {
    let most = since(span.latest, newest);
    let least = span.earliest.map(|earliest| since(earliest, newest));
    let range = least.filter(|least| *least < most && !least.is_zero());
    let (amount, is, at_least) = match (least, edge) {
        _ if newest > span.latest => (Duration::ZERO, LossIs::AtLeast, None),
        (_, Edge::AtLeast) => (most, LossIs::AtMost, None),
        (Some(least), Edge::Exact) if least == most => (most, LossIs::Exact, None),
        (Some(least), Edge::AtMost) if least == most => (most, LossIs::AtLeast, None),
        (_, Edge::Exact) => (most, LossIs::AtMost, range),
        (_, Edge::AtMost) => (most, LossIs::About, range),
    };
    Loss { basis: span.basis, amount: Some(amount), is, at_least, if_copy_intact: false, ground: span.ground }
}

fn unknown(span: Span) -> Loss {
    Loss {
        basis: span.basis,
        amount: None,
        is: LossIs::Exact,
        at_least: None,
        if_copy_intact: false,
        ground: span.ground,
    }
}

/// Until when the secondary is known to hold everything that was written: the primary's log was
/// complete then, and the log there reaches as far.
fn proven_complete(service: &Service) -> Option<Timestamp> {
    let complete_at = log(service.primary.as_ref())?.complete_at?;
    let (here, there) = lag::log_ends(service)?;
    (history::is_one(here, there) && there.segment >= here.segment).then_some(complete_at)
}

/// Until when a backup proves the same, which is of the history that the primary's log is of.
fn backed_until(service: &Service) -> Option<Timestamp> {
    let is_one = lag::log_ends(service).is_none_or(|(here, there)| history::is_one(here, there));
    log(service.secondary.as_ref())?.backed_until.filter(|_| is_one)
}

/// Until when the secondary is known to hold everything, by the primary's log or by a backup.
pub(crate) fn held_until(service: &Service) -> Option<Timestamp> {
    proven_complete(service).max(backed_until(service))
}

/// Until when data that reaches to `newest` is all that was written: the copy there is known to hold all of it, and
/// the last commit that is known, else what the copy `there` holds, is among the data (S6). By a backup there it is so
/// where nothing later lies there, whatever the primary committed after it.
pub(crate) fn whole_until(
    service: &Service,
    there: Option<Timestamp>,
    newest: Timestamp,
) -> Option<Timestamp> {
    let is_whole = |until: &Timestamp, last: Option<Timestamp>| {
        *until > newest && last.is_some_and(|last| newest >= last)
    };
    let complete_at = proven_complete(service).filter(|at| is_whole(at, last_commit(service).or(there)));
    let in_copy = commit(service.secondary.as_ref()).or(there);
    let until_backup = backed_until(service).filter(|at| is_whole(at, in_copy));
    complete_at.max(until_backup)
}

/// Whether that proof is of a look at the primary copy that is current, and not of an earlier one.
fn is_proven_now(primary: Option<&CopyFacts>, complete_at: Timestamp) -> bool {
    primary.is_some_and(|here| here.is_current() && here.as_of.is_some_and(|as_of| complete_at >= as_of))
}

/// Whether the primary is known to have written more since then, which is not in the copy there. Log that this
/// lacks counts as more, unless nothing was committed in it.
pub(crate) fn is_ahead(service: &Service, until: Timestamp) -> bool {
    let Some(here) = log(service.primary.as_ref()) else { return false };
    let lacks_log = || lag::log_ends(service).is_some_and(|(here, there)| here.segment > there.segment);
    here.ahead_at.is_some_and(|ahead_at| ahead_at >= until)
        || here.last_commit.map_or_else(lacks_log, |commit| commit > until)
}

/// Whether nothing tells what the primary wrote: then what lies there is counted as the newest (S5).
fn is_untold(service: &Service) -> bool {
    commit(service.primary.as_ref()).is_none() && lag::log_ends(service).is_none()
}

fn last_commit(service: &Service) -> Option<Timestamp> {
    commit(service.primary.as_ref()).max(commit(service.secondary.as_ref()))
}

/// The last commit in the log of a copy.
fn commit(copy: Option<&CopyState>) -> Option<Timestamp> {
    log(copy)?.last_commit
}

/// Whether so much time passed without new log that it is worth a question.
fn is_quiet(service: &Service, amount: Option<Duration>) -> bool {
    amount.is_some_and(|amount| amount > service.policy.rpo.unwrap_or(QUIET_WITHOUT_RPO))
}

/// Whether nothing is known to come after what the copy there holds, as read just now. That the primary copy cannot be
/// read makes no breach of that (S15).
fn may_be_idle(service: &Service, there: &CopyFacts) -> bool {
    facts::ability(service.secondary.as_ref()) == Some(Ability::Pitr)
        && there.is_current()
        && log(service.primary.as_ref()).is_some_and(|log| log.ahead_at.is_none())
}

/// Whether both copies ended at the same segment when each was last read.
fn both_end_alike(service: &Service) -> bool {
    lag::log_ends(service)
        .is_some_and(|(here, there)| history::is_one(here, there) && here.segment == there.segment)
}

fn since(until: Timestamp, from: Timestamp) -> Duration {
    (until - from).to_std().unwrap_or_default()
}
