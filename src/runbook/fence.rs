//! The obligation to keep the old primary from writing (R28, S22).

mod power;

use chrono::TimeDelta;

use super::{ForkStanding, RunState, StepKind};
use crate::domain::{Life, Liveness, Power, Service, Timestamp};

/// So long a probe says whether the old primary answers (S2): of the same answers one a minute is put down.
pub(super) const KNOWN_FOR: TimeDelta = TimeDelta::minutes(2);

/// The obligation to fence the old primary: opened at declaration, blocks only cut over (S22).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fence {
    /// When it was opened; never in a drill.
    pub opened_at: Option<Timestamp>,
    /// Whether the old primary answered when last probed, and when that was.
    pub primary: Option<(Timestamp, bool)>,
    /// Why it cannot be asked any more, while it cannot.
    pub unseen: Option<String>,
    /// Since when it is silent, while it is.
    pub silent_since: Option<Timestamp>,
    /// Since when it answers without a break, while it does.
    pub alive_since: Option<Timestamp>,
    /// When it last answered during the run, before its address could lead to the fork.
    pub last_alive: Option<Timestamp>,
    /// From when on its address may lead to the fork: whatever answers there is no sign of either.
    pub either_from: Option<Timestamp>,
    /// Since when its address leads to the fork, and who says so: what answers there is the fork from then on.
    pub name_moved: Option<Box<(Timestamp, String)>>,
    /// From when to when something answered at its address since then, last.
    pub answered_since: Option<(Timestamp, Timestamp)>,
    /// When it last did before clients used the fork.
    pub answered_before_move: Option<Timestamp>,
    /// The same, while nobody stated after it to when the old primary wrote: it may have been that.
    pub may_have_lived: Option<Timestamp>,
    /// When the run began.
    begun: Timestamp,
    /// Whether the service was switched on then, as far as is known by now.
    found: Power,
    /// Its life as the run counts it: from its own probes, and from what the board was seen to know (S5).
    pub life: Life,
    /// What the last probe saw.
    pub seen: Option<String>,
    /// Calls made to the primary by this run (EV24).
    pub calls: u32,
    /// That a person said it was fenced.
    pub fenced: Option<Fenced>,
    /// The same, said before that.
    pub fenced_before: Vec<Fenced>,
    /// Why a person went on without it, in writing, and when.
    pub overridden: Option<(Timestamp, String)>,
    /// What was known when the run began, and each look since: a word on when its address was moved sorts them anew.
    looks: Vec<Look>,
}

/// A person's word that it cannot take writes any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fenced {
    /// When it was said.
    pub at: Timestamp,
    /// Who said so.
    pub by: String,
    /// How it was done.
    pub how: String,
    /// Whether a look at it met silence then.
    pub is_seen: bool,
}

impl Fenced {
    /// How it was done; a word that no look bears out is told with whose it is.
    pub fn text(&self) -> String {
        let Self { by, how, is_seen, .. } = self;
        if *is_seen { how.clone() } else { format!("{how} (stated by {by}, not seen)") }
    }
}

/// What the run was told of the old primary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    /// Its own probe, and when that was last answered.
    Probe { at: Timestamp, answers: bool, last_answer: Option<Timestamp> },
    /// What the board knew.
    Board(Life),
    /// Its source said that it is switched off, and was when the run began.
    Off,
}

/// What a run knows of whether the old primary answers (S2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight<'a> {
    /// This run has not probed it.
    NotProbed,
    /// It answers.
    Answers {
        /// When it was seen to.
        at: Timestamp,
    },
    /// Its address may lead to the fork, and something answers: the old primary, or the fork.
    Something {
        /// Since when.
        since: Timestamp,
        /// When it was last seen to.
        at: Timestamp,
    },
    /// It does not.
    Silent {
        /// Since when.
        since: Timestamp,
        /// When it was last tried.
        at: Timestamp,
    },
    /// It cannot be asked any more.
    NotKnown {
        /// The last probe, and whether it was answered.
        last: Option<(Timestamp, bool)>,
        /// Why.
        why: &'a str,
    },
}

