//! One look at everything, for commands that answer once: sources and primaries are asked together,
//! within one limit; what does not answer keeps its last-known facts.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{join, join_all};

use crate::clock::Clock;
use crate::config::{Board, Config};
use crate::domain::fleet::Tally;
use crate::domain::instant::rfc3339;
use crate::domain::{
    Assessment, Binding, Fleet, ForkLeft, Liveness, OpenRun, Service, ServiceId, SourceReport, StaleAfter,
    Timestamp, assess, words,
};
use crate::poll::{self, probe};
use crate::runbook::RunState;
use crate::runtime::sources::Sources;
use crate::tui::app::runs::left_behind;

use super::of_runs::OfRuns;

/// What a look at everything brought.
#[derive(Debug)]
pub(crate) struct Survey {
    /// When it was judged.
    pub(crate) now: Timestamp,
    /// Every service and its judgement, by name.
    pub(crate) services: Vec<(Service, Assessment)>,
    /// One report of each source.
    pub(crate) reports: Vec<SourceReport>,
    /// Services that are not shown because they were dismissed: by whom, and when.
    pub(crate) dismissed: BTreeMap<ServiceId, (String, Timestamp)>,
    /// The runs that are open, as far as the journals tell.
    pub(crate) open: Vec<Arc<RunState>>,
    /// What runs that are over left behind; `None` when the journals could not be read, or not all of them.
    pub(crate) forks_left: Option<Vec<ForkLeft>>,
    /// The services of runs whose journals were not read, and why: these may tell where clients are or what was left
    /// behind.
    pub(crate) runs_unread: Vec<(ServiceId, String)>,
    /// Why none was read.
    pub(crate) no_journal: Option<String>,
}

/// What is not known because not every journal was read.
#[derive(Debug, Clone)]
pub(crate) struct Unread {
    /// What.
    pub(crate) what: String,
    /// Why the first was not read.
    pub(crate) why: String,
    /// Whether it may tell where clients are: a drill moves none, and a later move makes an earlier one past.
    pub(crate) is_clients: bool,
}

const CLIENTS_AND_FORKS: &str = "where clients are and which forks are left is not known";
const FORKS: &str = "which forks are left is not known";

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.why)
    }
}

impl Survey {
    /// Asks everything once, within `timeout` of real time.
    pub(crate) async fn take(
        config: &Config,
        (board, of_runs): (Board, &OfRuns),
        sources: &Sources,
        clock: Clock,
        timeout: Duration,
    ) -> Self {
        let Board { mut fleet, bindings } = board;
        let before: BTreeMap<_, _> =
            fleet.services.values().map(|service| (service.id.clone(), service.liveness)).collect();
        recall(&fleet, &bindings, sources);
        let catalogs = sources.catalogs();
        let polls = poll::once(&catalogs, clock, timeout);
        let (reports, alive) = join(polls, primaries(config, &before, clock, timeout)).await;
        for report in &reports {
            fleet.apply(report, &bindings);
        }
        let (now, stale_after) = (clock.now(), stale_after(config));
        for (service, liveness) in alive {
            fleet.set_liveness(&service, liveness, now);
        }
        // A service that was just discovered may have been left by its clients, or be copied elsewhere by now.
        of_runs.tell(&mut fleet);
        fleet.tell_silent_regions(&mut Tally::of(&fleet.services, now));
        fleet.tell_forks();
        fleet.tell_watched();
        let judged = fleet.services.into_values().map(|service| {
            let assessment = assess(&service, now, &stale_after);
            (service, assessment)
        });
        let (services, dismissed) = (judged.collect(), BTreeMap::new());
        Self {
            now,
            services,
            reports,
            dismissed,
            open: Vec::new(),
            forks_left: None,
            runs_unread: Vec::new(),
            no_journal: None,
        }
    }

    /// Takes in what the journals tell beside what each service was told.
    pub(crate) fn tell(&mut self, of_runs: OfRuns) {
        self.open = of_runs.open;
        match of_runs.lines {
            Ok(lines) => {
                let unread =
                    lines.iter().filter_map(|line| Some((line.service.clone(), line.unread.clone()?)));
                self.runs_unread = unread.collect();
                self.forks_left = self.runs_unread.is_empty().then(|| left_behind(&lines));
            }
            Err(why) => self.no_journal = Some(why),
        }
    }

