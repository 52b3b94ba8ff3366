//! Every field of the checklist, on a drill and on an incident: present, or shown as a gap (R37).

use std::time::Duration;

use super::*;
use crate::domain::words;
use crate::runbook::Event;
use crate::runbook::sample::{Journal, World, opening, willing};

/// Field, what a drill shows of it, what an incident shows of it.
const SHOWN: [(&str, &str, &str); 21] = [
    ("EV01", "run: drill-orders-db-20261120-k3q7wd (drill)", "run: inc-orders-db-20261120-k3q7wd (incident)"),
    ("EV02", "regions: dc-west -> dc-east", "regions: dc-west -> dc-east"),
    ("EV03", "region lost", "region gone"),
    ("EV04", "check newest-row: with an expectation", "check newest-row: with an expectation"),
    ("EV05", "RPO: 15m", "RTO: 1h"),
    ("EV06", "plan: fork-to-secondary version 1", "sha256: "),
    ("EV07", "anna@jump2: account ops on jump2", "anna@jump2: account ops on jump2"),
    ("EV08", "declared 2026-11-20", "criterion three-probes: three probes from two networks"),
    ("EV09", "loss: ", "replication lag: "),
    ("EV10", "102 GiB free", "disk_space"),
    ("EV11", "log position 0/41000148", "from backup: 20261120-021408F"),
    ("EV12", "choose point", "cut over"),
    ("EV13", "--yes", "typed `orders-db`"),
    ("EV14", "none", "down since 2026-11-20 12:01:00Z, says anna, but its primary lived at "),
    ("EV15", "fork in dc-east: another region", "closed to all but its host"),
    ("EV16", "simulated loss: 2026-11-20", "service down since: 2026-11-20"),
    ("EV17", "achieved: ", "achieved: "),
    ("EV18", "newest-row", "passed"),
    ("EV24", "clock minus that of pg-east: 3s", "driven from jump2"),
    ("EV25", "proven by listing: not listed", "in use as the service since"),
    ("EV31", "by this run", "by this run"),
];

fn closed(kind: RunKind) -> Report {
    let mut opening = opening(kind);
    opening.criteria = [("three-probes".to_owned(), "three probes from two networks".to_owned())].into();
    opening.skews = [("pg-east".to_owned(), 3)].into();
    opening.objectives.drill_every = Some(Duration::from_secs(90 * 24 * 3600));
    let mut journal = Journal::open(opening);
    journal.drive(&mut World::default(), willing);
    report(&journal.records, Some("head".to_owned())).unwrap()
}

fn field<'a>(report: &'a Report, id: &str) -> &'a Field {
    report.fields.iter().find(|field| field.id == id).unwrap_or_else(|| panic!("no {id}"))
}

#[test]
fn r37_ev01_to_ev18_ev24_and_ev25_are_shown_on_a_drill_and_on_an_incident() {
    let (drill, incident) = (closed(RunKind::Drill), closed(RunKind::Incident));
    for (id, of_drill, of_incident) in SHOWN {
        for (report, wanted) in [(&drill, of_drill), (&incident, of_incident)] {
            let field = field(report, id);
            let Content::Present { .. } = &field.content else {
                panic!("{id} on a {}: {:?}", report.kind.as_str(), field.content)
            };
            let shown = format!("{:?}", field.content);
            assert!(shown.contains(wanted), "{id} on a {}: {shown}", report.kind.as_str());
            assert!(markdown(report).contains(id), "{id} in Markdown");
            assert!(serde_json::to_string(report).unwrap().contains(id), "{id} in JSON");
        }
    }
}

