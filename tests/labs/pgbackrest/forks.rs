//! Forks on their host: whose they are, cut off, killed, over ssh, and what readiness finds.

use std::fs;
use std::path::Path;
use std::time::Duration;

use lifeboat::domain::{Outcome, Target};
use lifeboat::provider::{
    ForkRequest, Forker as _, Found, ProgressState, ReadinessState, Removal, StartOutcome,
};

use super::{LIMIT, Region, request, troubles};
use crate::support::{Lab, LabOptions, Sshd, given_away, is_root, left_in, needs, run, wait_until};

#[test]
fn what_is_not_ours_is_never_touched() {
    needs!(PostgreSql, PgBackRest);
    let lab = Lab::with(LabOptions { rows: 10, async_archive: false });
    let region = Region::of(&lab);
    let point = region.resolve(&Target::Oldest).expect("a point");
    let request = request("drill-foreign", point);
    let foreign = region.forks.join("drill-foreign");
    run(lab.command("mkdir").arg("-p").arg(&foreign), LIMIT).expect_ok();
    fs::write(foreign.join("precious"), "data").expect("a file of someone else");

    assert!(matches!(region.find(&request), Found::Foreign { .. }));
    let outcome = region.start(&request);
    assert!(
        matches!(&outcome, StartOutcome::NameTaken { what } if what.contains("without a mark")),
        "{outcome:?}"
    );
    assert!(matches!(region.remove(&request), Removal::Foreign { .. }));
    assert_eq!(fs::read_to_string(foreign.join("precious")).expect("it is still there"), "data");

    // Another attempt of the same run does not own it either.
    fs::remove_dir_all(&foreign).expect("the foreign folder goes");
    region.restored(&request);
    let other = ForkRequest { attempt: 2, ..request.clone() };
    assert!(matches!(region.find(&other), Found::Foreign { .. }));
    assert!(matches!(region.start(&other), StartOutcome::NameTaken { .. }));
    assert!(matches!(region.remove(&other), Removal::Foreign { .. }));
    assert_eq!(region.find(&request), Found::Mine);
    // Asked again, the same attempt makes nothing new.
    assert!(matches!(region.start(&request), StartOutcome::Accepted { .. }));
    assert!(matches!(region.settle(&request).state, ProgressState::Restored { .. }));
    assert!(matches!(region.remove(&request), Removal::Proven { .. }));
}

/// A stand-in for pgBackRest that restores, then takes back the file written last and hangs until `gate` is
/// gone: a restore that is not finished yet.
fn hanging_restore(lab: &Lab, gate: &Path) -> Vec<String> {
    let script = lab.path().join("slow-pgbackrest");
    let text = format!(
        "#!/bin/sh\ncase \" $* \" in *' restore '*) ;; *) exec pgbackrest \"$@\" ;; esac\n\
         pgbackrest \"$@\" || exit\n[ -e '{gate}' ] || exit 0\n\
         for word in \"$@\"; do case $word in --pg1-path=*) rm \"${{word#--pg1-path=}}/global/pg_control\" ;; esac; done\n\
         : > '{gate}.reached'\nwhile [ -e '{gate}' ]; do sleep 0.1; done\nexit 0\n",
        gate = gate.display()
    );
    fs::write(&script, text).expect("a script");
    run(std::process::Command::new("chmod").arg("755").arg(&script), LIMIT).expect_ok();
    vec![script.display().to_string()]
}

/// The mark of a fork.
fn mark(region: &Region, request: &ForkRequest) -> serde_json::Value {
    let text = fs::read_to_string(region.forks.join(format!("{}.lifeboat.json", request.name)));
    serde_json::from_str(&text.expect("a mark")).expect("a mark is one JSON document")
}

#[test]
fn a_killed_restore_is_taken_up_again_in_the_same_folder() {
    needs!(PostgreSql, PgBackRest);
    let lab = Lab::with(LabOptions { rows: 300, async_archive: false });
    let gate = lab.path().join("run/gate");
    run(lab.command("touch").arg(&gate), LIMIT).expect_ok();
    let region = Region::with(&lab, &Lab::run_prefix(), &hanging_restore(&lab, &gate));
    let request = request("drill-killed", region.resolve(&Target::Newest).expect("a point"));
    assert!(matches!(region.start(&request), StartOutcome::Accepted { .. }));
    wait_until("a restore that hangs", LIMIT, || gate.with_extension("reached").exists());

    // Every call so far came from a forker of its own, as after a restart: the work goes on alone.
    let progress = region.progress(&request);
    assert_eq!(progress.state, ProgressState::Working, "{progress:?}");
    assert!(progress.done.expect("bytes") > 1 << 20, "{progress:?}");
    let first = mark(&region, &request);
    assert_eq!((first["phase"].as_str(), first["exit"].is_null()), (Some("restore"), true), "{first}");
    assert!(matches!(region.start(&request), StartOutcome::Accepted { .. }), "alive: taken up");
    assert_eq!(mark(&region, &request)["pid"], first["pid"], "not started a second time");

    let session = format!("-{}", first["pid"]);
    run(lab.command("kill").args(["-KILL", "--", &session]), LIMIT).expect_ok();
    wait_until("an ended restore", LIMIT, || region.progress(&request).state != ProgressState::Working);
    let dead = region.progress(&request).state;
    assert!(matches!(dead, ProgressState::Failed { can_resume: true, .. }), "{dead:?}");

    run(lab.command("rm").arg(&gate), LIMIT).expect_ok();
    let newest = region.restored(&request);
    assert!(newest >= Some(request.point.promised), "{newest:?}");
    assert!(region.logs(&request).contains("--delta"), "{}", region.logs(&request));
    assert_eq!(region.sql(&lab, &request, "select count(*) from bulk"), "300");
    assert_eq!(mark(&region, &request)["attempt"], 1);
    assert!(matches!(region.remove(&request), Removal::Proven { .. }));
}

