//! How a service comes into being, phase by phase: a fork, or an empty one.

use chrono::TimeDelta;

use super::rows::Data;
use super::schedule::Backup;
use super::{share_of, transfer};
use crate::domain::Timestamp;

/// The bytes a second at which a backup is restored.
const RESTORE_RATE: u64 = 90 << 20;
/// Log is replayed so many times faster than it was written.
const REPLAY_SPEED: i32 = 400;

/// The making of a service.
#[derive(Debug, Clone)]
pub(in crate::simulator) struct Build {
    /// When it was asked for.
    pub(in crate::simulator) created: Timestamp,
    /// What is restored into it; `None` = it starts empty.
    pub(in crate::simulator) restored: Option<Restored>,
    /// At which share of the base backup it stops for good.
    pub(in crate::simulator) stuck: Option<f64>,
    /// At which share of the base backup it begins that again, once.
    pub(in crate::simulator) again: Option<f64>,
}

/// What a fork is restored from.
#[derive(Debug, Clone)]
pub(in crate::simulator) struct Restored {
    /// The service it is a fork of.
    pub(in crate::simulator) source: String,
    /// Name of the backup it starts from.
    pub(in crate::simulator) backup: String,
    /// When that backup was complete.
    pub(in crate::simulator) backup_at: Timestamp,
    /// The instant it is restored to.
    pub(in crate::simulator) point: Timestamp,
    /// The backups to be restored for it, the full one first.
    pub(in crate::simulator) chain: Vec<Backup>,
    /// Size of them all, bytes.
    pub(in crate::simulator) bytes: u64,
    /// Whether log is replayed after the backup.
    pub(in crate::simulator) replays: bool,
    /// What is in the source at that instant.
    pub(in crate::simulator) data: Data,
}

/// How far the making is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::simulator) enum Stage {
    /// Accepted, no node yet.
    Accepted,
    /// A node is being set up.
    SettingUp,
    /// The node has begun, without detail.
    Preparing,
    /// The base backup comes in, this share of it is done.
    BaseBackup(f64),
    /// Backups of a chain are put together, this share of it is done.
    Merging(f64),
    /// Log is replayed, this share of it is done.
    Replaying(f64),
    /// Last steps.
    Finishing,
    /// It serves.
    Running,
}

/// A stage that comes to a share of itself in a time.
#[derive(Clone, Copy)]
struct Step {
    stage: fn(f64) -> Stage,
    upto: f64,
    takes: TimeDelta,
}

const fn whole(stage: fn(f64) -> Stage, takes: TimeDelta) -> Step {
    Step { stage, upto: 1.0, takes }
}

impl Build {
    /// How far it is at an instant.
    pub(in crate::simulator) fn stage(&self, now: Timestamp) -> Stage {
        let mut begin = self.created;
        for Step { stage, upto, takes } in self.steps() {
            let end = begin + takes;
            match (self.stuck, stage(share(now - begin, takes) * upto)) {
                (Some(stuck), Stage::BaseBackup(done)) if done >= stuck => return Stage::BaseBackup(stuck),
                (_, reached) if now < end => return reached,
                _ => {}
            }
            begin = end;
        }
        Stage::Running
    }

    /// When it serves; `None` = never.
    pub(in crate::simulator) fn running_from(&self) -> Option<Timestamp> {
        let takes = self.steps().into_iter().fold(TimeDelta::zero(), |sum, step| sum + step.takes);
        self.stuck.is_none().then(|| self.created + takes)
    }

    fn steps(&self) -> Vec<Step> {
        let bytes = self.restored.as_ref().map_or(0, |restored| restored.bytes);
        let mut steps = vec![
            whole(|_| Stage::Accepted, TimeDelta::seconds(10)),
            whole(|_| Stage::SettingUp, TimeDelta::seconds(55)),
            whole(|_| Stage::Preparing, TimeDelta::seconds(15)),
        ];
        if let Some(upto) = self.again {
            let takes = transfer(share_of(bytes, upto), RESTORE_RATE);
            steps.push(Step { stage: Stage::BaseBackup, upto, takes });
        }
        steps.push(whole(Stage::BaseBackup, transfer(bytes, RESTORE_RATE)));
        if self.restored.as_ref().is_some_and(|restored| restored.chain.len() > 1) {
            steps.push(whole(Stage::Merging, TimeDelta::seconds(30)));
        }
        if let Some(restored) = self.restored.as_ref().filter(|restored| restored.replays) {
            let log = (restored.point - restored.backup_at) / REPLAY_SPEED;
            steps.push(whole(Stage::Replaying, log.max(TimeDelta::seconds(5))));
        }
        steps.push(whole(|_| Stage::Finishing, TimeDelta::seconds(20)));
        steps
    }
}

impl Restored {
    /// Of so many bytes of a backup, the total that the provider shows: it learns of the last part on the way.
    pub(in crate::simulator) fn shown_total(bytes: u64, share: f64) -> u64 {
        if share < 0.3 { share_of(bytes, 0.9) } else { bytes }
    }

    /// Which backup of the chain is being restored when this share of all is done, and how much of it.
    pub(in crate::simulator) fn link(&self, share: f64) -> Option<(usize, &Backup, u64)> {
        let mut left = share_of(self.bytes, share);
        let last = self.chain.len().checked_sub(1)?;
        for (place, backup) in self.chain.iter().enumerate() {
            if left < backup.size || place == last {
                return Some((place, backup, left.min(backup.size)));
            }
            left -= backup.size;
        }
        None
    }
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of a restore fit 52 bits")]
fn share(done: TimeDelta, all: TimeDelta) -> f64 {
    (done.num_milliseconds() as f64 / (all.num_milliseconds() as f64).max(1.0)).clamp(0.0, 1.0)
}
