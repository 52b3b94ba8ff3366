//! The timeline of one service: where the cursor stands, what span is looked at, what a restore
//! there to the cursor would give. Holds no facts of its own: they come in with every question.

mod answer;
mod lane;
mod scale;
pub mod sentences;

use chrono::{SubsecRound, TimeDelta};

pub use answer::{Answer, BadMoment, Base, Can, newest, newest_is, oldest};
pub use lane::{Cell, Lane, NO_SECONDARY, lane, no_secondary};
pub use scale::{Scale, exact, length};

use crate::domain::{
    Ability, Assessment, Points, Reading, Service, ServiceId, StaleAfter, Target, Timestamp,
};

/// Spans of the lower lanes, seconds, from closest to widest.
const SPANS: [i64; 11] = [
    300,
    1200,
    3600,
    3 * 3600,
    12 * 3600,
    86_400,
    3 * 86_400,
    7 * 86_400,
    14 * 86_400,
    28 * 86_400,
    90 * 86_400,
];
/// The span a timeline opens with, when the newest point lies in it.
const HOUR: usize = 2;

/// Where the cursor stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cursor {
    /// On the newest point there, whatever it is.
    Newest,
    /// On an instant.
    At(Timestamp),
}

/// The state of a timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    /// The service.
    pub service: ServiceId,
    /// The marked bad moment (S14).
    pub bad: Option<Timestamp>,
    cursor: Cursor,
    /// Which of [`SPANS`].
    zoom: usize,
    /// Where the lower lanes end; `None` = now.
    end: Option<Timestamp>,
}

/// What a timeline is looked at with.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The service.
    pub service: &'a Service,
    /// What is made of it now.
    pub known: Option<&'a Assessment>,
    /// Now.
    pub now: Timestamp,
    /// From what age on facts are stale (S2).
    pub stale_after: &'a StaleAfter,
    /// Columns of a lane.
    pub columns: u16,
}

/// What became of a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Went {
    /// The cursor moved.
    There,
    /// It stood there already.
    Already,
    /// Where that would be is not known.
    Nowhere,
}

/// A way to move the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// By columns, negative to the past.
    Columns(i64),
    /// To the next backup there.
    NextBackup,
    /// To the previous backup there.
    PreviousBackup,
    /// To the oldest point there.
    Oldest,
    /// To the newest point there.
    Newest,
    /// To an instant.
    To(Timestamp),
}

impl View<'_> {
    fn there(&self) -> Option<&Reading> {
        self.service.secondary.as_ref()?.last_good.as_deref()
    }

    /// The earliest instant that anything is known of, in either copy.
    pub fn earliest(&self) -> Timestamp {
        let copies = [&self.service.primary, &self.service.secondary];
        let readings = copies.into_iter().flatten().filter_map(|copy| copy.last_good.as_deref());
        let first = |reading: &Reading| {
            let backup = reading.points.iter().flatten().map(|point| point.at).min();
            oldest(reading).into_iter().chain(backup).min()
        };
        let hour_ago = self.now - TimeDelta::hours(1);
        readings.filter_map(first).min().map_or(hour_ago, |at| at.min(hour_ago))
    }

    /// Whether there is any point there to stand on.
    pub fn has_point(&self) -> bool {
        self.there().is_some_and(|there| newest(there).is_some() || backups(there).next().is_some())
    }

    /// Why there is none; `None` = there is one.
    pub fn no_point(&self) -> Option<Can> {
        (!self.has_point()).then(|| answer::can(&self.question(None), &Target::Newest, self.now))
    }

    fn question(&self, bad: Option<Timestamp>) -> answer::Question<'_> {
        let View { service, known, now, stale_after, .. } = *self;
        answer::Question { service, known, now, stale_after, bad }
    }

    /// The instant that a column stands for: the last edge or snapshot drawn in it, to the instant, else where it
    /// begins.
    pub fn drawn_in(&self, scale: &Scale, column: u16) -> Timestamp {
        let drawn = scale.start_of(column)..scale.start_of(column.saturating_add(1));
        let stops = self.there().map(stops).unwrap_or_default();
        let stop = stops.into_iter().filter(|stop| drawn.contains(stop)).max();
        stop.unwrap_or_else(|| drawn.start.clamp(self.earliest().trunc_subsecs(0).min(self.now), self.now))
    }

    /// The columns of the upper lanes: everything there is.
    pub fn whole(&self) -> Scale {
        Scale::whole(self.earliest(), self.now, self.columns)
    }
}

impl Timeline {
    /// A timeline with the cursor on the newest point there, wide enough to show it and now.
    pub fn open(view: &View<'_>) -> Self {
        let newest = view.there().and_then(newest).unwrap_or(view.now);
        let shows = |span: &i64| view.now - newest < TimeDelta::seconds(span / 10 * 9);
        let zoom = SPANS.iter().position(shows).map_or(SPANS.len() - 1, |zoom| zoom.max(HOUR));
        Self { service: view.service.id.clone(), bad: None, cursor: Cursor::Newest, zoom, end: None }
    }

