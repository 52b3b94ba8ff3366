//! What the driver of a run knows beyond its journal: how far the call under way is, and what keeps it.

use chrono::TimeDelta;

use crate::domain::fork::{CallPreview, ForkPoint, Progress};
use crate::domain::words::instant;
use crate::domain::{Target, Timestamp};

/// What the driver of a run knows beyond its journal.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Live {
    /// How far the restore is, as last seen; the journal has it once a minute.
    pub progress: Option<(Timestamp, Progress)>,
    /// Hash of the journal's last line.
    pub head: Option<String>,
    /// Why the journal cannot be written at this moment; nothing is begun until it can (S25).
    pub journal_lost: Option<String>,
    /// What cannot be done at this moment: a call that fails and is tried again.
    pub trouble: Option<Trouble>,
    /// Why the last command was not taken, and when.
    pub refused: Option<(Timestamp, String)>,
}

/// A call without an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Why.
    pub why: String,
    /// When it is tried again; `None` = not by itself.
    pub again_at: Option<Timestamp>,
    /// Whether whoever was asked wants to be left alone until then.
    pub is_asked: bool,
    /// Since when there is no answer.
    pub since: Timestamp,
    /// What the run goes on with if there is none for too long.
    pub known: Option<Box<(ForkPoint, Vec<CallPreview>)>>,
}

impl Trouble {
    /// Why, when it is tried again, and what becomes of the run if that is in vain.
    pub fn text(&self) -> String {
        let asked = if self.is_asked { ", as it asks" } else { "" };
        let again = self.again_at.map(|at| format!("; tried again at {}{asked}", instant(at)));
        let then = self.goes_on().map(|then| format!("; {then}"));
        [Some(self.why.clone()), again, then].into_iter().flatten().collect()
    }

    /// From when on the run goes on by what was last known (S25), if it can: an instant or a backup means the
    /// same whatever is read of it, but there may be a newer newest by now, and that is given a while.
    pub fn goes_on_at(&self) -> Option<Timestamp> {
        let (point, _) = self.known.as_deref()?;
        Some(match point.target {
            Target::At(_) | Target::Backup(_) => self.since,
            Target::Newest | Target::Oldest => self.since + ASKED_FOR,
        })
    }

    /// The same in words.
    pub fn goes_on(&self) -> Option<String> {
        let ((point, _), at) = self.known.as_deref().zip(self.goes_on_at())?;
        Some(format!("from {} on it goes on with {}", instant(at), point.words()))
    }
}

/// How long a copy that does not answer is asked for its newest or oldest point before what was last known of it
/// is taken.
const ASKED_FOR: TimeDelta = TimeDelta::minutes(1);
