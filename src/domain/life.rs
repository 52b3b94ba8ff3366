//! What proves that a primary was alive, and from when its data counts as lost (S5, S10).
//!
//! The board and an open run each see signs of life. Merged they give one loss instant: the newest sign
//! of life wins, and a person's word holds only as long as nothing contradicts it.

mod either;
mod silence;
mod written;

use serde::{Deserialize, Serialize};

use super::assessment::LossBasis;
use super::instant::rfc3339;
use super::skew::AGREE;
use super::words::two_instants;
use super::{Liveness, Service, Timestamp};
pub(super) use written::log;
use written::written;

/// What shows that a primary wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WrittenBy {
    /// Data that a copy holds is dated then.
    Data,
    /// A log segment was stored in the primary's region.
    StoredLog,
    /// The log was asked for, and complete.
    CompleteLog,
    /// A commit in the log.
    Commit,
}

/// The newest thing a primary is known to have written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Written {
    /// When.
    pub at: Timestamp,
    /// What shows it.
    pub by: WrittenBy,
}

/// Signs of life of one primary, whoever saw them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Life {
    /// Whether it answers probes.
    pub liveness: Liveness,
    /// The newest thing it wrote.
    pub written: Option<Written>,
}

impl Default for Life {
    fn default() -> Self {
        Self { liveness: Liveness::NotProbed, written: None }
    }
}

/// On what a person's word rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WordIs {
    /// The loss instant itself.
    LossInstant,
    /// Since when the service is down.
    DownSince,
    /// It wrote nothing after that: it is said to be shut, or clients were moved. When it stopped before is not said.
    /// Earlier journals hold a declaration as a word of its own.
    #[serde(alias = "declared")]
    Shut,
}

/// A person's word on when the primary was lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    /// The instant.
    pub at: Timestamp,
    /// Who says so.
    pub by: String,
    /// What was said.
    pub is: WordIs,
}

/// What the open run of a service knows that the board may not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// The run.
    pub run: String,
    /// Signs of life it saw.
    pub life: Life,
    /// What people told it, the most telling first.
    pub words: Vec<Word>,
    /// From when on the address that is probed may lead to its fork: an answer is no sign of life from then on.
    #[serde(default)]
    pub either_from: Option<Timestamp>,
    /// When it began, where it is an incident of a service that is not known to have been off: what stops since is lost,
    /// whoever stopped it.
    #[serde(default)]
    pub on_at: Option<Timestamp>,
}

/// On what a loss instant rests (S5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Ground {
    /// The last answer to a probe.
    Probe,
    /// The first silence of the probe: no sign of life before it is known.
    Silence,
    /// The last word that it is switched off: it was to be silent up to then.
    Off,
    /// The newest thing written.
    Written {
        /// What shows it.
        what: WrittenBy,
    },
    /// A person's word.
    Word {
        /// What was said.
        what: WordIs,
        /// Who said so.
        who: String,
    },
    /// Clients were moved to a fork then, and when that stopped is not known: counted to the move, the least is known
    /// that is lost.
    Moved {
        /// The fork.
        fork: String,
    },
}

/// From when the data of a primary counts as lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LossInstant {
    /// The earliest it can have been lost; `None` when only the latest is known.
    pub earliest: Option<Timestamp>,
    /// The latest.
    pub latest: Timestamp,
    /// On what the earlier end rests.
    pub ground: Ground,
}

/// Why a stated loss instant is not taken (S5, S12).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadWord {
    /// It has not come yet.
    #[error("the loss instant {} lies in the future, now is {}", rfc3339(*at), rfc3339(*now))]
    Future {
        /// What was stated.
        at: Timestamp,
        /// Now.
        now: Timestamp,
    },
    /// The primary is known to have lived after it.
    #[error(
        "the loss instant {} contradicts a proof of life: {} at {}; state that or a later instant, or none",
        rfc3339(*at), ground.text(), rfc3339(*alive)
    )]
    AliveAfter {
        /// What was stated.
        at: Timestamp,
        /// The last proof of life.
        alive: Timestamp,
        /// What it is.
        ground: Ground,
    },
    /// Clients did not use yet what is to have stopped.
    #[error(
        "{what} {} lies before clients were moved to {fork} at {}: state when {fork} stopped, or nothing",
        two_instants(*at, *moved_at).0, two_instants(*at, *moved_at).1
    )]
    BeforeMove {
        /// Which word.
        what: &'static str,
        /// What was stated.
        at: Timestamp,
        /// What clients use.
        fork: String,
        /// Since when.
        moved_at: Timestamp,
    },
}

