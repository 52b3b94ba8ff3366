//! What a person should do now. A run never leaves this open.

mod unfenced;

use std::time::Duration;

use chrono::TimeDelta;

use super::clocks::paused;
use super::need::{Need, need};
use super::rows::latest_progress;
use super::{Attempt, ForkStanding, RunState, StepStatus};
use super::{Conclusion, StepKind};
use crate::domain::Timestamp;
use crate::domain::assessment::RestoreEstimate;
use crate::domain::fork::{CopiedTo, PointRefused, ProgressState};
use crate::domain::words::{age_of, clock, edge, instant, minute_by, newest, to_the_second};

pub use unfenced::fence_first;

/// What the person should do now, in a sentence or two.
pub fn now_line(state: &RunState, now: Timestamp) -> String {
    if state.live.journal_lost.is_some() {
        return journal_lost(state);
    }
    if let Some((_, conclusion)) = &state.closed {
        return over(state, conclusion);
    }
    if state.is_left() {
        return not_driven(state, now);
    }
    let first = unfenced::first(state, now);
    match need(state) {
        Some(need) => format!("{first}{}", ask(state, need, now)),
        None => format!("{first}{}", wait(state, now)),
    }
}

/// The same for a run that is known to be driven by nobody: its process may have ended without a word in
/// the journal (S30), and what is under way by the journal is not.
pub fn not_driven(state: &RunState, now: Timestamp) -> String {
    if state.is_over() {
        return now_line(state, now);
    }
    let then = need(state).map_or_else(String::new, |need| format!(" Then: {}", ask(state, need, now)));
    format!("Nobody drives this run, last written {}. Take it up.{then}", clock(state.last_at))
}

/// What to do if the present wait does not end.
pub fn if_stuck(state: &RunState, now: Timestamp) -> Option<String> {
    if state.is_over() || state.current != Some(StepKind::Wait) || state.attempt.fork != ForkStanding::Mine {
        return None;
    }
    let still = state.stuck_since.map(|since| format!("nothing moved for {}", age_of(since, now)));
    let when = still.unwrap_or_else(|| "no byte for 5m".to_owned());
    Some(format!(
        "{when} -> a new attempt runs beside this one (asks; keeps attempt {})",
        state.attempt.number
    ))
}

fn over(state: &RunState, conclusion: &Conclusion) -> String {
    let seen = state.names_left(true).map(|names| format!(" Still there: {names}; clean-up removes it."));
    let unseen = state
        .names_left(false)
        .map(|names| format!(" May exist, never seen: {names}; clean-up looks for it and removes it."));
    let left: String = seen.into_iter().chain(unseen).collect();
    format!("The run is over. {}.{left} Read the report.", conclusion.headline().to_uppercase())
}

fn ask(state: &RunState, need: Need, now: Timestamp) -> String {
    let name = &state.opening.member.service;
    match need {
        Need::Declaration => {
            "Declare: who, which scenario, which criteria are met, down since when.".to_owned()
        }
        Need::Journal => journal_lost(state),
        Need::ClockSkew => {
            let off = state.opening.clock_blocks().map_or_else(String::new, |off| off.text());
            format!(
                "Check the clocks: {off}. Set the wrong one right and begin anew, or go on with a reason."
            )
        }
        Need::OtherPoint => other_point(state.attempt.refused.as_ref()),
        Need::ConfirmPoint => confirm_point(state, now),
        Need::AbsentDecision => format!(
            "Decide: {} was asked for without an answer and is not there after three looks. Retry asks once more; \
             a new attempt takes another name.",
            state.attempt.name
        ),
        Need::FailedStep => failed(state),
        Need::OwnersWord => {
            let owner = state.opening.member.owner.as_deref().unwrap_or("the owner of the service");
            let checked = match state.checks.as_deref() {
                Some([_, ..]) => "The checks passed.",
                _ => "NO CHECK read the data.",
            };
            format!(
                "{checked} Ask {owner} whether it is good to use, and put their word down.{}",
                whereabouts(state)
            )
        }
        Need::Fence => unfenced::unfenced(state, now),
        Need::CutOver => format!(
            "Point the clients of {name} at {}: DNS, secrets, pools. Then say that it is done.{}",
            state.attempt.name,
            whereabouts(state)
        ),
        Need::Protection => unprotected(state, now),
        Need::ConfirmCleanUp => {
            format!(
                "Confirm by the name of the service, {name}, to remove what the drill made; or skip and keep it."
            )
        }
        Need::Unpause => {
            format!(
                "Paused for {}; the clocks run. Go on when ready.",
                to_the_second(paused(state, state.opened_at, now))
            )
        }
    }
}