#[test]
fn r37_what_a_run_cannot_show_is_a_gap_with_its_reason() {
    for kind in [RunKind::Drill, RunKind::Incident] {
        let mut bare = opening(kind);
        bare.scenario = None;
        bare.member.checks.clear();
        (bare.objectives.rpo, bare.objectives.rto) = (None, None);
        (bare.member.region, bare.member.from_region) = (None, None);
        let report = report(&Journal::open(bare).records, None).unwrap();
        let gaps = [
            "EV03", "EV04", "EV05", "EV08", "EV10", "EV11", "EV12", "EV13", "EV15", "EV16", "EV17", "EV18",
            "EV25", "EV31",
        ];
        for id in gaps {
            let field = field(&report, id);
            let Content::Gap { why } = &field.content else { panic!("{id}: {:?}", field.content) };
            assert!(why.len() > 10 && markdown(&report).contains(why.as_str()), "{id}: {why}");
        }
        for id in ["EV01", "EV02", "EV06", "EV07", "EV09", "EV14", "EV24"] {
            assert!(matches!(field(&report, id).content, Content::Present { .. }), "{id} is always known");
        }
    }
}

#[test]
fn r37_the_fields_stand_in_their_order_and_no_entity_is_shown() {
    let report = closed(RunKind::Drill).rechecked_by("lifeboat --config 'a b.toml' runs verify k3q7wd");
    let shown = markdown(&report);
    let ids: Vec<&str> = shown.lines().filter_map(|line| line.strip_prefix("## ")?.get(..4)).collect();
    let all: Vec<String> = (1..=34).map(|number| format!("EV{number:02}")).collect();
    assert_eq!(ids, all);
    assert!(shown.contains("RPO: 4m 27s of 15m: met"), "{shown}");
    assert!(shown.contains("- re-check: `lifeboat --config 'a b.toml' runs verify k3q7wd`"), "{shown}");
    assert!(!shown.contains("&lt;"), "{shown}");
}

#[test]
fn s3_a_plan_that_nobody_told_is_not_known_and_not_none() {
    let mut opening = opening(RunKind::Drill);
    opening.before.service.facts = None;
    let mut journal = Journal::open(opening);
    journal.drive(&mut World::default(), willing);
    let shown = markdown(&report(&journal.records, None).unwrap());
    assert!(shown.contains("plan in production: not known"), "{shown}");
}

#[test]
fn times_are_words_for_people_and_numbers_in_json() {
    let report = closed(RunKind::Incident);
    let shown = markdown(&report);
    for wanted in ["| RTO | 1h | ", "target 1h: ", "pauses within it: 0s", "| within "] {
        assert!(shown.contains(wanted), "{wanted} in {shown}");
    }
    let bare = shown.split_whitespace().zip(shown.split_whitespace().skip(1));
    let bare: Vec<_> =
        bare.filter(|(amount, unit)| amount.parse::<u64>().is_ok() && matches!(*unit, "s" | "s,")).collect();
    assert!(bare.is_empty(), "{bare:?} in {shown}");
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["objectives"][0]["target_s"], 3600);
}

#[test]
fn a_run_that_restored_nothing_is_not_said_to_have_restored_data() {
    let mut journal = Journal::open(opening(RunKind::Drill));
    journal.drive(&mut World::default(), willing);
    let told = |records: &[Record]| markdown(&report(records, None).unwrap());
    assert!(told(&journal.records).contains("data restored: "));
    let asked = |record: &Record| matches!(record.event, Event::ForkIntended { .. });
    let asked = journal.records.iter().position(asked).unwrap();
    let early = told(journal.records.get(..=asked).unwrap());
    assert!(
        early.contains("data to restore, not restored: ") && !early.contains("data restored: "),
        "{early}"
    );
}

#[test]
fn ev12_a_step_that_was_cut_short_by_the_end_of_its_run_is_not_under_way() {
    use crate::runbook::{Command, Input, StepKind, effects};
    let (mut journal, mut world) = (Journal::open(opening(RunKind::Drill)), World::default());
    journal.input(&Input::Tick).unwrap();
    while journal.state.current != Some(StepKind::Wait) {
        for effect in effects(&journal.state) {
            let answer = world.answer(&effect.call, journal.now);
            journal.answer(answer);
        }
        journal.input(&Input::Tick).unwrap();
    }
    let log = |journal: &Journal| {
        let report = report(&journal.records, None).unwrap();
        markdown(&report).lines().find(|line| line.starts_with("| wait")).unwrap().to_owned()
    };
    assert!(log(&journal).contains("under way"), "{}", log(&journal));
    let typed = "orders-db".to_owned();
    journal.command(Command::Abort { typed, reason: "enough".to_owned() }).unwrap();
    journal.drive(&mut world, |_| None);
    let told = log(&journal);
    assert!(told.contains("not finished when the run ended") && !told.contains("under way"), "{told}");
}

