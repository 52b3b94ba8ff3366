//! That it is not known any more how runs stand.

use crate::domain::{Timestamp, words};

/// No journal could be read, or none answers: what was told last is not the newest (S2, S3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunsUnread {
    /// Why.
    pub why: String,
    /// When they were last read; `None` = not since this start.
    pub as_of: Option<Timestamp>,
}

impl RunsUnread {
    /// The same in words, longest first.
    pub fn in_words(&self, now: Timestamp) -> [String; 3] {
        let short = "RUNS NOT KNOWN".to_owned();
        let last = self.last_read(now).map_or_else(String::new, |last| format!(", {last}"));
        [format!("{short}{last}: {}", self.why), format!("{short}{last}"), short]
    }

    /// When they were last read, in words.
    pub fn last_read(&self, now: Timestamp) -> Option<String> {
        let at = self.as_of?;
        Some(format!("last read {}, {} ago", words::newest(at, now), words::age_of(at, now)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::at;

    #[test]
    fn s2_what_is_not_known_any_more_says_how_old_that_is_which_was_known() {
        let now = at("2026-11-20T12:05:00Z");
        let unread = |as_of| RunsUnread { why: "it hangs".to_owned(), as_of }.in_words(now);
        let [whole, aged, short] = unread(Some(at("2026-11-20T12:00:00Z")));
        assert_eq!(aged, "RUNS NOT KNOWN, last read 12:00:00Z, 5m ago");
        assert_eq!((whole, short), (format!("{aged}: it hangs"), "RUNS NOT KNOWN".to_owned()));
        assert_eq!(unread(None)[0], "RUNS NOT KNOWN: it hangs");
    }
}
