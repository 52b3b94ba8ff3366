//! Real captures of pgBackRest and what is true in each: the decoder and the walk against the truth.

use super::info::{self, Info, RepoView};
use super::reach::{Found, Gaps, Seen};
use super::wal;
use super::walk::Log;
use crate::domain::{Edge, Grade, Outcome, Points, Reading, Replicated, Sign, Usability};

/// A capture by its name.
pub(super) fn capture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/fixtures/pgbackrest/{name}.json", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn decoded(name: &str) -> Info {
    info::decode(&capture(name)).unwrap()
}

/// What is true of one repository in one capture: backups, stop of the oldest and of the newest, newest WAL.
type Known = (usize, &'static str, &'static str, &'static str);

fn clock(at: Option<crate::domain::Timestamp>) -> String {
    at.map_or_else(|| "-".to_owned(), |at| at.format("%H:%M:%S").to_string())
}

#[test]
fn every_readable_repository_holds_what_is_true() {
    let table: &[(&str, &str, u32, Known)] = &[
        ("01-healthy", "main", 1, (3, "08:31:33", "08:32:10", "0E")),
        ("01-healthy", "main", 2, (3, "08:31:41", "08:32:13", "0E")),
        ("02-repo2-backup-behind", "main", 1, (4, "08:31:33", "08:34:59", "31")),
        ("02-repo2-backup-behind", "main", 2, (4, "08:31:41", "08:34:35", "31")),
        ("03-repo2-wal-lag", "main", 1, (6, "08:31:33", "08:39:37", "48")),
        ("03-repo2-wal-lag", "main", 2, (4, "08:31:41", "08:34:35", "40")),
        ("04-repo2-permission-denied", "main", 1, (4, "08:31:33", "08:34:59", "31")),
        ("05-repo2-s3-down", "shop", 1, (1, "08:48:36", "08:48:36", "0B")),
        ("07-backup-in-progress", "main", 1, (3, "08:31:33", "08:32:10", "2D")),
        ("07-backup-in-progress", "main", 2, (3, "08:31:41", "08:32:13", "2D")),
        ("08-expired-on-repo1", "main", 1, (4, "08:34:59", "08:40:31", "57")),
        ("08-expired-on-repo1", "main", 2, (5, "08:31:41", "08:40:42", "57")),
        ("09-two-stanzas", "main", 1, (4, "08:34:59", "08:40:31", "61")),
        ("09-two-stanzas", "main", 2, (5, "08:31:41", "08:40:42", "61")),
        ("09-two-stanzas", "orders", 1, (1, "08:51:13", "08:51:13", "02")),
        ("09-two-stanzas", "orders", 2, (0, "-", "-", "02")),
        ("10-region-down", "main", 2, (5, "08:31:41", "08:40:42", "61")),
        ("10-region-down", "orders", 2, (2, "08:51:20", "08:51:27", "07")),
        ("11-wal-gap", "main", 1, (6, "08:31:33", "08:39:37", "50")),
        ("11-wal-gap", "main", 2, (4, "08:31:41", "08:34:35", "50")),
        ("12-s3-encrypted", "shop", 1, (1, "08:48:36", "08:48:36", "0B")),
        ("12-s3-encrypted", "shop", 2, (2, "08:48:39", "08:48:45", "0B")),
        ("13-new-stanza-no-wal-yet", "empty", 1, (0, "-", "-", "-")),
    ];
    for &(name, stanza, repo, known) in table {
        let info = decoded(name);
        let RepoView::Read { stanza, history } = info.repo(stanza, repo) else {
            panic!("{name} {stanza} repo{repo}: {:?}", info.repo(stanza, repo));
        };
        let backups = stanza.backups_of(repo);
        let newest_wal = stanza.archive(history).and_then(|archive| archive.max.as_deref());
        let found = (
            backups.len(),
            clock(backups.first().map(|backup| backup.stop)),
            clock(backups.last().map(|backup| backup.stop)),
            newest_wal.map_or("-", |wal| &wal[22..]),
        );
        let known = (known.0, known.1.to_owned(), known.2.to_owned(), known.3);
        assert_eq!(found, known, "{name} repo{repo}");
        assert_eq!(stanza.left_out, 0, "{name}");
    }
}

#[test]
fn what_cannot_be_read_is_unknown_and_never_none() {
    for (name, stanza, repo, outcome, words) in [
        ("04-repo2-permission-denied", "main", 2, Outcome::Denied, "Permission denied"),
        ("05-repo2-s3-down", "shop", 2, Outcome::Unreachable, "Connection refused"),
        ("06-stanza-missing", "main", 1, Outcome::NotFound, "never created there, or its storage is gone"),
        ("06-stanza-missing", "main", 2, Outcome::NotFound, "never created there, or its storage is gone"),
        ("10-region-down", "main", 1, Outcome::NotFound, "never created there, or its storage is gone"),
        ("10-region-down", "orders", 1, Outcome::NotFound, "never created there, or its storage is gone"),
        ("01-healthy", "other", 1, Outcome::NotFound, "never created there, or its storage is gone"),
    ] {
        match decoded(name).repo(stanza, repo) {
            RepoView::Unread { outcome: found, why } => {
                assert_eq!(found, outcome, "{name}");
                assert!(why.contains(words), "{name}: {why}");
            }
            RepoView::Read { .. } => panic!("{name} {stanza} repo{repo} was believed"),
        }
    }
}

#[test]
fn a_running_backup_and_a_damaged_one_are_seen() {
    assert_eq!(decoded("07-backup-in-progress").stanzas[0].lock_held, Some(true));
    assert_eq!(decoded("01-healthy").stanzas[0].lock_held, Some(false));
    let info = decoded("10-region-down");
    let orders = info.stanzas.iter().find(|stanza| stanza.name == "orders").unwrap();
    assert_eq!(orders.backups.iter().filter(|backup| backup.error == Some(true)).count(), 1);
}

#[test]
fn a_system_identity_keeps_all_its_digits() {
    let info = decoded("12-s3-encrypted");
    assert_eq!(info.stanzas[0].histories[0].system_id, Some(7_710_171_764_084_839_490));
}

#[test]
fn nulls_gaps_and_strangers_are_borne() {
    let text = r#"[{"name":"a","new":1,"status":{"code":0,"message":null,"lock":null},"cipher":null,
        "repo":[{"key":1,"status":{"code":0,"message":"ok"}}],
        "db":[{"id":1,"repo-key":1,"system-id":null,"version":"17"}],"archive":null,
        "backup":[{"label":"20261120-084831F","type":"full","database":{"id":1,"repo-key":1},"error":null,
                   "archive":null,"lsn":null,"info":{"size":null,"repository":{"size-map":3}},"prior":null,
                   "reference":null,"timestamp":{"start":1795164511,"stop":1795164516}},
                  {"label":7}]}]"#;
    let info = info::decode(text.as_bytes()).unwrap();
    let RepoView::Read { stanza, .. } = info.repo("a", 1) else { panic!("{info:?}") };
    assert_eq!((stanza.backups.len(), stanza.left_out, stanza.backups[0].size), (1, 1, None));
    assert_eq!((stanza.backups[0].error, stanza.lock_held), (None, None));
}

