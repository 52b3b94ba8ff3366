//! What is true of the service as a whole, whatever its copies hold.

use std::time::Duration;

use super::super::assessment::{Finding, Level, LossBasis, Rule};
use super::super::facts::is_exempt;
use super::super::life::is_after;
use super::super::liveness::UNWATCHED_AFTER;
use super::super::open_run::{keeps_journals, parted, without_journal};
use super::super::skew::AGREE_S;
use super::super::{ClientsMoved, Liveness, Origin, Outcome, Role, Timestamp, words};
use super::{Case, LEFT, finding};

/// No backups by design.
pub(super) fn exempt(case: &Case<'_>) -> Option<Finding> {
    is_exempt(case.service).then(|| finding(Rule::Exempt, Level::Exempt, None, words::BY_DESIGN.to_owned()))
}

/// It left its provider's list (S33).
pub(super) fn gone(case: &Case<'_>) -> Option<Finding> {
    let since = super::super::instant::rfc3339(case.service.gone_since?);
    let last =
        case.secondary().map(|there| format!("; the copy there: {}", there.last_good())).unwrap_or_default();
    let text = format!("gone from its provider's list since {since}{last}; dismiss it if that was meant");
    Some(finding(Rule::Gone, Level::Warning, None, text))
}

/// A run that was left does not go on by itself, whatever it was in the middle of (S30).
pub(super) fn run_interrupted(case: &Case<'_>) -> Option<Finding> {
    let left = case.service.open_runs.as_ref()?.iter().find(|run| run.is_left())?;
    let opened = words::newest(left.opened_at, case.now);
    let step = left.step.as_ref().map(|step| format!(" at {step}")).unwrap_or_default();
    let text = if let Some(place) = left.moved_to.as_ref().filter(|place| !keeps_journals(place)) {
        format!(
            "{} of {opened}{step} {}; once it is over there, abort it here",
            left.run,
            without_journal(place)
        )
    } else if let Some(place) = &left.moved_to {
        format!(
            "{} of {opened}{step}: its journal could not be written here and goes on in {place}; look there",
            left.run
        )
    } else if let Some(from) = &left.parted_from {
        format!("{} of {opened}{step} {}; look there, too", left.run, parted(from))
    } else {
        let written = left.last_at.map(|at| format!(" (last written {})", words::newest(at, case.now)));
        let then = if left.needs_person { "needs a person" } else { "does not go on by itself" };
        format!(
            "{} of {opened} is interrupted{step}: nobody drives it{} and it {then}; resume it, or abort it",
            left.run,
            written.unwrap_or_default()
        )
    };
    Some(finding(Rule::RunInterrupted, Level::Warning, None, text))
}

/// A change of where its backups are copied to that was left is not seen to end, and what is known of its copy may be
/// of the region before (S30).
pub(super) fn region_change_left(case: &Case<'_>) -> Option<Finding> {
    let open = case.service.open_change.as_ref()?;
    let is_left = !open.is_followed && !open.is_over_by(case.service);
    is_left.then(|| finding(Rule::RegionChangeLeft, Level::Warning, Role::Secondary, open.left(case.now)))
}

/// That it answered at that instant, which may be long ago.
fn answers(case: &Case<'_>, at: Timestamp) -> String {
    let age = words::age_of(at, case.now);
    if case.service.alive().answers(case.now) {
        format!("answers ({age} ago)")
    } else {
        format!("answered {age} ago, not known since,")
    }
}

