//! An incident on a real pair, through the binary: region lost, killed in the middle of the restore,
//! taken up again, cleaned up. One fork.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::{Lab, LabOptions, Ran, needs, run};

const LIMIT: Duration = Duration::from_secs(180);

/// The binary with a config over a lab.
struct Lifeboat {
    config: PathBuf,
    forks: PathBuf,
}

impl Lifeboat {
    fn over(lab: &Lab) -> Self {
        let (config, forks) = (lab.path().join("lifeboat.toml"), lab.path().join("forks"));
        let prefix = Lab::run_prefix();
        let source = |name: &str, repo: u8| {
            format!(
                "[sources.{name}]\nkind = 'pgbackrest'\nrun = {prefix:?}\n\
                 program = ['pgbackrest', '--config={}']\nstanza = '{}'\nrepo = {repo}\ntimeout = '60s'\n",
                lab.config().display(),
                Lab::STANZA
            )
        };
        let text = format!(
            "fleet = 'lab'\nstate_dir = '{state}'\n[arming]\nallow = true\n[tiers.1]\nrpo = '15m'\nrto = '1h'\n\
             {west}{east}[sources.east.fork]\nrun = {prefix:?}\ndirectory = '{forks}'\nports = '{port}-{port}'\n\
             pg_bin = '{bin}'\n[services.main]\ntier = 1\nprobe = 'tcp://127.0.0.1:{primary}'\n\
             primary = {{ source = 'west', region = 'a' }}\nsecondary = {{ source = 'east', region = 'b' }}\n\
             [[services.main.checks]]\nsql = 'select max(ts) from heartbeat'\nexpect = {{ newest_row = true }}\n\
             [[services.main.checks]]\nsql = 'select count(*) from heartbeat'\nexpect = {{ equals = {rows} }}\n",
            state = lab.path().join("state").display(),
            west = source("west", 1),
            east = source("east", 2),
            forks = forks.display(),
            port = lab.fork_port(),
            bin = lab.pg_bin().display(),
            primary = lab.port(),
            rows = lab.sql("select count(*) from heartbeat").trim(),
        );
        std::fs::write(&config, text).expect("a config");
        Self { config, forks }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lifeboat"));
        command.arg("--config").arg(&self.config).args(args).stdin(Stdio::null());
        command
    }

    fn run(&self, args: &[&str]) -> Ran {
        run(&mut self.command(args), LIMIT)
    }

    /// Restored clusters, by name.
    fn forks(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(&self.forks) else { return Vec::new() };
        let clusters =
            entries.filter_map(Result::ok).filter(|entry| entry.path().join("PG_VERSION").is_file());
        let names = clusters.map(|entry| entry.file_name().to_string_lossy().into_owned());
        // A claim on a port is a link to the cluster that holds it.
        names.filter(|name| !name.starts_with('.')).collect()
    }
}

/// The arguments of an incident.
const INCIDENT: [&str; 11] = [
    "--arm",
    "incident",
    "main",
    "--confirm",
    "main",
    "--declared-by",
    "anna",
    "--scenario",
    "region a is lost",
    "--criteria",
    "silent",
];

#[test]
fn an_incident_killed_in_the_middle_of_the_restore_is_taken_up_with_one_fork() {
    needs!(PostgreSql, PgBackRest);
    let lab = Lab::with(LabOptions { rows: 200_000, ..LabOptions::default() });
    lab.wal(2);
    let lifeboat = Lifeboat::over(&lab);
    lifeboat.run(&["status"]).expect_ok();
    lab.region_down();
    let late = lifeboat.run(&["incident", "main", "--dry-run", "--to", "2099-01-01T00:00:00Z"]);
    assert_eq!(late.status.code(), Some(2), "{late:?}");
    assert!(late.stdout.contains("REFUSED") && late.stdout.contains("nearest earlier"), "{late:?}");

    let mut killed = lifeboat.command(&INCIDENT).stdout(Stdio::piped()).spawn().expect("an incident");
    let mut lines = BufReader::new(killed.stdout.take().expect("its lines")).lines();
    let begun = lines.any(|line| line.expect("a line").contains("wait          started"));
    assert!(begun, "the fork was asked for");
    killed.kill().expect("kill -9");
    killed.wait().expect("its end");

    let list = lifeboat.run(&["runs", "list"]).expect_ok();
    assert!(list.contains("interrupted, resume"), "{list}");
    let id = list.lines().nth(1).and_then(|line| line.split_whitespace().next()).expect("a run").to_owned();
    let resumed = lifeboat.run(&["--arm", "runs", "resume", &id]);
    assert_eq!(resumed.status.code(), Some(3), "only the owner's word is missing: {resumed:?}");
    assert!(resumed.stdout.contains("2 of 2 checks passed"), "every row is there: {resumed:?}");
    let forks = lifeboat.forks();
    assert_eq!(forks.len(), 1, "one attempt, one fork: {forks:?} {resumed:?}");
    lifeboat.run(&["runs", "verify", &id]).expect_ok();

    let abort =
        lifeboat.run(&["--arm", "runs", "abort", &id, "--reason", "end of the lab", "--confirm", "main"]);
    assert!(abort.stdout.contains("forks are kept"), "{abort:?}");
    assert_eq!(lifeboat.forks(), forks, "abort removes nothing");
    let cleaned = lifeboat.run(&["--arm", "runs", "clean-up", &id, "--confirm", "main"]);
    assert!(cleaned.stdout.contains("removed: "), "{cleaned:?}");
    assert!(lifeboat.forks().is_empty());
}
