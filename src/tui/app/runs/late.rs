//! That the journals do not answer.

use crate::domain::{Timestamp, words};
use crate::tui::app::model::Model;

/// The journals were asked and do not answer: their disk hangs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunsLate {
    /// When they were last read; `None` = not since this start.
    pub as_of: Option<Timestamp>,
}

impl RunsLate {
    /// The same in words, longest first.
    pub fn in_words(self, now: Timestamp) -> [String; 2] {
        let disk = "the disk of the state folder does not answer";
        match self.as_of {
            Some(at) => {
                let as_of = format!("RUNS AS OF {}, {} AGO", words::newest(at, now), words::age_of(at, now));
                [format!("{as_of}: {disk}"), as_of]
            }
            None => [format!("RUNS NOT KNOWN: {disk}"), "RUNS NOT KNOWN".to_owned()],
        }
    }
}

/// Takes in that the journals do not answer, or do so again.
pub(in crate::tui::app) fn take_late(model: &mut Model, late: Option<RunsLate>) {
    (model.runs_late, model.dirty) = (late, true);
}
