//! What an incident found switched off would be lost, and what it found on is: on every face alike, also where its
//! provider could not be asked when it began.

use super::*;
use crate::domain::Rule;
use crate::domain::sample::now;
use crate::runbook::replay;

/// What its provider says of its power; `None` = it cannot be asked.
type Says = Option<Power>;

#[derive(Debug, Clone, Copy)]
enum Power {
    On,
    /// Since when, where it says so.
    Off(Option<&'static str>),
    /// It never said which.
    Unsaid,
}

const BEFORE: Power = Power::Off(Some("2026-11-20T12:04:20Z"));
const SINCE: Power = Power::Off(Some("2026-11-20T12:08:00Z"));

/// Its provider is read, or cannot be.
fn told(service: &mut Service, says: Says, read: Timestamp) {
    service.secondary.as_mut().unwrap().last_good.as_mut().unwrap().as_of = at(NOW);
    let primary = service.primary.as_mut().unwrap();
    let Some(power) = says else {
        primary.attempt.outcome = Outcome::Unreachable;
        return;
    };
    primary.attempt.outcome = Outcome::Ok;
    primary.last_good.as_mut().unwrap().as_of = read;
    let (powered_off, off_by) = match power {
        Power::On => (Some(false), None),
        Power::Off(by) => (Some(true), by.map(at)),
        Power::Unsaid => (None, None),
    };
    let terms = BackupTerms { powered_off, off_by, ..BackupTerms::default() };
    service.facts = Some(ServiceFacts { terms, ..ServiceFacts::of(Engine::Pg) }.into());
}

impl Both {
    /// What each face says: whether the data is lost, or would be.
    fn is_lost(&mut self, what: &str) -> bool {
        let [board, here, journaled] = self.counted();
        assert_eq!((&here, &journaled), (&board, &board), "{what}");
        let kept = replay(&self.journal.records).unwrap();
        let run = crate::runbook::clocks(&kept, at(NOW));
        assert_eq!(run.loss_ground, board.1, "{what}: taken up anew");
        let known = self.model.board.assessment(SERVICE).unwrap();
        let text = &known.findings.iter().find(|finding| finding.rule == Rule::RpoExceeded).unwrap().text;
        let is_lost = board.0.is_some();
        let lost = text.contains(" RPO lost") && !text.contains("if the primary stops now");
        let said = (lost, text.contains(" would be lost"));
        assert_eq!(said, (is_lost, !is_lost), "{what}: {text}");
        let json =
            serde_json::to_value(StatusDoc::new(at(NOW), [(&self.model.fleet.services[SERVICE], known)]));
        assert_eq!(json.unwrap()["services"][0]["loss_instant"].is_null(), !is_lost, "{what}");
        is_lost
    }

    fn source_says(&mut self, says: Says, read: &str, looked: &str) {
        told(self.model.fleet.services.get_mut(SERVICE).unwrap(), says, at(read));
        self.run_probes(looked, false);
        let silence = self.model.fleet.services[SERVICE].liveness.looked(false, at(looked));
        self.board_probes(silence);
    }
}

#[test]
fn s5_what_an_incident_found_off_would_be_lost_and_what_it_found_on_is_also_where_that_is_learned_later() {
    let (off, on, unsaid) = (Power::Off(None), Power::On, Power::Unsaid);
    // The last word before the beginning, whether its provider answers then, whether it is lost then, and by each later
    // word: off since before, off since then, off since nobody says when, on.
    for (last, answers, then, later) in [
        (BEFORE, true, false, [false, false, false, true]),
        (BEFORE, false, true, [false, true, false, true]),
        (off, true, false, [false, false, false, true]),
        (off, false, true, [false, true, false, true]),
        (on, true, true, [true, true, true, true]),
        (on, false, true, [false, true, true, true]),
        (unsaid, true, true, [false, true, true, true]),
        (unsaid, false, true, [false, true, true, true]),
    ] {
        for (word, is_lost) in [BEFORE, SINCE, off, on].into_iter().zip(later) {
            let what = format!("{last:?}, answers {answers}, then {word:?}");
            let mut both = Both::of(stated(None), |service| {
                service.policy.rpo = Some(std::time::Duration::from_mins(1));
                told(service, Some(last), now());
                if !answers {
                    told(service, None, now());
                }
            });
            both.source_says(answers.then_some(last), "2026-11-20T12:04:31Z", "2026-11-20T12:07:00Z");
            assert_eq!(both.is_lost(&what), then, "at first: {what}");
            both.source_says(Some(word), "2026-11-20T12:08:30Z", "2026-11-20T12:09:00Z");
            assert_eq!(both.is_lost(&what), is_lost, "{what}");
            let down = crate::runbook::clocks(&both.journal.state, at(NOW)).down_since;
            assert_eq!(down, None, "{what}: nobody looked before it began");
            // By then nobody knows, and then it says the same.
            both.source_says(None, "2026-11-20T12:10:00Z", "2026-11-20T12:10:10Z");
            assert!(both.is_lost(&what), "{what}: unsaid again");
            both.source_says(Some(word), "2026-11-20T12:11:00Z", "2026-11-20T12:11:10Z");
            assert_eq!(both.is_lost(&what), is_lost, "{what}: said again");
            both.run_probes("2026-11-20T12:12:00Z", true);
            both.run_probes("2026-11-20T12:13:00Z", false);
            assert!(both.counted().iter().all(|counted| counted.0.is_some()), "{what}: it was up");
        }
    }
}

#[test]
fn s5_what_was_said_to_be_on_in_an_incident_is_lost_whoever_switches_it_off_after() {
    let mut both = Both::of(stated(None), |service| {
        service.policy.rpo = Some(std::time::Duration::from_mins(1));
        told(service, Some(Power::Off(None)), now());
        told(service, None, now());
    });
    both.source_says(Some(Power::On), "2026-11-20T12:08:30Z", "2026-11-20T12:09:00Z");
    both.source_says(Some(Power::Off(None)), "2026-11-20T12:10:00Z", "2026-11-20T12:10:10Z");
    assert!(both.is_lost("on in between"));
}
