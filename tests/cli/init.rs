//! `config init --from`: from what is there to real rows.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::replay;
use crate::simulated::{Simulated, service};
use crate::support::{Lifeboat, Run};

/// The same config after a person took the `#` away from lines that begin so.
fn filled_in(config: &str, begins: &[&str]) -> String {
    let line = |line: &'_ str| -> String {
        let bare = line.strip_prefix("# ").unwrap_or(line);
        if begins.iter().any(|begin| bare.starts_with(begin)) { bare.to_owned() } else { line.to_owned() }
    };
    config.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn status(lifeboat: &Lifeboat, config: &str) -> Value {
    let run = lifeboat.run(&["--config", config, "status", "--output", "json"]);
    assert!(matches!(run.code, 0 | 3), "{run:?}");
    serde_json::from_str(&run.stdout).unwrap()
}

#[test]
fn an_aiven_project_becomes_a_config_with_real_rows() {
    let sim = Simulated::start("calm");
    let lifeboat = Lifeboat::new().env("AIVEN_TOKEN", "demo-token");
    let init = lifeboat.run(&["config", "init", "--from", "aiven:demo", "--url", &sim.address]);
    assert_eq!(init.code, 0, "{init:?}");
    assert!(!init.stdout.contains("demo-token"), "{init:?}");
    let config = lifeboat.file("lifeboat.toml", &init.stdout);
    assert_eq!(lifeboat.run(&["--config", &config, "config", "check"]).code, 0);
    let doc = status(&lifeboat, &config);
    assert!(doc["services"].as_array().unwrap().len() >= 8, "{doc:#}");
    let orders = service(&doc, "orders-db");
    assert!(orders["secondary"]["newest_restorable"].is_string(), "{orders:#}");
    assert_eq!(orders["findings"][0]["rule"], "no_tier", "nothing is promised before a person says it");
    let promised = filled_in(&init.stdout, &["[tiers.1]", "rpo =", "rto ="]);
    let config = lifeboat.file("promised.toml", &promised);
    let orders = &status(&lifeboat, &config)["services"];
    let orders = orders.as_array().unwrap().iter().find(|row| row["service"] == "orders-db").unwrap();
    assert_eq!((orders["tier"].as_u64(), orders["rpo_s"].as_u64()), (Some(1), Some(900)), "its tag says so");
    let named = filled_in(&promised, &["[services.", "source = ", "tier = ", "probe = "]);
    let named = lifeboat
        .file("named.toml", &named.replace("HOST:PORT", "127.0.0.1:1").replace("tier = 3 ", "tier = 1 "));
    let tables = init.stdout.lines().filter(|line| line.starts_with("# [services.")).count();
    assert!(tables >= 8, "{init:?}");
    let check = lifeboat.run(&["--config", &named, "config", "check"]);
    assert!(
        check.code == 0 && check.stdout.contains(&format!("{tables} services")),
        "each of {tables} tables can be filled in: {check:?}"
    );
}

#[test]
fn an_aiven_project_that_cannot_be_listed_says_why_and_gives_nothing() {
    let sim = Simulated::start("calm");
    let init = |token: &str, from: &str| -> Run {
        let lifeboat = Lifeboat::new().env("READ_TOKEN", token);
        lifeboat.run(&["config", "init", "--from", from, "--url", &sim.address, "--token-env", "READ_TOKEN"])
    };
    let refused = init("s3cret", "aiven:demo");
    assert_eq!((refused.code, refused.stdout.as_str()), (69, ""), "{refused:?}");
    assert!(refused.stderr.contains("401") && refused.stderr.contains("$READ_TOKEN"), "{refused:?}");
    assert!(!refused.stderr.contains("s3cret"), "{refused:?}");
    assert_eq!(init("demo-token", "aiven:").code, 64);
    let elsewhere = init("demo-token", "aiven:nobody");
    assert_eq!((elsewhere.code, elsewhere.stdout.as_str()), (69, ""), "{elsewhere:?}");
    let clear =
        Lifeboat::new().run(&["config", "init", "--from", "aiven:a", "--url", "http://api.example.net"]);
    assert!(clear.code == 64 && clear.stderr.contains("in clear"), "{clear:?}");
}

const CONF: &str = "# ours\n[global]\nrepo1-path=/var/lib/pgbackrest\nrepo1-host=backup-west\nrepo2-type=s3\n\
                    repo2-path=/pg\nrepo2-s3-bucket=dr\nrepo2-s3-region=dc-east\nrepo2-s3-key-secret=s3cret\n\
                    [global:archive-push]\ncompress-level=3\n[main]\npg1-path=/d\npg1-host=db.dc-west.example\n\
                    [orders]\npg1-path=/e\n";

