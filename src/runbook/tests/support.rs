//! What the tests of the rules share.

use crate::runbook::sample::{Journal, World, opening, willing};
use crate::runbook::*;

pub(super) fn drill() -> Opening {
    opening(RunKind::Drill)
}

pub(super) fn incident() -> Opening {
    opening(RunKind::Incident)
}

/// Runs until a step begins, with a person who does what is asked.
pub(super) fn until(opening: Opening, step: StepKind, world: &mut World) -> Journal {
    let mut journal = Journal::open(opening);
    journal.input(&Input::Tick).unwrap();
    for _ in 0..100 {
        if journal.state.current == Some(step) {
            return journal;
        }
        if let Some(command) = willing(&journal.state) {
            journal.command(command).unwrap();
            continue;
        }
        for effect in effects(&journal.state) {
            let answer = world.answer(&effect.call, journal.now);
            journal.answer(answer);
        }
        journal.later(15);
    }
    panic!("{step:?} is never reached: {}", now_line(&journal.state, journal.now));
}

pub(super) fn closed(opening: Opening) -> Conclusion {
    let mut journal = Journal::open(opening);
    journal.drive(&mut World::default(), willing);
    journal.state.closed.unwrap().1
}

pub(super) fn wants(journal: &Journal, name: &str) -> bool {
    effects(&journal.state).iter().any(|effect| effect.call.key().name == name)
}
