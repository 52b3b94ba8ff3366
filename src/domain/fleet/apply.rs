//! How one report changes a fleet.

use std::collections::{BTreeMap, BTreeSet};

use super::super::skew::Skew;
use super::super::{
    Attempt, CopyPart, CopyState, ListedFork, Role, Service, ServiceId, ServicePart, SourceReport, Timestamp,
};
use super::{Binding, Fleet, SourceState};

/// The copies that a source's own name for a service stands for.
type Bound<'a> = BTreeMap<&'a str, Vec<(&'a ServiceId, Role)>>;

/// Why what a source says of a service is of a row.
#[derive(Clone, Copy)]
enum Tie<'a> {
    /// The config binds these copies to it.
    Bound {
        copies: &'a [(&'a ServiceId, Role)],
        /// Rows whose primary the config binds, here or elsewhere.
        primaries: &'a BTreeSet<&'a ServiceId>,
    },
    /// The source was asked for all it has.
    Discovered,
}

impl Tie<'_> {
    /// Whether the row's primary is the service itself as this source knows it.
    fn is_primary(self, id: &ServiceId) -> bool {
        match self {
            Self::Bound { .. } => self.binds(id, Role::Primary),
            Self::Discovered => true,
        }
    }

    /// Whether what this source says of the service is of the row, which names no other to say it.
    fn tells_of(self, id: &ServiceId) -> bool {
        match self {
            Self::Bound { primaries, .. } => self.is_primary(id) || !primaries.contains(id),
            Self::Discovered => true,
        }
    }

    /// Whether the config says that this copy is read here.
    fn binds(self, id: &ServiceId, role: Role) -> bool {
        match self {
            Self::Bound { copies, .. } => copies.contains(&(id, role)),
            Self::Discovered => false,
        }
    }
}

impl Fleet {
    /// Takes in a report. Returns the services it touched, each once; one that turned out to be a fork of ours has no
    /// row any more.
    ///
    /// Outcome and error of every copy the report speaks of are replaced; facts only by new facts
    /// (S2). Work grows with the report and the bindings, not with the fleet.
    pub fn apply(&mut self, report: &SourceReport, bindings: &[Binding]) -> Vec<ServiceId> {
        self.note_source(report);
        let rows = self.services.len();
        let mut bound = Bound::new();
        let primaries: BTreeSet<&ServiceId> = bindings
            .iter()
            .filter(|binding| binding.role == Role::Primary)
            .map(|binding| &binding.service)
            .collect();
        for binding in bindings.iter().filter(|binding| binding.source == report.source) {
            bound.entry(&binding.remote).or_default().push((&binding.service, binding.role));
        }
        let mut touched = BTreeSet::new();
        let mut listed = BTreeSet::new();
        let mut forks = BTreeMap::new();
        for part in &report.services {
            listed.insert(part.remote.as_str());
            // A fork that the config names is a service by now: the explicit one wins (S33).
            match (bound.get(part.remote.as_str()), self.fork(report, part)) {
                (Some(copies), _) => {
                    let tie = Tie::Bound { copies, primaries: &primaries };
                    self.apply_part(report, part, tie, &mut touched);
                }
                (None, Some(fork)) => {
                    // It may have been listed before its mark was there.
                    touched.extend(self.drop_discovered(&report.source, &part.remote));
                    forks.insert(part.remote.clone(), fork);
                }
                (None, None) => self.apply_part(report, part, Tie::Discovered, &mut touched),
            }
        }
        self.apply_absent(report, &bound, &primaries, &listed, &mut touched);
        if report.outcome.has_facts() {
            let known = self.forks.entry(report.source.clone()).or_default();
            // What half a list does not show is not gone.
            known.retain(|remote, _| !report.complete && !listed.contains(remote.as_str()));
            known.extend(forks);
        }
        for id in &touched {
            self.update_skew(id);
        }
        if self.services.len() > rows {
            self.pack();
        }
        touched.into_iter().collect()
    }

    /// What is listed of a fork of ours. An entry that cannot be understood does not say whose it is: a fork stays
    /// one, as it was last listed, and what a run made is one.
    fn fork(&self, report: &SourceReport, part: &ServicePart) -> Option<ListedFork> {
        match &part.ours {
            Some(run) => Some(as_listed(part, run, report.as_of)),
            None if part.facts.is_some() => None,
            None => {
                let listed =
                    self.forks.get(&report.source).and_then(|forks| forks.get(&part.remote)).cloned();
                listed.or_else(|| {
                    let run = self.made.get(&report.source)?.get(&part.remote)?;
                    Some(as_listed(part, run, report.as_of))
                })
            }
        }
    }

