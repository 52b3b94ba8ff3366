//! What polls tell of the old primary of a run that no dashboard watches: its sources are read on beside it, so that
//! both count to the same instant (S5).

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::future::pending;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::config::Board;
use crate::domain::fleet::Binding;
use crate::domain::{Fleet, Life, ServiceId};
use crate::poll::{Latest, Polled, Poller};
use crate::runbook::{Command, RunState};
use crate::runtime::sources::Sources;

use super::dashboard::pollers;
use super::session::Session;

/// Reports that may wait to be taken in.
const QUEUE: usize = 16;

/// A dead source must not hold up whoever leaves the run to do what it asks for.
const FIRST: Duration = Duration::from_secs(15);

/// The service of a run as polls show it.
#[derive(Debug)]
pub(crate) struct Beside {
    service: ServiceId,
    fleet: Fleet,
    bindings: Vec<Binding>,
    latest: Latest,
    /// Sources that did not report yet.
    awaited: BTreeSet<String>,
    polls: mpsc::Receiver<Polled>,
    _pollers: Vec<Poller>,
}

impl Beside {
    /// Begins to read what the copies of the service are read from; of a drill's, whose loss is simulated, nothing.
    pub(super) fn of(session: &Session, sources: &Sources, state: &RunState) -> Self {
        let (board, service) = (session.board(), &state.opening.member.service);
        let known = board.fleet.services.get(service).filter(|_| !state.is_drill());
        let copies = known.map(|known| [&known.primary, &known.secondary]);
        let read = copies.into_iter().flatten().flatten().map(|copy| copy.source.clone());
        let read: BTreeSet<String> = read.filter(|source| sources.of(source).is_some()).collect();
        let (polled, polls) = mpsc::channel(QUEUE);
        let wanted = |source: &str| read.contains(source);
        let pollers = pollers(session, sources, wanted, &polled, &CancellationToken::new());
        Self::hearing(service, board, read, polls, pollers)
    }

    fn hearing(
        service: &str,
        board: Board,
        awaited: BTreeSet<String>,
        polls: mpsc::Receiver<Polled>,
        pollers: Vec<Poller>,
    ) -> Self {
        let (service, latest) = (service.to_owned(), Latest::default());
        let Board { fleet, bindings } = board;
        Self { service, fleet, bindings, latest, awaited, polls, _pollers: pollers }
    }

    /// Waits for a report and takes it in.
    pub(super) async fn hear(&mut self) {
        let Some(polled) = self.polls.recv().await else { return pending().await };
        if self.latest.admit(&polled) {
            self.awaited.remove(&*polled.source);
            self.fleet.apply(&polled.report, &self.bindings);
        }
    }

    /// Takes in all that comes, for as long as somebody waits for something else.
    pub(super) async fn hear_on(&mut self) -> Infallible {
        loop {
            self.hear().await;
        }
    }

    /// Waits until each source reported once, or takes too long. Says whether there was one to wait for.
    pub(super) async fn hear_all_once(&mut self) -> bool {
        let is_awaited = !self.awaited.is_empty();
        let all = async {
            while !self.awaited.is_empty() {
                self.hear().await;
            }
        };
        timeout(FIRST, all).await.ok();
        self.awaited.clear();
        is_awaited
    }

    /// What the run does not know yet of its old primary.
    pub(super) fn news(&self, state: &RunState) -> Option<Command> {
        let known = self.fleet.services.get(&self.service)?;
        let (life, power) = (Life::on_the_board(known), known.power());
        // What cannot be written now is told once it can be.
        let is_heard = state.live.journal_lost.is_none() && !state.is_left();
        let news = state.news(life, power).filter(|_| is_heard);
        news.map(|_| Command::SeeLife { life, power })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::{at, copy_part, now, orders, part, reading, report};
    use crate::domain::{Ground, Liveness, Role, Service, WrittenBy};
    use crate::runbook::sample::{World, opening, until};
    use crate::runbook::{RunKind, StepKind, clocks};

    fn polled(seq: u64, newest: &str) -> Polled {
        let copy = copy_part(Role::Primary, Some(reading("2026-11-06T02:31:40Z", newest)));
        let report = report("west", vec![part("orders-db", vec![copy])]);
        Polled { source: "west".into(), seq, started: now(), report }
    }

    /// The same service, whose old primary nobody probes.
    fn unprobed() -> Service {
        Service { liveness: Liveness::NotProbed, ..orders() }
    }

    #[tokio::test]
    async fn s5_a_run_that_no_dashboard_watches_learns_what_its_copies_show_by_now() {
        let mut opening = opening(RunKind::Incident);
        opening.member.probe = None;
        opening.before.service = unprobed();
        let mut journal = until(opening, StepKind::CutOver, &mut World::default());
        journal.later(600);
        let binding = |role, source: &str| Binding {
            service: "orders-db".to_owned(),
            role,
            source: source.to_owned(),
            remote: "orders-db".to_owned(),
        };
        let bindings = vec![binding(Role::Primary, "west"), binding(Role::Secondary, "east")];
        let board = Board { fleet: Fleet::new([unprobed()]), bindings };
        let (tell, polls) = mpsc::channel(QUEUE);
        let mut beside = Beside::hearing("orders-db", board, ["west".to_owned()].into(), polls, Vec::new());
        for (seq, newest) in
            [(1, "2026-11-20T12:04:20Z"), (3, "2026-11-20T12:05:44Z"), (2, "2026-11-20T12:04:50Z")]
        {
            tell.send(polled(seq, newest)).await.unwrap();
            beside.hear().await;
        }
        assert_eq!(beside.news(&journal.state), None, "nothing says yet that it stopped");
        journal.command(Command::Fence { how: "powered off".to_owned() }).unwrap();
        let before = clocks(&journal.state, journal.now).loss_earliest;
        let news = beside.news(&journal.state).unwrap();
        assert!(!journal.command(news).unwrap().is_empty());
        let told = clocks(&journal.state, journal.now);
        let newest = Some(at("2026-11-20T12:05:44Z"));
        assert!(before < newest, "{before:?}");
        assert_eq!(told.loss_earliest, newest);
        assert_eq!(told.loss_ground, Some(Ground::Written { what: WrittenBy::Data }));
        assert_eq!(beside.news(&journal.state), None, "it is told once");
        drop(tell);
        assert!(timeout(Duration::ZERO, beside.hear()).await.is_err(), "it waits");
    }

    #[tokio::test(start_paused = true)]
    async fn s5_whoever_leaves_a_run_waits_for_the_first_report_and_for_no_dead_source() {
        let (tell, polls) = mpsc::channel(QUEUE);
        let board = Board { fleet: Fleet::new([unprobed()]), bindings: Vec::new() };
        let awaited = ["west".to_owned(), "east".to_owned()].into();
        let mut beside = Beside::hearing("orders-db", board, awaited, polls, Vec::new());
        tell.send(polled(1, "2026-11-20T12:04:20Z")).await.unwrap();
        let begun = tokio::time::Instant::now();
        assert!(beside.hear_all_once().await);
        assert_eq!(begun.elapsed(), FIRST, "one never reported");
        assert!(!beside.hear_all_once().await, "it is waited for once");
        assert_eq!(begun.elapsed(), FIRST);
    }
}