#[test]
fn an_answer_without_rows_is_not_believed() {
    for (db, outcome) in [("", Outcome::Malformed), (",\"db\":[]", Outcome::Error)] {
        let text = format!(
            r#"[{{"name":"a","status":{{"code":0}},"repo":[{{"key":1,"status":{{"code":0}}}}]{db}}}]"#
        );
        let info = info::decode(text.as_bytes()).unwrap();
        assert!(
            matches!(info.repo("a", 1), RepoView::Unread { outcome: found, .. } if found == outcome),
            "{db}"
        );
    }
    assert!(matches!(
        info::decode(b"[]").unwrap().repo("a", 1),
        RepoView::Unread { outcome: Outcome::NotFound, .. }
    ));
}

#[test]
fn rubbish_is_refused_without_harm() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for text in ["", "{}", "null", "<html>", "[{\"name\":", "[{}]", &deep, "\u{0}\u{1}"] {
        let error = info::decode(text.as_bytes()).unwrap_err().to_string();
        assert!(error.len() < 400, "{error}");
    }
}

/// A reading of one repository in a capture, with the listing of that time where there is one.
fn reading(name: &str, stanza: &str, repo: u32, listed: Option<&str>, gaps: &mut Gaps) -> Reading {
    let info = decoded(name);
    let RepoView::Read { stanza, history } = info.repo(stanza, repo) else { panic!("{name} repo{repo}") };
    let segment_size = wal::segment_size(None, &stanza.backups_of(repo));
    assert_eq!(segment_size, wal::DEFAULT_SEGMENT_SIZE);
    let entries = listed.map(|listed| wal::listing(&capture(listed)).unwrap());
    let log = entries.map(|entries| Log::new(wal::segments(&entries, segment_size), Vec::new()));
    let seen = Seen { stanza, history, log: log.as_ref(), segment_size };
    seen.reading("2026-11-20T08:40:10Z".parse().unwrap(), gaps, Found::default())
}

