//! The main job on real input: a region is lost, and the built program recovers from the other one.

use std::fs;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use crate::operator::{LIMIT, Operator, ROWS, stamp, text};
use crate::pgbackrest::{busy_lab, commits};
use crate::support::{needs, run, wait_until};

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
    let just_before = stamp(newest - TimeDelta::microseconds(1));
    let idle = rows.windows(2).max_by_key(|pair| pair[1].1 - pair[0].1).expect("an idle gap");
    let idle_middle = stamp(idle[0].1 + (idle[1].1 - idle[0].1) / 2);
    let upto = |id: u64| lab.sql(&format!("{ROWS} where id <= {id}"));
    let (all, before_newest, before_idle) = (lab.sql(ROWS), upto(rows[rows.len() - 2].0), upto(idle[0].0));
    // The first row is older than the first backup; the second was written when that was done.
    let at_oldest = upto(1);
    let calm = operator.json(0, &["status"]);
    assert_eq!(text(&calm, "/services/0/primary_liveness"), "answers", "{calm:#}");

    lab.region_down();
    told(&operator, newest);

    let id = incident(&operator, "newest");
    let promised = operator.promised(&id);
    assert_eq!(promised, newest, "the newest point is the last commit");
    ends(&operator, &id, &all);
    let id = incident_killed_in_the_middle(&operator, &just_before);
    ends(&operator, &id, &before_newest);
    let id = incident(&operator, &idle_middle);
    ends(&operator, &id, &before_idle);
    let id = incident(&operator, "oldest");
    ends(&operator, &id, &at_oldest);
    // The same as a drill, which goes to its end alone.
    let id = operator.drill(&just_before);
    assert_eq!(operator.rows_read(&id), before_newest);
    operator.assert_reported(&id, &just_before);

    let after = stamp(newest + TimeDelta::seconds(1));
    let nearest = refused(&operator, &after, "after the end of the log");
    assert_eq!(nearest, just_before, "the last instant that can be named");
    let lost = lab.segments(2);
    for segment in lost.iter().rev().skip(1).take(2) {
        fs::remove_file(segment).expect("a segment to lose");
    }
    refused(&operator, &just_before, "hole of the log");
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

/// The arguments of an incident to a point.
fn words(to: &str) -> Vec<&str> {
    let declared = ["--confirm", "orders", "--declared-by", "Ada", "--scenario", "region A is lost"];
    [&["--arm", "incident", "orders"][..], &declared, &["--criteria", "C1,C2", "--to", to]].concat()
}

/// An incident without a terminal goes as far as it can: to the owner's word. Its run.
fn incident(operator: &Operator<'_>, to: &str) -> String {
    let ran = operator.lifeboat(3, &words(to));
    let (id, standing) = operator.last_run();
    assert!(ran.stdout.contains("checks passed"), "{to}: {ran:#?}");
    assert!(ran.stderr.contains(&format!("{id} stays open")), "{to}: {ran:#?}");
    assert_eq!(standing, "interrupted", "{to}");
    id
}

/// The same, but the program is killed while files are restored: they are restored on, and it is taken up.
fn incident_killed_in_the_middle(operator: &Operator<'_>, to: &str) -> String {
    run(operator.lab.command("touch").arg(&operator.gate), LIMIT).expect_ok();
    let mut child = operator.spawn(&words(to));
    wait_until("a restore that is under way", LIMIT, || operator.gate.with_extension("reached").exists());
    child.kill().expect("kill -9");
    child.wait().expect("its end");

    let (id, standing) = operator.last_run();
    assert_eq!(standing, "interrupted", "S30: the kernel freed the lock");
    let before = operator.mark();
    assert_eq!(text(&before, "/phase"), "restore");
    run(operator.lab.command("rm").arg(&operator.gate), LIMIT).expect_ok();
    wait_until("a restore that nobody watches", LIMIT, || text(&operator.mark(), "/phase") == "done");
    let after = operator.mark();
    assert_eq!((after.get("pid"), after.get("attempt")), (before.get("pid"), Some(&Value::from(1))));

    let resumed = operator.lifeboat(3, &["--arm", "runs", "resume", &id]);
    assert!(resumed.stdout.contains("taken up again"), "{resumed:#?}");
    assert!(resumed.stdout.contains("checks passed"), "{resumed:#?}");
    assert_eq!(operator.events(&id, "fork_intended").len(), 1, "one fork, asked for once");
    assert!(operator.events(&id, "attempt_opened").is_empty(), "the same attempt");
    id
}

/// The only fork holds these rows and archives nowhere; the run is ended, which keeps the fork, and its fork
/// removed, which leaves nothing.
fn ends(operator: &Operator<'_>, id: &str, rows: &str) {
    assert_eq!(operator.fork_sql(ROWS), rows);
    assert_eq!(operator.rows_read(id), rows);
    assert_eq!(operator.fork_sql("show archive_mode"), "off");
    let second = operator.lifeboat(2, &["--arm", "drill", "orders", "--yes"]);
    assert!(second.stderr.contains(id), "one open run per service: {second:#?}");

    operator.lifeboat(0, &["--arm", "runs", "abort", id, "--reason", "over", "--confirm", "orders"]);
    assert_eq!(operator.last_run(), (id.to_owned(), "closed".to_owned()));
    assert_eq!(operator.fork_sql(ROWS), rows, "an abort keeps the fork");
    let listed = operator.lifeboat(3, &["--arm", "runs", "clean-up", id]);
    assert!(listed.stdout.contains("would remove"), "{listed:#?}");
    operator.lifeboat(0, &["--arm", "runs", "clean-up", id, "--confirm", "orders"]);
    let removal = operator.events(id, "removal_answered").pop().expect("a removal");
    assert_eq!(text(&removal, "/removal/removal"), "proven", "{removal:#}");
    operator.assert_nothing_left();
    let nothing = operator.lifeboat(0, &["--arm", "runs", "clean-up", id]);
    assert!(nothing.stdout.contains("nothing is left"), "{nothing:#?}");
    operator.lifeboat(0, &["runs", "verify", id]);
}

/// An incident to a point that is refused, with these words and a nearest earlier instant, which would be
/// taken; nothing was asked for. A person ends it.
fn refused(operator: &Operator<'_>, to: &str, because: &str) -> String {
    let ran = operator.lifeboat(3, &words(to));
    for word in ["REFUSED", because] {
        assert!(ran.stdout.contains(word), "{to}: no `{word}` in {ran:#?}");
    }
    let (_, nearest) = ran.stdout.split_once("nearest earlier ").expect("a nearest instant");
    let nearest: String =
        nearest.chars().take_while(|c| !c.is_whitespace() && *c != ',' && *c != ';').collect();
    assert!(DateTime::parse_from_rfc3339(&nearest).is_ok(), "{nearest}");
    let (id, _) = operator.last_run();
    assert!(operator.events(&id, "fork_intended").is_empty(), "{to}: nothing was asked for");
    operator.lifeboat(0, &["--arm", "runs", "abort", &id, "--reason", "refused", "--confirm", "orders"]);
    operator.lifeboat(0, &["incident", "orders", "--dry-run", "--to", &nearest]);
    nearest
}
