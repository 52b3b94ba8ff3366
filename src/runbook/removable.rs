//! Which forks of a run clean-up may take, and which one it never takes.

use super::{Attempt, RunState, StepKind};
use crate::domain::fork::CallPreview;
use crate::domain::{ForkLeft, Timestamp};

impl RunState {
    /// The fork that is the service, or is to be while an incident goes on: that of the present attempt. Clean-up never
    /// takes it. Once the run is over, no fork will be the service to which nothing was cut over.
    pub fn fork_in_use(&self) -> Option<&Attempt> {
        let is_to_be = self.aborted.is_none() && !self.is_over();
        let wanted = self.cut_over_at.is_some() || is_to_be;
        let kept = !self.is_drill() && self.clients_left_at.is_none() && wanted;
        Some(&self.attempt).filter(|attempt| kept && attempt.may_exist())
    }

    /// Whether clients were moved to its fork and, by its journal, use it still.
    pub fn has_clients(&self) -> bool {
        self.clients_on().is_some()
    }

    /// The fork that clients were moved to and, by its journal, use still; and since when.
    pub fn clients_on(&self) -> Option<(&Attempt, Timestamp)> {
        Some((self.fork_in_use()?, self.cut_over_at?))
    }

    /// The forks that clean-up may take now; that of a drill which goes on only at its own step.
    pub fn removable(&self) -> impl Iterator<Item = &Attempt> {
        let in_use = self.fork_in_use().is_some();
        let goes_on = self.is_drill() && !self.is_over() && self.current != Some(StepKind::CleanUp);
        let present = self.attempt.number;
        self.attempts()
            .filter(|attempt| attempt.may_exist())
            .filter(move |attempt| attempt.number != present || !(in_use || goes_on))
    }

    /// The exact calls of its present attempt, and those that remove its forks (S36): in an incident only of such as
    /// clean-up may take or took, so that nobody pastes the removal of the service.
    pub fn calls(&self) -> impl Iterator<Item = &CallPreview> {
        let shown = self.attempts().filter(|attempt| self.shows_removal_of(attempt));
        let removing = shown.flat_map(|attempt| attempt.calls_parted().1);
        self.attempt.calls_parted().0.iter().chain(removing)
    }

    /// Whether the calls that remove the fork of an attempt are told to anybody.
    pub fn shows_removal_of(&self, attempt: &Attempt) -> bool {
        let is_present = attempt.number == self.attempt.number;
        let is_taken = || self.removable().any(|taken| taken.number == attempt.number);
        (is_present && self.is_drill()) || attempt.is_removed() || is_taken()
    }

    /// The forks that it left behind: once it is over nothing takes them but a clean-up.
    pub fn left_behind(&self) -> Vec<ForkLeft> {
        let left = self.removable().filter(|_| self.is_over());
        left.map(|attempt| self.fork_left(attempt, self.clients_left_at.is_some())).collect()
    }

    /// A fork of it as one that is left behind.
    pub fn fork_left(&self, attempt: &Attempt, had_clients: bool) -> ForkLeft {
        ForkLeft {
            fork: attempt.name.clone(),
            run: self.id().to_owned(),
            service: self.opening.member.service.clone(),
            was_seen: attempt.seen,
            had_clients: had_clients && attempt.number == self.attempt.number,
            config_files: self.opening.config_files(),
        }
    }

    /// The names of the forks that clean-up may take: of those that were seen, or of those that may exist, never seen.
    pub fn names_left(&self, seen: bool) -> Option<String> {
        let left = self.removable().filter(|attempt| attempt.seen == seen);
        let names: Vec<&str> = left.map(|attempt| attempt.name.as_str()).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }

    /// Why there is nothing for clean-up to take.
    pub fn nothing_removable(&self) -> String {
        match self.fork_in_use() {
            Some(fork) if self.cut_over_at.is_some() => format!(
                "kept: clients use {name}. Once they use another service, say so by `--clients-left WHAT-WAS-DONE` with \
                 `runs clean-up`: then it is removed",
                name = fork.name
            ),
            Some(fork) => format!("kept: {} is the service to be", fork.name),
            None if self.attempt.may_exist() => {
                "the drill still uses its fork; clean-up is its last step".to_owned()
            }
            None => "there is no fork of this run to remove".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Target;
    use crate::domain::fork::{Found, Removal};
    use crate::domain::sample::at;
    use crate::runbook::sample::{Journal, OPENED, fork_point, making, opening};
    use crate::runbook::{Event, RunKind};

    /// The point of an attempt, whose calls are known with it.
    fn point(attempt: u32) -> Event {
        let call = |what: &str, mutating| {
            let command = format!("{what}-{attempt}");
            CallPreview { command, mutating, ..making() }
        };
        let calls =
            vec![call("make", true), call("watch", false), call("remove", true), call("prove", false)];
        Event::PointResolved { point: fork_point("2026-11-20T12:00:19Z"), calls }
    }

    fn told(state: &RunState) -> String {
        state.calls().map(|call| call.command.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn s36_the_calls_that_remove_a_fork_are_shown_before_and_after_and_never_of_one_in_use() {
        let mut drill = Journal::open(opening(RunKind::Drill)).state;
        drill.fold(at(OPENED), &point(1));
        assert_eq!(told(&drill), "make-1 watch-1 remove-1 prove-1");

        let mut state = Journal::open(opening(RunKind::Incident)).state;
        let reason = "stuck".to_owned();
        let proof = "not listed".to_owned();
        for (event, wanted) in [
            (point(1), "make-1 watch-1"),
            (Event::ForkSeen { attempt: 1, found: Found::Mine }, "make-1 watch-1"),
            (
                Event::AttemptOpened { attempt: 2, reason, target: Target::Newest, again: None },
                "remove-1 prove-1",
            ),
            (point(2), "make-2 watch-2 remove-1 prove-1"),
            (Event::ForkSeen { attempt: 2, found: Found::Mine }, "make-2 watch-2 remove-1 prove-1"),
            (Event::CutOverConfirmed { text: "DNS".to_owned() }, "make-2 watch-2 remove-1 prove-1"),
            (
                Event::RemovalAnswered { attempt: 1, removal: Removal::Proven { proof } },
                "make-2 watch-2 remove-1 prove-1",
            ),
            (
                Event::ClientsLeft { text: "DNS".to_owned() },
                "make-2 watch-2 remove-1 prove-1 remove-2 prove-2",
            ),
        ] {
            state.fold(at(OPENED), &event);
            assert_eq!(told(&state), wanted, "{event:?}");
        }
    }
}
