//! Commands over the simulator, through real HTTP.

use serde_json::Value;

use crate::support::{Lifeboat, Run, Server};

/// A simulator at work, and a home with a config over it.
pub(crate) struct Simulated {
    pub(crate) lifeboat: Lifeboat,
    pub(crate) config: String,
    pub(crate) address: String,
    /// The simulator's clock, for `--clock`.
    clock: Option<String>,
    server: Server,
}

impl Simulated {
    pub(crate) fn start(scenario: &str) -> Self {
        Self::at_speed(scenario, 1)
    }

    pub(crate) fn at_speed(scenario: &str, speed: u32) -> Self {
        let lifeboat = Lifeboat::new().env("SIM_TOKEN", "demo-token");
        let speed_text = speed.to_string();
        let mut server = Server::start(
            &lifeboat,
            &["simulate", "--listen", "127.0.0.1:0", scenario, "--speed", &speed_text],
        );
        server.line();
        let line = server.line();
        let (project, address) =
            line.strip_prefix("project ").and_then(|rest| rest.split_once(" at ")).unwrap();
        let clock = (speed != 1)
            .then(|| server.line().rsplit_once("--clock ").expect("a clock to share").1.to_owned());
        let config = lifeboat.file(
            "lifeboat.toml",
            &format!(
                "fleet = 'sim'\n[arming]\nallow = true\n\
                 [tiers.1]\nrpo = '15m'\nrto = '1h'\n[tiers.2]\nrpo = '1h'\nrto = '4h'\n\
                 [tiers.3]\nrpo = '24h'\nrto = '24h'\n\
                 [sources.sim]\nkind = 'aiven'\nproject = '{project}'\nurl = '{address}'\n\
                 token = {{ env = 'SIM_TOKEN' }}\nacting_token = {{ env = 'SIM_TOKEN' }}\n\
                 [discover.sim]\ntier_from_tag = 'tier'\nowner_from_tag = 'owner'\n\
                 [services.orders-db]\nsource = 'sim'\ntier = 1\n\
                 [[services.orders-db.checks]]\nname = 'newest row'\n\
                 http = '{address}/_sim/data/{{name}}'\npointer = '/newest_row'\n\
                 expect = {{ newest_row = true }}\n\
                 [[services.orders-db.checks]]\nname = 'rows'\n\
                 http = '{address}/_sim/data/{{name}}'\npointer = '/rows'\nexpect = {{ at_least = 1 }}\n"
            ),
        );
        Self { lifeboat, config, address: address.to_owned(), clock, server }
    }

    pub(crate) fn run(&self, args: &[&str]) -> Run {
        self.run_with(&[], args)
    }

    /// The same, with more environment.
    pub(crate) fn run_with(&self, env: &[(&str, &str)], args: &[&str]) -> Run {
        Run::from(self.command(args).envs(env.iter().copied()).output().unwrap())
    }

    /// Begins a command that is told when to end.
    pub(crate) fn begin(&self, args: &[&str]) -> Server {
        Server::of(self.command(args))
    }

    /// The command, to be run.
    pub(crate) fn command(&self, args: &[&str]) -> std::process::Command {
        let mut all = vec!["--config", self.config.as_str()];
        all.extend(args);
        if let Some(clock) = &self.clock {
            all.extend(["--clock", clock]);
        }
        self.lifeboat.command(&all)
    }

    /// Requests that changed something, as the simulator counted them.
    pub(crate) fn mutating_requests(&self) -> u64 {
        let text = crate::support::http_get(&self.address, "/_sim/requests");
        let counts: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        counts.get("mutating").and_then(Value::as_u64).unwrap_or_else(|| panic!("{counts:#}"))
    }

    pub(crate) fn status(&self, more: &[&str]) -> (Value, i32) {
        let run =
            self.lifeboat.run(&[&["status", "--output", "json", "--config", &self.config], more].concat());
        (serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}")), run.code)
    }
}

pub(crate) fn service<'a>(doc: &'a Value, name: &str) -> &'a Value {
    let services = doc["services"].as_array().unwrap();
    services.iter().find(|service| service["service"] == name).unwrap_or_else(|| panic!("no {name}: {doc:#}"))
}