    /// What is not known of some services because not every journal was read.
    pub(crate) fn unread(&self, is_of_those: impl Fn(&str) -> bool) -> Option<Unread> {
        let of_those = self.services.iter().filter(|(service, _)| is_of_those(&service.id));
        let is_clients = of_those.into_iter().any(|(service, _)| service.clients_unread.is_some());
        let not_known = if is_clients { CLIENTS_AND_FORKS } else { FORKS };
        if let Some(why) = &self.no_journal {
            return Some(Unread { what: not_known.to_owned(), why: why.clone(), is_clients });
        }
        let runs = self.runs_unread.iter().filter(|(service, _)| is_of_those(service));
        let (_, why) = runs.clone().next()?;
        let what = format!("{} not read, so {not_known}", words::count(runs.count(), "run"));
        Some(Unread { what, why: why.clone(), is_clients })
    }

    /// Of how many runs the journals were not read, where it is known which there are.
    pub(crate) fn runs_unread(&self) -> Option<usize> {
        self.no_journal.is_none().then_some(self.runs_unread.len())
    }

    /// A run that is open.
    pub(crate) fn state_of(&self, run: &OpenRun) -> Option<&RunState> {
        self.open.iter().find(|state| state.id() == run.run).map(|state| &**state)
    }

    /// Whether a service is among what was judged.
    pub(crate) fn shows(&self, service: &str) -> bool {
        self.services.iter().any(|(shown, _)| shown.id == service)
    }

    /// The longer name by which a service is shown.
    pub(crate) fn longer_name(&self, named: &str) -> Option<String> {
        let long = |(service, _): &&(Service, Assessment)| service.remote == named && service.id != named;
        let (service, _) = self.services.iter().find(long)?;
        Some(format!(
            "it is `{}` here, beside another [discover]; `short_names = true` in its own keeps the short name",
            service.id
        ))
    }

    /// Why a service is not shown that was dismissed.
    pub(crate) fn dismissal(&self, service: &str) -> Option<String> {
        let (by, at) = self.dismissed.get(service)?;
        Some(format!(
            "{by} dismissed it as gone at {}; it is shown again once its provider lists it",
            rfc3339(*at)
        ))
    }

    /// The sources that brought nothing and may hide a service, in words; `None` when all brought something.
    pub(crate) fn hidden(&self) -> Option<String> {
        let dead = self.reports.iter().filter(|report| !report.outcome.has_facts());
        let names: Vec<&str> = dead.map(|report| report.source.as_str()).collect();
        (!names.is_empty()).then(|| format!("{} could not be read and may list it", names.join(", ")))
    }

    /// The sources that brought nothing and that no service known here is read from, and why.
    pub(crate) fn sources_of_none(&self) -> Vec<(&str, &str)> {
        let reads = |source: &str| {
            let copies = self.services.iter().flat_map(|(service, _)| [&service.primary, &service.secondary]);
            copies.flatten().any(|copy| copy.source == source)
        };
        let dead = self.reports.iter().filter(|report| !report.outcome.has_facts() && !reads(&report.source));
        let why = dead.map(|report| {
            (report.source.as_str(), report.error.as_deref().unwrap_or(report.outcome.as_str()))
        });
        why.collect()
    }

    /// This host's clock minus that of each source that shows one, seconds.
    pub(crate) fn skews(&self) -> BTreeMap<String, i64> {
        self.reports.iter().filter_map(|report| Some((report.source.clone(), report.skew_s?))).collect()
    }

    /// How many sources answered, of how many.
    pub(crate) fn answered(&self) -> (usize, usize) {
        let answered = self.reports.iter().filter(|report| report.is_answered());
        (answered.count(), self.reports.len())
    }

    /// Whether no source gave any fact.
    pub(crate) fn is_dark(&self) -> bool {
        !self.reports.iter().any(|report| report.outcome.has_facts())
    }
}

/// Tells each catalog what was last known of its copies.
fn recall(fleet: &Fleet, bindings: &[Binding], sources: &Sources) {
    for binding in bindings {
        let copy = fleet.services.get(&binding.service).and_then(|service| service.copy(binding.role));
        if let Some(known) = copy.and_then(|copy| copy.last_good.as_ref())
            && let Some(catalog) = sources.of(&binding.source)
        {
            catalog.recall(known);
        }
    }
}

