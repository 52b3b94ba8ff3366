//! How it is: a word for each state, grade and rule.

use super::super::assessment::{Assessment, Rule, Verdict};
use super::super::{Compliance, Grade, Service};
use super::{NOT_JUDGED, UNKNOWN};

/// The word for a grade of RPO compliance.
pub const fn compliance(compliance: Compliance) -> &'static str {
    match compliance {
        Compliance::Compliant => "ok",
        Compliance::Exceeded => "BEYOND",
        Compliance::SeverelyExceeded => "SEVERE",
        Compliance::CriticallyExceeded => "CRITICAL",
        Compliance::Unknown => UNKNOWN,
        Compliance::Exempt => NOT_JUDGED,
    }
}

/// A grade of RPO compliance in small letters, for a sentence.
pub const fn compliance_sentence(compliance: Compliance) -> &'static str {
    match compliance {
        Compliance::Compliant => "within it",
        Compliance::Exceeded => "exceeded",
        Compliance::SeverelyExceeded => "severely exceeded",
        Compliance::CriticallyExceeded => "critically exceeded",
        Compliance::Unknown => "whether that holds is not known",
        Compliance::Exempt => "not judged",
    }
}

/// The word for how well founded a bound is (S4).
pub const fn grade(grade: Grade) -> &'static str {
    match grade {
        Grade::Claimed => "claimed",
        Grade::Whole => "whole",
        Grade::Restored => "restored",
        Grade::Checked => "checked",
    }
}

/// The state of a service in one word: capitals where somebody must act or nobody knows.
pub fn state(service: &Service, known: &Assessment) -> &'static str {
    match (known.verdict, known.findings.first()) {
        (Verdict::Ok, _) if is_in(service, true) => "in drill",
        (Verdict::Ok, _) if is_in(service, false) => "incident",
        (Verdict::Ok, _) if service.last_proven.is_none() => "unproven",
        (Verdict::Ok, _) => "ok",
        (Verdict::Exempt, _) => "exempt",
        (_, None) => UNKNOWN,
        (verdict, Some(worst)) => match worst.rule {
            Rule::RpoExceeded if verdict == Verdict::Unknown => "BEYOND?",
            Rule::RpoExceeded => compliance(known.compliance),
            Rule::NoSecondary if verdict != Verdict::Critical => "no copy",
            Rule::ClientsMoved if service.clients_moved.is_none() => "MOVED?",
            rule => rule_word(rule),
        },
    }
}

/// Whether a run of it is under way: a drill, or an incident.
fn is_in(service: &Service, drill: bool) -> bool {
    service.open_runs.iter().flatten().any(|run| run.drill == drill && !run.is_left())
}

const fn rule_word(rule: Rule) -> &'static str {
    match rule {
        Rule::NeverBackedUp => "NO BACKUP",
        Rule::NoSecondary => "NO COPY",
        Rule::SecondaryUnreadable => "UNREAD",
        Rule::SecondaryStale => "STALE",
        Rule::Permission => "NO RIGHT",
        Rule::RpoExceeded => "BEYOND",
        Rule::HoleEndsWindow => "LOG HOLE",
        Rule::HoleInside => "log hole",
        Rule::NewestBackupDamaged => "damaged",
        Rule::WentBack => "went back",
        Rule::CopyPaused => "paused",
        Rule::CopyingOff => "copy off",
        Rule::PersistenceOff => "in memory",
        Rule::LagDisagrees => "lag?",
        Rule::TwoTimelines => "timelines",
        Rule::Skew => "clock off",
        Rule::PrimarySilent => "SILENT",
        Rule::PrimaryUnreadable => "primary?",
        Rule::NoTier => "no tier",
        Rule::CannotMeetRpo => "schedule",
        Rule::IdleOrStalled => "idle?",
        Rule::BackupLate => "late",
        Rule::SnapshotsMissing => "gaps",
        Rule::PoweredOff => "off",
        Rule::SameRegion => "1 region",
        Rule::ProofIsOld => "drill due",
        Rule::DrillFailed => "BAD DRILL",
        Rule::RunInterrupted => "RUN LEFT",
        Rule::RegionChangeLeft => "copying?",
        Rule::CopyRegionSilent => "at risk",
        Rule::ClientsMoved => "MOVED",
        Rule::Unfenced => "UNFENCED",
        Rule::Gone => "gone",
        Rule::Exempt => "exempt",
    }
}
