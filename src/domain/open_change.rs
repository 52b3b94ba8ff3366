//! A change of where a provider copies backups to that is not over, as the journal of changes on this host has it (S30).

use super::fork::CopiedTo;
use super::region::RegionStage;
use super::{CopyState, Service, ServiceId, Timestamp, words};

/// A change that was asked for and not seen to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenChange {
    /// Whose setting it is, as it was asked for: a service, or a fork that has become one.
    pub of: String,
    /// The source, where the journal says.
    pub source: Option<String>,
    /// The name there.
    pub remote: String,
    /// Where copies are to go; `None` = nowhere.
    pub to: Option<String>,
    /// When it was asked for.
    pub since: Timestamp,
    /// What was last seen of it, and when.
    pub last: (Timestamp, String),
    /// Since when that was seen, whoever looked.
    pub so_since: Timestamp,
    /// How far it was by that, once it was looked at.
    pub stage: Option<RegionStage>,
    /// Whether a process follows it. One that nobody follows is not seen to end.
    pub is_followed: bool,
}

/// Tells each service of its change that is open. Names those for which that is news.
pub fn tell<'a>(
    changes: &[OpenChange],
    services: impl IntoIterator<Item = &'a mut Service>,
) -> Vec<ServiceId> {
    let mut news = Vec::new();
    for service in services {
        let open = changes.iter().find(|change| change.is_of(service));
        if service.open_change.as_deref() != open {
            service.open_change = open.cloned().map(Box::new);
            news.push(service.id.clone());
        }
    }
    news
}

impl OpenChange {
    /// Whether it is of this service; or of the fork that its clients use, where that has no row of its own.
    fn is_of(&self, service: &Service) -> bool {
        let is_read_there = |copy: &CopyState| {
            self.source.as_ref() == Some(&copy.source)
                && copy.remote.as_deref().unwrap_or(&service.remote) == self.remote
        };
        let is_its_fork = service
            .clients_moved
            .as_ref()
            .is_some_and(|moved| moved.fork == self.of && moved.watched_as.is_none());
        self.of == service.id || service.primary.as_ref().is_some_and(is_read_there) || is_its_fork
    }

    /// Whether what was read of the service since shows how it ended, although nobody followed it to there.
    pub fn is_over_by(&self, service: &Service) -> bool {
        let read = service.primary.as_ref().and_then(CopyState::as_of);
        let is_of_its_fork = service.clients_moved.as_ref().is_some_and(|moved| moved.fork == self.of);
        if is_of_its_fork || read <= Some(self.last.0) {
            return false;
        }
        match (service.copied_to(), &self.to) {
            (CopiedTo::Nowhere, None) => true,
            (CopiedTo::Region(region), Some(to)) if region == *to => {
                let there = service.secondary.as_ref().filter(|copy| copy.region.as_ref() == Some(to));
                let points = there.and_then(|copy| copy.last_good.as_ref()?.points.as_ref());
                points.is_some_and(|points| points.usable_count() > 0)
            }
            (CopiedTo::NotShown, _) => false,
            // It is as little set as when it was last looked at.
            _ => self.stage == Some(RegionStage::NotSet),
        }
    }

