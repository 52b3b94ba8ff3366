//! Words of a person that change nothing but the journal, for a run that nobody drives: they are taken
//! without its source, whatever became of that, so that no run stands in an incident's way (S25, S30).

use super::{Command, Event, Input, Refused, RunState, decide};
use crate::domain::Timestamp;

impl Command {
    /// Whether it changes nothing but the journal: no call follows from it.
    pub const fn is_only_written(&self) -> bool {
        matches!(self, Self::Abort { .. } | Self::Note { .. } | Self::ClientsLeft { .. })
    }
}

/// What such a command brings to a run that nobody drives. Nothing else follows: what the run would go on with is
/// left to whoever takes it up.
///
/// # Errors
/// When the command makes no sense now, or needs a driver.
pub fn put_down(state: &RunState, command: &Command, now: Timestamp) -> Result<Vec<Event>, Refused> {
    if !command.is_only_written() {
        return Err(Refused("nobody drives the run: take it up first".to_owned()));
    }
    let mut events = taken_up(state, command);
    let mut next = state.clone();
    for event in &events {
        next.fold(now, event);
    }
    events.extend(decide(&next, &Input::Command(command.clone()), now)?);
    Ok(events)
}

/// A run that was left is ended by whoever takes it up; one that nobody left in order is left first, so that
/// it does not go on from a note.
fn taken_up(state: &RunState, command: &Command) -> Vec<Event> {
    let ends = matches!(command, Command::Abort { .. });
    match (state.is_over(), state.is_left()) {
        (false, _) if ends => vec![Event::Resumed],
        (false, false) => {
            vec![Event::Resumed, Event::Detached { why: "taken up only to write this down".to_owned() }]
        }
        (true, _) | (false, true) => Vec::new(),
    }
}
