//! On which terms a provider backs a service up: schedule and retention, what switching it off or
//! deleting it means for its backups, what a migration left behind, how a fork is told its point.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Timestamp, words};

/// The terms of one service. Absent = the provider says nothing of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BackupTerms {
    /// When backups are made, and how long they are kept.
    pub schedule: Option<BackupSchedule>,
    /// Where backups are set to be copied to: `None` not known, `Some(None)` nowhere.
    pub copied_to: Option<Option<String>>,
    /// Whether the provider copies backups of this kind of service to another region at all.
    pub can_be_copied: Option<bool>,
    /// Why it does not, where it does not.
    pub not_copied_because: Option<String>,
    /// How a fork is told its point.
    pub fork: Option<ForkMeans>,
    /// How long before the end of a window its newest point is asked for, where only an instant can be
    /// told: the end itself may lie behind the last commit (S11).
    pub newest_before_end: Duration,
    /// Whether the service is switched off: no new backup is made then.
    pub powered_off: Option<bool>,
    /// When it is switched off: since when at the latest. `None` = it is on, or nobody says.
    pub off_by: Option<Timestamp>,
    /// What being switched off means for the backups.
    pub power_rule: Option<String>,
    /// What becomes of the backups when the service is deleted.
    pub on_delete: Option<String>,
    /// Whether the provider refuses to delete it or to switch it off.
    pub termination_protected: Option<bool>,
    /// Backups that a migration left in other regions.
    pub left_behind: Vec<LeftBehind>,
}

/// When backups are made, and how long they are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupSchedule {
    /// One for each distance between backups, the shortest first; none = no backups.
    pub tiers: Vec<ScheduleTier>,
    /// The most that are kept at once.
    pub max_count: Option<u64>,
    /// The hour of day they are set to, UTC.
    pub hour: Option<u64>,
    /// The minute of that hour.
    pub minute: Option<u64>,
    /// Who says so.
    pub from: ScheduleFrom,
}

/// One distance between backups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleTier {
    /// A backup each so long.
    pub every: Duration,
    /// How long each is kept; `None` = not known.
    pub kept: Option<Duration>,
}

/// Who says when backups are made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "said_by", rename_all = "snake_case")]
pub enum ScheduleFrom {
    /// The provider, of the service's plan.
    Plan {
        /// The plan.
        plan: String,
    },
    /// The provider, of the service itself; how long they are kept is not said.
    Service,
    /// The provider's documentation, by kind and family of plans: it may be out of date.
    Documentation,
}

/// How a fork is told its point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum ForkMeans {
    /// By an instant.
    Time,
    /// By the name of a backup: no instant between two can be restored.
    Backup,
    /// The provider makes none.
    None {
        /// Why not.
        because: String,
    },
}

/// Backups in a region that the service's newer ones do not lie in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftBehind {
    /// The region.
    pub region: String,
    /// How many.
    pub count: usize,
    /// The newest of them.
    pub newest: Option<Timestamp>,
}

impl BackupSchedule {
    /// How far apart backups of an age are to be, and whether backups that old are kept at all.
    pub fn every_at(&self, age: Duration) -> Option<Duration> {
        let kept = |tier: &&ScheduleTier| tier.kept.is_none_or(|kept| age <= kept);
        self.tiers.iter().find(kept).map(|tier| tier.every)
    }

    /// The schedule in words: `each 1h kept 1d, each 1d kept 14d, at 04:15 UTC (plan business-8)`.
    pub fn in_words(&self) -> String {
        let tier = |tier: &ScheduleTier| match tier.kept {
            Some(kept) => format!("each {} kept {}", words::objective(tier.every), words::objective(kept)),
            None => format!("each {}", words::objective(tier.every)),
        };
        let mut parts: Vec<String> = self.tiers.iter().map(tier).collect();
        match (self.max_count, parts.is_empty()) {
            (Some(0), _) | (None, true) => parts.push("none".to_owned()),
            (Some(1), _) => parts.push("only the newest is kept".to_owned()),
            _ => {}
        }
        if let Some(hour) = self.hour {
            let minute = self.minute.map_or("??".to_owned(), |minute| format!("{minute:02}"));
            parts.push(format!("at {hour:02}:{minute} UTC"));
        }
        let from = match &self.from {
            ScheduleFrom::Plan { plan } => format!("plan {plan}"),
            ScheduleFrom::Service => "as the service shows it".to_owned(),
            ScheduleFrom::Documentation => "by the documentation, not by its plan".to_owned(),
        };
        format!("{} ({from})", parts.join(", "))
    }
}