fn journal_lost(state: &RunState) -> String {
    let why = state.live.journal_lost.as_deref().unwrap_or_default();
    let ways = if state.is_drill() {
        "The drill stands still until it can be written again: free its folder."
    } else {
        "Nothing more is done until it can: give another folder, or type WITHOUT JOURNAL."
    };
    format!("The journal cannot be written: {why}. {ways}")
}

fn other_point(refused: Option<&PointRefused>) -> String {
    let Some(refused) = refused else { return "Choose another point.".to_owned() };
    let near = match (refused.earlier, refused.later) {
        (Some(earlier), Some(later)) => {
            format!("; earlier {}, later {}", instant(earlier), instant(later))
        }
        (Some(earlier), None) => format!("; earlier {}", instant(earlier)),
        (None, Some(later)) => format!("; later {}", instant(later)),
        (None, None) => String::new(),
    };
    format!("Choose another point: {}{near}.", refused.reason)
}

fn confirm_point(state: &RunState, now: Timestamp) -> String {
    let point = state.attempt.point.as_ref();
    let at = point.map(|point| edge(&instant(point.promised), point.promised_is));
    let at = at.map_or_else(String::new, |at| format!(" {at}"));
    let age = point.map_or_else(String::new, |point| format!(", {} ago", age_of(point.promised, now)));
    let known = point.and_then(|point| point.last_known).map_or_else(String::new, |as_of| {
        format!(
            ", as last known at {}, {} ago, since its copy cannot be read",
            instant(as_of),
            age_of(as_of, now)
        )
    });
    let later = |proposed: &Timestamp| point.is_some_and(|point| point.promised > *proposed);
    let refused = state.earlier.iter().rev().find_map(Attempt::proposed).filter(later);
    let refused = refused.map_or_else(String::new, |proposed| {
        format!(", later than {}, which was proposed when such a point was refused", instant(proposed))
    });
    format!(
        "Check the point{at}{age}{known}{refused}; confirmed by the name of the service, {}, it forks {}.",
        state.opening.member.service, state.attempt.name
    )
}

fn failed(state: &RunState) -> String {
    let Some(step) = state.current_step() else { return "Abort: keeps every fork.".to_owned() };
    let title = step.step.kind.title();
    let ways = match (step.step.kind, &state.attempt.fork) {
        (StepKind::Fork | StepKind::Wait, ForkStanding::Refused { .. }) => {
            "retry, or a new attempt at another point"
        }
        (StepKind::Wait, ForkStanding::Failed { can_resume: true, .. }) => {
            "retry takes it up where it ended; or a new attempt"
        }
        (StepKind::Fork | StepKind::Wait, ForkStanding::Foreign(_)) if state.is_drill() => {
            "a new attempt takes another name, at the same point; or abort"
        }
        (StepKind::Fork | StepKind::Wait, ForkStanding::Foreign(_)) => {
            "a new attempt takes another name; or abort"
        }
        (StepKind::Fork, _) => "a new attempt, or abort",
        (StepKind::Wait, _) => "a new attempt, or skip if you know that it is restored",
        (StepKind::Validate, _) => "retry the checks, a new attempt at another point, or skip with a reason",
        _ => "retry, or skip with a reason",
    };
    let why = match &step.status {
        StepStatus::Failed(why) => why.as_str(),
        _ => "",
    };
    format!("{title} failed: {why}. Decide: {ways}.")
}

