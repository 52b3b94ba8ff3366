//! What answers at the old primary's address once that may lead to the fork (S5, S10, S22).

use chrono::TimeDelta;

use super::support::{incident, until};
use crate::domain::sample::at;
use crate::domain::{Ground, Life, Liveness, LossIs, Power, words};
use crate::runbook::conclude::conclude;
use crate::runbook::sample::{Journal, World};
use crate::runbook::*;

fn seen(answers: bool) -> Answer {
    Answer::Primary { answers, calls: 1, text: String::new(), last_answer: None }
}

fn fence(how: &str) -> Command {
    Command::Fence { how: how.to_owned() }
}

/// A minute later it answers, or not.
fn look(journal: &mut Journal, answers: bool) -> Option<Need> {
    journal.later(60);
    journal.answer(seen(answers));
    need(&journal.state)
}

/// An incident that waits for clients to be moved: its old primary is silent, and said to be shut.
fn fenced() -> Journal {
    let mut journal = until(incident(), StepKind::CutOver, &mut World::default());
    look(&mut journal, false);
    journal.command(fence("powered off")).unwrap();
    assert_eq!(need(&journal.state), Some(Need::CutOver));
    journal
}

fn loss(
    journal: &Journal,
) -> (Option<crate::domain::Timestamp>, Option<Ground>, Option<std::time::Duration>) {
    let clocks = clocks(&journal.state, journal.now);
    (clocks.loss_instant, clocks.loss_ground, clocks.judged)
}

fn fence_row(journal: &Journal) -> StepRow {
    rows(&journal.state, journal.now).into_iter().find(|row| row.kind.is_none()).unwrap()
}

#[test]
fn s22_a_name_that_was_moved_before_the_cut_over_is_confirmed_rewrites_no_loss_and_is_told_apart_by_a_person()
{
    let mut journal = fenced();
    let (before, is) = (loss(&journal), clocks(&journal.state, journal.now).judged_is);
    assert_eq!(look(&mut journal, true), Some(Need::Fence), "an answer proves no fence");
    assert_eq!(loss(&journal), before, "nor that anything was written");
    let line = now_line(&journal.state, journal.now);
    assert!(line.contains("or the fork if that address leads to it already"), "{line}");
    for way in ["shut it off, and say how once it is silent", "state the loss instant", "override in writing"]
    {
        assert!(line.contains(way), "{line}");
    }
    let row = fence_row(&journal);
    assert_eq!(row.state, RowState::Failed);
    assert!(
        row.result.starts_with("something answers at orders.dc-west.example:5432 since "),
        "{}",
        row.result
    );
    let board = Life { liveness: Liveness::Answers { at: journal.now }, written: None };
    assert!(
        journal.command(Command::SeeLife { life: board, power: Power::default() }).unwrap().is_empty(),
        "nor is it news to the board"
    );
    // It may have been the old primary: until somebody knows, more may be lost.
    let told = clocks(&journal.state, journal.now);
    assert_eq!((is, told.judged_is), (LossIs::AtMost, LossIs::About));
    assert!(told.counted_to().unwrap().contains("later, if what answered at "), "{told:?}");
    let told = conclude(&journal.state, journal.now).reasons.join("; ");
    assert!(told.contains("RPO not shown to be met"), "{told}");
    let refused = journal.command(fence("powered off, I am sure")).unwrap_err().to_string();
    assert!(
        refused.contains("if it is the fork, say since when the address leads to it, or override in writing"),
        "{refused}"
    );
    journal.command(Command::OverrideFence { reason: "the name leads to the fork".to_owned() }).unwrap();
    assert_eq!(look(&mut journal, true), Some(Need::CutOver));
    assert_eq!(clocks(&journal.state, journal.now).judged_is, LossIs::About, "no word on what was lost");
    let stated = loss(&journal).0.unwrap();
    journal.command(Command::StateLoss { at: stated, by: "anna".to_owned() }).unwrap();
    assert_eq!(clocks(&journal.state, journal.now).judged_is, LossIs::Exact);
    assert_eq!(replay(&journal.records).unwrap().fence, journal.state.fence);
}

#[test]
fn s22_what_answered_for_a_while_may_have_been_the_old_primary_until_a_person_says_to_when_it_wrote() {
    let mut journal = fenced();
    let before = loss(&journal);
    look(&mut journal, true);
    assert_eq!(look(&mut journal, false), Some(Need::Fence), "a silence proves no fence");
    let line = now_line(&journal.state, journal.now);
    assert!(line.contains(" answered at ") && line.contains("state the loss instant"), "{line}");
    journal.command(fence("now it is really off")).unwrap();
    assert_eq!(need(&journal.state), Some(Need::CutOver));
    assert_eq!(loss(&journal), before);
    assert_eq!(clocks(&journal.state, journal.now).judged_is, LossIs::About, "what it took is lost, too");
    assert_eq!(look(&mut journal, true), Some(Need::Fence), "once more it is to be looked at");
    assert_eq!(replay(&journal.records).unwrap().fence, journal.state.fence);
}

