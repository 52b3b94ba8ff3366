//! A service has one loss instant at a time: on the board, in its run, in `status` and in the report (S5).

mod power;

use std::sync::Arc;

use crate::domain::assessment::LossBasis;
use crate::domain::instant::rfc3339;
use crate::domain::sample::at;
use crate::domain::terms::BackupTerms;
use crate::domain::{Engine, Ground, Liveness, Outcome, Service, ServiceFacts, StatusDoc, Timestamp};
use crate::evidence;
use crate::runbook::sample::{Journal, World, declaration, opening, willing};
use crate::runbook::{Answer, Command, Declaration, Input, RunKind, StepKind, effects};
use crate::tui::app::effect::Effect;
use crate::tui::app::runs::{RunLine, Standing, clocks};
use crate::tui::app::{Message, Model, Size, update};
use crate::tui::tests::model;

const SERVICE: &str = "orders-db";
const NOW: &str = "2026-11-20T12:20:00Z";

struct Both {
    model: Model,
    journal: Journal,
}

impl Both {
    fn declared(words: Declaration) -> Self {
        Self::of(words, |_| ())
    }

    /// Of a service that is changed before.
    fn of(words: Declaration, change: impl Fn(&mut Service)) -> Self {
        let mut opening = opening(RunKind::Incident);
        change(&mut opening.before.service);
        let mut journal = Journal::open(opening);
        journal.input(&Input::Tick).unwrap();
        journal.command(Command::Declare(words)).unwrap();
        let mut both = Self { model: model(true, Size { width: 120, height: 40 }), journal };
        change(both.model.fleet.services.get_mut(SERVICE).unwrap());
        both.show();
        both
    }

    /// To when each face counts, and on what ground.
    fn counted(&self) -> [(Option<Timestamp>, Option<Ground>); 3] {
        let known = &self.model.board.assessment(SERVICE).unwrap().loss;
        let runs =
            [clocks(&self.model, &self.journal.state), crate::runbook::clocks(&self.journal.state, at(NOW))];
        let [here, journaled] =
            runs.map(|run| (run.loss_instant.filter(|_| run.loss_ground.is_some()), run.loss_ground));
        let latest = match known.basis {
            LossBasis::LossInstant { at, latest } => Some(latest.unwrap_or(at)),
            LossBasis::Now | LossBasis::Moved { .. } => None,
        };
        [(latest, known.ground.clone()), here, journaled]
    }

    /// The dashboard is told of the run; what it knows better goes back into the journal.
    fn show(&mut self) {
        self.journal.now = at(NOW);
        let state = Arc::new(self.journal.state.clone());
        let effects = update(&mut self.model, Message::Run { state, driven_here: true }, at(NOW));
        self.tell(effects);
    }

    fn board_probes(&mut self, liveness: Liveness) {
        let message = Message::Probed { service: SERVICE.to_owned(), liveness };
        let effects = update(&mut self.model, message, at(NOW));
        self.tell(effects);
    }

    fn run_probes(&mut self, when: &str, answers: bool) {
        self.journal.now = at(when);
        let text = String::new();
        self.journal.answer(Answer::Primary { answers, calls: 1, text, last_answer: None });
        self.show();
    }

    fn tell(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            if let Effect::TellLife { run, life, power } = effect {
                assert_eq!(run, self.journal.state.id());
                self.journal.command(Command::SeeLife { life, power }).unwrap();
                self.show();
            }
        }
    }

    /// Asserts that every face counts to the same instants, and on the same ground.
    fn agree(&self, earliest: Option<&str>, latest: &str, ground: &str) {
        let (service, known) =
            (&self.model.fleet.services[SERVICE], self.model.board.assessment(SERVICE).unwrap());
        let json = serde_json::to_value(StatusDoc::new(at(NOW), [(service, known)])).unwrap();
        let status = &json["services"][0];
        let first = earliest.unwrap_or(latest);
        assert_eq!(status["loss_instant"], first, "status");
        assert_eq!(status["loss_instant_latest"].as_str(), earliest.map(|_| latest), "status");
        let board = known.loss.ground.as_ref().unwrap();
        assert_eq!(board.text(), ground, "board");
        for run in
            [clocks(&self.model, &self.journal.state), crate::runbook::clocks(&self.journal.state, at(NOW))]
        {
            assert_eq!(run.loss_earliest, earliest.map(at), "run");
            assert_eq!(run.loss_instant, Some(at(latest)), "run");
            assert_eq!(run.loss_ground.as_ref(), Some(board), "run");
        }
    }
}

