//! Rows that a source's list makes, and what of them the config, a person or an earlier start says (S33).

use super::*;

fn tagged(tier: &str) -> ServiceFacts {
    ServiceFacts { tags: [("tier".to_owned(), tier.to_owned())].into(), ..facts() }
}

#[test]
fn s33_discovered_services_get_their_tier_from_the_tag() {
    let mut fleet = discovering(Vec::new());
    let listed = ServicePart { facts: Some(tagged("1").into()), ..part("ledger", Vec::new()) };
    assert_eq!(fleet.apply(&report("aiven", vec![listed]), &[]), ["ledger"]);
    assert_eq!(fleet.services["ledger"].policy.rpo, Some(minutes(15)));
    let of_another = ServicePart { facts: Some(tagged("2").into()), ..part("ledger", Vec::new()) };
    fleet.apply(&report("aiven", vec![of_another]), &[]);
    let service = &fleet.services["ledger"];
    assert_eq!(service.policy, Policy { tier: Some(2), ..Policy::default() });
    let known = crate::domain::assess(service, now(), &STALE);
    let said = known.findings.iter().find(|finding| finding.rule == crate::domain::Rule::NoTier).unwrap();
    assert!(said.text.starts_with("tagged tier 2, but the config has no [tiers.2]"), "{}", said.text);
    let untagged = ServicePart { facts: Some(facts().into()), ..part("ledger", Vec::new()) };
    fleet.apply(&report("aiven", vec![untagged]), &[]);
    assert_eq!(
        fleet.services["ledger"].policy,
        Policy::default(),
        "a tag that was taken away counts no more"
    );
}

/// What the tags of `orders-db` say now, where the config names it and gives it what `given` says.
fn read_with_tags(fleet: &mut Fleet, tags: &[(&str, &str)]) -> (Option<u8>, Option<String>) {
    let tags = tags.iter().map(|(tag, value)| ((*tag).to_owned(), (*value).to_owned())).collect();
    let facts = ServiceFacts { tags, ..facts() };
    let listed = ServicePart { facts: Some(facts.into()), ..part("orders-db", Vec::new()) };
    fleet.apply(&report("aiven", vec![listed]), &[binding("orders-db", Role::Primary, "aiven", "orders-db")]);
    let service = &fleet.services["orders-db"];
    (service.policy.tier, service.owner.clone())
}

#[test]
fn s33_a_named_service_follows_its_tags_where_the_config_says_nothing() {
    let owner = |name: &str| Some(name.to_owned());
    let named = Service { policy: Policy::default(), policy_from: Origin::None, ..orders() };
    let mut fleet = discovering(vec![named]);
    for (tags, told) in [
        (&[][..], (None, None)),
        (&[("tier", "1")], (Some(1), owner("team-one"))),
        (&[("tier", "1"), ("owner", "anna")], (Some(1), owner("anna"))),
        (&[("owner", "anna")], (None, owner("anna"))),
        (&[("tier", "1"), ("owner", " ")], (Some(1), owner("team-one"))),
        (&[("tier", "9")], (Some(9), None)),
        (&[("tier", "gold")], (None, None)),
    ] {
        assert_eq!(read_with_tags(&mut fleet, tags), told, "{tags:?}");
    }
    let given = Service { owner: owner("bert"), owner_from: Origin::Given, ..orders() };
    let mut fleet = discovering(vec![Service { policy: Policy::default(), ..given }]);
    let told = read_with_tags(&mut fleet, &[("tier", "1"), ("owner", "anna")]);
    assert_eq!(told, (None, owner("bert")), "what is given stays, whatever it is");
}

#[test]
fn s33_what_tags_said_is_recalled_until_they_are_read_again() {
    let untold = Service { policy: Policy::default(), policy_from: Origin::None, ..orders() };
    let moved = |service: &Service| {
        let mut service = service.clone();
        service.primary.as_mut().unwrap().source = "aiven".to_owned();
        service
    };
    let mut before = discovering(vec![moved(&untold)]);
    read_with_tags(&mut before, &[("tier", "1"), ("owner", "anna")]);
    let known = &before.services["orders-db"];
    let mut after = discovering(vec![moved(&untold)]);
    after.recall(known.clone(), None);
    assert_eq!(
        (after.services["orders-db"].policy.tier, after.services["orders-db"].owner.as_deref()),
        (Some(1), Some("anna"))
    );
    assert_eq!(read_with_tags(&mut after, &[]), (None, None));
    let mut not_discovered = Fleet::new([moved(&untold)]);
    not_discovered.recall(known.clone(), None);
    assert_eq!(not_discovered.services["orders-db"].policy.tier, None, "nobody would ever read them again");
}

