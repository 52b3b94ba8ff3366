//! From what the API says of one service to facts about its two copies. Pure.
//!
//! The primary copy lies where the newest backup says (`storage_location`), not where the service
//! runs: a migration leaves backups behind. The secondary copy lies in the region that backups are set to be copied to, or
//! where some were left since copying was switched off: the setting and the place are two things.
//! Everything is *claimed*: nobody outside can see the pieces.

pub(super) mod credible;
mod points;
mod signs;
mod terms;

use std::cell::OnceCell;
use std::time::Duration;

use super::failure::Failure;
use super::kinds::{self, Kind};
use super::mark;
use super::wire::{Backup, BackupConfig, Backups, PitrRange, Service};
use crate::domain::instant::rfc3339;
use crate::domain::{
    Ability, Bound, CopyPart, Edge, Grade, LogReach, Outcome, Points, Reading, Replicated, Role, ServicePart,
    Sign, Timestamp, Window,
};

/// What is known of a service's backups besides the list.
#[derive(Debug, Clone)]
pub(super) enum Backed<'a> {
    /// `/backups` answered.
    Read(Backups<'a>),
    /// Only what the list says: for types whose windows are not read, or have none.
    Listed,
    /// `/backups` is refused to this token: no windows, but the list's backups (S9).
    Hidden(Failure),
    /// `/backups` failed.
    Failed(Failure),
}

impl<'a> Backed<'a> {
    /// Whether it tells the backups, whatever the list says of them.
    pub(super) const fn tells_backups(&self) -> bool {
        matches!(self, Self::Read(Backups { backups: Some(_), .. }))
    }

    /// What is left of it when so much of the answer is kept.
    pub(super) fn keeping(self, keep: impl FnOnce(Backups<'a>) -> Backups<'static>) -> Backed<'static> {
        match self {
            Self::Read(answer) => Backed::Read(keep(answer)),
            Self::Listed => Backed::Listed,
            Self::Hidden(failure) => Backed::Hidden(failure),
            Self::Failed(failure) => Backed::Failed(failure),
        }
    }
}

/// When and from where.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen<'a> {
    /// The source's name.
    pub(super) source: &'a str,
    /// When the facts were true, by our clock.
    pub(super) as_of: Timestamp,
    /// The same by the provider's clock: what its open window end *now* means.
    pub(super) their_now: Timestamp,
    /// What the service's plan says of its backups, where plans could be read.
    pub(super) plan: Option<&'a BackupConfig>,
    /// How long before the end of a window its newest point is asked for.
    pub(super) margin: Duration,
}

/// Everything known of one service.
pub(super) fn part(service: &Service, backed: &Backed<'_>, seen: Seen<'_>) -> ServicePart {
    let view = View::new(service, backed, seen);
    ServicePart {
        remote: service.service_name.clone(),
        facts: Some(view.facts().into()),
        copies: view.copies(),
        ours: service.tag(mark::RUN).map(str::to_owned),
    }
}

/// What a plan says of a service, that was read after its backups.
pub(super) fn take_plan(part: &mut ServicePart, service: &Service, backed: &Backed<'_>, seen: Seen<'_>) {
    let view = View::new(service, backed, seen);
    if needs_plan(service) {
        *part = self::part(service, backed, seen);
        return;
    }
    if let Some(facts) = &mut part.facts {
        facts.terms.schedule = view.schedule();
    }
    for reading in part.copies.iter_mut().filter_map(|copy| copy.reading.as_mut()) {
        reading.interval = view.terms_interval();
    }
}

/// Whether its plan tells more of a service than when its backups are made: what its kind can do.
pub(super) fn needs_plan(service: &Service) -> bool {
    kinds::of(service.service_type.as_deref().unwrap_or_default()).ability == Ability::Unread
}

/// A service whose entry in the list cannot be understood.
pub(super) fn broken(remote: String, failure: &Failure, seen: Seen<'_>) -> ServicePart {
    let copy = |role| CopyPart {
        role,
        copy: seen.source.to_owned(),
        region: None,
        outcome: failure.outcome,
        error: Some(failure.text.clone()),
        reading: None,
    };
    ServicePart { remote, facts: None, copies: [Role::Primary, Role::Secondary].map(copy).into(), ours: None }
}

fn made(backup: &Backup<'_>, seen: Seen<'_>) -> Option<Timestamp> {
    backup.backup_time.filter(|at| credible::has_been(*at, seen))
}

struct View<'a> {
    service: &'a Service,
    service_type: &'a str,
    kind: Kind,
    ability: Ability,
    plan: Option<&'a BackupConfig>,
    backed: &'a Backed<'a>,
    /// Oldest first; those whose time is not known come before.
    backups: Option<Vec<&'a Backup<'a>>>,
    /// All of them, as points.
    whole: OnceCell<Points>,
    /// Where its secondary copy lies, or is to: not what copying is set to.
    copies_lie_in: Option<&'a str>,
    seen: Seen<'a>,
}