    /// That nobody follows it, and what that leaves unknown.
    pub(super) fn left(&self, now: Timestamp) -> String {
        let (to, since) = (self.to.as_deref().unwrap_or("nowhere"), words::newest(self.since, now));
        let (at, seen) = (words::newest(self.last.0, now), &self.last.1);
        let age = words::age_of(self.last.0, now);
        format!(
            "copying {of} to {to} was asked for at {since} and nobody follows it (last seen {at}, {age} ago: {seen}): \
             where its copy lies may have changed since; follow it to its end",
            of = self.of
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::{STALE, at, facts, now, orders};
    use crate::domain::{ClientsMoved, Finding, Points, Rule, Verdict, assess};

    fn change() -> OpenChange {
        OpenChange {
            of: "orders-db".to_owned(),
            source: Some("west".to_owned()),
            remote: "orders-db".to_owned(),
            to: Some("north".to_owned()),
            since: at("2026-11-20T11:30:00Z"),
            last: (at("2026-11-20T11:31:00Z"), "no copy there yet".to_owned()),
            so_since: at("2026-11-20T11:31:00Z"),
            stage: Some(RegionStage::WaitingForCopy),
            is_followed: false,
        }
    }

    /// What is found of a service whose setting and copy are read so by now.
    fn found(change: OpenChange, copied_to: &str, lies: &str) -> Option<Finding> {
        let mut service = orders();
        let mut known = facts();
        known.terms.copied_to = match copied_to {
            "not shown" => None,
            "nowhere" => Some(None),
            region => Some(Some(region.to_owned())),
        };
        service.facts = Some(known.into());
        service.secondary.as_mut().unwrap().region = Some(lies.to_owned());
        tell(&[change], [&mut service]);
        let mut findings = assess(&service, now(), &STALE).findings.into_iter();
        findings.find(|finding| finding.rule == Rule::RegionChangeLeft)
    }

    #[test]
    fn s30_a_change_that_nobody_follows_is_told_until_what_is_read_shows_its_end() {
        let said = found(change(), "north", "east").unwrap();
        assert_eq!(said.level, Verdict::Warning);
        assert_eq!(
            said.text,
            "copying orders-db to north was asked for at 11:30:00Z and nobody follows it (last seen 11:31:00Z, 33m \
             ago: no copy there yet): where its copy lies may have changed since; follow it to its end"
        );
        let not_set = || OpenChange { stage: Some(RegionStage::NotSet), ..change() };
        let off = || OpenChange { to: None, ..change() };
        let later = || OpenChange { last: (now(), "accepted".to_owned()), ..change() };
        for (what, change, copied_to, lies, is_told) in [
            ("followed", OpenChange { is_followed: true, ..change() }, "north", "east", false),
            ("arrived", change(), "north", "north", false),
            ("arrived, and read before it was looked at", later(), "north", "north", true),
            ("not shown", change(), "not shown", "north", true),
            ("still as before", change(), "east", "east", true),
            ("not taken", not_set(), "east", "east", false),
            ("taken late", not_set(), "north", "east", true),
            ("switched off", off(), "nowhere", "east", false),
            ("not yet off", off(), "east", "east", true),
        ] {
            assert_eq!(found(change, copied_to, lies).is_some(), is_told, "{what}");
        }
    }

    #[test]
    fn s30_nothing_restorable_in_the_new_region_is_no_end() {
        let mut service = orders();
        let mut known = facts();
        known.terms.copied_to = Some(Some("north".to_owned()));
        service.facts = Some(known.into());
        service.secondary.as_mut().unwrap().region = Some("north".to_owned());
        assert!(change().is_over_by(&service));
        let there = service.secondary.as_mut().unwrap().last_good.as_mut().unwrap();
        there.points = Some(Points::default());
        assert!(!change().is_over_by(&service));
        service.secondary = None;
        assert!(!change().is_over_by(&service));
    }

    #[test]
    fn s33_a_change_of_a_fork_is_told_of_its_row_or_else_of_the_service_that_clients_left() {
        let of_fork = OpenChange {
            of: "orders-fork".to_owned(),
            remote: "orders-fork".to_owned(),
            source: Some("west".to_owned()),
            ..change()
        };
        let moved = ClientsMoved { fork: "orders-fork".to_owned(), at: now(), ..ClientsMoved::default() };
        let mut left = Service { clients_moved: Some(Box::new(moved)), ..orders() };
        assert_eq!(tell(std::slice::from_ref(&of_fork), [&mut left]), ["orders-db"]);
        assert!(tell(std::slice::from_ref(&of_fork), [&mut left]).is_empty(), "it is told once");
        assert!(!of_fork.is_over_by(&left), "what is read is of the service that they left");
        let mut row = Service { id: "orders-new".to_owned(), remote: "orders-fork".to_owned(), ..orders() };
        left.clients_moved.as_mut().unwrap().watched_as = Some(row.id.clone());
        assert_eq!(tell(&[of_fork], [&mut left, &mut row]), ["orders-db", "orders-new"]);
        assert!(left.open_change.is_none() && row.open_change.is_some());
        assert_eq!(tell(&[], [&mut left, &mut row]), ["orders-new"], "it is over");
    }
}