#[test]
fn s15_what_tags_said_outlives_any_number_of_failed_polls_and_restarts() {
    let untold = || Service { policy: Policy::default(), policy_from: Origin::None, ..orders() };
    let fleet_of_it = || {
        let mut service = untold();
        service.primary.as_mut().unwrap().source = "aiven".to_owned();
        discovering(vec![service])
    };
    let names = [binding("orders-db", Role::Primary, "aiven", "orders-db")];
    let of = |tags: &[(&str, &str)]| ServiceFacts {
        tags: tags.iter().map(|(tag, value)| ((*tag).to_owned(), (*value).to_owned())).collect(),
        ..facts()
    };
    let down = SourceReport { outcome: Outcome::Unreachable, complete: false, ..report("aiven", Vec::new()) };
    for (tags, owner) in
        [(&[("tier", "1"), ("owner", "anna")][..], "anna"), (&[("tier", "1")][..], "team-one")]
    {
        for (mut fleet, restart, bindings) in [
            (fleet_of_it(), &fleet_of_it as &dyn Fn() -> Fleet, &names[..]),
            (discovering(Vec::new()), &|| discovering(Vec::new()), &[][..]),
        ] {
            let copies = vec![copy_part(Role::Primary, None)];
            let listed = ServicePart { facts: Some(of(tags).into()), ..part("orders-db", copies) };
            fleet.apply(&report("aiven", vec![listed]), bindings);
            for start in 0..4 {
                let service = &fleet.services["orders-db"];
                let told = (service.policy.tier, service.policy.rpo, service.owner.as_deref());
                assert_eq!(told, (Some(1), Some(minutes(15)), Some(owner)), "{start} {tags:?}");
                assert_eq!(service.policy_from, Origin::Tag, "{start} {tags:?}");
                let kept = serde_json::to_string(service).unwrap();
                fleet = restart();
                fleet.recall(serde_json::from_str(&kept).unwrap(), None);
                fleet.apply(&down, bindings);
            }
        }
    }
}

#[test]
fn s33_objectives_that_were_not_kept_come_from_the_tags_that_were() {
    let mut untold = Service { policy: Policy::default(), policy_from: Origin::None, ..orders() };
    untold.primary.as_mut().unwrap().source = "aiven".to_owned();
    let mut fleet = discovering(vec![untold.clone()]);
    fleet.recall(Service { facts: Some(tagged("1").into()), ..untold }, None);
    assert_eq!(fleet.services["orders-db"].policy.rpo, Some(minutes(15)));
}

#[test]
fn s33_an_explicit_service_merges_with_the_discovered_one_and_wins() {
    let mut explicit = orders();
    explicit.secondary = None;
    let primary = explicit.primary.as_mut().unwrap();
    primary.source = "aiven".to_owned();
    let mut fleet = discovering(vec![explicit]);
    let bindings = [binding("orders-db", Role::Primary, "aiven", "orders-db")];
    let there = copy_part(Role::Secondary, Some(reading("2026-11-07T02:31:40Z", "2026-11-20T12:03:00Z")));
    let here = CopyPart { region: Some("elsewhere".to_owned()), ..copy_part(Role::Primary, None) };
    let listed = ServicePart { facts: Some(tagged("9").into()), ..part("orders-db", vec![here, there]) };
    fleet.apply(&report("aiven", vec![listed]), &bindings);
    assert_eq!(fleet.services.len(), 1);
    let service = &fleet.services["orders-db"];
    assert_eq!(service.policy, orders().policy, "explicit wins");
    assert!(service.secondary.is_some(), "what the config leaves out comes from the source");
    assert_eq!(
        service.primary.as_ref().unwrap().region,
        orders().primary.unwrap().region,
        "a stated region stays"
    );
}

