//! Copying backups to another region, by keys: armed, checked, typed.

use lifeboat::domain::fork::CallPreview;
use lifeboat::domain::{
    ClientsMoved, Liveness, OpenChange, OtherRegions, Outcome, ReadinessItem, ReadinessState, RegionChange,
    RegionRules, Rule,
};
use lifeboat::runbook::RunKind;
use lifeboat::tui::app::copy_region::{CheckedChange, UnderWay};
use lifeboat::tui::app::effect::Deed;
use lifeboat::tui::app::runs::Standing;
use lifeboat::tui::app::{Effect, Message, Model, update};
use lifeboat::tui::glyphs::Glyphs;
use lifeboat::tui::keymap::Key;
use lifeboat::tui::theme::Palette;

use crate::driven;
use crate::journal;
use crate::picture::{buffer, look, text};
use crate::sample;
use crate::typing::press;

const NORTH: &str = "aws-eu-north-1";

fn picture(model: &Model) -> String {
    text(&buffer(model, &look(Palette::Rich, &Glyphs::UNICODE)))
}

/// The timeline of a service on a board that is armed, or not.
fn shown(armed: bool, width: u16, height: u16) -> Model {
    let mut model = sample::model(width, height);
    if armed {
        model.setup.arming.sources.insert("aiven-prod".to_owned(), Ok(()));
    }
    copied_to(&mut model, sample::CENTRAL);
    let page = model.page();
    model.board.select("orders-db", page);
    press(&mut model, "2");
    model
}

/// Its provider tells the setting, which is not where a copy happens to lie.
fn copied_to(model: &mut Model, region: &str) {
    let service = model.fleet.services.get_mut("orders-db").unwrap();
    let mut facts = service.facts.as_deref().unwrap().clone();
    facts.terms.copied_to = Some(Some(region.to_owned()));
    service.facts = Some(facts.into());
}

fn item(check: &str, state: ReadinessState, text: &str) -> ReadinessItem {
    ReadinessItem { check: check.to_owned(), state, text: text.to_owned(), host: None }
}

fn checked(to: Option<&str>, items: Vec<ReadinessItem>) -> Message {
    checked_of("orders-db", to, items)
}

pub(crate) fn checked_of(service: &str, to: Option<&str>, items: Vec<ReadinessItem>) -> Message {
    Message::RegionChecked(Box::new(CheckedChange {
        service: service.to_owned(),
        change: RegionChange {
            remote: "orders-db".to_owned(),
            from: Some(sample::CENTRAL.to_owned()),
            to: to.map(str::to_owned),
            last_changed: None,
        },
        rules: RegionRules { items, others: None },
        calls: vec![CallPreview {
            what: "set the region its backups are copied to".to_owned(),
            command: "curl -X PUT -H \"Authorization: aivenv1 $AIVEN_RECOVER_TOKEN\" \\\n  https://api.aiven.io/v1/project/prod/service/orders-db".to_owned(),
            mutating: true,
            alternative: false,
            makes: None,
        }],
        before: vec!["2026-10-01 09:00:00Z  asked by anna@jump2: enable nowhere -> aws-eu-central-1".to_owned()],
    }))
}

fn check(to: Option<&str>) -> Effect {
    let (service, source) = ("orders-db".to_owned(), "aiven-prod".to_owned());
    let (remote, from, to) = (service.clone(), Some(sample::CENTRAL.to_owned()), to.map(str::to_owned));
    Effect::CheckRegion { service, source, change: RegionChange { remote, from, to, last_changed: None } }
}

pub(crate) fn rules() -> Vec<ReadinessItem> {
    vec![
        item("service", ReadinessState::Pass, "orders-db is RUNNING"),
        item(
            "one_region",
            ReadinessState::Warn,
            "one region is possible: nothing more is copied to aws-eu-central-1",
        ),
        item(
            "may_change",
            ReadinessState::NotVerified,
            "whether the token may change it shows only when it is asked for",
        ),
    ]
}

#[test]
fn s18_without_arming_the_key_says_what_arming_needs() {
    let mut model = shown(false, 100, 24);
    assert_eq!(press(&mut model, "R"), []);
    assert!(picture(&model).contains("--arm is not given"), "{}", picture(&model));
}

