//! Runs of `orders-db` for the screens: the incident of the drawing, and a drill.

use std::collections::BTreeMap;
use std::time::Duration;

use lifeboat::domain::fork::CopiedTo;
use lifeboat::domain::{
    Check, CheckKind, CheckResult, CheckState, Edge, Engine, Expectation, Liveness, Role, Service, Target,
    Timestamp, assess,
};
use lifeboat::provider::{
    CallPreview, ForkPoint, Found, PointHow, Progress, ProgressState, Protection, ReadinessItem,
    ReadinessState, Removal, StartOutcome,
};
use lifeboat::runbook::{
    Answer, Author, Before, ClockFacts, Command, Declaration, Event, Input, JournalPlace, Member, Opening,
    Record, RtoFrom, RunKind, RunState, built_in, decide, names,
};

use crate::sample::{self, CENTRAL, WEST, at};

/// A run and its journal, in memory.
pub(crate) struct Journal {
    pub(crate) records: Vec<Record>,
    pub(crate) state: RunState,
    pub(crate) now: Timestamp,
}

fn author() -> Author {
    Author {
        name: Some("anna".to_owned()),
        os_user: "ops".to_owned(),
        host: "jump2".to_owned(),
        version: "0.1.0".to_owned(),
        ..Author::default()
    }
}

/// The service as the incident found it: silent since 12:22:10Z, the copy there fallen behind.
fn lost() -> Service {
    let mut service = sample::orders();
    service.liveness = Liveness::silent(at("2026-11-20T12:22:10Z"), Some(at("2026-11-20T12:22:10Z")))
        .looked(false, at("2026-11-20T12:44:00Z"));
    let there = service.secondary.as_mut().unwrap().last_good.as_mut().unwrap();
    there.windows.as_mut().unwrap()[1].to.at = at("2026-11-20T12:03:20Z");
    there.as_of = at("2026-11-20T12:43:50Z");
    service
}

fn opening(kind: RunKind, service: Service, now: Timestamp) -> Opening {
    let plan = built_in();
    let check = |name: &str, query: &str, expect| Check {
        name: name.to_owned(),
        kind: CheckKind::Sql { query: query.to_owned() },
        expect: Some(expect),
    };
    Opening {
        run: names::run_id(kind, &service.id, now, "k3q7wd"),
        kind,
        plan_sha256: plan.sha256(),
        plan,
        token: "k3q7wd".to_owned(),
        member: Member {
            service: service.id.clone(),
            engine: Engine::Pg,
            remote: "orders-db".to_owned(),
            source: "aiven-prod".to_owned(),
            role: Role::Secondary,
            copy: format!("aiven-prod {CENTRAL}"),
            region: Some(CENTRAL.to_owned()),
            from_region: Some(WEST.to_owned()),
            target: Target::Newest,
            bad_moment: None,
            fork_name: None,
            checks: vec![
                check("newest-order", "select max(created_at) from orders", Expectation::NewestRow),
                check("orders", "select count(*) from orders", Expectation::AtLeast(1.0)),
            ],
            probe: Some("tcp://orders-db.example:5432".to_owned()),
            owner: Some("team-payments".to_owned()),
        },
        objectives: service.policy.clone(),
        rto_from: RtoFrom::DownSince,
        scenario: Some("region gone".to_owned()),
        simulated_loss: None,
        assume_yes: false,
        config: BTreeMap::new(),
        criteria: BTreeMap::new(),
        skews: BTreeMap::new(),
        before: Before {
            as_of: now,
            assessment: assess(&service, now, &Duration::from_secs(120).into()),
            service,
            clients_moved: None,
        },
        journal: JournalPlace::StateFolder,
        clock: ClockFacts { system: true, speed: 1.0 },
    }
}

impl Journal {
    pub(crate) fn open(kind: RunKind, now: Timestamp) -> Self {
        let opening = opening(kind, lost(), now);
        let record =
            Record { seq: 1, at: now, author: author(), prev: None, event: Event::Opened(Box::new(opening)) };
        let state = RunState::open(&record).unwrap();
        let mut journal = Self { records: vec![record], state, now };
        journal.input(&Input::Tick);
        journal
    }

