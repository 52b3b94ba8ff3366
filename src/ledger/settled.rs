//! Runs that are over and left nothing behind: what of their journals is still to be known, so that none of these is
//! read again.

use crate::domain::Timestamp;

/// What a run that is over says, where no fork of it is left and no clients use one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    /// How many events its journal had then: one more, and it is to be read again.
    pub events: u64,
    /// When the last of them happened.
    pub last_at: Timestamp,
    /// When its restored data was checked and found as expected.
    pub proven_at: Option<Timestamp>,
    /// When it moved clients to its fork, which they have left.
    pub cut_over_at: Option<Timestamp>,
}
