//! Last-known facts from before this start, or from another host (R02, S37).

use super::super::life::is_after;
use super::super::{Attempt, CopyState, Reading, Role, Service, ServiceId, Shared, Timestamp};
use super::Fleet;

/// Where facts came from that another host wrote down.
#[derive(Debug, Clone, Copy)]
pub struct Carried<'a> {
    /// The host.
    pub host: &'a str,
    /// When it wrote them.
    pub at: Timestamp,
    /// Now, here.
    pub now: Timestamp,
}

impl Carried<'_> {
    /// Whether an instant lies after they were written, or after now: a clock was wrong there or is wrong here.
    fn is_of_the_future(self, at: Timestamp) -> bool {
        is_after(at, self.at.min(self.now))
    }
}

impl Fleet {
    /// Takes in what was last known of a service: its copies' readings and the provider's facts. The
    /// config's own words (policy, owner, regions, which source) stay; so does anything read since.
    ///
    /// `from` says where the facts were imported from: they are never fresh, and no attempt of this host stands behind
    /// them. Those of the future are only taken in where nothing else is known (S10).
    pub fn recall(&mut self, known: Service, from: Option<Carried<'_>>) {
        let Some((id, row)) = self.row_of(&known) else { return };
        let Some(service) = self.services.get_mut(&id) else { return };
        if let Row::Discovered(_) = row {
            service.gone_since = known.gone_since;
        }
        if is_any_of_it(&known, service) {
            let proven = known.last_proven.filter(|at| !from.is_some_and(|from| from.is_of_the_future(*at)));
            service.last_proven = service.last_proven.max(proven);
            if service.restore_history_s.is_empty() {
                service.restore_history_s.clone_from(&known.restore_history_s);
            }
        }
        let sources: Vec<String> = match row {
            Row::Discovered(ref source) => vec![source.clone()],
            Row::Named => [&service.primary, &service.secondary]
                .into_iter()
                .flatten()
                .map(|copy| copy.source.clone())
                .collect(),
        };
        let known_of = |role: Role| {
            let is_there =
                |copy: &&CopyState| service.copy(role).is_none_or(|ours| ours.source == copy.source);
            let copy = known.copy(role).filter(is_there).filter(|copy| sources.contains(&copy.source));
            copy.filter(|copy| is_of_it(&known, copy, service, role)).cloned()
        };
        let (primary, secondary) = (known_of(Role::Primary), known_of(Role::Secondary));
        // Facts are of where it runs, as far as that is known.
        let facts_of = if service.primary.is_some() || primary.is_some() { &primary } else { &secondary };
        if facts_of.is_some() && service.facts.is_none() {
            service.facts = known.facts;
        }
        // What tags said holds until they are read again, which they are only where the source is discovered: what
        // is promised for a tier is what the config says of it now.
        let discovery = self.discoveries.iter().find(|discovery| sources.contains(&discovery.source));
        if facts_of.is_some()
            && let (Some(discovery), Some(facts)) = (discovery, service.facts.clone())
        {
            discovery.take_tags(service, &facts);
        }
        for (role, copy) in [(Role::Primary, primary), (Role::Secondary, secondary)] {
            if let Some(copy) = copy {
                recall_copy(service.copy_mut(role), copy, from);
            }
        }
    }

    /// The row that a service is recalled into. A discovered one is told by its source and its name there:
    /// it may have been written down under another name on the board, by another config.
    fn row_of(&mut self, known: &Service) -> Option<(ServiceId, Row)> {
        if self.named.contains(&known.id) {
            return Some((known.id.clone(), Row::Named));
        }
        let source = [&known.primary, &known.secondary].into_iter().flatten().next()?.source.clone();
        if known.id != known.remote && known.id != format!("{source}/{}", known.remote) {
            return None;
        }
        let id = self.discovered_id(&source, &known.remote)?;
        if id != known.id && self.services.contains_key(&id) {
            return None;
        }
        self.discovered_row(&source, &known.remote).map(|id| (id, Row::Discovered(source)))
    }
}