fn silent(since: &str, last_alive: Option<&str>) -> Liveness {
    Liveness::silent(at(since), last_alive.map(at))
}

fn stated(when: Option<&str>) -> Declaration {
    let instant: Option<Timestamp> = when.map(at);
    Declaration { loss_instant: instant, down_since: None, ..declaration() }
}

#[test]
fn s5_what_either_probe_saw_counts_on_every_face() {
    let mut both = Both::declared(stated(None));
    // The board saw it answer, and then fall silent, before the run's own probe looked.
    both.board_probes(silent("2026-11-20T12:05:10Z", Some("2026-11-20T12:05:00Z")));
    both.agree(Some("2026-11-20T12:05:00Z"), "2026-11-20T12:05:10Z", "the last answer to a probe");
    // The run's probe saw a later answer, which the board missed.
    both.run_probes("2026-11-20T12:07:00Z", true);
    assert_eq!(both.model.board.assessment(SERVICE).unwrap().loss.ground, None, "it is alive");
    both.run_probes("2026-11-20T12:08:00Z", false);
    both.agree(Some("2026-11-20T12:07:00Z"), "2026-11-20T12:08:00Z", "the last answer to a probe");
}

#[test]
fn s5_an_answer_of_what_may_be_the_fork_moves_the_loss_on_no_face() {
    let mut both = Both::declared(stated(None));
    both.run_probes("2026-11-20T12:05:10Z", false);
    let (journal, mut world) = (&mut both.journal, World::default());
    journal.now = at("2026-11-20T12:05:20Z");
    while journal.state.current != Some(StepKind::CutOver) {
        assert!(journal.now < at(NOW), "{:?}", journal.state.current);
        if let Some(command) = willing(&journal.state) {
            journal.command(command).unwrap();
        }
        for effect in effects(&journal.state) {
            let answer = world.answer(&effect.call, journal.now);
            journal.answer(answer);
        }
        journal.later(5);
    }
    both.journal.command(Command::Fence { how: "powered off".to_owned() }).unwrap();
    let lost = crate::runbook::clocks(&both.journal.state, at(NOW));
    both.board_probes(Liveness::Answers { at: at(NOW) });
    both.run_probes(NOW, true);
    let (earliest, latest) = (lost.loss_earliest.unwrap(), lost.loss_instant.unwrap());
    let ground = lost.loss_ground.unwrap().text();
    both.agree(Some(&rfc3339(earliest)), &rfc3339(latest), &ground);
}

#[test]
fn s5_a_persons_word_counts_on_every_face_until_a_proof_of_life_contradicts_it() {
    let mut both = Both::declared(stated(Some("2026-11-20T12:04:30Z")));
    both.agree(None, "2026-11-20T12:04:30Z", "stated by anna");
    both.run_probes("2026-11-20T12:05:00Z", false);
    both.agree(None, "2026-11-20T12:04:30Z", "stated by anna");
    both.board_probes(silent("2026-11-20T12:06:00Z", Some("2026-11-20T12:05:50Z")));
    both.agree(Some("2026-11-20T12:05:50Z"), "2026-11-20T12:06:00Z", "the last answer to a probe");
}

