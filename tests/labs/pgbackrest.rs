//! A real pair of regions: what the catalog says of it, and forks that hold exactly what was promised.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use lifeboat::clock::Clock;
use lifeboat::domain::{CopyPart, Edge, Grade, Outcome, Role, Sign, SourceReport, Target};
use lifeboat::provider::arming::{Credential, Request, arm};
use lifeboat::provider::pgbackrest::{PgBackRestCatalog, PgBackRestForker, Settings};
use lifeboat::provider::{
    Catalog, ForkPoint, ForkRequest, Forker, Found, PointHow, PointRefused, Progress, ProgressState,
    ReadinessState, Removal, StartOutcome,
};

use crate::support::{BackupKind, Lab, LabOptions, Sshd, is_root, needs, run, wait_until};

const LIMIT: Duration = Duration::from_secs(120);

/// A lab, and the product's eyes and hands on its repository 2, as on a host of region B: its
/// configuration knows that repository alone.
struct Region {
    settings: Settings,
    catalog: PgBackRestCatalog,
    forks: PathBuf,
    runtime: tokio::runtime::Runtime,
}

impl Region {
    fn of(lab: &Lab) -> Self {
        Self::with(lab, &Lab::run_prefix(), &["pgbackrest".to_owned()])
    }

    /// Commands run behind `prefix`; `program` stands for pgBackRest.
    fn with(lab: &Lab, prefix: &[String], program: &[String]) -> Self {
        let config = lab.path().join("region-b.conf");
        let text = format!("[global]\nrepo2-path={}\n", lab.path().join("region-b/repo").display());
        fs::write(&config, text).expect("the configuration of region B");
        let forks = lab.path().join("forks");
        let mut program = program.to_vec();
        program.push(format!("--config={}", config.display()));
        let text = format!(
            "run = {prefix:?}\nprogram = {program:?}\nstanza = '{stanza}'\nrepo = 2\ntimeout = '60s'\n[fork]\nrun = {prefix:?}\n\
             directory = '{forks}'\nports = '{port}-{port}'\npg_bin = '{bin}'\n",
            stanza = Lab::STANZA,
            forks = forks.display(),
            port = lab.fork_port(),
            bin = lab.pg_bin().display(),
        );
        let settings: Settings = toml::from_str(&text).expect("settings");
        let catalog =
            PgBackRestCatalog::new("pg-east", settings.clone(), vec![Role::Secondary], Clock::system());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        Self { settings, catalog, forks, runtime }
    }

    fn read(&self) -> SourceReport {
        self.runtime.block_on(self.catalog.read(Duration::from_secs(60)))
    }

    fn resolve(&self, target: &Target) -> Result<ForkPoint, PointRefused> {
        self.runtime.block_on(self.catalog.resolve(Lab::STANZA, Role::Secondary, target))
    }

    /// A forker, armed as the product arms it; a new one each time, as after a restart.
    fn forker(&self) -> PgBackRestForker {
        let armed = arm(Request {
            source: "pg-east",
            flag: true,
            read_only: false,
            allowed: true,
            credential: Ok(Credential::ForkHost),
            loopback: true,
            clock: Clock::system(),
        });
        PgBackRestForker::new("pg-east", self.settings.clone(), armed.expect("armed")).expect("a forker")
    }

    fn progress(&self, request: &ForkRequest) -> Progress {
        self.runtime.block_on(self.forker().progress(request))
    }

    fn start(&self, request: &ForkRequest) -> StartOutcome {
        self.runtime.block_on(self.forker().start(request))
    }

    fn find(&self, request: &ForkRequest) -> Found {
        self.runtime.block_on(self.forker().find(request))
    }

    fn remove(&self, request: &ForkRequest) -> Removal {
        self.runtime.block_on(self.forker().remove(request))
    }