impl RunState {
    /// What must not take writes any more once clients use the new fork: what they used until then.
    pub fn to_fence(&self) -> &str {
        self.left_for().map_or("the old primary", |moved| &moved.fork)
    }

    /// What is probed, in a sentence about it: where clients had left it, that is another than what they used.
    pub fn probed(&self) -> String {
        self.left_for().map_or_else(
            || "the old primary".to_owned(),
            |_| format!("the old primary of {}", self.opening.member.service),
        )
    }

    /// Whether the address of the old primary may lead to the present fork or an earlier one: that was restored, and a
    /// person said that the old primary is shut, or is asked to move clients (S22).
    pub(super) fn may_lead_to_fork(&self) -> bool {
        let is_asked = self.current == Some(StepKind::CutOver) && self.fence.lets_cut_over();
        let may_be_moved = self.has_fork_to_lead_to() && (self.fence.fenced.is_some() || is_asked);
        !self.is_drill() && (may_be_moved || self.cut_over_at.is_some())
    }

    /// Whether there is a fork that answers, for a name to lead to.
    pub fn has_fork_to_lead_to(&self) -> bool {
        let is_restored = self.attempts().any(|attempt| matches!(attempt.fork, ForkStanding::Restored(_)));
        is_restored || self.step(StepKind::Wait).is_some_and(|step| step.status.is_over())
    }

    /// That what clients used is seen by no probe of this run, where an earlier one had moved them.
    pub fn unprobed_fork(&self) -> Option<String> {
        self.left_for().map(|moved| format!("{} is not probed by this run", moved.fork))
    }
}

impl Fence {
    /// What was known of the old primary when the run began.
    pub(super) fn of(service: &Service, begun: Timestamp) -> Self {
        Self { begun, found: service.power(), ..Self::seeing(service.life()) }
    }

    fn seeing(life: Life) -> Self {
        let (silent_since, looks) = (life.liveness.silent_since(), vec![Look::Board(life)]);
        Self { silent_since, life, looks, ..Self::default() }
    }

    /// Takes in what the board knows, of which only so much counts by now.
    pub(super) fn heard(&mut self, known: Life, counts: Life) {
        self.looks.push(Look::Board(known));
        self.life = counts;
    }

    /// Takes in a person's word that its address leads to the fork since then. An answer before was the old primary's,
    /// one since then the fork's, whatever was made of either when it was seen.
    pub(super) fn moved_name(&mut self, since: Timestamp, by: String) {
        let before = std::mem::take(self);
        let (begun, looks) = match before.looks.split_first() {
            Some((Look::Board(begun), looks)) => (*begun, looks),
            _ => (Life::default(), &before.looks[..]),
        };
        *self = Self {
            opened_at: before.opened_at,
            begun: before.begun,
            found: before.found,
            either_from: Some(since),
            name_moved: Some(Box::new((since, by))),
            seen: before.seen,
            calls: before.calls,
            // What was silent by then was not it.
            fenced: before.fenced.map(|said| Fenced { is_seen: said.is_seen && said.at < since, ..said }),
            fenced_before: before.fenced_before,
            overridden: before.overridden,
            ..Self::seeing(begun)
        };
        for look in looks.iter().copied() {
            match look {
                Look::Probe { at, answers, last_answer } => self.probed(at, answers, last_answer, false),
                Look::Board(known) => self.heard(known, self.life.merged(known.probed_until(since))),
                Look::Off => self.powered(before.found),
            }
        }
        self.life.written = before.life.written;
        self.unseen = before.unseen;
    }