impl<'a> View<'a> {
    fn new(service: &'a Service, backed: &'a Backed<'a>, seen: Seen<'a>) -> Self {
        let service_type = service.service_type.as_deref().unwrap_or("unknown");
        let read = if let Backed::Read(answer) = backed { answer.backups.as_ref() } else { None };
        let backups = read.or(service.backups.as_ref()).map(|backups| {
            let mut sorted: Vec<&Backup<'_>> = backups.iter().collect();
            sorted.sort_by_key(|backup| made(backup, seen));
            sorted
        });
        let kind = kinds::of(service_type);
        let mut view = Self {
            service,
            service_type,
            kind,
            ability: kind.ability,
            plan: seen.plan,
            backed,
            backups,
            whole: OnceCell::new(),
            copies_lie_in: None,
            seen,
        };
        view.copies_lie_in = view.where_copies_lie();
        if view.ability == Ability::Unread {
            view.ability = view.shown_ability();
        }
        view
    }

    /// What a kind that is not known can be restored to: as its plan, its windows or its backups show.
    fn shown_ability(&self) -> Ability {
        let has_windows = matches!(self.backed, Backed::Read(answer) if answer.pitr.is_some());
        // Where windows are hidden or unread, having none proves nothing (S9).
        let shows_windows = matches!(self.backed, Backed::Read(_));
        let has_backups = self.backups.as_ref().is_some_and(|backups| !backups.is_empty());
        let mode = self.plan.and_then(|plan| plan.recovery_mode.as_deref());
        let max_count = self.plan.and_then(|plan| plan.max_count);
        match (mode, max_count) {
            _ if has_windows => Ability::Pitr,
            (Some("pitr"), Some(1..)) => Ability::Pitr,
            (_, Some(0)) if !has_backups => Ability::ByDesignNone,
            (Some("basic"), Some(1..)) => Ability::Snapshots,
            _ if has_backups && shows_windows => Ability::Snapshots,
            _ => Ability::Unread,
        }
    }

    /// When a backup was made, where that is told and can be true.
    fn made(&self, backup: &Backup<'_>) -> Option<Timestamp> {
        made(backup, self.seen)
    }

    fn newest_first(&self) -> impl Iterator<Item = &'a Backup<'a>> {
        self.backups.iter().flatten().rev().copied()
    }

