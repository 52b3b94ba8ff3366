//! From which event to which the objectives of a run are measured: the words of its report, and of every
//! screen that explains the same number (S36).

use super::clocks::was_read;
use super::outage::lived_on;
use super::{Clocks, RtoFrom, RunState, clocks, outage};
use crate::domain::{ClientsMoved, Ground, words};

/// What the recovery time is measured between.
pub fn rto_measured(state: &RunState) -> String {
    let from = match state.opening.rto_from {
        RtoFrom::DownSince if state.is_drill() => "the simulated loss instant".to_owned(),
        RtoFrom::DownSince if outage(state).is_none() => {
            let unknown = state.left_for().map(ClientsMoved::unstated);
            let unknown =
                unknown.unwrap_or_else(|| "it is not known from when the service was down".to_owned());
            format!("declared, since {unknown},")
        }
        RtoFrom::DownSince => {
            state
                .left_for()
                .map_or_else(|| "service down since".to_owned(), |moved| format!("{} down since", moved.fork))
                + &between(state)
        }
        RtoFrom::Declared => "declared".to_owned(),
    };
    let to = match clocks(state, state.ended_at()).usable {
        None if state.is_over() && !lived_on(state) => {
            "the end of the run, before which the service was not usable"
        }
        _ if state.is_drill() => "validated",
        _ => "cut-over confirmed",
    };
    format!("from {from} to {to}; pauses count")
}

/// Between which instants it went down, or who says when.
fn between(state: &RunState) -> String {
    let Some(outage) = outage(state) else { return String::new() };
    let (latest, ground) = (words::instant(outage.latest), outage.ground.as_ref().map(Ground::text));
    match (outage.from(), outage.ground.as_ref(), ground) {
        (Some(earliest), _, Some(ground)) => {
            let earliest = words::instant(earliest);
            let seen = if outage.ground == Some(Ground::Off) {
                "a later silence of the probe"
            } else {
                "the probe's first silence"
            };
            format!(", between {earliest} and {latest} ({ground}, and {seen}),")
        }
        (None, Some(Ground::Word { who, .. }), _) => format!(" {latest}, stated by {who},"),
        (None, _, Some(ground)) => format!(" {latest} ({ground}),"),
        _ => String::new(),
    }
}

/// What the recovery point is measured between; a promise that no check read is called one.
pub fn rpo_measured(state: &RunState) -> String {
    let loss = if state.is_drill() { "the simulated loss instant" } else { "the loss instant" };
    let clocks = clocks(state, state.ended_at());
    if clocks.achieved_rpo.is_none() {
        let judged = clocks.judged_text().map(|amount| {
            format!("; {amount} by data {}{}", clocks.newest_rests.text(), counted_to(state, &clocks))
        });
        return format!("{}{}", no_rpo(state, &clocks), judged.unwrap_or_default());
    }
    if let Some(given_up) = clocks.given_up {
        return format!(
            "{loss} minus the newest point there, plus what the point promised and the restored service did not hold; {} of writes given up by choice on top, which is no breach",
            words::to_the_second(given_up)
        );
    }
    match clocks.whole_until.filter(|_| clocks.whole_until > clocks.newest) {
        Some(whole_until) => format!(
            "{loss} minus {}: until then it is proven that nothing was written after the newest data",
            words::instant(whole_until)
        ),
        None => format!("{loss} minus the newest data proven in the restored service"),
    }
}

/// To when the loss of what clients wrote to a fork is counted, where that is it.
fn counted_to(state: &RunState, clocks: &Clocks) -> String {
    let counted = clocks.counted_to().filter(|_| state.left_for().is_some());
    counted.map_or_else(String::new, |counted| format!(", counted to {counted}"))
}

/// What a loss of what clients wrote to a fork leaves out: the time before in which they wrote nowhere.
pub fn left_out(state: &RunState, clocks: &Clocks) -> Option<String> {
    state.left_for()?.left_out(clocks.judged_from.or(clocks.whole_until)?, clocks.loss_instant?)
}

/// Why no recovery point was achieved, where none was.
pub(super) fn no_rpo(state: &RunState, clocks: &Clocks) -> String {
    match &state.opening.before.clients_moved {
        Some(moved) => moved.lacks(),
        None if !was_read(state) => "no check read the restored data".to_owned(),
        None if clocks.newest_proven.is_none() => "no row or commit proven in the fork".to_owned(),
        None => "what the copy held when it was chosen from is not known, so what was given up by choice cannot be told from what was lost".to_owned(),
    }
}