/// What is known of the service is of one that its clients left; a primary that lives all the same may take
/// writes that nobody will find (S22).
pub(super) fn clients_moved(case: &Case<'_>) -> Option<Finding> {
    let Some(moved) = case.service.clients_moved.as_ref() else {
        let why = case.service.clients_unread.as_ref()?;
        let text = format!("whether clients were moved to a fork is not known: {why}");
        return Some(finding(Rule::ClientsMoved, Level::Unknown, None, text));
    };
    let since = words::newest(moved.at, case.now);
    let where_to = format!("clients use {} since {since}", moved.fork);
    let (watch, by) = (moved.watch(None, case.now), moved.by());
    let (answered, alive_at) = (case.service.answered_since_left(), case.service.lived_since_left());
    let is_off = case.service.is_off();
    let (level, text) = if let Some(at) = answered {
        let said = if case.service.named.as_ref().is_some_and(|named| named.probes(moved)) {
            format!(
                "its probe {} at the address of the fork: of the old primary it says nothing",
                answers(case, at)
            )
        } else if is_off {
            format!(
                "something {} where the old primary is probed, which is switched off by its provider's last word: \
                 the fork, if that address leads to it now",
                answers(case, at)
            )
        } else {
            let answers = format!("something {} where the old primary is probed", answers(case, at));
            ClientsMoved::either(&answers)
        };
        let (level, lived, then) = if let Some(at) = alive_at.filter(|_| !is_off) {
            let at = words::newest(at, case.now);
            let lived = format!("yet the old primary was alive at {at} by its own copies, ");
            (Level::Critical, lived, "look for what was written there")
        } else {
            let ends = "this ends once `probe` names an address that leads to the old primary alone";
            (answered_by(case, moved), String::new(), ends)
        };
        (level, format!("{where_to}, {lived}and {said}; {then}; the fork is {watch}; {by}"))
    } else {
        let silent = case.service.silent_since();
        let silent = silent.map(|since| format!(", silent since {}", words::newest(since, case.now)));
        let silent = silent.or_else(|| is_off.then(|| ", switched off".to_owned()));
        let left = "what is shown here is of the service that they left";
        (Level::Warning, format!("{where_to}; it is {watch}; {by}; {left}{}", silent.unwrap_or_default()))
    };
    Some(finding(Rule::ClientsMoved, level, None, text))
}

/// How bad it is that something answers which may be the old primary: a probe that the config points at the fork asks
/// nothing of it, one that is switched off does not answer, and where the config has a row for the fork, somebody has
/// taken this in hand.
fn answered_by(case: &Case<'_>, moved: &ClientsMoved) -> Level {
    let is_fork = case.service.named.as_ref().is_some_and(|named| named.probes(moved));
    let is_told = is_fork || moved.watched_as.is_some() || case.service.is_off();
    if is_told { Level::Warning } else { Level::Unknown }
}

/// An incident goes on that nobody fenced, and its old primary answers: what it takes from now on is not in the fork
/// (S22). Where clients had left it before, that it answers is said of it already.
pub(super) fn unfenced(case: &Case<'_>) -> Option<Finding> {
    if case.service.clients_moved.is_some() {
        return None;
    }
    let Liveness::Answers { at } = case.service.alive() else { return None };
    let mut open = case.service.open_runs.iter().flatten();
    let open = open.find(|run| run.unfenced_since.is_some_and(|since| at >= since))?;
    let (run, answers) = (&open.run, answers(case, at));
    let text = if case.service.either_answers().is_some() {
        format!(
            "{run}: {}",
            ClientsMoved::either(&format!("something {answers} where the old primary is probed"))
        )
    } else {
        format!(
            "{run} is not fenced, yet the old primary {answers} and may take writes: fence it now, or abort the run"
        )
    };
    Some(finding(Rule::Unfenced, Level::Warning, Role::Primary, text))
}

/// The primary does not answer its probe: nobody but a person says what that means (R29). One that its clients left
/// is lost to nobody.
pub(super) fn primary_silent(case: &Case<'_>) -> Option<Finding> {
    if case.service.clients_moved.is_some() {
        return None;
    }
    let alive = case.service.alive();
    let since = words::newest(case.service.silent_since()?, case.now);
    let unwatched = alive.seen_at().filter(|seen| case.now - *seen > UNWATCHED_AFTER);
    let text = if let Some(seen) = unwatched.filter(|_| case.known.loss.basis == LossBasis::Now) {
        format!(
            "primary was silent at {} (probe), newer data was written since, and whether it answers now is not known: \
             find out",
            words::newest(seen, case.now)
        )
    } else if case.known.loss.basis == LossBasis::Now {
        format!(
            "primary silent since {since} (probe), yet newer data was written since: the probe is wrong or its way \
             there is blocked; correct `probe` in the config"
        )
    } else {
        let asked = alive.seen_at().filter(|_| !alive.is_fresh(case.now));
        let asked = asked.map(|at| format!(", last asked {} ago", words::age_of(at, case.now)));
        let asked = asked.unwrap_or_default();
        if case.has_nothing_elsewhere() {
            format!("primary silent since {since} (probe{asked}), and no other region can restore it: {LEFT}")
        } else {
            let next = case.service.open_runs.iter().flatten().find(|run| !run.drill).map_or_else(
                || "find out why, and declare an incident if it is lost".to_owned(),
                |incident| format!("{} is open", incident.run),
            );
            format!("primary silent since {since} (probe{asked}); {next}")
        }
    };
    Some(finding(Rule::PrimarySilent, Level::Warning, Role::Primary, text))
}