/// Nothing is needed: until when, and what the time can be used for.
fn wait(state: &RunState, now: Timestamp) -> String {
    let meanwhile = if state.unfenced_since().is_some() && !fence_first(state, now) {
        format!(" Use it: fence {}, or override in writing.", state.to_fence())
    } else {
        String::new()
    };
    if let Some(trouble) = state.unread() {
        return format!("{}.{meanwhile}", trouble.text());
    }
    match (state.current, &state.attempt.fork) {
        (Some(StepKind::Fork | StepKind::Wait), ForkStanding::Asked(asked)) if asked.unknown.is_some() => {
            format!(
                "Nothing: no answer was seen, so the fork is looked for by name, never asked for twice.{meanwhile}"
            )
        }
        (Some(StepKind::Fork | StepKind::Wait), ForkStanding::NotTaken { again_at, .. }) => format!(
            "Nothing to do: the fork was not taken yet, and is asked for again, not before {}.{meanwhile}",
            instant(*again_at)
        ),
        (Some(StepKind::Wait), _) if state.stuck_since.is_some() => {
            let still = state.stuck_since.map_or_else(String::new, |since| age_of(since, now));
            format!(
                "Nothing moved in the restore for {still}. Look at the provider, or begin a new attempt.{meanwhile}"
            )
        }
        (Some(StepKind::Wait), _) => match expected_end(state) {
            Some(end) if end > now => format!("Nothing to do until ~{}.{meanwhile}", minute_by(end)),
            Some(_) => format!("Nothing to do; it takes {}.{meanwhile}", longer_than(state)),
            None => {
                format!("Nothing to do until the restore ends; how long that takes is not known.{meanwhile}")
            }
        },
        (Some(StepKind::Protect), _) => unprotected(state, now),
        (Some(step), _) => format!("Nothing to do: {} is under way.{meanwhile}", step.title()),
        (None, _) => "Nothing to do: the run begins.".to_owned(),
    }
}

/// Own history is what is usual; without it there was only a guess (S35).
pub(super) fn longer_than(state: &RunState) -> &'static str {
    let usual = state.opening.before.assessment.restore.as_ref();
    if usual.is_some_and(RestoreEstimate::is_guess) { "longer than guessed" } else { "longer than usual" }
}

/// What the service lacks and since when: some of it may be for a person to do.
fn unprotected(state: &RunState, now: Timestamp) -> String {
    if state.cut_over_at.is_none() && !state.is_drill() {
        return format!(
            "Nothing was cut over: by this run no clients use {}, and its backups protect no service. Skip with a reason; \
             once the run is closed, clean-up may remove it.",
            state.attempt.name
        );
    }
    let Some(seen) = &state.protection else {
        return "The service is in use. This ends by itself once its first own backup and copy exist."
            .to_owned();
    };
    let began = state.step(StepKind::Protect).and_then(|step| step.started);
    let ago = |at: Option<Timestamp>| {
        at.map_or_else(String::new, |at| format!(" since {} ({})", newest(at, now), age_of(at, now)))
    };
    let since = ago(began);
    match &seen.copying {
        CopiedTo::Nowhere => {
            let own = match seen.own_backup {
                Some(true) => "It has its own backup",
                Some(false) => "Its own first backup is awaited",
                None => "Whether it has a backup of its own is not shown",
            };
            return format!(
                "The service is in use{since}. {own}, but its backups are copied NOWHERE: waiting brings no copy. Set \
                 the region they are copied to, or skip with a reason."
            );
        }
        CopiedTo::Region(region) if !seen.needs_person => {
            // A copy is awaited from when its region was set on.
            let set = ago(state.copying_set_at.or(began));
            let own = (seen.own_backup != Some(true)).then(|| format!("its own first backup{since}"));
            let copy = (seen.secondary_copy != Some(true)).then(|| format!("a first copy in {region}{set}"));
            let awaited: Vec<String> = own.into_iter().chain(copy).collect();
            return format!(
                "The service is in use. Awaited: {}. This ends by itself once both are there.",
                awaited.join(" and ")
            );
        }
        CopiedTo::Region(_) | CopiedTo::NotShown => {}
    }
    match (seen.needs_person || seen.own_backup != Some(true), lacks_a_copy(state)) {
        (true, true) => format!(
            "The service is in use and has its own backup, but no copy in another region: {}. Bring one \
             there; it is looked for every minute, or skip with a reason.",
            seen.told(state.protection_unseen.as_ref())
        ),
        (true, false) => format!(
            "The service is in use without a backup known to be its own: {}. Skip with a reason once it is \
             looked after.",
            seen.told(state.protection_unseen.as_ref())
        ),
        (false, true) => {
            "The service is in use and has its own backup, but no copy in another region yet. Make sure \
                          that copying is switched on at the provider, or skip with a reason."
                .to_owned()
        }
        (false, false) => {
            "The service is in use. This ends by itself once its first own backup and copy exist.".to_owned()
        }
    }
}