#[test]
fn s5_a_person_who_knows_that_the_old_primary_came_back_states_to_when_it_wrote() {
    let mut journal = fenced();
    look(&mut journal, true);
    for stated in ["2026-11-20T12:04:20Z", "2026-11-20T12:05:10Z"].map(at) {
        journal.command(Command::StateLoss { at: stated, by: "anna".to_owned() }).unwrap();
        let clocks = clocks(&journal.state, journal.now);
        assert_eq!((clocks.loss_instant, clocks.judged_is), (Some(stated), LossIs::Exact));
    }
    assert_eq!(need(&journal.state), Some(Need::Fence), "what was lost is not what is shut");
    look(&mut journal, true);
    assert_eq!(clocks(&journal.state, journal.now).judged_is, LossIs::AtLeast, "nobody knew of that answer");
}

#[test]
fn s22_where_the_fence_is_overridden_an_answer_may_be_the_forks_once_clients_are_to_be_moved() {
    let overridden = |at: StepKind| {
        let mut journal = until(incident(), at, &mut World::default());
        look(&mut journal, false);
        journal.command(Command::OverrideFence { reason: "its region is out of reach".to_owned() }).unwrap();
        let before = loss(&journal);
        assert!(!now_line(&journal.state, journal.now).contains("OVERRIDDEN"), "nothing answers");
        look(&mut journal, true);
        let told = fence_row(&journal).result;
        assert!(told.starts_with("OVERRIDDEN; ") && told.ends_with("its region is out of reach"), "{told}");
        let line = now_line(&journal.state, journal.now);
        assert!(line.starts_with("Fence OVERRIDDEN, and ") && line.contains(" ANSWERS"), "{line}");
        assert_eq!(line.contains("the old primary, or the fork"), at == StepKind::CutOver, "{line}");
        (loss(&journal) == before, journal.state.fence.last_alive.is_some(), need(&journal.state))
    };
    assert_eq!(overridden(StepKind::CutOver), (true, false, Some(Need::CutOver)));
    let (same, lived, _) = overridden(StepKind::Wait);
    assert_eq!((same, lived), (false, true), "nobody was asked to move any name");
}

#[test]
fn s22_what_answered_before_any_name_could_lead_to_the_fork_stays_the_old_primary_while_it_answers_on() {
    let mut journal = until(incident(), StepKind::CutOver, &mut World::default());
    look(&mut journal, false);
    look(&mut journal, true);
    let since = words::newest(journal.now, journal.now);
    journal.command(Command::OverrideFence { reason: "nobody can reach it".to_owned() }).unwrap();
    for _ in 0..3 {
        assert_eq!(look(&mut journal, true), Some(Need::CutOver));
        assert!(journal.state.fence.is_alive());
        assert_eq!(
            (journal.state.fence.last_alive, loss(&journal).0),
            (Some(journal.now), Some(journal.now))
        );
        let row = fence_row(&journal).result;
        assert!(row.starts_with(&format!("OVERRIDDEN; old primary ANSWERS since {since}")), "{row}");
        let doubted_from = journal.state.heard().unwrap().either_from;
        assert_eq!(
            doubted_from,
            Some(journal.now + TimeDelta::minutes(2)),
            "nor does the board doubt it yet"
        );
    }
    assert!(journal.state.fence.either_from.is_some());
    assert_eq!(journal.state.fence.answered_since, None);
    // Where clients use the fork, nobody can tell any more whose answer it is.
    journal.command(Command::CutOverDone { text: "the name was moved".to_owned() }).unwrap();
    let moved = journal.now;
    look(&mut journal, true);
    assert_eq!(journal.state.fence.answered_since, Some((journal.now, journal.now)));
    assert_eq!(journal.state.fence.last_alive, Some(moved));
    assert!(journal.state.heard().unwrap().either_from.is_some());
    let headline = crate::evidence::markdown(&crate::evidence::report(&journal.records, None).unwrap());
    assert!(headline.contains("during the run: yes, until clients were moved; then something"), "{headline}");
    let told = fence_row(&journal).result;
    assert!(told.contains("or the fork if that address leads to it"), "{told}");
    assert_eq!(replay(&journal.records).unwrap().fence, journal.state.fence);
}

#[test]
fn s22_what_fell_silent_or_was_not_looked_at_may_be_the_fork_when_it_answers_again() {
    for gap in [false, true] {
        let mut journal = until(incident(), StepKind::CutOver, &mut World::default());
        look(&mut journal, true);
        journal.command(Command::OverrideFence { reason: "nobody can reach it".to_owned() }).unwrap();
        let lived = journal.now;
        if gap {
            journal.later(3600);
        } else {
            look(&mut journal, false);
        }
        look(&mut journal, true);
        assert_eq!(journal.state.fence.last_alive, Some(lived), "{gap}");
        assert!(matches!(journal.state.fence.sight(), Sight::Something { .. }), "{gap}");
    }
}

