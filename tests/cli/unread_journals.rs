//! A state folder whose journals cannot be read: whether a run moved clients is not known of any service (S3).

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::simulated::Simulated;
use crate::support::{Lifeboat, Run};

const NOW: &str = "2026-11-20T08:40:10Z";

/// A service that was read before, and its state folder.
fn watched() -> (Lifeboat, String, std::path::PathBuf) {
    let lifeboat = Lifeboat::new();
    let config = lifeboat.replay("01-healthy", "main");
    let state = lifeboat.folder().join("state");
    (lifeboat, config, state)
}

fn look(lifeboat: &Lifeboat, config: &str, state: &Path, words: &[&str]) -> Run {
    let common = ["--config", config, "--state-dir", state.to_str().unwrap(), "--clock", NOW];
    lifeboat.run(&[words, common.as_slice()].concat())
}

/// What takes the place of the journals, and its name.
type Spoil = (&'static str, fn(&Path));

fn spoils() -> [Spoil; 4] {
    [
        ("a folder", |path| fs::create_dir(path).unwrap()),
        ("a database of something else", |path| {
            let other = rusqlite::Connection::open(path).unwrap();
            other.execute_batch("CREATE TABLE pages (title TEXT)").unwrap();
        }),
        ("no database", |path| fs::write(path, "what was left of it after the crash\n".repeat(200)).unwrap()),
        ("lost", |path| {
            let lock = path.with_file_name("runs").join("inc-main-20261119-aaaaaa.lock");
            fs::write(lock, "").unwrap();
        }),
    ]
}

#[test]
fn s3_no_row_is_green_while_no_journal_can_be_read_that_may_tell_of_moved_clients() {
    for (what, spoil) in spoils() {
        let (lifeboat, config, state) = watched();
        let look = |words: &[&str]| look(&lifeboat, &config, &state, words);
        let before = look(&["check"]);
        assert!([0, 1].contains(&before.code), "{before:?}");
        for file in ["journal.db", "journal.db-wal", "journal.db-shm"] {
            fs::remove_file(state.join(file)).ok();
        }
        spoil(&state.join("journal.db"));

        let check = look(&["check"]);
        assert_eq!(check.code, 3, "{what}: {check:?}");
        let why = "main: whether clients were moved to a fork is not known: no journal could be read: ";
        assert!(check.stdout.starts_with(&format!("LIFEBOAT UNKNOWN - {why}")), "{what}: {check:?}");
        let not_known = "; where clients are and which forks are left is not known | ";
        assert!(
            check.stdout.contains("journal.db: ") && check.stdout.contains(not_known),
            "{what}: {check:?}"
        );

        let status = look(&["status"]);
        assert!(status.stdout.contains("MOVED?"), "{what}: {status:?}");
        assert!(
            status.stderr.contains("which forks are left is not known: no journal "),
            "{what}: {status:?}"
        );
        let json = look(&["status", "--output", "json"]);
        let doc: Value = serde_json::from_str(&json.stdout).unwrap();
        let told = ["/verdict", "/clients_unread", "/open_runs", "/findings/0/rule"];
        let told = told.map(|field| doc.pointer(&format!("/services/0{field}")).unwrap().clone());
        assert_eq!(Value::from(told.to_vec()), json!(["unknown", true, null, "clients_moved"]), "{what}");
        let lost = ["is", "at_most_s"].map(|field| doc["services"][0][format!("loss_{field}")].clone());
        assert_ne!(lost[0], "exact", "{what}: more may be lost");
        assert_eq!(
            (&lost[1], &doc["services"][0]["rpo_compliance"]),
            (&Value::Null, &json!("unknown")),
            "{what}"
        );
        assert!(
            check.stdout.contains("_loss'=U;") && check.stdout.contains("_loss_at_most'=U;"),
            "{check:?}"
        );
        let of_all = ["/forks_left", "/runs_unread"].map(|field| doc.pointer(field).unwrap().clone());
        assert_eq!(of_all, [Value::Null, Value::Null], "{what}");
    }
}

#[test]
fn s3_where_no_run_was_kept_yet_that_is_not_to_be_unread() {
    let (lifeboat, config, _) = watched();
    let nowhere = Path::new("/proc/lifeboat");
    let json = look(&lifeboat, &config, nowhere, &["status", "--output", "json"]);
    let doc: Value = serde_json::from_str(&json.stdout).unwrap();
    let told = doc.pointer("/services/0/clients_unread");
    assert_eq!(told, Some(&Value::from(false)), "nothing can be kept there, and nothing was: {json:?}");
    let check = look(&lifeboat, &config, nowhere, &["check"]);
    assert!([0, 1].contains(&check.code), "{check:?}");
}

#[test]
fn s3_a_service_that_the_first_look_discovers_is_told_of_runs_too() {
    let sim = Simulated::start("calm");
    let state = sim.lifeboat.folder().join(".local/state/lifeboat");
    fs::create_dir_all(state.join("journal.db")).unwrap();
    let (doc, _) = sim.status(&[]);
    let services = doc["services"].as_array().unwrap();
    assert!(services.len() >= 8, "{doc:#}");
    for service in services {
        assert_eq!(service["clients_unread"], true, "{service:#}");
        assert!(
            ["unknown", "critical", "exempt"].map(Value::from).contains(&service["verdict"]),
            "{service:#}"
        );
    }
}

/// What it lists is unknown beside services that are fine, and in time that is critical.
#[test]
fn s3_a_source_that_never_listed_anything_makes_check_unknown_and_in_time_critical() {
    let (lifeboat, config, state) = watched();
    let silent = "[sources.typo]\nkind = 'aiven'\nproject = 'p'\nurl = 'http://127.0.0.1:9'\n\
                  token = { command = ['echo', 'none'] }\n[discover.typo]\n";
    let silent = lifeboat.file("silent.toml", silent);
    let check = |clock: &str, more: &[&str]| {
        let common = ["--config", &config, "--config", &silent, "--state-dir", state.to_str().unwrap()];
        let run = lifeboat.run(&[["check"].as_slice(), &common, &["--clock", clock], more].concat());
        (run.code, run.stdout)
    };
    let before = look(&lifeboat, &config, &state, &["check"]);
    assert!([0, 1].contains(&before.code), "{before:?}");
    let (code, line) = check("2026-11-20T08:40:10Z,0", &[]);
    assert_eq!(code, 3, "{line}");
    assert!(line.starts_with("LIFEBOAT UNKNOWN - ") && line.contains("; not read: typo: "), "{line}");
    assert_eq!(
        check("2026-11-20T08:40:10Z,0", &["main"]).0,
        before.code,
        "of a service by name nothing else is asked"
    );
    let (code, line) = check("2026-11-20T08:40:20Z,0", &["--unknown-after", "5s"]);
    assert_eq!(code, 2, "{line}");
    assert!(
        line.starts_with("LIFEBOAT CRITICAL - ") && line.contains("; not read for 10s: typo: "),
        "{line}"
    );
}
