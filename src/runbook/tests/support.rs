//! What the tests of the rules share.

use crate::domain::Idle;
use crate::domain::fork::ProgressState;
use crate::domain::sample::{at, prove_complete};
pub(super) use crate::runbook::sample::until;
use crate::runbook::sample::{Journal, World, fork_point, opening, passed, progress, willing};
use crate::runbook::*;

pub(super) fn drill() -> Opening {
    opening(RunKind::Drill)
}

pub(super) fn incident() -> Opening {
    opening(RunKind::Incident)
}

pub(super) fn closed(opening: Opening) -> Conclusion {
    let mut journal = Journal::open(opening);
    journal.drive(&mut World::default(), willing);
    journal.state.closed.unwrap().1
}

pub(super) fn wants(journal: &Journal, name: &str) -> bool {
    effects(&journal.state).iter().any(|effect| effect.call.key().name == name)
}

/// An opening whose primary was proven at 12:04:00 to have written nothing since 12:00:19.
pub(super) fn idle(mut opening: Opening) -> Opening {
    prove_complete(&mut opening.before.service, "2026-11-20T12:00:19Z", "2026-11-20T12:04:00Z");
    opening.before.assessment.idle = Idle::Proven { last_commit: at("2026-11-20T12:00:19Z") };
    opening
}

/// A run confirmed at an instant whose restored service shows `newest` as its newest data.
pub(super) fn validated(mut opening: Opening, point: &str, confirmed: &str, newest: &str) -> Journal {
    opening.assume_yes = false;
    let mut world = World::default();
    let mut journal = until(opening, StepKind::ChoosePoint, &mut world);
    validate(&mut journal, &mut world, Chosen { point, confirmed, there: None, newest });
    journal
}

/// A point, when it was agreed to, what was there by then, and the newest data of its restored service.
#[derive(Clone, Copy)]
pub(super) struct Chosen<'a> {
    pub(super) point: &'a str,
    pub(super) confirmed: &'a str,
    pub(super) there: Option<&'a str>,
    pub(super) newest: &'a str,
}

/// Takes a run from choosing its point to what its checks read.
pub(super) fn validate(journal: &mut Journal, world: &mut World, chosen: Chosen<'_>) {
    journal.answer(Answer::Point(Ok((fork_point(chosen.point), Vec::new()))));
    if journal.state.current == Some(StepKind::Readiness) {
        for effect in effects(&journal.state) {
            journal.answer(world.answer(&effect.call, journal.now));
        }
    }
    journal.now = at(chosen.confirmed);
    let (typed, newest_there) = ("orders-db".to_owned(), chosen.there.map(at));
    journal.command(Command::Confirm { typed, simulated_loss: None, newest_there }).unwrap();
    for _ in ["asked for", "found"] {
        for effect in effects(&journal.state) {
            journal.answer(world.answer(&effect.call, journal.now));
        }
    }
    let (attempt, newest) = (journal.state.attempt.number, Some(at(chosen.newest)));
    let restored = ProgressState::Restored { newest_commit: newest };
    journal.answer(Answer::Progress(attempt, progress("up", restored)));
    journal.answer(Answer::Checks(attempt, vec![passed("newest-row", newest)]));
}