fn gaps_of(reading: &Reading) -> Vec<(&str, &str, u64, bool, bool)> {
    let gap = |sign| match sign {
        &Sign::LogGap { ref first, ref last, count, ends_window, confirmed } => {
            Some((&first[22..], &last[22..], count, ends_window, confirmed))
        }
        _ => None,
    };
    reading.signs.iter().filter_map(gap).collect()
}

#[test]
fn a_gap_ends_the_window_though_both_repositories_say_ok() {
    let mut gaps = Gaps::default();
    let first = reading("11-wal-gap", "main", 2, Some("11-wal-gap.repo2-ls"), &mut gaps);
    assert_eq!(gaps_of(&first), [("41", "4C", 12, true, false)], "one poll does not make a gap");
    let again = reading("11-wal-gap", "main", 2, Some("11-wal-gap.repo2-ls"), &mut gaps);
    assert_eq!(gaps_of(&again), [("41", "4C", 12, true, true)]);
    let windows = again.windows.unwrap();
    assert_eq!(windows.len(), 1);
    assert_eq!(
        (clock(Some(windows[0].from.at)), clock(Some(windows[0].to.at))),
        ("08:31:41".into(), "08:39:23".into())
    );
    assert_eq!((windows[0].to_is, windows[0].to.grade), (Edge::AtMost, Grade::Whole));
    assert_eq!(again.log.end.unwrap().name, "000000010000000000000040");
    assert_eq!(again.points.unwrap().len(), 4);

    let other = reading("11-wal-gap", "main", 1, Some("11-wal-gap.repo1-ls"), &mut Gaps::default());
    assert_eq!(gaps_of(&other), [("49", "49", 1, true, false)]);
    assert_eq!(clock(other.windows.unwrap().last().map(|window| window.to.at)), "08:39:38");
    assert_eq!(other.log.end.unwrap().name, "000000010000000000000048");
}

#[test]
fn a_whole_log_leads_from_the_oldest_backup_to_the_newest_segment() {
    let reading =
        reading("12-s3-encrypted", "shop", 2, Some("12-s3-encrypted.repo2-ls"), &mut Gaps::default());
    let windows = reading.windows.clone().unwrap();
    assert_eq!((windows.len(), clock(Some(windows[0].from.at))), (1, "08:48:39".into()));
    assert_eq!(reading.log.end.as_ref().unwrap().name, "00000001000000000000000B");
    assert_eq!(gaps_of(&reading), []);
}

#[test]
fn s6_the_newest_backup_whose_own_log_was_seen_here_proves_that_all_until_its_end_is() {
    let (gap1, gap2, whole) = ("11-wal-gap.repo1-ls", "11-wal-gap.repo2-ls", "12-s3-encrypted.repo2-ls");
    let proven = |name, stanza, repo, listed| {
        let read = reading(name, stanza, repo, listed, &mut Gaps::default());
        let points = read.points.unwrap();
        (clock(points.newest().map(|point| point.at)), clock(read.log.backed_until))
    };
    for (name, stanza, repo, listed, newest, until) in [
        ("11-wal-gap", "main", 1, Some(gap1), "08:39:37", "08:39:37"),
        // What is missing was archived after it.
        ("11-wal-gap", "main", 2, Some(gap2), "08:34:35", "08:34:35"),
        ("11-wal-gap", "main", 2, None, "08:34:35", "-"),
        // That clock is ahead of ours.
        ("12-s3-encrypted", "shop", 2, Some(whole), "08:48:45", "-"),
        ("09-two-stanzas", "orders", 2, None, "-", "-"),
    ] {
        let known = (newest.to_owned(), until.to_owned());
        assert_eq!(proven(name, stanza, repo, listed), known, "{name} {listed:?}");
    }
    let later = |change: fn(&mut serde_json::Value)| {
        let now = "2026-11-20T09:00:00Z".parse().unwrap();
        let read = |seen: &Seen<'_>| seen.reading(now, &mut Gaps::default(), Found::default());
        clock(with_spoilt(change, read).log.backed_until)
    };
    assert_eq!(later(|_| ()), "08:48:45");
    assert_eq!(later(|stanza| stanza["backup"][2]["error"] = true.into()), "08:48:39", "a damaged one");
    let elsewhere: fn(&mut serde_json::Value) =
        |stanza| stanza["backup"][2]["archive"]["stop"] = "0000000200000000000000FF".into();
    assert_eq!(later(elsewhere), "08:48:39", "its log is not here");
}

