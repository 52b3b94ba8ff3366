//! The obligation to fence: what waits for it, what settles it and what undoes that (S22, R28).

use chrono::TimeDelta;

use super::support::{drill, incident, until};
use crate::domain::Liveness;
use crate::domain::sample::at;
use crate::runbook::sample::{Journal, World, declaration};
use crate::runbook::*;

#[test]
fn s22_fork_wait_and_validate_never_wait_for_the_fence_and_cut_over_does() {
    let mut world = World::default();
    let mut journal = until(incident(), StepKind::CutOver, &mut world);
    assert!(journal.state.fence.fenced.is_none());
    assert_eq!(need(&journal.state), Some(Need::Fence));
    let done = Command::CutOverDone { text: "DNS".to_owned() };
    assert!(journal.command(done.clone()).unwrap_err().0.contains("not fenced"));
    journal.command(Command::Fence { how: "firewall".to_owned() }).unwrap();
    assert_eq!(need(&journal.state), Some(Need::CutOver));
    journal.command(done).unwrap();
    assert_eq!(journal.state.current, Some(StepKind::Protect));
}

#[test]
fn r28_a_live_old_primary_takes_a_written_override() {
    let mut journal = until(incident(), StepKind::CutOver, &mut World::default());
    let alive =
        |answers| Answer::Primary { answers, calls: 1, text: "accepts".to_owned(), last_answer: None };
    journal.command(Command::Fence { how: "firewall".to_owned() }).unwrap();
    journal.answer(alive(true));
    assert_eq!(need(&journal.state), Some(Need::Fence), "what answers is not fenced");
    assert!(journal.command(Command::Fence { how: "really".to_owned() }).is_err());
    assert!(journal.command(Command::CutOverDone { text: "DNS".to_owned() }).is_err());
    assert!(journal.command(Command::OverrideFence { reason: String::new() }).is_err());
    journal.command(Command::OverrideFence { reason: "read-only, checked by bert".to_owned() }).unwrap();
    assert_eq!(need(&journal.state), Some(Need::CutOver));
}

#[test]
fn s22_a_drill_has_nothing_to_fence_or_cut_over() {
    let mut journal = until(drill(), StepKind::Validate, &mut World::default());
    assert!(journal.command(Command::Fence { how: "firewall".to_owned() }).is_err());
    assert!(journal.command(Command::OverrideFence { reason: "so".to_owned() }).is_err());
    assert!(journal.command(Command::CutOverDone { text: "DNS".to_owned() }).is_err());
    assert!(journal.state.fence.opened_at.is_none());
}

#[test]
fn s2_an_old_primary_that_cannot_be_asked_any_more_is_not_known_to_answer() {
    let mut journal = until(incident(), StepKind::CutOver, &mut World::default());
    journal.later(60);
    let seen = Answer::Primary { answers: true, calls: 1, text: String::new(), last_answer: None };
    journal.answer(seen);
    let cannot = || Answer::PrimaryOutOfSight { why: "its name cannot be looked up".to_owned(), calls: 0 };
    journal.later(10);
    assert!(journal.answer(cannot()).is_empty(), "one look says nothing against the one before");
    assert!(now_line(&journal.state, journal.now).contains("ANSWERS"));
    let fence = || Command::Fence { how: "shut off".to_owned() };
    assert!(journal.command(fence()).is_err());
    journal.later(120);
    assert_eq!(journal.answer(cannot()).len(), 1);
    assert!(journal.answer(cannot()).is_empty(), "put down once");
    let line = now_line(&journal.state, journal.now);
    assert!(line.contains("answered 2m ago, not known since: its name cannot be looked up"), "{line}");
    assert!(!journal.state.fence.is_alive());
    journal.command(fence()).unwrap();
    assert_eq!(need(&journal.state), Some(Need::CutOver));
}

