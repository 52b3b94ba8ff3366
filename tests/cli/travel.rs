//! Last-known facts on another host (S37).

use serde_json::Value;

use crate::simulated::{Simulated, service};
use crate::support::{Lifeboat, Run};

/// A host that has the same config and cannot read anything.
struct Elsewhere {
    lifeboat: Lifeboat,
    config: String,
}

impl Elsewhere {
    fn of(sim: &Simulated) -> Self {
        Self { lifeboat: Lifeboat::new().env("SIM_TOKEN", "refused"), config: sim.config.clone() }
    }

    fn run(&self, args: &[&str]) -> Run {
        self.lifeboat.run(&[&["--config", &self.config], args].concat())
    }

    fn status(&self, args: &[&str]) -> Value {
        let run = self.run(&[&["status", "--output", "json"], args].concat());
        assert_eq!(run.code, 69, "no source answers here: {run:?}");
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"))
    }
}

/// A simulator, and the file that a host wrote which can read it.
fn written() -> (Simulated, String) {
    let sim = Simulated::start("calm");
    let facts = sim.lifeboat.file("facts.json", "");
    let run = sim.run(&["status", "orders-db", "--write", &facts]);
    assert_eq!(run.code, 0, "{run:?}");
    (sim, facts)
}

#[test]
fn s37_facts_of_another_host_are_marked_and_never_fresh() {
    let (sim, facts) = written();
    let there = Elsewhere::of(&sim);
    let nothing = there.status(&[]);
    assert!(nothing["services"].as_array().unwrap().iter().all(|row| row["secondary"]["as_of"].is_null()));
    let doc = there.status(&["--last-known", &facts]);
    let file: Value = serde_json::from_str(&std::fs::read_to_string(&facts).unwrap()).unwrap();
    assert!(doc["services"].as_array().unwrap().len() >= 8, "all services travel, not those shown: {doc:#}");
    for row in doc["services"].as_array().unwrap() {
        let was = service(&file, row["service"].as_str().unwrap());
        assert_ne!(row["verdict"], "ok", "{row:#}");
        for role in ["primary", "secondary"] {
            let copy = &row[role];
            if copy.is_null() || copy["as_of"].is_null() {
                continue;
            }
            assert_eq!(copy["imported_from"][0], file["host"], "{row:#}");
            assert_eq!(copy["imported_from"][1], file["as_of"], "{row:#}");
            assert_eq!(copy["as_of"], was[role]["as_of"], "as old as it is: {row:#}");
            assert_eq!((&copy["stale"], &copy["outcome"]), (&Value::from(true), &Value::from("denied")));
            assert_eq!(copy["newest_restorable"], was[role]["newest_restorable"], "{row:#}");
        }
    }
    let orders = service(&doc, "orders-db");
    assert_eq!((orders["verdict"].as_str(), orders["loss_is"].as_str()), (Some("unknown"), Some("at_most")));
    let table = there.run(&["--last-known", &facts, "status", "orders-db"]);
    let host = file["host"].as_str().unwrap();
    assert!(table.stdout.contains(&format!("(imported from {host} at ")), "{table:?}");
    let check = there.run(&["check", "orders-db", "--last-known", &facts]);
    assert_eq!(check.code, 3, "{check:?}");
    assert!(check.stdout.contains("(imported from "), "{check:?}");
}

#[test]
fn s37_imported_facts_keep_their_origin_and_give_way_to_what_is_read_here() {
    let (sim, facts) = written();
    let second = Elsewhere::of(&sim);
    let relayed = second.lifeboat.file("relayed.json", "");
    let first = second.status(&["--last-known", &facts, "--write", &relayed]);
    let again = second.status(&[]);
    let third = Elsewhere::of(&sim).status(&["--last-known", &relayed]);
    let origin = |doc: &Value| service(doc, "orders-db")["secondary"]["imported_from"].clone();
    assert!(origin(&first)[0].is_string(), "{first:#}");
    assert_eq!(origin(&again), origin(&first), "kept in the state folder, still marked");
    assert_eq!(origin(&third), origin(&first), "read by the first, whoever passed it on");
    let (fresh, code) = sim.status(&["--last-known", &relayed]);
    let orders = service(&fresh, "orders-db");
    assert_eq!((code, &origin(&fresh)), (0, &Value::Null), "{orders:#}");
    assert_eq!(orders["verdict"], "ok", "{orders:#}");
}

#[test]
fn s37_a_file_that_is_no_use_is_named_and_the_rest_goes_on() {
    let (sim, facts) = written();
    let text = std::fs::read_to_string(&facts).unwrap();
    for (name, content, says) in [
        ("cut.json", &text[..text.len() / 2], "breaks off"),
        ("newer.json", &text.replace("\"readings_format\":1", "\"readings_format\":9"), "the same version"),
        ("notes.txt", "call anna", "status --write"),
    ] {
        let path = sim.lifeboat.file(name, content);
        let run = sim.run(&["status", "--last-known", &path]);
        assert_eq!(run.code, 0, "the sources answer: {run:?}");
        assert!(run.stdout.contains("orders-db "), "{run:?}");
        let line = run.stderr.lines().find(|line| line.starts_with("last-known facts are left out: "));
        assert!(line.is_some_and(|line| line.contains(name) && line.contains(says)), "{name}: {run:?}");
        let check = sim.run(&["check", "orders-db", "--last-known", &path]);
        assert_eq!((check.code, check.stdout.lines().count()), (0, 1), "{check:?}");
    }
    let config = std::fs::read_to_string(&sim.config).unwrap();
    let run = sim.run(&["status", "--write", &sim.config]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains("it holds something else") && run.stdout.contains("orders-db "), "{run:?}");
    assert_eq!(std::fs::read_to_string(&sim.config).unwrap(), config);
}