#[test]
fn status_over_the_simulator_knows_every_service() {
    let sim = Simulated::start("calm");
    let (doc, code) = sim.status(&[]);
    assert_eq!(code, 0, "{doc:#}");
    assert!(doc["services"].as_array().unwrap().len() >= 8, "{doc:#}");
    let orders = service(&doc, "orders-db");
    assert_eq!(orders["verdict"], "ok", "{orders:#}");
    assert_eq!((orders["tier"].as_u64(), orders["rpo_s"].as_u64()), (Some(1), Some(900)));
    assert!(orders["loss_s"].as_u64().unwrap() < 900, "{orders:#}");
    assert!(orders["secondary"]["oldest_restorable"].is_string(), "{orders:#}");
    let (one, _) = sim.status(&["orders-db"]);
    assert_eq!(one["services"].as_array().unwrap().len(), 1);
    let typo = sim.lifeboat.run(&["status", "ordes-db", "--config", &sim.config]);
    assert_eq!(typo.code, 64, "{typo:?}");
    assert!(typo.stderr.contains("did you mean `orders-db`?"), "{typo:?}");
}

#[test]
fn what_was_last_known_outlives_the_source() {
    let sim = Simulated::start("calm");
    let (before, _) = sim.status(&[]);
    let Simulated { lifeboat, config, address, server, .. } = sim;
    server.end(rustix::process::Signal::TERM);
    let run = lifeboat.run(&["status", "--output", "json", "--config", &config]);
    assert_eq!(run.code, 69, "{address}: {run:?}");
    let after: Value = serde_json::from_str(&run.stdout).unwrap();
    let (then, now) = (service(&before, "orders-db"), service(&after, "orders-db"));
    assert_eq!(now["secondary"]["outcome"], "unreachable", "{now:#}");
    assert_eq!(now["secondary"]["newest_restorable"], then["secondary"]["newest_restorable"]);
    assert_eq!(now["verdict"], "unknown", "never ok while unread: {now:#}");
    let check = lifeboat.run(&["check", "orders-db", "--config", &config]);
    assert_eq!(check.code, 3, "{check:?}");
    let later = lifeboat.run(&["check", "orders-db", "--config", &config, "--unknown-after", "1ms"]);
    assert_eq!(later.code, 2, "unknown becomes loud: {later:?}");
}

#[test]
fn a_missing_token_is_said_of_its_source_alone() {
    let sim = Simulated::start("calm");
    let lifeboat = Lifeboat::new();
    let run = lifeboat.run(&["status", "--config", &sim.config]);
    assert_eq!(run.code, 69, "{run:?}");
    assert!(run.stderr.contains("source sim: denied (no token: $SIM_TOKEN: it is not set)"), "{run:?}");
}

#[test]
fn a_drill_runs_to_its_end_and_its_report_tells_it() {
    let sim = Simulated::at_speed("calm", 240);
    // Nobody listens there: what is on this host is not asked for through a proxy.
    let proxy = [("http_proxy", "http://127.0.0.1:9"), ("HTTP_PROXY", "http://127.0.0.1:9")];
    let drill = sim.run_with(&proxy, &["--arm", "drill", "orders-db", "--yes"]);
    assert_eq!(drill.code, 0, "{drill:?}");
    for said in
        ["opened: drill orders-db", "accepted: ", "2 of 2 checks passed", "proven by listing", "passed"]
    {
        assert!(drill.stdout.contains(said), "{said}: {}", drill.stdout);
    }
    let list = sim.run(&["runs", "list", "--output", "json"]);
    let runs: Value = serde_json::from_str(&list.stdout).unwrap();
    let run = runs["runs"][0]["run"].as_str().unwrap().to_owned();
    assert_eq!(runs["runs"][0]["conclusion"]["result"], "passed", "{runs:#}");
    let verify = sim.run(&["runs", "verify", &run]);
    assert_eq!(verify.code, 0, "{verify:?}");
    let head = verify.stdout.trim_end().rsplit_once("head ").unwrap().1.to_owned();
    assert!(drill.stdout.contains(&head), "the head printed at the end is the journal's: {verify:?}");
    let part = run.rsplit_once('-').unwrap().1;
    let show = sim.run(&["runs", "show", part]);
    assert!(show.code == 0 && show.stdout.contains("validate"), "{show:?}");
    let markdown = sim.run(&["report", &run]);
    assert!(markdown.code == 0 && markdown.stdout.contains("EV17"), "{markdown:?}");
    let json = sim.run(&["report", &run, "--output", "json"]);
    let report: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((report["result"].as_str(), report["head"].as_str()), (Some("passed"), Some(head.as_str())));
    let nothing = sim.run(&["runs", "clean-up", &run]);
    assert!(nothing.code == 0 && nothing.stdout.contains("nothing is left"), "{nothing:?}");
    assert_eq!(sim.run(&["runs", "show", "no-such-run"]).code, 64);
    assert_eq!(sim.mutating_requests(), 2, "one create, one delete");
}