#[test]
fn a_start_that_is_cut_off_anywhere_leaves_one_fork() {
    needs!(PostgreSql, PgBackRest);
    let lab = Lab::with(LabOptions { rows: 10, async_archive: false });
    let region = Region::of(&lab);
    let request = request("drill-cut", region.resolve(&Target::Newest).expect("a point"));
    for cut_after in [5, 20, 40, 80, 160, 320] {
        let forker = region.forker();
        region.runtime.block_on(async {
            let start = forker.start(&request);
            tokio::time::timeout(Duration::from_millis(cut_after), start).await.ok();
        });
        assert!(matches!(region.find(&request), Found::Mine | Found::Absent), "after {cut_after} ms");
    }
    region.restored(&request);
    let mut left = left_in(&region.forks);
    left.retain(|name| !name.starts_with("drill-cut.lifeboat.json."));
    let port = format!(".lifeboat-port-{}", lab.fork_ports().start());
    assert_eq!(left, [port.as_str(), "drill-cut", "drill-cut.lifeboat", "drill-cut.lifeboat.json"]);
    assert!(matches!(region.remove(&request), Removal::Proven { .. }));
    assert_eq!(left_in(&region.forks), Vec::<String>::new(), "nothing is left");
}

#[test]
fn everything_works_over_ssh_and_its_loss_is_told() {
    needs!(PostgreSql, PgBackRest, OpenSsh);
    let lab = Lab::with(LabOptions { rows: 50, async_archive: true });
    lab.wal(1);
    let mut sshd = Sshd::up();
    let prefix = [sshd.run_prefix(), Lab::run_prefix()].concat();
    let region = Region::with(&lab, &prefix, &["pgbackrest".to_owned()]);
    let report = region.read();
    assert_eq!(report.outcome, Outcome::Ok, "{report:?}");
    assert!(report.skew_s.is_some_and(|skew| skew.abs() <= 5), "{report:?}");
    let request = request("drill-ssh", region.resolve(&Target::Newest).expect("a point"));
    let readiness = region.runtime.block_on(region.forker().check(&request));
    let troubles = troubles(&readiness);
    assert!(troubles.is_empty() && readiness.len() >= 7, "{readiness:?}");

    let newest = region.restored(&request);
    assert_eq!(newest, Some(request.point.promised));
    assert_eq!(region.sql(&lab, &request, "select count(*) from bulk"), "50");

    sshd.stop();
    assert_eq!(region.read().outcome, Outcome::Unreachable);
    assert!(matches!(region.find(&request), Found::CannotTell { .. }));
    assert!(matches!(region.progress(&request).state, ProgressState::CannotTell { .. }));
    assert!(matches!(region.start(&request), StartOutcome::Unknown { .. }));
    assert!(matches!(region.remove(&request), Removal::CannotTell { .. }));
    assert!(sshd.start(), "{}", sshd.log());
    assert!(matches!(region.progress(&request).state, ProgressState::Restored { .. }));
    assert!(matches!(region.remove(&request), Removal::Proven { .. }));
}

#[test]
fn readiness_finds_a_taken_port_and_the_wrong_account() {
    needs!(PostgreSql, PgBackRest);
    let lab = Lab::with(LabOptions { rows: 10, async_archive: false });
    let region = Region::of(&lab);
    let request = request("drill-ready", region.resolve(&Target::Oldest).expect("a point"));
    let state = |region: &Region, check: &str| {
        let items = region.runtime.block_on(region.forker().check(&request));
        items.iter().find(|item| item.check == check).map(|item| item.state)
    };
    // A port that the host gives to anybody: free, and worth a word.
    let on = |port| Region::on_ports(&lab, &Lab::run_prefix(), &["pgbackrest".to_owned()], &(port..=port));
    // Any of them may be in somebody's use at this moment.
    let mut given = given_away().take(20).map(|port| state(&on(port), "port"));
    assert!(given.any(|state| state == Some(ReadinessState::Warn)));
    let (region, port) = (on(lab.fork_port()), lab.fork_port());
    assert_eq!(state(&region, "port"), Some(ReadinessState::Pass));
    let listener = std::net::TcpListener::bind(("127.0.0.1", port)).expect("the fork's port");
    assert_eq!(state(&region, "port"), Some(ReadinessState::Fail));
    let outcome = region.start(&request);
    assert!(matches!(&outcome, StartOutcome::Refused { why, .. } if why.contains("no port")), "{outcome:?}");
    assert_eq!(region.find(&request), Found::Absent, "a refusal leaves nothing");
    drop(listener);
    if is_root() {
        let as_root = Region::with(&lab, &[], &["pgbackrest".to_owned()]);
        assert_eq!(state(&as_root, "account"), Some(ReadinessState::Fail));
        let outcome = as_root.start(&request);
        assert!(matches!(&outcome, StartOutcome::Refused { why, .. } if why.contains("root")), "{outcome:?}");
    }
    let once = region.remove(&request);
    assert!(
        matches!(once, Removal::Pending { .. }),
        "one look proves nothing of what was never seen: {once:?}"
    );
}