#[test]
fn s22_an_old_primary_that_answers_before_it_is_fenced_comes_first_and_stops_nothing() {
    let mut journal = until(incident(), StepKind::Validate, &mut World::default());
    for effect in effects(&journal.state) {
        let answer = World::default().answer(&effect.call, journal.now);
        journal.answer(answer);
    }
    assert_eq!(need(&journal.state), Some(Need::OwnersWord));
    let line = |journal: &Journal| now_line(&journal.state, journal.now);
    assert!(line(&journal).starts_with("The checks passed."), "{}", line(&journal));
    journal.later(60);
    journal.answer(Answer::Primary { answers: true, calls: 1, text: String::new(), last_answer: None });
    let first =
        "The old primary ANSWERS and may take writes: fence it now, or abort. The checks passed. Ask ";
    assert!(line(&journal).starts_with(first), "{}", line(&journal));
    assert!(journal.state.unfenced_since().is_some());
    journal.later(600);
    assert!(!line(&journal).contains("ANSWERS"), "nobody looked: {}", line(&journal));
    journal.answer(Answer::Primary { answers: true, calls: 1, text: String::new(), last_answer: None });
    let by = "bert".to_owned();
    journal.command(Command::OwnersWord { by, accepted: true, text: String::new() }).unwrap();
    assert_eq!(need(&journal.state), Some(Need::Fence), "the owner could speak all the same");
    assert!(!line(&journal).contains("fence it now"), "said once: {}", line(&journal));
    journal.command(Command::OverrideFence { reason: "its clients are gone".to_owned() }).unwrap();
    assert_eq!(journal.state.unfenced_since(), None);
}

#[test]
fn s22_what_was_seen_alive_after_the_fence_is_not_fenced_because_it_is_out_of_sight() {
    let mut journal = until(incident(), StepKind::CutOver, &mut World::default());
    journal.command(Command::Fence { how: "firewall".to_owned() }).unwrap();
    journal.later(60);
    journal.answer(Answer::Primary { answers: true, calls: 1, text: String::new(), last_answer: None });
    journal.later(600);
    let line = now_line(&journal.state, journal.now);
    assert!(!line.contains("ANSWERS") && line.contains("not known since"), "nobody looked: {line}");
    journal.answer(Answer::PrimaryOutOfSight { why: "no resolver".to_owned(), calls: 0 });
    assert_eq!(need(&journal.state), Some(Need::Fence));
}

#[test]
fn s22_a_silence_after_an_answer_makes_no_fence_of_what_was_said_before() {
    let mut journal = until(incident(), StepKind::CutOver, &mut World::default());
    let look = |journal: &mut Journal, answers| {
        journal.later(60);
        journal.answer(Answer::Primary { answers, calls: 1, text: String::new(), last_answer: None });
        need(&journal.state)
    };
    let fence = || Command::Fence { how: "firewall".to_owned() };
    look(&mut journal, false);
    journal.command(fence()).unwrap();
    assert_eq!(look(&mut journal, false), Some(Need::CutOver));
    assert_eq!(look(&mut journal, true), Some(Need::Fence));
    assert_eq!(look(&mut journal, false), Some(Need::Fence), "it lived after it was said to be fenced");
    let row = rows(&journal.state, journal.now).into_iter().find(|row| row.title == "fence").unwrap();
    assert!(row.result.contains("something ANSWERED after that"), "{}", row.result);
    journal.command(fence()).unwrap();
    assert_eq!(need(&journal.state), Some(Need::CutOver), "a word of now holds again");
    assert_eq!(refuted(&journal), ["firewall), but something answered at its address at 2026-11-20 "]);
}

