//! The instants of a run and what is measured between them (S5, S23).

mod recovery;
mod rewind;

use std::time::Duration;

use super::outage::lived_on;
use super::{ForkStanding, Outage, RtoFrom, RunState, outage};
use crate::domain::{
    self, CheckResult, CheckState, ClientsMoved, Edge, Ground, Life, LossInstant, LossIs, Met, Timestamp,
    words,
};
use recovery::{counted_from, recovery_is};
use rewind::{Rewind, judged_rewind, newest_there_is, rewind};

/// What the clocks of a run show. `None` = not known, or not yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clocks {
    /// Since when the service is down at the latest; in a drill the simulated loss instant.
    pub down_since: Option<Timestamp>,
    /// Since when at the earliest, when that is a range.
    pub down_earliest: Option<Timestamp>,
    /// On what that rests; `None` where it is not known, and in a drill.
    pub down_ground: Option<Ground>,
    /// When that was noticed.
    pub detected: Option<Timestamp>,
    /// When recovery was declared.
    pub declared: Option<Timestamp>,
    /// When the service was usable again: cut-over confirmed, or in a drill validated.
    pub usable: Option<Timestamp>,
    /// From when the recovery time is counted: of a range the earlier end, so that it is never said to be shorter
    /// than it may be.
    pub rto_from: Option<Timestamp>,
    /// The later end, when it is a range.
    pub rto_from_latest: Option<Timestamp>,
    /// The recovery time so far, or as achieved once `usable` is known; the least it is, where the run ended before,
    /// and not known where what was down lived on. Pauses count.
    pub recovery_time: Option<Duration>,
    /// What it says of the true one.
    pub recovery_is: LossIs,
    /// The least it can be, when it is counted from a range.
    pub recovery_least: Option<Duration>,
    /// How long of it the run stood still.
    pub paused: Duration,
    /// To when the loss is counted: of a range the later end, so that it is never said to be smaller than
    /// it may be.
    pub loss_instant: Option<Timestamp>,
    /// The earlier end, when it is a range.
    pub loss_earliest: Option<Timestamp>,
    /// When something answered after that, which may be the old primary, and nobody said what it was: then more is
    /// lost.
    pub or_later: Option<Timestamp>,
    /// On what the loss instant rests; `None` while the loss is counted to now, and in a drill.
    pub loss_ground: Option<Ground>,
    /// The newest data proven in the restored service.
    pub newest_proven: Option<Timestamp>,
    /// The newest data there is or will be: proven, else found or promised.
    pub newest: Option<Timestamp>,
    /// On what `newest` rests.
    pub newest_rests: Rests,
    /// Until when nothing that was written is lost: `newest`, or later where it is proven that nothing
    /// was written after it (S6).
    pub whole_until: Option<Timestamp>,
    /// What is lost: loss instant minus `whole_until`, without `idle`.
    pub loss: Option<Duration>,
    /// What the loss says about the true one: both of its ends may be uncertain.
    pub loss_is: LossIs,
    /// The least it can be, when the loss instant is a range.
    pub loss_least: Option<Duration>,
    /// The loss as the objective judges it: writes given up by choice are no breach, so that a deliberate
    /// rewind is counted from the newest point there, plus what the point promised and did not hold (S14).
    pub judged: Option<Duration>,
    /// What `judged` says of the true one.
    pub judged_is: LossIs,
    /// The least that `judged` can be, when the loss instant is a range.
    pub judged_least: Option<Duration>,
    /// From when `judged` is counted; `None` where it is no one span: a point that was given up by choice
    /// and did not hold what it promised either.
    pub judged_from: Option<Timestamp>,
    /// The same, once data is proven.
    pub achieved_rpo: Option<Duration>,
    /// What a deliberate rewind gives up on top.
    pub given_up: Option<Duration>,
    /// From when to when it is proven that nothing was written, where a deliberate rewind lies before that (S6).
    pub idle: Option<(Timestamp, Timestamp)>,
}

/// On what the newest data of a run rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rests {
    /// A check read data of the restored service.
    Proven,
    /// The provider found it in the restored service; no check read anything.
    Found,
    /// The point promises it.
    Promised,
}

impl Rests {
    /// The words a person reads.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Proven => "proven in the restored data",
            Self::Found => "found by the provider in the restored service, read by no check",
            Self::Promised => "promised by the point",
        }
    }
}

/// Reads the clocks of a run at an instant, by its journal alone.
pub fn clocks(state: &RunState, now: Timestamp) -> Clocks {
    clocks_with(state, Life::default(), now)
}

/// The same, where more is known of the old primary's life than the run's journal holds.
pub fn clocks_with(state: &RunState, known: Life, now: Timestamp) -> Clocks {
    read(state, known, now, state.is_over())
}