#[test]
fn s3_a_replay_counts_and_a_role_that_never_comes_ends_the_wait() {
    needs!(PostgreSql, PgBackRest);
    let lab = Lab::with(LabOptions { rows: 10, async_archive: false });
    // The backup knows the role not yet; the replay brings it.
    lab.sql("create role late superuser login");
    lab.wal(2);
    let mut region = Region::of(&lab);
    let as_role = |region: &mut Region, role: &str| {
        region.settings.fork.as_mut().expect("a fork table").user = role.to_owned();
    };
    let request = request("drill-barred", region.resolve(&Target::Newest).expect("a point"));
    as_role(&mut region, "nobody_here");
    assert!(matches!(region.start(&request), StartOutcome::Accepted { .. }));
    let ended = region.settle(&request);
    assert!(
        matches!(&ended.state, ProgressState::Failed { can_resume: true, why }
            if why.contains("role \"nobody_here\" does not exist") && why.contains("`fork` table")),
        "{ended:?}"
    );

    // With the role corrected the same fork is taken up where it is.
    as_role(&mut region, "late");
    assert_eq!(region.restored(&request), Some(request.point.promised));
    assert!(!region.logs(&request).contains("--delta"), "{}", region.logs(&request));
    assert!(matches!(region.remove(&request), Removal::Proven { .. }));
}

#[test]
fn r34_a_fork_is_not_called_removed_by_another_host() {
    needs!(PostgreSql, PgBackRest);
    let lab = Lab::with(LabOptions { rows: 10, async_archive: false });
    let region = Region::of(&lab);
    let mut request = request("drill-moved", region.resolve(&Target::Oldest).expect("a point"));
    let outcome = region.start(&request);
    let StartOutcome::Accepted { host: Some(host), .. } = outcome else { panic!("{outcome:?}") };
    let (name, _folder) = host.split_once(':').expect("its name, and that of the folder");
    request.host = Some(host.clone());
    assert!(matches!(region.settle(&request).state, ProgressState::Restored { .. }));

    // A host with another name, and nothing in the folder.
    let programs = lab.path().join("dr-2");
    fs::create_dir(&programs).expect("a folder of programs");
    fs::write(programs.join("uname"), "#!/bin/sh\necho dr-2\n").expect("a program");
    run(std::process::Command::new("chmod").args(["-R", "755"]).arg(&programs), LIMIT).expect_ok();
    let path = format!("PATH={}:{}", programs.display(), std::env::var("PATH").expect("a path"));
    let prefix = [Lab::run_prefix(), vec!["env".to_owned(), path]].concat();
    let mut other = Region::with(&lab, &prefix, &["pgbackrest".to_owned()]);
    other.settings.fork.as_mut().expect("a fork table").directory =
        lab.path().join("none").display().to_string();
    assert!(matches!(other.find(&request), Found::CannotTell { why } if why.contains("dr-2")));
    let removal = other.remove(&request);
    assert!(matches!(&removal, Removal::Failed { why } if why.contains(name)), "{removal:?}");
    assert!(matches!(other.start(&request), StartOutcome::Refused { .. }));
    removed_only_from_its_own_disk(&lab, &region, &request);
}

/// The host is started again, and the disk of its forks is not mounted.
fn removed_only_from_its_own_disk(lab: &Lab, region: &Region, request: &ForkRequest) {
    let disk = lab.path().join("disk");
    fs::rename(&region.forks, &disk).expect("the disk is away");
    run(lab.command("mkdir").arg(&region.forks), LIMIT).expect_ok();
    assert!(matches!(region.find(request), Found::CannotTell { why } if why.contains("is not the folder")));
    let removal = region.remove(request);
    assert!(matches!(&removal, Removal::Failed { why } if why.contains("mount its disk")), "{removal:?}");
    assert!(matches!(region.start(request), StartOutcome::Refused { .. }), "no second fork");
    fs::remove_dir(&region.forks).expect("nothing was put there");
    fs::rename(&disk, &region.forks).expect("the disk is back");

    assert!(matches!(region.progress(request).state, ProgressState::Restored { .. }));
    assert!(matches!(region.remove(request), Removal::Proven { .. }));
}