    /// Takes in a probe of this run, the first of its kind for a while: the answers since the one before
    /// are known by the last of them. Once the address may lead to the fork, no answer proves the life of the old
    /// primary, unless it answered all the while; and once clients were moved, no look says more of it.
    pub(super) fn probed(
        &mut self,
        at: Timestamp,
        answers: bool,
        last_answer: Option<Timestamp>,
        is_moved: bool,
    ) {
        if !is_moved {
            self.looks.push(Look::Probe { at, answers, last_answer });
        }
        let last_answer = if answers { Some(at) } else { last_answer };
        let goes_on = self.primary.is_some_and(|(_, answered)| answered);
        let is_led_away = is_moved || self.name_moved.is_some();
        let lives_on =
            !is_led_away && self.is_alive() && self.primary.is_some_and(|(last, _)| at - last < KNOWN_FOR);
        self.primary = Some((at, answers));
        self.unseen = None;
        self.silent_since = if answers { None } else { self.silent_since.or(Some(at)) };
        let is_either =
            |answered: &Timestamp| !lives_on && self.either_from.is_some_and(|from| *answered >= from);
        let (proof, either) =
            (last_answer.filter(|answered| !is_either(answered)), last_answer.filter(is_either));
        if let Some(last) = either {
            let begun = self.answered_since.filter(|_| goes_on).map(|(since, _)| since);
            self.answered_since = Some((begun.unwrap_or(last), last));
            if !is_led_away {
                (self.answered_before_move, self.may_have_lived) = (Some(last), Some(last));
            }
        }
        self.last_alive = self.last_alive.max(proof);
        let begun = self.alive_since.filter(|_| lives_on);
        self.alive_since = proof.filter(|_| answers).map(|at| begun.unwrap_or(at));
        let answered = proof.map_or(Liveness::NotProbed, |at| Liveness::Answers { at });
        self.life.liveness = self.life.liveness.merged(answered);
        let is_a_sign = if answers { proof.is_some() } else { !self.is_off() };
        if !is_moved && is_a_sign {
            self.life.liveness = self.life.liveness.looked(answers, at);
        }
    }

