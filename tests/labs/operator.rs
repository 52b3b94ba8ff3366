//! The built program over a pair, as a person without a terminal runs it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;

use crate::support::{Lab, Ran, left_in, run};

pub(crate) const LIMIT: Duration = Duration::from_secs(180);
/// Everything of the rows up to an id, in one line: how many, the last, and a hash of all columns.
pub(crate) const ROWS: &str =
    "select count(*) || ' ' || max(id) || ' ' || md5(string_agg(h::text, ',' order by id)) from heartbeat h";

/// The built program on a host of region B, with a config over both repositories of a lab.
pub(crate) struct Operator<'a> {
    pub(crate) lab: &'a Lab,
    pub(crate) home: PathBuf,
    pub(crate) forks: PathBuf,
    pub(crate) gate: PathBuf,
}

impl<'a> Operator<'a> {
    pub(crate) fn of(lab: &'a Lab, home: &Path) -> Self {
        let operator = Self {
            lab,
            home: home.to_owned(),
            forks: lab.path().join("forks"),
            gate: lab.path().join("run/gate"),
        };
        lab.region_b_config();
        let east = operator.east_config();
        let text = format!(
            "fleet = 'lab'\n\
             [arming]\nallow = true\n\
             [tiers.1]\nrpo = '1h'\nrto = '1h'\n\
             [sources.pg-west]\nkind = 'pgbackrest'\nrun = {prefix:?}\nprogram = ['pgbackrest', '--config={west}']\n\
             stanza = '{stanza}'\nrepo = 1\ntimeout = '60s'\n\
             [sources.pg-east]\nkind = 'pgbackrest'\nrun = {prefix:?}\nprogram = ['{program}', '--config={east}']\n\
             stanza = '{stanza}'\nrepo = 2\ntimeout = '60s'\n\
             [sources.pg-east.fork]\nrun = {prefix:?}\ndirectory = '{forks}'\nports = '{first}-{last}'\npg_bin = '{bin}'\n\
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
            first = lab.fork_ports().start(),
            last = lab.fork_ports().end(),
            bin = lab.pg_bin().display(),
            port = lab.port(),
        );
        fs::write(home.join("lifeboat.toml"), text).expect("a config");
        operator
    }

    /// pgBackRest's configuration on this host.
    pub(crate) fn east_config(&self) -> PathBuf {
        self.lab.path().join("region-b.conf")
    }

    /// A stand-in for pgBackRest whose restore lacks its last file as long as the gate is there.
    pub(crate) fn pausing_restore(&self) -> PathBuf {
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

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lifeboat"));
        command.env_clear().env("HOME", &self.home).env("TZ", "UTC");
        command.env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        command.arg("--config").arg(self.home.join("lifeboat.toml"));
        command.arg("--state-dir").arg(self.home.join("state"));
        command.args(args);
        command
    }

    /// Starts the program and leaves it to itself.
    pub(crate) fn spawn(&self, args: &[&str]) -> Child {
        let mut command = self.command(args);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().expect("the program")
    }

    /// Runs the program to its end, which has to come with this exit code.
    pub(crate) fn lifeboat(&self, code: i32, args: &[&str]) -> Ran {
        let ran = run(&mut self.command(args), LIMIT);
        assert_eq!(ran.status.code(), Some(code), "{ran:#?}");
        ran
    }

    pub(crate) fn json(&self, code: i32, args: &[&str]) -> Value {
        let ran = self.lifeboat(code, &[&["--output", "json"], args].concat());
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:#?}"))
    }

    /// The run begun last: its id and its standing.
    pub(crate) fn last_run(&self) -> (String, String) {
        let runs = self.json(0, &["runs", "list"]);
        let field = |name: &str| text(&runs, &format!("/runs/0/{name}"));
        (field("run"), field("standing"))
    }

    /// The events of a run's journal of one kind.
    pub(crate) fn events(&self, run: &str, kind: &str) -> Vec<Value> {
        let ran = self.lifeboat(0, &["--output", "json", "runs", "show", run]);
        let lines = ran.stdout.lines().map(|line| serde_json::from_str::<Value>(line).expect(line));
        let events = lines.map(|line| line.get("event").cloned().expect("an event"));
        events.filter(|event| event.get("is") == Some(&Value::from(kind))).collect()
    }

    /// What the point of a run promised.
    pub(crate) fn promised(&self, run: &str) -> DateTime<Utc> {
        let resolved = self.events(run, "point_resolved").pop().expect("a point");
        text(&resolved, "/point/promised").parse().expect("an instant")
    }

    /// What the check of all rows read in a run's fork.
    pub(crate) fn rows_read(&self, run: &str) -> String {
        let checks = self.events(run, "checks_run").pop().expect("checks");
        let results = checks.get("results").and_then(Value::as_array).expect("results");
        let rows =
            results.iter().find(|result| text(result, "/name") == "rows").expect("the check of the rows");
        text(rows, "/value")
    }

    /// Folders of forks; what belongs to them lies beside them.
    pub(crate) fn fork_folders(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(&self.forks) else { return Vec::new() };
        let paths = entries.map(|entry| entry.expect("a file").path());
        paths.filter(|path| path.is_dir() && !path.is_symlink() && path.extension().is_none()).collect()
    }

    /// The mark of the only fork.
    pub(crate) fn mark(&self) -> Value {
        let folders = self.fork_folders();
        let [folder] = folders.as_slice() else { panic!("not one fork: {folders:?}") };
        let text = fs::read_to_string(folder.with_extension("lifeboat.json")).expect("a mark");
        serde_json::from_str(&text).expect("a mark is one JSON document")
    }

    /// Asks the only fork, where its server says that it listens.
    pub(crate) fn fork_sql(&self, query: &str) -> String {
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
    pub(crate) fn assert_nothing_left(&self) {
        assert_eq!(left_in(&self.forks), Vec::<String>::new());
    }

    /// A drill to an instant or a word, to its end; its id.
    pub(crate) fn drill(&self, to: &str) -> String {
        let ran = self.lifeboat(0, &["--arm", "drill", "orders", "--yes", "--to", to]);
        assert!(ran.stdout.contains("passed"), "{ran:#?}");
        self.last_run().0
    }

    /// What a person who was not there can see of a run that passed.
    pub(crate) fn assert_reported(&self, id: &str, to: &str) {
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
}

pub(crate) fn text(value: &Value, pointer: &str) -> String {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("no text at {pointer} in {value:#}")).to_owned()
}

pub(crate) fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}