    /// Waits for a started fork to end, well or badly.
    fn settle(&self, request: &ForkRequest) -> Progress {
        let end = Instant::now() + LIMIT;
        loop {
            let progress = self.progress(request);
            if !matches!(progress.state, ProgressState::Working) {
                return progress;
            }
            assert!(Instant::now() < end, "still {progress:?}");
        }
    }

    /// Makes a fork and returns what it was restored to.
    fn restored(&self, request: &ForkRequest) -> Option<DateTime<Utc>> {
        let outcome = self.start(request);
        assert!(matches!(outcome, StartOutcome::Accepted { .. }), "{outcome:?}");
        match self.settle(request).state {
            ProgressState::Restored { newest_commit } => newest_commit,
            other => panic!("{other:?}\n{}", self.logs(request)),
        }
    }

    fn logs(&self, request: &ForkRequest) -> String {
        let work = self.forks.join(format!("{}.lifeboat", request.name));
        ["restore.log", "server.log"]
            .map(|name| fs::read_to_string(work.join(name)).unwrap_or_default())
            .concat()
    }

    fn sql(&self, lab: &Lab, request: &ForkRequest, query: &str) -> String {
        let endpoint = self.runtime.block_on(self.forker().endpoint(request)).expect("an endpoint");
        let psql = Path::new(endpoint.bin.as_deref().expect("its programs")).join("psql");
        let mut command = lab.command(psql);
        command.args(["-XqAt", "-h", &endpoint.host, "-p", &endpoint.port.to_string()]);
        command.args(["-U", &endpoint.user, "-d", &endpoint.database, "-c", query]);
        run(&mut command, LIMIT).expect_ok().trim_end().to_owned()
    }
}

fn request(name: &str, point: ForkPoint) -> ForkRequest {
    ForkRequest {
        run: "drill-main-20261120-k3q7wd".to_owned(),
        attempt: 1,
        drill: true,
        remote: Lab::STANZA.to_owned(),
        name: name.to_owned(),
        region: Some("dc-east".to_owned()),
        point,
    }
}

fn copy(report: &SourceReport) -> &CopyPart {
    report.services.first().and_then(|part| part.copies.first()).expect("one copy")
}

fn instant(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_str(&format!("{text}00"), "%Y-%m-%d %H:%M:%S%.f%z").expect(text).to_utc()
}

/// Rows as the primary committed them, in order: id and the time of its commit.
pub(crate) fn commits(lab: &Lab) -> Vec<(u64, DateTime<Utc>)> {
    let rows = lab.sql("select id, pg_xact_commit_timestamp(xmin) from heartbeat order by id");
    rows.lines()
        .filter_map(|row| {
            let (id, at) = row.split_once('|').expect(row);
            // Rows older than the switch to commit timestamps have none.
            (!at.is_empty()).then(|| (id.parse().expect(row), instant(at)))
        })
        .collect()
}

/// A lab whose primary keeps the time of each commit, with rows before, between and after two backups of
/// repository 2 and some idle time.
pub(crate) fn busy_lab() -> Lab {
    let lab = Lab::with(LabOptions { rows: 200, async_archive: false });
    lab.sql("alter system set track_commit_timestamp = on");
    let mut restart = lab.command(lab.pg_bin().join("pg_ctl"));
    restart.args(["-w", "-m", "fast", "-l"]).arg(lab.path().join("log/primary.log")).arg("-D");
    run(restart.arg(lab.path().join("region-a/pg")).arg("restart"), LIMIT).expect_ok();
    lab.wal(2);
    lab.backup(2, BackupKind::Full);
    lab.wal(2);
    // An idle gap of more than a second between two rows.
    let before = Utc::now();
    wait_until("an idle second", LIMIT, || Utc::now() - before > TimeDelta::milliseconds(1500));
    for _ in 0..3 {
        lab.sql("insert into heartbeat(note) values ('same segment')");
    }
    lab.sql("begin; insert into heartbeat(note) values ('given up'); rollback");
    lab.wal(1);
    lab
}

