//! What the tests of runs share: an opening, a journal in memory, and a world that answers.

mod world;

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::*;
use crate::domain::fork::{CallPreview, ForkPoint, Made, PointHow, Progress, ProgressState};
use crate::domain::sample::{at, minutes, orders};
use crate::domain::*;

pub(crate) use world::{Trouble, World};

/// When samples open their run.
pub(crate) const OPENED: &str = "2026-11-20T12:04:31Z";

pub(crate) fn author() -> Author {
    Author {
        name: Some("anna".to_owned()),
        os_user: "ops".to_owned(),
        host: "jump2".to_owned(),
        version: "0.1.0".to_owned(),
        ..Author::default()
    }
}

pub(crate) fn check(name: &str) -> Check {
    Check {
        name: name.to_owned(),
        kind: CheckKind::Sql { query: "select max(created_at) from orders".to_owned() },
        expect: Some(Expectation::NewestRow),
    }
}

/// A run of `orders-db`: RPO 15m, RTO 1h, one check, the newest point there is 4m 12s old.
pub(crate) fn opening(kind: RunKind) -> Opening {
    let service = orders();
    let plan = built_in();
    let mut assessment = assess(&service, at(OPENED), &minutes(2).into());
    assessment.restore = Some(RestoreEstimate {
        shortest: minutes(18),
        longest: minutes(26),
        runs: 4,
        basis: "4 own runs".to_owned(),
    });
    Opening {
        run: names::run_id(kind, "orders-db", at(OPENED), "k3q7wd"),
        kind,
        plan_sha256: plan.sha256(),
        plan,
        token: "k3q7wd".to_owned(),
        member: Member {
            service: "orders-db".to_owned(),
            engine: Engine::Pg,
            remote: "orders".to_owned(),
            source: "pg-east".to_owned(),
            role: Role::Secondary,
            copy: "pg-east repo2".to_owned(),
            region: Some("dc-east".to_owned()),
            from_region: Some("dc-west".to_owned()),
            target: Target::Newest,
            bad_moment: None,
            fork_name: None,
            checks: vec![check("newest-row")],
            probe: Some("tcp://orders.dc-west.example:5432".to_owned()),
            owner: None,
        },
        objectives: service.policy.clone(),
        rto_from: RtoFrom::DownSince,
        scenario: Some("region lost".to_owned()),
        simulated_loss: None,
        assume_yes: kind == RunKind::Drill,
        config: BTreeMap::new(),
        criteria: BTreeMap::new(),
        skews: BTreeMap::new(),
        before: Before { as_of: at(OPENED), assessment, service, clients_moved: None },
        journal: JournalPlace::StateFolder,
        clock: ClockFacts { system: true, speed: 1.0 },
    }
}

/// A call that makes a fork which only its own host reaches.
pub(crate) fn making() -> CallPreview {
    CallPreview {
        what: "make the fork".to_owned(),
        command: "make".to_owned(),
        mutating: true,
        alternative: false,
        makes: Some(Made { access: "closed to all but its host".to_owned(), leaves_backups: false }),
    }
}

pub(crate) fn fork_point(promised: &str) -> ForkPoint {
    ForkPoint {
        target: Target::Newest,
        role: Role::Secondary,
        promised: at(promised),
        promised_is: Edge::Exact,
        commit: None,
        backup: Some("20261120-021408F".to_owned()),
        log_from: None,
        size_bytes: Some(79 << 30),
        how: PointHow::Lsn { lsn: "0/41000148".to_owned(), timeline: 1 },
        note: None,
        last_known: None,
    }
}

pub(crate) fn progress(text: &str, state: ProgressState) -> Progress {
    Progress {
        phase: text.to_owned(),
        done: None,
        total: None,
        unit: None,
        left_s: None,
        text: text.to_owned(),
        state,
        address: None,
    }
}

pub(crate) fn passed(name: &str, newest_row: Option<Timestamp>) -> CheckResult {
    CheckResult {
        name: name.to_owned(),
        state: CheckState::Passed,
        value: Some("2026-11-20 12:00:19+00".to_owned()),
        text: "newest row 12:00:19Z".to_owned(),
        newest_row,
        had_expectation: true,
        took_ms: 12,
    }
}

/// A journal in memory, and the state it makes.
#[derive(Debug, Clone)]
pub(crate) struct Journal {
    pub(crate) records: Vec<Record>,
    pub(crate) state: RunState,
    pub(crate) now: Timestamp,
    /// Nothing is written after so many events: the process is dead.
    pub(crate) dies_after: Option<usize>,
}