#[test]
fn r21_a_region_is_named_its_rules_are_read_and_its_name_is_typed_before_anything_is_sent() {
    let mut model = shown(true, 80, 24);
    assert_eq!(press(&mut model, "R"), []);
    insta::assert_snapshot!("copying-where-80x24", picture(&model));
    assert_eq!(press(&mut model, "\r"), [], "an empty answer is none");
    assert_eq!(press(&mut model, "two regions\r"), [], "there is room for one");
    for _ in 0.."two regions".len() {
        update(&mut model, Message::Key(Key::Backspace), sample::now());
    }
    let asked = press(&mut model, &format!("{NORTH}\r"));
    assert_eq!(asked, [check(Some(NORTH))]);
    update(&mut model, checked(Some(NORTH), rules()), sample::now());
    insta::assert_snapshot!("copying-agree-80x24", picture(&model));
    assert_eq!(press(&mut model, "orders\r"), [], "not its name");
    assert!(picture(&model).contains("type orders-db"), "{}", picture(&model));
    let effects = press(&mut model, "-db\r");
    let [Effect::Act(acting)] = &effects[..] else { panic!("{effects:?}") };
    let Deed::SetRegion(set) = acting.deed() else { panic!("{acting:?}") };
    assert_eq!((set.change.to.as_deref(), set.typed.as_str()), (Some(NORTH), "orders-db"));
    assert_eq!((acting.source(), set.calls.len()), ("aiven-prod", 1));
    let news = |line: &str| Message::RegionNews { service: "orders-db".to_owned(), line: line.to_owned() };
    update(&mut model, news("12:04:32Z  accepted: HTTP 200"), sample::now());
    assert!(picture(&model).contains("accepted: HTTP 200"), "{}", picture(&model));
    update(&mut model, Message::Key(Key::Esc), sample::now());
    update(&mut model, news("12:05:02Z  no copy there yet"), sample::now());
    assert!(model.overlay.is_none(), "what is looked at is not covered");
    assert_eq!(model.notice.as_deref(), Some("orders-db: 12:05:02Z  no copy there yet"));
    press(&mut model, "R");
    assert!(picture(&model).contains("no copy there yet"), "{}", picture(&model));
}

#[test]
fn a_broken_rule_ends_it_and_off_copies_nowhere() {
    let mut model = shown(true, 120, 40);
    press(&mut model, "R");
    let asked = press(&mut model, "off\r");
    assert_eq!(asked, [check(None)]);
    let broken = item("once_in_24_h", ReadinessState::Fail, "the region was changed at 2026-11-20T11:00:00Z");
    update(&mut model, checked(None, vec![broken]), sample::now());
    insta::assert_snapshot!("copying-broken-120x40", picture(&model));
    assert_eq!(
        press(&mut model, "\r"),
        [check(None)],
        "what was typed is kept, and nothing but a check follows"
    );
}

/// A region that is none is said with those there are, and what was typed can be corrected.
#[test]
fn what_was_typed_is_kept_where_a_rule_is_broken() {
    let mut model = shown(true, 120, 40);
    press(&mut model, "Rfrankfurt\r");
    let none =
        item("region_known", ReadinessState::Fail, "the provider has no region frankfurt; its regions: a, b");
    update(&mut model, checked(Some("frankfurt"), [rules(), vec![none]].concat()), sample::now());
    let broken = picture(&model);
    assert!(broken.contains("frankfurt_") && broken.contains("its regions: a, b"), "{broken}");
    assert!(!broken.contains("curl"), "no call is held out that must not be made: {broken}");
    let (fails, passes) = (broken.find("FAIL").unwrap(), broken.find("orders-db is RUNNING").unwrap());
    assert!(fails < passes, "{broken}");
    let asked = press(&mut model, &format!("{NORTH}\r"));
    assert_eq!(asked, [check(Some(NORTH))], "a letter replaces it");
}

/// What is held out instead of a region that is none.
#[test]
fn r17_a_region_whose_primaries_are_silent_is_held_out_last() {
    let mut model = shown(true, 120, 40);
    let primary = model.fleet.services["orders-db"].primary_region().unwrap().to_owned();
    for service in model.fleet.services.values_mut() {
        service.liveness = Liveness::silent(sample::now(), None);
    }
    let none = item("region_known", ReadinessState::Fail, "the provider has no region mars");
    let Message::RegionChecked(mut none) = checked(Some("mars"), vec![none]) else { panic!("no answer") };
    let names = vec![primary.clone(), NORTH.to_owned()];
    none.rules.others = Some(OtherRegions { are: "others".to_owned(), names });
    update(&mut model, Message::RegionChecked(none), sample::now());
    let offered = format!("no region mars; others: {NORTH}, {primary} (silent)");
    assert!(picture(&model).contains(&offered), "{}", picture(&model));
}

