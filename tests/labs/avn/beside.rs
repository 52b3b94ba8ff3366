//! The official client and lifeboat side by side on one simulator: what one sees or makes, the other sees.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{Client, LIMIT, TOKEN, names};
use crate::support::{Ran, avn_path, needs, run};

/// The binary over the same simulator.
struct Lifeboat<'a> {
    client: &'a Client,
    config: std::path::PathBuf,
}

impl<'a> Lifeboat<'a> {
    fn beside(client: &'a Client) -> Self {
        let url = client.running.url();
        let text = format!(
            "fleet = 'lab'\nstate_dir = '{state}'\n[arming]\nallow = true\n[tiers.1]\nrpo = '900h'\nrto = '900h'\n\
             [sources.sim]\nkind = 'aiven'\nproject = 'demo'\nurl = '{url}'\n\
             token = {{ env = 'SIM_TOKEN' }}\nacting_token = {{ env = 'SIM_TOKEN' }}\n[discover.sim]\n\
             [services.orders-db]\nsource = 'sim'\ntier = 1\n[[services.orders-db.checks]]\nname = 'rows'\n\
             http = '{url}/_sim/data/{{name}}'\npointer = '/rows'\nexpect = {{ at_least = 1 }}\n",
            state = client.home.path().join("state").display(),
        );
        let config = client.home.path().join("lifeboat.toml");
        std::fs::write(&config, text).expect("a config");
        Self { client, config }
    }

    fn run(&self, args: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lifeboat"));
        command.arg("--config").arg(&self.config).args(["--clock", &self.client.clock]);
        command.args(args).env("SIM_TOKEN", TOKEN).stdin(Stdio::null());
        run(&mut command, LIMIT)
    }

    fn services(&self) -> BTreeMap<String, Value> {
        let ran = self.run(&["status", "--output", "json"]);
        let doc: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
        let services = doc.get("services").and_then(Value::as_array).expect("services").iter();
        services.map(|one| (one["service"].as_str().expect("a name").to_owned(), one.clone())).collect()
    }
}

/// How many backups there are, and how many of them have a copy in another region, by the official client.
fn counted(client: &Client, name: &str) -> (usize, usize) {
    let backups = client.json(&["service", "backup-list", name]);
    let backups = backups.as_array().expect("a list");
    let is_copied =
        |backup: &&Value| backup["additional_regions"].as_array().is_some_and(|all| !all.is_empty());
    (backups.len(), backups.iter().filter(is_copied).count())
}

#[test]
fn both_see_the_same_services_regions_and_backups() {
    needs!(Avn);
    // The clock stands still: both look at the same instant.
    let client = Client::signed_in("calm", 0.0);
    let seen = Lifeboat::beside(&client).services();
    let list = client.json(&["service", "list"]);
    assert_eq!(
        seen.keys().map(String::as_str).collect::<BTreeSet<_>>(),
        names(&list).into_iter().collect::<BTreeSet<_>>()
    );
    for service in list.as_array().expect("a list") {
        let name = service["service_name"].as_str().expect("a name");
        let ours = &seen[name];
        assert_eq!(ours["engine"], service["service_type"], "{name}");
        assert_eq!(ours["primary"]["region"], service["cloud_name"], "{name}");
        let elsewhere = &service["user_config"]["additional_backup_regions"][0];
        assert_eq!(&ours["secondary"]["region"], elsewhere, "{name}");
        let (all, copied) = counted(&client, name);
        if service["service_type"] == "kafka" {
            assert_eq!((all, ours["verdict"].as_str()), (0, Some("exempt")), "{name}");
            continue;
        }
        assert_eq!(ours["primary"]["recovery_points"].as_u64(), u64::try_from(all).ok(), "{name}: {ours:#}");
        if !elsewhere.is_null() {
            let there = ours["secondary"]["recovery_points"].as_u64();
            assert_eq!(there, u64::try_from(copied).ok(), "{name}: {ours:#}");
        }
    }
}

/// A service of each way to be forked: to an instant with log or with binlogs, or to a backup by its name.
const FORKED: [(&str, &str); 4] = [
    ("orders-db", "recovery_target_time"),
    ("ledger", "recovery_target_time"),
    ("search", "recovery_basebackup_name"),
    ("cache", "recovery_basebackup_name"),
];

/// The forks of a service, by the official client.
fn forks_of(client: &Client, source: &str) -> Vec<Value> {
    let list = client.json(&["service", "list"]);
    let all = list.as_array().expect("a list").iter();
    let forked_from = |one: &&Value| {
        one.pointer("/user_config/service_to_fork_from").and_then(Value::as_str) == Some(source)
    };
    all.filter(forked_from).cloned().collect()
}

#[track_caller]
fn only(forks: Vec<Value>) -> Value {
    let [fork] = <[Value; 1]>::try_from(forks).unwrap_or_else(|forks| panic!("one fork, not {forks:#?}"));
    fork
}