#[test]
fn s33_a_name_that_is_taken_becomes_source_slash_name() {
    let mut fleet = discovering(vec![orders()]);
    fleet.apply(&report("aiven", vec![part("orders-db", Vec::new())]), &[]);
    let again = fleet.apply(&report("aiven", vec![part("orders-db", Vec::new())]), &[]);
    assert_eq!(again, ["aiven/orders-db"]);
    assert_eq!(fleet.services.len(), 2);
}

/// Two projects, each with a service `orders`, as each start finds them.
fn two_projects() -> Fleet {
    let discovery = |source: &str| Discovery { source: source.to_owned(), ..Discovery::default() };
    Fleet::new([]).discovering(vec![discovery("aiven-a"), discovery("aiven-b")])
}

fn orders_of(source: &str, newest: &str) -> SourceReport {
    let copy = copy_part(Role::Secondary, Some(reading("2026-11-07T02:31:40Z", newest)));
    report(source, vec![part("orders", vec![copy])])
}

fn newest_by_source(fleet: &Fleet) -> Vec<(&str, &str, Timestamp)> {
    let copy = |service: &'_ Service| {
        let copy = service.secondary.as_ref().unwrap();
        copy.last_good.as_ref().unwrap().windows.as_ref().unwrap()[0].to.at
    };
    let rows = fleet.services.values();
    rows.map(|s| (s.id.as_str(), s.secondary.as_ref().unwrap().source.as_str(), copy(s))).collect()
}

#[test]
fn s33_two_sources_with_a_service_of_one_name_keep_apart_over_every_start() {
    let (of_a, of_b) = ("2026-11-20T12:03:00Z", "2026-11-20T09:00:00Z");
    let wanted = [("aiven-a/orders", "aiven-a", at(of_a)), ("aiven-b/orders", "aiven-b", at(of_b))];
    let reports = [orders_of("aiven-a", of_a), orders_of("aiven-b", of_b)];
    for order in [[0, 1], [1, 0]] {
        let mut first = two_projects();
        for report in order {
            first.apply(&reports[report], &[]);
        }
        assert_eq!(newest_by_source(&first), wanted, "whoever answers first");
        for recalled in [first.services.values().rev().collect::<Vec<_>>(), first.services.values().collect()]
        {
            let mut next = two_projects();
            for known in recalled {
                next.recall(known.clone(), None);
            }
            assert_eq!(newest_by_source(&next), wanted, "whoever is recalled first");
            next.apply(&reports[1], &[]);
            assert_eq!(newest_by_source(&next), wanted, "after the next poll");
        }
    }
}

/// A second source leaves those of the first their names, where it is told to.
#[test]
fn s33_one_of_several_sources_may_keep_its_short_names() {
    let discovery = |source: &str, short_names| Discovery {
        source: source.to_owned(),
        short_names,
        ..Discovery::default()
    };
    let mut fleet = Fleet::new([]).discovering(vec![discovery("aiven-a", true), discovery("aiven-b", false)]);
    for source in ["aiven-b", "aiven-a"] {
        fleet.apply(&orders_of(source, "2026-11-20T12:03:00Z"), &[]);
    }
    assert_eq!(fleet.services.keys().collect::<Vec<_>>(), ["aiven-b/orders", "orders"]);
    assert_eq!(fleet.services["orders"].secondary.as_ref().unwrap().source, "aiven-a");
}

#[test]
fn s33_what_was_known_under_a_short_name_is_found_under_the_long_one_once() {
    let mut alone = discovering(Vec::new());
    alone.apply(&orders_of("aiven", "2026-11-20T12:03:00Z"), &[]);
    let short = alone.services["orders"].clone();
    let discovery = |source: &str| Discovery { source: source.to_owned(), ..Discovery::default() };
    let mut two = Fleet::new([]).discovering(vec![discovery("aiven"), discovery("other")]);
    two.recall(short.clone(), None);
    assert_eq!(newest_by_source(&two), [("aiven/orders", "aiven", at("2026-11-20T12:03:00Z"))]);
    two.recall(Service { gone_since: Some(now()), ..short }, None);
    assert_eq!(two.services["aiven/orders"].gone_since, None, "what is known under its own name stays");
}

