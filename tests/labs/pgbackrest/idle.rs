//! Idle or stalled (S6): only the server that writes the log can tell.

use std::fs;
use std::process::Command;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{LIMIT, busy_lab, commits};
use crate::support::{Lab, needs, run, wait_until};

/// What the built program says of a pair whose primary may stay silent for one second.
fn service(lab: &Lab, server: &str) -> Value {
    let config = lab.path().join("idle.toml");
    let source = |name: &str, repo: u8, more: &str| {
        format!(
            "[sources.{name}]\nkind = 'pgbackrest'\nrun = {prefix:?}\nprogram = ['pgbackrest', '--config={conf}']\n\
             stanza = '{stanza}'\nrepo = {repo}\ntimeout = '60s'\n{more}",
            prefix = Lab::run_prefix(),
            conf = lab.config().display(),
            stanza = Lab::STANZA,
        )
    };
    let text = format!(
        "fleet = 'lab'\n[tiers.1]\nrpo = '1s'\nrto = '1h'\n{west}{east}[services.main]\ntier = 1\n\
         probe = 'tcp://127.0.0.1:{port}'\nprimary = {{ source = 'west', region = 'a' }}\n\
         secondary = {{ source = 'east', region = 'b' }}\n",
        west = source("west", 1, server),
        east = source("east", 2, ""),
        port = lab.port(),
    );
    fs::write(&config, text).expect("a config");
    let mut command = Command::new(env!("CARGO_BIN_EXE_lifeboat"));
    command.arg("--config").arg(&config).arg("--state-dir").arg(lab.path().join("idle-state"));
    let ran = run(command.args(["--output", "json", "status", "--timeout", "60s"]), LIMIT);
    let status: Value = serde_json::from_str(&ran.expect_ok()).expect("JSON");
    status.pointer("/services/0").expect("a service").clone()
}

fn instant(value: &Value) -> Option<DateTime<Utc>> {
    value.as_str().map(|text| text.parse().expect(text))
}

fn rules(service: &Value) -> Vec<&str> {
    let findings = service["findings"].as_array().expect("findings");
    findings.iter().filter_map(|finding| finding["rule"].as_str()).collect()
}

#[test]
fn an_idle_primary_is_told_from_a_stalled_copy_by_asking_its_server() {
    needs!(PostgreSql, PgBackRest);
    let lab = busy_lab();
    // Its housekeeping commits, too, within a minute of its start; what it did before is archived here.
    lab.sql("alter system set autovacuum = off");
    lab.sql("select pg_reload_conf()");
    let workers = "select count(*) from pg_stat_activity where backend_type like 'autovacuum%'";
    wait_until("no housekeeping", LIMIT, || lab.sql(workers) == "0");
    lab.wal(1);
    let asked = format!(
        "[sources.west.server]\nhost = '127.0.0.1'\nport = {}\npg_bin = '{}'\n",
        lab.port(),
        lab.pg_bin().display()
    );
    let last_commit = |lab: &Lab| commits(lab).last().expect("rows").1;
    let segments = |lab: &Lab| (lab.segments(1).len(), lab.segments(2).len());
    wait_until("both copies at the same segment", LIMIT, || segments(&lab).0 == segments(&lab).1);

    let idle = service(&lab, &asked);
    assert_eq!(idle["idle_proven"], true, "{idle:#}");
    assert_eq!(instant(&idle["idle_since"]), Some(last_commit(&lab)), "{idle:#}");
    assert_eq!(idle["trailing"]["count"], 0, "{idle:#}");
    let before = Utc::now();
    wait_until("more silence than is tolerated", LIMIT, || (Utc::now() - before).num_seconds() >= 2);

    // What an idle server writes by itself is no commit.
    lab.sql("checkpoint");
    let idle = service(&lab, &asked);
    assert_eq!(idle["idle_proven"], true, "{idle:#}");
    assert!(!rules(&idle).iter().any(|rule| ["rpo_exceeded", "idle_or_stalled"].contains(rule)), "{idle:#}");

    let unasked = service(&lab, "");
    assert_eq!(
        (&unasked["idle_proven"], instant(&unasked["idle_since"]).is_some()),
        (&Value::Bool(false), true),
        "{unasked:#}"
    );
    assert!(rules(&unasked).contains(&"idle_or_stalled"), "{unasked:#}");

    // A commit that only the primary holds.
    lab.sql("insert into heartbeat(note) values ('not archived yet')");
    let ahead = service(&lab, &asked);
    assert_eq!(
        (&ahead["idle_proven"], &ahead["idle_since"]),
        (&Value::Bool(false), &Value::Null),
        "{ahead:#}"
    );
    assert!(rules(&ahead).contains(&"rpo_exceeded"), "{ahead:#}");
    let before = segments(&lab).1;
    lab.sql("select pg_switch_wal()");
    wait_until("that commit in both copies", LIMIT, || segments(&lab).0.min(segments(&lab).1) > before);
    let archived = service(&lab, &asked);
    let since = instant(&archived["idle_since"]);
    assert_eq!(
        (&archived["idle_proven"], since),
        (&Value::Bool(true), Some(last_commit(&lab))),
        "{archived:#}"
    );

    let elsewhere =
        asked.replace("[sources.west.server]", "[sources.west.server]\nuser = 'nobody_of_that_name'");
    let unknown = service(&lab, &elsewhere);
    assert_eq!(unknown["idle_proven"], false, "{unknown:#}");
}
