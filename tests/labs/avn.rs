//! The provider's official client, as people use it, against the simulator: what it asks and what it
//! can make of the answers is the proof that the wire format is the real one.

mod beside;
mod commands;

use crate::support::{avn, needs, run};
use chrono::Utc;
use lifeboat::clock::Clock;
use lifeboat::secret::SecretString;
use lifeboat::simulator::scenario;
use lifeboat::simulator::{Running, Simulator};
use serde_json::Value;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tempfile::TempDir;

const TOKEN: &str = "lab-token";
/// Long enough for the client's slow start on a busy machine.
const LIMIT: Duration = Duration::from_secs(90);

/// A simulator, and a client that is signed in to it.
struct Client {
    running: Running,
    home: TempDir,
    /// The simulator's clock, for `--clock`.
    clock: String,
}

impl Client {
    /// Time runs `speed` times as fast as on the wall.
    fn of(name: &str, speed: f64) -> Self {
        let scenario = scenario::load(name).expect("a scenario");
        let (start, real) = ("2026-11-20T12:00:00Z", Utc::now());
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let clock = Clock::shared(start.parse().expect("an instant"), real, speed);
        let running =
            Simulator::start(&scenario, clock, any, SecretString::from(TOKEN)).expect("a simulator");
        let home = tempfile::tempdir().expect("a folder for the client");
        Self { running, home, clock: format!("{start}@{},{speed}", real.to_rfc3339()) }
    }

    fn signed_in(name: &str, speed: f64) -> Self {
        let client = Self::of(name, speed);
        client.ok(&["user", "login", "operator@example.com", "--token"]);
        client
    }

    /// Runs the client, which must succeed, and gives what it prints.
    fn ok(&self, args: &[&str]) -> String {
        let mut command = avn(self.home.path(), &self.running.url());
        run(command.env("AIVEN_AUTH_TOKEN", TOKEN).args(args), LIMIT).expect_ok()
    }

    fn json(&self, args: &[&str]) -> Value {
        let text = self.ok(&[args, &["--json"]].concat());
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{args:?}: {error}\n{text}"))
    }