#[test]
fn s5_while_there_is_no_fork_to_lead_to_an_answer_is_the_old_primarys() {
    let mut journal = until(incident(), StepKind::Wait, &mut World::default());
    look(&mut journal, false);
    journal.command(fence("powered off")).unwrap();
    look(&mut journal, true);
    assert!(journal.state.fence.is_alive());
    assert_eq!(loss(&journal).0, Some(journal.now), "it lives");
    let stated = Command::StateLoss { at: at("2026-11-20T12:04:20Z"), by: "anna".to_owned() };
    assert!(journal.command(stated).unwrap_err().to_string().contains("contradicts a proof of life"));
}

#[test]
fn s22_a_name_that_was_moved_before_anybody_said_fenced_is_told_by_a_person_and_its_answers_are_the_forks() {
    let mut journal = until(incident(), StepKind::CutOver, &mut World::default());
    look(&mut journal, false);
    let before = loss(&journal);
    assert_eq!(look(&mut journal, true), Some(Need::Fence));
    assert_eq!(loss(&journal), (Some(journal.now), None, loss(&journal).2), "it seems to live");
    let answered = journal.now;
    let shut = || fence("powered off, then the name was moved");
    let refused = journal.command(shut()).unwrap_err().to_string();
    assert!(refused.contains("or say since when its address leads to the fork"), "{refused}");
    assert!(now_line(&journal.state, journal.now).contains("leads to the fork by now, say since when"));
    // Before the answer, and before the board saw the same.
    let board = Life { liveness: Liveness::Answers { at: answered }, written: None };
    drop(journal.command(Command::SeeLife { life: board, power: Power::default() }).unwrap());
    journal.command(Command::NameMoved { since: answered - TimeDelta::seconds(30) }).unwrap();
    assert_eq!((loss(&journal), journal.state.fence.last_alive), (before.clone(), None));
    let row = fence_row(&journal);
    assert_eq!(row.state, RowState::Open, "where a name leads says nothing of what is shut");
    assert!(
        row.result.contains("leads to the fork since ") && row.result.contains("says "),
        "{}",
        row.result
    );
    assert_eq!(look(&mut journal, true), Some(Need::Fence));
    journal.command(shut()).unwrap();
    assert_eq!(look(&mut journal, true), Some(Need::CutOver), "the fork answers on");
    assert_eq!((loss(&journal), clocks(&journal.state, journal.now).or_later), (before, None));
    journal.command(Command::CutOverDone { text: "the name was moved".to_owned() }).unwrap();
    assert_eq!(replay(&journal.records).unwrap().fence, journal.state.fence);
}

#[test]
fn s5_what_answered_before_its_name_was_moved_was_the_old_primary_though_it_had_been_taken_for_either() {
    let mut journal = fenced();
    look(&mut journal, true);
    let answered = journal.now;
    journal.later(30);
    journal.command(Command::NameMoved { since: journal.now }).unwrap();
    assert_eq!(journal.state.fence.last_alive, Some(answered));
    assert_eq!(need(&journal.state), Some(Need::Fence), "it answered after it was said to be shut");
    look(&mut journal, true);
    journal.command(fence("now it is really off")).unwrap();
    assert_eq!(need(&journal.state), Some(Need::CutOver));
    let told = clocks(&journal.state, journal.now);
    assert_eq!((told.loss_earliest, told.or_later), (Some(answered), None));
    assert_eq!(replay(&journal.records).unwrap().fence, journal.state.fence);
}

#[test]
fn s22_no_name_leads_to_a_fork_before_there_is_one_or_in_time_to_come() {
    let mut early = until(incident(), StepKind::Wait, &mut World::default());
    let now = early.now;
    let refused = early.command(Command::NameMoved { since: now }).unwrap_err().to_string();
    assert!(refused.contains("no restored fork yet"), "{refused}");
    let mut journal = until(incident(), StepKind::CutOver, &mut World::default());
    for (since, why) in [
        (journal.now + TimeDelta::seconds(1), "lies in the future"),
        (at("2026-11-20T12:00:00Z"), "no name led to it"),
    ] {
        let refused = journal.command(Command::NameMoved { since }).unwrap_err().to_string();
        assert!(refused.contains(why), "{refused}");
    }
    journal.command(fence("powered off")).unwrap();
    journal.command(Command::CutOverDone { text: "DNS switched".to_owned() }).unwrap();
    let since = journal.now;
    let refused = journal.command(Command::NameMoved { since }).unwrap_err().to_string();
    assert!(refused.contains("clients were moved"), "{refused}");
}
