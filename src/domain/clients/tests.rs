use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::domain::order::Counts;
use crate::domain::sample::{STALE, at, now, orders, switch_off};
use crate::domain::{Liveness, Named, Rule, Service, Tie, Verdict, assess};

fn moved() -> ClientsMoved {
    ClientsMoved {
        run: "inc-1".to_owned(),
        fork: "orders-fork".to_owned(),
        at: at("2026-11-20T11:30:00Z"),
        ..ClientsMoved::default()
    }
}

fn judged(service: &Service) -> (Verdict, Verdict, String) {
    let known = assess(service, now(), &STALE);
    let found = known.findings.into_iter().find(|finding| finding.rule == Rule::ClientsMoved).unwrap();
    (known.verdict, found.level, found.text)
}

#[test]
fn s22_what_answers_after_clients_left_may_be_their_fork_and_is_not_said_to_be_the_old_primary() {
    let left = |liveness| {
        let mut service = Service { liveness, clients_moved: Some(Box::new(moved())), ..orders() };
        // Nothing is known of it but that something answers.
        (service.primary, service.secondary) = (None, None);
        judged(&service)
    };
    for (answered, said) in [
        (now(), "something answers (0s ago) where the old primary is probed: the old primary, or the fork"),
        (at("2026-11-20T11:45:00Z"), "something answered 19m ago, not known since, where"),
    ] {
        let (_, level, text) = left(Liveness::Answers { at: answered });
        assert_eq!(level, Verdict::Unknown, "{text}");
        assert!(text.contains("orders-fork") && text.contains(said), "{text}");
        assert!(text.contains("find out which before anything is shut off"), "{text}");
    }
    // The config has a row for the fork, or points the probe at it.
    let answers = Liveness::Answers { at: now() };
    let address = |host: &str| Address { host: host.to_owned(), port: 5432, database: None };
    for (probe, fork_at, watched_as, level, said) in [
        (
            "db.example",
            Some("DB.example"),
            None,
            Verdict::Warning,
            "its probe answers (0s ago) at the address of",
        ),
        ("old.example", Some("db.example"), None, Verdict::Unknown, "the old primary, or the fork"),
        ("db.example", None, None, Verdict::Unknown, "the old primary, or the fork"),
        ("old.example", None, Some("orders-new"), Verdict::Warning, "the old primary, or the fork"),
    ] {
        let named = Named { probe: Some(address(probe)), ..Named::default() };
        let moved = ClientsMoved {
            address: fork_at.map(address),
            watched_as: watched_as.map(str::to_owned),
            ..moved()
        };
        let mut service = Service {
            liveness: answers,
            named: Some(Box::new(named)),
            clients_moved: Some(Box::new(moved)),
            ..orders()
        };
        (service.primary, service.secondary) = (None, None);
        let (_, found, text) = judged(&service);
        assert_eq!(found, level, "{probe} {fork_at:?} {text}");
        assert!(text.contains(said) && text.contains("once `probe` names"), "{text}");
    }
    // Before they left it answered, of course.
    for liveness in [Liveness::Answers { at: moved().at }, Liveness::NotProbed] {
        let (_, level, text) = left(liveness);
        assert_eq!(level, Verdict::Warning);
        assert!(text.contains("the service that they left"), "{text}");
    }
}

#[test]
fn s22_an_old_primary_that_its_own_copies_show_alive_after_its_clients_left_is_critical() {
    let answers = Liveness::Answers { at: now() };
    let mut service = Service { liveness: answers, clients_moved: Some(Box::new(moved())), ..orders() };
    let (verdict, _, text) = judged(&service);
    assert_eq!(verdict, Verdict::Critical, "{text}");
    // What answers may be the fork all the same: its run says no more.
    let either = ClientsMoved::either("something answers (0s ago) where the old primary is probed");
    let said =
        format!("was alive at 12:04:10Z by its own copies, and {either}; look for what was written there; ");
    assert!(text.contains(&said), "{text}");
    // Shut off from all that could reach it, it may live on.
    service.liveness = Liveness::silent(at("2026-11-20T11:29:00Z"), None);
    assert_eq!(judged(&service).1, Verdict::Warning);
}

#[test]
fn s22_an_old_primary_that_answered_once_after_its_clients_left_and_was_switched_off_then_answers_no_more() {
    let answered = moved().at + chrono::TimeDelta::minutes(1);
    let mut service = Service {
        liveness: Liveness::silent(answered + chrono::TimeDelta::minutes(2), Some(answered)),
        clients_moved: Some(Box::new(moved())),
        ..orders()
    };
    assert!(judged(&service).2.contains("silent since"));
    switch_off(&mut service, now());
    let (verdict, level, text) = judged(&service);
    assert_eq!((verdict, level), (Verdict::Warning, Verdict::Warning), "{text}");
    assert!(text.ends_with("the service that they left, switched off"), "{text}");
}

