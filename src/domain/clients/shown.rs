//! What the board shows of the backups of a fork that clients use, where it watches that as a service of its own.

use super::super::fork::CopiedTo;
use super::super::{CopyState, Service, Timestamp, words};

/// The backups of a fork, by the readings of the service that it is on the board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownBackups {
    /// Whether it has a usable backup of its own; `None` unknown.
    pub own_backup: Option<bool>,
    /// Whether a copy of one lies in another region; `None` unknown.
    pub secondary_copy: Option<bool>,
    /// When the older of these readings was true; `None` while nothing was read.
    pub as_of: Option<Timestamp>,
    /// Whether the last attempts to read them brought facts, here.
    pub is_current: bool,
}

impl ShownBackups {
    /// What the copies of a service show.
    pub fn of(service: &Service) -> Self {
        let copies = [&service.primary, &service.secondary];
        let read = copies.into_iter().flatten();
        let is_current = |copy: &CopyState| copy.attempt.outcome.has_facts() && copy.imported_from.is_none();
        Self {
            own_backup: service.primary.as_ref().and_then(holds_any),
            secondary_copy: match &service.secondary {
                Some(copy) => holds_any(copy),
                // That no copy is named here does not say that its provider makes none.
                None => (service.copied_to() == CopiedTo::Nowhere).then_some(false),
            },
            as_of: read.clone().filter_map(CopyState::as_of).min(),
            is_current: read.clone().next().is_some() && read.clone().all(is_current),
        }
    }

    /// The same in words, with its age.
    pub fn in_words(&self, now: Timestamp) -> String {
        let Some(as_of) = self.as_of else { return "its own backups not read yet".to_owned() };
        let word = |known, what: &str| match known {
            Some(true) => what.to_owned(),
            Some(false) => format!("no {what}"),
            None => format!("{what} not known"),
        };
        let (own, copy) = (word(self.own_backup, "own backup"), word(self.secondary_copy, "copy elsewhere"));
        let age = words::age_of(as_of, now);
        let read = if self.is_current {
            format!("read {age} ago")
        } else {
            format!("last read {age} ago, not known since")
        };
        format!("{own}, {copy} ({read})")
    }
}

/// Whether a copy holds a usable backup.
fn holds_any(copy: &CopyState) -> Option<bool> {
    let points = copy.last_good.as_ref()?.points.as_ref()?;
    Some(points.usable_count() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::{at, now, orders};
    use crate::domain::{Outcome, Points};

    #[test]
    fn s3_what_a_row_shows_of_a_fork_has_its_age_and_is_none_only_where_it_was_read() {
        let shown = |spoil: &dyn Fn(&mut Service)| {
            let mut row = orders();
            spoil(&mut row);
            let shown = ShownBackups::of(&row);
            (shown.own_backup, shown.secondary_copy, shown.is_current, shown.in_words(now()))
        };
        let holds_none = |row: &mut Service| {
            let there = row.secondary.as_mut().unwrap().last_good.as_mut().unwrap();
            (there.points, there.as_of) = (Some(Points::default()), at("2026-11-20T11:04:31Z"));
        };
        let unread = |row: &mut Service| {
            row.secondary.as_mut().unwrap().attempt.outcome = Outcome::Unreachable;
        };
        let never = |row: &mut Service| {
            for copy in [&mut row.primary, &mut row.secondary] {
                copy.as_mut().unwrap().last_good = None;
            }
        };
        let (own, copy, current, text) = shown(&|_| {});
        assert_eq!((own, copy, current), (Some(true), Some(true), true), "{text}");
        assert!(text.starts_with("own backup, copy elsewhere (read "), "{text}");
        let (own, copy, current, text) = shown(&holds_none);
        assert_eq!((own, copy, current), (Some(true), Some(false), true), "{text}");
        assert!(text.starts_with("own backup, no copy elsewhere (read 1h"), "{text}");
        let (own, copy, current, text) = shown(&unread);
        assert_eq!((own, copy, current), (Some(true), Some(true), false), "{text}");
        assert!(text.contains("(last read ") && text.ends_with(" ago, not known since)"), "{text}");
        let (own, copy, _, text) = shown(&never);
        assert_eq!((own, copy, text.as_str()), (None, None, "its own backups not read yet"));
        let (_, copy, _, text) = shown(&|row| row.secondary = None);
        assert_eq!(copy, None, "{text}");
    }
}
