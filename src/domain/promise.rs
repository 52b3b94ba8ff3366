//! What a restored service was promised to hold, and which rows prove how new its data is (S14, S23).

use std::time::Duration;

use super::instant::rfc3339;
use super::skew::AGREE;
use super::{Edge, Timestamp};

/// What a fork was promised to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promise {
    /// The newest data, by the point that was restored.
    pub newest: Timestamp,
    /// What that says: only *at least* leaves room for newer data.
    pub is: Edge,
    /// When the point was agreed to: no copy held later data by then.
    pub agreed_at: Option<Timestamp>,
    /// The largest tolerated loss.
    pub rpo: Option<Duration>,
}

impl Promise {
    /// Why a row of this date proves nothing; `None` when it does.
    pub fn doubt(&self, row: Timestamp) -> Option<String> {
        if self.is != Edge::AtLeast && row - self.newest > AGREE {
            let promised = rfc3339(self.newest);
            return Some(format!(
                "later than the promised {promised}: the restore ran past its point, or the row is dated by something else"
            ));
        }
        let agreed_at = self.agreed_at.filter(|agreed_at| row - *agreed_at > AGREE)?;
        Some(format!(
            "later than {}, when its point was agreed to: the row is dated by something else, or by a clock that is off",
            rfc3339(agreed_at)
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::at;
    use super::*;

    #[test]
    fn s23_a_row_that_no_copy_can_have_held_proves_nothing() {
        let promised = Promise {
            newest: at("2026-11-20T12:00:00Z"),
            is: Edge::Exact,
            agreed_at: Some(at("2026-11-20T12:30:00Z")),
            rpo: None,
        };
        for (row, is, agreed, doubt) in [
            ("2026-11-20T11:00:00Z", Edge::Exact, true, None),
            ("2026-11-20T12:01:00Z", Edge::Exact, true, None),
            ("2026-11-20T12:29:00Z", Edge::Exact, true, Some("ran past its point")),
            ("2026-11-20T12:29:00Z", Edge::AtMost, true, Some("ran past its point")),
            ("2026-11-20T12:31:00Z", Edge::AtLeast, true, None),
            ("2026-11-20T12:32:00Z", Edge::AtLeast, true, Some("when its point was agreed to")),
            ("2026-11-20T12:32:00Z", Edge::AtLeast, false, None),
        ] {
            let promise = Promise { is, agreed_at: promised.agreed_at.filter(|_| agreed), ..promised };
            let why = promise.doubt(at(row));
            assert_eq!(why.is_some(), doubt.is_some(), "{row} {is:?}: {why:?}");
            assert!(why.unwrap_or_default().contains(doubt.unwrap_or_default()), "{row} {is:?}");
        }
    }
}
