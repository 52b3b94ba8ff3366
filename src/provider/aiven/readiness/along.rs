//! What of the source a fork is, and what of it will not come along.

use super::{Facts, ReadinessItem, ReadinessState, item};
use crate::domain::words;
use crate::provider::PointHow;
use crate::provider::aiven::kinds::{self, ForkBy};
use crate::provider::aiven::preview;
use crate::provider::aiven::wire::Service;

/// Whether the provider forks this kind of service, and by such a point.
pub(super) fn kind_forks(facts: &Facts<'_>) -> ReadinessItem {
    let check = "kind_forks";
    let Some(service) = facts.source else {
        return item(check, ReadinessState::NotVerified, "the kind of the source is not known");
    };
    let kind = service.service_type.as_deref().unwrap_or("unknown");
    let by_time = matches!(facts.request.point.how, PointHow::Time { .. });
    let by_name = matches!(facts.request.point.how, PointHow::Name { .. });
    let (state, text) = match kinds::of(kind).fork {
        ForkBy::Never(why) => (ReadinessState::Fail, format!("{kind}: {why}")),
        ForkBy::Time if !by_time => (ReadinessState::Fail, format!("{kind} is forked to an instant")),
        ForkBy::Name if !by_name => (
            ReadinessState::Fail,
            format!("{kind} has no point-in-time recovery: it is forked by a backup's name"),
        ),
        ForkBy::Time if is_hobbyist(service) => (
            ReadinessState::Fail,
            format!("{kind} on a hobbyist plan cannot be forked; its backup is for support"),
        ),
        ForkBy::Time => (ReadinessState::Pass, format!("{kind} is forked to an instant")),
        ForkBy::Name => {
            (ReadinessState::Pass, format!("{kind} is forked by a backup's name; no point-in-time recovery"))
        }
        ForkBy::Unknown => {
            (ReadinessState::NotVerified, format!("whether {kind} can be forked is not documented"))
        }
    };
    if state == ReadinessState::Pass && service.is_off() {
        let text = format!("{text}; it is switched off, and whether it can be forked then is not documented");
        return item(check, ReadinessState::NotVerified, text);
    }
    item(check, state, text)
}

fn is_hobbyist(service: &Service) -> bool {
    service.plan.as_deref().is_some_and(|plan| plan.starts_with("hobbyist"))
}

/// A fork is made without protection: a drill's has to be removed, an incident's is to be protected later.
pub(super) fn protection(facts: &Facts<'_>) -> ReadinessItem {
    let check = "termination_protection";
    let protected = facts.source.and_then(|service| service.termination_protection);
    let (state, text) = match (facts.request.drill, protected) {
        (true, _) => (ReadinessState::Pass, "the fork is made without termination protection, to be removed"),
        (false, Some(false)) => {
            (ReadinessState::Pass, "the fork has no termination protection, as the source has none")
        }
        (false, Some(true)) => {
            let by = preview::protecting(facts.settings, &facts.request.name);
            let text = format!(
                "protect the fork before clients use it: the source is protected against termination, the fork is not; \
                 once it runs: {by}"
            );
            return item(check, ReadinessState::Warn, text);
        }
        (false, None) => (
            ReadinessState::NotVerified,
            "the fork is made without termination protection; whether the source has it is not shown",
        ),
    };
    item(check, state, text)
}

/// Integrations and tags stay with the source.
pub(super) fn integrations(facts: &Facts<'_>) -> ReadinessItem {
    let check = "integrations";
    let Some(integrations) = facts.source.and_then(|service| service.service_integrations.as_ref()) else {
        let text = "whether the source has integrations is not shown; a fork gets none";
        return item(check, ReadinessState::NotVerified, text);
    };
    if integrations.is_empty() {
        return item(check, ReadinessState::Pass, "the source has no integrations that would be missing");
    }
    let mut kinds: Vec<&str> =
        integrations.iter().filter_map(|one| one.integration_type.as_deref()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let named = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
    let text = format!(
        "{} of the source{named} will not come along: to be made anew",
        words::count(integrations.len(), "integration")
    );
    item(check, ReadinessState::Warn, text)
}

/// OpenSearch alone has a sign-on of its own that is not copied.
pub(super) fn single_sign_on(facts: &Facts<'_>) -> Option<ReadinessItem> {
    let service = facts.source.filter(|service| service.service_type.as_deref() == Some("opensearch"))?;
    let check = "single_sign_on";
    let Some(config) = &service.user_config else {
        let text = "whether it has single sign-on is not shown; a fork has none";
        return Some(item(check, ReadinessState::NotVerified, text));
    };
    let used = config.sign_on();
    Some(if used.is_empty() {
        item(check, ReadinessState::Pass, "it has no single sign-on that would be missing")
    } else {
        let text = format!("single sign-on ({}) will not come along: set it up in the fork", used.join(", "));
        item(check, ReadinessState::Warn, text)
    })
}