#[test]
fn s22_nothing_that_was_left_is_to_be_declared_or_counted_against_its_rpo() {
    let moved_at = at("2026-11-20T11:55:00Z");
    let moved = ClientsMoved {
        run: "inc-1".to_owned(),
        fork: "orders-fork".to_owned(),
        at: moved_at,
        ..ClientsMoved::default()
    };
    let silent = Liveness::silent(at("2026-11-20T11:50:00Z"), None);
    for liveness in [silent, Liveness::Answers { at: now() }, Liveness::NotProbed] {
        let mut service = Service { liveness, ..orders() };
        service.policy.rpo = Some(Duration::from_secs(30));
        let before = assess(&service, now(), &STALE);
        assert!(before.findings.iter().any(|finding| finding.rule == Rule::RpoExceeded), "{liveness:?}");
        service.clients_moved = Some(Box::new(moved.clone()));
        let known = assess(&service, now(), &STALE);
        let rules: Vec<Rule> = known.findings.iter().map(|finding| finding.rule).collect();
        assert_eq!(rules, [Rule::ClientsMoved], "{:?}", known.findings);
        assert_eq!(Counts::of([(&service, &known)]).beyond_rpo, 0);
        let text = &known.findings[0].text;
        assert_eq!(text.ends_with("left, silent since 11:50:00Z"), liveness == silent, "{text}");
    }
}

#[test]
fn s33_the_fork_that_clients_use_is_named_with_what_is_known_of_it_and_that_nobody_watches_it() {
    let moved = ClientsMoved {
        run: "inc-1".to_owned(),
        fork: "orders-fork".to_owned(),
        at: at("2026-11-20T11:30:00Z"),
        source: "east".to_owned(),
        ..ClientsMoved::default()
    };
    let listed = ListedFork { run: "inc-1".to_owned(), state: Some("RUNNING".to_owned()), as_of: now() };
    let address = Address { host: "db.example".to_owned(), port: 5432, database: None };
    let protection = Protection {
        own_backup: Some(true),
        secondary_copy: Some(false),
        needs_person: false,
        copying: crate::domain::fork::CopiedTo::NotShown,
        shielded: None,
        text: "own backup, no copy".to_owned(),
    };
    let told = |moved: ClientsMoved| {
        let service = Service { clients_moved: Some(Box::new(moved)), ..orders() };
        assess(&service, now(), &STALE).findings.swap_remove(0).text
    };
    let bare = "clients use orders-fork since 11:30:00Z; it is NOT WATCHED here, nor are its copies; moved by \
                inc-1; what is shown here is of the service that they left";
    assert_eq!(told(moved.clone()), bare);
    let known = ClientsMoved {
        address: Some(address),
        listed: Some(listed),
        protection: Some(protection),
        protection_at: Some(at("2026-11-20T11:34:31Z")),
        ..moved.clone()
    };
    let whole = told(known.clone());
    let says = "clients use orders-fork since 11:30:00Z; it is NOT WATCHED here, nor are its copies, listed \
                RUNNING 0s ago; its run last saw at 11:34:31Z, 30m ago, and nobody looks now: own backup, no copy; moved \
                by inc-1, reached at db.example:5432; ";
    assert!(whole.starts_with(says), "{whole}");
    for (looks, seen_at, says) in [
        (true, known.protection_at, "; its run looks on, and since 11:34:31Z sees: own backup, no copy; "),
        (false, None, "; its run last saw, when is not known, and nobody looks now: own backup, no copy; "),
    ] {
        let text = told(ClientsMoved { is_looked_after: looks, protection_at: seen_at, ..known.clone() });
        assert!(text.contains(says), "{text}");
    }
    let blind = ClientsMoved {
        is_looked_after: true,
        protection: Some(Protection::cannot_tell("timed out".to_owned())),
        protection_at: None,
        protection_unseen: Some("timed out".to_owned()),
        ..known.clone()
    };
    let text = told(blind);
    assert!(text.contains("; its run looks on, and saw nothing yet of its backups: timed out; "), "{text}");
    // The command that brings what is missing is its run's.
    let text = "the fork archives nowhere: `ssh db sh -c '..'`; then a backup is looked for".to_owned();
    let text = told(ClientsMoved {
        protection: Some(Protection { text, ..known.protection.clone().unwrap() }),
        protection_unseen: Some("timed out".to_owned()),
        ..known.clone()
    });
    let says =
        "nobody looks now: the fork archives nowhere; the last look saw nothing of it: timed out; moved by";
    assert!(text.contains(says), "{text}");
    // Once the config names it, it has a row.
    let row = Service { id: "orders-new".to_owned(), remote: "orders-fork".to_owned(), ..orders() };
    let elsewhere = Service { secondary: None, ..row.clone() };
    assert_eq!(moved.row_among([&orders(), &elsewhere]), None, "another source's of that name is another");
    let watched_as = moved.row_among([&orders(), &row]);
    let told = told(ClientsMoved { watched_as, ..moved });
    assert!(told.contains("; it is watched here as orders-new; "), "{told}");
}