/// The clocks of a run that ends now, as its report reads them once that is put down.
pub(super) fn clocks_at_end(state: &RunState, now: Timestamp) -> Clocks {
    read(state, Life::default(), now, true)
}

fn read(state: &RunState, known: Life, now: Timestamp, is_over: bool) -> Clocks {
    let declaration = state.declaration.as_ref();
    let outage = outage(state);
    let down_since = outage.as_ref().map(|outage| outage.latest);
    let declared = declaration.map(|(at, _)| *at);
    let counted = outage.as_ref().filter(|_| state.opening.rto_from == RtoFrom::DownSince);
    let rto_from = counted_from(state, counted, declared);
    let rto_from_latest = counted.filter(|outage| outage.from().is_some()).map(|outage| outage.latest);
    let usable =
        if state.is_drill() { state.validated_at.filter(|_| proven(state)) } else { state.cut_over_at };
    let is_cut_short = is_over && usable.is_none();
    let until = usable.or(state.closed.as_ref().map(|(at, _)| *at)).unwrap_or(now);
    let ended = if state.is_drill() { None } else { lost_at(state, known) };
    // Until its point is confirmed a drill would lose what is written up to now; so does an incident while
    // the old primary is not known to have stopped.
    let loss_instant = match &ended {
        Some(lost) => Some(lost.latest),
        None if state.is_drill() => state.simulated_loss.or(down_since).or(Some(until)),
        None => Some(until),
    };
    let newest_proven = newest_proven(state);
    let (newest, newest_rests) = match (newest_proven, commit(state)) {
        (Some(proven), _) => (Some(proven), Rests::Proven),
        (None, Some(found)) => (Some(found), Rests::Found),
        (None, None) => (promised(state), Rests::Promised),
    };
    // After the instant to which the log was complete something may have been written, or not; so it may after the
    // earlier end of a range. Where nothing ever said that it stopped, it can have done so at any time since its last sign of life.
    let unsaid = ended.is_none() && !state.is_drill() && is_over;
    let ranges = unsaid || ended.as_ref().is_some_and(|lost| lost.earliest != Some(lost.latest));
    let edge = if newest_rests == Rests::Promised { promised_is(state) } else { Edge::Exact };
    let whole_until = newest.map(|newest| whole_until(state, newest));
    let edge = if whole_until < newest { Edge::Exact } else { edge };
    let least = ended.as_ref().is_some_and(|lost| matches!(lost.ground, Ground::Moved { .. }));
    // The least that is lost is not known where more may lie there than is known, or where it is nothing.
    let is_known = |lost: &Lost, edge| !least || (edge != Edge::AtLeast && !lost.least.is_zero());
    let amount = |lost: Lost| if least { lost.least } else { lost.most };
    let all = Lost::between(state, whole_until, loss_instant).filter(|lost| is_known(lost, edge));
    let loss = all.map(amount);
    let rewind = rewind(state, loss_instant);
    let or_later = ended.as_ref().and_then(|lost| may_have_lived_at(state, lost));
    let is = |loss: LossIs| loss.or_more_if(or_later.is_some() || state.may_have_been_left());
    let says = |lost: Option<Lost>, is_idle: bool, edge| {
        let is_range = ranges || lost.is_some_and(|lost| lost.least < lost.most);
        if least { LossIs::AtLeast } else { is(of_loss(is_idle || is_range, edge)) }
    };
    let loss_is = says(all, may_be_idle_until(state, newest, whole_until), edge);
    let last_proof = state.fence.life.last_proof().filter(|_| unsaid).map(|(at, _)| at);
    let loss_earliest = ended.as_ref().map_or(last_proof, |lost| lost.earliest);
    let loss_earliest = loss_earliest.filter(|at| loss_instant.is_some_and(|latest| *at < latest));
    // Counted to the earlier end of a range, or to one instant over an outage of which not all is known.
    let earliest = loss_earliest.or(loss_instant.filter(|_| state.left_for().is_some()));
    let loss_least = least_of_range(Lost::between(state, whole_until, earliest), loss, edge)
        .filter(|_| whole_until <= newest);
    let (judged_from, judged, judged_is, judged_least) = match rewind {
        Rewind::None => (whole_until, loss, loss_is, loss_least),
        Rewind::From(there) => {
            let (from, all) = judged_rewind(state, there, loss_instant, newest);
            let (is_idle, edge) = (self::whole_until(state, there) > there, newest_there_is(state));
            let all = all.filter(|lost| is_known(lost, edge));
            let (_, at_earliest) = judged_rewind(state, there, earliest, newest);
            let judged_least = least_of_range(at_earliest, all.map(amount), edge).filter(|_| !is_idle);
            (from, all.map(amount), says(all, is_idle, edge), judged_least)
        }
        Rewind::Unknown => (None, None, loss_is, None),
    };
    let given_up = rewind.gives_up(promised(state));
    let idle = rewind.idle(state);
    // What nobody wrote is lost by no point: with it the loss would be more than its parts.
    let (loss, loss_is, loss_least) = match idle.and(judged).zip(given_up) {
        Some((judged, given_up)) => {
            (Some(judged + given_up), judged_is, judged_least.map(|least| least + given_up))
        }
        None => (loss, loss_is, loss_least),
    };
    Clocks {
        down_since,
        down_earliest: outage.as_ref().and_then(Outage::from),
        detected: detected(state),
        declared,
        usable,
        rto_from,
        rto_from_latest,
        recovery_time: between(rto_from_latest.filter(|_| is_cut_short).or(rto_from), Some(until))
            .filter(|_| !is_cut_short || !lived_on(state)),
        recovery_is: recovery_is(state, counted, is_cut_short),
        recovery_least: between(rto_from_latest.filter(|_| !is_cut_short), Some(until)),
        paused: rto_from.map_or(Duration::ZERO, |from| paused(state, from, until)),
        loss_instant,
        loss_earliest,
        or_later,
        newest_proven,
        newest,
        newest_rests,
        whole_until,
        loss,
        loss_is,
        loss_least,
        judged,
        judged_is,
        judged_least,
        judged_from,
        // What clients wrote to the fork that they use is lost, too, and counted by nobody here.
        achieved_rpo: newest_proven.and(judged).filter(|_| state.opening.before.clients_moved.is_none()),
        given_up,
        idle,
        loss_ground: ended.map(|lost| lost.ground),
        down_ground: outage.and_then(|outage| outage.ground),
    }
}

