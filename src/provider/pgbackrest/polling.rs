//! The catalog against a stand-in that answers as pgBackRest did in a capture, or misbehaves.

mod archive;

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;

use super::{PgBackRestCatalog, Settings};
use crate::clock::Clock;
use crate::domain::{CopyPart, Edge, Outcome, Replicated, Role, Sign, SourceReport, Target};
use crate::provider::{Catalog, NoPoint};

/// A stand-in for pgBackRest: what it does for `info` and for `repo-ls` are shell commands. Each call
/// leaves a line in a file.
struct StandIn {
    folder: TempDir,
}

impl StandIn {
    fn new(info: &str, list: &str) -> Self {
        let stand_in = Self { folder: tempfile::tempdir().unwrap() };
        stand_in.answer(info, list);
        stand_in
    }

    fn answer(&self, info: &str, list: &str) {
        let script = format!(
            "echo \"$*\" >> {calls}\ncase \" $* \" in\n*' info '*) {info} ;;\n*' repo-ls '*) {list} ;;\n\
             *' archive-get '*) for to; do :; done; cp {stored} \"$to\" 2>/dev/null || exit 25 ;;\n*) exit 25 ;;\nesac\n",
            calls = self.file("calls").display(),
            stored = self.file("stored").display()
        );
        fs::write(self.file("stand-in.sh"), script).unwrap();
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A program of PostgreSQL beside it, which does these shell commands.
    fn program(&self, name: &str, does: &str) {
        let program = self.file(name);
        fs::write(&program, format!("#!/bin/sh\n{does}\n")).unwrap();
        fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }

    /// Settings with which its programs are found.
    fn with_programs(&self) -> String {
        format!("[fork]\ndirectory = '/srv'\npg_bin = '{}'", self.folder.path().display())
    }

    fn calls(&self) -> Vec<String> {
        let text = fs::read_to_string(self.file("calls")).unwrap_or_default();
        fs::write(self.file("calls"), "").unwrap();
        text.lines().map(str::to_owned).collect()
    }

    /// A catalog of it. Only one that hangs has to be given up on soon.
    fn catalog(&self) -> PgBackRestCatalog {
        self.catalog_with("")
    }

    fn catalog_with(&self, more: &str) -> PgBackRestCatalog {
        self.catalog_at_speed(0.0, more)
    }

    fn catalog_at_speed(&self, speed: f64, more: &str) -> PgBackRestCatalog {
        let program = self.file("stand-in.sh");
        let hangs = fs::read_to_string(&program).unwrap().contains("sleep");
        let timeout = if hangs { "1s" } else { "20s" };
        let table = format!(
            "program = ['sh', '{}']\nstanza = 'main'\nrepo = 2\ntimeout = '{timeout}'\n{more}",
            program.display()
        );
        let settings: Settings = toml::from_str(&table).unwrap();
        let clock = Clock::starting_at("2026-11-20T08:40:10Z".parse().unwrap(), speed);
        PgBackRestCatalog::new("pg-east", settings, vec![Role::Primary, Role::Secondary], clock)
    }
}

/// The command that prints a capture.
fn print(name: &str) -> String {
    format!("cat {}/tests/fixtures/pgbackrest/{name}.json", env!("CARGO_MANIFEST_DIR"))
}

async fn read(catalog: &PgBackRestCatalog) -> SourceReport {
    catalog.read(Duration::from_secs(30)).await
}

fn copy(report: &SourceReport) -> &CopyPart {
    &report.services[0].copies[1]
}

fn confirmed(report: &SourceReport) -> Vec<bool> {
    let signs = &copy(report).reading.as_ref().unwrap().signs;
    let gap = |sign: &Sign| if let Sign::LogGap { confirmed, .. } = sign { Some(*confirmed) } else { None };
    signs.iter().filter_map(gap).collect()
}

#[tokio::test]
async fn a_poll_brings_both_roles_their_copy_and_the_second_one_confirms_a_gap() {
    let stand_in = StandIn::new(&print("11-wal-gap"), &print("11-wal-gap.repo2-ls"));
    let catalog = stand_in.catalog();
    let first = read(&catalog).await;
    assert_eq!((first.outcome, first.calls, first.services[0].remote.as_str()), (Outcome::Ok, 2, "main"));
    assert_eq!(first.services[0].copies.len(), 2);
    assert_eq!(copy(&first).copy, "pg-east repo2");
    assert_eq!(confirmed(&first), [false]);
    let calls = stand_in.calls();
    assert!(calls[0].contains("--io-timeout=2") && calls[1].contains("--recurse"), "{calls:?}");

    let second = read(&catalog).await;
    assert_eq!(confirmed(&second), [true]);
    assert!(!stand_in.calls()[1].contains("--recurse"), "only what can change is listed again");

    catalog.resolve("main", Role::Secondary, &Target::Newest).await.unwrap();
    assert!(stand_in.calls()[1].contains("--recurse"), "S4: a point rests on what is there now");
}

#[tokio::test]
async fn s4_what_an_earlier_process_saw_counts_as_one_look_at_a_gap() {
    let stand_in = StandIn::new(&print("11-wal-gap"), &print("11-wal-gap.repo2-ls"));
    let earlier = read(&stand_in.catalog()).await;
    let catalog = stand_in.catalog();
    catalog.recall(copy(&earlier).reading.as_ref().unwrap());
    let second = read(&catalog).await;
    assert_eq!((confirmed(&earlier), confirmed(&second)), (vec![false], vec![true]));
    // Another gap than the one that was seen.
    let mut elsewhere = (**copy(&earlier).reading.as_ref().unwrap()).clone();
    for sign in &mut elsewhere.signs {
        if let Sign::LogGap { first, .. } = sign {
            "000000010000000000000001".clone_into(first);
        }
    }
    let catalog = stand_in.catalog();
    catalog.recall(&elsewhere);
    assert_eq!(confirmed(&read(&catalog).await), [false]);
}

#[tokio::test]
async fn a_listing_that_cannot_be_believed_leaves_what_info_says() {
    let cases = [
        // What pgBackRest prints for a folder that is gone, with exit code 0.
        ("echo '{\".\":{\"type\":\"path\"}}'", "does not show segment 000000010000000000000050"),
        ("echo ERROR: [049]: unable to connect >&2; exit 49", "does not answer"),
        ("echo '<html>'", "cannot be understood"),
        ("yes", "wrote more than"),
        ("sleep 600", "no answer within"),
    ];
    for (list, words) in cases {
        let stand_in = StandIn::new(&print("11-wal-gap"), list);
        let report = read(&stand_in.catalog()).await;
        assert_eq!(report.outcome, Outcome::Partial, "{list}: {report:?}");
        assert!(report.error.as_ref().unwrap().contains(words), "{list}: {:?}", report.error);
        let reading = copy(&report).reading.as_ref().unwrap();
        assert_eq!(reading.points.as_ref().unwrap().len(), 4);
        assert_eq!(reading.windows.as_ref().unwrap()[0].to_is, Edge::AtLeast);
        assert_eq!(reading.log.end, None);
    }
}

#[tokio::test]
async fn a_repository_that_was_not_read_brings_no_facts() {
    let permission = print("04-repo2-permission-denied");
    let cases = [
        (permission.as_str(), Outcome::Denied),
        ("echo '[]'", Outcome::NotFound),
        ("echo '<html>'", Outcome::Malformed),
        ("true", Outcome::Malformed),
        ("yes", Outcome::Malformed),
        ("echo ERROR: [101]: TLS error >&2; exit 101", Outcome::Unreachable),
        ("exit 127", Outcome::Error),
        ("sleep 600", Outcome::TimedOut),
    ];
    for (info, outcome) in cases {
        let stand_in = StandIn::new(info, "exit 1");
        let catalog = stand_in.catalog();
        let report = read(&catalog).await;
        assert_eq!((report.outcome, copy(&report).outcome), (outcome, outcome), "{info}: {report:?}");
        assert_eq!(
            (copy(&report).reading.as_ref(), report.services[0].facts.as_ref()),
            (None, None),
            "{info}"
        );
        assert!(report.error.is_some_and(|error| error.len() < 600), "{info}");
        let refused = catalog.resolve("main", Role::Secondary, &Target::Newest).await.unwrap_err();
        assert!(
            matches!(&refused, NoPoint::CannotTell { why, .. } if why.starts_with("the copy cannot be read now")),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn s3_a_stanza_that_is_not_found_says_what_lies_there_for_a_repository_that_is_not_mounted_says_no_more()
 {
    let there = |names: &[&str]| {
        let folders = [&["."], names].concat();
        let folders: Vec<_> =
            folders.iter().map(|name| format!("\"{name}\":{{\"type\":\"path\"}}")).collect();
        format!("echo '{{{}}}'", folders.join(","))
    };
    for (list, says) in [
        (there(&[]), "its storage is gone; it shows no other stanza either: see that its storage is mounted"),
        (there(&["mian", "shop"]), "; it holds stanza `mian`: did you mean that?"),
        (there(&["shop"]), "; it holds stanza `shop`: see `stanza` of this source"),
        (there(&["shop", "zebra"]), "; it holds 2 other stanzas: see `stanza` of this source"),
        ("exit 41".to_owned(), "never created there, or its storage is gone"),
    ] {
        let stand_in = StandIn::new(&print("06-stanza-missing"), &list);
        let report = read(&stand_in.catalog()).await;
        let error = copy(&report).error.as_deref().unwrap();
        assert!(error.contains(says), "{list}: {error}");
        assert_eq!((copy(&report).outcome, &copy(&report).reading), (Outcome::NotFound, &None));
        assert!(
            stand_in.calls().last().unwrap().ends_with(" repo-ls archive/"),
            "as a forced command takes it"
        );
    }
}

#[tokio::test]
async fn s2_backups_that_cannot_be_understood_are_no_reading_so_that_what_was_known_of_them_stays() {
    let strange = format!("{} | sed 's/\"label\":/\"name\":/g'", print("11-wal-gap"));
    // Of one that was damaged when it was made enough is understood to tell that it cannot be used.
    let all_but_one = "s/\"label\":/\"LABEL\":/2; s/\"label\":/\"name\":/g; s/\"LABEL\":/\"label\":/";
    let damaged = "s/\"error\":false/\"error\":true/g";
    let and_damaged = format!("{} | sed '{all_but_one}; {damaged}'", print("11-wal-gap"));
    for info in [strange, and_damaged] {
        let stand_in = StandIn::new(&info, &print("11-wal-gap.repo2-ls"));
        let catalog = stand_in.catalog();
        let report = read(&catalog).await;
        assert_eq!((report.outcome, copy(&report).outcome), (Outcome::Malformed, Outcome::Malformed));
        assert!(report.error.as_ref().unwrap().contains("unknown, not none"), "{report:?}");
        assert_eq!(copy(&report).reading, None, "{info}");
        let refused = catalog.resolve("main", Role::Secondary, &Target::Newest).await.unwrap_err().refused();
        assert!(refused.reason.contains("unknown, not none"), "{refused:?}");
    }
}

#[tokio::test]
async fn s3_an_archive_whose_edges_are_not_understood_is_not_known_to_hold_no_log() {
    let strange = "s/\"max\":/\"highest\":/g; s/\"min\":\"[0-9A-F]*\"/\"min\":[7]/g";
    let info = format!("{} | sed '{strange}'", print("11-wal-gap"));
    let report = read(&StandIn::new(&info, &print("11-wal-gap.repo2-ls")).catalog()).await;
    assert_eq!(report.outcome, Outcome::Partial, "{report:?}");
    assert_eq!(copy(&report).reading.as_ref().unwrap().log.replicated, Replicated::Unknown);
}

#[tokio::test]
async fn a_missing_program_is_told_apart() {
    let stand_in = StandIn::new("true", "true");
    let table = "program = ['/nonexistent/pgbackrest']\nstanza = 'main'";
    let clock = Clock::system();
    let catalog =
        PgBackRestCatalog::new("pg-east", toml::from_str(table).unwrap(), vec![Role::Secondary], clock);
    let report = read(&catalog).await;
    assert_eq!(report.outcome, Outcome::Error);
    assert!(report.error.unwrap().contains("cannot be started"));
    assert!(stand_in.calls().is_empty());
}

#[tokio::test]
async fn points_are_resolved_and_refused_where_the_log_cannot_be_looked_into() {
    let stand_in = StandIn::new(&print("11-wal-gap"), &print("11-wal-gap.repo2-ls"));
    let catalog = stand_in.catalog();
    let resolve = async |target: Target| catalog.resolve("main", Role::Secondary, &target).await;
    let at = |text: &str| Target::At(text.parse().unwrap());

    let newest = resolve(Target::Newest).await.unwrap();
    assert!(newest.note.as_ref().unwrap().contains("beginning of the last segment"), "{newest:?}");
    assert_eq!((newest.promised_is, newest.backup.as_deref()), (Edge::AtMost, Some("20261120-083247F")));
    let inside = resolve(at("2026-11-20T08:36:00Z")).await.unwrap();
    assert!(inside.note.as_ref().unwrap().contains("not proven"), "{inside:?}");
    let oldest = resolve(Target::Oldest).await.unwrap();
    assert_eq!(
        (oldest.promised.to_rfc3339(), oldest.promised_is),
        ("2026-11-20T08:31:41+00:00".to_owned(), Edge::AtMost)
    );

    let early = resolve(at("2026-11-20T08:31:41Z")).await.unwrap_err().refused();
    assert_eq!(early.later.map(|later| later.to_rfc3339()), Some("2026-11-20T08:31:42+00:00".to_owned()));
    let late = resolve(at("2026-11-20T08:39:40Z")).await.unwrap_err().refused();
    assert!(
        late.earlier.is_some_and(
            |earlier| earlier < "2026-11-20T08:39:24Z".parse::<crate::domain::Timestamp>().unwrap()
        ),
        "{late:?}"
    );
    let unknown = resolve(Target::Backup("20200101-000000F".to_owned())).await.unwrap_err().refused();
    assert!(unknown.reason.contains("not in repo2"));
    let elsewhere = catalog.resolve("other", Role::Secondary, &Target::Newest).await.unwrap_err().refused();
    assert!(elsewhere.reason.contains("holds stanza `main`"));
}

fn notes(report: &SourceReport) -> Vec<String> {
    let signs = &copy(report).reading.as_ref().unwrap().signs;
    let note = |sign: &Sign| if let Sign::Note { text } = sign { Some(text.clone()) } else { None };
    signs.iter().filter_map(note).collect()
}

#[tokio::test]
async fn s3_a_missing_pg_waldump_is_looked_for_again_in_a_while() {
    let stand_in = StandIn::new(&print("11-wal-gap"), &print("11-wal-gap.repo2-ls"));
    let of_version = |version: &str| stand_in.program("pg_waldump", &format!("echo pg_waldump {version}"));
    let more = stand_in.with_programs();
    let lacks_it = async |catalog| notes(&read(catalog).await).concat().contains("is not of PostgreSQL 15");
    // One that stands still, and one for which some minutes pass soon.
    let (still, quick) = (stand_in.catalog_with(&more), stand_in.catalog_at_speed(1000.0, &more));
    of_version("9.6");
    assert!(lacks_it(&still).await && lacks_it(&quick).await);
    of_version("15.20");
    assert!(lacks_it(&still).await, "not at each poll");
    let end = std::time::Instant::now() + Duration::from_secs(20);
    while lacks_it(&quick).await {
        assert!(std::time::Instant::now() < end, "never looked for again");
    }
}

#[tokio::test]
async fn s6_a_segment_that_could_not_be_had_is_asked_for_again_in_a_while() {
    let stand_in = StandIn::new(&print("11-wal-gap"), &print("11-wal-gap.repo2-ls"));
    let commit = "rmgr: Transaction len (rec/tot): 34/ 34, tx: 725, lsn: 0/40008F28, prev 0/40008EA0, desc: COMMIT 2026-11-20 08:38:59 UTC";
    stand_in.program("pg_waldump", &format!("[ $# -eq 2 ] && echo '{commit}' || echo pg_waldump 15.18"));
    let more = stand_in.with_programs();
    let last_commit = async |catalog: &PgBackRestCatalog| {
        copy(&read(catalog).await).reading.as_ref().unwrap().log.last_commit
    };
    // One that stands still, and one for which some minutes pass soon.
    let (still, quick) = (stand_in.catalog_with(&more), stand_in.catalog_at_speed(1000.0, &more));
    for _ in 0..3 {
        assert_eq!((last_commit(&still).await, last_commit(&quick).await), (None, None));
    }
    fs::write(stand_in.file("stored"), vec![0; 16 << 20]).unwrap();
    stand_in.calls();
    assert_eq!(last_commit(&still).await, None);
    let asked = stand_in.calls().iter().filter(|call| call.contains(" repo-get ")).count();
    assert_eq!(asked, 0, "not at each poll");
    let end = std::time::Instant::now() + Duration::from_secs(60);
    let found = loop {
        match last_commit(&quick).await {
            Some(found) => break found,
            None => assert!(std::time::Instant::now() < end, "never asked for again"),
        }
    };
    assert_eq!(found.to_rfc3339(), "2026-11-20T08:38:59+00:00");
}

#[tokio::test]
async fn s36_a_last_commit_that_cannot_be_looked_up_says_why() {
    let stand_in = StandIn::new(&print("11-wal-gap"), &print("11-wal-gap.repo2-ls"));
    assert!(notes(&read(&stand_in.catalog()).await).is_empty(), "nobody said where to look it up");
    // There is no segment to be had, wherever pg_waldump is.
    let catalog = stand_in.catalog_with("[fork]\ndirectory = '/srv'\npg_bin = '/nowhere'");
    for poll in 1..=2 {
        let report = read(&catalog).await;
        let found = notes(&report);
        assert!(
            found.len() == 1 && found[0].starts_with("the last commit was not looked up: "),
            "poll {poll}: {found:?}"
        );
        assert_eq!(report.outcome, Outcome::Ok, "what was listed is known");
    }
}

#[tokio::test]
async fn warnings_before_an_answer_are_no_part_of_it() {
    let warned = |answer: &str| {
        format!("echo 'P00   WARN: environment contains invalid option'; echo 'P00   WARN: [2'; {answer}")
    };
    let plain = StandIn::new(&print("11-wal-gap"), &print("11-wal-gap.repo2-ls"));
    let stand_in = StandIn::new(&warned(&print("11-wal-gap")), &warned(&print("11-wal-gap.repo2-ls")));
    let report = read(&stand_in.catalog()).await;
    assert_eq!(report.outcome, Outcome::Ok, "{report:?}");
    assert_eq!(copy(&report).reading, copy(&read(&plain.catalog()).await).reading);
    let nothing_else = StandIn::new("echo 'P00   WARN: all that there is'", "exit 1");
    assert_eq!(read(&nothing_else.catalog()).await.outcome, Outcome::Malformed);
}
