//! Is there a copy in the other region, and can we see it?

use super::super::assessment::{CopyFacts, Finding, Level, Rule};
use super::super::facts::ability;
use super::super::{Ability, Outcome, Points, Role, Service, Sign, words};
use super::{Case, LEFT, Side, finding};

/// Never backed up is the worst state (R14). A copy whose backups are all unusable is no better.
pub(super) fn never_backed_up(case: &Case<'_>) -> Option<Finding> {
    if let Some(there) = case.secondary()
        && there.facts.is_empty()
    {
        let text = format!("{}; {}", empty(&there), next_for_empty(case));
        return Some(finding(Rule::NeverBackedUp, Level::Critical, Role::Secondary, text));
    }
    let here = case.primary().filter(|here| here.facts.is_empty())?;
    let level = if case.service.secondary.is_some() { Level::Warning } else { Level::Critical };
    let text = format!("{}; make a backup now and find out why there is none", empty(&here));
    Some(finding(Rule::NeverBackedUp, level, Role::Primary, text))
}

fn empty(side: &Side<'_>) -> String {
    let held = side.reading().and_then(|reading| reading.points.as_ref()).map_or(0, Points::len);
    match held {
        0 => format!("no backup in {}: none was ever seen there", side.facts.copy),
        1 => format!("the only backup in {} cannot be restored", side.facts.copy),
        _ => format!("none of the {held} backups in {} can be restored", side.facts.copy),
    }
}