#[test]
fn s1_a_reading_never_comes_into_a_copy_of_another_source() {
    let mut fleet = Fleet::new([orders()]);
    let secondary = binding("orders-db", Role::Secondary, "aiven-b", "orders");
    fleet.apply(&orders_of("aiven-b", "2026-11-20T09:00:00Z"), &[secondary]);
    let newest = [("orders-db", "aiven-b", at("2026-11-20T09:00:00Z"))];
    assert_eq!(newest_by_source(&fleet), newest, "a binding moves the copy, name and all");
    let primary = binding("orders-db", Role::Primary, "west", "orders");
    fleet.apply(&orders_of("west", "2026-11-20T12:03:00Z"), &[primary]);
    assert_eq!(newest_by_source(&fleet), newest, "another source's word does not");
}

#[test]
fn s3_a_service_that_the_config_names_and_nobody_ever_listed_is_not_gone_and_not_none_but_perhaps_misspelt() {
    let meant = [("ordrs".to_owned(), "orders".to_owned())];
    let whole = SourceReport { nearest: meant.into(), ..report("aiven", Vec::new()) };
    for (remote, says) in [
        ("ordrs", "aiven has no service `ordrs`; did you mean `orders`?"),
        ("ledger", "aiven has no service `ledger`: see its name in the config"),
    ] {
        let unread = || Some(CopyState::unread("aiven", "aiven", None));
        let row = Service { facts: None, primary: unread(), secondary: unread(), ..orders() };
        let mut fleet = Fleet::new([row]);
        let roles = [Role::Primary, Role::Secondary];
        fleet.apply(&whole, &roles.map(|role| binding("orders-db", role, "aiven", remote)));
        let service = &fleet.services["orders-db"];
        assert_eq!(service.gone_since, None, "nobody ever listed it");
        for copy in [&service.primary, &service.secondary].map(|copy| &copy.as_ref().unwrap().attempt) {
            assert_eq!((copy.outcome, copy.error.as_deref()), (Outcome::NotFound, Some(says)));
        }
        let known = crate::domain::assess(service, now(), &STALE);
        assert_eq!(
            (known.verdict, known.findings[0].rule),
            (crate::domain::Verdict::Unknown, crate::domain::Rule::SecondaryUnreadable)
        );
        assert!(known.findings[0].text.ends_with(says), "{}", known.findings[0].text);
        assert_eq!(known.secondary.unwrap().recovery_points, None);
    }
}

#[test]
fn s2_what_stands_behind_the_break_of_a_list_was_asked_for_in_vain_and_is_not_gone() {
    let mut fleet = discovering(Vec::new());
    let copies = || vec![copy_part(Role::Secondary, Some(snapshots(&["2026-11-20T11:00:00Z"])))];
    fleet.apply(&report("aiven", vec![part("ledger", copies()), part("search", copies())]), &[]);
    let error = Some("the list is not whole: the JSON ends early".to_owned());
    let half = vec![part("ledger", copies())];
    let half = SourceReport {
        outcome: Outcome::Partial,
        error: error.clone(),
        complete: false,
        as_of: at("2026-11-20T12:05:00Z"),
        ..report("aiven", half)
    };
    fleet.apply(&half, &[]);
    let [before, behind] = ["ledger", "search"].map(|id| fleet.services[id].secondary.clone().unwrap());
    assert_eq!(before.attempt.outcome, Outcome::Ok);
    assert_eq!((behind.attempt.outcome, &behind.attempt.error), (Outcome::Malformed, &error));
    assert_eq!((behind.as_of(), fleet.services["search"].gone_since), (Some(now()), None), "S33");
}

#[test]
fn s33_a_service_that_left_the_list_stays_until_dismissed() {
    let mut fleet = discovering(Vec::new());
    let listed =
        || vec![part("ledger", vec![copy_part(Role::Secondary, Some(snapshots(&["2026-11-20T11:00:00Z"])))])];
    fleet.apply(&report("aiven", listed()), &[]);
    assert!(!fleet.dismiss("ledger"), "a listed service cannot be dismissed");
    let incomplete = SourceReport { complete: false, ..report("aiven", Vec::new()) };
    fleet.apply(&incomplete, &[]);
    assert_eq!(fleet.services["ledger"].gone_since, None, "half a list proves nothing");
    fleet.apply(&report("aiven", Vec::new()), &[]);
    let later = SourceReport { as_of: at("2026-11-20T13:00:00Z"), ..report("aiven", Vec::new()) };
    fleet.apply(&later, &[]);
    assert_eq!(fleet.services["ledger"].gone_since, Some(now()), "since it was first missing");
    assert!(fleet.services["ledger"].secondary.as_ref().unwrap().last_good.is_some());
    fleet.apply(&report("aiven", listed()), &[]);
    assert_eq!(fleet.services["ledger"].gone_since, None, "it came back");
    fleet.apply(&report("aiven", Vec::new()), &[]);
    assert!(fleet.dismiss("ledger"));
    assert!(fleet.services.is_empty());
    assert!(fleet.apply(&report("aiven", Vec::new()), &[]).is_empty(), "it is not missed any more");
    assert!(fleet.services.is_empty());
    assert_eq!(fleet.apply(&report("aiven", listed()), &[]), ["ledger"], "and is there again by itself");
    let back = &fleet.services["ledger"];
    assert_eq!((back.gone_since, back.secondary.as_ref().unwrap().as_of()), (None, Some(now())));
    assert_eq!(fleet.away().count(), 0);
}