#[test]
fn s5_the_report_counts_to_the_instant_that_was_stated_and_names_who_stated_it() {
    let mut both = Both::declared(stated(Some("2026-11-20T12:04:30Z")));
    both.journal.drive(&mut World::default(), willing);
    let report = evidence::report(&both.journal.records, None).unwrap();
    let text = evidence::markdown(&report);
    assert!(text.contains("loss instant: 2026-11-20 12:04:30Z (stated by anna); grade: stated"), "{text}");
    let rpo = report.objectives.iter().find(|objective| objective.objective == "RPO").unwrap();
    assert_eq!(rpo.achieved_s, Some(251), "12:00:19 to 12:04:30");
    both.show();
    let board = both.model.fleet.services[SERVICE].heard.as_ref();
    assert_eq!(board, None, "a run that is over governs nothing");
}

#[test]
fn s30_what_an_incident_heard_ends_with_it_wherever_it_was_driven() {
    let both = Both::declared(stated(Some("2026-11-20T12:04:30Z")));
    let mut model = both.model;
    assert!(model.fleet.services[SERVICE].heard.is_some());
    let line = |standing| RunLine {
        run: both.journal.state.id().to_owned(),
        service: SERVICE.to_owned(),
        kind: RunKind::Incident,
        opened_at: at(NOW),
        closed_at: None,
        conclusion: None,
        standing,
        known: None,
        unread: None,
        moved_to: None,
        parted_from: None,
    };
    update(&mut model, Message::Runs(vec![line(Standing::Elsewhere)]), at(NOW));
    assert!(model.fleet.services[SERVICE].heard.is_some());
    let elsewhere = |unread: Option<&str>| RunLine {
        moved_to: Some("/srv/fallback".to_owned()),
        unread: unread.map(str::to_owned),
        ..line(Standing::Nobody)
    };
    let state = Arc::new(both.journal.state.clone());
    let read = || Message::Run { state: Arc::clone(&state), driven_here: false };
    update(&mut model, Message::Runs(vec![elsewhere(None)]), at(NOW));
    assert!(model.fleet.services[SERVICE].heard.is_some(), "it is read there");
    update(&mut model, Message::Runs(vec![elsewhere(Some("it cannot be read"))]), at(NOW));
    assert_eq!(model.fleet.services[SERVICE].heard, None, "what is here is its beginning");
    update(&mut model, read(), at(NOW));
    assert_eq!(model.fleet.services[SERVICE].heard, None, "also once somebody looks at that");
    assert!(model.fleet.services[SERVICE].clients_unread.is_some());
    update(&mut model, Message::Runs(vec![line(Standing::Elsewhere)]), at(NOW));
    update(&mut model, read(), at(NOW));
    assert!(model.fleet.services[SERVICE].heard.is_some());
    update(&mut model, Message::Runs(vec![line(Standing::Over)]), at(NOW));
    assert_eq!(model.fleet.services[SERVICE].heard, None);
}

fn switched_off(service: &mut Service) {
    let terms = BackupTerms { powered_off: Some(true), ..BackupTerms::default() };
    service.facts = Some(ServiceFacts { terms, ..ServiceFacts::of(Engine::Pg) }.into());
}

#[test]
fn s5_the_silence_of_a_service_that_is_off_is_no_loss_to_its_run_either_until_nobody_says_any_more_that_it_is()
 {
    let mut both = Both::of(stated(None), switched_off);
    both.run_probes("2026-11-20T12:07:00Z", false);
    both.board_probes(silent("2026-11-20T12:07:10Z", None));
    let none = (None, None);
    assert_eq!(both.counted(), [none.clone(), none.clone(), none]);
    let primary = both.model.fleet.services.get_mut(SERVICE).unwrap().primary.as_mut().unwrap();
    primary.attempt.outcome = Outcome::Unreachable;
    both.board_probes(silent("2026-11-20T12:07:10Z", None).looked(false, at("2026-11-20T12:07:20Z")));
    let [board, here, journaled] = both.counted();
    assert_eq!(board.0, Some(at("2026-11-20T12:07:10Z")), "nobody knows that it is off any more");
    assert_eq!((&here, &journaled), (&board, &board));
}