#[test]
fn without_a_listing_a_window_is_only_claimed_up_to_the_newest_backup() {
    let reading = reading("01-healthy", "main", 2, None, &mut Gaps::default());
    let windows = reading.windows.unwrap();
    let edges = (clock(Some(windows[0].from.at)), clock(Some(windows[0].to.at)));
    assert_eq!((windows.len(), edges), (1, ("08:31:41".into(), "08:32:13".into())));
    assert_eq!((windows[0].to_is, windows[0].to.grade), (Edge::AtLeast, Grade::Claimed));
    assert_eq!((reading.log.end, reading.log.replicated), (None, Replicated::Yes));
}

#[test]
fn known_to_be_none_is_an_empty_list() {
    let orders = reading("09-two-stanzas", "orders", 2, None, &mut Gaps::default());
    assert_eq!((orders.points, orders.windows), (Some(Points::default()), Some(vec![].into())));
    let empty = reading("13-new-stanza-no-wal-yet", "empty", 1, None, &mut Gaps::default());
    assert_eq!((empty.points, empty.log.replicated), (Some(Points::default()), Replicated::Unknown));
}

#[test]
fn s7_backups_without_log_have_a_schedule_as_configured_or_as_observed() {
    let without_log = |backup_every| {
        let mut json: serde_json::Value = serde_json::from_slice(&capture("10-region-down")).unwrap();
        for row in json[0]["archive"].as_array_mut().unwrap() {
            (row["min"], row["max"]) = (serde_json::Value::Null, serde_json::Value::Null);
        }
        let info = info::decode(json.to_string().as_bytes()).unwrap();
        let RepoView::Read { stanza, history } = info.repo("main", 2) else { panic!() };
        let seen = Seen { stanza, history, log: None, segment_size: wal::DEFAULT_SEGMENT_SIZE };
        let found = Found { backup_every, ..Found::default() };
        seen.reading("2026-11-20T08:52:10Z".parse().unwrap(), &mut Gaps::default(), found)
    };
    let hourly = Some(std::time::Duration::from_hours(1));
    let configured = without_log(hourly);
    assert_eq!(
        (configured.log.replicated, configured.interval, configured.signs),
        (Replicated::No, hourly, vec![])
    );
    let observed = without_log(None);
    let points = observed.points.as_ref().unwrap();
    let mut apart: Vec<_> = points
        .iter()
        .zip(points.iter().skip(1))
        .map(|(one, next)| (next.at - one.at).num_seconds())
        .collect();
    apart.sort_unstable();
    assert_eq!(
        (apart.len(), observed.interval.map(|each| each.as_secs())),
        (4, u64::try_from(apart[2]).ok())
    );
    assert!(
        matches!(&observed.signs[..], [Sign::Note { text }] if text.contains("as observed")),
        "{observed:?}"
    );
    // Where log bridges the distance, backups have no say in what is lost.
    let bridged = reading("10-region-down", "main", 2, None, &mut Gaps::default());
    assert_eq!((bridged.log.replicated, bridged.interval), (Replicated::Yes, None));
}