#[test]
fn r37_who_was_quoted_is_named_and_who_only_agreed_said_yes() {
    use crate::runbook::Command;
    let mut journal = Journal::open(opening(RunKind::Incident));
    journal.drive(&mut World::default(), |state| match willing(state)? {
        Command::OwnersWord { by, accepted, .. } => {
            Some(Command::OwnersWord { by, accepted, text: String::new() })
        }
        command => Some(command),
    });
    let report = report(&journal.records, None).unwrap();
    let shown = |id: &str| format!("{:?}", field(&report, id).content);
    let bert = "bert: gave the word of the owner, as anna@jump2 put down";
    assert!(shown("EV07").contains(bert), "{}", shown("EV07"));
    assert!(shown("EV19").contains("accepted by bert: yes"), "{}", shown("EV19"));
    assert!(shown("EV13").contains(r#""data accepted by bert", "yes""#), "{}", shown("EV13"));
    let apart = shown("EV15");
    assert!(
        apart.contains("to the fork, as it was made at 2026-11-20") && apart.contains("clients use it since"),
        "{apart}"
    );
}

#[test]
fn r37_what_people_noted_is_told_with_when_and_who_and_nothing_noted_is_a_gap() {
    use crate::runbook::{Command, Input};
    let mut journal = Journal::open(opening(RunKind::Incident));
    journal.input(&Input::Tick).unwrap();
    let told = |journal: &Journal| report(&journal.records, None).unwrap();
    let gap = Content::gap("not recorded by lifeboat; add it by hand");
    assert_eq!(field(&told(&journal), "EV22").content, gap);
    journal.command(Command::Note { text: "called the bank | <b>twice</b>".to_owned() }).unwrap();
    let shown = markdown(&told(&journal));
    let row = "| 2026-11-20 12:04:31Z | anna@jump2 | called the bank \\| \\<b>twice\\</b> |";
    assert!(shown.contains(row), "{shown}");
}

#[test]
fn r37_what_an_owner_refused_is_no_approval_and_the_end_of_a_run_is_one() {
    use crate::runbook::{Command, Input, Need, StepKind, effects, need};
    let (mut journal, mut world) = (Journal::open(opening(RunKind::Incident)), World::default());
    journal.input(&Input::Tick).unwrap();
    while !(journal.state.current == Some(StepKind::Validate)
        && need(&journal.state) == Some(Need::OwnersWord))
    {
        if let Some(command) = willing(&journal.state) {
            journal.command(command).unwrap();
        }
        for effect in effects(&journal.state) {
            journal.answer(world.answer(&effect.call, journal.now));
        }
        journal.later(15);
    }
    let (by, text) = ("bert".to_owned(), "rows are missing".to_owned());
    journal.command(Command::OwnersWord { by, accepted: false, text }).unwrap();
    let typed = journal.state.opening.member.service.clone();
    journal.command(Command::Abort { typed, reason: "the primary is back".to_owned() }).unwrap();
    let report = report(&journal.records, None).unwrap();
    let told = format!("{:?}", field(&report, "EV13").content);
    assert!(told.contains(r#""data NOT accepted by bert", "rows are missing""#), "{told}");
    assert!(told.contains(r#""end of the run", "the primary is back""#), "{told}");
}

#[test]
fn r37_a_clock_that_is_off_and_a_fork_asked_for_once_more_are_agreed_to_by_somebody() {
    use crate::runbook::sample::Trouble;
    let mut off = opening(RunKind::Incident);
    off.skews = [("pg-east".to_owned(), 412), ("pg-west".to_owned(), 400)].into();
    let (mut journal, mut world) = (Journal::open(off), World::default());
    world.troubles.push_back(Trouble::CallLost);
    journal.drive(&mut world, willing);
    assert_eq!(world.made.values().copied().collect::<Vec<_>>(), [1], "one fork");
    let report = report(&journal.records, None).unwrap();
    let told = format!("{:?}", field(&report, "EV13").content);
    for row in [
        r#""anna@jump2", "a clock that is off", "ours is right, by the radio""#.to_owned(),
        format!(r#""anna@jump2", "{} asked for once more", "retry-absent""#, journal.state.attempt.name),
    ] {
        assert!(told.contains(&row), "{row}: {told}");
    }
}

#[test]
fn s2_a_primary_that_no_probe_could_tell_of_is_not_said_to_be_unprobed() {
    use crate::runbook::{Answer, Command, Input, sample::declaration};
    let mut journal = Journal::open(opening(RunKind::Incident));
    journal.input(&Input::Tick).unwrap();
    journal.command(Command::Declare(declaration())).unwrap();
    let told = |journal: &Journal| {
        let caveats = first_page::caveats(&journal.state);
        caveats.into_iter().find(|told| told.starts_with("primary reachable")).unwrap()
    };
    assert!(told(&journal).contains("it was not probed"), "{}", told(&journal));
    let blind = || Answer::PrimaryOutOfSight { why: "no resolver".to_owned(), calls: 0 };
    journal.answer(blind());
    assert!(
        told(&journal).contains("not known, no probe of it could tell: no resolver"),
        "{}",
        told(&journal)
    );
    let (answers, text) = (false, "refused".to_owned());
    journal.answer(Answer::Primary { answers, calls: 1, text, last_answer: None });
    assert!(told(&journal).contains("during the run: no;"), "{}", told(&journal));
    journal.later(300);
    journal.answer(blind());
    assert!(told(&journal).contains("after that not known: no resolver"), "{}", told(&journal));
}

#[test]
fn s13_the_promise_is_told_in_one_form_by_every_field() {
    use crate::runbook::sample::fork_point;
    use crate::runbook::{Answer, Call, Input, effects};
    let (mut journal, mut world) = (Journal::open(opening(RunKind::Drill)), World::default());
    journal.input(&Input::Tick).unwrap();
    while journal.state.checks.is_none() {
        for effect in effects(&journal.state) {
            let answer = match &effect.call {
                Call::ResolvePoint(_) => {
                    Answer::Point(Ok((fork_point("2026-11-20T12:00:19.250Z"), Vec::new())))
                }
                call => world.answer(call, journal.now),
            };
            journal.answer(answer);
        }
        if let Some(command) = willing(&journal.state) {
            journal.command(command).unwrap();
        }
        journal.input(&Input::Tick).unwrap();
    }
    let shown = markdown(&report(&journal.records, None).unwrap());
    let whole = |line: &&str| {
        line.contains("12:00:19Z") && (line.contains("promised") || line.contains("choose point"))
    };
    assert_eq!(shown.lines().find(whole), None, "{shown}");
    let exact = "2026-11-20T12:00:19.250000Z";
    for field in ["promised: ", "| choose point "] {
        let line = shown.lines().find(|line| line.contains(field)).unwrap();
        assert!(line.contains(exact), "{line}");
    }
}

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

#[test]
fn s24_the_report_judges_the_amount_that_the_result_judges_and_not_its_seconds() {
    use crate::domain::Liveness;
    use crate::runbook::sample::declaration;
    use crate::runbook::{Command, Declaration, Input};
    let with = |rto: Option<Duration>| {
        let mut opening = opening(RunKind::Incident);
        opening.before.service.liveness = Liveness::NotProbed;
        opening.objectives.rto = rto;
        let mut journal = Journal::open(opening);
        journal.input(&Input::Tick).unwrap();
        journal.command(Command::Declare(Declaration { down_since: None, ..declaration() })).unwrap();
        journal.now += chrono::TimeDelta::milliseconds(400);
        journal.drive(&mut World::default(), willing);
        report(&journal.records, None).unwrap()
    };
    let took = with(None).objectives[0].achieved_s.map(Duration::from_secs);
    let report = with(took);
    let missed = |reason: &String| reason.starts_with("RTO missed: >=");
    assert!(report.reasons.iter().any(missed), "{:?}", report.reasons);
    assert_eq!(report.objectives[0].judgement, Judgement::NotMet, "{:?}", report.objectives);
}
