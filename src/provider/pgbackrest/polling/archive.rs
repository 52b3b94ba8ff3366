//! Log that is really listed, and what is remembered of it from poll to poll.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use super::{StandIn, confirmed, copy, read};
use crate::domain::{Bound, Replicated, Role, SourceReport, Target, Usability};
use crate::provider::Catalog as _;

/// An archive of four folders that is really listed; a backup lies in the first and one in the last.
struct Archive {
    stand_in: StandIn,
}

impl Archive {
    const GIB_SEGMENTS: &str = "wal_segment_size = 1073741824";

    fn new() -> Self {
        let archive = Self { stand_in: StandIn::new("", "") };
        for number in 0..16 {
            let name = Self::segment(number);
            let folder = archive.folder().join(&name[..16]);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(format!("{name}-ab.gz")), "").unwrap();
        }
        archive.says(&[("20261120-083000F", 1), ("20261120-083500F", 14)]);
        archive
    }

    fn folder(&self) -> PathBuf {
        self.stand_in.file("archive/main/15-1")
    }

    fn segment(number: u64) -> String {
        format!("00000001{:08X}{:08X}", number / 4, number % 4)
    }

    fn remove(&self, number: u64) {
        let name = Self::segment(number);
        fs::remove_file(self.folder().join(&name[..16]).join(format!("{name}-ab.gz"))).unwrap();
    }

    /// Lets `info` say these backups, each with the segment it ends in.
    fn says(&self, backups: &[(&str, u64)]) {
        let backup = |(label, last): &(&str, u64)| {
            serde_json::json!({"label": label, "type": "full", "database": {"id": 1, "repo-key": 2},
                "archive": {"start": Self::segment(*last), "stop": Self::segment(*last)},
                "timestamp": {"start": 1_795_163_000 + last, "stop": 1_795_163_100 + last}})
        };
        let info = serde_json::json!([{"name": "main", "status": {"code": 0},
            "repo": [{"key": 2, "status": {"code": 0}}], "db": [{"id": 1, "repo-key": 2, "version": "15"}],
            "archive": [{"id": "15-1", "database": {"id": 1, "repo-key": 2},
                "min": Self::segment(0), "max": Self::segment(15)}],
            "backup": backups.iter().map(backup).collect::<Vec<_>>()}]);
        fs::write(self.stand_in.file("info.json"), info.to_string()).unwrap();
        let list = "for path; do :; done; cd \"$HERE/$path\"; case \" $* \" in *' --recurse '*) depth=9 ;; *) depth=1 ;; esac
            printf '{\".\":{\"type\":\"path\"}'
            find . -mindepth 1 -maxdepth $depth -type d -printf ',\"%P\":{\"type\":\"path\"}'
            find . -mindepth 1 -maxdepth $depth -type f -printf ',\"%P\":{\"type\":\"file\",\"time\":1795163400}'
            echo '}'";
        let here = self.stand_in.folder.path().display().to_string();
        self.stand_in.answer(&format!("cat {here}/info.json"), &list.replace("$HERE", &here));
    }

    /// Lets what `info` says be of before a stanza upgrade, since when log up to `newest` was stored.
    fn is_upgraded(&self, newest: Option<&str>) {
        let file = self.stand_in.file("info.json");
        let mut info: serde_json::Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        let since = serde_json::json!({"id": "15-2", "database": {"id": 2, "repo-key": 2},
            "min": newest, "max": newest});
        info[0]["archive"].as_array_mut().unwrap().push(since);
        let present = serde_json::json!({"id": 2, "repo-key": 2, "version": "15"});
        info[0]["db"].as_array_mut().unwrap().push(present);
        fs::write(file, info.to_string()).unwrap();
        fs::rename(self.folder(), self.stand_in.file("archive/main/15-2")).unwrap();
    }
}

/// How many windows, and the reasons of the first one's oldest and the last one's newest instant.
fn windows(report: &SourceReport) -> (usize, String, String) {
    let windows = copy(report).reading.as_ref().unwrap().windows.clone().unwrap();
    let reason = |bound: &Bound| bound.reason.to_string();
    (windows.len(), reason(&windows[0].from), reason(&windows.last().unwrap().to))
}

#[tokio::test]
async fn s4_an_old_listing_says_so_and_ends_with_the_first_hint_of_a_change() {
    let archive = Archive::new();
    // Time passes, but the little that there is is not listed again for that.
    let catalog = archive.stand_in.catalog_at_speed(0.001, Archive::GIB_SEGMENTS);
    let (count, from, to) = windows(&read(&catalog).await);
    assert_eq!((count, from.as_str()), (1, "stop of base backup 20261120-083000F"));
    assert!(to.ends_with("nothing later is stored"), "{to}");

    // Taken away by hand: nothing hints at it.
    archive.remove(5);
    let (count, from, to) = windows(&read(&catalog).await);
    assert_eq!(count, 1);
    assert!(from.contains("part of its log was last listed at 2026-11-20 08:40:1"), "{from}");
    assert!(to.ends_with("nothing later is stored"), "the newest backup needs no old folder: {to}");

    // A new backup lets old log expire.
    archive.says(&[("20261120-083000F", 1), ("20261120-083500F", 14), ("20261120-083600F", 15)]);
    let report = read(&catalog).await;
    assert_eq!((windows(&report).0, confirmed(&report)), (2, vec![false]));
    assert_eq!(windows(&report).1, "stop of base backup 20261120-083000F");

    // A folder that is gone hints at more that is.
    archive.remove(9);
    fs::remove_dir_all(archive.folder().join("0000000100000000")).unwrap();
    let report = read(&catalog).await;
    let points = copy(&report).reading.as_ref().unwrap().points.clone().unwrap();
    assert_eq!((points.len(), points.usable().count(), windows(&report).0), (3, 2, 1), "{report:?}");
}