#[test]
fn forks_hold_to_the_row_what_was_promised() {
    needs!(PostgreSql, PgBackRest);
    let lab = busy_lab();
    let region = Region::of(&lab);
    let rows = commits(&lab);
    let newest = rows.last().expect("rows").1;

    let report = region.read();
    assert_eq!(report.outcome, Outcome::Ok, "{report:?}");
    let reading = copy(&report).reading.as_ref().expect("a reading");
    let window = reading.windows.as_ref().expect("windows").last().expect("a window");
    assert_eq!(
        (window.to.at, window.to_is, window.to.grade),
        (newest, Edge::Exact, Grade::Whole),
        "{window:?}"
    );
    assert_eq!(reading.log.last_commit, Some(newest));

    // Log without a commit, as an idle primary writes it: the last commit stays what it was.
    for name in ["a", "b", "c"] {
        lab.sql(&format!("select pg_create_restore_point('{name}'), pg_switch_wal()"));
    }
    let fresh = Region::of(&lab);
    wait_until("the idle segments in repository 2", LIMIT, || {
        let report = fresh.read();
        let log = copy(&report).reading.as_ref().map(|reading| reading.log.clone()).expect("a reading");
        let end = log.end.map(|end| end.segment);
        assert_eq!(log.last_commit, Some(newest), "{report:?}\n{:?}", fresh.resolve(&Target::Newest));
        end >= reading.log.end.as_ref().map(|end| end.segment + 3)
    });

    lab.region_down();
    let again = region.read();
    assert_eq!(again.outcome, Outcome::Ok, "repository 2 stands without region A: {again:?}");

    // The instant in the middle of the idle gap: between the commits that lie farthest from each other.
    let pairs = rows.windows(2).filter(|pair| pair[0].1 > window.from.at);
    let idle = pairs.max_by_key(|pair| pair[1].1 - pair[0].1).expect("an idle gap");
    let idle_middle = idle[0].1 + (idle[1].1 - idle[0].1) / 2;
    let cases = [
        ("newest", Target::Newest, newest),
        ("just-before", Target::At(newest - TimeDelta::microseconds(1)), rows[rows.len() - 2].1),
        ("idle", Target::At(idle_middle), idle[0].1),
    ];
    for (name, target, promise) in cases {
        let point = region.resolve(&target).unwrap_or_else(|refused| panic!("{name}: {refused:?}"));
        assert_eq!((point.promised, point.promised_is), (promise, Edge::Exact), "{name}: {point:?}");
        holds(&lab, &region, name, point, &rows);
    }
    let oldest = region.resolve(&Target::Oldest).expect("the oldest point");
    assert_eq!(oldest.how, PointHow::Immediate);
    holds(&lab, &region, "oldest", oldest.clone(), &rows);
    let label = oldest.backup.clone().expect("a label");
    let by_name = region.resolve(&Target::Backup(label)).expect("a backup by its name");
    assert_eq!((by_name.how, by_name.promised), (oldest.how, oldest.promised));
}

/// Makes a fork of a point, compares it row by row with what the primary had, and removes it.
fn holds(lab: &Lab, region: &Region, name: &str, point: ForkPoint, rows: &[(u64, DateTime<Utc>)]) {
    let expected: Vec<_> =
        rows.iter().filter(|(_, at)| *at <= point.promised).map(|(id, _)| id.to_string()).collect();
    let promised = point.promised;
    let request = request(&format!("drill-{name}"), point);
    let newest_commit = region.restored(&request);
    let first = rows.first().expect("rows").0;
    let found =
        region.sql(lab, &request, &format!("select id from heartbeat where id >= {first} order by id"));
    assert_eq!(found.lines().collect::<Vec<_>>(), expected, "{name}\n{}", region.logs(&request));
    if let Some(newest) = newest_commit {
        assert!(newest >= promised, "{name}: {newest} is before {promised}");
    }
    assert_eq!(region.sql(lab, &request, "show archive_mode"), "off");
    assert_eq!(region.sql(lab, &request, "show listen_addresses"), "127.0.0.1");
    assert_eq!(region.sql(lab, &request, "select pg_is_in_recovery()"), "f");
    let removal = region.remove(&request);
    assert!(matches!(removal, Removal::Proven { .. }), "{removal:?}");
    assert_eq!(region.find(&request), Found::Absent);
    assert!(matches!(region.remove(&request), Removal::Proven { .. }), "removing twice is harmless");
}

