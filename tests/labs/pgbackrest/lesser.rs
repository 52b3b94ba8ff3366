//! A fork that holds less than its point promised is never called restored.

use std::fs;

use lifeboat::domain::{Edge, Target};
use lifeboat::provider::{ForkRequest, ProgressState, Removal, StartOutcome};

use super::{LIMIT, Region, busy_lab, commits, request};
use crate::support::{Lab, needs, run};

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
