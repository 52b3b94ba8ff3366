//! Whether a primary answers its probes, look after look (S10).

use std::time::Duration;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::Timestamp;

/// Between two probes of a primary, by the board and in an incident, on the clock in force.
pub const PROBE_EVERY: Duration = Duration::from_secs(10);

/// So old may a look be that still says how it is (S2).
pub(super) const FRESH_FOR: TimeDelta = TimeDelta::seconds(2 * PROBE_EVERY.as_secs().cast_signed());

/// A probe that was not answered in this real time met silence, whoever probes.
pub const PROBE_WITHIN: Duration = Duration::from_secs(5);

/// So long without a look, and a primary may have lived unseen in between: longer than the checks of a
/// monitoring system lie apart.
pub(super) const UNWATCHED_AFTER: TimeDelta = TimeDelta::minutes(15);

/// Whether the primary answers from this host (S10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "liveness", rename_all = "snake_case")]
pub enum Liveness {
    /// It answered.
    Answers {
        /// When it was last seen to.
        at: Timestamp,
    },
    /// It does not answer.
    Silent {
        /// Since when; the last proof of life lies before.
        since: Timestamp,
        /// The last proof of life, when there was one.
        last_alive: Option<Timestamp>,
        /// From when on it was looked at without a pause in which it may have lived. Records of earlier
        /// versions hold neither this nor the next: then `since`.
        #[serde(default)]
        watched_from: Timestamp,
        /// When it was last seen not to answer.
        #[serde(default)]
        seen_at: Timestamp,
        /// When it was last known to be switched off in it: it was to be expected up to then.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        off_until: Option<Timestamp>,
    },
    /// Nobody asked.
    NotProbed,
}

/// A silence as the looks show it.
#[derive(Debug, Clone, Copy)]
struct Silence {
    since: Timestamp,
    watched_from: Timestamp,
    seen_at: Timestamp,
    off_until: Option<Timestamp>,
}

impl Liveness {
    /// A silence that was seen once.
    pub const fn silent(since: Timestamp, last_alive: Option<Timestamp>) -> Self {
        Self::Silent { since, last_alive, watched_from: since, seen_at: since, off_until: None }
    }

    /// What is known after one more look at `at`. A silence keeps its beginning, however long nobody looked:
    /// only a proof of life ends it.
    #[must_use]
    pub fn looked(self, answers: bool, at: Timestamp) -> Self {
        match self.silence() {
            _ if answers => Self::Answers { at },
            None => Self::silent(at, self.last_alive()),
            Some(before) => {
                let paused = at - before.seen_at > UNWATCHED_AFTER;
                let watched_from = if paused { at } else { before.watched_from };
                Silence { watched_from, seen_at: at.max(before.seen_at), ..before }.after(self.last_alive())
            }
        }
    }

    /// Whether the last look still says how it is at `now`: one older than two probes does not (S2).
    pub fn is_fresh(self, now: Timestamp) -> bool {
        self.seen_at().is_some_and(|at| (now - at).abs() <= FRESH_FOR)
    }

    /// Whether it answers at `now`.
    pub fn answers(self, now: Timestamp) -> bool {
        matches!(self, Self::Answers { .. }) && self.is_fresh(now)
    }

    /// Whether it is silent at `now`. A silence lasts until a proof of life, however long ago the last look at it
    /// ended: a probe that waits for an answer takes its time, too (S10). One from the future says nothing yet.
    pub fn is_silent(self, now: Timestamp) -> bool {
        matches!(self, Self::Silent { .. }) && (self.is_fresh(now) || self.seen_at() <= Some(now))
    }

    /// When it last answered.
    pub const fn last_alive(self) -> Option<Timestamp> {
        match self {
            Self::Answers { at } => Some(at),
            Self::Silent { last_alive, .. } => last_alive,
            Self::NotProbed => None,
        }
    }

    /// Since when it does not answer, though it may be on.
    pub fn silent_since(self) -> Option<Timestamp> {
        match self {
            Self::Silent { since, off_until, .. } => Some(off_until.map_or(since, |off| off.max(since))),
            Self::Answers { .. } | Self::NotProbed => None,
        }
    }

    /// Since when it does not answer, switched off or not.
    pub(super) const fn fell_silent(self) -> Option<Timestamp> {
        match self {
            Self::Silent { since, .. } => Some(since),
            Self::Answers { .. } | Self::NotProbed => None,
        }
    }