impl BackupTerms {
    /// Everything that is known, as a label and a sentence each, to be shown as it is.
    pub fn in_words(&self) -> Vec<(&'static str, String)> {
        let mut lines = Vec::new();
        lines.extend(self.schedule.as_ref().map(|schedule| ("backups", schedule.in_words())));
        lines.extend(self.copied_to.as_ref().map(|to| {
            let off = || match (self.can_be_copied, &self.not_copied_because) {
                (Some(false), Some(why)) => format!("nowhere: {why}"),
                (Some(false), None) => "nowhere: not offered for this kind".to_owned(),
                _ => "nowhere".to_owned(),
            };
            ("copied to", to.clone().unwrap_or_else(off))
        }));
        lines.extend(self.fork.as_ref().map(|fork| {
            let means = match fork {
                ForkMeans::Time => "to an instant".to_owned(),
                ForkMeans::Backup => "to a backup by name, not to an instant between two".to_owned(),
                ForkMeans::None { because } => format!("none: {because}"),
            };
            ("forks", means)
        }));
        let power = |rule: &String| {
            let state = if self.powered_off == Some(true) { "off: " } else { "" };
            ("power", format!("{state}{rule}"))
        };
        lines.extend(self.power_rule.as_ref().map(power));
        lines.extend(self.on_delete.as_ref().map(|rule| {
            let protected = match self.termination_protected {
                Some(true) => "refused while it is protected; ",
                Some(false) => "not protected; ",
                None => "",
            };
            ("deletion", format!("{protected}{rule}"))
        }));
        lines.extend(self.left_behind.iter().map(|left| {
            let newest =
                left.newest.map(|at| format!(", newest {}", super::instant::rfc3339(at))).unwrap_or_default();
            ("left behind", format!("{} backups in {}{newest}", left.count, left.region))
        }));
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(count: u64) -> Duration {
        Duration::from_secs(count * 3600)
    }

    fn two_tiers() -> BackupSchedule {
        BackupSchedule {
            tiers: vec![
                ScheduleTier { every: hours(1), kept: Some(hours(24)) },
                ScheduleTier { every: hours(24), kept: Some(hours(336)) },
            ],
            max_count: Some(38),
            hour: Some(4),
            minute: None,
            from: ScheduleFrom::Plan { plan: "business-8".to_owned() },
        }
    }

    #[test]
    fn a_schedule_says_what_is_due_at_each_age() {
        let schedule = two_tiers();
        for (age, every) in [(0, Some(1)), (24, Some(1)), (25, Some(24)), (336, Some(24)), (337, None)] {
            assert_eq!(schedule.every_at(hours(age)), every.map(hours), "{age} h");
        }
    }

    #[test]
    fn a_schedule_says_who_says_so() {
        assert_eq!(
            two_tiers().in_words(),
            "each 1h kept 1d, each 1d kept 14d, at 04:?? UTC (plan business-8)"
        );
        let single = BackupSchedule {
            tiers: vec![ScheduleTier { every: hours(24), kept: None }],
            max_count: Some(1),
            hour: Some(22),
            minute: Some(5),
            from: ScheduleFrom::Documentation,
        };
        let words = "each 1d, only the newest is kept, at 22:05 UTC (by the documentation, not by its plan)";
        assert_eq!(single.in_words(), words);
    }

    #[test]
    fn s3_what_is_not_known_has_no_line() {
        assert_eq!(BackupTerms::default().in_words(), []);
        let off = BackupTerms { copied_to: Some(None), can_be_copied: Some(false), ..BackupTerms::default() };
        assert_eq!(off.in_words(), [("copied to", "nowhere: not offered for this kind".to_owned())]);
    }
}