/// Of a fork, the region that its primary was lost in comes after those that nothing is known of.
#[test]
fn r17_the_region_of_the_old_primary_is_no_first_offer_for_its_fork() {
    let journal = journal::accepted(RunKind::Incident);
    let mut model = driven::shown(&journal, 120, 40, true);
    let old = journal.state.opening.member.from_region.clone().unwrap();
    model.fleet.services.clear();
    let none = item("region_known", ReadinessState::Fail, "the provider has no region mars");
    let fork = journal.state.attempt.name.as_str();
    let Message::RegionChecked(mut none) = checked_of(fork, Some("mars"), vec![none]) else {
        panic!("no answer")
    };
    let names = vec![old.clone(), NORTH.to_owned()];
    none.rules.others = Some(OtherRegions { are: "others".to_owned(), names });
    update(&mut model, Message::RegionChecked(none), journal.now);
    let offered = format!("no region mars; others: {NORTH}, {old} (of the old");
    assert!(picture(&model).contains(&offered), "{}", picture(&model));
}

#[test]
fn an_answer_holds_only_for_where_copies_went_when_it_was_read() {
    let mut model = shown(true, 100, 24);
    update(&mut model, checked(Some(NORTH), rules()), sample::now());
    press(&mut model, "orders-db");
    let there = model.fleet.services.get_mut("orders-db").and_then(|service| service.secondary.as_mut());
    there.unwrap().region = Some("aws-eu-west-3".to_owned());
    assert_eq!(press(&mut model, "\r"), []);
    assert!(picture(&model).contains("has changed while it was open"), "{}", picture(&model));
}

/// How old the reading is changes with every second, and what it says does not.
#[test]
fn an_answer_is_taken_however_long_it_took_to_write() {
    let later = |model: &mut Model, seconds| {
        update(model, Message::Tick, sample::now() + chrono::TimeDelta::seconds(seconds));
    };
    let mut model = shown(true, 100, 24);
    press(&mut model, &format!("R{NORTH}"));
    later(&mut model, 7);
    let enter = |model: &mut Model| {
        let now = model.now;
        update(model, Message::Key(Key::Enter), now)
    };
    assert_eq!(enter(&mut model), [check(Some(NORTH))]);
    let now = model.now;
    update(&mut model, checked(Some(NORTH), rules()), now);
    press(&mut model, "orders-db");
    later(&mut model, 14);
    let effects = enter(&mut model);
    assert!(matches!(&effects[..], [Effect::Act(_)]), "{effects:?}: {}", picture(&model));
}

pub(crate) fn under_way(service: &str, followed: Standing) -> Message {
    Message::RegionsUnderWay(vec![UnderWay {
        open: OpenChange {
            of: service.to_owned(),
            source: None,
            remote: service.to_owned(),
            to: Some(NORTH.to_owned()),
            since: sample::at("2026-11-20T11:30:00Z"),
            // Whoever follows it has begun to only just now.
            last: (sample::at("2026-11-20T12:03:00Z"), format!("set to {NORTH}; no copy there yet")),
            so_since: sample::at("2026-11-20T11:31:00Z"),
            stage: None,
            is_followed: followed != Standing::Nobody,
        },
        followed,
        lines: vec!["2026-11-20 11:30:00Z  asked by bert@jump1: change".to_owned()],
    }])
}

