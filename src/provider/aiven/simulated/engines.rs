//! Every kind of service, the region setting and the lag report, over the simulator.

use super::super::AivenRegionSetter;
use super::*;
use crate::domain::terms::ForkMeans;
use crate::domain::{Ability, LagPeriod, RegionChange, RegionStage, SetOutcome, Sign};
use crate::provider::PointHow;

const THERE: &str = "aws-eu-central-1";

impl Lab {
    async fn fork_of(&self, remote: &str, target: Target, name: &str) -> ForkRequest {
        let point = self.catalog().resolve(remote, Role::Secondary, &target).await.unwrap();
        let region = copy(&self.catalog().read(SOON).await, remote, Role::Secondary).region.clone();
        ForkRequest { remote: remote.to_owned(), ..request(point, region, name) }
    }

    fn setter(&self) -> AivenRegionSetter {
        AivenRegionSetter::new(self.armed(), self.settings.clone(), Arc::default(), self.clock).unwrap()
    }

    /// Makes a fork, waits until it is restored, and gives the newest row in it.
    async fn restored_row(&self, request: &ForkRequest) -> Timestamp {
        let forker = self.forker();
        let failed: Vec<_> = forker
            .check(request)
            .await
            .into_iter()
            .filter(|item| item.state == ReadinessState::Fail)
            .collect();
        assert!(failed.is_empty(), "{failed:?}");
        let outcome = forker.start(request).await;
        assert!(matches!(outcome, StartOutcome::Accepted { .. }), "{outcome:?}");
        self.restored(&forker, request).await;
        let row = self.page(&format!("/_sim/data/{}", request.name)).await["newest_row"].clone();
        assert!(matches!(forker.remove(request).await, Removal::Proven { .. }));
        row.as_str().unwrap().parse().unwrap()
    }
}

#[tokio::test]
async fn mysql_is_forked_to_an_instant() {
    let lab = Lab::embedded("calm", Duration::from_secs(600), 1200.0);
    let request = lab.fork_of("shop", Target::Newest, "drill-shop-k3q7wd").await;
    assert!(matches!(request.point.how, PointHow::Time { .. }), "{:?}", request.point);
    let row = lab.restored_row(&request).await;
    let short = (request.point.promised - row).num_seconds();
    assert!((0..300).contains(&short), "promised {}, got {row}", request.point.promised);
}

#[tokio::test]
async fn s7_opensearch_is_forked_by_the_name_of_a_snapshot_that_both_regions_have() {
    let lab = Lab::embedded("calm", Duration::from_secs(600), 1200.0);
    let request = lab.fork_of("search", Target::Newest, "drill-search-k3q7wd").await;
    let PointHow::Name { name } = &request.point.how else { panic!("{:?}", request.point) };
    let report = lab.catalog().read(SOON).await;
    for role in [Role::Primary, Role::Secondary] {
        let points = copy(&report, "search", role).reading.as_ref().unwrap().points.clone().unwrap();
        assert!(points.iter().any(|point| point.name == *name), "{role:?}");
    }
    let row = lab.restored_row(&request).await;
    assert!(row <= request.point.promised, "promised {}, got {row}", request.point.promised);
}

#[tokio::test]
async fn every_kind_of_a_calm_afternoon_says_what_it_can_do() {
    let lab = Lab::embedded("calm", Duration::from_secs(600), 0.0);
    let report = lab.catalog().read(SOON).await;
    for (service, ability, forks, off) in [
        ("orders-db", Ability::Pitr, Some(ForkMeans::Time), false),
        ("shop", Ability::Pitr, Some(ForkMeans::Time), false),
        ("search", Ability::Snapshots, Some(ForkMeans::Backup), false),
        ("cache", Ability::Snapshots, Some(ForkMeans::Backup), false),
        ("boards", Ability::Snapshots, Some(ForkMeans::Backup), false),
        ("metrics", Ability::Snapshots, Some(ForkMeans::Backup), false),
        ("tickets", Ability::Snapshots, Some(ForkMeans::Backup), true),
        ("events", Ability::ByDesignNone, None, false),
    ] {
        let part = report.services.iter().find(|part| part.remote == service).unwrap();
        let terms = &part.facts.as_ref().unwrap().terms;
        let here = copy(&report, service, Role::Primary).reading.as_ref().unwrap();
        assert_eq!((here.ability, terms.powered_off), (ability, Some(off)), "{service}");
        match forks {
            Some(forks) => assert_eq!(terms.fork.as_ref(), Some(&forks), "{service}"),
            None => assert!(matches!(terms.fork, Some(ForkMeans::None { .. })), "{service}"),
        }
        assert_eq!(terms.schedule.is_some(), ability != Ability::ByDesignNone, "{service}");
    }
}

