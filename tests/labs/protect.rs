//! A fork that clients use gets backups of its own in two repositories, by the commands that the run prints, and the
//! run closes.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::process::Command;

use crate::operator::{LIMIT, Operator, text};
use crate::pgbackrest::busy_lab;
use crate::support::{Lab, needs, run};

/// The last look at the backups of a run's fork, in words.
fn told(operator: &Operator<'_>, id: &str) -> String {
    let seen = operator.events(id, "protection_seen").pop().expect("a look at its backups");
    text(&seen, "/protection/text")
}

/// The first command in a text, between back-ticks.
fn command_in(text: &str) -> &str {
    text.split('`').nth(1).expect(text)
}

fn pasted(lab: &Lab, command: &str) {
    let mut shell = Command::new("sh");
    run(shell.current_dir(lab.path()).arg("-c").arg(command), LIMIT).expect_ok();
}

/// A second repository on the hosts of region B, in a region of its own.
fn third_region(lab: &Lab, operator: &Operator<'_>) {
    let repo = lab.path().join("region-c/repo");
    run(lab.command("mkdir").arg("-p").arg(&repo), LIMIT).expect_ok();
    let mut config = OpenOptions::new().append(true).open(operator.east_config()).expect("a config");
    writeln!(config, "repo3-path={}", repo.display()).expect("a line");
}

#[test]
fn r35_a_run_ends_protected_once_its_fork_has_backups_in_two_repositories() {
    needs!(PostgreSql, PgBackRest);
    let lab = busy_lab();
    let home = tempfile::tempdir().expect("a home");
    let operator = Operator::of(&lab, home.path());
    third_region(&lab, &operator);
    lab.region_down();

    let begun = ["--confirm", "orders", "--declared-by", "Ada", "--scenario", "region A is lost"];
    operator.lifeboat(
        3,
        &[&["--arm", "incident", "orders", "--criteria", "C1", "--to", "newest"], &begun[..]].concat(),
    );
    let (id, _) = operator.last_run();
    let resume = |code, more: &[&str]| {
        let ran = operator.lifeboat(code, &[&["--arm", "runs", "resume", &id], more].concat());
        assert!(code != 3 || ran.stderr.contains("stays open"), "{ran:#?}");
    };
    resume(3, &["--accepted-by", "bert", "--fenced", "its hosts are switched off"]);
    resume(3, &["--cut-over-done", "DNS switched"]);
    let bare = told(&operator, &id);
    assert!(bare.contains("archives nowhere"), "{bare}");
    pasted(&lab, command_in(&bare));

    resume(3, &[]);
    let one = told(&operator, &id);
    assert!(one.contains("holds a backup in repo2 and not in repo3"), "{one}");
    pasted(&lab, command_in(&one));
    let kept = operator.fork_sql("select count(*) from bulk");
    assert_eq!(kept, "200", "it served its clients all the while");

    resume(0, &[]);
    let two = told(&operator, &id);
    assert!(two.contains("holds backups in repo2 and repo3"), "{two}");
    assert_eq!(operator.last_run(), (id.clone(), "closed".to_owned()));
    let report = operator.json(0, &["report", &id]);
    assert_eq!(text(&report, "/result"), "passed", "{report:#}");
    operator.lifeboat(0, &["runs", "verify", &id]);
}
