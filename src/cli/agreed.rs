//! To which point a typed name agrees where nobody sees it: to one that somebody named or saw, or that is
//! read anew and loses no more than what was agreed to before.

use crate::domain::fork::ForkPoint;
use crate::domain::{Edge, Target};
use crate::runbook::{Attempt, RunState};

/// Which points are meant by a typed name.
#[derive(Debug, Clone, Default)]
pub(super) struct Meant {
    /// Whether somebody said which one.
    pub(super) named: bool,
    /// The one that stood when the run was taken up: it was shown.
    pub(super) shown: Option<ForkPoint>,
}

impl Meant {
    /// Why the typed name does not agree to the point that waits for it.
    pub(super) fn unseen(&self, state: &RunState) -> Option<String> {
        let point = state.attempt.point.as_ref()?;
        if self.shown.as_ref() == Some(point) {
            return None;
        }
        if !self.named && point.last_known.is_some() {
            return Some(format!("nobody named or saw {}", point.words()));
        }
        // Who names an instant, or the oldest, says how much is given up; who names the newest does not.
        let says_loss = self.named && state.attempt.target != Target::Newest;
        let agreed = state.earlier.iter().rev().find_map(Attempt::agreed).filter(|_| !says_loss)?;
        may_lose_more(point, agreed)
            .then(|| format!("{} may lose more than {}, which was agreed to", point.words(), agreed.words()))
    }
}

/// Whether the one may give up writes that the other does not.
fn may_lose_more(point: &ForkPoint, agreed: &ForkPoint) -> bool {
    let is_bounded = |point: &ForkPoint| point.promised_is != Edge::AtMost;
    point.promised < agreed.promised || (is_bounded(agreed) && !is_bounded(point))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::at;
    use crate::runbook::sample::{World, fork_point, opening, until};
    use crate::runbook::{Answer, Command, RunKind, StepKind};

    /// A run whose first attempt restores to 12:00:19, and its second waits for a word to this point.
    fn second(target: Option<Target>, point: ForkPoint) -> (Option<ForkPoint>, RunState) {
        let mut journal = until(opening(RunKind::Incident), StepKind::Wait, &mut World::default());
        let stood = journal.state.attempt.point.clone();
        journal.command(Command::NewAttempt { reason: "stuck".to_owned(), target }).unwrap();
        journal.answer(Answer::Point(Ok((point, Vec::new()))));
        assert!(journal.state.attempt.point.is_some() && journal.state.attempt.confirmed_at.is_none());
        (stood, journal.state)
    }

    #[test]
    fn s26_a_further_attempt_agrees_to_nothing_that_nobody_named_or_saw_and_to_no_further_loss() {
        let read = fork_point;
        let known = |promised| ForkPoint { last_known: Some(at("2026-11-20T11:00:00Z")), ..read(promised) };
        let at_most = ForkPoint { promised_is: Edge::AtMost, ..read("2026-11-20T12:05:00Z") };
        let instant = Target::At(at("2026-11-20T11:00:00Z"));
        for (point, target, seen, named) in [
            (read("2026-11-20T12:05:00Z"), None, true, true),
            (read("2026-11-20T12:00:19Z"), None, true, true),
            (read("2026-11-20T11:00:00Z"), None, false, false),
            (read("2026-11-20T11:00:00Z"), Some(instant), false, true),
            (at_most, None, false, false),
            (known("2026-11-20T12:05:00Z"), None, false, true),
            (known("2026-11-20T11:00:00Z"), Some(Target::Oldest), false, true),
        ] {
            let (shown, state) = second(target, point.clone());
            let is_meant = |named| Meant { named, shown: shown.clone() }.unseen(&state).is_none();
            assert_eq!((is_meant(false), is_meant(true)), (seen, named), "{point:?}");
            let saw = Meant { named: false, shown: Some(point) };
            assert_eq!(saw.unseen(&state), None, "it stood when the run was taken up");
        }
    }
}