#[test]
fn s5_what_an_incident_found_on_is_lost_once_it_is_switched_off_on_every_face_and_whatever_comes_after() {
    for (answered, earliest, latest, ground) in [
        (false, "2026-11-20T12:04:10Z", "2026-11-20T12:07:00Z", "the newest data in a copy"),
        (true, "2026-11-20T12:07:00Z", "2026-11-20T12:08:00Z", "the last answer to a probe"),
    ] {
        let mut both = Both::declared(stated(None));
        both.run_probes("2026-11-20T12:07:00Z", answered);
        for (is_off, read, looks) in [
            (true, "2026-11-20T12:07:30Z", ["2026-11-20T12:08:00Z", "2026-11-20T12:08:10Z"]),
            (true, "2026-11-20T12:08:30Z", ["2026-11-20T12:09:00Z", "2026-11-20T12:09:10Z"]),
            (false, "2026-11-20T12:09:30Z", ["2026-11-20T12:10:00Z", "2026-11-20T12:10:10Z"]),
        ] {
            let service = both.model.fleet.services.get_mut(SERVICE).unwrap();
            switched_off(service);
            service.facts.as_mut().unwrap().terms.powered_off = Some(is_off);
            service.primary.as_mut().unwrap().last_good.as_mut().unwrap().as_of = at(read);
            assert_eq!(service.is_off(), is_off);
            both.run_probes(looks[0], false);
            both.board_probes(silent("2026-11-20T12:08:10Z", None).looked(false, at(looks[1])));
            both.agree(Some(earliest), latest, ground);
        }
        both.run_probes("2026-11-20T12:11:00Z", true);
        assert!(both.counted().iter().all(|counted| *counted == (None, None)), "it is up again");
    }
}

#[test]
fn s23_every_face_counts_the_loss_from_when_it_fell_silent_and_an_outage_from_when_it_was_last_known_to_be_off()
 {
    let off_until = at("2026-11-20T12:07:00Z");
    for (since, last_alive, earliest, latest, ground) in [
        (
            "2026-11-20T12:05:10Z",
            "2026-11-20T12:05:00Z",
            "2026-11-20T12:05:00Z",
            "2026-11-20T12:05:10Z",
            "the last answer to a probe",
        ),
        // It wrote while its probe met silence.
        (
            "2026-11-20T09:00:10Z",
            "2026-11-20T09:00:00Z",
            "2026-11-20T12:04:10Z",
            "2026-11-20T12:07:00Z",
            "the newest data in a copy",
        ),
    ] {
        let both = Both::of(stated(None), |service| {
            service.liveness = Liveness::Silent {
                since: at(since),
                last_alive: Some(at(last_alive)),
                watched_from: at(since),
                seen_at: at("2026-11-20T12:07:10Z"),
                off_until: Some(off_until),
            };
        });
        both.agree(Some(earliest), latest, ground);
        let run = crate::runbook::clocks(&both.journal.state, at(NOW));
        let seen = Some(at("2026-11-20T12:07:10Z"));
        assert_eq!((run.down_earliest, run.down_since, run.detected), (Some(off_until), seen, seen));
        assert_eq!(run.down_ground, Some(Ground::Off));
    }
}

#[test]
fn s5_a_service_that_was_off_and_answers_its_run_is_on_and_its_silence_counts() {
    let mut both = Both::of(stated(None), switched_off);
    for (when, answers) in
        [("2026-11-20T12:07:00Z", false), ("2026-11-20T12:08:00Z", true), ("2026-11-20T12:09:00Z", false)]
    {
        both.run_probes(when, answers);
    }
    both.agree(Some("2026-11-20T12:08:00Z"), "2026-11-20T12:09:00Z", "the last answer to a probe");
}
