//! What one good attempt learned of one copy: recovery points, windows, how far its log reaches.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Ability, Edge, Point, Points, Shared, Timestamp, Window, words};

/// The facts of one copy at one time. `None` is unknown, an empty list is known to be none (S3).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// When these facts were true, by our clock.
    pub as_of: Timestamp,
    /// What this copy can be restored to.
    pub ability: Ability,
    /// Backups, oldest first by `at`.
    pub points: Option<Points>,
    /// Restore windows, oldest first, disjoint. Always empty for snapshot engines.
    pub windows: Option<Shared<Vec<Window>>>,
    /// How far the log reaches in this copy.
    pub log: LogReach,
    /// Facts that are findings in the making.
    pub signs: Vec<Sign>,
    /// The backup schedule, when known: a new backup each so long.
    pub interval: Option<Duration>,
}

/// One backup, with a name of its own or one that stands elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecoveryPoint<N = String> {
    /// The provider's own name or label.
    pub name: N,
    /// The earliest instant it can be restored to: the end of the backup where known.
    pub at: Timestamp,
    /// When it began, where known.
    pub started: Option<Timestamp>,
    /// What kind of backup.
    pub kind: PointKind,
    /// Size of the data when restored, bytes.
    pub size_bytes: Option<u64>,
    /// Whether a restore can start from it.
    pub usability: Usability,
}

/// What kind of backup a recovery point is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PointKind {
    /// A full copy of everything.
    Full,
    /// Changes since the last full backup.
    Differential,
    /// Changes since the last backup.
    Incremental,
    /// A snapshot: a discrete point without replay.
    Snapshot,
    /// The provider does not say.
    Unknown,
}

/// Whether a restore can start from a backup.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "is", content = "why", rename_all = "snake_case")]
pub enum Usability {
    /// Nothing speaks against it.
    Usable,
    /// It exists but is damaged or incomplete; the reason as a fragment.
    Damaged(String),
    /// It belongs to an earlier history (before a stanza upgrade); not offered.
    Retired(String),
}

impl Usability {
    /// Whether a restore may start from it.
    pub const fn is_usable(&self) -> bool {
        matches!(self, Self::Usable)
    }
}

/// Whether the log, too, is replicated into a copy. Some providers replicate only full backups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Replicated {
    /// Yes.
    Yes,
    /// No: only base backups arrive.
    No,
    /// Not known.
    Unknown,
}

/// How far the log reaches in one copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogReach {
    /// Whether log arrives in this copy at all.
    pub replicated: Replicated,
    /// The end of the log that is reachable without a gap, where segments can be listed.
    pub end: Option<Box<LogPosition>>,
    /// The last commit in the log, when it was looked up.
    pub last_commit: Option<Timestamp>,
    /// The latest instant at which this copy was known to hold everything the database had written
    /// (its own write position compared with the log's end): what proves idleness (S6).
    #[serde(default)]
    pub complete_at: Option<Timestamp>,
    /// When the newest backup ended whose own log is in this copy, on the timeline with which that ends: all that was
    /// committed before then is in it (S6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backed_until: Option<Timestamp>,
    /// When the database was seen to have committed more than this copy holds, as of this reading: it is
    /// not idle (S6).
    #[serde(default)]
    pub ahead_at: Option<Timestamp>,
    /// When all this was seen, where the look of the reading itself could not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_at: Option<Timestamp>,
}

impl LogReach {
    /// Nothing is known of the log.
    pub const fn unknown() -> Self {
        Self {
            replicated: Replicated::Unknown,
            end: None,
            last_commit: None,
            complete_at: None,
            backed_until: None,
            ahead_at: None,
            seen_at: None,
        }
    }
}

/// A place in a PostgreSQL log; only comparable within one archive and timeline (S6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogPosition {
    /// The archive's history id (`15-1`).
    pub archive: String,
    /// The timeline.
    pub timeline: u32,
    /// The number of the last segment, counted in segments.
    pub segment: u64,
    /// The segment's name as stored.
    pub name: String,
    /// When it was stored there.
    pub stored_at: Option<Timestamp>,
    /// How its timeline began; `None` for the first one, and where that has expired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<Box<Branch>>,
}