fn executable(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// A host with the programs of a capture on its path, its configuration in a folder with an awkward
/// name, and the config that was made of it.
fn captured() -> (Lifeboat, String) {
    let lifeboat = Lifeboat::new();
    let home = lifeboat.folder().to_owned();
    let lifeboat = lifeboat.env("PATH", &format!("{}:/usr/bin:/bin", home.display()));
    replay::program(&home, "09-two-stanzas", "main");
    let folder = home.join("it's a folder");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("pgbackrest.conf"), CONF).unwrap();
    let init = lifeboat.run(&["config", "init", "--from", "it's a folder/pgbackrest.conf"]);
    assert_eq!(init.code, 0, "{init:?}");
    assert!(!init.stdout.contains("s3cret"), "{init:?}");
    (lifeboat, init.stdout)
}

#[test]
fn a_pgbackrest_configuration_becomes_a_config_with_real_rows() {
    let (lifeboat, made) = captured();
    let config = lifeboat.file("lifeboat.toml", &made);
    let check = lifeboat.run(&["--config", &config, "config", "check"]);
    assert!(check.stdout.contains("4 sources, 2 services"), "{check:?}");
    let doc = status(&lifeboat, &config);
    for (name, here, there) in [("main", 4, 5), ("orders", 1, 0)] {
        let row = service(&doc, name);
        assert_eq!(row["primary"]["recovery_points"], here, "{row:#}");
        assert_eq!(row["secondary"]["recovery_points"], there, "{row:#}");
        assert_eq!(row["primary"]["region"], "backup-west", "its host is what is known: {row:#}");
        assert_eq!(row["secondary"]["region"], "dc-east", "{row:#}");
    }
    assert!(made.contains("probe = \"tcp://db.dc-west.example:5432\""), "{made}");
    assert!(made.contains("# probe = \"tcp://HOST:5432\""), "what is not known is a comment: {made}");
}

/// The script of the made config, as a person would copy it.
fn reader(made: &str) -> String {
    let lines = made.lines().skip_while(|line| !line.contains("#!/bin/sh"));
    let script: Vec<&str> = lines.map_while(|line| line.strip_prefix("#   ")).collect();
    script.join("\n") + "\n"
}

#[test]
fn s28_the_forced_command_lets_a_key_read_and_do_nothing_else() {
    let (lifeboat, made) = captured();
    let home = lifeboat.folder().to_owned();
    let script = home.join("lifeboat-read");
    executable(&script, &reader(&made));
    let ask = |command: &str| {
        let mut run = Command::new(&script);
        run.env("PATH", format!("{}:/usr/bin:/bin", home.display())).env("SSH_ORIGINAL_COMMAND", command);
        run.current_dir(&home).stdin(Stdio::null()).output().unwrap()
    };
    let info = ask("pgbackrest --stanza=main --repo=1 --output=json info");
    assert!(info.status.success() && info.stdout.starts_with(b"["), "{info:?}");
    for command in [
        "pgbackrest --stanza=main restore",
        "pgbackrest --stanza=main --repo=1 info; touch broken",
        "pgbackrest --stanza=main --repo=1 info $(touch broken)",
        "pgbackrest --stanza=main --repo=1 info\ntouch broken",
        "pgbackrest --config=/tmp/other.conf info",
        "pgbackrest --cmd=/bin/sh info",
        "pgbackrest --stanza=main --repo=1 repo-get archive/../backup/main/backup.info",
        "pgbackrest --repo1-host-cmd=touch info",
        "sh -c true",
        "",
    ] {
        let refused = ask(command);
        assert_eq!(refused.status.code(), Some(77), "{command:?}: {refused:?}");
    }
    assert!(!home.join("broken").exists());
    // A stand-in for ssh: the host's shell would read the words, but the key's command gets them instead.
    executable(
        &home.join("ssh"),
        &format!(
            "#!/bin/sh\nwhile [ \"${{1#-}}\" != \"$1\" ]; do shift; done\nshift\n\
             SSH_ORIGINAL_COMMAND=\"$*\" exec '{}'\n",
            script.display().to_string().replace('\'', r"'\''")
        ),
    );
    let program = made.lines().find(|line| line.starts_with("program = ")).unwrap();
    let there = made.replace(program, "run = [\"ssh\", \"postgres@there\"]\nprogram = [\"pgbackrest\"]");
    let config = lifeboat.file("elsewhere.toml", &there);
    let row = &status(&lifeboat, &config)["services"][0];
    assert!(row["primary"]["recovery_points"].as_u64() > Some(0), "{row:#}");
}

#[test]
fn what_is_no_pgbackrest_configuration_is_said() {
    let lifeboat = Lifeboat::new();
    for (text, says) in [("s3cret\n", "line 1"), ("[global]\nrepo1-path=/x\n", "no stanza")] {
        let init = lifeboat.run(&["config", "init", "--from", &lifeboat.file("pg.conf", text)]);
        assert_eq!((init.code, init.stdout.as_str()), (78, ""), "{init:?}");
        assert!(init.stderr.contains(says) && !init.stderr.contains("s3cret"), "{init:?}");
    }
    let none = lifeboat.run(&["config", "init", "--from", "nowhere.conf"]);
    assert!(none.code == 78 && none.stderr.contains("aiven:PROJECT"), "{none:?}");
}
