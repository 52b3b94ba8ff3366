//! True kills: the process that drives a drill dies at an event, another one takes it up.

use std::thread;

use serde_json::Value;

use crate::simulated::Simulated;

/// Drills that are killed side by side.
const ABREAST: usize = 3;

/// A drill that dies at `point` (`before:7`, `after:7`) and is taken up until it ends; whether it died.
fn killed(point: &str) -> bool {
    let sim = Simulated::at_speed("calm", 600);
    // A fast clock makes objectives meaningless here: a slow machine must not miss them.
    let patient = sim.lifeboat.file("patient.toml", "[tiers.1]\nrpo = '9000h'\nrto = '9000h'\n");
    let run = |env: &[(&str, &str)], args: &[&str]| {
        sim.run_with(env, &[&["--config", &patient, "--arm"], args].concat())
    };
    let drill = run(&[("LIFEBOAT_CRASH", point)], &["drill", "orders-db", "--yes"]);
    if drill.code == 0 {
        return false;
    }
    assert_eq!(drill.code, -1, "{point}: ended by a signal, not by itself: {drill:?}");
    let list = run(&[], &["runs", "list", "--output", "json"]);
    let runs: Value = serde_json::from_str(&list.stdout).unwrap_or_else(|error| panic!("{error}: {list:?}"));
    let Some(id) = runs.pointer("/runs/0/run").and_then(Value::as_str) else {
        assert_eq!(point, "before:1", "no run is known: {list:?}");
        return true;
    };
    assert_eq!(runs.pointer("/runs/0/standing"), Some(&Value::from("interrupted")), "S30: {point}: {runs:#}");
    let mut back = run(&[], &["runs", "resume", id]);
    if back.code == 3 {
        // Nobody knows whether the call was made: it is absent, and a person decides (S20).
        assert!(back.stderr.contains("--retry-absent"), "{point}: {back:?}");
        back = run(&[], &["runs", "resume", id, "--retry-absent"]);
    }
    assert_eq!(back.code, 0, "{point}: {back:?}");
    let verified = run(&[], &["runs", "verify", id]);
    assert_eq!(verified.code, 0, "{point}: {verified:?}");
    assert_eq!(sim.mutating_requests(), 2, "{point}: one create, one delete");
    true
}

#[test]
fn r24_a_drill_killed_at_any_event_is_taken_up_by_another_process() {
    let points: Vec<String> =
        (1..=22).flat_map(|seq| [format!("before:{seq}"), format!("after:{seq}")]).collect();
    let died: usize = thread::scope(|scope| {
        let workers: Vec<_> = (0..ABREAST)
            .map(|worker| {
                let mine = points.iter().skip(worker).step_by(ABREAST);
                scope.spawn(move || mine.filter(|point| killed(point)).count())
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    });
    assert!(died >= 40, "a drill has more events than {died} kills");
}
