//! What each step of a run counts, from which facts, and by which rule it ends (S36).

use super::copy_region;
use super::model::Model;
use super::runs::{Standing, standing_of};
use super::texts;
use crate::domain::fork::ReadinessState;
use crate::domain::{Timestamp, words};
use crate::runbook::{
    Asked, ForkStanding, RunState, Sight, StepKind, clocks, latest_progress, not_known, something_answers,
    unprobed,
};

/// What a step is for, and the rule by which it ends; `None` is the fence.
pub(super) const fn rule(kind: Option<StepKind>, drill: bool) -> [&'static str; 2] {
    match (kind, drill) {
        (None, _) => [
            "What clients used must not write again once they use the new one: two primaries lose data.",
            "Open from the declaration on. Cut over waits for it: fenced and not seen alive, or overridden in writing. Nothing else waits.",
        ],
        (Some(StepKind::Declare), _) => [
            "Who takes the decision, what happened, which criteria are met, down since when.",
            "Ends when a person declares. The recovery time counts from when the service went down, or from here where the config says so.",
        ],
        (Some(StepKind::Readiness), _) => [
            "Looks at what the run needs before anything is made: copy, clocks, credentials, names, routes, journal.",
            "One that fails stops the run. One that cannot be looked at is not verified: the run goes on, and the report says it.",
        ],
        (Some(StepKind::ChoosePoint), _) => [
            "The instant to restore to, and what its copy promises for it.",
            "Ends when a person types the name of the service. The loss counts from the newest data of this point to the loss instant.",
        ],
        (Some(StepKind::Fork), _) => [
            "Asks the provider for one new service from the point.",
            "The intent is in the journal before the call. Without an answer it is looked for by name, and never asked for again unless a person says so.",
        ],
        (Some(StepKind::Wait), _) => [
            "The restore, as its provider tells it, until the new service takes writes.",
            "Late when it takes longer than usual; a guess makes nothing late. Nothing moved for 5m: stuck.",
        ],
        (Some(StepKind::Validate), true) => [
            "The checks of the config against the restored data, then the word of its owner.",
            "A check proves something only if it read data and had an expectation. The recovery time of a drill ends here.",
        ],
        (Some(StepKind::Validate), false) => [
            "The checks of the config against the restored data, then the word of its owner.",
            "A check proves something only if it read data and had an expectation.",
        ],
        (Some(StepKind::CutOver), _) => [
            "Clients are pointed at the new service: DNS, secrets, pools. A person does that.",
            "Blocked until the fence is settled. The recovery time of an incident ends when it is said to be done.",
        ],
        (Some(StepKind::Protect), _) => [
            "The new service gets a backup of its own, and a copy in another region.",
            "Ends when both are seen. It does not count into the recovery time.",
        ],
        (Some(StepKind::CleanUp), _) => [
            "Removes what the run made and nobody uses, and nothing else.",
            "Ends when a listing shows that it is gone. What does not carry the mark of the run is never removed.",
        ],
        (Some(StepKind::Close), true) => [
            "How the drill as a whole came out, with every reason.",
            "Passed only if both objectives stood before and are met, a check with an expectation read data, none failed or was skipped, and what was made is listed as gone.",
        ],
        (Some(StepKind::Close), false) => [
            "How the incident as a whole came out, with every reason.",
            "Passed only if the objectives it has are met, a check with an expectation read data, and none failed or was skipped.",
        ],
    }
}

/// The facts a step stands on, as of now. Never none.
pub(super) fn facts(model: &Model, state: &RunState, kind: Option<StepKind>) -> Vec<String> {
    let now = model.now;
    match kind {
        None => fence(state, now),
        Some(StepKind::Declare) => declaration(state),
        Some(StepKind::Readiness) => readiness(state),
        Some(StepKind::ChoosePoint) => texts::point(model, state),
        Some(StepKind::Fork) => fork(state, now),
        Some(StepKind::Wait) => wait(state, now),
        Some(StepKind::Validate) => checks(state),
        Some(StepKind::CutOver) => cut_over(state, now),
        Some(StepKind::Protect) => protection(model, state),
        Some(StepKind::CleanUp) => clean_up(state),
        Some(StepKind::Close) => close(state, now),
    }
}

/// An instant and its age; once the run is over, nothing of it grows old any more.
fn ago(state: &RunState, at: Timestamp, now: Timestamp) -> String {
    let instant = words::instant(at);
    if state.is_over() { instant } else { format!("{instant}, {} ago", words::age_of(at, now)) }
}

