use super::*;
use crate::runbook::RunKind;
use crate::runbook::sample::{Journal, World, opening, willing};

#[test]
fn s26_another_point_comes_before_its_confirmation_and_each_answer_counts_once() {
    let mut answers = Answers::default()
        .confirming(Some("orders-db".to_owned()))
        .knowing(Need::OtherPoint, Some(Command::ChoosePoint(Target::Oldest)))
        .knowing(Need::Fence, Some(Command::OverrideFence { reason: "the region is gone".to_owned() }));
    assert_eq!(answers.known(Need::ConfirmPoint), Some(Command::ChoosePoint(Target::Oldest)));
    assert!(matches!(answers.known(Need::ConfirmPoint), Some(Command::Confirm { .. })));
    assert!(matches!(answers.known(Need::Fence), Some(Command::OverrideFence { .. })));
    assert_eq!(answers.known(Need::Fence), None, "a fence that does not hold is a new question");
    assert_eq!(answers.known(Need::CutOver), None);
}

#[test]
fn s26_an_owners_word_is_yes_or_no_and_nothing_else() {
    for (said, is) in [
        ("yes", Some(true)),
        ("Yes", Some(true)),
        ("YES.", Some(true)),
        ("y", Some(true)),
        ("No", Some(false)),
        ("n", Some(false)),
        ("yes, fine", None),
        ("yes but the totals are off", None),
        ("not yet", None),
        ("ok", None),
    ] {
        assert_eq!(yes_or_no(said), is, "{said}");
    }
}

/// What a person types, line by line, and what was asked for each.
fn typing<'a>(
    lines: &'a [&'a str],
    asked: &'a std::cell::RefCell<Vec<String>>,
) -> impl AsyncFnMut(&str) -> Option<String> + 'a {
    let mut lines = lines.iter();
    move |question: &str| {
        asked.borrow_mut().push(question.to_owned());
        let line = lines.next().filter(|line| !line.is_empty()).map(|line| (*line).to_owned());
        std::future::ready(line)
    }
}

#[tokio::test]
async fn s26_who_accepts_is_asked_for_and_is_not_whoever_types() {
    let word = |by: &str, accepted, text: &str| {
        Some(Command::OwnersWord { by: by.to_owned(), accepted, text: text.to_owned() })
    };
    for (lines, taken) in [
        (&["bert", "yes"][..], word("bert", true, "yes")),
        (&["bert", "bert", "yes"], word("bert", true, "yes")),
        (&["", "no", "totals are off"], word("team-payments", false, "totals are off")),
        (&["bert", ""], None),
        (&[], None),
    ] {
        let asked = std::cell::RefCell::default();
        assert_eq!(owners_word("team-payments", typing(lines, &asked)).await, taken, "{lines:?}");
        assert!(asked.borrow()[0].contains("(empty: team-payments)"), "{asked:?}");
    }
}

#[tokio::test]
async fn s22_no_name_that_was_typed_a_question_too_late_is_a_fence() {
    let fenced = |how: &str| Some(Command::Fence { how: how.to_owned() });
    for (lines, taken) in [
        (&["bert"][..], None),
        (&["bert", "yes", "powered off"], fenced("powered off")),
        (&["yes", "powered off"], fenced("powered off")),
        (&["yes", ""], None),
        (&["no"], None),
        (&[], None),
    ] {
        let asked = std::cell::RefCell::default();
        assert_eq!(fence("the old primary", typing(lines, &asked)).await, taken, "{lines:?}");
    }
}

#[test]
fn s22_how_it_was_fenced_is_corrected_by_a_later_word() {
    let mut journal =
        crate::runbook::sample::until(opening(RunKind::Incident), StepKind::CutOver, &mut World::default());
    for how in ["bert", "powered off"] {
        let mut answers =
            Answers::default().knowing(Need::Fence, Some(Command::Fence { how: how.to_owned() }));
        journal.command(answers.at_once(&journal.state).unwrap()).unwrap();
        assert_eq!(answers.at_once(&journal.state), None, "it was said");
        assert_eq!(journal.state.fence.fenced.as_ref().unwrap().how, how);
    }
}

#[test]
fn s24_nobody_finds_good_what_is_not_there_and_a_fence_is_shut_when_it_is() {
    let accepted = Command::OwnersWord { by: "bert".to_owned(), accepted: true, text: String::new() };
    let given = Answers::default()
        .knowing(Need::OwnersWord, Some(accepted))
        .knowing(Need::CutOver, Some(Command::CutOverDone { text: "DNS".to_owned() }))
        .knowing(Need::Fence, Some(Command::Fence { how: "powered off".to_owned() }));
    let (mut journal, mut world) = (Journal::open(opening(RunKind::Incident)), World::default());
    let seen = std::cell::RefCell::new(Vec::new());
    journal.drive(&mut world, |state| {
        let mut answers = given.clone().about(state);
        seen.borrow_mut().push((
            state.current,
            answers.at_once(state).is_some(),
            answers.known(Need::OwnersWord).is_some(),
        ));
        if state.current == Some(StepKind::ChoosePoint) {
            let told = answers.not_taken(Some(Need::FailedStep), state);
            assert!(told.iter().any(|line| line.contains("--accepted-by: it was said before")), "{told:?}");
            assert!(told.iter().any(|line| line.contains("--cut-over-done: it was said before")), "{told:?}");
        }
        willing(state)
    });
    let seen = seen.into_inner();
    assert!(seen.contains(&(Some(StepKind::Declare), false, false)), "{seen:?}");
    assert!(seen.contains(&(Some(StepKind::ChoosePoint), true, false)), "{seen:?}");
    assert!(seen.contains(&(Some(StepKind::Validate), true, true)), "{seen:?}");
}

#[test]
fn s22_a_cut_over_that_was_said_while_the_fence_is_open_is_not_dropped_without_a_word() {
    let done = Command::CutOverDone { text: "DNS moved".to_owned() };
    let state = Journal::open(opening(RunKind::Incident)).state;
    let mut answers = Answers::default().knowing(Need::CutOver, Some(done));
    assert_eq!(answers.known(Need::Fence), None);
    let said = answers.not_taken(Some(Need::Fence), &state);
    assert_eq!(said, ["not taken: --cut-over-done: cut over is blocked by the fence, which comes first"]);
    assert!(answers.known(Need::CutOver).is_some());
    assert!(answers.not_taken(Some(Need::Fence), &state).is_empty(), "what was taken is not told as dropped");
}
#[test]
fn s26_what_was_said_and_not_asked_for_is_told_at_every_end() {
    let done = Command::CutOverDone { text: "DNS moved".to_owned() };
    let answers = Answers::default()
        .knowing(Need::CutOver, Some(done))
        .knowing(Need::OtherPoint, Some(Command::ChoosePoint(Target::Oldest)));
    let mut journal = Journal::open(opening(RunKind::Incident));
    let left = "the run was left before it asked for it";
    let told = |why| [format!("not taken: --cut-over-done: {why}"), format!("not taken: --to: {why}")];
    assert_eq!(answers.not_taken(None, &journal.state), told(left));
    journal.drive(&mut World::default(), willing);
    let over = "the run is over and did not ask for it";
    assert_eq!(answers.not_taken(None, &journal.state), told(over));
}