    fn primary_region(&self) -> Option<&'a str> {
        let stored = self.newest_first().find_map(|backup| backup.storage_location.as_deref());
        // While nothing is shown of backups, where the service runs does not say where they lie.
        let is_unseen = matches!(self.backed, Backed::Failed(_)) && self.backups.is_none();
        stored.or(self.service.cloud_name.as_deref().filter(|_| !is_unseen))
    }

    /// Where copies are to go; else where some were left.
    fn where_copies_lie(&self) -> Option<&'a str> {
        let configured = self.service.backup_region();
        let window = || self.windows_there().find_map(|range| range.cloud.as_deref());
        let left = || self.newest_first().flat_map(Backup::copies).find_map(|copy| copy.cloud.as_deref());
        configured.or_else(window).or_else(left)
    }

    fn windows_there(&self) -> impl Iterator<Item = &'a PitrRange> {
        let pitr = if let Backed::Read(answer) = self.backed { answer.pitr.as_ref() } else { None };
        pitr.into_iter().flat_map(|pitr| pitr.additional_regions.iter().flatten())
    }

    fn copies(&self) -> Vec<CopyPart> {
        let primary = self.copy(Role::Primary, self.primary_region());
        let secondary = match (self.ability, self.copies_lie_in) {
            (Ability::ByDesignNone, _) => None,
            (_, Some(region)) => Some(self.copy(Role::Secondary, Some(region))),
            (_, None) => self.no_secondary().is_none().then(|| self.perhaps_a_copy()),
        };
        std::iter::once(primary).chain(secondary).collect()
    }

    /// Whether a copy lies in another region could not be read: neither one nor none.
    fn perhaps_a_copy(&self) -> CopyPart {
        let (outcome, error) = match self.backed {
            Backed::Failed(failure) => (failure.outcome.of_a_part(), failure.text.clone()),
            Backed::Hidden(failure) => {
                let error = format!("whether copies lie elsewhere is not visible to this token: {failure}");
                (Outcome::Partial, error)
            }
            Backed::Read(_) | Backed::Listed => {
                (Outcome::Partial, "where its backups are copied to is not shown".to_owned())
            }
        };
        CopyPart {
            role: Role::Secondary,
            copy: self.seen.source.to_owned(),
            region: None,
            outcome,
            error: Some(error),
            reading: None,
        }
    }

    fn copy(&self, role: Role, region: Option<&str>) -> CopyPart {
        let (outcome, error, reading) = match self.backed {
            Backed::Failed(failure) => (failure.outcome.of_a_part(), Some(failure.text.clone()), None),
            Backed::Hidden(failure) => {
                let reading = self.reading(role, region);
                let error = match self.ability {
                    // The list shows snapshots as well; only windows are told nowhere else.
                    Ability::Snapshots if reading.points.is_some() => None,
                    Ability::Snapshots => Some(format!("backups are not visible to this token: {failure}")),
                    _ => Some(format!("restore windows are not visible to this token: {failure}")),
                };
                let outcome = if error.is_some() { Outcome::Partial } else { Outcome::Ok };
                (outcome, error, Some(reading.into()))
            }
            Backed::Read(_) | Backed::Listed => (Outcome::Ok, None, Some(self.reading(role, region).into())),
        };
        CopyPart {
            role,
            copy: [Some(self.seen.source), region].into_iter().flatten().collect::<Vec<_>>().join(" "),
            region: region.map(str::to_owned),
            outcome,
            error,
            reading,
        }
    }

    fn reading(&self, role: Role, region: Option<&str>) -> Reading {
        let mut signs = Vec::new();
        let (windows, log) = self.windows(role, region, &mut signs);
        let end = windows.as_ref().and_then(|windows| windows.last()).map(|window| window.to.at);
        let points = self.points(role, region, end);
        self.add_signs(role, region, points.as_ref(), &mut signs);
        Reading {
            as_of: self.seen.as_of,
            ability: self.ability,
            points,
            windows: windows.map(Into::into),
            log: LogReach { replicated: log, ..LogReach::unknown() },
            signs,
            interval: self.terms_interval(),
        }
    }

    /// The windows of one copy, and whether log arrives in it.
    fn windows(
        &self,
        role: Role,
        region: Option<&str>,
        signs: &mut Vec<Sign>,
    ) -> (Option<Vec<Window>>, Replicated) {
        match self.ability {
            Ability::Snapshots | Ability::ByDesignNone => return (Some(Vec::new()), Replicated::No),
            Ability::Unread => return (None, Replicated::Unknown),
            Ability::Pitr => {}
        }
        let Backed::Read(answer) = self.backed else { return (None, Replicated::Unknown) };
        let Some(pitr) = &answer.pitr else {
            return self.without_window(
                role,
                region,
                "the provider shows no restore windows for this service",
                signs,
            );
        };
        let range = match role {
            Role::Primary => pitr.primary_region.as_ref(),
            Role::Secondary => self.windows_there().find(|range| range.cloud.as_deref() == region),
        };
        let Some(range) = range else {
            return self.without_window(
                role,
                region,
                "backups lie there, but the provider claims no window",
                signs,
            );
        };
        match self.window(role, range) {
            Ok(window) => (Some(window.into_iter().collect()), Replicated::Yes),
            Err(why) => {
                signs.push(Sign::Note { text: why });
                (None, Replicated::Unknown)
            }
        }
    }

    /// No window is claimed: none, when nothing lies there either; else unknown, and said.
    fn without_window(
        &self,
        role: Role,
        region: Option<&str>,
        why: &str,
        signs: &mut Vec<Sign>,
    ) -> (Option<Vec<Window>>, Replicated) {
        match self.points(role, region, None) {
            Some(points) if points.is_empty() => (Some(Vec::new()), Replicated::Unknown),
            _ => {
                signs.push(Sign::Note { text: why.to_owned() });
                (None, Replicated::Unknown)
            }
        }
    }

    /// One claimed range; none while no backup is usable for it yet.
    fn window(&self, role: Role, range: &PitrRange) -> Result<Option<Window>, String> {
        let Some(from) = range.pitr_range_start else { return Ok(None) };
        let (to, to_is, reason) = match (range.pitr_range_end, role) {
            (Some(to), _) => (to, Edge::Exact, "last instant the provider claims for this copy"),
            // Null means *now* in the primary region (S8); log is shipped with a delay, so the
            // newest data can be earlier.
            (None, Role::Primary) => {
                (self.seen.their_now, Edge::AtMost, "the provider leaves the end open: now")
            }
            (None, Role::Secondary) => return Err("the provider's window there has no end".to_owned()),
        };
        if from > to {
            return Err("the provider's window there ends before it begins".to_owned());
        }
        for (edge, at) in [("begins", from), ("ends", to)] {
            if !credible::has_been(at, self.seen) {
                return Err(format!(
                    "the provider's window there {edge} at {}, which cannot be",
                    rfc3339(at)
                ));
            }
        }
        let from = Bound::new(from, Grade::Claimed, "earliest instant the provider claims");
        Ok(Some(Window { from, to: Bound::new(to, Grade::Claimed, reason), to_is }))
    }
}