/// Whether a copy that was known is of this service: under another name it is of another one of the provider. Of
/// one that was kept without its name, that of its service tells.
fn is_of_it(known: &Service, copy: &CopyState, service: &Service, role: Role) -> bool {
    let tied = service.copy(role).and_then(|ours| ours.remote.as_deref()).unwrap_or(&service.remote);
    copy.remote.as_deref().map_or(known.remote == service.remote, |remote| remote == tied)
}

/// Whether any copy that was known is of this service, so that what was proven is of it, too.
fn is_any_of_it(known: &Service, service: &Service) -> bool {
    let roles = [Role::Primary, Role::Secondary];
    let mut copies = roles.into_iter().filter_map(|role| Some((known.copy(role)?, role)));
    copies.any(|(copy, role)| is_of_it(known, copy, service, role))
        || (known.primary.is_none() && known.secondary.is_none() && known.remote == service.remote)
}

/// Why a service has a row.
enum Row {
    /// The config names it.
    Named,
    /// This source's discovery found it.
    Discovered(String),
}

fn recall_copy(slot: &mut Option<CopyState>, known: CopyState, from: Option<Carried<'_>>) {
    let state = match slot {
        Some(state) if state.source == known.source => state,
        None => {
            let unread = CopyState::unread(known.copy.clone(), known.source.clone(), known.region.clone());
            // What another host tried is no attempt of this one (S37).
            let attempt = if from.is_some() { Attempt::never() } else { known.attempt.clone() };
            slot.insert(CopyState { attempt, ..unread })
        }
        Some(_) => return,
    };
    if known.last_good.is_none() {
        return;
    }
    let is_one_place = state.copy == known.copy;
    if state.as_of() >= known.as_of() {
        let older = known.last_good.filter(|_| is_one_place);
        let by = known.imported_from.as_deref().map(|(host, _)| host.as_str());
        state.last_good = joined(state.last_good.take(), older.as_deref(), by.or(from.map(|from| from.host)));
        return;
    }
    let is_of_the_future = from.zip(known.as_of()).is_some_and(|(from, as_of)| from.is_of_the_future(as_of));
    if is_of_the_future && state.last_good.is_some() {
        return;
    }
    state.copy = known.copy;
    let older = state.last_good.take().filter(|_| is_one_place);
    let by = state.imported_from.as_deref().map(|(host, _)| host.as_str());
    (state.last_good, state.newest_was) = (joined(known.last_good, older.as_deref(), by), known.newest_was);
    if state.region.is_none() {
        state.region = known.region;
    }
    if let Some(Carried { host, at, .. }) = from {
        state.attempt = Attempt::never();
        // Facts that went through several hosts were read by the first.
        state.imported_from = known.imported_from.or_else(|| Some(Box::new((host.to_owned(), at))));
    } else {
        state.attempt = known.attempt;
        state.imported_from = known.imported_from;
    }
}

/// The newer reading, with what it was not shown and the older one was.
fn joined(
    newer: Option<Shared<Reading>>,
    older: Option<&Reading>,
    seen_by: Option<&str>,
) -> Option<Shared<Reading>> {
    let newer = newer?;
    let kept = older.and_then(|older| newer.with_unshown_of(older, seen_by));
    Some(kept.map_or(newer, Shared::from))
}

#[cfg(test)]
mod tests {
    use super::super::super::sample::*;
    use super::super::super::{Outcome, Policy};
    use super::super::Discovery;
    use super::*;