fn declaration(state: &RunState) -> Vec<String> {
    // Whoever notes it down can prove later that the journal was not written anew (S31).
    let journal = state.opening_head.as_ref().map(|head| format!("journal     opened with head {head}"));
    let Some((at, said)) = &state.declaration else {
        return std::iter::once("nothing is declared yet".to_owned()).chain(journal).collect();
    };
    let mut lines = vec![format!("declared by {} at {}", said.by, words::instant(*at))];
    lines.extend(said.scenario.as_ref().map(|scenario| format!("scenario    {scenario}")));
    if !said.criteria.is_empty() {
        lines.push(format!("criteria    {}", said.criteria.join(", ")));
    }
    lines.extend(said.detected.map(|at| format!("detected    {}", words::instant(at))));
    lines.extend(said.down_since.map(|at| format!("down since  {}", words::instant(at))));
    lines.extend(
        state
            .loss_stated
            .iter()
            .map(|(at, by)| format!("lost at     {}, stated by {by}", words::instant(*at))),
    );
    lines.extend(journal);
    lines
}

fn readiness(state: &RunState) -> Vec<String> {
    let Some(items) = &state.readiness else { return vec!["not looked at yet".to_owned()] };
    items.iter().map(|item| format!("{} {}: {}", word(item.state), item.check, item.text)).collect()
}

const fn word(state: ReadinessState) -> &'static str {
    match state {
        ReadinessState::Pass => "pass         ",
        ReadinessState::Fail => "FAIL         ",
        ReadinessState::Warn => "warning      ",
        ReadinessState::NotVerified => "not verified ",
    }
}

fn fork(state: &RunState, now: Timestamp) -> Vec<String> {
    let attempt = &state.attempt;
    let mut lines = vec![
        format!("name      {}", attempt.name),
        match attempt.sent {
            0 => "asked     not yet".to_owned(),
            1 => "asked     once".to_owned(),
            times => format!("asked     {times} times"),
        },
    ];
    if let ForkStanding::Asked(Asked { unknown, cannot_tell, absent_at, .. }) = &attempt.fork {
        lines.extend(unknown.as_ref().map(|why| format!("answer    none: {why}")));
        lines.extend(cannot_tell.as_ref().map(|why| format!("looked    cannot tell: {why}")));
        lines.extend(absent_at.last().map(|at| format!("looked    not there, {}", ago(state, *at, now))));
    }
    if attempt.calls.is_empty() {
        lines.push("calls     known once the point is chosen".to_owned());
    }
    for call in state.calls() {
        lines.extend([String::new(), format!("# {}", call.what), call.command.clone()]);
    }
    lines
}

fn wait(state: &RunState, now: Timestamp) -> Vec<String> {
    let attempt = &state.attempt;
    let mut lines = vec![match latest_progress(state) {
        Some((at, progress)) => format!("progress  {}, {}", progress.text, ago(state, *at, now)),
        None => "progress  none is told yet".to_owned(),
    }];
    lines.extend(
        attempt.progress.as_ref().map(|(at, _)| format!("journal   has it as of {}", ago(state, *at, now))),
    );
    lines.extend(attempt.moved_at.map(|at| format!("moved     {}", ago(state, at, now))));
    lines.push(match &state.opening.before.assessment.restore {
        Some(estimate) => format!("usual     {}, from {}", words::restore(estimate), estimate.basis),
        None => "usual     not known: no own run, no size".to_owned(),
    });
    lines
}

fn checks(state: &RunState) -> Vec<String> {
    let mut lines = match &state.checks {
        Some(_) => texts::checks(state),
        None if state.opening.member.checks.is_empty() => vec!["this service has no checks".to_owned()],
        None => {
            let names = state.opening.member.checks.iter().map(|check| match &check.expect {
                Some(_) => format!("{}: not run yet", check.name),
                None => format!("{}: not run yet, and proves nothing: it expects nothing", check.name),
            });
            names.collect()
        }
    };
    let owner = state.opening.member.owner.as_deref().unwrap_or("the owner");
    lines.push(match &state.owners_word {
        Some((by, accepted, said)) => {
            let word = if *accepted { "good to use" } else { "NOT good to use" };
            format!("{by}: {word}{}{said}", if said.is_empty() { "" } else { ", " })
        }
        None => format!("{owner} has not spoken yet"),
    });
    lines
}

fn cut_over(state: &RunState, now: Timestamp) -> Vec<String> {
    let clients = match state.cut_over_at {
        Some(at) => format!("clients use {} since {}", state.attempt.name, words::instant(at)),
        None => format!("clients of {} go to {}", state.opening.member.service, state.attempt.name),
    };
    std::iter::once(clients).chain(fence(state, now)).collect()
}

