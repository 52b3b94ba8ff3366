//! What can be true of a time or a size that the provider tells. What cannot is taken as not told: a
//! fault of an answer must not become a window or a number (S3).

use chrono::{DateTime, TimeDelta};

use super::Seen;
use crate::domain::Timestamp;

/// The provider did not exist before 2015.
const FIRST: Option<Timestamp> = DateTime::from_timestamp(1_420_070_400, 0);
/// Clocks that differ by more are named (S25).
const AHEAD: TimeDelta = TimeDelta::minutes(5);
/// No plan has a disk of a pebibyte.
const LARGEST: u64 = 1 << 50;

/// Whether something can have happened at an instant, by the provider's clock or by ours: one of them may be
/// off, and nobody knows which (S25).
pub(super) fn has_been(at: Timestamp, seen: Seen<'_>) -> bool {
    let now = seen.as_of.max(seen.their_now);
    // Most of it is long past.
    FIRST.is_none_or(|first| at >= first) && (at <= now || at <= now + AHEAD)
}

/// A size in bytes that data or a disk can have.
pub(super) fn size(bytes: Option<u64>) -> Option<u64> {
    bytes.filter(|bytes| *bytes < LARGEST)
}

/// The same of a disk, in MiB.
pub(in crate::provider::aiven) fn disk(mib: Option<u64>) -> Option<u64> {
    mib.filter(|mib| size(Some(mib.saturating_mul(1 << 20))).is_some())
}