#[test]
fn what_cannot_be_reached_is_refused_before_anything_runs() {
    needs!(PostgreSql, PgBackRest);
    let lab = busy_lab();
    let region = Region::of(&lab);
    let newest = commits(&lab).last().expect("rows").1;
    let after = region.resolve(&Target::At(newest + TimeDelta::seconds(1))).expect_err("after the end");
    assert!(after.reason.contains("after the end of the log"), "{after:?}");
    let earlier = after.earlier.expect("a nearer instant");
    assert!(region.resolve(&Target::At(earlier)).is_ok(), "what is proposed is accepted");

    let oldest = region.resolve(&Target::Oldest).expect("the oldest point").promised;
    let before = region.resolve(&Target::At(oldest - TimeDelta::hours(1))).expect_err("before the oldest");
    assert!(before.reason.contains("before the oldest"), "{before:?}");
    assert!(region.resolve(&Target::At(before.later.expect("a nearer instant"))).is_ok());
    let unknown = region.resolve(&Target::Backup("20200101-000000F".to_owned())).expect_err("no such backup");
    assert!(unknown.reason.contains("not in repo2"), "{unknown:?}");

    // A hole: two segments in the middle of the newest stretch are lost in repository 2.
    let segments = lab.path().join("region-b/repo/archive").join(Lab::STANZA).join("15-1");
    let folder =
        fs::read_dir(&segments).expect("the archive").next().expect("a folder").expect("a folder").path();
    lab.wal(4);
    let beyond = commits(&lab).last().expect("rows").1;
    let mut names: Vec<PathBuf> =
        fs::read_dir(folder).expect("segments").map(|entry| entry.expect("a segment").path()).collect();
    names.sort();
    let lost = &names[names.len() - 3..names.len() - 1];
    for segment in lost {
        fs::remove_file(segment).expect("a segment to lose");
    }
    let hole = region.resolve(&Target::At(beyond - TimeDelta::microseconds(1))).expect_err("in the hole");
    assert!(hole.reason.contains("hole of the log"), "{hole:?}");
    let gaps = |report: &SourceReport| -> Vec<(u64, bool, bool)> {
        let signs = &copy(report).reading.as_ref().expect("a reading").signs;
        let gap = |sign: &Sign| match sign {
            Sign::LogGap { count, ends_window, confirmed, .. } => Some((*count, *ends_window, *confirmed)),
            _ => None,
        };
        signs.iter().filter_map(gap).collect()
    };
    assert_eq!(gaps(&region.read()), [(2, true, false)]);
    assert_eq!(gaps(&region.read()), [(2, true, true)]);
    let reachable = region.resolve(&Target::Newest).expect("what is before the hole");
    assert!(reachable.promised < beyond, "{reachable:?}");
}

#[test]
fn a_lost_repository_is_unknown_and_not_empty() {
    needs!(PostgreSql, PgBackRest);
    let lab = Lab::with(LabOptions { rows: 10, async_archive: false });
    let region = Region::of(&lab);
    assert_eq!(region.read().outcome, Outcome::Ok);
    lab.repo2_down();
    let gone = region.read();
    assert_eq!(gone.outcome, Outcome::NotFound, "{gone:?}");
    assert_eq!(copy(&gone).reading, None);
    assert!(region.resolve(&Target::Newest).is_err());
}