    /// Runs the client, which must fail with exit code 1 and say this.
    fn fails(&self, args: &[&str], says: &str) {
        let mut command = avn(self.home.path(), &self.running.url());
        let ran = run(command.env("AIVEN_AUTH_TOKEN", TOKEN).args(args), LIMIT);
        assert_eq!(ran.status.code(), Some(1), "{args:?}\n{}\n{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.contains(says), "{args:?}: {}", ran.stderr);
    }
}

fn names(services: &Value) -> Vec<&str> {
    let services = services.as_array().expect("a list");
    services.iter().map(|service| service["service_name"].as_str().expect("a name")).collect()
}

/// The client's words for a fork of `sessions` in the other region.
fn fork<'a>(name: &'a str, point: &'a str) -> Vec<&'a str> {
    let what = ["service", "create", name, "-t", "pg", "-p", "business-4", "--no-project-vpc"];
    let wherefrom = ["--cloud", "aws-eu-central-1", "--service-to-fork-from", "sessions"];
    [&what[..], &wherefrom, &["--recovery-target-time", point]].concat()
}

#[test]
fn the_official_client_reads_services_backups_clouds_and_plans() {
    needs!(Avn);
    let client = Client::signed_in("calm", 1.0);
    assert!(client.ok(&["project", "list"]).contains("demo"));
    client.ok(&["project", "list", "-v"]);

    let table = client.ok(&["service", "list"]);
    assert!(table.contains("orders-db") && table.contains("aws-eu-west-1"), "{table}");
    let list = client.json(&["service", "list"]);
    assert!(names(&list).len() >= 8, "{list}");

    for name in names(&list) {
        let table = client.ok(&["service", "get", name, "-v"]);
        let state = if name == "tickets" { "POWEROFF" } else { "RUNNING" };
        assert!(table.contains(name) && table.contains(state), "{table}");
    }
    assert_eq!(
        client.json(&["service", "get", "ledger"])["user_config"]["additional_backup_regions"][0],
        "aws-eu-central-1"
    );

    let table = client.ok(&["service", "backup-list", "orders-db"]);
    assert!(table.contains("pghoard") && table.contains("aws-eu-west-1"), "{table}");
    let backups = client.json(&["service", "backup-list", "orders-db"]);
    let copy = &backups[0]["additional_regions"][0];
    assert_eq!((&copy["cloud"], &copy["region"]), (&"aws-eu-central-1".into(), &"eu-central-1".into()));

    assert!(client.ok(&["cloud", "list"]).contains("aws-eu-central-1"));
    let nobody = Client::of("calm", 1.0);
    assert!(nobody.ok(&["cloud", "list"]).contains("aws-eu-central-1"), "no project is chosen");
    assert!(client.ok(&["service", "types"]).contains("PostgreSQL"));
    assert!(
        client
            .ok(&["service", "plans", "--service-type", "pg", "--cloud", "aws-eu-central-1"])
            .contains("business-8")
    );
    assert!(client.ok(&["service", "logs", "orders-db"]).contains("backup"));
    client.ok(&["service", "metrics", "orders-db", "--period", "day"]);
    client.fails(&["service", "get", "nobody"], "Service nobody does not exist");
}

#[test]
fn the_official_client_forks_there_waits_and_terminates() {
    needs!(Avn);
    let client = Client::signed_in("calm", 120.0);
    let backups = client.json(&["service", "backup-list", "sessions"]);
    let copied = backups
        .as_array()
        .expect("a list")
        .iter()
        .rev()
        .find(|backup| backup["additional_regions"].as_array().is_some_and(|copies| !copies.is_empty()));
    let point =
        copied.expect("a backup there")["backup_time"].as_str().expect("a time").replace('Z', "+00:00");

    client.fails(&fork("sessions-early", "2020-01-01T00:00:00+00:00"), "recovery_target_time");
    client.ok(&fork("sessions-drill", &point));
    client.fails(&fork("sessions-drill", &point), "Service name is already in use in this project");
    client.ok(&["service", "get", "sessions-drill", "-v"]);

    client.ok(&["service", "wait", "sessions-drill", "--timeout", "60"]);
    let done = client.json(&["service", "get", "sessions-drill"]);
    assert_eq!((&done["state"], &done["cloud_name"]), (&"RUNNING".into(), &"aws-eu-central-1".into()));
    assert_eq!(done["user_config"]["service_to_fork_from"], "sessions");
    assert_eq!(done["user_config"]["recovery_target_time"], point.as_str());

    let events = client.ok(&["events", "-n", "5"]);
    assert!(events.contains("service_create") && events.contains("sessions-drill"), "{events}");

    client.fails(&["service", "terminate", "sessions", "--force"], "protected against termination");
    client.ok(&["service", "terminate", "sessions-drill", "--force"]);
    assert!(!names(&client.json(&["service", "list"])).contains(&"sessions-drill"));
}

#[test]
fn the_official_client_changes_settings_and_power() {
    needs!(Avn);
    let client = Client::signed_in("calm", 1.0);
    client.ok(&["service", "update", "reports", "-c", r#"additional_backup_regions=["aws-eu-central-1"]"#]);
    let reports = client.json(&["service", "get", "reports"]);
    assert_eq!(reports["user_config"]["additional_backup_regions"][0], "aws-eu-central-1");
    client.ok(&["service", "update", "reports", "--remove-option", "backup_hour"]);
    assert!(client.json(&["service", "get", "reports"])["user_config"].get("backup_hour").is_none());
    client.fails(
        &["service", "update", "reports", "-c", r#"additional_backup_regions=["google-europe-west1"]"#],
        "same cloud provider",
    );
    client.fails(&["service", "update", "reports", "--power-off"], "protected against termination");
    client.ok(&["service", "update", "reports", "--disable-termination-protection"]);
    client.ok(&["service", "update", "reports", "--power-off"]);
    let off = client.ok(&["service", "get", "reports", "-v"]);
    assert!(off.contains("POWEROFF"), "{off}");
}

#[test]
fn the_official_client_marks_a_service_by_its_tags() {
    needs!(Avn);
    let client = Client::signed_in("calm", 1.0);
    let tags = |name: &str| client.json(&["service", "get", name])["tags"].clone();
    let mark = ["service", "tags", "update", "sessions", "--add-tag", "lifeboat_run=drill-1"];
    client.ok(&[&mark[..], &["--remove-tag", "owner"]].concat());
    assert_eq!(tags("sessions"), serde_json::json!({ "tier": "2", "lifeboat_run": "drill-1" }));
    assert!(client.ok(&["service", "tags", "list", "sessions"]).contains("drill-1"));
    client.ok(&["service", "tags", "replace", "sessions", "--tag", "tier=3"]);
    assert_eq!(tags("sessions"), serde_json::json!({ "tier": "3" }));
    client.fails(&["service", "tags", "update", "nobody", "--add-tag", "a=b"], "does not exist");
}

#[test]
fn the_official_client_prints_a_fork_at_every_phase() {
    needs!(Avn);
    let client = Client::signed_in("stuck-fork", 30.0);
    client.ok(&[
        "service",
        "create",
        "stuck",
        "-t",
        "pg",
        "-p",
        "business-8",
        "--cloud",
        "aws-eu-central-1",
        "--service-to-fork-from",
        "orders-db",
    ]);
    let mut phases = Vec::new();
    let end = std::time::Instant::now() + LIMIT;
    while !phases.contains(&"basebackup 37".to_owned()) {
        assert!(std::time::Instant::now() < end, "{phases:?}");
        let service = client.json(&["service", "get", "stuck"]);
        let table = client.ok(&["service", "get", "stuck", "-v"]);
        let node = &service["node_states"][0];
        let progress = &node["progress_updates"][1];
        let phase = match (progress["current"].as_u64(), progress["max"].as_u64()) {
            (Some(current), Some(max)) => {
                assert!(table.contains("basebackup"), "{table}");
                format!("basebackup {}", (current * 1000 / max.max(1) + 5) / 10)
            }
            _ => node["state"].as_str().unwrap_or("accepted").to_owned(),
        };
        if phases.last() != Some(&phase) {
            phases.push(phase);
        }
    }
    client.fails(&["service", "wait", "stuck", "--timeout", "1"], "");
}

#[test]
fn the_official_client_shows_the_simulators_refusals() {
    needs!(Avn);
    let client = Client::of("calm", 1.0);
    let wrong = ["--auth-token", "wrong", "service", "list", "--project", "demo"];
    let mut command = avn(client.home.path(), &client.running.url());
    let ran = run(command.args(wrong), LIMIT);
    assert!(ran.stderr.contains("Invalid token"), "{}", ran.stderr);
    client.fails(&["service", "list", "--project", "other"], "Project does not exist");
}