#[test]
fn s3_backups_that_cannot_be_understood_are_unknown_and_not_none() {
    let changed = |change: fn(&mut serde_json::Value)| {
        let mut json: serde_json::Value = serde_json::from_slice(&capture("12-s3-encrypted")).unwrap();
        for row in json[0]["backup"].as_array_mut().unwrap() {
            change(row);
        }
        let info = info::decode(json.to_string().as_bytes()).unwrap();
        let of = |repo| {
            let RepoView::Read { stanza, history } = info.repo("shop", repo) else { panic!() };
            let seen = Seen { stanza, history, log: None, segment_size: wal::DEFAULT_SEGMENT_SIZE };
            let now = "2026-11-20T08:40:10Z".parse().unwrap();
            (!seen.is_blind()).then(|| seen.reading(now, &mut Gaps::default(), Found::default()))
        };
        (of(1), of(2))
    };
    let notes = |reading: &Reading| -> String {
        let note = |sign: &Sign| if let Sign::Note { text } = sign { Some(text.clone()) } else { None };
        reading.signs.iter().filter_map(note).collect()
    };
    // Nothing says of which repository the rows are: neither is known.
    let none = changed(|row| *row = serde_json::json!({"backup-label": "20261120-084831F"}));
    assert_eq!(none, (None, None));
    // Those of repository 2 alone.
    let (one, two) = changed(|row| {
        if row["database"]["repo-key"] == 2 {
            row["timestamp"] = "yesterday".into();
        }
    });
    assert_eq!((one.unwrap().points.as_ref().map(Points::len), two), (Some(1), None));
    // One backup of a chain: nothing proves that the other lacks it.
    let (_, two) = changed(|row| {
        if row["database"]["repo-key"] == 2 && row["type"] == "full" {
            row["timestamp"] = "yesterday".into();
        }
    });
    let two = two.unwrap();
    let points = two.points.clone().unwrap();
    assert!(points.len() == 1 && points.usable().count() == 1, "{points:?}");
    assert!(notes(&two).contains("1 rows"), "{two:?}");
}

#[test]
fn running_and_damaged_backups_are_told() {
    let busy = reading("07-backup-in-progress", "main", 2, None, &mut Gaps::default());
    assert!(busy.signs.contains(&Sign::BackupRunning));
    let orders = reading("10-region-down", "orders", 2, None, &mut Gaps::default());
    let points = orders.points.unwrap();
    let damaged: Vec<_> = points.iter().filter(|point| !point.usability.is_usable()).collect();
    assert_eq!((points.len(), damaged.len()), (2, 1));
    assert!(matches!(damaged[0].usability, Usability::Damaged(why) if why.contains("checksum")));
}

/// What speaks against the only backup whose row was changed.
fn spoilt(change: impl Fn(&mut serde_json::Value)) -> Usability {
    with_spoilt(change, |seen| seen.usability(seen.stanza.backups_of(2).last().unwrap()))
}

fn with_spoilt<T>(change: impl Fn(&mut serde_json::Value), look: impl Fn(&Seen<'_>) -> T) -> T {
    let mut json: serde_json::Value = serde_json::from_slice(&capture("12-s3-encrypted")).unwrap();
    change(&mut json[0]);
    let info = info::decode(json.to_string().as_bytes()).unwrap();
    let RepoView::Read { stanza, history } = info.repo("shop", 2) else { panic!() };
    let size = wal::DEFAULT_SEGMENT_SIZE;
    let entries = wal::listing(&capture("12-s3-encrypted.repo2-ls")).unwrap();
    let log = Log::new(wal::segments(&entries, size), Vec::new());
    look(&Seen { stanza, history, log: Some(&log), segment_size: size })
}

#[test]
fn s4_a_backup_whose_log_is_still_to_come_is_not_known_to_be_no_backup() {
    let late = |stanza: &mut serde_json::Value| {
        let mut only = stanza["backup"][2].take();
        only["archive"]["stop"] = "0000000100000000000000AA".into();
        only["type"] = "full".into();
        only["reference"] = serde_json::Value::Null;
        stanza["backup"] = serde_json::json!([only]);
    };
    let windows = with_spoilt(late, |seen| {
        let mut gaps = Gaps::default();
        let at = "2026-11-20T08:40:10Z".parse().unwrap();
        [(); 2].map(|()| seen.reading(at, &mut gaps, Found::default()).windows)
    });
    assert_eq!(windows, [None, Some(Vec::new().into())], "not known at first, then known to be none");
}

#[test]
fn what_a_backup_needs_must_be_there() {
    assert_eq!(spoilt(|_| ()), Usability::Usable);
    let chain = spoilt(|stanza| stanza["backup"][2]["reference"] = serde_json::json!(["20261119-010101F"]));
    assert!(matches!(chain, Usability::Damaged(why) if why.contains("20261119-010101F")));
    let wal = spoilt(|stanza| stanza["backup"][2]["archive"]["stop"] = "0000000100000000000000AA".into());
    assert!(matches!(wal, Usability::Damaged(why) if why.contains("00000001000000000000000C")));
    let upgraded = spoilt(|stanza| {
        let db = stanza["db"].as_array_mut().unwrap();
        db.push(serde_json::json!({"id": 2, "repo-key": 2, "system-id": 1, "version": "16"}));
    });
    assert!(matches!(upgraded, Usability::Retired(_)));
}
