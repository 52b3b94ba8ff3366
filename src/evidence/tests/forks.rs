//! What the report tells of the forks of a run: made or not, seen, in use, left behind.

use super::*;

#[test]
fn ev12_a_call_that_was_only_planned_is_told_as_such_and_ev15_tells_of_no_fork_that_was_not_made() {
    use crate::domain::fork::CallPreview;
    use crate::runbook::sample::{fork_point, making, until};
    use crate::runbook::{Answer, StepKind};
    let call =
        |what: &str, mutating| CallPreview { what: what.to_owned(), mutating, makes: None, ..making() };
    let calls = vec![making(), call("watch it", false), call("remove it", true), call("prove it", false)];
    let mut world = World::default();
    let mut journal = until(opening(RunKind::Drill), StepKind::ChoosePoint, &mut world);
    journal.answer(Answer::Point(Ok((fork_point("2026-11-20T12:00:19Z"), calls))));
    journal.drive(&mut world, willing);
    let up_to = |is_last: fn(&Event) -> bool| {
        let last = journal.records.iter().position(|record| is_last(&record.event)).unwrap();
        report(&journal.records[..=last], None).unwrap()
    };
    let agreed = up_to(|event| matches!(event, Event::PointResolved { .. }));
    let restored = up_to(|event| matches!(event, Event::StepStarted { step: StepKind::Validate }));
    let removed = report(&journal.records, None).unwrap();
    for (report, words) in [
        (&agreed, ["planned", "planned", "planned", "planned"]),
        (&restored, ["call", "call", "planned", "planned"]),
        (&removed, ["call", "call", "call", "call"]),
    ] {
        let Content::Present { lines, .. } = &field(report, "EV12").content else { panic!("{report:?}") };
        for (what, word) in ["make the fork", "watch it", "remove it", "prove it"].into_iter().zip(words) {
            let line = lines.iter().find(|line| line.contains(what)).unwrap();
            assert!(line.starts_with(&format!("{word}, ")), "{word} in {line}");
        }
    }
    let made = |report| matches!(field(report, "EV15").content, Content::Present { .. });
    assert!(!made(&agreed) && made(&restored) && made(&removed));
    let apart = &field(&agreed, "EV15").content;
    assert_eq!(apart, &Content::gap("attempt 1 made no fork"));
}

#[test]
fn s20_a_fork_that_was_asked_for_and_never_seen_is_told_as_one_that_may_exist() {
    use crate::domain::fork::CallPreview;
    use crate::runbook::sample::{Trouble, fork_point, making, until};
    use crate::runbook::{Answer, Command, ForkStanding, StepKind};
    let watch = || CallPreview { what: "watch it".to_owned(), mutating: false, makes: None, ..making() };
    // The second call is refused: what came of the first is not known all the same.
    for (troubles, is_seen) in [
        (vec![Trouble::CallLost], false),
        (vec![Trouble::CallLost, Trouble::Refused], false),
        (vec![Trouble::AnswerLost], true),
    ] {
        let mut world = World::default();
        let mut journal = until(opening(RunKind::Incident), StepKind::ChoosePoint, &mut world);
        journal.answer(Answer::Point(Ok((fork_point("2026-11-20T12:00:19Z"), vec![making(), watch()]))));
        let refused = troubles.len() > 1;
        world.troubles = troubles.into();
        journal.drive(&mut world, |state| match state.attempt.fork {
            ForkStanding::Absent if refused => Some(Command::RetryAbsent),
            ForkStanding::Absent | ForkStanding::Refused { .. } | ForkStanding::Mine => {
                let typed = state.opening.member.service.clone();
                Some(Command::Abort { typed, reason: "enough".to_owned() })
            }
            _ => willing(state),
        });
        let report = report(&journal.records, None).unwrap();
        let told = |id| format!("{:?}", field(&report, id).content);
        let not_known = "whether attempt 1 made a fork is not known: none was ever seen";
        assert_eq!(field(&report, "EV15").content == Content::gap(not_known), !is_seen, "{}", told("EV15"));
        assert_eq!(told("EV12").contains("\"call, watch it"), is_seen, "{}", told("EV12"));
        let stays = if is_seen { ": STAYS, kept" } else { ": MAY EXIST, it was asked for and never seen" };
        assert!(told("EV25").contains(stays), "{}", told("EV25"));
        assert_eq!(journal.state.left_behind()[0].was_seen, is_seen);
        let now = crate::runbook::now_line(&journal.state, journal.now);
        assert_eq!(now.contains(" Still there: "), is_seen, "{now}");
        assert_eq!(now.contains(" May exist, never seen: "), !is_seen, "{now}");
        journal.command(Command::CleanUp { typed: "orders-db".to_owned() }).unwrap();
        journal.drive(&mut world, |_| None);
        let cleaned = self::report(&journal.records, None).unwrap();
        let cleaned = format!("{:?}", field(&cleaned, "EV25").content);
        let gone = words::instant(journal.state.attempt.removal.as_ref().unwrap().0);
        let told = if is_seen { "removed" } else { "never seen before clean-up; not there" };
        assert!(cleaned.contains(&format!(": {told} {gone}, proven by listing: ")), "{cleaned}");
    }
}