#[test]
fn what_is_not_ours_is_never_touched() {
    needs!(PostgreSql, PgBackRest);
    let lab = Lab::with(LabOptions { rows: 10, async_archive: false });
    let region = Region::of(&lab);
    let point = region.resolve(&Target::Oldest).expect("a point");
    let request = request("drill-foreign", point);
    let foreign = region.forks.join("drill-foreign");
    run(lab.command("mkdir").arg("-p").arg(&foreign), LIMIT).expect_ok();
    fs::write(foreign.join("precious"), "data").expect("a file of someone else");

    assert!(matches!(region.find(&request), Found::Foreign { .. }));
    let outcome = region.start(&request);
    assert!(
        matches!(&outcome, StartOutcome::Refused { why, .. } if why.contains("without a mark")),
        "{outcome:?}"
    );
    assert!(matches!(region.remove(&request), Removal::Foreign { .. }));
    assert_eq!(fs::read_to_string(foreign.join("precious")).expect("it is still there"), "data");

    // Another attempt of the same run does not own it either.
    fs::remove_dir_all(&foreign).expect("the foreign folder goes");
    region.restored(&request);
    let other = ForkRequest { attempt: 2, ..request.clone() };
    assert!(matches!(region.find(&other), Found::Foreign { .. }));
    assert!(matches!(region.start(&other), StartOutcome::Refused { .. }));
    assert!(matches!(region.remove(&other), Removal::Foreign { .. }));
    assert_eq!(region.find(&request), Found::Mine);
    // Asked again, the same attempt makes nothing new.
    assert!(matches!(region.start(&request), StartOutcome::Accepted { .. }));
    assert!(matches!(region.settle(&request).state, ProgressState::Restored { .. }));
    assert!(matches!(region.remove(&request), Removal::Proven { .. }));
}

/// A stand-in for pgBackRest that restores, then takes back the file written last and hangs until `gate` is
/// gone: a restore that is not finished yet.
fn hanging_restore(lab: &Lab, gate: &Path) -> Vec<String> {
    let script = lab.path().join("slow-pgbackrest");
    let text = format!(
        "#!/bin/sh\ncase \" $* \" in *' restore '*) ;; *) exec pgbackrest \"$@\" ;; esac\n\
         pgbackrest \"$@\" || exit\n[ -e '{gate}' ] || exit 0\n\
         for word in \"$@\"; do case $word in --pg1-path=*) rm \"${{word#--pg1-path=}}/global/pg_control\" ;; esac; done\n\
         : > '{gate}.reached'\nwhile [ -e '{gate}' ]; do sleep 0.1; done\nexit 0\n",
        gate = gate.display()
    );
    fs::write(&script, text).expect("a script");
    run(std::process::Command::new("chmod").arg("755").arg(&script), LIMIT).expect_ok();
    vec![script.display().to_string()]
}

/// The mark of a fork.
fn mark(region: &Region, request: &ForkRequest) -> serde_json::Value {
    let text = fs::read_to_string(region.forks.join(format!("{}.lifeboat.json", request.name)));
    serde_json::from_str(&text.expect("a mark")).expect("a mark is one JSON document")
}

