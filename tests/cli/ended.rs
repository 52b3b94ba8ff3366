//! Runs that stand in the way of an incident are ended by the commands that are printed, whatever became
//! of their sources and their journals (S25, S30).

use serde_json::Value;

use crate::incident::{incident, next_of, run_id};
use crate::open_run::killed;
use crate::simulated::{Simulated, service};
use crate::support::Run;

/// A command that was printed to be copied, run as it stands but for what a person has to write.
fn printed(sim: &Simulated, line: &str) -> Run {
    let (before, after) =
        line.split_once(&format!("--config {} ", sim.config)).unwrap_or_else(|| panic!("{line}"));
    let line = format!("{}{after}", before.strip_prefix("lifeboat ").unwrap());
    let words = shlex(&line.replace("--reason WHY ", "--reason 'a person wrote why' "));
    sim.run(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The words of a shell line without escapes.
fn shlex(line: &str) -> Vec<String> {
    let quoted = line.split('\'').enumerate();
    let words = quoted.flat_map(|(nth, part)| match nth % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect::<Vec<_>>(),
        _ => vec![part.to_owned()],
    });
    words.collect()
}

/// The command between backquotes that has these words.
fn hinted<'a>(run: &'a Run, words: &str) -> &'a str {
    let mut quoted = run.stderr.split('`').skip(1).step_by(2);
    quoted.find(|command| command.contains(words)).unwrap_or_else(|| panic!("no `{words}`: {run:?}"))
}

#[test]
fn s25_a_drill_that_was_interrupted_blocks_no_incident_although_its_source_is_another_by_now() {
    let sim = Simulated::at_speed("calm", 600);
    let id = killed(&sim);
    let blocked = incident(&sim, &[]);
    assert_eq!(blocked.code, 2, "{blocked:?}");
    // The project was renamed since, and the right to act on it is gone.
    let config = std::fs::read_to_string(&sim.config).unwrap();
    let acting = "acting_token = { env = 'SIM_TOKEN' }\n";
    assert!(config.contains(acting));
    let renamed = config.replace(acting, "").replace("project = '", "project = 'once-");
    std::fs::write(&sim.config, renamed).unwrap();
    let resumed = sim.run(&["--arm", "runs", "resume", &id]);
    assert_eq!(resumed.code, 78, "its forks are looked for in no other place: {resumed:?}");

    let [command, again] = next_of(&blocked)[..] else { panic!("nobody drives it: {blocked:?}") };
    assert!(command.contains("runs abort"), "{command}");
    assert!(!command.contains("--arm"), "no call is made: {command}");
    let read_only =
        sim.run(&["--read-only", "runs", "abort", &id, "--reason", "x", "--confirm", "orders-db"]);
    assert_eq!(read_only.code, 77, "{read_only:?}");
    let other = sim.run(&["runs", "abort", &id, "--reason", "x", "--confirm", "ledger"]);
    assert_eq!(other.code, 64, "{other:?}");
    let ended = printed(&sim, command);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.stdout.contains("ABORTED: incident; forks are kept"), "{ended:?}");
    let noted = sim.run(&["runs", "resume", &id, "--note", "told the team"]);
    assert!(noted.stdout.contains("told the team"), "what is over takes notes: {noted:?}");
    assert!(sim.run(&["runs", "verify", &id]).stdout.contains("whole"));
    assert_eq!(sim.mutating_requests(), 0);

    std::fs::write(&sim.config, config).unwrap();
    assert!(again.contains(" --arm incident orders-db --confirm orders-db "), "{again}");
    let begun = incident(&sim, &[]);
    assert_eq!(begun.code, 3, "{begun:?}");
    assert!(begun.stdout.contains("2 of 2 checks passed"), "{begun:?}");
    let blocked = incident(&sim, &[]);
    let ended = printed(&sim, hinted(&blocked, "runs abort"));
    let removes = ended.stdout.lines().find_map(|line| line.split_once("to remove it: ")).unwrap().1;
    // What was left behind is told wherever somebody looks, with the command that removes it.
    let told = |args: &[&str]| sim.run(args).stdout;
    let known = || -> Value { serde_json::from_str(&told(&["status", "--output", "json"])).unwrap() };
    let [list, status, check] = [["runs", "list"].as_slice(), &["status"], &["check"]].map(told);
    for told in [&list, &status] {
        assert!(told.contains("left behind: orders-db-") && told.contains(removes), "{told}");
    }
    assert!(list.contains("1 fork left behind"), "{list}");
    assert!(check.contains("; 1 fork left behind: orders-db-"), "{check}");
    let left = known();
    let left = left["forks_left"].as_array().unwrap();
    assert!(left.len() == 1 && left[0]["was_seen"] == true, "{left:?}");
    assert_eq!(printed(&sim, removes).code, 0, "what is kept goes by the command that is printed: {removes}");
    for args in [["runs", "list"].as_slice(), &["status"], &["check"]] {
        assert!(!told(args).contains("left behind"), "{args:?}");
    }
    assert_eq!(known()["forks_left"], Value::Array(Vec::new()), "known to be none");
}

#[test]
fn s25_an_incident_that_went_on_without_a_journal_is_ended_in_its_folder_and_blocks_no_other() {
    let sim = Simulated::at_speed("calm", 600);
    let begun = incident(&sim, &[]);
    assert_eq!(begun.code, 3, "{begun:?}");
    let id = run_id(&sim, &[]);
    // What a driver leaves in the folder once it goes on without a journal.
    let mark = sim.lifeboat.folder().join(format!(".local/state/lifeboat/runs/{id}.moved"));
    std::fs::write(&mark, "/nowhere/lifeboat-orders-db-1-00000a.jsonl").unwrap();
    let words = "went on without journal: /nowhere/lifeboat-orders-db-1-00000a.jsonl";

    let blocked = incident(&sim, &[]);
    assert_eq!(blocked.code, 2, "{blocked:?}");
    assert!(blocked.stderr.contains(words), "{blocked:?}");
    let command = hinted(&blocked, "runs abort");
    for told in [
        sim.run(&["--arm", "runs", "resume", &id, "--accepted-by", "bert"]).stderr,
        sim.run(&["runs", "show", &id]).stdout,
        sim.run(&["status", "orders-db"]).stdout,
    ] {
        assert!(told.contains(command), "{command}: {told}");
    }
    let list = sim.run(&["runs", "list"]).stdout;
    assert!(list.contains(words), "{list}");

    let ended = printed(&sim, command);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.stdout.contains(&format!("ABORTED: {words}; forks are kept")), "{ended:?}");
    assert!(!ended.stdout.contains("to remove"), "{ended:?}");
    let (after, _) = sim.status(&["orders-db"]);
    assert_eq!(service(&after, "orders-db")["open_runs"], serde_json::json!([]));
    // Its fork may be the service by now: what is here does not know.
    let clean_up = sim.run(&["--arm", "runs", "clean-up", &id, "--confirm", "orders-db"]);
    assert_eq!(clean_up.code, 2, "{clean_up:?}");
    assert!(clean_up.stderr.contains("what is here is its beginning only"), "{clean_up:?}");
    assert_eq!(sim.mutating_requests(), 1, "its fork");

    let again = incident(&sim, &[]);
    assert_eq!(again.code, 3, "{again:?}");
    assert!(next_of(&again).iter().any(|next| next.contains("--accepted-by")), "{again:?}");
}
