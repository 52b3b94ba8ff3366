//! The README over a live pair: its configuration for pgBackRest, and its commands as they stand.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use crate::operator::LIMIT;
use crate::pgbackrest::busy_lab;
use crate::support::{Lab, Ran, Sshd, is_root, left_in, needs, run};

const README: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md"));

/// The first block of a language in a section.
fn block(section: &str, language: &str) -> &'static str {
    let (_, rest) = README.split_once(&format!("\n## {section}\n")).expect(section);
    let (_, rest) = rest.split_once(&format!("\n```{language}\n")).expect(language);
    rest.split("```").next().expect("a block")
}

/// The README's configuration, with what belongs to a lab put in place of its invented hosts' own.
fn configuration(lab: &Lab, forks: &Path) -> String {
    let port = lab.port();
    [
        ("/etc/pgbackrest/pgbackrest.conf", lab.config().display().to_string()),
        ("stanza = \"orders\"", format!("stanza = \"{}\"", Lab::STANZA)),
        ("host = \"/var/run/postgresql\"", format!("host = \"127.0.0.1\"\nport = {port}")),
        ("\"/var/lib/postgresql/lifeboat\"", format!("\"{}\"", forks.display())),
        ("\"25440-25449\"", format!("\"{}-{}\"", lab.fork_ports().start(), lab.fork_ports().end())),
        ("\"/usr/lib/postgresql/15/bin\"", format!("\"{}\"", lab.pg_bin().display())),
        ("tcp://orders.dc-west.example:5432", format!("tcp://127.0.0.1:{port}")),
    ]
    .iter()
    .fold(block("PostgreSQL with pgBackRest", "toml").to_owned(), |text, (theirs, ours)| {
        assert!(text.contains(theirs), "the README says no {theirs} any more");
        text.replace(theirs, ours)
    })
}

/// An `ssh` for which every host is the lab's, and `postgres@` its account.
fn ssh_to_the_lab(folder: &Path, sshd: &Sshd) {
    let become_postgres = if is_root() { "runuser -u postgres --" } else { "" };
    let text = format!(
        "#!/bin/sh\nwhile [ \"${{1#-}}\" != \"$1\" ]; do options=\"${{options-}} $1\"; shift; done\n\
         account=; case $1 in postgres@*) account='{become_postgres}' ;; esac\nshift\n\
         exec /usr/bin/ssh -F '{config}' $options {alias} $account \"$@\"\n",
        config = sshd.config().display(),
        alias = Sshd::ALIAS,
    );
    let program = folder.join("ssh");
    fs::write(&program, text).expect("a program");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("a program");
}

#[test]
fn the_commands_of_the_readme_drill_a_pair_as_they_are_written() {
    needs!(PostgreSql, PgBackRest, OpenSsh);
    let lab = busy_lab();
    lab.sql("create table orders (created_at timestamptz not null)");
    lab.sql("insert into orders values (clock_timestamp())");
    lab.wal(1);
    let sshd = Sshd::up();
    let home = tempfile::tempdir().expect("a home");
    let forks = lab.path().join("forks");
    let file = |name: &str| home.path().join(name);
    ssh_to_the_lab(home.path(), &sshd);
    fs::write(file("lifeboat.toml"), configuration(&lab, &forks)).expect("a config");
    fs::write(file("break-glass.toml"), "[arming]\nallow = true\n").expect("a config");
    let program = Path::new(env!("CARGO_BIN_EXE_lifeboat")).parent().expect("its folder");

    let commands = block("Drills and incidents", "sh");
    let written = |begins: &str, run_id: &str| -> Ran {
        let line = commands.lines().find(|line| line.starts_with(begins));
        let line = line.unwrap_or_else(|| panic!("the README says no `{begins}` any more"));
        let mut shell = Command::new("sh");
        shell.env_clear().env("HOME", home.path()).env("TZ", "UTC").current_dir(home.path());
        shell.env(
            "PATH",
            format!("{}:{}:/usr/sbin:/usr/bin:/sbin:/bin", home.path().display(), program.display()),
        );
        shell.env(
            "LIFEBOAT_CONFIG",
            format!("{}:{}", file("lifeboat.toml").display(), file("break-glass.toml").display()),
        );
        shell.env("LIFEBOAT_STATE_DIR", file("state"));
        run(shell.args(["-e", "-c", &line.replace("RUN", run_id)]), LIMIT)
    };
    let dry = written("lifeboat drill orders --dry-run", "").expect_ok();
    assert!(dry.contains("DRY RUN") && !forks.exists(), "{dry}");
    let drill = written("lifeboat --arm drill orders --to newest --yes", "");
    assert!(drill.ok() && drill.stdout.contains("passed"), "{drill:#?}");
    let list = written("lifeboat runs list", "").expect_ok();
    let run_id =
        list.split_whitespace().find(|word| word.starts_with("drill-orders-")).expect("a run").to_owned();
    let report = written("lifeboat report RUN --output md", &run_id).expect_ok();
    assert!(report.contains(&run_id) && report.contains("PASSED"), "{report}");
    assert!(written("lifeboat runs verify RUN", &run_id).expect_ok().contains("whole"));
    assert_eq!(left_in(&forks), Vec::<String>::new());
}
