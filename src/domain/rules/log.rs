//! Are log and backups of a copy whole?

use chrono::TimeDelta;

use super::super::assessment::{Finding, Level, Rule, Trailing};
use super::super::{Ability, Role, Sign, Usability, history, lag, windows, words};
use super::{Case, Side, finding};

/// How far apart two derivations of the same lag may be.
const AGREES_WITHIN: TimeDelta = TimeDelta::seconds(60);

/// Log is stored behind a gap and cannot be reached: the copy stands still until a new backup.
pub(super) fn hole_ends_window(side: &Side<'_>) -> Option<Finding> {
    let gaps = confirmed_gaps(side, true);
    let text = format!(
        "{} is missing from {}: newer log is stored but cannot be reached{}; make a new backup, it starts a new window",
        gaps.first()?,
        side.facts.copy,
        side.facts.newest.map(|at| format!(", data ends at {}", side.shown(at))).unwrap_or_default(),
    );
    Some(finding(Rule::HoleEndsWindow, Level::Critical, side.role, text))
}

/// Instants between two windows that cannot be restored.
pub(super) fn hole_inside(side: &Side<'_>) -> Option<Finding> {
    let gaps = confirmed_gaps(side, false);
    let known = side.facts.windows.as_deref().map_or(&[][..], Vec::as_slice);
    let mut holes = windows::holes(known);
    let text = match (holes.next(), gaps.first()) {
        (Some(hole), gap) if gap.is_some() || !has_gaps_to_confirm(side) => {
            let more = match holes.count() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let why = gap.map(|gap| format!(" ({gap} is missing)")).unwrap_or_default();
            format!(
                "{} cannot be restored to {}..{}{more}{why}; choose a point outside",
                side.facts.copy,
                side.shown(hole.after),
                side.shown(hole.before)
            )
        }
        (None, Some(gap)) => {
            format!("{gap} is missing from {}; choose a point outside the hole", side.facts.copy)
        }
        _ => return None,
    };
    Some(finding(Rule::HoleInside, Level::Warning, side.role, text))
}

/// The newest backup cannot be restored; an older one, and a longer replay, still may.
pub(super) fn newest_backup_damaged(side: &Side<'_>) -> Option<Finding> {
    let points = side.reading()?.points.as_ref().filter(|points| points.usable_count() < points.len())?;
    let present = points.iter().filter(|point| !matches!(point.usability, Usability::Retired(_)));
    let newest = present.max_by_key(|point| point.at)?;
    let Usability::Damaged(why) = newest.usability else { return None };
    let last_good = match side.facts.newest_backup {
        Some(at) => format!("the newest good one is of {}", side.shown(at)),
        None => "there is no good one".to_owned(),
    };
    let text = format!(
        "newest backup {} in {} is damaged: {why}; {last_good}; make a new one",
        newest.name, side.facts.copy
    );
    Some(finding(Rule::NewestBackupDamaged, Level::Warning, side.role, text))
}

/// An old primary or a fork writes into this archive.
pub(super) fn two_timelines(side: &Side<'_>) -> Option<Finding> {
    let timelines = side.reading()?.signs.iter().find_map(|sign| match sign {
        Sign::TwoTimelines { timelines } => Some(timelines),
        _ => None,
    })?;
    let listed: Vec<String> = timelines.iter().map(ToString::to_string).collect();
    let text = format!(
        "timelines {} all receive log in {}: an old primary or a fork still archives; \
         stop it, and name the timeline in a restore",
        listed.join(" and "),
        side.facts.copy
    );
    Some(finding(Rule::TwoTimelines, Level::Warning, side.role, text))
}

/// Two servers write, and each copy holds the log of one of them: by itself neither shows it.
pub(super) fn copies_have_parted(case: &Case<'_>) -> Option<Finding> {
    let (here, there) = (case.primary()?, case.secondary()?);
    let (log, other) = lag::log_ends(case.service)?;
    if !history::have_parted(log, other) {
        return None;
    }
    let (copy, other_copy) = (&here.facts.copy, &there.facts.copy);
    let which = if log.timeline == other.timeline {
        format!("timeline {} in {copy} and in {other_copy} is of two servers", log.timeline)
    } else {
        format!(
            "timeline {} in {copy} and timeline {} in {other_copy} both receive log",
            log.timeline, other.timeline
        )
    };
    let text = format!(
        "{which}, both promoted: what they hold has parted, and no lag is computed; \
         find out which one is right and stop the other before anything is restored"
    );
    Some(finding(Rule::TwoTimelines, Level::Warning, Role::Secondary, text))
}