/// Where a timeline left its parent: a server was promoted there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Branch {
    /// The timeline it left.
    pub parent: u32,
    /// The number of its first segment.
    pub segment: u64,
    /// What tells the content of that segment from any other, where the copy knows it.
    pub content: Option<String>,
    /// When that segment was stored there.
    pub stored_at: Option<Timestamp>,
}

/// A fact that becomes a finding (S15), or a note on the detail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "sign", rename_all = "snake_case")]
pub enum Sign {
    /// Synchronisation to this copy is paused.
    CopyPaused {
        /// The provider's own words, if any.
        reason: Option<String>,
    },
    /// Log is missing between two windows, or after the last one; named for the person.
    LogGap {
        /// First missing segment.
        first: String,
        /// Last missing segment.
        last: String,
        /// How many are missing.
        count: u64,
        /// Whether it ends the newest window: later log is stored but cannot be reached.
        ends_window: bool,
        /// Seen in two polls or for a minute (S4); an unconfirmed one is not yet a finding.
        confirmed: bool,
    },
    /// A backup lacks log that it needs itself, or that is still on its way: the next look tells (S4).
    BackupLacksLog {
        /// The first missing segment.
        segment: String,
    },
    /// Two timelines receive log: an old primary or a fork writes into the archive.
    TwoTimelines {
        /// The timelines.
        timelines: Vec<u32>,
    },
    /// The credential cannot see windows (S9).
    WindowsNotVisible {
        /// What is refused, and which permission would help.
        why: String,
    },
    /// The provider is set to copy nothing there any more: what lies there was left.
    CopyingOff,
    /// The service keeps nothing on disk, so that the provider deletes its backups.
    PersistenceOff,
    /// A backup is being made at this moment.
    BackupRunning,
    /// Anything else worth a sentence on the detail screen.
    Note {
        /// The sentence.
        text: String,
    },
}

impl Sign {
    /// Whether it was seen in the log.
    const fn is_of_log(&self) -> bool {
        matches!(self, Self::LogGap { .. } | Self::BackupLacksLog { .. } | Self::TwoTimelines { .. })
    }

    /// Whether it is a gap between two windows.
    const fn is_inside(&self) -> bool {
        matches!(self, Self::LogGap { ends_window: false, .. })
    }

    /// What it says where it is no finding of its own.
    pub fn note(&self) -> Option<&str> {
        match self {
            Self::Note { text } => Some(text),
            Self::BackupRunning => Some("a backup is being made"),
            Self::BackupLacksLog { .. } => {
                Some("a backup lacks log that it needs itself, or that is still on its way")
            }
            Self::CopyPaused { .. }
            | Self::LogGap { .. }
            | Self::TwoTimelines { .. }
            | Self::WindowsNotVisible { .. }
            | Self::CopyingOff
            | Self::PersistenceOff => None,
        }
    }
}

impl Reading {
    /// This reading with what an earlier one saw in the log, where it could not list that itself.
    pub(super) fn with_unlisted_of(&self, known: &Self, seen_by: Option<&str>) -> Option<Self> {
        let is_unlisted = self.is_unlisted();
        let kept = || self.with_log_of(known, seen_by).or_else(|| self.with_damage_of(known));
        is_unlisted.then(kept).flatten()
    }

    /// This reading with the log of an earlier one, where it saw no other backups: what was known of that is unread
    /// since, and not unknown (S2).
    fn with_log_of(&self, known: &Self, seen_by: Option<&str>) -> Option<Self> {
        known.log.end.as_ref()?;
        let points = kept(known.points.as_ref()?, self.points.as_ref()?)?;
        let seen_at = known.log.seen_at.unwrap_or(known.as_of);
        let mut windows: Option<Shared<Vec<Window>>> =
            known.windows.as_ref().map(|windows| windows_of(&points, windows).into());
        if known.log.seen_at.is_none() {
            for window in windows.iter_mut().flat_map(|windows| windows.iter_mut()) {
                let by = seen_by.map(|host| format!(" by {host}")).unwrap_or_default();
                let reason = format!(
                    "{}; its log was last listed{by} at {}",
                    window.to.reason,
                    words::instant(seen_at)
                );
                window.to.reason = reason.into();
            }
        }
        // Without a second window there is nothing that a hole lies between any more.
        let is_whole = windows.as_ref().is_some_and(|windows| windows.len() < 2);
        let known_signs =
            known.signs.iter().filter(|sign| sign.is_of_log() && !(is_whole && sign.is_inside()));
        let signs = self.signs.iter().filter(|sign| !sign.is_of_log());
        Some(Self {
            points: Some(points),
            windows,
            log: LogReach { seen_at: Some(seen_at), ..known.log.clone() },
            signs: signs.chain(known_signs).cloned().collect(),
            ..self.clone()
        })
    }