#[tokio::test]
async fn a_backup_region_is_set_followed_to_its_first_copy_and_refused_a_second_change() {
    let lab = Lab::embedded("calm", Duration::from_secs(600), 3600.0);
    let setter = lab.setter();
    let change = |from: Option<&str>, to: Option<&str>, last_changed| RegionChange {
        remote: "reports".to_owned(),
        from: from.map(str::to_owned),
        to: to.map(str::to_owned),
        last_changed,
    };
    let enable = change(None, Some(THERE), None);
    let broken: Vec<_> = lab.catalog().check_region(&enable).await.items;
    assert!(broken.iter().all(|item| item.state != ReadinessState::Fail), "{broken:?}");
    let asked = lab.clock.now();
    let outcome = setter.set(&enable).await;
    assert!(matches!(outcome, SetOutcome::Accepted { .. }), "{outcome:?}");

    let again = change(Some(THERE), Some("aws-eu-north-1"), Some(asked));
    let ours = setter.set(&again).await;
    assert!(matches!(&ours, SetOutcome::Refused { why } if why.contains("nothing was sent")), "{ours:?}");
    let theirs = setter.set(&RegionChange { last_changed: None, ..again }).await;
    assert!(
        matches!(&theirs, SetOutcome::Refused { why } if !why.contains("nothing was sent")),
        "{theirs:?}"
    );

    let begun = Instant::now();
    let effect = loop {
        let effect = setter.read_back(&enable).await;
        match effect.stage {
            RegionStage::Done => break effect,
            RegionStage::WaitingForCopy => assert_eq!(effect.first_copy, None),
            RegionStage::NotSet | RegionStage::CannotTell => panic!("{effect:?}"),
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{effect:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert!(effect.first_copy.is_some(), "{effect:?}");
    assert_eq!(
        copy(&lab.catalog().read(SOON).await, "reports", Role::Secondary).region.as_deref(),
        Some(THERE)
    );

    let disable = change(Some(THERE), None, None);
    assert!(matches!(setter.set(&disable).await, SetOutcome::Accepted { .. }));
    assert_eq!(setter.read_back(&disable).await.stage, RegionStage::Done);
}

/// Switched off and on again to another region: what was copied before stays in the old one, and is no copy of
/// the new one.
#[tokio::test]
async fn r21_copies_left_in_the_old_region_are_told_and_never_counted_in_the_new_one() {
    let lab = Lab::embedded("calm", Duration::from_secs(600), 3600.0);
    let (setter, catalog) = (lab.setter(), lab.catalog());
    let change = |from: Option<&str>, to: Option<&str>| RegionChange {
        remote: "orders-db".to_owned(),
        from: from.map(str::to_owned),
        to: to.map(str::to_owned),
        last_changed: None,
    };
    let before = catalog.read(SOON).await;
    let held = copy(&before, "orders-db", Role::Secondary).reading.as_ref().unwrap().points.clone().unwrap();
    assert!(held.len() > 1, "{held:?}");
    let off = change(Some(THERE), None);
    assert!(matches!(setter.set(&off).await, SetOutcome::Accepted { .. }));
    assert_eq!(setter.read_back(&off).await.stage, RegionStage::Done);
    let report = catalog.read(SOON).await;
    let left = copy(&report, "orders-db", Role::Secondary);
    let reading = left.reading.as_ref().unwrap();
    assert_eq!(left.region.as_deref(), Some(THERE), "they lie where they lay");
    assert!(reading.signs.contains(&Sign::CopyingOff), "{:?}", reading.signs);
    assert_eq!(
        reading.windows.as_ref().map(|windows| windows.len()),
        None,
        "no window is claimed: {reading:?}"
    );

    let north = change(None, Some("aws-eu-north-1"));
    assert!(matches!(setter.set(&north).await, SetOutcome::Accepted { .. }));
    let begun = Instant::now();
    while setter.read_back(&north).await.stage != RegionStage::Done {
        assert!(begun.elapsed() < Duration::from_secs(60), "no copy arrives");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let report = catalog.read(SOON).await;
    let new = copy(&report, "orders-db", Role::Secondary);
    assert_eq!(new.region.as_deref(), Some("aws-eu-north-1"));
    let reading = new.reading.as_ref().unwrap();
    let points = reading.points.as_ref().unwrap();
    let oldest = points.get(0).unwrap();
    assert!(
        held.iter().any(|point| point.at < oldest.at),
        "what lies in the old region is not there: {points:?}"
    );
    let told = reading.signs.iter().any(|sign| {
        matches!(sign, Sign::Note { text } if text.contains(&format!("earlier copies lie in {THERE}, not in aws-eu-north-1")))
    });
    assert!(told, "{:?}", reading.signs);
}

#[tokio::test]
async fn s8_the_lag_report_of_every_period_is_charted() {
    let lab = Lab::embedded("calm", Duration::from_secs(600), 0.0);
    for period in LagPeriod::ALL {
        let history = lab.catalog().lag_history("orders-db", period).await.unwrap();
        let [line] = &history.series[..] else { panic!("{history:?}") };
        assert_eq!((line.name.as_str(), history.notes.len()), (THERE, 0), "{:?}", history.notes);
        let newest = line.points.last().unwrap();
        assert!((lab.clock.now() - newest.at).num_seconds() <= 1, "{period:?}: {newest:?}");
        assert!(newest.value.is_some_and(|lag| (0.0..600.0).contains(&lag)), "{period:?}: {newest:?}");
        let span = newest.at - line.points.first().unwrap().at;
        assert_eq!(span.to_std().unwrap(), period.span(), "{period:?}");
    }
    let none = lab.catalog().lag_history("reports", LagPeriod::Day).await.unwrap();
    assert!(none.series.is_empty() && !none.notes.is_empty(), "{none:?}");
}