    fn input(&mut self, input: &Input) {
        for event in decide(&self.state, input, self.now).unwrap() {
            let seq = self.state.last_seq + 1;
            let record = Record { seq, at: self.now, author: author(), prev: None, event };
            self.state.apply(&record);
            self.records.push(record);
        }
    }

    /// What a person says at an instant.
    pub(crate) fn command(&mut self, when: &str, command: Command) {
        self.now = at(when);
        self.input(&Input::Command(command));
    }

    /// What the world answers at an instant.
    pub(crate) fn answer(&mut self, when: &str, answer: Answer) {
        self.now = at(when);
        self.input(&Input::Answer(answer));
    }

    pub(crate) fn tick(&mut self, when: &str) {
        self.now = at(when);
        self.input(&Input::Tick);
    }
}

fn declaration(kind: RunKind) -> Declaration {
    Declaration {
        by: "anna".to_owned(),
        scenario: Some("region gone: 3 probes + provider status page".to_owned()),
        criteria: vec!["three-probes".to_owned()],
        down_since: (kind == RunKind::Incident).then(|| at("2026-11-20T12:22:10Z")),
        detected: None,
        loss_instant: None,
    }
}

fn readiness() -> Vec<ReadinessItem> {
    let item = |check: &str, state, text: &str| ReadinessItem {
        check: check.to_owned(),
        state,
        text: text.to_owned(),
        host: None,
    };
    vec![
        item("plan", ReadinessState::Pass, "business-8 is offered there"),
        item("quota", ReadinessState::Pass, "2 of 10 services used"),
        item("route", ReadinessState::NotVerified, "route to the fork's network"),
    ]
}

fn point() -> (ForkPoint, Vec<CallPreview>) {
    let promised = at("2026-11-20T12:03:20Z");
    let point = ForkPoint {
        target: Target::Newest,
        role: Role::Secondary,
        promised,
        promised_is: Edge::Exact,
        commit: None,
        backup: Some("base-20261120".to_owned()),
        log_from: None,
        size_bytes: Some(79 << 30),
        how: PointHow::Time { at: promised },
        note: Some("5s margin before the window's end".to_owned()),
        last_known: None,
    };
    let call = CallPreview {
        what: "fork orders-db to aws-eu-central-1".to_owned(),
        command:
            "curl -X POST -H \"Authorization: Bearer $TOKEN\" https://api.example/v1/project/prod/service"
                .to_owned(),
        mutating: true,
        alternative: false,
        makes: None,
    };
    (point, vec![call])
}

fn progress(done_gib: u64, state: ProgressState) -> Progress {
    Progress {
        phase: "base backup".to_owned(),
        done: Some(done_gib << 30),
        total: Some(79 << 30),
        unit: Some("bytes".to_owned()),
        left_s: None,
        text: format!("base backup {} % {done_gib}.0/79.0 GiB, 34 MiB/s", done_gib * 100 / 79),
        state,
        address: None,
    }
}

/// Declared, ready, and waiting for the point to be confirmed.
pub(crate) fn to_be_confirmed(kind: RunKind) -> Journal {
    let mut journal = Journal::open(kind, at("2026-11-20T12:44:02Z"));
    journal.command("2026-11-20T12:44:33Z", Command::Declare(declaration(kind)));
    journal.answer("2026-11-20T12:44:41Z", Answer::Readiness(readiness()));
    journal.answer("2026-11-20T12:44:43Z", Answer::Point(Ok(point())));
    journal
}

/// Asked for, no answer seen yet.
pub(crate) fn asked(kind: RunKind) -> Journal {
    let mut journal = to_be_confirmed(kind);
    let typed = "orders-db".to_owned();
    journal.command(
        "2026-11-20T12:45:33Z",
        Command::Confirm { typed, simulated_loss: None, newest_there: None },
    );
    journal
}

