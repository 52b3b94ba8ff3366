//! A pgBackRest configuration and an environment full of options that a fork must not follow.

use std::fs;

use lifeboat::domain::{Outcome, Target};
use lifeboat::provider::{Forker as _, Removal};

use super::{LIMIT, Region, busy_lab, commits, copy, request, troubles};
use crate::support::{BackupKind, Lab, needs, run};

/// Region B's configuration: a name that no version knows, the repository in an included file, and everything
/// that makes a plain restore other than the original, or puts it where the original is.
fn odd_configuration(lab: &Lab) -> String {
    let included = lab.path().join("conf.d");
    fs::create_dir(&included).expect("a folder of included files");
    fs::rename(lab.region_b_config(), included.join("repo.conf")).expect("an included file");
    let text = format!(
        "[global]\nno-such-option=1\ndelta=y\narchive-async=y\n[{stanza}:restore]\ndb-include=one\nlink-all=y\n\
         tablespace-map=apart={root}/run/taken\nrecovery-option=archive_cleanup_command=touch {root}/run/cleaned\n\
         recovery-option=recovery_min_apply_delay=1h\n",
        stanza = Lab::STANZA,
        root = lab.path().display(),
    );
    fs::write(lab.path().join("region-b.conf"), text).expect("a configuration");
    format!("--config-include-path={}", included.display())
}

/// What a standby that lags on purpose, and a server with jobs, may have in its configuration. None of it is
/// in force in the primary before it is started again; a fork that followed it would wait an hour for each
/// commit, end before the last one, or run jobs.
fn settings_that_act(lab: &Lab) {
    let settings = "recovery_min_apply_delay = '1h'\nrecovery_target_inclusive = off\n\
                    shared_preload_libraries = 'auto_explain, $libdir/pg_cron, pg_net, pg_stat_statements'\n";
    let file = lab.sql("show config_file");
    let mut text = fs::read_to_string(&file).expect("the primary's configuration");
    text.push_str(settings);
    fs::write(&file, text).expect("the primary's configuration");
}

#[test]
fn a_fork_follows_nothing_that_is_configured_for_other_restores() {
    needs!(PostgreSql, PgBackRest);
    let lab = busy_lab();
    let (space, linked) = (lab.path().join("region-a/space"), lab.path().join("region-a/linked"));
    let made = |folders: &str| run(lab.command("sh").args(["-c", folders]), LIMIT).expect_ok();
    made(
        "mkdir region-a/space region-a/linked && echo kept > region-a/linked/file && ln -s \"$PWD/region-a/linked\" region-a/pg/linked",
    );
    lab.sql(&format!("create tablespace apart location '{}'", space.display()));
    lab.sql("create table elsewhere tablespace apart as select generate_series(1, 500) as id");
    for database in ["one", "two"] {
        lab.sql(&format!("create database {database}"));
    }
    // Not in force in the primary, which does not read it again; a fork that did would wait at every commit.
    lab.sql("alter system set synchronous_standby_names = 'nobody'");
    settings_that_act(&lab);
    lab.backup(2, BackupKind::Full);
    lab.wal(1);
    let rows = commits(&lab);

    let odd = ["PGBACKREST_ARCHIVE_MODE=preserve", "PGBACKREST_DB_INCLUDE=one", "PGBACKREST_ODD_OPTION=1"];
    let prefix = [Lab::run_prefix(), ["env"].iter().chain(&odd).map(ToString::to_string).collect()].concat();
    let program =
        ["pgbackrest".to_owned(), format!("--config-include-path={}", lab.path().join("conf.d").display())];
    let region = Region::with(&lab, &prefix, &program);
    assert_eq!(odd_configuration(&lab), program[1]);
    let report = region.read();
    assert_eq!(report.outcome, Outcome::Ok, "warnings are no trouble: {report:?}");
    let newest = rows.last().expect("rows").1;
    let last = copy(&report).reading.as_ref().and_then(|reading| reading.log.last_commit);
    assert!(last >= Some(newest), "{report:?}");

    let request = request("drill-odd", region.resolve(&Target::Newest).expect("newest"));
    let readiness = region.runtime.block_on(region.forker().check(&request));
    let troubles = troubles(&readiness);
    assert!(troubles.is_empty(), "{troubles:?}");
    region.restored(&request);
    let sql = |query: &str| region.sql(&lab, &request, query);
    assert_eq!(sql("select max(id) from heartbeat"), rows.last().expect("rows").0.to_string());
    assert_eq!(sql("show archive_mode"), "off");
    sql("create table written_to (id int)");
    assert_eq!(sql("show recovery_min_apply_delay"), "0");
    assert_eq!(sql("show recovery_target_inclusive"), "on");
    assert_eq!(sql("show shared_preload_libraries"), "auto_explain, pg_stat_statements", "no runner of jobs");
    assert_eq!(sql("show archive_cleanup_command"), "");
    assert_eq!(sql("select count(*) from elsewhere"), "500");
    let place = sql("select pg_tablespace_location(oid) from pg_tablespace where spcname = 'apart'");
    let beside = region.forks.join("drill-odd.lifeboat/tablespaces");
    assert!(place.starts_with(&beside.display().to_string()), "{place}");
    // A database that is left out is there by name, and its files are empty.
    assert_ne!(region.sql_in("two", &lab, &request, "select count(*) from pg_class"), "0");
    let in_fork = region.forks.join("drill-odd/linked");
    assert!(!in_fork.is_symlink() && in_fork.join("file").exists(), "its own, and not the original's");
    for never in ["run/taken", "run/cleaned"] {
        assert!(!lab.path().join(never).exists(), "{never}");
    }
    let removal = region.remove(&request);
    assert!(matches!(removal, Removal::Proven { .. }), "{removal:?}");
    assert_eq!(fs::read_to_string(linked.join("file")).expect("the original's"), "kept\n");
}