fn next_for_empty(case: &Case<'_>) -> &'static str {
    if case.service.silent_since().is_some() {
        LEFT
    } else if case.known.primary.as_ref().is_some_and(CopyFacts::is_empty) {
        "make a backup now and find out why there is none in either copy"
    } else {
        "nothing can be restored there: check that copying is set up and running"
    }
}

/// No copy in another region.
pub(super) fn no_secondary(case: &Case<'_>) -> Option<Finding> {
    if case.service.secondary.is_some() {
        return None;
    }
    if !known_to_have_none(case.service) {
        let text = "whether there is a copy in another region is not known yet; \
                    look at it with the provider's own tools";
        return Some(finding(Rule::SecondaryUnreadable, Level::Unknown, Role::Secondary, text.to_owned()));
    }
    let level = if case.service.policy.rpo.is_some() { Level::Critical } else { Level::Warning };
    let why = match &case.known.secondary_reason {
        Some(why) => format!("no copy in another region: {why}"),
        None => "no copy in another region".to_owned(),
    };
    if case.service.silent_since().is_some() {
        let text = format!("{why}; {LEFT}");
        return Some(finding(Rule::NoSecondary, level, Role::Secondary, text));
    }
    if let Some(moved) = &case.service.clients_moved {
        let text =
            format!("{why}; if the region is lost, so is the data that clients left for {}", moved.fork);
        return Some(finding(Rule::NoSecondary, level, Role::Secondary, text));
    }
    let can = case.service.facts.as_ref().and_then(|facts| facts.terms.can_be_copied);
    let next = match can {
        Some(false) => "keep its data elsewhere by other means",
        Some(true) | None => "set up a secondary copy",
    };
    let first = match case.service.was_off_at() {
        Some(_) => "switch it on if it is off still, then ",
        None if case.service.is_off() => "switch it on, then ",
        None => "",
    };
    let text = format!("{why}; if the region is lost, so is the data: {first}{next}");
    Some(finding(Rule::NoSecondary, level, Role::Secondary, text))
}

/// A provider says so, or it showed the primary copy and no other, or the config names no other and
/// no provider is asked that could.
pub(super) fn known_to_have_none(service: &Service) -> bool {
    let facts = service.facts.as_ref();
    let read = ability(service.primary.as_ref()).is_some_and(|ability| ability != Ability::Unread);
    let by_config = facts.is_none() && service.primary.is_some();
    read || by_config || facts.is_some_and(|facts| facts.no_secondary_because.is_some())
}

/// The last attempt to read the secondary failed.
pub(super) fn unreadable(case: &Case<'_>) -> Option<Finding> {
    let there = case
        .secondary()
        .filter(|there| !there.facts.attempt.outcome.has_facts() && !there.facts.is_empty())?;
    let fact = match (there.facts.attempt.outcome, there.facts.as_of) {
        (Outcome::NeverRead, _) => format!("{} was not read yet", there.facts.copy),
        (Outcome::NotFound, Some(_)) => format!("{} is gone ({})", there.facts.copy, there.failure()),
        _ => format!("{} cannot be read ({})", there.facts.copy, there.failure()),
    };
    let next = match there.facts.attempt.outcome {
        Outcome::Denied => "check the token or key it is read with",
        Outcome::RateLimited => "it was asked too often, and is asked again by itself",
        Outcome::Error => "it is asked again by itself",
        Outcome::Malformed => "look at it with the provider's own tools",
        _ => "check the way there from this host",
    };
    let (last, error) = (there.last_good(), there.error());
    let text = match there.facts.attempt.outcome {
        // What is to be done stands in the error, if anywhere: being asked again mends no wrong name or lacking token.
        Outcome::Error | Outcome::NotFound if !error.is_empty() => format!("{fact}; {last}{error}"),
        _ => format!("{fact}; {last}; {next}{error}"),
    };
    Some(finding(Rule::SecondaryUnreadable, Level::Unknown, Role::Secondary, text))
}

/// The last attempt succeeded, but too long ago (S2).
pub(super) fn stale(case: &Case<'_>) -> Option<Finding> {
    let there =
        case.secondary().filter(|there| there.facts.attempt.outcome.has_facts() && there.facts.stale)?;
    let text = format!("{} is read too rarely: {}; poll it now", there.facts.copy, there.last_good());
    Some(finding(Rule::SecondaryStale, Level::Unknown, Role::Secondary, text))
}

/// The credential cannot see windows (S9): no window and no breach, only *not visible*.
pub(super) fn permission(case: &Case<'_>) -> Option<Finding> {
    let there = case.secondary()?;
    let why = windows_not_visible(&there)?;
    let backup = there
        .facts
        .newest_backup
        .map(|at| format!(" (newest base backup {})", there.shown(at)))
        .unwrap_or_default();
    let text = format!("loss not visible with this token{backup}; {why}");
    Some(finding(Rule::Permission, Level::Unknown, Role::Secondary, text))
}

/// The secondary was read, and still nothing is known of what it can be restored to (S3).
pub(super) fn not_known(case: &Case<'_>) -> Option<Finding> {
    let there = case.secondary().filter(|there| there.facts.attempt.outcome.has_facts())?;
    let is_known = (there.facts.newest.is_some() || there.facts.is_empty()) && !there.is_unshown();
    if is_known || windows_not_visible(&there).is_some() {
        return None;
    }
    let unread_kind = there.reading().is_some_and(|reading| reading.ability == Ability::Unread);
    let fact = match (&there.facts.attempt.error, unread_kind) {
        (_, true) => "backups of this kind of service are not read yet".to_owned(),
        (Some(error), _) => {
            format!("{} does not show what it can be restored to ({error})", there.facts.copy)
        }
        (None, _) => format!("{} does not show what it can be restored to", there.facts.copy),
    };
    let last = match (there.facts.log_seen_at, there.facts.newest) {
        (Some(at), Some(newest)) => {
            let age = words::age_of(at, case.now);
            format!("last shown {age} ago, with data up to {}", there.shown(newest))
        }
        _ => there.last_good(),
    };
    let text = format!("{fact}; {last}; look at it with the provider's own tools");
    Some(finding(Rule::SecondaryUnreadable, Level::Unknown, Role::Secondary, text))
}

fn windows_not_visible<'a>(side: &Side<'a>) -> Option<&'a str> {
    side.reading()?.signs.iter().find_map(|sign| match sign {
        Sign::WindowsNotVisible { why } => Some(why.as_str()),
        _ => None,
    })
}

/// Where everything else is silent the copy may be lost as well (R17).
pub(super) fn region_silent(case: &Case<'_>) -> Option<Finding> {
    let silent = case.service.copy_region_silent()?;
    let there = case.secondary()?;
    let text =
        format!("its copy lies in {}: find out whether it can be had; {}", silent.text(), there.last_good());
    Some(finding(Rule::CopyRegionSilent, Level::Warning, Role::Secondary, text))
}