    fn carried() -> Carried<'static> {
        Carried { host: "watch-1", at: now(), now: now() }
    }

    fn unread() -> Service {
        let mut service = orders();
        service.primary = Some(CopyState::unread("west", "west", None));
        service.secondary = Some(CopyState::unread("east", "east", None));
        service
    }

    #[test]
    fn r02_last_known_facts_come_back_with_their_age() {
        let mut fleet = Fleet::new([unread()]);
        let mut before = orders();
        before.policy = Policy::default();
        fleet.recall(before, None);
        let service = &fleet.services["orders-db"];
        assert_eq!(service.secondary.as_ref().unwrap().as_of(), Some(now()));
        assert_eq!(service.secondary.as_ref().unwrap().attempt.outcome, Outcome::Ok);
        assert_eq!(service.policy, orders().policy, "the config's word stays");
    }

    #[test]
    fn what_was_read_since_is_not_overwritten() {
        let mut fleet = Fleet::new([orders()]);
        let mut older = orders();
        let old = older.secondary.as_mut().unwrap().last_good.as_mut().unwrap();
        old.as_of = at("2026-11-20T10:00:00Z");
        old.windows = Some(Vec::new().into());
        fleet.recall(older, Some(carried()));
        assert_eq!(fleet.services["orders-db"], orders());
    }

    #[test]
    fn s37_what_one_host_is_not_shown_is_known_by_what_another_was() {
        let read = |as_of: &str, is_shown: bool| {
            let mut service = orders();
            let reading = service.secondary.as_mut().unwrap().last_good.as_mut().unwrap();
            reading.as_of = at(as_of);
            reading.windows.take_if(|_| !is_shown);
            service
        };
        let (early, late) = ("2026-11-20T11:00:00Z", "2026-11-20T12:00:00Z");
        for (ours, theirs, said) in [
            (read(late, false), read(early, true), "; last shown by watch-1 at 2026-11-20 11:00:00Z"),
            (read(early, true), read(late, false), "; last shown at 2026-11-20 11:00:00Z"),
        ] {
            let mut fleet = Fleet::new([ours]);
            fleet.recall(theirs, Some(carried()));
            let known = fleet.services["orders-db"].secondary.as_ref().unwrap().last_good.as_ref().unwrap();
            assert_eq!((known.as_of, known.log.seen_at), (at(late), Some(at(early))));
            let reason = &known.windows.as_ref().unwrap()[0].to.reason;
            assert!(reason.ends_with(said), "{reason}");
        }
    }

    #[test]
    fn s10_facts_of_the_future_displace_none_and_prove_nothing() {
        let ahead = |by: i64| {
            let mut ahead = orders();
            let later = now() + chrono::TimeDelta::seconds(by);
            for copy in [&mut ahead.primary, &mut ahead.secondary].into_iter().flatten() {
                let reading = copy.last_good.as_mut().unwrap();
                (reading.as_of, reading.windows) = (later, Some(Vec::new().into()));
            }
            Service { last_proven: Some(later), ..ahead }
        };
        let day = 24 * 60 * 60;
        for (by, written, trusted) in
            [(1, now(), true), (day, now(), false), (day, now() + chrono::TimeDelta::days(1), false)]
        {
            let mut fleet = Fleet::new([orders()]);
            fleet.recall(ahead(by), Some(Carried { at: written, ..carried() }));
            let service = &fleet.services["orders-db"];
            assert_eq!(service.secondary != orders().secondary, trusted, "{by} {written}");
            assert_eq!(service.last_proven.is_some(), trusted, "{by} {written}");
            // Where nothing else is known it is better than nothing: a clock may be wrong here.
            let mut fleet = Fleet::new([unread()]);
            fleet.recall(ahead(by), Some(Carried { at: written, ..carried() }));
            let there = fleet.services["orders-db"].secondary.as_ref().unwrap();
            assert!(there.last_good.is_some() && there.imported_from.is_some());
        }
    }

    #[test]
    fn facts_of_a_source_the_config_no_longer_names_are_left_out() {
        let mut moved = unread();
        moved.secondary.as_mut().unwrap().source = "elsewhere".to_owned();
        let mut fleet = Fleet::new([moved]);
        fleet.recall(orders(), None);
        assert_eq!(fleet.services["orders-db"].secondary.as_ref().unwrap().last_good, None);
    }

    #[test]
    fn s2_facts_of_another_service_of_a_provider_are_not_what_is_known_of_this_one() {
        let known = Service { facts: Some(facts().into()), ..orders() };
        let recalled = |bound: Service| {
            let mut fleet = Fleet::new([bound]);
            fleet.recall(known.clone(), None);
            let service = &fleet.services["orders-db"];
            let is_read = |role| service.copy(role).is_some_and(|copy| copy.last_good.is_some());
            (service.facts.is_some(), is_read(Role::Primary), is_read(Role::Secondary))
        };
        assert_eq!(recalled(unread()), (true, true, true));
        let mut moved = unread();
        moved.primary.as_mut().unwrap().source = "north".to_owned();
        assert_eq!(recalled(moved), (false, false, true), "facts are of where it runs");
        let renamed = Service { remote: "orders-2".to_owned(), ..unread() };
        assert_eq!(recalled(renamed), (false, false, false));
        assert_eq!(recalled(Service { primary: None, ..unread() }), (true, false, true));
    }

    #[test]
    fn s2_each_copy_is_told_by_its_own_name_at_its_source() {
        let tied = |primary: &str, secondary: Option<&str>, read: bool| {
            let mut service = if read { orders() } else { unread() };
            service.facts = read.then(|| facts().into());
            (service.last_proven, service.restore_history_s) =
                if read { (Some(now()), vec![60]) } else { (None, Vec::new()) };
            service.secondary = service.secondary.filter(|_| secondary.is_some());
            service.remote = secondary.unwrap_or(primary).to_owned();
            service.primary.as_mut().unwrap().remote = Some(primary.into());
            if let (Some(copy), Some(remote)) = (&mut service.secondary, secondary) {
                copy.remote = Some(remote.into());
            }
            service
        };
        for (before, after, wanted) in [
            // Proof, facts, the primary copy, the secondary one.
            (("orders", Some("main")), ("orders", Some("main")), [true, true, true, true]),
            (("orders", Some("main")), ("orders-2", Some("main")), [true, false, false, true]),
            (("orders", Some("main")), ("orders", Some("other")), [true, true, true, false]),
            (("orders", None), ("orders", Some("main")), [true, true, true, false]),
            (("orders", None), ("orders-2", Some("main")), [false, false, false, false]),
        ] {
            let kept = serde_json::to_string(&tied(before.0, before.1, true)).unwrap();
            let mut fleet = Fleet::new([tied(after.0, after.1, false)]);
            fleet.recall(serde_json::from_str(&kept).unwrap(), None);
            let service = &fleet.services["orders-db"];
            let is_read = |role| service.copy(role).is_some_and(|copy| copy.last_good.is_some());
            let proven = service.last_proven.is_some();
            assert_eq!(proven, !service.restore_history_s.is_empty());
            let found = [proven, service.facts.is_some(), is_read(Role::Primary), is_read(Role::Secondary)];
            assert_eq!(found, wanted, "{before:?} {after:?}");
        }
    }

    #[test]
    fn s37_what_another_host_tried_and_could_not_read_is_no_attempt_of_this_one() {
        let discovery = Discovery { source: "east".to_owned(), short_names: true, ..Discovery::default() };
        let mut known = Service { primary: None, ..orders() };
        let there = known.secondary.as_mut().unwrap();
        there.last_good = None;
        there.attempt = Attempt { at: Some(now()), outcome: Outcome::Denied, error: Some("no".to_owned()) };
        for (from, outcome) in [(Some(carried()), Outcome::NeverRead), (None, Outcome::Denied)] {
            let mut fleet = Fleet::new([]).discovering(vec![discovery.clone()]);
            fleet.recall(known.clone(), from);
            assert_eq!(fleet.services["orders-db"].secondary.as_ref().unwrap().attempt.outcome, outcome);
        }
    }

    #[test]
    fn only_services_of_the_config_or_of_a_discovery_come_back() {
        let mut fleet = Fleet::new([]);
        fleet.recall(orders(), None);
        assert!(fleet.services.is_empty());
        let discovery = Discovery { source: "west".to_owned(), short_names: true, ..Discovery::default() };
        let mut fleet = Fleet::new([]).discovering(vec![discovery]);
        fleet.recall(orders(), None);
        assert!(fleet.services["orders-db"].primary.is_some());
        assert_eq!(fleet.services["orders-db"].secondary, None, "a copy of a source that is not the row's");
    }
}
