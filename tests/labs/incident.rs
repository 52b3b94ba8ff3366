//! The main job on real input: a region is lost, and the built program recovers from the other one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::Value;

use crate::pgbackrest::{busy_lab, commits};
use crate::support::{Lab, Ran, needs, run, wait_until};

const LIMIT: Duration = Duration::from_secs(180);
/// Everything of the rows up to an id, in one line: how many, the last, and a hash of all columns.
const ROWS: &str =
    "select count(*) || ' ' || max(id) || ' ' || md5(string_agg(h::text, ',' order by id)) from heartbeat h";

/// The built program on a host of region B, with a config over both repositories of a lab.
struct Operator<'a> {
    lab: &'a Lab,
    home: PathBuf,
    forks: PathBuf,
    gate: PathBuf,
}

impl<'a> Operator<'a> {
    fn of(lab: &'a Lab, home: &Path) -> Self {
        let operator = Self {
            lab,
            home: home.to_owned(),
            forks: lab.path().join("forks"),
            gate: lab.path().join("run/gate"),
        };
        let east = lab.path().join("region-b.conf");
        let text = format!("[global]\nrepo2-path={}\n", lab.path().join("region-b/repo").display());
        fs::write(&east, text).expect("the configuration of region B");
        let text = format!(
            "fleet = 'lab'\n\
             [arming]\nallow = true\n\
             [tiers.1]\nrpo = '1h'\nrto = '1h'\n\
             [sources.pg-west]\nkind = 'pgbackrest'\nrun = {prefix:?}\nprogram = ['pgbackrest', '--config={west}']\n\
             stanza = '{stanza}'\nrepo = 1\ntimeout = '60s'\n\
             [sources.pg-east]\nkind = 'pgbackrest'\nrun = {prefix:?}\nprogram = ['{program}', '--config={east}']\n\
             stanza = '{stanza}'\nrepo = 2\ntimeout = '60s'\n\
             [sources.pg-east.fork]\nrun = {prefix:?}\ndirectory = '{forks}'\nports = '{fork}'\npg_bin = '{bin}'\n\
             [services.orders]\ntier = 1\nowner = 'team-orders'\nprobe = 'tcp://127.0.0.1:{port}'\n\
             primary = {{ source = 'pg-west', region = 'dc-west' }}\n\
             secondary = {{ source = 'pg-east', region = 'dc-east' }}\n\
             [[services.orders.checks]]\nname = 'newest row'\nsql = 'select max(ts) from heartbeat'\n\
             expect = {{ newest_row = true }}\n\
             [[services.orders.checks]]\nname = 'bulk'\nsql = 'select count(*) from bulk'\nexpect = {{ equals = 200 }}\n\
             [[services.orders.checks]]\nname = 'rows'\nsql = \"{ROWS}\"\n",
            prefix = Lab::run_prefix(),
            west = lab.config().display(),
            east = east.display(),
            program = operator.pausing_restore().display(),
            stanza = Lab::STANZA,
            forks = operator.forks.display(),
            fork = lab.fork_port(),
            bin = lab.pg_bin().display(),
            port = lab.port(),
        );
        fs::write(home.join("lifeboat.toml"), text).expect("a config");
        operator
    }

    /// A stand-in for pgBackRest whose restore lacks its last file as long as the gate is there.
    fn pausing_restore(&self) -> PathBuf {
        let script = self.lab.path().join("pausing-pgbackrest");
        let text = format!(
            "#!/bin/sh\ncase \" $* \" in *' restore '*) ;; *) exec pgbackrest \"$@\" ;; esac\n\
             pgbackrest \"$@\" || exit\n[ -e '{gate}' ] || exit 0\n\
             for word in \"$@\"; do case $word in --pg1-path=*) control=${{word#--pg1-path=}}/global/pg_control ;; esac; done\n\
             mv \"$control\" '{gate}.last-file'\n: > '{gate}.reached'\n\
             while [ -e '{gate}' ]; do sleep 0.1; done\nmv '{gate}.last-file' \"$control\"\n",
            gate = self.gate.display()
        );
        fs::write(&script, text).expect("a script");
        run(Command::new("chmod").arg("755").arg(&script), LIMIT).expect_ok();
        script
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lifeboat"));
        command.env_clear().env("HOME", &self.home).env("TZ", "UTC");
        command.env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        command.arg("--config").arg(self.home.join("lifeboat.toml"));
        command.arg("--state-dir").arg(self.home.join("state"));
        command.args(args);
        command
    }