#[test]
fn s2_what_is_said_of_a_forks_backups_is_by_its_row_where_it_has_one_and_else_stale_once_nobody_looks() {
    let protection = Protection {
        own_backup: Some(true),
        secondary_copy: Some(true),
        needs_person: false,
        copying: crate::domain::fork::CopiedTo::NotShown,
        shielded: None,
        text: "both are there".to_owned(),
    };
    let seen_at = at("2026-11-20T11:34:31Z");
    let moved = ClientsMoved {
        source: "east".to_owned(),
        protection: Some(protection),
        protection_at: Some(seen_at),
        ..moved()
    };
    let json = |moved: &ClientsMoved| {
        let on = serde_json::to_value(crate::domain::status::StatusFork::from(moved)).unwrap();
        ["own_backup", "secondary_copy", "protection_seen_at", "protection_stale"].map(|key| on[key].clone())
    };
    let then = serde_json::json!("2026-11-20T11:34:31Z");
    assert_eq!(json(&moved), [true.into(), true.into(), then.clone(), true.into()]);
    let looked_after = ClientsMoved { is_looked_after: true, ..moved.clone() };
    assert_eq!(json(&looked_after), [true.into(), true.into(), then.clone(), false.into()]);
    let blind = ClientsMoved { protection_unseen: Some("timed out".to_owned()), ..looked_after };
    assert_eq!(json(&blind), [true.into(), true.into(), then, true.into()], "its last look saw nothing");
    // Its row shows that the copy is gone by now.
    let mut row = Service { id: "orders-new".to_owned(), remote: "orders-fork".to_owned(), ..orders() };
    let there = row.secondary.as_mut().unwrap().last_good.as_mut().unwrap();
    (there.points, there.as_of) = (Some(crate::domain::Points::default()), at("2026-11-20T12:00:00Z"));
    let left = Service { clients_moved: Some(Box::new(moved.clone())), ..orders() };
    let mut fleet = crate::domain::Fleet::new([left, row]);
    assert!(fleet.tell_watched().is_empty(), "the journals did not say yet that it is its row");
    let watched_as = moved.row_among(fleet.services.values());
    let known = |fleet: &crate::domain::Fleet| fleet.services["orders-db"].clients_moved.clone().unwrap();
    fleet.services.get_mut("orders-db").unwrap().clients_moved.as_mut().unwrap().watched_as = watched_as;
    assert_eq!(fleet.tell_watched(), ["orders-db"]);
    assert!(fleet.tell_watched().is_empty(), "it is told once");
    let now_known = serde_json::json!("2026-11-20T12:00:00Z");
    assert_eq!(json(&known(&fleet)), [true.into(), false.into(), now_known, false.into()]);
    let text = known(&fleet).watch(None, now());
    assert_eq!(text, "watched here as orders-new, own backup, no copy elsewhere (read 4m ago)");
    // A dead source: what was read stays, and says that it may not be so now.
    fleet.services.get_mut("orders-new").unwrap().secondary.as_mut().unwrap().attempt.outcome =
        crate::domain::Outcome::TimedOut;
    assert_eq!(fleet.tell_watched(), ["orders-db"]);
    assert_eq!(json(&known(&fleet))[3], true);
}

#[test]
fn s33_a_fork_is_told_by_where_the_config_reads_it_and_not_by_its_name_alone() {
    let realms =
        [("repo1", "stanzas"), ("new-repo1", "stanzas"), ("east", "project a"), ("west", "project b")];
    let realms: Arc<BTreeMap<String, String>> =
        Arc::new(realms.map(|(source, realm)| (source.to_owned(), realm.to_owned())).into());
    let row = |id: &str, role, source: &str, remote: &str| Service {
        named: Some(Box::new(Named {
            copies: vec![Tie { role, source: source.to_owned(), remote: remote.to_owned() }],
            realms: Arc::clone(&realms),
            ..Named::default()
        })),
        ..Service::unread(id, remote)
    };
    let of = |source: &str| ClientsMoved { source: source.to_owned(), ..moved() };
    let (primary, secondary) = (Role::Primary, Role::Secondary);
    for (moved, row, watched, same) in [
        // Its own stanza is another source's, of the same repository or of another one.
        (of("repo1"), row("new", primary, "new-repo1", "orders-fork"), true, true),
        (of("repo1"), row("new", secondary, "new-repo1", "orders-fork"), true, false),
        (of("east"), row("new", primary, "east", "orders-fork"), true, true),
        (of("east"), row("new", primary, "west", "orders-fork"), false, false),
        (of("repo1"), row("old", primary, "repo1", "orders-db"), false, false),
        (of("forgotten"), row("new", primary, "new-repo1", "orders-fork"), false, false),
    ] {
        assert_eq!(moved.row_among([&row]).is_some(), watched, "{moved:?} {row:?}");
        assert_eq!(moved.has_become(&row), same, "{moved:?} {row:?}");
    }
}

