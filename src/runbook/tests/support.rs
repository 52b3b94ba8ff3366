//! What the tests of the rules share.

pub(super) use crate::runbook::sample::until;
use crate::runbook::sample::{Journal, World, opening, willing};
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