/// Where the restored service is, as its provider told when the restore ended.
fn whereabouts(state: &RunState) -> String {
    let told = latest_progress(state).map(|(_, told)| told);
    let told = told.filter(|told| matches!(told.state, ProgressState::Restored { .. }));
    told.map_or_else(String::new, |told| format!(" {}: {}.", state.attempt.name, told.whereabouts()))
}

/// Whether only the copy in another region is wanting, and the provider says that there is none.
fn lacks_a_copy(state: &RunState) -> bool {
    let seen = state.protection.as_ref();
    seen.is_some_and(|seen| seen.own_backup == Some(true) && seen.secondary_copy == Some(false))
}

/// When the restore should end: as its provider reckons, by the share done, else by what is usual; a guess leaves out
/// what is replayed, so that it says nothing of the end (S35). Of one that stands still nobody
/// knows.
pub fn expected_end(state: &RunState) -> Option<Timestamp> {
    let started = state.step(StepKind::Wait)?.started?;
    if state.restored_at.is_some() {
        return state.restored_at;
    }
    if state.stuck_since.is_some() {
        return None;
    }
    let usual = state.opening.before.assessment.restore.as_ref().filter(|usual| !usual.is_guess());
    let by_usual =
        usual.and_then(|usual| TimeDelta::from_std(usual.longest).ok()).map(|usual| started + usual);
    as_told(state).or_else(|| by_share(state)).or(by_usual)
}

/// As its provider reckons from what is done.
fn as_told(state: &RunState) -> Option<Timestamp> {
    let (at, progress) = latest_progress(state).filter(|(_, look)| look.state == ProgressState::Working)?;
    let left = TimeDelta::from_std(Duration::from_secs(progress.left_s?)).ok()?;
    at.checked_add_signed(left)
}

/// A restore of base data that goes on as it did since its first bytes were seen, by the last look at it: what
/// came before, as making machines, is no copying. Too little done says nothing, and neither does the share
/// of a later phase: replay began long after the wait.
fn by_share(state: &RunState) -> Option<Timestamp> {
    const ENOUGH: f64 = 0.05;
    let (at, progress) = latest_progress(state)?;
    let counts = progress.counts_base_data() && progress.state == ProgressState::Working;
    let (began, first) = state.attempt.copying_since.filter(|_| counts)?;
    let (done, total) = (progress.done?, progress.total?);
    let copied = exact(done.checked_sub(first)?)?;
    let elapsed = (*at - began).to_std().ok()?.as_secs_f64();
    if copied / exact(total)? < ENOUGH {
        return None;
    }
    let left = Duration::from_secs(total.saturating_sub(done)).as_secs_f64();
    let left = Duration::try_from_secs_f64(elapsed * left / copied).ok()?;
    Some(*at + TimeDelta::from_std(left).ok()?)
}

/// A count as a number to calculate with.
fn exact(count: u64) -> Option<f64> {
    Some(Duration::from_secs(count).as_secs_f64()).filter(|&value| value > 0.0)
}