/// What was written over a span, and is lost with it: at least and at most so much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Lost {
    least: Duration,
    most: Duration,
}

impl Lost {
    /// From the first to the second instant, without the outage before clients were moved to what they used.
    fn between(state: &RunState, from: Option<Timestamp>, to: Option<Timestamp>) -> Option<Self> {
        let (span, nobody_wrote) =
            (between(from, to)?, |moved: &ClientsMoved| Some(moved.nobody_wrote(from?, to?)));
        let (least, most) = state.left_for().and_then(nobody_wrote).unwrap_or_default();
        Some(Self { least: span.saturating_sub(most), most: span.saturating_sub(least) })
    }

    /// With what the point promised and did not hold.
    fn and(self, missing: Duration) -> Self {
        Self { least: self.least + missing, most: self.most + missing }
    }
}

/// The least that is lost, where it is something and known apart from the amount.
fn least_of_range(lost: Option<Lost>, amount: Option<Duration>, edge: Edge) -> Option<Duration> {
    let least = lost.map(|lost| lost.least).filter(|least| edge != Edge::AtLeast && Some(*least) != amount);
    least.filter(|least| !least.is_zero())
}

/// When something answered after that, which may be the old primary and have taken writes.
fn may_have_lived_at(state: &RunState, lost: &LossInstant) -> Option<Timestamp> {
    state.fence.may_have_lived.filter(|answered| *answered > lost.latest)
}

/// Counted over what may have been lost, or to the later end of a range, it is the most; from a store time, behind which the data may be
/// older, it is the least.
const fn of_loss(at_most: bool, newest: Edge) -> LossIs {
    match (at_most, newest) {
        (false, Edge::Exact) => LossIs::Exact,
        (true, Edge::Exact) | (_, Edge::AtLeast) => LossIs::AtMost,
        (false, Edge::AtMost) => LossIs::AtLeast,
        (true, Edge::AtMost) => LossIs::About,
    }
}

/// Whether a check showed what was expected: without one nothing was shown to be usable (S24).
pub(super) fn proven(state: &RunState) -> bool {
    state.checks.iter().flatten().any(|check| has_read(check) && check.state == CheckState::Passed)
}

/// Whether a check that expected something read data of the restored service: what none read is found or
/// promised, and not proven (S24).
pub(super) fn was_read(state: &RunState) -> bool {
    state.checks.iter().flatten().any(has_read)
}

/// An empty answer holds no data: that nothing came may be what was expected, and proves nothing.
fn has_read(check: &CheckResult) -> bool {
    let has_value = check.value.as_ref().is_some_and(|value| !value.is_empty());
    check.state != CheckState::CouldNotRun && check.had_expectation && has_value
}

impl Clocks {
    /// How the recovery time so far, or as achieved, stands to an objective.
    pub fn rto_met(&self, rto: Duration) -> Option<Met> {
        Some(Met::of(rto, self.recovery_time?, self.recovery_is, self.recovery_least))
    }

    /// How what the objective judges stands to it.
    pub fn rpo_met(&self, rpo: Duration) -> Option<Met> {
        Some(Met::of(rpo, self.judged?, self.judged_is, self.judged_least))
    }