impl Ground {
    /// In words, to follow an instant or an amount.
    pub fn text(&self) -> String {
        match self {
            Self::Probe => "the last answer to a probe".to_owned(),
            Self::Silence => "the probe's first silence, nothing known before".to_owned(),
            Self::Off => "last known to be switched off".to_owned(),
            Self::Written { what: WrittenBy::Data } => "the newest data in a copy".to_owned(),
            Self::Written { what: WrittenBy::StoredLog } => "the last log the primary stored".to_owned(),
            Self::Written { what: WrittenBy::CompleteLog } => "the log was complete".to_owned(),
            Self::Written { what: WrittenBy::Commit } => "the last commit in the log".to_owned(),
            Self::Word { what: WordIs::LossInstant, who } => format!("stated by {who}"),
            Self::Word { what: WordIs::DownSince, who } => format!("down since then, says {who}"),
            Self::Word { what: WordIs::Shut, who } => format!("shut or left by then, says {who}"),
            Self::Moved { fork } => format!("when clients were moved; when {fork} stopped is not known"),
        }
    }

    /// How well it is founded, in one word.
    pub const fn grade(&self) -> &'static str {
        match self {
            Self::Probe | Self::Silence => "probed",
            Self::Off => "claimed",
            Self::Written { .. } => "written",
            Self::Word { .. } => "stated",
            Self::Moved { .. } => "at least",
        }
    }
}

impl Life {
    /// What the probes of the board and the copies of a service show, without what a run heard.
    pub fn on_the_board(service: &Service) -> Self {
        Self { liveness: service.probed(), written: written(service) }
    }

    /// The same of one that is switched off: its silence is no sign of a loss.
    #[must_use]
    pub fn without_silence(self) -> Self {
        Self { liveness: self.liveness.without_silence(), ..self }
    }

    /// The newest of both.
    #[must_use]
    pub fn merged(self, other: Self) -> Self {
        Self { liveness: self.liveness.merged(other.liveness), written: self.written.max(other.written) }
    }

    /// What of it was known at `then`.
    #[must_use]
    pub fn until(self, then: Timestamp) -> Self {
        let written = self.written.filter(|written| written.at <= then);
        Self { liveness: self.liveness.until(then), written }
    }

    /// What of its probes was known at `then`, and all that it wrote.
    #[must_use]
    pub fn probed_until(self, then: Timestamp) -> Self {
        Self { liveness: self.liveness.until(then), ..self }
    }

    /// Whether it answers now. A silence ended by what was written while nobody looked is not the present
    /// one: that began by the first look after.
    fn present(&self) -> Liveness {
        let again = self.liveness.watched_again().filter(|again| {
            let lived = |since, at| is_after(at, since) && !is_after(at, *again);
            self.liveness.silent_since().zip(self.written).is_some_and(|(since, last)| lived(since, last.at))
        });
        match (self.liveness, again) {
            (Liveness::Silent { last_alive, seen_at, off_until, .. }, Some(since)) => {
                Liveness::Silent { since, last_alive, watched_from: since, seen_at, off_until }
            }
            (liveness, _) => liveness,
        }
    }

    /// Whether a proof of life is later than a silence by more than clocks may differ.
    pub fn lived_after(&self, silence: Timestamp) -> bool {
        self.last_proof().is_some_and(|(proof, _)| is_after(proof, silence))
    }

    /// The last proof of life, and what it is.
    pub fn last_proof(&self) -> Option<(Timestamp, Ground)> {
        let probed = self.liveness.last_alive();
        match self.written.filter(|written| probed.is_none_or(|probed| written.at > probed)) {
            Some(Written { at, by }) => Some((at, Ground::Written { what: by })),
            None => Some((probed?, Ground::Probe)),
        }
    }

