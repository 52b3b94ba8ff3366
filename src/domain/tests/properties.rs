use std::time::Duration;

use chrono::TimeDelta;
use proptest::prelude::*;

use super::super::target::{Target, check};
use super::*;

fn second(count: i64) -> Timestamp {
    now() - TimeDelta::seconds(200_000) + TimeDelta::seconds(count)
}

fn any_edge() -> impl Strategy<Value = Edge> {
    prop_oneof![Just(Edge::Exact), Just(Edge::AtMost), Just(Edge::AtLeast)]
}

prop_compose! {
    fn any_window()(from in 0_i64..190_000, length in 0_i64..20_000, edge in any_edge(), by_name: bool) -> Window {
        let bound = |at, within| {
            let bound = Bound::new(second(at), Grade::Claimed, "sample");
            if by_name { bound.by_name(second(within)) } else { bound }
        };
        Window { from: bound(from, from + 1), to: bound(from + length, from + length - 1), to_is: edge }
    }
}

prop_compose! {
    fn any_point()(at in 0_i64..200_000, state in 0..4) -> RecoveryPoint {
        let usability = match state {
            0 => Usability::Damaged("sample".to_owned()),
            1 => Usability::Retired("sample".to_owned()),
            _ => Usability::Usable,
        };
        RecoveryPoint { at: second(at), usability, ..point("p", NOW) }
    }
}

fn any_ability() -> impl Strategy<Value = Ability> {
    prop_oneof![4 => Just(Ability::Pitr), 2 => Just(Ability::Snapshots), 1 => Just(Ability::Unread)]
}

fn any_sign() -> impl Strategy<Value = Sign> {
    prop_oneof![
        any::<(bool, bool)>().prop_map(|(ends_window, confirmed)| Sign::LogGap {
            first: "41".to_owned(),
            last: "4C".to_owned(),
            count: 12,
            ends_window,
            confirmed
        }),
        Just(Sign::BackupRunning),
        Just(Sign::WindowsNotVisible { why: "sample".to_owned() }),
        Just(Sign::CopyPaused { reason: None }),
    ]
}

prop_compose! {
    fn any_reading()(
        age in 0_i64..500,
        ability in any_ability(),
        mut points in proptest::option::of(proptest::collection::vec(any_point(), 0..6)),
        windows in proptest::option::of(proptest::collection::vec(any_window(), 0..5)),
        segment in proptest::option::of(0_u64..4),
        complete_age in proptest::option::of(0_i64..5_000),
        backup_age in proptest::option::of(0_i64..90_000),
        signs in proptest::collection::vec(any_sign(), 0..3),
    ) -> Reading {
        if let Some(points) = &mut points {
            points.sort_by_key(|point| point.at);
        }
        let windows = match ability {
            Ability::Snapshots => Some(Vec::new()),
            Ability::Unread => None,
            _ => windows.map(windows::normalize),
        };
        Reading {
            as_of: now() - TimeDelta::seconds(age),
            ability,
            points: points.filter(|_| ability != Ability::Unread).map(Into::into),
            windows: windows.map(Into::into),
            log: LogReach {
                end: segment.map(end).map(Box::new),
                complete_at: complete_age.map(|age| now() - TimeDelta::seconds(age)),
                backed_until: backup_age.map(|age| now() - TimeDelta::seconds(age)),
                ..LogReach::unknown()
            },
            signs,
            interval: None,
        }
    }
}

fn any_outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        6 => Just(Outcome::Ok),
        1 => Just(Outcome::Partial),
        1 => Just(Outcome::TimedOut),
        1 => Just(Outcome::Denied),
        1 => Just(Outcome::NotFound),
        1 => Just(Outcome::NeverRead),
    ]
}

prop_compose! {
    fn any_copy()(reading in proptest::option::weighted(0.8, any_reading()), outcome in any_outcome()) -> CopyState {
        let attempt = Attempt { at: Some(now()), outcome, error: None };
        CopyState { attempt, last_good: reading.map(Into::into), ..CopyState::unread("copy", "source", None) }
    }
}

fn any_liveness() -> impl Strategy<Value = Liveness> {
    prop_oneof![
        2 => Just(Liveness::NotProbed),
        2 => Just(Liveness::Answers { at: now() }),
        1 => (0_i64..9_000, proptest::option::of(0_i64..9_000)).prop_map(|(since, alive)| {
            let before = |seconds| now() - TimeDelta::seconds(seconds);
            Liveness::silent(before(since), alive.map(|alive| before(since + alive)))
        }),
    ]
}