    /// What is known of whether the old primary answers.
    pub fn sight(&self) -> Sight<'_> {
        let either = self.answered_since.filter(|(_, last)| self.primary == Some((*last, true)));
        match (self.primary, &self.unseen) {
            (last, Some(why)) => Sight::NotKnown { last: last.filter(|_| either.is_none()), why },
            (Some((at, true)), None) => {
                either.map_or(Sight::Answers { at }, |(since, at)| Sight::Something { since, at })
            }
            (Some((at, false)), None) => Sight::Silent { since: self.silent_since.unwrap_or(at), at },
            (None, None) => Sight::NotProbed,
        }
    }

    /// Whether a look at it met silence just before `now`: not one at where its name leads away.
    pub(super) fn is_seen_silent(&self, now: Timestamp) -> bool {
        let is_silent = matches!(self.sight(), Sight::Silent { at, .. } if now - at < KNOWN_FOR);
        is_silent && self.name_moved.is_none()
    }

    /// Whether it is news at `now` that the old primary could not be asked: a single look that fails says
    /// nothing against the one before.
    pub(super) fn is_out_of_sight(&self, now: Timestamp) -> bool {
        self.unseen.is_none() && self.primary.is_none_or(|(at, _)| now - at >= KNOWN_FOR)
    }

    /// Whether the old primary answers, as far as is known.
    pub fn is_alive(&self) -> bool {
        matches!(self.sight(), Sight::Answers { .. })
    }

    /// From when on an answer may be that of a fork. What answers all the while is the old primary, as long as a look
    /// holds and nobody said otherwise.
    pub fn may_be_a_fork_from(&self, is_moved: bool) -> Option<Timestamp> {
        let lives_on = !is_moved && self.name_moved.is_none() && self.is_alive();
        let lived = self.primary.filter(|_| lives_on).map(|(last, _)| last + KNOWN_FOR);
        self.either_from.map(|from| lived.map_or(from, |lived| lived.max(from)))
    }

    /// Whether it answers, or something does that may be it.
    pub fn may_be_alive(&self) -> bool {
        let is_either = matches!(self.sight(), Sight::Something { .. }) && self.name_moved.is_none();
        self.is_alive() || is_either
    }

    /// The word that it is fenced, where that is all there is.
    pub fn by_word_alone(&self) -> Option<&Fenced> {
        self.fenced.as_ref().filter(|said| !said.is_seen && self.overridden.is_none())
    }

    /// When it, or something that may be it, last answered although it was `said` to be fenced then; and whether that was
    /// surely it.
    pub fn answered_after(&self, said: &Fenced) -> Option<(Timestamp, bool)> {
        let lived = self.last_alive.max(self.life.liveness.last_alive());
        let last = lived.max(self.answered_before_move).filter(|answered| *answered >= said.at)?;
        Some((last, self.answered_before_move.is_none_or(|either| either < last)))
    }

    /// When it, or something that may be it, answered although it was said to be fenced before.
    pub fn answered_after_fence(&self) -> Option<Timestamp> {
        self.answered_after(self.fenced.as_ref()?).map(|(last, _)| last)
    }

    /// Whether that was surely it.
    pub fn lived_after_fence(&self) -> bool {
        let answered = self.fenced.as_ref().and_then(|said| self.answered_after(said));
        answered.is_some_and(|(_, is_surely_it)| is_surely_it)
    }

    /// Whether cut over may happen: overridden in writing, or fenced, and nothing seen to answer now or ever after
    /// that was said: a silence that follows an answer proves no fence.
    pub fn lets_cut_over(&self) -> bool {
        let holds = self.fenced.is_some() && !self.is_alive() && self.answered_after_fence().is_none();
        self.overridden.is_some() || holds
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::ClientsMoved;
    use crate::domain::sample::at;
    use crate::runbook::sample::{Journal, World, opening, willing};
    use crate::runbook::*;

    /// An incident that waits for its fence, of a service whose clients an earlier one had moved or not.
    fn to_be_fenced(moved: bool) -> Journal {
        let mut opening = opening(RunKind::Incident);
        opening.before.clients_moved = moved.then(|| ClientsMoved {
            run: "inc-1".to_owned(),
            fork: "orders-db-wsom2s".to_owned(),
            at: at("2026-11-20T12:00:30Z"),
            ..ClientsMoved::default()
        });
        let (mut journal, mut world) = (Journal::open(opening), World::default());
        journal.input(&Input::Tick).unwrap();
        for _ in 0..100 {
            match (need(&journal.state), willing(&journal.state)) {
                (Some(Need::Fence), _) => return journal,
                (_, Some(command)) => drop(journal.command(command).unwrap()),
                _ => {}
            }
            for effect in effects(&journal.state) {
                let answer = world.answer(&effect.call, journal.now);
                journal.answer(answer);
            }
            journal.later(15);
        }
        panic!("the fence is never asked for: {}", now_line(&journal.state, journal.now));
    }

    #[test]
    fn s22_a_second_incident_fences_the_fork_that_clients_used_and_the_old_primary_where_it_answers() {
        let fence = |journal: &Journal| {
            rows(&journal.state, journal.now).into_iter().find(|row| row.title == "fence").unwrap().result
        };
        let shut = || Command::Fence { how: "powered off".to_owned() };
        let mut first = to_be_fenced(false);
        assert!(now_line(&first.state, first.now).starts_with("Make sure that the old primary cannot"));
        assert!(fence(&first).starts_with("not fenced; old primary silent"), "{}", fence(&first));
        let mut second = to_be_fenced(true);
        let asked = now_line(&second.state, second.now);
        assert!(asked.starts_with("Make sure that orders-db-wsom2s cannot come back"), "{asked}");
        let told = fence(&second);
        assert!(
            told.starts_with("not fenced; orders-db-wsom2s is not probed by this run; old primary silent"),
            "{told}"
        );
        let (answers, text) = (true, "answers".to_owned());
        let answer = Answer::Primary { answers, calls: 1, text, last_answer: None };
        for journal in [&mut first, &mut second] {
            journal.answer(answer.clone());
        }
        let asked = now_line(&second.state, second.now);
        let both = "The old primary of orders-db ANSWERS. Shut it and orders-db-wsom2s off, or override";
        assert!(asked.starts_with(both), "{asked}");
        let refused = second.command(shut()).unwrap_err().to_string();
        assert!(refused.starts_with("the old primary of orders-db answers, too"), "{refused}");
        let refused = first.command(shut()).unwrap_err().to_string();
        assert!(refused.starts_with("the old primary answers, so it is not fenced"), "{refused}");
        let refused = second.command(Command::Fence { how: " ".to_owned() }).unwrap_err().to_string();
        assert!(refused.starts_with("how orders-db-wsom2s was fenced is needed"), "{refused}");
    }
}