    /// When it was last known to be switched off in its silence.
    pub(super) const fn off_until(self) -> Option<Timestamp> {
        match self {
            Self::Silent { off_until, .. } => off_until,
            Self::Answers { .. } | Self::NotProbed => None,
        }
    }

    /// The same, where its provider said at `read` that it is switched off.
    #[must_use]
    pub(super) fn while_off(mut self, read: Option<Timestamp>) -> Self {
        if let Self::Silent { off_until, .. } = &mut self {
            *off_until = read.max(*off_until);
        }
        self
    }

    /// The same, where its silence is no sign of anything.
    #[must_use]
    pub fn without_silence(self) -> Self {
        match self {
            Self::Silent { last_alive, .. } => last_alive.map_or(Self::NotProbed, |at| Self::Answers { at }),
            seen => seen,
        }
    }

    /// The same, with nothing planned that was not by `then`.
    #[must_use]
    pub(super) fn planned_by(mut self, then: Timestamp) -> Self {
        if let Self::Silent { off_until, .. } = &mut self {
            *off_until = off_until.filter(|off| *off <= then);
        }
        self
    }

    /// When it was last looked at, with whatever result.
    pub fn seen_at(self) -> Option<Timestamp> {
        self.silence().map_or(self.last_alive(), |silence| Some(silence.seen_at))
    }

    /// Whether all that it tells was seen by `now`: what is dated later was dated by a clock that was wrong.
    pub fn is_seen_by(self, now: Timestamp) -> bool {
        self.seen_at().max(self.last_alive()).is_some_and(|at| at <= now)
    }

    /// For a silence that began before a pause in the looks: when they began again.
    pub(super) fn watched_again(self) -> Option<Timestamp> {
        let silence = self.silence()?;
        (silence.watched_from > silence.since).then_some(silence.watched_from)
    }

    /// What two who probe know together: the newest answer wins, and a silence counts from its beginning
    /// after that answer.
    #[must_use]
    pub fn merged(self, other: Self) -> Self {
        let last_alive = self.last_alive().max(other.last_alive());
        let after = |silence: Silence| silence.begun_after(last_alive);
        let silences = (self.silence().and_then(after), other.silence().and_then(after));
        match (silences, last_alive) {
            ((Some(one), Some(other)), _) => one.joined(other).after(last_alive),
            ((Some(silence), None) | (None, Some(silence)), _) => silence.after(last_alive),
            ((None, None), Some(at)) => Self::Answers { at },
            ((None, None), None) => Self::NotProbed,
        }
    }

    /// What of it was known at `then`: of a silence its beginning, of an answer that came later nothing.
    pub(super) fn until(self, then: Timestamp) -> Self {
        let answered = |at: Timestamp| Self::Answers { at };
        match self.fell_silent() {
            Some(since) if since <= then => self,
            _ => self.last_alive().filter(|at| *at <= then).map_or(Self::NotProbed, answered),
        }
    }

    fn silence(self) -> Option<Silence> {
        let Self::Silent { since, watched_from, seen_at, off_until, .. } = self else { return None };
        Some(Silence { since, watched_from: watched_from.max(since), seen_at: seen_at.max(since), off_until })
    }
}

impl Silence {
    const fn after(self, last_alive: Option<Timestamp>) -> Liveness {
        let Self { since, watched_from, seen_at, off_until } = self;
        Liveness::Silent { since, last_alive, watched_from, seen_at, off_until }
    }

    /// What of it can come after the last answer.
    fn begun_after(self, last_alive: Option<Timestamp>) -> Option<Self> {
        let mut beginnings = [self.since, self.watched_from].into_iter();
        let since = beginnings.find(|since| last_alive.is_none_or(|alive| *since >= alive))?;
        Some(Self { since, ..self })
    }

    /// Watched as long as either looked.
    fn joined(self, other: Self) -> Self {
        let unbroken = self.watched_from - other.seen_at <= UNWATCHED_AFTER
            && other.watched_from - self.seen_at <= UNWATCHED_AFTER;
        Self {
            since: self.since.min(other.since),
            watched_from: if unbroken {
                self.watched_from.min(other.watched_from)
            } else {
                self.watched_from.max(other.watched_from)
            },
            seen_at: self.seen_at.max(other.seen_at),
            off_until: self.off_until.max(other.off_until),
        }
    }
}