/// The words on a fence that a report says to be refuted, up to when.
fn refuted(journal: &Journal) -> Vec<String> {
    let report = crate::evidence::report(&journal.records, None).unwrap();
    let said = report.deviations.iter().filter_map(|one| one.text.strip_prefix("said to be fenced ("));
    said.map(|said| said.split("12:").next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn s22_a_report_tells_that_what_was_said_to_be_fenced_answered() {
    let mut journal = until(incident(), StepKind::Wait, &mut World::default());
    journal.command(Command::Fence { how: "firewall".to_owned() }).unwrap();
    assert_eq!(refuted(&journal), [""; 0]);
    journal.later(60);
    journal.answer(Answer::Primary { answers: true, calls: 1, text: String::new(), last_answer: None });
    let lived = ["firewall), but the old primary answered at 2026-11-20 "];
    assert_eq!(refuted(&journal), lived);
    journal.command(Command::OverrideFence { reason: "nobody can".to_owned() }).unwrap();
    assert_eq!(refuted(&journal), lived, "whatever is said of it since");
}

#[test]
fn s10_until_its_first_probe_a_run_says_what_is_awaited_and_what_was_known_before() {
    let fence = |state: &RunState, seconds| {
        let at = state.fence.opened_at.unwrap() + TimeDelta::seconds(seconds);
        rows(state, at).into_iter().find(|row| row.title == "fence").unwrap().result
    };
    let begun = |opening| {
        let mut journal = Journal::open(opening);
        journal.input(&Input::Tick).unwrap();
        journal.command(Command::Declare(declaration())).unwrap();
        journal
    };
    let mut journal = begun(incident());
    let asked = "old primary asked, answer within 5s";
    assert_eq!(fence(&journal.state, 2), format!("not fenced; {asked}"));
    assert_eq!(fence(&journal.state, 11), "not fenced; old primary not probed yet");
    journal.state.fence.life.liveness = Liveness::silent(at("2026-11-20T11:50:00Z"), None);
    let before = "not fenced; old primary silent since 11:50:00Z; asked again, answer within 5s";
    assert_eq!(fence(&journal.state, 2), before);
    let mut unnamed = incident();
    unnamed.member.probe = None;
    let journal = begun(unnamed);
    let never = "not fenced; old primary not probed: the config names no address";
    assert_eq!(fence(&journal.state, 2), never);
}

#[test]
fn s22_a_fence_that_no_look_bears_out_is_told_as_the_word_of_whoever_said_it() {
    let how = || "powered off".to_owned();
    let told = |journal: &Journal| {
        let row = rows(&journal.state, journal.now).into_iter().find(|row| row.title == "fence").unwrap();
        let report = crate::evidence::report(&journal.records, None).unwrap();
        assert_eq!(replay(&journal.records).unwrap().fence, journal.state.fence);
        (row.result, report.caveats.into_iter().find(|caveat| caveat.starts_with("fence: ")))
    };
    let look = |journal: &mut Journal, answers| {
        journal.later(60);
        journal.answer(Answer::Primary { answers, calls: 1, text: String::new(), last_answer: None });
    };
    let waits = |probe| {
        let mut opening = incident();
        opening.member.probe = opening.member.probe.filter(|_| probe);
        until(opening, StepKind::CutOver, &mut World::default())
    };
    let mut seen = waits(true);
    look(&mut seen, false);
    let mut long_ago = seen.clone();
    seen.command(Command::Fence { how: how() }).unwrap();
    let (row, caveat) = told(&seen);
    assert!(
        row.starts_with("fenced: powered off; old primary silent") && caveat.is_none(),
        "{row} {caveat:?}"
    );
    // Its silence was that of another, where the address led to the fork already.
    for (since, is_seen) in [(-30, false), (30, true)] {
        let mut moved = seen.clone();
        let since = moved.now + TimeDelta::seconds(since);
        moved.later(60);
        moved.command(Command::NameMoved { since }).unwrap();
        assert_eq!(told(&moved).1.is_none(), is_seen, "{since}");
    }
    long_ago.later(3600);
    let mut moved = waits(true);
    look(&mut moved, true);
    let since = moved.now - TimeDelta::seconds(30);
    moved.command(Command::NameMoved { since }).unwrap();
    let mut silent_there = moved.clone();
    look(&mut silent_there, false);
    for mut journal in [waits(false), long_ago, moved, silent_there] {
        journal.command(Command::Fence { how: how() }).unwrap();
        let word = format!("powered off (stated by {}, not seen)", journal.state.last_by.shown());
        let (row, caveat) = told(&journal);
        assert!(row.starts_with(&format!("fenced: {word}; ")), "{row}");
        assert_eq!(caveat, Some(format!("fence: {word}")));
        journal.command(Command::OverrideFence { reason: "nobody can look".to_owned() }).unwrap();
        assert_eq!(told(&journal).1, None, "what holds is the override");
    }
}