#[test]
fn who_is_not_armed_is_told_what_is_missing_and_what_to_run() {
    let sim = Simulated::at_speed("calm", 240);
    let drill = sim.run(&["drill", "orders-db", "--yes"]);
    assert_eq!(drill.code, 77, "{drill:?}");
    assert!(drill.stderr.contains("missing here: --arm is not given"), "{drill:?}");
    assert!(drill.stderr.contains("next:\n    lifeboat --arm "), "{drill:?}");
    let read_only = sim.run(&["--arm", "--read-only", "drill", "orders-db", "--yes"]);
    assert_eq!(read_only.code, 77, "{read_only:?}");
    let config = sim.lifeboat.file("not-allowed.toml", "[arming]\nallow = false\n");
    let not_allowed = sim.run(&["--arm", "drill", "orders-db", "--yes", "--config", &config]);
    assert_eq!(not_allowed.code, 77, "later files win, whatever stands behind them: {not_allowed:?}");
    assert_eq!(sim.mutating_requests(), 0);
    assert!(sim.run(&["runs", "list"]).stdout.contains("no runs yet"));
}

#[test]
fn a_dry_run_needs_no_arming_and_changes_nothing() {
    let sim = Simulated::at_speed("calm", 240);
    let dry = sim.run(&["drill", "orders-db", "--dry-run"]);
    assert_eq!(dry.code, 0, "{dry:?}");
    assert!(dry.stdout.contains("DRY RUN") && dry.stdout.contains("[CHANGES]"), "{dry:?}");
    assert!(!dry.stdout.contains("demo-token"), "the token is a variable: {dry:?}");
    let outside = sim.run(&["drill", "orders-db", "--dry-run", "--to", "2001-01-01T00:00:00Z"]);
    assert!(outside.code == 2 && outside.stdout.contains("nearest later"), "{outside:?}");
    let local = sim.run(&["drill", "orders-db", "--dry-run", "--to", "2026-11-20T12:00:00"]);
    assert_eq!(local.code, 64, "an instant without an offset is refused: {local:?}");
    assert_eq!(sim.mutating_requests(), 0);
}

#[test]
fn the_doctor_says_what_works_and_whether_this_host_could_arm() {
    let sim = Simulated::start("calm");
    let well = sim.run(&["doctor"]);
    assert_eq!(well.code, 0, "{well:?}");
    for said in ["ok    config", "ok    journal", "ok    source   sim answers", "ok    clock", "ok    token"]
    {
        assert!(well.stdout.contains(said), "{said}: {}", well.stdout);
    }
    assert!(well.stdout.trim_end().ends_with("could arm here: yes, with --arm"), "{well:?}");
    let not_allowed = sim.lifeboat.file("not-allowed.toml", "[arming]\nallow = false\n");
    let bare = Lifeboat::new().run(&["doctor", "--config", &sim.config, "--config", &not_allowed]);
    assert_eq!(bare.code, 69, "no token here: {bare:?}");
    let last = bare.stdout.trim_end().lines().last().unwrap();
    assert!(last.starts_with("could arm here: no, because sim: "), "{last}");
    assert!(last.contains("arming.allow") && last.contains("$SIM_TOKEN: it is not set"), "{last}");
    let json = sim.run(&["doctor", "--output", "json"]);
    let findings: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(findings["could_arm"], true, "{findings:#}");
}