fn fence(state: &RunState, now: Timestamp) -> Vec<String> {
    let fence = &state.fence;
    let probe = state.opening.member.probe.as_deref();
    let used = state
        .unprobed_fork()
        .map(|fork| format!("used      {fork}; the primary is the one they left for it"));
    let mut lines = vec![match fence.sight() {
        Sight::Answers { at } if state.is_over() => {
            format!("primary   answered, last seen {}", words::instant(at))
        }
        Sight::Answers { at } => format!("primary   ANSWERS, seen {}", ago(state, at, now)),
        Sight::Something { since, at } => {
            format!("primary   {}", something_answers(state, (since, at), now))
        }
        Sight::Silent { since, at } => {
            format!("primary   silent since {}, last tried {}", words::instant(since), ago(state, at, now))
        }
        Sight::NotKnown { last, why } => format!("primary   {}", not_known(state, last, why, now)),
        Sight::NotProbed => format!("primary   {}", unprobed(state, now)),
    }];
    let said = fence.fenced_before.iter().chain(&fence.fenced);
    lines.extend(said.map(|said| format!("fenced    {}: {}", words::instant(said.at), said.text())));
    lines.extend(
        fence.overridden.as_ref().map(|(at, why)| format!("override  {}: {why}", words::instant(*at))),
    );
    if fence.fenced.is_none() && fence.overridden.is_none() {
        lines.push("settled   no: neither fenced nor overridden".to_owned());
    }
    lines.extend(used);
    lines.extend(fence.opened_at.map(|at| format!("open      since {}", ago(state, at, now))));
    lines.push(format!("probe     {}", probe.unwrap_or("none: the config names no address")));
    lines
}

fn protection(model: &Model, state: &RunState) -> Vec<String> {
    let Some(seen) = &state.protection else { return vec!["not looked at yet".to_owned()] };
    let step = state.step(StepKind::Protect);
    let (began, ended) = (
        step.and_then(|step| step.started),
        step.filter(|step| step.status.is_over()).and_then(|step| step.ended),
    );
    let ended = ended.or(state.closed.as_ref().map(|(at, _)| *at));
    let word = |known: Option<bool>| match known {
        Some(true) => "yes",
        Some(false) => "not yet",
        None => "not known",
    };
    let awaited = |known: Option<bool>, since: Option<Timestamp>| {
        let since = since.filter(|_| known != Some(true));
        since.map_or_else(String::new, |at| match ended {
            Some(ended) => format!(", awaited from {} to {}", words::instant(at), words::instant(ended)),
            None => format!(", awaited since {}", ago(state, at, model.now)),
        })
    };
    let set = state.copying_set_at.or(began);
    let mut lines = vec![
        format!("own backup      {}{}", word(seen.own_backup), awaited(seen.own_backup, began)),
        format!("secondary copy  {}{}", word(seen.secondary_copy), awaited(seen.secondary_copy, set)),
        seen.told(state.protection_unseen.as_ref()),
    ];
    let is_looked_after = matches!(standing_of(model, state), Standing::Here | Standing::Elsewhere);
    let seen_at = state.protection_at.filter(|_| !is_looked_after);
    lines.extend(seen_at.map(|at| format!("last seen       {}", ago(state, at, model.now))));
    lines.extend(copy_region::sentence(model, &state.attempt.name));
    lines
}

fn clean_up(state: &RunState) -> Vec<String> {
    let left = state.attempts().filter(|attempt| attempt.may_exist());
    let left: Vec<_> = left.map(|attempt| format!("  {}", texts::fork(state, attempt))).collect();
    if left.is_empty() {
        return vec!["nothing that this run made may still exist".to_owned()];
    }
    std::iter::once("not proven to be gone:".to_owned()).chain(left).collect()
}

fn close(state: &RunState, now: Timestamp) -> Vec<String> {
    let clocks = clocks(state, now);
    let objectives = &state.opening.objectives;
    let of = |amount: Option<String>, objective: Option<std::time::Duration>| {
        let unknown = if state.is_over() { "not known" } else { "not known yet" };
        let amount = amount.unwrap_or_else(|| unknown.to_owned());
        let objective = objective.map_or_else(|| "no objective".to_owned(), words::objective);
        format!("{amount} of {objective}")
    };
    let so_far = |known: bool| if known { "" } else { ", so far" };
    let under_way =
        || format!("none yet: the run is at {}", state.current.map_or("its start", StepKind::title));
    let ended = state.closed.as_ref();
    let result = ended.map(|(at, conclusion)| format!("{}, {}", conclusion.headline(), words::instant(*at)));
    let mut lines = vec![format!("result  {}", result.unwrap_or_else(under_way))];
    lines.push(format!(
        "RTO     {}{}",
        of(clocks.recovery_text(), objectives.rto),
        so_far(clocks.usable.is_some() || state.is_over())
    ));
    lines.push(format!(
        "RPO     {}, {}",
        of(clocks.judged_text(), objectives.rpo),
        clocks.newest_rests.text()
    ));
    lines.push(format!("pauses  {}, counted too", words::to_the_second(clocks.paused)));
    let head = state.live.head.as_ref();
    lines.extend(head.map(|head| format!("journal {} events, head {head}", state.last_seq)));
    if let Some((_, conclusion)) = &state.closed {
        lines.extend(conclusion.reasons.iter().map(|reason| format!("because {reason}")));
    }
    lines
}