#[test]
fn a_killed_restore_is_taken_up_again_in_the_same_folder() {
    needs!(PostgreSql, PgBackRest);
    let lab = Lab::with(LabOptions { rows: 300, async_archive: false });
    let gate = lab.path().join("run/gate");
    run(lab.command("touch").arg(&gate), LIMIT).expect_ok();
    let region = Region::with(&lab, &Lab::run_prefix(), &hanging_restore(&lab, &gate));
    let request = request("drill-killed", region.resolve(&Target::Newest).expect("a point"));
    assert!(matches!(region.start(&request), StartOutcome::Accepted { .. }));
    wait_until("a restore that hangs", LIMIT, || gate.with_extension("reached").exists());

    // Every call so far came from a forker of its own, as after a restart: the work goes on alone.
    let progress = region.progress(&request);
    assert_eq!(progress.state, ProgressState::Working, "{progress:?}");
    assert!(progress.done.expect("bytes") > 1 << 20, "{progress:?}");
    let first = mark(&region, &request);
    assert_eq!((first["phase"].as_str(), first["exit"].is_null()), (Some("restore"), true), "{first}");
    assert!(matches!(region.start(&request), StartOutcome::Accepted { .. }), "alive: taken up");
    assert_eq!(mark(&region, &request)["pid"], first["pid"], "not started a second time");

    let session = format!("-{}", first["pid"]);
    run(lab.command("kill").args(["-KILL", "--", &session]), LIMIT).expect_ok();
    wait_until("an ended restore", LIMIT, || region.progress(&request).state != ProgressState::Working);
    let dead = region.progress(&request).state;
    assert!(matches!(dead, ProgressState::Failed { can_resume: true, .. }), "{dead:?}");

    run(lab.command("rm").arg(&gate), LIMIT).expect_ok();
    let newest = region.restored(&request);
    assert!(newest >= Some(request.point.promised), "{newest:?}");
    assert!(region.logs(&request).contains("--delta"), "{}", region.logs(&request));
    assert_eq!(region.sql(&lab, &request, "select count(*) from bulk"), "300");
    assert_eq!(mark(&region, &request)["attempt"], 1);
    assert!(matches!(region.remove(&request), Removal::Proven { .. }));
}

#[test]
fn a_start_that_is_cut_off_anywhere_leaves_one_fork() {
    needs!(PostgreSql, PgBackRest);
    let lab = Lab::with(LabOptions { rows: 10, async_archive: false });
    let region = Region::of(&lab);
    let request = request("drill-cut", region.resolve(&Target::Newest).expect("a point"));
    for cut_after in [5, 20, 40, 80, 160, 320] {
        let forker = region.forker();
        region.runtime.block_on(async {
            let start = forker.start(&request);
            tokio::time::timeout(Duration::from_millis(cut_after), start).await.ok();
        });
        assert!(matches!(region.find(&request), Found::Mine | Found::Absent), "after {cut_after} ms");
    }
    region.restored(&request);
    let mut left: Vec<String> = fs::read_dir(&region.forks)
        .expect("forks")
        .map(|entry| entry.expect("a file").file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with("drill-cut.lifeboat.json."))
        .collect();
    left.sort();
    let port = format!(".lifeboat-port-{}", lab.fork_port());
    assert_eq!(left, [port.as_str(), "drill-cut", "drill-cut.lifeboat", "drill-cut.lifeboat.json"]);
    assert!(matches!(region.remove(&request), Removal::Proven { .. }));
    assert_eq!(fs::read_dir(&region.forks).expect("forks").count(), 0, "nothing is left");
}

#[test]
fn everything_works_over_ssh_and_its_loss_is_told() {
    needs!(PostgreSql, PgBackRest, OpenSsh);
    let lab = Lab::with(LabOptions { rows: 50, async_archive: true });
    lab.wal(1);
    let mut sshd = Sshd::up();
    let prefix = [sshd.run_prefix(), Lab::run_prefix()].concat();
    let region = Region::with(&lab, &prefix, &["pgbackrest".to_owned()]);
    let report = region.read();
    assert_eq!(report.outcome, Outcome::Ok, "{report:?}");
    assert!(report.skew_s.is_some_and(|skew| skew.abs() <= 5), "{report:?}");
    let request = request("drill-ssh", region.resolve(&Target::Newest).expect("a point"));
    let readiness = region.runtime.block_on(region.forker().check(&request));
    let troubles: Vec<_> = readiness.iter().filter(|item| item.state != ReadinessState::Pass).collect();
    assert!(troubles.is_empty() && readiness.len() >= 7, "{readiness:?}");

    let newest = region.restored(&request);
    assert_eq!(newest, Some(request.point.promised));
    assert_eq!(region.sql(&lab, &request, "select count(*) from bulk"), "50");

    sshd.stop();
    assert_eq!(region.read().outcome, Outcome::Unreachable);
    assert!(matches!(region.find(&request), Found::CannotTell { .. }));
    assert!(matches!(region.progress(&request).state, ProgressState::CannotTell { .. }));
    assert!(matches!(region.start(&request), StartOutcome::Unknown { .. }));
    assert!(matches!(region.remove(&request), Removal::Failed { .. }));
    assert!(sshd.start(), "{}", sshd.log());
    assert!(matches!(region.progress(&request).state, ProgressState::Restored { .. }));
    assert!(matches!(region.remove(&request), Removal::Proven { .. }));
}

