//! `config init --from` the configuration of a live pair: real rows without an edit, and a key that only reads.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::operator::text;
use crate::pgbackrest::{busy_lab, commits};
use crate::support::{Lab, Ran, Sshd, needs, run};

const LIMIT: Duration = Duration::from_secs(120);
/// What is promised to a newcomer; a person reads what was made, too.
const MINUTES: Duration = Duration::from_secs(180);

struct Newcomer {
    home: tempfile::TempDir,
}

impl Newcomer {
    fn lifeboat(&self, args: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lifeboat"));
        command
            .env("HOME", self.home.path())
            .args(["--state-dir", &self.path("state").display().to_string()]);
        run(command.args(args), LIMIT)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn written(&self, name: &str, text: &str) -> String {
        fs::write(self.path(name), text).expect("a config");
        self.path(name).display().to_string()
    }

    /// Real rows: both copies are read, and reach as far as the last commit at least.
    fn sees(&self, config: &str, newest: DateTime<Utc>) -> Value {
        let check = self.lifeboat(&["--config", config, "config", "check"]);
        assert!(check.ok() && check.stdout.contains("2 sources, 1 service"), "{check:#?}");
        let status = self.lifeboat(&["--config", config, "--output", "json", "status"]).expect_ok();
        let status: Value = serde_json::from_str(&status).expect("JSON");
        let service = status.pointer("/services/0").expect("a service").clone();
        assert_eq!(text(&service, "/service"), Lab::STANZA, "{service:#}");
        for role in ["primary", "secondary"] {
            assert_eq!(text(&service, &format!("/{role}/outcome")), "ok", "{service:#}");
            let told = text(&service, &format!("/{role}/newest_restorable"));
            let told: DateTime<Utc> = told.parse().expect(&told);
            // A store time is a whole second.
            assert!(told.timestamp() >= newest.timestamp(), "{role}: {told} {newest}: {service:#}");
        }
        service
    }
}

/// The script of the made config, as a person would copy it.
fn reader(made: &str) -> String {
    let lines = made.lines().skip_while(|line| !line.contains("#!/bin/sh"));
    let script: Vec<&str> = lines.map_while(|line| line.strip_prefix("#   ")).collect();
    script.join("\n") + "\n"
}

fn backups(lab: &Lab) -> usize {
    lab.info().pointer("/backup").and_then(Value::as_array).expect("backups").len()
}

/// The server that lets a key run the made script alone, by the made line of `authorized_keys`.
fn reading_only(made: &str, folder: &Path) -> Sshd {
    let script = folder.join("lifeboat-read");
    fs::write(&script, reader(made)).expect("a script");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("a program");
    let line = made.lines().find(|line| line.contains("restrict,command=")).expect("a line for the key");
    let line = line
        .trim_start_matches(['#', ' '])
        .replace("/usr/local/bin/lifeboat-read", &script.display().to_string());
    assert!(line.contains("ssh-ed25519 AAAA.. lifeboat"), "{line}");
    Sshd::letting_in(|key| line.replace("ssh-ed25519 AAAA.. lifeboat", key))
}

#[test]
fn a_pairs_configuration_becomes_real_rows_and_a_key_that_only_reads() {
    needs!(PostgreSql, PgBackRest, OpenSsh);
    let lab = busy_lab();
    let newest = commits(&lab).last().expect("rows").1;
    let began = Instant::now();
    let newcomer = Newcomer { home: tempfile::tempdir().expect("a home") };
    let made =
        newcomer.lifeboat(&["config", "init", "--from", &lab.config().display().to_string()]).expect_ok();
    let here = newcomer.sees(&newcomer.written("lifeboat.toml", &made), newest);
    assert!(began.elapsed() < MINUTES, "{:?}", began.elapsed());
    let findings = here.get("findings").and_then(Value::as_array).expect("findings");
    assert!(
        findings.iter().any(|finding| text(finding, "/rule") == "no_tier"),
        "nothing was made up: {here:#}"
    );

    // From another host, by the forced command.
    let sshd = reading_only(&made, newcomer.home.path());
    let program = made.lines().find(|line| line.starts_with("program = ")).expect("a program");
    let run_there = format!("run = {:?}\nprogram = [\"pgbackrest\"]", sshd.run_prefix());
    let there = newcomer.written("there.toml", &made.replace(program, &run_there));
    let seen = newcomer.sees(&there, newest);
    for field in ["newest_restorable", "oldest_restorable"] {
        let field = format!("/secondary/{field}");
        assert_eq!(text(&seen, &field), text(&here, &field), "the same as here");
    }

    let before = (backups(&lab), lab.segments(2).len());
    for order in [
        "pgbackrest --stanza=main --repo=2 --type=full backup",
        "pgbackrest --stanza=main --repo=2 --repo2-retention-full=1 expire",
        "pgbackrest --stanza=main --repo=2 --force stanza-delete",
        "pgbackrest --stanza=main stop",
        "pgbackrest --stanza=main --repo=2 repo-rm archive/main --recurse",
        "pgbackrest --stanza=main --repo=2 repo-get archive/../backup/main/backup.info",
        "pgbackrest --stanza=main --repo=2 restore",
        "touch broken",
        "sh",
        "internal-sftp",
        "",
    ] {
        let refused = sshd.ssh(order);
        assert_eq!(refused.status.code(), Some(77), "{order:?}: {refused:?}");
        assert_eq!((refused.stdout.as_str(), refused.stderr.contains("refused")), ("", true), "{order:?}");
    }
    assert_eq!((backups(&lab), lab.segments(2).len()), before, "nothing was changed");
}