    fn note_source(&mut self, report: &SourceReport) {
        let before = self.sources.get(&report.source);
        let last_good = if report.outcome.has_facts() {
            Some(report.as_of)
        } else {
            before.and_then(|before| before.last_good).or_else(|| self.recalled_from(&report.source))
        };
        let skew = report.skew_s.map(|secs| Skew { secs, at: report.as_of });
        let skew = skew.or(before.and_then(|before| before.skew?.at(report.as_of)));
        let state = SourceState {
            attempt: Attempt { at: Some(report.as_of), outcome: report.outcome, error: report.error.clone() },
            last_good,
            skew,
            took: report.took,
            calls: report.calls,
            retry_after: report.retry_after,
        };
        self.sources.insert(report.source.clone(), state);
    }

    /// When this host last read anything from a source, as the copies it is known by say.
    fn recalled_from(&self, source: &str) -> Option<Timestamp> {
        let copies = self.services.values().flat_map(|service| [&service.primary, &service.secondary]);
        let of_it = copies.flatten().filter(|copy| copy.source == source && copy.imported_from.is_none());
        of_it.filter_map(CopyState::as_of).max()
    }

    fn apply_part(
        &mut self,
        report: &SourceReport,
        part: &ServicePart,
        tie: Tie<'_>,
        touched: &mut BTreeSet<ServiceId>,
    ) {
        let ids: BTreeSet<ServiceId> = match tie {
            Tie::Bound { copies, .. } => copies.iter().map(|(id, _)| (*id).clone()).collect(),
            Tie::Discovered => self.discovered_row(&report.source, &part.remote).into_iter().collect(),
        };
        for id in ids {
            let is_primary = tie.is_primary(&id);
            if is_primary {
                self.bring_back(&id);
            }
            let Some(service) = self.services.get_mut(&id) else { continue };
            if is_primary {
                service.gone_since = None;
            }
            let still_none = stays_ruled_out(service, part);
            if let Some(facts) = &part.facts
                && (tie.tells_of(&id) || service.facts.is_none())
            {
                let before = service.facts.replace(facts.clone()).filter(|_| still_none);
                if let Some((before, facts)) = before.zip(service.facts.as_mut()) {
                    facts.no_secondary_because.clone_from(&before.no_secondary_because);
                }
                let discovery = self.discoveries.iter().find(|discovery| discovery.source == report.source);
                if let Some(discovery) = discovery {
                    discovery.take_tags(service, facts);
                }
            }
            for copy in part.copies.iter().filter(|copy| !(still_none && copy.role == Role::Secondary)) {
                let pinned = self.pinned_regions.contains(&(id.clone(), copy.role));
                take_copy(service, report, copy, tie.binds(&id, copy.role), pinned);
            }
            drop_ruled_out_secondary(service, report, part);
            touched.insert(id);
        }
    }

    /// Copies of this source that the report does not speak of: all failed with it, they are gone from a whole list, or
    /// stand behind the break of one that is not; otherwise they were not asked for.
    fn apply_absent(
        &mut self,
        report: &SourceReport,
        bound: &Bound<'_>,
        primaries: &BTreeSet<&ServiceId>,
        listed: &BTreeSet<&str>,
        touched: &mut BTreeSet<ServiceId>,
    ) {
        let gone = (report.outcome.has_facts() && report.complete).then_some(report.as_of);
        let rows = self.discovered.get(&report.source);
        let discovered =
            rows.into_iter().flatten().filter(|(remote, _)| !bound.contains_key(remote.as_str())).flat_map(
                |(remote, id)| [(remote.as_str(), id, Role::Primary), (remote.as_str(), id, Role::Secondary)],
            );
        let named =
            bound.iter().flat_map(|(remote, copies)| copies.iter().map(|(id, role)| (*remote, *id, *role)));
        for (remote, id, role) in named.chain(discovered) {
            let Some(service) = self.services.get_mut(id).filter(|_| !listed.contains(remote)) else {
                continue;
            };
            let was_listed = !bound.contains_key(remote) || was_read(service, &report.source);
            let Some(attempt) = report.attempt_without(remote, was_listed) else { continue };
            // A primary that no binding names came with the copy that one names, and fails with it.
            let along = (role == Role::Secondary && !primaries.contains(id)).then_some(Role::Primary);
            for role in [Some(role), along].into_iter().flatten() {
                if let Some(copy) =
                    service.copy_mut(role).as_mut().filter(|copy| copy.source == report.source)
                {
                    copy.attempt = attempt.clone();
                }
            }
            if role == Role::Primary {
                service.gone_since = service.gone_since.or(gone.filter(|_| was_listed));
            }
            touched.insert(id.clone());
        }
    }

