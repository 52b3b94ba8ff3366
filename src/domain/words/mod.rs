//! How durations, instants and sizes are written for a person (S13). Losses round up, but for one
//! that is lost at least; upper edges of windows round down, lower edges round up: what is shown is never better than what is known.

mod amounts;
mod instants;
mod judged;
mod states;

pub use amounts::{
    age, age_of, as_shown, as_shown_at_least, bounded, bounded_minutes, bounded_s, bytes, count, exact,
    objective, passed, range, range_minutes, ratio, seconds_up, signed_s, stopwatch, to_the_second,
    whole_minutes,
};
pub use instants::{
    clock, day_and_minute, edge, instant, instant_up, minute_by, newest, newest_of, newest_of_in_full,
    of_backup, oldest, oldest_of, oldest_of_in_full, oldest_to_the_second, two_instants,
};
pub use judged::{copying, counted_to, loss_minutes, loss_seconds, ratio_of, restore, restore_of, trailing};
pub use states::{compliance, compliance_sentence, grade, state};

/// What stands where a number is not known.
pub const UNKNOWN: &str = "?";

/// What stands where no number is judged, for there is nothing that it could be of.
pub const NOT_JUDGED: &str = "-";

/// What such a service stands for: nothing of it comes back.
pub const BY_DESIGN: &str =
    "no backups by design: what it holds is lost with the region; lifeboat cannot restore it";