    /// Runs the program to its end, which has to come with this exit code.
    fn lifeboat(&self, code: i32, args: &[&str]) -> Ran {
        let ran = run(&mut self.command(args), LIMIT);
        assert_eq!(ran.status.code(), Some(code), "{ran:#?}");
        ran
    }

    fn json(&self, code: i32, args: &[&str]) -> Value {
        let ran = self.lifeboat(code, &[&["--output", "json"], args].concat());
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:#?}"))
    }

    /// The run begun last: its id and its standing.
    fn last_run(&self) -> (String, String) {
        let runs = self.json(0, &["runs", "list"]);
        let field = |name: &str| text(&runs, &format!("/runs/0/{name}"));
        (field("run"), field("standing"))
    }

    /// The events of a run's journal of one kind.
    fn events(&self, run: &str, kind: &str) -> Vec<Value> {
        let ran = self.lifeboat(0, &["--output", "json", "runs", "show", run]);
        let lines = ran.stdout.lines().map(|line| serde_json::from_str::<Value>(line).expect(line));
        let events = lines.map(|line| line.get("event").cloned().expect("an event"));
        events.filter(|event| event.get("is") == Some(&Value::from(kind))).collect()
    }

    /// What the check of all rows read in a run's fork.
    fn rows_read(&self, run: &str) -> String {
        let checks = self.events(run, "checks_run").pop().expect("checks");
        let results = checks.get("results").and_then(Value::as_array).expect("results");
        let rows =
            results.iter().find(|result| text(result, "/name") == "rows").expect("the check of the rows");
        text(rows, "/value")
    }

    /// Folders of forks; what belongs to them lies beside them.
    fn fork_folders(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(&self.forks) else { return Vec::new() };
        let paths = entries.map(|entry| entry.expect("a file").path());
        paths.filter(|path| path.is_dir() && !path.is_symlink() && path.extension().is_none()).collect()
    }

    /// The mark of the only fork.
    fn mark(&self) -> Value {
        let folders = self.fork_folders();
        let [folder] = folders.as_slice() else { panic!("not one fork: {folders:?}") };
        let text = fs::read_to_string(folder.with_extension("lifeboat.json")).expect("a mark");
        serde_json::from_str(&text).expect("a mark is one JSON document")
    }

    /// Asks the only fork, where its server says that it listens.
    fn fork_sql(&self, query: &str) -> String {
        let folders = self.fork_folders();
        let [folder] = folders.as_slice() else { panic!("not one fork: {folders:?}") };
        let pid = fs::read_to_string(folder.join("postmaster.pid")).expect("a running server");
        let mut lines = pid.lines().skip(3);
        let (port, socket) = (lines.next().expect("a port"), lines.next().expect("a folder"));
        let mut command = self.lab.command(self.lab.pg_bin().join("psql"));
        command.args(["-XqAt", "-h", socket, "-p", port, "-U", "postgres", "-d", "postgres", "-c", query]);
        run(&mut command, LIMIT).expect_ok().trim_end().to_owned()
    }

    /// Nothing of any fork is left.
    fn assert_nothing_left(&self) {
        let left: Vec<_> = fs::read_dir(&self.forks).expect("forks").collect();
        assert!(left.is_empty(), "{left:?}");
    }

    /// A drill to an instant or a word, to its end; its id.
    fn drill(&self, to: &str) -> String {
        let ran = self.lifeboat(0, &["--arm", "drill", "orders", "--yes", "--to", to]);
        assert!(ran.stdout.contains("passed"), "{ran:#?}");
        self.last_run().0
    }

    /// What a person who was not there can see of a run that passed.
    fn assert_reported(&self, id: &str, to: &str) {
        let verified = self.lifeboat(0, &["runs", "verify", id]);
        assert!(verified.stdout.contains("whole"), "{to}: {verified:#?}");
        let report = self.json(0, &["report", id]);
        assert_eq!(text(&report, "/result"), "passed", "{to}: {report:#}");
        let page = self.lifeboat(0, &["--output", "md", "report", id]).stdout;
        for word in [id, "EV11", &text(&report, "/head")] {
            assert!(page.contains(word), "{to}: no {word} in\n{page}");
        }
        self.assert_nothing_left();
    }

