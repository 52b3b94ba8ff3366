//! A fork that holds less than its point promised is never called restored.

use std::fs;
use std::path::Path;

use lifeboat::domain::{Edge, Target};
use lifeboat::provider::{ForkRequest, ProgressState, Removal, StartOutcome};

use super::{LIMIT, Region, busy_lab, commits, request};
use crate::operator::{Operator, text};
use crate::support::{Lab, needs, run, wait_until};

/// A stand-in for pgBackRest after whose restore PostgreSQL knows no target: as PostgreSQL before 13, which
/// was content with the end of the log wherever that was.
fn without_target(lab: &Lab) -> Vec<String> {
    let script = lab.path().join("forgetful-pgbackrest");
    let text = "#!/bin/sh\ncase \" $* \" in *' restore '*) ;; *) exec pgbackrest \"$@\" ;; esac\n\
        pgbackrest \"$@\" || exit\n\
        for word in \"$@\"; do case $word in --pg1-path=*) data=${word#--pg1-path=} ;; esac; done\n\
        sed -i '/^recovery_target/d' \"$data/postgresql.auto.conf\"\n";
    fs::write(&script, text).expect("a script");
    run(std::process::Command::new("chmod").arg("755").arg(&script), LIMIT).expect_ok();
    vec![script.display().to_string()]
}

fn failure(region: &Region, request: &ForkRequest) -> String {
    assert!(matches!(region.start(request), StartOutcome::Accepted { .. }));
    match region.settle(request).state {
        ProgressState::Failed { why, can_resume: false } => why,
        other => panic!("{other:?}\n{}", region.logs(request)),
    }
}

#[test]
fn log_lost_after_the_choice_is_never_called_restored() {
    needs!(PostgreSql, PgBackRest);
    let lab = busy_lab();
    let region = Region::of(&lab);
    let rows = commits(&lab);
    let point = region.resolve(&Target::Newest).expect("newest");
    assert_eq!((point.promised, point.promised_is), (rows.last().expect("rows").1, Edge::Exact));
    let promised = point.commit.clone().expect("its place in the log");

    let last = lab.segments(2).pop().expect("a segment");
    let whole = fs::read(&last).expect("its bytes");
    fs::write(&last, &whole[..whole.len() / 2]).expect("a damaged segment");
    let damaged = request("drill-damaged", point.clone());
    let why = failure(&region, &damaged);
    assert!(why.contains("the log in this copy ends with the transaction of"), "{why}");
    assert!(matches!(region.remove(&damaged), Removal::Proven { .. }));

    fs::remove_file(&last).expect("a segment to lose");
    let missing = request("drill-missing", point.clone());
    let why = failure(&region, &missing);
    assert!(why.contains("the log in this copy ends with the transaction of"), "{why}");
    assert!(matches!(region.remove(&missing), Removal::Proven { .. }));

    // The same fork where PostgreSQL does not mind: it runs, and is still not what was promised.
    let forgetful = Region::with(&lab, &Lab::run_prefix(), &without_target(&lab));
    let lesser = request("drill-lesser", point);
    let why = failure(&forgetful, &lesser);
    assert!(why.contains("holds less than was promised") && why.contains(&promised), "{why}");
    let held = forgetful.sql(&lab, &lesser, "select max(id) from heartbeat");
    let newest = rows.last().expect("rows").0.to_string();
    assert_ne!(held, newest, "it holds less");
    assert!(matches!(forgetful.remove(&lesser), Removal::Proven { .. }));
}

/// A stand-in for pgBackRest after whose restore the repository is gone, as long as `gate` is there.
fn losing_its_repository(lab: &Lab, gate: &Path) -> Vec<String> {
    let script = lab.path().join("losing-pgbackrest");
    let text = format!(
        "#!/bin/sh\ncase \" $* \" in *' restore '*) ;; *) exec pgbackrest \"$@\" ;; esac\n\
         pgbackrest \"$@\" || exit\n[ ! -e '{gate}' ] || mv '{repo}' '{repo}.away'\n",
        gate = gate.display(),
        repo = lab.path().join("region-b/repo").display()
    );
    fs::write(&script, text).expect("a script");
    run(std::process::Command::new("chmod").arg("755").arg(&script), LIMIT).expect_ok();
    vec![script.display().to_string()]
}

