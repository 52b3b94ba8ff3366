//! Each scenario's expectations, played through the real catalog and the real judgement.
//!
//! Time goes in steps: at each one the scenario is looked at, and the fleet keeps what it learned.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, Utc};
use lifeboat::domain::{Assessment, Rule, Verdict, assess};
use lifeboat::simulator::scenario::{self, Scenario};

use crate::look::{STALE_AFTER, STEP, look};

const START: &str = "2026-11-20T12:00:00Z";

/// Plays a scenario and gives the judgement of every service at each instant asked for.
async fn play(
    mut scenario: Scenario,
    asked: &BTreeSet<Duration>,
) -> BTreeMap<(Duration, String), Assessment> {
    let zero: DateTime<Utc> = START.parse().expect("an instant");
    scenario.start = Some(zero);
    let end = asked.last().copied().unwrap_or_default();
    let mut steps: BTreeSet<Duration> = asked.clone();
    steps.extend((0..).map(|step| STEP * step).take_while(|at| *at <= end));
    let mut judged = BTreeMap::new();
    let mut fleet = None;
    for at in steps {
        let now = zero + at;
        let read = look(&scenario, now, fleet.take()).await;
        if asked.contains(&at) {
            for (name, service) in &read.services {
                judged.insert((at, name.clone()), assess(service, now, &STALE_AFTER.into()));
            }
        }
        fleet = Some(read);
    }
    judged
}

async fn keeps_its_expectations(name: &str) {
    let scenario = scenario::load(name).expect("an embedded scenario");
    let expects = scenario.expects.clone();
    assert!(!expects.is_empty(), "{name} expects nothing");
    let asked = expects.iter().map(|expect| expect.at).collect();
    let judged = play(scenario, &asked).await;
    let mut wrong = Vec::new();
    for expect in &expects {
        let assessment = &judged[&(expect.at, expect.service.clone())];
        let rule =
            expect.rule.is_none_or(|rule| assessment.findings.iter().any(|finding| finding.rule == rule));
        if assessment.verdict != expect.verdict || !rule {
            wrong.push(format!(
                "{name} at {}: {expect:?}\n  but {:?}, loss {:?}, {:#?}",
                humantime::format_duration(expect.at),
                assessment.verdict,
                assessment.loss,
                assessment.findings
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

macro_rules! plays {
    ($($test:ident $name:literal),* $(,)?) => {
        $(#[tokio::test]
        async fn $test() {
            keeps_its_expectations($name).await;
        })*

        #[test]
        fn every_scenario_is_played() {
            assert_eq!(scenario::names().collect::<Vec<_>>(), [$($name),*]);
        }
    };
}

plays! {
    calm "calm",
    region_down "region-down",
    lag_breach "lag-breach",
    lost_answer "lost-answer",
    stuck_fork "stuck-fork",
    rate_limited "rate-limited",
    paused_copy "paused-copy",
    never_arrives "never-arrives",
    expired_token "expired-token",
    old_primary_returns "old-primary-returns",
    late_protection "late-protection",
    slow_answers "slow-answers",
    clock_skew "clock-skew",
    foreign_name "foreign-name",
    refused_target "refused-target",
    falling_progress "falling-progress",
}

/// What `simulate` prints is what the fleet shows.
#[tokio::test]
async fn a_scenario_is_announced_as_the_fleet_counts_it() {
    let scenario = scenario::load("calm").expect("an embedded scenario");
    let census = scenario.census();
    let judged = play(scenario, &[Duration::ZERO].into()).await;
    let having = |rule| {
        judged.values().filter(|known| known.findings.iter().any(|finding| finding.rule == rule)).count()
    };
    assert_eq!(
        (census.all, census.no_copy_there, census.exempt),
        (judged.len(), having(Rule::NoSecondary), having(Rule::Exempt)),
        "{census}"
    );
}

/// Who learns on the demo meets every state there is.
#[tokio::test]
async fn an_ordinary_afternoon_shows_every_verdict() {
    let at = Duration::from_secs(30 * 60);
    let judged = play(scenario::load("calm").expect("an embedded scenario"), &[at].into()).await;
    for verdict in [Verdict::Ok, Verdict::Warning, Verdict::Critical, Verdict::Unknown, Verdict::Exempt] {
        assert!(judged.values().any(|known| known.verdict == verdict), "nothing is {verdict:?}");
    }
}

#[tokio::test]
async fn no_scenario_ever_shows_more_than_there_is() {
    for name in scenario::names() {
        let scenario = scenario::load(name).expect("an embedded scenario");
        let asked: BTreeSet<Duration> = [0, 7, 20].map(|minutes| Duration::from_secs(minutes * 60)).into();
        for ((at, service), assessment) in play(scenario, &asked).await {
            let place = format!("{name} {service} at {at:?}: {assessment:?}");
            let newest =
                |copy: &Option<lifeboat::domain::CopyFacts>| copy.as_ref().and_then(|copy| copy.newest);
            // An end that is open is now by the provider's clock, which is off here, and that is said.
            let skewed = assessment.findings.iter().any(|finding| finding.rule == Rule::Skew);
            if let (false, Some(here), Some(there)) =
                (skewed, newest(&assessment.primary), newest(&assessment.secondary))
            {
                assert!(there <= here, "{place}");
            }
            assert!(newest(&assessment.secondary).is_some() || assessment.verdict != Verdict::Ok, "{place}");
        }
    }
}