/// Synchronisation to this copy is paused.
pub(super) fn copy_paused(side: &Side<'_>) -> Option<Finding> {
    let reason = side.reading()?.signs.iter().find_map(|sign| match sign {
        Sign::CopyPaused { reason } => Some(reason),
        _ => None,
    })?;
    let why = reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    let text = format!(
        "copying to {} is paused{why}; {}; ask the provider's support to resume it",
        side.facts.copy,
        side.last_good()
    );
    Some(finding(Rule::CopyPaused, Level::Warning, side.role, text))
}

/// What could be restored once cannot be any more.
pub(super) fn went_back(side: &Side<'_>) -> Option<Finding> {
    let newest = side.facts.newest?;
    let was = side.state.newest_was.filter(|was| *was > newest)?;
    let text = format!(
        "the newest in {} went back from {} to {}: a backup or log was lost there, or was never whole; find out \
         which before it is counted on",
        side.facts.copy,
        side.shown(was),
        side.shown(newest)
    );
    Some(finding(Rule::WentBack, Level::Warning, side.role, text))
}

/// Nothing is copied there any more.
pub(super) fn copying_off(case: &Case<'_>) -> Option<Finding> {
    let there = case.secondary().filter(|there| there.has(&Sign::CopyingOff))?;
    let text = format!(
        "copying to {} is switched off: what lies there was left, nothing newer arrives; {}; switch it on again, \
         or keep its data elsewhere by other means",
        there.facts.copy,
        there.last_good()
    );
    Some(finding(Rule::CopyingOff, Level::Warning, Role::Secondary, text))
}

/// It keeps nothing on disk.
pub(super) fn persistence_off(case: &Case<'_>) -> Option<Finding> {
    let mut sides = [case.primary(), case.secondary()].into_iter().flatten();
    sides.find(|side| side.has(&Sign::PersistenceOff))?;
    let text = "persistence is off, so the provider deletes its backups; switch it on, or keep its data elsewhere \
                by other means";
    Some(finding(Rule::PersistenceOff, Level::Warning, None, text.to_owned()))
}

/// The lag by count of segments and the lag by time contradict each other (R15). Only where the two
/// are independent: both copies list their segments and say the same kind of upper edge.
pub(super) fn lag_disagrees(case: &Case<'_>) -> Option<Finding> {
    let (here, there) = (case.primary()?, case.secondary()?);
    let Some(Trailing::Segments(behind)) = case.known.trailing else { return None };
    if here.facts.newest_is() != there.facts.newest_is() {
        return None;
    }
    let later_here = here.facts.newest? - there.facts.newest?;
    let agrees = match behind {
        0 => later_here.abs() <= AGREES_WITHIN,
        _ => later_here >= -AGREES_WITHIN,
    };
    if agrees {
        return None;
    }
    let apart = words::to_the_second(later_here.abs().to_std().unwrap_or_default());
    let which = if later_here < TimeDelta::zero() { "later" } else { "earlier" };
    let text = format!(
        "{} is {behind} log segments behind, yet by time its log ends {apart} {which}: \
         store times there cannot be trusted; count on the segments",
        there.facts.copy
    );
    Some(finding(Rule::LagDisagrees, Level::Warning, Role::Secondary, text))
}

/// The gaps of one kind that were seen long enough (S4), each named.
fn confirmed_gaps(side: &Side<'_>, wanted_at_end: bool) -> Vec<String> {
    let signs = side.reading().map(|reading| reading.signs.as_slice()).unwrap_or_default();
    signs
        .iter()
        .filter_map(|sign| match sign {
            Sign::LogGap { first, last, count, ends_window, confirmed: true }
                if *ends_window == wanted_at_end =>
            {
                Some(if *count == 1 {
                    format!("log {first}")
                } else {
                    format!("log {first}..{last} ({count} segments)")
                })
            }
            _ => None,
        })
        .collect()
}

/// Whether holes of this copy come from a gap that may still be filled.
fn has_gaps_to_confirm(side: &Side<'_>) -> bool {
    side.reading().is_some_and(|reading| {
        reading.ability == Ability::Pitr
            && reading
                .signs
                .iter()
                .any(|sign| matches!(sign, Sign::LogGap { confirmed: false, ends_window: false, .. }))
    })
}