    /// The instant the cursor stands on; `None` while no point there is known.
    pub fn at(&self, view: &View<'_>) -> Option<Timestamp> {
        match self.cursor {
            _ if !view.has_point() => None,
            Cursor::Newest => view.there().and_then(newest),
            Cursor::At(at) => Some(at),
        }
    }

    /// The span of the lower lanes, seconds.
    pub fn span(&self) -> i64 {
        SPANS.get(self.zoom).copied().unwrap_or(3600)
    }

    /// Whether the lower lanes end now.
    pub const fn ends_now(&self) -> bool {
        self.end.is_none()
    }

    /// The columns of the lower lanes.
    pub fn near(&self, view: &View<'_>) -> Scale {
        let columns = i64::from(view.columns.max(1));
        let step = (self.span() + columns - 1) / columns;
        Scale::ending(self.end.unwrap_or(view.now), step, view.columns)
    }

    /// What becomes of a restore there to the cursor.
    pub fn answer(&self, view: &View<'_>) -> Option<Answer> {
        Some(answer::answer(&view.question(self.bad), self.at(view)?))
    }

    /// Moves the cursor.
    pub fn go(&mut self, how: Move, view: &View<'_>) -> Went {
        let there = view.there();
        let from = self.at(view).unwrap_or(view.now);
        let to = match how {
            _ if !view.has_point() => None,
            Move::Newest => there.and_then(newest),
            Move::Oldest => there.and_then(oldest),
            Move::NextBackup => there.and_then(|there| backups(there).filter(|at| *at > from).min()),
            Move::PreviousBackup => there.and_then(|there| backups(there).filter(|at| *at < from).max()),
            Move::To(at) => Some(at),
            Move::Columns(by) => Some(self.by_columns(by, from, view)),
        };
        let Some(to) = to else { return Went::Nowhere };
        let moved = self.at(view) != Some(to);
        self.cursor = if how == Move::Newest { Cursor::Newest } else { Cursor::At(to) };
        self.reveal(to, view);
        if moved { Went::There } else { Went::Already }
    }

    /// One column further, but never over an edge, a snapshot, or out of what is known.
    fn by_columns(&self, by: i64, from: Timestamp, view: &View<'_>) -> Timestamp {
        let way = TimeDelta::seconds(self.near(view).step().saturating_mul(by));
        let aim = (from + way).trunc_subsecs(0).clamp(view.earliest().min(from), view.now.max(from));
        let stops = view.there().map(stops).unwrap_or_default();
        if by < 0 {
            stops.into_iter().filter(|stop| *stop < from).max().map_or(aim, |stop| aim.max(stop))
        } else {
            stops.into_iter().filter(|stop| *stop > from).min().map_or(aim, |stop| aim.min(stop))
        }
    }

    /// Looks closer (`-1`) or wider (`1`), around the cursor.
    pub fn zoom(&mut self, by: isize, view: &View<'_>) {
        self.zoom = self.zoom.saturating_add_signed(by).min(SPANS.len() - 1);
        self.end = None;
        if let Some(at) = self.at(view) {
            self.reveal(at, view);
        }
    }

    /// Moves the lower lanes so that they show an instant; they end now where that shows it too.
    fn reveal(&mut self, at: Timestamp, view: &View<'_>) {
        let shown = |timeline: &Self| timeline.near(view).column(at).is_some();
        if self.end.is_some() && shown(self) {
            return;
        }
        self.end = None;
        if !shown(self) {
            self.end = Some((at + TimeDelta::seconds(self.span() / 2)).min(view.now));
        }
    }

    /// Marks the cursor as the moment the data went bad, or unmarks it when it is marked already.
    pub fn toggle_bad(&mut self, view: &View<'_>) {
        let at = self.at(view);
        self.bad = if self.bad == at { None } else { at };
    }
}

/// What becomes of a restore there to a target, as of now and as it will be asked for; `None` while no instant is known for it.
pub fn answer_to(target: &Target, bad: Option<Timestamp>, view: &View<'_>) -> Option<Answer> {
    let there = view.there();
    let at = match target {
        Target::Newest => newest(there?),
        Target::Oldest => oldest(there?),
        Target::At(at) => Some(*at),
        Target::Backup(name) => {
            there?.points.iter().flatten().find(|point| point.name == *name).map(|point| point.at)
        }
    };
    Some(answer::answer(&view.question(bad), at?).asked_for(view.service))
}

fn backups(reading: &Reading) -> impl Iterator<Item = Timestamp> {
    reading.points.iter().flat_map(Points::usable).map(|point| point.at)
}

/// Where a move by columns halts: the edges of windows, or the snapshots.
fn stops(reading: &Reading) -> Vec<Timestamp> {
    if reading.ability == Ability::Snapshots {
        return backups(reading).collect();
    }
    let windows = reading.windows.iter().flatten();
    windows.flat_map(|window| [window.from.at, window.to.at]).collect()
}

#[cfg(test)]
mod tests;