    /// From when the data of the primary is lost; `None` while nothing says that it stopped. Of the words
    /// the first counts that no proof of life contradicts.
    pub fn lost_at(&self, words: &[Word]) -> Option<LossInstant> {
        let word = words.iter().find(|word| self.lets_stand(word));
        match (word, self.lifeless_since()) {
            (Some(word), None) if word.is == WordIs::Shut => Some(self.stopped_by(word)),
            (Some(word), None) => Some(LossInstant::stated(word)),
            (Some(word), Some(_)) if word.is == WordIs::LossInstant => Some(LossInstant::stated(word)),
            (None, None) => None,
            // It wrote after it fell silent: the probe is wrong, or its way there is blocked.
            (word, Some(since)) if self.lived_after(since) => {
                word.filter(|word| word.is == WordIs::Shut).map(|word| self.stopped_by(word))
            }
            (Some(word), Some(since)) if word.is == WordIs::DownSince && word.at <= since => {
                Some(LossInstant::stated(word))
            }
            (Some(word), Some(since)) if word.is == WordIs::Shut && word.at < since => {
                Some(self.stopped_by(word))
            }
            (_, Some(since)) => Some(match self.last_proof() {
                Some((at, ground)) => LossInstant { earliest: Some(at), latest: at.max(since), ground },
                None => LossInstant { earliest: None, latest: since, ground: Ground::Silence },
            }),
        }
    }

    /// Whether no proof of life contradicts a word. What is written is dated by another clock than a fence is.
    fn lets_stand(&self, word: &Word) -> bool {
        self.last_proof().is_none_or(|(proof, ground)| match (word.is, ground) {
            (WordIs::Shut, Ground::Written { .. }) => !is_after(proof, word.at),
            _ => word.at >= proof,
        })
    }

    /// It stopped at some time between its last sign of life and that at which it is said to have been shut.
    fn stopped_by(&self, word: &Word) -> LossInstant {
        match self.last_proof() {
            Some((at, ground)) => LossInstant { earliest: Some(at), latest: word.at.max(at), ground },
            None => LossInstant { earliest: None, ..LossInstant::stated(word) },
        }
    }

    /// Whether a person's word on the loss instant can be true.
    ///
    /// # Errors
    /// [`BadWord`], which names the proof that contradicts it.
    pub fn check_word(&self, at: Timestamp, now: Timestamp) -> Result<(), BadWord> {
        if at > now {
            return Err(BadWord::Future { at, now });
        }
        match self.last_proof() {
            // A clock may be ahead; no word can be later than now.
            Some((alive, ground)) if at < alive.min(now) => Err(BadWord::AliveAfter { at, alive, ground }),
            _ => Ok(()),
        }
    }
}

impl LossInstant {
    pub(super) fn stated(word: &Word) -> Self {
        let ground = Ground::Word { what: word.is, who: word.by.clone() };
        Self { earliest: Some(word.at), latest: word.at, ground }
    }

    /// As a loss is counted.
    pub fn basis(&self) -> LossBasis {
        let at = self.earliest.unwrap_or(self.latest);
        if matches!(self.ground, Ground::Moved { .. }) {
            return LossBasis::Moved { at };
        }
        LossBasis::LossInstant { at, latest: (self.latest > at).then_some(self.latest) }
    }
}

impl Service {
    /// All signs of life: those of the board, and those of its open run.
    pub fn life(&self) -> Life {
        self.with_heard(Life::on_the_board(self))
    }

    fn with_heard(&self, board: Life) -> Life {
        let Some(heard) = &self.heard else { return board };
        let life = Life { liveness: self.counted(heard.life.liveness), ..heard.life };
        heard.either_from.map_or(board, |from| board.probed_until(from)).merged(life)
    }

    /// Whether the primary answers, as the board or an open run saw it last; see [`Service::either_answers`].
    pub fn alive(&self) -> Liveness {
        let seen = self.seen();
        let seen = self.heard.as_ref().map_or(seen, |heard| seen.merged(heard.life.liveness));
        if seen.watched_again().is_none() {
            return seen;
        }
        self.with_heard(Life { liveness: self.seen(), written: written(self) }).present()
    }

    /// From when its data is lost; `None` while nothing says that its primary stopped. Of one whose clients use a
    /// fork, from when what they write there is.
    pub fn lost_at(&self) -> Option<LossInstant> {
        let words = self.heard.as_ref().map_or(&[][..], |heard| &heard.words);
        match &self.clients_moved {
            Some(moved) => Some(moved.lost_at(words)),
            None => self.life().lost_at(words),
        }
    }
}

/// Later than clocks may differ.
pub(super) fn is_after(later: Timestamp, earlier: Timestamp) -> bool {
    later - earlier > AGREE
}

#[cfg(test)]
mod tests;
