//! What a person should do about an old primary that is not known to be shut (S22).

use crate::domain::Timestamp;
use crate::domain::words::{age_of, newest};
use crate::runbook::RunState;
use crate::runbook::fence::{KNOWN_FOR, Sight};
use crate::runbook::need::{Need, need};
use crate::runbook::rows::{not_known, something_answers};

/// What comes before all else: that it may take writes now.
pub(super) fn first(state: &RunState, now: Timestamp) -> String {
    if goes_on_unfenced(state) && answers_now(state, now) {
        return overridden(state, now);
    }
    match state.fence.sight() {
        _ if !fence_first(state, now) => String::new(),
        Sight::Something { since, at } => {
            format!("{}. ", begins(&something_answers(state, (since, at), now)))
        }
        _ => format!("{} ANSWERS and may take writes: fence it now, or abort. ", begins(&state.probed())),
    }
}

/// Whether clients are yet to be moved by a run whose fence somebody overrode, and what is probed is no fork of it.
fn goes_on_unfenced(state: &RunState) -> bool {
    let is_to_move = !state.is_over() && state.cut_over_at.is_none();
    state.fence.overridden.is_some() && is_to_move && !state.probes_its_fork()
}

/// What goes on although it was agreed to: short, for what is asked comes after it.
fn overridden(state: &RunState, now: Timestamp) -> String {
    match state.fence.sight() {
        Sight::Something { since, .. } => {
            let (name, since) = (state.opening.member.probed().unwrap_or("its address"), newest(since, now));
            format!("Fence OVERRIDDEN, and {name} ANSWERS since {since}: the old primary, or the fork. ")
        }
        _ => format!("Fence OVERRIDDEN, and {} ANSWERS: what it takes is lost. ", state.probed()),
    }
}

/// Whether the old primary that nobody fenced answers now, or something that may be it: what it takes is not in the
/// fork. Where the fence itself is asked for, that is said there.
pub fn fence_first(state: &RunState, now: Timestamp) -> bool {
    answers_now(state, now) && state.unfenced_since().is_some() && need(state) != Some(Need::Fence)
}

/// Whether it was just seen to answer, or something that may be it.
fn answers_now(state: &RunState, now: Timestamp) -> bool {
    let sight = state.fence.sight();
    let is_seen =
        matches!(sight, Sight::Answers { at } | Sight::Something { at, .. } if now - at < KNOWN_FOR);
    is_seen && state.fence.may_be_alive()
}

/// How it is shut for certain, by what is seen of it.
pub(super) fn unfenced(state: &RunState, now: Timestamp) -> String {
    let (used, probed) = (state.to_fence(), begins(&state.probed()));
    let make_sure = format!("Make sure that {used} cannot come back, then say how; or override in writing.");
    let either = state.fence.answered_after_fence().filter(|_| !state.fence.lived_after_fence());
    if let Some(at) = either.filter(|_| !state.fence.is_alive()) {
        return tell_apart(state, at, now);
    }
    match state.fence.sight() {
        Sight::Answers { at } if now - at < KNOWN_FOR => {
            let off =
                state.left_for().map_or_else(|| "it".to_owned(), |moved| format!("it and {}", moved.fork));
            let moved = if state.has_fork_to_lead_to() {
                " If its address leads to the fork by now, say since when."
            } else {
                ""
            };
            format!(
                "{probed} ANSWERS. Shut {off} off, or override in writing: two primaries lose data.{moved}"
            )
        }
        Sight::Answers { at } => {
            format!("{probed} answered {} ago, not known since. {make_sure}", age_of(at, now))
        }
        Sight::NotKnown { last, why } => {
            format!("{probed} {}. {make_sure}", not_known(state, last, why, now))
        }
        Sight::Something { since, at } => {
            format!("{}. {make_sure}", something_answers(state, (since, at), now))
        }
        Sight::Silent { .. } | Sight::NotProbed => match state.fence.answered_after_fence() {
            Some(at) => {
                let (at, fenced) = (newest(at, now), if state.left_for().is_some() { used } else { "it" });
                format!("{probed} answered at {at}, after {fenced} was said to be fenced. {make_sure}")
            }
            None => make_sure,
        },
    }
}

/// What a person has to say of an answer that may be either's, and what each word does.
fn tell_apart(state: &RunState, at: Timestamp, now: Timestamp) -> String {
    let name = state.opening.member.probed().unwrap_or("its address");
    let answers = match state.fence.sight() {
        Sight::Something { .. } if now - at < KNOWN_FOR => "ANSWERS".to_owned(),
        Sight::Something { .. } | Sight::NotKnown { .. } => {
            format!("answered {} ago, not known since", age_of(at, now))
        }
        _ => format!("answered at {}", newest(at, now)),
    };
    let (used, probed) = (state.to_fence(), state.probed());
    format!(
        "{name} {answers}, although {used} was said to be fenced: it is {probed}, or the fork if that address leads to \
         it already. Find out which. If {probed}, shut it off, and say how once it is silent; then state the loss \
         instant. If the fork, say since when the address leads to it; or override in writing and say so."
    )
}

/// As a sentence begins.
fn begins(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}