#[test]
fn readiness_finds_a_taken_port_and_the_wrong_account() {
    needs!(PostgreSql, PgBackRest);
    let lab = Lab::with(LabOptions { rows: 10, async_archive: false });
    let region = Region::of(&lab);
    let request = request("drill-ready", region.resolve(&Target::Oldest).expect("a point"));
    let state = |region: &Region, check: &str| {
        let items = region.runtime.block_on(region.forker().check(&request));
        items.iter().find(|item| item.check == check).map(|item| item.state)
    };
    assert_eq!(state(&region, "port"), Some(ReadinessState::Pass));
    let listener = std::net::TcpListener::bind(("127.0.0.1", lab.fork_port())).expect("the fork's port");
    assert_eq!(state(&region, "port"), Some(ReadinessState::Fail));
    let outcome = region.start(&request);
    assert!(matches!(&outcome, StartOutcome::Refused { why, .. } if why.contains("no port")), "{outcome:?}");
    assert_eq!(region.find(&request), Found::Absent, "a refusal leaves nothing");
    drop(listener);
    if is_root() {
        let as_root = Region::with(&lab, &[], &["pgbackrest".to_owned()]);
        assert_eq!(state(&as_root, "account"), Some(ReadinessState::Fail));
        let outcome = as_root.start(&request);
        assert!(matches!(&outcome, StartOutcome::Refused { why, .. } if why.contains("root")), "{outcome:?}");
    }
    assert!(matches!(region.remove(&request), Removal::Proven { .. }));
}

#[test]
fn a_failover_is_followed_onto_the_new_timeline() {
    needs!(PostgreSql, PgBackRest);
    let lab = busy_lab();
    let data = lab.path().join("region-a/pg");
    let pg_ctl = |words: &[&str]| {
        let mut command = lab.command(lab.pg_bin().join("pg_ctl"));
        command.arg("-D").arg(&data).args(["-w", "-l"]).arg(lab.path().join("log/primary.log"));
        run(command.args(words), LIMIT).expect_ok();
    };
    pg_ctl(&["-m", "fast", "stop"]);
    run(lab.command("touch").arg(data.join("standby.signal")), LIMIT).expect_ok();
    pg_ctl(&["start"]);
    pg_ctl(&["promote"]);
    lab.wal(3);
    let region = Region::of(&lab);
    let rows = commits(&lab);
    wait_until("the last segment in repository 2", LIMIT, || {
        let report = region.read();
        let last = copy(&report).reading.as_ref().and_then(|reading| reading.log.last_commit);
        last == rows.last().map(|(_, at)| *at)
    });
    let report = region.read();
    let reading = copy(&report).reading.as_ref().expect("a reading");
    assert_eq!(reading.log.end.as_ref().map(|end| end.timeline), Some(2), "{reading:?}");
    assert!(reading.signs.is_empty(), "a failover is neither a hole nor a rival: {:?}", reading.signs);

    let newest = rows.last().expect("rows").1;
    let point = region.resolve(&Target::Newest).expect("newest");
    assert!(matches!(point.how, PointHow::Lsn { timeline: 2, .. }), "{point:?}");
    assert_eq!((point.promised, point.promised_is), (newest, Edge::Exact));
    holds(&lab, &region, "newest", point, &rows);
    let point = region.resolve(&Target::At(newest - TimeDelta::microseconds(1))).expect("just before");
    holds(&lab, &region, "just-before", point, &rows);
}