#[test]
fn s5_the_board_counts_what_the_fork_would_lose_by_no_silence_of_what_clients_left() {
    let silent = Liveness::silent(at("2026-11-20T11:50:00Z"), None);
    // The newest there is of 12:00:19; nobody says when the fork stopped.
    let (early, late) = (Some("2026-11-20T12:01:00Z"), Some("2026-11-20T12:01:30Z"));
    for (moved_at, down, unread, wanted) in [
        ("2026-11-20T12:02:00Z", (early, early), false, Some(41)),
        ("2026-11-20T12:02:00Z", (early, late), false, Some(41)),
        ("2026-11-20T12:02:00Z", (Some("2026-11-20T12:02:00Z"), None), false, Some(101)),
        ("2026-11-20T12:02:00Z", (early, early), true, None),
        // Since when they wrote nowhere before the move is not known, or since before the newest there.
        ("2026-11-20T12:02:00Z", (None, None), false, None),
        ("2026-11-20T12:02:00Z", (None, late), false, None),
        ("2026-11-20T12:02:00Z", (Some("2026-11-20T12:00:00Z"), early), false, None),
        ("2026-11-20T11:55:00Z", (early, early), false, None),
    ] {
        let (down_earliest, down_since) = (down.0.map(at), down.1.map(at));
        let moved = ClientsMoved { at: at(moved_at), down_earliest, down_since, ..ClientsMoved::default() };
        let mut service =
            Service { liveness: silent, clients_moved: Some(Box::new(moved.clone())), ..orders() };
        if unread {
            service.secondary.as_mut().unwrap().attempt.outcome = crate::domain::Outcome::Unreachable;
        }
        let loss = assess(&service, now(), &STALE).loss;
        assert_eq!(loss.amount.map(|amount| amount.as_secs()), wanted, "{moved:?} {unread}");
        assert_eq!(loss.basis, LossBasis::Moved { at: moved.at });
        assert!(loss.amount.is_none() || loss.is == crate::domain::LossIs::AtLeast);
    }
}

#[test]
fn s5_what_was_never_written_is_not_lost_once_a_person_says_when_the_fork_stopped() {
    // The newest there is of 12:00:19, the move of 12:02:00, and the fork stopped at 12:03:00.
    let (early, late) = (Some("2026-11-20T12:01:00Z"), Some("2026-11-20T12:01:30Z"));
    let exact = "without the 1m between the outage before, 2026-11-20 12:01:00Z, and the move at 2026-11-20 12:02:00Z: nobody wrote then";
    let table = [
        (early, early, (Some(101), Some(101)), exact),
        (
            early,
            late,
            (Some(101), Some(131)),
            "is not known exactly, by 2026-11-20 12:01:30Z at the latest: from 2026-11-20 12:01:00Z on",
        ),
        (None, late, (Some(60), Some(131)), "from 2026-11-20 12:00:19Z on they may have written nothing"),
        (
            None,
            None,
            (Some(60), Some(161)),
            "before the move at 2026-11-20 12:02:00Z is not known: from 2026-11-20 12:00:19Z on",
        ),
    ];
    for (earliest, latest, (least, most), said) in table {
        let moved = ClientsMoved {
            at: at("2026-11-20T12:02:00Z"),
            down_earliest: earliest.map(at),
            down_since: latest.map(at),
            ..ClientsMoved::default()
        };
        let stopped = Word { at: at("2026-11-20T12:03:00Z"), by: "anna".to_owned(), is: WordIs::LossInstant };
        let heard = crate::domain::Heard {
            run: "inc-2".to_owned(),
            life: crate::domain::Life::default(),
            words: vec![stopped],
            either_from: None,
            on_at: None,
        };
        let service = Service {
            heard: Some(Box::new(heard)),
            clients_moved: Some(Box::new(moved.clone())),
            ..orders()
        };
        let known = assess(&service, now(), &STALE);
        let bounds = known.loss.bounds();
        let in_s = |amount: Option<Duration>| amount.map(|amount| amount.as_secs());
        assert_eq!((in_s(bounds.least), in_s(bounds.most)), (least, most), "{:?}", known.loss);
        let told = moved.left_out_of(&known).unwrap();
        assert!(told.contains(said), "{told}");
    }
}
