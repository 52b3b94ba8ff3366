//! A run that is not over is seen by every command, from its journal (S30).

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::incident::moved;
use crate::simulated::{Simulated, service};
use crate::support::{Lifeboat, Run};

/// A drill whose process died once its point was chosen; its id.
pub(crate) fn killed(sim: &Simulated) -> String {
    let drill = sim.run_with(&[("LIFEBOAT_CRASH", "after:6")], &["--arm", "drill", "orders-db", "--yes"]);
    assert_eq!(drill.code, -1, "{drill:?}");
    let list = sim.run(&["runs", "list", "--output", "json"]);
    let runs: Value = serde_json::from_str(&list.stdout).unwrap_or_else(|error| panic!("{error}: {list:?}"));
    let id = runs.pointer("/runs/0/run").and_then(Value::as_str);
    id.unwrap_or_else(|| panic!("{runs:#}")).to_owned()
}

#[test]
fn s30_an_interrupted_run_is_told_by_status_and_check_with_the_whole_command_that_goes_on() {
    let sim = Simulated::start("calm");
    let (before, _) = sim.status(&["orders-db"]);
    assert_eq!(service(&before, "orders-db")["open_runs"], serde_json::json!([]), "known to be none (S3)");
    let run = killed(&sim);

    let (doc, code) = sim.status(&["orders-db"]);
    assert_eq!(code, 0, "the sources answered (S34)");
    let orders = service(&doc, "orders-db");
    let open = &orders["open_runs"][0];
    assert_eq!(
        (&open["run"], &open["kind"]),
        (&Value::from(run.as_str()), &Value::from("drill")),
        "{open:#}"
    );
    assert_eq!(open["standing"], "interrupted", "{open:#}");
    assert!(open["opened_at"].is_string() && open["last_event_at"].is_string(), "{open:#}");
    assert_eq!(
        (&orders["verdict"], &orders["findings"][0]["rule"]),
        (&Value::from("warning"), &Value::from("run_interrupted"))
    );

    let table = sim.run(&["status", "orders-db"]);
    let resume = format!("next: lifeboat --arm --config {} runs resume {run}", sim.config);
    assert!(table.stdout.contains(&resume), "{}", table.stdout);
    assert!(table.stdout.contains("nobody drives it (last written"), "{}", table.stdout);

    let check = sim.run(&["check", "orders-db"]);
    assert_eq!(check.code, 1, "{check:?}");
    assert!(check.stdout.starts_with(&format!("LIFEBOAT WARNING - orders-db: {run} ")), "{}", check.stdout);
    assert!(check.stdout.contains(&format!("; {resume} | ")), "{}", check.stdout);

    // Whoever looks with another config, or asks for the list, gets the one that it was begun with.
    let other = sim.lifeboat.folder().join("other.toml");
    fs::copy(&sim.config, &other).unwrap();
    let other = other.to_str().unwrap();
    for looked in [&["status", "orders-db"][..], &["check", "orders-db"]] {
        let looked = sim.lifeboat.run(&[&["--config", other], looked].concat());
        assert!(looked.stdout.contains(&resume), "{looked:?}");
    }

    // Whoever has only its folder gets commands with the config that it was begun with.
    let folder = sim.lifeboat.folder().join(".local/state/lifeboat");
    let alone = sim.lifeboat.run(&["--state-dir", folder.to_str().unwrap(), "runs", "show", &run]);
    let with = format!("--config {} --state-dir {}", sim.config, folder.display());
    assert!(alone.stdout.contains(&format!("NEXT lifeboat --arm {with} runs resume {run}")), "{alone:?}");

    let shown = sim.run(&["runs", "show", &run]);
    assert!(shown.stdout.contains("NOW  Nobody drives this run, last written"), "{}", shown.stdout);
    assert!(shown.stdout.contains(&format!("NEXT lifeboat --arm --config {} runs resume {run}", sim.config)));
    let again = sim.run(&["--arm", "drill", "orders-db", "--yes"]);
    assert!(
        again.stderr.contains(&format!("lifeboat --config {} runs abort {run}", sim.config)),
        "{again:?}"
    );

    // The mark goes with the run, whichever process ends it.
    let abort = ["runs", "abort", &run, "--reason", "test", "--confirm", "orders-db"];
    let alone = |folder: &str| sim.lifeboat.run(&[&["--state-dir", folder], &abort[..]].concat());
    let nowhere = sim.lifeboat.folder().join("nowhere");
    assert_eq!(alone(nowhere.to_str().unwrap()).code, 64, "which runs were there is not known");
    assert!(!nowhere.exists(), "no folder is made to end a run in");
    // Only the journal is written: no config is needed for that.
    let ended = alone(folder.to_str().unwrap());
    assert_eq!(ended.code, 0, "{ended:?}");
    let twice = sim.run(&abort);
    assert_eq!(twice.code, 2, "it is over: {twice:?}");
    assert_eq!(sim.run(&["check", "orders-db"]).code, 0);
}

