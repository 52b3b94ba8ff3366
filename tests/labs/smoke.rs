//! The labs' own parts work: the pair of regions, SSH, and the client.

use crate::support::{BackupKind, Lab, LabOptions, Sshd, avn, free_port, needs, run, wait_until};
use serde_json::Value;
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

/// How many backups each repository holds, as (repository 1, repository 2).
fn backups(info: &Value) -> (usize, usize) {
    let count = |repo: u64| {
        info["backup"]
            .as_array()
            .expect("backups")
            .iter()
            .filter(|backup| backup.pointer("/database/repo-key") == Some(&repo.into()))
            .count()
    };
    (count(1), count(2))
}

#[test]
fn the_pair_comes_up_with_a_backup_in_both_repositories() {
    needs!(PostgreSql, PgBackRest);
    let folder;
    {
        let lab = Lab::up();
        folder = lab.path().to_owned();
        assert_eq!(lab.sql("select count(*) from bulk"), "1000");
        let info = lab.info();
        assert_eq!(info["name"], Lab::STANZA);
        assert_eq!(info["status"]["code"], 0, "{info}");
        assert_eq!(backups(&info), (1, 1), "{info}");
        assert!(lab.config().is_file());
        TcpStream::connect(("127.0.0.1", lab.port())).expect("the primary's port");
        let control = run(
            lab.command(lab.pg_bin().join("pg_controldata")).arg(lab.path().join("region-a/pg")),
            Duration::from_secs(30),
        );
        assert!(control.expect_ok().contains("in production"));
    }
    assert!(!folder.exists(), "a dropped lab leaves nothing behind");
}

#[test]
fn every_verb_of_the_pair_works() {
    needs!(PostgreSql, PgBackRest);
    let lab = Lab::with(LabOptions { rows: 100, async_archive: false });
    lab.backup(1, BackupKind::Full);
    lab.backup(1, BackupKind::Diff);
    lab.backup(2, BackupKind::Incr);
    assert_eq!(backups(&lab.info()), (3, 2));

    let newest = |info: &Value| info["archive"][1]["max"].as_str().map(str::to_owned);
    let before = newest(&lab.info());
    lab.wal(2);
    wait_until("newer WAL in repository 2", Duration::from_secs(60), || newest(&lab.info()) > before);

    lab.repo2_lag();
    lab.repo2_up();
    lab.repo2_down();
    assert_eq!(backups(&lab.info()).1, 0);
    lab.repo2_up();
    assert_eq!(backups(&lab.info()), (3, 2));

    lab.region_down();
    assert!(!lab.answers());
    let rows = lab.fork(None);
    assert!(rows.contains("phase recovery"), "{rows}");
    assert_eq!(lab.fork_sql("select count(*) from bulk"), "100");
    assert!(lab.fork_path().join("PG_VERSION").exists());
    let fork_port = lab.fork_port().to_string();
    assert_eq!(lab.fork_sql("show port"), fork_port);
    lab.fork_stop();
    lab.region_up();
    assert!(lab.answers());
    assert_eq!(backups(&lab.info()), (3, 2));
}

#[test]
fn ssh_runs_a_command_with_spaces_and_quotes() {
    needs!(OpenSsh);
    let mut sshd = Sshd::up();
    let line = r#"printf '<%s>' 'two words' "it's" 'say "hi"' '$HOME'; exit 7"#;
    let ran = sshd.ssh(line);
    assert_eq!(ran.stdout, r#"<two words><it's><say "hi"><$HOME>"#, "{}\n{}", ran.stderr, sshd.log());
    assert_eq!(ran.status.code(), Some(7));

    let prefix = sshd.run_prefix();
    let (program, rest) = prefix.split_first().expect("a program");
    let through_prefix =
        || run(Command::new(program).args(rest).args(["echo", "here"]), Duration::from_secs(30));
    assert_eq!(through_prefix().expect_ok(), "here\n");

    sshd.stop();
    assert!(!sshd.answers());
    assert_eq!(through_prefix().status.code(), Some(255));
    assert!(sshd.start(), "{}", sshd.log());
    assert_eq!(through_prefix().expect_ok(), "here\n");
}

#[test]
fn avn_is_the_pinned_client_and_goes_where_it_is_sent() {
    needs!(Avn);
    let home = tempfile::tempdir().expect("a folder for avn");
    let url = format!("http://127.0.0.1:{}", free_port());
    let limit = Duration::from_secs(60);
    let version = run(avn(home.path(), &url).arg("--version"), limit).expect_ok();
    assert_eq!(version.trim_end(), "aiven-client 4.18.0");
    let nobody = run(avn(home.path(), &url).args(["--auth-token", "lab", "project", "list"]), limit);
    assert!(!nobody.ok());
    assert!(nobody.stderr.contains("127.0.0.1"), "{}", nobody.stderr);
}