#[test]
fn ev25_where_a_fork_in_use_is_reached_is_told_with_the_time_at_which_it_was_so() {
    let incident = closed(RunKind::Incident);
    let told = format!("{:?}", field(&incident, "EV25").content);
    assert!(told.contains("; as it was when last looked at, 2026-11-20 12:"), "{told}");
}

#[test]
fn ev25_whether_the_fork_in_use_is_protected_against_termination_is_told_as_last_seen() {
    use crate::domain::fork::Protection;
    use crate::runbook::{Answer, StepKind};
    let mut journal = until(opening(RunKind::Incident), StepKind::Protect, &mut World::default());
    let told = |journal: &Journal| {
        let report = report(&journal.records, None).unwrap();
        format!("{:?}", field(&report, "EV25").content)
    };
    assert!(!told(&journal).contains("termination"), "nobody looked: {}", told(&journal));
    for (shielded, not) in [(Some(false), "NOT "), (Some(true), ""), (None, "")] {
        journal.later(60);
        let seen = Protection { shielded, ..Protection::cannot_tell(format!("{shielded:?}")) };
        journal.answer(Answer::Protection(seen));
        let at = words::instant(journal.now);
        let says = format!("; {not}protected against termination, as seen at {at}; owner: ");
        assert_eq!(told(&journal).contains(&says), shielded.is_some(), "{}", told(&journal));
    }
    assert!(told(&journal).contains("; protected against"), "a blind look takes nothing away (S2)");
}

#[test]
fn s22_who_let_the_fork_in_use_be_removed_and_why_is_told_and_what_was_of_it_is_said_to_be_over() {
    use crate::runbook::Command;
    let mut journal = Journal::open(opening(RunKind::Incident));
    journal.drive(&mut World::default(), willing);
    let shown = |journal: &Journal, id: &str| {
        let report = report(&journal.records, None).unwrap();
        format!("{:?}", field(&report, id).content)
    };
    let moved = words::instant(journal.state.cut_over_at.unwrap());
    assert!(shown(&journal, "EV15").contains(&format!("clients use it since {moved}: ")));
    assert!(!shown(&journal, "EV26").contains("until it was gone"), "{}", shown(&journal, "EV26"));
    journal.later(3600);
    let left = words::instant(journal.now);
    journal.command(Command::ClientsLeft { text: "moved back to old".to_owned() }).unwrap();
    let agreed = format!(r#"["{left}", "anna@jump2", "clients left the fork", "moved back to old"]"#);
    assert!(shown(&journal, "EV13").contains(&agreed), "{}", shown(&journal, "EV13"));
    let deviates =
        format!(r#"["{left}", "clients_left", "clients left the fork: moved back to old", "anna@jump2"]"#);
    assert!(shown(&journal, "EV14").contains(&deviates), "{}", shown(&journal, "EV14"));
    let apart = shown(&journal, "EV15");
    assert!(apart.contains(&format!("clients used it from {moved} to {left}: ")), "{apart}");
    assert!(!shown(&journal, "EV26").contains("until it was gone"), "it is there still");
    journal.later(60);
    journal.command(Command::CleanUp { typed: "orders-db".to_owned() }).unwrap();
    journal.drive(&mut World::default(), |_| None);
    let gone = words::instant(journal.state.attempt.removal.as_ref().unwrap().0);
    let protected = shown(&journal, "EV26");
    assert!(
        protected.contains(&format!("until it was gone at {gone}: first own backup and copy")),
        "{protected}"
    );
}