/// Makes a fork as lifeboat shows it: the fork, and in a second call its mark.
fn fork_as_shown(client: &Client, lifeboat: &Lifeboat<'_>, source: &str) {
    let dry = lifeboat.run(&["drill", source, "--dry-run"]).expect_ok();
    let shown = dry.lines().find(|line| line.contains("avn --url")).unwrap_or_else(|| panic!("{dry}"));
    let line = shown.trim().trim_start_matches("$ ");
    let bin = avn_path().expect("avn");
    let path = format!("{}:/usr/bin:/bin", bin.parent().expect("its folder").display());
    let mut shell = Command::new("sh");
    shell.args(["-ec", line]).env("TOKEN", TOKEN).env("PATH", path);
    shell.env("AIVEN_CONFIG_DIR", client.home.path());
    run(&mut shell, LIMIT).expect_ok();
}

#[test]
fn a_fork_made_by_the_official_client_is_seen_by_lifeboat() {
    needs!(Avn);
    let client = Client::signed_in("calm", 600.0);
    let lifeboat = Lifeboat::beside(&client);
    for (source, key) in FORKED {
        fork_as_shown(&client, &lifeboat, source);
        let fork = only(forks_of(&client, source));
        let name = fork["service_name"].as_str().expect("a name");
        assert!(fork["tags"]["lifeboat_run"].is_string(), "{fork:#}");
        assert!(fork["user_config"][key].is_string(), "{source}: {fork:#}");
        assert_eq!(fork["cloud_name"], "aws-eu-central-1", "{source}");
        client.ok(&["service", "wait", name, "--timeout", "60"]);
        assert!(!lifeboat.services().contains_key(name), "what has our mark is no row of the fleet (S33)");
        client.ok(&["service", "tags", "update", name, "--remove-tag", "lifeboat_run"]);
        let seen = lifeboat.services();
        let row = seen.get(name).unwrap_or_else(|| panic!("without the mark it is a service like any other"));
        assert_eq!(row["primary"]["region"], "aws-eu-central-1", "{source}");
        assert_eq!(row["engine"], fork["service_type"], "{source}");
    }
}

#[test]
fn a_fork_made_by_lifeboat_is_seen_by_the_official_client_until_it_is_cleaned_up() {
    needs!(Avn);
    let client = Client::signed_in("calm", 600.0);
    let lifeboat = Lifeboat::beside(&client);
    for (source, key) in FORKED {
        let words = ["--declared-by", "anna", "--scenario", "exercise", "--criteria", "probes-silent"];
        let args = [&["--arm", "incident", source, "--confirm", source], &words[..]].concat();
        let ran = lifeboat.run(&args);
        assert_eq!(ran.status.code(), Some(3), "it stays open for a person: {ran:?}");
        let fork = only(forks_of(&client, source));
        assert_eq!((&fork["state"], &fork["cloud_name"]), (&"RUNNING".into(), &"aws-eu-central-1".into()));
        assert!(fork["user_config"][key].is_string(), "{source}: {fork:#}");
        let run = fork["tags"]["lifeboat_run"].as_str().expect("our mark").to_owned();
        client.ok(&["service", "get", fork["service_name"].as_str().expect("a name"), "-v"]);
        let events = client.ok(&["events"]);
        assert!(events.contains("service_create"), "{events}");
        let confirm = ["--reason", "end of the exercise", "--confirm", source];
        lifeboat.run(&[&["--arm", "runs", "abort", &run], &confirm[..]].concat());
        assert_eq!(forks_of(&client, source).len(), 1, "abort removes nothing");
        let cleaned = lifeboat.run(&["--arm", "runs", "clean-up", &run, "--confirm", source]);
        assert!(cleaned.stdout.contains("removed: "), "{cleaned:?}");
        assert_eq!(forks_of(&client, source), Vec::<Value>::new());
    }
}

/// A region that is set by one is seen by the other.
#[test]
fn a_change_of_region_made_by_either_is_seen_by_the_other() {
    needs!(Avn);
    let client = Client::signed_in("calm", 6_000.0);
    let lifeboat = Lifeboat::beside(&client);
    let set = ["--arm", "region", "reports", "--to", "aws-eu-central-1", "--confirm", "reports"];
    lifeboat.run(&set).expect_ok();
    let seen = client.json(&["service", "get", "reports"]);
    assert_eq!(seen["user_config"]["additional_backup_regions"][0], "aws-eu-central-1");
    client.ok(&["service", "update", "reports", "-c", "additional_backup_regions=[]"]);
    let shown = &lifeboat.services()["reports"];
    let findings = shown["findings"].as_array().expect("findings");
    let off = findings.iter().find(|finding| finding["rule"] == "copying_off").expect("it is told");
    let text = off["text"].as_str().expect("a sentence");
    assert!(text.contains("aws-eu-central-1 is switched off: what lies there was left"), "{text}");
}