    /// The largest skew among the sources of a service, by size.
    fn update_skew(&mut self, id: &str) {
        let Some(service) = self.services.get_mut(id) else { return };
        service.skew_s = [&service.primary, &service.secondary]
            .into_iter()
            .flatten()
            .filter_map(|copy| Some(self.sources.get(&copy.source)?.skew?.secs))
            .max_by_key(|skew| skew.unsigned_abs());
    }
}

/// Whether a source ever said anything of a service.
fn was_read(service: &Service, source: &str) -> bool {
    let mut copies = [&service.primary, &service.secondary].into_iter().flatten();
    service.facts.is_some() || copies.any(|copy| copy.source == source && copy.last_good.is_some())
}

fn as_listed(part: &ServicePart, run: &str, as_of: Timestamp) -> ListedFork {
    let state = part.facts.as_ref().and_then(|facts| facts.state.clone());
    ListedFork { run: run.to_owned(), state, as_of }
}

/// One copy's part. What is known of a copy is of one source: another one's word replaces it whole
/// where the config binds the copy there, and is left alone elsewhere. So it is of one place: what was
/// read in another says nothing of this one (S2, S3).
fn take_copy(service: &mut Service, report: &SourceReport, part: &CopyPart, bound: bool, pinned: bool) {
    let slot = service.copy_mut(part.role);
    let state = match slot {
        Some(state) if state.source == report.source => state,
        Some(_) if !bound => return,
        _ => slot.insert(CopyState::unread(part.copy.clone(), report.source.clone(), part.region.clone())),
    };
    state.attempt = Attempt { at: Some(report.as_of), outcome: part.outcome, error: part.error.clone() };
    // Whoever cannot say where it lies leaves that out of its name.
    let is_shortened = part.region.is_none() && state.copy.starts_with(&part.copy);
    if state.copy != part.copy && !is_shortened {
        // By its source alone it has no place yet; in another place it is another copy, not yet read.
        if state.copy != state.source {
            state.last_good = None;
            state.imported_from = None;
        }
        state.copy.clone_from(&part.copy);
    }
    if part.region.is_some() && !pinned && state.region != part.region {
        state.region.clone_from(&part.region);
    }
    if let Some(reading) = &part.reading {
        state.take(reading.clone());
    }
}

/// A secondary copy that the provider rules out in so many words is none, not an unread one.
fn drop_ruled_out_secondary(service: &mut Service, report: &SourceReport, part: &ServicePart) {
    let ruled_out = part.facts.as_ref().is_some_and(|facts| facts.no_secondary_because.is_some());
    let mentioned = part.copies.iter().any(|copy| copy.role == Role::Secondary);
    let from_here = service.secondary.as_ref().is_some_and(|copy| copy.source == report.source);
    if ruled_out && !mentioned && from_here {
        service.secondary = None;
    }
}

/// Whether its provider ruled a secondary copy out, and now cannot say whether one was left somewhere, while its backups
/// are still copied nowhere: then there is none as before, and not perhaps one (S15).
fn stays_ruled_out(service: &Service, part: &ServicePart) -> bool {
    let was_ruled_out = service.facts.as_ref().is_some_and(|facts| facts.no_secondary_because.is_some());
    let is_off = part.facts.as_ref().is_some_and(|facts| facts.terms.copied_to == Some(None));
    let is_unsaid =
        |copy: &CopyPart| copy.role == Role::Secondary && copy.region.is_none() && copy.reading.is_none();
    was_ruled_out && is_off && service.secondary.is_none() && part.copies.iter().any(is_unsaid)
}
