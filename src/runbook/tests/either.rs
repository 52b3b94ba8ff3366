//! What answers at the old primary's address once that may lead to the fork (S5, S10, S22).

use super::support::{incident, until};
use crate::domain::sample::at;
use crate::domain::{Ground, Life, Liveness, LossIs};
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
    assert!(journal.command(Command::SeeLife(board)).unwrap().is_empty(), "nor is it news to the board");
    // It may have been the old primary: until somebody knows, more may be lost.
    let told = clocks(&journal.state, journal.now);
    assert_eq!((is, told.judged_is), (LossIs::AtMost, LossIs::About));
    assert!(told.counted_to().unwrap().contains("later, if what answered at "), "{told:?}");
    let told = conclude(&journal.state, journal.now).reasons.join("; ");
    assert!(told.contains("RPO not shown to be met"), "{told}");
    let refused = journal.command(fence("powered off, I am sure")).unwrap_err().to_string();
    assert!(refused.contains("if it is the fork, override in writing and say so"), "{refused}");
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
        look(&mut journal, true);
        (loss(&journal) == before, journal.state.fence.last_alive.is_some(), need(&journal.state))
    };
    assert_eq!(overridden(StepKind::CutOver), (true, false, Some(Need::CutOver)));
    let (same, lived, _) = overridden(StepKind::Wait);
    assert_eq!((same, lived), (false, true), "nobody was asked to move any name");
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