/// A dashboard that starts later, or another one, tells of a change that was begun elsewhere.
#[test]
fn a_change_under_way_is_told_of_whoever_follows_it() {
    for (followed, by) in [
        (Standing::Elsewhere, "followed by another process"),
        (Standing::Nobody, "followed by NOBODY"),
        (Standing::Here, "followed here"),
    ] {
        let mut model = shown(true, 120, 40);
        update(&mut model, under_way("orders-db", followed), sample::now());
        let timeline = picture(&model);
        let says = "copying orders-db to aws-eu-north-1 is being set up since 11:30:00Z";
        assert!(timeline.contains(says), "{timeline}");
        let findings = &model.board.assessment("orders-db").unwrap().findings;
        let told = findings.iter().any(|finding| finding.rule == Rule::RegionChangeLeft);
        assert_eq!(told, followed == Standing::Nobody, "nobody sees its end: {findings:?}");
        press(&mut model, "R");
        let form = picture(&model).replace('\n', " ");
        let words = form.split([' ', '│']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        for says in ["being set up since 11:30:00Z", "no copy there yet, so for 33m", by] {
            assert!(words.contains(says), "{says}: {words}");
        }
        assert_eq!(form.contains("asked by bert@jump1"), followed != Standing::Here, "{form}");
        update(&mut model, Message::Key(Key::Esc), sample::now());
        update(&mut model, Message::RegionsUnderWay(Vec::new()), sample::now());
        assert!(!picture(&model).contains("being set up"), "{}", picture(&model));
        let findings = &model.board.assessment("orders-db").unwrap().findings;
        assert!(findings.iter().all(|finding| finding.rule != Rule::RegionChangeLeft), "{findings:?}");
    }
}

/// Whoever looks at a service finds the change of the fork that its clients use there, in the same words.
#[test]
fn s33_a_change_of_a_fork_is_told_on_its_service_and_its_timeline() {
    let says = "copying orders-fork to aws-eu-north-1 is being set up since 11:30:00Z: set to aws-eu-north-1; no copy \
                there yet, so for 33m; ";
    for (width, height) in [(80, 24), (120, 40), (200, 50)] {
        for (followed, by) in [
            (Standing::Here, "followed here"),
            (Standing::Nobody, "followed by NOBODY: lifeboat --arm region orders-fork --follow"),
        ] {
            let mut model = sample::model(width, height);
            let page = model.page();
            model.board.select("orders-db", page);
            let moved =
                ClientsMoved { fork: "orders-fork".to_owned(), at: sample::now(), ..ClientsMoved::default() };
            let service = model.fleet.services.get_mut("orders-db").unwrap();
            service.clients_moved = Some(Box::new(moved));
            update(&mut model, under_way("orders-fork", followed), sample::now());
            let words = |shown: &str| shown.split_whitespace().collect::<Vec<_>>().join(" ");
            let fleet = picture(&model);
            assert!(words(&fleet).contains(says), "{width}x{height}: {fleet}");
            press(&mut model, "\r");
            let timeline = picture(&model);
            assert!(timeline.starts_with(" orders-db "), "{timeline}");
            assert!(words(&timeline).contains(&format!("{says}{by}")), "{width}x{height}: {timeline}");
        }
    }
}

/// One that was left and has arrived meanwhile is not being set up any more.
#[test]
fn s30_a_change_that_nobody_follows_is_told_until_what_is_read_shows_its_end() {
    for (followed, is_told) in [(Standing::Nobody, false), (Standing::Here, true)] {
        let mut model = shown(false, 120, 40);
        copied_to(&mut model, NORTH);
        let there = model.fleet.services.get_mut("orders-db").and_then(|service| service.secondary.as_mut());
        there.unwrap().region = Some(NORTH.to_owned());
        update(&mut model, under_way("orders-db", followed), sample::now());
        for screen in ["timeline", "fleet"] {
            let shown = picture(&model);
            assert_eq!(shown.contains("being set up"), is_told, "{screen}: {shown}");
            press(&mut model, "1");
        }
    }
}

/// A token that is refused is renewed before anything is restored by it.
#[test]
fn s9_a_refused_token_is_to_be_renewed_first() {
    let mut model = sample::model(120, 40);
    let page = model.page();
    model.board.select("orders-db", page);
    let copy = model.fleet.services.get_mut("orders-db").and_then(|service| service.secondary.as_mut());
    let attempt = &mut copy.unwrap().attempt;
    attempt.outcome = Outcome::Denied;
    attempt.error = Some("the token is refused (401): Missing (expired) db token ($AIVEN_TOKEN)".to_owned());
    update(&mut model, Message::Tick, sample::now());
    let shown = picture(&model);
    let next = shown.lines().find(|line| line.contains("next: ")).unwrap();
    assert!(
        next.contains("renew the token of aiven-prod first (the token is refused (401); last read"),
        "{next}"
    );
    assert!(!next.contains("restore"), "{next}");
}
