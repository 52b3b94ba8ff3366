//! What polls tell of the old primary of a run that no dashboard watches: its sources are read on beside it, so that
//! both count to the same instant (S5).

use std::convert::Infallible;
use std::future::pending;

use tokio::sync::mpsc;
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

/// The service of a run as polls show it.
#[derive(Debug)]
pub(crate) struct Beside {
    service: ServiceId,
    fleet: Fleet,
    bindings: Vec<Binding>,
    latest: Latest,
    polls: mpsc::Receiver<Polled>,
    _pollers: Vec<Poller>,
}

impl Beside {
    /// Begins to read what the copies of the service are read from; of a drill's, whose loss is simulated, nothing.
    pub(super) fn of(session: &Session, sources: &Sources, state: &RunState) -> Self {
        let (board, service) = (session.board(), &state.opening.member.service);
        let known = board.fleet.services.get(service).filter(|_| !state.is_drill());
        let copies = known.map(|known| [&known.primary, &known.secondary]);
        let read: Vec<&str> =
            copies.into_iter().flatten().flatten().map(|copy| copy.source.as_str()).collect();
        let (polled, polls) = mpsc::channel(QUEUE);
        let pollers =
            pollers(session, sources, |source| read.contains(&source), &polled, &CancellationToken::new());
        Self::hearing(service, board, polls, pollers)
    }

    fn hearing(service: &str, board: Board, polls: mpsc::Receiver<Polled>, pollers: Vec<Poller>) -> Self {
        let (service, latest) = (service.to_owned(), Latest::default());
        Self { service, fleet: board.fleet, bindings: board.bindings, latest, polls, _pollers: pollers }
    }

    /// Waits for a report and takes it in.
    pub(super) async fn hear(&mut self) {
        match self.polls.recv().await {
            Some(polled) if self.latest.admit(&polled) => {
                self.fleet.apply(&polled.report, &self.bindings);
            }
            Some(_) => {}
            None => pending().await,
        }
    }

    /// Takes in all that comes, for as long as somebody waits for something else.
    pub(super) async fn hear_on(&mut self) -> Infallible {
        loop {
            self.hear().await;
        }
    }

    /// What the run does not know yet of the life of its old primary.
    pub(super) fn news(&self, state: &RunState) -> Option<Command> {
        let life = self.fleet.services.get(&self.service).map(Life::on_the_board)?;
        // What cannot be written now is told once it can be.
        let is_heard = state.live.journal_lost.is_none() && !state.is_left();
        (is_heard && state.learns_from(life)).then_some(Command::SeeLife(life))
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
        let mut beside = Beside::hearing("orders-db", board, polls, Vec::new());
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
        assert!(tokio::time::timeout(std::time::Duration::ZERO, beside.hear()).await.is_err(), "it waits");
    }
}