impl Journal {
    pub(crate) fn open(opening: Opening) -> Self {
        let record = Record {
            seq: 1,
            at: at(OPENED),
            author: author(),
            prev: None,
            event: Event::Opened(Box::new(opening)),
        };
        let state = RunState::open(&record).unwrap();
        Self { records: vec![record], state, now: at(OPENED), dies_after: None }
    }

    /// What a process that comes back finds.
    pub(crate) fn revive(records: Vec<Record>, now: Timestamp) -> Self {
        let state = replay(&records).unwrap();
        let mut journal = Self { records, state, now, dies_after: None };
        journal.input(&Input::Resumed).unwrap();
        journal
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.dies_after.is_some_and(|limit| self.records.len() >= limit)
    }

    pub(crate) fn later(&mut self, seconds: i64) {
        self.now += TimeDelta::seconds(seconds);
    }

    pub(crate) fn input(&mut self, input: &Input) -> Result<Vec<Event>, Refused> {
        let events = decide(&self.state, input, self.now)?;
        for event in &events {
            if self.is_dead() {
                break;
            }
            let record = Record {
                seq: self.state.last_seq + 1,
                at: self.now,
                author: author(),
                prev: None,
                event: event.clone(),
            };
            self.state.apply(&record);
            self.records.push(record);
        }
        Ok(events)
    }

    pub(crate) fn command(&mut self, command: Command) -> Result<Vec<Event>, Refused> {
        self.input(&Input::Command(command))
    }

    pub(crate) fn answer(&mut self, answer: Answer) -> Vec<Event> {
        self.input(&Input::Answer(answer)).unwrap()
    }

    /// Carries out what is wanted, one look at each, with a person who answers as told.
    pub(crate) fn drive(&mut self, world: &mut World, person: impl Fn(&RunState) -> Option<Command>) {
        self.input(&Input::Tick).unwrap();
        for _ in 0..400 {
            if self.is_dead() || (self.state.is_over() && effects(&self.state).is_empty()) {
                return;
            }
            if let Some(command) = person(&self.state) {
                self.command(command).unwrap();
            }
            for effect in effects(&self.state) {
                if self.is_dead() {
                    return;
                }
                let answer = world.answer(&effect.call, self.now);
                self.answer(answer);
            }
            self.later(15);
            if !self.is_dead() {
                self.input(&Input::Tick).unwrap();
            }
        }
        panic!("the run does not end: {}", now_line(&self.state, self.now));
    }
}

pub(crate) fn declaration() -> Declaration {
    Declaration {
        by: "anna".to_owned(),
        scenario: Some("region gone".to_owned()),
        criteria: vec!["three-probes".to_owned()],
        down_since: Some(at("2026-11-20T12:01:00Z")),
        detected: None,
        loss_instant: None,
    }
}

/// A person who does what the run asks for.
pub(crate) fn willing(state: &RunState) -> Option<Command> {
    let typed = state.opening.member.service.clone();
    Some(match need(state)? {
        Need::Declaration => Command::Declare(declaration()),
        Need::ConfirmPoint => Command::Confirm { typed, simulated_loss: None, newest_there: None },
        Need::OwnersWord => {
            Command::OwnersWord { by: "bert".to_owned(), accepted: true, text: "good".to_owned() }
        }
        Need::Fence => Command::Fence { how: "security group closed".to_owned() },
        Need::CutOver => Command::CutOverDone { text: "DNS switched".to_owned() },
        Need::ConfirmCleanUp => Command::CleanUp { typed },
        Need::AbsentDecision => Command::RetryAbsent,
        Need::Protection => Command::Skip { reason: "looked after by hand".to_owned() },
        Need::Unpause => Command::Unpause,
        Need::FailedStep => Command::Retry,
        Need::OtherPoint => Command::ChoosePoint(Target::Newest),
        Need::ClockSkew => Command::AcceptSkew { reason: "ours is right, by the radio".to_owned() },
        Need::Journal => return None,
    })
}

/// Runs until a step begins, with a person who does what is asked.
pub(crate) fn until(opening: Opening, step: StepKind, world: &mut World) -> Journal {
    let mut journal = Journal::open(opening);
    journal.input(&Input::Tick).unwrap();
    for _ in 0..100 {
        if journal.state.current == Some(step) {
            return journal;
        }
        if let Some(command) = willing(&journal.state) {
            journal.command(command).unwrap();
            continue;
        }
        for effect in effects(&journal.state) {
            let answer = world.answer(&effect.call, journal.now);
            journal.answer(answer);
        }
        journal.later(15);
    }
    panic!("{step:?} is never reached: {}", now_line(&journal.state, journal.now));
}