#[test]
fn s20_log_that_cannot_be_fetched_is_not_called_gone_and_a_retry_goes_on() {
    needs!(PostgreSql, PgBackRest);
    let lab = busy_lab();
    let gate = lab.path().join("run/gate");
    run(lab.command("touch").arg(&gate), LIMIT).expect_ok();
    let region = Region::with(&lab, &Lab::run_prefix(), &losing_its_repository(&lab, &gate));
    let request = request("drill-away", region.resolve(&Target::Newest).expect("newest"));
    assert!(matches!(region.start(&request), StartOutcome::Accepted { .. }));
    match region.settle(&request).state {
        ProgressState::Failed { why, can_resume: true } => {
            assert!(why.contains("could not be fetched"), "{why}\n{}", region.logs(&request));
        }
        other => panic!("{other:?}\n{}", region.logs(&request)),
    }
    let repo = lab.path().join("region-b/repo");
    run(lab.command("mv").arg(repo.with_extension("away")).arg(&repo), LIMIT).expect_ok();
    run(lab.command("rm").arg(&gate), LIMIT).expect_ok();
    assert_eq!(region.restored(&request), Some(request.point.promised));
    let rows = commits(&lab);
    let held = region.sql(&lab, &request, "select max(id) from heartbeat");
    assert_eq!(held, rows.last().expect("rows").0.to_string());
    assert!(matches!(region.remove(&request), Removal::Proven { .. }));
}

/// What is done to a fork's configuration.
type Change = fn(&str) -> String;

/// Runs a drill to the newest point of a lab whose log loses its last segment after the choice; between the
/// restore and the start of the server the fork's configuration is changed. The exit code and the run.
fn drill_that_loses_log(operator: &Operator<'_>, change: Change) -> (Option<i32>, String) {
    let lab = operator.lab;
    run(lab.command("touch").arg(&operator.gate), LIMIT).expect_ok();
    let mut drill = operator.spawn(&["--arm", "drill", "orders", "--yes", "--to", "newest"]);
    wait_until("a restore that is under way", LIMIT, || operator.gate.with_extension("reached").exists());
    let last = lab.segments(2).pop().expect("a segment");
    let kept = lab.path().join("kept-segment");
    run(lab.command("mv").args([&last, &kept]), LIMIT).expect_ok();
    let folders = operator.fork_folders();
    let auto = folders.first().expect("a fork").join("postgresql.auto.conf");
    let settings = fs::read_to_string(&auto).expect("its settings");
    fs::write(&auto, change(&settings)).expect("its settings");
    run(lab.command("rm").args([&operator.gate, &operator.gate.with_extension("reached")]), LIMIT)
        .expect_ok();
    let ended = drill.wait().expect("the end of a drill");
    run(lab.command("mv").args([&kept, &last]), LIMIT).expect_ok();
    (ended.code(), operator.last_run().0)
}

#[test]
fn s24_a_drill_whose_fork_holds_less_than_was_promised_fails() {
    needs!(PostgreSql, PgBackRest);
    let lab = busy_lab();
    let home = tempfile::tempdir().expect("a home");
    let operator = Operator::of(&lab, home.path());
    // Left alone, and as PostgreSQL before 13 took it: content with the end of the log wherever that was.
    let (untouched, forgotten): (Change, Change) = (str::to_owned, |settings| {
        settings.split_inclusive('\n').filter(|line| !line.starts_with("recovery_target")).collect()
    });
    let cases = [(untouched, "ends with the transaction of"), (forgotten, "holds less than was promised")];
    for (change, why) in cases {
        let (code, id) = drill_that_loses_log(&operator, change);
        assert_eq!(
            (code, operator.last_run().1.as_str()),
            (Some(3), "interrupted"),
            "a person is needed (S20)"
        );
        let failed = operator.events(&id, "step_failed").pop().expect("a failed step");
        assert_eq!(text(&failed, "/step"), "wait", "{failed:#}");
        assert!(text(&failed, "/why").contains(why), "{failed:#}");
        assert!(operator.events(&id, "checks_run").is_empty(), "nothing is checked that is not whole");
        let resumed = operator.lifeboat(3, &["--arm", "runs", "resume", &id]);
        assert!(!resumed.stdout.contains("passed"), "{resumed:#?}");

        operator.lifeboat(0, &["--arm", "runs", "abort", &id, "--reason", "less", "--confirm", "orders"]);
        let report = operator.json(0, &["report", &id]);
        assert_eq!(text(&report, "/result"), "failed", "{report:#}");
        let page = operator.lifeboat(0, &["--output", "md", "report", &id]).stdout;
        assert!(page.contains("FAILED") && page.contains(why), "{page}");
        operator.lifeboat(0, &["runs", "verify", &id]);
        operator.lifeboat(0, &["--arm", "runs", "clean-up", &id, "--confirm", "orders"]);
        operator.assert_nothing_left();
    }
}