    /// A drill to a point that is refused, with these words; a person ends it.
    fn refused(&self, to: &str, words: &[&str]) {
        let ran = self.lifeboat(3, &["--arm", "drill", "orders", "--yes", "--to", to]);
        for word in words {
            assert!(ran.stdout.contains(word), "{to}: no `{word}` in {ran:#?}");
        }
        let (id, _) = self.last_run();
        assert!(self.events(&id, "fork_intended").is_empty(), "{to}: nothing was asked for");
        let abort = ["--arm", "runs", "abort", &id, "--reason", "refused", "--confirm", "orders"];
        self.lifeboat(2, &abort);
    }
}

fn text(value: &Value, pointer: &str) -> String {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("no text at {pointer} in {value:#}")).to_owned()
}

fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// Loses two segments before the last one in repository 2.
fn make_hole(lab: &Lab) {
    let segments = lab.path().join("region-b/repo/archive").join(Lab::STANZA).join("15-1");
    let folder = fs::read_dir(&segments).expect("the archive").find_map(|entry| {
        let path = entry.expect("an entry").path();
        path.is_dir().then_some(path)
    });
    let entries = fs::read_dir(folder.expect("a folder")).expect("segments");
    let mut names: Vec<PathBuf> = entries.map(|entry| entry.expect("a segment").path()).collect();
    names.sort();
    for lost in names.iter().rev().skip(1).take(2) {
        fs::remove_file(lost).expect("a segment to lose");
    }
}

#[test]
fn a_lost_region_is_recovered_to_the_row() {
    needs!(PostgreSql, PgBackRest);
    let lab = busy_lab();
    // Rows in segments of their own, the place of a later hole.
    lab.wal(4);
    let home = tempfile::tempdir().expect("a home");
    let operator = Operator::of(&lab, home.path());
    let rows = commits(&lab);
    let newest = rows.last().expect("rows").1;
    let upto = |id: u64| lab.sql(&format!("{ROWS} where id <= {id}"));
    let idle = rows.windows(2).max_by_key(|pair| pair[1].1 - pair[0].1).expect("an idle gap");
    let idle_middle = idle[0].1 + (idle[1].1 - idle[0].1) / 2;
    let all = lab.sql(ROWS);
    let before_newest = upto(rows[rows.len() - 2].0);
    let before_idle = upto(idle[0].0);
    // The first row is older than the first backup; the second was written when that was done.
    let oldest = upto(1);
    let calm = operator.json(0, &["status"]);
    assert_eq!(text(&calm, "/services/0/primary_liveness"), "answers", "{calm:#}");

    lab.region_down();
    let down_since = Utc::now();
    told(&operator, newest);

    incident(&operator, down_since, &all, newest);
    for (to, expected) in [("oldest", &oldest), (stamp(idle_middle).as_str(), &before_idle)] {
        let id = operator.drill(to);
        assert_eq!(operator.rows_read(&id), *expected, "{to}");
        operator.assert_reported(&id, to);
    }
    killed(&operator, &stamp(newest - TimeDelta::microseconds(1)), &before_newest);

    let just_before = stamp(newest - TimeDelta::microseconds(1));
    operator.refused(
        &stamp(newest + TimeDelta::seconds(1)),
        &["REFUSED", "after the end of the log", &format!("nearest earlier {just_before}")],
    );
    make_hole(&lab);
    operator.refused(&just_before, &["REFUSED", "hole of the log", "nearest earlier "]);
    operator.assert_nothing_left();
}

/// What can be known while the primary region is gone.
fn told(operator: &Operator<'_>, newest: DateTime<Utc>) {
    let status = operator.json(3, &["status"]);
    let service = status.pointer("/services/0").expect("a service");
    assert_eq!(text(service, "/secondary/outcome"), "ok", "{service:#}");
    assert_eq!(text(service, "/secondary/newest_restorable"), stamp(newest), "{service:#}");
    let oldest = text(service, "/secondary/oldest_restorable");
    assert!(oldest < stamp(newest), "{service:#}");
    assert_ne!(text(service, "/primary/outcome"), "ok", "{service:#}");
    assert_eq!(text(service, "/primary_liveness"), "silent", "{service:#}");
    assert!(service.get("loss_s").is_some_and(Value::is_u64), "a loss is told: {service:#}");
    let findings = service.get("findings").and_then(Value::as_array).expect("findings");
    let primary = findings.iter().find(|finding| text(finding, "/rule") == "primary_unreadable");
    assert_eq!(text(primary.expect("the primary's trouble"), "/level"), "warning", "{service:#}");
}

