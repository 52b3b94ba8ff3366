//! What is wrong with a service, by the name of its rule, and how bad that is (S15).

use serde::{Deserialize, Serialize};

use super::Role;

/// How bad, worst last in the enum's order of reading, compared by [`Verdict::badness`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing to report.
    Ok,
    /// Look at it.
    Warning,
    /// Act.
    Critical,
    /// Not known, which is loud.
    Unknown,
    /// No backups by design.
    Exempt,
}

impl Verdict {
    /// The stable word, as in `status --output json`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Critical => "critical",
            Self::Unknown => "unknown",
            Self::Exempt => "exempt",
        }
    }

    /// A number that grows with how bad it is: critical > unknown > warning > ok > exempt (S15).
    pub const fn badness(self) -> u8 {
        match self {
            Self::Exempt => 0,
            Self::Ok => 1,
            Self::Warning => 2,
            Self::Unknown => 3,
            Self::Critical => 4,
        }
    }

    /// The worse of two.
    #[must_use]
    pub const fn worse(self, other: Self) -> Self {
        if other.badness() > self.badness() { other } else { self }
    }
}

/// The level of a finding; a verdict is the worst of them.
pub type Level = Verdict;

/// A rule by its stable name (S15).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// No backup was ever seen.
    NeverBackedUp,
    /// There is no copy in another region.
    NoSecondary,
    /// The secondary copy cannot be read.
    SecondaryUnreadable,
    /// What is known of the secondary is older than two poll intervals.
    SecondaryStale,
    /// The credential cannot see what is needed.
    Permission,
    /// The loss is above the RPO.
    RpoExceeded,
    /// A hole in the log ends the newest window.
    HoleEndsWindow,
    /// A hole in the log between two windows.
    HoleInside,
    /// The newest backup is damaged.
    NewestBackupDamaged,
    /// The newest that can be restored is older than it was.
    WentBack,
    /// Synchronisation to the secondary is paused.
    CopyPaused,
    /// Nothing is copied to the secondary any more.
    CopyingOff,
    /// The service keeps nothing on disk, so its backups are deleted.
    PersistenceOff,
    /// Two ways to derive the lag disagree (R15).
    LagDisagrees,
    /// Two timelines receive log.
    TwoTimelines,
    /// A source's clock is off by more than 60 s.
    Skew,
    /// The primary does not answer its probe (S10).
    PrimarySilent,
    /// The primary copy cannot be read.
    PrimaryUnreadable,
    /// The service has no tier, so no RPO.
    NoTier,
    /// The schedule cannot meet the RPO.
    CannotMeetRpo,
    /// Idle or stalled: no new log in either copy.
    IdleOrStalled,
    /// No new backup for longer than the schedule says.
    BackupLate,
    /// Snapshots are missing between others.
    SnapshotsMissing,
    /// The service is switched off.
    PoweredOff,
    /// The secondary copy lies where the service runs.
    SameRegion,
    /// No restore was proven for longer than is promised.
    ProofIsOld,
    /// Its last drill failed, and no restore was proven since.
    DrillFailed,
    /// A run of it is open and nobody drives it.
    RunInterrupted,
    /// A change of where its backups are copied to is open and nobody follows it.
    RegionChangeLeft,
    /// None of the primaries answers in the region that its copy lies in.
    CopyRegionSilent,
    /// Its clients were moved to a fork.
    ClientsMoved,
    /// An incident is not fenced, and its old primary answers.
    Unfenced,
    /// The service left its provider's list.
    Gone,
    /// No backups by design.
    Exempt,
}

impl Rule {
    /// The stable word, as in `status --output json`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NeverBackedUp => "never_backed_up",
            Self::NoSecondary => "no_secondary",
            Self::SecondaryUnreadable => "secondary_unreadable",
            Self::SecondaryStale => "secondary_stale",
            Self::Permission => "permission",
            Self::RpoExceeded => "rpo_exceeded",
            Self::HoleEndsWindow => "hole_ends_window",
            Self::HoleInside => "hole_inside",
            Self::NewestBackupDamaged => "newest_backup_damaged",
            Self::WentBack => "went_back",
            Self::CopyPaused => "copy_paused",
            Self::CopyingOff => "copying_off",
            Self::PersistenceOff => "persistence_off",
            Self::LagDisagrees => "lag_disagrees",
            Self::TwoTimelines => "two_timelines",
            Self::Skew => "skew",
            Self::PrimarySilent => "primary_silent",
            Self::PrimaryUnreadable => "primary_unreadable",
            Self::NoTier => "no_tier",
            Self::CannotMeetRpo => "cannot_meet_rpo",
            Self::IdleOrStalled => "idle_or_stalled",
            Self::BackupLate => "backup_late",
            Self::SnapshotsMissing => "snapshots_missing",
            Self::PoweredOff => "powered_off",
            Self::SameRegion => "same_region",
            Self::ProofIsOld => "proof_is_old",
            Self::DrillFailed => "drill_failed",
            Self::RunInterrupted => "run_interrupted",
            Self::RegionChangeLeft => "region_change_left",
            Self::CopyRegionSilent => "copy_region_silent",
            Self::ClientsMoved => "clients_moved",
            Self::Unfenced => "unfenced",
            Self::Gone => "gone",
            Self::Exempt => "exempt",
        }
    }
}

/// One named finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// How bad.
    pub level: Level,
    /// Which copy it is about.
    pub copy: Option<Role>,
    /// Fact, last good value, next step.
    pub text: String,
}
