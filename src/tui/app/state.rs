//! A service's state in one word, and how loud it is.

use crate::domain::words;
use crate::domain::{Assessment, Rule, Service, Verdict};

/// How loud a state is, apart from colour: chooses glyph and style.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Ok,
    /// Look at it.
    Warning,
    /// Act.
    Critical,
    /// Not known.
    Unknown,
    /// By design.
    Exempt,
}

impl From<Verdict> for Tone {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Ok => Self::Ok,
            Verdict::Warning => Self::Warning,
            Verdict::Critical => Self::Critical,
            Verdict::Unknown => Self::Unknown,
            Verdict::Exempt => Self::Exempt,
        }
    }
}

/// The state of a service in one word: capitals where somebody must act or nobody knows.
pub fn word(service: &Service, assessment: &Assessment) -> (Tone, &'static str) {
    let tone = Tone::from(assessment.verdict);
    let word = match assessment.verdict {
        Verdict::Ok if service.last_proven.is_none() => "unproven",
        Verdict::Ok => "ok",
        Verdict::Exempt => "by design",
        _ => assessment.findings.first().map_or("?", |finding| match finding.rule {
            Rule::NeverBackedUp => "NO BACKUP",
            Rule::NoSecondary if assessment.verdict == Verdict::Critical => "NO COPY",
            Rule::NoSecondary => "no copy",
            Rule::SecondaryUnreadable => "UNREAD",
            Rule::SecondaryStale => "STALE",
            Rule::Permission => "NO RIGHT",
            Rule::RpoExceeded => words::compliance(assessment.compliance),
            Rule::HoleEndsWindow => "LOG HOLE",
            Rule::HoleInside => "log hole",
            Rule::NewestBackupDamaged => "damaged",
            Rule::CopyPaused => "paused",
            Rule::LagDisagrees => "lag differs",
            Rule::TwoTimelines => "timelines",
            Rule::Skew => "clock off",
            Rule::PrimaryUnreadable => "prim. unread",
            Rule::NoTier => "no tier",
            Rule::CannotMeetRpo => "schedule",
            Rule::IdleOrStalled => "idle?",
            Rule::Gone => "gone",
            Rule::Exempt => "by design",
        }),
    };
    (tone, word)
}