/// An incident without a terminal goes as far as it can; its fork is kept until a person removes it.
fn incident(operator: &Operator<'_>, down_since: DateTime<Utc>, all: &str, newest: DateTime<Utc>) {
    let down_since = stamp(down_since);
    let ran = operator.lifeboat(
        3,
        &[
            &["--arm", "incident", "orders", "--confirm", "orders", "--declared-by", "Ada"][..],
            &["--scenario", "region A is lost", "--criteria", "C1,C2", "--down-since", &down_since],
            &["--to", "newest"],
        ]
        .concat(),
    );
    let (id, standing) = operator.last_run();
    assert!(ran.stdout.contains("checks passed"), "{ran:#?}");
    assert!(ran.stderr.contains(&format!("{id} stays open")), "{ran:#?}");
    assert_eq!(standing, "interrupted");
    let resolved = operator.events(&id, "point_resolved").pop().expect("a point");
    let promised = DateTime::parse_from_rfc3339(&text(&resolved, "/point/promised")).expect("an instant");
    assert_eq!(promised, newest, "{resolved:#}");
    assert_eq!(operator.fork_sql(ROWS), all);
    assert_eq!(operator.rows_read(&id), all);
    assert_eq!(operator.fork_sql("show archive_mode"), "off");

    let again = operator.lifeboat(2, &["--arm", "drill", "orders", "--yes"]);
    assert!(again.stderr.contains(&id), "one open run per service: {again:#?}");

    operator.lifeboat(2, &["--arm", "runs", "abort", &id, "--reason", "over", "--confirm", "orders"]);
    assert_eq!(operator.last_run(), (id.clone(), "closed".to_owned()));
    assert_eq!(operator.fork_sql(ROWS), all, "an abort keeps the fork");
    let listed = operator.lifeboat(3, &["--arm", "runs", "clean-up", &id]);
    assert!(listed.stdout.contains("would remove"), "{listed:#?}");
    operator.lifeboat(0, &["--arm", "runs", "clean-up", &id, "--confirm", "orders"]);
    let removal = operator.events(&id, "removal_answered").pop().expect("a removal");
    assert_eq!(text(&removal, "/removal/removal"), "proven", "{removal:#}");
    operator.assert_nothing_left();
    let nothing = operator.lifeboat(0, &["--arm", "runs", "clean-up", &id]);
    assert!(nothing.stdout.contains("nothing is left"), "{nothing:#?}");
    operator.lifeboat(0, &["runs", "verify", &id]);
}

/// The program is killed while files are restored: they are restored on, and it is taken up.
fn killed(operator: &Operator<'_>, to: &str, expected: &str) {
    run(operator.lab.command("touch").arg(&operator.gate), LIMIT).expect_ok();
    let mut command = operator.command(&["--arm", "drill", "orders", "--yes", "--to", to]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().expect("the program");
    wait_until("a restore that is under way", LIMIT, || operator.gate.with_extension("reached").exists());
    child.kill().expect("a kill");
    child.wait().expect("its end");

    let (id, standing) = operator.last_run();
    assert_eq!(standing, "interrupted", "S30: the kernel freed the lock");
    let before = operator.mark();
    assert_eq!(text(&before, "/phase"), "restore");
    run(operator.lab.command("rm").arg(&operator.gate), LIMIT).expect_ok();
    wait_until("a restore that nobody watches", LIMIT, || text(&operator.mark(), "/phase") == "done");
    let after = operator.mark();
    assert_eq!((after.get("pid"), after.get("attempt")), (before.get("pid"), Some(&Value::from(1))));

    let resumed = operator.lifeboat(0, &["--arm", "runs", "resume", &id]);
    assert!(resumed.stdout.contains("taken up again"), "{resumed:#?}");
    assert_eq!(operator.events(&id, "fork_intended").len(), 1, "one fork, asked for once");
    assert!(operator.events(&id, "attempt_opened").is_empty(), "the same attempt");
    assert_eq!(operator.rows_read(&id), expected);
    operator.assert_reported(&id, to);
}