/// The primary copy cannot be read: no lag is known, but nothing there is needed to recover.
pub(super) fn primary_unreadable(case: &Case<'_>) -> Option<Finding> {
    let here = case.primary().filter(|here| !here.facts.is_current() && !here.facts.is_empty())?;
    let (fact, error) = match here.facts.attempt.outcome {
        Outcome::NeverRead => ("was not read yet".to_owned(), String::new()),
        outcome if outcome.has_facts() => ("is read too rarely".to_owned(), String::new()),
        _ => (format!("cannot be read ({})", here.failure()), here.error()),
    };
    let need = if case.secondary().is_some() { "recovery does not need it" } else { "it is the only copy" };
    let text = format!("primary copy {} {fact}; {}; {need}{error}", here.facts.copy, here.last_good());
    Some(finding(Rule::PrimaryUnreadable, Level::Warning, Role::Primary, text))
}

/// A source's clock is off.
pub(super) fn skew(case: &Case<'_>) -> Option<Finding> {
    let Some(skew) = case.service.skew_s.filter(|skew| skew.unsigned_abs() > AGREE_S) else {
        return dated_after_now(case);
    };
    let side = if skew > 0 { "behind" } else { "ahead of" };
    let text = format!(
        "a source's clock is {} {side} this host's: ages and losses may be off by as much; check both clocks",
        words::exact(Duration::from_secs(skew.unsigned_abs()))
    );
    Some(finding(Rule::Skew, Level::Warning, None, text))
}

/// Data from the future: a clock is off that no source shows.
fn dated_after_now(case: &Case<'_>) -> Option<Finding> {
    let there = case.secondary()?;
    let newest = there.facts.newest.filter(|newest| is_after(*newest, case.now))?;
    let text = format!(
        "data in {} is dated {}, {} after this host's now: no loss can be counted; check both clocks",
        there.facts.copy,
        there.shown(newest),
        words::signed_s((newest - case.now).num_seconds())
    );
    Some(finding(Rule::Skew, Level::Warning, Role::Secondary, text))
}

/// Its last drill failed, and nothing proved a restore since (S24).
pub(super) fn drill_failed(case: &Case<'_>) -> Option<Finding> {
    let service = case.service;
    let failed = service.failed_drill.as_ref().filter(|failed| service.last_proven < Some(failed.at))?;
    let (at, why, run) = (words::newest(failed.at, case.now), &failed.why, &failed.run);
    let text =
        format!("last drill FAILED at {at}: {why}; see `runs show {run}`, mend the cause and drill again");
    Some(finding(Rule::DrillFailed, Level::Warning, None, text))
}

/// A restore is to be proven each so long, and was not. Where nothing lies there is nothing to prove.
pub(super) fn proof_is_old(case: &Case<'_>) -> Option<Finding> {
    let every = case.service.policy.drill_every?;
    case.secondary().filter(|there| !there.facts.is_empty())?;
    let last = match case.service.last_proven {
        Some(at) if (case.now - at).to_std().unwrap_or_default() <= every => return None,
        Some(at) => format!("a restore was last proven {} ago", words::age_of(at, case.now)),
        None => "no restore of it is known to be proven".to_owned(),
    };
    let text = format!("{last}, and one is due each {}: run a drill", words::objective(every));
    Some(finding(Rule::ProofIsOld, Level::Warning, None, text))
}

/// Nothing is promised, so nothing can be judged.
pub(super) fn no_tier(case: &Case<'_>) -> Option<Finding> {
    let policy = &case.service.policy;
    let text = match policy.tier {
        _ if policy.rpo.is_some() => return None,
        Some(tier) if case.service.policy_from == Origin::Tag && policy.rto.is_none() => format!(
            "tagged tier {tier}, but the config has no [tiers.{tier}], so no RPO to judge by; add it with rpo and rto"
        ),
        Some(_) => return None,
        None => "no tier, so no RPO to judge by; give it a tier in the config or by its tag".to_owned(),
    };
    Some(finding(Rule::NoTier, Level::Warning, None, text))
}
