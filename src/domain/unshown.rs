//! What an earlier look at a copy showed that can be restored, where the last one was shown nothing of that.

use super::{Ability, LogReach, Points, Reading, Sign, Timestamp, Window, words};

impl Reading {
    /// When what can be restored was seen.
    pub fn reach_as_of(&self) -> Timestamp {
        self.log.seen_at.unwrap_or(self.as_of)
    }

    /// This reading with what an earlier one showed that can be restored, where it was shown nothing of that itself:
    /// that is unread since, and not unknown (S2). Where log is listed, that tells.
    pub(super) fn with_unshown_of(&self, known: &Self, seen_by: Option<&str>) -> Option<Self> {
        let is_of_one_kind = self.ability == known.ability || self.ability == Ability::Unread;
        if !is_of_one_kind || known.log.end.is_some() || self.shows_reach(known.ability) {
            return None;
        }
        let points = self.points.clone().or_else(|| known.points.clone());
        let windows = match known.ability {
            Ability::Pitr => self.windows_left_of(known, points.as_ref())?.into(),
            _ => known.windows.clone()?,
        };
        let mut kept = Self {
            ability: known.ability,
            points,
            windows: Some(windows),
            log: LogReach { seen_at: Some(known.reach_as_of()), ..known.log.clone() },
            ..self.clone()
        };
        if known.log.seen_at.is_none() {
            kept.say_when_shown(seen_by);
        }
        (kept.shows_reach(known.ability)).then_some(kept)
    }

    /// Whether it shows how far the copy reaches.
    const fn shows_reach(&self, ability: Ability) -> bool {
        match ability {
            Ability::Pitr => self.windows.is_some(),
            Ability::Snapshots => self.points.is_some(),
            Ability::ByDesignNone | Ability::Unread => true,
        }
    }

    /// Those windows of an earlier look that the backups which are there now still lead into; `None` where they lead
    /// further than was shown, or nowhere. Of a copy that is paused backups may be there that are not counted.
    fn windows_left_of(&self, known: &Self, points: Option<&Points>) -> Option<Vec<Window>> {
        let windows = known.windows.as_deref()?;
        let newest = |points: &Points| points.newest_usable().map(|point| point.at);
        let reaches = known.points.as_ref().and_then(newest).max(windows.last().map(|window| window.to.at));
        let Some(points) = points else { return Some(windows.clone()) };
        if newest(points) > reaches {
            return None;
        }
        let is_paused = self.signs.iter().any(|sign| matches!(sign, Sign::CopyPaused { .. }));
        let Some(oldest) = points.usable().next() else {
            return (is_paused || windows.is_empty()).then(|| windows.clone());
        };
        let left = windows.iter().filter(|window| oldest.at <= window.to.at).cloned();
        let from = |mut window: Window| {
            if window.from.at < oldest.at {
                (window.from.at, window.from.nearest_time) = (oldest.at, None);
                window.from.reason = format!("oldest backup that is left, {}", oldest.name).into();
            }
            window
        };
        let left: Vec<Window> = left.map(from).collect();
        (!left.is_empty()).then_some(left)
    }

    fn say_when_shown(&mut self, seen_by: Option<&str>) {
        let by = seen_by.map(|host| format!(" by {host}")).unwrap_or_default();
        let at = words::instant(self.reach_as_of());
        for window in self.windows.iter_mut().flat_map(|windows| windows.iter_mut()) {
            window.to.reason = format!("{}; last shown{by} at {at}", window.to.reason).into();
        }
    }
}