#[test]
fn r37_who_has_only_the_state_folder_reads_and_verifies_its_runs_with_the_command_of_the_report() {
    let sim = Simulated::start("calm");
    let run = killed(&sim);
    let report = sim.run(&["report", &run]);
    let command = format!("- re-check: `lifeboat --config {} runs verify {run}`", sim.config);
    assert!(report.stdout.contains(&command), "{}", report.stdout);

    let folder = sim.lifeboat.folder().join(".local/state/lifeboat").display().to_string();
    let look = |words: &[&str]| {
        let words: Vec<&str> = ["--state-dir", &folder].into_iter().chain(words.iter().copied()).collect();
        sim.lifeboat.run(&words)
    };
    let table: [(&[&str], &str); 4] = [
        (&["runs", "list"], "interrupted, resume"),
        (&["runs", "show", &run], "NOW  Nobody drives this run"),
        (&["runs", "verify", &run], ", whole, head "),
        (&["report", &run], &format!("- re-check: `lifeboat --state-dir {folder} runs verify {run}`")),
    ];
    for (words, said) in table {
        let looked = look(words);
        assert_eq!(looked.code, 0, "{words:?}: {looked:?}");
        assert!(looked.stdout.contains(said), "{words:?}: {}", looked.stdout);
    }
    assert_eq!(look(&["--arm", "runs", "resume", &run]).code, 78, "what acts needs a config");
}

#[test]
fn s26_clean_up_of_an_open_run_says_what_comes_first() {
    let sim = Simulated::start("calm");
    let drill = sim.run_with(&[("LIFEBOAT_CRASH", "after:15")], &["--arm", "drill", "orders-db", "--yes"]);
    assert_eq!(drill.code, -1, "{drill:?}");
    let list: Value = serde_json::from_str(&sim.run(&["runs", "list", "--output", "json"]).stdout).unwrap();
    let run = list["runs"][0]["run"].as_str().unwrap();
    let clean_up = sim.run(&["--arm", "runs", "clean-up", run, "--confirm", "orders-db"]);
    let first = format!("runs abort {run} --reason WHY --confirm orders-db` first");
    assert_eq!(clean_up.code, 3, "{clean_up:?}");
    assert!(clean_up.stderr.contains("the run is open: `lifeboat "), "{clean_up:?}");
    assert!(clean_up.stderr.contains(&first), "{clean_up:?}");
}

#[test]
fn s26_a_clean_up_of_what_clients_used_that_is_refused_does_not_end_as_if_it_were_done() {
    let sim = Simulated::at_speed("calm", 600);
    let id = moved(&sim, "no other region is configured");
    let left = |arm: &[&'static str], text| {
        sim.run(&[arm, &["runs", "clean-up", &id, "--confirm", "orders-db", "--clients-left", text]].concat())
    };
    let unarmed = left(&[], "moved back");
    assert_eq!(unarmed.code, 77, "{unarmed:?}");
    let unsaid = left(&["--arm"], "WHAT WAS DONE");
    assert_eq!(unsaid.code, 2, "{unsaid:?}");
    assert!(unsaid.stderr.contains("WHAT WAS DONE only stands for what was done"), "{unsaid:?}");
    assert_eq!(sim.mutating_requests(), 1, "the fork stays");
    let removed = left(&["--arm"], "moved back");
    assert_eq!(removed.code, 0, "{removed:?}");
    assert_eq!(sim.mutating_requests(), 2, "it is removed");
}

