use super::*;
use crate::domain::sample::at;
use crate::runbook::sample::author;

#[test]
fn s31_changes_are_a_chain_that_is_never_changed() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = Settings::open(folder.path()).unwrap();
    let now = at("2026-11-20T12:00:00Z");
    let change = RegionChange {
        remote: "orders-db".to_owned(),
        from: None,
        to: Some("aws-eu-central-1".to_owned()),
        last_changed: None,
    };
    let intended = SettingEvent::Intended {
        change: change.clone(),
        calls: Vec::new(),
        typed: "orders-db".to_owned(),
        source: Some("aiven-prod".to_owned()),
    };
    let first = settings.append(now, &author(), "orders-db", intended).unwrap();
    let outcome = SetOutcome::Accepted { response: "HTTP 200".to_owned() };
    let answered = SettingEvent::Answered { outcome };
    let second = settings.append(now, &author(), "orders-db", answered.clone()).unwrap();
    let line = serde_json::to_string(&first).unwrap();
    assert_eq!((first.prev, second.prev), (None, Some(chain::hash(&line))));
    let other = settings.append(now, &author(), "ledger", answered).unwrap();
    assert_eq!(other.seq, 3);
    let reopened = Settings::open(folder.path()).unwrap();
    let kept = reopened.of("orders-db").unwrap();
    assert_eq!(kept.len(), 2);
    assert_eq!(last_change(&kept), (Some(&change), Some(now)));
    assert!(reopened.connection.execute("DELETE FROM settings", []).is_err());
    let whole = verify(folder.path()).unwrap().unwrap();
    assert_eq!((whole.events, whole.broken), (3, None));
    // Who takes the guards away is found out.
    let tampered = "DROP TRIGGER settings_stay;
        UPDATE settings SET line = replace(line, 'orders-db', 'ledger') WHERE seq = 2";
    reopened.connection.execute_batch(tampered).unwrap();
    let broken = verify(folder.path()).unwrap().unwrap();
    let why = broken.broken.unwrap();
    assert_eq!((broken.events, why.line), (2, 3), "{why:?}");
    assert!(why.why.contains("hash"), "{why:?}");
}

#[test]
fn s30_one_process_writes_of_the_changes_of_a_service() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Settings::open(folder.path()).unwrap();
    let held = open().hold("orders-db").unwrap().unwrap();
    assert!(open().hold("orders-db").unwrap().is_none() && is_held(folder.path(), "orders-db"));
    assert!(open().hold("aiven/ledger").unwrap().is_some(), "another service is another matter");
    drop(held);
    assert!(!is_held(folder.path(), "orders-db"));
    assert!(open().hold("orders-db").unwrap().is_some());
}

#[test]
fn a_change_is_under_way_until_it_is_refused_or_its_first_copy_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let mut held = Settings::open(folder.path()).unwrap().hold("orders-db").unwrap().unwrap();
    let now = at("2026-11-20T12:00:00Z");
    let change =
        RegionChange { remote: "o".to_owned(), from: None, to: Some("r".to_owned()), last_changed: None };
    let intended = SettingEvent::Intended {
        change: change.clone(),
        calls: Vec::new(),
        typed: "orders-db".to_owned(),
        source: Some("aiven-prod".to_owned()),
    };
    let seen = |stage, text: &str| SettingEvent::Seen {
        effect: RegionEffect { stage, first_copy: None, text: text.to_owned() },
    };
    let answered = |outcome| SettingEvent::Answered { outcome };
    let refused = SetOutcome::Refused { why: "no".to_owned() };
    let unknown = SetOutcome::Unknown { why: "no answer".to_owned() };
    for (event, last) in [
        (intended.clone(), Some("asked for, no answer is known")),
        (answered(refused), None),
        (intended, Some("asked for, no answer is known")),
        (answered(unknown), Some("OUTCOME UNKNOWN: no answer")),
        (
            seen(RegionStage::WaitingForCopy, "set to r; no copy there yet"),
            Some("set to r; no copy there yet"),
        ),
        (seen(RegionStage::Done, "1 copy in r"), None),
    ] {
        held.append(now, &author(), event).unwrap();
        let records = since(folder.path(), 0).unwrap();
        let open = under_way(&records);
        assert_eq!(open.first().map(|open| open.last.1.as_str()), last);
        assert!(open.iter().all(|open| open.change == change && open.source.is_some()));
    }
    assert_eq!(since(folder.path(), 5).unwrap().len(), 1, "only what is new is read");
}

#[test]
fn s30_what_a_new_follower_sees_as_before_is_so_since_it_was_first_seen() {
    let event = |minutes: i64, event| SettingRecord {
        seq: 1,
        at: at("2026-11-20T12:00:00Z") + TimeDelta::minutes(minutes),
        author: author(),
        service: "orders-db".to_owned(),
        prev: None,
        event,
    };
    let change =
        RegionChange { remote: "o".to_owned(), from: None, to: Some("r".to_owned()), last_changed: None };
    let asked = SettingEvent::Intended { change, calls: Vec::new(), typed: String::new(), source: None };
    let seen = |text: &str| SettingEvent::Seen {
        effect: RegionEffect { stage: RegionStage::WaitingForCopy, first_copy: None, text: text.to_owned() },
    };
    let records = [
        event(0, asked),
        event(1, seen("no copy there yet")),
        event(180, seen("no copy there yet")),
        event(190, seen("copying is paused")),
    ];
    for (read, last_at, so_since) in [(1, 0, 0), (2, 1, 1), (3, 180, 1), (4, 190, 190)] {
        let open = under_way(&records[..read]).pop().unwrap().open(true);
        let after = |instant: Timestamp| (instant - records[0].at).num_minutes();
        assert_eq!((after(open.last.0), after(open.so_since)), (last_at, so_since), "{read} records");
    }
}

