//! EV01..EV06: what the run was about, fixed before its first call.

use super::super::Content;
use crate::domain::words;
use crate::runbook::{Record, RunState};

pub(super) fn identity(state: &RunState, _: &[Record]) -> Content {
    let end = state.closed.as_ref().map_or_else(|| "open; last event".to_owned(), |_| "end".to_owned());
    Content::lines_or(
        vec![
            format!("run: {} ({})", state.id(), state.kind().as_str()),
            format!("start: {}", words::instant(state.opened_at)),
            format!("{end}: {}", words::instant(state.ended_at())),
            format!("lifeboat {}", state.opened_by.version),
        ],
        "",
    )
}

pub(super) fn scope(state: &RunState, _: &[Record]) -> Content {
    let member = &state.opening.member;
    let unknown = || "not known".to_owned();
    Content::lines_or(
        vec![
            format!(
                "service: {} ({}), at its provider: {}",
                member.service,
                member.engine.as_str(),
                member.remote
            ),
            format!(
                "tier: {}",
                state.opening.objectives.tier.map_or_else(|| "none".to_owned(), |tier| tier.to_string())
            ),
            format!("owner: {}", member.owner.clone().unwrap_or_else(unknown)),
            format!("restored from: {}", member.copy),
            format!(
                "regions: {} -> {}",
                member.from_region.clone().unwrap_or_else(unknown),
                member.region.clone().unwrap_or_else(unknown)
            ),
            "excluded: every other service".to_owned(),
        ],
        "",
    )
}

pub(super) fn scenario(state: &RunState, _: &[Record]) -> Content {
    let declared = state.declaration.as_ref().and_then(|(_, declaration)| declaration.scenario.clone());
    let scenario = declared.or_else(|| state.opening.scenario.clone());
    Content::lines_or(scenario.into_iter().collect(), "no scenario was stated")
}

pub(super) fn criteria(state: &RunState, _: &[Record]) -> Content {
    let checks = state.opening.member.checks.iter().map(|check| {
        let proves = if check.expect.is_some() {
            "with an expectation"
        } else {
            "without an expectation: proves nothing"
        };
        format!("check {}: {proves}", check.name)
    });
    Content::lines_or(checks.collect(), "no check was configured, so nothing can be verified")
}

pub(super) fn targets(state: &RunState, _: &[Record]) -> Content {
    let objectives = &state.opening.objectives;
    let origin = objectives.tier.map_or_else(String::new, |tier| format!(" (tier {tier} of the config)"));
    let lines =
        [("RPO", objectives.rpo), ("RTO", objectives.rto)].into_iter().filter_map(|(name, target)| {
            target.map(|target| format!("{name}: {}{origin}", words::objective(target)))
        });
    let why = objectives.tier.map_or_else(
        || "the service has no tier, so no objectives".to_owned(),
        |tier| {
            format!("the service is of tier {tier}, and the config gives no `rpo` and no `rto` in `[tiers.{tier}]`")
        },
    );
    Content::lines_or(lines.collect(), &why)
}

pub(super) fn plan(state: &RunState, _: &[Record]) -> Content {
    let plan = &state.opening.plan;
    Content::lines_or(
        vec![
            format!("plan: {} version {}", plan.id, plan.version),
            format!("sha256: {}", state.opening.plan_sha256),
            "approver, changes since the last drill: not recorded".to_owned(),
        ],
        "",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runbook::RunKind;
    use crate::runbook::sample::{Journal, opening};

    #[test]
    fn r37_a_tier_that_the_config_does_not_define_is_named_and_not_called_none() {
        let why = |tier| {
            let mut opening = opening(RunKind::Incident);
            let objectives = &mut opening.objectives;
            (objectives.tier, objectives.rpo, objectives.rto) = (tier, None, None);
            match targets(&Journal::open(opening).state, &[]) {
                Content::Gap { why } => why,
                present @ Content::Present { .. } => panic!("{present:?}"),
            }
        };
        assert_eq!(why(None), "the service has no tier, so no objectives");
        let undefined = "the service is of tier 2, and the config gives no `rpo` and no `rto` in `[tiers.2]`";
        assert_eq!(why(Some(2)), undefined);
    }
}