#[tokio::test]
async fn s4_no_listing_is_trusted_for_long() {
    let archive = Archive::new();
    // A poll takes longer than ten minutes of this clock.
    let catalog = archive.stand_in.catalog_at_speed(1e6, Archive::GIB_SEGMENTS);
    assert_eq!(windows(&read(&catalog).await).0, 1);
    archive.remove(5);
    assert_eq!(windows(&read(&catalog).await).0, 2);
}

#[tokio::test]
async fn s4_log_that_a_backup_itself_lacks_is_settled_by_a_second_process_as_by_a_second_poll() {
    let archive = Archive::new();
    archive.says(&[("20261120-083500F", 14)]);
    archive.remove(14);
    let known = |report: &SourceReport| copy(report).reading.clone().unwrap();
    let first = known(&read(&archive.stand_in.catalog()).await);
    assert_eq!(first.windows, None, "it may be on its way");
    assert!(first.notes().any(|note| note.contains("lacks log that it needs itself")), "{first:?}");
    assert_eq!(
        known(&read(&archive.stand_in.catalog()).await).windows,
        None,
        "nobody told it of the first look"
    );
    let second = archive.stand_in.catalog();
    second.recall(&first);
    assert!(
        known(&read(&second).await).windows.as_ref().is_some_and(|windows| windows.is_empty()),
        "known to be none"
    );
}

#[tokio::test]
async fn s4_backups_of_before_a_stanza_upgrade_say_nothing_of_the_log_since() {
    let newest = Archive::segment(15);
    for (newest, replicated) in [(None, Replicated::Unknown), (Some(newest.as_str()), Replicated::Yes)] {
        let archive = Archive::new();
        archive.says(&[("20261120-083000F", 16), ("20261120-083300F", 17), ("20261120-083500F", 18)]);
        archive.is_upgraded(newest);
        let first = read(&archive.stand_in.catalog()).await;
        let known = copy(&first).reading.as_deref().unwrap();
        let mut points = known.points.as_ref().unwrap().iter();
        assert!(points.all(|point| matches!(point.usability, Usability::Retired(_))), "{known:?}");
        assert!(known.windows.as_ref().is_some_and(|windows| windows.is_empty()), "known to be none");
        assert_eq!((known.log.replicated, known.interval), (replicated, None), "no schedule of now");
        assert!(known.signs.is_empty(), "{:?}", known.signs);
    }
}

#[tokio::test]
async fn s3_histories_that_one_poll_has_no_time_for_are_read_on_by_the_next() {
    let archive = Archive::new();
    for timeline in 2..=40 {
        let folder = format!("{timeline:08X}00000000");
        fs::create_dir(archive.folder().join(&folder)).unwrap();
        fs::write(archive.folder().join(&folder).join(format!("{folder}00000003-ab.gz")), "").unwrap();
        fs::write(archive.folder().join(format!("{timeline:08X}.history")), "").unwrap();
    }
    fs::write(archive.folder().join("000000FF.history"), "").unwrap();
    let program = archive.stand_in.file("stand-in.sh");
    let script = fs::read_to_string(&program).unwrap();
    let get =
        "*' repo-get '*) perl -e 'select(undef,undef,undef,0.1)'; printf '1\t0/C0000000\t-\n' ;;\n*) exit 25";
    fs::write(&program, script.replace("*) exit 25", get)).unwrap();
    // A poll takes longer than any listing is trusted by this clock.
    let catalog = archive.stand_in.catalog_at_speed(1e6, Archive::GIB_SEGMENTS);
    // What is no part of this is not said by the stand-in; without its log the end of it is unknown.
    let is_listed = |report: &SourceReport| copy(report).reading.as_ref().unwrap().log.end.is_some();
    let mut polls = 1;
    while !is_listed(&catalog.read(Duration::from_secs(2)).await) {
        polls += 1;
        assert!(polls < 20, "never listed whole");
    }
    assert!(polls > 1, "one poll had time for all");
    let gets = |calls: Vec<String>| calls.into_iter().filter(|call| call.contains(" repo-get ")).collect();
    let first: Vec<String> = gets(archive.stand_in.calls());
    assert!(first.len() < 39 + polls, "each is read once, but for one that a poll ended in: {first:#?}");
    assert!(!first.concat().contains("000000FF"), "no log is of it");

    assert!(is_listed(&read(&catalog).await));
    assert!(catalog.resolve("main", Role::Secondary, &Target::Newest).await.is_ok());
    let again: Vec<String> = gets(archive.stand_in.calls());
    assert!(!again.concat().contains(".history"), "{again:#?}");
}