/// Facts are stale after two poll intervals of their source (S2).
pub(crate) fn stale_after(config: &Config) -> StaleAfter {
    let sources = config.sources.iter().map(|(name, source)| (name.clone(), source.pace().stale_after()));
    StaleAfter::new(poll::Pace::default().stale_after(), sources.collect())
}

async fn primaries(
    config: &Config,
    before: &BTreeMap<String, Liveness>,
    clock: Clock,
    limit: Duration,
) -> Vec<(String, Liveness)> {
    let probes = config.services.iter().filter_map(|(id, service)| Some((id, service.probe.as_ref()?)));
    join_all(probes.map(|(id, address)| async move {
        let answer = probe::probe(&address.to_string(), limit).await;
        let known = before.get(id).copied().unwrap_or(Liveness::NotProbed);
        (id.clone(), probe::observe(known, &answer, clock.now()))
    }))
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Outcome;
    use crate::domain::sample::{STALE, now, orders};

    #[test]
    fn s3_a_source_that_brought_nothing_is_told_where_no_service_tells_of_it() {
        let dead = |source| SourceReport::failed(source, now(), Outcome::NotFound, "HTTP 404");
        let of = |services: Vec<Service>, reports: Vec<SourceReport>| {
            let judged = services.into_iter().map(|service| {
                let known = assess(&service, now(), &STALE);
                (service, known)
            });
            let survey = Survey {
                now: now(),
                services: judged.collect(),
                reports,
                dismissed: BTreeMap::new(),
                open: Vec::new(),
                forks_left: None,
                runs_unread: Vec::new(),
                no_journal: None,
            };
            let told = survey.sources_of_none().into_iter();
            told.map(|(source, why)| format!("{source}: {why}")).collect::<Vec<_>>()
        };
        let told = ["typo: HTTP 404"];
        let orders = orders();
        let read = orders.secondary.as_ref().unwrap().source.clone();
        assert_eq!(of(Vec::new(), vec![dead("typo")]), told);
        assert_eq!(of(vec![orders.clone()], vec![dead("typo"), dead(&read)]), told);
        assert!(of(vec![orders], vec![dead(&read)]).is_empty(), "its service tells of it");
        let read = SourceReport { outcome: Outcome::Ok, ..dead("empty") };
        assert!(of(Vec::new(), vec![read]).is_empty());
    }

    #[test]
    fn s3_a_run_that_was_not_read_counts_against_its_own_service_and_only_where_no_later_one_moved_its_clients()
     {
        let why = "the journal of inc-ledger-1 is broken at line 4";
        let services = |unread: Option<&str>| {
            let ledger =
                Service { id: "ledger".to_owned(), clients_unread: unread.map(str::to_owned), ..orders() };
            [orders(), ledger].map(|service| {
                let known = assess(&service, now(), &STALE);
                (service, known)
            })
        };
        let survey = |unread: Option<&str>, no_journal: Option<&str>| Survey {
            now: now(),
            services: services(unread).into(),
            reports: Vec::new(),
            dismissed: BTreeMap::new(),
            open: Vec::new(),
            forks_left: None,
            runs_unread: vec![("ledger".to_owned(), why.to_owned())],
            no_journal: no_journal.map(str::to_owned),
        };
        let of = |survey: &Survey, named: &str| {
            let unread = survey.unread(|service| service == named);
            unread.map(|unread| (unread.to_string(), unread.is_clients))
        };
        let told = |not_known: &str| format!("1 run not read, so {not_known}: {why}");
        let unread = survey(Some(why), None);
        assert_eq!(of(&unread, "orders-db"), None, "it is of another service");
        assert_eq!(of(&unread, "ledger"), Some((told(CLIENTS_AND_FORKS), true)));
        let superseded = survey(None, None);
        assert_eq!(of(&superseded, "ledger"), Some((told(FORKS), false)));
        let none = survey(Some("it is lost"), Some("it is lost"));
        assert_eq!(of(&none, "ledger"), Some((format!("{CLIENTS_AND_FORKS}: it is lost"), true)));
        assert_eq!((none.runs_unread(), unread.runs_unread()), (None, Some(1)));
    }
}