#[test]
fn s31_a_refused_change_leaves_the_one_before_and_one_without_an_answer_may_have_been_taken() {
    let to = |region: &str| RegionChange {
        remote: "o".to_owned(),
        from: None,
        to: Some(region.to_owned()),
        last_changed: None,
    };
    let asked = |region| SettingEvent::Intended {
        change: to(region),
        calls: Vec::new(),
        typed: String::new(),
        source: None,
    };
    let answered = |outcome| SettingEvent::Answered { outcome };
    let accepted = || answered(SetOutcome::Accepted { response: "HTTP 200".to_owned() });
    let refused = || answered(SetOutcome::Refused { why: "too soon".to_owned() });
    let unknown = || answered(SetOutcome::Unknown { why: "no answer".to_owned() });
    let seen =
        |stage| SettingEvent::Seen { effect: RegionEffect { stage, first_copy: None, text: String::new() } };
    let records = |events: Vec<SettingEvent>| -> Vec<SettingRecord> {
        let minutes = |seq: u64| at("2026-11-20T12:00:00Z") + TimeDelta::minutes(seq.cast_signed());
        let record = |(seq, event)| SettingRecord {
            seq,
            at: minutes(seq),
            author: author(),
            service: "orders-db".to_owned(),
            prev: None,
            event,
        };
        (1..).zip(events).map(record).collect()
    };
    for (events, change, taken) in [
        (vec![asked("a"), accepted(), asked("b"), refused()], Some("a"), Some("2026-11-20T12:02:00Z")),
        (
            vec![asked("a"), accepted(), asked("b"), refused(), asked("c"), refused()],
            Some("a"),
            Some("2026-11-20T12:02:00Z"),
        ),
        (vec![asked("a"), refused()], None, None),
        (vec![asked("a")], Some("a"), Some("2026-11-20T12:01:00Z")),
        (vec![asked("a"), asked("b"), refused()], Some("a"), Some("2026-11-20T12:01:00Z")),
        (vec![asked("a"), seen(RegionStage::NotSet)], Some("a"), None),
        (vec![asked("a"), seen(RegionStage::WaitingForCopy)], Some("a"), Some("2026-11-20T12:01:00Z")),
        (vec![asked("a"), unknown()], Some("a"), Some("2026-11-20T12:02:00Z")),
        (vec![asked("a"), unknown(), seen(RegionStage::CannotTell)], Some("a"), Some("2026-11-20T12:02:00Z")),
        (vec![asked("a"), unknown(), seen(RegionStage::NotSet)], Some("a"), None),
        (
            vec![asked("a"), accepted(), asked("b"), unknown(), seen(RegionStage::NotSet)],
            Some("b"),
            Some("2026-11-20T12:02:00Z"),
        ),
        // It came late.
        (
            vec![asked("a"), unknown(), seen(RegionStage::NotSet), seen(RegionStage::WaitingForCopy)],
            Some("a"),
            Some("2026-11-20T12:02:00Z"),
        ),
        (vec![asked("a"), accepted(), seen(RegionStage::NotSet)], Some("a"), Some("2026-11-20T12:02:00Z")),
        (vec![asked("a"), accepted(), asked("b"), accepted()], Some("b"), Some("2026-11-20T12:04:00Z")),
    ] {
        let records = records(events);
        let (last, at_) = last_change(&records);
        assert_eq!((last.cloned(), at_), (change.map(to), taken.map(at)), "{records:?}");
        let open: Vec<_> = under_way(&records).into_iter().map(|open| open.change).collect();
        assert_eq!(open, Vec::from_iter(change.map(to)), "{records:?}");
    }
}

#[test]
fn s20_a_setting_that_is_not_set_the_moment_after_it_was_asked_for_may_still_come() {
    let event = |seconds: i64, event| SettingRecord {
        seq: 1,
        at: at("2026-11-20T12:00:00Z") + TimeDelta::seconds(seconds),
        author: author(),
        service: "orders-db".to_owned(),
        prev: None,
        event,
    };
    let to = Some("r".to_owned());
    let change = RegionChange { remote: "o".to_owned(), from: None, to, last_changed: None };
    let asked = SettingEvent::Intended { change, calls: Vec::new(), typed: String::new(), source: None };
    let not_set = RegionEffect { stage: RegionStage::NotSet, first_copy: None, text: String::new() };
    let mut records = vec![
        event(0, asked),
        event(5, SettingEvent::Answered { outcome: SetOutcome::Unknown { why: "reset".to_owned() } }),
        event(6, SettingEvent::Seen { effect: not_set.clone() }),
    ];
    assert_eq!(last_change(&records).1, Some(at("2026-11-20T12:00:05Z")));
    records.push(event(66, SettingEvent::Seen { effect: not_set }));
    assert_eq!(last_change(&records).1, None);
}

#[test]
fn s31_where_nothing_was_changed_there_is_nothing_to_verify() {
    let folder = tempfile::tempdir().unwrap();
    drop(SqliteLedger::open(folder.path()).unwrap());
    assert_eq!(verify(folder.path()), Ok(None));
    drop(Settings::open(folder.path()).unwrap());
    assert_eq!(verify(folder.path()), Ok(None));
}
