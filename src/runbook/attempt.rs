//! One attempt of a run: its point, and what is known of its fork (S20).

use super::{Opening, names};
use crate::domain::fork::{
    CallPreview, ForkPoint, ForkRequest, Made, PointRefused, Progress, ProgressState, Removal, proves_absence,
};
use crate::domain::{Target, Timestamp};

/// One attempt: one point, at most one fork (S20).
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// Number, from 1.
    pub number: u32,
    /// When it began.
    pub opened_at: Timestamp,
    /// Why, from the second on.
    pub reason: Option<String>,
    /// The fork's name.
    pub name: String,
    /// What was asked for.
    pub target: Target,
    /// The point of the attempt before it, where it goes for the same one.
    pub again: Option<ForkPoint>,
    /// The point, once resolved.
    pub point: Option<ForkPoint>,
    /// The exact calls it takes (S36).
    pub calls: Vec<CallPreview>,
    /// Why the target was refused, if it was.
    pub refused: Option<PointRefused>,
    /// When the point was agreed to.
    pub confirmed_at: Option<Timestamp>,
    /// The newest that could have been chosen when it was agreed to, as far as whoever agreed knew.
    pub newest_there: Option<Timestamp>,
    /// The request as it was or will be sent.
    pub request: Option<ForkRequest>,
    /// How often it was sent.
    pub sent: u32,
    /// Since when it is asked for, over all calls of which none was taken.
    pub asked_at: Option<Timestamp>,
    /// Whether any call may have made the fork: one was accepted, had no answer, or it was seen.
    pub made: bool,
    /// Whether somebody came back to it: then a restore that died is taken up without asking (S21).
    pub adopted: bool,
    /// What is known of the fork.
    pub fork: ForkStanding,
    /// Whether a look ever found it, with our mark; else it may exist where a call may have made it.
    pub seen: bool,
    /// How far it is, and when that was seen.
    pub progress: Option<(Timestamp, Progress)>,
    /// When the first bytes of base data were seen, and how many: the pace counts from there.
    pub copying_since: Option<(Timestamp, u64)>,
    /// When the restore was last known not to be over: asked for, or seen at work.
    pub unfinished_at: Option<Timestamp>,
    /// When something last moved in it.
    pub moved_at: Option<Timestamp>,
    /// Its removal: when last heard of, and how; `None` inside = asked, no answer yet.
    pub removal: Option<(Timestamp, Option<Removal>)>,
}

/// What is known of an attempt's fork.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ForkStanding {
    /// Never asked for.
    NotAsked,
    /// Asked for; what came of it, and what looks by name found.
    Asked(Asked),
    /// The provider did not take it yet: nothing was made, and it is asked for again.
    NotTaken {
        /// Why.
        why: String,
        /// From when on.
        again_at: Timestamp,
    },
    /// The provider did not take it: nothing was made.
    Refused {
        /// Why.
        why: String,
        /// An earlier point that may do, proposed, never sent by itself.
        propose: Option<Timestamp>,
    },
    /// It exists and carries our mark.
    Mine,
    /// Something of this name exists without our mark: never adopted, never removed.
    Foreign(String),
    /// It was looked for three times over 30 s and is not there; a person decides.
    Absent,
    /// It accepts writes; the newest commit found in it, where known.
    Restored(Option<Timestamp>),
    /// It will not finish.
    Failed {
        /// Why.
        why: String,
        /// Whether the same attempt can be taken up again.
        can_resume: bool,
    },
}

/// Why an outcome is unknown of which whoever comes back finds the intent alone (S20).
pub const UNANSWERED: &str = "lifeboat ended between writing its intent and an answer";

/// A fork that was asked for and not yet seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Whether the provider said that it took it: its response.
    pub accepted: Option<String>,
    /// Why the outcome is unknown; `None` while the answer is awaited or when it was accepted.
    pub unknown: Option<String>,
    /// When it was looked for and not found, since it was last asked for, oldest first.
    pub absent_at: Vec<Timestamp>,
    /// Why it could not be looked for, when that was the last answer.
    pub cannot_tell: Option<String>,
}

impl Asked {
    /// Whether it was looked for and not found three times over 30 s (S20).
    pub fn is_absent(&self) -> bool {
        proves_absence(&self.absent_at)
    }
}

impl Attempt {
    /// An attempt for which nothing was done yet.
    pub(super) fn new(
        opening: &Opening,
        number: u32,
        at: Timestamp,
        target: Target,
        reason: Option<String>,
    ) -> Self {
        let member = &opening.member;
        let given = member.fork_name.as_deref();
        Self {
            number,
            opened_at: at,
            reason,
            name: names::fork_name(opening.kind, &member.service, &opening.token, given, number),
            target,
            again: None,
            point: None,
            calls: Vec::new(),
            refused: None,
            confirmed_at: None,
            newest_there: None,
            request: None,
            sent: 0,
            asked_at: None,
            made: false,
            adopted: false,
            fork: ForkStanding::NotAsked,
            seen: false,
            progress: None,
            copying_since: None,
            unfinished_at: None,
            moved_at: None,
            removal: None,
        }
    }

    /// The point, once it was agreed to.
    pub fn agreed(&self) -> Option<&ForkPoint> {
        self.point.as_ref().filter(|_| self.confirmed_at.is_some())
    }

    /// Takes in how many bytes are there. Fewer than before: it began again.
    pub(super) fn copied(&mut self, at: Timestamp, progress: &Progress) {
        let counts = progress.counts_base_data() && progress.state == ProgressState::Working;
        let Some(done) = progress.done.filter(|_| counts) else { return };
        if self.copying_since.is_none_or(|(_, first)| done < first) {
            self.copying_since = Some((at, done));
        }
    }

    /// The earlier point that its provider proposed when it refused this one.
    pub const fn proposed(&self) -> Option<Timestamp> {
        match self.fork {
            ForkStanding::Refused { propose, .. } => propose,
            _ => None,
        }
    }

    /// Whether a listing proved that the fork is gone.
    pub fn is_removed(&self) -> bool {
        matches!(self.removal, Some((_, Some(Removal::Proven { .. }))))
    }

    /// When looks proved that the fork is gone though this run did not remove it, and how.
    pub fn vanished(&self) -> Option<(Timestamp, &str)> {
        let (at, progress) = self.progress.as_ref()?;
        Some((*at, progress.proof_of_absence()?))
    }

    /// What is to be known of its fork by the way it is made; `None` where that is not recorded.
    pub fn makes(&self) -> Option<&Made> {
        self.calls.iter().find_map(|call| call.makes.as_ref())
    }

    /// The calls that make its fork and watch it, and those that remove it: the order in which they are previewed.
    pub fn calls_parted(&self) -> (&[CallPreview], &[CallPreview]) {
        let watching = self.calls.iter().skip_while(|call| call.mutating);
        let removing = watching.skip_while(|call| !call.mutating).count();
        self.calls.split_at(self.calls.len() - removing)
    }

    /// Whether a fork of ours exists or may exist: to be listed and cleaned up.
    pub fn may_exist(&self) -> bool {
        let asked = matches!(self.fork, ForkStanding::Asked(_));
        let foreign = matches!(self.fork, ForkStanding::Foreign(_));
        (self.made || asked) && !foreign && !self.is_removed() && self.vanished().is_none()
    }
}
