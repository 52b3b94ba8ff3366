//! The fence of an incident whose old primary answers, by commands to its end (S22, R28).

use serde_json::Value;

use crate::incident::{cut_over, incident, next_of, run_id};
use crate::simulated::Simulated;
use crate::support::http_get;

/// A config beside that of the simulator, by which the old primary is probed.
fn probed(sim: &Simulated) -> String {
    let ports: Value = serde_json::from_str(&http_get(&sim.address, "/_sim/probes")).unwrap();
    let port = ports.get("orders-db").and_then(Value::as_u64).unwrap_or_else(|| panic!("{ports:#}"));
    sim.lifeboat.file("probed.toml", &format!("[services.orders-db]\nprobe = 'tcp://127.0.0.1:{port}'\n"))
}

/// The events of the run, as its journal has them.
fn events(sim: &Simulated, id: &str) -> Vec<Value> {
    let lines = sim.run(&["runs", "show", id, "--output", "json"]).stdout;
    let event = |line: &str| serde_json::from_str::<Value>(line).ok()?.get_mut("event").map(Value::take);
    lines.lines().map(|line| event(line).unwrap()).collect()
}

#[test]
fn s22_since_when_a_name_leads_to_the_fork_is_said_by_a_flag_kept_and_told_as_a_word_to_the_end() {
    let sim = Simulated::at_speed("calm", 600);
    let config = probed(&sim);
    let begun = incident(&sim, &["--config", &config]);
    assert_eq!(begun.code, 3, "{begun:?}");
    let id = run_id(&sim, &[]);
    let resume =
        |flags: &[&str]| sim.run(&[&["--config", &config, "--arm", "runs", "resume", &id], flags].concat());
    let accepted = resume(&["--accepted-by", "bert"]);
    let way = "--name-moved INSTANT --fenced HOW";
    assert!(next_of(&accepted).iter().any(|next| next.ends_with(way)), "{accepted:?}");
    let refused = resume(&["--fenced", "the name was moved"]);
    assert_eq!(refused.code, 3, "{refused:?}");
    assert!(refused.stderr.contains("say since when its address leads to the fork"), "{refused:?}");
    for (since, why) in
        [("2999-01-01T00:00:00Z", "lies in the future"), ("2026-11-20T00:00:00Z", "no name led to it")]
    {
        let refused = resume(&["--name-moved", since]);
        assert_eq!(refused.code, 2, "{refused:?}");
        assert!(refused.stderr.contains(why), "{refused:?}");
    }
    let said = |is: &str| events(&sim, &id).into_iter().find(|event| event["is"] == is);
    assert_eq!((said("name_moved"), said("fenced")), (None, None));

    let now: Value = serde_json::from_str(&sim.run(&["status", "--output", "json"]).stdout).unwrap();
    let since = now["as_of"].as_str().unwrap();
    let moved = resume(&["--name-moved", since, "--fenced", "powered off"]);
    assert_eq!(moved.code, 3, "{moved:?}");
    let leads = format!("the address leads to the fork since {since}");
    assert!(moved.stdout.contains(&leads) && moved.stdout.contains("fenced: powered off"), "{moved:?}");
    assert_eq!(said("name_moved").unwrap()["since"], since);
    cut_over(&sim, &id, &["--config", &config]);
    let over = resume(&["--skip", "no other region is configured"]);
    assert!(over.stdout.contains("SKIPPED"), "{over:?}");

    let shown = sim.run(&["runs", "show", &id]).stdout;
    let row = shown.lines().find(|line| line.starts_with("  fence ")).unwrap();
    assert!(row.contains("fenced: powered off (stated by ") && row.contains(", not seen); "), "{row}");
    assert!(row.contains("and it answers: the old primary is not watched"), "{row}");
    let page = sim.run(&["report", &id]).stdout;
    for told in [
        "fence: powered off (stated by ",
        "was taken for the fork, by a person's word",
        "primary reachable during the run: yes, until clients could be moved; then ",
        "| address moved | leads to the fork since ",
    ] {
        assert!(page.contains(told), "{told}: {page}");
    }
    // What answered before it was the old primary: what it took since then is lost up to the fence at most.
    let report: Value = serde_json::from_str(&sim.run(&["report", &id, "--output", "json"]).stdout).unwrap();
    let kinds: Vec<&Value> =
        report["deviations"].as_array().unwrap().iter().map(|one| &one["kind"]).collect();
    assert!(kinds.iter().any(|kind| *kind == "override"), "{report:#}");
    assert_eq!(sim.run(&["runs", "verify", &id]).code, 0);
}

#[test]
fn s26_who_declares_a_run_that_is_declared_is_not_heard_without_a_word() {
    let sim = Simulated::at_speed("calm", 600);
    assert_eq!(incident(&sim, &[]).code, 3);
    let id = run_id(&sim, &[]);
    let before = events(&sim, &id).len();
    let refused = sim.run(&["--arm", "runs", "resume", &id, "--declared-by", "carl"]);
    assert_eq!(refused.code, 64, "{refused:?}");
    assert!(refused.stderr.contains("not taken: --declared-by: anna declared at "), "{refused:?}");
    assert!(refused.stdout.is_empty() && events(&sim, &id).len() == before, "nothing was done: {refused:?}");
}
