//! How far our clock is from another's, told by an answer of which only the whole is timed.

use chrono::TimeDelta;

use crate::domain::Timestamp;

/// Our clock minus one that showed this at some time between `asked` and `answered`, seconds. What lies between is no
/// skew, however long the call took; the other shows whole seconds, rounded down.
pub(crate) fn skew_s(shown: Timestamp, asked: Timestamp, answered: Timestamp) -> i64 {
    let second = TimeDelta::seconds(1);
    // What another shows may be the last instant there is.
    let skew = if shown < asked - second {
        asked - shown - second
    } else if shown > answered {
        answered - shown
    } else {
        TimeDelta::zero()
    };
    skew.num_seconds()
}
