//! What happens next: the only place where facts of a run are made.

mod advance;
mod answer;
mod command;
mod tick;

pub(super) use tick::limit;

use super::{Command, Event, Input, Refused, RunState};
use crate::domain::Timestamp;

/// No input moves a run on by more steps than a plan has, times the few events of one.
const MOST_EVENTS: usize = 100;

/// Says what happened, given an input at an instant. Changes nothing.
///
/// The first events are what the input itself brings; after them come those that follow, as long as
/// the run can go on by itself.
///
/// # Errors
/// When a command makes no sense now: a sentence for the person. Answers are never refused.
pub fn decide(state: &RunState, input: &Input, now: Timestamp) -> Result<Vec<Event>, Refused> {
    let mut events = match input {
        Input::Command(command) => command::on_command(state, command, now)?,
        Input::Answer(answer) => answer::on_answer(state, answer, now),
        Input::Resumed => vec![Event::Resumed],
        Input::Tick => tick::on_tick(state, now),
    };
    let mut next = state.clone();
    for event in &events {
        next.fold(now, event);
    }
    while events.len() < MOST_EVENTS
        && let Some(event) = advance::next(&next, now)
    {
        next.fold(now, &event);
        events.push(event);
    }
    Ok(events)
}

/// Why a command would not be taken now.
pub fn refusal(state: &RunState, command: &Command, now: Timestamp) -> Option<Refused> {
    command::on_command(state, command, now).err()
}

/// Whether commands would be taken now, one after the other. Changes nothing.
///
/// # Errors
/// Why the first that would not be is not.
pub fn would_take(state: &RunState, commands: &[Command], now: Timestamp) -> Result<(), Refused> {
    let mut next = state.clone();
    for command in commands {
        for event in decide(&next, &Input::Command(command.clone()), now)? {
            next.fold(now, &event);
        }
    }
    Ok(())
}