prop_compose! {
    fn any_service()(
        primary in proptest::option::weighted(0.9, any_copy()),
        secondary in proptest::option::weighted(0.9, any_copy()),
        liveness in any_liveness(),
        rpo in proptest::option::of(0_u64..100_000),
        has_facts in any::<bool>(),
    ) -> Service {
        let policy = Policy { tier: Some(1), rpo: rpo.map(Duration::from_secs), ..Policy::default() };
        Service { primary, secondary, liveness, policy, facts: has_facts.then(|| facts().into()), ..orders() }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn s3_unknown_never_yields_a_number_and_never_yields_ok(service in any_service()) {
        let judged = judge(&service);
        let there = judged.secondary.as_ref();
        let known = there.and_then(|there| there.newest);
        let after_now = judged.loss.basis == LossBasis::Now
            && known.is_some_and(|newest| newest - now() > TimeDelta::seconds(60));
        prop_assert_eq!(judged.loss.amount.is_some(), known.is_some() && !after_now);
        prop_assert!(judged.replication_lag.is_none() || known.is_some());
        let current = there.is_some_and(CopyFacts::is_current);
        if judged.verdict == Verdict::Ok {
            prop_assert!(current && known.is_some(), "{judged:?}");
            prop_assert!(judged.compliance == Compliance::Compliant || service.policy.rpo.is_none());
        }
        if judged.loss.amount.is_some() && !current {
            prop_assert!(judged.loss.if_copy_intact);
        }
        if known.is_none() {
            prop_assert_eq!(judged.compliance, Compliance::Unknown);
        }
        prop_assert!(judged.loss.at_least.is_none() || judged.loss.at_least < judged.loss.amount);
        let is_range = matches!(judged.loss.is, LossIs::AtMost | LossIs::About);
        prop_assert!(judged.loss.at_least.is_none() || is_range);
    }

    #[test]
    fn what_is_offered_lies_inside_what_was_read(service in any_service()) {
        let judged = judge(&service);
        for (state, facts) in [(&service.primary, &judged.primary), (&service.secondary, &judged.secondary)] {
            let (Some(state), Some(facts)) = (state, facts) else { continue };
            prop_assert!(facts.oldest <= facts.newest || facts.newest.is_none());
            let Some(reading) = &state.last_good else {
                prop_assert!(facts.oldest.is_none() && facts.newest.is_none());
                continue;
            };
            for offered in [facts.oldest, facts.newest].into_iter().flatten() {
                let named = reading.windows.as_deref().is_some_and(|windows| windows::contains(windows, offered));
                prop_assert!(named || check(reading, &Target::At(offered)).is_ok());
            }
            prop_assert_eq!(facts.newest, check(reading, &Target::Newest).ok().map(|reach| reach.at));
        }
    }

    #[test]
    fn s4_a_hole_is_refused_with_neighbours_that_are_accepted(reading in any_reading(), at in 0_i64..220_000) {
        let asked = Target::At(second(at));
        if let Err(refused) = check(&reading, &asked) {
            for near in [refused.earlier, refused.later].into_iter().flatten() {
                prop_assert!(check(&reading, &Target::At(near)).is_ok());
            }
            prop_assert!(refused.earlier.is_none_or(|near| near < second(at)));
            prop_assert!(refused.later.is_none_or(|near| near > second(at)));
        }
    }

    #[test]
    fn a_verdict_is_the_worst_of_its_findings_which_come_worst_first(service in any_service()) {
        let judged = judge(&service);
        prop_assert!(judged.findings.is_sorted_by_key(|finding| std::cmp::Reverse(finding.level.badness())));
        let worst = judged.findings.iter().fold(Verdict::Exempt, |worst, finding| worst.worse(finding.level));
        prop_assert_eq!(judged.verdict, if judged.findings.is_empty() { Verdict::Ok } else { worst });
        let named: std::collections::BTreeSet<_> = judged.findings.iter().map(|f| (f.rule, f.copy)).collect();
        prop_assert_eq!(named.len(), judged.findings.len(), "each is said once");
    }

    #[test]
    fn s15_the_primary_never_makes_it_worse_than_a_warning(service in any_service()) {
        let judged = judge(&service);
        let may_be_critical = service.secondary.is_none();
        let of_primary = judged.findings.iter().filter(|finding| finding.copy == Some(Role::Primary));
        let worst = of_primary.map(|finding| finding.level.badness()).max();
        prop_assert!(may_be_critical || worst <= Some(Verdict::Warning.badness()));
    }

    #[test]
    fn s5_a_loss_from_a_stated_instant_never_grows(service in any_service(), later in 0_i64..100_000) {
        let stated = Service { heard: Some(Box::new(heard_word(second(199_000)))), ..service };
        prop_assume!(stated.life().last_proof().is_none_or(|(at, _)| at <= second(199_000)));
        let after = judge_at(&stated, now() + TimeDelta::seconds(later));
        prop_assert_eq!(judge(&stated).loss.amount, after.loss.amount);
    }

    #[test]
    fn s6_a_backup_there_bounds_a_loss_by_its_end_and_makes_nothing_good_that_is_not(service in any_service()) {
        let mut without = service.clone();
        if let Some(there) = without.secondary.as_mut().and_then(|copy| copy.last_good.as_mut()) {
            there.log.backed_until = None;
        }
        let (with, without) = (judge(&service), judge(&without));
        prop_assert!(with.loss.amount <= without.loss.amount);
        if with.loss.amount < without.loss.amount {
            let ended = service.secondary.as_ref().unwrap().last_good.as_ref().unwrap().log.backed_until.unwrap();
            let latest = match with.loss.basis {
                LossBasis::LossInstant { at, latest } => latest.unwrap_or(at),
                LossBasis::Now | LossBasis::Moved { .. } => now(),
            };
            prop_assert_eq!(with.loss.amount, Some((latest - ended).to_std().unwrap_or_default()));
            let met = with.compliance == Compliance::Compliant;
            prop_assert!(!met || with.loss.amount <= service.policy.rpo);
            let is_proven = |judged: &Assessment| matches!(judged.idle, Idle::Proven { .. });
            prop_assert!(!is_proven(&with) || is_proven(&without));
        }
    }

    #[test]
    fn more_log_there_never_costs_more(mut service in any_service(), more in 0_i64..10_000) {
        let before = judge(&service).loss;
        let last = service.secondary.as_mut().and_then(|copy| copy.last_good.as_mut()?.windows.as_mut()?.last_mut());
        if let Some(last) = last {
            last.to.at += TimeDelta::seconds(more);
        }
        let after = judge(&service).loss;
        // Data that is newer than the silence is one of a primary that lives (S5).
        let lives = before.basis != LossBasis::Now && after.basis == LossBasis::Now;
        prop_assert!(lives || after.amount <= before.amount || before.amount.is_none());
    }
}

/// One step in a fleet's life: a report of one of two sources, about one service or none.
fn any_report() -> impl Strategy<Value = SourceReport> {
    let copy = (any_outcome(), proptest::option::of(any_reading()), any::<bool>());
    (any::<bool>(), any_outcome(), any::<bool>(), proptest::option::of(copy)).prop_map(
        |(west, outcome, complete, copy)| {
            let parts = copy.map(|(outcome, reading, here)| {
                let role = if here { Role::Primary } else { Role::Secondary };
                let reading = reading.filter(|_| outcome.has_facts());
                part("orders-db", vec![CopyPart { outcome, ..copy_part(role, reading) }])
            });
            let source = if west { "west" } else { "east" };
            SourceReport { outcome, complete, ..report(source, parts.into_iter().collect()) }
        },
    )
}

proptest! {
    #[test]
    fn s2_no_sequence_of_reports_loses_a_last_good_reading(reports in proptest::collection::vec(any_report(), 0..12)) {
        let bindings = [(Role::Primary, "west"), (Role::Secondary, "east")].map(|(role, source)| Binding {
            service: "orders-db".to_owned(),
            role,
            source: source.to_owned(),
            remote: "orders-db".to_owned(),
        });
        let mut fleet = Fleet::new([orders()]);
        for report in &reports {
            fleet.apply(report, &bindings);
            let service = &fleet.services["orders-db"];
            for (role, source) in [(Role::Primary, "west"), (Role::Secondary, "east")] {
                let copy = service.copy(role).unwrap();
                prop_assert!(copy.last_good.is_some());
                prop_assert_eq!(&copy.source, source);
            }
        }
    }

    #[test]
    fn a_new_backup_never_shrinks_what_is_offered(mut reading in any_reading(), point in any_point(), new in any_window()) {
        let reach = |reading: &Reading| {
            let instant = |target| check(reading, &target).ok().map(|reach| reach.at);
            (instant(Target::Oldest), instant(Target::Newest))
        };
        let (oldest, newest) = reach(&reading);
        match (&mut reading.points, &mut reading.windows) {
            (Some(points), _) if reading.ability == Ability::Snapshots => {
                let mut all: Vec<RecoveryPoint> = points.iter().map(Into::into).collect();
                all.push(point);
                all.sort_by_key(|point| point.at);
                *points = all.into();
            }
            (_, Some(known)) if reading.ability == Ability::Pitr => {
                known.push(new);
                *known = windows::normalize(std::mem::take(&mut **known)).into();
            }
            _ => {}
        }
        let (now_oldest, now_newest) = reach(&reading);
        prop_assert!(newest <= now_newest);
        prop_assert!(oldest.is_none() || now_oldest <= oldest);
    }
}
