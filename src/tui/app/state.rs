//! A service's state in one word, and how loud it is.

use crate::domain::words;
use crate::domain::{Assessment, Service, Verdict};

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

/// The state of a service in one word, and how loud it is.
pub fn word(service: &Service, assessment: &Assessment) -> (Tone, &'static str) {
    (Tone::from(assessment.verdict), words::state(service, assessment))
}