/// The drawing: 25 minutes into the restore, late.
pub(crate) fn restoring(kind: RunKind) -> Journal {
    let mut journal = asked(kind);
    let accepted = StartOutcome::Accepted { response: "req-1".to_owned(), host: None };
    journal.answer("2026-11-20T12:45:34Z", Answer::Started(1, accepted));
    journal.answer("2026-11-20T12:45:35Z", Answer::Found(1, Found::Mine));
    if kind == RunKind::Incident {
        let silent =
            Answer::Primary { answers: false, calls: 1, text: "no answer".to_owned(), last_answer: None };
        journal.answer("2026-11-20T12:45:40Z", silent);
    }
    journal.answer("2026-11-20T12:50:00Z", Answer::Progress(1, progress(12, ProgressState::Working)));
    let note = "INC-4711, CTO told, ETA 13:40Z".to_owned();
    journal.command("2026-11-20T13:05:12Z", Command::Note { text: note });
    journal.answer("2026-11-20T13:10:58Z", Answer::Progress(1, progress(48, ProgressState::Working)));
    journal.tick("2026-11-20T13:11:07Z");
    journal
}

/// The provider says no.
pub(crate) fn refused(kind: RunKind) -> Journal {
    let mut journal = asked(kind);
    let refused = StartOutcome::Refused { why: "quota".to_owned(), propose: None };
    journal.answer("2026-11-20T12:45:34Z", Answer::Started(1, refused));
    journal
}

/// The fork was asked for, no answer was seen, and three looks did not find it (S20).
pub(crate) fn absent() -> Journal {
    let mut journal = asked(RunKind::Incident);
    let unknown = StartOutcome::Unknown { why: "connection reset".to_owned() };
    journal.answer("2026-11-20T12:45:50Z", Answer::Started(1, unknown));
    for second in [51, 52, 53, 54] {
        let when = format!("2026-11-20T12:{second}:10Z");
        journal.answer(&when, Answer::Found(1, Found::Absent));
    }
    journal
}

/// Restored and checked: the owner's word is awaited.
pub(crate) fn checked(kind: RunKind) -> Journal {
    let mut journal = restoring(kind);
    let newest_commit = Some(at("2026-11-20T12:03:20Z"));
    let restored = progress(79, ProgressState::Restored { newest_commit });
    journal.answer("2026-11-20T13:26:00Z", Answer::Progress(1, progress(78, ProgressState::Working)));
    journal.answer("2026-11-20T13:26:30Z", Answer::Progress(1, restored));
    let result = |name: &str, newest_row| CheckResult {
        name: name.to_owned(),
        state: CheckState::Passed,
        value: Some("1".to_owned()),
        text: "as expected".to_owned(),
        newest_row,
        had_expectation: true,
        took_ms: 12,
    };
    let results = vec![result("newest-order", newest_commit), result("orders", None)];
    journal.answer("2026-11-20T13:27:00Z", Answer::Checks(1, results));
    journal
}

/// Validated by its owner.
pub(crate) fn accepted(kind: RunKind) -> Journal {
    let mut journal = checked(kind);
    let (by, text) = ("bert".to_owned(), "looks right".to_owned());
    journal.command("2026-11-20T13:29:00Z", Command::OwnersWord { by, accepted: true, text });
    journal
}

/// Clients use the fork, which is copied to this place by now and has, or lacks, backups of its own.
pub(crate) fn in_use(copying: CopiedTo, own_backup: bool) -> Journal {
    let mut journal = accepted(RunKind::Incident);
    let reason = "region is gone, INC-4711".to_owned();
    journal.command("2026-11-20T13:30:00Z", Command::OverrideFence { reason });
    journal.command("2026-11-20T13:38:00Z", Command::CutOverDone { text: "DNS switched".to_owned() });
    let seen = Protection {
        own_backup: Some(own_backup),
        secondary_copy: Some(false),
        needs_person: copying == CopiedTo::Nowhere,
        copying,
        shielded: None,
        text: "as its provider shows it".to_owned(),
    };
    journal.answer("2026-11-20T13:39:00Z", Answer::Protection(seen));
    journal.tick("2026-11-20T13:50:00Z");
    journal
}

/// A drill at its end: cleaned up and closed.
pub(crate) fn closed_drill() -> Journal {
    let mut journal = accepted(RunKind::Drill);
    journal.command("2026-11-20T13:30:00Z", Command::CleanUp { typed: "orders-db".to_owned() });
    let gone = Removal::Proven { proof: "not listed".to_owned() };
    journal.answer("2026-11-20T13:30:05Z", Answer::Removed(1, gone));
    assert!(journal.state.is_over(), "{:?}", journal.state.current);
    journal
}
