//! A real pair of regions, and the product's eyes and hands on its repository 2.

mod forks;
mod hand_over;
mod idle;
mod layouts;
mod lesser;
mod options;
mod points;
mod rivals;
mod s3;

use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use lifeboat::clock::Clock;
use lifeboat::domain::{CopyPart, Edge, Grade, Outcome, Reading, Role, SourceReport, Target};
use lifeboat::provider::arming::{Credential, Request, arm};
use lifeboat::provider::pgbackrest::{PgBackRestCatalog, PgBackRestForker, Settings};
use lifeboat::provider::{
    Catalog, ForkPoint, ForkRequest, Forker, Found, NoPoint, PointRefused, Progress, ProgressState,
    ReadinessItem, ReadinessState, Removal, StartOutcome,
};

use crate::support::{BackupKind, Lab, LabOptions, run, wait_until};

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
        Self::on_ports(lab, prefix, program, lab.fork_ports())
    }

    /// The same with other ports for forks.
    fn on_ports(lab: &Lab, prefix: &[String], program: &[String], ports: &RangeInclusive<u16>) -> Self {
        let config = lab.region_b_config();
        let forks = lab.path().join("forks");
        let mut program = program.to_vec();
        program.push(format!("--config={}", config.display()));
        let text = format!(
            "run = {prefix:?}\nprogram = {program:?}\nstanza = '{stanza}'\nrepo = 2\ntimeout = '60s'\n[fork]\nrun = {prefix:?}\n\
             directory = '{forks}'\nports = '{first}-{last}'\npg_bin = '{bin}'\n",
            stanza = Lab::STANZA,
            forks = forks.display(),
            first = ports.start(),
            last = ports.end(),
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

    fn ask(&self, target: &Target) -> Result<ForkPoint, NoPoint> {
        self.runtime.block_on(self.catalog.resolve(Lab::STANZA, Role::Secondary, target))
    }

    /// The same of a repository that can be read.
    fn resolve(&self, target: &Target) -> Result<ForkPoint, PointRefused> {
        match self.ask(target) {
            Ok(point) => Ok(point),
            Err(NoPoint::Refused(refused)) => Err(refused),
            Err(NoPoint::CannotTell { why, .. }) => panic!("the repository cannot be read: {why}"),
        }
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
        PgBackRestForker::new("pg-east", self.settings.clone(), armed.expect("armed"), Clock::system())
            .expect("a forker")
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
        self.sql_in("postgres", lab, request, query)
    }

    /// Asks a fork in one of its databases.
    fn sql_in(&self, database: &str, lab: &Lab, request: &ForkRequest, query: &str) -> String {
        let endpoint = self.runtime.block_on(self.forker().endpoint(request)).expect("an endpoint");
        let psql = Path::new(endpoint.bin.as_deref().expect("its programs")).join("psql");
        let mut command = lab.command(psql);
        command.args(["-XqAt", "-h", &endpoint.host, "-p", &endpoint.port.to_string()]);
        command.args(["-U", &endpoint.user, "-d", database, "-c", query]);
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
        host: None,
    }
}

fn copy(report: &SourceReport) -> &CopyPart {
    report.services.first().and_then(|part| part.copies.first()).expect("one copy")
}

/// The reading of the one copy, after a look that found its log whole up to `newest`, a commit.
fn whole_to(report: &SourceReport, newest: DateTime<Utc>) -> &Reading {
    assert_eq!(report.outcome, Outcome::Ok, "{report:?}");
    let reading = copy(report).reading.as_ref().expect("a reading");
    let window = reading.windows.as_ref().expect("windows").last().expect("a window");
    let found = (window.to.at, window.to_is, window.to.grade);
    assert_eq!(found, (newest, Edge::Exact, Grade::Whole), "{window:?}");
    reading
}

/// What readiness found that is not as it should be.
fn troubles(readiness: &[ReadinessItem]) -> Vec<&ReadinessItem> {
    readiness.iter().filter(|item| item.state != ReadinessState::Pass).collect()
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
    busy(Lab::with(LabOptions { rows: 200, async_archive: false }))
}

/// Gives a fresh lab the rows and backups of [`busy_lab`].
fn busy(lab: Lab) -> Lab {
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
    let again = region.remove(&request);
    assert!(
        matches!(again, Removal::Pending { .. }),
        "removing twice is harmless, one look no proof: {again:?}"
    );
}

/// Changes the lab's pgBackRest configuration, for every call from now on.
fn reconfigure(lab: &Lab, change: impl Fn(&str) -> String) {
    let text = fs::read_to_string(lab.config()).expect("the configuration");
    fs::write(lab.config(), change(&text)).expect("the configuration");
}