#[test]
fn s30_a_state_folder_that_can_only_be_read_still_tells_of_the_open_run() {
    let sim = Simulated::start("calm");
    let run = killed(&sim);
    let folder = sim.lifeboat.folder().join(".local/state/lifeboat");
    let copy = sim.lifeboat.folder().join("copy");
    fs::create_dir(&copy).unwrap();
    fs::copy(folder.join("journal.db"), copy.join("journal.db")).unwrap();
    // A file where a folder should be: nothing can be written here, whoever asks.
    fs::write(copy.join("runs"), "").unwrap();
    let copy = copy.display().to_string();
    let status = sim.run(&["--state-dir", &copy, "status", "orders-db", "--output", "json"]);
    let doc: Value =
        serde_json::from_str(&status.stdout).unwrap_or_else(|error| panic!("{error}: {status:?}"));
    assert_eq!(service(&doc, "orders-db")["open_runs"][0]["run"], Value::from(run), "{status:?}");
}

#[test]
fn the_help_of_the_demo_offers_no_flag_that_it_refuses() {
    let help = Lifeboat::new().run(&["demo", "--help"]);
    assert_eq!(help.code, 0, "{help:?}");
    for flag in ["--state-dir", "--config", "--last-known"] {
        assert!(!help.stdout.contains(flag), "{flag} in {}", help.stdout);
    }
    assert!(help.stdout.contains("--theme"), "{}", help.stdout);
}

#[test]
fn what_belongs_to_another_fleet_is_not_dropped_by_the_demo_without_a_word() {
    for flag in [["--state-dir", "/tmp/x"], ["--config", "x.toml"], ["--last-known", "x.json"]] {
        let run = Lifeboat::new().run(&[&["demo"][..], &flag].concat());
        assert_eq!(run.code, 64, "{run:?}");
        assert!(run.stderr.contains(flag[0]) && run.stderr.contains("lifeboat simulate"), "{run:?}");
    }
}

#[test]
fn s26_a_config_and_a_folder_that_variables_name_are_named_by_what_is_printed() {
    let sim = Simulated::start("calm");
    let folder = sim.lifeboat.folder().join(".local/state/lifeboat").display().to_string();
    let lifeboat = |words: &[&str]| {
        let mut command = sim.lifeboat.command(words);
        command.envs([("LIFEBOAT_CONFIG", &sim.config), ("LIFEBOAT_STATE_DIR", &folder)]);
        Run::from(command.output().unwrap())
    };
    let named = format!("--config {} --state-dir {folder}", sim.config);
    let refused = lifeboat(&["drill", "orders-db", "--yes"]);
    let next = format!("lifeboat --arm {named} drill orders-db --yes");
    let printed = refused.stderr.replace(" \\\n", " ");
    let printed = printed.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(printed.contains(&next), "{refused:?}");
    let run = killed(&sim);
    let status = lifeboat(&["status", "orders-db"]);
    let resume = format!("lifeboat --arm {named} runs resume {run}");
    assert!(status.stdout.contains(&resume), "{status:?}");
}

#[test]
fn s26_a_folder_that_a_variable_names_needs_no_config_either() {
    let lifeboat = Lifeboat::new();
    let folder = lifeboat.folder().join("empty");
    fs::create_dir(&folder).unwrap();
    let lifeboat = lifeboat.env("LIFEBOAT_STATE_DIR", folder.to_str().unwrap());
    let list = lifeboat.run(&["runs", "list"]);
    let none = format!("no runs yet in {}", folder.display());
    assert_eq!((list.code, list.stdout.trim_end()), (0, none.as_str()), "{list:?}");
}