    /// To when the loss is counted and on what that rests, in words: of a range the later end is the first silence, and
    /// the ground is that of the earlier one.
    pub fn counted_to(&self) -> Option<String> {
        let (at, ground) = (words::instant(self.loss_instant?), self.loss_ground.as_ref()?.text());
        let or_later = self.or_later.map_or_else(String::new, |answered| {
            format!("; later, if what answered at {} is the old primary", words::instant(answered))
        });
        let latest = if self.or_later.is_some() { "the latest known" } else { "the latest it can be" };
        Some(match self.loss_earliest.map(words::instant) {
            Some(earliest) => format!("{at}, {latest}; the earliest is {earliest}: {ground}{or_later}"),
            None => format!("{at}: {ground}{or_later}"),
        })
    }

    /// What is lost, in words: `<=4s`, `1m 25s to 3m`.
    pub fn loss_text(&self) -> Option<String> {
        Some(words::range(self.loss?, self.loss_is, self.loss_least))
    }

    /// The same of what the objective judges.
    pub fn judged_text(&self) -> Option<String> {
        Some(words::range(self.judged?, self.judged_is, self.judged_least))
    }

    /// The recovery time in words: `1m 53s`, `32s to 1m 53s`.
    pub fn recovery_text(&self) -> Option<String> {
        Some(words::range(self.recovery_time?, self.recovery_is, self.recovery_least))
    }
}

/// Time from the first to the second instant; nothing when they are the other way round.
fn between(from: Option<Timestamp>, to: Option<Timestamp>) -> Option<Duration> {
    Some((to? - from?).to_std().unwrap_or_default())
}

/// When somebody noticed that the service is down, by their word, or else the probe by its first silence. There is
/// nothing to be noticed before a drill.
fn detected(state: &RunState) -> Option<Timestamp> {
    let (_, declaration) = state.declaration.as_ref()?;
    let silence = state.life_before().down_by();
    declaration.detected.or(silence.filter(|_| !state.is_drill() && state.left_for().is_none()))
}

/// From when data is lost: by the run's own probes, by people's words, and by what else is known. An end
/// that comes after the run is no longer its matter.
fn lost_at(state: &RunState, known: Life) -> Option<LossInstant> {
    let known = if state.is_over() { Life::default() } else { known };
    state.lost_at(state.life_with(known))
}

/// The newest row a check read, or the newest commit the provider found in the service that it read.
fn newest_proven(state: &RunState) -> Option<Timestamp> {
    let rows = state.checks.iter().flatten().filter(|check| check.state != CheckState::CouldNotRun);
    // Journals of earlier versions also hold rows that prove nothing.
    let proves = |row: &Timestamp| state.promise().is_none_or(|promise| promise.doubt(*row).is_none());
    let rows = rows.filter_map(|check| check.newest_row).filter(proves);
    rows.chain(commit(state)).max().filter(|_| was_read(state))
}

/// The newest commit that the provider found in the restored service.
const fn commit(state: &RunState) -> Option<Timestamp> {
    match state.attempt.fork {
        ForkStanding::Restored(newest) => newest,
        _ => None,
    }
}

/// Data that reaches the last commit is whole until the instant for which the log was shown to hold
/// nothing after it (S6). What was written since then is not known, so the loss is counted from there. Of what
/// clients wrote to a fork nothing is in the copy of the service that they left.
fn whole_until(state: &RunState, newest: Timestamp) -> Timestamp {
    if let Some(moved) = state.left_for() {
        return moved.lost_from(newest);
    }
    let before = &state.opening.before;
    let there = before.assessment.secondary.as_ref().and_then(|there| there.newest);
    domain::whole_until(&before.service, there, newest).unwrap_or(newest)
}

/// Whether nothing may have been written after `newest` until then: not where the primary is known to have.
fn may_be_idle_until(state: &RunState, newest: Option<Timestamp>, until: Option<Timestamp>) -> bool {
    let until = until.filter(|_| until > newest);
    until.is_some_and(|until| !domain::is_ahead(&state.opening.before.service, until))
}

fn promised(state: &RunState) -> Option<Timestamp> {
    state.attempt.point.as_ref().map(|point| point.promised)
}

fn promised_is(state: &RunState) -> Edge {
    state.attempt.point.as_ref().map_or(Edge::Exact, |point| point.promised_is)
}

/// How long the run stood still from the first to the second instant.
pub(super) fn paused(state: &RunState, from: Timestamp, until: Timestamp) -> Duration {
    let within = |to: Option<Timestamp>| Some(to.map_or(until, |to| to.min(until)));
    state.pauses.iter().filter_map(|&(at, to)| between(Some(at.max(from)), within(to))).sum()
}