    /// This reading with the damage that an earlier one saw in backups that are still there: only their log shows it.
    fn with_damage_of(&self, known: &Self) -> Option<Self> {
        let there = self.points.as_ref()?;
        let damaged: Vec<Point<'_>> = known.points.as_ref()?.iter().filter(is_damaged).collect();
        let seen =
            |point: &Point<'_>| damaged.iter().find(|seen| (seen.name, seen.at) == (point.name, point.at));
        if !there.usable().any(|point| seen(&point).is_some()) {
            return None;
        }
        let points: Points =
            there.iter().map(|point| seen(&point).copied().unwrap_or(point).into()).collect();
        let mut left = windows_of(&points, self.windows.as_ref()?);
        if let Some((last, newest)) = left.last_mut().zip(points.newest_usable()) {
            end_with(last, newest);
        }
        // That nothing can be restored is known only if the look that saw the damage said so (S4).
        let is_known = !left.is_empty() || known.windows.as_ref().is_some_and(|windows| windows.is_empty());
        Some(Self { points: Some(points), windows: is_known.then(|| left.into()), ..self.clone() })
    }

    /// Whether log should lie there, and how far it reaches was not seen.
    fn is_unlisted(&self) -> bool {
        let last = self.windows.as_ref().and_then(|windows| windows.last());
        self.log.replicated != Replicated::No
            && self.log.end.is_none()
            && last.is_some_and(|last| last.to_is == Edge::AtLeast)
    }

    /// What is to be said of the copy beside its findings, a sentence each.
    pub fn notes(&self) -> impl Iterator<Item = &str> {
        self.signs.iter().filter_map(Sign::note)
    }
}

fn is_damaged(point: &Point<'_>) -> bool {
    matches!(point.usability, Usability::Damaged(_))
}

/// Those backups that still are there, as they were known to be; `None` where there are others, or the newest is gone:
/// what is known of the log then leads elsewhere.
fn kept(known: &Points, there: &Points) -> Option<Points> {
    let newest = |points: &Points| points.iter().next_back().map(|point| point.name.to_string());
    newest(there).filter(|name| newest(known).as_ref() == Some(name))?;
    let mut left = there.iter().map(|point| point.name).peekable();
    let kept: Points =
        known.iter().filter(|point| left.next_if_eq(&point.name).is_some()).map(Into::into).collect();
    left.next().is_none().then(|| kept.within(known))
}

/// Windows begin with the oldest usable backup that is left in each; where none is, nothing is left.
fn windows_of(points: &Points, windows: &[Window]) -> Vec<Window> {
    let ends = windows.iter().skip(1).map(|next| Some(next.from.at)).chain([None]);
    let windows = windows.iter().zip(ends).filter_map(|(window, end)| {
        let is_in = |at: Timestamp| at >= window.from.at && end.is_none_or(|end| at < end);
        let oldest = points.usable().find(|point| is_in(point.at))?;
        let mut window = window.clone();
        if oldest.at > window.from.at {
            let later = oldest.at - window.from.at;
            window.from.at = oldest.at;
            window.from.nearest_time = window.from.nearest_time.map(|time| time + later);
            window.from.reason = format!("stop of base backup {}", oldest.name).into();
        }
        // Of an idle database the last commit may be older than the backup.
        if window.to.at < window.from.at {
            let later = window.from.at - window.to.at;
            window.to.at = window.from.at;
            window.to.nearest_time = window.to.nearest_time.map(|time| time + later);
        }
        Some(window)
    });
    windows.collect()
}

/// Without its log a window ends with its newest usable backup.
fn end_with(window: &mut Window, newest: Point<'_>) {
    if newest.at < window.to.at {
        let earlier = window.to.at - newest.at;
        window.to.at = newest.at;
        window.to.nearest_time = window.to.nearest_time.map(|time| time - earlier);
        window.to.reason = format!("stop of base backup {}; its log was not listed", newest.name).into();
    }
}