#[test]
fn s29_a_folder_without_runs_is_none_yet_and_one_that_cannot_be_read_is_told_as_that() {
    let lifeboat = Lifeboat::new();
    let look = |folder: &Path, command: &[&str]| {
        lifeboat.run(&[&["--state-dir", folder.to_str().unwrap()], command].concat())
    };
    let (absent, empty) = (lifeboat.folder().join("absent"), lifeboat.folder().join("empty"));
    fs::create_dir(&empty).unwrap();
    let none = format!("no runs yet in {}", empty.display());
    let list = look(&empty, &["runs", "list"]);
    assert_eq!((list.code, list.stdout.trim_end()), (0, none.as_str()), "{list:?}");
    let json = look(&empty, &["runs", "list", "--output", "json"]);
    let listed = json.stdout.split_whitespace().collect::<String>();
    assert_eq!(listed, r#"{"forks_left":[],"runs":[]}"#, "{json:?}");
    let no_folder = format!("there is no folder {}: which runs there are is not known", absent.display());
    let commands = [&["show", "a"][..], &["verify", "a"], &["list"], &["list", "--output", "json"]];
    for (folder, why, unlisted) in [(&absent, &no_folder, 4), (&empty, &none, 2)] {
        let of_runs = commands[..unlisted].iter().map(|command| [&["runs"][..], command].concat());
        for command in of_runs.chain([vec!["report", "a"]]) {
            let asked = look(folder, &command);
            assert_eq!((asked.code, asked.stdout.as_str()), (64, ""), "{command:?}: {asked:?}");
            assert!(asked.stderr.starts_with(&format!("lifeboat: {why}")), "{command:?}: {asked:?}");
        }
    }
    assert!(!absent.exists() && fs::read_dir(&empty).unwrap().next().is_none(), "looking makes nothing");
    fs::write(empty.join("journal.db"), "no database at all, but long enough to be read as one").unwrap();
    let broken = look(&empty, &["runs", "list"]);
    assert_eq!(broken.code, 2, "{broken:?}");
    assert!(broken.stderr.starts_with("lifeboat: cannot use "), "{broken:?}");
}

#[test]
fn s3_a_journal_that_is_cut_off_or_of_something_else_is_told_and_its_runs_are_not_none() {
    let sim = Simulated::start("calm");
    let state = sim.lifeboat.folder().join(".local/state/lifeboat");
    let json = ["runs", "list", "--output", "json"];
    let list = sim.run(&json);
    assert!(list.code == 0 && list.stdout.contains(r#""runs": []"#), "none yet, and known: {list:?}");
    let path = state.join("journal.db");
    let alone = |command: &[&str]| {
        let bare = Lifeboat::new();
        bare.run(&[&["--state-dir", state.to_str().unwrap()], command].concat())
    };
    let remake = |make: &dyn Fn()| {
        for name in ["journal.db", "journal.db-wal", "journal.db-shm"] {
            fs::remove_file(state.join(name)).ok();
        }
        make();
    };
    let foreign = || {
        let other = rusqlite::Connection::open(&path).unwrap();
        other.execute_batch("CREATE TABLE songs (name TEXT); PRAGMA user_version = 1;").unwrap();
    };
    let lock = state.join("runs/inc-orders-db-20261120-k3q7wd.lock");
    let empty = || drop(fs::File::create(&path).unwrap());
    let gone = || fs::write(&lock, "").unwrap();
    for (make, why, written) in [
        (&foreign as &dyn Fn(), "holds no journals of lifeboat", true),
        (&empty, "it is empty, so which runs there were is not known", false),
        (&gone, "runs were kept in this folder, and it holds none", false),
    ] {
        remake(make);
        for command in [&json[..], &["runs", "show", "a"], &["runs", "verify", "a"], &["report", "a"]] {
            let told = format!("lifeboat: cannot use {}: ", path.display());
            let asked = alone(command);
            assert_eq!((asked.code, asked.stdout.as_str()), (2, ""), "{asked:?}");
            assert!(asked.stderr.starts_with(&told) && asked.stderr.contains(why), "{asked:?}");
        }
        if written {
            let asked = sim.run(&json);
            assert!(asked.code == 2 && asked.stderr.contains(why), "it is left as it is: {asked:?}");
        }
    }
    remake(&empty);
    let refused = sim.run(&json);
    assert!(refused.code == 2 && refused.stderr.contains("take the folder's `runs` away"), "{refused:?}");
    fs::remove_file(&lock).unwrap();
    assert_eq!(sim.run(&json).code, 0, "its making was cut off before it kept any");
}

#[test]
fn s29_alerts_that_cannot_be_saved_are_told_once() {
    let sim = Simulated::start("calm");
    fs::create_dir_all(sim.lifeboat.folder().join(".local/state/lifeboat/alerts.json")).unwrap();
    for command in ["status", "check"] {
        let run = sim.run(&[command]);
        assert_eq!(run.stderr.matches("alerts are not saved: ").count(), 1, "{run:?}");
        assert!(!run.stderr.contains("readings are not saved"), "{run:?}");
    }
}