#[test]
fn an_incident_needs_its_words_and_stays_open_for_what_only_a_person_can_do() {
    let sim = Simulated::at_speed("calm", 600);
    let bare = sim.run(&["--arm", "incident", "orders-db"]);
    assert_eq!(bare.code, 64, "{bare:?}");
    assert!(bare.stderr.contains("--confirm") && bare.stderr.contains("--scenario"), "{bare:?}");
    let words =
        ["--declared-by", "anna", "--scenario", "region gone", "--criteria", "probes-silent,provider-says"];
    let incident = |confirm: &str| {
        sim.run(&[&["--arm", "incident", "orders-db", "--confirm", confirm], words.as_slice()].concat())
    };
    assert_eq!(incident("orders").code, 64, "the service's name must be typed right");
    assert_eq!(sim.mutating_requests(), 0);
    let run = incident("orders-db");
    assert_eq!(run.code, 3, "validated, but the owner, the fence and the cut-over are a person's: {run:?}");
    assert!(
        run.stdout.contains("declared by anna") && run.stdout.contains("2 of 2 checks passed"),
        "{run:?}"
    );
    assert!(run.stderr.contains("stays open") && run.stderr.contains("next: "), "{run:?}");
    let second = incident("orders-db");
    assert_eq!(second.code, 2, "{second:?}");
    assert!(second.stderr.contains("has an open run already: inc-orders-db-"), "names the first: {second:?}");
    let runs: Value = serde_json::from_str(&sim.run(&["runs", "list", "--output", "json"]).stdout).unwrap();
    let id = runs["runs"][0]["run"].as_str().unwrap().to_owned();
    assert_eq!(runs["runs"].as_array().unwrap().len(), 1);
    let wrong = sim.run(&["--arm", "runs", "abort", &id, "--reason", "exercise over", "--confirm", "ledger"]);
    assert_eq!(wrong.code, 64, "{wrong:?}");
    let abort =
        sim.run(&["--arm", "runs", "abort", &id, "--reason", "exercise over", "--confirm", "orders-db"]);
    assert_eq!(abort.code, 0, "{abort:?}");
    assert!(abort.stdout.contains("ABORTED: exercise over; forks are kept"), "{abort:?}");
    assert_eq!(sim.mutating_requests(), 1, "abort removes nothing");
    let ask = sim.run(&["runs", "clean-up", &id]);
    assert!(ask.code == 3 && ask.stdout.contains("would remove orders-db-"), "{ask:?}");
    let removes = "would call  remove the fork (1 service), only by a clean-up\n    curl -fsS -X DELETE ";
    assert!(ask.stdout.contains(removes), "{ask:?}");
    let clean = sim.run(&["--arm", "runs", "clean-up", &id, "--confirm", "orders-db"]);
    assert!(clean.stdout.contains("removed: "), "{clean:?}");
    assert_eq!(sim.mutating_requests(), 2);
}

#[test]
fn a_signal_leaves_the_run_and_resume_takes_the_same_fork_up() {
    let sim = Simulated::at_speed("calm", 60);
    let mut drill = sim.begin(&["--arm", "drill", "orders-db", "--yes"]);
    while !drill.line().contains("wait          started") {}
    assert_eq!(drill.end(rustix::process::Signal::TERM), 130);
    let list = sim.run(&["runs", "list"]);
    assert!(list.stdout.contains("interrupted, resume"), "{list:?}");
    let id = list.stdout.lines().nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    assert!(sim.run(&["runs", "show", &id]).stdout.contains("left (SIGTERM)"));
    let resumed = sim.run(&["--arm", "runs", "resume", &id]);
    assert_eq!(resumed.code, 0, "{resumed:?}");
    assert!(resumed.stdout.contains("taken up again"), "{resumed:?}");
    assert_eq!(sim.mutating_requests(), 2, "one create, one delete");
    assert_eq!(sim.run(&["runs", "verify", &id]).code, 0);
}