/// What the config names is known before its source is read: a word of before this start holds until then.
#[test]
fn s33_a_named_service_stays_dismissed_until_its_primary_is_listed() {
    let (mut fleet, bindings) = orders_bound();
    assert!(!fleet.dismiss("orders-db"), "nothing says that it is gone");
    assert!(fleet.put_away("orders-db"));
    for source in ["west", "east"] {
        let dead = SourceReport::failed(source, now(), Outcome::Unreachable, "no way there");
        assert!(fleet.apply(&dead, &bindings).is_empty(), "{source} says nothing of it");
    }
    let there =
        |role| vec![part("orders", vec![copy_part(role, Some(snapshots(&["2026-11-20T11:00:00Z"])))])];
    fleet.apply(&report("east", there(Role::Secondary)), &bindings);
    assert!(fleet.services.is_empty(), "backups that were left behind are no service");
    assert_eq!(fleet.apply(&report("west", there(Role::Primary)), &bindings), ["orders-db"]);
    assert_eq!(fleet.services["orders-db"].policy, orders().policy);
}

#[test]
fn a_ruled_out_secondary_is_none_and_not_unread() {
    let mut fleet = discovering(Vec::new());
    let with = part("ledger", vec![copy_part(Role::Secondary, Some(snapshots(&["2026-11-20T11:00:00Z"])))]);
    fleet.apply(&report("aiven", vec![with]), &[]);
    let why = ServiceFacts { no_secondary_because: Some("the plan has none".to_owned()), ..facts() };
    let without = ServicePart { facts: Some(why.into()), ..part("ledger", Vec::new()) };
    fleet.apply(&report("aiven", vec![without]), &[]);
    assert_eq!(fleet.services["ledger"].secondary, None);
}

#[test]
fn s15_a_secondary_that_was_ruled_out_is_none_while_its_backups_cannot_be_read() {
    let facts_of = |because: Option<&str>, copied_to: Option<&str>| {
        let copied_to = Some(copied_to.map(str::to_owned));
        let terms = BackupTerms { copied_to, ..BackupTerms::default() };
        ServiceFacts { no_secondary_because: because.map(str::to_owned), terms, ..facts() }
    };
    let told = |facts: ServiceFacts, copies| {
        report("aiven", vec![ServicePart { facts: Some(facts.into()), ..part("ledger", copies) }])
    };
    let there = |region: Option<&str>| CopyPart {
        region: region.map(str::to_owned),
        outcome: Outcome::TimedOut,
        ..copy_part(Role::Secondary, None)
    };
    let mut fleet = discovering(Vec::new());
    fleet.apply(&told(facts_of(None, None), vec![there(None)]), &[]);
    assert!(fleet.services["ledger"].secondary.is_some(), "nobody ever said that there is none");
    fleet.apply(&told(facts_of(Some("off"), None), Vec::new()), &[]);
    for _ in 1..=2 {
        fleet.apply(&told(facts_of(None, None), vec![there(None)]), &[]);
        let row = &fleet.services["ledger"];
        let because = row.facts.as_ref().unwrap().no_secondary_because.as_deref();
        assert_eq!((&row.secondary, because), (&None, Some("off")));
    }
    fleet.apply(&told(facts_of(None, Some("east")), vec![there(Some("east"))]), &[]);
    let row = &fleet.services["ledger"];
    assert!(row.secondary.is_some() && row.facts.as_ref().unwrap().no_secondary_because.is_none());
}
