//! Every field of the checklist, on a drill and on an incident: present, or shown as a gap (R37).

mod forks;

use std::time::Duration;

use super::*;
use crate::domain::words;
use crate::runbook::Event;
use crate::runbook::sample::{Journal, World, opening, until, willing};

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
